"""No forging, no widening, independence and integrity (C7, C8, C9, C10).

The actor of a step is the owner of its source. Consent (B.consent) is no part of the state: that the owner of the
destination agreed to the step is taken for granted, and whoever has a page that derives from a slot counts as having
agreed when it took it. So «agreed» is *is or derives from the destination*, a frame condition: it bounds what a step
can change, and does not say who was asked. What is not seen makes no difference is said of two runs, in
:mod:`proofs.obligations.spaces.noninterference`.
"""

from collections.abc import Callable, Iterator

from z3 import And, Const, Exists, ForAll, Implies, Not, Or

from model.spaces.dialect import Passing, Readings
from model.spaces.invariants import INVARIANTS, together_with
from model.spaces.theory import ACTIONS, Formula, Frame, a, owner, r, x, y
from proofs.applies import offers_grant
from proofs.obligation import Obligation, Step, always
from proofs.obligations.spaces.noninterference import inside
from proofs.terms import is_or_derives, unchanged

secret = Const("secret", Frame)


def no_new_frame(step: Step) -> Formula:
    """A frame appears only at the destination, and only if the source shows it."""
    before, after, src, dst = step.before, step.after, step.called.src, step.called.dst
    return ForAll([x, r], Implies(And(after.phys(x, r), Not(before.phys(x, r))), And(x == dst, before.phys(src, r))))


def no_new_right(step: Step) -> Formula:
    """A right appears only at the destination, and only if the source has it."""
    before, after, src, dst = step.before, step.after, step.called.src, step.called.dst
    return ForAll([x, a], Implies(And(after.right(x, a), Not(before.right(x, a))), And(x == dst, before.right(src, a))))


def only_asked_rights(step: Step) -> Formula:
    """A right appears only if it was asked for."""
    before, after = step.before, step.after
    return ForAll([x, a], Implies(And(after.right(x, a), Not(before.right(x, a))), step.called.mask(a)))


def flush_gives_nothing(step: Step) -> Formula:
    """A flush gives nobody a frame or a right."""
    before, after = step.before, step.after
    return And(
        ForAll([x, r], Implies(after.phys(x, r), before.phys(x, r))),
        ForAll([x, a], Implies(after.right(x, a), before.right(x, a))),
    )


def source_was_accessible(step: Step) -> Formula:
    """If the destination is in use afterwards, the source showed a frame before."""
    return Implies(step.after.live(step.called.dst), Exists([r], step.before.phys(step.called.src, r)))


def flush_is_restricted_to_own_pages(step: Step) -> Formula:
    """What a flush changes is the page itself or derives from it, whoever owns it."""
    changed = Not(unchanged(step.before, step.after, x))
    return ForAll([x], Implies(changed, is_or_derives(step.before, x, step.called.src)))


def changes_only_with_consent(step: Step) -> Formula:
    """A slot of another owner changes only if it derives from the actor's page, or its owner agreed to it."""
    before, src, dst = step.before, step.called.src, step.called.dst
    changed = Not(unchanged(before, step.after, x))
    foreign = owner(x) != owner(src)
    agreed = is_or_derives(before, x, dst)
    from_actor = Exists([y], And(before.derives(x, y), owner(y) == owner(src)))
    return ForAll([x], Implies(And(changed, foreign), Or(agreed, from_actor)))


def flush_changes_only_what_derives_from_actor(step: Step) -> Formula:
    """A slot of another owner changes only if it derives from the actor's page."""
    before, src = step.before, step.called.src
    changed = Not(unchanged(before, step.after, x))
    return ForAll([x], Implies(And(changed, owner(x) != owner(src)), before.derives(x, src)))


def _confined(step: Step) -> dict[str, Formula]:
    """Only spaces inside can access the frame, and nobody inside passes anything out."""
    passes_out = And(inside(owner(step.called.src)), Not(inside(owner(step.called.dst))))
    return {
        "only those inside have the frame": ForAll([x], Implies(step.before.phys(x, secret), inside(owner(x)))),
        "nobody inside passes anything out": Not(passes_out),
    }


