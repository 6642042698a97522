"""The search for a node, and the kernel's methods that halve and join: what each calls, keeps, and does.

The methods are those of :mod:`refinement.ranges.kernel`, each executed with what it calls known by contract
(:mod:`proofs.obligations.sized.kernel`). At the end of each is demanded what its own contract ensures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from z3 import Bool, BoolSort, BoolVal, Const, Exists, ForAll, Function, Implies, Not, Or, SortRef

from model.spaces.theory import y
from proofs.execution.contract import Named
from proofs.execution.loop_rules import LoopRule, Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import Node, Value, lift, no_slot, truth
from proofs.obligation import Condition
from proofs.obligations.code import conditions_of
from proofs.obligations.sized.blocks.laws import for_all, general, laws, of_steps
from proofs.obligations.sized.blocks.order import ABSTRACT, Order, largest
from proofs.obligations.sized.contracts import (
    ARGUMENTS,
    b,
    given,
    node,
    order,
    other,
    size,
    slot,
    slot_of,
    source,
    target,
)
from proofs.obligations.sized.counting import of_has_frames, of_has_frames_loop, of_lacks, of_lacks_loop
from proofs.obligations.sized.ensures import found, joined_where, shown_by_none
from proofs.obligations.sized.entries import Entries
from proofs.obligations.sized.execution import value_of, without
from proofs.obligations.sized.going import NEEDS, TELLS, pairs_of
from proofs.obligations.sized.granting import of_a_grant, of_grant_range
from proofs.obligations.sized.grants import (
    of_merges,
    of_move_piece,
    of_moves,
    of_next_mapping,
    of_restrict,
    of_what_came,
    of_withdrawals,
)
from proofs.obligations.sized.kernel import PAGES_ARE, Kernel, is_refused
from proofs.obligations.sized.pages import PAGES, laws_of_pages, one_frame
from proofs.obligations.sized.parts import of_part
from proofs.obligations.sized.pieces import (
    SENT,
    of_clear,
    of_crosses,
    of_derives_from,
    of_map_piece,
    of_map_range,
    of_maps,
    of_must_stay,
    of_next_piece,
    of_pieces,
    of_refuses,
    of_those_asked,
    of_those_that_go,
)
from proofs.obligations.sized.promises import CONTRACTS
from proofs.obligations.sized.ranges import of_a_range, of_block, of_range
from proofs.obligations.sized.room import Number, counts, no_tables
from proofs.obligations.sized.search import IN_A_ROW, order_in
from proofs.obligations.sized.state import BlockFunctions, OrderValue, SymbolicSized, at_most, holds, k, lifted, shown
from proofs.obligations.sized.used import SIZES, unused
from proofs.obligations.sized.walks import of_below, of_flush, of_isolate, of_merge, of_restrict_below, of_split
from proofs.obligations.sized.with_tables import GONE, MOVING, promised
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, KEEPS
from proofs.obligations.tree.steps import SENTENCES, STEPS, depths

this = Const("this_order", Order)
done = Function("done", Order, Bool("").sort())


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
        """One more was tried, and nothing has changed."""
        unchanged = not self.path.writes
        self.path.demand(KEEPS, lambda: shown_by_none(b, slot, lambda order: Or(done(order), order == this)))
        self.path.demand(KEEPS, lambda: BoolVal(unchanged), "nothing changes")
        raise Cut


def _find(code: Code, path: Path) -> None:
    tree = SymbolicSized(path)
    names = {**BlockFunctions(path).names, "range": lambda most: EachOrder(path, most)}
    result = bind(code.sized_function("find"), path, names, None, "find")(tree.sized, Value(slot, path))
    for part, formula in found(b, b, slot, lift(result, Node)).items():
        path.demand(AT_EXIT, lambda formula=formula: formula, part)  # type: ignore[misc]
    path.demand(AT_EXIT, lambda: BoolVal(not path.writes), "nothing changes")


# The kernel's functions.

MAPPING = (
    "is_below", "next_piece", "is_held", "derives_from", "crosses", "must_stay", "lacks", "has_frames",
    "refuses", "clear_target", "map_piece", "map_pieces", "map_range",
)  # fmt: skip
"""The methods of which a map is made."""

GRANTING = (
    "restrict_pieces", "isolate_range", "next_mapping", "withdraw_pieces", "move_piece", "move_pieces", "merge_pieces",
    "grant_range",
)  # fmt: skip
"""The methods of which a grant is made beside those."""


def _run(name: str) -> Callable[[Code, Path], None]:
    """How a method is executed: with its loop's rule, and what it ensures is demanded at its end."""

    def run(code: Code, path: Path) -> None:
        kernel, arguments = Kernel(path, code, name), OF[name]
        rules: dict[tuple[str, int], LoopRule] = {(name, 0): LOOPS[name](kernel)} if name in LOOPS else {}
        if name in GONE:
            kernel.entries, kernel.cleared = Entries.cleared(arguments[0]), [arguments[0]]
        if name == MOVING:
            kernel.without = promised(b, source, size, given)
        if name in SEEN:
            kernel.see(PAGES)
        if name in FRAMES:
            frames = one_frame(shown(b))
            for part, formula in frames.items():
                path.demand(PAGES_ARE, lambda formula=formula: formula, part)  # type: ignore[misc]
        if name in PARTS:
            PARTS[name](kernel)
        result = kernel.run(name, *(value_of(term, path) for term in arguments), rules=rules)
        contract, end = CONTRACTS[name], kernel.tree.state()
        results = results_of(name, result, kernel)
        ensured = contract.ensures(b, end, *arguments, *results)
        if name in TELLS:
            told = results if contract.returns else (BoolVal(is_refused(result)),)
            ensured = {**ensured, **TELLS[name](b, PAGES if name in SEEN else shown(b), *arguments, *told)}
        if name in ARRIVING:
            arrived = joined_where(end, lambda page: Exists([y], pairs_of(*arguments[:-1])(y, page)))
            ensured["nothing can be joined with what has arrived"] = Or(BoolVal(is_refused(result)), arrived)
        kernel.ends(name, AT_EXIT, ensured, result)
        answers = any(type(result) is type(each) and result == each for each in contract.answers)
        path.demand(AT_EXIT, lambda: BoolVal(bool(contract.returns) or answers), "it returns what is meant")

    return run


