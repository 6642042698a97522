"""The loops of C code: each cut at its head by an invariant of ours, which is told what the cursor is called there.

The invariant speaks of the tree and of the walk's position, the same formulas as for our kernel. Where loops stand in
one another, each of their heads has one; an inner one also keeps the walk from going back behind where the turn of the
outer one began, so that this turn comes closer to the end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from z3 import And, Bool, BoolSort, BoolVal, Const, ExprRef, Function, Implies, Or

from model.spaces.theory import Formula, Right, Term
from proofs.execution.contract import Named
from proofs.execution.llvm.interpreter import UNDEFINED, Environment
from proofs.execution.path import Cut, ExecutionError, Path
from proofs.execution.values import Node, Truth, Value, equal, no_node
from proofs.obligations.c_code.binding import LoopBinding
from proofs.obligations.c_code.memory import CMemory, is_pointer
from proofs.obligations.c_code.own import Own
from proofs.obligations.c_code.state import BEFORE, Count, fresh, holds, tree_of
from proofs.obligations.c_code.values import RightsBits, any_truth
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.contracts import flushed_some
from proofs.obligations.tree.invariants import is_at_or_below
from proofs.obligations.tree.loops import (
    AT_FIRST,
    DECREASES,
    KEEPS,
    advances,
    flush_decreases,
    restrict_holds,
)
from proofs.obligations.tree.tree import TreeState

Result = TypeVar("Result")

Position = tuple[Term, Formula]
"""Where a walk is: the cursor, and whether it is being left."""

Holds = Callable[[TreeState, Position], Named]


@dataclass(frozen=True, slots=True)
class Kind:
    """An invariant that a loop may follow.

    :param holds: the invariant, of the tree and the position.
    :param nearer: that a second position is strictly nearer to the end: of tree and position at both.
    :param writes: whether the loop changes the tree.
    """

    holds: Holds
    nearer: Callable[[TreeState, Position, TreeState, Position], Formula]
    writes: bool


def _from_entering(named: Named) -> Named:
    """A walk that enters the top as well is at the top without leaving it."""
    return {name: formula for name, formula in named.items() if name != "at the top, the walk leaves it"}


def restrict_kind(top: Term, kept: Callable[[Term], Formula], start: TreeState) -> Kind:
    """A walk round the tree below a node that restricts what it leaves."""
    return Kind(
        lambda t, at: _from_entering(restrict_holds(t, *at, kept, start, top)),
        lambda b, was, t, now: advances(start, *was, *now),
        True,
    )


def flush_kind(top: Term, start: TreeState) -> Kind:
    """Going to first children, and removing what has none."""
    return Kind(
        lambda t, at: {
            **flushed_some(start, t, top),
            "the cursor is the top or below it": is_at_or_below(t, at[0], top),
        },
        lambda b, was, t, now: flush_decreases(b, was[0], t, now[0]),
        True,
    )


def climb_kind(lower: Term, upper: Term, start: TreeState) -> Kind:
    """Going from parent to parent, until there is none or the other node is found."""
    return Kind(
        lambda t, at: {
            "the climber is the lower node, above it, or over": Or(
                at[0] == no_node, at[0] == lower, start.below(lower, at[0])
            ),
            "the climber has not passed the upper node": Implies(
                start.below(lower, upper), And(at[0] != no_node, is_at_or_below(start, at[0], upper))
            ),
        },
        lambda b, was, t, now: And(was[0] != no_node, Or(now[0] == no_node, start.below(was[0], now[0]))),
        False,
    )


class Tested:
    """Nodes that the cursor of a loop is not at its head, since the code has tested this whenever it comes there.

    A loop that tests at its end, as ``do … while`` does, knows this at its head; one that tests at its beginning does
    not. So it is taken to be known until some path comes to the head without, and then the function is executed anew.
    What is taken to be known is demanded like the rest of the invariant.

    :param given: the nodes that the function is called with, which exist and differ.
    """

    def __init__(self, given: Sequence[Term]) -> None:
        """Nothing is found to be unknown yet."""
        self.given, self.nodes = tuple(given), (no_node, *given)
        self.unknown: set[tuple[int, str]] = set()

    def look(self, loop: int, path: Path, cursor: Term, again: bool) -> None:
        """The path comes to the head of a loop."""
        for node in self.nodes:
            different = False in (path.known(equal(cursor, node)), path.known(equal(node, cursor)))
            exists = not again and any(cursor.eq(each) for each in self.given) and not cursor.eq(node)
            if not (different or exists):
                self.unknown.add((loop, str(node)))

    def holds(self, loop: int, cursor: Term) -> Named:
        """What the head of the loop knows."""
        known = [node for node in self.nodes if (loop, str(node)) not in self.unknown]
        return {f"the cursor was tested not to be {node}": cursor != node for node in known}

    def settled(self, execute: Callable[[], Result]) -> Result:
        """What an execution gives in which nothing is taken to be known that is not."""
        while True:
            before = len(self.unknown)
            found = execute()
            if len(self.unknown) == before:
                return found


@dataclass(slots=True, eq=False)
class CLoop:
    """The rule for one loop head: see :class:`proofs.execution.llvm.interpreter.LoopHead`.

    :param number: which of the function's loops it is.
    :param outer: the rules that are under way, the outermost first; this one among them once it was entered.
    :param check: demands the invariants of the data.
    :param own: an invariant of the user's besides.
    :param tested: what is known of the cursor because the code tests it before each turn.
    """

    memory: CMemory
    number: int
    said: LoopBinding
    kind: Kind
    names: tuple[str, ...]
    outer: list["CLoop"]
    check: Callable[[], None]
    own: Own | None = None
    tested: "Tested | None" = None
    began: tuple[TreeState, Position] | None = field(default=None, init=False)
    _given: Environment = field(default_factory=dict, init=False)

    def head(self, values: Environment, again: bool) -> Environment:
        """Demand the invariant; the second time the path ends, else the loop's variables are any for which it holds."""
        path = self.memory.path
        now, at = self._tree(), self._position(values)
        if self.tested is not None and not self.kind.writes:
            self.tested.look(self.number, path, at[0], again)
        named = self._holds(now, at, values)
        self.check()
        if not self.kind.writes:
            untouched = BoolVal(self.memory.untouched)
            path.demand(KEEPS if again else AT_FIRST, lambda: untouched)
        path.demand_all(KEEPS if again else AT_FIRST, lambda: named)
        for rule in self.outer:
            if rule is not self and rule.began is not None:
                start = rule.began
                path.demand(DECREASES, partial(self._no_nearer, start, now, at))
        if again:
            assert self.began is not None
            begun = self.began
            path.demand(DECREASES, lambda: self.kind.nearer(*begun, now, at))
            self._same_kinds(values)
            raise Cut
        return self._any(values)

    def _holds(self, tree: TreeState, at: Position, values: Environment) -> Named:
        """What holds at the head: of the walk, and what the user says besides."""
        ours = self.kind.holds(tree, at)
        if self.tested is not None and not self.kind.writes:
            ours = {**ours, **self.tested.holds(self.number, at[0])}
        if self.own is None:
            return ours

        def named(name: str) -> Any:
            value = variable(name, values, self.memory.here())
            return no_node if value is None else getattr(value, "term", value)

        try:
            own = self.own(tree_of(BEFORE), tree, named)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise ExecutionError(f"the invariant {self.said.also} cannot be asked: {what}") from None
        if not isinstance(own, dict) or not all(is_formula(each) for each in own.values()):
            raise ExecutionError(f"the invariant {self.said.also} returns {own!r}: write formulas by name")
        twice = sorted({*own} & {*ours, *self.names})
        if twice:
            raise ExecutionError(f"the invariant {self.said.also}: {twice[0]!r} is called like one of ours")
        return {**ours, **own}

    def _no_nearer(self, start: tuple[TreeState, Position], now: TreeState, at: Position) -> Formula:
        """The walk is where the outer turn began, or further."""
        same = And(start[1][0] == at[0], start[1][1] == at[1])
        return Or(same, self.kind.nearer(*start, now, at))

    def _any(self, values: Environment) -> Environment:
        path, time = self.memory.path, f"in loop {self.number}"
        given = {name: self._anything(values[name], name) for name in sorted(values[""])}
        known: Named = {}
        if self.kind.writes:
            state = fresh(f" {time}")
            self.memory.become(state)
            known = holds(state, self.names)
        at = self._position({**values, **given})
        self.memory.columns["parent"].named(at[0])
        self.memory.columns["first_child"].named(at[0])
        tree = self._tree()
        for number, rule in enumerate(self.outer):
            if rule.began is not None:
                known = {
                    **known,
                    f"the turn of loop {rule.number} goes on ({number})": self._no_nearer(rule.began, tree, at),
                }
        path.assume(named_when(time, {**known, **self._holds(tree, at, {**values, **given})}))
        self.began, self._given = (tree, at), given
        self.outer.append(self)
        return given

    def _same_kinds(self, values: Environment) -> None:
        """What a turn leaves in the loop's variables is of the kind that they were taken to have at its beginning."""
        for name, given in self._given.items():
            value = values[name]
            if isinstance(given, Value) and given.term.sort() == Node:
                fits = value is None or is_node(value)
            elif isinstance(given, Truth):
                fits = isinstance(value, Truth | bool)
            elif isinstance(given, Value) and given.term.sort() == Count:
                fits = isinstance(value, Value | RightsBits | int) and not is_node(value)
            elif isinstance(given, Value):
                fits = isinstance(value, Value) and value.term.sort() == given.term.sort()
            else:
                fits = given is UNDEFINED or isinstance(value, RightsBits | int)
            if not fits:
                raise ExecutionError(
                    f"the loop makes {name!r}, which was {given!r}, {value!r}: no invariant speaks of it"
                )

    def _anything(self, value: object, name: str) -> object:
        """Any value of the same kind."""
        path, called = self.memory.path, f"{name} in loop {self.number}"
        if value is UNDEFINED:
            return value
        if value is None:
            return self._pointer(called)
        if isinstance(value, Value):
            return self._pointer(called) if value.term.sort() == Node else Value(Const(called, value.term.sort()), path)
        if isinstance(value, RightsBits):
            return RightsBits(Function(called, Right, BoolSort()), path, Bool(f"{called} is wide"))
        if isinstance(value, Truth | bool):
            return any_truth(called, path)
        if isinstance(value, int):
            return Value(Const(called, Count), path)
        raise ExecutionError(f"the loop changes {name!r}, which is {value!r}: no invariant speaks of it")

    def _pointer(self, called: str) -> Value:
        term = Const(called, Node)
        self.memory.path.assume({f"{called} names a node of the pool, or is NULL": is_pointer(term)})
        return Value(term, self.memory.path)

    def _tree(self) -> TreeState:
        return tree_of(self.memory.state())

    def _position(self, values: Environment) -> Position:
        where = self.memory.here()
        cursor = variable(self.said.cursor, values, where)
        node = no_node if cursor is None else getattr(cursor, "term", None)
        if node is None or node.sort() != Node:
            raise ExecutionError(
                f"{where}: the invariant speaks of a node in {self.said.cursor!r}, which is {cursor!r} here"
            )
        if isinstance(self.said.leaving, bool):
            return node, BoolVal(self.said.leaving)
        leaving = variable(self.said.leaving, values, where)
        if isinstance(leaving, bool | int):
            return node, BoolVal(bool(leaving))
        raise ExecutionError(
            f"{where}: the invariant speaks of a truth in {self.said.leaving!r}, which is {leaving!r} here"
        )


def is_formula(value: object) -> bool:
    """Return whether a value is a formula of the solver."""
    return isinstance(value, ExprRef) and value.sort() == BoolSort()


def is_node(value: object) -> bool:
    """Return whether a value is a pointer to a node."""
    return isinstance(value, Value) and value.term.sort() == Node


def variable(name: str, values: Environment, where: str) -> Any:
    """The value of a variable of C at a loop's head: that of the head's phi for it, or the one that it has there.

    :raises ExecutionError: there is none of that name.
    """
    phis = [each for each in values[""] if each.partition(".")[0] == name]
    if len(phis) == 1:
        return values[phis[0]]
    if not phis and name in values:
        return values[name]
    there = sorted({each.partition(".")[0] for each in values if each and not each[0].isdigit()})
    raise ExecutionError(f"{where}: the loop has no one variable {name!r} at its head; there are {', '.join(there)}")
