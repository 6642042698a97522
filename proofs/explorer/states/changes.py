# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""The step properties of :mod:`proofs.explorer.states.properties`, checked only where a step changed something.

What is looked at are the states before and after, as words, however they were found; nothing is taken for granted of
the operation between. σ(v) of all slots after the step is found from σ(v) before
(:func:`proofs.explorer.states.words.values_after`), and each property is then a few instructions on words.
"""

import numpy as np
from numba.extending import register_jitable

from model.scope import ALL_RIGHTS
from model.spaces.operation import Kind
from proofs.explorer.states.properties import IDS
from proofs.explorer.states.words import narrowed, used

_PHYS, _STABLE, _COMPLETE, _LOCAL, _MOVES, _FORGED = (
    1 << IDS.index(id)
    for id in (
        "phys-is-sigma",
        "address-is-stable",
        "flush-is-complete",
        "flush-is-local",
        "grant-moves",
        "nothing-is-forged",
    )
)
_ONE = np.uint64(1)


@register_jitable(_nrt=False, forceinline=True)
def _flush_violations(before, after, derived, rights, grid):
    """The violated properties of a flush; ``derived`` is what derived from its page, other than that itself."""
    violated, left = 0, used(after.sigma, grid) & derived
    if left != 0 and (rights == ALL_RIGHTS or after.rights & left * narrowed(rights, grid) != 0):
        violated |= _COMPLETE
    if used(before.sigma ^ after.sigma | before.rights ^ after.rights, grid) & ~derived != 0:
        violated |= _LOCAL
    return violated


@register_jitable(_nrt=False, forceinline=True)
def changes_violate(before, after, values, now, below, kind, src, dst, rights, grid):
    """A bit, by the order of ``PROPERTIES``, for each step property that the step violates.

    ``values`` is σ(v) of all slots before the step, ``now`` after it, ``below`` what derived from each slot before.
    """
    at_src, at_dst = np.uint64(src * grid.width), np.uint64(dst * grid.width)
    src_bit, dst_bit = _ONE << at_src, _ONE << at_dst
    violated = 0 if after.phys == now else _PHYS
    if kind == Kind.FLUSH:
        violated |= _flush_violations(before, after, below[src] & ~src_bit, rights, grid)
        lost, other = src_bit | below[src], grid.one
    else:
        lost, other = dst_bit | below[dst], grid.one & ~dst_bit
        shown = now >> at_dst & grid.field
        if shown != 0 and shown != grid.field and shown != values >> at_src & grid.field:
            violated |= _FORGED
        if kind == Kind.GRANT:
            lost |= src_bit | below[src]
            if after.sigma >> at_src & grid.field != 0 and src != dst:
                violated |= _MOVES
    if now != values and used(now ^ values, grid) & other & (used(now, grid) | ~lost) != 0:
        violated |= _STABLE
    return violated
