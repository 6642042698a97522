"""Shortest traces of ranges by name: what each wrong reading breaks."""

from typing import Any

import pytest

from model.ranges.readings import CANONICAL_RANGES
from proofs.counterexamples.by_name import counterexample, names
from proofs.searches import range_search
from proofs.searches.range_search import WRONG_READINGS

SHORTEST = {
    "no-crossing": "map σ0[0] → σ1[0]; map σ0[0] → σ2[0]; map σ1[0] → σ2[1]; map σ2[0..1] → σ1[0..1]",
    "crossing=allowed": "map σ0[0] → σ1[0]; map σ0[0] → σ2[0]; map σ1[0] → σ2[1]; map σ2[0..1] → σ1[0..1]",
    "window=rotated, crossing=allowed": "map σ0[0..1] → σ1[0..1]; map σ1[0..1] → σ1[0..1] at 1",
    "own=range": "map σ0[0] → σ1[0]; map σ1[0] → σ2[0]; map σ2[0] → σ1[1]; flush σ1[0..1]",
    "holes=emptied": "map σ0[0] → σ1[0]; map σ1[1] → σ1[0]",
    "unit=mapping": "map σ0[0..1] → σ1[0..1]; flush σ0[0]",
    "unit=fitting": "map σ0[0..1] → σ1[0..1]; flush σ0[0]",
    "unit=mapping, part_granted=lost": "map σ0[0] → σ1[0]; grant σ0[1] → σ1[1]",
    "unit=mapping, part_granted=mapped": "grant σ0[0] → σ1[0]",
    "timing=ascending, crossing=allowed": (
        "map σ0[0] → σ1[0]; map σ0[0] → σ2[0]; map σ1[0] → σ2[1]; map σ2[0..1] → σ1[0..1]"
    ),
}
QUICK = [name for name, trace in SHORTEST.items() if "σ2" not in trace]


def told(name: str) -> str:
    found = counterexample(name)
    assert found.ranges is not None
    assert found.shown
    return "; ".join(operation.text(found.ranges.scope) for operation in found.ranges.operations)


def test_every_wrong_reading_has_a_trace_here() -> None:
    assert set(SHORTEST) == {"no-crossing", *WRONG_READINGS}
    assert set(SHORTEST) <= set(names())


@pytest.mark.parametrize("name", QUICK)
def test_two_spaces_show_it(name: str) -> None:
    assert told(name) == SHORTEST[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SHORTEST if name not in QUICK])
def test_three_spaces_show_it(name: str) -> None:
    assert told(name) == SHORTEST[name]


NEVER_AT_FIRST = "ranges__map_range__can_happen"


def test_a_search_that_ran_out_of_time_says_so() -> None:
    found = range_search.to_obligation(NEVER_AT_FIRST, CANONICAL_RANGES, seconds=0)
    assert found.trace is None
    assert found.late
    assert not found.complete


def test_the_time_of_a_search_begins_when_its_code_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    class Compiling:
        """A clock by which the first layer takes an hour, and the others nothing."""

        now = 0.0

    look = range_search._Search.broken_from

    def slow_at_first(search: range_search._Search, layer: Any) -> Any:
        Compiling.now = 3600.0
        return look(search, layer)

    monkeypatch.setattr(range_search, "monotonic", lambda: Compiling.now)
    monkeypatch.setattr(range_search._Search, "broken_from", slow_at_first)
    found = range_search.to_obligation(NEVER_AT_FIRST, CANONICAL_RANGES, seconds=1)
    assert found.trace is not None
    assert not found.late
