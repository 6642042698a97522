"""Faults of ranges, and the ways to make one of their operations wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.theories import RANGES
from model.ranges.theory import MAKERS
from model.ranges.vocabulary import RangeCall, called
from model.signature import Formula
from model.spaces.dialect import Dialect
from model.spaces.vocabulary import Action, State, before
from model.theory import Actions
from proofs.obligation import Condition, Obligation, condition_of

RangeAction: TypeAlias = Action[State, RangeCall]
Made: TypeAlias = Callable[[RangeAction, State, RangeCall], RangeAction]
"""Takes the right step, the state before and the call; gives the wrong step."""


@dataclass(frozen=True, slots=True)
class RangeFault:
    """An operation on ranges that is wrong in one way.

    :param name: what it is called.
    :param mechanism: how it goes wrong, in one sentence.
    :param action: which operation it replaces.
    :param wrong: makes the wrong operation.
    """

    name: str
    mechanism: str
    action: str
    wrong: Callable[..., RangeAction]

    def actions(self) -> Actions[Any]:
        """The theory's operations, this one wrong."""
        return MappingProxyType({**RANGES.actions, self.action: self.wrong})

    def condition(self, obligation: Obligation[Any, Any], dialect: Dialect, invariants: frozenset[str]) -> Condition:
        """The verification condition of an obligation, with the wrong operation."""
        return condition_of(obligation, dialect, invariants, actions=self.actions())


def misread(action: str, **readings: Any) -> Callable[..., RangeAction]:
    """The operation of another dialect, passed off as that of the canonical one."""
    m = CANONICAL_RANGES.readings._replace(**readings)
    return lambda dialect, s=before, c=called: MAKERS[action](m, dialect, s, c)


def changed(action: str, change: Made) -> Callable[..., RangeAction]:
    """The operation, made wrong after it was made right."""

    def make(dialect: Dialect, s: State = before, c: RangeCall = called) -> RangeAction:
        return change(RANGES.actions[action](dialect, s, c), s, c)

    return make


def without(guard: str) -> Made:
    """A condition of the guard is not asked for."""

    def change(step: RangeAction, s: State, c: RangeCall) -> RangeAction:
        assert guard in step.guard, guard
        return replace(step, guard={name: formula for name, formula in step.guard.items() if name != guard})

    return change


def after(change: Callable[[State, State, RangeCall], Mapping[str, Callable[..., Formula]]]) -> Made:
    """Some relations after the step are others: made from the state before, the right state after, and the call."""
    return lambda step, s, c: replace(step, after=replace(step.after, **change(s, step.after, c)))
