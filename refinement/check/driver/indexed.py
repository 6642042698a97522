"""The literal model with an index: grant, map and flush of :mod:`model.spaces.literal`, for every reading, on large
scopes.

The literal functions search all slots for those that link to a slot. Here each slot keeps a list of them, so that an
operation costs O(what it changes), and O(depth) where it asks for ancestors. That both are the same function is tested
for every reading, state and operation of small scopes.

The functions are compiled; ``map_.py_func`` is plain Python.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import model.spaces.compiled  # noqa: F401  makes the literal model's helpers callable from compiled code
from model.scope import ALL_RIGHTS
from model.spaces import literal as spaces
from model.spaces.dialect import (
    Ancestor,
    FrameHolder,
    GrantedChildren,
    GrantedEntry,
    NoRights,
    Occupied,
    OwnPage,
    OwnSlot,
    PartialFlush,
    Passing,
    Reading,
    Readings,
    Regrant,
    Source,
)
from model.spaces.keeping import keep
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED, Spaces
from model.spaces.operation import Kind
from refinement.check.driver.compiling import Integer, compiled

# The literal model's own, which need no more than its columns.
derives: Callable[..., bool] = spaces.derives
evaluate: Callable[..., int] = spaces.evaluate
passed_on: Callable[..., int] = spaces.passed_on

NOBODY = -1
FIRST, AFTER, BEFORE = 0, 1, 2  # the columns of links


class Indexed(NamedTuple):
    """The columns of :class:`~model.spaces.literal.Spaces`, the slots that link to each slot as a list, and what
    changed.

    ``links`` has a row a slot: the first that links to it, and its neighbours among those that link where it does.
    ``changed[0]`` counts the slots noted in ``changed[1:]`` since it was last set to 0; a slot may be noted twice.
    """

    sigma: NDArray[np.int64]
    phys: NDArray[np.int64]
    rights: NDArray[np.int64]
    links: NDArray[np.int64]
    changed: NDArray[np.int64]


def allocate(slots: Integer) -> Indexed:
    """Room for so many slots; :func:`reset` makes an initial state of it."""
    sigma, phys, rights = (np.zeros(slots, np.int64) for _ in range(3))
    return Indexed(sigma, phys, rights, np.zeros((slots, 3), np.int64), np.zeros(4 * slots + 16, np.int64))


def spaces_of(s: Indexed, slots: Integer) -> Spaces:
    """A copy of the literal state of the first slots."""
    return Spaces(s.sigma[:slots].copy(), s.phys[:slots].copy(), s.rights[:slots].copy())


@compiled
def can_differ(d: Readings) -> bool:
    """Return whether under these readings σ(v) and P_v can come to differ, and links to lead round (C1 and C4 fail)."""
    return (
        d.own_slot == OwnSlot.ALLOWED
        or d.ancestor == Ancestor.ALLOWED
        or (d.ancestor == Ancestor.EMPTIED and d.reading == Reading.BEFORE)  # a grant puts a link that led to the slot
        or d.source == Source.ALLOWED
        or d.granted_entry == GrantedEntry.KEPT
    )


@compiled
def frame_at(s: Indexed, x: Integer, d: Readings) -> int:
    """σ(v), without following the links where P_v is the same (C3)."""
    return evaluate(s, x) if can_differ(d) else s.phys[x]


@compiled
def is_below(s: Indexed, x: Integer, y: Integer, d: Readings) -> bool:
    """Whether x derives from y; nothing derives from a slot that nothing links to, and nothing from itself by C1."""
    return s.links[y, FIRST] != NOBODY and (x != y or can_differ(d)) and derives(s, x, y)


@compiled
def reset(s: Indexed, slots: Integer, frames: Integer) -> None:
    """The initial state of that many slots and frames (A.sigma0)."""
    for x in range(slots):
        s.sigma[x] = NIL
        s.phys[x] = NIL
        s.rights[x] = 0
        s.links[x, FIRST] = NOBODY
        s.links[x, AFTER] = NOBODY
        s.links[x, BEFORE] = NOBODY
    for r in range(frames):
        s.sigma[r] = -2 - r
        s.phys[r] = r
        s.rights[r] = ALL_RIGHTS
    s.changed[0] = 0


@compiled
def note(s: Indexed, x: Integer) -> None:
    """The slot may show something else now."""
    s.changed[0] += 1
    s.changed[s.changed[0]] = x


@compiled
def set_element(s: Indexed, x: Integer, element: Integer) -> None:
    """σ_v := element, in the lists too."""
    old = s.sigma[x]
    if old >= 0:
        before, after = s.links[x, BEFORE], s.links[x, AFTER]
        if before == NOBODY:
            s.links[old, FIRST] = after
        else:
            s.links[before, AFTER] = after
        if after != NOBODY:
            s.links[after, BEFORE] = before
    s.sigma[x] = element
    if element >= 0:
        follower = s.links[element, FIRST]
        s.links[x, BEFORE] = NOBODY
        s.links[x, AFTER] = follower
        if follower != NOBODY:
            s.links[follower, BEFORE] = x
        s.links[element, FIRST] = x


@compiled
def clear(s: Indexed, x: Integer) -> None:
    """σ_v := φ and P_v := φ (A.P)."""
    set_element(s, x, NIL)
    s.phys[x] = NIL
    s.rights[x] = 0
    note(s, x)


@compiled
def flush_below(s: Indexed, x: Integer) -> None:
    """The flush inside ← (A.recursive); x does not derive from itself."""
    at = x
    while True:
        if s.links[at, FIRST] != NOBODY:
            at = s.links[at, FIRST]
        elif at == x:
            return
        else:
            parent = s.sigma[at]
            clear(s, at)
            at = parent


@compiled
def replace(s: Indexed, x: Integer, element: Integer, phys: Integer, rights: Integer) -> None:
    """σ_v := e, with P_v and the rights beside it; who calls it has done the flush of σ_v ← e (A.replace)."""
    set_element(s, x, element)
    s.phys[x] = phys
    s.rights[x] = rights
    note(s, x)


@compiled
def restrict_below(s: Indexed, x: Integer, kept: Integer, d: Readings, stays: bool) -> None:
    """Whatever derives from x keeps only those rights; what has none left goes, with what derives from it.

    :param stays: it does not.
    """
    at, entering = s.links[x, FIRST], True
    while at != NOBODY:
        if entering and at != x:
            left = keep(d.kept, s.rights[at] & kept)
            if left != s.rights[at]:
                s.rights[at] = left
                note(s, at)
            if s.links[at, FIRST] != NOBODY:
                at = s.links[at, FIRST]
                continue
        # Everything below ``at`` is done; x itself, met on a circle, is passed over.
        parent, follower = s.sigma[at], s.links[at, AFTER]
        if at != x and s.rights[at] == 0 and not stays:
            flush_below(s, at)
            clear(s, at)
        if follower != NOBODY:
            at, entering = follower, True
        elif parent == x:
            return
        else:
            at, entering = parent, False


@compiled
def is_refused(s: Indexed, src: Integer, dst: Integer, rights: Integer, d: Readings) -> bool:
    """As :func:`model.spaces.literal.is_refused`."""
    return bool(
        (d.source == Source.REFUSED and frame_at(s, src, d) < 0)
        or (d.own_slot == OwnSlot.REFUSED and src == dst)
        or (d.ancestor == Ancestor.REFUSED and is_below(s, src, dst, d))
        or (d.frame_holder == FrameHolder.REFUSED and s.sigma[dst] < NIL)
        or (d.occupied == Occupied.REFUSED and s.sigma[dst] != NIL)
        or (d.no_rights == NoRights.REFUSED and passed_on(s, src, rights, d) == 0)
    )


@compiled
def is_extended(s: Indexed, src: Integer, dst: Integer, d: Readings) -> bool:
    """As :func:`model.spaces.literal.is_extended`."""
    if d.ancestor == Ancestor.EXTENDED and is_below(s, src, dst, d):
        return True
    if d.occupied == Occupied.EXTENDED_CHILD:
        return bool(s.sigma[dst] == src)
    return d.occupied == Occupied.EXTENDED_FRAME and s.sigma[dst] != NIL and frame_at(s, dst, d) == frame_at(s, src, d)


@compiled
def is_kept(s: Indexed, src: Integer, dst: Integer, d: Readings) -> bool:
    """As :func:`model.spaces.literal.is_kept`."""
    if d.ancestor == Ancestor.EXTENDED and is_below(s, src, dst, d):
        return True
    return d.regrant == Regrant.SOURCE_KEPT and s.sigma[dst] != NIL and frame_at(s, dst, d) == frame_at(s, src, d)


@compiled
def map_(s: Indexed, src: Integer, dst: Integer, rights: Integer, d: Readings) -> int:
    """As :func:`model.spaces.literal.map_`."""
    if src == dst and d.own_slot == OwnSlot.NOTHING:
        return DONE
    if is_refused(s, src, dst, rights, d) or (d.occupied == Occupied.MAP_REFUSED and s.sigma[dst] != NIL):
        return REFUSED
    if is_extended(s, src, dst, d):
        s.rights[dst] = keep(d.kept, s.rights[dst] | passed_on(s, src, rights, d))
        note(s, dst)
        return DONE
    if is_below(s, dst, dst, d):
        return CYCLE_MET
    if d.no_rights == NoRights.NOTHING and passed_on(s, src, rights, d) == 0:
        return DONE
    emptied = d.ancestor == Ancestor.EMPTIED and is_below(s, src, dst, d)
    phys, passed = s.phys[src], passed_on(s, src, rights, d)
    flush_below(s, dst)
    if d.reading == Reading.AFTER:
        phys, passed = s.phys[src], passed_on(s, src, rights, d)
    if emptied:
        clear(s, dst)
    else:
        replace(s, dst, src, phys, passed)
    return DONE


@compiled
def grant(s: Indexed, src: Integer, dst: Integer, rights: Integer, d: Readings) -> int:
    """As :func:`model.spaces.literal.grant`."""
    if d.granted_children == GrantedChildren.NO_GRANT:
        return REFUSED
    if src == dst and d.own_slot == OwnSlot.NOTHING:
        return DONE
    if is_refused(s, src, dst, rights, d):
        return REFUSED
    if is_kept(s, src, dst, d):
        s.rights[dst] = keep(d.kept, s.rights[dst] | passed_on(s, src, rights, d))
        note(s, dst)
        return DONE
    if is_below(s, dst, dst, d) or is_below(s, src, src, d):
        return CYCLE_MET
    if d.no_rights == NoRights.NOTHING and passed_on(s, src, rights, d) == 0:
        return DONE
    element, phys, passed = s.sigma[src], s.phys[src], passed_on(s, src, rights, d)
    flush_below(s, dst)
    if d.reading == Reading.AFTER:
        element, phys, passed = s.sigma[src], s.phys[src], passed_on(s, src, rights, d)
    replace(s, dst, element, phys, passed)
    if d.granted_children == GrantedChildren.KEPT:
        while s.links[src, FIRST] != NOBODY:  # of a grant onto itself nothing is left, by the flush
            set_element(s, s.links[src, FIRST], dst)
        if d.passing == Passing.INTERSECTED:
            restrict_below(s, dst, rights, d, False)
    flush_below(s, src)
    if d.granted_entry == GrantedEntry.KEPT:
        replace(s, src, NIL, s.phys[src], s.rights[src])
    else:
        clear(s, src)
    return DONE


@compiled
def flush(s: Indexed, x: Integer, rights: Integer, d: Readings) -> int:
    """As :func:`model.spaces.literal.flush`."""
    if d.partial_flush == PartialFlush.ALL_ONLY and rights != ALL_RIGHTS:
        return REFUSED
    if is_below(s, x, x, d):
        return CYCLE_MET
    stays = d.partial_flush == PartialFlush.EMPTY_STAYS and rights != ALL_RIGHTS
    restrict_below(s, x, ALL_RIGHTS & ~rights, d, stays)
    if d.own_page == OwnPage.INCLUDED:
        s.rights[x] = keep(d.kept, s.rights[x] & ~rights)
        note(s, x)
        if s.rights[x] == 0 and not stays:
            flush_below(s, x)
            clear(s, x)
    return DONE


@compiled
def follow(s: Indexed, rows: NDArray[np.int64], first: Integer, last: Integer, d: Readings) -> int:
    """The operations of these rows, up to the last, which is left out; how the last one ended.

    A row has the :class:`~model.spaces.operation.Kind`, source, destination and rights.
    """
    status = DONE
    for n in range(first, last):
        s.changed[0] = 0
        src, dst, rights = rows[n, 1], rows[n, 2], rows[n, 3]
        if rows[n, 0] == Kind.MAP:
            status = map_(s, src, dst, rights, d)
        elif rows[n, 0] == Kind.GRANT:
            status = grant(s, src, dst, rights, d)
        else:
            status = flush(s, src, rights, d)
    return status
