"""Successors by masks, for forest dialects without rights: states that can hold neither cycles nor dangling links.

The states are those of :mod:`proofs.explorer.states.mapping`, bit for bit, and so are the numbers of the steps; only
the way to find them differs. A state is decoded once, and every successor is a few instructions on the packed word:
emptying a subtree is a mask, a new link an OR, and granting moves all children with one multiplication, since the codes
of links to the same slot differ from those to another by the same amount.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from model.scope import ALL_RIGHTS
from model.spaces.dialect import (
    Ancestor,
    FrameHolder,
    GrantedChildren,
    GrantedEntry,
    Occupied,
    OwnPage,
    OwnSlot,
    Reading,
    Readings,
    Regrant,
    Source,
)
from model.spaces.operation import Kind
from proofs.explorer.states.layout import CODE_BITS, FRAMES, READINGS, SLOTS, label_of

OWN_SLOT, ANCESTOR, FRAME_HOLDER, OCCUPIED = READINGS + 1, READINGS + 2, READINGS + 3, READINGS + 4
GRANTED_CHILDREN, OWN_PAGE = READINGS + 6, READINGS + 10


def is_forest_dialect(readings: Readings) -> bool:
    """Return whether no operation of such a dialect can make a cycle or a dangling link, or part P_v from σ(v).

    A source is accessible, so a new link leads to a frame; it is not the destination itself; and the flush of the
    destination has not taken it away, unless the dialect looks again and leaves the destination nil. A granted page is
    cleared from P. Two readings can make none of these either, and are left to the other engine.
    """
    return (
        readings.source == Source.REFUSED
        and readings.granted_entry == GrantedEntry.CLEARED
        and readings.own_slot != OwnSlot.ALLOWED
        and readings.occupied != Occupied.MAP_REFUSED
        and readings.regrant == Regrant.MOVED
        and (
            readings.ancestor == Ancestor.REFUSED
            or (readings.ancestor == Ancestor.EMPTIED and readings.reading == Reading.AFTER)
        )
    )


@register_jitable(_nrt=False)
def by_masks(state: Any, after: Any, labels: Any, flaws: Any, p: Any, scratch: Any) -> int:
    """Every operation that is not refused; as the successors of a :class:`~proofs.explorer.system.System`."""
    slots, link, bits = p[SLOTS], p[FRAMES] + 1, np.uint64(p[CODE_BITS])
    own_slot_counts, own_page_included = p[OWN_SLOT] == OwnSlot.NOTHING, p[OWN_PAGE] == OwnPage.INCLUDED
    ancestor_refused, holder_refused = p[ANCESTOR] == Ancestor.REFUSED, p[FRAME_HOLDER] == FrameHolder.REFUSED
    occupied_refused, extended_child = p[OCCUPIED] == Occupied.REFUSED, p[OCCUPIED] == Occupied.EXTENDED_CHILD
    extended_frame, kept = p[OCCUPIED] == Occupied.EXTENDED_FRAME, p[GRANTED_CHILDREN] == GrantedChildren.KEPT
    grants = p[GRANTED_CHILDREN] != GrantedChildren.NO_GRANT
    field = (np.uint64(1) << bits) - np.uint64(1)
    code, root = scratch[0:slots], scratch[slots : 2 * slots]
    below = scratch[2 * slots : 3 * slots].view(np.uint64)  # the fields of all that derives from a slot
    children = scratch[3 * slots : 4 * slots].view(np.uint64)  # the lowest bit of the fields of its children
    for x in range(slots):
        code[x] = np.int64(state >> np.uint64(x) * bits & field)
        below[x], children[x] = 0, 0
    for x in range(slots):
        at, shift = code[x], np.uint64(x) * bits
        if at >= link:
            children[at - link] |= np.uint64(1) << shift
        while at >= link:
            below[at - link] |= field << shift
            at = code[at - link]
        root[x] = at
    count = 0
    for dst in range(slots):
        at_dst, occupied = np.uint64(dst) * bits, code[dst] != 0
        emptied = state & ~below[dst]
        base = emptied & ~(field << at_dst)
        if occupied:
            after[count] = base if own_page_included else emptied
            labels[count] = label_of(Kind.FLUSH, dst, 0, ALL_RIGHTS)
            count += 1
        for src in range(slots):
            if code[src] == 0:
                continue
            if src == dst:
                if not own_slot_counts:
                    continue
                mapped, granted = state, state
            else:
                if occupied and (occupied_refused or (holder_refused and code[dst] < link)):
                    continue
                at_src = np.uint64(src) * bits
                gone = below[dst] >> at_src & np.uint64(1) != 0
                if gone and ancestor_refused:
                    continue
                mapped, granted = base, base  # what is left where the flush took the source away
                if not gone:
                    mapped |= np.uint64(link + src) << at_dst
                    granted = base & ~(field << at_src)
                    if kept:
                        moving = children[src] & ~(np.uint64(1) << at_dst)
                        granted += moving * np.uint64(np.int64(dst - src))
                    else:
                        granted &= ~below[src]
                    granted |= np.uint64(code[src]) << at_dst
                if (extended_child and code[dst] == link + src) or (extended_frame and root[dst] == root[src]):
                    mapped = state
            after[count], labels[count] = mapped, label_of(Kind.MAP, src, dst, ALL_RIGHTS)
            count += 1
            if grants:
                after[count], labels[count] = granted, label_of(Kind.GRANT, src, dst, ALL_RIGHTS)
                count += 1
    for i in range(count):
        flaws[i] = 0
    return count
