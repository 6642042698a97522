"""Contracts of functions on lists in pre-order: all that their proofs assume, and that callers may use."""

from collections.abc import Callable

from z3 import And, BoolVal, Const, Consts, Exists, ForAll, Function, Implies, Not, Or
from z3 import BoolSort as Truths

from model.spaces.theory import Formula, Predicate, Right, Slot, Term, a
from proofs.execution.contract import Named
from proofs.execution.values import Node, no_node, no_slot
from proofs.obligations.c_code.shape import Contract
from proofs.obligations.c_preorder.state import Lists, k, m, n

node, parent, top, lower, upper = Consts("node parent top lower upper", Node)
slot = Const("new_slot", Slot)
kept = Function("kept", Right, Truths())


def kept_nodes(b: Lists, t: Lists, but: Formula | None = None) -> Formula:
    """What is named, but for one node, was so before, with the same numbers and frame, and stands where it stood."""
    stays = t.named(n) if but is None else And(t.named(n), Not(but))
    both = And(stays, t.named(m)) if but is None else And(stays, b.named(m), t.named(m))
    same = And(*(now(n) == then(n) for now, then in zip(_fields(t), _fields(b), strict=True)))
    return And(
        ForAll([n], Implies(stays, And(b.named(n), same))),
        ForAll([n, m], Implies(both, And(t.before(n, m) == b.before(n, m), t.below(n, m) == b.below(n, m)))),
    )


def _fields(c: Lists) -> tuple[Callable[[Term], Term], ...]:
    return (c.depth, c.space, c.page, c.frame)


def same_rights(b: Lists, t: Lists, but: Formula | None = None) -> Formula:
    """What is named, but for one node, has its rights."""
    stays = t.named(n) if but is None else And(t.named(n), Not(but))
    return ForAll([n, a], Implies(stays, t.rights(n, a) == b.rights(n, a)))


def restricted(
    b: Lists, t: Lists, top: Term, has: Predicate, passed: Callable[[Term], Formula] = lambda node: BoolVal(True)
) -> Named:
    """What derives from the top, of nodes that were passed, has those rights only or is gone; nothing else changed."""
    met = And(b.below(n, top), passed(n))
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "what was met has no other right": ForAll(
            [n, a], Implies(And(t.named(n), met), t.rights(n, a) == And(b.rights(n, a), has(a)))
        ),
        "all else has its rights": ForAll([n, a], Implies(And(t.named(n), Not(met)), t.rights(n, a) == b.rights(n, a))),
        "only what was met and had none of the rights is gone": ForAll(
            [n, a], Implies(And(b.named(n), Not(t.named(n))), And(met, Not(And(b.rights(n, a), has(a)))))
        ),
    }


def _remove_requires(b: Lists, node: Term) -> Named:
    return {
        "the node stands for a mapping": b.named(node),
        "the node holds no frame itself": b.depth(node) != 0,
        "nothing derives from the node": ForAll([k], Not(b.below(k, node))),
    }


def _removed(b: Lists, t: Lists, node: Term) -> Named:
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "the node alone is gone": ForAll([n], t.named(n) == And(b.named(n), n != node)),
        "what is left has its rights": same_rights(b, t),
    }


def _create_requires(b: Lists, parent: Term, slot: Term, has: Predicate) -> Named:
    return {
        "the parent stands for a mapping": b.named(parent),
        "the slot is nil": And(slot != no_slot, b.node_of(slot) == no_node),
        "the rights are some of the parent's": And(
            Exists([a], has(a)), ForAll([a], Implies(has(a), b.rights(parent, a)))
        ),
    }


def _created(b: Lists, t: Lists, parent: Term, slot: Term, has: Predicate) -> Named:
    new = t.node_of(slot)
    return {
        "the slot names a node that none did": And(new != no_node, t.named(new), Not(b.named(new))),
        "all else stands where it stood": kept_nodes(b, t, n == new),
        "nothing is gone": ForAll([n], t.named(n) == Or(b.named(n), n == new)),
        "all else has its rights": same_rights(b, t, n == new),
        "the new one has the frame of its parent, and the rights": And(
            t.frame(new) == b.frame(parent), ForAll([a], t.rights(new, a) == has(a))
        ),
        "the new one is one deeper than its parent": t.depth(new) == b.depth(parent) + 1,
        "the new one derives from its parent, and from what that derives from": ForAll(
            [m], t.below(new, m) == Or(m == parent, b.below(parent, m))
        ),
        "nothing derives from the new one": ForAll([m], Not(t.below(m, new))),
    }


def _is_named(b: Lists, top: Term, *_: object) -> Named:
    return {"the top stands for a mapping": b.named(top)}


def _both_are_named(b: Lists, lower: Term, upper: Term) -> Named:
    return {"both stand for mappings, and differ": And(b.named(lower), b.named(upper), lower != upper)}


CONTRACTS: dict[str, Contract] = {
    "remove": Contract((node,), _remove_requires, _removed),
    "create": Contract(
        (parent, slot, kept),
        _create_requires,
        _created,
        lambda b, parent, *_: {"one deeper is a depth": b.depth(parent) != b.deepest},
    ),
    "restrict_below": Contract((top, kept), _is_named, restricted),
    "is_below": Contract((lower, upper), _both_are_named, lambda *_: {}),
}
"""By role."""
