"""Broken functions on the mapping tree: each takes the place of the one of that name, wherever that is called.

>>> FUNCTIONS["remove-leaf-leaks"].sentence
'A node that is removed is not put into the list of free ones.'
"""

from collections.abc import Iterator

from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import DONE, REFUSED
from refinement.faults import fields, walks
from refinement.faults.base import BrokenFunction, Function
from refinement.kernel.mapping_tree import FREE, NONE, MappingTree
from refinement.kernel.operations import flush_below, is_below, is_emptied, is_refused, restrict_below
from refinement.kernel.primitives import create_leaf, link_leaf, move_node, remove_leaf, restrict_rights, unlink_leaf

# Primitives.


def _create_still_free(t: MappingTree, parent: int, slot: int, frame: int, rights: int) -> int:
    node = t.first_child[FREE]
    t.slot[node], t.frame[node], t.rights[node] = slot, frame, rights
    t.node_of[slot] = node
    link_leaf(t, parent, node)
    return node


def _create_unlinked(t: MappingTree, parent: int, slot: int, frame: int, rights: int) -> int:
    node = t.first_child[FREE]
    unlink_leaf(t, node)
    t.slot[node], t.frame[node], t.rights[node] = slot, frame, rights
    t.node_of[slot] = node
    return node


def _create_below_free(t: MappingTree, parent: int, slot: int, frame: int, rights: int) -> int:
    node = t.first_child[FREE]
    after = t.next_sibling[node]
    unlink_leaf(t, node)
    t.slot[node], t.frame[node], t.rights[node] = slot, frame, rights
    t.node_of[slot] = node
    link_leaf(t, parent if after == NONE else after, node)
    return node


def _unlink_into_child(t: MappingTree, node: int) -> None:
    parent, before, after = t.parent[node], t.prev_sibling[node], t.next_sibling[node]
    if before != NONE:
        t.first_child[before] = after
    else:
        t.first_child[parent] = after
    if after != NONE:
        t.prev_sibling[after] = before
    t.parent[node] = t.prev_sibling[node] = t.next_sibling[node] = NONE


def _unlink_reads_later(t: MappingTree, node: int) -> None:
    before, after = t.prev_sibling[node], t.next_sibling[node]
    t.parent[node] = t.prev_sibling[node] = t.next_sibling[node] = NONE
    if before != NONE:
        t.next_sibling[before] = after
    else:
        t.first_child[t.parent[node]] = after
    if after != NONE:
        t.prev_sibling[after] = before


def _remove_leaks(t: MappingTree, node: int) -> None:
    t.node_of[t.slot[node]] = NONE
    t.slot[node], t.frame[node], t.rights[node] = NONE, NONE, 0
    unlink_leaf(t, node)


def _remove_erases_parent(t: MappingTree, node: int) -> None:
    parent = t.parent[node]
    t.frame[parent], t.rights[parent] = NONE, 0
    t.node_of[t.slot[node]] = NONE
    t.slot[node] = NONE
    unlink_leaf(t, node)
    link_leaf(t, FREE, node)


def _move_reads_later(t: MappingTree, node: int, slot: int) -> None:
    t.slot[node] = NONE
    t.node_of[t.slot[node]] = NONE
    t.slot[node] = slot
    t.node_of[slot] = node


def _move_unnamed(t: MappingTree, node: int, slot: int) -> None:
    t.node_of[t.slot[node]] = NONE
    t.slot[node] = slot


# Operations.


def _refuses_less(t: MappingTree, src: int, dst: int, rights: int, d: Readings) -> bool:
    source, target = t.node_of[src], t.node_of[dst]
    if src == dst or t.rights[source] & rights == 0:
        return True
    return target != NONE and is_below(t, source, target)


def _refuses_occupied(t: MappingTree, src: int, dst: int, rights: int, d: Readings) -> bool:
    return t.node_of[src] == NONE or t.node_of[dst] != NONE or src == dst or t.rights[t.node_of[src]] & rights == 0


