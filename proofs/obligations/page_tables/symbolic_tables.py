"""Stand-ins for memory, pool and counts while the code of page tables is executed on terms.

A frame of the pool, a place in a table, an entry, a page and its address are values of different kinds, and storing
one as another is refused. The functions of a paging format are called under contracts: an entry is what was encoded
in it, and none but the absent one is 0 (see :mod:`proofs.obligations.page_tables.places` for what of it is proved of
the bits).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Generic, TypeVar

from z3 import And, BoolSort, BoolVal, Const, Consts, Exists, ForAll, Function, If, Implies, Not, Or

from machine.formats import Format
from model.spaces.theory import Formula, Predicate, Right, Slot, Space, Term, owner
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Page, Physical, Value, lift, rights_of
from proofs.obligations.page_tables.executed_object import ExecutedObject
from proofs.obligations.page_tables.table_state import (
    Address,
    Index,
    LinkedTables,
    Relation,
    Table,
    address,
    index_of,
    root,
)
from proofs.obligations.page_tables.table_values import (
    EntryPlace,
    MarkSet,
    Pages,
    Start,
    SymbolicEntry,
    TableFrame,
    fixed,
    marks_of,
    nothing,
)
from proofs.obligations.source import Code

INDEX = "index"
"""What is demanded of every access: that the table is in use, and the entry of the kind and level that is asked for."""

POINTED = "pointed"
"""What is demanded whenever a pointer is written: that nothing stands in the table that it points to."""

_t, _u = Consts("table_t table_u", Table)
_i = Const("index_i", Index)
_f, _r = Const("frame_f", Physical), Const("right_r", Right)


State = TypeVar("State", bound=LinkedTables)


class SymbolicTables(Generic[State]):
    """The page tables of one path: how they were, how they are, and the object that the code sees."""

    def __init__(self, path: Path, start: State, format: Format, code: Code) -> None:
        """Nothing is changed yet.

        :param start: the state before the call.
        """
        self.path, self.start, self.now, self.format = path, start, start, format
        self.touched = 0
        self._new = count()
        self._granted: dict[int, tuple[Formula, Predicate]] = {}
        self.pool: Any = self._object(code.table_pool, _free=FreeFrames(self), first=None, count=None)
        self.code: Any = self._page_tables(code)

    def value(self, term: Term) -> Value:
        """The value for a term; of a table, one that has a physical address."""
        return (TableFrame if term.sort() == Table else Value)(term, self.path)

    def fresh(self, name: str, sort: Any) -> Term:
        """A new constant."""
        return Const(f"{name} {next(self._new)}", sort)

    def _object(self, cls: type, **fields: object) -> ExecutedObject:
        return ExecutedObject(cls, fields, self.path, len=length)

    def _page_tables(self, code: Code) -> ExecutedObject:
        return self._object(code.page_tables, **self._fields(SymbolicFormat(self)))

    def _fields(self, form: "SymbolicFormat") -> dict[str, object]:
        """What the code finds in the object, with that format."""
        return {
            "_below": form.below,
            "_item": self._item,
            "addresses": _Column(self, Page, Address, address),
            "entries": _Entries(self),
            "format": form,
            "memory": _Memory(self),
            "pool": self.pool,
            "roots": _Column(self, Space, Table, root),
            "scope": _Scope(self),
            "uses": Uses(self),
        }

    # Memory.

    def _item(self, table: Value, virtual: Value, level: int) -> EntryPlace:
        if type(level) is not int or not 0 <= level < self.format.levels:
            raise ExecutionError(f"{level!r} is no level of a format with {self.format.levels}")
        return EntryPlace(lift(table, Table), index_of(level, lift(virtual, Address)))

    def _touch(self, place: object) -> EntryPlace:
        if not isinstance(place, EntryPlace):
            raise ExecutionError(f"{place!r} is no place of an entry")
        used, table = self.now.used, place.table
        self.path.demand(INDEX, lambda: used(table))
        self.touched += 1
        return place

    def entry(self, place: object) -> SymbolicEntry:
        """The entry at a place."""
        at, now = self._touch(place), self.now
        return SymbolicEntry(
            self.path,
            lambda u: now.points(at.table, at.index, u),
            lambda f, r: now.shows(at.table, at.index, f, r),
            lambda m: now.marks(at.table, at.index, m),
            is_at=lambda level: now.at[level](at.table) if 0 <= level < now.levels else BoolVal(False),
        )

    def write_entry(self, place: object, value: object) -> None:
        """An entry is written, and counted for the proof."""
        at, was = self._touch(place), self.now
        new = SymbolicEntry(self.path, nothing, nothing, nothing, False) if type(value) is int and value == 0 else value
        if not isinstance(new, SymbolicEntry) or new.new is None:
            raise ExecutionError(f"{value!r} is written, which was not encoded for an entry")

        self._check(new)

        def here(table: Term, place: Term) -> Formula:
            return And(table == at.table, place == at.index)

        def with_new(old: Relation, new: Relation) -> Relation:
            return lambda t, i, *rest: Or(And(old(t, i, *rest), Not(here(t, i))), And(here(t, i), new(*rest)))

        number = self.fresh("number", was.number(at.table).sort())
        self.now = replace(
            was,
            points=with_new(was.points, new.points),
            shows=with_new(was.shows, new.shows),
            marks=with_new(was.marks, new.marks),
            at=tuple(self._level(was, at, new, k) for k in range(was.levels)),
            of=lambda u, s: Or(And(Not(new.points(u)), was.of(u, s)), And(new.points(u), was.of(at.table, s))),
            number=lambda t: If(t == at.table, number, was.number(t)),
        )
        self._count(was, at, new, number)

    def _check(self, new: SymbolicEntry) -> None:
        """Demand what must hold before an entry is written."""
        was = self.now
        if new.new:
            self.path.demand(POINTED, lambda: ForAll([_t, _i], Implies(new.points(_t), was.absent(_t, _i))))

    def _count(self, was: State, at: EntryPlace, new: SymbolicEntry, number: Term) -> None:
        """Note what is known of the number of things that stand in the table now."""
        held, more = was.has_pointer(at.table, at.index), int(bool(new.new))
        old, now = was.number(at.table), self.now
        self.path.note(
            And(
                Implies(held, number == old + (more - 1)),
                Implies(Not(held), number == old + more),
                ForAll([_i, _u], Implies(now.points(at.table, _i, _u), number >= 1)),
            )
        )

    @staticmethod
    def _level(was: LinkedTables, at: EntryPlace, new: SymbolicEntry, k: int) -> Predicate:
        above = was.at[k + 1](at.table) if k + 1 < was.levels else BoolVal(False)
        return lambda u: Or(And(Not(new.points(u)), was.at[k](u)), And(new.points(u), above))

    def clear_table(self, start: object, data: bytes) -> None:
        """A table that was not in use is cleared, as a whole."""
        if not isinstance(start, Start) or data != bytes(self.format.table_bytes):
            raise ExecutionError("bytes are written that do not clear one whole table")
        was, table, used = self.now, start.table, self.start.used
        self.path.demand(INDEX, lambda: Not(used(table)))

        def but(old: Relation) -> Relation:
            return lambda t, *rest: And(old(t, *rest), t != table)

        self.now = replace(
            was,
            points=but(was.points),
            shows=but(was.shows),
            marks=but(was.marks),
            number=lambda t: If(t == table, 0, was.number(t)),
        )

    # The format.

    def granted(self, rights: object) -> Predicate:
        """What the format grants of rights: anything, but the same for the same."""
        asked = rights_of(rights)(_r)
        if asked.get_id() not in self._granted:
            self._granted[asked.get_id()] = asked, Function(f"granted{len(self._granted) or ''}", Right, BoolSort())
        return self._granted[asked.get_id()][1]


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    """The memory, of which tables are cleared."""

    tables: SymbolicTables[Any]

    def write_bytes(self, start: object, data: bytes) -> None:
        """A table is cleared."""
        self.tables.clear_table(start, data)


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """The memory as entries."""

    tables: SymbolicTables[Any]

    def __getitem__(self, place: object) -> SymbolicEntry:
        """Read."""
        return self.tables.entry(place)

    def __setitem__(self, place: object, value: object) -> None:
        """Write."""
        self.tables.write_entry(place, value)


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A list that is not changed: a function of a value."""

    tables: SymbolicTables[Any]
    start: Any
    end: Any
    function: Callable[[Term], Term]

    def __getitem__(self, key: object) -> Value:
        return self.tables.value(self.function(lift(key, self.start)))


