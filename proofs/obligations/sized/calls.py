"""What calls the steps of a tree with sizes: it calls each where its contract allows it, whatever the tree.

The functions are those of :mod:`refinement.ranges.kernel`. In the place of each step is the record of what it requires,
from which its own proof begins, and the tree is any with all invariants afterwards; what a function of this module
requires is demanded of those here that call it. Page tables and buffers are left out: their functions take no tree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolVal, Const, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Slot, Term
from proofs.execution.contract import CALLS, Named
from proofs.execution.monitor import Values, bind
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import Node, Value, lift, no_node, no_slot
from proofs.obligation import Condition
from proofs.obligations.code import conditions_of
from proofs.obligations.sized.contracts import REQUIRES, b, node, other, slot_of
from proofs.obligations.sized.laws import general
from proofs.obligations.sized.order import ABSTRACT, Order, largest
from proofs.obligations.sized.state import (
    BlockFunctions,
    OrderValue,
    SizedState,
    SymbolicSized,
    at_most,
    fresh_sized,
    has,
    holds,
    lifted,
    s,
)
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.invariants import m
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, KEEPS

slot, k = Const("given_slot", Slot), Const("k", Order)
this = Const("this_order", Order)
done = Function("done", Order, Bool("").sort())


def has_page(f: SizedState, node: Term, slot: Term) -> Formula:
    """The node is a mapping that has the page."""
    return And(f.live(node), ForAll([s], Implies(f.slot(node, s), has(s, f.order(node), slot))))


def shown_by_none(f: SizedState, slot: Term, orders: Callable[[Term], Formula]) -> Formula:
    """No mapping of one of these orders has the page."""
    there = And(f.live(m), f.slot(m, s), orders(f.order(m)))
    return ForAll([m, s], Implies(there, Not(has(s, f.order(m), slot))))


def found(f: SizedState, slot: Term, node: Term) -> Formula:
    """What ``find`` returns: a mapping that has the page; ``NONE`` only if there is none."""
    nowhere = shown_by_none(f, slot, lambda order: BoolVal(True))
    return And(Or(node == no_node, has_page(f, node, slot)), Implies(node == no_node, nowhere))


# Finding the node of a slot.


@dataclass(slots=True, eq=False)
class EachOrder:
    """The rule for the loop over all orders up to the largest: any that was not tried comes next."""

    path: Path
    most: object
    rule: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        """It is what the loop runs over."""
        self.rule = self

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """At first none was tried; from here on no mapping of an order that was tried has the page."""
        self.path.demand(AT_FIRST, lambda: lifted(self.most, Order) == ABSTRACT.more(largest))
        self.path.begin_anew()
        self.path.assume({"no mapping of an order that was tried has the page": shown_by_none(b, slot, done)})
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """Another order, or all were tried."""
        if self.path.decide(Bool("another order")):
            around = ABSTRACT.around(slot, this)
            self.path.assume(
                {
                    "the order is no larger than the largest": at_most(this, largest),
                    "the block around a slot begins at a slot": around != no_slot,
                }
            )
            yield OrderValue(this, self.path)
        else:
            self.path.assume({"all orders were tried": ForAll([k], Implies(at_most(k, largest), done(k)))})

    def tail(self, values: Values) -> None:
        """One more was tried."""
        self.path.demand(KEEPS, lambda: shown_by_none(b, slot, lambda order: Or(done(order), order == this)))
        raise Cut


def _find(code: Code, path: Path) -> None:
    tree = SymbolicSized(path)
    names = {**BlockFunctions(path).names, "range": lambda most: EachOrder(path, most)}
    result = bind(code.sized_function("find"), path, names, None, "find")(tree.sized, Value(slot, path))
    path.demand(AT_EXIT, lambda: And(found(b, slot, lift(result, Node)), BoolVal(not path.writes)))


# The kernel's functions.


class Kernel:
    """What stands for the kernel: each call demands what is required, and the tree is any that it may be afterwards."""

    def __init__(self, path: Path, code: Code) -> None:
        """The tree is any that has all invariants."""
        self.path, self.tree, self.code = path, SymbolicSized(path), code
        self.times = 0
        self.read: dict[str, SizedState] = {}
        tables = SimpleNamespace(leaf_order=lambda order: OrderValue(Const("order_of_leaf", Order), path))
        steps = {"halve": self._halve, "join": self._join}
        self.object = SimpleNamespace(
            sized=self.tree.sized, tree=self.tree.tree, tables=tables, **steps, **dict.fromkeys(OF_TABLES, _nothing)
        )

    def changed(self) -> SizedState:
        """The tree is any that has all invariants."""
        self.times += 1
        state = fresh_sized(f" after call {self.times}")
        self.tree.become(state)
        self.path.assume(named_when(f"after call {self.times}", holds(state)))
        return state

    def new(self, name: str) -> Term:
        """Some node."""
        return Const(f"{name} of call {self.times}", Node)

    def calls(self, name: str, *nodes: object) -> tuple[Term, ...]:
        """A step is called: what it requires is demanded.

        :raises ExecutionError: a node has been named in another tree: the name of its slot would be one for both.
        """
        before, terms = self.tree.state(), tuple(lift(each, Node) for each in nodes)
        for term in terms:
            if self.read.setdefault(str(term), before) != before:
                raise ExecutionError(f"{term} is named in two trees: the proof knows its slot in one")
            self.tree.look("slot", term)
            self.path.note(before.slot(term, slot_of(term)))
        self.path.demand_all(CALLS, lambda: REQUIRES[name](before, *terms))
        return terms

    def _halve(self, node: object) -> None:
        self.calls("halve", node)
        self.changed()

    def _join(self, one: object, other: object) -> Value:
        self.calls("join", one, other)
        state, kept = self.changed(), self.new("kept")
        self.path.assume({f"{kept} is what join returns": state.live(kept)})
        return Value(kept, self.path)

    def run(self, name: str, *arguments: object) -> Any:
        """The kernel's function, executed."""
        names = BlockFunctions(self.path).names
        return bind(self.code.sized_method(name), self.path, names, None, name)(self.object, *arguments)


