"""Operations on ranges as guarded updates: the operation on every page at once, for ranges of any size.

Which page goes where is a relation ``to`` between disjoint sets of pages, in which no two pages go to one place; of a
grant, no page goes to two. Nothing more is said of it: so what is proved here holds of aligned ranges of 2^k pages, of
any windows and of any holes. That such a range and window are a ``to`` is arithmetic, and proved by itself
(:mod:`model.ranges.blocks`).
"""

from collections.abc import Callable
from dataclasses import replace

from z3 import And, BoolVal, Exists, ForAll, Implies, Not, Or

from model.ranges.readings import Crossing, Holes, Own, RangeReadings
from model.ranges.vocabulary import RangeCall, called, d_, e_, s_, t_
from model.signature import Formula, Term
from model.spaces.dialect import Dialect
from model.spaces.theory import a, beside, r
from model.spaces.vocabulary import Action, Relation, State, before

Said = Callable[[Term], Formula]


def some(said: Said, *beside_terms: Term) -> Formula:
    """Of some slot that is said.

    :param beside_terms: the other terms that are spoken of: what is bound occurs in none of them.
    """
    bound = beside(*beside_terms)
    return Exists([bound], said(bound))


def some_pair(to: Relation, said: Callable[[Term, Term], Formula], *beside_terms: Term) -> Formula:
    """Return the formula that ``said`` holds of some page that goes, and of where it goes."""
    return some(lambda src: some(lambda dst: And(to(src, dst), said(src, dst)), src, *beside_terms), *beside_terms)


def is_source(to: Relation, slot: Term) -> Formula:
    """The page goes somewhere."""
    return some(lambda dst: to(slot, dst), slot)


def is_target(to: Relation, slot: Term) -> Formula:
    """A page goes there."""
    return some(lambda src: to(src, slot), slot)


def came(to: Relation, slot: Term, said: Said, *beside_terms: Term) -> Formula:
    """That is said of a page that goes there."""
    return some(lambda src: And(to(src, slot), said(src)), slot, *beside_terms)


def taken(s: State, c: RangeCall, m: RangeReadings, slot: Term) -> Formula:
    """The slot is a destination, or derives from one: it goes when the destinations are flushed."""

    def under(dst: Term) -> Formula:
        return Or(slot == dst, s.derives(slot, dst))

    by_page = some_pair(c.to, lambda src, dst: under(dst), slot)
    if m.holes == Holes.SKIPPED:
        return by_page
    return Or(by_page, some(lambda dst: And(c.empties(dst), under(dst)), slot))


def joint(s: State, c: RangeCall, m: RangeReadings) -> dict[str, Formula]:
    """Return the conditions on the pages of a range together."""
    together = {
        "no source is a destination": ForAll([s_, d_, e_], Implies(c.to(s_, d_), Not(c.to(d_, e_)))),
    }
    if m.crossing == Crossing.ALLOWED:
        together["no source derives from its own destination"] = ForAll(
            [s_, d_], Implies(c.to(s_, d_), Not(s.derives(s_, d_)))
        )
    else:
        together["no source derives from any destination"] = ForAll(
            [s_, d_, t_, e_], Implies(And(c.to(s_, d_), c.to(t_, e_)), Not(s.derives(s_, e_)))
        )
    if m.holes == Holes.EMPTIED:
        together["no source is emptied, or derives from what is"] = ForAll(
            [s_, d_, e_], Implies(And(c.to(s_, d_), c.empties(e_)), And(s_ != e_, Not(s.derives(s_, e_))))
        )
    return together


def guard_of(s: State, c: RangeCall, m: RangeReadings) -> dict[str, Formula]:
    """Return the guard of map and grant of a range: the one of a single page for each, and the one of all together.

    That a source is accessible follows from its having a right.
    """
    guard = {
        "one page goes to a place": ForAll([s_, d_, t_], Implies(And(c.to(s_, d_), c.to(t_, d_)), s_ == t_)),
        "destinations hold no frame": ForAll([s_, d_, r], Implies(c.to(s_, d_), Not(s.holds(d_, r)))),
        "some right is passed on of each": ForAll(
            [s_, d_], Implies(c.to(s_, d_), Exists([a], And(s.right(s_, a), c.mask(a))))
        ),
    }
    if m.holes == Holes.EMPTIED:
        guard["what is emptied holds no frame"] = ForAll([d_, r], Implies(c.empties(d_), Not(s.holds(d_, r))))
        guard["what is emptied is no destination"] = ForAll([s_, d_], Implies(c.to(s_, d_), Not(c.empties(d_))))
    return guard | joint(s, c, m)


