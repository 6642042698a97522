"""Ranges, literally: what each reading does, and that a canonical range is its pages in any order."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest

from model.ranges import compiled, literal
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import (
    CANONICAL_RANGES,
    RANGE_DIALECTS,
    Crossing,
    Holes,
    Own,
    PartGranted,
    RangeReadings,
    Refusal,
    Timing,
    Unit,
    Window,
    range_dialect_named,
)
from model.ranges.scope import RangeScope
from model.ranges.steps import RangeLayers, every_step, row_of, state_of
from model.scope import ALL_RIGHTS, ArgumentError
from model.spaces import literal as pages
from model.spaces.dialect import CANONICAL
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED
from model.spaces.operation import Kind

SMALL = RangeScope(2, 2, 2, 0b11)
WIDE = RangeScope(3, 4, 4, 0b111)
D = CANONICAL.readings


def run(w: RangeReadings, *operations: RangeOperation, scope: RangeScope = SMALL) -> tuple[literal.Ranged, list[int]]:
    s = literal.first(scope, scope.orders, w)
    return s, [operation.apply(s, D, w) for operation in operations]


def map_(
    src: int, order: int, dst: int, dst_order: int = -1, offset: int = 0, rights: int = ALL_RIGHTS
) -> RangeOperation:
    return RangeOperation(Kind.MAP, src, order, dst, order if dst_order < 0 else dst_order, offset, rights)


def grant(src: int, order: int, dst: int) -> RangeOperation:
    return RangeOperation(Kind.GRANT, src, order, dst, order)


def flush(src: int, order: int, **more: int) -> RangeOperation:
    return RangeOperation(Kind.FLUSH, src, order, **more)  # type: ignore[arg-type]


@cache
def reachable(name: str) -> tuple[bytes, ...]:
    dialect = range_dialect_named(name)
    layers = RangeLayers(SMALL, D, dialect.readings, run=compiled.every_step)
    return tuple(state for layer in layers.layers() for state in layer)


def test_a_range_goes_page_by_page() -> None:
    s, ended = run(RangeReadings(), map_(0, 1, 2))
    assert ended == [DONE]
    assert s.sigma.tolist() == [-2, -3, 0, 1]
    assert s.phys.tolist() == [0, 1, 0, 1]


def test_a_part_of_a_larger_range_goes_where_the_offset_says() -> None:
    s, _ = run(RangeReadings(), map_(0, 2, 4, 1, 3), scope=WIDE)
    assert s.sigma[4:8].tolist() == [2, 3, NIL, NIL]
    s, _ = run(RangeReadings(), map_(0, 1, 4, 2, 3), scope=WIDE)
    assert s.sigma[4:8].tolist() == [NIL, NIL, 0, 1]


def test_a_rotated_window_wraps() -> None:
    w = RangeReadings(window=Window.ROTATED)
    s, _ = run(w, map_(0, 1, 4, 2, 3), scope=WIDE)
    assert s.sigma[4:8].tolist() == [1, NIL, NIL, 0]


def test_holes_are_skipped_or_emptied() -> None:
    before = (map_(0, 0, 5), map_(1, 0, 8), map_(0, 0, 9))
    s, _ = run(RangeReadings(), *before, map_(8, 2, 4), scope=WIDE)
    assert s.sigma[4:8].tolist() == [8, 9, NIL, NIL]
    hole = (map_(0, 0, 5), map_(1, 0, 8))
    s, _ = run(RangeReadings(), *hole, map_(8, 1, 4), scope=WIDE)
    assert s.sigma[4:6].tolist() == [8, 0]
    s, _ = run(RangeReadings(holes=Holes.EMPTIED), *hole, map_(8, 1, 4), scope=WIDE)
    assert s.sigma[4:6].tolist() == [8, NIL]


def test_one_page_that_may_not_go_refuses_all_or_is_left_out() -> None:
    held = map_(4, 1, 0)  # σ0[0..1] hold frames
    before = (map_(0, 0, 4), map_(1, 0, 5))
    assert run(RangeReadings(), *before, held, scope=WIDE)[1][-1] == REFUSED
    s, ended = run(RangeReadings(refusal=Refusal.PAGE), *before, held, scope=WIDE)
    assert ended[-1] == REFUSED  # no page could go
    scope = RangeScope(2, 4, 3, 0b111)
    some = (map_(0, 1, 4), map_(4, 1, 2))  # σ0[2] holds a frame, σ0[3] is nil
    assert run(RangeReadings(), *some, scope=scope)[1] == [DONE, REFUSED]
    s, ended = run(RangeReadings(refusal=Refusal.PAGE), *some, scope=scope)
    assert ended == [DONE, DONE]
    assert s.sigma[2:4].tolist() == [-4, 5]


CROSSWISE = (map_(0, 1, 2), map_(3, 0, 4), map_(2, 0, 5))


def test_crosswise_grants_are_refused_or_make_a_cycle() -> None:
    scope = RangeScope(3, 2, 2, 0b11)
    assert run(RangeReadings(), *CROSSWISE, grant(4, 1, 2), scope=scope)[1][-1] == REFUSED
    s, ended = run(RangeReadings(crossing=Crossing.ALLOWED), *CROSSWISE, grant(4, 1, 2), scope=scope)
    assert ended[-1] == DONE
    assert s.sigma[2:4].tolist() == [3, 2]
    assert flush(2, 0).apply(s, D, RangeReadings()) == CYCLE_MET


def test_a_flushed_range_keeps_its_own_pages_or_each_other() -> None:
    before = (map_(0, 0, 2), map_(2, 0, 3))
    s, _ = run(RangeReadings(), *before, flush(2, 1))
    assert s.sigma.tolist() == [-2, -3, 0, NIL]
    s, _ = run(RangeReadings(own=Own.RANGE), *before, flush(2, 1))
    assert s.sigma.tolist() == [-2, -3, 0, 2]
    s, _ = run(RangeReadings(), *before, RangeOperation(Kind.FLUSH, 2, 0, own=True))
    assert s.sigma.tolist() == [-2, -3, NIL, NIL]


def test_a_mapping_goes_whole_where_none_is_split() -> None:
    w = RangeReadings(unit=Unit.MAPPING)
    s, _ = run(w, map_(0, 1, 2), flush(0, 0))
    assert s.sigma.tolist() == [-2, -3, NIL, NIL]
    s, _ = run(RangeReadings(), map_(0, 1, 2), flush(0, 0))
    assert s.sigma.tolist() == [-2, -3, NIL, 1]


def test_a_mapping_that_is_met_in_part_stays_where_it_is_to_fit() -> None:
    w, scope = RangeReadings(unit=Unit.FITTING, refusal=Refusal.PAGE), RangeScope(3, 2, 2, 0b11)
    chain = (map_(0, 1, 2), map_(2, 1, 4))
    s, _ = run(w, *chain, flush(2, 0), scope=scope)
    assert s.sigma.tolist() == [-2, -3, 0, 1, 2, 3]
    s, _ = run(w, *chain, flush(2, 1), scope=scope)
    assert s.sigma.tolist() == [-2, -3, 0, 1, NIL, NIL]
    s, _ = run(w, map_(0, 1, 2), map_(2, 0, 4), flush(2, 0), scope=scope)
    assert s.sigma.tolist() == [-2, -3, 0, 1, NIL, NIL]
    s, _ = run(w, *chain, RangeOperation(Kind.FLUSH, 2, 0, own=True), scope=scope)
    assert s.sigma.tolist() == [-2, -3, NIL, NIL, NIL, NIL]
    s, status = run(w, map_(0, 1, 2), map_(0, 0, 4), map_(4, 0, 2), scope=scope)
    assert (s.sigma.tolist(), status[-1]) == ([-2, -3, 0, 1, 0, NIL], REFUSED)


def test_what_was_mapped_from_the_rest_stays_where_that_is_lost() -> None:
    w, scope = RangeReadings(unit=Unit.MAPPING, part_granted=PartGranted.LOST), RangeScope(3, 2, 2, 0b11)
    s, _ = run(w, map_(0, 1, 2), map_(3, 0, 5), RangeOperation(Kind.GRANT, 2, 0, 4, 0), scope=scope)
    assert s.sigma.tolist() == [-2, -3, NIL, NIL, 0, 3]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (PartGranted.SPLIT, [NIL, -3, -2, NIL]),
        (PartGranted.MAPPED, [-2, -3, 0, NIL]),
        (PartGranted.REFUSED, [-2, -3, NIL, NIL]),
        (PartGranted.LOST, [NIL, NIL, -2, NIL]),
    ],
)
def test_a_part_is_granted_mapped_or_refused(part: PartGranted, expected: list[int]) -> None:
    s, _ = run(RangeReadings(unit=Unit.MAPPING, part_granted=part), grant(0, 0, 2))
    assert s.sigma.tolist() == expected


def test_ascending_pages_see_what_earlier_ones_left() -> None:
    scope = RangeScope(3, 2, 2, 0b11)
    before = (map_(0, 0, 2), map_(0, 0, 4), map_(2, 0, 5))  # σ2[1] derives from σ1[0]
    w = RangeReadings(timing=Timing.ASCENDING, crossing=Crossing.ALLOWED)
    s, _ = run(w, *before, map_(4, 1, 2), scope=scope)
    assert s.sigma[2:4].tolist() == [4, NIL]


def test_rights_are_narrowed_and_taken() -> None:
    s, _ = run(RangeReadings(), map_(0, 1, 2, rights=6), RangeOperation(Kind.FLUSH, 0, 1, rights=2))
    assert s.rights.tolist() == [7, 7, 4, 4]
    s, _ = run(RangeReadings(), map_(0, 1, 2, rights=2), RangeOperation(Kind.FLUSH, 0, 1, rights=2))
    assert s.sigma.tolist() == [-2, -3, NIL, NIL]


def page_by_page(s: literal.Ranged, o: RangeOperation, turn: tuple[int, ...]) -> literal.Ranged:
    copy = literal.Ranged(*(column.copy() for column in s))
    if o.kind == Kind.FLUSH:
        for i in turn:
            pages.flush(copy, o.src + i, o.rights, D)  # type: ignore[arg-type]
        return copy
    act = pages.map_ if o.kind == Kind.MAP else pages.grant
    for i in turn:
        act(copy, o.src + i, o.dst + i, o.rights, D)  # type: ignore[arg-type]
    return copy


@pytest.mark.long
def test_canonical_ranges_are_their_pages_in_any_order() -> None:
    compared = 0
    operations = [o for o in operations_of(SMALL, RangeReadings()) if o.order == 1 and o.dst_order in (0, 1)]
    operations = [o for o in operations if o.kind == Kind.FLUSH or o.dst_order == 1]
    for state in reachable("canonical"):
        before = state_of(np.frombuffer(state, np.int64).copy())
        for o in operations:
            s = literal.Ranged(*(column.copy() for column in before))
            if o.apply(s, D, RangeReadings()) == DONE:
                for turn in permutations(range(2)):
                    other = page_by_page(before, o, turn)
                    assert all((getattr(s, name) == getattr(other, name)).all() for name in ("sigma", "phys", "rights"))
                    compared += 1
    assert compared == 928


@pytest.mark.long
def test_states_are_as_many_as_with_single_pages() -> None:
    assert len(reachable("canonical")) == 156
    assert len(reachable("canonical with unit=mapping, part_granted=mapped, refusal=page")) == 32


@pytest.mark.long
@pytest.mark.parametrize("name", RANGE_DIALECTS)
def test_compiled_code_does_the_same(name: str) -> None:
    dialect = RANGE_DIALECTS[name]
    d, w = dialect.pages.readings, dialect.readings
    calls = tuple(operations_of(SMALL, w, (ALL_RIGHTS, 4)))[::3]
    fast = RangeLayers(SMALL, d, w, calls, run=compiled.every_step)
    slow = RangeLayers(SMALL, d, w, calls, run=every_step)
    states = [state for layer in fast.layers(2) for state in layer][:12]
    for one, other in zip(fast.after(fast.rows(states)), slow.after(slow.rows(states)), strict=True):
        assert (one == other).all()


def test_dialects_name_what_they_differ_in() -> None:
    assert CANONICAL_RANGES.reading(own=Own.RANGE).name == "canonical with own=range"
    assert range_dialect_named("fiasco").readings.unit == Unit.MAPPING
    assert not RANGE_DIALECTS["nova"].readings.in_theory
    with pytest.raises(KeyError):
        range_dialect_named("canonical with own=nothing")


def test_scopes_have_ranges_of_one_page_that_fit() -> None:
    with pytest.raises(ArgumentError, match="order 0"):
        RangeScope(2, 4, 4, 0b10)
    with pytest.raises(ArgumentError, match="8 pages; a space has 4"):
        RangeScope(2, 4, 4, 0b1001)


def test_rows_and_states_are_the_same() -> None:
    s = literal.first(WIDE, WIDE.orders, RangeReadings(unit=Unit.MAPPING))
    assert s.unit[:4].tolist() == [0, 0, 0, 0]
    assert all((one == other).all() for one, other in zip(state_of(row_of(s)), s, strict=True))