def results_of(name: str, result: object, kernel: Kernel) -> tuple[Any, ...]:
    """The terms that a method returned; the node that was made last, if it returns none."""
    sorts = CONTRACTS[name].returns
    if not sorts:
        kernel.look(kernel.node)
        return (kernel.node,)
    values = result if isinstance(result, tuple) else (result,)
    if len(values) != len(sorts):
        raise ExecutionError(f"{name} returns {len(values)} values, and not {len(sorts)}")
    terms = tuple(_term_of(value, sort) for value, sort in zip(values, sorts, strict=True))
    kernel.look(*(term for term in terms if term.sort() == Node))
    return terms


def _term_of(value: object, sort: SortRef) -> Any:
    if sort == BoolSort():
        return truth(value)
    if sort == Number:
        return no_tables if type(value) is int and value == 0 else lift(value, Number)
    return order_in({"order": value}, "order") if sort == Order else lift(value, sort)


OF: dict[str, tuple[Any, ...]] = {
    "divide": (node,),
    "unite": (node, other),
    "split": (node,),
    "isolate": (slot, order),
    "merge": (node,),
    **{name: ARGUMENTS[name] for name in ("flush_below", "restrict_below", "take_rights", "flush_part")},
    **{name: ARGUMENTS[name] for name in ("take_block", "flush_range", *MAPPING, *GRANTING)},
}
"""The methods that are executed, and what they are called with."""

LOOPS: dict[str, Callable[[Kernel], LoopRule]] = {
    "split": of_split,
    "isolate": of_isolate,
    "merge": of_merge,
    "flush_below": of_flush,
    "restrict_below": of_restrict_below,
    "flush_part": of_part,
    "flush_range": of_range,
    "is_below": of_below,
    "next_piece": of_next_piece,
    "crosses": of_crosses,
    "must_stay": of_must_stay,
    "lacks": of_lacks_loop,
    "has_frames": of_has_frames_loop,
    "refuses": of_refuses,
    "clear_target": of_clear,
    "map_pieces": of_maps,
    "restrict_pieces": of_restrict,
    "withdraw_pieces": of_withdrawals,
    "move_pieces": of_moves,
    "merge_pieces": of_merges,
}

PARTS = {
    "take_block": of_block,
    "derives_from": of_derives_from,
    "map_piece": of_map_piece,
    "map_range": of_map_range,
    "next_mapping": of_next_mapping,
    "move_piece": of_move_piece,
    "grant_range": of_grant_range,
}
"""Methods without a loop of which it matters what is shown between calls."""

SEEN = (
    *("flush_range", "crosses", "must_stay", "has_frames", "refuses", "clear_target", "map_pieces", "map_range"),
    *("restrict_pieces", "move_pieces", "grant_range"),
)
"""Methods that look at no node but those that are found: of the rest they know pages."""

