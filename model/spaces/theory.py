"""The same as a first-order transition system: grant, map and flush as guarded updates of a few relations.

There is no bound on spaces, pages or frames. The state carries the transitive closure ``derives``, and the parent is
defined from it: adding a leaf and cutting a subtree are then updates without recursion, and the verification
conditions lie in effectively propositional logic, where the solver always answers.

A state is a record of functions from terms to terms. For the state before an action these are uninterpreted symbols;
for the state after it they are the formulas below. So the state after an action needs no symbols of its own, and what
is proved of it is proved of these very formulas.

``derives`` does not say in which order links on a cycle follow each other, so from a state with a cycle no action is
described; from a state without, the step that closes the first cycle is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import z3

from model.signature import Formula, Term, choose
from model.spaces.dialect import (
    Ancestor,
    Dialect,
    FrameHolder,
    GrantedChildren,
    GrantedEntry,
    NoRights,
    Occupied,
    OwnPage,
    OwnSlot,
    PartialFlush,
    Passing,
    Reading,
    Regrant,
    Source,
)
from model.spaces.keeping import EVERY_SET
from model.spaces.terms import accessible, beside, parent, same_frame, stripped
from model.spaces.vocabulary import (
    Action,
    Frame,
    Parameters,
    Predicate,
    Relation,
    Right,
    Slot,
    Space,
    State,
    a,
    before,
    called,
    owner,
    q,
    r,
    sigma0,
    u,
    x,
    y,
    z,
)

__all__ = [
    "ACTIONS",
    "Action",
    "Formula",
    "Frame",
    "Parameters",
    "Predicate",
    "Relation",
    "Right",
    "Slot",
    "Space",
    "State",
    "Term",
    "a",
    "accessible",
    "before",
    "beside",
    "called",
    "flush",
    "grant",
    "map_",
    "owner",
    "parent",
    "q",
    "r",
    "same_frame",
    "sigma0",
    "some_right",
    "stripped",
    "u",
    "x",
    "y",
    "z",
]


def _refuse_coarse(dialect: Dialect) -> None:
    """A formula takes each right by itself.

    :raises ValueError: the dialect is of hardware that cannot express every set of rights.
    """
    if dialect.readings.kept != EVERY_SET:
        raise ValueError(f"{dialect.name}: the theory knows only hardware that can express every set of rights")


def _passed_on(s: State, p: Parameters, dialect: Dialect) -> Predicate:
    """The rights that map and grant pass on (B.rights)."""
    _refuse_coarse(dialect)
    if dialect.readings.passing == Passing.INTERSECTED:
        return lambda a: z3.And(s.right(p.src, a), p.mask(a))
    return p.mask


def some_right(s: State, p: Parameters, dialect: Dialect) -> Formula:
    """A map or a grant passes some right on."""
    return z3.Exists([a], _passed_on(s, p, dialect)(a))


def _guard(s: State, p: Parameters, dialect: Dialect, *refuse_occupied: Occupied) -> dict[str, Formula]:
    """What map and grant require, one condition a line.

    :param refuse_occupied: under which readings the destination has to be nil.
    """
    d = dialect.readings
    guard = {}
    if d.source == Source.REFUSED:
        guard["the source is accessible"] = accessible(s, p.src)
        if d.granted_entry == GrantedEntry.KEPT:  # P_v may show a frame where σ_v is φ
            guard["the source is accessible"] = z3.And(s.live(p.src), accessible(s, p.src))
    if d.own_slot == OwnSlot.REFUSED:
        guard["source and destination differ"] = p.src != p.dst
    if d.ancestor == Ancestor.REFUSED:
        guard["the destination is no ancestor of the source"] = z3.Not(s.derives(p.src, p.dst))
    if d.frame_holder == FrameHolder.REFUSED:
        guard["the destination holds no frame"] = z3.ForAll([r], z3.Not(s.holds(p.dst, r)))
    if d.occupied in refuse_occupied:
        guard["the destination is nil"] = z3.Not(s.live(p.dst))
    if d.no_rights == NoRights.REFUSED:
        guard["some right is passed on"] = some_right(s, p, dialect)
    if d.own_slot == OwnSlot.NOTHING:  # onto itself nothing is required, since nothing is done
        guard = {what: z3.Or(p.src == p.dst, condition) for what, condition in guard.items()}
    return guard


def _still(s: State, p: Parameters, dialect: Dialect) -> Callable[[Formula], Formula]:
    """What was read of the source, given that the flush of the destination may have taken the source away first."""
    if dialect.readings.reading == Reading.AFTER:
        return lambda formula: z3.And(formula, z3.Not(s.derives(p.src, p.dst)))
    return lambda formula: formula


def map_(dialect: Dialect, s: State = before, p: Parameters = called) -> Action:
    """σ′_v′ ← (σ, v), and P′_v′ := P_v (A.map): the destination becomes a leaf below the source."""
    d = dialect.readings
    still = _still(s, p, dialect)
    passed = _passed_on(s, p, dialect)

    def gone(x: Term) -> Formula:
        return z3.Or(x == p.dst, s.derives(x, p.dst))

    emptied = s.derives(p.src, p.dst) if d.ancestor == Ancestor.EMPTIED else z3.BoolVal(False)

    def linked(x: Term) -> Formula:
        return z3.And(x == p.dst, z3.Not(emptied))

    after = replace(
        s,
        derives=lambda x, y: z3.Or(
            z3.And(s.derives(x, y), z3.Not(gone(x))),
            z3.And(linked(x), z3.Or(y == p.src, z3.And(s.derives(p.src, y), z3.Not(gone(p.src))))),
        ),
        live=lambda x: z3.Or(z3.And(s.live(x), z3.Not(gone(x))), linked(x)),
        holds=lambda x, r: z3.And(s.holds(x, r), z3.Not(gone(x))),
        phys=lambda x, r: z3.Or(z3.And(s.phys(x, r), z3.Not(gone(x))), z3.And(linked(x), still(s.phys(p.src, r)))),
        right=lambda x, a: z3.Or(z3.And(s.right(x, a), z3.Not(gone(x))), z3.And(linked(x), still(passed(a)))),
    )
    after = _where_found(_found_by_map(s, p, dialect), after, s, p, passed)
    after = _unless_nothing_is_passed(after, s, p, dialect)
    if d.own_slot == OwnSlot.NOTHING:
        after = choose(p.src == p.dst, s, after)
    return Action("map", _guard(s, p, dialect, Occupied.REFUSED, Occupied.MAP_REFUSED), after, p)


def grant(dialect: Dialect, s: State = before, p: Parameters = called) -> Action:
    """σ′_v′ ← σ_v; σ_v ← φ, and P′_v′ := P_v (A.grant, A.tree.grant): the destination takes the source's place."""
    d = dialect.readings
    still = _still(s, p, dialect)
    passed = _passed_on(s, p, dialect)

    def gone(x: Term) -> Formula:
        flushed = z3.Or(x == p.dst, s.derives(x, p.dst))
        return flushed if d.granted_children == GrantedChildren.KEPT else z3.Or(flushed, s.derives(x, p.src))

    def moves(x: Term) -> Formula:  # x derived from the source, and derives from the destination afterwards if it stays
        return s.derives(x, p.src)

    narrowed = d.passing == Passing.INTERSECTED
    loses = stripped(s, moves, lambda a: z3.Not(p.mask(a)), dialect) if narrowed else lambda x: z3.BoolVal(False)

    def stays(x: Term) -> Formula:
        return z3.And(x != p.src, z3.Not(gone(x)), z3.Not(loses(x)))

    def arrives(x: Term) -> Formula:
        return z3.And(x == p.dst, x != p.src)

    def above(y: Term) -> Formula:  # what the element read from the source derives from
        if d.reading == Reading.AFTER:
            return z3.And(s.derives(p.src, y), z3.Not(s.derives(p.src, p.dst)))
        return z3.If(s.derives(p.src, p.dst), parent(s, p.src, y), s.derives(p.src, y))

    after = replace(
        s,
        derives=lambda x, y: z3.Or(
            z3.And(s.derives(x, y), stays(x), y != p.src),
            z3.And(arrives(x), above(y)),
            z3.And(arrives(y), moves(x), stays(x)),
        ),
        live=lambda x: z3.Or(z3.And(s.live(x), stays(x)), z3.And(arrives(x), still(s.live(p.src)))),
        holds=lambda x, r: z3.Or(z3.And(s.holds(x, r), stays(x)), z3.And(arrives(x), s.holds(p.src, r))),
        phys=lambda x, r: z3.Or(z3.And(s.phys(x, r), stays(x)), z3.And(arrives(x), still(s.phys(p.src, r)))),
        right=lambda x, a: z3.Or(
            z3.And(s.right(x, a), stays(x), z3.Implies(moves(x), p.mask(a)) if narrowed else z3.BoolVal(True)),
            z3.And(arrives(x), still(passed(a))),
        ),
        holder=lambda r: z3.If(s.holds(p.src, r), p.dst, s.holder(r)),
    )
    if d.granted_entry == GrantedEntry.KEPT:
        after = _with_entry_kept(after, s, p, passed)
    after = _where_found(_found_by_grant(s, p, dialect), after, s, p, passed)
    after = _unless_nothing_is_passed(after, s, p, dialect)
    if d.own_slot == OwnSlot.NOTHING:
        after = choose(p.src == p.dst, s, after)
    guard = _guard(s, p, dialect, Occupied.REFUSED)
    if d.granted_children == GrantedChildren.NO_GRANT:
        guard = {"there is a grant": z3.BoolVal(False)}
    return Action("grant", guard, after, p)


