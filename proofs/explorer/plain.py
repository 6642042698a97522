"""The instructions of :mod:`proofs.explorer.intrinsics` in plain Python, where nothing is compiled.

Each is one piece as long as one thread runs it.
"""

from typing import Any

LINE = 64  # bytes in a cache line


def atomic_add(array: Any, index: Any, value: Any) -> Any:
    """``array[index] += value``; the old value."""
    old = array[index]
    array[index] = old + array.dtype.type(value)
    return old


def atomic_or(array: Any, index: Any, value: Any) -> Any:
    """``array[index] |= value``; the old value."""
    old = array[index]
    array[index] = old | array.dtype.type(value)
    return old


def atomic_xor(array: Any, index: Any, value: Any) -> Any:
    """``array[index] ^= value``; the old value."""
    old = array[index]
    array[index] = old ^ array.dtype.type(value)
    return old


def compare_and_swap(array: Any, index: Any, expected: Any, value: Any) -> Any:
    """``array[index] = value`` if it is ``expected``; the old value."""
    old = array[index]
    if old == expected:
        array[index] = value
    return old


def prefetch(array: Any, index: Any) -> None:
    """Nothing that could be seen."""


def search_line(array: Any, start: Any, wanted: Any) -> int:
    """A bit for each entry of the line that equals ``wanted``, from bit 0, and for each that is zero, from bit 32."""
    line = array[start : start + LINE // array.itemsize].tolist()
    found = 0
    for lane, entry in enumerate(line):
        found |= int(entry == wanted) << lane | int(entry == 0) << 32 + lane
    return found


def lowest_bit(value: Any) -> int:
    """The number of the lowest bit set in a value that is not zero."""
    number = int(value)
    return (number & -number).bit_length() - 1


def count_bits(value: Any) -> int:
    """Return how many bits of a value are set."""
    return (int(value) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()
