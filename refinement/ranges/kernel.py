"""The kernel with ranges: grant, map and flush of 2^k pages on trees with sizes and tables with large leaves.

It is a :class:`~refinement.kernel.kernel.Kernel`, whose operations on a page are those on a range of order 0, and it
does what the canonical readings of ranges say (:mod:`model.ranges.readings`): a range goes at once, or not at all. So
everything that may refuse is asked before anything changes, the page tables' frames among it.

- A mapping is one node, and one leaf or a few.
- Where a range ends in a mapping that it takes, the mapping is *halved* until it does not, and with it what was mapped
  from it and is as large. A large leaf that is halved is cleared and its block invalidated before smaller ones stand.
- Two halves that show what one mapping would are *joined* where a map or a grant brings them together, if that touches
  no child.

Map and grant cost O(1) for each mapping that they make, and what they replace or take apart; a flush costs what derives
from its range. No cost depends on how many pages a mapping has, but for the leaves of one that no large leaf fits.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from model.ranges.blocks import around, cut, meet, moved, upper
from model.ranges.operation import RangeOperation
from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Kind
from refinement.kernel import operations, primitives
from refinement.kernel.mapping_tree import NONE, ROOTS
from refinement.ranges import sized_tree as trees
from refinement.ranges.steps import SizedSteps


class Piece(NamedTuple):
    """A part of a range that goes from one mapping: its first slot, where that goes, its order."""

    source: int
    target: int
    order: int


class SizedKernel(SizedSteps):
    """A kernel for the ranges of a scope; σ0 holds every frame at first, in mappings as large as they can be.

    The dialect is ``canonical``, in its readings of pages and of ranges.
    """

    def do(self, operation: RangeOperation) -> int:
        """The operation; ``DONE`` or ``REFUSED``."""
        kind, src, order, dst, dst_order, offset, rights, own = operation
        if kind == Kind.FLUSH:
            return self.flush_range(src, order, rights, own=own)
        act = self.map_range if kind == Kind.MAP else self.grant_range
        return act(src, order, dst, dst_order, offset, rights)

    def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        """Map slot src to slot dst, as a range of one page."""
        return self.map_range(src, 0, dst, 0, 0, rights)

    def grant(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
        """Grant slot src to slot dst, as a range of one page."""
        return self.grant_range(src, 0, dst, 0, 0, rights)

    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        """Take rights from whatever was mapped, directly or not, from a slot."""
        return self.flush_range(slot, 0, rights)

    def map_range(self, src: int, order: int, dst: int, dst_order: int, offset: int, rights: int = ALL_RIGHTS) -> int:
        """Map the range at slot src into the window at slot dst, with those rights that its pages have.

        ``DONE``, or ``REFUSED``: a side condition failed or the pool has too few frames, and nothing changed.
        """
        source, target, small = self.windows(src, order, dst, dst_order, offset)
        if not self.clear_target(source, target, small, rights):
            return REFUSED
        for piece in self.pieces(source, target, small, rights):
            node = trees.find(self.sized, piece.source)
            first, passed = trees.frame_at(self.sized, node, piece.source), self.passed_on(node, rights)
            made = self.create_block(node, piece.target, piece.order, first, passed)
            self.show(made)
        return DONE

    def grant_range(self, src: int, order: int, dst: int, dst_order: int, offset: int, rights: int = ALL_RIGHTS) -> int:
        """Grant the range at slot src into the window at slot dst; what was mapped from its pages follows.

        ``DONE``, or ``REFUSED``: a side condition failed or the pool has too few frames, and nothing changed.
        """
        source, target, small = self.windows(src, order, dst, dst_order, offset)
        if not self.clear_target(source, target, small, rights):
            return REFUSED
        for piece in self.pieces(source, target, small, rights):
            self.give_up(self.isolate(piece.source, piece.order), rights)
        for piece in list(self.pieces(source, target, small, rights)):
            node = trees.find(self.sized, piece.source)
            self.move_node(node, piece.target)
            self.show(node)
        return DONE

    def flush_range(self, src: int, order: int, rights: int = ALL_RIGHTS, *, own: bool = False) -> int:
        """Take rights from whatever derives from a page of the range; always ``DONE``.

        :param own: the range's own pages lose them as well.
        """
        end = upper(src, order)
        slot, part = trees.next_part(self.sized, src, end)
        while slot < end:
            if own:
                self.take_block(slot, part, rights)
            else:
                self.flush_part(slot, part, rights)
            slot, part = trees.next_part(self.sized, upper(slot, part), end)
        return DONE

    # What the operations are made of.

    def windows(self, src: int, order: int, dst: int, dst_order: int, offset: int) -> tuple[int, int, int]:
        """The first slot that goes, where it goes, and the order of what goes (L4's windows)."""
        small, large = min(order, dst_order), max(order, dst_order)
        inside = cut(offset, small, large)
        return (src + inside, dst, small) if order > dst_order else (src, dst + inside, small)

    def pieces(self, source: int, target: int, order: int, rights: int) -> Iterator[Piece]:
        """The pieces of a range that have a right to pass on: one for each mapping that the range meets."""
        for slot, part in trees.parts(self.sized, source, order):
            if self.passed_on(trees.find(self.sized, slot), rights) != 0:
                yield Piece(slot, target + slot - source, part)

    def clear_target(self, source: int, target: int, order: int, rights: int) -> bool:
        """Flush the slots to which pages go, with their own pages; False, and no change, if that is refused."""
        pieces = list(self.pieces(source, target, order, rights))
        if self.refuses(pieces):
            return False
        for piece in pieces:
            self.flush_range(piece.target, piece.order, ALL_RIGHTS, own=True)
        return True

    def refuses(self, pieces: Sequence[Piece]) -> bool:
        """Return whether a side condition refuses, or the pool has too few frames. One condition a line."""
        if not pieces or pieces[0].source == pieces[0].target:
            return True
        replaced = [list(trees.parts(self.sized, piece.target, piece.order)) for piece in pieces]
        if any(self.tree.parent[trees.find(self.sized, slot)] == ROOTS for there in replaced for slot, _ in there):
            return True
        if any(self.crosses(pieces, slot, part) for there in replaced for slot, part in there):
            return True
        return self.tables.needs(zip(((p.target, p.order) for p in pieces), replaced, strict=True)) > self.tables.spare

    def crosses(self, pieces: Sequence[Piece], slot: int, order: int) -> bool:
        """Whether a page that goes derives from a page of a block that is replaced, and which one mapping shows."""
        node = trees.find(self.sized, slot)
        first = trees.frame_at(self.sized, node, slot)
        for piece in pieces:
            other = trees.find(self.sized, piece.source)
            shown = trees.frame_at(self.sized, other, piece.source)
            if other != node and meet(shown, piece.order, first, order) and self.is_below(other, node):
                return True
        return False

    def is_below(self, lower: int, upper: int) -> bool:
        """Return whether a node was mapped, directly or not, from another."""
        return operations.is_below(self.tree, lower, upper)

    def isolate(self, slot: int, order: int) -> int:
        """Halve the mapping that shows a block until it shows nothing else; its node."""
        node = trees.find(self.sized, slot)
        while self.sized.order[node] > order:
            self.split(node)
            node = trees.find(self.sized, slot)
        return node

    def split(self, top: int) -> None:
        """Halve a node, after those below it that are as large."""
        order, cursor, leaving = self.sized.order[top], top, False
        while True:
            leaving = leaving or self.sized.order[cursor] < order
            follow, turned = primitives.tour_step(self.tree, cursor, leaving)
            if leaving and self.sized.order[cursor] == order:
                self.divide(cursor)
                if cursor == top:
                    return
            cursor, leaving = follow, turned

    def divide(self, node: int) -> None:
        """Halve a node; what was one leaf becomes a table of leaves first."""
        slot, order = self.tree.slot[node], self.sized.order[node]
        if self.tables.leaf_order(order) == order:
            noted = self.lift_leaf(slot)
            self.invalidate(slot)
            self.divide_leaf(slot, noted)
        self.halve(node)

    def give_up(self, node: int, rights: int) -> None:
        """A node that is granted keeps the rights that go, as does what was mapped from it, and shows nowhere."""
        passed = self.passed_on(node, rights)
        narrower = passed != self.tree.rights[node]
        if narrower:
            self.restrict_below(node, passed)
        self.withdraw(self.tree.slot[node])
        if narrower:
            self.restrict_rights(node, passed)

    def flush_part(self, slot: int, order: int, rights: int) -> None:
        """What derives from a block that one node shows loses the rights; a child that is in it in part is halved."""
        top = trees.find(self.sized, slot)
        first = trees.frame_at(self.sized, top, slot)
        child = self.tree.first_child[top]
        while child != NONE:
            after = self.tree.next_sibling[child]
            shown = self.tree.frame[child]
            if meet(shown, self.sized.order[child], first, order):
                if self.sized.order[child] > order:
                    child = self.isolate(moved(first, shown, self.tree.slot[child]), order)
                self.take_rights(child, rights)
            child = after

    def take_block(self, slot: int, order: int, rights: int) -> None:
        """The pages of a block that one node shows, and what derives from them, lose the rights."""
        self.take_rights(self.isolate(slot, order), rights)

    def take_rights(self, node: int, rights: int) -> None:
        """A node and whatever was mapped from it lose the rights; what has none left goes."""
        kept = self.tree.rights[node] & ~rights
        if kept == 0:
            self.flush_below(node)
            slot = self.tree.slot[node]
            self.withdraw(slot)
            self.remove_leaf(node)
        elif kept != self.tree.rights[node]:
            self.restrict_below(node, kept)
            self.narrow(node, kept)
            self.restrict_rights(node, kept)

    def show(self, node: int) -> None:
        """A new mapping's entries are written, and it is joined with its buddies."""
        slot = self.tree.slot[node]
        if not self.reserve(slot):
            raise RuntimeError("the pool has too few frames for what it was asked to have frames for")
        self.write_entry(slot)
        self.merge(node)

    def merge(self, node: int) -> None:
        """A node is joined with its buddy, and the joined one with its own, as long as there is one."""
        other = self.buddy(node)
        while other != NONE:
            node = self.unite(node, other)
            other = self.buddy(node)

    def buddy(self, node: int) -> int:
        """The node that makes one mapping together with this one, or ``NONE``."""
        return trees.buddy(self.sized, node)

    def unite(self, one: int, other: int) -> int:
        """Join two buddies; if one leaf shows them then, it takes the place of the table of their leaves. The node."""
        order, slots = self.sized.order[one] + 1, (self.tree.slot[one], self.tree.slot[other])
        first = around(self.tree.slot[one], order)
        if self.tables.leaf_order(order) != order:
            return self.join(one, other)
        detached = self.detach_table(first, order)
        for slot in slots:
            self.invalidate(slot)
        node = self.join(one, other)
        self.settle(first, detached)
        return node
