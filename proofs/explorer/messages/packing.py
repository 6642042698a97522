"""States of threads packed into keys of several 64-bit words, and taken out again.

Each integer of a state's row (:mod:`model.messages.tables`) has a field as wide as the values that it can take. A field
lies in one word. What a state is told apart by is in the key, and nothing else: the messages that ever passed are not,
since no action looks at them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.messages.scope import MessageScope
from model.messages.tables import Table, board_of, size_of, view
from model.scope import ALL_RIGHTS

WORD = 64


class Packing(NamedTuple):
    """For each integer of a row: which word, from which bit, how many bits, and what is added so that it is not less
    than zero.
    """

    word: NDArray[np.int64]
    shift: NDArray[np.int64]
    bits: NDArray[np.int64]
    offset: NDArray[np.int64]

    @property
    def words(self) -> int:
        """Return the number of words of a key."""
        return int(self.word.max()) + 1


def packing_of(scope: MessageScope) -> Packing:
    """The fields of a scope's states."""
    board = board_of(scope)
    row = np.arange(size_of(board))
    s = view(row, board)
    largest, offset = np.zeros(len(row), np.int64), np.zeros(len(row), np.int64)
    everything = {
        "life": (0, 2),
        "space": (0, scope.spaces - 1),
        "awaits": (0, (1 << scope.ids) - 1),
        "window": (0, (1 << scope.slots) - 1),
        "sender": (-1, scope.ids - 1),
        "message": (-1, scope.words - 1),
        "pager": (-1, scope.ids - 1),
        "calls": (-1, scope.threads - 1),
        "server": (-1, scope.threads - 1),
        "known": (0, (1 << scope.words) - 1),
        "born": (0, 1),
        "contains": (0, (1 << scope.words) - 1),
        "named": (0, 1),
        "latest": (-1, scope.ids - 1),
        "sent": (0, 0),
    }
    ranges = [(s.spaces.sigma, -1 - scope.frames, scope.slots - 1), (s.spaces.phys, -1, scope.frames - 1)]
    ranges += [(s.spaces.rights, 0, ALL_RIGHTS)]
    ranges += [(getattr(s, name), least, most) for name, (least, most) in everything.items()]
    for places, least, most in ranges:
        offset[places], largest[places] = -least, most - least
    bits = np.array([int(n).bit_length() for n in largest], np.int64)
    word, shift = np.zeros(len(row), np.int64), np.zeros(len(row), np.int64)
    at, used = 0, 0
    for field, width in enumerate(bits.tolist()):
        if used + width > WORD:
            at, used = at + 1, 0
        word[field], shift[field] = at, used
        used += width
    return Packing(word, shift, bits, offset)


def pack(row: Table, p: Packing, key: NDArray[np.uint64]) -> bool:
    """Write the key of a state; whether every integer fits its field."""
    fits = True
    for k in range(len(key)):
        key[k] = 0
    for field in range(len(row)):
        value = row[field] + p.offset[field]
        if p.bits[field] == 0:
            continue
        fits = fits and value >= 0 and value >> p.bits[field] == 0
        key[p.word[field]] |= np.uint64(value) << np.uint64(p.shift[field])
    return fits


def unpack(key: NDArray[np.uint64], p: Packing, row: Table) -> None:
    """Write the state that has a key."""
    for field in range(len(row)):
        part = key[p.word[field]] >> np.uint64(p.shift[field])
        row[field] = np.int64(part & np.uint64((1 << p.bits[field]) - 1)) - p.offset[field]
