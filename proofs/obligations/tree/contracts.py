"""The contracts of the functions on the mapping tree: what each requires and what a loop promises.

A primitive is executed wherever it is called; a loop is replaced by its promise. Either way what the contract requires
is demanded at the call, and it is all that the callee's own proof assumes beside the invariants of the tree. That these
hold at every call follows, since code writes the tree by primitives only, and each preserves them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from z3 import And, Exists, ForAll, If, Implies, Not, Or, SortRef

from model.spaces.theory import Formula, Frame, Predicate, Right, Slot, Term, a, x
from proofs.execution.contract import Named
from proofs.execution.values import Node, free, no_node, no_slot, roots
from proofs.obligations.tree.invariants import is_mapping, is_node, m, n, p
from proofs.obligations.tree.tree import Field, TreeState


@dataclass(frozen=True, slots=True, eq=False)
class TreeContract:
    """A function on the tree.

    :param name: the function's name.
    :param sorts: of its arguments after the tree; ``Right`` stands for a set of rights, given as a predicate.
    :param requires: of the tree before and the arguments: what must hold at the call.
    :param promise: of the tree before and after, and the arguments: what a loop has done; nothing for a primitive.
    :param spare: of the tree before, the arguments and the result: which nodes are spare afterwards.
    :param looks: columns, and the numbers of arguments, of which the requirement says that something is there or not:
        columns are total.
    :param structural: only the structural invariants hold before, and are to be preserved.
    """

    name: str
    sorts: tuple[SortRef, ...]
    requires: Callable[..., Named]
    promise: Callable[..., Named] | None = None
    spare: Callable[..., Field] | None = None
    looks: tuple[tuple[str, int], ...] = ()
    structural: bool = False


def in_no_list(t: TreeState, node: Term) -> Formula:
    """The node is nobody's child and has no sibling."""
    return And(*(link(node, no_node) for link in (t.parent, t.next_sibling, t.prev_sibling)))


def _link_requires(t: TreeState, parent: Term, node: Term) -> Named:
    return {
        "the node is in no list": And(is_mapping(node), in_no_list(t, node)),
        "the node has no child": t.first_child(node, no_node),
        "the parent is FREE, ROOTS or not free": And(is_node(parent), Not(t.parent(parent, free)), parent != node),
        "FREE and ROOTS have no parent": And(t.parent(free, no_node), t.parent(roots, no_node)),
    }


def _unlink_requires(t: TreeState, node: Term) -> Named:
    return {
        "the node has a parent": And(is_node(node), Not(t.parent(node, no_node))),
        "the node has no child": t.first_child(node, no_node),
    }


def _create_requires(t: TreeState, parent: Term, slot: Term, frame: Term, has: Predicate) -> Named:
    return {
        "there is a free node": Not(t.first_child(free, no_node)),
        "the slot is nil": _is_nil(t, slot),
        "the parent is ROOTS or live": Or(parent == roots, t.live(parent)),
        "the frame is the parent's": Implies(t.live(parent), frame == t.frame(parent)),
        "the rights are some of the parent's": And(
            Exists([a], has(a)), ForAll([a], Implies(And(t.live(parent), has(a)), t.rights(parent, a)))
        ),
    }


def _is_nil(t: TreeState, slot: Term) -> Formula:
    return And(slot != no_slot, Not(is_node(t.node_of(slot))))


def _remove_requires(t: TreeState, node: Term) -> Named:
    return {"the node is live": t.live(node), "the node has no child": t.first_child(node, no_node)}


def _move_requires(t: TreeState, node: Term, slot: Term) -> Named:
    return {"the node is live": t.live(node), "the slot is nil": _is_nil(t, slot)}


def _restrict_requires(t: TreeState, node: Term, has: Predicate) -> Named:
    return {
        "the node is live": t.live(node),
        "some right is left": Exists([a], And(t.rights(node, a), has(a))),
        "nothing below has a right that goes": ForAll([n, a], Implies(And(t.below(n, node), t.rights(n, a)), has(a))),
    }


def _top_is_live(t: TreeState, top: Term, *more: object) -> Named:
    return {"the top is live": t.live(top)}


def _both_are_live(t: TreeState, lower: Term, upper: Term) -> Named:
    return {"both are live and differ": And(t.live(lower), t.live(upper), lower != upper)}


