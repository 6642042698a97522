"""Kernels that are wrong about page tables or translation lookaside buffers."""

from model.scope import ALL_RIGHTS
from refinement.faults.base import fault
from refinement.kernel import operations
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import NONE
from refinement.kernel.tags import Tags


@fault(
    "entry-survives",
    "page table",
    "mung",
    sentence="Unmapping updates the database and leaves the page table's entry.",
)
class _EntrySurvives(Kernel):
    def clear_entry(self, slot: int) -> None:
        """Nothing."""


@fault(
    "wrong-slot-unmapped",
    "page table",
    "seL4",
    sentence="Unmapping clears the entry of the next page, and the right one stays.",
)
class _WrongSlot(Kernel):
    def clear_entry(self, slot: int) -> None:
        scope = self.scope
        other = scope.slot(scope.space(slot), (slot % scope.pages + 1) % scope.pages)
        if self.tables.missing(other) == 0:
            super().clear_entry(other)


@fault(
    "wrong-frame-entered",
    "page table",
    "Xen XSA-500",
    sentence="An entry is written with the number of the frame in the scope, not of the physical frame.",
)
class _WrongFrame(Kernel):
    def write_entry(self, slot: int) -> None:
        node = self.tree.node_of[slot]
        self.tables.write(slot, self.tree.frame[node] + 1, self.tree.rights[node])


@fault(
    "table-freed-in-use",
    "page table",
    "Xen XSA-224, XSA-394",
    sentence="A page table is freed when one page is unmapped from it, whatever else stands in it.",
)
class _TableFreedInUse(Kernel):
    def release_tables(self, slot: int) -> list[int]:
        table = self.tables.path(slot)[-1]
        if self.tables.uses[table] > 1:
            self.tables.uses[table] = 1
        return super().release_tables(slot)


@fault(
    "table-leak",
    "page table",
    "Hafnium",
    sentence="A page table in which nothing stands any more is detached and never freed.",
)
class _TableLeak(Kernel):
    def free_tables(self, detached: list[int]) -> None:
        """Nothing."""


@fault(
    "refusal-too-late",
    "page table",
    "Xen XSA-389, XSA-222",
    sentence="A grant that lacks a frame for a table is refused after the source was unmapped.",
)
class _RefusalTooLate(Kernel):
    def grant(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        refused = operations.is_refused(self.tree, src, dst, rights, self.readings)
        if not refused and self.tables.missing(dst) > self.tables.pool.free:
            self.clear_entry(src)
            self.invalidate(src)
        return super().grant(src, dst, rights)


@fault(
    "own-entry-erased",
    "page table",
    "our own",
    sentence="A flush clears the entry of the page itself as well.",
)
class _OwnEntryErased(Kernel):
    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        status = super().flush(slot, rights)
        if self.tree.node_of[slot] != NONE:
            self.clear_entry(slot)
            self.invalidate(slot)
        return status


# Translation lookaside buffers.


@fault(
    "no-invalidation",
    "buffer",
    "folklore of all of them",
    sentence="An entry changes and no translation is invalidated.",
)
class _NoInvalidation(Kernel):
    def invalidate(self, slot: int) -> None:
        """Nothing."""


@fault(
    "flush-skipped",
    "buffer",
    "Xen XSA-275",
    sentence="A translation is not invalidated when the entry only loses rights, since its frame stays the same.",
)
class _FlushSkipped(Kernel):
    def narrow(self, node: int, kept: int) -> None:
        left = self.tree.rights[node] & kept
        if left != 0:
            self.narrow_entry(self.tree.slot[node], left)
        else:
            super().narrow(node, kept)


@fault(
    "remote-core-forgotten",
    "buffer",
    "seL4, NOVA",
    sentence="Only the buffer of the first core is told.",
)
class _RemoteCoreForgotten(Kernel):
    def invalidate(self, slot: int) -> None:
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            for core in self.cores[:1]:
                core.tlb.invalidate_page(self.tables.address(slot), tag)


@fault(
    "current-tag-invalidated",
    "buffer",
    "Xen XSA-294",
    sentence="Each core invalidates the page under the tag that it runs with, as INVLPG does, and not under its own.",
)
class _CurrentTagInvalidated(Kernel):
    def invalidate(self, slot: int) -> None:
        for core in self.cores:
            core.tlb.invalidate_page(self.tables.address(slot), core.tag)


@fault(
    "invalidate-before-write",
    "buffer",
    "folklore of all of them",
    sentence="The translation is invalidated before the entry is cleared, so that a core may fetch the old one again.",
)
class _InvalidateBeforeWrite(Kernel):
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
            super().invalidate(slot)

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


@fault(
    "frame-freed-before-flush",
    "buffer",
    "Xen XSA-346, XSA-480",
    sentence="A frame has its new holder before the old one's translations are invalidated, which waits for the end.",
)
class _FrameFreedBeforeFlush(_Deferring):
    pass


@fault(
    "shootdown-not-awaited",
    "buffer",
    "Fiasco",
    sentence="The initiating core goes on while the other cores have still to invalidate.",
)
class _ShootdownNotAwaited(_Deferring):
    def invalidate(self, slot: int) -> None:
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            self.cores[0].tlb.invalidate_page(self.tables.address(slot), tag)
        super().invalidate(slot)


class _NeverRetired(Tags):
    """Tags whose old translations stay."""

    def retire(self, tag: int) -> None:
        """Nothing."""


@fault(
    "tag-reused",
    "buffer",
    "folklore",
    sentence="A space gets a tag that another space had, while translations of that space live under it.",
)
class _TagReused(Kernel):
    tag_allocator = _NeverRetired
