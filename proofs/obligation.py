"""Obligations: what is to be proved, as frozen records.

An obligation speaks of one step: a state before, an action with its parameters, a state after. For a proof the state
after is the action's formula; for a run-time check both states are concrete. So the same goal is proved for all steps
and evaluated on any of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, Protocol

import z3

from model.spaces.dialect import Dialect, NoRights, OwnSlot, Readings
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import Formula, called, some_right
from model.spaces.vocabulary import Action, P, S
from model.theory import APPENDIX_A, Actions, Theory
from model.theory import always as always

UNIVERSAL = tuple(name for name, invariant in INVARIANTS.items() if not invariant.names_some_frame)


@dataclass(frozen=True, slots=True)
class Step(Generic[S, P]):
    """A step of a dialect from one state to another, by an action called with some parameters.

    ``actions`` are all that could be done in its place.
    """

    dialect: Dialect
    before: S
    after: S
    called: P
    actions: Actions[Any] = field(default_factory=dict, compare=False, repr=False)


def never(readings: Readings) -> bool:
    """No dialect is known to lack what the obligation says."""
    return False


def nothing_more(step: Step[Any, Any]) -> dict[str, Formula]:
    """No assumption beyond the invariants and the action's guard."""
    return {}


class Provable(Protocol):
    """The interface of every obligation, whether it speaks of the theory's steps or of a kernel's code."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def claim(self) -> str:
        """The claim or clause of the paper that it stands for."""

    @property
    def sentence(self) -> str:
        """What it says."""

    @property
    def applies(self) -> Callable[[Readings], bool]:
        """Whether a dialect with these readings claims it."""

    def conditions(self, dialect: Dialect, invariants: frozenset[str]) -> "Iterable[Condition]":
        """The verification conditions that together prove it, given the theory's invariants that are known to hold."""


@dataclass(frozen=True, slots=True)
class Obligation(Generic[S, P]):
    """One thing to be proved of the theory's steps.

    :param id: its name, ``<action>__<verb>__<what>``.
    :param claim: the claim or clause of the paper that it stands for.
    :param sentence: what it says.
    :param action: one of the theory's, such as ``map``; empty for one that speaks of a single state.
    :param goal: what holds of every step.
    :param assumes: hypotheses beyond the invariants and the action's guard, by name.
    :param invariants: the invariants that may be used as hypotheses.
    :param applies: whether a dialect with these readings claims it.
    :param fails: whether a dialect with these readings is known not to have it; a counterexample shows that.
    :param free: predicates or constants that the goal speaks of for any interpretation.
    :param sometimes: the goal need not hold of every step, but of some reachable one.
    :param invariant: the invariant that it helps to show inductive: that the action preserves it, or that the initial
        state has it; empty for all others.
    :param theory: what has the action and the invariants.
    :param idle: it speaks of the maps or grants that are done and do nothing, of which no other speaks.
    """

    id: str
    claim: str
    sentence: str
    action: str
    goal: Callable[[Step[S, P]], Formula]
    assumes: Callable[[Step[S, P]], dict[str, Formula]] = nothing_more
    invariants: tuple[str, ...] = UNIVERSAL
    applies: Callable[[Readings], bool] = always
    free: tuple[z3.FuncDeclRef | z3.ExprRef, ...] = ()
    sometimes: bool = False
    fails: Callable[[Readings], bool] = never
    theory: Theory[Any] = APPENDIX_A
    invariant: str = ""
    idle: bool = False

    @property
    def of_initial_state(self) -> bool:
        """Whether it says that the initial state has an invariant."""
        return bool(self.invariant) and not self.action

    def step(self, dialect: Dialect, actions: Actions[Any] | None = None) -> tuple[Step[S, P], dict[str, Formula]]:
        """The obligation's step in a dialect, and the guard of its action.

        :param actions: the actions, if they are to be others than the theory's.
        """
        before = self.theory.before
        every = actions or self.theory.actions
        make = every[self.action] if self.action else None
        action: Action[Any, Any] = make(dialect) if make else Action("", {}, before, called)
        return Step(dialect, before, action.after, action.called, every), action.guard

    def conditions(self, dialect: Dialect, invariants: frozenset[str]) -> "Iterable[Condition]":
        """The one verification condition of this obligation."""
        return (condition_of(self, dialect, invariants),)

    def assumptions(self, step: Step[S, P]) -> dict[str, Formula]:
        """What is assumed of the step: what the obligation says, and that something is done at all, or that it is not.

        That nothing is changed where nothing is done is an obligation of its own.
        """
        assumed = dict(self.assumes(step))
        if self.action not in ("map", "grant"):
            return assumed
        done = something_is_done(step)
        if self.idle:
            return assumed | {"nothing is done": z3.Not(z3.And(*done.values()))}
        return assumed | done


def something_is_done(step: Step[Any, Any]) -> dict[str, Formula]:
    """Return what is assumed of a map or a grant where its dialect has some that are done and do nothing."""
    readings, done = step.dialect.readings, dict[str, Formula]()
    if readings.own_slot == OwnSlot.NOTHING:
        done["something is done"] = step.called.src != step.called.dst
    if readings.no_rights == NoRights.NOTHING:
        done["some right is passed on"] = some_right(step.before, step.called, step.dialect)
    return done


@dataclass(frozen=True, slots=True)
class Condition:
    """A verification condition: the hypotheses, by name, must imply the goal.

    ``about`` gives for each hypothesis what it is: an invariant, a guard or an assumption. ``alike`` are pairs of
    ends of symbols' names: a model of the hypotheses may well have the same tables for symbols that differ in them.
    ``sizes`` says for each sort, if it says anything, how many elements a model of the hypotheses may well have.
    """

    hypotheses: dict[str, Formula]
    about: dict[str, str]
    goal: Formula
    alike: tuple[tuple[str, str], ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)


@cache
def _before(theory: Theory[Any], invariant: str) -> Formula:
    """An invariant of the state before a step, built once."""
    return theory.invariants[invariant].formula(theory.before)


def condition_of(
    obligation: Obligation[Any, Any], dialect: Dialect, invariants: frozenset[str], actions: Actions[Any] | None = None
) -> Condition:
    """The verification condition of an obligation in a dialect.

    :param invariants: the invariants that are known to hold; only these are hypotheses.
    :param actions: the actions, if they are to be others than the theory's.
    """
    step, guard = obligation.step(dialect, actions)
    hypotheses: dict[str, Formula] = {}
    about: dict[str, str] = {}
    for name in obligation.invariants:
        if name in invariants:
            hypotheses[name], about[name] = _before(obligation.theory, name), "invariant"
    for kind, formulas in (("guard", guard), ("assumption", obligation.assumptions(step))):
        for name, formula in formulas.items():
            hypotheses[name], about[name] = formula, kind
    return Condition(hypotheses, about, obligation.goal(step))