OF_TABLES = ("lift_leaf", "invalidate", "divide_leaf", "detach_table", "settle")
"""Steps that take no tree: they change page tables and buffers."""


def _nothing(*arguments: object) -> None:
    return None


def _divide(code: Code, path: Path) -> None:
    Kernel(path, code).run("divide", Value(node, path))


def _unite(code: Code, path: Path) -> None:
    kernel = Kernel(path, code)
    result = kernel.run("unite", Value(node, path), Value(other, path))
    end = kernel.tree.state()
    path.demand(AT_EXIT, lambda: end.live(lift(result, Node)))


def _read(*nodes: Term) -> Named:
    return {f"{slot_of(each)} is the slot of {each}": b.slot(each, slot_of(each)) for each in nodes}


WALKED: dict[str, tuple[Callable[[Code, Path], None], Callable[[], Named]]] = {
    "find": (_find, dict),
    "divide": (_divide, lambda: {**REQUIRES["halve"](b, node), **_read(node)}),
    "unite": (_unite, lambda: {**REQUIRES["join"](b, node, other), **_read(node, other)}),
}
"""How each function is executed, and what it requires."""

FUNCTIONS_OF_KERNEL = tuple(name for name in WALKED if name != "find")


@cache
def known(name: str) -> Named:
    """What a proof about a function may use."""
    return {**holds(b), **(general() if name == "find" else {}), **WALKED[name][1]()}


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a function."""

    def run(path: Path) -> None:
        path.learn(known(name))
        WALKED[name][0](code, path)

    return tuple(path for path, _ in paths(run))


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a function."""
    return conditions_of(walked(name, code), known(name), what)
