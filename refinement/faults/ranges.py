"""Broken kernels with ranges: each is the kernel with a method or two replaced.

>>> SIZED_FAULTS["offset-in-mapping-lost"].sentence
'A part of a mapping is mapped with the frames that the mapping begins with.'
"""

from collections.abc import Callable
from dataclasses import dataclass

from model.ranges.blocks import meet, moved, upper
from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE, REFUSED
from refinement.kernel.mapping_tree import NONE
from refinement.ranges import sized_tree as trees
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.sized_tables import SizedTables


@dataclass(frozen=True, slots=True)
class SizedFault:
    """A kernel with ranges that is wrong in one way: its name, how, and where such a defect was seen."""

    name: str
    sentence: str
    seen: str
    kernel: type[SizedKernel]


SIZED_FAULTS: dict[str, SizedFault] = {}
"""All of them, by name."""

OWN = "our own"


def _fault(name: str, sentence: str, seen: str = OWN) -> Callable[[type[SizedKernel]], type[SizedKernel]]:
    def enter(kernel: type[SizedKernel]) -> type[SizedKernel]:
        SIZED_FAULTS[name] = SizedFault(name, sentence, seen, kernel)
        return kernel

    return enter


# Taking mappings apart, and putting them together.


@_fault("half-forgets-child", "When a mapping is halved, all children stay with its lower half.")
class _HalfForgetsChild(SizedKernel):
    def halve(self, node: int) -> None:
        t, links, half = self.sized, self.tree, self.sized.order[node] - 1
        slot, frame = links.slot[node] + (1 << half), links.frame[node] + (1 << half)
        t.order[node] = half
        trees.create_block(t, links.parent[node], slot, half, frame, links.rights[node])


@_fault("half-widens", "When a mapping is halved, its upper half gets all rights.")
class _HalfWidens(SizedKernel):
    def halve(self, node: int) -> None:
        super().halve(node)
        upper = self.tree.node_of[self.tree.slot[node] + (1 << self.sized.order[node])]
        self.tree.rights[upper] = ALL_RIGHTS


@_fault("only-top-halved", "A mapping is halved, and what was mapped from it and is as large stays as large.")
class _OnlyTopHalved(SizedKernel):
    def split(self, top: int) -> None:
        self.divide(top)


@_fault("joined-uncontiguous", "Neighbours become one mapping, though their frames are no neighbours.")
class _JoinedUncontiguous(SizedKernel):
    def buddy(self, node: int) -> int:
        links, order = self.tree, self.sized.order[node]
        if order == self.sized.largest:
            return NONE
        other = links.node_of[links.slot[node] ^ 1 << order]
        if other == NONE or self.sized.order[other] != order or links.parent[other] != links.parent[node]:
            return NONE
        childless = NONE in (links.first_child[node], links.first_child[other])
        return other if childless and links.rights[other] == links.rights[node] else NONE


@_fault("joined-over-two-parents", "Neighbours become one mapping, though they were mapped from two.")
class _JoinedOverTwoParents(SizedKernel):
    def buddy(self, node: int) -> int:
        links = self.tree
        alike = [links.parent[node]] * len(links.parent)
        return trees.buddy(self.sized._replace(links=links._replace(parent=alike)), node)


@_fault("order-one-less", "A new mapping is made with an order that is too small by one.")
class _OrderOneLess(SizedKernel):
    def create_block(self, parent: int, slot: int, order: int, first: int, rights: int) -> int:
        return super().create_block(parent, slot, max(0, order - 1), first, rights)


# Flush, map and grant.


def _pieces(kernel: SizedKernel, source: int, order: int, rights: int) -> list[tuple[int, int]]:
    """The parts of a range that go: the first slot and the order of each."""
    end, found = upper(source, order), list[tuple[int, int]]()
    slot, part = kernel.next_piece(source, end, rights)
    while slot < end:
        found.append((slot, part))
        slot, part = kernel.next_piece(upper(slot, part), end, rights)
    return found


