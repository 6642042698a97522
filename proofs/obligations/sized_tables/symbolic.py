"""Stand-ins for memory, pool and counts while the code of page tables with large leaves is executed on terms.

A leaf that is encoded for a level holds what a walk understands on that level only. The numbers of a mapping, its
level, how many leaves it has and how many tables they promise, stand for what is proved of them
(:mod:`proofs.obligations.sized_tables.arithmetic`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from z3 import And, ArithRef, BoolVal, Const, Exists, ForAll, If, Implies, Int, Or, is_false

from machine.formats import LEAF, Format
from model.spaces.theory import Right, Slot, Term, owner
from proofs.execution.contract import CALLS, Named
from proofs.execution.path import Cut, ExecutionError, Path, conjunction
from proofs.execution.values import Opaque, Physical, Truth, Value, lift
from proofs.obligations.page_tables.executed_object import ExecutedObject
from proofs.obligations.page_tables.symbolic_tables import INDEX, SymbolicFormat, SymbolicTables, length
from proofs.obligations.page_tables.table_state import Address, Index, Table, index, index_of, root
from proofs.obligations.page_tables.table_values import (
    EntryPlace,
    MarkSet,
    Start,
    SymbolicEntry,
    TableFrame,
    fixed,
    marks_of,
    nothing,
)
from proofs.obligations.sized_tables.leaf_loops import LeafIndex, LeafLoop, Moved
from proofs.obligations.sized_tables.leaves import field, moved
from proofs.obligations.sized_tables.state import SizedState
from proofs.obligations.source import Code

MOMENT = "moment"
"""What is demanded whenever an entry is written: that each page sees what it saw before, or what it will see."""

LEMMA = "lemma"
"""What is demanded before it is used."""

LEAVES, OWED = Int("leaves"), Int("tables_promised")
"""How many leaves the mapping has, and how many tables these promise."""

last = Const("last_table", Table)
"""The table in which the mapping's leaves stand."""

_i, _u = Const("index_i", Index), Const("table_u", Table)
_f, _r = Const("frame_f", Physical), Const("right_r", Right)

Loops = Mapping[str, Callable[["SymbolicSized"], LeafLoop]]
"""The rules for loops over a mapping's leaves, and over all entries of a table."""

OF_MAPPING, OF_TABLE = "of a mapping", "of a table"


class Order:
    """The order of a mapping, of which the code asks only what stands for it."""


ORDER = Order()


class SizedObject(ExecutedObject):
    """The page tables that code sees; it may change what is promised, outside of loops."""

    may_be_stored = ()

    def __init__(self, cls: type, fields: dict[str, object], path: Path, **names: object) -> None:
        """With these fields."""
        super().__init__(cls, fields, path, **names)
        self.__dict__["_given"] = dict(fields)

    def check_memory(self) -> None:
        """Every other field is that of the beginning.

        :raises ExecutionError: one is another.
        """
        changed = [name for name, given in self._given.items() if self.__dict__[name] is not given]
        if changed not in ([], ["promised"]) or self.__dict__.keys() - self._given.keys() - OWN:
            raise ExecutionError(f"the page tables keep something in {changed}, at which no proof looks")


OWN = frozenset({"_class", "_path", "_names", "_turns", "_given"})
"""What such an object has for the proof."""


