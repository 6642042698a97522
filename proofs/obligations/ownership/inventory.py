"""All that is to be proved of ownership, for each of its dialects.

The paper has no owner who lends: a space maps a page and keeps it, or grants it and loses it. What stands in its place
here is judged by the same sentences: a space passes on only what is its own (B.owner), a grant hands the page over
(A.grant), a map leaves it with the mapper (A.map), and a flush takes it from all who got it (A.flush).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.ownership.readings import OWNERSHIP_DIALECTS, Access, Ends, OwnershipDialect, OwnershipReadings, Reclaim
from model.ownership.theories import theory_of_ownership
from model.ownership.vocabulary import PageCall, Pages, r, u, y, z
from model.signature import Formula, Term
from model.theory import Theory
from proofs.obligation import Obligation, Step
from proofs.obligations.messages.preservation import says_the_same
from proofs.obligations.spaces.preservation import matrix

OwnershipObligation: TypeAlias = Obligation[Pages, PageCall]
OwnershipStep: TypeAlias = Step[Pages, PageCall]
Goal: TypeAlias = Callable[[OwnershipStep], Formula]

PREFIX = "ownership_"
"""What the ids of all of them begin with; the name of the dialect follows."""


def prefix(dialect: OwnershipDialect) -> str:
    """Return how the ids of the obligations of a dialect, or of a wrong one made of it, begin.

    >>> prefix(OWNERSHIP_DIALECTS["xen"])
    'ownership_xen__'
    """
    return f"{PREFIX}{re.split(' with | without ', dialect.name)[0]}__"


def _alone(s: Pages, owner: Term, page: Term) -> Formula:
    """That space alone owns the page, and it alone can access it."""
    return ForAll([z], And(s.owns(z, page) == (z == owner), s.access(z, page) == (z == owner)))


def _donated(step: OwnershipStep) -> Formula:
    return _alone(step.after, step.called.other, step.called.page)


def _locked(step: OwnershipStep) -> Formula:
    return Not(step.after.access(step.called.by, step.called.page))


def _offered(m: OwnershipReadings) -> Goal:
    """The other has access, or may take it."""

    def goal(step: OwnershipStep) -> Formula:
        s, k = step.after, step.called
        if m.access == Access.AT_ONCE:
            return s.access(k.other, k.page)
        return Or(s.access(k.other, k.page), _possible(step, "retrieve", s, k.other, k.by, k.page))

    return goal


def _both(m: OwnershipReadings) -> Goal:
    return lambda step: And(step.after.access(step.called.by, step.called.page), _offered(m)(step))


def _taken_back(m: OwnershipReadings) -> Goal:
    """Those whose loans were ended have no access; once there is no loan, the owner alone has."""

    def goal(step: OwnershipStep) -> Formula:
        s, k = step.after, step.called
        if m.ends == Ends.EVERY_LOAN:
            return _alone(s, k.by, k.page)
        unlent = ForAll([z, y], Not(s.loan(z, y, k.page)))
        return And(Not(s.access(k.other, k.page)), Implies(unlent, _alone(s, k.by, k.page)))

    return goal


def _given_up(step: OwnershipStep) -> Formula:
    return Not(step.after.access(step.called.by, step.called.page))


def _retrieved(step: OwnershipStep) -> Formula:
    return step.after.access(step.called.by, step.called.page)


def _same_elsewhere(step: OwnershipStep) -> Formula:
    """Of every other page all is as it was."""
    s, t = step.before, step.after
    same = And(
        t.owns(z, r) == s.owns(z, r),
        t.loan(z, y, r) == s.loan(z, y, r),
        t.lent(r) == s.lent(r),
        t.access(z, r) == s.access(z, r),
    )
    return ForAll([z, y, r], Implies(r != step.called.page, same))


def _gains_by_name(step: OwnershipStep) -> Formula:
    """Who has access and had none is whom the call names."""
    s, t, k = step.before, step.after, step.called
    return ForAll([z, r], Implies(And(t.access(z, r), Not(s.access(z, r))), Or(z == k.by, z == k.other)))


def _possible(step: OwnershipStep, action: str, s: Pages, by: Term, other: Term, page: Term) -> Formula:
    """The action's guard holds of that call, in that state."""
    make: Any = step.actions[action]
    return And(*make(step.dialect, s, PageCall(by, other, page)).guard.values())


