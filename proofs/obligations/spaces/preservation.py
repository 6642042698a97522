"""The matrix: every action of a theory preserves every invariant, and its initial state has them all."""

from collections.abc import Callable, Iterator
from typing import Any

from model.spaces.invariants import Invariant
from model.spaces.theory import Formula
from model.theory import APPENDIX_A, Theory
from proofs.obligation import Obligation, Step


def _holds_after(invariant: Invariant[Any]) -> Callable[[Step[Any, Any]], Formula]:
    def goal(step: Step[Any, Any]) -> Formula:
        return invariant.formula(step.after)

    return goal


def _held_before(invariant: Invariant[Any]) -> Callable[[Step[Any, Any]], dict[str, Formula]]:
    def assumes(step: Step[Any, Any]) -> dict[str, Formula]:
        return {invariant.name: invariant.formula(step.before)}

    return assumes


def _initial_state(theory: Theory[Any], invariant: Invariant[Any]) -> Callable[[Step[Any, Any]], dict[str, Formula]]:
    def assumes(step: Step[Any, Any]) -> dict[str, Formula]:
        return theory.initial(step.before, invariant)

    return assumes


def preserves(theory: Theory[Any], action: str, invariant: Invariant[Any]) -> Obligation[Any, Any]:
    """The obligation that an action preserves an invariant."""
    return Obligation(
        id=f"{action}__preserves__{invariant.name}",
        claim=invariant.claim,
        sentence=f"after {action}: {invariant.sentence}",
        action=action,
        goal=_holds_after(invariant),
        assumes=_held_before(invariant),
        invariants=theory.beside(invariant),
        applies=theory.offers(action),
        theory=theory,
        invariant=invariant.name,
    )


def starts_with(theory: Theory[Any], invariant: Invariant[Any]) -> Obligation[Any, Any]:
    """The obligation that the initial state has an invariant; none is assumed, above all not this one."""
    return Obligation(
        id=f"initial__has__{invariant.name}",
        claim=invariant.claim,
        sentence=f"at first: {invariant.sentence}",
        action="",
        goal=_holds_after(invariant),
        assumes=_initial_state(theory, invariant),
        invariants=(),
        theory=theory,
        invariant=invariant.name,
    )


def matrix(theory: Theory[Any]) -> Iterator[Obligation[Any, Any]]:
    """Actions × invariants, and the initial state × invariants."""
    for invariant in theory.invariants.values():
        yield starts_with(theory, invariant)
    for action in theory.actions:
        for invariant in theory.invariants.values():
            yield preserves(theory, action, invariant)


def obligations() -> Iterator[Obligation[Any, Any]]:
    """The matrix of Appendix A."""
    return matrix(APPENDIX_A)
