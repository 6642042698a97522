"""A stand-in for the kernel with ranges where its methods are executed: each call is known by its contract alone.

What a callee requires is demanded from the record from which its own proof begins, and what it ensures is assumed from
the formulas that are demanded at its end. In between the tree is any with all invariants; executed code may read it,
and write nothing. Of page tables and buffers only the order of their steps is known: they take no tree.
"""

from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from types import SimpleNamespace
from typing import Any

from z3 import BoolVal, Const

from model.ranges.theory import is_target
from model.spaces.literal import REFUSED
from model.spaces.theory import Term
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import Rules
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Node, no_node
from proofs.obligations.sized.blocks.order import ABSTRACT, Order
from proofs.obligations.sized.contracts import ARGUMENTS, any_right
from proofs.obligations.sized.effects import EFFECTS, OF_PAGES, changes, effect, same
from proofs.obligations.sized.entries import TAKING
from proofs.obligations.sized.execution import EFFECT, value_of
from proofs.obligations.sized.going import NEEDS, TELLS, pair, room, sent
from proofs.obligations.sized.kernel_object import KernelObject
from proofs.obligations.sized.pages import (
    PAGES,
    POINTS,
    Two,
    alike,
    fresh_pages,
    laws_of_pages,
    same_pages,
)
from proofs.obligations.sized.promises import CONTRACTS, ON_BLOCKS, ON_TREES, KernelContract
from proofs.obligations.sized.room import NumbersOfTables, Spare, Wanted, enough, wanted
from proofs.obligations.sized.search import Search
from proofs.obligations.sized.state import (
    BlockFunctions,
    OrderValue,
    Shown,
    SizedColumns,
    SizedState,
    SymbolicSized,
    fresh_sized,
    holds,
    lifted,
    shown,
)
from proofs.obligations.sized.table_steps import TAKE_APART, resizes
from proofs.obligations.sized.with_tables import BARE, CLEARING, OF_TABLES, WRITTEN, WithTables, promised
from proofs.obligations.source import Code
from proofs.obligations.tree.callees import argument, guarded, named_when, only_read

BETWEEN = "shows_between"
"""What is shown after a call, for the proof of what comes then."""

PAGES_ARE = "knows__pages"
"""What is known of pages where nodes are not looked at, demanded of those that the tree stands for."""

SAME = "no_page_changes"
"""What is demanded where only steps may be called by which no page changes."""


STAYING = "narrow_block"
"""The step after which each node is where it was and as large: what is known of entries is known still."""

INSIDE = ("show", "withdraw", "narrow", "passed_on")
"""Methods that are executed where they are called."""

STEPS_OF_WALKS = {"flush_step": 1, "restrict_step": 0}
"""Likewise functions on the tree, and how many arguments before theirs the method takes that hands on."""


