"""A kernel whose work is noted in a ledger: cells of the mapping tree, page-table entries, invalidations, cache misses.

The kernel is :class:`refinement.kernel.kernel.Kernel` itself. Its columns note each access, its memory each entry, its
core each invalidation; each access goes through the processor's data cache at an address of its own, the columns one
after the other behind the memory.
"""

from machine.costs.core import core_of
from machine.costs.events import Event, Ledger
from machine.costs.processor import Processor
from machine.memory import Memory
from model.scope import Scope
from proofs.experiments.noted import Accesses, noted
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import MappingTree
from refinement.kernel.page_table import TablePool


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
        self.kernel.tree = MappingTree(*noted(self.kernel.tree, Event.CELL, memory.size, self.accesses))
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
