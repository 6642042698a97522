"""The abstract order of aligned blocks: its laws, proved once of numbers, and used where code has pages and frames.

A law is written once and read twice. On bit-vectors, where a block is what :mod:`model.ranges.blocks` computes, it is
an obligation. On uninterpreted sorts it is a hypothesis: there a page lies in a block, or a page lies in its mapping
where a frame lies in it, and nothing else is known of numbers. So conditions about code stay in the decidable fragment.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import z3
from z3 import Exists, ForAll, Implies, Or

from model.spaces.theory import Formula, Frame, Slot, Term
from proofs.execution.named_after import constant_after, named
from proofs.execution.on_words import check_all_on_words

Order = z3.DeclareSort("Order")
first_slot, first_frame = z3.Const("first_slot", Slot), z3.Const("first_frame", Frame)
page_order, largest = z3.Consts("page_order largest_order", Order)

_has = {sort: z3.Function(f"has_{sort}", sort, Order, sort, z3.BoolSort()) for sort in (Slot, Frame)}
_is_block = {sort: z3.Function(f"is_block_{sort}", sort, Order, z3.BoolSort()) for sort in (Slot, Frame)}
_buddies = {sort: z3.Function(f"buddies_{sort}", sort, sort, Order, z3.BoolSort()) for sort in (Slot, Frame)}
_earlier = z3.Function("earlier", Slot, Slot, z3.BoolSort())
_at_most = z3.Function("at_most", Order, Order, z3.BoolSort())
_alongside = {
    Frame: z3.Function("alongside", Slot, Frame, Slot, Frame, z3.BoolSort()),
    Slot: z3.Function("paired", Slot, Slot, Slot, Slot, z3.BoolSort()),
}


class Abstract:
    """The reading on uninterpreted sorts."""

    zero = page_order

    def has(self, base: Term, order: Term, page: Term) -> Formula:
        """The page lies in the block."""
        return _has[base.sort()](base, order, page)

    def is_block(self, base: Term, order: Term) -> Formula:
        """A block of that order begins there."""
        return _is_block[base.sort()](base, order)

    def at_most(self, one: Term, other: Term) -> Formula:
        """The order is no larger."""
        return _at_most(one, other)

    def are_buddies(self, one: Term, other: Term, order: Term) -> Formula:
        """The two make one block twice as large."""
        return _buddies[one.sort()](one, other, order)

    def alongside(self, slot: Term, first: Term, page: Term, frame: Term) -> Formula:
        """A mapping from the slot on that shows frames from the first on shows the frame at the page.

        Of two slots likewise: where pages go from the slot on that arrive from the first on.
        """
        return _alongside[first.sort()](slot, first, page, frame)

    def upper(self, base: Term, order: Term) -> Term:
        """The first page of the upper half."""
        return constant_after(f"upper({named(base)}, {named(order)})", base.sort(), base, order)

    def meet(self, one: Term, order: Term, other: Term, second: Term) -> Formula:
        """The two blocks have a page in common."""
        return Or(self.has(one, order, other), self.has(other, second, one))

    def moved(self, page: Term, start: Term, to: Term) -> Term:
        """Where a page is when the block that begins at ``start`` begins at ``to``: a frame of a page, or a page."""
        return constant_after(f"moved({', '.join(map(named, (page, start, to)))})", to.sort(), page, start, to)

    def earlier(self, page: Term, other: Term) -> Formula:
        """The slot has a smaller number."""
        return _earlier(page, other)

    def have_one_number(self, slot: Term, frame: Term) -> Formula:
        """The slot and the frame have the same number: they are as far from the first ones."""
        return _alongside[Frame](first_slot, first_frame, slot, frame)

    def around(self, page: Term, order: Term) -> Term:
        """The first page of the block around a page."""
        return constant_after(f"around({named(page)}, {named(order)})", page.sort(), page, order)

    def buddy(self, base: Term, order: Term) -> Term:
        """The first page of the other half."""
        return constant_after(f"buddy({named(base)}, {named(order)})", base.sort(), base, order)

    def less(self, order: Term) -> Term:
        """The order below."""
        return constant_after(f"({named(order)} - 1)", Order, order)

    def more(self, order: Term) -> Term:
        """The order above."""
        return constant_after(f"({named(order)} + 1)", Order, order)

    def of_leaf(self, order: Term) -> Term:
        """The order of one leaf of a mapping: of which no law speaks."""
        return constant_after(f"of_leaf({named(order)})", Order, order)

    def every(self, name: str, sort: z3.SortRef, said: Callable[[Term], Formula]) -> Formula:
        """Of all of a sort."""
        term = z3.Const(name, sort)
        return ForAll([term], said(term))

    def some_page(self, said: Callable[[Term], Formula], witness: Callable[[], Term]) -> Formula:
        """Of some slot."""
        term = z3.Const("some_page", Slot)
        return Exists([term], said(term))

    def some_frame(self, said: Callable[[Term], Formula], witness: Callable[[], Term]) -> Formula:
        """Of some frame."""
        term = z3.Const("some_frame", Frame)
        return Exists([term], said(term))


BITS = 52


class Numbers:
    """The reading on numbers of 52 bits, by the functions that run."""

    zero = z3.BitVecVal(0, BITS)

    def __init__(self, of: ModuleType | Any) -> None:
        """By functions on blocks, wrong ones perhaps.

        :raises ExecutionError: one could tell a term from a number.
        """
        check_all_on_words(of)
        self.of = of
        self.has, self.is_block, self.at_most = of.has, of.is_block, of.at_most
        self.upper, self.around, self.buddy, self.alongside = of.upper, of.around, of.buddy_of, of.alongside
        self.meet, self.moved = of.meet, of.moved

    def are_buddies(self, one: Term, other: Term, order: Term) -> Formula:
        """The two make one block twice as large."""
        return other == self.of.buddy_of(one, order)

    def earlier(self, page: Term, other: Term) -> Formula:
        """The slot has a smaller number."""
        return z3.ULT(page, other)

    def have_one_number(self, slot: Term, frame: Term) -> Formula:
        """The slot and the frame have the same number."""
        return slot == frame

    def less(self, order: Term) -> Term:
        """The order below."""
        return order - 1

    def more(self, order: Term) -> Term:
        """The order above."""
        return order + 1

    def every(self, name: str, sort: z3.SortRef, said: Callable[[Term], Formula]) -> Formula:
        """Of any number; of any order that there is."""
        term = z3.BitVec(name, BITS)
        return Implies(z3.ULT(term, BITS), said(term)) if sort == Order else said(term)

    def some_page(self, said: Callable[[Term], Formula], witness: Callable[[], Term]) -> Formula:
        """Of the page that is named."""
        return said(witness())

    some_frame = some_page


ABSTRACT = Abstract()
