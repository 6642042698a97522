"""Physical memory: byte-addressable, little-endian, and what lies outside it is a bus error."""

import sys
from collections.abc import MutableSequence

import numpy as np
import numpy.typing as npt

from machine.events import BusError

SIZES = (1, 2, 4, 8)


class Words:
    """Memory as a row of words, each read and written by the memory's own methods.

    ``reads`` counts the words read; who wants to know sets it back.
    """

    __slots__ = ("bytes", "memory", "reads")

    def __init__(self, memory: "Memory", entry_bytes: int) -> None:
        """All of a memory as words of so many bytes."""
        self.memory = memory
        self.bytes = entry_bytes
        self.reads = 0

    def __len__(self) -> int:
        """Count the words."""
        return self.memory.size // self.bytes

    def __getitem__(self, item: int) -> int:
        """The word at that place."""
        self.reads += 1
        return self.memory.read(item * self.bytes, self.bytes)

    def __setitem__(self, item: int, value: int) -> None:
        """Write the word at that place."""
        self.memory.write(item * self.bytes, value, self.bytes)


class Memory:
    """``size`` bytes of physical memory, zero at first, at physical addresses 0 ... size - 1.

    ``bytes`` is the numpy array (uint8) that holds them; ``words(4)`` and ``words(8)`` are views of the same memory
    for the walker, and ``array(4)``, ``array(8)`` numpy views for batches. Raises ValueError for a size that is not
    a positive multiple of 4096, since page tables and frames fill whole pages.

    A subclass may have a ``read``, ``write`` or ``check`` of its own, which may raise BusError: these see the walker's
    accesses to tables too, and what they refuse ends a walk as a table outside of memory does. Batches see bytes only.

    >>> memory = Memory(4096)
    >>> memory.write(8, 0x11223344, 4)
    >>> hex(memory.read(8, 1)), hex(memory.read(10, 2))
    ('0x44', '0x1122')
    >>> memory.read(4096, 1)
    Traceback (most recent call last):
    machine.events.BusError: bus error: 1 byte(s) at physical address 0x1000, but memory ends before 0x1000
    """

    __slots__ = ("_double", "_flat", "_word", "bytes", "size")

    def __init__(self, size: int, *, buffer: npt.NDArray[np.uint8] | None = None) -> None:
        """Memory of ``size`` bytes; ``buffer``, if given, is an array of as many bytes to live in (shared)."""
        if size <= 0 or size % 4096:
            raise ValueError(f"memory of {size} bytes: give a positive multiple of 4096, whole page frames")
        if sys.byteorder != "little":
            raise ValueError("the simulated memory is little-endian and views the host's own: the host must be, too")
        if buffer is not None and (buffer.dtype != np.uint8 or buffer.shape != (size,)):
            raise ValueError(
                f"the buffer must be a flat uint8 array of {size} bytes, not {buffer.dtype} {buffer.shape}"
            )
        self.size = size
        self.bytes: npt.NDArray[np.uint8] = np.zeros(size, np.uint8) if buffer is None else buffer
        self._flat = memoryview(self.bytes)  # type: ignore[arg-type]
        self._word = self._flat.cast("I")
        self._double = self._flat.cast("Q")

    def words(self, entry_bytes: int) -> MutableSequence[int]:
        """All of memory as unsigned words of 4 or 8 bytes; item i lies at physical address i * entry_bytes.

        Of a subclass that has a ``read``, ``write`` or ``check`` of its own, each item is read and written by these.
        """
        mine = type(self)
        if any(getattr(mine, name) is not getattr(Memory, name) for name in ("read", "write", "check")):
            return Words(self, entry_bytes)  # type: ignore[return-value]
        return {4: self._word, 8: self._double}[entry_bytes]  # type: ignore[return-value]

    def array(self, entry_bytes: int) -> npt.NDArray[np.unsignedinteger]:
        """All of memory as a numpy array of uint32 or uint64, sharing the storage."""
        return self.bytes.view({4: np.uint32, 8: np.uint64}[entry_bytes])

    def check(self, address: int, size: int) -> None:
        """Raise BusError unless ``size`` bytes from physical ``address`` on exist."""
        if address < 0 or address + size > self.size:
            raise BusError(address, size, self.size)

    def read(self, address: int, size: int) -> int:
        """The unsigned little-endian value of 1, 2, 4 or 8 bytes at a physical address; BusError outside."""
        self._check_size(size)
        self.check(address, size)
        return int.from_bytes(self._flat[address : address + size], "little")

    def write(self, address: int, value: int, size: int) -> None:
        """Store the lowest ``size`` (1, 2, 4, 8) bytes of a value at a physical address; BusError outside."""
        self._check_size(size)
        self.check(address, size)
        self._flat[address : address + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def read_bytes(self, address: int, size: int) -> bytes:
        """``size`` bytes from a physical address on, any size; BusError outside."""
        self.check(address, size)
        return bytes(self._flat[address : address + size])

    def write_bytes(self, address: int, data: bytes) -> None:
        """Store bytes from a physical address on; nothing is stored and BusError raised if one lies outside."""
        self.check(address, len(data))
        self._flat[address : address + len(data)] = data

    @staticmethod
    def _check_size(size: int) -> None:
        if size not in SIZES:
            raise ValueError(f"an access of {size} bytes: hardware does 1, 2, 4 or 8; use read_bytes or write_bytes")