class SymbolicSized(SymbolicTables[SizedState]):
    """Page tables with large leaves, of one path."""

    def __init__(
        self,
        path: Path,
        start: SizedState,
        format: Format,
        code: Code,
        level: int,
        loops: Loops,
        contracts: Collection[str],
        told: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        """Nothing is changed yet.

        :param level: on which the leaves of the mapping stand.
        :param contracts: the methods that go by what is proved of them.
        :param told: those of them of which that stands elsewhere.
        """
        self.level, self.loops, self.contracts, self.told = level, loops, contracts, told or {}
        self.over: LeafLoop | None = None
        self.lemmas: Callable[[Term, int], Named] = lambda table, level: {}
        self.moment: Callable[[SizedState], Named] = lambda now: {}
        super().__init__(path, start, format, code)

    def _page_tables(self, code: Code) -> ExecutedObject:
        bits = self.format.index_bits
        numbers = {"level": self.level, "leaf_order": self.level * bits, "leaves": LEAVES, "below": OWED}
        fields = self._fields(SizedFormat(self)) | {name: self._of_order(value) for name, value in numbers.items()}
        fields |= {name: self._by_contract(name) for name in self.contracts}
        names = {"len": length, "range": self._range, "int": _as_it_is}
        return SizedObject(code.sized_tables, {**fields, "promised": self.start.promised}, self.path, **names)

    @staticmethod
    def _of_order(value: Any) -> Callable[[object], Any]:
        def number(order: object) -> Any:
            if order is not ORDER:
                raise ExecutionError(f"{order!r} is not the order of the mapping")
            return value

        return number

    def value(self, term: Term) -> Value:
        """The value for a term; of a table, one that has a physical address."""
        return SizedTable(term, self.path) if term.sort() == Table else super().value(term)

    def _range(self, *bounds: Any) -> Any:
        if len(bounds) > 1:
            return range(*bounds)
        if isinstance(bounds[0], ArithRef) and bounds[0].eq(LEAVES):
            return LeafNumbers(self.loops[OF_MAPPING](self))
        if bounds[0] == self.format.entries:
            self.over = self.loops[OF_TABLE](self)
            return LeafNumbers(self.over)
        raise ExecutionError(f"a loop over {bounds[0]!r} numbers, which are neither a mapping's leaves nor a table's")

    # Methods by what is proved of them.

    def _by_contract(self, name: str) -> Callable[..., Any]:
        return partial(self.told[name], self) if name in self.told else getattr(self, f"_{name}")

    def _path(self, slot: Value) -> list[Value]:
        """The slot's tables, from the root down, before anything has changed."""
        term, start, path = self._unchanged(slot), self.start, self.path
        tables = [root(owner(term)), *(Const(f"on path {k}", Table) for k in reversed(range(start.levels - 1)))]
        bottom = next((k for k in range(start.levels - 1) if path.decide(start.exists(k, term))), start.levels - 1)
        found = tables[: start.levels - bottom]
        path.note(start.way(term, found[1:]))
        for part, formula in self.lemmas(found[-1], bottom).items():
            path.demand(LEMMA, partial(conjunction, [formula]), part)
            if is_false(formula):
                raise Cut
            path.note(formula)
        return [self.value(each) for each in found]

    def _place(self, slot: Value, order: object = None) -> EntryPlace:
        """Where the mapping's first leaf is, before anything has changed; its table is there."""
        term, start = self._unchanged(slot), self.start
        if order is not ORDER:
            raise ExecutionError(f"{order!r} is not the order of the mapping")
        self.path.demand(CALLS, lambda: start.on(self.level, term, last))
        return FirstLeaf(last, index(self.level, term), self.path)

    def _unchanged(self, slot: Value) -> Term:
        if self.now.points is not self.start.points or self.now.shows is not self.start.shows:
            raise ExecutionError("a slot's tables are looked for after entries were written")
        return lift(slot, Slot)

    # Memory.

    def _item(self, table: Value, virtual: Value, level: int) -> EntryPlace:
        if not 0 <= level < self.format.levels:
            self.path.demand(INDEX, lambda: BoolVal(False))
            raise Cut
        return FirstLeaf(lift(table, Table), index_of(level, lift(virtual, Address)), self.path)

    def _check(self, new: SymbolicEntry) -> None:
        """What pages see is demanded after the entry was written."""

    def _count(self, was: SizedState, at: EntryPlace, new: SymbolicEntry, number: Term) -> None:
        now = self.now
        after, held = (If(each.stands(at.table, at.index), 1, 0) for each in (now, was))
        self.path.note(
            And(
                number == was.number(at.table) + after - held,
                ForAll([_i], Implies(now.stands(at.table, _i), number >= 1)),
            )
        )
        for part, formula in self.moment(now).items():
            self.path.demand(MOMENT, partial(conjunction, [formula]), part)

    def ends(self) -> SizedState:
        """The state in the end, with what the code keeps in its object."""
        self.code.check_memory()
        return replace(self.now, promised=self.code.promised)


def _as_it_is(value: object) -> object:
    """Marks are a number already."""
    if not isinstance(value, MarkSet):
        raise ExecutionError(f"a number is made of {value!r}")
    return value


class SizedFormat(SymbolicFormat):
    """The format: its functions on entries on every level."""

    def __init__(self, tables: SymbolicSized) -> None:
        """The geometry is as it is."""
        super().__init__(tables)
        format = tables.format
        self.index_bits, self.entries, self.entry_bytes = format.index_bits, format.entries, format.entry_bytes
        self.default_control = format.default_control

    def kind(self, entry: object, level: int, control: object) -> "Kind":
        """The kind of an entry, as the processor's modes have it that a kernel chooses."""
        if not isinstance(entry, SymbolicEntry) or control != self.default_control:
            raise ExecutionError(f"the kind of {entry!r} is asked for in modes {control!r}")
        self.is_asked_at(entry, level)
        return Kind(entry)

    def encode_leaf(
        self, frame: Value, rights: object, user: int = 1, level: int = 0, flags: object = 0
    ) -> SymbolicEntry:
        """The user's pages of a level: what is granted of the rights; absent if that is nothing."""
        tables = self._tables
        if user != 1 or not 0 <= level < tables.format.page_levels:
            raise ExecutionError(f"a leaf is encoded that is no user's, or for level {level}")
        holds, granted, noted = field(level)(lift(frame, Physical)), tables.granted(rights), marks_of(flags)
        return SymbolicEntry(
            tables.path, nothing, lambda f, r: And(f == holds, granted(r)), lambda m: Or(noted(m), fixed(m)), False
        )


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Opaque):
    """The kind of an entry."""

    entry: SymbolicEntry
    __hash__ = None

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        """Code asks whether it is a leaf."""
        if type(other) is not int or other != LEAF:
            raise ExecutionError(f"the kind of an entry is compared with {other!r}")
        shows = self.entry.shows
        return Truth(Exists([_f, _r], shows(_f, _r)), self.entry.path)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether it is none."""
        return (self == other).negated()


@dataclass(frozen=True, slots=True, eq=False)
class FirstLeaf(EntryPlace):
    """The place of an entry, from which leaves are counted."""

    path: Path

    def __add__(self, leaf: object) -> EntryPlace:
        """So many entries further, where these are a mapping's leaves."""
        if not isinstance(leaf, LeafIndex) or leaf.first is None:
            raise ExecutionError(f"{leaf!r} is no leaf of a mapping")
        first = leaf.first
        self.path.demand(INDEX, lambda: And(first.table == self.table, first.index == self.index))
        return EntryPlace(self.table, leaf.index)


