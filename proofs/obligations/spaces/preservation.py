"""The matrix: every action preserves every invariant, and the initial state has them all."""

from collections.abc import Callable, Iterator

from model.spaces.invariants import (
    INVARIANTS,
    Invariant,
    every_frame_is_held,
    initial,
    live_holds_a_frame,
    together_with,
)
from model.spaces.theory import ACTIONS, Formula
from proofs.applies import offers_grant
from proofs.obligation import Obligation, Step, always


def _holds_after(invariant: Invariant) -> Callable[[Step], Formula]:
    def goal(step: Step) -> Formula:
        return invariant.formula(step.after)

    return goal


def _held_before(invariant: Invariant) -> Callable[[Step], dict[str, Formula]]:
    def assumes(step: Step) -> dict[str, Formula]:
        return {invariant.name: invariant.formula(step.before)}

    return assumes


def _initial_state(invariant: Invariant) -> Callable[[Step], dict[str, Formula]]:
    def assumes(step: Step) -> dict[str, Formula]:
        more = live_holds_a_frame if invariant.names_some_frame else every_frame_is_held
        return {**initial(step.before), **more(step.before)}

    return assumes


def preserves(action: str, invariant: Invariant) -> Obligation:
    """The obligation that an action preserves an invariant."""
    return Obligation(
        id=f"{action}__preserves__{invariant.name}",
        claim=invariant.claim,
        sentence=f"after {action}: {invariant.sentence}",
        action=action,
        goal=_holds_after(invariant),
        assumes=_held_before(invariant),
        invariants=together_with(invariant),
        applies=offers_grant if action == "grant" else always,
        invariant=invariant.name,
    )


def obligations() -> Iterator[Obligation]:
    """Actions × invariants, and the initial state × invariants."""
    for invariant in INVARIANTS.values():
        yield Obligation(
            id=f"initial__has__{invariant.name}",
            claim=invariant.claim,
            sentence=f"at first: {invariant.sentence}",
            action="",
            goal=_holds_after(invariant),
            assumes=_initial_state(invariant),
            invariants=(),
            invariant=invariant.name,
        )
    for action in ACTIONS:
        for invariant in INVARIANTS.values():
            yield preserves(action, invariant)
