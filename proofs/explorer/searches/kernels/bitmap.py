# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls, disable-error-code="call-arg, var-annotated"
"""The fast search of forest dialects without rights: one layer over a bitmap of every encoding.

This is where the cleverness is; :mod:`proofs.explorer.searches.bitmap` explains the encoding and drives it.

A state is a number in base RADIX, a digit a slot, and has two bits in the bitmap: unseen 0, done 1, and 2 or 3, which
take turns as this layer and the next. There is neither hash nor key nor queue, and states come in the order of their
numbers, so that the bitmap is walked almost in order.

A state is decoded once. One walk from each slot to its root, which is also the check for cycles, dangling links and
frames held twice, collects for each slot x what derives from it: ``below[x]`` as a mask, and ``weight_below[x]``, the
sum of those slots' digits by weight. Each successor is then a few additions on the number: emptying a subtree takes
its weight away, a new link adds one, and granting moves the children by ``moved[src, dst]``, summed up beforehand.
"""

import numpy as np
from numba import njit

from model.running.caching import cached
from proofs.explorer.intrinsics import atomic_add, atomic_or, atomic_xor, count_bits

# The lines from here are written by specialise.py.
SLOTS, FRAMES = 2, 1
ANCESTOR_REFUSED, FRAME_HOLDER_REFUSED, OWN_SLOT_COUNTS, OWN_PAGE_INCLUDED = False, False, False, False
OCCUPIED_REFUSED, EXTENDED_CHILD, EXTENDED_FRAME = False, False, False
NO_GRANT, CHILDREN_FLUSHED = False, False
# The lines to here are written by specialise.py.

RADIX = SLOTS + FRAMES
LINK = FRAMES + 1  # the code of a link to slot 0; 0 is nil, and 1 to FRAMES are frames
CODES = SLOTS + LINK
WORDS = (RADIX**SLOTS + 31) // 32
CHUNK = 1024  # words of the bitmap that a thread claims at a time
KINDS = 1 if NO_GRANT else 2  # operations from a source to a destination
ALL_FRAMES = (1 << FRAMES + 1) - 2

NO_CYCLE, NO_DANGLING_LINK, FRAME_HELD_ONCE, NO_FRAME_LOST, RIGHTS_SHRINK = 1, 2, 4, 8, 16
# Places in the control array, a cache line apart.
NEXT, STOP, EXPANDED, TRANSITIONS, CONTROL_SIZE = 0, 8, 16, 24, 32

ZERO, ONE, FIELD = np.uint64(0), np.uint64(1), np.uint64(3)
LOW_BITS = np.uint64(0x5555555555555555)


@njit(inline="always")
def mark(bitmap, number, tag):
    """Put a state into the next layer if it is unseen."""
    shift, word = np.uint64((number & 31) * 2), number >> 5
    if bitmap[word] >> shift & FIELD == ZERO:
        atomic_or(bitmap, word, tag << shift)


@njit(inline="always")
def note(found, violated, number):
    """Remember the least violating state for each property."""
    for p in range(found.size):
        if violated >> p & 1 and number < found[p]:
            found[p] = number


