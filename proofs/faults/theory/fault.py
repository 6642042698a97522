"""Faults of the theory, and the ways to make an action wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol

import z3

from model.spaces.dialect import Dialect, Readings
from model.spaces.theory import ACTIONS, Action, Parameters, State, before, called
from model.theory import APPENDIX_A, Actions, Theory
from proofs.obligation import Condition, Obligation, always, condition_of
from proofs.two_runs import TwoRuns


class Maker(Protocol):
    """A maker of an action of the theory: ``map_``, ``grant``, ``flush``, or a wrong one of them."""

    def __call__(self, dialect: Dialect, s: State = before, p: Parameters = called, /) -> Action:
        """The action of a dialect, from a state, called with parameters."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """An action just made rightly, with all that it was made of: what a wrong one is made from."""

    dialect: Dialect
    before: State
    called: Parameters
    action: Action

    @property
    def after(self) -> State:
        """The state after the right action."""
        return self.action.after


@dataclass(frozen=True, slots=True)
class TheoryFault:
    """An action that is wrong in one way.

    :param name: ``<action>-<what is wrong>``.
    :param mechanism: how it goes wrong, in one sentence.
    :param action: which action it replaces.
    :param wrong: takes the maker of the right action and gives the maker of the wrong one.
    :param applies: whether a dialect with these readings can have it.
    :param refuses: it takes no wrong step, but refuses what should be done: nothing for a proof to find, which speaks
        of steps that are taken.
    """

    name: str
    mechanism: str
    action: str
    wrong: Callable[[Maker], Maker]
    applies: Callable[[Readings], bool] = always
    refuses: bool = False

    def actions(self) -> Actions:
        """The theory's actions, this one wrong."""
        return MappingProxyType({**ACTIONS, self.action: self.wrong(ACTIONS[self.action])})

    def theory(self) -> Theory:
        """The theory with this action wrong."""
        return replace(APPENDIX_A, actions=self.actions())

    def condition(self, obligation: Obligation | TwoRuns, dialect: Dialect, invariants: frozenset[str]) -> Condition:
        """The verification condition of an obligation, with the wrong action."""
        if isinstance(obligation, TwoRuns):
            (condition,) = obligation.conditions(dialect, invariants, self.actions())
            return condition
        return condition_of(obligation, dialect, invariants, actions=self.actions())


def misread(**readings: Any) -> Callable[[Maker], Maker]:
    """The action of a dialect that differs in these readings, passed off as that of the dialect itself."""

    def wrong(maker: Maker) -> Maker:
        def make(dialect: Dialect, s: State = before, p: Parameters = called, /) -> Action:
            return maker(replace(dialect, readings=dialect.readings._replace(**readings)), s, p)

        return make

    return wrong


def changed(change: Callable[[Made], Mapping[str, Any]]) -> Callable[[Maker], Maker]:
    """The action with some of the relations after it replaced."""

    def wrong(maker: Maker) -> Maker:
        def make(dialect: Dialect, s: State = before, p: Parameters = called, /) -> Action:
            right = maker(dialect, s, p)
            return replace(right, after=replace(right.after, **change(Made(dialect, s, p, right))))

        return make

    return wrong


def compose(one: Callable[[Maker], Maker], other: Callable[[Maker], Maker]) -> Callable[[Maker], Maker]:
    """One way of being wrong, and on top of it another."""
    return lambda maker: other(one(maker))


def refused(maker: Maker) -> Maker:
    """The action is never taken."""

    def make(dialect: Dialect, s: State = before, p: Parameters = called, /) -> Action:
        return replace(maker(dialect, s, p), guard={"nothing is ever done": z3.BoolVal(False)})

    return make
