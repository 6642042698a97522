"""The kernel: grant, map and flush on mapping trees, page tables and processors together (C4, C5, C12).

The order of steps is the one that hardware asks for:

- an entry is cleared or narrowed before its translation is invalidated, on all cores, and both before the database
  says so; a table is detached before and given back after that invalidation;
- a new mapping is in the database before its entry is written;
- what is replaced is gone before the new holder's entry is written.

So at every moment what a core can reach is allowed by the state before the operation, or it is by the state after.

Each step is a method of its own and does one thing. A monitor wraps them (:func:`observe`), a fault replaces one
(:mod:`refinement.faults`), and unused neither costs anything.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from machine.core import Core
from machine.formats.base import Format
from machine.memory import Memory
from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE, REFUSED
from refinement.kernel import operations, primitives
from refinement.kernel.mapping_tree import NONE, on_lists
from refinement.kernel.page_table import PageTables, TablePool
from refinement.kernel.tags import Tags

STEPS = (
    "create_leaf",
    "remove_leaf",
    "move_node",
    "restrict_rights",
    "flush_step",
    "restrict_step",
    "reserve",
    "write_entry",
    "narrow_entry",
    "clear_entry",
    "release_tables",
    "invalidate",
    "free_tables",
)
"""The names of the kernel's steps, each a method."""


class Mapping(NamedTuple):
    """The contents of a slot: the frame's number in the scope, and the rights."""

    frame: int
    rights: int


