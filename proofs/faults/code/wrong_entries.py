"""Page tables that find, read or write entries in a wrong way, one each."""

# ruff: noqa: D102 - what a method does wrong is what its class says

from machine.formats.base import ACCESSED, DIRTY
from refinement.kernel.page_table import PageTables


class MarksLost(PageTables):
    """What the processor noted in an entry is lost when it is written."""

    def write(self, slot: int, frame: int, rights: int) -> None:
        self.entries[self.place(slot)] = self.format.encode_leaf(frame, rights)


class MarksOfAbsent(PageTables):
    """The marks of an entry are read although it is absent."""

    def write(self, slot: int, frame: int, rights: int) -> None:
        place = self.place(slot)
        flags = self.format.flags(self.entries[place]) & (ACCESSED | DIRTY)
        self.entries[place] = self.format.encode_leaf(frame, rights, flags=flags)


class WrittenInRoot(PageTables):
    """An entry is written and cleared in the root."""

    def place(self, slot: int) -> int:
        return self._item(self.path(slot)[0], self.address(slot), 0)


class WrongIndex(PageTables):
    """A page's entry is looked for at the index of the level above."""

    def place(self, slot: int) -> int:
        return self._item(self.path(slot)[-1], self.address(slot), 1)


class CountedAgain(PageTables):
    """A slot is counted once more when its entry is written or cleared."""

    def write(self, slot: int, frame: int, rights: int) -> None:
        super().write(slot, frame, rights)
        self.uses[self.path(slot)[-1]] += 1

    def clear(self, slot: int) -> None:
        super().clear(slot)
        self.uses[self.path(slot)[-1]] += 1


class Restored(PageTables):
    """An entry that is to be cleared stays."""

    def clear(self, slot: int) -> None:
        self.place(slot)


class FollowedFromLast(PageTables):
    """A pointer is followed as if it stood on the last level."""

    def path(self, slot: int) -> list[int]:
        address, table = self.address(slot), self.roots[self.scope.space(slot)]
        tables = [table]
        for level in range(self.format.root_level, 0, -1):
            entry = self.entries[self._item(table, address, level)]
            if entry == 0:
                break
            table = self._below(entry, 0)
            tables.append(table)
        return tables


class TooFar(PageTables):
    """The path follows the entry of the page as if it were a pointer."""

    def path(self, slot: int) -> list[int]:
        address, table = self.address(slot), self.roots[self.scope.space(slot)]
        tables = [table]
        for level in range(self.format.root_level, -1, -1):
            entry = self.entries[self._item(table, address, level)]
            if entry == 0:
                break
            table = self.format.table(entry)
            if level > 0:
                tables.append(table)
        return tables


class TooShort(PageTables):
    """The path leaves out the last table."""

    def path(self, slot: int) -> list[int]:
        tables = super().path(slot)
        if len(tables) == self.format.levels:
            tables.pop()
        return tables


class ReadTwice(PageTables):
    """Every entry of a path is read twice."""

    def path(self, slot: int) -> list[int]:
        super().path(slot)
        return super().path(slot)


class MiscountsMissing(PageTables):
    """One table fewer is said to be missing."""

    def missing(self, slot: int) -> int:
        return self.format.levels - 1 - len(self.path(slot))


class EntryOfAny(PageTables):
    """An entry is read from the last table that there is, whatever its level."""

    def entry(self, slot: int) -> int:
        entry: int = self.entries[self._item(self.path(slot)[-1], self.address(slot), 0)]
        return entry


class NewRoot(PageTables):
    """A root is a new table each time."""

    def root(self, space: int) -> int:
        return self._take() << 12


class HalfIndex(PageTables):
    """Two entries share one place."""

    def _item(self, table: int, address: int, level: int) -> int:
        index: int = self.format.index(address, level)
        return (table << 12) // self.format.entry_bytes + index // 2


class BesideTable(PageTables):
    """Entries are looked for beside their table."""

    def _item(self, table: int, address: int, level: int) -> int:
        index: int = self.format.index(address, level)
        return (table << 12) // self.format.entry_bytes + index + self.format.entries


class PageOfSpace(PageTables):
    """A slot's address is that of the page that has its space's number."""

    def address(self, slot: int) -> int:
        return self.addresses[slot // self.scope.pages]
