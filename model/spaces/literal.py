"""Appendix A, literally: address spaces as tables of links, and grant, map and flush on them.

Every space σ is a table of one column. All columns stand in one array ``sigma``, so a slot (σ, v) is an index.
The element σ_v is

- ``NIL``, the nilpage φ, which nobody can access;
- ``frame(r)``, a number below ``NIL``: the slot holds the physical page r itself;
- a number from 0 on: a link, the slot that v was mapped from.

Beside σ the kernel keeps the table P (A.P) in ``phys`` and, for B.rights, the rights in ``rights``.

The functions are plain Python on arrays of integers. :mod:`model.spaces.compiled` compiles these same functions. What
the appendix leaves open is asked of a :class:`~model.spaces.dialect.Readings`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope
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

NIL = -1
CYCLE = -2  # evaluation: the links lead round in a circle, so that σ(v) has no value

# How an operation ends. CYCLE_MET: it met a circle, in which its recursion would not end, or from which a grant would
# take a slot; nothing was changed.
DONE, REFUSED, CYCLE_MET = 0, 1, 2


class Spaces(NamedTuple):
    """All address spaces: σ, the table P kept beside it, and the rights; one element a slot, int64."""

    sigma: NDArray[np.int64]
    phys: NDArray[np.int64]
    rights: NDArray[np.int64]


def frame(r: int) -> int:
    """The element that says: this slot holds frame r."""
    return -2 - r


def frame_of(element: int) -> int:
    """The frame in an element that :func:`frame` made."""
    return -2 - element


def initial(scope: Scope) -> Spaces:
    """σ0 holds frame v in its page v, for each frame, with all rights; everything else is nil (A.sigma0).

    >>> initial(Scope(spaces=2, pages=2, frames=1)).sigma.tolist()
    [-2, -1, -1, -1]
    """
    spaces = Spaces(
        np.full(scope.slots, NIL, np.int64),
        np.full(scope.slots, NIL, np.int64),
        np.zeros(scope.slots, np.int64),
    )
    for r in range(scope.frames):
        spaces.sigma[r], spaces.phys[r], spaces.rights[r] = frame(r), r, ALL_RIGHTS
    return spaces


def evaluate(s: Spaces, x: int) -> int:
    """σ(v): r if σ_v = r; σ′(v′) if σ_v = (σ′, v′); φ if σ_v = φ (A.eval).

    The frame, ``NIL`` for φ, or ``CYCLE``.
    """
    for _ in range(len(s.sigma)):
        if s.sigma[x] < 0:
            return NIL if s.sigma[x] == NIL else -2 - s.sigma[x]
        x = s.sigma[x]
    return CYCLE


def derives(s: Spaces, x: int, y: int) -> bool:
    """Return whether x was mapped, directly or not, from y; on a cycle a slot derives from itself."""
    for _ in range(len(s.sigma)):
        x = s.sigma[x]
        if x < 0 or x == y:
            return x == y
    return False


def clear(s: Spaces, x: int) -> None:
    """σ_v := φ; made by a flush it includes P_v := φ (A.P)."""
    s.sigma[x] = NIL
    s.phys[x] = NIL
    s.rights[x] = 0


def flush_below(s: Spaces, x: int) -> None:
    """The flush inside ←: for every σ′_v′ = (σ, v): σ′_v′ ← φ, which begins with flush(σ′, v′) (A.recursive).

    The recursion is followed along the links, down from ``at`` to its next child and back up, so that a chain of any
    length is flushed without a stack. The slot x must not derive from itself.
    """
    at = x
    while True:
        y = 0
        while y < len(s.sigma) and s.sigma[y] != at:
            y += 1
        if y < len(s.sigma):
            at = y
        elif at == x:
            return
        else:
            parent = s.sigma[at]
            clear(s, at)
            at = parent


def replace(s: Spaces, x: int, element: int, phys: int, rights: int) -> None:
    """σ_v ← e means flush(σ, v); σ_v := e (A.replace), with P_v and the rights beside it."""
    flush_below(s, x)
    s.sigma[x] = element
    s.phys[x] = phys
    s.rights[x] = rights


def narrow_below(s: Spaces, x: int, kept: int, d: Readings) -> None:
    """Leave whatever derives from x only those rights; it stays if that is none."""
    for y in range(len(s.sigma)):
        if derives(s, y, x):
            s.rights[y] = keep(d.kept, s.rights[y] & kept)


def restrict_below(s: Spaces, x: int, kept: int, d: Readings) -> None:
    """Whatever derives from x keeps only those rights; what has none left goes, with what derives from it."""
    narrow_below(s, x, kept, d)
    for y in range(len(s.sigma)):
        if y != x and s.rights[y] == 0 and derives(s, y, x):
            replace(s, y, NIL, NIL, 0)


def passed_on(s: Spaces, src: int, rights: int, d: Readings) -> int:
    """The rights that map and grant pass on: the source's or a subset, never more (B.rights)."""
    return keep(d.kept, rights & s.rights[src] if d.passing == Passing.INTERSECTED else rights)


def is_refused(s: Spaces, src: int, dst: int, rights: int, d: Readings) -> bool:
    """Return whether a side condition refuses to map or grant src to dst. One condition a line."""
    return bool(
        (d.source == Source.REFUSED and evaluate(s, src) < 0)
        or (d.own_slot == OwnSlot.REFUSED and src == dst)
        or (d.ancestor == Ancestor.REFUSED and derives(s, src, dst))
        or (d.frame_holder == FrameHolder.REFUSED and s.sigma[dst] < NIL)
        or (d.occupied == Occupied.REFUSED and s.sigma[dst] != NIL)
        or (d.no_rights == NoRights.REFUSED and passed_on(s, src, rights, d) == 0)
    )


