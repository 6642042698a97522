"""When an operation of ownership can be done: that none is refused without need."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from z3 import And, BoolVal, ForAll, Implies, Not, Or

from model.ownership.readings import Borrowers, Ends, OwnershipReadings, Reclaim
from model.ownership.vocabulary import PageCall, Pages, r, u, y, z
from model.signature import Formula, Term
from model.theory import Theory
from proofs.obligation import Obligation, Step

OwnershipObligation: TypeAlias = Obligation[Pages, PageCall]
OwnershipStep: TypeAlias = Step[Pages, PageCall]
Goal: TypeAlias = Callable[[OwnershipStep], Formula]


def free(s: Pages, page: Term) -> Formula:
    """Nobody borrows the page."""
    return ForAll([z, y], Not(s.loan(z, y, page)))


def possible(step: OwnershipStep, action: str, s: Pages, by: Term, other: Term, page: Term) -> Formula:
    """The action's guard holds of that call, in that state; never so of an action that the dialect lacks."""
    make: Any = step.actions.get(action)
    return And(*make(step.dialect, s, PageCall(by, other, page)).guard.values()) if make else BoolVal(False)


def _can_offer(m: OwnershipReadings, action: str, exclusive: bool) -> Goal:
    """An owner can lend and share a page to whoever does not borrow it, if nobody borrows it in the other way."""

    def goal(step: OwnershipStep) -> Formula:
        s = step.before
        may = And(s.owns(z, r), z != y, Not(s.loan(z, y, r)))
        fits = free(s, r) if m.borrowers == Borrowers.ONE else Or(free(s, r), s.lent(r) == BoolVal(exclusive))
        return ForAll([z, y, r], Implies(And(may, fits), possible(step, action, s, z, y, r)))

    return goal


def _can_donate(step: OwnershipStep) -> Formula:
    s = step.before
    may = And(s.owns(z, r), z != y, free(s, r))
    return ForAll([z, y, r], Implies(may, possible(step, "donate", s, z, y, r)))


def _can_retrieve(step: OwnershipStep) -> Formula:
    s = step.before
    lacks = And(s.loan(z, y, r), Not(s.access(y, r)))
    return ForAll([z, y, r], Implies(lacks, possible(step, "retrieve", s, y, z, r)))


def _can_relinquish(step: OwnershipStep) -> Formula:
    s = step.before
    has = And(s.loan(z, y, r), s.access(y, r))
    return ForAll([z, y, r], Implies(has, possible(step, "relinquish", s, y, z, r)))


def _can_reclaim(m: OwnershipReadings) -> Goal:
    """An owner can take back what no borrower has; if it need not ask them, whatever it has lent or shared."""

    def goal(step: OwnershipStep) -> Formula:
        s = step.before
        lent = s.loan(z, y, r)
        if m.reclaim == Reclaim.REFUSED and m.ends == Ends.ONE_LOAN:
            lent = And(lent, Not(s.access(y, r)))
        elif m.reclaim == Reclaim.REFUSED:
            lent = And(lent, ForAll([u], Implies(s.loan(z, u, r), Not(s.access(u, r)))))
        return ForAll([z, y, r], Implies(lent, possible(step, "reclaim", s, z, y, r)))

    return goal


def always(theory: Theory[Pages], m: OwnershipReadings) -> Iterator[tuple[str, str, str, Goal]]:
    """Name, clause, sentence and goal of what can be done whenever it is asked for."""
    yield "owner__can__donate", "A.grant", "an owner can donate a page that nobody borrows", _can_donate
    free = "that nobody borrows" if m.borrowers == Borrowers.ONE else "that is not lent"
    yield "owner__can__share", "A.map", f"an owner can share a page {free}", _can_offer(m, "share", False)
    if "lend" in theory.actions:
        free = "that nobody borrows" if m.borrowers == Borrowers.ONE else "that is not shared"
        yield "owner__can__lend", "A.map", f"an owner can lend a page {free}", _can_offer(m, "lend", True)
    if "retrieve" in theory.actions:
        yield "borrower__can__retrieve", "A.map", "a borrower without access can take it", _can_retrieve
    asked = " whose borrowers have no access" if m.reclaim == Reclaim.REFUSED else ""
    back = f"an owner can take back what it has lent or shared{asked}"
    yield "owner__can__reclaim", "A.flush", back, _can_reclaim(m)
    if m.reclaim == Reclaim.REFUSED or "relinquish" in theory.actions:
        yield "borrower__can__relinquish", "A.flush", "a borrower with access can give it up", _can_relinquish
