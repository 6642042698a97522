"""The abstraction of literal states and operations on ranges into the theory of ranges."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.ranges.literal import Ranged, decide, sources_and_targets
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.running.evaluate import Structure
from model.scope import RIGHTS
from model.spaces.abstraction import AFTER, structure_of
from model.spaces.dialect import Readings
from model.spaces.literal import NIL, Spaces, frame
from model.spaces.operation import Kind

Step = tuple[Ranged, RangeOperation, Ranged]
"""A state, an operation that was done, and the state after."""

_BITS = np.array(list(RIGHTS.values()))


def going(s: Ranged, o: RangeOperation, d: Readings, w: RangeReadings) -> tuple[list[tuple[int, int]], list[int]]:
    """Return which page goes where, and which destinations are only emptied."""
    sources, targets = sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, w)
    goes, extends, taken = (np.zeros(len(sources), np.bool_) for _ in range(3))
    decide(s, o.kind == Kind.GRANT, sources, targets, o.rights, d, w, goes, extends, taken)
    pairs = [(int(src), int(dst)) for src, dst, go in zip(sources, targets, goes, strict=True) if go]
    return pairs, [int(dst) for dst, out, go in zip(targets, taken, goes, strict=True) if out and not go]


def asked(s: Ranged, o: RangeOperation, w: RangeReadings) -> list[tuple[int, int]]:
    """Which page is to go where, whether it may or not; none that has nothing to pass on."""
    sources, targets = sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, w)
    every = zip(sources.tolist(), targets.tolist(), strict=True)
    return [(src, dst) for src, dst in every if s.sigma[src] != NIL and s.rights[src] & o.rights]


def spaces_of(states: Sequence[Ranged]) -> Spaces:
    """The states without what says how large mappings are, as one record of arrays."""
    return Spaces(*(np.array([getattr(s, name) for s in states], np.int64) for name in Spaces._fields))


def called_with(
    structure: Structure,
    operations: Sequence[RangeOperation],
    pairs: Sequence[Sequence[tuple[int, int]]],
    emptied: Sequence[Sequence[int]],
) -> Structure:
    """The structure with what each state's operation is called with, and what a grant makes of holders."""
    batch, slots = structure.batch, structure.sizes["Slot"]
    to, empties = np.zeros((batch, slots, slots), bool), np.zeros((batch, slots), bool)
    within: NDArray[np.bool_] = np.zeros((batch, slots), bool)
    for row, operation in enumerate(operations):
        for src, dst in pairs[row]:
            to[row, src, dst] = True
        empties[row, list(emptied[row])] = True
        if operation.kind == Kind.FLUSH:
            within[row, operation.src : operation.src + (1 << operation.order)] = True
    mask = (np.array([o.rights for o in operations])[:, None] & _BITS) != 0
    holder = structure.symbols["holder"]
    went = to[np.arange(batch)[:, None], holder]
    heir = np.where(went.any(axis=2), went.argmax(axis=2), holder)
    return structure.with_symbols(to=to, empties=empties, within=within, mask=mask, heir=heir)


def steps_structure(steps: Sequence[Step], scope: RangeScope, d: Readings, w: RangeReadings) -> Structure:
    """A batch of executed steps, with the state before and the state after each."""
    moves = [going(s, o, d, w) if o.kind != Kind.FLUSH else ([], []) for s, o, _ in steps]
    earlier = structure_of(spaces_of([s for s, _, _ in steps]), scope)
    structure = called_with(earlier, [o for _, o, _ in steps], [p for p, _ in moves], [e for _, e in moves])
    later = structure_of(spaces_of([s for _, _, s in steps]), scope)
    return structure.with_symbols(**{name + AFTER: table for name, table in later.symbols.items()})


__all__ = ["AFTER", "asked", "called_with", "frame", "going", "spaces_of", "steps_structure"]
