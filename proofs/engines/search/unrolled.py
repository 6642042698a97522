"""Shortest runs of a theory on machines of every size: so many steps from a first state, as one formula.

Each state of the run has symbols of its own, said to be what the action chosen makes of the state before. So it is
decided, for every size at once, whether some run of so many steps ends as is asked; and a run that is found is given on
a machine with as few elements as possible, where every formula of it is evaluated again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from time import monotonic
from typing import Any

import z3

from model.running.evaluate import Structure, compile_term
from model.running.solving import answer_of
from model.signature import Formula, Term, Vocabulary, applied, fresh, symbols_of
from model.spaces.dialect import Dialect
from model.theory import Theory
from proofs.engines.smt.smallest import least_model
from proofs.obligation import Step

NO_BEGINNING = "there is no first state, so that there are no runs"
UNKNOWN_BEGINNING = "whether there is a first state is not known"

Ending = Callable[[Any, Step[Any, Any]], Formula]
"""What is asked of the run's first state and its last step."""


@dataclass(frozen=True, slots=True)
class UnrolledRun:
    """A run: the actions taken, and a structure in which the symbols of step k end in ``@k``."""

    actions: tuple[str, ...]
    structure: Structure


@dataclass(frozen=True, slots=True)
class NotFound:
    """No run was found: none of up to so many steps ends so, on a machine of whatever size; why not more is known."""

    steps: int
    reason: str


def at(kind: type[Vocabulary], number: int) -> Any:
    """The symbols of a state or a call of the run, by number."""
    return fresh(kind, f"@{number}")


def label(action: str, number: int) -> Formula:
    """Whether the step of that number is by the action."""
    return z3.Bool(f"{action}@{number}")


@dataclass(frozen=True, slots=True)
class Definition:
    """Defines a symbol: of these arguments it is this value, which has no other variables."""

    name: str
    arguments: tuple[Term, ...]
    symbol: Term
    value: Term

    @property
    def formula(self) -> Formula:
        """The definition as a formula."""
        equal: Formula = self.symbol == self.value
        return z3.ForAll(list(self.arguments), equal) if self.arguments else equal


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run: what is said of it, and what the symbols of the state after are."""

    conditions: list[Formula]
    definitions: list[Definition]

    @property
    def formulas(self) -> list[Formula]:
        """All of it."""
        return [*self.conditions, *(definition.formula for definition in self.definitions)]


def _defined(before: Any, after: Any, chosen: Sequence[tuple[Formula, Any]]) -> Iterable[Definition]:
    """The state after has the values that the chosen action gives it."""
    for name, symbol in symbols_of(type(before)).items():
        value = applied(before, name)
        for label, made in chosen:
            if getattr(made, name) is not getattr(before, name):
                value = z3.If(label, applied(made, name), value)
        of_after = applied(after, name)
        yield Definition(of_after.decl().name(), symbol.arguments, of_after, value)


def step_of(theory: Theory[Any], dialect: Dialect, number: int, allowed: Sequence[str]) -> RunStep:
    """A step of the run, by one of the actions."""
    before, after = at(type(theory.before), number), at(type(theory.before), number + 1)
    called = at(type(theory.actions[allowed[0]](dialect).called), number)
    labels = {name: label(name, number) for name in allowed}
    made = {name: theory.actions[name](dialect, before, called) for name in allowed}
    formulas: list[Formula] = [z3.Or(*labels.values())]
    formulas += [z3.Not(z3.And(one, two)) for one, two in combinations(labels.values(), 2)]
    formulas += [z3.Implies(labels[name], z3.And(z3.BoolVal(True), *made[name].guard.values())) for name in allowed]
    return RunStep(formulas, list(_defined(before, after, [(labels[name], made[name].after) for name in allowed])))


def first_of(theory: Theory[Any]) -> list[Formula]:
    """What holds of the run's first state."""
    start = at(type(theory.before), 0)
    formulas: dict[str, Formula] = {}
    for invariant in theory.invariants.values():
        formulas |= theory.initial(start, invariant)
    return list(formulas.values())


def ends_as(theory: Theory[Any], dialect: Dialect, number: int, final: Sequence[str], ending: Ending) -> Formula:
    """The step of that number is the last, and ends as asked."""
    kind = type(theory.before)
    called = at(type(theory.actions[final[0]](dialect).called), number)
    return ending(at(kind, 0), Step(dialect, at(kind, number), at(kind, number + 1), called))


def checked_run(formulas: Iterable[Formula], structure: Structure, length: int) -> UnrolledRun | str:
    """The run in a structure, if every formula of it holds there; else what is wrong."""
    for formula in formulas:
        if not compile_term(formula)(structure)[0]:
            return "the run that was found does not follow the theory"
    actions = []
    for number in range(length):
        taken = [
            name.partition("@")[0]
            for name, table in structure.symbols.items()
            if name.endswith(f"@{number}") and table.shape == (1,) and table.dtype == bool and table[0]
        ]
        actions.append(taken[0])
    return UnrolledRun(tuple(actions), structure)


def shortest_run(
    theory: Theory[Any],
    dialect: Dialect,
    ending: Ending,
    *,
    last: Sequence[str] = (),
    script: Sequence[str] = (),
    most: int = 6,
    seconds: float = 60.0,
) -> UnrolledRun | NotFound:
    """The shortest run from a first state that ends as asked.

    :param last: the actions that the last step may be; any, if none is named.
    :param script: the actions of the run, if they are known; then no other is looked for.
    :param most: the most steps tried.
    :param seconds: limit for all.
    """
    deadline = monotonic() + seconds
    every = tuple(name for name in theory.actions if theory.offers(name)(dialect.readings))
    formulas = first_of(theory)
    for length in range(1, (len(script) or most) + 1):
        number = length - 1
        allowed = (script[number],) if script else every
        final = tuple(last) if last and not script else allowed
        if not script or length == len(script):
            step = step_of(theory, dialect, number, final)
            ends = ends_as(theory, dialect, number, final, ending)
            found = _solved([*formulas, *step.formulas, ends], deadline - monotonic(), length)
            if isinstance(found, UnrolledRun):
                return found
            if found:
                return NotFound(number, found)
        step = step_of(theory, dialect, number, allowed)
        formulas += step.formulas
    solver = z3.Solver()
    solver.set("timeout", max(1, int(max(deadline - monotonic(), 5.0) * 1000)))
    solver.add(*first_of(theory))
    begins = answer_of(solver)
    if begins != z3.sat:
        return NotFound(0, NO_BEGINNING if begins == z3.unsat else UNKNOWN_BEGINNING)
    return NotFound(len(script) or most, "")


def _solved(formulas: list[Formula], seconds: float, length: int) -> UnrolledRun | str:
    """The run on a least machine; empty if there is none, or why that is not known."""
    if seconds <= 0:
        return "out of time"
    solver = z3.Solver()
    solver.set("timeout", max(1, int(seconds * 1000)))
    solver.add(*formulas)
    answer = answer_of(solver)
    if answer == z3.unsat:
        return ""
    if answer != z3.sat:
        return str(solver.reason_unknown())
    structure = least_model(formulas, max(seconds, 5.0))
    if structure is None:
        return "a run exists, but was not found on a small machine"
    return checked_run(formulas, structure, length)