def _confined_without_passing(step: Step) -> dict[str, Formula]:
    return {"only those inside have the frame": ForAll([x], Implies(step.before.phys(x, secret), inside(owner(x))))}


def stays_confined(step: Step) -> Formula:
    """Only spaces inside can access the frame."""
    return ForAll([x], Implies(step.after.phys(x, secret), inside(owner(x))))


def _outsider_acts(step: Step) -> dict[str, Formula]:
    return {
        "the actor is outside": Not(inside(owner(step.called.src))),
        "nobody inside agrees to it": Not(inside(owner(step.called.dst))),
    }


def _outsider_flushes(step: Step) -> dict[str, Formula]:
    return {"the actor is outside": Not(inside(owner(step.called.src)))}


def chain_of_trust(step: Step) -> Formula:
    """A slot that lies inside, with all that it derives from, is unchanged."""
    before = step.before
    trusted = And(inside(owner(x)), ForAll([y], Implies(before.derives(x, y), inside(owner(y)))))
    return ForAll([x], Implies(trusted, unchanged(before, step.after, x)))


def _intersects(readings: Readings) -> bool:
    return readings.passing == Passing.INTERSECTED


def _grant_intersects(readings: Readings) -> bool:
    return offers_grant(readings) and _intersects(readings)


def obligations() -> Iterator[Obligation]:
    """C7 to C10, for each action."""
    yield Obligation(
        "flush__changes__only_what_derives_from_the_page",
        "C7",
        "a flush needs no consent: it is restricted to what derives from an own page",
        "flush",
        flush_is_restricted_to_own_pages,
    )
    yield Obligation(
        "flush__gives__nothing", "C8", "a flush gives nobody a frame or a right", "flush", flush_gives_nothing
    )
    for action in ("map", "grant"):
        applies: Callable[[Readings], bool] = offers_grant if action == "grant" else always
        yield Obligation(
            f"{action}__forges__no_access",
            "C8",
            "a frame appears only at the destination, and only the source's",
            action,
            no_new_frame,
            applies=applies,
        )
        yield Obligation(
            f"{action}__passes__only_what_is_accessible",
            "C8",
            "only an accessible page is passed on",
            action,
            source_was_accessible,
            invariants=together_with(INVARIANTS["live_is_accessible"]),
            applies=applies,
        )
        yield Obligation(
            f"{action}__widens__no_right",
            "C9",
            "a right appears only at the destination, and only the source's",
            action,
            no_new_right,
            applies=_grant_intersects if action == "grant" else _intersects,
        )
        yield Obligation(
            f"{action}__gives__only_rights_asked_for",
            "C9",
            "a right appears only if it was asked for",
            action,
            only_asked_rights,
            applies=applies,
        )
    for action in ACTIONS:
        applies = offers_grant if action == "grant" else always
        flushes = action == "flush"
        yield Obligation(
            f"{action}__changes__others_only_with_consent",
            "C10",
            "a slot of another owner changes only with that owner's consent, given now or when it accepted the page",
            action,
            flush_changes_only_what_derives_from_actor if flushes else changes_only_with_consent,
            applies=applies,
        )
        yield Obligation(
            f"{action}__preserves__confinement",
            "C10",
            "a frame that only a set of spaces can access stays theirs as long as they pass nothing outward",
            action,
            stays_confined,
            assumes=_confined_without_passing if flushes else _confined,
            applies=applies,
            free=(inside, secret),
        )
        yield Obligation(
            f"{action}__respects__chain_of_trust",
            "C10",
            "nobody outside a set of spaces changes a slot that derives only from slots inside",
            action,
            chain_of_trust,
            assumes=_outsider_flushes if flushes else _outsider_acts,
            applies=applies,
            free=(inside,),
        )
