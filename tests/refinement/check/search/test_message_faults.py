"""Every fault of the example's IPC is found, by a shortest trace; the example itself is right."""

import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, MessageReadings
from model.messages.scope import set_of
from model.messages.tables import board_of, first_row, view
from model.spaces.dialect import CANONICAL
from model.spaces.literal import REFUSED
from refinement.check import Conformance, MessageFinding, Target, as_c, as_text, parse_target, replay_messages
from refinement.check.finding.finding import Failure
from refinement.check.messages.programs import MessagePrograms
from refinement.check.messages.steps import Program, RecordedMessages, from_json
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS
from refinement.check.search.context import SearchContext
from refinement.check.search.messages.engine import Conversation, conversation
from refinement.check.search.messages.limits import PAIR, message_limits, run_message_limits
from refinement.check.search.messages.shrink import MessageTrial, shrink_messages
from refinement.check.target.message_calls import NEEDED, MessageCall
from tests import EXAMPLES, ROOT

Build = Callable[[str], Target]

# How many operations the shortest trace has.
LENGTHS = {
    "WINDOW_IGNORED": 2,
    "WINDOW_KEPT": 4,
    "WINDOW_OF_NEIGHBOUR": 3,
    "WINDOW_OF_SENDER": 2,
    "WINDOW_TOO_WIDE": 2,
    "END_LEAVES_WINDOW": 4,
    "MAPPED_BEFORE_CHECK": 2,
    "GRANT_NOT_UNDONE": 2,
    "ITEM_WITH_ALL_RIGHTS": 2,
    "ITEM_OF_RECEIVER": 2,
    "PORT_MOVED": 2,
    "WRONG_PARTNER": 2,
    "CALL_TAKES_ANY": 3,
    "REPLY_TO_WHOEVER_WAITS": 2,
    "SENDER_CLAIMS_ID": 2,
    "SENDER_OF_LAST_MESSAGE": 3,
    "DOUBLE_DELIVERY": 3,
    "LOST_WAKE_UP": 2,
    "MESSAGE_KEPT": 3,
    "SENDS_WHILE_WAITING": 2,
    "TIMEOUT_FORGOTTEN": 3,
    "ID_REUSED": 2,
    "CREATES_ANYWHERE": 1,
    "ENDS_ANYONE": 1,
    "ENDED_STILL_RECEIVES": 3,
    "INTERRUPT_TO_OTHER": 2,
    "INTERRUPT_STOLEN": 2,
    "END_KEEPS_INTERRUPT": 3,
    "PAGE_FAULT_FORGED": 2,
    "PAGE_FAULT_OPENS_SPACE": 3,
    "PAGE_FAULT_TO_FIRST": 3,
}
# What is found at the limits only, with how many threads or pages, and how many operations are left.
AT_LIMITS = {
    "ID_OF_FOUR_BITS": (17, 1),
    "MESSAGE_LOST_AT_256": (2, 257),
    "WAIT_LOST_AT_65536": (2, 65_536),
    "WINDOW_OF_THREE_BITS": (2, 2),
}
# Each shows another part of the search, or another kind of difference.
QUICK = ("MAPPED_BEFORE_CHECK", "CREATES_ANYWHERE", "SENDER_CLAIMS_ID", "LOST_WAKE_UP")


