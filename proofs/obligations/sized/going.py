"""Which pages go where, what is asked of them before they go, and what comes of it: said of pages alone.

A page of a range goes if it has a right to pass on. What a map makes of the pages, and where it is refused, is taken
from the theory of ranges: here stands only which page goes where.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from z3 import And, BoolSort, Consts, Exists, ForAll, Function, Implies, Not, Or

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.theory import came, grant_range, guard_of, is_target, map_range
from model.ranges.vocabulary import RangeCall, called
from model.signature import Formula, Term
from model.spaces.dialect import CANONICAL
from model.spaces.theory import Predicate, a, r, x, y
from model.spaces.vocabulary import Relation, Slot, State, before
from proofs.execution.contract import Named
from proofs.execution.named_after import constant_after, named
from proofs.obligations.sized.blocks.order import ABSTRACT, Order
from proofs.obligations.sized.contracts import Offset, any_right
from proofs.obligations.sized.pages import any_frame, any_page
from proofs.obligations.sized.room import asked_before, counted, enough, lacked
from proofs.obligations.sized.state import Shown, SizedState, has
from proofs.obligations.sized.state import s as base
from proofs.obligations.tree.invariants import n

earlier = ABSTRACT.earlier
BOOL = BoolSort()
# By range, window and offset: which page goes where, if it has a right to pass on.
sends = Function("sends", Slot, Order, Slot, Order, Offset, Slot, Slot, BOOL)


def passes(s: Shown, page: Term, rights: Predicate) -> Formula:
    """The page has one of the rights to pass on."""
    return Exists([a, r], And(s.right(page, a, r), rights(a)))


def pair(source: Term, target: Term, size: Term) -> Relation:
    """A page of the range and the place in the window to which it would go."""
    return lambda x, y: And(has(source, size, x), has(target, size, y), ABSTRACT.alongside(source, target, x, y))


def sent(s: Shown, pairs: Relation, rights: Predicate) -> Relation:
    """Which page goes where: those that have a right to pass on."""
    return lambda x, y: And(pairs(x, y), passes(s, x, rights))


def pages_of(s: Shown) -> State:
    """All pages, as a state of the theory."""
    return replace(
        before,
        derives=lambda one, other: Exists([r], s.derives(one, other, r)),
        live=lambda page: Exists([r], s.phys(page, r)),
        holds=s.holds,
        phys=s.phys,
        right=lambda page, right: Exists([r], s.right(page, right, r)),
    )


def shown_in(s: State) -> Shown:
    """A state of the theory as pages, each with its frame."""
    return Shown(
        lambda one, other, frame: And(s.derives(one, other), s.phys(one, frame)),
        s.phys,
        s.holds,
        lambda page, right, frame: And(s.right(page, right), s.phys(page, frame)),
    )


def call(to: Relation, rights: Predicate) -> RangeCall:
    """The arguments of an operation of the theory."""
    return replace(called, to=to, mask=rights)


# What is made of pages.


def mapped(s: Shown, to: Relation, rights: Predicate) -> Shown:
    """Each page to which one goes shows its frame, below it and what it derives from, with its rights among those."""
    return Shown(
        lambda one, other, frame: Or(
            s.derives(one, other, frame),
            came(to, one, lambda of: And(s.phys(of, frame), Or(other == of, s.derives(of, other, frame))), other),
        ),
        lambda page, frame: Or(s.phys(page, frame), came(to, page, lambda of: s.phys(of, frame))),
        s.holds,
        lambda page, right, frame: Or(
            s.right(page, right, frame), And(rights(right), came(to, page, lambda of: s.right(of, right, frame)))
        ),
    )


def was_at(to: Relation, leaves: Predicate) -> Relation:
    """Where what a page shows was: where it went there from, or there already, if it does not leave."""
    return lambda page, was: Or(And(page == was, Not(leaves(page))), to(was, page))


def moved(s: Shown, was: Relation) -> Shown:
    """Each page shows what another did, and derives from what that one did.

    :param was: which other.
    """
    first, second = Consts("was_first was_second", Slot)

    def came(page: Term, said: Callable[[Term], Formula]) -> Formula:
        return Exists([first], And(was(page, first), said(first)))

    return Shown(
        lambda one, other, frame: Exists(
            [first, second], And(was(one, first), was(other, second), s.derives(first, second, frame))
        ),
        lambda page, frame: came(page, lambda of: s.phys(of, frame)),
        lambda page, frame: came(page, lambda of: s.holds(of, frame)),
        lambda page, right, frame: came(page, lambda of: s.right(of, right, frame)),
    )


def grant_of(s: Shown, to: Relation, rights: Predicate) -> Shown:
    """What the theory of ranges says of a grant."""
    return shown_in(grant_range(CANONICAL_RANGES.readings, CANONICAL, pages_of(s), call(to, rights)).after)


def map_of(s: Shown, to: Relation, rights: Predicate) -> Shown:
    """What the theory of ranges says of a map."""
    return shown_in(map_range(CANONICAL_RANGES.readings, CANONICAL, pages_of(s), call(to, rights)).after)


# What is asked.


def derive(s: Shown, one: Predicate, other: Predicate) -> Formula:
    """A page of the one derives from a page of the other."""
    return Exists([x, y, r], And(one(x), other(y), s.derives(x, y, r)))


def block(slot: Term, order: Term) -> Predicate:
    """The pages of a block."""
    return lambda page: has(slot, order, page)


def going(s: Shown, source: Term, size: Term, rights: Predicate) -> Predicate:
    """The pages of a range that go."""
    return lambda page: And(has(source, size, page), passes(s, page, rights))


def kept(s: Shown, into: Predicate, goes: Predicate) -> Formula:
    """A page holds a frame that would be replaced, or a page that goes derives from it."""
    held = Exists([y, r], And(into(y), s.holds(y, r)))
    return Or(held, derive(s, goes, into))


def room(s: Shown, rights: Predicate, *window: Term) -> Formula:
    """The pool has frames for the tables of what is shown and of what goes, by name."""
    terms = (s.phys(any_page, any_frame), rights(any_right), *window)
    return constant_after(f"room for {', '.join(map(named, terms))}", BOOL, *terms)


def _lacks(f: SizedState, s: Shown, slot: Term, order: Term, last: Term, answer: Term) -> Named:
    return counted(answer, lacked(s, slot, order, last))


def _has_frames(
    f: SizedState, s: Shown, source: Term, target: Term, size: Term, rights: Predicate, answer: Formula
) -> Named:
    to = sent(s, pair(source, target, size), rights)
    return {
        "the answer is whether there are frames": answer == room(s, rights, source, target, size),
        **enough(s, lambda page: is_target(to, page), answer),
    }


def _as_answered(answer: Formula, said: Formula) -> Named:
    return {"it is so if it says so": Implies(answer, said), "it says so if it is so": Implies(said, answer)}


def _is_held(f: SizedState, s: Shown, slot: Term, answer: Formula) -> Named:
    there = And(f.live(n), f.slot(n, base), has(base, f.order(n), slot), has(base, f.order(n), x))
    held = Exists([r], s.holds(x, r))
    return {"σ0 holds each page of the mapping if it says so": ForAll([n, base, x], Implies(there, held == answer))}


def _next_piece(f: SizedState, s: Shown, slot: Term, end: Term, rights: Predicate, at: Term, part: Term) -> Named:
    passed = And(Not(earlier(x, slot)), earlier(x, at))
    return {
        "no page before it has a right to pass on": ForAll([x], Implies(passed, Not(passes(s, x, rights)))),
        "each page of it has a right to pass on": ForAll(
            [x], Implies(And(earlier(at, end), has(at, part, x)), passes(s, x, rights))
        ),
    }


def _refuses(
    f: SizedState, s: Shown, source: Term, target: Term, size: Term, rights: Predicate, answer: Formula
) -> Named:
    goes = going(s, source, size, rights)
    to = sent(s, pair(source, target, size), rights)
    nothing = Not(Exists([x], goes(x)))
    place = kept(s, lambda page: is_target(to, page), goes)
    lacking = Not(room(s, rights, source, target, size))
    return {
        **_as_answered(answer, Or(source == target, nothing, place, lacking)),
        **enough(s, lambda page: is_target(to, page), Not(answer)),
    }


def guard(s: Shown, to: Relation, rights: Predicate) -> Named:
    """The side conditions of the theory of ranges."""
    return guard_of(pages_of(s), call(to, rights), CANONICAL_RANGES.readings)


def pairs_of(*window: Term) -> Relation:
    """Which page goes where by range, window and offset."""
    return lambda x, y: sends(*window, x, y)


def guard_of_grant(s: Shown, to: Relation, rights: Predicate) -> Named:
    """Likewise of a grant."""
    return grant_range(CANONICAL_RANGES.readings, CANONICAL, pages_of(s), call(to, rights)).guard


def _done_or_refused(guarded: Callable[..., Named], s: Shown, *given: Any) -> Named:
    *window, rights, answer = given
    to = sent(s, pairs_of(*window), rights)
    conditions = {
        "some page goes": Exists([x], is_target(to, x)),
        **guarded(s, to, rights),
        "the pool has frames": room(s, rights, *window),
    }
    done = {f"if it is done, {said}": Implies(Not(answer), formula) for said, formula in conditions.items()}
    return {"it is refused only where a condition fails": Implies(answer, Not(And(*conditions.values()))), **done}


TELLS: dict[str, Callable[..., Named]] = {
    "next_piece": _next_piece,
    "is_held": _is_held,
    "derives_from": lambda f, s, slot, order, source, size, answer: _as_answered(
        answer, derive(s, block(slot, order), block(source, size))
    ),
    "crosses": lambda f, s, slot, order, source, size, rights, answer: _as_answered(
        answer, derive(s, going(s, source, size, rights), block(slot, order))
    ),
    "must_stay": lambda f, s, slot, order, source, size, rights, answer: _as_answered(
        answer, kept(s, block(slot, order), going(s, source, size, rights))
    ),
    "lacks": _lacks,
    "has_frames": _has_frames,
    "refuses": _refuses,
    "map_range": lambda f, s, *given: _done_or_refused(guard, s, *given),
    "next_mapping": _next_piece,
    "grant_range": lambda f, s, *given: _done_or_refused(guard_of_grant, s, *given),
}
"""What the answers of methods say of pages, by the tree, its pages and what each is called with, and its answers."""


def _unshown(s: Shown, into: Predicate) -> Named:
    return {"no page there is shown": ForAll([x, r], Implies(into(x), Not(s.phys(x, r))))}


def _clears(s: Shown, source: Term, target: Term, size: Term, rights: Predicate) -> Named:
    to = sent(s, pair(source, target, size), rights)
    crosses = derive(s, going(s, source, size, rights), lambda page: is_target(to, page))
    return {"no page that goes derives from where one goes": Not(crosses)}


def _maps(s: Shown, source: Term, target: Term, size: Term, rights: Predicate) -> Named:
    to = sent(s, pair(source, target, size), rights)

    def into(page: Term) -> Formula:
        return is_target(to, page)

    return {**_unshown(s, into), **asked_before(s, into)}


NEEDS: dict[str, Callable[..., Named]] = {
    "clear_target": _clears,
    "map_piece": lambda s, slot, order, target, rights: {
        "the first page has a right to pass on": passes(s, slot, rights),
        **_unshown(s, block(target, order)),
        **asked_before(s, block(target, order)),
    },
    "map_pieces": _maps,
    "move_piece": lambda s, slot, order, target: {
        **_unshown(s, block(target, order)),
        **asked_before(s, block(target, order)),
    },
    "move_pieces": _maps,
}
"""What methods require of pages."""
