"""What stands in for callees that are proved by themselves, when what calls them is executed.

A callee first demands what it requires; then it does what it really does (a primitive), or the tree becomes any for
which its promise holds (a loop).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from z3 import And, BoolVal, Exists, ForAll, Implies, Not, Or

from model.theory import Formula, Term, a, x
from proofs.refinement.invariants import TREE_INVARIANTS, columns_are_functions, is_node, m, n, p
from proofs.refinement.source import CODE, Code, rebind_used
from proofs.refinement.symbolic import Node, Rights, Truth, Value, lift, no_node, no_slot, rights_of, roots
from proofs.refinement.tree import Column, SymbolicTree, TreeState, fresh_state
from refinement.mapping_tree import FREE, MappingTree

CALLS = "calls"
"""What is demanded of every call: that the callee's requirement holds."""


def when(what: str, formulas: dict[str, Formula]) -> dict[str, Formula]:
    """The same formulas, with names that say when they hold."""
    return {f"{name}, {what}": formula for name, formula in formulas.items()}


@cache
def tree_holds(t: TreeState) -> dict[str, Formula]:
    """All invariants of a tree in the middle of something, and that its columns are functions."""
    return {**columns_are_functions(t), **{name: i.formula(t) for name, i in TREE_INVARIANTS.items()}}


def kept_nodes(b: TreeState, t: TreeState) -> Formula:
    """What is live was so before, with the same slot and frame, and stands where it stood."""
    return And(
        ForAll([n], Implies(t.live(n), And(b.live(n), t.frame(n) == b.frame(n)))),
        ForAll([n, x], Implies(t.live(n), t.slot(n, x) == b.slot(n, x))),
        ForAll([n, p], Implies(t.live(n), And(t.parent(n, p) == b.parent(n, p), t.below(n, p) == b.below(n, p)))),
        ForAll([n, m], Implies(And(t.live(n), t.live(m)), t.left(n, m) == b.left(n, m))),
    )


def flushed_some(b: TreeState, t: TreeState, of: Term) -> dict[str, Formula]:
    """Some of what was below a node is gone, and nothing else changed: the invariant of flushing."""
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "only what was below the top is gone": ForAll([n], Implies(And(b.live(n), Not(t.live(n))), b.below(n, of))),
        "what is left has its rights": ForAll([n, a], Implies(t.live(n), t.rights(n, a) == b.rights(n, a))),
    }


def restricted_some(b: TreeState, t: TreeState, of: Term, has: Callable[[Term], Formula]) -> dict[str, Formula]:
    """Some of what was below a node lost what rights it had beyond a set: the invariant of restricting."""
    lost = And(b.rights(n, a), Not(t.rights(n, a)))
    return {
        "what is left stands where it stood": kept_nodes(b, t),
        "only what was below the top and had none of the rights is gone": ForAll(
            [n, a], Implies(And(b.live(n), Not(t.live(n))), And(b.below(n, of), Implies(b.rights(n, a), Not(has(a)))))
        ),
        "no right is new": ForAll([n, a], Implies(And(t.live(n), t.rights(n, a)), b.rights(n, a))),
        "only other rights below the top are lost": ForAll(
            [n, a], Implies(And(t.live(n), lost), And(b.below(n, of), Not(has(a))))
        ),
    }


