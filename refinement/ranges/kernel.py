"""The kernel with ranges: grant, map and flush of 2^k pages on trees with sizes and tables with large leaves.

It is a :class:`~refinement.kernel.kernel.Kernel`, whose operations on a page are those on a range of order 0, and it
does what the canonical readings of ranges say (:mod:`model.ranges.readings`): a range goes at once, or not at all. So
everything that may refuse is asked before anything changes, the page tables' frames among it.

- A mapping is one node, and one leaf or a few.
- Where a range ends in a mapping that it takes, the mapping is *halved* until it does not, and with it what was mapped
  from it and is as large. A large leaf that is halved is cleared and its block invalidated before smaller ones stand.
- Two halves that show what one mapping would are *joined* where a map or a grant brings them together, if that touches
  no child.

Map and grant cost O(1) for each mapping that they make, and for each in the range or the window, and what they replace
or take apart; a flush costs what derives from its range. No cost depends on how many pages a mapping has, but for the
leaves of one that no large leaf fits.
"""

from model.ranges.blocks import around, cut, meet, moved, upper
from model.ranges.operation import RangeOperation
from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Kind
from refinement.kernel import operations, primitives
from refinement.kernel.mapping_tree import NONE, ROOTS
from refinement.ranges import sized_tree as trees
from refinement.ranges.steps import SizedSteps


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
        if self.refuses(source, target, small, rights):
            return REFUSED
        self.clear_target(source, target, small, rights)
        self.map_pieces(source, target, small, rights)
        self.merge_pieces(target, small)
        return DONE

    def grant_range(self, src: int, order: int, dst: int, dst_order: int, offset: int, rights: int = ALL_RIGHTS) -> int:
        """Grant the range at slot src into the window at slot dst; what was mapped from its pages follows.

        ``DONE``, or ``REFUSED``: a side condition failed or the pool has too few frames, and nothing changed.
        """
        source, target, small = self.windows(src, order, dst, dst_order, offset)
        if self.refuses(source, target, small, rights):
            return REFUSED
        self.clear_target(source, target, small, rights)
        self.restrict_pieces(source, small, rights)
        self.isolate_range(source, small)
        self.withdraw_pieces(source, small, rights)
        self.move_pieces(source, target, small, rights)
        self.merge_pieces(target, small)
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
        if order > dst_order:
            return src + cut(offset, dst_order, order), dst, dst_order
        return src, dst + cut(offset, order, dst_order), order

    def next_piece(self, start: int, end: int, rights: int) -> tuple[int, int]:
        """The first part from a slot on that has a right to pass on: its first slot and its order; or the end and 0."""
        slot, order = trees.next_part(self.sized, start, end)
        while slot < end:
            if self.passed_on(trees.find(self.sized, slot), rights) != 0:
                return slot, order
            slot, order = trees.next_part(self.sized, upper(slot, order), end)
        return end, 0

    def refuses(self, source: int, target: int, order: int, rights: int) -> bool:
        """Return whether a side condition refuses, or the pool has too few frames; nothing changes."""
        end = upper(source, order)
        slot, part = self.next_piece(source, end, rights)
        if source == target or not slot < end:
            return True
        while slot < end:
            if self.must_stay(moved(slot, source, target), part, source, order, rights):
                return True
            slot, part = self.next_piece(upper(slot, part), end, rights)
        return not self.has_frames(source, target, order, rights)

    def must_stay(self, slot: int, order: int, source: int, size: int, rights: int) -> bool:
        """Whether a block may not be replaced: σ0 holds a page of it, or one that goes derives from a page of it.

        :param source: the range that goes, of order ``size``.
        """
        end = upper(slot, order)
        at, part = trees.next_part(self.sized, slot, end)
        while at < end:
            if self.is_held(at) or self.crosses(at, part, source, size, rights):
                return True
            at, part = trees.next_part(self.sized, upper(at, part), end)
        return False

    def is_held(self, slot: int) -> bool:
        """Whether σ0 holds the mapping that has the slot."""
        return self.tree.parent[trees.find(self.sized, slot)] == ROOTS

    def crosses(self, slot: int, order: int, source: int, size: int, rights: int) -> bool:
        """Whether a page of a range that goes derives from a page of a block that one node shows."""
        end = upper(source, size)
        at, part = self.next_piece(source, end, rights)
        while at < end:
            if self.derives_from(at, part, slot, order):
                return True
            at, part = self.next_piece(upper(at, part), end, rights)
        return False

    def derives_from(self, slot: int, order: int, source: int, size: int) -> bool:
        """Whether a page of a block derives from a page of another; one node shows each."""
        node, other = trees.find(self.sized, slot), trees.find(self.sized, source)
        if node == other:
            return False
        first, shown = trees.frame_at(self.sized, node, slot), trees.frame_at(self.sized, other, source)
        if not meet(first, order, shown, size):
            return False
        return self.is_below(node, other)

    def has_frames(self, source: int, target: int, order: int, rights: int) -> bool:
        """Whether the pool has frames for the tables of all pages that go; nothing changes."""
        end, needed, last = upper(source, order), 0, NONE
        slot, part = self.next_piece(source, end, rights)
        while slot < end:
            to = moved(slot, source, target)
            needed += self.lacks(to, part, last)
            last = to
            slot, part = self.next_piece(upper(slot, part), end, rights)
        return needed <= self.tables.spare

    def lacks(self, slot: int, order: int, last: int) -> int:
        """How many tables a block needs that are neither there nor promised; those of the page ``last`` not again.

        :param last: a page before the block, of which the tables were counted, or ``NONE``.
        """
        node = trees.find(self.sized, slot)
        if node != NONE and self.sized.order[node] >= order:
            return 0
        end, inside, before = upper(slot, order), 0, NONE
        at, part = trees.next_part(self.sized, slot, end)
        while at < end:
            inside += self.tables.inside(at, part, order, before)
            before = at
            at, part = trees.next_part(self.sized, upper(at, part), end)
        return self.tables.above(slot, order, last) + self.tables.below(order) - inside

    def clear_target(self, source: int, target: int, order: int, rights: int) -> None:
        """Flush the slots to which pages go, with their own pages."""
        end = upper(source, order)
        slot, part = self.next_piece(source, end, rights)
        while slot < end:
            self.flush_range(moved(slot, source, target), part, ALL_RIGHTS, own=True)
            slot, part = self.next_piece(upper(slot, part), end, rights)

    def map_pieces(self, source: int, target: int, order: int, rights: int) -> None:
        """Map the pages of a range that go to slots that show nothing."""
        end = upper(source, order)
        slot, part = self.next_piece(source, end, rights)
        while slot < end:
            self.map_piece(slot, part, moved(slot, source, target), rights)
            slot, part = self.next_piece(upper(slot, part), end, rights)

    def map_piece(self, slot: int, order: int, target: int, rights: int) -> None:
        """Map a block that one node shows to slots that show nothing."""
        node = trees.find(self.sized, slot)
        first, passed = trees.frame_at(self.sized, node, slot), self.passed_on(node, rights)
        made = self.create_block(node, target, order, first, passed)
        self.show(made)

    def restrict_pieces(self, source: int, order: int, rights: int) -> None:
        """The pages of a range that go keep the rights that go, as does what was mapped from them."""
        end = upper(source, order)
        slot, part = self.next_piece(source, end, rights)
        while slot < end:
            self.take_block(slot, part, ALL_RIGHTS & ~rights)
            slot, part = self.next_piece(upper(slot, part), end, rights)

    def isolate_range(self, source: int, order: int) -> None:
        """Halve the mapping that shows a range until it shows nothing else, if one shows it."""
        node = trees.find(self.sized, source)
        if node != NONE and self.sized.order[node] > order:
            self.isolate(source, order)

    def next_mapping(self, start: int, end: int, rights: int) -> tuple[int, int]:
        """The first mapping from a slot on that has a right to pass on: its first slot and its order; or the end and 0.

        No mapping begins before the slot and ends behind it, or behind the end.
        """
        slot, _ = self.next_piece(start, end, rights)
        if slot < end:
            node = trees.find(self.sized, slot)
            return self.tree.slot[node], self.sized.order[node]
        return end, 0

    def withdraw_pieces(self, source: int, order: int, rights: int) -> None:
        """The entries of the mappings of a range that go are cleared, and their translations gone."""
        end = upper(source, order)
        slot, part = self.next_mapping(source, end, rights)
        while slot < end:
            self.withdraw(slot)
            slot, part = self.next_mapping(upper(slot, part), end, rights)

    def move_pieces(self, source: int, target: int, order: int, rights: int) -> None:
        """Move the mappings of a range that go, whose entries are cleared, to slots that show nothing."""
        end = upper(source, order)
        slot, part = self.next_mapping(source, end, rights)
        while slot < end:
            self.move_piece(slot, part, moved(slot, source, target))
            slot, part = self.next_mapping(upper(slot, part), end, rights)

    def move_piece(self, slot: int, order: int, target: int) -> None:
        """Move the mapping that is a block, whose entries are cleared, to slots that show nothing."""
        node = trees.find(self.sized, slot)
        self.move_node(node, target)
        self.show(node)

    def merge_pieces(self, target: int, order: int) -> None:
        """The mappings that show a page of a range are joined with their buddies."""
        end = upper(target, order)
        slot, part = trees.next_part(self.sized, target, end)
        while slot < end:
            self.merge(trees.find(self.sized, slot))
            slot, part = trees.next_part(self.sized, upper(slot, part), end)

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
        """The entries are written of a mapping that has none, in tables that are there."""
        slot = self.tree.slot[node]
        self.provide(slot)
        self.write_entry(slot)

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