def _can_reclaim(m: OwnershipReadings) -> Goal:
    """An owner can take back what no borrower has; if it need not ask them, whatever it has lent or shared."""

    def goal(step: OwnershipStep) -> Formula:
        s = step.before
        lent = s.loan(z, y, r)
        if m.reclaim == Reclaim.REFUSED and m.ends == Ends.ONE_LOAN:
            lent = And(lent, Not(s.access(y, r)))
        elif m.reclaim == Reclaim.REFUSED:
            lent = And(lent, ForAll([u], Implies(s.loan(z, u, r), Not(s.access(u, r)))))
        return ForAll([z, y, r], Implies(lent, _possible(step, "reclaim", s, z, y, r)))

    return goal


def _can_relinquish(step: OwnershipStep) -> Formula:
    s = step.before
    has = And(s.loan(z, y, r), s.access(y, r))
    return ForAll([z, y, r], Implies(has, _possible(step, "relinquish", s, y, z, r)))


def _effects(theory: Theory[Pages], m: OwnershipReadings) -> Iterator[OwnershipObligation]:
    """What whoever calls an operation can rely on."""

    def one(name: str, claim: str, sentence: str, action: str, goal: Goal) -> OwnershipObligation:
        return Obligation(name, claim, sentence, action, goal, invariants=tuple(theory.invariants), theory=theory)

    effects = {
        "donate": (
            "hands__all_over",
            "A.grant",
            "a donated page is the receiver's, and nobody else has access",
            _donated,
        ),
        "lend": ("locks__the_owner", "A.map", "who has lent a page cannot access it", _locked),
        "share": ("opens__to_both", "A.map", "a shared page is open to its owner, and to the other", _both(m)),
        "retrieve": ("gives__access", "A.map", "who has retrieved a page can access it", _retrieved),
        "relinquish": ("gives__access_up", "A.flush", "who has relinquished a page cannot access it", _given_up),
        "reclaim": (
            "restores__the_owner",
            "A.flush",
            "from whom a page was taken back cannot access it; with the last loan it is the owner's alone",
            _taken_back(m),
        ),
    }
    for action in theory.actions:
        verb, claim, sentence, goal = effects[action]
        yield one(f"{action}__{verb}", claim, sentence, action, goal)
        yield one(
            f"{action}__leaves__other_pages",
            "B.owner",
            f"{action} changes nothing of other pages",
            action,
            _same_elsewhere,
        )
        yield one(
            f"{action}__opens__to_nobody_else",
            "B.owner",
            f"after {action}: who has access to a page and had none is named by the call",
            action,
            _gains_by_name,
        )
    if "lend" in theory.actions:
        said = "to whom a page was lent can access it, or take that access"
        yield one("lend__opens__to_the_other", "A.map", said, "lend", _offered(m))
    asked = "whose borrowers have no access " if m.reclaim == Reclaim.REFUSED else ""
    yield one(
        "owner__can__reclaim",
        "A.flush",
        f"an owner can take back what it has lent or shared {asked}".strip(),
        "",
        _can_reclaim(m),
    )
    if m.reclaim == Reclaim.REFUSED:
        yield one("borrower__can__relinquish", "A.flush", "a borrower with access can give it up", "", _can_relinquish)


def _again(step: OwnershipStep) -> Formula:
    """The page was given to the caller by another, who had it at first: two have owned it."""
    s, k = step.before, step.called
    return Exists([z, r], And(s.owns(z, r), z != k.by, s.owns(k.by, k.page)))


