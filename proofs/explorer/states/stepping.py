# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""The operations of :mod:`model.spaces.literal` on words, for every dialect, any rights and any state.

Each takes and gives :class:`~proofs.explorer.states.words.Words`. What the literal model does slot by slot, following
links, is done here to sets of slots at once: the links of the state before were followed for all of its steps
together. Nothing is left to trust: the tests compare every reading with the literal model on arbitrary states.
"""

import numpy as np
from numba.extending import register_jitable

from model.scope import ALL_RIGHTS
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
    Regrant,
    Source,
)
from model.spaces.operation import Kind
from proofs.explorer.plain import lowest_bit
from proofs.explorer.states.words import Words, slot_at, used

_ONE = np.uint64(1)


@register_jitable(_nrt=False, forceinline=True)
def _is_extended(sigma, values, below, src, dst, d, grid):
    """Whether map only adds rights; as :func:`model.spaces.literal.is_extended`."""
    at_src, at_dst = np.uint64(src * grid.width), np.uint64(dst * grid.width)
    code = np.int64(sigma >> at_dst & grid.field)
    if d.ancestor == Ancestor.EXTENDED and below[dst] >> at_src & _ONE != 0:
        return True
    if d.occupied == Occupied.EXTENDED_CHILD:
        return code == grid.frames + 1 + src
    return (
        d.occupied == Occupied.EXTENDED_FRAME and code != 0 and (values >> at_src ^ values >> at_dst) & grid.field == 0
    )


@register_jitable(_nrt=False, forceinline=True)
def _is_kept(sigma, values, below, src, dst, d, grid):
    """Whether grant only adds rights; as :func:`model.spaces.literal.is_kept`."""
    at_src, at_dst = np.uint64(src * grid.width), np.uint64(dst * grid.width)
    if d.ancestor == Ancestor.EXTENDED and below[dst] >> at_src & _ONE != 0:
        return True
    in_use = sigma >> at_dst & grid.field != 0
    return d.regrant == Regrant.SOURCE_KEPT and in_use and (values >> at_src ^ values >> at_dst) & grid.field == 0


@register_jitable(_nrt=False, forceinline=True)
def _passes_nothing(rights, src, asked, d, grid):
    """Whether map and grant do nothing; as :func:`model.spaces.literal.passes_nothing`."""
    return d.no_rights == NoRights.NOTHING and _passed_on(rights, src, asked, d, grid) == 0


@register_jitable(_nrt=False, forceinline=True)
def _is_refused(sigma, values, below, src, dst, d, grid):
    """Whether a side condition refuses to map or grant; as :func:`model.spaces.literal.is_refused`, but for rights."""
    at_src, at_dst = np.uint64(src * grid.width), np.uint64(dst * grid.width)
    code, shown = np.int64(sigma >> at_dst & grid.field), values >> at_src & grid.field
    return (
        (d.source == Source.REFUSED and (shown == 0 or shown == grid.field))
        or (d.own_slot == OwnSlot.REFUSED and src == dst)
        or (d.ancestor == Ancestor.REFUSED and below[dst] >> at_src & _ONE != 0)
        or (d.frame_holder == FrameHolder.REFUSED and code > 0 and code <= grid.frames)
        or (d.occupied == Occupied.REFUSED and code > 0)
    )


@register_jitable(_nrt=False, forceinline=True)
def _passed_on(rights, src, asked, d, grid):
    """The rights that are passed on; as :func:`model.spaces.literal.passed_on`."""
    if d.passing == Passing.INTERSECTED:
        return asked & rights >> np.uint64(src * grid.width) & grid.field
    return asked


@register_jitable(_nrt=False, forceinline=True)
def _cleared(w, gone, grid):
    """The state without those slots."""
    kept = ~(gone * grid.field)
    return Words(w.sigma & kept, w.phys & kept, w.rights & kept)


@register_jitable(_nrt=False, forceinline=True)
def _read(w, below, src, dst, asked, d, grid):
    """What is read of the source, σ, P and the rights passed on; all before the destination is flushed, or after."""
    at = np.uint64(src * grid.width)
    if d.reading == Reading.AFTER and below[dst] >> at & _ONE != 0:
        return Words(np.uint64(0), np.uint64(0), np.uint64(0) if d.passing == Passing.INTERSECTED else asked)
    return Words(w.sigma >> at & grid.field, w.phys >> at & grid.field, _passed_on(w.rights, src, asked, d, grid))


@register_jitable(_nrt=False, forceinline=True)
def _mapped(w, values, below, src, dst, asked, d, grid):
    """The state after a map that is not refused."""
    at_src, at_dst = np.uint64(src * grid.width), np.uint64(dst * grid.width)
    if _passes_nothing(w.rights, src, asked, d, grid):
        return w
    if _is_extended(w.sigma, values, below, src, dst, d, grid):
        return Words(w.sigma, w.phys, w.rights | _passed_on(w.rights, src, asked, d, grid) << at_dst)
    left = _cleared(w, below[dst] | _ONE << at_dst, grid)
    if d.ancestor == Ancestor.EMPTIED and below[dst] >> at_src & _ONE != 0:
        return left
    read = _read(w, below, src, dst, asked, d, grid)
    link = np.uint64(grid.frames + 1 + src)
    return Words(left.sigma | link << at_dst, left.phys | read.phys << at_dst, left.rights | read.rights << at_dst)


@register_jitable(_nrt=False, forceinline=True)
def _restricted(w, derived, kept, below, grid):
    """The state where those slots keep only some rights; what has none left goes, with what derives from it."""
    rights = w.rights & ~(derived * (grid.field & ~kept))
    bare = derived & ~used(rights, grid)
    gone = bare
    if bare != derived:
        while bare:
            gone |= below[slot_at(lowest_bit(np.int64(bare)), grid)] & derived
            bare &= bare - _ONE
    return _cleared(Words(w.sigma, w.phys, rights), gone, grid)


@register_jitable(_nrt=False, forceinline=True)
def _granted(w, values, below, children, src, dst, asked, d, grid):
    """The state after a grant that is not refused."""
    at_src, at_dst = np.uint64(src * grid.width), np.uint64(dst * grid.width)
    if _passes_nothing(w.rights, src, asked, d, grid):
        return w
    if _is_kept(w.sigma, values, below, src, dst, d, grid):
        return Words(w.sigma, w.phys, w.rights | _passed_on(w.rights, src, asked, d, grid) << at_dst)
    dst_bit = _ONE << at_dst
    read = _read(w, below, src, dst, asked, d, grid)
    left = _cleared(w, below[dst] | dst_bit, grid)
    sigma = left.sigma | read.sigma << at_dst
    now = Words(sigma, left.phys | read.phys << at_dst, left.rights | read.rights << at_dst)
    derived = below[src] & ~(below[dst] | dst_bit)
    if d.granted_children == GrantedChildren.FLUSHED:
        now = _cleared(now, derived, grid)
    elif derived != 0:
        moving = children[src] & derived
        sigma = sigma & ~(moving * grid.field) | moving * np.uint64(grid.frames + 1 + dst)
        now = Words(sigma, now.phys, now.rights)
        if d.passing == Passing.INTERSECTED:
            now = _restricted(now, derived, asked, below, grid)
    gone = ~(grid.field << at_src)
    if d.granted_entry == GrantedEntry.KEPT:
        return Words(now.sigma & gone, now.phys, now.rights)
    return Words(now.sigma & gone, now.phys & gone, now.rights & gone)


@register_jitable(_nrt=False, forceinline=True)
def _flushed(w, below, src, taken, whole, d, grid):
    """The state after a flush that is not refused."""
    stays = d.partial_flush == PartialFlush.EMPTY_STAYS and not whole
    if stays:
        now = Words(w.sigma, w.phys, w.rights & ~(below[src] * taken))
    else:
        now = _restricted(w, below[src], grid.field & ~taken, below, grid)
    if d.own_page == OwnPage.INCLUDED:
        at = np.uint64(src * grid.width)
        now = Words(now.sigma, now.phys, now.rights & ~(taken << at))
        if now.rights >> at & grid.field == 0 and not stays:
            now = _cleared(now, below[src] | _ONE << at, grid)
    return now


@register_jitable(_nrt=False, forceinline=True)
def is_refused_always(w, values, below, kind, src, dst, d, grid):
    """Whether an operation is refused whatever the rights, or its recursion would not end."""
    round_ = below[src] >> np.uint64(src * grid.width) & _ONE != 0
    if kind == Kind.FLUSH:
        return round_
    if kind == Kind.GRANT and d.granted_children == GrantedChildren.NO_GRANT:
        return True
    if src == dst and d.own_slot == OwnSlot.NOTHING:
        return False
    if _is_refused(w.sigma, values, below, src, dst, d, grid):
        return True
    if kind == Kind.MAP:
        if d.occupied == Occupied.MAP_REFUSED and w.sigma >> np.uint64(dst * grid.width) & grid.field != 0:
            return True
        if _is_extended(w.sigma, values, below, src, dst, d, grid):
            return False
    elif _is_kept(w.sigma, values, below, src, dst, d, grid):
        return False
    return below[dst] >> np.uint64(dst * grid.width) & _ONE != 0 or (kind == Kind.GRANT and round_)


@register_jitable(_nrt=False, forceinline=True)
def is_refused_with(w, kind, src, dst, rights, asked, d, grid):
    """Whether an operation that is not always refused is refused with these rights; ``asked`` are they, narrowed."""
    if kind == Kind.FLUSH:
        return d.partial_flush == PartialFlush.ALL_ONLY and rights != ALL_RIGHTS
    if d.no_rights != NoRights.REFUSED or (src == dst and d.own_slot == OwnSlot.NOTHING):
        return False
    return _passed_on(w.rights, src, asked, d, grid) == 0


@register_jitable(_nrt=False, forceinline=True)
def stepped(w, values, below, children, kind, src, dst, rights, asked, d, grid):
    """The state after an operation that is not refused; ``asked`` are the rights, narrowed."""
    if kind == Kind.FLUSH:
        return _flushed(w, below, src, asked, rights == ALL_RIGHTS, d, grid)
    if src == dst and d.own_slot == OwnSlot.NOTHING:
        return w
    if kind == Kind.MAP:
        return _mapped(w, values, below, src, dst, asked, d, grid)
    return _granted(w, values, below, children, src, dst, asked, d, grid)
