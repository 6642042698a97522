"""P beside σ: the physical address is stable, and P can stand for σ (C3, C4)."""

from collections.abc import Iterator

from z3 import And, ForAll, Implies

from model.spaces.dialect import Ancestor, OwnSlot
from model.spaces.theory import ACTIONS, Formula, q, r, x, y
from proofs.applies import offers_grant
from proofs.obligation import Obligation, Step, always
from proofs.terms import evaluates, is_or_derives


def phys_is_stable(step: Step) -> Formula:
    """A slot that is not the destination of this step shows the frame it showed, or none."""
    return ForAll(
        [x, r, q],
        Implies(And(step.before.phys(x, r), step.after.phys(x, q), x != step.called.dst), r == q),
    )


def phys_is_stable_under_flush(step: Step) -> Formula:
    """A slot still in use shows exactly what it showed."""
    return ForAll([x, r], Implies(step.after.live(x), step.after.phys(x, r) == step.before.phys(x, r)))


def phys_is_lost_only_by_flush(step: Step) -> Formula:
    """A slot still in use that is not the destination shows exactly what it showed."""
    return ForAll(
        [x, r],
        Implies(And(step.after.live(x), x != step.called.dst), step.after.phys(x, r) == step.before.phys(x, r)),
    )


def phys_is_sigma(step: Step) -> Formula:
    """P_v = σ(v), for every slot."""
    return ForAll([x, r], step.after.phys(x, r) == evaluates(step.after, x, r))


def phys_is_sigma_at_holder(step: Step) -> Formula:
    """P_v = σ(v), for every slot, and the slot at which the links from v end is the one that is named the holder.

    It implies :func:`phys_is_sigma` in any state, since what is said of the holder is said of some slot. It names the
    slot where the other says «some», so it stays in the decidable fragment if what is gone after a step says «some
    slot» too.
    """
    s, end = step.after, step.after.holder(r)
    return And(
        ForAll([x, y, r], Implies(And(s.holds(y, r), is_or_derives(s, x, y)), s.phys(x, r))),
        ForAll([x, r], Implies(s.phys(x, r), And(s.holds(end, r), is_or_derives(s, x, end)))),
    )


def phys_is_sigma_afterwards(step: Step) -> Formula:
    """P_v = σ(v), for every slot.

    Where rights can grow, whether a slot is gone depends on some slot above it, so the stronger form that names the
    holder is taken. It is not where a step can close a cycle: there P ≠ σ whatever the holder is.
    """
    readings = step.dialect.readings
    closes_cycle = readings.own_slot == OwnSlot.ALLOWED or readings.ancestor == Ancestor.ALLOWED
    return phys_is_sigma_at_holder(step) if readings.rights_can_grow and not closes_cycle else phys_is_sigma(step)


def obligations() -> Iterator[Obligation]:
    """C3 and C4, for each action."""
    for action in ACTIONS:
        applies = offers_grant if action == "grant" else always
        if action == "flush":
            stable, kept = phys_is_stable_under_flush, phys_is_stable_under_flush
        else:
            stable, kept = phys_is_stable, phys_is_lost_only_by_flush
        yield Obligation(
            f"{action}__keeps__physical_addresses",
            "C3",
            "no page shows another frame than before, unless it was replaced",
            action,
            stable,
            applies=applies,
        )
        if kept is not stable:
            yield Obligation(
                f"{action}__loses__no_physical_address",
                "C3",
                "a page still in use that was not replaced shows the frame it showed",
                action,
                kept,
                applies=applies,
            )
        yield Obligation(
            f"{action}__preserves__phys_is_sigma",
            "C4",
            "P_v = σ(v) after the step, so P can be used instead of σ",
            action,
            phys_is_sigma_afterwards,
            applies=applies,
        )
    yield Obligation(
        "invariants__imply__phys_is_sigma",
        "C4",
        "P_v = σ(v) in every reachable state",
        "",
        phys_is_sigma,
    )
