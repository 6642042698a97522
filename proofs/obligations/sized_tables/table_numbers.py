"""The numbers of tables that a mapping needs, by the code itself: each table is one, and is counted once.

Of each order, and of each level of tables, how many tables lie on the ways of a mapping's pages; which tables lie
inside the leaves of a mapping; and whether two pages lie below one table of a level. What is known of a table where the
kernel is executed on terms (:mod:`proofs.obligations.sized.blocks.tables`) is this.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from z3 import ULT, And, BitVecRef, BoolRef, BoolVal, Implies, LShR, Not

from machine.formats import FORMATS, Format
from model.ranges.scope import RangeScope
from model.spaces.theory import Formula
from proofs.execution import coverage
from proofs.execution.coverage import CoveringPath
from proofs.execution.integers import Integer
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, conjunction, paths
from proofs.execution.values import Opaque, Truth
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.machine.bits import condition, word
from proofs.obligations.page_tables.places import Conditions, Theorems, of_formats
from proofs.obligations.sized_tables.arithmetic import Asked, numbers, orders
from proofs.obligations.sized_tables.leaf_bits import mappable
from proofs.obligations.source import CODE, Code
from refinement.kernel.mapping_tree import NONE

INSIDE, APART = "mapping__needs__tables", "pages__lie__below_tables"

OF_ID = {"inside": INSIDE, "apart": APART}
"""The methods that are executed, and where."""


class _Page(Opaque):
    """A page, whose number no code may use: it is only told whether there is one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """It is a page, and not ``NONE``.

        :raises ExecutionError: it is compared with anything else.
        """
        if type(other) is int and other == NONE:
            return False
        self._refuse("an equation")

    def __ne__(self, other: object) -> bool:
        """It is a page, and not ``NONE``."""
        return not self == other


@dataclass(frozen=True, slots=True, eq=False)
class _At(_Page):
    """A page at an address."""

    term: BitVecRef


@dataclass(frozen=True, slots=True, eq=False)
class _Space(Opaque):
    """The space of a page, of which code asks whether it is another's."""

    page: _Page
    same: bool

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, _Space):
            self._refuse("an equation")
        return not (self.same or self.page is other.page)

    def __eq__(self, other: object) -> bool:
        return not self != other


def _asked(format: Format, code: Code, same: bool = True, apart: Callable[..., Any] | None = None) -> Asked:
    """The object whose methods are asked of pages.

    :param same: two pages are of one space.
    :param apart: what it says of two pages, if that is not asked of the code.
    """

    def space(page: object) -> _Space:
        if not isinstance(page, _Page):
            raise ExecutionError(f"the space of {page!r} is asked for, which is no page")
        return _Space(page, same)

    def address(page: object) -> Integer:
        if not isinstance(page, _At):
            raise ExecutionError(f"the address of {page!r} is asked for, which is no page")
        return Integer(page.term)

    level, scope = numbers(format, code).level, Asked(RangeScope, space=space)
    return Asked(code.sized_tables, format=format, level=level, scope=scope, address=address, apart=apart)


def bits_of(format: Format, level: int) -> int:
    """How many bits of a page's number a table of a level translates, with those below it."""
    return (level + 1) * format.index_bits


def needed(format: Format, code: Code = CODE) -> Conditions:
    """Each table below the leaves of a larger mapping is counted that a page of the mapping needs.

    A mapping that is as large as what a table translates has all of them to itself; else there is one, which the page
    before it may need as well.
    """
    cls: Any = code.sized_tables
    path = Path()
    method = bind(cls.inside, path)
    page = _Page()
    of = numbers(format, code)
    said = []
    for size in orders(format):
        levels = range(of.level(size))
        ways = [(_Page(), apart) for apart in product((False, True), repeat=len(levels))]
        for order, (before, apart) in product(range(size + 1), (*ways, (NONE, (True,) * len(levels)))):

            def other(
                one: object, last: object, level: int, before: object = before, apart: tuple[bool, ...] = apart
            ) -> bool:
                if one is not page or last is not before:
                    raise ExecutionError("it is asked whether other pages are apart than the two")
                return apart[level]

            meant = sum(
                1 << order - bits if (bits := bits_of(format, level)) <= order else int(apart[level])
                for level in levels
            )
            said.append(method(_asked(format, code, apart=other), page, order, size, before) == meant)
    yield Condition({}, {}, conjunction(map(BoolVal, said)))
    yield from coverage.conditions([cls.inside], [CoveringPath(path)])
    yield from tables_of_blocks(format)
    yield inside_leaves(format, code)


