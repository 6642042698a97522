# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls, disable-error-code="call-arg, var-annotated"
"""The compiled search: an exact concurrent set of packed states, and one layer of a breadth-first search over it.

The set is an array of cache lines (*buckets*). A key of b bits is mixed by a bijection on b bits; the top bits number
its home bucket, the rest, the *remainder*, is stored. An entry is an occupied bit, the distance from the home bucket
(0 to 14) and the remainder, so the key can be rebuilt from an entry and its place: nothing is ever lost. Entries have
4 bytes, or 8 where the remainder asks for it; the dtype of the table decides.

Entries are only ever added, each at the lowest place that its thread saw free in one load of the bucket. So of two
threads that add the same key one fails at compare-and-swap, looks again, and finds it.
"""

import numpy as np
from numba import njit

from model.running.caching import cached
from proofs.explorer.intrinsics import atomic_add, compare_and_swap, lowest_bit, prefetch, search_line

# The lines from here are written by specialise.py.
from proofs.explorer.searches.shootdown import check as _check
from proofs.explorer.searches.shootdown import successors as _successors
from proofs.explorer.system import unreduced as _canonical

# The lines to here are written by specialise.py.

successors, check, canonical = njit(_successors), njit(_check), njit(_canonical)

PRESENT, FULL = -1, -2
REACH = 15  # buckets that a key may lie in: its home and the next 14
CHUNK = 32  # states that a thread claims at a time

# Places in the control array, a cache line apart.
NEXT, TAIL, STOP, OVERFLOW, LOST, EXPANDED, TRANSITIONS, CONTROL_SIZE = 0, 8, 16, 24, 32, 40, 48, 56
# Places in the geometry array: see table.py.
MASK, HALF, FIRST, SECOND, FIRST_INVERSE, SECOND_INVERSE, REMAINDER_BITS, REMAINDER_MASK, OCCUPIED, DISTANCE = range(10)

LOST_FLAW = np.int64(1) << np.int64(62)
NO_TARGET = np.uint64(0xFFFFFFFFFFFFFFFF)
RECENT_BITS = 16
RECENT_SHIFT, SCATTER = np.uint64(64 - RECENT_BITS), np.uint64(0x9E3779B97F4A7C15)


@njit(inline="always")
def mixed(key, geometry):
    """A bijection on the key's bits that scatters them; :func:`unmixed` is its inverse."""
    key = key * geometry[FIRST] & geometry[MASK]
    key ^= key >> geometry[HALF]
    key = key * geometry[SECOND] & geometry[MASK]
    return key ^ key >> geometry[HALF]


@njit(inline="always")
def unmixed(key, geometry):
    """The key that :func:`mixed` scattered."""
    key ^= key >> geometry[HALF]
    key = key * geometry[SECOND_INVERSE] & geometry[MASK]
    key ^= key >> geometry[HALF]
    return key * geometry[FIRST_INVERSE] & geometry[MASK]


@njit(inline="always")
def key_at(table, lanes, place, geometry):
    """The key whose entry lies at that place."""
    entry = np.uint64(table[place])
    distance = np.int64(entry >> geometry[DISTANCE] & np.uint64(15))
    home = place // lanes - distance & table.size // lanes - 1
    return unmixed(np.uint64(home) << geometry[REMAINDER_BITS] | entry & geometry[REMAINDER_MASK], geometry)


@njit(inline="always")
def insert(table, lanes, key_mixed, geometry):
    """Add a mixed key: its place if it is new, ``PRESENT``, or ``FULL`` when no bucket in reach has room."""
    buckets = table.size // lanes
    bucket = np.int64(key_mixed >> geometry[REMAINDER_BITS])
    entry = geometry[OCCUPIED] | key_mixed & geometry[REMAINDER_MASK]
    zero = table.dtype.type(0)
    for distance in range(REACH):
        wanted = table.dtype.type(entry | np.uint64(distance) << geometry[DISTANCE])
        while True:
            seen = search_line(table, bucket * lanes, wanted)
            if seen & 0xFFFFFFFF:
                return PRESENT
            if seen == 0:
                break
            place = bucket * lanes + lowest_bit(seen >> 32)
            if compare_and_swap(table, place, zero, wanted) == zero:
                return place
        bucket = bucket + 1 & buckets - 1
    return FULL


@cached()
def add(table, lanes, state, geometry):
    """Add a state to the table; as :func:`insert`."""
    return insert(table, lanes, mixed(state, geometry), geometry)


@cached()
def representative(state, parameters, scratch):
    """The canonical form of a state."""
    return canonical(state, parameters, scratch)


@cached()
def after_step(state, label, fanout, parameters, scratch):
    """The state that the step with this number leads to, as it is, not in canonical form."""
    after, labels, flaws = np.empty(fanout, np.uint64), np.empty(fanout, np.int64), np.empty(fanout, np.int64)
    for i in range(successors(state, after, labels, flaws, 0, parameters, scratch)):
        if labels[i] == label:
            return after[i]
    return NO_TARGET


@cached()
def steps_of(states, fanout, parameters, scratch):
    """Every step from each of the states: whose it is, its number, the state it leads to; and if a state was lost."""
    room, total, lost = states.size * fanout, 0, False
    origins, labels, flaws = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(fanout, np.int64)
    after = np.empty(room, np.uint64)
    for i in range(states.size):
        last = total + fanout
        count = successors(states[i], after[total:last], labels[total:last], flaws, 0, parameters, scratch)
        for j in range(count):
            origins[total + j] = i
            lost = lost or flaws[j] & LOST_FLAW != 0
        total += count
    return origins[:total], labels[:total], after[:total], lost