@_fault("flush-stops-at-half", "A flush ends when it has halved a child, though others remain.")
class _FlushStopsAtHalf(SizedKernel):
    def flush_part(self, slot: int, order: int, rights: int) -> None:
        top = trees.find(self.sized, slot)
        first = trees.frame_at(self.sized, top, slot)
        child = self.tree.first_child[top]
        while child != NONE:
            after, shown = self.tree.next_sibling[child], self.tree.frame[child]
            if meet(shown, self.sized.order[child], first, order):
                if self.sized.order[child] > order:
                    self.take_rights(self.isolate(self.tree.slot[child] + first - shown, order), rights)
                    return
                self.take_rights(child, rights)
            child = after


@_fault("met-in-part-goes-whole", "A child that a flush meets in part goes whole.", "mung")
class _MetInPartGoesWhole(SizedKernel):
    def flush_part(self, slot: int, order: int, rights: int) -> None:
        top = trees.find(self.sized, slot)
        first = trees.frame_at(self.sized, top, slot)
        child = self.tree.first_child[top]
        while child != NONE:
            after = self.tree.next_sibling[child]
            if meet(self.tree.frame[child], self.sized.order[child], first, order):
                self.take_rights(child, rights)
            child = after


@_fault("replaced-in-part-goes-whole", "A mapping of which a part is replaced goes whole.")
class _ReplacedInPartGoesWhole(SizedKernel):
    def clear_target(self, source: int, target: int, order: int, rights: int) -> None:
        for slot, part in _pieces(self, source, order, rights):
            at = moved(slot, source, target)
            end = upper(at, part)
            while at < end:
                at, some = trees.next_part(self.sized, at, end)
                if at < end:
                    self.take_rights(trees.find(self.sized, at), ALL_RIGHTS)
                    at = upper(at, some)


@_fault("offset-in-mapping-lost", "A part of a mapping is mapped with the frames that the mapping begins with.")
class _OffsetInMappingLost(SizedKernel):
    def create_block(self, parent: int, slot: int, order: int, first: int, rights: int) -> int:
        return super().create_block(parent, slot, order, self.tree.frame[parent], rights)


@_fault("crossing-unasked", "Nobody asks whether a source derives from the destination of another page of the range.")
class _CrossingUnasked(SizedKernel):
    def refuses(self, source: int, target: int, order: int, rights: int) -> bool:
        self._by = target - source
        return super().refuses(source, target, order, rights)

    def crosses(self, slot: int, order: int, source: int, size: int, rights: int) -> bool:
        return super().crosses(slot, order, slot - self._by, order, rights)


@_fault("first-mapping-granted", "Of a range that several mappings show, the first alone is granted.")
class _FirstMappingGranted(SizedKernel):
    def grant_range(self, src: int, order: int, dst: int, dst_order: int, offset: int, rights: int = ALL_RIGHTS) -> int:
        source, target, small = self.windows(src, order, dst, dst_order, offset)
        if self.refuses(source, target, small, rights):
            return REFUSED
        self.clear_target(source, target, small, rights)
        slot, part = _pieces(self, source, small, rights)[0]
        return super().grant_range(slot, part, moved(slot, source, target), part, 0, rights)


@_fault(
    "granted-one-by-one",
    "The mappings of a range are granted one after another, so that a core sees some of them moved and some not.",
)
class _GrantedOneByOne(SizedKernel):
    def grant_range(self, src: int, order: int, dst: int, dst_order: int, offset: int, rights: int = ALL_RIGHTS) -> int:
        source, target, small = self.windows(src, order, dst, dst_order, offset)
        if self.refuses(source, target, small, rights):
            return REFUSED
        for slot, part in _pieces(self, source, small, rights):
            super().grant_range(slot, part, moved(slot, source, target), part, 0, rights)
        return DONE


@_fault("count-not-moved", "Who counts the mappings of each block forgets those that a grant brings.")
class _CountNotMoved(SizedKernel):
    def move_node(self, node: int, slot: int) -> None:
        super().move_node(node, slot)
        trees.count(self.sized, slot, -1)


# Page tables and buffers.


