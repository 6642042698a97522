"""The base of the induction: the first tree with sizes has every invariant, and σ0 holds each frame in its own page.

:func:`refinement.ranges.sized_tree.initial` is executed as it is, for any number of frames: a turn of its loop makes a
mapping as large as fits. How large that is says :func:`refinement.ranges.sized_tree.fitting`, whose loop is proved here
as well. A tree of which nothing is mapped is what :mod:`proofs.obligations.kernel.empty_tree` proves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from z3 import And, BoolVal, Const, ForAll, Function, If, Implies, Not

from model.spaces.theory import Formula, Frame, Slot, Term, a, r, x, y
from proofs.execution.contract import CALLS, Named
from proofs.execution.loop_rules import OfCondition, Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path, paths
from proofs.execution.values import Node, Numbered, Truth, Value, equal, lift, no_slot, rights_of, roots
from proofs.obligation import Condition
from proofs.obligations.code import conditions_of
from proofs.obligations.kernel.start import empty_promise
from proofs.obligations.sized.blocks.laws import general, law_of, of_steps
from proofs.obligations.sized.blocks.order import ABSTRACT, Order, first_frame, first_slot, largest
from proofs.obligations.sized.contracts import REQUIRES
from proofs.obligations.sized.execution import SizedCallees, without_these
from proofs.obligations.sized.state import (
    BEFORE,
    INVARIANTS,
    OrderValue,
    SizedState,
    SymbolicSized,
    at_most,
    fresh_sized,
    has,
    holds,
    is_block,
    lifted,
    s,
    shown,
)
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.invariants import n
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS
from proofs.obligations.tree.tree import Field

end, at, at_frame = Const("end", Slot), Const("at", Slot), Const("at_frame", Frame)
order, most = Const("order_in_loop", Order), Const("most_order", Order)
page, its_frame = Const("page", Slot), Const("its_frame", Frame)
BLANK = fresh_sized(" blank")
COVER = Function("cover", Slot, Node)

GIVEN: Named = {
    **of_steps(),
    "nothing is earlier than the first slot": ForAll([x], Not(ABSTRACT.earlier(x, first_slot))),
    "the first slot and frame have one number": ABSTRACT.have_one_number(first_slot, first_frame),
    "σ0 has a page for each frame": ForAll([x], Implies(ABSTRACT.earlier(x, end), x != no_slot)),
}
"""Slots and frames are numbered from the first ones on; frames end at a slot."""


@dataclass(frozen=True, slots=True, eq=False)
class Place(Numbered):
    """A number that is a slot's and a frame's, and is compared with others."""

    path: Path

    def __lt__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether its slot is earlier."""
        return Truth(ABSTRACT.earlier(self.terms[Slot], lift(other, Slot)), self.path)

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether its slot is the same."""
        return Truth(equal(self.terms[Slot], lift(other, Slot)), self.path)


def place(path: Path, slot: Term, frame: Term | None = None) -> Place:
    """A slot, and the frame of the same number if code speaks of it."""
    return Place({Slot: slot} if frame is None else {Slot: slot, Frame: frame}, path)


def _is_block(base: Place, order: object) -> Truth:
    return Truth(is_block(base.terms[Slot], lifted(order, Order)), base.path)


def _upper(base: Place, order: object) -> Place:
    k = lifted(order, Order)
    return Place({sort: ABSTRACT.upper(term, k) for sort, term in base.terms.items()}, base.path)


NAMES: dict[str, Any] = {"is_block": _is_block, "upper": _upper}


# How large a mapping fits.


def fits(at: Term, end: Term, order: Term, most: Term) -> Named:
    """A block of that order, which is no larger than the largest asked for, begins at the slot and ends no later."""
    return {
        "the order is no larger than the largest": at_most(order, most),
        "a block begins there": is_block(at, order),
        "it ends no later": Not(ABSTRACT.earlier(end, ABSTRACT.upper(at, order))),
    }


def requires_fitting(at: Term, end: Term) -> Named:
    """What ``fitting`` requires: there is a page."""
    return {"the place is before the end": ABSTRACT.earlier(at, end)}


@dataclass(slots=True, eq=False)
class Smaller(OfCondition):
    """The rule for the loop of ``fitting``: any order no larger than the largest comes, until one fits."""

    path: Path

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """The order is no larger than the largest."""
        first = lifted(values["order"], Order)
        self.path.demand(AT_FIRST, lambda: at_most(first, most))
        self.path.assume({"the order is no larger than the largest": at_most(order, most)})
        self.path.assume(
            {**law_of("order__below__is_next", order), **law_of("page__ends__at_the_next", at, end, order)}
        )
        return {"order": OrderValue(order, self.path)}

    def tail(self, values: Values) -> None:
        """There was a smaller one, and it is that."""
        now = lifted(values["order"], Order)
        self.path.demand(KEEPS, lambda: at_most(now, most))
        self.path.demand(DECREASES, lambda: And(at_most(now, order), now != order))
        raise Cut


FITTING_GIVEN: Named = {**of_steps(), **requires_fitting(at, end)}


def _fitting(code: Code, path: Path) -> None:
    path.learn(FITTING_GIVEN)
    execute = bind(code.sized_function("fitting"), path, NAMES, {("fitting", 0): Smaller(path)}, "fitting")
    found = execute(place(path, at), place(path, end), OrderValue(most, path))
    for part, formula in fits(at, end, lifted(found, Order), most).items():
        path.demand(AT_EXIT, lambda formula=formula: formula, part)  # type: ignore[misc]


@cache
def fitted(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the search for an order that fits."""
    return tuple(path for path, _ in paths(partial(_fitting, code)))


