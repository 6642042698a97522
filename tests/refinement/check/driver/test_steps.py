"""Steps as text and as files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.scope import Scope
from model.spaces.operation import Kind, Operation
from model.trace import Trace
from refinement.check import parse_steps, program_of
from refinement.check.driver.driver import StepKind
from refinement.check.driver.steps import Recorded, from_json, parse_step, step_text, to_json
from refinement.check.finding.finding import operations_of
from refinement.check.target.calls import Call

numbers = st.integers(0, 0xFFFF_FFFF)
init = st.tuples(st.just(0), st.integers(1, 9), st.integers(5, 9), st.integers(1, 5), st.just(0), st.just(0))
passing = st.tuples(st.sampled_from((1, 2)), numbers, numbers, numbers, numbers, numbers)
flush = st.tuples(st.just(3), numbers, numbers, st.just(0), st.just(0), numbers)
look = st.tuples(st.just(4), numbers, numbers, st.just(0), st.just(0), st.just(0))


@pytest.mark.long
@given(init, st.lists(st.one_of(init, passing, flush, look)))
def test_text_and_back(first: tuple[int, ...], rest: list[tuple[int, ...]]) -> None:

    program = np.array([first, *rest], np.uint32)
    assert parse_steps([step_text(row) for row in program]).tolist() == program.tolist()
    again = from_json(to_json(program, "tree", "nothing", stack=65536, repeated=1 if rest else 0))
    assert (again.program.tolist(), again.dialect, again.stack) == (program.tolist(), "tree", 65536)
    assert again.repeated == (1 if rest else 0)


def test_a_trace_and_back() -> None:
    operations = (Operation("map", 0, 3, 6), Operation("grant", 3, 1, 7), Operation("flush", 0, -1, 4))
    trace = Trace("canonical", Scope(2, 2, 2), operations)
    recorded = from_json(trace.to_json())
    program, dialect = recorded.program, recorded.dialect
    assert [step_text(row) for row in program] == [
        "init 2 × 2 × 2",
        "map σ0[0] → σ1[1] rw-",
        "grant σ1[1] → σ0[1]",
        "flush σ0[0] r--",
    ]
    assert operations_of(program) == operations
    assert dialect == "canonical"
    assert program.tolist() == program_of(trace).tolist()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["map σ0[0] → σ1[0]"], "begins with an init"),
        (["init 3 × 1 × 2"], "every frame needs a page"),
        (["init 0 × 1 × 1"], "step 0: 'init 0 × 1 × 1': every frame"),
        (["init 1 × 0 × 0"], "every frame"),
        (["init 1 × 1 × 0"], "every frame"),
        (["init 1 × 1 × 1", "init 1 × 1 × 2"], "step 1: 'init 1 × 1 × 2': every frame"),
        (["init 3 × 1 × 1", "map σ0[0]"], "have a destination"),
        (["init 3 × 1 × 1", "flush σ0[0] → σ1[0]"], "flush has none"),
        (["init 3 × 1 × 1", "unmap σ0[0]"], "write one like"),
        (["init 3 × 1 × 1", "flush σ4294967296[0]"], "32 bits"),
        (["flush σ0[0] ---"], "begins with an init"),
        (["map σ0[0] → σ1[0]", "init 1 × 0 × 0"], "begins with an init"),
        ([], "begins with an init"),
    ],
)
def test_what_is_no_list_of_steps(texts: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_steps(texts)


def test_files_that_are_neither() -> None:
    with pytest.raises(ValueError, match="no trace: at"):
        from_json({"steps": []})
    with pytest.raises(ValueError, match=r"no list of steps: at \$"):
        from_json({"musigma_steps": 2, "dialect": "tree", "steps": ["init 1 × 1 × 1"]})
    with pytest.raises(ValueError, match=r"no list of steps: at \$"):
        from_json({"musigma_steps": 1, "dialect": "tree"})


def test_rows_calls_and_operations_have_the_same_numbers() -> None:
    assert [(kind.name, int(kind)) for kind in Kind] == [("MAP", 1), ("GRANT", 2), ("FLUSH", 3)]
    for kind in Kind:
        assert int(StepKind[kind.name]) == int(Call[kind.name]) == int(kind)
    assert [int(row) for row in StepKind] == [0, 1, 2, 3, 4]
    assert [int(call) for call in Call] == [0, 1, 2, 3, 4, 5, 6, 7]


STEPS = {
    "init 3 × 2 × 1": (0, 3, 2, 1, 0, 0),
    "map σ1[2] → σ3[4]": (1, 1, 2, 3, 4, 7),
    "grant σ1[2] → σ3[4] r--": (2, 1, 2, 3, 4, 4),
    "map σ0[0] → σ0[1] ---": (1, 0, 0, 0, 1, 0),
    "map σ0[0] → σ4294967295[1] rights 8": (1, 0, 0, 0xFFFF_FFFF, 1, 8),
    "flush σ5[6]": (3, 5, 6, 0, 0, 7),
    "flush σ5[6] -w-": (3, 5, 6, 0, 0, 2),
    "flush σ5[6] rights 4294967295": (3, 5, 6, 0, 0, 0xFFFF_FFFF),
    "look σ7[8]": (4, 7, 8, 0, 0, 0),
}


@pytest.mark.parametrize("text", STEPS)
def test_a_step_is_said_so(text: str) -> None:
    assert step_text(np.array(STEPS[text], np.uint32)) == text
    assert parse_step(text) == STEPS[text]


def told(recorded: Recorded) -> tuple[object, ...]:
    """How it is to be run, and its steps."""
    steps = [step_text(row) for row in recorded.program]
    return steps, recorded.dialect, recorded.shows, recorded.stack, recorded.repeated, recorded.obligation


def test_what_a_file_says() -> None:
    program = np.array([STEPS["init 3 × 2 × 1"], STEPS["flush σ5[6]"]], np.uint32)
    plain = {"musigma_steps": 1, "dialect": "tree", "steps": ["init 3 × 2 × 1", "flush σ5[6]"], "shows": "it"}
    assert to_json(program, "tree", "it") == plain
    more = {**plain, "stack": 32768, "repeated": 1}
    assert to_json(program, "tree", "it", stack=32768, repeated=1) == more
    assert told(from_json(more)) == (plain["steps"], "tree", "it", 32768, 1, "")
    assert told(from_json(plain)) == (plain["steps"], "tree", "it", 0, 0, "")
    del plain["shows"]
    assert told(from_json(plain)) == (plain["steps"], "tree", "", 0, 0, "")
    for repeated in (2, 3):
        with pytest.raises(ValueError, match=f"of 2 steps the last {repeated} cannot be a round"):
            from_json({**plain, "repeated": repeated})


def test_what_a_trace_says_is_kept() -> None:
    trace = Trace("canonical", Scope(1, 1, 1), (), obligation="C1", shows="this")
    assert told(from_json(trace.to_json())) == (["init 1 × 1 × 1"], "canonical", "this", 0, 0, "C1")
    nothing: list[object] = []
    for wrong in (nothing, "map", None):
        with pytest.raises(ValueError, match="no trace"):
            from_json(wrong)
