"""A page table below which pages lie, any one: what is known of it and of aligned blocks, in both readings.

A table of a level lies on the ways of all pages of a space whose addresses have the same bits above those that it
translates. Of a mapping it is *inside* if it would take the place of one of its leaves, or lie below such a table.
"""

from typing import Any

import z3
from z3 import And, If, Implies, Not

from model.spaces.theory import Formula, Slot, Term
from proofs.obligations.sized.blocks.order import ABSTRACT, BITS, Numbers, Order

lies_below = z3.Function("lies_below_the_table", Slot, z3.BoolSort())
is_inside = z3.Function("table_is_inside", Order, z3.BoolSort())


class AbstractTable:
    """The reading on uninterpreted sorts: a set of pages, and a set of orders."""

    has, is_block, earlier = ABSTRACT.has, ABSTRACT.is_block, ABSTRACT.earlier
    lies_below, is_inside = staticmethod(lies_below), staticmethod(is_inside)

    def is_size(self, order: Term) -> Formula:
        """Every order is one of mappings."""
        return z3.BoolVal(True)


class NumberedTable:
    """The reading on numbers of slots, which begin a space, as its addresses do, where the largest mapping can.

    So a table that translates ``bits`` bits of a page's number, with those below it, has a block of slots if the
    largest mapping is no smaller; else it has those of a space from the first to the last that one such mapping could
    begin and end at.

    :param most: the bits that the table of the largest leaves translates.
    """

    first, last, bits, most, largest = z3.BitVecs("first last bits most largest", BITS)

    def __init__(self, of: Numbers) -> None:
        """Beside that reading of blocks."""
        self.of = of
        self.has, self.is_block, self.earlier = of.has, of.is_block, of.earlier

    @property
    def is_small(self) -> Formula:
        """The largest mapping is no smaller."""
        return z3.ULE(self.bits, self.largest)

    @property
    def known(self) -> Formula:
        """Where the pages below it begin and end."""
        sizes = And(*(z3.ULT(each, BITS) for each in (self.bits, self.most)), z3.ULE(self.largest, self.most))
        ends = And(self.of.is_block(self.first, self.largest), self.of.is_block(self.last + 1, self.largest))
        return And(sizes, If(self.is_small, self.of.is_block(self.first, self.bits), ends))

    def is_size(self, order: Term) -> Formula:
        """Mappings have that order."""
        return And(self.known, z3.ULE(order, self.largest))

    def lies_below(self, page: Term) -> Formula:
        """The page is one of those."""
        between = And(z3.ULE(self.first, page), z3.ULE(page, self.last))
        return If(self.is_small, self.of.has(self.first, self.bits, page), between)

    def is_inside(self, order: Term) -> Formula:
        """A leaf of a mapping of that order is as large as what the table translates, or larger."""
        return And(z3.ULE(self.bits, order), z3.ULT(self.bits, self.most))


def table_of(reading: Any) -> Any:
    """Return the table in a reading of blocks."""
    return NumberedTable(reading) if isinstance(reading, Numbers) else AbstractTable()


def all_of_it(reading: Any, b: Term, k: Term, x: Term, y: Term) -> Formula:
    """What lies below a table inside a block is in the block, if some of it is."""
    of = table_of(reading)
    some = And(of.is_size(k), of.is_block(b, k), of.is_inside(k), of.has(b, k, x), of.lies_below(x))
    return Implies(And(some, of.lies_below(y)), of.has(b, k, y))


def all_of_block(reading: Any, b: Term, k: Term, x: Term, y: Term) -> Formula:
    """Below a table that is not inside a block lies all of the block, if some of it does."""
    of = table_of(reading)
    some = And(of.is_size(k), of.is_block(b, k), Not(of.is_inside(k)), of.has(b, k, x), of.lies_below(x))
    return Implies(And(some, of.has(b, k, y)), of.lies_below(y))


def all_between(reading: Any, x: Term, y: Term, z: Term) -> Formula:
    """What lies between two pages below a table is below it."""
    of = table_of(reading)
    ends = And(of.is_size(reading.zero), of.lies_below(x), of.lies_below(z))
    return Implies(And(ends, of.earlier(x, y), of.earlier(y, z)), of.lies_below(y))
