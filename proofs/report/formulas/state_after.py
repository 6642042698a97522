"""What is proved of a step, said in symbols for the state after it, so that people can read it.

The proofs have no such symbols: the state after an action is the action's formulas. With a prime for each part of that
state a goal becomes short, and the updates are written once, beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace

import z3

from model.spaces.dialect import Dialect
from model.spaces.theory import Action, Formula, Frame, Right, Slot, State, before, called
from proofs.obligation import Obligation, Step
from proofs.two_runs import TwoRuns, alike, second

primed = State(
    derives=z3.Function("derives'", Slot, Slot, z3.BoolSort()),
    live=z3.Function("live'", Slot, z3.BoolSort()),
    holds=z3.Function("holds'", Slot, Frame, z3.BoolSort()),
    phys=z3.Function("phys'", Slot, Frame, z3.BoolSort()),
    right=z3.Function("right'", Slot, Right, z3.BoolSort()),
    holder=z3.Function("holder'", Frame, Slot),
)
"""The state after a step, with symbols of its own."""

second_primed = State(
    derives=z3.Function("derives_2'", Slot, Slot, z3.BoolSort()),
    live=z3.Function("live_2'", Slot, z3.BoolSort()),
    holds=z3.Function("holds_2'", Slot, Frame, z3.BoolSort()),
    phys=z3.Function("phys_2'", Slot, Frame, z3.BoolSort()),
    right=z3.Function("right_2'", Slot, Right, z3.BoolSort()),
    holder=z3.Function("holder_2'", Frame, Slot),
)
"""The same of the second of two runs."""


def goal(obligation: Obligation, dialect: Dialect) -> Formula:
    """The goal of an obligation in symbols for the state after the step, where that says the same; else in full.

    It does if the action's updates, put in place of those symbols, give the term that is proved, to the letter.
    """
    step, _ = obligation.step(dialect)
    proved = obligation.goal(step)
    if not obligation.action:
        return proved
    short = obligation.goal(replace(step, after=primed))
    return short if z3.eq(substituted(short, step), proved) else proved


def goal_of_two(obligation: TwoRuns, dialect: Dialect) -> Formula:
    """The goal of an obligation about two runs, in symbols for the states after the two steps."""
    runs = ((before, primed), (second, second_primed))
    made = [(Step(dialect, state, after, called), obligation.step(dialect, state)[1]) for state, after in runs]
    return alike(*(obligation.gets(step, guard) for step, guard in made))


def substituted(short: Formula, step: Step) -> Formula:
    """A formula about the state after a step with the step's updates in place of that state's symbols."""
    pairs = []
    for name in (field.name for field in fields(State)):
        symbol: z3.FuncDeclRef = getattr(primed, name)
        variables = [z3.Var(n, symbol.domain(n)) for n in range(symbol.arity())]
        pairs.append((symbol, getattr(step.after, name)(*variables)))
    replaced: Formula = z3.substitute_funs(short, *pairs)
    return replaced


def updates(action: Action) -> Mapping[str, tuple[Formula, z3.ExprRef]]:
    """For each part of the state: what it is after the action, as an atom in primed symbols, and the term it gets."""
    variables: dict[str, tuple[z3.ExprRef, ...]] = {
        "derives": tuple(z3.Consts("x y", Slot)),
        "live": (z3.Const("x", Slot),),
        "holds": (z3.Const("x", Slot), z3.Const("r", Frame)),
        "phys": (z3.Const("x", Slot), z3.Const("r", Frame)),
        "right": (z3.Const("x", Slot), z3.Const("a", Right)),
        "holder": (z3.Const("r", Frame),),
    }
    at: Callable[[State, str], z3.ExprRef] = lambda state, name: getattr(state, name)(*variables[name])  # noqa: E731
    return {name: (at(primed, name), at(action.after, name)) for name in variables}
