"""Page tables that take, attach, detach or give back tables in a wrong way, one each."""

# ruff: noqa: D102 - what a method does wrong is what its class says

from refinement.kernel.page_table import PageTables, TablePool


class NotCounted(PageTables):
    """A slot that is reserved is not counted."""

    def reserve(self, slot: int) -> bool:
        tables = self.path(slot)
        if self.format.levels - len(tables) > self.pool.free:
            return False
        address = self.address(slot)
        for level in range(self.format.levels - len(tables), 0, -1):
            table = self._take()
            self.entries[self._item(tables[-1], address, level)] = self.format.encode_pointer(table)
            self.uses[tables[-1]] += 1
            tables.append(table)
        return True


class TableNotCounted(PageTables):
    """A table that is attached is not counted in the table above."""

    def reserve(self, slot: int) -> bool:
        tables = self.path(slot)
        if self.format.levels - len(tables) > self.pool.free:
            return False
        address = self.address(slot)
        for level in range(self.format.levels - len(tables), 0, -1):
            table = self._take()
            self.entries[self._item(tables[-1], address, level)] = self.format.encode_pointer(table)
            tables.append(table)
        self.uses[tables[-1]] += 1
        return True


class TakenFirst(PageTables):
    """A frame is taken before it is known whether there are enough."""

    def reserve(self, slot: int) -> bool:
        if self.pool.free == 0:
            return False
        table = self._take()
        if self.missing(slot) > self.pool.free + 1:
            return False
        del self.uses[table]
        self.pool.give(table)
        return super().reserve(slot)


class OneTooFew(PageTables):
    """One frame fewer than is missing is held to be enough."""

    def reserve(self, slot: int) -> bool:
        tables = self.path(slot)
        if self.format.levels - len(tables) > self.pool.free + 1:
            return False
        return self._complete(slot, tables)

    def _complete(self, slot: int, tables: list[int]) -> bool:
        address = self.address(slot)
        for level in range(self.format.levels - len(tables), 0, -1):
            table = self._take()
            self.entries[self._item(tables[-1], address, level)] = self.format.encode_pointer(table)
            self.uses[tables[-1]] += 1
            tables.append(table)
        self.uses[tables[-1]] += 1
        return True


class OneTooMany(OneTooFew):
    """One frame more than is missing is asked for."""

    def reserve(self, slot: int) -> bool:
        tables = self.path(slot)
        if self.format.levels - len(tables) >= self.pool.free:
            return False
        return self._complete(slot, tables)


class PointerFirst(PageTables):
    """A table is pointed to before it is cleared."""

    def reserve(self, slot: int) -> bool:
        tables = self.path(slot)
        if self.format.levels - len(tables) > self.pool.free:
            return False
        address = self.address(slot)
        for level in range(self.format.levels - len(tables), 0, -1):
            table = self.pool.take()
            self.uses[table] = 0
            self.entries[self._item(tables[-1], address, level)] = self.format.encode_pointer(table)
            self.memory.write_bytes(table << 12, bytes(self.format.table_bytes))
            self.uses[tables[-1]] += 1
            tables.append(table)
        self.uses[tables[-1]] += 1
        return True


class WrongLevel(PageTables):
    """A pointer is written at the index of the level below."""

    def reserve(self, slot: int) -> bool:
        tables = self.path(slot)
        if self.format.levels - len(tables) > self.pool.free:
            return False
        address = self.address(slot)
        for level in range(self.format.levels - len(tables), 0, -1):
            table = self._take()
            self.entries[self._item(tables[-1], address, level - 1)] = self.format.encode_pointer(table)
            self.uses[tables[-1]] += 1
            tables.append(table)
        self.uses[tables[-1]] += 1
        return True


class NotCleared(PageTables):
    """A table that is taken is not cleared."""

    def _take(self) -> int:
        frame = self.pool.take()
        self.uses[frame] = 0
        return frame


class CountsOne(PageTables):
    """A new table is counted as if something stood in it."""

    def _take(self) -> int:
        frame = super()._take()
        self.uses[frame] = 1
        return frame


class Shared(TablePool):
    """A frame that is taken stays free."""

    def take(self) -> int:
        frame = self._free.pop()
        self._free.append(frame)
        return frame


class Lost(TablePool):
    """Two frames are taken for one, and the second is lost."""

    def take(self) -> int:
        self._free.pop()
        return self._free.pop()


class PointerBelow(PageTables):
    """The pointer to a table is cleared in the table itself, one level too low."""

    def release(self, slot: int) -> list[int]:
        address, tables = self.address(slot), self.path(slot)
        detached = []
        level = 0
        self.uses[tables[-1]] -= 1
        while len(tables) > 1 and self.uses[tables[-1]] == 0:
            self.entries[self._item(tables[-1], address, level)] = 0
            detached.append(tables.pop())
            level += 1
            self.uses[tables[-1]] -= 1
        return detached


class AboveCounted(PageTables):
    """A table that is detached stays counted in the table above."""

    def release(self, slot: int) -> list[int]:
        address, tables = self.address(slot), self.path(slot)
        detached = []
        level = 0
        self.uses[tables[-1]] -= 1
        while len(tables) > 1 and self.uses[tables[-1]] == 0:
            level += 1
            detached.append(tables.pop())
            self.entries[self._item(tables[-1], address, level)] = 0
        return detached


class Kept(PageTables):
    """No table is ever detached."""

    def release(self, slot: int) -> list[int]:
        tables = self.path(slot)
        self.uses[tables[-1]] -= 1
        return []


class RootDetached(PageTables):
    """A root in which nothing stands is detached as well."""

    def release(self, slot: int) -> list[int]:
        detached = super().release(slot)
        if len(detached) == self.format.levels - 1:
            root = self.roots[self.scope.space(slot)]
            if self.uses[root] == 0:
                detached.append(root)
        return detached


class Unreturned(PageTables):
    """Tables that are detached are not returned, and lost."""

    def release(self, slot: int) -> list[int]:
        super().release(slot)
        return []


class DetachedTwice(PageTables):
    """Only one table is detached, and returned twice."""

    def release(self, slot: int) -> list[int]:
        detached = super().release(slot)
        if len(detached) == 1:
            detached.append(detached[0])
        return detached


class FreedAtOnce(PageTables):
    """A table is given back by the release, and written afterwards."""

    def release(self, slot: int) -> list[int]:
        detached = super().release(slot)
        for table in detached:
            del self.uses[table]
            self.pool.give(table)
            self.entries[self._item(table, self.address(slot), 0)] = 0
        return detached


class GivenTwice(PageTables):
    """A frame is given to the pool twice."""

    def give_back(self, detached: list[int]) -> None:
        for table in detached:
            del self.uses[table]
            self.pool.give(table)
            self.pool.give(table)


class StillCounted(PageTables):
    """A table that is given back stays in use, with something in it."""

    def give_back(self, detached: list[int]) -> None:
        for table in detached:
            self.uses[table] = 1
            self.pool.give(table)


class OnlyOne(PageTables):
    """Of the tables that are given back only the first one is."""

    def give_back(self, detached: list[int]) -> None:
        if len(detached) > 0:
            del self.uses[detached[0]]
            self.pool.give(detached[0])
