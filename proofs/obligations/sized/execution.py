"""The functions of :mod:`refinement.ranges.sized_tree` executed on terms, and what is demanded on their paths.

A function is executed with all that it calls, primitives among them, so that what it requires is all that its proof
assumes beside the invariants. The loop over the children of a node that is halved is cut at its own head.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from z3 import And, BoolSort, BoolVal, If, Implies, Not

from model.spaces.theory import Formula, Slot, Term
from proofs.execution.contract import CALLS, Named
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, paths
from proofs.execution.values import Rights, Truth, Value, no_node
from proofs.obligation import Condition
from proofs.obligations.code import Split, conditions_of
from proofs.obligations.sized.blocks.laws import general
from proofs.obligations.sized.blocks.order import Order
from proofs.obligations.sized.contracts import (
    ARGUMENTS,
    REQUIRES,
    b,
    given,
    known,
    node,
    order,
    other,
    slot,
)
from proofs.obligations.sized.effects import EFFECTS, effect
from proofs.obligations.sized.ensures import dropped, halved, joined, moved, narrowed
from proofs.obligations.sized.halving import Children
from proofs.obligations.sized.room import Number, NumberValue
from proofs.obligations.sized.state import (
    INVARIANTS,
    BlockFunctions,
    OrderValue,
    SlotValue,
    SymbolicSized,
)
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS
from refinement.kernel.mapping_tree import NONE

CALLED = ("create_block", "move_block", "drop_block")


class SizedCallees:
    """The callees of the functions on a tree with sizes, by the names that they use."""

    def __init__(self, tree: SymbolicSized, code: Code = CODE) -> None:
        """Nothing is called yet."""
        self.tree, self.path, self.code = tree, tree.path, code
        self.blocks = BlockFunctions(tree.path)
        self.names: dict[str, Any] = {**self.blocks.names, "count": self._count}
        for name in ("create_leaf", "remove_leaf", "move_node", "restrict_rights", "unlink_leaf", "link_leaf"):
            self.names[name] = self._primitive(name)
        for name in CALLED:
            self.names[name] = self._called(name)
        self.under_way: list[str] = []
        self.made = no_node  # the last node that is new

    def _count(self, sized: object, slot: object, by: object) -> None:
        self._same(sized)
        self.tree.count(slot, by)

    def _same(self, sized: object) -> None:
        if sized is not self.tree.sized:
            raise ExecutionError(f"a function is called with {sized!r} and not with the tree")

    def _primitive(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: bind(self.code.function(name), self.path, self.names, None, name)(*arguments)

    def _called(self, name: str) -> Callable[..., Any]:
        def call(sized: object, *arguments: Any) -> Any:
            self._same(sized)
            terms = [each.has if isinstance(each, Rights) else each.term for each in arguments]
            if self.under_way[-1] == "join":
                before = self.tree.state()
                self.path.demand_all(CALLS, lambda: REQUIRES[name](before, *terms))
            return self.bound(name)(sized, *arguments)

        return call

    def bound(self, name: str, rules: Any = None) -> Callable[..., Any]:
        """A function of the tree, to be executed; who is spare afterwards is chosen."""
        execute = bind(self.code.sized_function(name), self.path, self.names, rules, name)

        def call(*arguments: Any) -> Any:
            before = self.tree.state()
            self.under_way.append(name)
            result = execute(*arguments)
            self.under_way.pop()
            spare = before.spare
            if name == "create_block":
                made, to = result.term, arguments[2].term
                self.made = made
                self.tree.spare = lambda x: If(spare(x) == made, spare(to), spare(x))
            elif name == "drop_block":
                gone = arguments[1].term
                self.tree.spare = lambda x: If(before.node_of(x) == gone, gone, spare(x))
            elif name == "move_block":
                moved, to = arguments[1].term, arguments[2].term
                self.tree.spare = lambda x: If(before.node_of(x) == moved, spare(to), spare(x))
            return result

        return call


RETURNS = "returns__what_is_meant"

LEFT: dict[str, Callable[..., Named]] = {
    "halve": halved,
    "drop_block": dropped,
    "move_block": moved,
    "narrow_block": narrowed,
}
"""What a function leaves, as whoever calls it may use it."""


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a function, with what must hold at their ends."""

    entered: dict[str, Any] = {}

    def run(path: Path) -> None:
        path.learn(known(name))
        tree = SymbolicSized(path)
        callees = SizedCallees(tree, code)
        rules = {("halve", 0): Children(tree, entered)} if name == "halve" else None
        arguments = [value_of(term, path) for term in ARGUMENTS[name]]
        result = callees.bound(name, rules)(tree.sized, *arguments)
        ends(name, tree, result, callees.made)

    return tuple(path for path, _ in paths(run))


def value_of(term: Any, path: Path) -> Any:
    """An argument as code gets it."""
    if term is given:
        return Rights(given, path)
    kinds: dict[Any, Any] = {Order: OrderValue, Number: NumberValue, Slot: SlotValue, BoolSort(): Truth}
    return kinds.get(term.sort(), Value)(term, path)


