"""Two runs of threads and messages that look alike to some spaces, and in which the same call shows a difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.messages.abstraction import called_with, structure_of
from model.messages.operation import Operation
from model.messages.steps import State
from model.running.evaluate import Structure, compile_meaning, compile_term
from model.spaces.abstraction import AFTER
from proofs.engines.search.pairs import DONE, REFUSED, compiled_seen, rows_seen
from proofs.obligation import Step
from proofs.searches.message_search import LastStep, MessageLayers, rows
from proofs.two_runs import TwoRuns

AT_ONCE = 2048  # calls evaluated together


@dataclass(frozen=True, slots=True)
class MessagePair:
    """Two runs, the spaces to which they look alike until their last call, and how that ends in each."""

    runs: tuple[tuple[Operation, ...], tuple[Operation, ...]]
    inside: tuple[int, ...]
    told: tuple[str, str]


class _Watched:
    """An obligation about two runs, compiled for an action, perhaps a wrong one."""

    def __init__(self, obligation: TwoRuns, last: LastStep) -> None:
        before, action = last.theory.before, last.action
        step: Any = Step(last.dialect, before, last.theory.after(AFTER), action.called)
        assumed = [*obligation.assumes(step).values(), *(action.guard.values() if obligation.taken else ())]
        self._assumed = compile_term(z3.And(z3.BoolVal(True), *assumed))
        self._possible = compile_term(z3.And(z3.BoolVal(True), *action.guard.values()))
        self._meaning = compile_meaning(action.after)
        self._seen = compiled_seen(obligation.seen(before))
        self._gets = compiled_seen(obligation.gets(step, action.guard))
        (self._inside,) = obligation.free

    def watch(self, calls: Structure) -> Any:
        """Yield for each set of spaces which calls count, what it sees before each, and what each returns."""
        done = calls.with_symbols(**{name + AFTER: table for name, table in self._meaning(calls).items()})
        self.possible = self._possible(calls)
        for number, chosen in enumerate(product((False, True), repeat=done.sizes["Space"])):
            members = np.broadcast_to(np.array(chosen), (done.batch, len(chosen)))
            some = done.with_symbols(**{self._inside.name(): members})
            yield number, self._assumed(some), rows_seen(self._seen, some), rows_seen(self._gets, some)


class PairSearch:
    """A search for two states that look alike, in which a call does not come to the same: nearest states first."""

    def __init__(self, obligation: TwoRuns, last: LastStep, layers: MessageLayers) -> None:
        """A search that has seen no state."""
        self._watched, self._layers = _Watched(obligation, last), layers
        self._calls = last.calls(layers)
        self._groups: dict[tuple[int, int, bytes], tuple[bytes, bytes, bool]] = {}

    def found_in(self, layer: Sequence[State]) -> MessagePair | None:
        """Compare a layer's states with each other and with all before, by what is seen of them."""
        numbers = np.array(self._calls, np.int64).reshape(len(self._calls), len(Operation._fields))
        before = structure_of(self._layers.steps.rows(layer), self._layers.scope)
        places = np.arange(len(layer) * len(numbers))
        for start in range(0, len(places), AT_ONCE):
            part = places[start : start + AT_ONCE]
            found = _first_difference(self._watched, before, part, numbers, layer, self._groups)
            if found is not None:
                return _pair(found, self._layers, self._calls)
        return None


def _first_difference(
    watched: _Watched,
    before: Structure,
    part: NDArray[np.int64],
    numbers: NDArray[np.int64],
    layer: Sequence[State],
    groups: dict[tuple[int, int, bytes], tuple[bytes, bytes, bool]],
) -> Any:
    states, called = part // len(numbers), part % len(numbers)
    for number, counts, seen, gets in watched.watch(called_with(rows(before, states), numbers[called])):
        for row in np.flatnonzero(counts).tolist():
            key = number, int(called[row]), seen[row].tobytes()
            mine = layer[int(states[row])], gets[row].tobytes(), bool(watched.possible[row])
            other = groups.setdefault(key, mine)
            if other[1] != mine[1]:
                return number, int(called[row]), other, mine
    return None


def _pair(found: Any, layers: MessageLayers, calls: Sequence[Operation]) -> MessagePair:
    number, call, one, two = found
    spaces = layers.scope.spaces
    inside = tuple(space for space in range(spaces) if number >> (spaces - 1 - space) & 1)
    first, second = ((*layers.way(state), calls[call]) for state, _, _ in (one, two))
    told = [DONE if possible else REFUSED for _, _, possible in (one, two)]
    return MessagePair((first, second), inside, (told[0], told[1]))
