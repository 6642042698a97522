"""Scopes with ranges: how large mappings can be, and all operations that there are."""

from collections.abc import Iterator
from dataclasses import dataclass

from model.ranges.blocks import low
from model.scope import ArgumentError, Scope


@dataclass(frozen=True, slots=True)
class RangeScope(Scope):
    """A scope in which ranges can have some sizes.

    :param orders: the sizes, bit k for 2^k pages; single pages are among them.

    >>> scope = RangeScope(spaces=2, pages=4, frames=4, orders=0b11)
    >>> [scope.range_name(*each) for each in scope.ranges() if each[0] >= 4]
    ['σ1[0]', 'σ1[1]', 'σ1[2]', 'σ1[3]', 'σ1[0..1]', 'σ1[2..3]']

    :raises ArgumentError: single pages are not among the sizes, or one is larger than a space.
    """

    orders: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that no range of this scope can have."""
        Scope.__post_init__(self)
        if not self.orders & 1:
            raise ArgumentError("a scope with ranges has ranges of one page: order 0 must be among its orders")
        largest = self.orders.bit_length() - 1
        if 1 << largest > self.pages:
            raise ArgumentError(f"a range of order {largest} has {1 << largest} pages; a space has {self.pages}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The orders of ranges, smallest first."""
        return tuple(order for order in range(self.orders.bit_length()) if self.orders >> order & 1)

    def ranges(self) -> Iterator[tuple[int, int]]:
        """All ranges: the first slot and the order of each."""
        for space in range(self.spaces):
            for order in self.sizes:
                for page in range(0, self.pages - low(order), 1 << order):
                    yield self.slot(space, page), order

    def has(self, slot: int, order: int) -> bool:
        """Return whether a range of that order begins with that slot."""
        page = slot % self.pages
        sized = 0 <= slot < self.slots and order >= 0 and bool(self.orders >> order & 1)
        return sized and page & low(order) == 0 and page + low(order) < self.pages

    def range_name(self, slot: int, order: int) -> str:
        """The range as people write it: ``σ1[0..3]``, a single page ``σ1[2]``."""
        page = slot % self.pages
        last = f"..{page + low(order)}" if order else ""
        return f"σ{self.space(slot)}[{page}{last}]"

    def __str__(self) -> str:
        """``2 spaces × 4 pages × 4 frames, orders 0, 1``."""
        return f"{Scope.__str__(self)}, orders {', '.join(map(str, self.sizes))}"
