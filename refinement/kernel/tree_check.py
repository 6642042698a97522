"""The structural self check: each invariant of :mod:`refinement.kernel.primitives`, looked at node by node.

It reads a tree on lists or numpy arrays, trusts nothing that it finds there, and ends on any input.
"""

from collections.abc import Iterator

from refinement.kernel.broken import Broken
from refinement.kernel.mapping_tree import FIRST, FREE, NONE, ROOTS, MappingTree

RANGE = "range"  # the invariant without which nothing else can be read
PLACES = ("parent", "first_child", "next_sibling", "prev_sibling")


def check(tree: MappingTree) -> list[Broken]:
    """Return what is broken; nothing, if the tree is sound. If a number is out of range, only that is told.

    >>> from refinement.kernel.mapping_tree import empty
    >>> tree = empty(slots=4, mappings=2)
    >>> check(tree)
    []
    >>> tree.node_of[3] = 2
    >>> [str(broken) for broken in check(tree)]
    ['slot-node: node_of[3] is 2, whose slot is -1']
    """
    nodes = len(tree.parent)
    outside = [
        Broken(RANGE, f"{name}[{n}] is {column[n]}, which is no node")
        for name in PLACES
        for column in [getattr(tree, name)]
        for n in range(nodes)
        if not NONE <= column[n] < nodes
    ]
    outside += [
        Broken(RANGE, f"slot[{n}] is {tree.slot[n]}, which is no slot")
        for n in range(nodes)
        if not NONE <= tree.slot[n] < len(tree.node_of)
    ]
    outside += [
        Broken(RANGE, f"node_of[{s}] is {tree.node_of[s]}, which is no node")
        for s in range(len(tree.node_of))
        if not NONE <= tree.node_of[s] < nodes
    ]
    if outside:
        return outside
    return [*_lists(tree), *_kinds(tree), *_cycles(tree), *_slots(tree), *_rights(tree)]


def _lists(t: MappingTree) -> Iterator[Broken]:
    has_child = {t.parent[n] for n in range(len(t.parent))}
    for n in range(len(t.parent)):
        child, after, before = t.first_child[n], t.next_sibling[n], t.prev_sibling[n]
        if child != NONE and not (t.parent[child] == n and t.prev_sibling[child] == NONE):
            parent, before_child = t.parent[child], t.prev_sibling[child]
            yield Broken(
                "first-child", f"node {n} has first child {child}, whose parent is {parent}, after {before_child}"
            )
        if after != NONE and not (t.prev_sibling[after] == n and t.parent[after] == t.parent[n]):
            yield Broken(
                "next-sibling", f"{after} comes after node {n}, but not the other way round, or below another parent"
            )
        if before != NONE and not (t.next_sibling[before] == n and t.parent[before] == t.parent[n]):
            yield Broken(
                "prev-sibling", f"{before} comes before node {n}, but not the other way round, or below another parent"
            )
        if t.parent[n] != NONE and before == NONE and t.first_child[t.parent[n]] != n:
            yield Broken("first-of-parent", f"nothing comes before node {n}, but {t.parent[n]} has another first child")
        if child == NONE and n in has_child:
            yield Broken("no-child", f"node {n} has no first child, but is a parent")


def _kinds(t: MappingTree) -> Iterator[Broken]:
    for n in range(len(t.parent)):
        parent, live = t.parent[n], t.slot[n] != NONE
        if n < FIRST:
            if parent != NONE or live:
                yield Broken(
                    "in-one-list", f"node {n} stands for no mapping, but has parent {parent} and slot {t.slot[n]}"
                )
            if t.next_sibling[n] != NONE or t.prev_sibling[n] != NONE:
                yield Broken("alone", f"node {n} has a sibling")
            continue
        if parent == NONE:
            yield Broken("in-one-list", f"node {n} is in no list")
        if live == (parent == FREE):
            yield Broken("live-or-free", f"node {n} has slot {t.slot[n]} and parent {parent}")
        if live and parent not in (NONE, FREE, ROOTS) and t.slot[parent] == NONE:
            yield Broken("live-or-free", f"node {n} is live, its parent {parent} is not")
        if parent == FREE and t.first_child[n] != NONE:
            yield Broken("free", f"node {n} is free and has a child")
        if parent == FREE and (t.frame[n] != NONE or t.rights[n] != 0):
            yield Broken("blank", f"node {n} is free and has frame {t.frame[n]} and rights {t.rights[n]}")


def _cycles(t: MappingTree) -> Iterator[Broken]:
    grounded = {NONE, FREE, ROOTS}
    for start in range(len(t.parent)):
        path: list[int] = []
        seen: set[int] = set()
        n = start
        while n not in grounded and n not in seen:
            path.append(n)
            seen.add(n)
            n = t.parent[n]
        if n in seen:
            yield Broken("no-cycle", f"node {n} is below itself")
        grounded.update(path)


def _slots(t: MappingTree) -> Iterator[Broken]:
    for n in range(len(t.parent)):
        if t.slot[n] != NONE and t.node_of[t.slot[n]] != n:
            yield Broken("slot-node", f"node {n} stands for slot {t.slot[n]}, whose node is {t.node_of[t.slot[n]]}")
    for s in range(len(t.node_of)):
        if t.node_of[s] != NONE and t.slot[t.node_of[s]] != s:
            yield Broken("slot-node", f"node_of[{s}] is {t.node_of[s]}, whose slot is {t.slot[t.node_of[s]]}")


def _rights(t: MappingTree) -> Iterator[Broken]:
    for n in range(len(t.parent)):
        if t.slot[n] == NONE:
            continue
        parent = t.parent[n]
        if t.rights[n] == 0:
            yield Broken("some-right", f"node {n} is live and has no right")
        if parent == NONE or t.slot[parent] == NONE:
            continue
        if t.frame[n] != t.frame[parent]:
            yield Broken("same-frame", f"node {n} has frame {t.frame[n]}, its parent {parent} has {t.frame[parent]}")
        if t.rights[n] & t.rights[parent] != t.rights[n]:
            yield Broken(
                "fewer-rights", f"node {n} has rights {t.rights[n]}, its parent {parent} has {t.rights[parent]}"
            )
