"""Operations of threads on a target and on the model: what is asked, what is compared, and what is no step."""

import numpy as np
import pytest

from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES
from model.messages.scope import MessageScope, set_of
from model.spaces.dialect import CANONICAL
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import ROWS
from refinement.check.finding.message_finding import describe_talk
from refinement.check.messages.lockstep import run
from refinement.check.messages.programs import MessagePrograms
from refinement.check.messages.steps import Program, program_in, rows_of
from refinement.check.messages.talk import failure, talk_on
from refinement.check.target.message_calls import MessageCall
from tests.refinement.check.messages.plain import TalkingModel

pytestmark = pytest.mark.long  # what is compiled first takes 17 s

SCOPE = MessageScope(2, 2, 1, threads=4, ids=3, words=3, booted=2, hardware=1)
ANYBODY = set_of(0, 1, 2)
LISTENS = Operation(Kind.WAIT, actor=1, willing=ANYBODY, opens=set_of(2, 3))
MAPS = Operation(Kind.SEND_MAP, 0, 1, 2, 0, 3, 6)


def _run(bench: Bench, *operations: Operation, watched: int = 1) -> tuple[int, str]:
    """How many operations agreed, and how the next differs."""
    talk = talk_on(bench, SCOPE, CANONICAL_MESSAGES.readings, CANONICAL.readings)
    done = run(talk, rows_of(operations), np.int64(watched))
    failed = failure(bench)
    return int(done), "" if failed is None else describe_talk(failed["cells"], failed["message"])


def test_a_target_is_asked_by_ids_pages_and_words() -> None:
    model = TalkingModel()
    call = Operation(Kind.SEND, 0, 1, 1, willing=set_of(1), opens=0)
    assert _run(model.bench(), LISTENS, call, Operation(Kind.FLUSH, 1, src=2, rights=4)) == (3, "")
    assert [asked for name, asked in model.log if name != "init_threads"] == [
        {"thread": 1, "partner": "any", "window": "all"},
        {"thread": 0, "partner": 1, "word": 1, "item": None, "name": None, "next_partner": 1, "window": None},
        {"thread": 1, "page": 0, "rights": 4},
    ]
    assert model.log[0] == (
        "init_threads",
        {"threads": 4, "ids": 3, "versions": 1, "booted": 2, "lines": 1, "ports": 0},
    )


def test_an_item_goes_with_its_pages() -> None:
    model = TalkingModel()
    assert _run(model.bench(), LISTENS, MAPS) == (2, "")
    assert model.log[-1][1]["item"] == ("map", 0, 1, 6)


@pytest.mark.parametrize(
    ("thread", "shown", "said"),
    [
        (1, (1, 1, -1, -1), "τ1 runs, in the model it waits"),
        (3, (2, 1, -1, -1), "τ3 waits, in the model it is absent"),
        (1, (9, 1, -1, -1), "τ1 shows the state 9, in the model it waits"),
        (1, (2, 0, -1, -1), "τ1 is in σ0, in the model in σ1"),
        (1, (2, 1, 2, -1), "τ1 has received a message of #2, in the model nothing"),
        (1, (2, 1, -1, 0), "τ1 has received w0, in the model nothing"),
    ],
)
def test_what_a_thread_shows_is_compared(thread: int, shown: tuple[int, int, int, int], said: str) -> None:
    model = TalkingModel()
    model.shows = lambda t, right: shown if t == thread and model.log[-1][0] == "wait" else right
    assert _run(model.bench(), LISTENS) == (0, said)


def test_what_an_interrupt_and_the_absent_show_beside_their_state_is_not_looked_at() -> None:
    model = TalkingModel()
    model.shows = lambda t, right: (right[0], 7, 7, 7) if t >= 2 else right
    assert _run(model.bench(), LISTENS) == (1, "")


@pytest.mark.parametrize(("status", "said"), [(1, "wait returned 1 (refused), the model 0 (done)"), (5, "no status")])
def test_statuses_are_compared(status: int, said: str) -> None:
    model = TalkingModel()
    model.wrong = lambda name, asked: status if name == "wait" else None
    done, told = _run(model.bench(), LISTENS)
    assert done == 0
    assert said in told


@pytest.mark.parametrize(
    "none",
    [
        Operation(Kind.INTERRUPT, actor=2, other=1),  # nobody serves it: only τ0 stands for nobody
        Operation(Kind.INTERRUPT, actor=1, other=0),  # it is no interrupt's thread
        Operation(Kind.SEND, 1, 3, 0),  # its id is τ0's, who has it
        Operation(Kind.PAGE_FAULT, 1, 1, dst=2),  # its pager is τ0
        Operation(Kind.PAGE_FAULT, 1, 0, dst=0),  # the page is not its own
        Operation(Kind.WAIT, 0, willing=ANYBODY, opens=set_of(2)),  # nor is this one
        Operation(Kind.WAIT, 0, willing=set_of(0, 1)),  # two of three ids cannot be told
        Operation(Kind.WAIT, 0, willing=0),
        Operation(Kind.SEND, 0, 1, 0, willing=0, opens=set_of(0)),
        Operation(Kind.THINK, 0, word=0),
    ],
)
def test_what_cannot_be_asked_is_no_step(none: Operation) -> None:
    model = TalkingModel()
    assert _run(model.bench(), none, LISTENS) == (0, "")
    assert [name for name, _ in model.log] == ["init_threads"]


def test_what_a_target_does_not_offer_is_not_asked() -> None:
    model = TalkingModel()
    work = MessagePrograms(
        CANONICAL_MESSAGES.readings, CANONICAL.readings, (Program(SCOPE, (Operation(Kind.END, 0, 0), LISTENS)),)
    )
    assert work.do(model.bench(without=(MessageCall.END,)))["stopped"] == 0
    assert work.do(model.bench())["stopped"] == -1


def test_the_journal_has_the_program_also_when_it_has_come_round() -> None:
    model = TalkingModel()
    model.shows = lambda t, right: (1, 1, -1, -1) if model.log[-1][0] == "timeout" else right
    bench = model.bench(rows=16)
    whole = (Operation(Kind.WAIT, 0, willing=ANYBODY), LISTENS, Operation(Kind.TIMEOUT, other=1))
    for _ in range(3):
        assert _run(bench, *whole, watched=0)[0] == 2
    written, length = int(bench.cells[ROWS]), len(bench.rows)
    assert program_in(bench.rows[np.arange(written - length, written) % length]) == Program(SCOPE, whole)
