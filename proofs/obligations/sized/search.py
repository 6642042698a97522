"""The search for the parts of a range: what is passed over shows nothing, and what is found is shown by one node.

:func:`refinement.ranges.sized_tree.past` looks at how many nodes begin in a block, of which proofs know whether there
are any. :func:`refinement.ranges.sized_tree.next_part` goes on from what it passes until a node shows the slot. Neither
changes the tree.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from z3 import And, BoolVal, Const, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Slot, Term, x
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import OfCondition, Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import Node, Value, no_slot
from proofs.obligation import Condition
from proofs.obligations.code import conditions_of
from proofs.obligations.sized.blocks.laws import for_all, law_of, of_steps
from proofs.obligations.sized.blocks.order import ABSTRACT, Order, largest
from proofs.obligations.sized.contracts import b, slot
from proofs.obligations.sized.ensures import found, is_shown, shown_by_none
from proofs.obligations.sized.execution import without_these
from proofs.obligations.sized.start import end, fits, requires_fitting
from proofs.obligations.sized.state import (
    BlockFunctions,
    OrderValue,
    SizedState,
    SlotValue,
    SymbolicSized,
    at_most,
    has,
    holds,
    is_block,
    lifted,
    s,
)
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.invariants import m
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS, anything

earlier = ABSTRACT.earlier
IN_A_ROW = ("slots__are__in_a_row", "earlier__is__transitive")


def no_later(one: Term, other: Term) -> Formula:
    """A slot is not behind another."""
    return Not(earlier(other, one))


def unshown(f: SizedState, start: Term, to: Term) -> Formula:
    """No mapping has a page from a slot on that is before another."""
    there = And(f.live(m), f.slot(m, s), has(s, f.order(m), x))
    return ForAll([m, s, x], Implies(there, Or(earlier(x, start), no_later(to, x))))


def are_slots(end: Term) -> Formula:
    """What is before the end is a slot."""
    return ForAll([x], Implies(earlier(x, end), x != no_slot))


# What is required, and what is ensured.


def requires_past(f: SizedState, slot: Term, end: Term) -> Named:
    """What ``past`` requires: a page of a space, which nothing shows."""
    return {
        "the slot is before the end": earlier(slot, end),
        "no mapping has the page": shown_by_none(f, slot, lambda order: BoolVal(True)),
        "what is before the end is a slot": are_slots(end),
    }


def passed(f: SizedState, slot: Term, end: Term, to: Term) -> Named:
    """What ``past`` returns."""
    return {
        "it is further on": earlier(slot, to),
        "it is not behind the end": no_later(to, end),
        "nothing in between is shown": unshown(f, slot, to),
    }


def requires_part(f: SizedState, start: Term, end: Term) -> Named:
    """What ``next_part`` requires."""
    return {
        "the slot is not behind the end": no_later(start, end),
        "what is before the end is a slot": are_slots(end),
    }


def next_part(f: SizedState, start: Term, end: Term, slot: Term, order: Term) -> Named:
    """What ``next_part`` returns: a block before the end that one node shows, or the end."""
    return {
        "it is no earlier": no_later(start, slot),
        "it is not behind the end": no_later(slot, end),
        "nothing before it is shown": unshown(f, start, slot),
        **{said: Implies(earlier(slot, end), formula) for said, formula in is_part(f, end, slot, order).items()},
    }


def is_part(f: SizedState, end: Term, slot: Term, order: Term) -> Named:
    """A block that one node shows ends in time."""
    return {
        "a block begins there": is_block(slot, order),
        "it ends no later": no_later(ABSTRACT.upper(slot, order), end),
        "one mapping shows it": is_shown(f, slot, order),
    }


# The loops.


@dataclass(slots=True, eq=False)
class Searching(OfCondition):
    """The rule for a loop that changes nothing.

    :param holds: the invariant, of the local variables.
    :param closer: that a turn comes closer to the end: of the variables before and after it.
    :param laws: of blocks, for the variables that a turn begins with.
    :param changed: whether something has changed on this path, if that is not seen by what it wrote.
    :param begins: variables that may begin with a number, and what that is.
    """

    path: Path
    holds: Callable[[Values], Named]
    closer: Callable[[Values, Values], Formula]
    laws: Callable[[Values], Named]
    changed: Callable[[], bool] = lambda: False
    begins: Mapping[str, tuple[int, Value]] = field(default_factory=dict)
    began: Values | None = field(default=None, init=False)

    def _demand(self, what: str, values: Values) -> None:
        for part, formula in self.holds(values).items():
            self.path.demand(what, lambda formula=formula: formula, part)  # type: ignore[misc]

    def _first(self, name: str, value: object) -> object:
        """What a variable begins with."""
        number, meant = self.begins[name]
        return meant if type(value) is int and value == number else value

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The invariant holds; from here on the variables have any values of which it does.

        :raises ExecutionError: one path comes to the loop twice.
        """
        if self.began is not None:
            raise ExecutionError("the loop is entered twice on one path: its proof speaks of one time")
        values = {**values, **{name: self._first(name, values[name]) for name in self.begins if name in values}}
        self._demand(AT_FIRST, values)
        known = {name: value for name, value in values.items() if name in assigned}
        new = {name: anything(_order(value, self.path), name, self.path) for name, value in known.items()}
        then = {**values, **new}
        self.path.begin_anew()
        self.path.assume(named_when("in the loop", self.holds(then)))
        self.path.assume(self.laws(then))
        self.began = then
        return new

    def tail(self, values: Values) -> None:
        """The invariant holds again, nothing has changed, and the turn came closer to the end."""
        assert self.began is not None
        self._demand(KEEPS, values)
        before, unchanged = self.began, not self.path.writes and not self.changed()
        self.path.demand(KEEPS, lambda: BoolVal(unchanged), "nothing changes")
        self.path.demand(DECREASES, lambda: self.closer(before, values))
        raise Cut


