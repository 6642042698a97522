"""States that differ by names only: what is left out by taking one of them is nothing, in any dialect of ranges."""

import pytest

from model.ranges.readings import CANONICAL_RANGES, RANGE_DIALECTS, range_dialect_named
from model.ranges.scope import RangeScope
from model.ranges.steps import RangeLayers, every_step
from model.spaces.dialect import CANONICAL
from proofs.engines.search.executed import joined
from proofs.faults.theory import RANGE_FAULTS
from proofs.searches.faulty_ranges import explore_faulty
from proofs.searches.range_exploration import explore_ranges
from proofs.searches.range_renamings import RangeNames
from tests.proofs.engines.search.test_theory_of_ranges import tables

SMALL = RangeScope(2, 2, 2, 0b11)
SOME = (
    "ranges__flush_range__leaves__nothing_below",
    "ranges__flush_range__changes__nothing_else",
    "ranges__grant_range__takes__sources",
    "ranges__map_range__preserves__no_dangling_link",
)

SLOW = ("appendix-a",)


@pytest.mark.parametrize(
    "dialect",
    [
        *(pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in RANGE_DIALECTS),
        *(f"canonical with {each}" for each in ("own=range", "unit=mapping", "window=rotated", "timing=ascending")),
    ],
)
def test_the_representatives_stand_for_all_states_and_break_the_same(dialect: str) -> None:
    ranges = range_dialect_named(dialect)
    every = explore_ranges(SMALL, ranges, properties=SOME)
    some = explore_ranges(SMALL, ranges, properties=SOME, symmetry=True)
    alike = ranges.readings.timing == CANONICAL_RANGES.readings.timing and "window" not in dialect
    assert some.states < every.states if alike else some.symmetry == "none"
    assert (some.stands_for or some.states, some.stands_for_transitions or some.transitions) == (
        every.states,
        every.transitions,
    )
    assert {each.property: len(each.trace.operations) for each in some.violations} == {
        each.property: len(each.trace.operations) for each in every.violations
    }


@pytest.mark.parametrize("scope", [RangeScope(3, 2, 1, 0b11), RangeScope(2, 4, 2, 0b11), RangeScope(2, 3, 3, 0b1)])
def test_each_layer_stands_for_the_layer_of_all_states(scope: RangeScope) -> None:
    readings, names = (CANONICAL.readings, CANONICAL_RANGES.readings), RangeNames(scope, CANONICAL_RANGES.readings)
    every, some = RangeLayers(scope, *readings), RangeLayers(scope, *readings, named=names.of_row)
    assert (every.run, names.count > 1) == (every_step, True)
    for whole, part in zip(every.layers(2), some.layers(2), strict=True):
        assert len(whole) == sum(some.stands_for[state] for state in part)


@pytest.mark.long
def test_the_theory_with_a_fault_is_as_symmetric_as_without() -> None:
    for fault in (None, RANGE_FAULTS["range-crosses-as-read"], RANGE_FAULTS["range-own-stays"]):
        every, some = (
            explore_faulty(SMALL, fault, properties=SOME, symmetry=symmetry, max_states=400)
            for symmetry in (False, True)
        )
        assert (every.complete, every.symmetry, some.symmetry) == (True, "none", "of names, 2 renamings")
        assert (some.stands_for, some.stands_for_transitions) == (every.states, every.transitions)
        assert some.states < every.states
        assert [(each.property, each.trace) for each in some.violations] == [
            (each.property, each.trace) for each in every.violations
        ]


def test_tables_and_rows_are_named_alike() -> None:
    layers = RangeLayers(SMALL, CANONICAL.readings, CANONICAL_RANGES.readings)
    names = RangeNames(SMALL, CANONICAL_RANGES.readings)
    *_, layer = layers.layers(2)
    rows = [names.of_row(row) for row in layers.rows(layer)]
    written = [tables(state, layers) for state in layer]
    named = names.of_tables(joined(written, written[0]))
    assert [alike for _, alike in rows] == [alike for _, alike in named]
    same = {
        (one[0] == other[0], first[0] == second[0])
        for one, first in zip(rows, named, strict=True)
        for other, second in zip(rows, named, strict=True)
    }
    assert same == {(True, True), (False, False)}
