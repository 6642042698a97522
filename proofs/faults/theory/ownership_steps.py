"""Operations of ownership that are written wrongly, each made of the right one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from z3 import And, BoolVal, Const, Consts, Exists, ForAll, Implies, Not, Or

from model.ownership.vocabulary import Frame, Pages, PageStep, Space
from model.signature import Formula, Term, fresh

Change: TypeAlias = Callable[[PageStep, Pages], PageStep]
"""Makes the wrong step of the right one, from the state in which it is done."""

# Variables to bind, other than those of the obligations: a call may name these.
lender, borrower = Consts("lender borrower", Space)
some_page = Const("some_page", Frame)


_ANYTHING = fresh(Pages, "_anything")


def anything(step: PageStep, s: Pages) -> PageStep:
    """It leaves anything at all behind, from whatever state."""
    return replace(step, guard={}, after=_ANYTHING)


def never(step: PageStep, s: Pages) -> PageStep:
    """It is never taken."""
    return replace(step, guard={"nothing is ever done": BoolVal(False)})


def only_with_another(step: PageStep, s: Pages) -> PageStep:
    """It is not taken unless a third borrows the page as well."""
    k = step.called
    another = Exists(
        [lender, borrower],
        And(s.loan(lender, borrower, k.page), borrower != k.by, borrower != k.other),
    )
    return replace(step, guard={**step.guard, "another borrows it as well": another})


def _loan_stays(step: PageStep, s: Pages) -> PageStep:
    return replace(step, after=replace(step.after, loan=s.loan))


def _changes_owner(step: PageStep, s: Pages) -> PageStep:
    """The page is the other's, and the caller is among the borrowers in its place."""
    t, k = step.after, step.called

    def owns(z: Term, r: Term) -> Formula:
        return Or(And(t.owns(z, r), r != k.page), And(z == k.other, r == k.page))

    def loan(z: Term, y: Term, r: Term) -> Formula:
        here = And(z == k.other, y != k.other, Or(y == k.by, t.loan(k.by, y, r)))
        return Or(And(t.loan(z, y, r), r != k.page), And(here, r == k.page))

    def access(z: Term, r: Term) -> Formula:
        return Or(t.access(z, r), And(z == k.other, r == k.page))

    return replace(step, after=replace(t, owns=owns, loan=loan, access=access))


def _shuts_others_out(step: PageStep, s: Pages) -> PageStep:
    """Nobody who borrows the page keeps its access."""
    t, k = step.after, step.called

    def access(z: Term, r: Term) -> Formula:
        return And(t.access(z, r), Or(r != k.page, t.owns(z, r)))

    return replace(step, after=replace(t, access=access))


def _opens_at_once(step: PageStep, s: Pages) -> PageStep:
    t, k = step.after, step.called
    return replace(step, after=replace(t, access=lambda z, r: Or(t.access(z, r), And(z == k.other, r == k.page))))


def _lends_to_all(step: PageStep, s: Pages) -> PageStep:
    t, k = step.after, step.called

    def loan(owner: Term, y: Term, r: Term) -> Formula:
        return Or(t.loan(owner, y, r), And(t.owns(owner, r), owner != y, r == k.page))

    return replace(step, after=replace(t, loan=loan))


def _loan_ends(step: PageStep, s: Pages) -> PageStep:
    t, k = step.after, step.called
    return replace(step, after=replace(t, loan=lambda z, y, r: And(t.loan(z, y, r), Not(And(y == k.by, r == k.page)))))


def _one_page_at_a_time(step: PageStep, s: Pages) -> PageStep:
    k = step.called
    loan = s.loan(lender, borrower, some_page)
    free = ForAll([lender, borrower, some_page], Implies(loan, some_page == k.page))
    return replace(step, guard={**step.guard, "nobody borrows any other page": free})


def miswritten() -> Iterator[tuple[str, str, str, str, Change, str]]:
    """Name, mechanism, dialect, the action, how it is changed, and what a trace breaks then."""
    yield (
        "loan-outlives-reclaim",
        "a page is the owner's again and the loan stands, so that the borrower can retrieve it once more",
        "ffa",
        "reclaim",
        _loan_stays,
        "reclaim__ends__its_loans",
    )
    yield (
        "shared-owner-changes",
        "who gets a page as a share is its owner then, and who shared it is the borrower",
        "pkvm",
        "share",
        _changes_owner,
        "share__keeps__the_owner",
    )
    yield (
        "relinquished-for-all",
        "one borrower relinquishes, and all others lose their access with it",
        "ffa",
        "relinquish",
        _shuts_others_out,
        "relinquish__shuts__nobody_else_out",
    )
    yield (
        "shared-at-once",
        "a page is open to whom it is shared to before that one has asked for it",
        "xen",
        "share",
        _opens_at_once,
        "share__opens__to_nobody_else",
    )
    yield (
        "shared-to-everybody",
        "a page is shared to one, and offered to everybody",
        "xen",
        "share",
        _lends_to_all,
        "share__makes__one_loan",
    )
    yield (
        "relinquished-loan-ends",
        "who relinquishes a page has no loan of it any more, which only the owner can end",
        "xen",
        "relinquish",
        _loan_ends,
        "relinquish__keeps__the_loans",
    )
    yield (
        "one-page-at-a-time",
        "an owner can share a page only while nobody borrows another",
        "xen",
        "share",
        _one_page_at_a_time,
        "owner__can__share",
    )