def _where_found(found: Sequence[Formula], after: State, s: State, p: Parameters, passed: Predicate) -> State:
    """The state after, but where the page is found at its destination rights are added there, and all else stays."""
    if not found:
        return after
    extended = replace(s, right=lambda x, a: z3.Or(s.right(x, a), z3.And(x == p.dst, passed(a))))
    return choose(z3.Or(*found), extended, after)


def _shows_already(s: State, p: Parameters, dialect: Dialect) -> Formula:
    """The destination is in use and shows the source's frame."""
    shows = same_frame(s, p.dst, p.src)
    # P_v may show a frame where σ_v is φ.
    return z3.And(s.live(p.dst), shows) if dialect.readings.granted_entry == GrantedEntry.KEPT else shows


def _found_by_map(s: State, p: Parameters, dialect: Dialect) -> list[Formula]:
    """When a map finds the page at its destination already, so that it only adds rights."""
    d, found = dialect.readings, list[Formula]()
    if d.ancestor == Ancestor.EXTENDED:
        found.append(s.derives(p.src, p.dst))
    if d.occupied == Occupied.EXTENDED_CHILD:
        found.append(parent(s, p.dst, p.src))
    if d.occupied == Occupied.EXTENDED_FRAME:
        found.append(_shows_already(s, p, dialect))
    return found