class _Scope:
    """The scope: its spaces and pages without a bound."""

    def __init__(self, tables: SymbolicTables[Any]) -> None:
        self._tables = tables
        self.pages = Pages()

    def space(self, slot: Value) -> Value:
        """The space that owns the slot."""
        return self._tables.value(owner(lift(slot, Slot)))


class SymbolicFormat:
    """The format: its geometry as it is, its functions on entries under contracts."""

    def __init__(self, tables: SymbolicTables[Any]) -> None:
        """The geometry is as it is."""
        self._tables, format = tables, tables.format
        self.levels, self.root_level, self.table_bytes = format.levels, format.root_level, format.table_bytes

    def table(self, entry: object) -> Value:
        """The table that a pointer points to."""
        if not isinstance(entry, SymbolicEntry):
            raise ExecutionError(f"{entry!r} is no entry, so that it points to no table")
        tables, points = self._tables, entry.points
        tables.path.demand(INDEX, lambda: Exists([_u], points(_u)))
        below = tables.fresh("table", Table)
        tables.path.note(points(below))
        return tables.value(below)

    def below(self, entry: object, level: object) -> Value:
        """The table that an entry of a level points to."""
        self.is_asked_at(entry, level)
        return self.table(entry)

    def is_asked_at(self, entry: object, level: object) -> None:
        """The bits of an entry say something else on another level than that of the table in which it stands."""
        if not isinstance(entry, SymbolicEntry) or entry.is_at is None or type(level) is not int:
            raise ExecutionError(f"{entry!r} was read in no table, so that nothing is known of it on level {level!r}")
        is_at = entry.is_at(level)
        self._tables.path.demand(INDEX, lambda: is_at)

    def encode_pointer(self, frame: Value) -> SymbolicEntry:
        """A pointer to a table."""
        table = lift(frame, Table)
        return SymbolicEntry(self._tables.path, lambda u: u == table, nothing, nothing, True)

    def encode_leaf(
        self, frame: Value, rights: object, user: int = 1, level: int = 0, flags: object = 0
    ) -> SymbolicEntry:
        """The user's page: what is granted of the rights; absent if that is nothing."""
        if (user, level) != (1, 0):
            raise ExecutionError("a leaf is encoded that is no user's page of the last level")
        physical, granted, noted = lift(frame, Physical), self._tables.granted(rights), marks_of(flags)
        return SymbolicEntry(
            self._tables.path,
            nothing,
            lambda f, r: And(f == physical, granted(r)),
            lambda m: Or(noted(m), fixed(m)),
            False,
        )

    def flags(self, entry: object) -> MarkSet:
        """The marks of a leaf."""
        if not isinstance(entry, SymbolicEntry):
            raise ExecutionError(f"{entry!r} is no entry, so that it has no marks")
        shows = entry.shows
        self._tables.path.demand(INDEX, lambda: Exists([_f, _r], shows(_f, _r)))
        return MarkSet(entry.marks)