@cached(nogil=True)
def move_all(old, old_geometry, new, new_geometry, lanes, queue, tail):
    """Fill a larger table; the places in the queue are replaced by the new ones. False if a bucket overflowed."""
    for i in range(tail):
        key = key_at(old, lanes, np.int64(queue[i]), old_geometry)
        place = insert(new, lanes, mixed(key, new_geometry), new_geometry)
        if place < 0:
            return False
        queue[i] = place
    return True


@cached()
def states_at(table, lanes, queue, first, last, geometry):
    """The states in a part of the queue."""
    states = np.empty(last - first, np.uint64)
    for i in range(first, last):
        states[i - first] = key_at(table, lanes, np.int64(queue[i]), geometry)
    return states


@njit(inline="always")
def note(found, found_steps, violated, state, step):
    """Remember the least violating state of the layer for each property."""
    for p in range(found.size):
        if violated >> p & 1 and state < found[p]:
            found[p] = state
            found_steps[p] = step


@cached(nogil=True, boundscheck=False, error_model="numpy")
def expand_layer(
    table,
    lanes,
    queue,
    first,
    last,
    limit,
    geometry,
    fanout,
    wanted,
    target,
    parameters,
    scratch,
    recent,
    control,
    found,
    found_steps,
):
    """Expand the states in ``queue[first:last]``; several threads run this at once on the same arrays.

    ``scratch``, ``recent``, ``found`` (the violating states, by property) and ``found_steps`` belong to this thread.
    With a ``target`` the set stays as it is, and the states with a step to the target are found in place of property 0.

    ``recent`` are states that steps led to of late, none twice the way to the set: finding a representative takes many
    times as long as looking here, and most states are led to more than once. It is empty where there is no symmetry.
    """
    after, labels, flaws = np.empty(fanout, np.uint64), np.empty(fanout, np.int64), np.empty(fanout, np.int64)
    new = np.empty(fanout, np.uint32)
    chunks = (last - first + CHUNK - 1) // CHUNK
    expanded, transitions = 0, 0
    while control[STOP] == 0 and control[OVERFLOW] == 0 and control[TAIL] <= limit:
        chunk = atomic_add(control, NEXT, 1)
        if chunk >= chunks:
            break
        for i in range(first + chunk * CHUNK, min(first + (chunk + 1) * CHUNK, last)):
            state = key_at(table, lanes, np.int64(queue[i]), geometry)
            violated = check(state, wanted, parameters, scratch)
            if violated:
                note(found, found_steps, violated, state, -1)
            count, keys = successors(state, after, labels, flaws, wanted, parameters, scratch), 0
            for j in range(count):
                if flaws[j]:
                    if flaws[j] & LOST_FLAW:
                        control[LOST] = 1
                    note(found, found_steps, flaws[j], state, labels[j])
                if recent.size:
                    at = np.int64(after[j] * SCATTER >> RECENT_SHIFT)
                    if recent[at] == after[j] and after[j] != NO_TARGET:
                        continue
                    recent[at] = after[j]
                key = canonical(after[j], parameters, scratch)
                if key == target:
                    note(found, found_steps, 1, state, labels[j])
                after[keys] = mixed(key, geometry)
                prefetch(table, np.int64(after[keys] >> geometry[REMAINDER_BITS]) * lanes)
                keys += 1
            fresh = 0
            for j in range(keys if target == NO_TARGET else 0):
                place = insert(table, lanes, after[j], geometry)
                if place >= 0:
                    new[fresh] = place
                    fresh += 1
                elif place == FULL:
                    control[OVERFLOW] = 1
            if fresh:
                tail = atomic_add(control, TAIL, fresh)
                for j in range(fresh):
                    queue[tail + j] = new[j]
            expanded += 1
            transitions += count
    atomic_add(control, EXPANDED, expanded)
    atomic_add(control, TRANSITIONS, transitions)


@cached(nogil=True, boundscheck=False, error_model="numpy")
def successors_of(
    table, lanes, queue, first, last, geometry, fanout, wanted, target, parameters, scratch, out, found, found_steps
):
    """Write the canonical successors of ``queue[first:last]`` to ``out``: how many, or -1 if one does not fit.

    The set stays as it is. ``found`` and ``found_steps`` as for :func:`expand_layer`; with a ``target`` the state that
    has a step to it is found in place of property 0.
    """
    labels, flaws = np.empty(fanout, np.int64), np.empty(fanout, np.int64)
    total, lost = 0, False
    for i in range(first, last):
        state = key_at(table, lanes, np.int64(queue[i]), geometry)
        violated = check(state, wanted, parameters, scratch)
        if violated:
            note(found, found_steps, violated, state, -1)
        after = out[total : total + fanout]
        count = successors(state, after, labels, flaws, wanted, parameters, scratch)
        for j in range(count):
            if flaws[j]:
                lost = lost or flaws[j] & LOST_FLAW != 0
                note(found, found_steps, flaws[j], state, labels[j])
            after[j] = canonical(after[j], parameters, scratch)
            if after[j] == target:
                note(found, found_steps, 1, state, labels[j])
        total += count
    return -1 if lost else total


@cached(nogil=True)
def add_all(table, lanes, states, first, geometry, queue, tail, limit):
    """Add states from the one numbered ``first`` on: how far that went before the set was full, and the new tail."""
    for i in range(first, states.size):
        place = insert(table, lanes, mixed(states[i], geometry), geometry) if tail < limit else FULL
        if place == FULL:
            return i, tail
        if place >= 0:
            queue[tail] = place
            tail += 1
    return states.size, tail