def map_range(m: RangeReadings, dialect: Dialect, s: State = before, c: RangeCall = called) -> Action[State, RangeCall]:
    """For every page at once: the destination is flushed and becomes a leaf below its source."""

    def stays(x: Term) -> Formula:
        return Not(taken(s, c, m, x))

    def leads(of: Term, y: Term) -> Formula:  # a source stays, by the guard, if none crosses
        return And(s.derives(of, y), stays(of)) if m.crossing == Crossing.ALLOWED else s.derives(of, y)

    after = replace(
        s,
        derives=lambda x, y: Or(And(s.derives(x, y), stays(x)), came(c.to, x, lambda of: Or(y == of, leads(of, y)), y)),
        live=lambda x: Or(And(s.live(x), stays(x)), is_target(c.to, x)),
        holds=lambda x, r: And(s.holds(x, r), stays(x)),
        phys=lambda x, r: Or(And(s.phys(x, r), stays(x)), came(c.to, x, lambda of: s.phys(of, r))),
        right=lambda x, a: Or(And(s.right(x, a), stays(x)), And(c.mask(a), came(c.to, x, lambda of: s.right(of, a)))),
    )
    return Action("map_range", guard_of(s, c, m), after, c)


def grant_range(
    m: RangeReadings, dialect: Dialect, s: State = before, c: RangeCall = called
) -> Action[State, RangeCall]:
    """For every page at once: the destination is flushed and takes the source's place; what derived follows.

    The holder of a frame that goes is where its page went. No term says so, since ``to`` is a relation; what speaks of
    holders says it of them (:func:`follows`).
    """

    def moves(x: Term) -> Formula:  # x derived from a page that goes
        return some_pair(c.to, lambda src, dst: s.derives(x, src), x)

    def loses(x: Term) -> Formula:  # and has no right left
        return And(moves(x), Not(is_source(c.to, x)), ForAll([a], Implies(s.right(x, a), Not(c.mask(a)))))

    def stays(x: Term) -> Formula:
        return And(Not(is_source(c.to, x)), Not(taken(s, c, m, x)), Not(loses(x)))

    after = replace(
        s,
        derives=lambda x, y: Or(
            And(stays(x), stays(y), s.derives(x, y)),
            And(stays(y), came(c.to, x, lambda of: s.derives(of, y), y)),
            And(stays(x), came(c.to, y, lambda of: s.derives(x, of), x)),
            came(c.to, x, lambda one: came(c.to, y, lambda other: s.derives(one, other), one), y),
        ),
        live=lambda x: Or(And(s.live(x), stays(x)), is_target(c.to, x)),
        holds=lambda x, r: Or(And(s.holds(x, r), stays(x)), came(c.to, x, lambda of: s.holds(of, r))),
        phys=lambda x, r: Or(And(s.phys(x, r), stays(x)), came(c.to, x, lambda of: s.phys(of, r))),
        right=lambda x, a: Or(
            And(s.right(x, a), stays(x), Implies(moves(x), c.mask(a))),
            And(c.mask(a), came(c.to, x, lambda of: s.right(of, a))),
        ),
    )
    one_place = ForAll([s_, d_, e_], Implies(And(c.to(s_, d_), c.to(s_, e_)), d_ == e_))
    return Action("grant_range", {"a page goes to one place": one_place, **guard_of(s, c, m)}, after, c)


def follows(s: State, c: RangeCall, heir: Callable[[Term], Term]) -> dict[str, Formula]:
    """What a grant makes of the holder of each frame: ``heir`` is where its page went, or where it still is."""
    holder = s.holder(r)
    went = ForAll([r, e_], Implies(c.to(holder, e_), heir(r) == e_))
    stayed = ForAll([r], Or(c.to(holder, heir(r)), heir(r) == holder))
    return {"a holder goes where its page goes": went, "a holder that does not go stays": stayed}


def flush_range(
    m: RangeReadings, dialect: Dialect, s: State = before, c: RangeCall = called, *, own: bool = False
) -> Action[State, RangeCall]:
    """Whatever derives from a page of the range loses the rights; what has none left goes.

    :param own: the range's own pages lose them as well, whatever the reading is.
    """
    of_range = m.own == Own.RANGE and not own

    def below(x: Term) -> Formula:
        derived = some(lambda of: And(c.within(of), s.derives(x, of)), x)
        if own:
            return Or(c.within(x), derived)
        return And(derived, Not(c.within(x))) if of_range else derived

    def gone(x: Term) -> Formula:
        return And(below(x), ForAll([a], Implies(s.right(x, a), c.mask(a))))

    def cut_off(x: Term, y: Term) -> Formula:  # a page in between is gone, so that the links end there
        if not of_range:
            return BoolVal(False)
        return some(lambda between: And(gone(between), s.derives(x, between), s.derives(between, y)), x, y)

    after = replace(
        s,
        derives=lambda x, y: And(s.derives(x, y), Not(gone(x)), Not(cut_off(x, y))),
        live=lambda x: And(s.live(x), Not(gone(x))),
        holds=lambda x, r: And(s.holds(x, r), Not(gone(x))),
        phys=lambda x, r: And(s.phys(x, r), Not(gone(x))),
        right=lambda x, a: And(s.right(x, a), Not(gone(x)), Not(And(below(x), c.mask(a)))),
    )
    return Action("flush_range", {}, after, c)


MAKERS = {"map_range": map_range, "grant_range": grant_range, "flush_range": flush_range}
