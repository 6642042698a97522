"""The canonical form of forests under the group ``slots``: unlabelled forests.

Without rights, and in a dialect whose states hold neither cycles nor dangling links, a state is a forest whose roots
hold distinct frames; with all names disregarded only its shape is left. A shape is told by a word of balanced
parentheses, two bits a node: a one, the words of the children, the greatest first, a zero. Two states are renamings of
each other exactly if the words of their trees are the same (Aho, Hopcroft and Ullman's test of isomorphism), so no
search for ties is needed, unlike in :mod:`proofs.explorer.states.symmetry`.

A packed state of 64 bits has at most 14 slots, so a word takes at most 28 bits.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from proofs.explorer.states.layout import CODE_BITS, FRAMES, SLOTS


@register_jitable(_nrt=False)
def _ordered(slots: int, link: int, code: Any, order: Any, eldest: Any, younger: Any) -> int:
    """Write the slots in use, each after the slot it was mapped from: how many; -1 if a frame is held twice."""
    reached, done, held = 0, 0, 0
    for x in range(slots + 1):
        eldest[x] = -1
    for x in range(slots):
        if code[x] >= link:
            younger[x] = eldest[code[x] - link]
            eldest[code[x] - link] = x
        elif code[x] > 0:
            if held >> code[x] & 1:
                return -1
            held |= 1 << code[x]
            order[reached] = x
            reached += 1
    while done < reached:
        child = eldest[order[done]]
        while child >= 0:
            order[reached] = child
            reached += 1
            child = younger[child]
        done += 1
    return reached


@register_jitable(_nrt=False)
def _hang(x: int, parent: int, word: Any, eldest: Any, younger: Any) -> None:
    """Put x among its siblings, which are linked in falling order of their words."""
    at = eldest[parent]
    if at < 0 or word[at] <= word[x]:
        younger[x], eldest[parent] = at, x
        return
    while younger[at] >= 0 and word[younger[at]] > word[x]:
        at = younger[at]
    younger[x], younger[at] = younger[at], x


@register_jitable(_nrt=False)
def _sort_siblings(slots: int, link: int, code: Any, order: Any, reached: int, lists: Any) -> None:
    """Find the word of each tree, leaves first, and link siblings, and the roots, in falling order of their words."""
    word, nodes, eldest, younger = lists
    for x in range(slots + 1):
        eldest[x] = -1
    for i in range(reached - 1, -1, -1):
        x = order[i]
        word[x], nodes[x], child = 1, 1, eldest[x]
        while child >= 0:
            word[x] = word[x] << 2 * nodes[child] | word[child]
            nodes[x] += nodes[child]
            child = younger[child]
        word[x] <<= 1
        _hang(x, code[x] - link if code[x] >= link else slots, word, eldest, younger)


@register_jitable(_nrt=False)
def _named_anew(slots: int, link: int, bits: Any, code: Any, place: Any, eldest: Any, younger: Any) -> Any:
    """The state whose slots are numbered as a walk through the forest meets them, and whose frames as their roots."""
    found, met, roots, at = np.uint64(0), 0, 0, eldest[slots]
    for x in range(slots):
        place[x] = -1
    while at >= 0:
        place[at] = met
        if code[at] >= link:
            new = link + place[code[at] - link]
        else:
            roots += 1
            new = roots
        found |= np.uint64(new) << np.uint64(met) * bits
        met += 1
        if eldest[at] >= 0:
            at = eldest[at]
        else:
            while at >= 0 and younger[at] < 0:
                at = code[at] - link if code[at] >= link else -1
            if at >= 0:
                at = younger[at]
    for x in range(slots):
        if place[x] < 0:
            place[x] = met
            met += 1
    return found


@register_jitable(_nrt=False)
def _unlabelled(state: Any, p: Any, scratch: Any) -> Any:
    """As :func:`unlabelled`."""
    n, link, bits = p[SLOTS], p[FRAMES] + 1, np.uint64(p[CODE_BITS])
    place, code, order, younger = scratch[0:n], scratch[n : 2 * n], scratch[2 * n : 3 * n], scratch[3 * n : 4 * n]
    word, nodes, eldest = scratch[4 * n : 5 * n], scratch[5 * n : 6 * n], scratch[6 * n : 7 * n + 1]
    field, used = (np.uint64(1) << bits) - np.uint64(1), 0
    for x in range(n):
        code[x] = np.int64(state >> np.uint64(x) * bits & field)
        used += code[x] != 0
    reached = _ordered(n, link, code, order, eldest, younger)
    if reached != used:
        for x in range(n):
            place[x] = x
        return state
    _sort_siblings(n, link, code, order, reached, (word, nodes, eldest, younger))
    return _named_anew(n, link, bits, code, place, eldest, younger)


def unlabelled(state: Any, p: Any, scratch: Any) -> Any:
    """The representative of all renamings of a forest; the place of each slot in it is left in ``scratch``.

    What is no forest, or has a frame in two roots, is its own representative: nothing is ever lost.
    """
    return _unlabelled(state, p, scratch)