class Kernel(WithTables):
    """The kernel on a path: ``object`` is what code gets."""

    def __init__(self, path: Path, code: Code, of: str = "") -> None:
        """The tree is any that has all invariants.

        :param of: the method that is executed; it may call those before it, and without one all may be called.
        """
        super().__init__(path, SymbolicSized(path), code, of)
        self.method = of
        self.calls, self.node, self.same = 0, no_node, True
        self.rules: Rules | None = None
        self.pages: dict[str, Callable[..., list[Two]]] = {}
        self.seen: Shown | None = None  # the pages, where no node is looked at
        self.between: dict[str, Callable[..., Named]] = {}
        links, order = guarded(self.tree), only_read(self.tree.orders)
        self.sized = SizedColumns(links, order, self.tree.sized.largest, self.tree.sized.begins)
        numbers = NumbersOfTables(path, self.tree.state, self._shows, ARGUMENTS["lacks"][:2])
        tables = SimpleNamespace(
            leaf_order=self._leaf_order, above=numbers.above, inside=numbers.inside, below=numbers.below,
            spare=Spare(self._wanted),
        )  # fmt: skip
        known = list(CONTRACTS)[: list(CONTRACTS).index(of)] if of else list(CONTRACTS)
        methods = {name: self._called(name) for name in known if name not in ON_TREES}
        methods["buddy"] = self._called("buddy")
        methods |= {name: self.of_tables(name) for name in OF_TABLES}
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
            "operations": SimpleNamespace(is_below=self._is_below),
        }

    def run(self, name: str, *arguments: object, rules: Rules | None = None) -> Any:
        """A method, executed; the last arguments are those that it takes by name."""
        self.rules = rules or self.rules
        execute = bind(self.code.sized_method(name), self.path, self.names, rules, name)
        named = tuple(execute.__kwdefaults__ or ())
        first = len(arguments) - len(named)
        return execute(self.object, *arguments[:first], **dict(zip(named, arguments[first:], strict=True)))

    def become(self, when: str) -> SizedState:
        """The tree is any that has all invariants."""
        state = fresh_sized(f" {when}")
        self.tree.become(state)
        self.changed = True
        self.trees += 1
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

    def call(self, name: str, *arguments: object) -> Any:
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
        if name in NEEDS:
            self.path.demand_all(CALLS, lambda: NEEDS[name](pages or shown(before), *terms))
        if name in TAKE_APART:
            may = self.method in ("", *TAKE_APART[name])
            self.path.demand(CALLS, lambda: BoolVal(may), "mappings are halved of which something is taken")
        step = ON_BLOCKS.get(name, name)
        self.steps.take(step)
        if step in TAKING:
            self.cleared = [at for at in self.cleared if step == STAYING or not self.entries.are_at(at)]
            known = replace(self.entries)
            self.path.demand(CALLS, lambda: TAKING[step](known, before, *terms), "its entries went before")
            self.entries.follow()
        self.follow_entries(name)
        self.follow_moves(name, before, terms)
        self.calls += 1
        when = f"after call {self.calls}"
        entries = replace(self.entries)
        after = self.become(when) if contract.changes else before
        if step == STAYING:
            self.entries = entries
        self.same &= not contract.changes or is_same(name)
        self.look(*nodes)
        results = self._results(contract)
        if step in BARE:
            self.bare.append(results[0] if contract.returns else terms[0])
        self.path.assume(named_when(when, contract.ensures(before, after, *terms, *results)))
        if name in TELLS:
            self.path.assume(named_when(when, TELLS[name](before, pages or shown(before), *terms, *results)))
        if pages is not None and self.seen is not None and contract.changes:
            self.path.assume(named_when(when, self._of_pages(name, pages, self.seen, terms)))
        if name in self.pages:
            for two in self.pages[name](before, *terms):
                self.path.assume(named_when(when, self._at(name, before, after, terms, two)))
        if name in self.between:
            shown_first = self.between[name](after, *terms, *results)
            for part, formula in shown_first.items():
                self.path.demand(BETWEEN, lambda formula=formula: formula, part)  # type: ignore[misc]
                self.path.assume(named_when(when, {part: formula}))
        if not contract.returns:
            return contract.answers[0]
        values = tuple(value_of(term, self.path) for term in results)
        return values if len(values) > 1 else values[0]

    def _results(self, contract: KernelContract) -> tuple[Any, ...]:
        """What a function returns; a node if it returns nothing that is a term: one that is new, perhaps."""
        sorts = contract.returns or (Node,)
        several = [f"{str(sort).lower()} {place}" for place, sort in enumerate(sorts)] if len(sorts) > 1 else None
        words = several or [str(sorts[0]).lower()]
        found = tuple(Const(f"{word} of call {self.calls}", sort) for word, sort in zip(words, sorts, strict=True))
        if sorts == (Node,):
            (self.node,) = found
            self.look(self.node)
        return found

    def _at(self, name: str, before: SizedState, after: SizedState, terms: list[Any], two: Two) -> Named:
        """What is proved at any pages is known at two: that they are what they were, or what they became."""
        if is_same(name):
            return alike(before, after, two)
        points = {"derives": tuple(two), "phys": (two.page, two.frame), "holds": (two.page, two.frame)}
        of, step = f"of {two.page} and {two.above}", ON_BLOCKS.get(name, name)
        right = {"right": (two.page, any_right, two.frame)}
        return {
            f"{said} {of}": formula
            for said, formula in effect(step, after, before, tuple(terms), {**points, **right}).items()
        }

    def _of_pages(self, name: str, was: Shown, now: Shown, terms: list[Any]) -> Named:
        """What is proved at any pages is known of all."""
        if name in OF_PAGES:
            return changes(now, OF_PAGES[name](was, *terms))
        return same_pages(was, now) if is_same(name) else {}

    def _called(self, name: str) -> Callable[..., Any]:
        takes = signature(self.code.sized_method(name))

        def called(*arguments: object, **named: object) -> Any:
            try:
                bound = takes.bind(None, *arguments, **named)
            except TypeError as error:
                number = len(CONTRACTS[name].sorts)
                raise ExecutionError(f"{name} takes {number} arguments, not {len(arguments)}: {error}") from error
            bound.apply_defaults()
            return self.call(name, *list(bound.arguments.values())[1:])

        return called

    def _called_on_tree(self, name: str) -> Callable[..., Any]:
        def called(sized: object, *arguments: object) -> Any:
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

    def _is_below(self, links: object, *arguments: object) -> object:
        if links is not self.sized.links:
            raise ExecutionError(f"is_below is called with {links!r} and not with the tree")
        names = {"tour_step": self._tour_step}
        return bind(self.code.function("is_below"), self.path, names, self.rules, "is_below")(links, *arguments)

    def _shows(self) -> Shown:
        """The pages that are shown now."""
        return self.seen or shown(self.tree.state())

    def _wanted(self) -> Wanted:
        """What is asked of the pool for what goes."""
        *window, rights = ARGUMENTS["has_frames"]
        pages, answer = self._shows(), room(self._shows(), rights, *window)
        to = sent(pages, pair(*window), rights)
        return Wanted(wanted(pages, to), answer, enough(pages, lambda page: is_target(to, page), answer))

    def _frame_at(self, sized: object, *arguments: object) -> object:
        self._is_tree(sized, "frame_at")
        names = BlockFunctions(self.path).names
        return bind(self.code.sized_function("frame_at"), self.path, names, None, "frame_at")(sized, *arguments)

    def _inside(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self.run(name, *arguments)

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

    def stays_the_same(self) -> bool:
        """Return whether no page may change, of which it is demanded here then that none has."""
        if not is_same(self.method):
            return False
        unchanged = self.trees == 0 if self.method == CLEARING else not self.changed
        same = self.same if CONTRACTS[self.method].changes else unchanged
        self.path.demand(SAME, lambda: BoolVal(same))
        return True

    def ends(self, name: str, what: str, formulas: Named, result: object) -> None:
        """What a function ensures, part by part, and that no page has changed, or what has."""
        state = self.tree.state()
        written = self.written_but(promised(state, *ARGUMENTS[name])) if name == CLEARING else self.all_written()
        self.path.demand(what, lambda: written, WRITTEN)
        if is_refused(result):
            nothing = not self.changed
            self.path.demand(what, lambda: BoolVal(nothing), "what is refused changes nothing")
        for part, formula in {**formulas, **resizes(name, self.steps)}.items():
            self.path.demand(what, lambda formula=formula: formula, part)  # type: ignore[misc]
        if self.stays_the_same():
            return
        points = POINTS if name in OF_PAGES else None
        after = effect(name, self.tree.state(), points=points)
        if self.seen is not None:
            meant = PAGES if is_refused(result) else OF_PAGES[name](PAGES, *ARGUMENTS[name])
            after = changes(self.seen, meant, points)
        for part, formula in after.items():
            self.path.demand(EFFECT, lambda formula=formula: formula, part)  # type: ignore[misc]


def is_refused(result: object) -> bool:
    """Return whether a method says that it refuses."""
    return type(result) is int and result == REFUSED


def is_same(name: str) -> bool:
    """Return whether no page changes by a function: of steps it is proved as what they do, of others at their ends."""
    step = ON_BLOCKS.get(name, name)
    return EFFECTS[step][1] is same if step in EFFECTS else name in CONTRACTS
