"""Grant, map and flush on the mapping tree alone: Appendix A's recommended implementation (A.tree, C5, C12).

Everything is made of the primitive steps; the only loops are :func:`flush_below`, :func:`restrict_below` and
:func:`is_below`. Map and grant cost O(1) plus the size of what they replace, flush costs O(subtree): a node is found
by its slot in one step, and neither σ(v) is evaluated nor a depth counted.

The functions are plain Python on a :class:`~refinement.kernel.mapping_tree.MappingTree`;
:mod:`refinement.kernel.compiled` compiles
these same functions. :class:`refinement.kernel.kernel.Kernel` does the same with page tables and processors beside it.
"""

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Ancestor, FrameHolder, Readings
from model.spaces.literal import DONE, REFUSED
from refinement.kernel.mapping_tree import FREE, NONE, ROOTS, MappingTree, empty
from refinement.kernel.primitives import (
    create_leaf,
    flush_step,
    move_node,
    remove_leaf,
    restrict_rights,
    restrict_step,
    tour_step,
)


def initial(scope: Scope) -> MappingTree:
    """σ0 holds frame v in its page v, for each frame, with all rights (A.sigma0); there is room for every slot.

    >>> from refinement.kernel.mapping_tree import abstraction
    >>> abstraction(initial(Scope(spaces=2, pages=2, frames=1))).sigma.tolist()
    [-2, -1, -1, -1]
    """
    tree = empty(scope.slots, scope.slots)
    for r in range(scope.frames):
        create_leaf(tree, ROOTS, r, r, ALL_RIGHTS)
    return tree


def is_supported(readings: Readings) -> bool:
    """Return whether the mapping tree implements these readings: those of the dialects canonical and tree do."""
    return readings._replace(ancestor=Ancestor.REFUSED, frame_holder=FrameHolder.REFUSED) == Readings() and (
        readings.ancestor == Ancestor.REFUSED or readings.ancestor == Ancestor.EMPTIED
    )


def flush_below(t: MappingTree, top: int) -> None:
    """Remove whatever was mapped, directly or not, from the node (A.tree.flush); any depth, no stack."""
    cursor = top
    while t.first_child[top] != NONE:
        cursor = flush_step(t, top, cursor)


def restrict_below(t: MappingTree, top: int, kept: int) -> None:
    """Whatever was mapped, directly or not, from the node keeps only those rights; what has none left goes."""
    cursor, leaving = t.first_child[top], False
    if cursor != NONE:
        while cursor != top:
            cursor, leaving = restrict_step(t, cursor, leaving, kept)


def is_below(t: MappingTree, lower: int, upper: int) -> bool:
    """Return whether the node ``lower`` was mapped, directly or not, from the node ``upper``; they differ.

    One walk goes up from ``lower``, another round the nodes below ``upper``, in turns, and the first to end answers.
    So the cost is O(subtree of ``upper``), however deep ``lower`` lies.
    """
    up, cursor, leaving = t.parent[lower], upper, False
    while up != ROOTS:
        if up == upper or cursor == lower:
            return True
        up = t.parent[up]
        cursor, leaving = tour_step(t, cursor, leaving)
        if cursor == upper and leaving:
            return False
    return False


def is_refused(t: MappingTree, src: int, dst: int, rights: int, d: Readings) -> bool:
    """Return whether a side condition refuses to map or grant slot src to slot dst. One condition a line."""
    source, target = t.node_of[src], t.node_of[dst]
    if source == NONE:
        return True
    if src == dst:
        return True
    if t.rights[source] & rights == 0:
        return True
    if target == NONE:
        return False
    if d.frame_holder == FrameHolder.REFUSED and t.parent[target] == ROOTS:
        return True
    return d.ancestor == Ancestor.REFUSED and is_below(t, source, target)


def is_emptied(t: MappingTree, src: int, dst: int) -> bool:
    """Return whether flushing slot dst, which is in use, takes slot src away, since that was mapped from it."""
    return is_below(t, t.node_of[src], t.node_of[dst])


def map_(t: MappingTree, src: int, dst: int, rights: int, d: Readings) -> int:
    """Slot src is mapped to slot dst with those rights that it has itself (A.map, A.tree.map, B.rights).

    ``DONE``, or ``REFUSED``: a side condition failed or no node is free, and nothing changed.
    """
    if is_refused(t, src, dst, rights, d):
        return REFUSED
    target = t.node_of[dst]
    if target == NONE:
        if t.first_child[FREE] == NONE:
            return REFUSED
    else:
        emptied = is_emptied(t, src, dst)
        flush_below(t, target)
        remove_leaf(t, target)
        if emptied:
            return DONE
    source = t.node_of[src]
    create_leaf(t, source, dst, t.frame[source], t.rights[source] & rights)
    return DONE


def grant(t: MappingTree, src: int, dst: int, rights: int, d: Readings) -> int:
    """Slot src is granted to slot dst; what was mapped from it follows, with no more rights (A.grant, A.tree.grant).

    ``DONE``, or ``REFUSED``: a side condition failed, and nothing changed.
    """
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
    if t.rights[source] & rights != t.rights[source]:
        restrict_below(t, source, rights)
        restrict_rights(t, source, rights)
    move_node(t, source, dst)
    return DONE


def flush(t: MappingTree, src: int, rights: int, d: Readings) -> int:
    """Whatever was mapped, directly or not, from slot src loses those rights; src keeps its own (A.flush, B.rights).

    Always ``DONE``; of a nil slot nothing was mapped.
    """
    top = t.node_of[src]
    if top != NONE:
        if rights == ALL_RIGHTS:
            flush_below(t, top)
        else:
            restrict_below(t, top, ALL_RIGHTS & ~rights)
    return DONE
