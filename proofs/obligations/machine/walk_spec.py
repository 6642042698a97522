"""Define a page walk declaratively: the chain of entries along an address, and what follows from them.

Nothing here is taken from the walker. An entry's place is a physical address, the table's plus the index times the size
of an entry; the walk ends at the first entry that is no pointer, or that is not in memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3
from z3 import And, BitVecSort, Const, Function, Not, Or

from machine.events import EXECUTE, READ, WRITE, Reason
from machine.formats import ABSENT, LEAF, MALFORMED, POINTER, Format
from model.spaces.theory import Formula, Term
from proofs.execution.integers import Integer, choice, integer, natural
from proofs.execution.path import ExecutionError
from proofs.execution.values import equal

PLACE_BITS = 72
"""More than any place of an entry has, in entries from the start of memory."""

Words = Callable[[Term], Term]
"""Of a place the entry there."""

any_place = Const("any_place", BitVecSort(PLACE_BITS))


@dataclass(frozen=True, slots=True, eq=False)
class WalkResult:
    """How a walk ends."""

    reason: int
    level: int
    entry: Integer
    attributes: Integer
    shared: Integer


def takes_any_control(format: Format) -> bool:
    """Return whether the format's functions are straight-line in the modes, so that all modes are one case."""
    some, control = natural("some", format.entry_bits), natural("control", format.control_bits)
    try:
        for level in range(format.levels):
            format.kind(some, level, control)  # type: ignore[arg-type]
        for leaf in (0, 1):
            format.shared(some, leaf, control)  # type: ignore[arg-type]
        granted = natural("granted", format.all_attributes.bit_length())
        format.permits(granted, natural("access", 3), natural("user", 1), control)  # type: ignore[arg-type]
        format.updates(control)  # type: ignore[arg-type]
    except ExecutionError:
        return False
    return True


