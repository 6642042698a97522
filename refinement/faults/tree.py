"""Kernels that are wrong about the mapping tree or about rights."""

from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE, REFUSED
from refinement.faults.base import fault
from refinement.kernel import primitives
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import NONE, ROOTS


@fault(
    "early-ascent",
    "tree",
    "Pistachio",
    sentence="A flush is over when it is back at its node for the first time, though other children remain.",
)
class _EarlyAscent(Kernel):
    def flush_below(self, top: int) -> None:
        cursor = top
        while self.tree.first_child[top] != NONE:
            if self.tree.first_child[cursor] == NONE:
                self.withdraw(self.tree.slot[cursor])
            cursor = self.flush_step(top, cursor)
            if cursor == top:
                return


@fault(
    "depth-wrap",
    "tree",
    "Pistachio, NOVA, Fiasco before a check was added",
    sentence="The depth below the flushed node is kept in 8 bits, and 0 means that the flush is over.",
)
class _DepthWrap(Kernel):
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


@fault(
    "stale-cursor",
    "tree",
    "a current kernel",
    sentence="The place for the new node is found before the destination is flushed, which may free the node it is "
    "next to.",
)
class _StaleCursor(Kernel):
    def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        source = self.tree.node_of[src]
        after = NONE if source == NONE else self.tree.first_child[source]
        status = super().map(src, dst, rights)
        node = self.tree.node_of[dst]
        if status == DONE and node != NONE:
            self.tree.next_sibling[node] = after
        return status


@fault(
    "grant-forgets-children",
    "tree",
    "experiment",
    sentence="A granted page gets a node of its own, and what was mapped from it keeps pointing at the old one.",
)
class _GrantForgetsChildren(Kernel):
    def move_node(self, node: int, slot: int) -> None:
        tree = self.tree
        primitives.create_leaf(tree, tree.parent[node], slot, tree.frame[node], tree.rights[node])
        tree.node_of[tree.slot[node]] = NONE
        tree.slot[node] = NONE


@fault(
    "node-leak",
    "tree",
    "Hafnium",
    sentence="A node that is replaced is taken out of its list, but not put into the free one.",
)
class _NodeLeak(Kernel):
    def remove_leaf(self, node: int) -> None:
        super().remove_leaf(node)
        primitives.unlink_leaf(self.tree, node)


@fault(
    "flush-too-wide",
    "tree",
    "mung",
    sentence="A flush takes the flushed node's next sibling with it.",
)
class _FlushTooWide(Kernel):
    def flush_below(self, top: int) -> None:
        super().flush_below(top)
        sibling = self.tree.next_sibling[top]
        if sibling != NONE and self.tree.parent[top] != ROOTS:
            super().flush_below(sibling)
            self.withdraw(self.tree.slot[sibling])
            self.remove_leaf(sibling)


@fault(
    "ancestor-slot",
    "tree",
    "Appendix A itself",
    sentence="Only the parent is looked at to see whether the destination is an ancestor of the source.",
)
class _AncestorSlot(Kernel):
    def admit(self, src: int, dst: int, rights: int) -> bool:
        tree = self.tree
        source, target = tree.node_of[src], tree.node_of[dst]
        if source == NONE or target == NONE or target == tree.parent[source]:
            return super().admit(src, dst, rights)
        if src == dst or self.passed_on(source, rights) == 0 or tree.parent[target] == ROOTS:
            return False
        return self.reserve(dst)


# Rights.


@fault(
    "rights-not-intersected",
    "rights",
    "Pistachio",
    sentence="Map installs the rights asked for instead of those that the source has.",
)
class _RightsNotIntersected(Kernel):
    def passed_on(self, source: int, rights: int) -> int:
        return rights


@fault(
    "database-out-of-step",
    "rights",
    "Xen XSA-500",
    sentence="A partial flush narrows the entry and leaves the database, which passes the lost right on later.",
)
class _DatabaseOutOfStep(Kernel):
    def restrict_step(self, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
        if leaving and self.tree.rights[cursor] & kept != 0:
            return primitives.tour_step(self.tree, cursor, leaving)
        return super().restrict_step(cursor, leaving, kept)


@fault(
    "grant-restrict-child-keeps",
    "rights",
    "Fiasco",
    sentence="A grant with fewer rights leaves what was mapped from the page with more than it has itself.",
)
class _ChildKeeps(Kernel):
    def grant(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        if not self.admit(src, dst, rights):
            return REFUSED
        if self.replace(src, dst):
            source = self.tree.node_of[src]
            passed = self.passed_on(source, rights)
            self.withdraw(src)
            if passed != self.tree.rights[source]:
                self.restrict_rights(source, passed)
            self.move_node(source, dst)
            self.write_entry(dst)
        return DONE


@fault(
    "unmap-wrong-rights",
    "rights",
    "mung",
    sentence="A partial flush takes the rights that were to stay.",
)
class _UnmapWrongRights(Kernel):
    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        return super().flush(slot, rights if rights == ALL_RIGHTS else ALL_RIGHTS & ~rights)


@fault(
    "empty-rights-map",
    "rights",
    "Fiasco, seL4",
    sentence="A map that passes on no right at all still makes a mapping.",
)
class _EmptyRightsMap(Kernel):
    def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        source = self.tree.node_of[src]
        if source == NONE or self.passed_on(source, rights) != 0:
            return super().map(src, dst, rights)
        if not self.admit(src, dst, ALL_RIGHTS):
            return REFUSED
        if self.replace(src, dst):
            self.create_leaf(source, dst, self.tree.frame[source], 0)
            self.write_entry(dst)
        return DONE
