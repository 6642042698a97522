"""The addresses that an invalidation names, bit by bit: one in each leaf of a mapping, and in nothing else.

What stands for them where the code is executed on terms, with leaves by their places. The code that computes an address
is executed for every order that a format's leaves can show, with any slot and any of the mapping's leaves.
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from z3 import And, Implies, Or

from machine.formats import Format
from model.spaces.theory import Formula
from proofs.execution.integers import Integer, integer, natural
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.machine.bits import ALL_FORMATS
from proofs.obligations.page_tables.places import Conditions, Theorems, of_formats, taken_by_the_kernel
from proofs.obligations.sized_tables.arithmetic import numbers
from proofs.obligations.sized_tables.leaf_bits import by_level, mappable
from proofs.obligations.source import Code


def leaf_address(format: Format, code: Code, order: int, first: Integer, leaf: Integer) -> Integer:
    """What the kernel computes: the address of a leaf of the mapping of that order at the first address."""
    of = numbers(format, code)

    def order_at(slot: object) -> int:
        if slot is not first:
            raise ExecutionError(f"the order at {slot!r} is asked for, which is not the mapping's first slot")
        return order

    tables = SimpleNamespace(address=lambda slot: slot, leaf_order=lambda order: of.leaf_order(order))
    kernel: Any = SimpleNamespace(tables=tables, order_at=order_at)
    return integer(bind(code.sized_method("leaf_address"), Path())(kernel, first, leaf))


def _condition(goal: Formula, **given: Formula) -> Condition:
    hypotheses = {name.replace("_", " "): formula for name, formula in given.items()}
    return Condition(hypotheses, dict.fromkeys(hypotheses, "assumption"), goal)


def _begins(format: Format, first: Integer, order: int) -> Formula:
    """A mapping of the order may begin at the address."""
    return And(integer(format.canonical(first)) == 1, first & ((1 << 12 + order) - 1) == 0)


def addresses_are_of_leaves(format: Format, code: Code) -> Conditions:
    """A leaf's address is its first: on the leaf's level it has the leaf's index, on all others those of the slot."""
    of = numbers(format, code)
    first, leaf = natural("first", format.address_bits), natural("leaf", format.index_bits + 1)
    chosen = natural("order", format.address_bits.bit_length())

    def index(at: Integer, k: int) -> Integer:
        return integer(format.index(at, k))

    for level, some in by_level(format, code).items():
        given, claimed = list[Formula](), list[Formula]()
        for order in some:
            leaves = of.leaves(order)
            address = leaf_address(format, code, order, first, leaf)
            same = And(*(index(address, k) == index(first, k) for k in range(format.levels) if k != level))
            its = index(address, level) == index(first, level) + leaf
            begins = And(integer(format.canonical(address)) == 1, address & ((1 << format.span_bits(level)) - 1) == 0)
            inside = And(address < 1 << format.address_bits, address >> 12 + order == first >> 12 + order)
            given.append(And(chosen == order, _begins(format, first, order), leaf < leaves))
            claimed.append(Implies(chosen == order, And(same, its, begins, inside)))
        yield _condition(And(*claimed), mapping_and_leaf_are_of_an_order_of_the_level=Or(*given))


def halves_fill_one_table(format: Format, code: Code) -> Conditions:
    """The leaves of both halves of what one large leaf can show are all those of the table in its place."""
    of = numbers(format, code)
    for order in mappable(format):
        level = of.level(order) - 1
        if of.leaf_order(order) != order or level < 0:
            continue
        first, place = natural("first", format.address_bits), natural("place", format.index_bits)
        upper, half = first + (1 << 12 + order - 1), order - 1
        begin = [integer(format.index(each, level)) for each in (first, upper)]
        stands = Or(*(And(place >= at, place < at + of.leaves(half)) for at in begin))
        above = And(*(
            integer(format.index(first, k)) == integer(format.index(upper, k))
            for k in range(format.levels) if k != level
        ))  # fmt: skip
        yield _condition(And(stands, above), mappings_begin_at_their_size=_begins(format, first, order))


THEOREMS: Theorems = {
    "leaf_address__is__of_its_leaf": (
        "C4",
        "the address that is invalidated for a leaf is the first of its page, and no other leaf's",
        addresses_are_of_leaves,
    ),
    "halves__fill__one_table": (
        "A.sets",
        "the leaves of the two halves of what one large leaf can show are all those of one table",
        halves_fill_one_table,
    ),
}


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterable[CodeObligation]:
    """What is proved of addresses in every format that the kernel takes."""
    return of_formats(THEOREMS, taken_by_the_kernel(formats))
