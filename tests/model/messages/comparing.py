"""The literal model of threads against the theory: guards and states after, for many states and operations at once."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import z3

from model.messages.abstraction import called_with, structure_of
from model.messages.operation import Kind
from model.messages.readings import message_dialect_named
from model.messages.steps import Steps
from model.messages.theories import theory_of_messages
from model.running.evaluate import Structure, compile_meaning, compile_term
from model.spaces.dialect import dialect_named
from model.spaces.literal import REFUSED

BATCH = 8192
WEIGHTS = {Kind.END: 0.05, Kind.TIMEOUT: 0.2, Kind.CREATE: 0.3, Kind.FLUSH: 0.3} | dict.fromkeys(
    (Kind.SEND_MAP, Kind.SEND_GRANT, Kind.SEND_STRING, Kind.PAGE_FAULT, Kind.INTERRUPT), 4.0
)
"""How often a random way takes an action, if it can, beside others."""

Compiled = Callable[[Structure], Any]


@cache
def formulas(messages: str, spaces: str, kind: Kind) -> tuple[Compiled, Compiled] | None:
    """An action's guard and the state after it; none if the dialect has no such action."""
    theory, dialect = theory_of_messages(message_dialect_named(messages)), dialect_named(spaces)
    name = kind.name.lower()
    if name not in theory.actions or not theory.offers(name)(dialect.readings):
        return None
    action = theory.actions[name](dialect)
    return compile_term(z3.And(z3.BoolVal(True), *action.guard.values())), compile_meaning(action.after)


def chosen(structure: Structure, rows: np.ndarray) -> Structure:
    """Some of the states of a batch, in that order."""
    return Structure(len(rows), structure.sizes, {name: table[rows] for name, table in structure.symbols.items()})


def assert_steps_agree(steps: Steps, rows: np.ndarray, sample: Callable[..., np.ndarray] | None = None) -> Counter[str]:
    """Each operation that is tried from each state, by the literal model and by the theory; how often it was possible.

    :param sample: chooses of the pairs (a mask of those possible) those to compare; by default all.
    """
    statuses, later = steps.after(rows)
    possible = statuses != REFUSED
    number = np.cumsum(possible.ravel()).reshape(possible.shape) - 1  # of the state after it
    compared = np.ones_like(possible) if sample is None else sample(possible)
    before = structure_of(rows, steps.scope)
    kinds = np.array([operation.kind for operation in steps.tried])
    done: Counter[str] = Counter()
    for kind in Kind:
        states, calls = np.nonzero(compared & (kinds == kind))
        for start in range(0, len(states), BATCH):
            part = slice(start, start + BATCH)
            done[kind.name.lower()] += _assert_batch(
                steps, kind, before, states[part], calls[part], possible, later, number
            )
    return +done


def _assert_batch(
    steps: Steps, kind: Kind, before: Structure, states: Any, calls: Any, possible: Any, later: Any, number: Any
) -> int:
    happens = possible[states, calls]

    def first(differs: np.ndarray, states: Any = states, calls: Any = calls) -> str:
        at = int(differs.argmax())
        text = steps.tried[calls[at]].text(steps.scope)
        symbols = {name: table[states[at]].astype(int).tolist() for name, table in before.symbols.items()}
        return f"{steps.dialect.name}, {steps.spaces.name}: {text} from {symbols}"

    compiled = formulas(steps.dialect.name, steps.spaces.name, kind)
    if compiled is None:
        assert not happens.any(), f"there is no {kind.name} in {steps.dialect.name}"
        return 0
    guard, meaning = compiled
    operations = [steps.tried[n] for n in calls]
    allowed = guard(called_with(chosen(before, states), operations))
    assert (allowed == happens).all(), f"the guard differs for {first(allowed != happens)}"
    states, calls = states[happens], calls[happens]
    if not len(states):
        return 0
    said = meaning(called_with(chosen(before, states), [steps.tried[n] for n in calls]))
    after = structure_of(later[number[states, calls]], steps.scope).symbols
    for name, table in said.items():
        differs = table != after[name]
        if name == "holder":  # of a frame that nobody holds it names no matter whom
            differs &= after["holds"].any(axis=1)
        differs = differs.reshape(len(states), -1).any(axis=1)
        assert not differs.any(), f"{name} differs for {first(differs, states, calls)}"
    return len(states)


def walk(steps: Steps, length: int, source: np.random.Generator) -> Iterator[np.ndarray]:
    """States on a random way: of the kinds of actions that are possible one, and of its operations one."""
    state = np.frombuffer(steps.first, np.int64)
    kinds = np.array([operation.kind for operation in steps.tried])
    for _ in range(length):
        yield state
        statuses, later = steps.after(state[None])
        possible = np.flatnonzero(statuses[0] != REFUSED)
        if not len(possible):  # all wait: begin again
            state = np.frombuffer(steps.first, np.int64)
            continue
        ready = np.unique(kinds[possible])
        weights = np.array([WEIGHTS.get(Kind(kind), 1.0) for kind in ready])
        kind = source.choice(ready, p=weights / weights.sum())
        state = later[source.choice(np.flatnonzero(kinds[possible] == kind))]


def some_of(source: np.random.Generator, share: float) -> Callable[[np.ndarray], np.ndarray]:
    """Of the pairs of a state and an operation all that are possible, and a share of the others."""
    return lambda possible: possible | (source.random(possible.shape) < share)