@dataclass(frozen=True, slots=True)
class Callees:
    """The callees of operations and loops, for one tree on one path; primitives are those of the code."""

    tree: SymbolicTree
    code: Code = CODE

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """All of them."""
        return {name: getattr(self, name) for name in CALLEES}

    def _demand(self, formula: Callable[[], Formula]) -> None:
        self.tree.path.demand(CALLS, formula)

    def create_leaf(self, t: MappingTree, parent: Any, slot: Value, frame: Value, rights: object) -> Any:
        """There must be a free node, and so on: what the primitive requires."""
        state, above = self.tree.state(), lift(parent, Node)
        first: Any = t.first_child[FREE]
        has = rights_of(rights)
        self._demand(
            lambda: And(
                first.term != no_node,
                slot.term != no_slot,
                Not(is_node(state.node_of(slot.term))),
                Or(above == roots, state.live(above)),
                Implies(state.live(above), frame.term == state.frame(above)),
                Exists([a], has(a)),
                ForAll([a], Implies(And(state.live(above), has(a)), state.rights(above, a))),
            )
        )
        return self.code.function("create_leaf")(self.tree.tree, parent, slot, frame, rights)

    def remove_leaf(self, t: MappingTree, node: Value) -> None:
        """The node must be live and have no child."""
        child: Any = t.first_child[node]  # type: ignore[index]
        state = self.tree.state()
        self._demand(lambda: And(state.live(node.term), child.term == no_node))
        self.code.function("remove_leaf")(self.tree.tree, node)

    def move_node(self, t: MappingTree, node: Value, slot: Value) -> None:
        """The node must be live, and the slot nil."""
        state = self.tree.state()
        self._demand(lambda: And(state.live(node.term), slot.term != no_slot, Not(is_node(state.node_of(slot.term)))))
        self.code.function("move_node")(self.tree.tree, node, slot)

    def restrict_rights(self, t: MappingTree, node: Value, rights: Rights) -> None:
        """The node must be live, keep a right, and nothing below it may have one that goes."""
        state, has = self.tree.state(), rights_of(rights)
        self._demand(
            lambda: And(
                state.live(node.term),
                Exists([a], And(state.rights(node.term, a), has(a))),
                ForAll([n, a], Implies(And(state.below(n, node.term), state.rights(n, a)), has(a))),
            )
        )
        self.code.function("restrict_rights")(self.tree.tree, node, rights)

    def is_below(self, t: MappingTree, lower: Value, upper: Value) -> Truth:
        """Both must be live and differ; the answer is the ghost's."""
        state = self.tree.state()
        self._demand(lambda: And(state.live(lower.term), state.live(upper.term), lower.term != upper.term))
        return Truth(state.below(lower.term, upper.term), self.tree.path)

    def flush_below(self, t: MappingTree, top: Value) -> None:
        """The top must be live; nothing is below it afterwards."""
        old, new = self.tree.state(), fresh_state(" flushed")
        self._demand(lambda: old.live(top.term))
        self.tree.become(new)
        empty = {"nothing is below the top": ForAll([n], Not(new.below(n, top.term)))}
        self.tree.path.assume(when("flushed", {**tree_holds(new), **flushed_some(old, new, top.term), **empty}))

    def restrict_below(self, t: MappingTree, top: Value, rights: Rights) -> None:
        """The top must be live; nothing below it has another right afterwards."""
        old, new, has = self.tree.state(), fresh_state(" restricted"), rights_of(rights)
        self._demand(lambda: old.live(top.term))
        self.tree.become(new)
        clear = ForAll([n, a], Implies(And(new.below(n, top.term), new.rights(n, a)), has(a)))
        promise = {**restricted_some(old, new, top.term, has), "nothing below the top has another right": clear}
        self.tree.path.assume(when("restricted", {**tree_holds(new), **promise}))


CALLEES = (
    "create_leaf",
    "remove_leaf",
    "move_node",
    "restrict_rights",
    "is_below",
    "flush_below",
    "restrict_below",
)
"""The names of those that are proved by themselves."""


def flush_step_of(code: Code, callees: Callees) -> Callable[..., Any]:
    """The code's step of a flush, calling a primitive that is checked."""
    return rebind_used(code.function("flush_step"), {"remove_leaf": callees.remove_leaf})


def restrict_step_of(code: Code, callees: Callees) -> Callable[..., Any]:
    """The code's step of a partial flush, calling primitives that are checked."""
    steps = {"remove_leaf": callees.remove_leaf, "restrict_rights": callees.restrict_rights}
    return rebind_used(code.function("restrict_step"), steps)


class _Guarded:
    """A column that is to be written by primitives only."""

    def __init__(self, column: Column) -> None:
        self._column = column

    def __getitem__(self, index: object) -> Value | Rights:
        return self._column[index]

    def __setitem__(self, index: object, value: object) -> None:
        self._column.owner.path.demand(CALLS, lambda: BoolVal(False))
        self._column[index] = value


def guarded(tree: SymbolicTree) -> MappingTree:
    """The tree for code that may write it by primitives only: any other write breaks what is demanded of calls."""
    return MappingTree(*(_Guarded(column) for column in tree.columns.values()))  # type: ignore[arg-type]
