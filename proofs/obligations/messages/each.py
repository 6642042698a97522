"""One goal, asked of every action of the theory of threads and messages."""

from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias

from model.messages.vocabulary import Call, System
from model.signature import Formula
from model.spaces.invariants import INVARIANTS
from model.theory import Theory
from proofs.obligation import Obligation, Step, nothing_more

MessageStep: TypeAlias = Step[System, Call]
Goal: TypeAlias = Callable[[MessageStep], Formula]
Assumes: TypeAlias = Callable[[MessageStep], dict[str, Formula]]

PREFIX = "messages__"


def universal(theory: Theory[System]) -> tuple[str, ...]:
    """The invariants that every condition can have as hypotheses and stay in the decidable fragment."""
    return tuple(name for name, invariant in theory.invariants.items() if not invariant.names_some_frame)


def one(
    theory: Theory[System],
    action: str,
    name: str,
    claim: str,
    sentence: str,
    goal: Goal,
    assumes: Assumes = nothing_more,
    **more: object,
) -> Obligation[System, Call]:
    """An obligation about one action."""
    return Obligation(
        id=f"{PREFIX}{action}__{name}",
        claim=claim,
        sentence=sentence,
        action=action,
        goal=goal,
        assumes=assumes,
        invariants=universal(theory),
        applies=theory.offers(action),
        theory=theory,
        **more,  # type: ignore[arg-type]
    )


def each(
    theory: Theory[System],
    name: str,
    claim: str,
    sentence: str,
    goal: Goal,
    assumes: Assumes = nothing_more,
    *,
    of: Collection[str] = (),
    **more: object,
) -> Iterator[Obligation[System, Call]]:
    """The same obligation about every action, or about some."""
    for action in theory.actions:
        if not of or action in of:
            yield one(theory, action, name, claim, sentence, goal, assumes, **more)


def of_spaces(invariant: str) -> bool:
    """Return whether it is one of the invariants of address spaces."""
    return invariant in INVARIANTS