def is_extended(s: Spaces, src: int, dst: int, d: Readings) -> bool:
    """Return whether map finds the page at its destination already, so that only rights are added there."""
    if d.ancestor == Ancestor.EXTENDED and derives(s, src, dst):
        return True
    if d.occupied == Occupied.EXTENDED_CHILD:
        return bool(s.sigma[dst] == src)
    return bool(d.occupied == Occupied.EXTENDED_FRAME and s.sigma[dst] != NIL and evaluate(s, dst) == evaluate(s, src))


def is_kept(s: Spaces, src: int, dst: int, d: Readings) -> bool:
    """Return whether grant finds the page at its destination already: rights are added there, and the source stays."""
    if d.ancestor == Ancestor.EXTENDED and derives(s, src, dst):
        return True
    shows = s.sigma[dst] != NIL and evaluate(s, dst) == evaluate(s, src)
    return bool(d.regrant == Regrant.SOURCE_KEPT and shows)


def passes_nothing(s: Spaces, src: int, rights: int, d: Readings) -> bool:
    """Return whether map and grant are done without doing anything, since no right would be passed on."""
    return d.no_rights == NoRights.NOTHING and passed_on(s, src, rights, d) == 0


def is_refused_for_map(s: Spaces, dst: int, d: Readings) -> bool:
    """Return whether a map is refused for what is in the destination, where a grant is not."""
    return bool(d.occupied == Occupied.MAP_REFUSED and s.sigma[dst] != NIL)


def map_(s: Spaces, src: int, dst: int, rights: int, d: Readings) -> int:
    """S maps its page v to S′, who agrees: σ′_v′ ← (σ, v), and P′_v′ := P_v (A.map, A.P).

    ``DONE``, ``REFUSED`` (nothing changed) or ``CYCLE_MET`` (nothing changed).
    """
    if src == dst and d.own_slot == OwnSlot.NOTHING:
        return DONE
    if is_refused(s, src, dst, rights, d) or is_refused_for_map(s, dst, d):
        return REFUSED
    if is_extended(s, src, dst, d):
        s.rights[dst] = keep(d.kept, s.rights[dst] | passed_on(s, src, rights, d))
        return DONE
    if derives(s, dst, dst):
        return CYCLE_MET
    if passes_nothing(s, src, rights, d):
        return DONE
    emptied = d.ancestor == Ancestor.EMPTIED and derives(s, src, dst)
    phys, passed = s.phys[src], passed_on(s, src, rights, d)
    flush_below(s, dst)
    if d.reading == Reading.AFTER:
        phys, passed = s.phys[src], passed_on(s, src, rights, d)
    if emptied:
        replace(s, dst, NIL, NIL, 0)
    else:
        replace(s, dst, src, phys, passed)
    return DONE


def grant(s: Spaces, src: int, dst: int, rights: int, d: Readings) -> int:
    """S grants its page v to S′, who agrees: σ′_v′ ← σ_v; σ_v ← φ, and P′_v′ := P_v (A.grant, A.tree.grant, A.P).

    ``DONE``, ``REFUSED`` (nothing changed) or ``CYCLE_MET`` (nothing changed).
    """
    if d.granted_children == GrantedChildren.NO_GRANT:
        return REFUSED
    if src == dst and d.own_slot == OwnSlot.NOTHING:
        return DONE
    if is_refused(s, src, dst, rights, d):
        return REFUSED
    if is_kept(s, src, dst, d):
        s.rights[dst] = keep(d.kept, s.rights[dst] | passed_on(s, src, rights, d))
        return DONE
    if derives(s, dst, dst) or derives(s, src, src):
        return CYCLE_MET
    if passes_nothing(s, src, rights, d):
        return DONE
    element, phys, passed = s.sigma[src], s.phys[src], passed_on(s, src, rights, d)
    flush_below(s, dst)
    if d.reading == Reading.AFTER:
        element, phys, passed = s.sigma[src], s.phys[src], passed_on(s, src, rights, d)
    replace(s, dst, element, phys, passed)
    if d.granted_children == GrantedChildren.KEPT:
        for y in range(len(s.sigma)):
            if s.sigma[y] == src:
                s.sigma[y] = dst
        if d.passing == Passing.INTERSECTED:
            restrict_below(s, dst, rights, d)
    if d.granted_entry == GrantedEntry.KEPT:
        phys, passed = s.phys[src], s.rights[src]
    else:
        phys, passed = NIL, 0
    replace(s, src, NIL, phys, passed)
    return DONE


def flush(s: Spaces, x: int, rights: int, d: Readings) -> int:
    """S flushes its page v without asking: for every σ′_v′ = (σ, v): σ′_v′ ← φ; σ_v itself stays (A.flush).

    With fewer than all rights only those are taken away (B.rights). Of a page from which nothing was mapped, a nil page
    among them, nothing changes.
    ``DONE``, ``REFUSED`` (nothing changed) or ``CYCLE_MET`` (nothing changed).
    """
    if d.partial_flush == PartialFlush.ALL_ONLY and rights != ALL_RIGHTS:
        return REFUSED
    if derives(s, x, x):
        return CYCLE_MET
    stays = d.partial_flush == PartialFlush.EMPTY_STAYS and rights != ALL_RIGHTS
    if stays:
        narrow_below(s, x, ~rights, d)
    else:
        restrict_below(s, x, ~rights, d)
    if d.own_page == OwnPage.INCLUDED:
        s.rights[x] = keep(d.kept, s.rights[x] & ~rights)
        if s.rights[x] == 0 and not stays:
            replace(s, x, NIL, NIL, 0)
    return DONE