def _another_has(step: OwnershipStep) -> Formula:
    """Somebody else borrows the page and has access."""
    s, k = step.before, step.called
    return Exists([z, y], And(s.loan(z, y, k.page), y != k.by, y != k.other, s.access(y, k.page)))


def _while_lent(step: OwnershipStep) -> Formula:
    """The page is one that its owner cannot access."""
    return step.before.lent(step.called.page)


def _while_shared(step: OwnershipStep) -> Formula:
    """The page is one that its owner can access, and it is a loan."""
    s, k = step.before, step.called
    return And(Not(s.lent(k.page)), Exists([z], And(s.loan(z, k.by, k.page), s.access(z, k.page))))


def _takes(m: OwnershipReadings) -> Goal:
    """Taken from one who has access, if that is done; else after it was given up."""

    def goal(step: OwnershipStep) -> Formula:
        s, k = step.before, step.called
        if m.reclaim == Reclaim.REFUSED:
            return And(Not(s.access(k.other, k.page)), s.loan(k.by, k.other, k.page))
        return And(s.access(k.other, k.page), s.loan(k.by, k.other, k.page))

    return goal


def _sometimes(theory: Theory[Pages], m: OwnershipReadings) -> Iterator[OwnershipObligation]:
    """For each action what is to be seen in some run, so that nothing is proved of steps that never happen."""
    lends = "lend" in theory.actions
    took = "a page is taken from one who has access" if m.reclaim == Reclaim.FORCED else "a page is taken back"
    seen: dict[str, tuple[str, Goal]] = {
        "donate": ("a page is donated while another owns one", _again),
        "lend": ("a page that one has borrowed is lent to another", _another_has),
        "share": ("a page that one has borrowed is shared to another", _another_has),
        "retrieve": ("a shared page is retrieved", _while_shared),
        "relinquish": (
            ("a lent page is relinquished", _while_lent) if lends else ("a shared page is relinquished", _while_shared)
        ),
        "reclaim": (took, _takes(m)),
    }
    for action in theory.actions:
        sentence, goal = seen[action]
        yield Obligation(
            f"{action}__can__happen", "B.owner", sentence, action, goal, invariants=(), sometimes=True, theory=theory
        )


def obligations(dialect: OwnershipDialect, theory: Theory[Pages] | None = None) -> Iterator[OwnershipObligation]:
    """All obligations about a dialect, a wrong one perhaps.

    Of an invariant that an action leaves word for word as it is there is nothing to ask.

    :param theory: the dialect's, with an action that is changed.
    """
    theory = theory or theory_of_ownership(dialect)
    m = dialect.readings
    for each in matrix(theory):
        if each.of_initial_state or not says_the_same(theory, each.action, each.invariant):
            yield replace(each, id=prefix(dialect) + each.id)
    for each in (*_effects(theory, m), *_sometimes(theory, m)):
        yield replace(each, id=prefix(dialect) + each.id)


@cache
def of_dialect(dialect: OwnershipDialect) -> Mapping[str, OwnershipObligation]:
    """The obligations of a dialect by id.

    :raises ValueError: two have the same id.
    """
    found: dict[str, OwnershipObligation] = {}
    for obligation in obligations(dialect):
        if obligation.id in found:
            raise ValueError(f"two obligations are called {obligation.id}")
        found[obligation.id] = obligation
    return MappingProxyType(found)


@cache
def of_ownership() -> Mapping[str, OwnershipObligation]:
    """The obligations of all dialects, by id."""
    return MappingProxyType(
        {name: each for dialect in OWNERSHIP_DIALECTS.values() for name, each in of_dialect(dialect).items()}
    )


def ownership_of(obligation: str) -> OwnershipDialect | None:
    """The dialect that an obligation of that id speaks of; none, if it speaks of no ownership.

    >>> ownership_of("ownership_ffa__donate__hands__all_over").name
    'ffa'
    """
    return next((each for each in OWNERSHIP_DIALECTS.values() if obligation.startswith(prefix(each))), None)
