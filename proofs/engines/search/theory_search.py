"""Breadth-first search of the theory itself: its formulas executed on finite states, actions of one's own among them.

The literal model knows grant, map and flush only. Here the step of every action is what its formulas say, evaluated
on all states of a layer at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from model.running.evaluate import Structure
from model.running.search import LayeredSearch, SearchCounts
from model.scope import Scope
from model.spaces.abstraction import AFTER
from model.spaces.dialect import Dialect
from model.spaces.operation import Operation
from model.theory import Theory
from proofs.engines.search.calls import NotExecutableError
from proofs.engines.search.deciding import NOTHING_LOOKED_FOR, AreaResult, SearchArea, decide
from proofs.engines.search.executed import (
    Executable,
    Tables,
    first_tables,
    joined,
    keys_of,
    number_of,
    repeated,
    rows_of,
)
from proofs.engines.search.monitor import Monitor
from proofs.obligation import Obligation

CHUNK = 4096  # steps evaluated at once


@dataclass(frozen=True, slots=True)
class TheorySteps:
    """Some calls of one action, each in some state; an element of each array a call.

    ``origin`` is the place of the state, ``possible`` whether the action's guard allows the call there; ``structure``
    has the states before, the calls, and what the action's formulas say of the states after.
    """

    action: str
    origin: NDArray[np.int64]
    operations: Sequence[Operation]
    possible: NDArray[np.bool_]
    structure: Structure

    def by_action(self) -> dict[str, "PossibleSteps"]:
        """The possible ones: under no name, and under their action's."""
        possible = PossibleSteps(self)
        return {"": possible, self.action: possible}


class PossibleSteps:
    """Those of some calls that are steps, since the guard allows them; put together when somebody looks."""

    def __init__(self, calls: TheorySteps) -> None:
        """The steps among these calls."""
        self._calls, self._rows = calls, np.flatnonzero(calls.possible)

    def __len__(self) -> int:
        """How many."""
        return len(self._rows)

    @property
    def origin(self) -> NDArray[np.int64]:
        """The place of the state where each begins."""
        return self._calls.origin[self._rows]

    @cached_property
    def structure(self) -> Structure:
        """The states before, the calls, and the states after."""
        calls = self._calls.structure
        return Structure(len(self), calls.sizes, rows_of(calls.symbols, self._rows))

    def operation(self, row: int) -> Operation:
        """The operation of one step."""
        return self._calls.operations[int(self._rows[row])]


class TheorySearch(LayeredSearch[TheorySteps, Operation]):
    """The states that a theory's actions lead to in an area.

    It ends with a layer, so that how many states it met does not hang on the order of the actions.

    :param all_varied: make calls that differ only in what their action does not look at.
    :raises NotExecutableError: the theory has no first state, or an action that operations of traces cannot call.
    """

    finishes_layers: ClassVar[bool] = True

    def __init__(self, theory: Theory[Any], dialect: Dialect, area: SearchArea, *, all_varied: bool = False) -> None:
        """A search that has met the first state."""
        super().__init__(area.max_states)
        self._start, self._layer, self._fixed = first_tables(theory, area.scope)
        self._actions = {name: Executable(theory, name, dialect, self._start.sizes) for name in theory.actions}
        self._every = {name: action.every_call(area, all_varied=all_varied) for name, action in self._actions.items()}
        self._places = {keys_of(self._layer)[0]: 0}
        self._came: list[tuple[int, Operation]] = []

    @property
    def states(self) -> int:
        """Return the number of states met so far."""
        return len(self._places)

    @property
    def keys(self) -> Iterable[bytes]:
        """The states that were met, as :func:`~proofs.engines.search.executed.keys_of` writes them."""
        return self._places.keys()

    def _expand(self, first: int, last: int) -> Iterator[TheorySteps]:
        """Every call of each action in the states of the layer, some thousands at a time."""
        layer, found = self._layer, list[Tables]()
        for name, every in self._every.items():
            at_once = max(1, CHUNK // len(every))
            for start in range(0, last - first, at_once):
                part = {key: table[start : start + at_once] for key, table in layer.items()}
                places = np.arange(first + start, first + start + number_of(part))
                steps, after = self._steps_from(name, part, np.repeat(places, len(every)))
                self.transitions += int(steps.possible.sum())
                new = self._meet(steps, after)
                if new:
                    found.append(rows_of(after, np.array(new)))
                yield steps
        self._layer = joined(found, layer) if found else rows_of(layer, np.array([], np.int64))

    def _steps_from(self, name: str, part: Tables, origin: NDArray[np.int64]) -> tuple[TheorySteps, Tables]:
        """Every call of an action in some states, and the tables of the states after."""
        every = self._every[name]
        operations = every * number_of(part)
        symbols = repeated(part, len(every)) | repeated(self._fixed, len(operations))
        action = self._actions[name]
        structure = Structure(len(operations), self._start.sizes, symbols)
        structure = structure.with_symbols(**action.calls.tables(operations))
        possible, after = action.steps(structure)
        marked = structure.with_symbols(**{key + AFTER: table for key, table in after.items()})
        return TheorySteps(name, origin, operations, possible, marked), after

    def _meet(self, steps: TheorySteps, after: Tables) -> list[int]:
        """Give places to the states that are new; the rows that lead to them first."""
        new = []
        chosen = np.flatnonzero(steps.possible)
        for row, key in zip(chosen.tolist(), keys_of(rows_of(after, chosen)), strict=True):
            if key not in self._places:
                self._places[key] = len(self._places)
                self._came.append((int(steps.origin[row]), steps.operations[row]))
                new.append(row)
        return new

    def _came_by(self, place: int) -> tuple[int, Operation]:
        return self._came[place - 1]


def search_theory(
    dialect: Dialect, area: SearchArea, theory: Theory[Any], obligations: Sequence[Obligation[Any, Any]]
) -> AreaResult[tuple[Operation, ...]]:
    """Look for a step that violates each obligation, or, for one of «sometimes», that is as it says.

    A theory that cannot be executed is not searched, which is no complete search.
    """
    try:
        states = TheorySearch(theory, dialect, area)
    except NotExecutableError:
        return AreaResult(area, SearchCounts(0, 0, complete=False), {})
    if not obligations:
        return AreaResult(area, NOTHING_LOOKED_FOR, {})
    ways = decide(states, [Monitor(obligation, dialect) for obligation in obligations])
    return AreaResult(area, states.counts, ways)


def replay_theory(
    dialect: Dialect, theory: Theory[Any], scope: Scope, operations: Sequence[Operation]
) -> Iterator[tuple[bool, Structure]]:
    """For each operation whether the theory's actions allow it, and the structure of the step, before and after.

    An operation that is not allowed changes nothing.

    :raises NotExecutableError: the theory has no first state, or an operation is no call of its actions.
    """
    start, tables, fixed = first_tables(theory, scope)
    called = {operation.action for operation in operations}
    compiled = {name: Executable(theory, name, dialect, start.sizes) for name in called}
    for operation in operations:
        action = compiled[operation.action]
        structure = Structure(1, start.sizes, tables | fixed).with_symbols(**action.calls.tables([operation]))
        possible, after = action.steps(structure)
        after = after if possible[0] else tables
        yield bool(possible[0]), structure.with_symbols(**{name + AFTER: table for name, table in after.items()})
        tables = dict(after)
