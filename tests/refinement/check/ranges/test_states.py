"""The states that a closure keeps: with little room at first, and with one for all that a renaming makes of it."""

from collections.abc import Callable
from math import comb, factorial
from typing import Any

import pytest

from model.ranges.literal import first
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.ranges.steps import row_of
from refinement.check import Target
from refinement.check.ranges.states import MOST_SLOTS, first_met
from tests.refinement.check.ranges.test_ranges import FOUND, QUICK, SMALL, closure

pytestmark = pytest.mark.long  # what is compiled first takes 9 s

Sized = Callable[..., Target]
PAGES = RangeScope(2, 2, 2)


def gist(found: dict[str, Any]) -> tuple[Any, ...]:
    return found["complete"], found["states"], found["renamed"], found["depth"]


def test_as_many_states_are_met_with_little_room(sized: Sized) -> None:
    assert gist(closure(sized(), PAGES, room=2)) == gist(closure(sized(), PAGES)) == (True, 156, 156, 6)


def forests(slots: int, frames: int) -> int:
    """The states that the limits count: frames held by some slots, and others in a forest below these."""
    rest = slots - frames
    below: list[int] = [comb(rest, k) * frames * (frames + k) ** (k - 1) for k in range(1, rest + 1)]
    return comb(slots, frames) * factorial(frames) * (1 + sum(below))


def test_there_are_as_many_states_of_single_pages_as_counted(sized: Sized) -> None:
    scope = RangeScope(3, 2, 2)
    found = closure(sized(), scope, symmetric=True)
    assert found["complete"]
    assert found["renamed"] == forests(scope.slots, scope.frames) == 20_670
    assert forests(PAGES.slots, PAGES.frames) == 156


def test_single_pages_have_as_many_states_as_version_1_has(sized: Sized) -> None:
    one_each = closure(sized(), PAGES, symmetric=True)
    assert (one_each["complete"], one_each["renamed"]) == (True, 156)
    assert one_each["states"] < 156 / 2


def test_all_states_with_ranges_are_met_with_renaming(sized: Sized) -> None:
    one_each = closure(sized(), SMALL, symmetric=True)
    assert (one_each["complete"], one_each["renamed"]) == (True, 184)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)
        for name, (scope, *_) in FOUND.items()
        if scope == SMALL
    ],
)
def test_every_defect_is_found_as_soon_with_renaming(fault: str, sized: Sized) -> None:
    scope, rights, trace = FOUND[fault]
    found = closure(sized(fault), scope, rights, probing=True, symmetric=True)["found"]
    assert len(found[0]["path"]) == trace.count(";") + 1


def test_a_scope_that_is_too_large_is_refused() -> None:
    scope = RangeScope(2, MOST_SLOTS, 1)
    with pytest.raises(ValueError, match="no states of 240 slots"):
        first_met(row_of(first(scope, 1, CANONICAL_RANGES.readings)), renaming=False, room=2)
