"""Exploring a kernel with ranges: every operation in every state, until one goes wrong."""

import pytest

from model.ranges.scope import RangeScope
from model.scope import ArgumentError
from proofs.explorer.result import Progress, SearchEnd
from proofs.faults.hunts.range_kernels import COMPARED, explore_kernel
from proofs.faults.hunts.sized_machine import failing, plan_of
from refinement.faults.ranges import SIZED_FAULTS

SMALL = RangeScope(2, 2, 1, 0b11)


def test_the_sound_kernel_of_a_small_scope_is_exhausted() -> None:
    told: list[Progress] = []
    found = explore_kernel(RangeScope(1, 2, 1, 0b11), None, on_progress=told.append)
    assert (found.verdict, found.violations, found.properties) == (SearchEnd.EXHAUSTED, (), tuple(COMPARED))
    assert (found.layers, sum(found.layers)) == ((1, 3, 1), found.states)
    assert told


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "steps", "check"),
    [("order-one-less", 1, "database"), ("half-forgets-child", 2, "tree"), ("count-not-moved", 1, "tree")],
)
def test_a_broken_kernel_is_found_by_a_shortest_trace(fault: str, steps: int, check: str) -> None:
    scope = RangeScope(2, 2, 2, 0b11)
    found = explore_kernel(scope, SIZED_FAULTS[fault])
    assert (found.verdict, found.faults) == (SearchEnd.VIOLATED, (fault,))
    assert {len(each.trace.operations) for each in found.violations} == {steps}
    trace = next(each.trace for each in found.violations if each.property == check)
    kernel = SIZED_FAULTS[fault].kernel
    _, differs = failing(plan_of(scope, kernel, trace.operations), kernel, trace.operations)
    assert (check in {each.check for each in differs}, trace.fault) == (True, fault)


def test_what_the_kernel_has_no_spaces_for_is_refused() -> None:
    with pytest.raises(ArgumentError, match="no row of mappings"):
        explore_kernel(RangeScope(2, 3, 3, 0b11), None)
    assert explore_kernel(SMALL, None, max_states=1).reason == "more than 1 state"
