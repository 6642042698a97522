"""Obligations about two runs: what a set of spaces does not see makes no difference to what it gets to see.

Such an obligation compares one step of each of two runs: the same action, called with the same parameters, from two
states. If the states look alike, then so does what comes of the call. «Looks alike» is a list of observations, and the
same list makes the formula that is proved and the key by which a search puts states together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import z3

from model.signature import fresh
from model.spaces.dialect import Dialect, Readings
from model.spaces.theory import Formula, State, Term, before
from model.theory import APPENDIX_A, Actions, Theory
from proofs.obligation import UNIVERSAL, Condition, Obligation, Provable, Step, always, never, nothing_more

Guard: TypeAlias = dict[str, Formula]
Seen: TypeAlias = tuple[tuple[tuple[Term, ...], Formula, Formula], ...]
"""Observations: for all values of the variables of which the first formula holds, whether the second does.

The first never depends on the state; an observation without variables is always made.
"""

SECOND = "_2"  # what the symbols of the second run are marked with


second = fresh(State, SECOND)
"""The state before the step of the second run."""


def alike(one: Seen, two: Seen) -> Formula:
    """The observations of two states, or of two answers, are the same."""
    same = []
    for (variables, where, here), (_, _, there) in zip(one, two, strict=True):
        same.append(z3.ForAll(list(variables), z3.Implies(where, here == there)) if variables else here == there)
    return z3.And(*same) if same else z3.BoolVal(True)


@dataclass(frozen=True, slots=True)
class TwoRuns:
    """One thing to be proved of two runs of the theory, a step of each.

    :param id: its name, ``<action>__<verb>__<what>``.
    :param claim: the claim or clause of the paper that it stands for.
    :param sentence: what it says.
    :param action: ``map``, ``grant`` or ``flush``.
    :param seen: what is seen of the state before, and is the same in both runs.
    :param gets: what is seen then, of the step or of the conditions under which it is possible; to be the same.
    :param assumes: further hypotheses about each of the steps, by name.
    :param taken: the action is possible in both states; else it is called, and perhaps refused.
    :param invariants: the invariants that may be used as hypotheses, of both states.
    :param applies: whether a dialect with these readings claims it.
    :param fails: whether a dialect with these readings is known not to have it.
    :param free: predicates that it speaks of for any interpretation.
    :param theory: what has the action and the invariants.
    """

    id: str
    claim: str
    sentence: str
    action: str
    seen: Callable[[State], Seen]
    gets: Callable[[Step, Guard], Seen]
    assumes: Callable[[Step], dict[str, Formula]] = nothing_more
    taken: bool = True
    invariants: tuple[str, ...] = UNIVERSAL
    applies: Callable[[Readings], bool] = always
    fails: Callable[[Readings], bool] = never
    free: tuple[z3.FuncDeclRef, ...] = ()
    theory: Theory[Any] = APPENDIX_A

    @property
    def sometimes(self) -> bool:
        """It is to hold of all pairs of steps, never of some only."""
        return False

    def step(self, dialect: Dialect, state: State = before, actions: Actions[Any] | None = None) -> tuple[Step, Guard]:
        """The step of one of the runs, from that state, and the guard of its action."""
        action = (actions or self.theory.actions)[self.action](dialect, state)
        return Step(dialect, state, action.after, action.called), action.guard

    def conditions(
        self, dialect: Dialect, invariants: frozenset[str], actions: Actions[Any] | None = None
    ) -> Iterable[Condition]:
        """The one verification condition; each hypothesis is about both runs."""
        runs = before, second = self.theory.before, self.theory.after(SECOND)
        (one, guard), (two, other) = (self.step(dialect, state, actions) for state in runs)
        hypotheses: dict[str, Formula] = {}
        about: dict[str, str] = {}
        for name in self.invariants:
            if name in invariants:
                formula = self.theory.invariants[name].formula
                hypotheses[name], about[name] = z3.And(formula(before), formula(second)), "invariant"
        for name in guard if self.taken else ():
            hypotheses[name], about[name] = z3.And(guard[name], other[name]), "guard"
        assumed, of_second = self.assumes(one), self.assumes(two)
        for name in assumed:
            hypotheses[name], about[name] = z3.And(assumed[name], of_second[name]), "assumption"
        look_alike = alike(self.seen(before), self.seen(second))
        hypotheses["the states look alike"], about["the states look alike"] = look_alike, "assumption"
        return (Condition(hypotheses, about, alike(self.gets(one, guard), self.gets(two, other))),)


def about_model(obligation: Provable) -> TypeGuard[Obligation | TwoRuns]:
    """Whether an obligation speaks of the theory, of one run or of two, and not of code."""
    return isinstance(obligation, Obligation | TwoRuns)


def known_to_fail(obligation: Provable, readings: Readings) -> bool:
    """Return whether a dialect with these readings is known not to have what the obligation says."""
    return about_model(obligation) and obligation.fails(readings)
