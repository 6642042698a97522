"""All that is to be proved of a subsystem: each invariant at first and after each move, and what its steps ensure.

The kernel's own invariants are hypotheses; that they hold is proved of the kernel, whose steps every move takes.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from model.messages.vocabulary import Call
from model.servers.theory import SubsystemTheory
from model.signature import Formula
from proofs.obligation import Obligation, Step
from proofs.obligations.messages.each import universal
from proofs.obligations.messages.preservation import says_the_same
from proofs.obligations.spaces.preservation import preserves, starts_with


def obligations(of: SubsystemTheory) -> Iterator[Obligation[Any, Any]]:
    """The obligations of a subsystem, those of the kernel that it runs on left out."""
    theory = of.theory
    for name in of.own:
        invariant = theory.invariants[name]
        begins = starts_with(theory, invariant)
        yield replace(begins, id=f"start__has__{name}", assumes=_beginning(of), invariants=universal(of.kernel))
        for move in theory.actions:
            if not says_the_same(theory, move, name):
                yield replace(preserves(theory, move, invariant), invariants=universal(theory))
    for name, ensured in of.ensured.items():
        for move in ensured.moves:
            yield Obligation(
                id=f"{move}__ensures__{name}",
                claim=of.kind.clause,
                sentence=f"by {move}: {ensured.sentence}",
                action=move,
                goal=_of_step(ensured.goal),
                invariants=universal(theory),
                applies=theory.offers(move),
                theory=theory,
            )


def _beginning(of: SubsystemTheory) -> Callable[[Step[Any, Any]], dict[str, Formula]]:
    return lambda step: of.beginning(step.before)


def _of_step(goal: Callable[[Any, Any, Call], Formula]) -> Callable[[Step[Any, Any]], Formula]:
    return lambda step: goal(step.before, step.after, step.called)