class Walked:
    """Any memory, any root and address, and the entries on the way of that address."""

    def __init__(self, format: Format) -> None:
        """Every value that a walk can be called with; any modes, or the default ones if the format looks at modes."""
        self.format = format
        self.words = Function(f"words{format.entry_bits}", BitVecSort(PLACE_BITS), BitVecSort(format.entry_bits))
        self.length = natural("length", 64)
        self.root = natural("root", 64)
        self.address = natural("address", format.address_bits)
        self.access = natural("access", 3)
        self.user = natural("user", 1)
        any_control = natural("control", format.control_bits)
        self.control: Any = any_control if takes_any_control(format) else format.default_control
        self.levels = range(format.levels)
        self.place = [natural(f"place{level}", PLACE_BITS) for level in self.levels]
        self.entry = [natural(f"entry{level}", format.entry_bits) for level in self.levels]

    @cached_property
    def arguments(self) -> dict[str, Formula]:
        """Return what may be assumed of the arguments."""
        kinds = (self.access == READ, self.access == WRITE, self.access == EXECUTE)
        return {
            "an access is a load, a store or a fetch": Or(*kinds),
            "a root is a page's address": self.root & 0xFFF == 0,
        }

    @cached_property
    def read(self) -> dict[str, Formula]:
        """Entries on the way are those in memory."""
        return {
            f"the entry at level {level}": self.entry[level].term == self.words(self.place[level].term)
            for level in self.levels
        }

    @cached_property
    def way(self) -> dict[str, Formula]:
        """Return which entries are on the way of the address."""
        format, given = self.format, dict(self.read)
        table = self.root
        for level in reversed(self.levels):
            index = integer(format.index(self.address, level))
            physical = table + index * format.entry_bytes
            given[f"the place at level {level}"] = self.place[level] * format.entry_bytes == physical
            table = integer(format.table(self.entry[level])) * 4096
        return given

    # How the walk ends.

    def kind(self, level: int, kind: int) -> Formula:
        """The entry on the way at a level is of that kind."""
        return integer(self.format.kind(self.entry[level], level, self.control)) == kind

    def inside(self, level: int) -> Formula:
        """The entry on the way at a level is in memory."""
        return self.place[level] < self.length

    def passes(self, level: int) -> Formula:
        """At a level the walk meets a pointer."""
        return And(self.inside(level), self.kind(level, POINTER))

    def reaches(self, level: int) -> Formula:
        """The walk comes to a level: above it there are pointers only."""
        return And(self.translated, *(self.passes(upper) for upper in self.levels if upper > level))

    def finds_leaf(self, level: int) -> Formula:
        """The walk comes to a leaf at a level."""
        return And(self.reaches(level), self.inside(level), self.kind(level, LEAF))

    @property
    def translated(self) -> Formula:
        """The address is one that the format translates."""
        return integer(self.format.canonical(self.address)) != 0

    def attributes(self, level: int) -> Integer:
        """Return what a path to a leaf at a level grants."""
        granted = integer(self.format.all_attributes) & integer(self.format.attributes(self.entry[level], level))
        for upper in range(level + 1, self.format.levels):
            granted = granted & self.format.limits(self.entry[upper])
        return granted

    def shared(self, level: int) -> Integer:
        """Whether a path to a leaf at a level makes its translation global."""
        found = integer(self.format.shared(self.entry[level], 1, self.control))
        for upper in range(level + 1, self.format.levels):
            found = found | self.format.shared(self.entry[upper], 0, self.control)
        return found

    def permitted(self, level: int) -> Formula:
        """The path to a leaf at a level permits the access."""
        return integer(self.format.permits(self.attributes(level), self.access, self.user, self.control)) == 1

    def barred(self, level: int) -> Formula:
        """A protection key of the path to a leaf at a level forbids the access."""
        return integer(self.format.bars(self.attributes(level), self.access, self.user, self.control)) == 1

    def unmarked(self, level: int) -> Formula:
        """On the path to a leaf at a level a mark is missing."""
        return Or(*(self.marked(upper, level) != self.entry[upper] for upper in range(level, self.format.levels)))

    def marked(self, upper: int, level: int) -> Integer:
        """An entry of the path to a leaf at a level with the marks that it demands."""
        return integer(self.format.mark(self.entry[upper], int(upper == level), self.access))

    def left(self, level: int) -> Formula:
        """A mark is missing, and software is to set it."""
        return And(self.unmarked(level), integer(self.format.updates(self.control)) == 0)

    def ends(self, reason: int, level: int) -> Formula:
        """The walk ends at a level, for that reason."""
        if reason == Reason.NONCANONICAL:
            return Not(self.translated) if level == self.format.root_level else z3.BoolVal(False)
        if reason == Reason.TABLE_OUTSIDE:
            return And(self.reaches(level), Not(self.inside(level)))
        if reason in (Reason.ABSENT, Reason.MALFORMED):
            kind = ABSENT if reason == Reason.ABSENT else MALFORMED
            return And(self.reaches(level), self.inside(level), self.kind(level, kind))
        denied, left = Not(self.permitted(level)), self.left(level)
        first = self.format.unmarked_first
        refused = And(denied, self.barred(level) if reason == Reason.BARRED else Not(self.barred(level)))
        of_leaf = {
            Reason.OK: And(Not(denied), Not(left)),
            Reason.DENIED: And(refused, Not(left)) if first else refused,
            Reason.BARRED: And(refused, Not(left)) if first else refused,
            Reason.UNMARKED: left if first else And(left, Not(denied)),
        }
        return And(self.finds_leaf(level), of_leaf[Reason(reason)])

    # What a walk leaves behind.

    def found(self, level: int) -> Integer:
        """A leaf at a level as it is after the walk."""
        return Integer(self.after(level)(self.place[level].term))

    def after(self, level: int) -> Words:
        """Memory after a walk to a leaf at a level: entries of the path have their marks, also one met twice."""

        def read(place: Term) -> Term:
            entry = Integer(self.words(place))
            for upper in range(level, self.format.levels):
                marks = integer(self.format.mark(integer(0), int(upper == level), self.access))
                entry = entry | choice(equal(place, self.place[upper].term), marks, 0)
            return entry.bits(self.format.entry_bits)

        return read
