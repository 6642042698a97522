"""The loop over the children of a node that is halved, by an invariant: who is dealt out, and who is ahead."""

from dataclasses import dataclass, field
from typing import Any

from z3 import And, Const, ForAll, Implies, Not, Or

from model.spaces.theory import Term, a, x
from proofs.execution.contract import Named
from proofs.execution.loop_rules import OfCondition, Values
from proofs.execution.path import Cut, ExecutionError
from proofs.execution.values import Node, Value, no_node
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import b, node, other, slot_of
from proofs.obligations.sized.state import INVARIANTS, WITHIN, SizedState, SymbolicSized, fresh_sized, has, holds
from proofs.obligations.tree.invariants import m, n, p
from proofs.obligations.tree.loops import AT_FIRST, DECREASES, KEEPS, node_in

DURING = fresh_sized(" during")


def upper_half(f: SizedState, node: Term) -> tuple[Term, Term, Term]:
    """The slot, the first frame and the order of the upper half of a node."""
    half = ABSTRACT.less(f.order(node))
    return ABSTRACT.upper(slot_of(node), half), ABSTRACT.upper(f.frame(node), half), half


def dealt(f: SizedState, made: Term, child: Term) -> Named:
    """Some children of a node that is halved are dealt out: those before the cursor."""
    outside_n, outside = (And(each != made, each != node, Not(b.below(each, node))) for each in (n, m))
    elsewhere = And(outside_n, outside)
    us, uf, half = upper_half(b, node)
    old, old_m = n != made, m != made
    child_of = b.parent(n, node)
    high = has(uf, half, b.frame(n))
    ahead = And(child != no_node, Or(n == child, f.below(n, child), f.left(child, n)))
    return {
        "the other nodes are what they were": And(
            ForAll([n], Implies(old, And(f.live(n) == b.live(n), f.frame(n) == b.frame(n)))),
            ForAll([n, x], Implies(old, f.slot(n, x) == b.slot(n, x))),
            ForAll([n, a], Implies(old, f.rights(n, a) == b.rights(n, a))),
            ForAll([n], Implies(And(old, n != node), f.order(n) == b.order(n))),
            f.order(node) == half,
        ),
        "the new node is the upper half": And(
            made != node,
            Not(b.live(made)),
            f.live(made),
            f.slot(made, us),
            f.frame(made) == uf,
            f.order(made) == half,
            ForAll([a], f.rights(made, a) == b.rights(node, a)),
            ForAll([p], f.parent(made, p) == b.parent(node, p)),
        ),
        "only children of the node have another parent": And(
            ForAll([n, p], Implies(And(old, Not(child_of)), f.parent(n, p) == b.parent(n, p))),
            ForAll([n], Implies(And(old, child_of), Or(f.parent(n, node), f.parent(n, made)))),
            ForAll([n], Implies(f.parent(n, node), child_of)),
        ),
        "what is below the two was below the one": And(
            ForAll([n, m], Implies(And(old, old_m, m != node), f.below(n, m) == b.below(n, m))),
            ForAll([n], Implies(old, b.below(n, node) == Or(f.below(n, node), f.below(n, made)))),
            ForAll([m], f.below(made, m) == b.below(node, m)),
        ),
        "what is below the new node is in the upper half": ForAll([n], Implies(f.below(n, made), high)),
        "what is in the upper half and not below it is ahead": ForAll([n], Implies(And(f.below(n, node), high), ahead)),
        "the cursor is a child of the node": Or(child == no_node, f.parent(child, node)),
        "the order of what is left is as it was": ForAll(
            [n, m], Implies(And(f.below(n, node), f.below(m, node)), f.left(n, m) == b.left(n, m))
        ),
        "the two are right of what the one was right of": ForAll(
            [m], Implies(And(outside, Or(f.left(m, node), f.left(m, made))), b.left(m, node))
        ),
        "the order of what is elsewhere is as it was": ForAll([n, m], Implies(elsewhere, f.left(n, m) == b.left(n, m))),
    }


@dataclass(slots=True, eq=False)
class Children(OfCondition):
    """The rule for the loop over the children of a node that is halved."""

    tree: SymbolicSized
    entered: dict[str, Any]
    began: Term | None = field(default=None, init=False)

    def _holds(self, values: Values) -> Named:
        state = self.tree.state()
        kept = {name: formula(state) for name, (_, formula) in INVARIANTS.items() if name not in WITHIN}
        return {**kept, **dealt(state, node_in(values, "other"), child_in(values))}

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The invariant holds; from here on the state is any that has it, so that one way to get here stands for all.

        :raises ExecutionError: a local variable that the loop leaves alone is another on another way.
        """
        path, now = self.tree.path, self._holds(values)
        if self.began is not None:
            raise ExecutionError("the loop is entered twice on one path: its proof speaks of one time")
        for part, formula in now.items():
            path.demand(AT_FIRST, lambda formula=formula: formula, part)  # type: ignore[misc]
        made = node_in(values, "other")
        way, stays = self.entered.setdefault("way", tuple(path.taken)), _terms(values, assigned)
        if self.entered.setdefault("stays", stays) != stays:
            raise ExecutionError(
                "the loop is entered with other local variables on another way: its proof is of one way"
            )
        if way != tuple(path.taken):
            raise Cut
        self.tree.become(DURING)
        self.tree.with_subtrees = True
        self.began = Const("child_in_loop", Node)
        known = {**holds(DURING, WITHIN), **dealt(DURING, made, self.began)}
        path.begin_anew()
        path.assume({f"{name}, in the loop": formula for name, formula in known.items()})
        return {"child": Value(self.began, path)}

    def tail(self, values: Values) -> None:
        """The invariant holds again, and the cursor is further to the right."""
        path, now, was, to = self.tree.path, self._holds(values), self.began, child_in(values)
        for part, formula in now.items():
            path.demand(KEEPS, lambda formula=formula: formula, part)  # type: ignore[misc]
        path.demand(DECREASES, lambda: Or(to == no_node, b.left(was, to)))
        raise Cut


def _terms(values: Values, assigned: frozenset[str]) -> dict[str, str]:
    """What stays in local variables: their terms, written out."""
    kept = {name: value for name, value in values.items() if name not in assigned}
    return {
        name: value.term.sexpr() if isinstance(value, Value) else type(value).__name__ for name, value in kept.items()
    }


def child_in(values: Values) -> Term:
    """The cursor of the loop."""
    return node_in(values, "child")


DEALT = tuple(dealt(DURING, other, no_node))
"""What the loop's invariant says beside the tree's, by name."""
