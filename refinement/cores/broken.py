"""Kernels whose order of steps is wrong, so that another core sees it: they are right one operation at a time."""

from model.spaces.literal import DONE, REFUSED
from refinement.cores.machine import SharedKernel
from refinement.cores.stepping import takes_steps
from refinement.kernel.mapping_tree import NONE


class InPlace(SharedKernel):
    """A page that is replaced is written over, and invalidated afterwards."""

    @takes_steps
    def map(self, src: int, dst: int, rights: int = 7) -> int:
        """Map, without clearing the entry of what is replaced."""
        if not self.admit(src, dst, rights):
            return REFUSED
        source, target = self.tree.node_of[src], self.tree.node_of[dst]
        frame, passed = self.tree.frame[source], self.passed_on(source, rights)
        if target == NONE:
            self.create_leaf(source, dst, frame, passed)
            self.write_entry(dst)
            return DONE
        if self.is_above(target, src):
            return REFUSED
        self.flush_below(target)
        self.tables.write(dst, frame, passed)
        self.remove_leaf(target)
        self.create_leaf(source, dst, frame, passed)
        self.invalidate(dst)
        return DONE

    @takes_steps
    def is_above(self, upper: int, slot: int) -> bool:
        """Return whether the node is one that the slot derives from."""
        node = self.tree.node_of[slot]
        while node > 1:
            if node == upper:
                return True
            node = self.tree.parent[node]
        return False


class InvalidatesFirst(SharedKernel):
    """The cores forget a page before its entry is cleared."""

    @takes_steps
    def withdraw(self, slot: int) -> None:
        """Invalidate, then clear."""
        self.invalidate(slot)
        self.clear_entry(slot)


class OneCoreForgotten(SharedKernel):
    """Only the first core forgets."""

    @takes_steps
    def invalidate(self, slot: int) -> None:
        """Invalidate on one core."""
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            self.cores[0].tlb.invalidate_page(self.tables.address(slot), tag)


class EntryOutsideLock(SharedKernel):
    """A new entry is written before the database knows the mapping."""

    @takes_steps
    def map(self, src: int, dst: int, rights: int = 7) -> int:
        """Map, the entry first."""
        if not self.admit(src, dst, rights):
            return REFUSED
        if self.replace(src, dst):
            source = self.tree.node_of[src]
            frame, passed = self.tree.frame[source], self.passed_on(source, rights)
            self.tables.write(dst, frame, passed)
            self.create_leaf(source, dst, frame, passed)
        return DONE


class WrittenInHalves(SharedKernel):
    """An entry is written in two halves, and can be walked in between.

    The rights are in the lower half, and the frame in the upper one, which is 0 where no entry is.
    """

    @takes_steps
    def write_entry(self, slot: int) -> None:
        """Write the lower half first, by which a walker takes the entry for one."""
        node = self.tree.node_of[slot]
        self.tables.write(slot, 0, self.tree.rights[node])
        self.tables.write(slot, self.tree.frame[node], self.tree.rights[node])


BROKEN = {
    "in-place": InPlace,
    "invalidates-first": InvalidatesFirst,
    "one-core-forgotten": OneCoreForgotten,
    "entry-before-database": EntryOutsideLock,
    "written-in-halves": WrittenInHalves,
}
"""By name."""
