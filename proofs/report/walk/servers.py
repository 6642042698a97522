"""A description to walk in: everybody's calls on a small machine."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.servers.description import ghosts_of
from model.signature import Symbol
from proofs.report.walk.graph import Label, Look, PropertyText, Step
from proofs.servers.attack import attacked
from proofs.servers.search import Called, SubsystemStates


@dataclass(frozen=True)
class SubsystemToWalk:
    """The states of a description; its cells are the relations that make a state, its ghosts apart."""

    states: SubsystemStates

    @property
    def title(self) -> str:
        """The subsystem and the dialect."""
        return f"{self.states.of.name}, dialect {self.states.dialect.name}"

    @property
    def cells(self) -> tuple[str, ...]:
        """The relations that make a state."""
        return self.states.kept

    @property
    def groups(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The notes of the subsystem, and the kernel's relations."""
        ghosts = ghosts_of(self.states.of.kind)
        parts = [tuple(n for n, name in enumerate(self.cells) if (name in ghosts) == own) for own in (True, False)]
        return tuple((title, part) for title, part in zip(("notes", "kernel"), parts, strict=True) if part)

    @property
    def properties(self) -> tuple[PropertyText, ...]:
        """The guarantees, and what steps ensure."""
        said, clause = attacked(self.states.of), self.states.of.kind.clause
        return tuple(PropertyText(name, clause, said[name]) for name in self.states.properties)

    @property
    def predicates(self) -> Mapping[str, str]:
        """The relations, which formulas ask by the names of elements."""
        state = self.states.of.theory.state
        return {
            f"{name}({', '.join(str(sort.name()).lower() for sort in state[name].sorts)})": "elements by their names"
            for name in self.cells
            if state[name].is_relation
        }

    @property
    def labels(self) -> tuple[Label, ...]:
        """Nothing: refused calls are not shown."""
        return ()

    @property
    def first(self) -> bytes:
        """The state in which the subsystem begins."""
        return self.states.first

    def steps(self, state: bytes) -> Iterator[Step[bytes]]:
        """The calls that are possible."""
        for called, after in self.states.successors(state):
            yield Step((self.states.text(state, called),), after, called.violates)

    def way(self, way: Iterable[Called]) -> tuple[Label, ...]:
        """The labels of a way from the first state."""
        return tuple((text,) for text, _ in self.states.follow(way))

    def violated(self, state: bytes) -> tuple[str, ...]:
        """The guarantees that do not hold, by their formulas."""
        return self.states.violated(state)

    def look(self, state: bytes) -> Look:
        """A cell for each relation, with the elements that it holds of; for a function, with its values."""
        structure = self.states.structure(state)
        facts, cells = {}, []
        for name in self.cells:
            symbol, table = self.states.of.theory.state[name], structure.symbols[name][0]
            told = [
                tuple(self.states.called[sort.name(), int(e)] for sort, e in pairs) for pairs in _true(symbol, table)
            ]
            if symbol.is_relation:
                facts[name] = told
            cells.append(tuple(", ".join(each) for each in told) or ("nothing",))
        return Look(tuple(cells), (-1,) * len(cells), facts)

    def canonical(self, state: bytes) -> tuple[bytes, tuple[int, ...]]:
        """The state itself: nothing is renamed."""
        return state, tuple(range(len(self.cells)))


def _true(symbol: Symbol, table: Any) -> Iterator[list[tuple[Any, int]]]:
    """The tuples of which a relation holds; of a function each argument with its value."""
    if symbol.is_relation:
        for row in np.argwhere(table):
            yield list(zip(symbol.sorts, row.tolist(), strict=True))
        return
    for at in np.ndindex(table.shape):
        yield [*zip(symbol.sorts, at, strict=True), (symbol.result, int(table[at]))]