def _found_by_grant(s: State, p: Parameters, dialect: Dialect) -> list[Formula]:
    """When a grant finds the page at its destination already, so that it adds rights and the source stays."""
    d, found = dialect.readings, list[Formula]()
    if d.ancestor == Ancestor.EXTENDED:
        found.append(s.derives(p.src, p.dst))
    if d.regrant == Regrant.SOURCE_KEPT:
        found.append(_shows_already(s, p, dialect))
    return found


def _unless_nothing_is_passed(after: State, s: State, p: Parameters, dialect: Dialect) -> State:
    """The state after, but where no right is passed on and that is read so, the state before."""
    if dialect.readings.no_rights != NoRights.NOTHING:
        return after
    return choose(some_right(s, p, dialect), after, s)


def _with_entry_kept(after: State, s: State, p: Parameters, passed: Predicate) -> State:
    """The same, but the granter's P_v stays with its rights, unless the flush of the destination cleared it."""

    def kept(x: Term) -> Formula:
        return z3.And(x == p.src, z3.Not(s.derives(p.src, p.dst)))

    def rights(a: Term) -> Formula:  # granted onto itself, the entry was replaced
        return z3.If(p.src == p.dst, passed(a), s.right(p.src, a))

    return replace(
        after,
        phys=lambda x, r: z3.Or(after.phys(x, r), z3.And(kept(x), s.phys(p.src, r))),
        right=lambda x, a: z3.Or(after.right(x, a), z3.And(kept(x), rights(a))),
    )


def flush(dialect: Dialect, s: State = before, p: Parameters = called) -> Action:
    """For every σ′_v′ = (σ, v): σ′_v′ ← φ (A.flush), or only some rights go (B.rights). ``src`` is the page flushed."""
    _refuse_coarse(dialect)
    d = dialect.readings

    def below(x: Term) -> Formula:
        derived = s.derives(x, p.src)
        return z3.Or(derived, x == p.src) if d.own_page == OwnPage.INCLUDED else derived

    def all_goes(x: Term) -> Formula:
        return z3.And(below(x), z3.ForAll([a], p.mask(a)))

    stays = d.partial_flush == PartialFlush.EMPTY_STAYS
    gone = all_goes if stays else stripped(s, below, p.mask, dialect)

    after = replace(
        s,
        derives=lambda x, y: z3.And(s.derives(x, y), z3.Not(gone(x))),
        live=lambda x: z3.And(s.live(x), z3.Not(gone(x))),
        holds=lambda x, r: z3.And(s.holds(x, r), z3.Not(gone(x))),
        phys=lambda x, r: z3.And(s.phys(x, r), z3.Not(gone(x))),
        right=lambda x, a: z3.And(s.right(x, a), z3.Not(gone(x)), z3.Not(z3.And(below(x), p.mask(a)))),
    )
    guard = {}
    if d.partial_flush == PartialFlush.ALL_ONLY:
        guard["all rights are taken"] = z3.ForAll([a], p.mask(a))
    return Action("flush", guard, after, p)


ACTIONS = {"map": map_, "grant": grant, "flush": flush}
