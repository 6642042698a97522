"""All that is to be proved of ownership, for each of its dialects.

The paper has no owner who lends: a space maps a page and keeps it, or grants it and loses it. What stands in its place
here is judged by the same sentences: a space passes on only what is its own (B.owner), a grant hands the page over
(A.grant), a map leaves it with the mapper (A.map), and a flush takes it from all who got it (A.flush).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from z3 import And, Exists, Not

from model.ownership.readings import OWNERSHIP_DIALECTS, Borrowers, OwnershipDialect, OwnershipReadings, Reclaim
from model.ownership.theories import theory_of_ownership
from model.ownership.vocabulary import Pages, r, y, z
from model.signature import Formula
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.messages.preservation import says_the_same
from proofs.obligations.ownership.effects import effects
from proofs.obligations.ownership.possible import Goal, OwnershipObligation, OwnershipStep
from proofs.obligations.spaces.preservation import matrix

PREFIX = "ownership_"
"""What the ids of all of them begin with; the name of the dialect follows."""


def prefix(dialect: OwnershipDialect) -> str:
    """Return how the ids of the obligations of a dialect, or of a wrong one made of it, begin.

    >>> prefix(OWNERSHIP_DIALECTS["xen"])
    'ownership_xen__'
    """
    return f"{PREFIX}{re.split(' with | without ', dialect.name)[0]}__"


def _again(step: OwnershipStep) -> Formula:
    """The page was given to the caller by another, who had it at first: two have owned it."""
    s, k = step.before, step.called
    return Exists([z, r], And(s.owns(z, r), z != k.by, s.owns(k.by, k.page)))


def _another_has(step: OwnershipStep) -> Formula:
    """Somebody else borrows the page and has access."""
    s, k = step.before, step.called
    return Exists([z, y], And(s.loan(z, y, k.page), y != k.by, y != k.other, s.access(y, k.page)))


def _another_page_is_out(step: OwnershipStep) -> Formula:
    """Somebody borrows another page and has access."""
    s = step.before
    return Exists([z, y, r], And(r != step.called.page, s.loan(z, y, r), s.access(y, r)))


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
    when, while_borrowed = "that one has borrowed is", _another_has
    if m.borrowers == Borrowers.ONE:
        when, while_borrowed = "is, while somebody borrows another,", _another_page_is_out
    seen: dict[str, tuple[str, Goal]] = {
        "donate": ("a page is donated while another owns one", _again),
        "lend": (f"a page {when} lent to another", while_borrowed),
        "share": (f"a page {when} shared to another", while_borrowed),
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
    for each in (*effects(theory, m), *_sometimes(theory, m)):
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
