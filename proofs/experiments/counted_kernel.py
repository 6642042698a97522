"""A kernel whose work is noted in a ledger: cells of the mapping tree, page-table entries, invalidations, cache misses.

The kernel is :class:`refinement.kernel.kernel.Kernel` itself. Its columns are lists that note each access, its memory
notes each entry, its core each invalidation; each access goes through the processor's data cache at an address of its
own, the columns one after the other behind the memory.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import SupportsIndex

from machine.costs.core import PricedCore, core_of
from machine.costs.events import Event, Ledger
from machine.costs.processor import Processor
from machine.events import READ
from machine.memory import Memory
from model.scope import Scope
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import MappingTree
from refinement.kernel.page_table import TablePool

CELL_BYTES = 4


class Accesses:
    """Where the kernel's accesses are noted, once a core is there, with what each kind missed in the cache."""

    def __init__(self, keep: bool = False) -> None:
        """Nothing is noted before a core is given; addresses are kept if asked for."""
        self.core: PricedCore | None = None
        self.addresses: list[int] | None = [] if keep else None
        self.missed: Counter[Event] = Counter()

    def note(self, event: Event, address: int, size: int) -> None:
        """An access: what it is, and the lines that it touches."""
        if self.core is not None:
            ledger = self.core.ledger
            before = ledger.counts[Event.DATA_MISS]
            ledger.note(event)
            self.core.touch(address, size, READ)
            self.missed[event] += ledger.counts[Event.DATA_MISS] - before
            if self.addresses is not None:
                self.addresses.append(address)


class NotedColumn(list[int]):
    """A column of the mapping tree that notes each access."""

    def __init__(self, values: Iterable[int], base: int, accesses: Accesses) -> None:
        """The values, at that address."""
        super().__init__(values)
        self.base = base
        self.accesses = accesses

    def __getitem__(self, index: SupportsIndex) -> int:  # type: ignore[override]
        """Read a cell."""
        self.accesses.note(Event.CELL, self.base + CELL_BYTES * int(index), CELL_BYTES)
        return super().__getitem__(index)

    def __setitem__(self, index: SupportsIndex, value: int) -> None:  # type: ignore[override]
        """Write a cell."""
        self.accesses.note(Event.CELL, self.base + CELL_BYTES * int(index), CELL_BYTES)
        super().__setitem__(index, value)


class NotedMemory(Memory):
    """Memory whose words, which are page-table entries to the kernel, are noted."""

    __slots__ = ("accesses",)

    def __init__(self, size: int, accesses: Accesses) -> None:
        """Of so many bytes."""
        super().__init__(size)
        self.accesses = accesses

    def read(self, address: int, size: int) -> int:
        """Read a word."""
        self.accesses.note(Event.ENTRY, address, size)
        return super().read(address, size)

    def write(self, address: int, value: int, size: int) -> None:
        """Write a word."""
        self.accesses.note(Event.ENTRY, address, size)
        super().write(address, value, size)


class CountedKernel:
    """The kernel on one core of a processor, with a second page in every space, so that its tables are there already.

    :param spaces: how many spaces there are, of two pages each; σ0 holds two frames.
    """

    def __init__(self, processor: Processor, spaces: int, *, keep: bool = False) -> None:
        """After the first operations, with an empty ledger."""
        self.accesses = Accesses(keep)
        scope = Scope(spaces, 2, 2)
        tables = 4 * spaces + 4
        memory = NotedMemory((tables + scope.frames + 1) << 12, self.accesses)
        self.core = core_of(processor, memory)
        page = 1 << self.core.format.page_bits
        self.kernel = Kernel(
            scope,
            cores=[self.core],
            pool=TablePool(1, tables),
            first_frame=tables + 1,
            addresses=[16 * page, 17 * page],
            tags=spaces + 2,
        )
        for space in range(1, spaces):
            self.kernel.map(scope.slot(0, 1), scope.slot(space, 1))
        columns = _placed(self.kernel.tree, memory.size, self.accesses)
        self.kernel.tree = MappingTree(*columns)
        self.accesses.core = self.core

    @property
    def ledger(self) -> Ledger:
        """What has been noted."""
        return self.core.ledger

    def slot(self, space: int) -> int:
        """The first page of a space."""
        return self.kernel.scope.slot(space, 0)

    def grow(self, size: int, *, chain: bool) -> None:
        """Map σ0's first page to so many spaces: each from the one before, or all from σ0."""
        for space in range(1, size + 1):
            self.kernel.map(self.slot(space - 1 if chain else 0), self.slot(space))

    def start(self, *, cold: bool = True) -> None:
        """Forget what was noted; with nothing in the cache, if cold."""
        self.ledger.clear()
        self.accesses.missed.clear()
        if cold and self.core.data is not None:
            self.core.data.empty()


def _placed(tree: MappingTree, base: int, accesses: Accesses) -> Iterator[NotedColumn]:
    for column in tree:
        yield NotedColumn((int(column[n]) for n in range(len(column))), base, accesses)
        base += CELL_BYTES * len(column)
