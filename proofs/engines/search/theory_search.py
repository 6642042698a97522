"""Breadth-first search of the theory itself: its formulas executed on finite states, actions of one's own among them.

The literal model knows grant, map and flush only. Here the step of every action is what its formulas say, evaluated
on all states of a layer at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_term
from model.scope import ALL_RIGHTS, RIGHTS, Scope
from model.spaces.abstraction import structure_of
from model.spaces.dialect import Dialect
from model.spaces.literal import initial
from model.spaces.operation import Operation
from model.spaces.theory import a, called, r, x, y
from proofs.engines.search.monitor import AFTER, Monitor
from proofs.engines.search.shortest import Area
from proofs.engines.terms.smtlib import symbols
from proofs.obligation import Actions, Obligation

_TABLES = ("derives", "live", "holds", "phys", "right", "holder")
CHUNK = 4096  # steps evaluated at once


@dataclass(frozen=True, slots=True)
class Reached:
    """For some obligations the operations that lead to a step that violates them (or shows what may happen)."""

    area: Area
    states: int
    complete: bool
    traces: dict[str, tuple[Operation, ...]]


class _Executable:
    """An action's guard and state after, compiled."""

    def __init__(self, actions: Actions, name: str, dialect: Dialect) -> None:
        action = actions[name](dialect)
        after = action.after
        self._guard = compile_term(z3.And(z3.BoolVal(True), *action.guard.values()))
        self._after = {
            "derives": compile_term(after.derives(x, y), [x, y]),
            "live": compile_term(after.live(x), [x]),
            "holds": compile_term(after.holds(x, r), [x, r]),
            "phys": compile_term(after.phys(x, r), [x, r]),
            "right": compile_term(after.right(x, a), [x, a]),
            "holder": compile_term(after.holder(r), [r]),
        }

        formulas = [*action.guard.values(), after.derives(x, y), after.live(x), after.holds(x, r), after.phys(x, r)]
        _, used = symbols([*formulas, after.right(x, a), after.holder(r)])
        self.to_destination = called.dst.decl() in used
        self.with_rights = called.mask in used

    def operations(self, name: str, area: Area) -> list[Operation]:
        """Every operation of the area; what the action's formulas do not look at is not varied."""
        slots = range(area.scope.slots)
        return [
            Operation(name, src, dst, rights)
            for src in slots
            for dst in (slots if self.to_destination else (-1,))
            for rights in (area.rights if self.with_rights else (ALL_RIGHTS,))
        ]

    def steps(self, structure: Structure) -> tuple[NDArray[np.bool_], dict[str, NDArray[Any]]]:
        """Which steps of the batch are possible, and the tables after each."""
        return self._guard(structure), {name: run(structure) for name, run in self._after.items()}


def search_theory(dialect: Dialect, area: Area, actions: Actions, obligations: Sequence[Obligation]) -> Reached:
    """Look for a step that violates each obligation, or, for one of «sometimes», that is as it says."""
    start = structure_of([initial(area.scope)], area.scope)
    fixed = {name: table for name, table in start.symbols.items() if name not in _TABLES}
    compiled = {name: _Executable(actions, name, dialect) for name in actions}
    pending = [Monitor(obligation, dialect) for obligation in obligations]
    tables = {name: start.symbols[name] for name in _TABLES}
    origin: dict[bytes, tuple[bytes, Operation] | None] = {_keys(tables)[0]: None}
    traces: dict[str, tuple[Operation, ...]] = {}
    layer = tables
    while pending and len(layer["live"]) and len(origin) <= area.max_states:
        found: list[dict[str, NDArray[Any]]] = []
        for name in actions:
            for operations, before in _batches(layer, compiled[name].operations(name, area)):
                structure = Structure(len(operations), start.sizes, before | _repeated(fixed, len(operations)))
                structure = structure.with_symbols(**_called(operations))
                possible, after = compiled[name].steps(structure)
                chosen = np.nonzero(possible)[0]
                if not chosen.size:
                    continue
                earlier, later = _keys(_rows(before, chosen)), _keys(_rows(after, chosen))
                marked = structure.with_symbols(**{key + AFTER: table for key, table in after.items()})
                for monitor, row in _decided(pending, name, marked, chosen):
                    at = int(np.searchsorted(chosen, row))
                    traces[monitor.obligation.id] = (*_path(origin, earlier[at]), operations[row])
                pending = [monitor for monitor in pending if monitor.obligation.id not in traces]
                new = []
                for number, key in enumerate(later):
                    if key not in origin:
                        origin[key] = (earlier[number], operations[int(chosen[number])])
                        new.append(int(chosen[number]))
                if new:
                    found.append(_rows(after, np.array(new)))
        layer = _joined(found) if found else _rows(layer, np.array([], np.int64))
    complete = not len(layer["live"]) or not pending
    return Reached(area, len(origin), complete, traces)


def replay_theory(
    dialect: Dialect, actions: Actions, scope: Scope, operations: Sequence[Operation]
) -> Iterator[tuple[bool, Structure]]:
    """For each operation whether the theory's actions allow it, and the structure of the step, before and after.

    An operation that is not allowed changes nothing.
    """
    start = structure_of([initial(scope)], scope)
    fixed = {name: table for name, table in start.symbols.items() if name not in _TABLES}
    tables = {name: start.symbols[name] for name in _TABLES}
    compiled = {name: _Executable(actions, name, dialect) for name in {operation.kind for operation in operations}}
    for operation in operations:
        structure = Structure(1, start.sizes, tables | fixed).with_symbols(**_called([operation]))
        possible, after = compiled[operation.kind].steps(structure)
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


def _batches(
    layer: dict[str, NDArray[Any]], every: list[Operation]
) -> Iterator[tuple[list[Operation], dict[str, NDArray[Any]]]]:
    """Every state of the layer with every operation, some thousands at a time."""
    at_once = max(1, CHUNK // len(every))
    for first in range(0, len(layer["live"]), at_once):
        part = {name: table[first : first + at_once] for name, table in layer.items()}
        states = len(part["live"])
        yield every * states, {name: np.repeat(table, len(every), axis=0) for name, table in part.items()}


def _called(operations: Sequence[Operation]) -> dict[str, NDArray[Any]]:
    rights = np.array([operation.rights for operation in operations])
    return {
        "src": np.array([operation.src for operation in operations]),
        "dst": np.array([max(operation.dst, 0) for operation in operations]),
        "mask": (rights[:, None] & np.array(list(RIGHTS.values()))) != 0,
    }


def _repeated(tables: dict[str, NDArray[Any]], times: int) -> dict[str, NDArray[Any]]:
    return {name: np.repeat(table, times, axis=0) for name, table in tables.items()}


def _rows(tables: dict[str, NDArray[Any]], rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {name: table[rows] for name, table in tables.items()}


def _joined(parts: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in _TABLES}


def _keys(tables: dict[str, NDArray[Any]]) -> list[bytes]:
    """Each state as bytes."""
    batch = len(tables["live"])
    columns = [tables[name].reshape(batch, -1).astype(np.uint8) for name in _TABLES]
    return [row.tobytes() for row in np.concatenate(columns, axis=1)]


def _path(origin: dict[bytes, tuple[bytes, Operation] | None], key: bytes) -> tuple[Operation, ...]:
    operations: list[Operation] = []
    while (came := origin[key]) is not None:
        key, operation = came
        operations.append(operation)
    return tuple(reversed(operations))