def _order(value: object, path: Path) -> object:
    """A value; the number 0 is an order here."""
    return OrderValue(ABSTRACT.zero, path) if type(value) is int and value == 0 else value


def order_in(values: Values, name: str) -> Term:
    """The order in a local variable."""
    value = values.get(name)
    return ABSTRACT.zero if type(value) is int and value == 0 else lifted(value, Order)


def _past_holds(values: Values) -> Named:
    order = order_in(values, "order")
    return {
        "the order is no larger than the largest": at_most(order, largest),
        "a block begins there": is_block(slot, order),
        "it ends no later": no_later(ABSTRACT.upper(slot, order), end),
        "no mapping has a page of the block": ForAll(
            [m, s, x], Implies(And(b.live(m), b.slot(m, s), has(s, b.order(m), x)), Not(has(slot, order, x)))
        ),
    }


def _past_closer(before: Values, now: Values) -> Formula:
    old, new = order_in(before, "order"), order_in(now, "order")
    return And(at_most(old, new), new != old, at_most(new, largest))


def _past_laws(values: Values) -> Named:
    order = order_in(values, "order")
    return {**law_of("order__above__is_next", order, largest), **law_of("block__ends__at_the_next", slot, order)}


def _part_holds(values: Values) -> Named:
    at = lifted(values["start"], Slot)
    return {
        "it is no earlier": no_later(slot, at),
        "it is not behind the end": no_later(at, end),
        "nothing before it is shown": unshown(b, slot, at),
    }


def _part_closer(before: Values, now: Values) -> Formula:
    old, new = lifted(before["start"], Slot), lifted(now["start"], Slot)
    return And(earlier(old, new), no_later(new, end))


# How they are executed.