class Uses:
    """What the code counts, by table."""

    def __init__(self, tables: SymbolicTables[Any]) -> None:
        """As they are."""
        self._tables = tables

    def _known(self, table: object) -> Term:
        term, used = lift(table, Table), self._tables.now.used
        self._tables.path.demand(INDEX, lambda: used(term))
        return term

    def __getitem__(self, table: object) -> Term:
        """The count of a table that has one."""
        return self._tables.now.uses(self._known(table))

    def __setitem__(self, table: object, number: Any) -> None:
        """The table has that count."""
        term, was = lift(table, Table), self._tables.now
        if not (type(number) is int or getattr(number, "is_int", bool)()):
            raise ExecutionError(f"{number!r} is no count")
        self._tables.now = replace(
            was, used=lambda t: Or(was.used(t), t == term), uses=lambda t: If(t == term, number, was.uses(t))
        )

    def __delitem__(self, table: object) -> None:
        """The table has no count any more; it had one."""
        term, was = self._known(table), self._tables.now
        self._tables.now = replace(was, used=lambda t: And(was.used(t), t != term))


class FreeFrames:
    """The pool's list of free frames, each of them once."""

    def __init__(self, tables: SymbolicTables[Any]) -> None:
        """As it is."""
        self._tables = tables

    def length(self) -> Term:
        """How many there are."""
        return self._tables.now.frames

    def pop(self) -> Value:
        """One of them, of a list that has one."""
        tables, was = self._tables, self._tables.now
        tables.path.demand(INDEX, lambda: was.frames >= 1)
        frame = tables.fresh("taken", Table)
        tables.path.note(was.free(frame))
        tables.now = replace(was, frames=was.frames - 1, free=lambda t: And(was.free(t), t != frame))
        return tables.value(frame)

    def append(self, frame: object) -> None:
        """One more, which was not among them."""
        term, was = lift(frame, Table), self._tables.now
        self._tables.path.demand(INDEX, lambda: Not(was.free(term)))
        self._tables.now = replace(was, frames=was.frames + 1, free=lambda t: Or(was.free(t), t == term))


def length(some: Any) -> Any:
    """How many there are, of free frames or of what code has made."""
    return some.length() if isinstance(some, FreeFrames) else len(some)