# The first state.


def own(page: Term, frame: Term, to: Term) -> Formula:
    """The page is σ0's for the frame, among those up to a place."""
    return And(ABSTRACT.earlier(page, to), ABSTRACT.have_one_number(page, frame))


def held(f: SizedState, cover: Field, to: Term) -> Named:
    """Mappings of σ0's own frames stand one after the other up to a place.

    :param cover: ghost: the mapping in which a page is.
    """
    there = And(f.live(n), f.slot(n, s))
    return {
        "mappings are σ0's": ForAll([n], Implies(f.live(n), f.parent(n, roots))),
        "mappings have every right": ForAll([n, a], Implies(f.live(n), f.rights(n, a))),
        "mappings show the frames of their own pages": ForAll(
            [n, s], Implies(there, ABSTRACT.have_one_number(s, f.frame(n)))
        ),
        "mappings end before the place": ForAll(
            [n, s, x], Implies(And(there, has(s, f.order(n), x)), ABSTRACT.earlier(x, to))
        ),
        "each page before the place is in one": ForAll(
            [x, s],
            Implies(
                ABSTRACT.earlier(x, to),
                And(f.live(cover(x)), Implies(f.slot(cover(x), s), has(s, f.order(cover(x)), x))),
            ),
        ),
    }


def filled(f: SizedState) -> Named:
    """σ0 holds each frame in its own page with all rights, and nothing else is mapped."""
    now = shown(f)
    return {
        "nothing derives from anything": ForAll([x, y, r], Not(now.derives(x, y, r))),
        "frames are shown at their own pages": ForAll([x, r], Implies(now.phys(x, r), own(x, r, end))),
        "each frame is shown": Implies(own(page, its_frame, end), now.phys(page, its_frame)),
        "σ0 holds each frame": Implies(own(page, its_frame, end), now.holds(page, its_frame)),
        "each page has every right": Implies(own(page, its_frame, end), now.right(page, a, its_frame)),
    }


