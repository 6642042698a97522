"""What each operation of ownership does, for whoever relies on it, and that it does nothing else.

Of its page an operation may change the owner, the loans, and who has access. Each is said in full: what changes, and
that the rest stays. Together with the invariants this fixes what an operation leaves behind.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from z3 import And, BoolVal, Exists, ForAll, Implies, Not, Or

from model.ownership.readings import Access, Ends, OwnershipReadings, Reclaim
from model.ownership.vocabulary import Pages, r, y, z
from model.signature import Formula, Term
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.ownership.possible import (
    Goal,
    OwnershipObligation,
    OwnershipStep,
    always,
    free,
    possible,
)

Who: TypeAlias = Callable[[OwnershipStep, Term], Formula]
"""Whether a space is meant."""


def _alone(s: Pages, owner: Term, page: Term) -> Formula:
    """That space alone owns the page, and it alone can access it."""
    return ForAll([z], And(s.owns(z, page) == (z == owner), s.access(z, page) == (z == owner)))


def _donated(step: OwnershipStep) -> Formula:
    return _alone(step.after, step.called.other, step.called.page)


def _locked(step: OwnershipStep) -> Formula:
    return Not(step.after.access(step.called.by, step.called.page))


def _opened(step: OwnershipStep) -> Formula:
    return step.after.access(step.called.by, step.called.page)


def _offered(m: OwnershipReadings) -> Goal:
    """The other has access, or may take it."""

    def goal(step: OwnershipStep) -> Formula:
        s, k = step.after, step.called
        if m.access == Access.AT_ONCE:
            return s.access(k.other, k.page)
        return Or(s.access(k.other, k.page), possible(step, "retrieve", s, k.other, k.by, k.page))

    return goal


def _both(m: OwnershipReadings) -> Goal:
    return lambda step: And(_opened(step), _offered(m)(step))


def _taken_back(m: OwnershipReadings) -> Goal:
    """Those whose loans were ended have no access; once there is no loan, the owner alone has."""

    def goal(step: OwnershipStep) -> Formula:
        s, k = step.after, step.called
        if m.ends == Ends.EVERY_LOAN:
            return _alone(s, k.by, k.page)
        return And(Not(s.access(k.other, k.page)), Implies(free(s, k.page), _alone(s, k.by, k.page)))

    return goal


def _same_elsewhere(step: OwnershipStep) -> Formula:
    """Of every other page all is as it was."""
    return ForAll([z, y, r], Implies(r != step.called.page, _same(step)))


def _same(step: OwnershipStep) -> Formula:
    """Of the page ``r`` nothing changes that is said of the spaces ``z`` and ``y``."""
    s, t = step.before, step.after
    return And(
        t.owns(z, r) == s.owns(z, r),
        t.loan(z, y, r) == s.loan(z, y, r),
        t.lent(r) == s.lent(r),
        t.access(z, r) == s.access(z, r),
    )


def _by_owner(step: OwnershipStep) -> Formula:
    return step.before.owns(step.called.by, step.called.page)


def _by_borrower(step: OwnershipStep) -> Formula:
    return Exists([z], step.before.loan(z, step.called.by, step.called.page))


def _something(step: OwnershipStep) -> Formula:
    return Not(ForAll([z, y, r], _same(step)))


def _same_kind(step: OwnershipStep) -> Formula:
    """A page that somebody borrows before and after is lent as it was, or shared as it was."""
    s, t = step.before, step.after
    borrowed = And(Not(free(s, r)), Not(free(t, r)))
    return ForAll([r], Implies(borrowed, t.lent(r) == s.lent(r)))


def _same_owner(step: OwnershipStep) -> Formula:
    return ForAll([z, r], step.after.owns(z, r) == step.before.owns(z, r))


def _same_loans(step: OwnershipStep) -> Formula:
    return ForAll([z, y, r], step.after.loan(z, y, r) == step.before.loan(z, y, r))


def _one_loan_more(step: OwnershipStep) -> Formula:
    k = step.called
    new = And(z == k.by, y == k.other, r == k.page)
    return ForAll([z, y, r], step.after.loan(z, y, r) == Or(step.before.loan(z, y, r), new))


def _loans_ended(m: OwnershipReadings) -> Goal:
    def goal(step: OwnershipStep) -> Formula:
        k = step.called
        ended = And(r == k.page, y == k.other) if m.ends == Ends.ONE_LOAN else r == k.page
        return ForAll([z, y, r], step.after.loan(z, y, r) == And(step.before.loan(z, y, r), Not(ended)))

    return goal


def _nobody(step: OwnershipStep, space: Term) -> Formula:
    return BoolVal(False)


def _caller(step: OwnershipStep, space: Term) -> Formula:
    return space == step.called.by


def _other(step: OwnershipStep, space: Term) -> Formula:
    return space == step.called.other


def _caller_at_last(step: OwnershipStep, space: Term) -> Formula:
    """The caller, and only where nobody borrows the page any more."""
    return And(space == step.called.by, free(step.after, step.called.page))


def _ended(m: OwnershipReadings) -> Who:
    """Whose loan was ended, if a reclaim asks nobody; else such a one has no access before."""

    def who(step: OwnershipStep, space: Term) -> Formula:
        k = step.called
        if m.reclaim != Reclaim.FORCED:
            return BoolVal(False)
        had = step.before.loan(k.by, space, k.page)
        return And(had, space == k.other) if m.ends == Ends.ONE_LOAN else had

    return who


def _gains(who: Who) -> Goal:
    """Who has access and had none is meant."""

    def goal(step: OwnershipStep) -> Formula:
        s, t = step.before, step.after
        return ForAll([z, r], Implies(And(t.access(z, r), Not(s.access(z, r))), who(step, z)))

    return goal


def _loses(who: Who) -> Goal:
    """Who had access and has none is meant."""

    def goal(step: OwnershipStep) -> Formula:
        s, t = step.before, step.after
        return ForAll([z, r], Implies(And(s.access(z, r), Not(t.access(z, r))), who(step, z)))

    return goal


@dataclass(frozen=True, slots=True)
class Effect:
    """What one operation does with its page.

    :param does: what it is for: a verb and an object, the clause, a sentence, the goal.
    :param loans: what becomes of the loans, in the same way.
    :param opens: to whom it opens the page, in words and as a formula.
    :param shuts: from whom it takes its access.
    """

    does: tuple[str, str, str, Goal]
    loans: tuple[str, str, str, Goal]
    opens: tuple[str, Who]
    shuts: tuple[str, Who]


def effects_of(m: OwnershipReadings) -> Mapping[str, Effect]:
    """The effects of the operations of a dialect with these readings, and of those that it lacks."""
    nobody, caller = ("nobody", _nobody), ("the caller alone", _caller)
    keeps = ("keeps__the_loans", "A.map", "neither makes nor ends a loan", _same_loans)
    makes = ("makes__one_loan", "A.map", "makes one loan, to the other, and ends none", _one_loan_more)
    gets = ("the other alone", _other) if m.access == Access.AT_ONCE else nobody
    back = "from whom a page was taken back cannot access it; with the last loan it is the owner's alone"
    given = "a donated page is the receiver's, and nobody else has access"
    whose = ("those whose loans it ends", _ended(m)) if m.reclaim == Reclaim.FORCED else nobody
    ended = "every loan of the page" if m.ends == Ends.EVERY_LOAN else "the loan to the other"
    return {
        "donate": Effect(("hands__all_over", "A.grant", given, _donated), keeps, ("the other alone", _other), caller),
        "lend": Effect(
            ("locks__the_owner", "A.map", "who has lent a page cannot access it", _locked), makes, gets, caller
        ),
        "share": Effect(
            ("opens__to_both", "A.map", "a shared page is open to its owner, and to the other", _both(m)),
            makes,
            gets,
            nobody,
        ),
        "retrieve": Effect(
            ("gives__access", "A.map", "who has retrieved a page can access it", _opened), keeps, caller, nobody
        ),
        "relinquish": Effect(
            ("gives__access_up", "A.flush", "who has relinquished a page cannot access it", _locked),
            keeps,
            nobody,
            caller,
        ),
        "reclaim": Effect(
            ("restores__the_owner", "A.flush", back, _taken_back(m)),
            ("ends__its_loans", "A.flush", f"ends {ended}, and no other", _loans_ended(m)),
            ("the caller alone, once nobody borrows it", _caller_at_last),
            whose,
        ),
    }


def effects(theory: Theory[Pages], m: OwnershipReadings) -> Iterator[OwnershipObligation]:
    """What whoever calls an operation can rely on, and when it can be called."""

    def one(name: str, claim: str, sentence: str, action: str, goal: Goal) -> OwnershipObligation:
        return Obligation(name, claim, sentence, action, goal, invariants=tuple(theory.invariants), theory=theory)

    known = effects_of(m)
    for action in theory.actions:
        effect = known[action]
        verb, claim, sentence, goal = effect.does
        yield one(f"{action}__{verb}", claim, sentence, action, goal)
        verb, claim, sentence, goal = effect.loans
        yield one(f"{action}__{verb}", claim, f"{action} {sentence}", action, goal)
        for verb, said, (whom, who), of in (
            ("opens__to_nobody_else", "opens a page to", effect.opens, _gains),
            ("shuts__nobody_else_out", "takes access from", effect.shuts, _loses),
        ):
            yield one(f"{action}__{verb}", "B.owner", f"{action} {said} {whom}", action, of(who))
        whose, said, by = ("from_a_borrower", "who borrows", _by_borrower)
        if action not in ("retrieve", "relinquish"):
            whose, said, by = ("from_the_owner", "who owns", _by_owner)
        yield one(f"{action}__comes__{whose}", "B.owner", f"only {said} a page can {action} it", action, by)
        if action != "donate":
            said = f"{action} leaves every page with its owner"
            yield one(f"{action}__keeps__the_owner", "B.owner", said, action, _same_owner)
        said = f"{action} is not done where it would change nothing"
        yield one(f"{action}__changes__something", "B.owner", said, action, _something)
        if "lend" in theory.actions:
            said = f"{action} makes no share of a loan, and no loan of a share, while somebody borrows the page"
            yield one(f"{action}__keeps__the_kind", "A.map", said, action, _same_kind)
        said = f"{action} changes nothing of other pages"
        yield one(f"{action}__leaves__other_pages", "B.owner", said, action, _same_elsewhere)
    if "lend" in theory.actions:
        said = "to whom a page was lent can access it, or take that access"
        yield one("lend__opens__to_the_other", "A.map", said, "lend", _offered(m))
    for name, claim, sentence, goal in always(theory, m):
        yield one(name, claim, sentence, "", goal)
