"""A theory's actions executed: guard and state after evaluated on many finite states at once.

Tables hold a state: for each symbol of the theory's state an array, one row a state.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_meaning, compile_term
from model.scope import Scope
from model.signature import atoms, symbols_of
from model.spaces.dialect import Dialect
from model.spaces.operation import Operation
from model.theory import Theory
from proofs.engines.search.calls import Calls, NotExecutableError
from proofs.engines.terms.smtlib import symbols

CHUNK = 4096  # steps evaluated at once

Tables = dict[str, NDArray[Any]]
Origin = dict[bytes, tuple[bytes, Operation] | None]
"""For each state that was reached the one before it and the operation that led to it; none for the first."""


def first_tables(theory: Theory[Any], scope: Scope) -> tuple[Structure, Tables, Tables]:
    """The first state of a scope: as a structure; what changes of it; and what does not.

    :raises NotExecutableError: the theory has none.
    """
    start = theory.first(scope)
    if start is None:
        raise NotExecutableError(f"{theory.name} has no first state to begin with")
    changing = {name: start.symbols[name] for name in theory.state}
    return start, changing, {name: table for name, table in start.symbols.items() if name not in changing}


class Executable:
    """An action's guard and state after, compiled."""

    def __init__(self, theory: Theory[Any], name: str, dialect: Dialect, sizes: Mapping[str, int]) -> None:
        """Compile the action.

        :raises NotExecutableError: the theory has no such action.
        """
        if name not in theory.actions:
            raise NotExecutableError(f"{theory.name} has no action {name}; it has {', '.join(theory.actions)}")
        action = theory.actions[name](dialect)
        self.name, self.parameters = name, symbols_of(type(action.called))
        self.calls = Calls(name, self.parameters, sizes)
        self.guard = action.guard
        self._possible = compile_term(z3.And(z3.BoolVal(True), *action.guard.values()))
        self._after = compile_meaning(action.after)
        _, used = symbols([*action.guard.values(), *atoms(action.after).values()])
        self.used = {each for each in self.parameters if _declaration(getattr(action.called, each)) in used}

    def steps(self, structure: Structure) -> tuple[NDArray[np.bool_], Tables]:
        """Which steps of the batch are possible, and the tables after each."""
        return self._possible(structure), self._after(structure)


def _declaration(value: Any) -> z3.FuncDeclRef:
    return value if isinstance(value, z3.FuncDeclRef) else value.decl()


def batches(layer: Tables, every: list[Operation]) -> Iterator[tuple[list[Operation], Tables]]:
    """Every state of the layer with every operation, some thousands at a time."""
    at_once = max(1, CHUNK // len(every))
    for first in range(0, number_of(layer), at_once):
        part = {name: table[first : first + at_once] for name, table in layer.items()}
        yield every * number_of(part), {name: np.repeat(table, len(every), axis=0) for name, table in part.items()}


def number_of(tables: Tables) -> int:
    """How many states the tables hold."""
    return len(next(iter(tables.values())))


def repeated(tables: Tables, times: int) -> Tables:
    """Each state so many times."""
    return {name: np.repeat(table, times, axis=0) for name, table in tables.items()}


def rows_of(tables: Tables, rows: NDArray[np.int64]) -> Tables:
    """Some of the states."""
    return {name: table[rows] for name, table in tables.items()}


def joined(parts: Sequence[Tables], names: Collection[str]) -> Tables:
    """The states of all parts."""
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def keys_of(tables: Tables) -> list[bytes]:
    """Each state as bytes."""
    batch = number_of(tables)
    columns = [table.reshape(batch, -1).astype(np.uint8) for table in tables.values()]
    return [row.tobytes() for row in np.concatenate(columns, axis=1)]


def path_to(origin: Origin, key: bytes) -> tuple[Operation, ...]:
    """The operations that led to a state."""
    operations: list[Operation] = []
    while (came := origin[key]) is not None:
        key, operation = came
        operations.append(operation)
    return tuple(reversed(operations))
