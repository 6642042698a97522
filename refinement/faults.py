"""Broken kernels: each is the kernel with one method replaced, and stands for a mechanism of real defects.

What checks kernels must find each of them. A fault's ``kernel`` is used wherever :class:`~refinement.kernel.Kernel`
is; the proved sources know nothing of faults.
"""

from collections.abc import Callable
from dataclasses import dataclass

from machine.core import Core
from model.scope import ALL_RIGHTS
from model.spaces import DONE, REFUSED
from refinement import operations, primitives
from refinement.kernel import Kernel
from refinement.mapping_tree import NONE, ROOTS
from refinement.tags import Tags


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken kernel: its name, the mechanism in a sentence, where such a defect was seen, and the layer it is in.

    ``layer`` is ``tree``, ``rights``, ``page table`` or ``buffer``.
    """

    name: str
    sentence: str
    seen: str
    layer: str
    kernel: type[Kernel]


FAULTS: dict[str, Fault] = {}


def _fault(name: str, layer: str, seen: str) -> Callable[[type[Kernel]], type[Kernel]]:
    """Enter a broken kernel under that name; its docstring is the sentence."""

    def enter(kernel: type[Kernel]) -> type[Kernel]:
        sentence = (kernel.__doc__ or "").strip()
        FAULTS[name] = Fault(name, sentence, seen, layer, kernel)
        return kernel

    return enter


# The mapping tree.


@_fault("early-ascent", "tree", "Pistachio")
class _EarlyAscent(Kernel):
    """A flush is over when it is back at its node for the first time, though other children remain."""

    def flush_below(self, top: int) -> None:
        cursor = top
        while self.tree.first_child[top] != NONE:
            if self.tree.first_child[cursor] == NONE:
                self.withdraw(self.tree.slot[cursor])
            cursor = self.flush_step(top, cursor)
            if cursor == top:
                return


@_fault("depth-wrap", "tree", "Pistachio, NOVA, Fiasco before a check was added")
class _DepthWrap(Kernel):
    """The depth below the flushed node is kept in 8 bits, and 0 means that the flush is over."""

    def flush_below(self, top: int) -> None:
        cursor, depth = top, 0
        while self.tree.first_child[top] != NONE:
            if self.tree.first_child[cursor] == NONE:
                self.withdraw(self.tree.slot[cursor])
                depth -= 1
            else:
                depth = (depth + 1) & 0xFF
            cursor = self.flush_step(top, cursor)
            if depth == 0 and cursor != top:
                return


@_fault("stale-cursor", "tree", "a current kernel")
class _StaleCursor(Kernel):
    """The place for the new node is found before the destination is flushed, which may free the node it is next to."""

    def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        source = self.tree.node_of[src]
        after = NONE if source == NONE else self.tree.first_child[source]
        status = super().map(src, dst, rights)
        node = self.tree.node_of[dst]
        if status == DONE and node != NONE:
            self.tree.next_sibling[node] = after
        return status


@_fault("grant-forgets-children", "tree", "experiment")
class _GrantForgetsChildren(Kernel):
    """A granted page gets a node of its own, and what was mapped from it keeps pointing at the old one."""

    def move_node(self, node: int, slot: int) -> None:
        tree = self.tree
        primitives.create_leaf(tree, tree.parent[node], slot, tree.frame[node], tree.rights[node])
        tree.node_of[tree.slot[node]] = NONE
        tree.slot[node] = NONE


@_fault("node-leak", "tree", "Hafnium")
class _NodeLeak(Kernel):
    """A node that is replaced is taken out of its list, but not put into the free one."""

    def remove_leaf(self, node: int) -> None:
        super().remove_leaf(node)
        primitives.unlink_leaf(self.tree, node)


@_fault("flush-too-wide", "tree", "mung")
class _FlushTooWide(Kernel):
    """A flush takes the flushed node's next sibling with it."""

    def flush_below(self, top: int) -> None:
        super().flush_below(top)
        sibling = self.tree.next_sibling[top]
        if sibling != NONE and self.tree.parent[top] != ROOTS:
            super().flush_below(sibling)
            self.withdraw(self.tree.slot[sibling])
            self.remove_leaf(sibling)


