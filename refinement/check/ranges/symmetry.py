"""Renamings of spaces, pages and frames that no operation on ranges can tell, and the least state among the renamed.

A page's number has a digit for each gap between two sizes of ranges; above them it names a block of the largest size.
Ranges that go at once, with aligned windows, do not tell the values of a digit apart, if these are renamed in all
spaces alike; and nothing tells apart the largest blocks of a space, nor the spaces but σ0. Frames go where σ0's pages
go.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from model.ranges.readings import RangeReadings, Timing, Window
from model.ranges.scope import RangeScope
from model.running.compiling import compile_on_disk
from model.spaces.literal import NIL

LARGEST = 1024  # renamings at most; a kind of them is left out where there would be more

Permutation = tuple[int, ...]


class Renamings(NamedTuple):
    """A group of renamings, each a row: where each slot goes, where each frame, and which slot comes to each.

    The first changes nothing.
    """

    slots: NDArray[np.int64]
    frames: NDArray[np.int64]
    back: NDArray[np.int64]


def renamings(scope: RangeScope, w: RangeReadings) -> Renamings:
    """The renamings under which the operations on the scope's ranges, and its first state, stay what they are.

    >>> len(renamings(RangeScope(2, 8, 8, 0b1011), RangeReadings()).slots)
    48
    >>> len(renamings(RangeScope(2, 4, 4, 0b11), RangeReadings(timing=Timing.ASCENDING)).slots)
    4
    """
    gaps = [1 << high - low for low, high in itertools.pairwise(scope.sizes)]
    block = 1 << scope.sizes[-1]
    blocks, rest = divmod(scope.pages, block)
    digits = [_every(gap) for gap in gaps]
    if w.timing != Timing.AT_ONCE or w.window != Window.ALIGNED:  # pages of one range are not alike then
        digits = [[tuple(range(gap))] for gap in gaps]
    if rest:
        digits, blocks = [[tuple(range(gap))] for gap in gaps], 1
    spaces = [(0, *(space + 1 for space in each)) for each in _every(scope.spaces - 1)]
    tops = _every(blocks)
    kinds: list[list[list[Permutation]]] = [[spaces], *([each] for each in digits), [tops] * (scope.spaces - 1), [tops]]
    kept = 1
    for number, kind in enumerate(kinds):
        size = math.prod(len(each) for each in kind)
        if kept * size > LARGEST:
            kinds[number] = [each[:1] for each in kind]
        else:
            kept *= size
    slots, frames = [], []
    for chosen in itertools.product(*(itertools.product(*kind) for kind in kinds)):
        (moved,), *shared, others, (zero,) = chosen
        pages = [_page_map(scope, gaps, [each for (each,) in shared], top) for top in (zero, *others)]
        if {pages[0][page] for page in range(scope.frames)} == set(range(scope.frames)):
            frames.append(pages[0][: scope.frames])
            slots.append([moved[s] * scope.pages + pages[s][page] for s, page in _slots(scope)])
    moves = np.array(slots, np.int64)
    return Renamings(moves, np.array(frames, np.int64).reshape(len(slots), scope.frames), np.argsort(moves, axis=1))


def _every(count: int) -> list[Permutation]:
    """All permutations of so many things, or the one that changes nothing where there would be too many."""
    return list(itertools.permutations(range(count))) if math.factorial(count) <= LARGEST else [tuple(range(count))]


def _slots(scope: RangeScope) -> Iterator[tuple[int, int]]:
    return itertools.product(range(scope.spaces), range(scope.pages))


def _page_map(scope: RangeScope, gaps: Sequence[int], digits: Sequence[Permutation], top: Permutation) -> list[int]:
    """Where each page of a space goes, by its digits from below and the block above them."""
    to = []
    for page in range(scope.pages):
        rest, place, new = page, 1, 0
        for gap, digit in zip(gaps, digits, strict=True):
            rest, value = divmod(rest, gap)
            new += digit[value] * place
            place *= gap
        to.append(new + (top[rest] if rest < len(top) else rest) * place)
    return to


def rename(row: NDArray[np.int64], orders: NDArray[np.int64], g: Renamings, n: int, out: NDArray[np.int64]) -> None:
    """Write the state, and behind it the orders that a target shows, under the n-th renaming."""
    slots = len(orders)
    for x in range(slots):
        y = g.slots[n, x]
        element, phys, unit = row[x], row[slots + x], row[3 * slots + x]
        if element < NIL:
            element = -2 - g.frames[n, -2 - element]
        elif element >= 0:
            element = g.slots[n, element]
        out[y] = element
        out[slots + y] = g.frames[n, phys] if phys >= 0 else phys
        out[2 * slots + y] = row[2 * slots + x]
        out[3 * slots + y] = g.slots[n, unit] if unit >= 0 else unit
        out[4 * slots + y] = orders[x]
    for y in range(slots):  # a mapping is named after its first page
        unit = out[3 * slots + y]
        if unit < 0 or unit >= slots:
            continue
        for x in range(y, slots):
            if out[3 * slots + x] == unit:
                out[3 * slots + x] = y + slots
    for y in range(slots):
        if out[3 * slots + y] >= slots:
            out[3 * slots + y] -= slots


def renamed(row: NDArray[np.int64], orders: NDArray[np.int64], g: Renamings, n: int, k: int) -> int:
    """Return number k of what :func:`rename` writes under the n-th renaming."""
    slots = len(orders)
    x = g.back[n, k % slots]
    if k < slots:
        element = row[x]
        return int(g.slots[n, element] if element >= 0 else -2 - g.frames[n, -2 - element] if element < NIL else NIL)
    if k < 2 * slots:
        phys = row[slots + x]
        return int(g.frames[n, phys] if phys >= 0 else phys)
    if k < 3 * slots:
        return int(row[2 * slots + x])
    if k >= 4 * slots:
        return int(orders[x])
    unit = row[3 * slots + x]
    first = k - 3 * slots
    if unit < 0:
        return int(unit)
    for y in range(slots):
        if row[3 * slots + y] == unit:
            first = min(first, g.slots[n, y])
    return int(first)


def least(row: NDArray[np.int64], orders: NDArray[np.int64], g: Renamings, out: NDArray[np.int64]) -> int:
    """Write the least of the renamed states; how many different ones there are."""
    rename(row, orders, g, 0, out)
    same = 1
    for n in range(1, len(g.slots)):
        differs = 0
        for k in range(len(out)):
            differs = renamed(row, orders, g, n, k) - out[k]
            if differs != 0:
                break
        if differs < 0:
            rename(row, orders, g, n, out)
            same = 1
        elif differs == 0:
            same += 1
    return len(g.slots) // same


for _helper in (rename, renamed, least):
    register_jitable(_nrt=False)(_helper)
least_compiled = compile_on_disk(least)
