"""Formulas that many obligations are made of."""

from collections.abc import Callable

from z3 import And, BoolVal, Exists, ForAll, Or

from model.spaces.theory import Formula, State, Term, a, r, u, x
from proofs.obligation import Step


def observed(s: State, slot: Term) -> tuple[tuple[tuple[Term, ...], Formula], ...]:
    """All that there is to a slot: whether it is in use, what it derives from, its frame, P and rights.

    Each with the variables that it is about beside the slot. What derives from the slot is no part of it.
    """
    return (
        ((), s.live(slot)),
        ((u,), s.derives(slot, u)),
        ((r,), s.holds(slot, r)),
        ((r,), s.phys(slot, r)),
        ((a,), s.right(slot, a)),
    )


def unchanged(one: State, other: State, slot: Term) -> Formula:
    """A slot has the same link, frame, P and rights in both states."""
    same = []
    for (variables, here), (_, there) in zip(observed(one, slot), observed(other, slot), strict=True):
        same.append(ForAll(list(variables), here == there) if variables else here == there)
    return And(*same)


def access_unchanged(one: State, other: State, slot: Term) -> Formula:
    """A slot has the same P and rights in both states; its link may lead elsewhere."""
    return And(
        ForAll([r], one.phys(slot, r) == other.phys(slot, r)),
        ForAll([a], one.right(slot, a) == other.right(slot, a)),
    )


def every_right(_: Term) -> Formula:
    """The set of all rights."""
    return BoolVal(True)


def is_or_derives(s: State, slot: Term, of: Term) -> Formula:
    """The slot is that one, or derives from it."""
    return Or(slot == of, s.derives(slot, of))


def evaluates(s: State, slot: Term, frame: Term) -> Formula:
    """σ(v) = r: the links from the slot end at one that holds the frame (A.eval)."""
    return Exists([u], And(s.holds(u, frame), Or(slot == u, s.derives(slot, u))))


def keeps_a_right(step: Step, slot: Term, kept: Callable[[Term], Formula]) -> Formula:
    """The slot, before the step, has some right out of a set."""
    return Exists([a], And(step.before.right(slot, a), kept(a)))


def everything_unchanged(step: Step) -> Formula:
    """Nothing changes at all."""
    return ForAll([x], unchanged(step.before, step.after, x))
