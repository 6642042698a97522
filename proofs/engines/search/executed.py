"""A theory's actions executed: guard and state after evaluated on many finite states at once.

Tables hold a state: for each symbol of the theory's state an array, one row a state.
"""

from collections.abc import Collection, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_meaning, compile_term
from model.scope import Scope
from model.signature import atoms, symbols_of
from model.spaces.dialect import Dialect
from model.spaces.operation import WORDS, Kind, Operation
from model.theory import Theory
from proofs.engines.search.calls import Calls, NotExecutableError
from proofs.engines.search.deciding import SearchArea
from proofs.engines.terms.smtlib import symbols

Tables = dict[str, NDArray[Any]]


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
        """Return which steps of the batch are possible, and the tables after each."""
        return self._possible(structure), self._after(structure)

    def every_call(self, area: SearchArea, *, all_varied: bool) -> list[Operation]:
        """Every call of the area.

        :param all_varied: vary what the action's formulas do not look at as well: an obligation may look at it.
        :raises NotExecutableError: there are too many, or not every parameter can be varied.
        """
        if all_varied:
            return self.calls.every(area, self.parameters.keys() - ({"dst"} if self.name == Kind.FLUSH.word else set()))
        return self.calls.every(area, self.used | ({"src"} if self.name in WORDS else set()))


def _declaration(value: Any) -> z3.FuncDeclRef:
    return value if isinstance(value, z3.FuncDeclRef) else value.decl()


def number_of(tables: Tables) -> int:
    """Return how many states the tables hold."""
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
    columns = [table.reshape(batch, prod(table.shape[1:])).astype(np.uint8) for table in tables.values()]
    return [row.tobytes() for row in np.concatenate(columns, axis=1)]