class _Rounding(SizedTables):
    """Tables whose leaves are as large as the next size that a mapping fits into."""

    def level(self, order: int) -> int:
        return min(-(-order // self.format.index_bits), self.format.page_levels - 1)

    def leaves(self, order: int) -> int:
        return 1 << max(0, order - self.leaf_order(order))

    def below(self, order: int) -> int:
        return sum(1 << max(0, order - (level + 1) * self.format.index_bits) for level in range(self.level(order)))


class _Unpromised(SizedTables):
    """Tables that keep no frame for taking large leaves apart."""

    def below(self, order: int) -> int:
        return 0

    def divide(self, slot: int, order: int, frame: int, rights: int, flags: int) -> None:
        super().divide(slot, order, frame, rights, flags)
        self.promised += 1

    def promise(self) -> None:
        pass


class _FirstFrameInAll(SizedTables):
    """Tables that take a large leaf apart into leaves of its first part."""

    def divide(self, slot: int, order: int, frame: int, rights: int, flags: int) -> None:
        super().divide(slot, order, frame, rights, flags)
        level = self.level(order) - 1
        first = self.place(slot, level * self.format.index_bits)
        for leaf in range(self.format.entries):
            self.entries[first + leaf] = self.entries[first]


@_fault("leaf-on-wrong-level", "A mapping between two sizes of pages gets a leaf of the larger one.")
class _LeafOnWrongLevel(SizedKernel):
    page_tables = _Rounding


@_fault("frame-repeated-in-table", "A large page that is taken apart becomes as many small ones of its first frame.")
class _FrameRepeatedInTable(SizedKernel):
    page_tables = _FirstFrameInAll


@_fault(
    "no-frame-to-take-apart",
    "No frame is kept for taking a large page apart, so that a flush finds none.",
)
class _NoFrameToTakeApart(SizedKernel):
    page_tables = _Unpromised


@_fault("part-granted-leaf-stays", "Who grants a part of a large page keeps the leaf of that part.")
class _PartGrantedLeafStays(SizedKernel):
    halved = False

    def divide_leaf(self, slot: int, noted: int) -> None:
        super().divide_leaf(slot, noted)
        self.halved = True

    def withdraw_pieces(self, source: int, order: int, rights: int) -> None:
        node = trees.find(self.sized, source)
        shown, granted = self.first_frame + self.tree.frame[node], self.tree.rights[node]
        super().withdraw_pieces(source, order, rights)
        if self.halved and len(self.tables.path(source)) == self.format.levels - self.tables.level(order):
            self.tables.write(source, shown, granted, order)
        self.halved = False


@_fault("first-leaf-cleared", "Of a mapping that several leaves show, the first alone is cleared.")
class _FirstLeafCleared(SizedKernel):
    def clear_entry(self, slot: int) -> None:
        self.tables.entries[self.tables.place(slot, self.order_at(slot))] = 0


@_fault("first-leaf-invalidated", "Of a mapping that several leaves show, the first alone is invalidated.", "Hafnium")
class _FirstLeafInvalidated(SizedKernel):
    def invalidate(self, slot: int) -> None:
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            for core in self.cores:
                core.tlb.invalidate_page(self.tables.address(slot), tag)


@_fault("one-size-invalidated", "What is invalidated are large pages, though small ones stood there until now.")
class _OneSizeInvalidated(SizedKernel):
    def unite(self, one: int, other: int) -> int:
        order, slots = self.sized.order[one] + 1, (self.tree.slot[one], self.tree.slot[other])
        if self.tables.leaf_order(order) != order:
            return self.join(one, other)
        detached, node = self.detach_table(min(slots), order), self.join(one, other)
        self.invalidate(min(slots))
        self.settle(min(slots), detached)
        return node


@_fault("halves-while-cached", "Small leaves take the place of a large one while buffers still hold it.")
class _HalvesWhileCached(SizedKernel):
    def divide(self, node: int) -> None:
        slot, order = self.tree.slot[node], self.sized.order[node]
        if self.tables.leaf_order(order) == order:
            self.divide_leaf(slot, self.lift_leaf(slot))
        self.halve(node)
