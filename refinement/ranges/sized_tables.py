"""Page tables with leaves on every level: a mapping of 2^order pages is written with the largest leaves that fit.

To take a large leaf apart needs a table, and a flush must not fail for want of one. So a large leaf *promises* the
tables that its pages would need as single ones, and the pool always has as many free frames as are promised: what a
space costs depends on which pages it shows, and not on how they were mapped, taken apart or joined.
"""

from collections.abc import Sequence

from machine.formats.base import ACCESSED, DIRTY, LEAF, Format
from machine.memory import Memory
from model.ranges.scope import RangeScope
from model.scope import Scope
from refinement.kernel.mapping_tree import NONE
from refinement.kernel.page_table import PageTables, TablePool


class SizedTables(PageTables):
    """The page tables of all spaces; page v of a space stands v pages behind the first, at ``addresses[0]``.

    ``promised`` is how many tables it takes to take all leaves apart.

    :raises ValueError: addresses with gaps, or from one on that the largest mapping cannot have, or orders beyond the
        format's tables; and what :class:`~refinement.kernel.page_table.PageTables` refuses.
    """

    def __init__(self, scope: Scope, memory: Memory, format: Format, pool: TablePool, addresses: Sequence[int]) -> None:
        """Every space gets an empty root table."""
        if not isinstance(scope, RangeScope) or format.page_bits != 12:
            raise ValueError("tables with large pages: give a scope with orders, and a format with pages of 4096 bytes")
        largest = scope.sizes[-1]
        if list(addresses) != [addresses[0] + (page << 12) for page in range(scope.pages)]:
            raise ValueError("pages of ranges lie one after the other: give addresses 4096 bytes apart")
        if addresses[0] % (1 << 12 + largest):
            raise ValueError(
                f"{addresses[0]:#x} begins no range of order {largest}: a multiple of {1 << 12 + largest:#x} does"
            )
        if largest > format.index_bits * format.page_levels:
            raise ValueError(f"a range of order {largest} is larger than a table of {format.name} with leaves")
        self.promised = 0
        super().__init__(scope, memory, format, pool, addresses)

    # Sizes.

    def level(self, order: int) -> int:
        """The level of the leaves of a mapping."""
        return min(order // self.format.index_bits, self.format.page_levels - 1)

    def leaf_order(self, order: int) -> int:
        """The order of one leaf of a mapping."""
        return self.level(order) * self.format.index_bits

    def leaves(self, order: int) -> int:
        """Return how many leaves a mapping has; they lie in one table, one after the other."""
        return 1 << order - self.leaf_order(order)

    def below(self, order: int) -> int:
        """Return how many tables it takes to take a mapping apart into single pages: those that its leaves promise."""
        found = 0
        for level in range(self.level(order)):
            found += 1 << order - (level + 1) * self.format.index_bits
        return found

    @property
    def spare(self) -> int:
        """How many frames of the pool are free and not promised."""
        return self.pool.free - self.promised

    def above(self, slot: int, order: int, last: int) -> int:
        """Return how many tables a block lacks from that of its leaves up; those of the page ``last`` not again."""
        found = 0
        for level in range(self.level(order), self.missing(slot)):
            if self.apart(slot, last, level):
                found += 1
        return found

    def inside(self, slot: int, order: int, size: int, last: int) -> int:
        """Return how many tables a mapping needs below the leaves of a larger one; those of ``last`` not again.

        :param size: the order of the larger one.
        """
        found = 0
        for level in range(self.level(size)):
            bits = (level + 1) * self.format.index_bits
            if order >= bits:
                found += 1 << order - bits
            elif self.apart(slot, last, level):
                found += 1
        return found

    def apart(self, slot: int, last: int, level: int) -> bool:
        """Whether two pages lie below different tables of a level, or ``last`` is ``NONE``."""
        if last == NONE or self.scope.space(slot) != self.scope.space(last):
            return True
        return (self.address(slot) ^ self.address(last)) >> self.format.span_bits(level + 1) != 0

    # What stands in the tables.

    def path(self, slot: int) -> list[int]:
        """The frames of the slot's tables that exist, from the root down; a leaf ends it."""
        address, table = self.address(slot), self.roots[self.scope.space(slot)]
        tables = [table]
        for level in range(self.format.root_level, 0, -1):
            entry = self.entries[self._item(table, address, level)]
            if entry == 0 or self.format.kind(entry, level, self.format.default_control) == LEAF:
                break
            table = self._below(entry, level)
            tables.append(table)
        return tables

    def entry(self, slot: int) -> int:
        """The leaf that translates a slot, on whatever level; 0 if there is none."""
        tables = self.path(slot)
        entry: int = self.entries[self._item(tables[-1], self.address(slot), self.format.levels - len(tables))]
        return entry

    def missing(self, slot: int) -> int:
        """Return how many frames it takes to complete the slot's tables; none if a leaf translates it."""
        return 0 if self.entry(slot) != 0 else super().missing(slot)

    def place(self, slot: int, order: int = 0) -> int:
        """Where the first leaf of a reserved mapping is, in entries from the start of memory."""
        level = self.level(order)
        return self._item(self.path(slot)[self.format.root_level - level], self.address(slot), level)

    def reserve(self, slot: int, order: int = 0) -> bool:
        """Complete the tables down to the mapping's leaves, and count these; False, and no change: too few frames."""
        tables, bottom = self.path(slot), self.level(order)
        lacking = self.format.levels - len(tables) - bottom
        if lacking + self.below(order) > self.spare:
            return False
        address = self.address(slot)
        for level in range(lacking + bottom, bottom, -1):
            table = self._take()
            self.entries[self._item(tables[-1], address, level)] = self.format.encode_pointer(table)
            self.uses[tables[-1]] += 1
            tables.append(table)
        self.uses[tables[-1]] += self.leaves(order)
        self.promised += self.below(order)
        return True

    def release(self, slot: int, order: int = 0) -> list[int]:
        """Stop counting a mapping that is cleared, and detach tables in which nothing stands any more; their frames."""
        address, tables = self.address(slot), self.path(slot)
        detached: list[int] = []
        level = self.level(order)
        self.uses[tables[-1]] -= self.leaves(order)
        self.promised -= self.below(order)
        while len(tables) > 1 and self.uses[tables[-1]] == 0:
            level += 1
            detached.append(tables.pop())
            self.entries[self._item(tables[-1], address, level)] = 0
            self.uses[tables[-1]] -= 1
        return detached

    def write(self, slot: int, frame: int, rights: int, order: int = 0, flags: int = 0) -> None:
        """Write a reserved mapping's leaves: frames from ``frame`` on with those rights for the user.

        :param flags: what was noted of the frames elsewhere; what the processor noted in a leaf stays besides.
        """
        format, place, level = self.format, self.place(slot, order), self.level(order)
        for leaf in range(self.leaves(order)):
            noted = flags | self._noted(place + leaf)
            first = frame + (leaf << self.leaf_order(order))
            self.entries[place + leaf] = format.encode_leaf(first, rights, level=level, flags=noted)

    def clear(self, slot: int, order: int = 0) -> None:
        """Clear a reserved mapping's leaves."""
        place = self.place(slot, order)
        for leaf in range(self.leaves(order)):
            self.entries[place + leaf] = 0

    def _noted(self, place: int) -> int:
        """What the processor noted in a leaf."""
        old = self.entries[place]
        return int(self.format.flags(old)) & (ACCESSED | DIRTY) if old != 0 else 0

    # One large leaf, or a table of smaller ones.

    def lift(self, slot: int, order: int) -> int:
        """Clear a mapping's one leaf; what the processor noted there."""
        noted = self._noted(self.place(slot, order))
        self.clear(slot, order)
        return noted

    def divide(self, slot: int, order: int, frame: int, rights: int, flags: int) -> None:
        """A table of leaves of the next smaller size takes the place of a mapping's one leaf, which is cleared.

        The table is complete before the pointer to it is written. Its frame was promised.
        """
        format, place, level = self.format, self.place(slot, order), self.level(order) - 1
        table = self._take()
        first = (table << 12) // format.entry_bytes
        for leaf in range(format.entries):
            shown = frame + (leaf << level * format.index_bits)
            self.entries[first + leaf] = format.encode_leaf(shown, rights, level=level, flags=flags)
        self.uses[table] = format.entries
        self.promised -= 1
        self.entries[place] = format.encode_pointer(table)

    def detach(self, slot: int, order: int) -> list[int]:
        """Clear the pointer to the table that a mapping fills, and in whose place one leaf will stand; its frame."""
        place, level = self.place(slot, order), self.level(order)
        table = self._below(self.entries[place], level)
        self.entries[place] = 0
        return [table]

    def noted_in(self, table: int) -> int:
        """What the processor noted in any leaf of a detached table."""
        noted, first = 0, (table << 12) // self.format.entry_bytes
        for leaf in range(self.format.entries):
            noted |= self._noted(first + leaf)
        return noted

    def promise(self) -> None:
        """A table that was given back stays promised to the leaf that took its place."""
        self.promised += 1