@pytest.fixture(scope="module")
def ipc(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The example's library, with one fault; with none by the name NO_IPC_FAULT."""
    folder = tmp_path_factory.mktemp("ipc")

    def build(name: str) -> Target:
        library = folder / f"{name}.so"
        flags = ("-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-I", str(ROOT / "refinement" / "check"))
        source = str(EXAMPLES / "ipc.c")
        subprocess.run(["cc", *flags, f"-DIPC_FAULT={name}", "-o", str(library), source], check=True)
        return parse_target(str(library))

    return build


def _search(target: Target, seconds: float, jobs: int = 1) -> tuple[Conversation, MessageFinding | None]:
    with ThreadPoolExecutor(jobs) as pool:
        ground = SearchContext(target, CANONICAL, DEFAULT_LIMITS, seconds, 1, pool, jobs)
        talk = conversation(CANONICAL_MESSAGES, [True] * len(MessageCall))
        finding = talk.search(ground, seconds)
        return talk, None if finding is None else talk.shrunk(ground, finding, 20.0)


def test_every_fault_has_its_length() -> None:
    text = Path(EXAMPLES / "ipc.c").read_text("utf-8")
    text = text[text.index("enum ipc_fault") :]
    names = re.findall(r"^    ([A-Z0-9_]+),", text[: text.index("};")], re.MULTILINE)
    assert names == ["NO_IPC_FAULT", *LENGTHS, *AT_LIMITS, "WAIT_LOST_AFTER_1000"]


@pytest.mark.long  # what is compiled first takes as long as the search
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in LENGTHS]
)
def test_faults(ipc: Build, name: str) -> None:
    _, finding = _search(ipc(name), 10.0 if name in QUICK else 90.0)
    assert finding is not None
    assert finding.reproducible
    assert finding.length == LENGTHS[name]
    recorded = RecordedMessages(finding.program, finding.dialect, finding.messages)
    again = replay_messages(ipc(name), recorded)
    assert (again.failure, again.exit_status) == (finding.failure, 1)
    assert replay_messages(ipc("NO_IPC_FAULT"), recorded).exit_status == 0


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [name if name == "ID_OF_FOUR_BITS" else pytest.param(name, marks=pytest.mark.slow) for name in AT_LIMITS]
)
def test_limits(ipc: Build, name: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        ground = SearchContext(ipc(name), CANONICAL, DEFAULT_LIMITS, 60.0, 1, pool, 1)
        ground.prepare(MessagePrograms)
        ground.end = ground.now() + 60.0
        found = run_message_limits(ground, CANONICAL_MESSAGES, tuple(MessageCall), ground.end)
        assert found is not None
        finding = conversation(CANONICAL_MESSAGES, [True] * len(MessageCall)).shrunk(ground, found, 20.0)
    assert (finding.scope.threads, finding.length) == AT_LIMITS[name]
    assert finding.reproducible
    recorded = RecordedMessages(finding.program, finding.dialect, finding.messages)
    assert replay_messages(ipc(name), recorded).failure == finding.failure
    assert replay_messages(ipc("NO_IPC_FAULT"), recorded).exit_status == 0


def test_limits_are_right_in_the_model_and_leave_out_what_is_not_offered() -> None:
    """The model does every operation that is not meant to be refused."""
    few = [limit.name for limit in message_limits("library", NEEDED)]
    counted = [f"{size} {what}" for size in ("300", "66,000") for what in ("calls", "refused messages")]
    assert few == ["31 threads", "31 callers", *counted]
    refused = {"ids": 30, "windows": 41, "refused messages": 40}
    for limit in message_limits("command", tuple(MessageCall)):
        program = limit.make(limit.size)
        board, row = board_of(program.scope), first_row(program.scope)
        state = view(row, board)
        state.known[:] = (1 << program.scope.words) - 1
        ended = [literal.act(state, board, o, MessageReadings(), CANONICAL.readings) for o in program.operations]
        what = limit.name.partition(" ")[2]
        assert ended.count(REFUSED) == refused.get(what, 0), limit.name


@pytest.mark.slow
def test_what_fails_after_many_first_states_is_replayed_as_often(ipc: Build) -> None:
    finding = MessageFinding(
        Failure(Conformance.DIVERGES, "found among others"),
        Program(PAIR, (Operation(Kind.WAIT, actor=0, willing=set_of(1)),)),
        "canonical",
        "canonical",
        "exhaustive",
    )
    target = ipc("WAIT_LOST_AFTER_1000")
    trial = MessageTrial(target, MessageReadings(), CANONICAL.readings, DEFAULT_LIMITS, isolation.perform)
    found = shrink_messages(trial, finding, 30.0)
    assert 1000 <= found.rounds < 1200  # as far as the time went for halving
    assert found.reproducible
    recorded = from_json(json.loads(json.dumps(found.kept())))
    assert replay_messages(target, recorded).failure == found.failure
    assert replay_messages(ipc("NO_IPC_FAULT"), recorded).exit_status == 0
    assert f"{found.rounds:,} times in one process" in as_text(found)
    assert f"round < {found.rounds}" in as_c(found)


@pytest.mark.long
@pytest.mark.parametrize("jobs", [1, 2])
def test_the_example_is_right(ipc: Build, jobs: int) -> None:
    talk, finding = _search(ipc("NO_IPC_FAULT"), 8.0, jobs)
    assert finding is None
    assert talk.is_enough
    assert {kind for kind, (done, _) in talk.talking.met.items() if not done} == set()
