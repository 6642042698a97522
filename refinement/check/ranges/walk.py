"""Random programs of ranges, compiled: drawn and done an operation at a time, on a target and on the literal model.

Drawing prefers what the model does to what it refuses, pages that are in use to pages that are not, and pages that are
related to the source. What an operation meets, as its kind, its sizes, what lies in its pages and what was done before
it, is a *situation*; a program that met a new one is kept, and others go on from there. The seed gives all of it.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from model.ranges.literal import Ranged
from model.ranges.readings import RangeReadings
from model.running.compiling import compile_on_disk
from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED
from model.spaces.operation import Kind
from refinement.check.driver.driver import FRAMES_GO, Mismatch
from refinement.check.ranges.driver import Journal, Sized, apply, begin, call, compare, fail, is_passed_over
from refinement.check.target.calls import UNKNOWN

SITUATIONS = 1 << 16
TRIES = 8  # draws at most, until the model does what is drawn
AS_DRAWN = 4  # one in so many operations is taken as it is drawn, refused perhaps
NEW, LAST, KEPT = range(3)  # of the notes: situations met for the first time, the last such step, the kinds agreed on


class Draw(NamedTuple):
    """What is drawn from, and what is noted of it.

    ``ranges``: first slot and order of each; ``rights``: sets of rights; ``random``: the generator's state;
    ``program``: the operations, those of a kept beginning among them; ``met``: situations.
    """

    ranges: NDArray[np.int64]
    rights: NDArray[np.int64]
    random: NDArray[np.uint64]
    program: NDArray[np.int64]
    met: NDArray[np.bool_]
    notes: NDArray[np.int64]


def number(p: Draw, below: int) -> int:
    """A number from 0 to below - 1 (splitmix64)."""
    p.random[0] += np.uint64(0x9E3779B97F4A7C15)
    z = p.random[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return int(np.int64(z >> np.uint64(33)) % below)


def draw_range(s: Ranged, p: Draw, related: int) -> int:
    """The number of a range; often one in use, sometimes the parent or a child of that page."""
    n = number(p, len(p.ranges))
    way = number(p, 4)
    for _ in range(TRIES):
        x = p.ranges[n, 0]
        if way == 0 or (way < 3 and s.sigma[x] != NIL):
            break
        if way == 3 and related >= 0 and (s.sigma[x] == related or s.sigma[related] == x):
            break
        n = number(p, len(p.ranges))
    return n


def draw(s: Ranged, t: Sized, j: Journal, p: Draw, o: NDArray[np.int64]) -> None:
    """Draw an operation."""
    o[:] = 0
    way = number(p, 10)
    src = draw_range(s, p, -1)
    o[0] = Kind.MAP if way < 5 else Kind.GRANT if way < 7 else Kind.FLUSH
    o[1], o[2] = p.ranges[src, 0], p.ranges[src, 1]
    o[6] = ALL_RIGHTS if number(p, 3) > 0 else p.rights[number(p, len(p.rights))]
    if o[0] == Kind.FLUSH:
        o[3] = -1
        o[7] = np.int64((j.cells[FRAMES_GO] != 0 or o[1] >= t.pages) and number(p, 3) == 0)
        return
    dst = draw_range(s, p, o[1])
    o[3], o[4] = p.ranges[dst, 0], p.ranges[dst, 1]
    if o[2] != o[4] or number(p, 8) == 0:
        o[5] = number(p, 2 << max(o[2], o[4]))


def size_shown(orders: NDArray[np.int64], x: int, order: int) -> int:
    """Compare the mapping that shows a page with a range: 0 nothing, 1 smaller, 2 as large, 3 larger."""
    shown = orders[x]
    return 0 if shown < 0 else 1 if shown < order else 2 if shown == order else 3


def has_children(s: Ranged, x: int, order: int) -> bool:
    """Return whether something was mapped from a page of the range."""
    found = False
    for y in range(len(s.sigma)):
        found = found or (x <= s.sigma[y] < x + (1 << order))
    return found


def situation(s: Ranged, o: NDArray[np.int64], orders: NDArray[np.int64], before: int) -> int:
    """A number for what an operation meets; the last operation's kind, and whether it was done, are in ``before``."""
    own_or_less = o[7] + 2 * np.int64(o[6] != ALL_RIGHTS)
    n = before * 3 + o[0] - 1
    n = n * 4 + own_or_less
    n = n * 4 + size_shown(orders, o[1], o[2])
    n = n * 2 + np.int64(has_children(s, o[1], o[2]))
    if o[0] == Kind.FLUSH:
        return int(n * 64 % SITUATIONS)
    n = n * 4 + size_shown(orders, o[3], o[4])
    n = n * 2 + np.int64(has_children(s, o[3], o[4]))
    relation = 1 if o[2] == o[4] else 0 if o[2] < o[4] else 2
    return int((n * 4 + relation) * 2 + np.int64(o[1] >= s.sigma[o[3]])) % SITUATIONS


def walk(
    t: Sized,
    j: Journal,
    p: Draw,
    state: NDArray[np.int64],
    begun: int,
    length: int,
    d: Readings,
    w: RangeReadings,
    orders: NDArray[np.int64],
) -> int:
    """One program of that length, of which so many operations are given: the number of the step that differs.

    :param state: the first state; afterwards the state before the step that differs.
    :returns: the length if none differs; ``j.failure`` says how one does.
    """
    slots = len(state) // 4
    s = Ranged(state[:slots], state[slots : 2 * slots], state[2 * slots : 3 * slots], state[3 * slots :])
    row = state.copy()
    after = Ranged(row[:slots], row[slots : 2 * slots], row[2 * slots : 3 * slots], row[3 * slots :])
    if begin(t, j) != 0:
        return 0
    if compare(t, j, s, orders) != 0:  # so does it after a flush of what nothing was mapped from
        if begun == 0:
            p.program[0] = 0
            p.program[0, 0], p.program[0, 3], p.program[0, 6] = Kind.FLUSH, -1, ALL_RIGHTS
        return 0
    before = 0
    for n in range(length):
        o = p.program[n]
        as_drawn = number(p, AS_DRAWN) == 0
        for attempt in range(TRIES):
            if n >= begun:
                draw(s, t, j, p, o)
            row[:] = state
            expected = REFUSED
            if not is_passed_over(t, j, s, o):
                expected = apply(after, o, d, w)
                if expected == DONE or (expected == REFUSED and (as_drawn or attempt == TRIES - 1)) or n < begun:
                    break
        if is_passed_over(t, j, s, o) or expected == CYCLE_MET:  # nothing is expected of it, so the program ends
            return length
        met = situation(s, o, orders, before)
        got = call(t, j, o)
        if got != expected and got != UNKNOWN:
            known = got in (DONE, REFUSED)
            fail(j, Mismatch.STATUS if known else Mismatch.ERROR, o[0], expected, got)
            return n
        if compare(t, j, after, orders) != 0:
            return n
        if expected == DONE and (row != state).any():
            p.notes[KEPT] |= 1 << o[0]
        if not p.met[met]:
            p.met[met] = True
            p.notes[NEW] += 1
            p.notes[LAST] = n + 1
        before = 1 + (o[0] - 1) * 2 + np.int64(expected == DONE)
        state[:] = row
    return length


for _helper in (number, draw_range, draw, size_shown, has_children, situation):
    register_jitable(_nrt=False)(_helper)

walk_compiled = compile_on_disk(walk)
