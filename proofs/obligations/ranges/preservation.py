"""Every operation on ranges preserves every invariant of address spaces, and σ₀ has them all.

Some invariants name the holder of each frame. A grant of a range moves holders as its relation says, and no term can
follow a relation; so these invariants are proved of whatever function follows it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from z3 import Function

from model.ranges.theory import follows
from model.signature import Formula
from model.spaces.invariants import Invariant
from model.spaces.vocabulary import Frame, Slot, State
from model.theory import Theory
from proofs.obligation import Obligation, Step
from proofs.obligations.ranges.each import PREFIX, Assumes, Goal, RangeStep
from proofs.obligations.spaces.preservation import matrix

heir = Function("heir", Frame, Slot)


def _held_by_heirs(invariant: Invariant[State]) -> Goal:
    return lambda step: invariant.formula(replace(step.after, holder=heir))


def _with_heirs(assumes: Callable[[Step[State]], dict[str, Formula]]) -> Assumes:
    def assumed(step: RangeStep) -> dict[str, Formula]:
        return {**assumes(step), **follows(step.before, step.called, heir)}  # type: ignore[arg-type]

    return assumed


def obligations(theory: Theory[State]) -> Iterator[Obligation[State, Any]]:
    """Actions × invariants, and the initial state × invariants."""
    for obligation in matrix(theory):
        named = replace(obligation, id=PREFIX + obligation.id, applies=theory.offers(obligation.action or "map_range"))
        invariant = theory.invariants[obligation.invariant]
        if obligation.action == "grant_range" and invariant.names_holder:
            named = replace(named, goal=_held_by_heirs(invariant), assumes=_with_heirs(obligation.assumes))
        yield named
