# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""A literal state in three machine words, σ, P and the rights, each with a field for each slot.

A field is as wide as all that a packed state holds of a slot, so a packed state is the three words side by side. What
happens to many slots happens in a few instructions: a set of slots is a word with the lowest bit of their fields, and
such a set times a number is that number in each of their fields.

σ is coded as in the packing (0 nil, 1 … R a frame, R + 1 + y a link to slot y). σ(v), and P, is 0 for nil, r + 1 for
frame r, and a field full of ones where the links lead round in a circle.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from model.scope import ALL_RIGHTS
from model.spaces.literal import NIL
from proofs.explorer.searches import intrinsics  # noqa: F401, intrinsics makes lowest_bit known to numba
from proofs.explorer.searches.plain import lowest_bit
from proofs.explorer.states.layout import CODE_BITS, FRAMES, PHYS_BITS, RIGHT_BITS, SLOTS

_ONE = np.uint64(1)


class Words(NamedTuple):
    """A state: σ, P and the rights of all slots."""

    sigma: np.uint64
    phys: np.uint64
    rights: np.uint64


class Grid(NamedTuple):
    """Where the fields are. ``one`` is the lowest bit of each, ``high`` the highest, ``low`` all but the highest."""

    slots: int
    frames: int
    width: int
    inverse: np.uint64  # a bit's place times this, shifted right by 16, is the number of its slot
    one: np.uint64
    low: np.uint64
    high: np.uint64
    field: np.uint64  # a field full of ones, at place 0
    top: np.uint64  # the place of the highest bit of a field
    code_bits: np.uint64
    phys_bits: np.uint64
    right_bits: np.uint64


@register_jitable(_nrt=False, forceinline=True)
def grid_of(p):
    """The places of the fields under these parameters."""
    width = p[CODE_BITS] + p[PHYS_BITS] + p[RIGHT_BITS]
    one = np.uint64(0)
    for x in range(p[SLOTS]):
        one |= _ONE << np.uint64(x * width)
    top = np.uint64(width - 1)
    low = (_ONE << top) - _ONE
    return Grid(
        p[SLOTS],
        p[FRAMES],
        width,
        np.uint64(65536 // width + 1),
        one,
        one * low,
        one << top,
        low | _ONE << top,
        top,
        np.uint64(p[CODE_BITS]),
        np.uint64(p[PHYS_BITS]),
        np.uint64(p[RIGHT_BITS]),
    )


@register_jitable(_nrt=False, forceinline=True)
def used(word, grid):
    """The slots whose fields are not zero."""
    return ((word & grid.low) + grid.low | word) >> grid.top & grid.one


@register_jitable(_nrt=False, forceinline=True)
def slot_at(bit, grid):
    """The slot whose field begins at that bit."""
    return np.uint64(bit) * grid.inverse >> np.uint64(16)  # unsigned, so that no index is looked at for its sign


@register_jitable(_nrt=False, forceinline=True)
def narrowed(rights, grid):
    """Rights as the packing holds them, one bit or two where no others occur."""
    if grid.right_bits <= 1:
        return np.uint64(rights & 1)
    return np.uint64(rights >> 1 if grid.right_bits == 2 else rights)


@register_jitable(_nrt=False, forceinline=True)
def links_of(sigma, below, children, grid):
    """Find what derives from each slot and what was mapped from it (sets of slots).

    σ(v) of all slots, a word, and the set of those that a slot was mapped from.
    """
    width, values, parents = grid.width, np.uint64(0), np.uint64(0)
    for x in range(grid.slots):
        below[x], children[x] = 0, 0
    for x in range(grid.slots):
        at, bit, steps = np.uint64(x * width), _ONE << np.uint64(x * width), 0
        code = np.int64(sigma >> at & grid.field)
        if code > grid.frames:
            children[code - grid.frames - 1] |= bit
            parents |= _ONE << np.uint64((code - grid.frames - 1) * width)
        while code > grid.frames and steps < grid.slots:
            parent = code - grid.frames - 1
            below[parent] |= bit
            code = np.int64(sigma >> np.uint64(parent * width) & grid.field)
            steps += 1
        values |= (grid.field if code > grid.frames else np.uint64(code)) << at
    return values, parents


@register_jitable(_nrt=False, forceinline=True)
def words_of(state, below, children, grid):
    """The words of a packed state, and what :func:`links_of` finds in it."""
    code_mask = grid.one * ((_ONE << grid.code_bits) - _ONE)
    phys_mask = grid.one * ((_ONE << grid.phys_bits) - _ONE)
    right_mask = grid.one * ((_ONE << grid.right_bits) - _ONE)
    sigma = state & code_mask
    phys = state >> grid.code_bits & phys_mask
    rights = state >> grid.code_bits + grid.phys_bits & right_mask if grid.right_bits else used(sigma, grid)
    values, parents = links_of(sigma, below, children, grid)
    return Words(sigma, phys if grid.phys_bits else values, rights), values, parents


@register_jitable(_nrt=False, forceinline=True)
def packed(w, grid):
    """The packed state of three words; P and rights are left out where the packing has no bits for them."""
    state = w.sigma
    if grid.phys_bits:
        state |= w.phys << grid.code_bits
    if grid.right_bits:
        state |= w.rights << grid.code_bits + grid.phys_bits
    return state


@register_jitable(_nrt=False, forceinline=True)
def is_kept(w, values, grid):
    """Whether the packing keeps all of a state: what it leaves out is as told by the rest."""
    return (grid.phys_bits != 0 or w.phys == values) and (grid.right_bits != 0 or w.rights == used(w.sigma, grid))


@register_jitable(_nrt=False, forceinline=True)
def gathered(s, grid):
    """The words of a state in arrays, and whether they keep all of its rights."""
    sigma, phys, rights, kept = np.uint64(0), np.uint64(0), np.uint64(0), True
    for x in range(grid.slots):
        at, element, allowed = np.uint64(x * grid.width), s.sigma[x], s.rights[x]
        sigma |= np.uint64(-1 - element if element <= NIL else element + grid.frames + 1) << at
        phys |= (np.uint64(s.phys[x] + 1) if s.phys[x] >= NIL else grid.field) << at
        rights |= narrowed(allowed, grid) << at
        if grid.right_bits <= 1:
            kept = kept and (allowed == 0 or allowed == ALL_RIGHTS)
        elif grid.right_bits == 2:
            kept = kept and allowed & 1 == 0
    return Words(sigma, phys, rights), kept


@register_jitable(_nrt=False, forceinline=True)
def values_after(before, after, values, parents, below, grid):
    """σ(v) of all slots after a step, found anew only for slots whose links changed and for what derived from them.

    ``values``, ``parents`` and ``below`` are of the state before.
    """
    changed = used(before ^ after, grid)
    if changed == 0:
        return values
    affected = changed
    changed &= parents
    while changed:
        derived = below[slot_at(lowest_bit(np.int64(changed)), grid)]
        affected |= derived
        changed &= changed - _ONE & ~derived
    found, open_ = values & ~(affected * grid.field), used(after, grid) & affected
    while open_:
        bit = lowest_bit(np.int64(open_))
        open_ &= open_ - _ONE
        code, steps = np.int64(after >> np.uint64(bit) & grid.field), 0
        while code > grid.frames and steps < grid.slots:
            at = np.uint64((code - grid.frames - 1) * grid.width)
            if affected >> at & _ONE == 0:
                code = np.int64(values >> at & grid.field)
                break
            code = np.int64(after >> at & grid.field)
            steps += 1
        found |= (grid.field if code > grid.frames else np.uint64(code)) << np.uint64(bit)
    return found
