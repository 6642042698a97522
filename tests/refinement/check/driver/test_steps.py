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
from refinement.check.driver.steps import from_json, step_text, to_json
from refinement.check.finding.finding import operations_of
from refinement.check.target.calls import Call

numbers = st.integers(0, 0xFFFF_FFFF)
init = st.tuples(st.just(0), st.integers(1, 9), st.integers(5, 9), st.integers(1, 5), st.just(0), st.just(0))
passing = st.tuples(st.sampled_from((1, 2)), numbers, numbers, numbers, numbers, numbers)
flush = st.tuples(st.just(3), numbers, numbers, st.just(0), st.just(0), numbers)
look = st.tuples(st.just(4), numbers, numbers, st.just(0), st.just(0), st.just(0))


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
        (["init 3 × 1 × 1", "map σ0[0]"], "have a destination"),
        (["init 3 × 1 × 1", "flush σ0[0] → σ1[0]"], "flush has none"),
        (["init 3 × 1 × 1", "unmap σ0[0]"], "write one like"),
        (["init 3 × 1 × 1", "flush σ4294967296[0]"], "32 bits"),
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


def test_rows_calls_and_operations_have_the_same_numbers() -> None:
    assert [(kind.name, int(kind)) for kind in Kind] == [("MAP", 1), ("GRANT", 2), ("FLUSH", 3)]
    for kind in Kind:
        assert int(StepKind[kind.name]) == int(Call[kind.name]) == int(kind)
    assert [int(row) for row in StepKind] == [0, 1, 2, 3, 4]
    assert [int(call) for call in Call] == [0, 1, 2, 3, 4, 5, 6, 7]
