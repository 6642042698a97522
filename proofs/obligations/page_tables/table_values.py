"""The values that the code of page tables computes with: frames of tables, places, entries, marks and slots."""

from collections.abc import Callable
from dataclasses import dataclass

from z3 import And, BoolSort, BoolVal, Const, Consts, Exists, Function, Not, Or

from machine.formats.base import ACCESSED, DIRTY, GLOBAL
from model.spaces.theory import Formula, Predicate, Right, Term
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Physical, Truth, Value
from proofs.obligations.page_tables.table_state import Mark, Relation, Table, among, page

accessed, dirty, global_ = Consts("ACCESSED DIRTY GLOBAL", Mark)
fixed = Function("always_marked", Mark, BoolSort())
"""The marks that a format sets in every leaf, whatever is asked for."""

_NUMBERS = {ACCESSED: accessed, DIRTY: dirty, GLOBAL: global_}

_u = Const("table_u", Table)
_f, _r = Const("frame_f", Physical), Const("right_r", Right)


@dataclass(frozen=True, slots=True, eq=False)
class TableFrame(Value):
    """A frame of the pool."""

    def __lshift__(self, bits: int) -> "Start":
        """Its physical address."""
        if bits != 12:
            raise ExecutionError(f"a frame shifted by {bits} is no physical address: frames have 12 bits of it")
        return Start(self.term)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The physical address at which a table starts."""

    table: Term


@dataclass(frozen=True, slots=True, eq=False)
class EntryPlace:
    """The place of an entry: what ``_item`` gives."""

    table: Term
    index: Term


@dataclass(frozen=True, slots=True, eq=False)
class MarkSet:
    """Marks of an entry."""

    has: Predicate

    def __and__(self, mask: int) -> "MarkSet":
        """Select the rights that are in a mask."""
        some = marks_of(mask)
        return MarkSet(lambda m: And(self.has(m), some(m)))

    def __or__(self, mask: object) -> "MarkSet":
        """Join these and those that are in a mask."""
        more = marks_of(mask)
        return MarkSet(lambda m: Or(self.has(m), more(m)))

    __ror__ = __or__


def marks_of(mask: object) -> Predicate:
    """The marks in a mask.

    :raises ExecutionError: it is none.
    """
    if isinstance(mask, MarkSet):
        return mask.has
    if type(mask) is int and mask & ~(ACCESSED | DIRTY | GLOBAL) == 0:
        bits = [mark for bit, mark in _NUMBERS.items() if mask & bit]
        return lambda m: among(m, bits)
    raise ExecutionError(f"{mask!r} is no set of marks")


@dataclass(frozen=True, slots=True, eq=False)
class SymbolicEntry:
    """An entry, by what it says.

    :param new: it is known whether it is a pointer, since the code made it.
    :param is_at: of a level, whether the table is of that one in which it was read; it was read in none otherwise.
    """

    path: Path
    points: Predicate
    shows: Relation
    marks: Predicate
    new: bool | None = None
    is_at: Callable[[int], Formula] | None = None
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        """Code compares an entry with 0 only: whether it is absent."""
        if type(other) is not int or other != 0:
            raise ExecutionError(f"an entry is compared with {other!r}: the code may ask whether it is 0")
        return Truth(self.absent(), self.path)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether it is present."""
        return (self == other).negated()

    def absent(self) -> Formula:
        """The entry is 0."""
        return Not(Or(Exists([_u], self.points(_u)), Exists([_f, _r], self.shows(_f, _r))))


def nothing(*_: Term) -> Formula:
    """Holds of nothing."""
    return BoolVal(False)


@dataclass(frozen=True, slots=True, eq=False)
class SlotValue(Value):
    """A slot."""

    def __mod__(self, pages: object) -> Value:
        """Its page: what is left over when a slot's number is divided by the number of pages."""
        if not isinstance(pages, Pages):
            raise ExecutionError(f"the rest of a slot divided by {pages!r} is no page")
        return Value(page(self.term), self.path)


class Pages:
    """The number of pages of a space."""