@_fault("ancestor-slot", "tree", "Appendix A itself")
class _AncestorSlot(Kernel):
    """Only the parent is looked at to see whether the destination is an ancestor of the source."""

    def admit(self, src: int, dst: int, rights: int) -> bool:
        tree = self.tree
        source, target = tree.node_of[src], tree.node_of[dst]
        if source == NONE or target in (NONE, tree.parent[source]):
            return super().admit(src, dst, rights)
        if src == dst or self.passed_on(source, rights) == 0 or tree.parent[target] == ROOTS:
            return False
        return self.reserve(dst)


# Rights.


@_fault("rights-not-intersected", "rights", "Pistachio")
class _RightsNotIntersected(Kernel):
    """Map installs the rights asked for instead of those that the source has."""

    def passed_on(self, source: int, rights: int) -> int:
        return rights


@_fault("database-out-of-step", "rights", "Xen XSA-500")
class _DatabaseOutOfStep(Kernel):
    """A partial flush narrows the entry and leaves the database, which passes the lost right on later."""

    def restrict_step(self, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
        if leaving and self.tree.rights[cursor] & kept:
            return primitives.tour_step(self.tree, cursor, leaving)
        return super().restrict_step(cursor, leaving, kept)


@_fault("grant-restrict-child-keeps", "rights", "Fiasco")
class _ChildKeeps(Kernel):
    """A grant with fewer rights leaves what was mapped from the page with more than it has itself."""

    def grant(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        node = self.tree.node_of[src]
        children = NONE if node == NONE else self.tree.first_child[node]
        if children != NONE:
            self.tree.first_child[node] = NONE
        status = super().grant(src, dst, rights)
        if children != NONE:
            self.tree.first_child[node] = children
        return status


@_fault("unmap-wrong-rights", "rights", "mung")
class _UnmapWrongRights(Kernel):
    """A partial flush takes the rights that were to stay."""

    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        return super().flush(slot, rights if rights == ALL_RIGHTS else ALL_RIGHTS & ~rights)


@_fault("empty-rights-map", "rights", "Fiasco, seL4")
class _EmptyRightsMap(Kernel):
    """A map that passes on no right at all still makes a mapping."""

    def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        source = self.tree.node_of[src]
        if source == NONE or self.passed_on(source, rights):
            return super().map(src, dst, rights)
        if not self.admit(src, dst, ALL_RIGHTS):
            return REFUSED
        if self.replace(src, dst):
            self.create_leaf(source, dst, self.tree.frame[source], 0)
            self.write_entry(dst)
        return DONE


# Page tables.


@_fault("entry-survives", "page table", "mung")
class _EntrySurvives(Kernel):
    """Unmapping updates the database and leaves the page table's entry."""

    def clear_entry(self, slot: int) -> None:
        """Nothing."""


@_fault("wrong-slot-unmapped", "page table", "seL4")
class _WrongSlot(Kernel):
    """Unmapping clears the entry of the next page, and the right one stays."""

    def clear_entry(self, slot: int) -> None:
        scope = self.scope
        other = scope.slot(scope.space(slot), (slot % scope.pages + 1) % scope.pages)
        if self.tables.missing(other) == 0:
            super().clear_entry(other)


@_fault("wrong-frame-entered", "page table", "Xen XSA-500")
class _WrongFrame(Kernel):
    """An entry is written with the number of the frame in the scope, not of the physical frame."""

    def write_entry(self, slot: int) -> None:
        node = self.tree.node_of[slot]
        self.tables.write(slot, self.tree.frame[node] + 1, self.tree.rights[node])


@_fault("table-freed-in-use", "page table", "Xen XSA-224, XSA-394")
class _TableFreedInUse(Kernel):
    """A page table is freed when one page is unmapped from it, whatever else stands in it."""

    def release_tables(self, slot: int) -> list[int]:
        table = self.tables.path(slot)[-1]
        if self.tables.uses[table] > 1:
            self.tables.uses[table] = 1
        return super().release_tables(slot)


@_fault("table-leak", "page table", "Hafnium")
class _TableLeak(Kernel):
    """A page table in which nothing stands any more is detached and never freed."""

    def free_tables(self, detached: list[int]) -> None:
        """Nothing."""


@_fault("refusal-too-late", "page table", "Xen XSA-389, XSA-222")
class _RefusalTooLate(Kernel):
    """A grant that lacks a frame for a table is refused after the source was unmapped."""

    def grant(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        refused = operations.is_refused(self.tree, src, dst, rights, self.readings)
        if not refused and self.tables.missing(dst) > self.tables.pool.free:
            self.clear_entry(src)
            self.invalidate(src)
        return super().grant(src, dst, rights)


# Translation lookaside buffers.


@_fault("no-invalidation", "buffer", "folklore of all of them")
class _NoInvalidation(Kernel):
    """An entry changes and no translation is invalidated."""

    def invalidate(self, slot: int) -> None:
        """Nothing."""


@_fault("flush-skipped", "buffer", "Xen XSA-275")
class _FlushSkipped(Kernel):
    """A translation is not invalidated when the entry only loses rights, since its frame stays the same."""

    def narrow(self, node: int, kept: int) -> None:
        left = self.tree.rights[node] & kept
        if left:
            self.narrow_entry(self.tree.slot[node], left)
        else:
            super().narrow(node, kept)


@_fault("remote-core-forgotten", "buffer", "seL4, NOVA")
class _RemoteCoreForgotten(Kernel):
    """Only the buffer of the first core is told."""

    def invalidate(self, slot: int) -> None:
        cores, self.cores = self.cores, self.cores[:1]
        super().invalidate(slot)
        self.cores = cores


@_fault("invalidate-before-write", "buffer", "folklore of all of them")
class _InvalidateBeforeWrite(Kernel):
    """The translation is invalidated before the entry is cleared, so that a core may fetch the old one again."""

    def withdraw(self, slot: int) -> None:
        self.invalidate(slot)
        self.clear_entry(slot)
        self.free_tables(self.release_tables(slot))


class _Deferring(Kernel):
    """Invalidations wait until the operation is over."""

    waiting: tuple[int, ...] = ()

    def invalidate(self, slot: int) -> None:
        self.waiting = (*self.waiting, slot)

    def _catch_up(self) -> None:
        waiting, self.waiting = self.waiting, ()
        for slot in waiting:
            Kernel.invalidate(self, slot)

    def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        status = super().map(src, dst, rights)
        self._catch_up()
        return status

    def grant(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        status = super().grant(src, dst, rights)
        self._catch_up()
        return status

    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        status = super().flush(slot, rights)
        self._catch_up()
        return status


@_fault("frame-freed-before-flush", "buffer", "Xen XSA-346, XSA-480")
class _FrameFreedBeforeFlush(_Deferring):
    """A frame has its new holder before the old one's translations are invalidated, which waits for the end."""


@_fault("shootdown-not-awaited", "buffer", "Fiasco")
class _ShootdownNotAwaited(_Deferring):
    """The initiating core goes on while the other cores have still to invalidate."""

    def invalidate(self, slot: int) -> None:
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            self.cores[0].tlb.invalidate_page(self.tables.address(slot), tag)
        super().invalidate(slot)


class _NeverRetired(Tags):
    """Tags whose old translations stay."""

    def retire(self, tag: int) -> None:
        """Nothing."""


@_fault("tag-reused", "buffer", "folklore")
class _TagReused(Kernel):
    """A space gets a tag that another space had, while translations of that space live under it."""

    def enter(self, core: Core, space: int) -> None:
        self.tags.__class__ = _NeverRetired
        super().enter(core, space)
