"""The mapping tree with sizes: a node stands for a mapping of 2^order pages, aligned in its space and in its frames.

A node of :class:`~refinement.kernel.mapping_tree.MappingTree` has the mapping's first slot and first frame; beside it
stands its order. A child's frames lie in its parent's, and a page of the child derives from the page of the parent that
shows the same frame: so no offset is kept, and a child need not be touched when its parent moves.

``node_of`` names a node at its first slot alone. So to make, move or remove a node costs the same for every order, and
to find the node of a slot takes one look for each order. ``begins[k][b]`` counts the nodes that begin in the block of
order k at slot b, so that what is empty is passed over in few steps.

All change of the links goes through :mod:`refinement.kernel.primitives`.
"""

from typing import NamedTuple

import numpy as np

from model.ranges.blocks import around, buddy_of, has, is_block, low, moved, upper
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS
from model.spaces.literal import NIL, Spaces, frame
from refinement.kernel.mapping_tree import NONE, ROOTS, Column, MappingTree, empty, mappings, on_lists
from refinement.kernel.primitives import (
    create_leaf,
    link_leaf,
    move_node,
    remove_leaf,
    restrict_rights,
    tour_step,
    unlink_leaf,
)


class SizedTree(NamedTuple):
    """The links of all nodes, the order of each, and how many begin in each block of each order from 1 on."""

    links: MappingTree
    order: Column
    begins: tuple[Column, ...]

    @property
    def largest(self) -> int:
        """The largest order of a node."""
        return len(self.begins)


def blank(scope: RangeScope) -> SizedTree:
    """Nothing is mapped; there is room for a node a slot.

    :raises ValueError: a space ends within a largest mapping: blocks of slots would not be blocks of pages.
    """
    if scope.pages & low(scope.sizes[-1]):
        raise ValueError(
            f"a space of {scope.pages} pages is no row of mappings of order {scope.sizes[-1]}: "
            f"give a multiple of {1 << scope.sizes[-1]}"
        )
    columns: list[Column] = [[0] * scope.slots for _ in range(scope.sizes[-1])]
    links = on_lists(empty(scope.slots, scope.slots))
    return SizedTree(links, [0] * len(links.parent), tuple(columns))


def fitting(at: int, end: int, largest: int) -> int:
    """The order of the largest block that begins at a page and ends before another, behind it.

    >>> fitting(4, 7, 3), fitting(6, 7, 3)
    (1, 0)
    """
    order = largest
    while not is_block(at, order) or end < upper(at, order):
        order -= 1
    return order


def initial(scope: RangeScope) -> SizedTree:
    """σ0 holds frame v in its page v, in nodes as large as they can be; there is room for a node a slot.

    >>> tree = initial(RangeScope(spaces=2, pages=4, frames=3, orders=0b11))
    >>> [(tree.links.slot[node], tree.order[node]) for node in mappings(tree.links)]
    [(0, 1), (2, 0)]
    """
    tree = blank(scope)
    at = 0
    while at < scope.frames:
        order = fitting(at, scope.frames, tree.largest)
        create_block(tree, ROOTS, at, order, at, ALL_RIGHTS)
        at = upper(at, order)
    return tree


def find(t: SizedTree, slot: int) -> int:
    """The node that shows the slot, or ``NONE``; one look for each order."""
    for order in range(t.largest + 1):
        node = t.links.node_of[around(slot, order)]
        if node != NONE and t.order[node] >= order:
            return node
    return NONE


def frame_at(t: SizedTree, node: int, slot: int) -> int:
    """The frame that a node shows at a slot of its own."""
    shown: int = moved(slot, t.links.slot[node], t.links.frame[node])
    return shown


def past(t: SizedTree, slot: int, end: int) -> int:
    """Where to go on from a slot that no node shows: behind the largest block from there on in which none begins."""
    order = 0
    while order < t.largest:
        wider = order + 1
        if not is_block(slot, wider) or end < upper(slot, wider) or t.begins[order][slot] != 0:
            break
        order = wider
    behind: int = upper(slot, order)
    return behind


def next_part(t: SizedTree, start: int, end: int) -> tuple[int, int]:
    """The first block from a slot on that one node shows, the largest that ends in time: its first slot and its order.

    If no slot before the end is shown, the end and 0.
    """
    while start < end:
        node = find(t, start)
        if node != NONE:
            return start, fitting(start, end, t.order[node])
        start = past(t, start, end)
    return end, 0


def count(t: SizedTree, slot: int, by: int) -> None:
    """So many more nodes begin at the slot."""
    for order in range(1, t.largest + 1):
        t.begins[order - 1][around(slot, order)] += by


