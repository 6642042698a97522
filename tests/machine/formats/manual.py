"""What a manual says of entries, in its own notation of bits: for the tests of the formats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


def bits(value: int, high: int, low: int) -> int:
    """Bits high:low of a value, as the manuals write it."""
    return (value >> low) % (1 << (high - low + 1))


def bit(value: int, number: int) -> int:
    """One bit of a value."""
    return bits(value, number, number)


def rwx(read: int, write: int, execute: int) -> int:
    """Rights as a mask."""
    return 4 * read + 2 * write + execute


def cut(frame: int, high: int, low: int) -> int:
    """Bits high:low of a frame's number, where they are."""
    return bits(frame, high, low) << low


@dataclass(frozen=True, kw_only=True)
class Manual:
    """A format as its manual has it; arguments and answers are those of the format's record.

    :param entries: valid ones of all kinds; the tests change each bit of each.
    :param controls: masks of modes.
    :param given: those of the rights that an entry is made with which it has; by the rights.
    """

    entries: Sequence[int]
    controls: Sequence[int]
    given: Sequence[int]
    canonical: Callable[[int], int]
    kind: Callable[[int, int, int], int]
    table: Callable[[int], int]
    frame: Callable[[int, int], int]
    limits: Callable[[int], int]
    attributes: Callable[[int, int], int]
    permits: Callable[[int, int, int, int], int]
    user: Callable[[int], int]
    flags: Callable[[int], int]
    shared: Callable[[int, int, int], int]
    mark: Callable[[int, int, int], int]
    updates: Callable[[int], int]
    leaf: Callable[[int, int, int, int, int], int]
    pointer: Callable[[int], int]
    fault: Callable[[int, int, int, int, int], tuple[int, int]]
