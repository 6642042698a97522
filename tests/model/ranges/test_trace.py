"""Traces of ranges as JSON: written, read again, and refused where they name what is not there."""

import re
from typing import Any

import pytest

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace, parse_range
from model.spaces.literal import REFUSED
from model.spaces.operation import Kind
from model.trace import Trace

SCOPE = RangeScope(2, 4, 4, 0b111)
TRACE = RangeTrace(
    "canonical",
    "canonical with own=range",
    SCOPE,
    (
        RangeOperation(Kind.MAP, 0, 2, 4, 1, 2, 6),
        RangeOperation(Kind.GRANT, 4, 0, 5, 0),
        RangeOperation(Kind.FLUSH, 4, 1, own=True),
    ),
    "something",
)


def test_what_is_written_is_read() -> None:
    assert RangeTrace.from_json(TRACE.to_json()) == TRACE


def test_lines_tell_what_slots_hold() -> None:
    assert TRACE.lines()[1] == (
        "1. map σ0[0..3] → σ1[0..1] at 2 rw-: σ0: frame 0, frame 1, frame 2, frame 3; σ1: σ0[2], σ0[3], –, –"
    )


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (("operations", 0, "arguments", "src"), "σ0[9]", "σ0[9] is no range"),
        (("operations", 0, "arguments", "src"), "σ0[0..2]", "σ0[0..2] is no range"),
        (("operations", 0, "arguments", "src"), "σ0[2..1]", "σ0[2..1] is no range"),
        (("operations", 0, "arguments", "src"), "nothing", r"\$.operations\[0\].arguments.src"),
        (("operations", 1, "arguments", "own"), True, r"\$.operations\[1\]"),
        (("scope", "orders"), [1], "order 0"),
        (("scope", "orders"), [0, 5], "a space has 4"),
        (("ranges",), "nobody", r"\$.ranges: there is no dialect 'nobody'"),
        (("dialect",), "nobody", r"\$.dialect: there is no dialect 'nobody'"),
    ],
)
def test_what_is_not_there_is_refused_with_its_place(at: tuple[Any, ...], value: Any, said: str) -> None:
    written = TRACE.to_json()
    inner: Any = written
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    with pytest.raises(
        ValueError,
        match=re.escape(said) if said.startswith("σ") else said,
    ):
        RangeTrace.from_json(written)


@pytest.mark.parametrize("named", ["σ0[1..2]", "σ0[3..4]", "σ9[0]", "σ0[0..4294967295]"])
def test_a_range_that_is_none_of_the_scope_is_refused_and_changes_nothing(named: str) -> None:
    written = TRACE.to_json()
    written["operations"][0]["arguments"]["src"] = named
    trace = RangeTrace.from_json(written)
    assert trace.to_json() == written
    assert not trace.operations[0].is_in(SCOPE)
    (_, _, before), (_, status, after) = list(trace.states())[:2]
    assert (status, before.sigma.tolist()) == (REFUSED, after.sigma.tolist())


def test_other_theories_have_no_ranges() -> None:
    written = TRACE.to_json()
    with pytest.raises(ValueError, match="no trace"):
        Trace.from_json(written)
    del written["ranges"]
    with pytest.raises(ValueError, match="'ranges' is a required property"):
        RangeTrace.from_json(written)
    plain = Trace("canonical", SCOPE, ()).to_json() | {"ranges": "canonical"}
    with pytest.raises(ValueError, match="does not belong here"):
        Trace.from_json(plain)


def test_ranges_are_read_as_they_are_written() -> None:
    for slot, order in SCOPE.ranges():
        assert parse_range(SCOPE.range_name(slot, order), SCOPE) == (slot, order)


@pytest.mark.parametrize(
    ("action", "more", "said"),
    [
        ("map", {"own": True}, r"arguments\.own: 'own' does not belong here: map has none"),
        ("mapp", {}, r"operations\[0\]\.action: 'mapp' is not one of .*; did you mean map\?"),
        ("map", {"ofset": 1}, r"\('ofset' was unexpected\); did you mean offset\?"),
    ],
)
def test_what_does_not_belong_there_is_named(action: str, more: dict[str, object], said: str) -> None:
    written = TRACE.to_json()
    arguments = {"src": "σ0[0]", "dst": "σ1[0]", "mask": "rwx", **more}
    written["operations"] = [{"action": action, "arguments": arguments}]
    with pytest.raises(ValueError, match=said):
        RangeTrace.from_json(written)