@dataclass(frozen=True, slots=True, eq=False)
class SizedTable(TableFrame):
    """A frame of the pool."""

    def __lshift__(self, bits: int) -> "SizedStart":
        """Its physical address."""
        return SizedStart(super(SizedTable, self).__lshift__(bits).table)


@dataclass(frozen=True, slots=True, eq=False)
class SizedStart(Start):
    """The physical address at which a table starts."""

    def __floordiv__(self, size: int) -> "FirstEntry":
        """In entries."""
        return FirstEntry(self.table, size)


@dataclass(frozen=True, slots=True, eq=False)
class FirstEntry:
    """The place of a table's first entry."""

    table: Term
    size: int

    def __add__(self, leaf: object) -> EntryPlace:
        """So many entries further, where these are all of a table's."""
        if not isinstance(leaf, LeafIndex) or leaf.first is not None or leaf.size != self.size:
            raise ExecutionError(f"{leaf!r} is no entry of a table")
        return EntryPlace(self.table, leaf.index)


@dataclass(frozen=True, slots=True, eq=False)
class FrameValue(Value):
    """A physical frame."""

    def __add__(self, distance: object) -> "FrameValue":
        """The first frame of a leaf."""
        if not isinstance(distance, Moved):
            raise ExecutionError(f"{distance!r} is added to a frame")
        return FrameValue(moved(distance.bits)(self.term, distance.index), self.path)


@dataclass(frozen=True, slots=True, eq=False)
class LeafNumbers:
    """The numbers of leaves, each of which comes once."""

    rule: LeafLoop