class Search:
    """The functions that look for parts, as they are called: each call demands what its contract requires."""

    def __init__(self, path: Path, tree: SymbolicSized, sized: Any) -> None:
        """In a tree, which code knows as this object."""
        self.path, self.tree, self.sized, self.calls = path, tree, sized, 0

    def _new(self, name: str, sized: object) -> str:
        if sized is not self.sized:
            raise ExecutionError(f"{name} is called with {sized!r} and not with the tree")
        self.calls += 1
        return f"of {name} {self.calls}"

    def find(self, sized: object, place: object) -> Value:
        """The node that has a page."""
        of = self._new("find", sized)
        node, at, f = Const(f"node {of}", Node), lifted(place, Slot), self.tree.state()
        self.path.assume(named_when(of, found(f, f, at, node)))
        self.tree.look("slot", node)
        return Value(node, self.path)

    def past(self, sized: object, place: object, to: object) -> SlotValue:
        """Where to go on."""
        of = self._new("past", sized)
        at, last, f = lifted(place, Slot), lifted(to, Slot), self.tree.state()
        self.path.demand_all(CALLS, lambda: requires_past(f, at, last))
        result = Const(f"slot {of}", Slot)
        self.path.assume(named_when(of, passed(f, at, last, result)))
        return SlotValue(result, self.path)

    def fitting(self, place: object, to: object, most: object) -> OrderValue:
        """The order of the largest block that ends in time."""
        self.calls += 1
        of = f"of fitting {self.calls}"
        at, last, result = lifted(place, Slot), lifted(to, Slot), Const(f"order {of}", Order)
        self.path.demand_all(CALLS, lambda: requires_fitting(at, last))
        self.path.assume(named_when(of, fits(at, last, result, lifted(most, Order))))
        return OrderValue(result, self.path)

    def next_part(self, sized: object, place: object, to: object) -> tuple[SlotValue, OrderValue]:
        """The next block that one node shows."""
        of = self._new("next_part", sized)
        at, last, f = lifted(place, Slot), lifted(to, Slot), self.tree.state()
        self.path.demand_all(CALLS, lambda: requires_part(f, at, last))
        first, order = Const(f"slot {of}", Slot), Const(f"order {of}", Order)
        self.path.assume(named_when(of, next_part(f, at, last, first, order)))
        return SlotValue(first, self.path), OrderValue(order, self.path)


def _past(code: Code, path: Path) -> None:
    tree, rule = SymbolicSized(path), Searching(path, _past_holds, _past_closer, _past_laws)
    execute = bind(code.sized_function("past"), path, BlockFunctions(path).names, {("past", 0): rule}, "past")
    result = execute(tree.sized, SlotValue(slot, path), SlotValue(end, path))
    _ends(path, passed(b, slot, end, lifted(result, Slot)))


def _next_part(code: Code, path: Path) -> None:
    tree, rule = SymbolicSized(path), Searching(path, _part_holds, _part_closer, lambda values: {})
    search = Search(path, tree, tree.sized)
    names = {name: getattr(search, name) for name in ("find", "past", "fitting")}
    execute = bind(code.sized_function("next_part"), path, names, {("next_part", 0): rule}, "next_part")
    first, order = execute(tree.sized, SlotValue(slot, path), SlotValue(end, path))
    _ends(path, next_part(b, slot, end, lifted(first, Slot), order_in({"order": order}, "order")))


def _ends(path: Path, ensured: Named) -> None:
    for part, formula in ensured.items():
        path.demand(AT_EXIT, lambda formula=formula: formula, part)  # type: ignore[misc]
    path.demand(AT_EXIT, lambda: BoolVal(not path.writes), "nothing changes")


RUNS: dict[str, tuple[Callable[[Code, Path], None], Callable[..., Named]]] = {
    "past": (_past, requires_past),
    "next_part": (_next_part, requires_part),
}
"""How each function is executed, and what it requires."""


@cache
def known(name: str) -> Named:
    """Return what a proof about a function may use."""
    laws = {**of_steps(), **for_all(*IN_A_ROW), **law_of("page__ends__at_the_next", slot, end, ABSTRACT.zero)}
    return {**holds(b), **laws, **RUNS[name][1](b, slot, end)}


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a function."""

    def run(code: Code, path: Path) -> None:
        path.learn(known(name))
        RUNS[name][0](code, path)

    return tuple(path for path, _ in paths(partial(run, code)))


USED = ("aligned", "begins", "slot_node", "nothing_at_none", "one slot")
LEFT_OUT = tuple(name for name in holds(b) if name not in USED)


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a function, each part of it apart."""
    every = walked(name, code)
    for part in dict.fromkeys(demand.part for path in every for demand in path.demands if demand.what == what):
        for condition in conditions_of(every, known(name), what, part=part):
            yield without_these(condition, LEFT_OUT)
