"""Ranges, literally: a range operation is the operation on each of its pages, at once.

Beside σ, P and the rights, ``unit`` says which pages stand for one mapping of a kernel that has mappings of many pages:
those with the same number, that of the first of them. What texts and kernels leave open is asked of the readings: ``d``
are those of pages (:mod:`model.spaces.dialect`), ``w`` those of ranges (:mod:`model.ranges.readings`).

Plain Python on arrays of integers, as :mod:`model.spaces.literal`, whose functions do what is done to a page.
:mod:`model.ranges.compiled` compiles these same functions.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ranges.blocks import cut, low
from model.ranges.readings import Crossing, Holes, Own, PartGranted, RangeReadings, Refusal, Timing, Unit, Window
from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import (
    Ancestor,
    GrantedChildren,
    NoRights,
    OwnPage,
    OwnSlot,
    PartialFlush,
    Readings,
)
from model.spaces.keeping import keep
from model.spaces.literal import (
    CYCLE_MET,
    DONE,
    NIL,
    REFUSED,
    clear,
    derives,
    flush_below,
    initial,
    is_extended,
    is_kept,
    is_refused,
    is_refused_for_map,
    passed_on,
    passes_nothing,
    restrict_below,
)

Slots = NDArray[np.int64]


class Ranged(NamedTuple):
    """All address spaces, and of each page the mapping that it is part of; the first three as in Spaces."""

    sigma: Slots
    phys: Slots
    rights: Slots
    unit: Slots


def first(scope: Scope, orders: int, w: RangeReadings) -> Ranged:
    """σ₀ holds the frames, in mappings as large as they can be.

    :param orders: the orders that mappings can have, bit k for 2^k pages.

    >>> first(Scope(2, 4, 3), 0b11, RangeReadings(unit=Unit.MAPPING)).unit.tolist()
    [0, 0, 2, -1, -1, -1, -1, -1]
    """
    spaces = initial(scope)
    unit = np.full(scope.slots, NIL, np.int64)
    unit[: scope.frames] = np.arange(scope.frames)
    if w.unit != Unit.PAGE:
        for order in range(1, orders.bit_length()):
            for base in range(0, scope.frames - low(order), 1 << order) if orders >> order & 1 else ():
                unit[base : base + (1 << order)] = base
    return Ranged(spaces.sigma, spaces.phys, spaces.rights, unit)


def sources_and_targets(
    src: int, order: int, dst: int, dst_order: int, offset: int, w: RangeReadings
) -> tuple[Slots, Slots]:
    """Pair each source page with its destination: the smaller range at its offset within the larger (L4's windows).

    A smaller range that is sent arrives in the window at the offset; of a larger one the part at the offset is sent.

    >>> [each.tolist() for each in sources_and_targets(0, 2, 8, 1, 3, RangeReadings())]
    [[2, 3], [8, 9]]
    """
    small, large = min(order, dst_order), max(order, dst_order)
    count = 1 << small
    at = cut(offset, small, large) if w.window == Window.ALIGNED else offset & low(large)
    sources, targets = np.empty(count, np.int64), np.empty(count, np.int64)
    for i in range(count):
        inside = (at + i) & low(large)
        sources[i] = src + (inside if order > dst_order else i)
        targets[i] = dst + (i if order > dst_order else inside)
    return sources, targets


def name_units(s: Ranged) -> None:
    """Name each mapping after its first page, so that equal states are equal; a nil page is in none."""
    names = np.full(2 * len(s.unit), NIL, np.int64)
    for x in range(len(s.unit)):
        if s.sigma[x] == NIL:
            s.unit[x] = NIL
        elif names[s.unit[x]] == NIL:
            names[s.unit[x]] = x
            s.unit[x] = x
        else:
            s.unit[x] = names[s.unit[x]]


def is_whole(s: Ranged, x: int, sources: Slots) -> bool:
    """Return whether all pages of the mapping that x is part of are among the sources."""
    whole = True
    for y in range(len(s.unit)):
        whole = whole and (s.unit[y] != s.unit[x] or bool(np.any(sources == y)))
    return whole


def has_nothing(s: Ranged, src: int, rights: int, d: Readings) -> bool:
    """Return whether the page has nothing to pass on: it is nil, or without a right asked for where that is a hole."""
    none = passed_on(s, src, rights, d) == 0  # type: ignore[arg-type]
    return bool(s.sigma[src] == NIL or (none and d.no_rights != NoRights.NOTHING))


def close_under(s: Ranged, gone: NDArray[np.bool_], kept: NDArray[np.bool_], w: RangeReadings) -> None:
    """Add what derives from what goes and, where a mapping goes whole, its other pages, but for those kept."""
    more = True
    while more:
        more = False
        for x in range(len(gone)):
            if gone[x] or kept[x] or s.sigma[x] == NIL:
                continue
            for y in range(len(gone)):
                whole = w.unit == Unit.MAPPING and s.unit[y] == s.unit[x] and s.sigma[x] >= NIL
                if gone[y] and (whole or derives(s, x, y)):  # type: ignore[arg-type]
                    gone[x] = more = True
                    break


def crosses(s: Ranged, sources: Slots, targets: Slots, goes: NDArray[np.bool_], taken: NDArray[np.bool_]) -> bool:
    """Return whether a source that goes derives from a destination that is taken, or is one."""
    for i in range(len(sources)):
        for j in range(len(targets)):
            x, y = sources[i], targets[j]
            if goes[i] and taken[j] and (x == y or derives(s, x, y)):  # type: ignore[arg-type]
                return True
    return False


def is_left_out(
    s: Ranged, moves: bool, src: int, dst: int, sources: Slots,
    targets: Slots, rights: int, d: Readings, w: RangeReadings,
) -> bool:  # fmt: skip
    """Return whether a page that has something to pass on may not go."""
    if w.unit == Unit.FITTING and s.sigma[dst] != NIL and not is_whole(s, dst, targets):
        return True
    if is_refused(s, src, dst, rights, d):  # type: ignore[arg-type]
        return True
    if moves:
        return w.part_granted == PartGranted.REFUSED and not is_whole(s, src, sources)
    return bool(is_refused_for_map(s, dst, d))  # type: ignore[arg-type]


def decide(
    s: Ranged, moves: bool, sources: Slots, targets: Slots, rights: int,
    d: Readings, w: RangeReadings, goes: NDArray[np.bool_], extends: NDArray[np.bool_], taken: NDArray[np.bool_],
) -> int:  # fmt: skip
    """Which pages go, which only get more rights where they are, and which destinations are flushed, into the arrays.

    ``DONE`` if something is to be done, or ``REFUSED``, or ``CYCLE_MET``.
    """
    done = False
    for i in range(len(sources)):
        src, dst = sources[i], targets[i]
        if src == dst and d.own_slot == OwnSlot.NOTHING:
            done = True
        elif has_nothing(s, src, rights, d):
            taken[i] = w.holes == Holes.EMPTIED and s.sigma[dst] > NIL
        elif is_left_out(s, moves, src, dst, sources, targets, rights, d, w):
            if w.refusal == Refusal.WHOLE:
                return REFUSED
        elif is_kept(s, src, dst, d) if moves else is_extended(s, src, dst, d):  # type: ignore[arg-type]
            extends[i] = True
        elif passes_nothing(s, src, rights, d):  # type: ignore[arg-type]
            done = True
        elif d.ancestor == Ancestor.EMPTIED and derives(s, src, dst):  # type: ignore[arg-type]
            taken[i] = True
        else:
            goes[i] = taken[i] = True
    if w.crossing == Crossing.REFUSED and crosses(s, sources, targets, goes, taken):
        return REFUSED
    if not (done or np.any(taken) or np.any(extends)):
        return REFUSED
    for i in range(len(sources)):
        if taken[i] and derives(s, targets[i], targets[i]):  # type: ignore[arg-type]
            return CYCLE_MET
        if moves and goes[i] and derives(s, sources[i], sources[i]):  # type: ignore[arg-type]
            return CYCLE_MET
    return DONE


def pass_at_once(
    s: Ranged, moves: bool, sources: Slots, targets: Slots, rights: int, d: Readings, w: RangeReadings
) -> int:
    """Map or, if it ``moves``, grant each source to its target at once.

    ``DONE``, ``REFUSED`` (nothing changed) or ``CYCLE_MET`` (nothing changed).
    """
    count = len(sources)
    goes, extends, taken = np.zeros(count, np.bool_), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    status = decide(s, moves, sources, targets, rights, d, w, goes, extends, taken)
    if status != DONE:
        return status
    element, phys, passed = np.full(count, NIL, np.int64), np.full(count, NIL, np.int64), np.zeros(count, np.int64)
    unit, moved = np.full(count, NIL, np.int64), np.zeros(count, np.bool_)
    for i in range(count):  # everything is read before anything changes
        if goes[i] or extends[i]:
            src = sources[i]
            element[i], phys[i], passed[i] = s.sigma[src], s.phys[src], passed_on(s, src, rights, d)  # type: ignore[arg-type]
            unit[i] = s.unit[src]
            moved[i] = moves and goes[i] and (w.part_granted != PartGranted.MAPPED or is_whole(s, src, sources))
    lost = rest_of(s, sources, moved, w)
    take(s, targets, taken, w)
    for i in range(count):
        if moved[i] and d.granted_children == GrantedChildren.FLUSHED:
            flush_below(s, sources[i])  # type: ignore[arg-type]
        if extends[i] and s.sigma[targets[i]] != NIL:
            s.rights[targets[i]] = keep(d.kept, s.rights[targets[i]] | passed[i])
    put(s, sources, targets, goes, moved, element, phys, passed, unit)
    for x in range(len(lost)):
        if lost[x]:
            clear(s, x)  # type: ignore[arg-type]
    for i in range(count):
        if moved[i] and d.granted_children == GrantedChildren.KEPT:
            restrict_below(s, targets[i], rights, d)  # type: ignore[arg-type]
    name_units(s)
    return DONE


def rest_of(s: Ranged, sources: Slots, moved: NDArray[np.bool_], w: RangeReadings) -> NDArray[np.bool_]:
    """The pages that are lost because a part of their mapping is granted, if they are."""
    lost = np.zeros(len(s.sigma), np.bool_)
    for i in range(len(sources)):
        for y in range(len(lost)):
            if w.part_granted == PartGranted.LOST and moved[i] and s.unit[y] == s.unit[sources[i]]:
                lost[y] = not np.any(sources == y)
    return lost


def leave_larger(s: Ranged, below: NDArray[np.bool_]) -> None:
    """Leave out what is part of a mapping that is not all there, and what derives from that."""
    partial = np.zeros(len(below), np.bool_)
    for x in range(len(below)):
        for y in range(len(below)):
            partial[x] = partial[x] or (below[x] and s.unit[y] == s.unit[x] and not below[y])
    for x in range(len(below)):
        for y in range(len(below)):
            if partial[x] or (partial[y] and derives(s, x, y)):  # type: ignore[arg-type]
                below[x] = False


def grow(s: Ranged, inside: NDArray[np.bool_]) -> None:
    """Add the other pages of the mappings that have a page there."""
    for x in range(len(inside)):
        for y in range(len(inside)):
            inside[x] = inside[x] or (inside[y] and s.sigma[y] != NIL and s.unit[y] == s.unit[x])


def take(s: Ranged, targets: Slots, taken: NDArray[np.bool_], w: RangeReadings) -> None:
    """Flush the destinations, with their own pages."""
    gone, kept = np.zeros(len(s.sigma), np.bool_), np.zeros(len(s.sigma), np.bool_)
    for i in range(len(targets)):
        gone[targets[i]] = gone[targets[i]] or taken[i]
    close_under(s, gone, kept, w)
    for x in range(len(gone)):
        if gone[x]:
            clear(s, x)  # type: ignore[arg-type]


def put(
    s: Ranged,
    sources: Slots,
    targets: Slots,
    goes: NDArray[np.bool_],
    moved: NDArray[np.bool_],
    element: Slots,
    phys: Slots,
    passed: Slots,
    unit: Slots,
) -> None:
    """Write what was read to each destination; what was granted has moved, with what was mapped from it."""
    count = len(sources)
    new = np.full(len(s.sigma), NIL, np.int64)  # where a granted page is now
    for i in range(count):
        if moved[i]:
            new[sources[i]] = targets[i]
    for x in range(len(s.sigma)):
        if s.sigma[x] >= 0 and new[s.sigma[x]] != NIL:
            s.sigma[x] = new[s.sigma[x]]
    for i in range(count):
        if moved[i]:
            clear(s, sources[i])  # type: ignore[arg-type]
    for i in range(count):
        if not goes[i]:
            continue
        x = targets[i]
        s.sigma[x] = sources[i]
        if moved[i]:
            s.sigma[x] = new[element[i]] if element[i] >= 0 and new[element[i]] != NIL else element[i]
        s.phys[x], s.rights[x] = phys[i], passed[i]
        s.unit[x] = len(s.sigma) + unit[i]  # another mapping than the one that it came from


def pass_ascending(
    s: Ranged, moves: bool, sources: Slots, targets: Slots, rights: int, d: Readings, w: RangeReadings
) -> int:
    """The same, one mapping after another: as many pages at a time as one mapping shows, each from what is left."""
    done, met, start = False, False, 0
    while start < len(sources):
        end = start + 1
        one = w.unit != Unit.PAGE and s.sigma[sources[start]] != NIL
        while one and end < len(sources) and s.unit[sources[end]] == s.unit[sources[start]]:
            end += 1
        status = pass_at_once(s, moves, sources[start:end], targets[start:end], rights, d, w)
        done, met = done or status == DONE, met or status == CYCLE_MET
        start = end
    return DONE if done else CYCLE_MET if met else REFUSED


def map_range(
    s: Ranged, src: int, order: int, dst: int, dst_order: int, offset: int, rights: int, d: Readings, w: RangeReadings
) -> int:
    """Map a range of 2^order pages from slot ``src`` on into the window of 2^dst_order pages from ``dst`` on.

    ``DONE``: some page went; ``REFUSED``: none did, and nothing changed; ``CYCLE_MET``.
    """
    sources, targets = sources_and_targets(src, order, dst, dst_order, offset, w)
    if w.timing == Timing.ASCENDING:
        return pass_ascending(s, False, sources, targets, rights, d, w)
    return pass_at_once(s, False, sources, targets, rights, d, w)


def grant_range(
    s: Ranged, src: int, order: int, dst: int, dst_order: int, offset: int, rights: int, d: Readings, w: RangeReadings
) -> int:
    """Grant a range into a window; see :func:`map_range`."""
    if d.granted_children == GrantedChildren.NO_GRANT:
        return REFUSED
    sources, targets = sources_and_targets(src, order, dst, dst_order, offset, w)
    if w.timing == Timing.ASCENDING:
        return pass_ascending(s, True, sources, targets, rights, d, w)
    return pass_at_once(s, True, sources, targets, rights, d, w)


def flush_range(s: Ranged, src: int, order: int, rights: int, own: bool, d: Readings, w: RangeReadings) -> int:
    """Whatever derives from a page of the range loses the rights; what has none left goes.

    :param own: the range's own pages lose them as well.
    """
    if d.partial_flush == PartialFlush.ALL_ONLY and rights != ALL_RIGHTS:
        return REFUSED
    slots, own = len(s.sigma), own or d.own_page == OwnPage.INCLUDED
    below, kept, inside = np.zeros(slots, np.bool_), np.zeros(slots, np.bool_), np.zeros(slots, np.bool_)
    inside[src : src + (1 << order)] = True
    if own and w.unit == Unit.FITTING:
        grow(s, inside)
    for x in range(slots):
        if inside[x] and derives(s, x, x):  # type: ignore[arg-type]
            return CYCLE_MET
        below[x] = inside[x] and own and s.sigma[x] != NIL
        kept[x] = inside[x] and not own and w.own == Own.RANGE
    for y in range(slots):
        for x in range(slots):
            if inside[x] and not kept[y] and derives(s, y, x):  # type: ignore[arg-type]
                below[y] = True
    if not own and w.unit == Unit.FITTING:
        leave_larger(s, below)
    if not own and w.unit == Unit.MAPPING:  # what stays of the range stays, whatever mapping it is part of
        for x in range(src, src + (1 << order)):
            kept[x] = kept[x] or not below[x]
    close_under(s, below, kept, w)
    gone, stays = np.zeros(slots, np.bool_), d.partial_flush == PartialFlush.EMPTY_STAYS and rights != ALL_RIGHTS
    for y in range(slots):
        if below[y]:
            s.rights[y] = keep(d.kept, s.rights[y] & ~rights)
            gone[y] = s.rights[y] == 0 and not stays
    close_under(s, gone, kept, w)
    for y in range(slots):
        if gone[y]:
            clear(s, y)  # type: ignore[arg-type]
    name_units(s)
    return DONE
