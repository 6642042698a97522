"""Random programs of ranges: what a seed gives, what they find, made small; and renamings of closed scopes."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from model.ranges.literal import first
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import RangeReadings, Timing, Window
from model.ranges.scope import RangeScope
from model.ranges.steps import row_of, state_of
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Kind
from refinement.check import Conformance, Target, check_ranges, replay_ranges
from refinement.check.finding.finding import Failure
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Order
from refinement.check.ranges.closure import RangeClosure
from refinement.check.ranges.sampling import RangeSampling
from refinement.check.ranges.symmetry import least, rename, renamings
from refinement.check.search.ranges import check as search
from refinement.check.search.ranges.plan import Part
from refinement.check.search.ranges.shrink import Shrinking, Small
from tests.refinement.check.ranges.test_ranges import FOUND, SMALL, built

pytestmark = pytest.mark.long  # what is compiled first takes 9 s

Sized = Callable[..., Target]
WIDE, WIDEST = RangeScope(2, 4, 4, 0b11), RangeScope(2, 8, 8, 0b1011)
CANONICAL_READINGS = CANONICAL.readings, RangeReadings()


def done(target: Target, work: RangeClosure | RangeSampling) -> dict[str, Any]:
    ending = isolation.perform(Order(target, work, DEFAULT_LIMITS))
    assert ending.how == "answered", ending
    return ending.value


def sampled(target: Target, seed: int = 1, **more: Any) -> dict[str, Any]:
    return done(target, RangeSampling(*CANONICAL_READINGS, WIDE, 60.0, seed, 12, programs=300, **more))


def shrunk(target: Target, found: dict[str, Any], scope: RangeScope = WIDE) -> Small:
    steps = tuple(RangeOperation.of_row(row) for row in found["path"])
    shrinking = Shrinking(target, CANONICAL_READINGS, DEFAULT_LIMITS, found["cause"], None, lambda: False)
    return shrinking.shrink(Small(scope, steps, tuple(found["cells"])))


def test_a_seed_gives_the_same_programs_again(sized: Sized) -> None:
    one, other = sampled(sized("FLUSH_TOO_WIDE")), sampled(sized("FLUSH_TOO_WIDE"))
    assert one == other
    assert one["found"][0]["path"] != sampled(sized("FLUSH_TOO_WIDE"), seed=2)["found"][0]["path"]


def test_the_example_agrees_with_random_programs(sized: Sized) -> None:
    value = sampled(sized())
    assert (value["found"], value["programs"]) == ([], 300)
    assert value["agreed"] == ["map", "grant", "flush"]
    assert value["situations"] > 400


def test_what_is_found_is_made_small_and_replays(sized: Sized) -> None:
    target = sized("FLUSH_TOO_WIDE")
    small = shrunk(target, sampled(target)["found"][0])
    assert len(small.operations) == 2
    trace = RangeTrace("canonical", "canonical", small.scope, small.operations)
    again = RangeTrace.from_json(trace.to_json())
    assert replay_ranges(target, again).step == 2
    assert replay_ranges(sized(), again).failure is None


@pytest.mark.parametrize("symmetric", [False, True])
def test_none_is_said_to_be_shorter_where_states_are_one_up_to_renaming(
    symmetric: bool, sized: Sized, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = Part(RangeScope(2, 2, 2, 0b11), 1.0, symmetric=symmetric)
    monkeypatch.setattr(search, "parts", lambda sized, slow: iter([part]))
    finding = check_ranges(sized("FLUSH_TOO_WIDE"), seconds=10.0).findings[0]
    assert finding.shortest is not symmetric
    assert finding.phase.endswith("up to renaming") is symmetric
    assert ("is shorter" in finding.length, "may exist" in finding.length) == (not symmetric, symmetric)


def test_a_first_state_that_differs_is_found(sized: Sized) -> None:
    found = sampled(sized("FRAME_OF_FIRST"))["found"]
    assert len(found[0]["path"]) == 1


def test_what_is_known_is_passed_over(sized: Sized) -> None:
    target = sized("FLUSH_TOO_WIDE")
    causes = tuple(each["cause"] for each in sampled(target, collecting=True)["found"])
    assert causes
    again = sampled(target, known=causes)
    assert again["found"] == []
    assert set(again["passed_over"]) == set(causes)


def test_a_crash_is_made_small(tmp_path: Any) -> None:
    target = built(tmp_path, "if (d->space && d->order) *(volatile int *)0 = 1; return MUSIGMA_UNKNOWN;")
    steps = (
        RangeOperation(Kind.MAP, 0, 0, 1, 0),
        RangeOperation(Kind.MAP, 0, 1, 4, 1, 2, 3),
        RangeOperation(Kind.FLUSH, 0, 0),
    )
    died = Failure(Conformance.CRASHED, "")
    shrinking = Shrinking(target, CANONICAL_READINGS, DEFAULT_LIMITS, "", died, lambda: False)
    small = shrinking.shrink(Small(WIDE, (RangeOperation(Kind.FLUSH, 4, 0), *steps[1:]), ()))
    assert [o.text(small.scope) for o in small.operations] == ["map σ0[0] → σ1[0..1]"]


OF_CLOSURES = {"MISALIGNED_TAKEN"}  # of ranges that are none, which no random program has


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(FOUND.keys() - OF_CLOSURES))
def test_random_programs_find_every_defect(fault: str, sized: Sized) -> None:
    target = sized(fault)
    work = RangeSampling(*CANONICAL_READINGS, RangeScope(2, 8, 8, 0b1011), 600.0, 1, 30, programs=40_000)
    other = RangeSampling(*CANONICAL_READINGS, RangeScope(2, 4, 4, 0b111), 600.0, 1, 12, programs=40_000)
    found = done(target, other)["found"] or done(target, work)["found"]
    assert len(found) == 1


def test_the_check_goes_on_at_random_and_says_the_seed(sized: Sized) -> None:
    report = check_ranges(sized(), seconds=4.0, seed=7)
    assert report.phases[-1].sentence.startswith("random programs of ranges, seed 7:")
    assert report.phases[-1].operations > 1000
    assert (report.verdict, report.exit_status) == (Conformance.CONFORMS, 0)


@pytest.mark.parametrize(
    ("scope", "count"),
    [(RangeScope(2, 2, 2, 0b1), 4), (SMALL, 2), (WIDE, 8), (WIDEST, 48), (RangeScope(3, 2, 1, 0b11), 2)],
)
def test_operations_do_not_tell_renamed_states_apart(scope: RangeScope, count: int) -> None:
    group, w, d = renamings(scope, RangeReadings()), RangeReadings(), CANONICAL.readings
    assert len(group.slots) == count
    begun, orders = row_of(first(scope, scope.orders, w)), np.zeros(scope.slots, np.int64)
    out = np.empty(5 * scope.slots, np.int64)
    after = set()
    tried = operations_of(scope, w)
    for o in tried:
        state = begun.copy()
        o.apply(state_of(state), d, w)
        after.add(state.tobytes())
    for n in range(len(group.slots)):
        rename(begun, orders, group, n, out)
        assert (out[: len(begun)] == begun).all()
        renamed = set()
        for key in after:
            rename(np.frombuffer(key, np.int64), orders, group, n, out)
            renamed.add(out[: len(begun)].tobytes())
        assert renamed == after


def test_the_least_of_the_renamed_is_one_for_all_and_their_number_is_told() -> None:
    w, d, scope = RangeReadings(), CANONICAL.readings, WIDE
    group, orders = renamings(scope, w), np.arange(scope.slots) % 2
    state = row_of(first(scope, scope.orders, w))
    for o in (RangeOperation(Kind.MAP, 0, 1, 6, 1), RangeOperation(Kind.GRANT, 6, 0, 4, 0)):
        assert o.apply(state_of(state), d, w) == 0
    lowest, out, other = (np.empty(5 * scope.slots, np.int64) for _ in range(3))
    count = least(state, orders, group, lowest)
    renamed = set()
    for n in range(len(group.slots)):
        rename(state, orders, group, n, out)
        renamed.add(out.tobytes())
        least(out[: len(state)].copy(), out[len(state) :].copy(), group, other)
        assert (other == lowest).all()
    assert count == len(renamed)


def test_where_pages_go_one_after_another_they_are_not_renamed() -> None:
    for changed in (RangeReadings(timing=Timing.ASCENDING), RangeReadings(window=Window.ROTATED)):
        group = renamings(WIDE, changed)
        assert all(page % 2 == slots[page] % 2 for slots in group.slots for page in range(WIDE.slots))


@pytest.mark.parametrize(
    ("scope", "depth"),
    [(WIDE, 1), pytest.param(WIDE, 3, marks=pytest.mark.slow), pytest.param(WIDEST, 2, marks=pytest.mark.slow)],
)
def test_as_many_states_are_met_as_without_renaming(scope: RangeScope, depth: int, sized: Sized) -> None:
    works = [RangeClosure(*CANONICAL_READINGS, scope, 90.0, depth=depth, symmetric=which) for which in (False, True)]
    every, one_each = (done(sized(), work) for work in works)
    assert every["states"] == every["renamed"] == one_each["renamed"]
    assert one_each["states"] < every["states"] / 2


@pytest.mark.parametrize("fault", ["OWN_FIRST_ONLY", pytest.param("GRANT_WHOLE", marks=pytest.mark.slow)])
def test_the_same_is_found_with_renaming(fault: str, sized: Sized) -> None:
    works = [
        RangeClosure(*CANONICAL_READINGS, WIDE, 90.0, depth=2, collecting=True, symmetric=which)
        for which in (False, True)
    ]
    every, one_each = (done(sized(fault), work)["found"] for work in works)
    assert {each["cause"]: len(each["path"]) for each in every} == {
        each["cause"]: len(each["path"]) for each in one_each
    }
    assert every


def test_pages_that_no_largest_range_has_stay() -> None:
    group = renamings(RangeScope(2, 3, 3, 0b11), RangeReadings())
    assert len(group.slots) == 1
    assert list(itertools.chain(*group.frames.tolist())) == [0, 1, 2]
