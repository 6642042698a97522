"""The primitive steps: all change of a mapping tree goes through these, and none of them loops.

They are written so that one source runs on lists, on numpy arrays, compiled, and on array terms of a solver: reading
and writing by index, comparing in an ``if``, ``&`` on rights, and calls of one another; nothing else.

What every step from :func:`create_leaf` on preserves, for all nodes n, m and slots s (n *is live* if slot[n] is not
``NONE``, *free* if its parent is ``FREE``; NONE = -1, FREE = 0, ROOTS = 1):

==================  ================================================================================================
first-child         first_child[n] = m ≠ NONE: parent[m] = n and prev_sibling[m] = NONE
next-sibling        next_sibling[n] = m ≠ NONE: prev_sibling[m] = n and parent[m] = parent[n]
prev-sibling        prev_sibling[n] = m ≠ NONE: next_sibling[m] = n and parent[m] = parent[n]
first-of-parent     parent[n] ≠ NONE and prev_sibling[n] = NONE: first_child[parent[n]] = n
no-child            first_child[n] = NONE: no m has parent[m] = n
in-one-list         parent[n] = NONE, and slot[n] = NONE, for n = FREE and n = ROOTS; every other n has a parent
alone               FREE and ROOTS have no sibling
live-or-free        every other n is either live or free; the parent of a live n is ROOTS or live
free                a free n: first_child[n] = NONE
blank               a free n: frame[n] = NONE and rights[n] = 0
no-cycle            following parent from any n ends at FREE or ROOTS
slot-node           n is live: node_of[slot[n]] = n; node_of[s] = n ≠ NONE: slot[n] = s
same-frame          n and parent[n] are live: frame[n] = frame[parent[n]]
fewer-rights        n and parent[n] are live: rights[n] ⊆ rights[parent[n]] (B.rights)
some-right          n is live: rights[n] ≠ 0
==================  ================================================================================================

*no-child* and *no-cycle* are not inductive over the arrays alone. Two ghosts make them so: an order on siblings (n
before m with the same parent: next_sibling[n] ≠ NONE and is not after m; prev_sibling[m] ≠ NONE and is not before n)
and the transitive closure of parent. :func:`link_leaf` puts its node before all siblings; no step reorders.
"""

from refinement.kernel.mapping_tree import FREE, NONE, MappingTree


def link_leaf(t: MappingTree, parent: int, node: int) -> None:
    """The node, which is in no list and has no child, becomes the first child of the parent."""
    first = t.first_child[parent]
    t.parent[node] = parent
    t.prev_sibling[node] = NONE
    t.next_sibling[node] = first
    if first != NONE:
        t.prev_sibling[first] = node
    t.first_child[parent] = node


def unlink_leaf(t: MappingTree, node: int) -> None:
    """The node, which has a parent and no child, leaves its parent's list and is in none."""
    parent = t.parent[node]
    before = t.prev_sibling[node]
    after = t.next_sibling[node]
    if before != NONE:
        t.next_sibling[before] = after
    else:
        t.first_child[parent] = after
    if after != NONE:
        t.prev_sibling[after] = before
    t.parent[node] = NONE
    t.prev_sibling[node] = NONE
    t.next_sibling[node] = NONE


def create_leaf(t: MappingTree, parent: int, slot: int, frame: int, rights: int) -> int:
    """A free node becomes a child of the parent and stands for the slot (A.tree.map); the node.

    There is a free node; the parent is live, or ``ROOTS``; node_of[slot] = NONE; frame is the parent's, and rights
    are some of the parent's, if it is live. The theory's step: slot derives from the parent's slot and from what that
    derives from; phys(slot, frame); right(slot, rights).
    """
    node = t.first_child[FREE]
    unlink_leaf(t, node)
    t.slot[node] = slot
    t.frame[node] = frame
    t.rights[node] = rights
    t.node_of[slot] = node
    link_leaf(t, parent, node)
    return node


def remove_leaf(t: MappingTree, node: int) -> None:
    """The node stands for nothing any more and is free (one node of A.tree.flush).

    The node is live and has no child. The theory's step: its slot becomes nil.
    """
    t.node_of[t.slot[node]] = NONE
    t.slot[node] = NONE
    t.frame[node] = NONE
    t.rights[node] = 0
    unlink_leaf(t, node)
    link_leaf(t, FREE, node)


def move_node(t: MappingTree, node: int, slot: int) -> None:
    """The node stands for another slot (A.tree.grant: the values stored in the node are replaced).

    The node is live; node_of[slot] = NONE. Its children follow without being touched, since they name the node and
    not the slot. The theory's step: slot takes the place of the node's old slot in every relation.
    """
    t.node_of[t.slot[node]] = NONE
    t.slot[node] = slot
    t.node_of[slot] = node


def restrict_rights(t: MappingTree, node: int, kept: int) -> None:
    """The node keeps only those of its rights (B.rights).

    The node is live, some of the rights are its own, and no child has a right outside ``kept``.
    """
    t.rights[node] = t.rights[node] & kept


def flush_step(t: MappingTree, top: int, cursor: int) -> int:
    """One step of removing whatever was mapped, directly or not, from the node ``top``; the next cursor.

    Goes to the first child if there is one, and otherwise removes the leaf where it stands and goes to its parent.
    At first the cursor is ``top``, and the loop runs while ``top`` has a child. Preserved: the cursor is ``top`` or
    below it. At the end: ``top`` has no child, so by *no-child* nothing is below it. Decreases: twice the number of
    nodes below ``top``, minus the distance from ``top`` to the cursor. A cursor that is ``top`` has a child, so that
    ``top`` itself is never removed; it is named for the statement of these, and not read.
    """
    child = t.first_child[cursor]
    if child != NONE:
        return child
    parent = t.parent[cursor]
    remove_leaf(t, cursor)
    return parent


def tour_step(t: MappingTree, cursor: int, leaving: bool) -> tuple[int, bool]:
    """One step round a subtree, without a stack: each node is entered, then its children, then it is left.

    From (top, False) to (top, True) it takes one step fewer than twice the number of nodes, ``top`` among them.
    """
    if not leaving:
        child = t.first_child[cursor]
        if child != NONE:
            return child, False
        return cursor, True
    after = t.next_sibling[cursor]
    if after != NONE:
        return after, False
    return t.parent[cursor], True


def restrict_step(t: MappingTree, cursor: int, leaving: bool, kept: int) -> tuple[int, bool]:
    """One step of :func:`tour_step` that takes rights from the nodes as it leaves them; what has none left goes.

    At first the cursor is the first child of some node ``top``, entered, and the loop runs while the cursor is not
    ``top``. Preserved: the cursor is ``top`` or below it; a node left behind (one before, in the order of siblings,
    the cursor or a node that the cursor is below; and every child of the cursor when that is being left) has no right
    outside ``kept``. By *fewer-rights* neither has anything below such a node. A node left without rights has no
    child: its children would have none either, against *some-right*. At the end the children of ``top``, and with
    them all nodes below it, have no right outside ``kept``.
    """
    follow, turned = tour_step(t, cursor, leaving)
    if leaving:
        if t.rights[cursor] & kept == 0:
            remove_leaf(t, cursor)
        else:
            restrict_rights(t, cursor, kept)
    return follow, turned