def _map_widens(t: MappingTree, src: int, dst: int, rights: int, d: Readings) -> int:
    if is_refused(t, src, dst, rights, d):
        return REFUSED
    target = t.node_of[dst]
    if target != NONE:
        remove_leaf(t, target)
    elif t.first_child[FREE] == NONE:
        return REFUSED
    source = t.node_of[src]
    create_leaf(t, source, dst, t.frame[source], rights)
    return DONE


def _grant_children_keep(t: MappingTree, src: int, dst: int, rights: int, d: Readings) -> int:
    if is_refused(t, src, dst, rights, d):
        return REFUSED
    target = t.node_of[dst]
    if target != NONE:
        emptied = is_emptied(t, src, dst)
        flush_below(t, target)
        remove_leaf(t, target)
        if emptied:
            return DONE
    source = t.node_of[src]
    restrict_rights(t, source, rights)
    move_node(t, source, dst)
    return DONE


def _flush_of_nothing(t: MappingTree, src: int, rights: int, d: Readings) -> int:
    return DONE


def _flush_asks_for_children(t: MappingTree, src: int, rights: int, d: Readings) -> int:
    top = t.node_of[src]
    if t.first_child[top] != NONE:
        flush_below(t, top)
    return DONE


def _flush_of_nil(t: MappingTree, src: int, rights: int, d: Readings) -> int:
    top = t.node_of[src]
    if rights == ALL_RIGHTS:
        flush_below(t, top)
    else:
        restrict_below(t, top, ALL_RIGHTS & ~rights)
    return DONE


_WRITTEN: tuple[tuple[str, str, Function, str], ...] = (
    (
        "create-leaf-still-free",
        "create_leaf",
        _create_still_free,
        "A new node is not taken out of the list of free ones.",
    ),
    ("create-leaf-unlinked", "create_leaf", _create_unlinked, "A new node is linked below nothing."),
    ("create-leaf-below-free", "create_leaf", _create_below_free, "A new node is linked below the next free node."),
    (
        "unlink-leaf-into-child",
        "unlink_leaf",
        _unlink_into_child,
        "What comes after the node is entered as the first child of what comes before it.",
    ),
    (
        "unlink-leaf-reads-later",
        "unlink_leaf",
        _unlink_reads_later,
        "The parent of a node is read only when it is erased.",
    ),
    (
        "remove-leaf-leaks",
        "remove_leaf",
        _remove_leaks,
        "A node that is removed is not put into the list of free ones.",
    ),
    (
        "remove-leaf-erases-parent",
        "remove_leaf",
        _remove_erases_parent,
        "Of a node that is removed, the frame and the rights of its parent are erased.",
    ),
    (
        "move-node-reads-later",
        "move_node",
        _move_reads_later,
        "The old slot of a node is read only when the new one is written.",
    ),
    ("move-node-unnamed", "move_node", _move_unnamed, "The new slot of a node that is moved does not name it."),
    ("nil-passed-on", "is_refused", _refuses_less, "A page that is nil is taken for one that can be passed on."),
    ("occupied-refused-on-tree", "is_refused", _refuses_occupied, "A destination in use is refused."),
    ("flush-of-nothing", "flush", _flush_of_nothing, "A flush does nothing."),
    (
        "flush-asks-for-children",
        "flush",
        _flush_asks_for_children,
        "A flush asks whether the page has children before it asks whether it is nil.",
    ),
    (
        "map-widens-on-tree",
        "map_",
        _map_widens,
        "A map gives the rights asked for, and of what the destination had before nothing is flushed.",
    ),
    (
        "grant-children-keep-on-tree",
        "grant",
        _grant_children_keep,
        "A grant takes rights from the page and leaves them to what was mapped from it.",
    ),
    ("flush-of-nil", "flush", _flush_of_nil, "A flush does not ask whether the page is nil."),
)


def _functions() -> Iterator[BrokenFunction]:
    yield from fields.functions()
    for name, of, function, sentence in _WRITTEN:
        yield BrokenFunction(name, sentence, of, function)
    yield from walks.functions()


FUNCTIONS: dict[str, BrokenFunction] = {each.name: each for each in _functions()}
"""Every broken function on the tree, by name."""
