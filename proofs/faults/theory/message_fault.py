"""Faults of threads and messages, and the ways to make one of their actions wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from model.messages.acting import Step
from model.messages.readings import CANONICAL_MESSAGES, MessageReadings
from model.messages.theories import MESSAGES
from model.messages.theory import MAKERS
from model.messages.vocabulary import Call, System, before, called
from model.signature import Formula
from model.spaces.dialect import Dialect
from model.theory import Actions, Theory
from proofs.obligation import Condition, Obligation, condition_of
from proofs.two_runs import TwoRuns

Made: TypeAlias = Callable[[Step, System, Call], Step]
"""Takes the right step, the state before and the call; gives the wrong step."""


Row: TypeAlias = tuple[str, str, str, Callable[..., Step]]
"""A fault's name, its mechanism, the action that is wrong, and the wrong action."""


@dataclass(frozen=True, slots=True)
class MessageFault:
    """An action of threads that is wrong in one way.

    :param name: what it is called.
    :param mechanism: how it goes wrong, in one sentence.
    :param action: which action it replaces.
    :param wrong: makes the wrong action.
    :param refuses: it takes no wrong step, but none at all: only what is to be possible can fall.
    """

    name: str
    mechanism: str
    action: str
    wrong: Callable[..., Step]
    refuses: bool = False

    def actions(self) -> Actions[Any]:
        """The theory's actions, this one wrong."""
        return MappingProxyType({**MESSAGES.actions, self.action: self.wrong})

    def theory(self) -> Theory[System]:
        """The theory with this action wrong."""
        return replace(MESSAGES, actions=self.actions())

    def condition(
        self, obligation: Obligation[Any, Any] | TwoRuns, dialect: Dialect, invariants: frozenset[str]
    ) -> Condition:
        """The verification condition of an obligation, with the wrong action."""
        if isinstance(obligation, TwoRuns):
            (condition,) = obligation.conditions(dialect, invariants, self.actions())
            return condition
        return condition_of(obligation, dialect, invariants, actions=self.actions())


def misread(action: str, **readings: Any) -> Callable[..., Step]:
    """The action of another dialect, passed off as that of the canonical one."""
    m: MessageReadings = CANONICAL_MESSAGES.readings._replace(**readings)
    return lambda dialect, s=before, c=called: MAKERS[action](m, dialect, s, c)


def changed(action: str, change: Made) -> Callable[..., Step]:
    """The action, made wrong after it was made right."""

    def make(dialect: Dialect, s: System = before, c: Call = called) -> Step:
        return change(MESSAGES.actions[action](dialect, s, c), s, c)

    return make


def without(*guards: str, instead: Callable[[System, Call], dict[str, Formula]] = lambda s, c: {}) -> Made:
    """Some conditions of the guard are not asked for, others perhaps instead."""

    def change(step: Step, s: System, c: Call) -> Step:
        for name in guards:
            assert name in step.guard, name
        kept = {name: formula for name, formula in step.guard.items() if name not in guards}
        return replace(step, guard={**kept, **instead(s, c)})

    return change


def after(change: Callable[[System, System, Call], Mapping[str, Any]]) -> Made:
    """Some relations after the step are others: made from the state before, the right state after, and the call."""
    return lambda step, s, c: replace(step, after=replace(step.after, **change(s, step.after, c)))
