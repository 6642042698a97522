"""The mapping tree as a struct of arrays: one node per mapping, one column per field (A.tree).

A node is an index. Besides the nodes of mappings there are two that never stand for one:

- ``FREE``, whose children are the nodes not in use;
- ``ROOTS``, whose children are the nodes that hold a frame themselves, one a frame at first (A.sigma0).

So every node is at all times in exactly one list of children: none can leak, and allocating, mapping, removing and
releasing are the same two steps, :func:`~refinement.kernel.primitives.unlink_leaf` and
:func:`~refinement.kernel.primitives.link_leaf`. There is no scalar beside the arrays (the head of the free list is
``first_child[FREE]``), no depth, and nothing recursive.

A column may be a list, a numpy array, or an array term of a solver: whatever is read and written by index.
"""

import operator
from collections.abc import Iterator
from typing import NamedTuple, Protocol, SupportsIndex

import numpy as np

from model.spaces.literal import NIL, Spaces, frame

NONE = -1
FREE = 0
ROOTS = 1
FIRST = 2  # the first node that can stand for a mapping
MOST = 0x7FFF_FFFF - FIRST  # mappings, so that 32 bits count the nodes


class Column(Protocol):
    """What a field of all nodes is kept in."""

    def __getitem__(self, index: int, /) -> int:
        """The field of that node."""

    def __setitem__(self, index: int, value: int, /) -> None:
        """Change the field of that node."""

    def __len__(self) -> int:
        """How many there are."""


class MappingTree(NamedTuple):
    """All mapping trees; ``node_of`` has one element a slot, each other column one a node.

    ``slot``, ``frame`` and ``rights`` of a node that stands for no mapping are ``NONE``, ``NONE`` and 0.
    """

    parent: Column
    first_child: Column
    next_sibling: Column
    prev_sibling: Column
    slot: Column
    frame: Column
    rights: Column
    node_of: Column


def empty(slots: int, mappings: int) -> MappingTree:
    """A tree on numpy arrays with room for so many mappings of so many slots, and none made.

    >>> tree = empty(slots=4, mappings=2)
    >>> tree.first_child.tolist(), tree.next_sibling.tolist()
    ([2, -1, -1, -1], [-1, -1, 3, -1])

    :raises ValueError: slots or mappings below one, or too many for 32 bits.
    """
    require_room("slots", slots)
    require_room("mappings", mappings)
    nodes = mappings + FIRST
    after, before = filled(nodes, NONE), filled(nodes, NONE)
    after[FIRST : nodes - 1] = np.arange(FIRST + 1, nodes)
    before[FIRST + 1 : nodes] = np.arange(FIRST, nodes - 1)
    parent, first_child = filled(nodes, FREE), filled(nodes, NONE)
    parent[FREE] = NONE
    parent[ROOTS] = NONE
    first_child[FREE] = FIRST
    return MappingTree(
        parent=parent,
        first_child=first_child,
        next_sibling=after,
        prev_sibling=before,
        slot=filled(nodes, NONE),
        frame=filled(nodes, NONE),
        rights=np.zeros(nodes, np.uint8),
        node_of=filled(slots, NONE),
    )


def filled(size: int, value: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """A column of so many elements, all the same."""
    return np.full(size, value, np.int32)


def require_room(what: str, number: int) -> None:
    """The number of slots or mappings is one that 32 bits can count.

    :raises ValueError: it is not.
    """
    if number < 1 or number > MOST:
        raise ValueError(f"a mapping tree with {number} {what}: write a number from 1 to 2**31 - {FIRST + 1}")


def on_lists(tree: MappingTree) -> MappingTree:
    """The same tree on Python lists, which plain Python reads several times as fast as numpy arrays."""
    return MappingTree(*([int(value) for value in column] for column in tree))  # type: ignore[attr-defined]


class CheckedColumn(list[int]):
    """A list that has no element at ``NONE``: where a plain one would give the last, it is an error.

    >>> CheckedColumn([4, 7])[NONE]
    Traceback (most recent call last):
    IndexError: element -1 of a column of 2
    """

    def __getitem__(self, index: SupportsIndex, /) -> int:  # type: ignore[override]
        """The element at an index from 0 on.

        :raises IndexError: there is none.
        """
        return super().__getitem__(self._place(index))

    def __setitem__(self, index: SupportsIndex, value: int, /) -> None:  # type: ignore[override]
        """Change the element at an index from 0 on.

        :raises IndexError: there is none.
        """
        super().__setitem__(self._place(index), value)

    def _place(self, index: SupportsIndex) -> int:
        if not 0 <= operator.index(index) < len(self):
            raise IndexError(f"element {index} of a column of {len(self)}")
        return operator.index(index)


def on_checked_lists(tree: MappingTree) -> MappingTree:
    """The same tree for tests: an index that is no node's or no slot's is an error.

    What is kept in neither a list nor an array stays: a broken kernel may look nodes up in some other way.
    """
    plain = (column if isinstance(column, list | np.ndarray) else None for column in tree)
    columns = (
        own if here is None else CheckedColumn(int(n) for n in here) for own, here in zip(tree, plain, strict=True)
    )
    return MappingTree(*columns)


def mappings(tree: MappingTree) -> Iterator[int]:
    """The nodes that stand for a mapping, in the order of their slots."""
    return (node for slot in range(len(tree.node_of)) if (node := tree.node_of[slot]) != NONE)


def abstraction(tree: MappingTree) -> Spaces:
    """The address spaces that a tree stands for: σ, P and the rights (C5's abstraction function).

    >>> abstraction(empty(slots=4, mappings=2)).sigma.tolist()
    [-1, -1, -1, -1]
    """
    slots = len(tree.node_of)
    spaces = Spaces(np.full(slots, NIL, np.int64), np.full(slots, NIL, np.int64), np.zeros(slots, np.int64))
    for node in mappings(tree):
        slot, parent = tree.slot[node], tree.parent[node]
        spaces.sigma[slot] = frame(tree.frame[node]) if parent == ROOTS else tree.slot[parent]
        spaces.phys[slot] = tree.frame[node]
        spaces.rights[slot] = tree.rights[node]
    return spaces
