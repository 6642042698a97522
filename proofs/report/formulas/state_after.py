"""The goal that is proved of a step, said in symbols for the state after it, so that people can read it.

The proofs have no such symbols: the state after an action is the action's formulas. With a prime for each part of that
state a goal becomes short, and the updates are written once, beside it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import z3

from model.signature import Formula, Term, atoms, fresh, rewritten
from model.spaces.dialect import Dialect
from model.spaces.theory import State, before, called
from model.spaces.vocabulary import Action
from proofs.obligation import Obligation, Step
from proofs.two_runs import SECOND, TwoRuns, alike, second

primed = fresh(State, "'")
"""The state after a step, with symbols of its own."""

second_primed = fresh(State, SECOND + "'")
"""The same of the second of two runs."""


def goal(obligation: Obligation[Any, Any], dialect: Dialect) -> Formula:
    """The goal of an obligation in symbols for the state after the step, where that says the same; else in full.

    It does if the action's updates, put in place of those symbols, give the term that is proved, to the letter.
    """
    step, _ = obligation.step(dialect)
    proved = obligation.goal(step)
    if not obligation.action:
        return proved
    short = obligation.goal(replace(step, after=fresh(type(step.after), "'")))
    return short if z3.eq(substituted(short, step), proved) else proved


def goal_of_two(obligation: TwoRuns, dialect: Dialect) -> Formula:
    """The goal of an obligation about two runs, in symbols for the states after the two steps."""
    runs = ((before, primed), (second, second_primed))
    made = [(Step(dialect, state, after, called), obligation.step(dialect, state)[1]) for state, after in runs]
    return alike(*(obligation.gets(step, guard) for step, guard in made))


def substituted(short: Formula, step: Step[Any, Any]) -> Formula:
    """A formula about the state after a step with the step's updates in place of that state's symbols."""
    return rewritten(short, fresh(type(step.after), "'"), step.after)


def updates(action: Action[Any, Any]) -> Mapping[str, tuple[Term, Term]]:
    """For each part of the state an atom in primed symbols, and the term that it has after the action."""
    becomes, after = atoms(action.after), atoms(fresh(type(action.after), "'"))
    return {name: (after[name], becomes[name]) for name in after}