@dataclass(slots=True, eq=False)
class Filling(OfCondition):
    """The rule for the loop of ``initial``: the frames up to any place are held."""

    tree: SymbolicSized
    cover: Field = COVER

    def _holds(self, slot: Term, frame: Term) -> Named:
        return {
            **held(self.tree.state(), self.cover, slot),
            "the place is not behind the end": Not(ABSTRACT.earlier(end, slot)),
            "its slot and frame have one number": ABSTRACT.have_one_number(slot, frame),
        }

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """Nothing is held at first; from here on the frames up to any place are."""
        path, first = self.tree.path, self.tree.state()
        if values["at"] != 0:
            raise ExecutionError("the frames are not gone through from 0 on: the proof speaks of that")
        for name, (_, formula) in INVARIANTS.items():
            path.demand(AT_FIRST, lambda formula=formula: formula(first), name)  # type: ignore[misc]
        for part, formula in self._holds(first_slot, first_frame).items():
            path.demand(AT_FIRST, lambda formula=formula: formula, part)  # type: ignore[misc]
        self.tree.become(BEFORE)
        path.begin_anew()
        path.assume(named_when("in the loop", {**holds(BEFORE), **self._holds(at, at_frame)}))
        return {"at": place(path, at, at_frame)}

    def tail(self, values: Values) -> None:
        """The frames up to a later place are held; that the invariants are kept is proved of what makes a mapping."""
        path, now = self.tree.path, values["at"].terms
        for part, formula in self._holds(now[Slot], now[Frame]).items():
            path.demand(KEEPS, lambda formula=formula: formula, part)  # type: ignore[misc]
        path.demand(DECREASES, lambda: ABSTRACT.earlier(at, now[Slot]))
        raise Cut


def _initial(code: Code, path: Path) -> None:
    path.learn(GIVEN)
    tree, scope = SymbolicSized(path, BLANK), SimpleNamespace(frames=place(path, end))
    filling = Filling(tree)

    def blank(given: object) -> object:
        path.demand(CALLS, lambda: BoolVal(given is scope))
        nothing = ForAll([x], Not(BLANK.counted(x)))
        path.assume(named_when("in a blank tree", {**empty_promise(BLANK), "nothing is counted": nothing}))
        return tree.sized

    def fitting(place: Place, to: Place, most: object) -> OrderValue:
        slot, frame = place.terms[Slot], place.terms[Frame]
        path.demand_all(CALLS, lambda: {**requires_fitting(slot, to.terms[Slot]), "": lifted(most, Order) == largest})
        path.assume({**fits(slot, to.terms[Slot], order, largest), **law_of("block__ends__at_the_next", slot, order)})
        path.assume(law_of("one_number__begins__alike", slot, frame, order))
        return OrderValue(order, path)

    def create_block(sized: object, parent: object, slot: Place, k: OrderValue, first: Place, rights: object) -> None:
        terms = (lift(parent, Node), lift(slot, Slot), lifted(k, Order), lift(first, Frame), rights_of(rights))
        before, cover = tree.state(), filling.cover
        path.demand_all(CALLS, lambda: REQUIRES["create_block"](before, *terms))
        arguments = (Value(terms[0], path), Value(terms[1], path), k, Value(terms[3], path), rights)
        made = SizedCallees(tree, code).bound("create_block")(sized, *arguments).term
        filling.cover = lambda x: If(has(terms[1], terms[2], x), made, cover(x))

    names = {**NAMES, "blank": blank, "fitting": fitting, "create_block": create_block}
    execute = bind(code.sized_function("initial"), path, names, {("initial", 0): filling}, "initial")
    result = execute(scope)
    tree.look("slot", COVER(page))
    state = tree.state()
    path.demand(AT_EXIT, lambda: BoolVal(result is tree.sized))
    for part, formula in filled(state).items():
        path.demand(AT_EXIT, lambda formula=formula: formula, part)  # type: ignore[misc]


@cache
def started(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through making the first tree."""
    return tuple(path for path, _ in paths(partial(_initial, code)))


WALKED: dict[str, tuple[Callable[[Code], tuple[Path, ...]], Named]] = {
    "fitting": (fitted, FITTING_GIVEN),
    "initial": (started, GIVEN),
}
"""How each function is executed, and what its proof may use."""


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of a function, each part of it apart."""
    walk, given = WALKED[name]
    every = walk(code)
    for part in dict.fromkeys(demand.part for path in every for demand in path.demands if demand.what == what):
        for condition in conditions_of(every, given, what, part=part):
            yield without_these(condition, NOT_OF_TURNS if name == "initial" and what != AT_EXIT else ())


_OF_TURNS = ("a block has its first page", "of two slots one is earlier")
NOT_OF_TURNS = tuple(name for name in general() if not name.startswith(_OF_TURNS))
"""Laws of which a turn of the loop of ``initial`` needs nothing."""