def kept_nodes(b: TreeState, t: TreeState) -> Formula:
    """What is live was so before, with the same slot and frame, and stands where it stood."""
    return And(
        ForAll([n], Implies(t.live(n), And(b.live(n), t.frame(n) == b.frame(n)))),
        ForAll([n, x], Implies(t.live(n), t.slot(n, x) == b.slot(n, x))),
        ForAll([n, p], Implies(t.live(n), And(t.parent(n, p) == b.parent(n, p), t.below(n, p) == b.below(n, p)))),
        ForAll([n, m], Implies(And(t.live(n), t.live(m)), t.left(n, m) == b.left(n, m))),
    )


def flushed_some(b: TreeState, t: TreeState, top: Term) -> Named:
    """Some of what was below a node is gone, and nothing else changed: the invariant of flushing."""
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "only what was below the top is gone": ForAll([n], Implies(And(b.live(n), Not(t.live(n))), b.below(n, top))),
        "what is left has its rights": ForAll([n, a], Implies(t.live(n), t.rights(n, a) == b.rights(n, a))),
    }


def flushed_wholly(b: TreeState, t: TreeState, top: Term) -> Named:
    """All of what was below a node is gone, and nothing else changed."""
    return {**flushed_some(b, t, top), "nothing is below the top": ForAll([n], Not(t.below(n, top)))}


def restricted_some(b: TreeState, t: TreeState, top: Term, has: Predicate) -> Named:
    """Some of what was below a node lost what rights it had beyond a set: the invariant of restricting."""
    lost = And(b.rights(n, a), Not(t.rights(n, a)))
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "only what was below the top and had none of the rights is gone": ForAll(
            [n, a], Implies(And(b.live(n), Not(t.live(n))), And(b.below(n, top), Implies(b.rights(n, a), Not(has(a)))))
        ),
        "no right is new": ForAll([n, a], Implies(And(t.live(n), t.rights(n, a)), b.rights(n, a))),
        "only other rights below the top are lost": ForAll(
            [n, a], Implies(And(t.live(n), lost), And(b.below(n, top), Not(has(a))))
        ),
    }


def restricted_wholly(b: TreeState, t: TreeState, top: Term, has: Predicate) -> Named:
    """Nothing below a node has a right outside the set, and nothing else changed."""
    clear = ForAll([n, a], Implies(And(t.below(n, top), t.rights(n, a)), has(a)))
    return {**restricted_some(b, t, top, has), "nothing below the top has another right": clear}


def _answers(b: TreeState, t: TreeState, lower: Term, upper: Term) -> Named:
    return {}


def _spare_after_create(t: TreeState, made: Any, parent: Term, slot: Term, frame: Term, has: Predicate) -> Field:
    return lambda x: If(t.spare(x) == made, t.spare(slot), t.spare(x))


def _spare_after_remove(t: TreeState, made: Any, node: Term) -> Field:
    return lambda x: If(t.node_of(x) == node, node, t.spare(x))


def _spare_after_move(t: TreeState, made: Any, node: Term, slot: Term) -> Field:
    return lambda x: If(t.node_of(x) == node, t.spare(slot), t.spare(x))


CONTRACTS: dict[str, TreeContract] = {
    contract.name: contract
    for contract in (
        TreeContract("link_leaf", (Node, Node), _link_requires, structural=True),
        TreeContract("unlink_leaf", (Node,), _unlink_requires, structural=True),
        TreeContract("create_leaf", (Node, Slot, Frame, Right), _create_requires, spare=_spare_after_create),
        TreeContract("remove_leaf", (Node,), _remove_requires, spare=_spare_after_remove, looks=(("first_child", 0),)),
        TreeContract("move_node", (Node, Slot), _move_requires, spare=_spare_after_move),
        TreeContract("restrict_rights", (Node, Right), _restrict_requires),
        TreeContract("flush_below", (Node,), _top_is_live, flushed_wholly),
        TreeContract("restrict_below", (Node, Right), _top_is_live, restricted_wholly),
        TreeContract("is_below", (Node, Node), _both_are_live, _answers),
    )
}
"""By name."""

PRIMITIVES = tuple(name for name, contract in CONTRACTS.items() if contract.promise is None)
LOOPS = tuple(name for name in CONTRACTS if name not in PRIMITIVES)