class Kernel:
    """A kernel for the spaces of a scope on a machine; σ0 holds every frame at first (A.sigma0).

    :param scope: spaces, pages of each, and frames.
    :param dialect: ``canonical`` or ``tree``.
    :param cores: the processors; all of one memory and one paging format.
    :param pool: the frames for page tables.
    :param first_frame: the physical frame that is frame 0 of the scope; the others follow.
    :param addresses: the virtual address of each page, the same in every space.
    :param tags: how many address-space tags the buffers can tell apart; ignored if they are untagged.
    :raises ValueError: another dialect; no core, or cores of different machines; frames outside memory or in the pool;
        too few tags; addresses or a pool that :class:`~refinement.kernel.page_table.PageTables` refuses, or a pool
        too small for σ0's tables.
    """

    tag_allocator = Tags
    page_tables = PageTables

    def __init__(
        self,
        scope: Scope,
        dialect: Dialect = CANONICAL,
        *,
        cores: Sequence[Core],
        pool: TablePool,
        first_frame: int,
        addresses: Sequence[int],
        tags: int = 64,
    ) -> None:
        """Every core enters σ0."""
        if not operations.is_supported(dialect.readings):
            raise ValueError(f"the mapping tree cannot do {dialect.name!r}: choose the dialect canonical or tree")
        if len({(id(core.memory), core.format.name, core.tlb.tagged) for core in cores}) != 1:
            raise ValueError("a kernel needs cores, all of one memory, one paging format, and tagged or untagged alike")
        memory, format = cores[0].memory, cores[0].format
        end = first_frame + scope.frames
        if not 0 <= first_frame < end <= memory.size >> 12:
            raise ValueError(f"frames {first_frame} to {end - 1} are not all in a memory of {memory.size >> 12}")
        if first_frame < pool.first + pool.count and pool.first < end:
            raise ValueError(f"frames {first_frame} to {end - 1} overlap the pool, which no space may map")
        self.scope = scope
        self.dialect = dialect
        self.readings = dialect.readings
        self.cores = tuple(cores)
        self.first_frame = first_frame
        self.tables = self.page_tables(scope, memory, format, pool, addresses)
        self.tags = self.tag_allocator(scope.spaces, tags, self.cores)
        self.tree = on_lists(operations.initial(scope))
        self._show_sigma0()
        for core in self.cores:
            self.enter(core, 0)

    def _show_sigma0(self) -> None:
        """σ0 shows what it holds at first: frame v in its page v, with all rights."""
        for slot in range(self.scope.frames):
            if not self.tables.reserve(slot):
                raise ValueError(f"the pool of {self.tables.pool.count} frames is too small for the tables of σ0")
            self.tables.write(slot, self.first_frame + slot, ALL_RIGHTS)

    @property
    def memory(self) -> Memory:
        """The machine's memory."""
        return self.tables.memory

    @property
    def format(self) -> Format:
        """The machine's paging format."""
        return self.tables.format

    def enter(self, core: Core, space: int) -> None:
        """The core executes in that space from now on."""
        core.switch(self.tables.root(space), self.tags.of(space, core))

    def lookup(self, slot: int) -> Mapping | None:
        """What the slot shows, found in one step (A.P, A.tree); nothing if it is nil."""
        node = self.tree.node_of[slot]
        return None if node == NONE else Mapping(self.tree.frame[node], self.tree.rights[node])

    def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        """Map slot src to slot dst with those rights that it has itself (A.map, B.rights); O(1) and what is replaced.

        ``DONE``, or ``REFUSED``: a side condition failed or the pool has too few frames, and nothing changed.
        """
        if not self.admit(src, dst, rights):
            return REFUSED
        if self.replace(src, dst):
            source = self.tree.node_of[src]
            self.create_leaf(source, dst, self.tree.frame[source], self.passed_on(source, rights))
            self.write_entry(dst)
        return DONE

    def grant(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        """Grant slot src to slot dst; what was mapped from it follows (A.grant, A.tree.grant); O(1) and what goes.

        ``DONE``, or ``REFUSED``: a side condition failed or the pool has too few frames, and nothing changed.
        """
        if not self.admit(src, dst, rights):
            return REFUSED
        if self.replace(src, dst):
            source = self.tree.node_of[src]
            passed = self.passed_on(source, rights)
            narrower = passed != self.tree.rights[source]
            if narrower:
                self.restrict_below(source, passed)
            self.withdraw(src)
            if narrower:
                self.restrict_rights(source, passed)
            self.move_node(source, dst)
            self.write_entry(dst)
        return DONE

    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        """Take rights from whatever was mapped, directly or not, from a slot, which keeps its own (A.flush, B.rights).

        Always ``DONE``; O(subtree).
        """
        top = self.tree.node_of[slot]
        if top != NONE:
            if rights == ALL_RIGHTS:
                self.flush_below(top)
            else:
                self.restrict_below(top, ALL_RIGHTS & ~rights)
        return DONE

    # What the operations are made of.

    def passed_on(self, source: int, rights: int) -> int:
        """The rights that map and grant pass on from a node (B.rights)."""
        return self.tree.rights[source] & rights

    def admit(self, src: int, dst: int, rights: int) -> bool:
        """Return whether the side conditions hold and the tables for dst exist; if so, dst is reserved."""
        if operations.is_refused(self.tree, src, dst, rights, self.readings):
            return False
        return self.reserve(dst)

    def replace(self, src: int, dst: int) -> bool:
        """Flush and clear slot dst; if that took src away, dst is left nil and no more reserved: False."""
        target = self.tree.node_of[dst]
        if target == NONE:
            return True
        emptied = operations.is_emptied(self.tree, src, dst)
        if emptied:
            self.release_tables(dst)
        self.flush_below(target)
        self.withdraw(dst)
        self.remove_leaf(target)
        return not emptied

    def flush_below(self, top: int) -> None:
        """Remove whatever was mapped from a node; an entry goes before its node."""
        cursor, children, slots = top, self.tree.first_child, self.tree.slot
        while children[top] != NONE:
            if children[cursor] == NONE:
                self.withdraw(slots[cursor])
            cursor = self.flush_step(top, cursor)

    def restrict_below(self, top: int, kept: int) -> None:
        """Whatever was mapped from a node keeps only those rights; what has none left goes."""
        cursor, leaving = self.tree.first_child[top], False
        if cursor != NONE:
            while cursor != top:
                if leaving:
                    self.narrow(cursor, kept)
                cursor, leaving = self.restrict_step(cursor, leaving, kept)

    def withdraw(self, slot: int) -> None:
        """The slot's entry goes, then its translations, then tables that were needed for it alone."""
        self.clear_entry(slot)
        detached = self.release_tables(slot)
        self.invalidate(slot)
        self.free_tables(detached)

    def narrow(self, node: int, kept: int) -> None:
        """The entry of a node's slot grants no more than that; the database still says more."""
        rights, slot = self.tree.rights[node], self.tree.slot[node]
        if rights & kept == 0:
            self.withdraw(slot)
        elif rights & kept != rights:
            self.narrow_entry(slot, rights & kept)
            self.invalidate(slot)

    # The steps.

    def create_leaf(self, parent: int, slot: int, frame: int, rights: int) -> int:
        """A node for a new mapping; the entry is not written yet."""
        return primitives.create_leaf(self.tree, parent, slot, frame, rights)

    def remove_leaf(self, node: int) -> None:
        """The node is free; its entry is gone."""
        primitives.remove_leaf(self.tree, node)

    def move_node(self, node: int, slot: int) -> None:
        """The node stands for another slot; the entry of the old one is gone."""
        primitives.move_node(self.tree, node, slot)

    def restrict_rights(self, node: int, kept: int) -> None:
        """The node keeps only those rights; its entry grants no more."""
        primitives.restrict_rights(self.tree, node, kept)

    def flush_step(self, top: int, cursor: int) -> int:
        """One step of a flush; if it removes a node, the entry is gone."""
        return primitives.flush_step(self.tree, top, cursor)

    def restrict_step(self, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
        """One step of a partial flush; if it takes rights, the entry grants them no more."""
        return primitives.restrict_step(self.tree, cursor, leaving, kept)

    def reserve(self, slot: int) -> bool:
        """The slot's tables exist and stay, unless there are too few frames."""
        return self.tables.reserve(slot)

    def write_entry(self, slot: int) -> None:
        """The slot's entry shows what the database says."""
        node = self.tree.node_of[slot]
        self.tables.write(slot, self.first_frame + self.tree.frame[node], self.tree.rights[node])

    def narrow_entry(self, slot: int, rights: int) -> None:
        """The slot's entry shows the same frame with fewer rights."""
        self.tables.write(slot, self.first_frame + self.tree.frame[self.tree.node_of[slot]], rights)

    def clear_entry(self, slot: int) -> None:
        """The slot's entry is absent."""
        self.tables.clear(slot)

    def release_tables(self, slot: int) -> list[int]:
        """Tables in which nothing stands any more without the slot are detached."""
        return self.tables.release(slot)

    def free_tables(self, detached: list[int]) -> None:
        """Detached tables are free frames of the pool."""
        self.tables.give_back(detached)

    def invalidate(self, slot: int) -> None:
        """No core's buffer translates the slot any more (shootdown)."""
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            for core in self.cores:
                core.tlb.invalidate_page(self.tables.address(slot), tag)


def observe(kernel: Kernel, callback: Callable[[str], None], steps: Sequence[str] = STEPS) -> None:
    """Call back with the name of each step after it is done; only this kernel is changed."""

    def observed(name: str, step: Callable[..., object]) -> Callable[..., object]:
        def then_call_back(*arguments: object) -> object:
            result = step(*arguments)
            callback(name)
            return result

        return then_call_back

    for name in steps:
        setattr(kernel, name, observed(name, getattr(kernel, name)))
