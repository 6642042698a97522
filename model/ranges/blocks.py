"""Aligned blocks of pages: 2^k pages from a multiple of 2^k on; when one contains another, and how windows fit.

The functions take Python's integers, and bit-vectors as well: what is proved of them is proved of these very lines. A
block is given by its first page and its order k.
"""

from typing import Any, TypeAlias

Bits: TypeAlias = Any
"""An integer or a bit-vector; with bit-vectors the answers are formulas."""


def low(order: Bits) -> Bits:
    """The bits below the order.

    >>> low(3)
    7
    """
    return (1 << order) - 1


def is_block(base: Bits, order: Bits) -> Bits:
    """Whether a block of that order begins at that page.

    >>> is_block(4, 2), is_block(6, 2)
    (True, False)
    """
    return base & low(order) == 0


def has(base: Bits, order: Bits, page: Bits) -> Bits:
    """Whether the page lies in the block.

    >>> has(4, 2, 7), has(4, 2, 8)
    (True, False)
    """
    return (page ^ base) & ~low(order) == 0


def at_most(order: Bits, above: Bits) -> Bits:
    """Whether an order is no larger."""
    return order <= above


def within(base: Bits, order: Bits, outer: Bits, above: Bits) -> Bits:
    """Whether the block lies in the outer one, given that its order is no larger.

    >>> within(6, 1, 4, 2), within(6, 1, 0, 2)
    (True, False)
    """
    return has(outer, above, base) & at_most(order, above)


def meet(one: Bits, order: Bits, other: Bits, second: Bits) -> Bits:
    """Whether two blocks have a page in common: one of them has the other's first.

    >>> meet(4, 1, 4, 2), meet(0, 2, 3, 0), meet(4, 1, 6, 1)
    (True, True, False)
    """
    return has(one, order, other) | has(other, second, one)


def cut(offset: Bits, small: Bits, large: Bits) -> Bits:
    """Where the smaller of two ranges lies in the larger: the offset modulo the larger, cut to the smaller's size.

    >>> cut(7, 1, 2), cut(7, 1, 3)
    (2, 6)
    """
    return offset & low(large) & ~low(small)


def moved(page: Bits, start: Bits, to: Bits) -> Bits:
    """Return where a page is when the block that begins at ``start`` begins at ``to``."""
    return page - start + to


def alongside(slot: Bits, first: Bits, page: Bits, frame: Bits) -> Bits:
    """Whether a mapping that begins at the slot and shows frames from the first on shows the frame at the page.

    >>> alongside(4, 8, 6, 10), alongside(4, 8, 6, 11)
    (True, False)
    """
    return frame - page == first - slot


def around(page: Bits, order: Bits) -> Bits:
    """The first page of the block of that order in which the page lies.

    >>> around(7, 1), around(7, 2)
    (6, 4)
    """
    return page & ~low(order)


def upper(base: Bits, order: Bits) -> Bits:
    """The first page of the upper half of the block at ``base``, whose halves have that order.

    >>> upper(4, 1)
    6
    """
    return base + (1 << order)


def buddy_of(base: Bits, order: Bits) -> Bits:
    """The first page of the block that makes one twice as large together with the block at ``base``.

    >>> buddy_of(4, 1), buddy_of(6, 1)
    (6, 4)
    """
    return base ^ (1 << order)