def tables_of_blocks(format: Format) -> Conditions:
    """A block has as many tables of a level, one after the other, as it is larger than what one translates."""
    first, page = word(format, "first"), word(format, "page")
    for order, level in product(mappable(format), range(format.root_level)):
        bits = bits_of(format, level)
        known = And(format.canonical(first) == 1, format.canonical(page) == 1, _aligned(first, 12 + order))
        is_in = LShR(first, 12 + order) == LShR(page, 12 + order)
        nth = LShR(page, 12 + bits) - LShR(first, 12 + bits)
        goal = is_in == ULT(nth, 1 << order - bits) if bits <= order else _implies(is_in, nth == 0)
        yield condition(goal, pages_are_pages=known)


def inside_leaves(format: Format, code: Code) -> Condition:
    """A table lies inside the leaves of a mapping if it translates no more than one does."""
    of, said = numbers(format, code), []
    for order, level in product(orders(format), range(format.root_level)):
        bits = bits_of(format, level)
        said.append((level < of.level(order)) == (bits <= order and bits < format.page_levels * format.index_bits))
        said.append(format.span_bits(level + 1) == 12 + bits)
    return Condition({}, {}, conjunction(BoolVal(each) for each in said))


def apart(format: Format, code: Code = CODE) -> Conditions:
    """Two pages lie below different tables of a level if their spaces differ, or an index above; of no page all do."""
    cls: Any = code.sized_tables
    walked: list[Path] = []

    def found(last: object, level: int, same: bool = True) -> list[tuple[Path, object]]:
        asked = _asked(format, code, same)
        ends = list(paths(lambda path: bind(cls.apart, path)(asked, _At(one), last, level)))
        walked.extend(path for path, _ in ends)
        return ends

    one, other = word(format, "one"), word(format, "other")
    is_page = And(*(And(format.canonical(each) == 1, _aligned(each, 12)) for each in (one, other)))
    for level in range(format.root_level):
        alike = And(*(format.index(one, k) == format.index(other, k) for k in range(level + 1, format.levels)))
        ways = (Implies(conjunction(path.facts), _truth(said) == Not(alike)) for path, said in found(_At(other), level))
        yield condition(conjunction(ways), pages_are_pages=is_page)
        elsewhere, nothing = found(_At(other), level, same=False), found(NONE, level)
        yield Condition({}, {}, BoolVal(all(said is True for _, said in (*elsewhere, *nothing))))
    yield from coverage.conditions([cls.apart], map(CoveringPath, walked))


def _truth(said: object) -> Formula:
    """What a method says that answers yes or no.

    :raises ExecutionError: it says something else.
    """
    if isinstance(said, Truth):
        return said.term
    if not isinstance(said, bool | BoolRef):
        raise ExecutionError(f"{said!r} is no yes and no no")
    return BoolVal(said) if isinstance(said, bool) else said


def _aligned(address: BitVecRef, bits: int) -> Formula:
    return address & ((1 << bits) - 1) == 0


def _implies(one: Formula, other: Formula) -> Formula:
    return Not(And(one, Not(other)))


THEOREMS: Theorems = {
    INSIDE: (
        "A.P",
        "of each order a mapping has as many tables of a level as it is larger than what one translates, and one if it "
        "is smaller; each of those below the leaves of a larger mapping is counted once",
        needed,
    ),
    APART: (
        "A.P",
        "two pages lie below one table of a level if and only if their spaces and all indices above are the same",
        apart,
    ),
}


def obligations(formats: Iterable[Format] = FORMATS) -> Iterator[CodeObligation]:
    """For each format, its orders and levels."""
    return of_formats(THEOREMS, formats)