@cached(nogil=True, boundscheck=False, error_model="numpy")
def expand_layer(bitmap, weights, moves, tag, next_tag, limit, wanted, control, found):
    """Expand the states tagged ``tag`` and tag their new successors; several threads run this on the same bitmap.

    :param weights: by slot and code, the digit times the weight of its place.
    :param moves: by child, old and new parent, what moving the child adds to the number of the state.
    """
    next_tag, pattern, toggled = np.uint64(next_tag), LOW_BITS * np.uint64(tag), np.uint64(tag) ^ ONE
    code, weight, used = np.empty(SLOTS, np.int64), np.empty(SLOTS, np.int64), np.empty(SLOTS, np.int64)
    below, weight_below = np.empty(SLOTS, np.int64), np.empty(SLOTS, np.int64)
    root, moved = np.empty(SLOTS, np.int64), np.empty((SLOTS, SLOTS), np.int64)
    while control[STOP] == 0 and control[EXPANDED] <= limit:
        chunk = atomic_add(control, NEXT, 1)
        if chunk * CHUNK >= WORDS:
            break
        expanded, transitions = 0, 0
        for word in range(chunk * CHUNK, min((chunk + 1) * CHUNK, WORDS)):
            if bitmap[word] == ZERO:
                continue
            differs = bitmap[word] ^ pattern
            tagged = ~(differs | differs >> ONE) & LOW_BITS
            if tagged == ZERO:
                continue
            atomic_xor(bitmap, word, tagged * toggled)  # from this layer to done
            for place in range(32):
                if tagged >> np.uint64(2 * place) & ONE == ZERO:
                    continue
                number = word * 32 + place
                expanded += 1

                # Decode: the codes of all slots, and the list of slots in use.
                rest, uses = number, 0
                for x in range(SLOTS):
                    quotient = rest // RADIX
                    digit = rest - quotient * RADIX
                    rest = quotient
                    if digit > FRAMES:
                        parent = digit - FRAMES + x
                        if parent >= SLOTS:
                            parent -= SLOTS
                        digit = LINK + parent
                    code[x], weight[x] = digit, weights[x * CODES + digit]
                    below[x], weight_below[x] = 0, 0
                    used[uses] = x
                    uses += digit != 0
                    for y in range(SLOTS):
                        moved[x, y] = 0

                # Walk from each slot to its root.
                violated, frames = 0, 0
                for i in range(uses):
                    x = used[i]
                    at = code[x]
                    if at > FRAMES:
                        for y in range(SLOTS):
                            moved[at - LINK, y] += moves[x, at - LINK, y]
                        steps = 0
                        while at > FRAMES and steps < SLOTS:
                            parent = at - LINK
                            below[parent] |= 1 << x
                            weight_below[parent] += weight[x]
                            at = code[parent]
                            steps += 1
                        if at > FRAMES:
                            violated |= NO_CYCLE
                        elif at == 0:
                            violated |= NO_DANGLING_LINK | RIGHTS_SHRINK
                    else:
                        if frames >> at & 1:
                            violated |= FRAME_HELD_ONCE
                        frames |= 1 << at
                    root[x] = at
                if frames != ALL_FRAMES:
                    violated |= NO_FRAME_LOST
                if violated & wanted:
                    note(found, violated & wanted, number)

                # Every operation, by destination.
                transitions += uses
                if OWN_SLOT_COUNTS:
                    transitions += uses * KINDS
                for dst in range(SLOTS):
                    occupied = code[dst] != 0
                    base = number - weight_below[dst]
                    if OWN_PAGE_INCLUDED:
                        if occupied:
                            mark(bitmap, base - weight[dst], next_tag)
                    elif below[dst] != 0:
                        mark(bitmap, base, next_tag)
                    if OCCUPIED_REFUSED and occupied:
                        continue
                    if FRAME_HOLDER_REFUSED and occupied and code[dst] <= FRAMES:
                        continue
                    base -= weight[dst]
                    sources = uses - occupied
                    if ANCESTOR_REFUSED:
                        sources -= count_bits(below[dst])
                    elif below[dst] != 0:
                        mark(bitmap, base, next_tag)  # the flush took the source away
                    transitions += sources * KINDS
                    excluded = below[dst] | 1 << dst
                    for i in range(uses):
                        src = used[i]
                        if excluded >> src & 1:
                            continue
                        if not (
                            (EXTENDED_CHILD and code[dst] == LINK + src)
                            or (EXTENDED_FRAME and occupied and root[dst] == root[src])
                        ):
                            mark(bitmap, base + weights[dst * CODES + LINK + src], next_tag)
                        if NO_GRANT:
                            continue
                        granted = base - weight[src] + weights[dst * CODES + code[src]]
                        if not CHILDREN_FLUSHED:
                            granted += moved[src, dst]
                        elif below[src] >> dst & 1:
                            granted -= weight_below[src] - weight_below[dst] - weight[dst]
                        else:
                            granted -= weight_below[src]
                        mark(bitmap, granted, next_tag)
        atomic_add(control, EXPANDED, expanded)
        atomic_add(control, TRANSITIONS, transitions)
