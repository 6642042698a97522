"""Loops over the leaves of a mapping, or over all entries of a table: each is met once, in any order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, Not, Or

from model.spaces.theory import Formula, Predicate, Term
from proofs.execution.loop_rules import Values
from proofs.execution.path import Cut, ExecutionError
from proofs.obligations.page_tables.symbolic_tables import SymbolicTables
from proofs.obligations.page_tables.table_state import Index, Mark, same, t
from proofs.obligations.page_tables.table_values import EntryPlace, MarkSet, SymbolicEntry, accessed, dirty, marks_of
from proofs.obligations.sized_tables.state import SizedState, none

LOOPS = "loops"
"""What is demanded of every turn: that it did to its leaf what is said, and nothing else; and where a loop begins."""

_i, _m = Const("entry_of_loop", Index), Const("mark_of_loop", Mark)


@dataclass(frozen=True, slots=True, eq=False)
class LeafIndex:
    """The number of a leaf, by the place where it stands.

    :param first: where the first of a mapping's leaves stands; nothing if they are all entries of a table.
    :param size: how many bytes an entry has.
    """

    index: Term
    first: EntryPlace | None
    size: int

    def __lshift__(self, bits: int) -> "Moved":
        """Times a power of two."""
        return Moved(self.index, bits)


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """How far a leaf's first frame is behind the mapping's."""

    index: Term
    bits: int


class LeafLoop:
    """What was met is written, and all else as it was.

    :param place: the local variable that says where the first leaf stands.
    :param stands: which leaves there are.
    :param written: what stands in a place afterwards; nothing if the loop writes none.
    """

    def __init__(
        self,
        tables: SymbolicTables[SizedState],
        place: str,
        stands: Predicate,
        written: Callable[[SizedState, Term, Term], SymbolicEntry] | None,
    ) -> None:
        """Nothing was met."""
        self.tables, self.place, self.stands, self.written = tables, place, stands, written
        self.first = tables.now
        self.table: Any = None
        self.base: EntryPlace | None = None
        self.met: Term = tables.fresh("leaf met", Index)
        self.seen: Predicate = Function(str(tables.fresh("leaf was met", Index)), Index, BoolSort())

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """What is handed from turn to turn holds when none was met; some were met.

        :raises ExecutionError: one path comes to the loop twice.
        """
        if self.table is not None:
            raise ExecutionError("the loop is entered twice on one path: its proof speaks of one time")
        at = values[self.place]
        self.table, self.base = at.table, at if isinstance(at, EntryPlace) else None
        self.first = self.tables.now
        self._demand({f"{name}, at first": each for name, each in self.holds(values, none).items()})
        self.tables.now = self.state(self.seen)
        for formula in self.holds({**values, **self.carried}, self.seen).values():
            self.tables.path.note(formula)
        return self.carried

    @property
    def carried(self) -> Values:
        """What a turn hands to the next: nothing."""
        return {}

    def holds(self, values: Values, seen: Predicate) -> dict[str, Formula]:
        """What is said of that when these were met: demanded at first and of each turn, and known in a turn."""
        return {}

    def state(self, seen: Predicate) -> SizedState:
        """The state when these were met."""
        was, table, written = self.first, self.table, self.written
        if written is None:
            return was

        def here(t: Term, i: Term) -> Formula:
            return And(t == table, self.stands(i), seen(i))

        return replace(
            was,
            points=lambda t, i, u: And(was.points(t, i, u), Not(here(t, i))),
            shows=lambda t, i, f, r: Or(
                And(was.shows(t, i, f, r), Not(here(t, i))), And(here(t, i), written(was, table, i).shows(f, r))
            ),
            marks=lambda t, i, m: Or(
                And(was.marks(t, i, m), Not(here(t, i))), And(here(t, i), written(was, table, i).marks(m))
            ),
        )

    def each(self, iterable: object) -> Iterator[object]:
        """One more, which was not met before; or all were met."""
        path = self.tables.path
        if path.decide(Const(f"another leaf than {self.met}", BoolSort())):
            path.note(And(self.stands(self.met), Not(self.seen(self.met))))
            yield LeafIndex(self.met, self.base, self.tables.format.entry_bytes)
        self.tables.now = self.state(lambda i: BoolVal(True))
        path.note(ForAll([_i], self.seen(_i)))

    def tail(self, values: Values) -> None:
        """One more was met."""
        now, said = self.tables.now, self.state(self._with_met)
        done = {**same(now, said), "numbers": ForAll([t], now.number(t) == said.number(t))}
        self._demand({**done, **self.holds(values, self._with_met)})
        raise Cut

    def _demand(self, formulas: dict[str, Formula]) -> None:
        for name, formula in formulas.items():
            self.tables.path.demand(LOOPS, lambda formula=formula: formula, name)  # type: ignore[misc]

    def _with_met(self, i: Term) -> Formula:
        return Or(self.seen(i), i == self.met)


class NotedLoop(LeafLoop):
    """What is noted in the leaves that were met is in the variable ``noted``."""

    def __init__(self, tables: SymbolicTables[SizedState], place: str) -> None:
        """Of a table."""
        super().__init__(tables, place, lambda i: BoolVal(True), None)
        self.noted: Predicate = Function(str(tables.fresh("noted", Mark)), Mark, BoolSort())

    @property
    def carried(self) -> Values:
        """What was noted in those that were met."""
        return {"noted": MarkSet(self.noted)}

    def holds(self, values: Values, seen: Predicate) -> dict[str, Formula]:
        """What was noted in these, and nothing else."""
        has = marks_of(values["noted"])
        in_some = Exists([_i], And(seen(_i), noted_at(self.first, self.table, _i, _m)))
        return {"noted": ForAll([_m], has(_m) == in_some)}


def noted_at(b: SizedState, table: Term, place: Term, mark: Term) -> Formula:
    """The processor noted the mark in the leaf that stands there."""
    return And(b.has_leaf(table, place), b.marks(table, place, mark), Or(mark == accessed, mark == dirty))
