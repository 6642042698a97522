"""Broken primitives made by the dozen: one that leaves a field unwritten, and one that writes a field too many."""

import ast
from collections.abc import Iterator
from copy import deepcopy

from refinement.faults.base import BrokenFunction, Function
from refinement.kernel import primitives
from refinement.rewriting import definition_of, rewritten


class _Forget(ast.NodeTransformer):
    """Leaves out assignments to some columns."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        column = (
            target.value.attr if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute) else ""
        )
        return ast.copy_location(ast.Pass(), node) if column in self._columns else node


def unwritten(function: Function, *columns: str) -> Function:
    """The function, but some columns stay as they are."""
    tree, _ = definition_of(function)
    return rewritten(function, _Forget(columns).visit(deepcopy(tree)))


def spoiled(function: Function, spoil: str) -> Function:
    """The function, at whose end one more field of its node is written."""
    tree, _ = definition_of(function)
    changed = deepcopy(tree)
    more = ast.parse(spoil).body
    at = len(changed.body) - isinstance(changed.body[-1], ast.Return)
    changed.body[at:at] = more
    return rewritten(function, changed)


SPOILS: dict[str, tuple[str, str]] = {
    "counts-as-free": ("t.parent[node] = FREE", "names the head of the free nodes as the node's parent"),
    "below-itself": ("t.parent[node] = node", "names the node as its own parent"),
    "without-parent": ("t.parent[node] = NONE", "leaves the node without a parent"),
    "child-of-itself": ("t.first_child[node] = node", "names the node as its own first child"),
    "children-cut-off": ("t.first_child[node] = NONE", "forgets the node's first child"),
    "child-handed-up": (
        "t.parent[t.first_child[node]] = t.parent[node]",
        "gives the node's first child, unseen if there is one, to the node's parent",
    ),
    "next-to-itself": ("t.next_sibling[node] = node", "names the node as what comes next to itself"),
    "next-to-free-list": ("t.next_sibling[FREE] = node", "puts the node next to the head of the free nodes"),
    "free-list-below": ("t.parent[FREE] = node", "puts the head of the free nodes below the node"),
    "slot-of-free-list": ("t.slot[FREE] = t.slot[node]", "writes the node's slot into the head of the free nodes"),
    "frame-erased": ("t.frame[node] = NONE", "erases the node's frame"),
    "rights-reset": ("t.rights[node] = 7", "gives the node all rights"),
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
