"""Programs of threads that fail are made short, also where the target dies or does not come back."""

import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES
from model.messages.scope import MessageScope, set_of
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL
from refinement.check import Conformance, MessageFinding, Target, parse_target
from refinement.check.finding.finding import Failure
from refinement.check.messages.steps import Program
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS
from refinement.check.search.messages.shrink import MessageTrial, shrink_messages, simpler_operations
from tests import EXAMPLES, ROOT

WRONG = f"""
#define musigma_timeout right_timeout
#include "{EXAMPLES / "ipc.c"}"
#undef musigma_timeout
int musigma_timeout(uint32_t thread)
{{
    int status = right_timeout(thread);
    if (status == 0 && thread == 1)
        WRONG;
    return status;
}}
"""
SCOPE = MessageScope(3, 2, 1, threads=4, ids=4, words=3, booted=4)
ANYBODY = set_of(*range(4))
LONG = Program(
    SCOPE,
    (
        Operation(Kind.WAIT, 0, willing=ANYBODY, opens=set_of(0, 1)),
        Operation(Kind.WAIT, 1, willing=set_of(0), opens=set_of(2)),
        Operation(Kind.SEND_MAP, 2, 0, 2, 4, 0, 6),
        Operation(Kind.TIMEOUT, other=0),
        Operation(Kind.FLUSH, 2, src=4, rights=2),
        Operation(Kind.TIMEOUT, other=1),
    ),
)

Wrong = Callable[[str], Target]


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Wrong:
    """The example's library, which does something else at a timeout of τ1."""
    folder = tmp_path_factory.mktemp("wrong")

    def build(what: str) -> Target:
        source = folder / "wrong.c"
        source.write_text(WRONG, "utf-8")
        library = folder / f"wrong{len(list(folder.iterdir()))}.so"
        include = ("-I", str(ROOT / "refinement" / "check"))
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", *include, f"-DWRONG={what}", "-o", str(library), str(source)], check=True
        )
        return parse_target(str(library))

    return build


def _shrunk(target: Target, seconds: float = 600.0) -> MessageFinding:
    limits = replace(DEFAULT_LIMITS, hang=1.0)
    trial = MessageTrial(target, CANONICAL_MESSAGES.readings, CANONICAL.readings, limits, isolation.perform)
    failure = Failure(Conformance.DIVERGES, "it was seen")
    return shrink_messages(trial, MessageFinding(failure, LONG, "canonical", "canonical", "here"), seconds)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "verdict", "sentence"),
    [
        ("abort()", Conformance.CRASHED, "the target died of SIGABRT in timeout"),
        ("for (;;)", Conformance.HUNG, "the target did not return in timeout"),
        ("return 7", Conformance.DIVERGES, "timeout returned 7, which is no status"),
        ("threads[1].sender = 2", Conformance.DIVERGES, "τ1 has received a message of #2, in the model nothing"),
    ],
)
def test_what_fails_is_made_short(wrong: Wrong, what: str, verdict: Conformance, sentence: str) -> None:
    found = _shrunk(wrong(what))
    assert (found.failure.verdict, found.failure.sentence) == (verdict, sentence)
    assert found.reproducible
    assert [text.partition(" for ")[0] for text in found.texts()] == [
        "τ1 waits",
        "the wait of τ1 ends without a message",
    ]
    assert (found.scope.pages, found.scope.threads) == (1, 2)


@pytest.mark.long
def test_what_does_not_fail_again_is_said_not_to(wrong: Wrong) -> None:
    found = _shrunk(wrong(";"), seconds=2.0)
    assert not found.reproducible
    assert not found.is_shortest
    assert found.shortest == "it did not fail again in a fresh process"


def test_operations_become_simpler_by_one_thing_at_a_time() -> None:
    given = Operation(Kind.SEND_MAP, 0, 1, 2, 0, 3, 6, claimed=1, willing=1, opens=1)
    simpler = list(simpler_operations(given))
    assert given not in simpler
    assert Operation(Kind.SEND, 0, 1, 2, claimed=1, willing=1, opens=1) in simpler
    assert {operation.rights for operation in simpler} == {6, ALL_RIGHTS}
    assert list(simpler_operations(Operation(Kind.END, 0, 0))) == []
