"""Traces of ownership: written, read again, and refused where they name what is not there."""

from typing import Any

import pytest

from model.ownership.literal import DONE, REFUSED
from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation, operations_of
from model.ownership.readings import OWNERSHIP_DIALECTS
from model.ownership.trace import OwnershipTrace, is_ownership_trace, pages_of
from model.trace import Trace

LOAN = (
    PageOperation(Kind.LEND, 0, 1, 1),
    PageOperation(Kind.RETRIEVE, 1, NOBODY_ELSE, 1),
    PageOperation(Kind.RECLAIM, 0, NOBODY_ELSE, 1),
    PageOperation(Kind.RELINQUISH, 1, NOBODY_ELSE, 1),
    PageOperation(Kind.RECLAIM, 0, NOBODY_ELSE, 1),
)
TRACE = OwnershipTrace("ffa", pages_of(2, 2), LOAN, "a loan")


def changed(**parts: Any) -> dict[str, Any]:
    return {**TRACE.to_json(), **parts}


def test_a_trace_is_read_as_it_was_written() -> None:
    value = TRACE.to_json()
    assert OwnershipTrace.from_json(value) == TRACE
    assert is_ownership_trace(value)
    assert value["operations"][0] == {
        "action": "lend",
        "arguments": {"by": "σ0", "other": "σ1", "page": {"Frame": 1}},
    }


@pytest.mark.parametrize("dialect", sorted(OWNERSHIP_DIALECTS))
def test_every_operation_of_a_dialect_is_read_as_it_was_written(dialect: str) -> None:
    operations = tuple(operations_of(pages_of(3, 2), OWNERSHIP_DIALECTS[dialect].readings))
    trace = OwnershipTrace(dialect, pages_of(3, 2), operations)
    assert OwnershipTrace.from_json(trace.to_json()) == trace
    assert len({each.text() for each in operations}) == len(operations)


def test_the_states_are_the_literal_models() -> None:
    states = list(TRACE.states())
    assert [status for _, status, _ in states] == [DONE, DONE, DONE, REFUSED, DONE, DONE]
    assert [bool(state.access[0, 1]) for _, _, state in states] == [True, False, False, False, False, True]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"theory": "ranges"}, "ranges"),
        ({"dialect": "canonical"}, "there is no dialect 'canonical' of ownership"),
        ({"dialect": "ffa without reclaim: the caller owns it"}, "leaves a condition out"),
        ({"dialect": "pkvm"}, "operations\\[2\\]: reclaim needs another party"),
        ({"scope": {"spaces": 2, "pages": 2, "frames": 1}}, "as many pages as frames"),
        ({"scope": {"spaces": 2, "pages": 1, "frames": 1}}, "operations\\[0\\]: .* is outside"),
        ({"obligation": "x"}, "does not belong here"),
        ({"operations": [{"action": "flush", "arguments": {"by": "σ0", "page": {"Frame": 0}}}]}, "flush"),
        ({"operations": [{"action": "lend", "arguments": {"by": "σ0", "page": {"Frame": 0}}}]}, "other"),
        ({"operations": [{"action": "retrieve", "arguments": {"by": "σ0[0]", "page": {"Frame": 0}}}]}, "σ0"),
    ],
)
def test_what_is_no_trace_of_ownership_is_refused(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        OwnershipTrace.from_json(changed(**parts))


def test_it_is_no_trace_of_address_spaces() -> None:
    with pytest.raises(ValueError, match="only one of 'Appendix A'"):
        Trace.from_json(TRACE.to_json())
