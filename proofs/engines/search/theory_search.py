"""Breadth-first search of the theory itself: its formulas executed on finite states, actions of one's own among them.

The literal model knows grant, map and flush only. Here the step of every action is what its formulas say, evaluated
on all states of a layer at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.running.evaluate import Structure
from model.scope import Scope
from model.spaces.dialect import Dialect
from model.spaces.operation import WORDS, Operation
from model.theory import Theory
from proofs.engines.search.calls import NotExecutableError
from proofs.engines.search.executed import (
    Executable,
    Origin,
    Tables,
    batches,
    first_tables,
    joined,
    keys_of,
    number_of,
    path_to,
    repeated,
    rows_of,
)
from proofs.engines.search.monitor import AFTER, Monitor
from proofs.engines.search.shortest import Area
from proofs.obligation import Obligation


@dataclass(frozen=True, slots=True)
class Reached:
    """For some obligations the operations that lead to a step that violates them (or shows what may happen)."""

    area: Area
    states: int
    complete: bool
    traces: dict[str, tuple[Operation, ...]]


def _every_call(action: Executable, area: Area) -> list[Operation]:
    """Every call of the area; what the action's formulas do not look at is not varied."""
    return action.calls.every(area, action.used | ({"src"} if action.name in WORDS else set()))


def search_theory(
    dialect: Dialect, area: Area, theory: Theory[Any], obligations: Sequence[Obligation[Any, Any]]
) -> Reached:
    """Look for a step that violates each obligation, or, for one of «sometimes», that is as it says.

    A theory that cannot be executed is not searched, which is no complete search.
    """
    try:
        start, tables, fixed = first_tables(theory, area.scope)
        compiled = {name: Executable(theory, name, dialect, start.sizes) for name in theory.actions}
        calls = {name: _every_call(action, area) for name, action in compiled.items()}
    except NotExecutableError:
        return Reached(area, 0, False, {})
    pending = [Monitor(obligation, dialect) for obligation in obligations]
    origin: Origin = {keys_of(tables)[0]: None}
    traces: dict[str, tuple[Operation, ...]] = {}
    layer = tables
    while pending and number_of(layer) and len(origin) <= area.max_states:
        found: list[Tables] = []
        for name in theory.actions:
            for operations, before in batches(layer, calls[name]):
                structure = Structure(len(operations), start.sizes, before | repeated(fixed, len(operations)))
                structure = structure.with_symbols(**compiled[name].calls.tables(operations))
                possible, after = compiled[name].steps(structure)
                chosen = np.nonzero(possible)[0]
                if not chosen.size:
                    continue
                earlier, later = keys_of(rows_of(before, chosen)), keys_of(rows_of(after, chosen))
                marked = structure.with_symbols(**{key + AFTER: table for key, table in after.items()})
                for monitor, row in _decided(pending, name, marked, chosen):
                    at = int(np.searchsorted(chosen, row))
                    traces[monitor.obligation.id] = (*path_to(origin, earlier[at]), operations[row])
                pending = [monitor for monitor in pending if monitor.obligation.id not in traces]
                new = []
                for number, key in enumerate(later):
                    if key not in origin:
                        origin[key] = (earlier[number], operations[int(chosen[number])])
                        new.append(int(chosen[number]))
                if new:
                    found.append(rows_of(after, np.array(new)))
        layer = joined(found, theory.state) if found else rows_of(layer, np.array([], np.int64))
    complete = not number_of(layer) or not pending
    return Reached(area, len(origin), complete, traces)


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


def _decided(
    pending: Sequence[Monitor], action: str, structure: Structure, possible: NDArray[np.int64]
) -> Iterator[tuple[Monitor, int]]:
    """The obligations that some possible step of the batch decides, each with the first such step."""
    for monitor in pending:
        if monitor.obligation.action in (action, ""):
            holds = monitor.holds(structure)[possible]
            wanted = holds if monitor.obligation.sometimes else ~holds
            if wanted.any():
                yield monitor, int(possible[wanted.argmax()])