def create_block(t: SizedTree, parent: int, slot: int, order: int, first: int, rights: int) -> int:
    """A node below the parent for 2^order pages from the slot on, which show the frames from ``first`` on; the node."""
    node = create_leaf(t.links, parent, slot, first, rights)
    t.order[node] = order
    count(t, slot, 1)
    return node


def move_block(t: SizedTree, node: int, slot: int) -> None:
    """The node stands for as many pages elsewhere; its children follow without being touched."""
    count(t, t.links.slot[node], -1)
    move_node(t.links, node, slot)
    count(t, slot, 1)


def drop_block(t: SizedTree, node: int) -> None:
    """The node, which has no child, stands for nothing any more and is free."""
    count(t, t.links.slot[node], -1)
    remove_leaf(t.links, node)


def narrow_block(t: SizedTree, node: int, kept: int) -> None:
    """The node keeps only those of its rights: some of them, and all that what is below it has."""
    restrict_rights(t.links, node, kept)


def flush_step(t: SizedTree, cursor: int) -> int:
    """Go on to the first child; if there is none, drop the node and go back to its parent; the next cursor."""
    child = t.links.first_child[cursor]
    if child != NONE:
        return child
    parent = t.links.parent[cursor]
    drop_block(t, cursor)
    return parent


def restrict_step(t: SizedTree, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
    """A step of a walk that takes all other rights from the nodes that it leaves; what has none left goes."""
    follow, turned = tour_step(t.links, cursor, leaving)
    if leaving:
        if t.links.rights[cursor] & kept == 0:
            drop_block(t, cursor)
        else:
            narrow_block(t, cursor, kept)
    return follow, turned


def halve(t: SizedTree, node: int) -> None:
    """The upper half of a node, none of whose children is as large as itself, becomes a node at its side."""
    links, half = t.links, t.order[node] - 1
    first = upper(links.frame[node], half)
    t.order[node] = half
    other = create_block(t, links.parent[node], upper(links.slot[node], half), half, first, links.rights[node])
    child = links.first_child[node]
    while child != NONE:
        after = links.next_sibling[child]
        if has(first, half, links.frame[child]):
            unlink_leaf(links, child)
            link_leaf(links, other, child)
        child = after


def buddy(t: SizedTree, node: int) -> int:
    """The node that makes one mapping together with this one, or ``NONE``.

    It is the other half of a block of pages and of the same block of frames, has the same parent and the same rights,
    and one of the two has no child: then joining them touches no child.
    """
    links, order, slot = t.links, t.order[node], t.links.slot[node]
    if order == t.largest:
        return NONE
    other = links.node_of[buddy_of(slot, order)]
    if other == NONE:
        return NONE
    if t.order[other] != order:
        return NONE
    if links.parent[other] != links.parent[node]:
        return NONE
    if links.rights[other] != links.rights[node]:
        return NONE
    if links.first_child[node] != NONE and links.first_child[other] != NONE:
        return NONE
    if links.frame[other] != buddy_of(links.frame[node], order):
        return NONE
    lower = node if is_block(slot, order + 1) else other
    return other if is_block(links.frame[lower], order + 1) else NONE


def join(t: SizedTree, one: int, other: int) -> int:
    """Two nodes that are buddies become one; the node."""
    links, wider = t.links, t.order[one] + 1
    first, slot = around(links.frame[one], wider), around(links.slot[one], wider)
    kept, gone = one, other
    if links.first_child[other] != NONE:
        kept, gone = other, one
    drop_block(t, gone)
    if links.slot[kept] != slot:
        move_block(t, kept, slot)
    links.frame[kept] = first
    t.order[kept] = wider
    return kept


def abstraction(t: SizedTree) -> Spaces:
    """The address spaces that a tree stands for, page by page: σ, P and the rights.

    >>> abstraction(initial(RangeScope(2, 2, 2, 0b11))).sigma.tolist()
    [-2, -3, -1, -1]
    """
    links, slots = t.links, len(t.links.node_of)
    spaces = Spaces(np.full(slots, NIL, np.int64), np.full(slots, NIL, np.int64), np.zeros(slots, np.int64))
    for node in mappings(links):
        parent = links.parent[node]
        for page in range(1 << t.order[node]):
            slot, shown = links.slot[node] + page, links.frame[node] + page
            above = frame(shown) if parent == ROOTS else links.slot[parent] + shown - links.frame[parent]
            spaces.sigma[slot], spaces.phys[slot], spaces.rights[slot] = above, shown, links.rights[node]
    return spaces
