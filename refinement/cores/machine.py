"""A machine on which the kernel's steps interleave: memory, buffers of translations, perhaps store buffers.

Memory is sequentially consistent, or has a store buffer a core as x86 has (TSO): a write waits there, in order, until
it drains; its own core reads it from there, others and all walkers see it later. Taking a lock drains (a locked
instruction); giving one back is a write like any other.

Buffers are as large as they can be: any core may load an entry as soon as memory holds it, and forgets it by
invalidation only. So several cores may execute in one space, or in all.
"""

from collections import deque
from typing import Any, NamedTuple

from model.scope import Scope
from model.spaces.dialect import CANONICAL, Dialect
from refinement.cores.stepping import FENCE, INVALIDATE, Access, Column, Steps, takes_steps
from refinement.kernel import operations
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import MappingTree, on_lists


class Entry(NamedTuple):
    """A page-table entry: the frame and the rights."""

    frame: int
    rights: int


class SharedMemory:
    """The memory of all cores, and who runs.

    :param cores: how many there are.
    :param buffered: writes wait in a store buffer.
    """

    def __init__(self, cores: int, slots: int, *, buffered: bool) -> None:
        """Nothing waits, and no core remembers anything."""
        self.running, self.buffered = 0, buffered
        self.columns: list[Column] = []
        self.waiting: list[deque[tuple[Column, int, Any]]] = [deque() for _ in range(cores)]
        self.entries = Column("entry", [None] * slots, self)
        self.remembered: list[list[set[Entry]]] = [[set() for _ in range(slots)] for _ in range(cores)]

    def load(self, column: Column, index: int) -> Any:
        """What the running core reads."""
        if self.buffered:
            for waits, place, value in reversed(self.waiting[self.running]):
                if waits is column and place == index:
                    return value
        return column.values[index]

    def store(self, column: Column, index: int, value: Any) -> None:
        """The running core writes."""
        if self.buffered:
            self.waiting[self.running].append((column, index, value))
        else:
            self._lands(column, index, value)

    def drain(self, core: int) -> None:
        """The oldest write of a core lands in memory."""
        self._lands(*self.waiting[core].popleft())

    def _lands(self, column: Column, index: int, value: Any) -> None:
        column.values[index] = value
        if column is self.entries and value is not None:
            for buffer in self.remembered:
                buffer[index].add(value)

    def invalidate(self, core: int, slot: int) -> None:
        """A core forgets a slot; if memory still has an entry there, it may load that at once."""
        entry = self.entries.values[slot]
        self.remembered[core][slot] = set() if entry is None else {entry}


class _Tables:
    """Page tables without levels: an entry a slot, and always room."""

    def __init__(self, memory: SharedMemory) -> None:
        self.entries = memory.entries

    def reserve(self, slot: int) -> bool:
        return True

    @takes_steps
    def write(self, slot: int, frame: int, rights: int) -> None:
        self.entries[slot] = Entry(frame, rights)  # type: ignore[index]

    @takes_steps
    def clear(self, slot: int) -> None:
        self.entries[slot] = None  # type: ignore[index]

    def release(self, slot: int) -> list[int]:
        return []

    def give_back(self, detached: list[int]) -> None:
        """Nothing was detached."""

    def address(self, slot: int) -> int:
        return slot


class _Tags:
    """A tag a space, for ever."""

    def current(self, space: int) -> int:
        return space


class _Buffer:
    """A core's buffer, as the kernel invalidates it: what was written before is seen first, or that is left out."""

    def __init__(self, core: int, memory: SharedMemory, *, fenced: bool) -> None:
        self.core, self.memory, self.fenced = core, memory, fenced

    def invalidate_page(self, slot: int, tag: int) -> Steps:
        if self.fenced:
            yield Access(FENCE, ("of stores",))
        yield Access(INVALIDATE, ("core", self.core, "slot", slot))
        self.memory.invalidate(self.core, slot)


class _Core:
    def __init__(self, number: int, memory: SharedMemory, *, fenced: bool) -> None:
        self.tlb = _Buffer(number, memory, fenced=fenced)


class SharedKernel(Kernel):
    """The kernel on that machine: its methods are the kernel's own, its columns those of shared memory.

    :param fenced: writes are seen by all walkers before an invalidation begins: what an interrupt to other cores does
        on x86 only with a barrier before it, if it is sent by ``WRMSR``.
    """

    def __init__(  # the machine of the kernel's own constructor is another
        self, scope: Scope, cores: int, dialect: Dialect = CANONICAL, *, buffered: bool = False, fenced: bool = True
    ) -> None:
        """σ0 holds every frame, and each entry shows what the database says."""
        self.scope, self.dialect, self.readings, self.first_frame = scope, dialect, dialect.readings, 0
        self.shared = memory = SharedMemory(cores, scope.slots, buffered=buffered)
        self.cores = tuple(_Core(core, memory, fenced=fenced) for core in range(cores))  # type: ignore[misc]
        self.tables, self.tags = _Tables(memory), _Tags()  # type: ignore[assignment]
        plain = on_lists(operations.initial(scope))
        self.tree = MappingTree(*(Column(name, list(column), memory) for name, column in plain._asdict().items()))  # type: ignore[arg-type]
        self.settle()

    def settle(self) -> None:
        """Each entry shows what the database says, and every core may remember it: where a run begins."""
        tree, memory = self.tree, self.shared
        for slot in range(self.scope.slots):
            node = tree.node_of[slot]
            entry = None if node < 0 else Entry(tree.frame[node], tree.rights[node])
            memory.entries.values[slot] = entry
            for buffer in memory.remembered:
                buffer[slot] = set() if entry is None else {entry}

    @property
    def plain_tree(self) -> MappingTree:
        """The mapping tree as memory has it, without accesses."""
        return MappingTree(*(list(column.values) for column in self.tree))  # type: ignore[attr-defined]
