"""What is done in place, under the readings of databases that do so: rights are added, or nothing at all is done.

All other obligations about a map or a grant assume that something is done; that nothing is changed otherwise is
demanded here.

Each of these is claimed only of dialects that let the situation happen.
"""

from collections.abc import Iterator
from dataclasses import replace

from z3 import And, ForAll, If, Or

from model.spaces.dialect import (
    CANONICAL,
    Ancestor,
    GrantedEntry,
    NoRights,
    Occupied,
    OwnSlot,
    Passing,
    Readings,
    Regrant,
)
from model.spaces.theory import Formula, State, Term, a, parent, r, same_frame, x
from proofs.applies import offers_grant
from proofs.obligation import Obligation, Step
from proofs.terms import unchanged

IN_PLACE = CANONICAL.reading(ancestor=Ancestor.EXTENDED, regrant=Regrant.SOURCE_KEPT, no_rights=NoRights.NOTHING)
"""The readings of databases that do things in place, some of which no named dialect has."""


def _passed(step: Step, right: Term) -> Formula:
    """The right is one of those that the operation passes on."""
    asked = step.called.mask(right)
    of_source = And(asked, step.before.right(step.called.src, right))
    return of_source if step.dialect.readings.passing == Passing.INTERSECTED else asked


def _shows_the_frame(step: Step) -> Formula:
    """The destination shows the source's frame already; where a granter keeps its entry, it is in use as well."""
    before, dst = step.before, step.called.dst
    shows = same_frame(before, dst, step.called.src)
    return And(before.live(dst), shows) if step.dialect.readings.granted_entry == GrantedEntry.KEPT else shows


def _onto_another(step: Step, *found: Formula) -> dict[str, Formula]:
    return {"onto another page": step.called.src != step.called.dst, "the page is there already": Or(*found)}


def _map_finds_it(step: Step) -> dict[str, Formula]:
    """The destination has what is mapped, in a way that the dialect takes for the same page."""
    readings, before, src, dst = step.dialect.readings, step.before, step.called.src, step.called.dst
    found = []
    if readings.ancestor == Ancestor.EXTENDED:
        found.append(before.derives(src, dst))
    if readings.occupied == Occupied.EXTENDED_CHILD:
        found.append(parent(before, dst, src))
    if readings.occupied == Occupied.EXTENDED_FRAME:
        found.append(_shows_the_frame(step))
    return _onto_another(step, *found)


def _grant_finds_it(step: Step) -> dict[str, Formula]:
    """The destination has what is granted, in a way that the dialect takes for the same page."""
    found = []
    if step.dialect.readings.ancestor == Ancestor.EXTENDED:
        found.append(step.before.derives(step.called.src, step.called.dst))
    if step.dialect.readings.regrant == Regrant.SOURCE_KEPT:
        found.append(_shows_the_frame(step))
    return _onto_another(step, *found)


def adds_rights(step: Step) -> Formula:
    """The destination has the rights that it had, and those passed on."""
    dst = step.called.dst
    return ForAll([a], step.after.right(dst, a) == Or(step.before.right(dst, a), _passed(step, a)))


def changes_nothing_else(step: Step) -> Formula:
    """The state is as it was, but for the rights of the destination."""
    before, after, dst = step.before, step.after, step.called.dst

    def extended(slot: Term, some: Term) -> Formula:
        return If(slot == dst, after.right(slot, some), before.right(slot, some))

    return _same(replace(before, right=extended), after)


def does_nothing(step: Step) -> Formula:
    """The state is as it was."""
    return _same(step.before, step.after)


def _same(one: State, other: State) -> Formula:
    return And(ForAll([x], unchanged(one, other, x)), ForAll([r], one.holder(r) == other.holder(r)))


def _map_adds_in_place(readings: Readings) -> bool:
    extends = readings.occupied in (Occupied.EXTENDED_CHILD, Occupied.EXTENDED_FRAME)
    return extends or readings.ancestor == Ancestor.EXTENDED


def _grant_adds_in_place(readings: Readings) -> bool:
    extends = readings.ancestor == Ancestor.EXTENDED or readings.regrant == Regrant.SOURCE_KEPT
    return extends and offers_grant(readings)


def _may_do_nothing(readings: Readings) -> bool:
    return readings.own_slot == OwnSlot.NOTHING or readings.no_rights == NoRights.NOTHING


def _grant_may_do_nothing(readings: Readings) -> bool:
    return _may_do_nothing(readings) and offers_grant(readings)


def obligations() -> Iterator[Obligation]:
    """What a map or a grant does onto a page that is there already, and what it does without a right to pass on."""
    for action, finds, adds, idles in (
        ("map", _map_finds_it, _map_adds_in_place, _may_do_nothing),
        ("grant", _grant_finds_it, _grant_adds_in_place, _grant_may_do_nothing),
    ):
        yield Obligation(
            f"{action}__in_place__adds_rights",
            "B.rights",
            f"{action} of a page onto a slot that has it adds the rights passed on to those that are there",
            action,
            adds_rights,
            assumes=finds,
            applies=adds,
        )
        yield Obligation(
            f"{action}__in_place__changes_nothing_else",
            "B.rights",
            f"{action} of a page onto a slot that has it changes nothing but the rights there",
            action,
            changes_nothing_else,
            assumes=finds,
            applies=adds,
        )
        yield Obligation(
            f"{action}__without_effect__changes_nothing",
            "B.rights",
            f"{action} of a page onto itself, or without a right to pass on, changes nothing where it is done",
            action,
            does_nothing,
            applies=idles,
            idle=True,
        )
