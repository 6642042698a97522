"""A theory to walk in, one's own perhaps: its formulas executed on finite states."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import z3

from model.running.evaluate import Structure, compile_term
from model.scope import ALL_RIGHTS, RIGHTS, Scope, rights_name
from model.signature import Symbol
from model.spaces.dialect import Dialect
from model.spaces.operation import Operation
from model.spaces.vocabulary import Right, Slot, State
from model.theory import Theory
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.executed import Executable, Tables, first_tables, keys_of, repeated, rows_of
from proofs.report.walk.graph import Fact, Label, Look, PropertyText, Step

_SLOTS = ("derives", "holds", "right", "live", "phys", "holder")
_BITS = list(RIGHTS.values())


@dataclass(frozen=True)
class TheoryToWalk:
    """A theory in a scope as a system to walk in; its invariants are what is checked.

    :param rights: the sets of rights that operations choose from.
    """

    theory: Theory[Any]
    dialect: Dialect
    scope: Scope
    rights: tuple[int, ...] = (ALL_RIGHTS,)
    _kept: dict[bytes, Tables] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        """The theory, the scope and the dialect."""
        return f"{self.theory.name}: {self.scope}, dialect {self.dialect.name}"

    @cached_property
    def _start(self) -> tuple[Structure, Tables, Tables]:
        return first_tables(self.theory, self.scope)

    @cached_property
    def _calls(self) -> dict[str, tuple[Executable, list[Operation]]]:
        area = SearchArea(self.scope, self.rights)
        made = {name: Executable(self.theory, name, self.dialect, self._start[0].sizes) for name in self.theory.actions}
        return {name: (action, action.every_call(area, all_varied=False)) for name, action in made.items()}

    @cached_property
    def _invariants(self) -> Mapping[str, Any]:
        before = self.theory.before
        return {
            name: compile_term(z3.And(z3.BoolVal(True), invariant.formula(before)))
            for name, invariant in self.theory.invariants.items()
        }

    @cached_property
    def _others(self) -> dict[str, Symbol]:
        """The symbols of the state that no slot shows."""
        return {name: symbol for name, symbol in self.theory.state.items() if name not in _SLOTS or not self._has_slots}

    @property
    def _has_slots(self) -> bool:
        return isinstance(self.theory.before, State)

    @property
    def cells(self) -> tuple[str, ...]:
        """The slots, if the theory has those of address spaces; and its other symbols."""
        slots = map(self.scope.name, range(self.scope.slots)) if self._has_slots else ()
        return (*slots, *self._others)

    @property
    def groups(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The slots by space, and the rest."""
        scope = self.scope
        slots = scope.slots if self._has_slots else 0
        spaces = [range(first, first + scope.pages) for first in range(0, slots, scope.pages)]
        rest = tuple(range(slots, len(self.cells)))
        return (
            *((f"σ{number}", tuple(each)) for number, each in enumerate(spaces)),
            *((("besides", rest),) if rest else ()),
        )

    @property
    def properties(self) -> tuple[PropertyText, ...]:
        """The theory's invariants."""
        return tuple(PropertyText(each.name, each.claim, each.sentence) for each in self.theory.invariants.values())

    @property
    def predicates(self) -> Mapping[str, str]:
        """The relations of the state."""
        found = {}
        for name, symbol in self.theory.state.items():
            if symbol.is_relation:
                sorts = ", ".join(str(sort.name()).lower() for sort in symbol.sorts)
                found[f"{name}({sorts})"] = "the theory's relation; slots by their names, other elements by numbers"
        return found

    @property
    def labels(self) -> tuple[Label, ...]:
        """Every call."""
        return tuple((call.text(self.scope),) for _, calls in self._calls.values() for call in calls)

    def _key(self, tables: Tables) -> bytes:
        (key,) = keys_of(tables)
        self._kept.setdefault(key, tables)
        return key

    def _structure(self, state: bytes) -> Structure:
        start, _, fixed = self._start
        return Structure(1, start.sizes, self._kept[state] | fixed)

    @property
    def first(self) -> bytes:
        """The theory's first state of the scope."""
        return self._key(self._start[1])

    def steps(self, state: bytes) -> Iterator[Step[bytes]]:
        """The calls that guards allow."""
        start, _, fixed = self._start
        for action, calls in self._calls.values():
            symbols = repeated(self._kept[state] | fixed, len(calls))
            structure = Structure(len(calls), start.sizes, symbols).with_symbols(**action.calls.tables(calls))
            possible, after = action.steps(structure)
            whole = {name: np.broadcast_to(table, (len(calls), *table.shape[1:])) for name, table in after.items()}
            for row in np.flatnonzero(possible):
                yield Step((calls[row].text(self.scope),), self._key(rows_of(whole, np.array([row]))))

    def violated(self, state: bytes) -> tuple[str, ...]:
        """The invariants that do not hold, by their formulas."""
        structure = self._structure(state)
        return tuple(name for name, holds in self._invariants.items() if not bool(holds(structure)[0]))

    def look(self, state: bytes) -> Look:
        """Slots as elsewhere; each other symbol with the elements that it holds of."""
        tables = {name: table[0] for name, table in self._kept[state].items()}
        cells: list[tuple[str, ...]] = []
        comes_from: list[int] = []
        if self._has_slots:
            comes_from = [_parent(tables["derives"], slot) for slot in range(self.scope.slots)]
            cells = [_slot(tables, slot) for slot in range(self.scope.slots)]
        for name, symbol in self._others.items():
            cells.append(tuple(self._lines(symbol, tables[name])) or ("nothing",))
            comes_from.append(-1)
        facts: dict[str, list[Fact]] = {}
        for name, symbol in self.theory.state.items():
            if symbol.is_relation:
                rows: Any = np.argwhere(tables[name]) if symbol.arguments else ([()] if tables[name] else [])
                facts[name] = [
                    tuple(self._element(s, int(e)) for s, e in zip(symbol.sorts, row, strict=True)) for row in rows
                ]
        return Look(tuple(cells), tuple(comes_from), facts)

    def _element(self, sort: z3.SortRef, element: int) -> str | int:
        if sort == Slot and self._has_slots:
            return element
        return rights_name(_BITS[element]) if sort == Right else str(element)

    def _lines(self, symbol: Symbol, table: Any) -> Iterator[str]:
        """The elements that a relation holds of, or what a function gives for each."""

        def told(sort: z3.SortRef, element: int) -> str:
            if sort == Slot:
                return self.scope.name(element)
            return rights_name(_BITS[element]) if sort == Right else f"{sort.name()} {element}"

        if symbol.is_relation:
            for row in np.argwhere(np.atleast_1d(table)):
                yield ", ".join(told(sort, int(each)) for sort, each in zip(symbol.sorts, row, strict=False)) or "true"
            return
        for at in np.ndindex(table.shape):
            arguments = ", ".join(told(sort, each) for sort, each in zip(symbol.sorts, at, strict=True))
            yield f"{arguments}{': ' if arguments else ''}{told(symbol.result, int(table[at]))}"

    def canonical(self, state: bytes) -> tuple[bytes, tuple[int, ...]]:
        """The state itself: nothing is renamed."""
        return state, tuple(range(len(self.cells)))


def _parent(derives: Any, slot: int) -> int:
    """The nearest of those that a slot derives from: itself, if they go round."""
    above = [other for other in np.flatnonzero(derives[slot]).tolist() if other != slot]
    if not above:
        return slot if derives[slot, slot] else -1
    return int(max(above, key=lambda other: int(derives[other].sum())))


def _slot(tables: Tables, slot: int) -> tuple[str, ...]:
    if not tables["live"][slot]:
        return ("φ",)
    rights = rights_name(sum(bit for bit, has in zip(_BITS, tables["right"][slot], strict=True) if has))
    held, shown = np.flatnonzero(tables["holds"][slot]), np.flatnonzero(tables["phys"][slot])
    first = f"holds frame {', '.join(map(str, held))} {rights}" if held.size else rights
    return first, "shows " + (f"frame {', '.join(map(str, shown))}" if shown.size else "nothing")
