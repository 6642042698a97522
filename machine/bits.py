"""Straight-line arithmetic on words, the same source for Python integers, numpy arrays, z3 bit-vectors and numba.

Paging formats are written with these helpers only, so that what a solver proves of an entry's bits is proved of
the code that runs. The rules that make one source fit all four kinds of value:

* no Python ``if``, ``and``, ``or`` or comparison on a word; a condition is a *flag*, a word that is 0 or 1;
* every right shift is masked afterwards, because ``>>`` on a z3 bit-vector (and on numba's int64) copies the sign;
* nothing relies on overflow, because Python's integers have none, and constants stay below 2⁶³;
* numpy values are arrays of the entry's own unsigned type, never of a narrower one.

Shift distances, bit counts and the level of a table are always plain integers.
"""

from typing import Any, TypeAlias

Word: TypeAlias = Any
"""A Python int (0 ≤ word < 2^width), a numpy uint32/uint64 array, or a z3 bit-vector of 32 or 64 bits."""


def field(word: Word, low: int, bits: int) -> Word:
    """The unsigned field of ``bits`` bits that starts at bit ``low``.

    >>> hex(field(0xABCD1234, 16, 8))
    '0xcd'
    """
    return (word >> low) & ((1 << bits) - 1)


def place(value: Word, low: int, bits: int) -> Word:
    """The lowest ``bits`` bits of a value, moved to bit ``low``; what does not fit is cut off.

    >>> hex(place(0x1FF, 8, 8))
    '0xff00'
    """
    return (value & ((1 << bits) - 1)) << low


def nonzero(value: Word, bits: int) -> Word:
    """The flag 1 if a value below 2^bits is not 0; ``bits`` must be less than the word's width.

    >>> [nonzero(v, 3) for v in (0, 1, 4, 7)]
    [0, 1, 1, 1]
    """
    return ((value + ((1 << bits) - 1)) >> bits) & 1


def any_bit(word: Word, width: int) -> Word:
    """The flag 1 if any bit of a whole word of ``width`` bits (even) is set.

    >>> any_bit(0, 32), any_bit(1 << 31, 32)
    (0, 1)
    """
    half = width // 2
    return nonzero(field(word, 0, half) | field(word, half, half), half)


def select(flag: Word, one: Word, other: Word) -> Word:
    """``one`` where the flag is 1, ``other`` where it is 0.

    >>> select(1, 5, 9), select(0, 5, 9)
    (5, 9)
    """
    return other ^ ((one ^ other) * flag)
