"""Page tables in physical memory, in any of the machine's formats, and the pool their frames come from (A.P).

The tables of all spaces are made on demand and freed when nothing is mapped through them any more; only a space's
root stays. Each table counts what stands in it: mapped pages in a last table, tables below in any other. A page
counts as soon as it is *reserved*, before its entry is written, and until it is *released*, after its entry was
cleared; so a table cannot vanish while an operation is about to use it. A page whose rights the format cannot express
is counted as well, with an entry that grants nothing.
"""

from collections.abc import Sequence

from machine.formats.base import ACCESSED, DIRTY, LEAF, POINTER, Format
from machine.memory import Memory
from model.scope import Scope


class TablePool:
    """The kernel's own frames, ``first`` ... ``first + count - 1``, for page tables; no space can map them.

    >>> pool = TablePool(16, 2)
    >>> pool.take(), pool.take(), pool.free
    (16, 17, 0)
    """

    __slots__ = ("_free", "count", "first")

    def __init__(self, first: int, count: int) -> None:
        """All of the frames are free."""
        self.first = first
        self.count = count
        self._free = list(range(first + count - 1, first - 1, -1))

    @property
    def free(self) -> int:
        """How many frames are free."""
        return len(self._free)

    def free_frames(self) -> list[int]:
        """The frames that are free."""
        return list(self._free)

    def take(self) -> int:
        """A free frame, not free any more; the caller has seen that there is one."""
        return self._free.pop()

    def give(self, frame: int) -> None:
        """The frame is free again; nothing refers to it."""
        self._free.append(frame)


