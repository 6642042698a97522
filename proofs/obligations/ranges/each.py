"""The common part of all obligations about ranges."""

from collections.abc import Callable
from typing import Any, TypeAlias

from model.ranges.vocabulary import RangeCall
from model.signature import Formula
from model.spaces.vocabulary import State
from model.theory import Theory
from proofs.obligation import UNIVERSAL, Obligation, Step, nothing_more

RangeStep: TypeAlias = Step[State, RangeCall]
Goal: TypeAlias = Callable[[RangeStep], Formula]
Assumes: TypeAlias = Callable[[RangeStep], dict[str, Formula]]

PREFIX = "ranges__"


def about(
    theory: Theory[State],
    action: str,
    name: str,
    claim: str,
    sentence: str,
    goal: Goal,
    assumes: Assumes = nothing_more,
    invariants: tuple[str, ...] = UNIVERSAL,
    **more: Any,
) -> Obligation[State, RangeCall]:
    """An obligation about an operation on ranges."""
    return Obligation(
        id=f"{PREFIX}{action}__{name}",
        claim=claim,
        sentence=sentence,
        action=action,
        goal=goal,
        assumes=assumes,
        invariants=invariants,
        applies=theory.offers(action),
        theory=theory,
        **more,
    )
