"""A stand-in for the kernel with ranges where its methods are executed: each call is known by its contract alone.

What a callee requires is demanded from the record from which its own proof begins, and what it ensures is assumed from
the formulas that are demanded at its end. In between the tree is any with all invariants; executed code may read it,
and write nothing. Of page tables and buffers only the order of their steps is known: they take no tree.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import signature
from types import SimpleNamespace
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Exists, Or, SortRef

from model.spaces.literal import DONE
from model.spaces.theory import Formula, Right, Slot, Term, a
from proofs.execution.contract import CALLS, Named
from proofs.execution.monitor import Rules, bind
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Node, Value, no_node
from proofs.obligations.sized.contracts import ARGUMENTS, REQUIRES
from proofs.obligations.sized.effects import EFFECTS, OF_PAGES, changes, effect, same
from proofs.obligations.sized.ensures import (
    dropped,
    flushed,
    found,
    given_up,
    halved,
    is_shown,
    isolated,
    joined,
    narrowed,
    restricted,
    taken,
    two_halves,
)
from proofs.obligations.sized.entries import TAKING, Entries
from proofs.obligations.sized.execution import EFFECT
from proofs.obligations.sized.order import ABSTRACT, Order
from proofs.obligations.sized.pages import PAGES, POINTS, Two, alike, fresh_pages, laws_of_pages, same_pages
from proofs.obligations.sized.search import Search, are_slots
from proofs.obligations.sized.state import (
    BlockFunctions,
    OrderValue,
    Shown,
    SizedColumns,
    SizedState,
    SymbolicSized,
    fresh_sized,
    holds,
    is_block,
    lifted,
    shown,
)
from proofs.obligations.source import Code
from proofs.obligations.tree.callees import argument, guarded, named_when, only_read
from refinement.ranges.kernel import SizedKernel

BETWEEN = "shows_between"
"""What is shown after a call, for the proof of what comes then."""

PAGES_ARE = "knows__pages"
"""What is known of pages where nodes are not looked at, demanded of those that the tree stands for."""

SAME = "no_page_changes"
"""What is demanded where only steps may be called by which no page changes."""


@dataclass(frozen=True, slots=True)
class KernelContract:
    """The contract of a function on trees with sizes, as a caller knows it.

    :param sorts: of what it is called with.
    :param requires: of the tree before and the arguments.
    :param ensures: of the trees before and after, the arguments, and the node that is returned, or that is new.
    :param returns: whether it returns that node.
    :param changes: whether the tree is another one afterwards.
    :param answers: the number that it returns, if it is no node.
    :param looks: a column of which it requires something for the first node: columns are total.
    """

    sorts: tuple[SortRef, ...]
    requires: Callable[..., Named]
    ensures: Callable[..., Named]
    returns: bool = False
    changes: bool = True
    looks: str = "slot"
    answers: int | None = None


def _nothing(*arguments: Any) -> Named:
    return {}


def _is_live(f: SizedState, node: Term, *more: Any) -> Named:
    return {"the node is live": f.live(node)}


def _give_up(f: SizedState, node: Term, rights: Any) -> Named:
    return {**_is_live(f, node), "some right goes": Exists([a], And(f.rights(node, a), rights(a)))}


def _split(f: SizedState, top: Term) -> Named:
    return {"the node is live and no single page": And(f.live(top), f.order(top) != ABSTRACT.zero)}


def _isolate(f: SizedState, slot: Term, order: Term) -> Named:
    return {
        "it is a block": is_block(slot, order),
        "a mapping that is as large shows its first page": is_shown(f, slot, order),
    }


def _block(f: SizedState, slot: Term, order: Term, rights: Any) -> Named:
    return _isolate(f, slot, order)


def _range(f: SizedState, slot: Term, order: Term, rights: Any, own: Formula) -> Named:
    """A range is a block of slots."""
    return {
        "it is a block": is_block(slot, order),
        "what is before its end is a slot": are_slots(ABSTRACT.upper(slot, order)),
    }


def _buddy(was: SizedState, f: SizedState, node: Term, other: Term) -> Named:
    return {"it can be joined with the node, or is NONE": Or(other == no_node, And(*_join(was, node, other).values()))}


_halve, _join = REQUIRES["halve"], REQUIRES["join"]

CONTRACTS: dict[str, KernelContract] = {
    "halve": KernelContract((Node,), _halve, halved),
    "join": KernelContract((Node, Node), _join, joined, returns=True),
    "buddy": KernelContract((Node,), REQUIRES["buddy"], _buddy, returns=True, changes=False),
    "find": KernelContract((Slot,), _nothing, found, returns=True, changes=False),
    "divide": KernelContract((Node,), _halve, halved),
    "unite": KernelContract((Node, Node), _join, joined, returns=True),
    "split": KernelContract((Node,), _split, two_halves),
    "isolate": KernelContract((Slot, Order), _isolate, isolated, returns=True),
    "merge": KernelContract((Node,), _is_live, _nothing),
    "move_node": KernelContract((Node, Slot), REQUIRES["move_block"], _nothing),
    "drop_block": KernelContract((Node,), REQUIRES["drop_block"], dropped, looks="first_child"),
    "narrow_block": KernelContract((Node, Right), REQUIRES["narrow_block"], narrowed),
    "flush_below": KernelContract((Node,), _is_live, flushed),
    "restrict_below": KernelContract((Node, Right), _is_live, restricted),
    "take_rights": KernelContract((Node, Right), _is_live, taken),
    "give_up": KernelContract((Node, Right), _give_up, given_up),
    "flush_part": KernelContract((Slot, Order, Right), _block, _nothing),
    "take_block": KernelContract((Slot, Order, Right), _block, _nothing),
    "flush_range": KernelContract((Slot, Order, Right, BoolSort()), _range, _nothing, answers=DONE),
}
"""By name; each is proved by those before it alone, so that no call leads back to who makes it."""

ON_BLOCKS = {"move_node": "move_block", "remove_leaf": "drop_block", "restrict_rights": "narrow_block"}
"""What methods are called that only hand on, as functions on the tree."""

CONTRACTS = {name: CONTRACTS[on] for name, on in ON_BLOCKS.items() if on in CONTRACTS} | CONTRACTS

ON_TREES = ("find", "buddy", "drop_block", "narrow_block")
"""Functions that the kernel calls on its tree; the others are methods."""

OF_TABLES = (
    "lift_leaf", "invalidate", "divide_leaf", "detach_table", "settle", "clear_entry", "narrow_entry", "release_tables",
    "free_tables",
)  # fmt: skip
"""Methods that take no tree: they change page tables and buffers."""

INSIDE = ("withdraw", "narrow", "passed_on")
"""Methods that are executed where they are called."""

STEPS_OF_WALKS = {"flush_step": 1, "restrict_step": 0}
"""Likewise functions on the tree, and how many arguments before theirs the method takes that hands on."""


class KernelObject:
    """The kernel that code gets: it has parts, and none may be assigned."""

    def __init__(self, parts: dict[str, Any]) -> None:
        """These parts."""
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> Any:
        """No other part.

        :raises AttributeError: always.
        """
        raise AttributeError(f"no proof of the kernel with ranges knows self.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        """No part may become another one.

        :raises ExecutionError: always.
        """
        raise ExecutionError(f"self.{name} is assigned, of which no proof speaks")


class Kernel:
    """The kernel on a path: ``object`` is what code gets."""

    def __init__(self, path: Path, code: Code, of: str = "") -> None:
        """The tree is any that has all invariants.

        :param of: the method that is executed; it may call those before it, and without one all may be called.
        """
        self.path, self.tree, self.code = path, SymbolicSized(path), code
        self.calls, self.node, self.same = 0, no_node, True
        self.pages: dict[str, Callable[..., list[Two]]] = {}
        self.seen: Shown | None = None  # the pages, where no node is looked at
        self.between: dict[str, Callable[..., Named]] = {}
        links, order = guarded(self.tree), only_read(self.tree.orders)
        self.sized = SizedColumns(links, order, self.tree.sized.largest, self.tree.sized.begins)
        tables = SimpleNamespace(leaf_order=self._leaf_order)
        known = list(CONTRACTS)[: list(CONTRACTS).index(of)] if of else list(CONTRACTS)
        methods = {name: self._called(name) for name in known if name not in ON_TREES}
        methods["buddy"] = self._called("buddy")
        self.entries = Entries()
        methods |= {name: self._of_tables(name) for name in OF_TABLES}
        methods |= {name: self._inside(name) for name in INSIDE}
        methods |= {name: self._step(name) for name in STEPS_OF_WALKS}
        self.object = KernelObject({"sized": self.sized, "tree": links, "tables": tables, **methods})
        search = Search(path, self.tree, self.sized)
        self.names: dict[str, Any] = {
            **BlockFunctions(path).names,
            "trees": SimpleNamespace(
                frame_at=self._frame_at,
                next_part=search.next_part,
                **{name: self._called_on_tree(name) for name in ON_TREES},
            ),
            "primitives": SimpleNamespace(tour_step=self._tour_step),
        }

    def run(self, name: str, *arguments: object, rules: Rules | None = None) -> Any:
        """A method, executed; the last arguments are those that it takes by name."""
        execute = bind(self.code.sized_method(name), self.path, self.names, rules, name)
        named = tuple(execute.__kwdefaults__ or ())
        first = len(arguments) - len(named)
        return execute(self.object, *arguments[:first], **dict(zip(named, arguments[first:], strict=True)))

    def become(self, when: str) -> SizedState:
        """The tree is any that has all invariants."""
        state = fresh_sized(f" {when}")
        self.tree.become(state)
        self.entries.forget()
        self.path.assume(named_when(when, holds(state)))
        if self.seen is not None:
            self.see(fresh_pages(f" {when}"), when)
        return state

    def see(self, pages: Shown, when: str = "") -> None:
        """From here on the tree stands for these pages: whatever is known of them holds of what it shows."""
        state = self.tree.state()
        laws: Callable[[Shown, SizedState], Named] = self.code.sized.get("laws_of_pages", laws_of_pages)
        for part, formula in laws(shown(state), state).items():
            self.path.demand(PAGES_ARE, lambda formula=formula: formula, part)  # type: ignore[misc]
        self.seen = pages
        if when:
            self.path.assume(named_when(when, laws(pages, state)))

    def look(self, *nodes: Term) -> None:
        """The slots of these nodes have their names."""
        for each in nodes:
            self.tree.look("slot", each)

    def call(self, name: str, *arguments: object) -> Value | None:
        """A function is called: what it requires is demanded, and what it ensures is known."""
        contract, before, pages = CONTRACTS[name], self.tree.state(), self.seen
        if len(arguments) != len(contract.sorts):
            raise ExecutionError(f"{name} takes {len(contract.sorts)} arguments, not {len(arguments)}")
        sorted_arguments = list(zip(arguments, contract.sorts, strict=True))
        terms = [lifted(value, Order) if sort == Order else argument(value, sort) for value, sort in sorted_arguments]
        nodes = [term for term, sort in zip(terms, contract.sorts, strict=True) if sort == Node]
        self.look(*nodes)
        self.tree.look(contract.looks, nodes[0]) if nodes else None
        self.path.demand_all(CALLS, lambda: contract.requires(before, *terms))
        step = ON_BLOCKS.get(name, name)
        if step in TAKING:
            entries = replace(self.entries)
            self.path.demand(CALLS, lambda: TAKING[step](entries, before, *terms), "its entries went before")
        self.calls += 1
        when = f"after call {self.calls}"
        after = self.become(when) if contract.changes else before
        self.same &= not contract.changes or is_same(name)
        self.node = Const(f"node of call {self.calls}", Node)
        self.look(*nodes, self.node)
        self.path.assume(named_when(when, contract.ensures(before, after, *terms, self.node)))
        if pages is not None and self.seen is not None and contract.changes:
            self.path.assume(named_when(when, self._of_pages(name, pages, self.seen, terms)))
        if name in self.pages and is_same(name):
            for two in self.pages[name](before, *terms):
                self.path.assume(named_when(when, alike(before, after, two)))
        if name in self.between:
            shown_first = self.between[name](after, *terms, self.node)
            for part, formula in shown_first.items():
                self.path.demand(BETWEEN, lambda formula=formula: formula, part)  # type: ignore[misc]
                self.path.assume(named_when(when, {part: formula}))
        return Value(self.node, self.path) if contract.returns else None

    def _of_pages(self, name: str, was: Shown, now: Shown, terms: list[Any]) -> Named:
        """What is proved at any pages is known of all."""
        if name in OF_PAGES:
            return changes(now, OF_PAGES[name](was, *terms))
        return same_pages(was, now) if is_same(name) else {}

    def _called(self, name: str) -> Callable[..., Value | None]:
        return lambda *arguments: self.call(name, *arguments)

    def _called_on_tree(self, name: str) -> Callable[..., Value | None]:
        def called(sized: object, *arguments: object) -> Value | None:
            self._is_tree(sized, name)
            return self.call(name, *arguments)

        return called

    def _is_tree(self, sized: object, name: str) -> None:
        if sized is not self.sized:
            raise ExecutionError(f"{name} is called with {sized!r} and not with the tree")

    def _tour_step(self, links: object, *arguments: object) -> object:
        if links is not self.sized.links:
            raise ExecutionError(f"tour_step is called with {links!r} and not with the tree")
        return bind(self.code.function("tour_step"), self.path, {}, None, "tour_step")(links, *arguments)

    def _frame_at(self, sized: object, *arguments: object) -> object:
        self._is_tree(sized, "frame_at")
        names = BlockFunctions(self.path).names
        return bind(self.code.sized_function("frame_at"), self.path, names, None, "frame_at")(sized, *arguments)

    def _inside(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self.run(name, *arguments)

    def _of_tables(self, name: str) -> Callable[..., None]:
        takes = signature(getattr(SizedKernel, name))

        def called(*arguments: object) -> None:
            self.entries.note(name, takes.bind(None, *arguments).arguments)

        return called

    def _step(self, name: str) -> Callable[..., Any]:
        def step(*arguments: object) -> object:
            called = {each: self._called_on_tree(each) for each in ("drop_block", "narrow_block")}
            names = {"tour_step": self._tour_step, **called}
            execute = bind(self.code.sized_function(name), self.path, names, None, name)
            return execute(self.sized, *arguments[STEPS_OF_WALKS[name] :])

        return step

    def _leaf_order(self, order: object) -> OrderValue:
        """Any order, the same for the same one."""
        return OrderValue(ABSTRACT.of_leaf(lifted(order, Order)), self.path)

    def ends(self, name: str, what: str, formulas: Named) -> None:
        """What a function ensures, part by part, and that no page has changed, or what has."""
        for part, formula in formulas.items():
            self.path.demand(what, lambda formula=formula: formula, part)  # type: ignore[misc]
        if is_same(name):
            same = self.same
            self.path.demand(SAME, lambda: BoolVal(same))
            return
        points = POINTS if name in OF_PAGES else None
        after = effect(name, self.tree.state(), points=points)
        if self.seen is not None:
            after = changes(self.seen, OF_PAGES[name](PAGES, *ARGUMENTS[name]), points)
        for part, formula in after.items():
            self.path.demand(EFFECT, lambda formula=formula: formula, part)  # type: ignore[misc]


def is_same(name: str) -> bool:
    """Return whether no page changes by a function: of steps it is proved as what they do, of others at their ends."""
    step = ON_BLOCKS.get(name, name)
    return EFFECTS[step][1] is same if step in EFFECTS else name in CONTRACTS