class PageTables:
    """The page tables of all spaces of a scope: page v of a space stands at virtual address ``addresses[v]``.

    ``uses`` says of each table, by its frame, how many things stand in it; ``roots`` are the frames of the roots.

    :raises ValueError: an address that the format cannot translate or that is no page's, two pages at one address, a
        pool that is too small for the roots or lies outside the memory.
    """

    def __init__(self, scope: Scope, memory: Memory, format: Format, pool: TablePool, addresses: Sequence[int]) -> None:
        """Every space gets an empty root table."""
        if len(addresses) != scope.pages or len(set(addresses)) != scope.pages:
            raise ValueError(f"{scope.pages} pages need as many different addresses, not {list(addresses)}")
        if not format.fills_frames:
            raise ValueError(
                f"{format.name} has no pages or no tables of 4096 bytes, which a kernel here has: take another"
            )
        for address in addresses:
            if address % (1 << format.page_bits) or not 0 <= address < 1 << format.address_bits:
                raise ValueError(f"{address:#x} is no page's address in {format.name}: write a multiple of 4096")
            if not format.canonical(address):
                raise ValueError(f"{address:#x} is not canonical in {format.name}: copy its top bit into those above")
            if format.index(address, format.root_level) >= format.entries:
                raise ValueError(f"{address:#x} is beyond the first table of {format.name}'s root: these have no other")
        if (pool.first + pool.count) * 4096 > memory.size:
            raise ValueError(f"the pool ends at frame {pool.first + pool.count}, beyond {memory.size} bytes of memory")
        if pool.free < scope.spaces:
            raise ValueError(f"{scope.spaces} spaces need a root table each: the pool has only {pool.free} frames")
        self.scope = scope
        self.memory = memory
        self.format = format
        self.pool = pool
        self.addresses = tuple(addresses)
        self.entries = memory.words(format.entry_bytes)
        self.uses: dict[int, int] = {}
        self.roots = [self._take() for _ in range(scope.spaces)]

    def _take(self) -> int:
        frame = self.pool.take()
        self.memory.write_bytes(frame << 12, bytes(self.format.table_bytes))
        self.uses[frame] = 0
        return frame

    def address(self, slot: int) -> int:
        """The virtual address of a slot's page in its space."""
        return self.addresses[slot % self.scope.pages]

    def root(self, space: int) -> int:
        """The physical address of a space's root table."""
        return self.roots[space] << 12

    def _item(self, table: int, address: int, level: int) -> int:
        """The place, in entries from the start of memory, of the entry for an address in a table."""
        index: int = self.format.index(address, level)
        return (table << 12) // self.format.entry_bytes + index

    def path(self, slot: int) -> list[int]:
        """The frames of the slot's tables that exist, from the root down."""
        address, table = self.address(slot), self.roots[self.scope.space(slot)]
        tables = [table]
        for level in range(self.format.root_level, 0, -1):
            entry = self.entries[self._item(table, address, level)]
            if entry == 0:
                break
            table = self._below(entry, level)
            tables.append(table)
        return tables

    def _below(self, entry: int, level: int) -> int:
        """The frame of the table that an entry above the last level points to.

        :raises ValueError: it points to none: it maps a large page, which this kernel never writes, or is malformed.
        """
        kind = self.format.kind(entry, level, self.format.default_control)
        if kind != POINTER:
            said = "maps a large page" if kind == LEAF else "points to no table"
            raise ValueError(f"the entry {entry:#x} at level {level} {said}: these tables have pages at level 0 only")
        table: int = self.format.table(entry)
        return table

    def missing(self, slot: int) -> int:
        """Return how many frames it takes to complete the slot's tables."""
        return self.format.levels - len(self.path(slot))

    def reserve(self, slot: int) -> bool:
        """Complete the slot's tables and count the slot; if the pool is too small, nothing changes: False.

        A table is cleared before the entry that points to it is written.
        """
        tables = self.path(slot)
        if self.format.levels - len(tables) > self.pool.free:
            return False
        address = self.address(slot)
        for level in range(self.format.levels - len(tables), 0, -1):
            table = self._take()
            self.entries[self._item(tables[-1], address, level)] = self.format.encode_pointer(table)
            self.uses[tables[-1]] += 1
            tables.append(table)
        self.uses[tables[-1]] += 1
        return True

    def release(self, slot: int) -> list[int]:
        """Stop counting the slot and detach tables in which nothing stands any more; their frames.

        They may be given back to the pool only when the slot's translation is invalidated, since a processor may
        walk from a table that it remembers.
        """
        address, tables = self.address(slot), self.path(slot)
        detached = []
        level = 0
        self.uses[tables[-1]] -= 1
        while len(tables) > 1 and self.uses[tables[-1]] == 0:
            level += 1
            detached.append(tables.pop())
            self.entries[self._item(tables[-1], address, level)] = 0
            self.uses[tables[-1]] -= 1
        return detached

    def give_back(self, detached: list[int]) -> None:
        """Detached tables become free frames of the pool."""
        for table in detached:
            del self.uses[table]
            self.pool.give(table)

    def place(self, slot: int) -> int:
        """Where the entry of a reserved slot is, in entries from the start of memory."""
        return self._item(self.path(slot)[-1], self.address(slot), 0)

    def entry(self, slot: int) -> int:
        """The entry of a slot; 0 if there is no table for it."""
        tables = self.path(slot)
        if len(tables) < self.format.levels:
            return 0
        entry: int = self.entries[self._item(tables[-1], self.address(slot), 0)]
        return entry

    def write(self, slot: int, frame: int, rights: int) -> None:
        """Write a reserved slot's entry: a page frame with those rights for the user, as far as the format has them.

        An entry that is present is for the same frame already; what the processor noted in it (accessed, dirty) stays.
        """
        format, place = self.format, self.place(slot)
        old = self.entries[place]
        flags = format.flags(old) & (ACCESSED | DIRTY) if old != 0 else 0
        self.entries[place] = format.encode_leaf(frame, rights, flags=flags)

    def clear(self, slot: int) -> None:
        """Clear a reserved slot's entry."""
        self.entries[self.place(slot)] = 0
