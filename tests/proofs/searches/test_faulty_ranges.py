"""Exploring the theory of ranges with a fault in it: what falls, by how many steps, and what is cut short."""

import pytest

from model.ranges.scope import RangeScope
from model.scope import ArgumentError
from proofs.explorer.result import Progress, SearchEnd
from proofs.faults.theory import RANGE_FAULTS
from proofs.searches.faulty_ranges import explore_faulty
from proofs.searches.range_exploration import explore_ranges

SMALL = RangeScope(2, 2, 2, 0b11)
CHANGES = ("ranges__map_range__changes__nothing_else",)


@pytest.mark.long
def test_without_a_fault_it_visits_what_the_literal_model_visits() -> None:
    found = explore_faulty(SMALL, None, properties=CHANGES)
    literal = explore_ranges(SMALL, properties=CHANGES)
    assert (found.verdict, found.layers, found.transitions) == (
        SearchEnd.EXHAUSTED,
        literal.layers,
        literal.transitions,
    )
    assert (found.states, found.violations, found.faults) == (literal.states, (), ())


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "steps", "obligation"),
    [
        ("range-wrong-offset-map", 1, "ranges__map_range__preserves__phys_functional"),
        ("range-own-stays", 3, "ranges__flush_range__leaves__nothing_below"),
        ("range-crossing-map", 3, "ranges__map_range__preserves__irreflexive"),
    ],
)
def test_a_fault_is_found_by_a_shortest_trace(fault: str, steps: int, obligation: str) -> None:
    found = explore_faulty(SMALL, RANGE_FAULTS[fault], first=True)
    violated = {each.property: each.trace for each in found.violations}
    assert (found.verdict, found.faults, found.complete) == (SearchEnd.VIOLATED, (fault,), False)
    assert len(violated[obligation].operations) == steps
    assert {len(trace.operations) for trace in violated.values()} == {steps}
    assert {trace.fault for trace in violated.values()} == {fault}
    assert found.depth == steps - 1


def test_a_search_cut_short_is_no_pass() -> None:
    told: list[Progress] = []
    found = explore_faulty(SMALL, None, properties=CHANGES, max_states=20, on_progress=told.append)
    assert (found.verdict, found.reason) == (SearchEnd.TRUNCATED, "more than 20 states")
    assert told[-1].states >= 11
    with pytest.raises(ArgumentError, match="rights are none, rw, rwx"):
        explore_faulty(SMALL, None, rights="all")
