"""A theory's actions executed: guard and state after evaluated on many finite states at once.

Tables hold a state: for each symbol of the theory's state an array, one row a state.
"""

from collections.abc import Collection, Sequence
from math import prod
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_meaning, compile_term
from model.scope import ALL_RIGHTS, RIGHTS, Scope
from model.signature import atoms
from model.spaces.dialect import Dialect
from model.spaces.operation import Operation
from model.spaces.theory import called
from model.theory import Theory
from proofs.engines.terms.smtlib import symbols

Tables = dict[str, NDArray[Any]]


class NotExecutableError(ValueError):
    """The theory has no first state to begin with, or an action that operations of traces cannot call."""


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

    def __init__(self, theory: Theory[Any], name: str, dialect: Dialect) -> None:
        """Compile the action.

        :raises NotExecutableError: it is called with something else than source, destination and rights.
        """
        action = theory.actions[name](dialect)
        if not isinstance(action.called, type(called)):
            kind = type(action.called).__name__
            raise NotExecutableError(f"{name} is called with {kind}; operations of traces have src, dst and rights")
        self.guard = action.guard
        self._possible = compile_term(z3.And(z3.BoolVal(True), *action.guard.values()))
        self._after = compile_meaning(action.after)
        _, used = symbols([*action.guard.values(), *atoms(action.after).values()])
        self.to_destination = called.dst.decl() in used
        self.with_rights = called.mask in used

    def steps(self, structure: Structure) -> tuple[NDArray[np.bool_], Tables]:
        """Which steps of the batch are possible, and the tables after each."""
        return self._possible(structure), self._after(structure)

    def operations(self, name: str, scope: Scope, rights: Sequence[int], *, all_varied: bool) -> list[Operation]:
        """Every operation of a scope by that name.

        :param all_varied: vary what the action's formulas do not look at as well: an obligation may look at it.
        """
        slots = range(scope.slots)
        to_destination = self.to_destination or (all_varied and name != "flush")
        return [
            Operation(name, src, dst, mask)
            for src in slots
            for dst in (slots if to_destination else (-1,))
            for mask in (rights if self.with_rights or all_varied else (ALL_RIGHTS,))
        ]


def number_of(tables: Tables) -> int:
    """How many states the tables hold."""
    return len(next(iter(tables.values())))


def call_tables(operations: Sequence[Operation]) -> Tables:
    """What each operation is called with."""
    rights = np.array([operation.rights for operation in operations])
    return {
        "src": np.array([operation.src for operation in operations]),
        "dst": np.array([max(operation.dst, 0) for operation in operations]),
        "mask": (rights[:, None] & np.array(list(RIGHTS.values()))) != 0,
    }


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
    columns = [table.reshape(batch, prod(table.shape[1:])).astype(np.uint8) for table in tables.values()]
    return [row.tobytes() for row in np.concatenate(columns, axis=1)]
