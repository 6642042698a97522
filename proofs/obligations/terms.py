"""Formulas that many obligations are made of."""

from collections.abc import Callable

from z3 import And, BoolVal, Exists, ForAll, Or

from model.theory import Formula, State, Term, a, r, u, x
from proofs.obligation import Step


def unchanged(one: State, other: State, slot: Term) -> Formula:
    """A slot has the same link, frame, P and rights in both states."""
    return And(
        one.live(slot) == other.live(slot),
        ForAll([u], one.derives(slot, u) == other.derives(slot, u)),
        ForAll([r], And(one.holds(slot, r) == other.holds(slot, r), one.phys(slot, r) == other.phys(slot, r))),
        ForAll([a], one.right(slot, a) == other.right(slot, a)),
    )


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
