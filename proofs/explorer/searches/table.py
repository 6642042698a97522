"""The exact set of visited states and the queue of their places, sized and grown."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs.explorer.system import WORD, ScopeTooLargeError

LINE = 64  # bytes in a bucket
REACH_BITS = 5  # an entry's occupied bit and its distance
LEAST_BITS = 24  # fewer would not leave a remainder beside the number of a bucket
NARROW, WIDE = np.dtype(np.uint32), np.dtype(np.uint64)
LOAD = {NARROW: 0.8, WIDE: 0.7}  # the set grows before it is fuller; fewer entries to a bucket crowd sooner
NARROW_START = 1 << 22  # bytes that a set of 4-byte entries may begin with


def geometry(bits: int, buckets_bits: int, entry: "np.dtype[Any]") -> tuple[np.uint64, ...]:
    """The numbers by which the kernel hashes keys of that many bits into 2**buckets_bits buckets."""
    mask = (1 << bits) - 1
    first, second = 0x9E3779B97F4A7C15 & mask | 1, 0xD6E8FEB86659FD93 & mask | 1
    entry_bits, remainder_bits = 8 * entry.itemsize, bits - buckets_bits
    values = (
        mask,
        (bits + 1) // 2,
        first,
        second,
        pow(first, -1, 1 << bits),
        pow(second, -1, 1 << bits),
        remainder_bits,
        (1 << remainder_bits) - 1,
        1 << entry_bits - 1,
        entry_bits - REACH_BITS,
    )
    return tuple(np.uint64(value) for value in values)


def _buckets(count: int, entry: "np.dtype[Any]") -> NDArray[Any]:
    """Zeroed buckets that begin with a cache line."""
    raw = np.zeros(count * LINE + LINE, np.uint8)
    offset = -raw.ctypes.data % LINE
    return raw[offset : offset + count * LINE].view(entry)


def start_bits(bits: int, entry: "np.dtype[Any]") -> int:
    """The least log2 of the number of buckets whose entries can hold the remainder of such a key."""
    return max(1, bits - (8 * entry.itemsize - REACH_BITS))


@dataclass
class Table:
    """A set of states of ``bits`` bits, with room for ``room`` of them, and the queue of their places.

    :raises ScopeTooLargeError: the room asked for takes more than ``memory`` bytes.
    """

    kernel: Any
    bits: int
    room: int
    memory: int
    entry: "np.dtype[Any]" = field(init=False)
    entries: NDArray[Any] = field(init=False)
    queue: NDArray[np.uint32] = field(init=False)
    geometry: tuple[np.uint64, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Choose the size of an entry, and the least number of buckets."""
        self.bits = max(self.bits, LEAST_BITS)
        narrow_bytes = LINE << start_bits(self.bits, NARROW)
        self.entry = NARROW if narrow_bytes <= max(NARROW_START, 8 * self.room) else WIDE
        least = start_bits(self.bits, self.entry)
        size = max(least, (int(self.room / LOAD[self.entry]) // self.lanes).bit_length())
        if not self._fits(size):
            raise ScopeTooLargeError(
                f"the set of states needs {self._bytes(size):,} bytes to begin with and may take {self.memory:,}; "
                "allow more memory or make the scope smaller"
            )
        self._allocate(size)

    @property
    def lanes(self) -> int:
        """Entries in a bucket."""
        return LINE // self.entry.itemsize

    @property
    def limit(self) -> int:
        """Return the number of states that the set takes before it must grow."""
        return int(self.entries.size * LOAD[self.entry])

    def bytes_used(self, states: int) -> int:
        """Memory that the set takes, with the queue as far as it is filled."""
        return int(self.entries.nbytes) + 4 * states

    def _bytes(self, size: int) -> int:
        return (LINE + 4 * self.lanes) << size

    def _fits(self, size: int, beside: int = 0) -> bool:
        """Whether that many buckets fit the key, the queue's numbers, and the memory."""
        return (
            size < min(self.bits, WORD) and self.lanes << size <= 1 << 32 and self._bytes(size) + beside <= self.memory
        )

    def _allocate(self, size: int) -> None:
        self.entries = _buckets(1 << size, self.entry)
        self.queue = np.empty(self.entries.size, np.uint32)
        self.geometry = geometry(self.bits, size, self.entry)

    def grow(self, tail: int) -> bool:
        """Move the ``tail`` states to twice as many buckets; False if those would not fit the memory."""
        size = (self.entries.size // self.lanes).bit_length() - 1
        old, old_geometry, old_queue = self.entries, self.geometry, self.queue
        while True:
            size += 1
            if not self._fits(size, beside=self.bytes_used(tail)):
                self.entries, self.geometry, self.queue = old, old_geometry, old_queue
                return False
            self._allocate(size)
            self.queue[:tail] = old_queue[:tail]
            if self.kernel.move_all(old, old_geometry, self.entries, self.geometry, self.lanes, self.queue, tail):
                return True