FRAMES = ("map_range", "grant_range")
"""Those that know as well that a page shows one frame."""

ARRIVING = ("map_range", "grant_range")
"""Those by which pages arrive in a window: what shows them is joined with all that it can be joined with."""

WALKED: dict[str, Callable[[Code, Path], None]] = {"find": _find, **{name: _run(name) for name in OF}}
"""How each function is executed."""

FUNCTIONS_OF_KERNEL = tuple(OF)

ON_ORDERS = ("orders__are__a_chain",)
ON_BLOCKS = (*ON_ORDERS, "first__is__within__slots", "equal__is__one__slots")


def requires(name: str) -> Named:
    """Return what a function requires, with the names of slots that this speaks of."""
    arguments = OF.get(name, ())
    nodes = [term for term in arguments if term is not given and term.sort() == Node]
    read = {f"{slot_of(each)} is the slot of {each}": b.slot(each, slot_of(each)) for each in nodes}
    needs = NEEDS[name](PAGES if name in SEEN else shown(b), *arguments) if name in NEEDS else {}
    return {**CONTRACTS[name].requires(b, *arguments), **needs, **read} if name in OF else {}


def laws_for(name: str) -> Named:
    """The laws of blocks that a proof uses."""
    needed = {"split": ON_ORDERS, "isolate": ON_BLOCKS, "merge": ON_BLOCKS}.get(name, ())
    whole: dict[str, Callable[[], Named]] = {
        "find": of_steps,
        "flush_part": general,
        "take_block": general,
        "flush_range": of_a_range,
        "next_piece": lambda: {**of_steps(), **for_all(*IN_A_ROW, "pages__have__frames")},
        "is_held": lambda: {**of_steps(), **for_all("pages__have__frames")},
        "derives_from": general,
        "crosses": lambda: of_pieces((source, size)),
        "must_stay": lambda: of_pieces((slot, order)),
        "lacks": lambda: {**of_lacks(), "0 counts no table": Not(counts(no_tables))},
        "has_frames": of_has_frames,
        "refuses": lambda: of_pieces((source, size), (target, size)),
        "clear_target": lambda: {**of_pieces((source, size), (target, size)), **of_those_that_go()},
        "map_piece": lambda: {**general(), **for_all(*SENT, "pages__have__frames")},
        "map_pieces": lambda: of_pieces((source, size), (target, size)),
        "map_range": lambda: {**of_steps(), **for_all(*SENT, "pages__go__nowhere"), **of_those_asked()},
        "restrict_pieces": lambda: {**of_pieces((source, size)), **of_those_that_go()},
        "isolate_range": lambda: {**of_steps(), **of_pieces((source, size))},
        "next_mapping": lambda: {**of_steps(), **for_all(*IN_A_ROW, "pages__have__frames", "between__is__within")},
        "withdraw_pieces": lambda: of_pieces((source, size)),
        "move_piece": lambda: {**of_steps(), **for_all(*SENT, "pages__have__frames")},
        "move_pieces": lambda: {**of_pieces((source, size), (target, size)), **of_what_came()},
        "merge_pieces": lambda: of_pieces((target, size)),
        "grant_range": lambda: {**of_steps(), **for_all(*SENT, "pages__go__nowhere"), **of_what_goes()},
    }
    if name in whole:
        return whole[name]()
    return {laws()[law].sentence: general()[laws()[law].sentence] for law in needed}


def of_what_goes() -> Named:
    """What is known by name of the pages that a grant asks for and moves."""
    return {**of_a_grant(), **of_those_asked()}


@cache
def known(name: str) -> Named:
    """Return what a proof about a function may use."""
    pages = laws_of_pages(PAGES, b) if name in SEEN else {}
    pages |= one_frame(PAGES) if name in FRAMES else {}
    return {**holds(b), **laws_for(name), **requires(name), **pages}


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a function."""

    def run(path: Path) -> None:
        path.learn(known(name))
        WALKED[name](code, path)

    return tuple(path for path, _ in paths(run))


def conditions(name: str, what: str, code: Code = CODE, only: str | None = None) -> Iterator[Condition]:
    """The conditions that this holds of a function."""
    every, counted = walked(name, code), depths(b) if what == STEPS and name in SENTENCES else {}
    for part in dict.fromkeys(demand.part for path in every for demand in path.demands if demand.what == what):
        for condition in (
            conditions_of(every, {**known(name), **counted}, what, part=part) if only in (None, part) else ()
        ):
            left_out = unused(name, what, part, condition.hypotheses)
            yield replace(without(condition, left_out), sizes=SIZES.get(name, {}))