def ends(name: str, tree: SymbolicSized, result: Any, last: Term) -> None:
    """Return what is demanded where a function returns."""
    path, after = tree.path, tree.state()
    if name == "buddy":
        path.demand(RETURNS, lambda: BoolVal(not path.writes))
        path.demand(RETURNS, lambda: _is_buddy(result))
        return
    for invariant, (_, formula) in INVARIANTS.items():
        path.demand(invariant, lambda formula=formula: formula(after))  # type: ignore[misc]
    if name == "create_block":
        made = result.term if isinstance(result, Value) else no_node
        new = And(after.node_of(slot) == made, Not(b.live(made)), after.live(made), after.order(made) == order)
        path.demand(RETURNS, lambda: new)
    elif name == "join":
        kept = result.term if isinstance(result, Value) else no_node
        for part, formula in joined(b, after, node, other, kept).items():
            path.demand(RETURNS, lambda formula=formula: formula, part)  # type: ignore[misc]
    else:
        path.demand(RETURNS, lambda: BoolVal(result is None))
    if name in LEFT:
        for part, formula in LEFT[name](b, after, *ARGUMENTS[name], last).items():
            path.demand(AT_EXIT, lambda formula=formula: formula, part)  # type: ignore[misc]
    if name in EFFECTS:
        for part, formula in effect(name, after).items():
            path.demand(EFFECT, lambda formula=formula: formula, part)  # type: ignore[misc]


EFFECT = "does__what_is_meant"


def _is_buddy(result: Any) -> Formula:
    """Of any other node: if it is returned it can be joined with the node, if NONE is it cannot."""
    fits = And(*REQUIRES["join"](b, node, other).values())
    if isinstance(result, Value):
        return Implies(result.term == other, fits)
    return Not(fits) if type(result) is int and result == NONE else BoolVal(False)


PATH_BY_PATH = frozenset(
    {"first_child", "next_sibling", "prev_sibling", "neighbours", "siblings", "closure", "subtree_order"}
)
"""What is proved path by path: the links themselves, and the ghosts that follow them."""


def conditions(name: str, what: str, code: Code = CODE, only: str | None = None) -> Iterator[Condition]:
    """The conditions that this holds of a function, each part of it apart.

    :param only: this part alone.
    """
    every = walked(name, code)
    for part in dict.fromkeys(demand.part for path in every for demand in path.demands if demand.what == what):
        if only in (None, part):
            yield from of_part(name, every, what, part)


def of_part(name: str, every: Iterable[Path], what: str, part: str) -> Iterator[Condition]:
    """The conditions of one part of what is demanded on the paths."""
    of_links = bool({what, part} & PATH_BY_PATH)
    apart = (of_links and what != "siblings") or (name == "join" and part.startswith("derives"))
    split = (Split.BOTH if what == AT_FIRST else Split.PATHS) if apart else Split.NOT
    left_out: tuple[str, ...] = ()
    if what == DECREASES or (of_links and what == KEEPS):
        left_out = NOT_OF_TURNS
    elif of_links and what != AT_FIRST:  # before the loop that there is a free node follows from blocks
        left_out = NOT_OF_LINKS
    elif what == EFFECT and name != "create_block":
        left_out = OF_LINKS
    for condition in conditions_of(every, known(name), what, split, part):
        kept = without_these(condition, left_out)
        if left_out is NOT_OF_TURNS:
            kept = without(kept, BEFORE_TURNS)
        yield replace(kept, sizes=WITH_A_CHILD)


OF_LINKS = (
    "first_child", "next_sibling", "prev_sibling", "first_of_parent", "no_child", "alone", "free", "blank",
    "neighbours", "siblings", "subtree_order", "room", "begins", "fewer_rights", "fewer_rights_below", "some_right",
    "nothing_at_none",
)  # fmt: skip
"""Invariants that no proof needs of what a tree stands for."""

NOT_OF_LINKS = (
    "one_mapping", "frames_within", "frames_within_below", "begins", "fewer_rights", "fewer_rights_below", "some_right",
    "blank", *(name for name in general() if not name.startswith("a block has its first page")),
)  # fmt: skip
"""Invariants and laws that no proof needs of the links themselves."""

WITH_A_CHILD = {"Node": 6, "Slot": 3, "Frame": 2, "Order": 2}
"""Of which sizes what is known has a model: a mapping of two pages, and a child of one; or two halves of a mapping."""

NOT_OF_TURNS = (
    *NOT_OF_LINKS, "slot_node", "aligned", "room", "free", "one slot",
    *(name for name in general() if name.startswith("a block has its first page")),
)  # fmt: skip
"""Likewise where a child is dealt out."""

BEFORE_TURNS = frozenset(known("halve")) - {
    "in_one_list", "nothing_at_none", "closure", "subtree_order", "no_cycle", "live_above",
    "the node is live and no single page", "what is below it is smaller",
}  # fmt: skip
"""What a turn needs not of the tree that is halved: it has the links that the turn begins with."""


def without_these(condition: Condition, names: Iterable[str]) -> Condition:
    """The condition with fewer hypotheses, which is no weaker: a solver has less to look through."""
    return without(condition, {f"{name}{when}" for name in names for when in ("", ", in the loop")})


def without(condition: Condition, left_out: Collection[str]) -> Condition:
    """The condition without these hypotheses."""
    kept = {name: formula for name, formula in condition.hypotheses.items() if name not in left_out}
    return replace(condition, hypotheses=kept, about={name: condition.about[name] for name in kept})
