"""Broken primitives made by the dozen: one that leaves a field unwritten, and one that writes a field too many."""

from collections.abc import Callable, Iterator
from typing import Any

from model.scope import ALL_RIGHTS
from refinement import primitives
from refinement.faults.base import BrokenFunction, Function
from refinement.mapping_tree import FREE, NONE, MappingTree


class _Unwritten:
    """A column that is read like another one, and not written."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __getitem__(self, index: Any) -> Any:
        return self._column[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        """Nothing."""


def unwritten(function: Function, *columns: str) -> Function:
    """The function, but some columns stay as they are."""

    def forgetful(t: MappingTree, *arguments: Any) -> Any:
        stale: dict[str, Any] = {column: _Unwritten(getattr(t, column)) for column in columns}
        return function(t._replace(**stale), *arguments)

    return forgetful


def spoiled(function: Function, spoil: Callable[[MappingTree, Any], None]) -> Function:
    """The function, after which one more field of its node is written."""

    def spoiling(t: MappingTree, *arguments: Any) -> Any:
        result = function(t, *arguments)
        creates = function is primitives.create_leaf
        spoil(t, result if creates else arguments[1 if function is primitives.link_leaf else 0])
        return result

    return spoiling


def _counts_as_free(t: MappingTree, node: int) -> None:
    t.parent[node] = FREE


def _below_itself(t: MappingTree, node: int) -> None:
    t.parent[node] = node


def _without_parent(t: MappingTree, node: int) -> None:
    t.parent[node] = NONE


def _child_of_itself(t: MappingTree, node: int) -> None:
    t.first_child[node] = node


def _children_cut_off(t: MappingTree, node: int) -> None:
    t.first_child[node] = NONE


def _child_handed_up(t: MappingTree, node: int) -> None:
    t.parent[t.first_child[node]] = t.parent[node]


def _next_to_itself(t: MappingTree, node: int) -> None:
    t.next_sibling[node] = node


def _next_to_free_list(t: MappingTree, node: int) -> None:
    t.next_sibling[FREE] = node


def _free_list_below(t: MappingTree, node: int) -> None:
    t.parent[FREE] = node


def _slot_of_free_list(t: MappingTree, node: int) -> None:
    t.slot[FREE] = t.slot[node]


def _frame_erased(t: MappingTree, node: int) -> None:
    t.frame[node] = NONE


def _rights_reset(t: MappingTree, node: int) -> None:
    t.rights[node] = ALL_RIGHTS


SPOILS: dict[str, tuple[Callable[[MappingTree, int], None], str]] = {
    "counts-as-free": (_counts_as_free, "names the head of the free nodes as the node's parent"),
    "below-itself": (_below_itself, "names the node as its own parent"),
    "without-parent": (_without_parent, "leaves the node without a parent"),
    "child-of-itself": (_child_of_itself, "names the node as its own first child"),
    "children-cut-off": (_children_cut_off, "forgets the node's first child"),
    "child-handed-up": (_child_handed_up, "gives the node's first child, unseen if there is one, to the node's parent"),
    "next-to-itself": (_next_to_itself, "names the node as what comes next to itself"),
    "next-to-free-list": (_next_to_free_list, "puts the node next to the head of the free nodes"),
    "free-list-below": (_free_list_below, "puts the head of the free nodes below the node"),
    "slot-of-free-list": (_slot_of_free_list, "writes the node's slot into the head of the free nodes"),
    "frame-erased": (_frame_erased, "erases the node's frame"),
    "rights-reset": (_rights_reset, "gives the node all rights"),
}
"""What may be written too much."""

SPOILED: dict[str, tuple[str, ...]] = {
    "link_leaf": ("counts-as-free", "below-itself", "child-of-itself", "child-handed-up", "next-to-free-list"),
    "unlink_leaf": ("counts-as-free", "next-to-itself", "child-handed-up", "free-list-below"),
    "create_leaf": ("counts-as-free", "below-itself", "child-handed-up", "next-to-free-list"),
    "remove_leaf": ("below-itself", "child-of-itself", "child-handed-up", "next-to-free-list", "free-list-below"),
    "move_node": (
        "counts-as-free",
        "below-itself",
        "without-parent",
        "children-cut-off",
        "child-handed-up",
        "next-to-free-list",
        "free-list-below",
        "slot-of-free-list",
        "frame-erased",
        "rights-reset",
    ),
    "restrict_rights": (
        "counts-as-free",
        "below-itself",
        "without-parent",
        "children-cut-off",
        "child-handed-up",
        "next-to-free-list",
        "free-list-below",
        "slot-of-free-list",
        "frame-erased",
        "rights-reset",
    ),
}
UNWRITTEN: dict[str, tuple[str, ...]] = {
    "link_leaf": ("parent", "prev_sibling", "first_child"),
    "unlink_leaf": ("parent", "next_sibling", "prev_sibling"),
    "create_leaf": ("slot", "frame", "rights", "node_of"),
    "remove_leaf": ("slot", "node_of"),
    "move_node": ("slot", "node_of"),
    "restrict_rights": ("rights",),
}
"""Which fields each primitive may leave unwritten."""


def functions() -> Iterator[BrokenFunction]:
    """All of them."""
    for of, columns in UNWRITTEN.items():
        for column in columns:
            yield BrokenFunction(
                f"{of.replace('_', '-')}-{column.replace('_', '-')}-unwritten",
                f"{of} leaves {column} as it was.",
                of,
                unwritten(getattr(primitives, of), column),
            )
    for of, names in SPOILED.items():
        for name in names:
            spoil, what = SPOILS[name]
            function = spoiled(getattr(primitives, of), spoil)
            yield BrokenFunction(f"{of.replace('_', '-')}-{name}", f"{of} {what}.", of, function)
