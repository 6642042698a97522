"""The numbers of a mapping, of each order that a format has, by the code itself: there are few, so each is tried.

What stands for them where the code is executed on terms: the level of a mapping's leaves, the order of one, how many
they are, and how many tables they promise.
"""

from collections.abc import Iterable, Iterator
from types import MethodType, SimpleNamespace
from typing import Any, NoReturn

from z3 import BoolVal

from machine.formats import Format
from proofs.execution import coverage
from proofs.execution.coverage import CoveringPath
from proofs.execution.monitor import bind
from proofs.execution.objects import STANDS_FOR
from proofs.execution.path import ExecutionError, Path, conjunction
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.machine.bits import ALL_FORMATS
from proofs.obligations.page_tables.places import Theorems, of_formats, taken_by_the_kernel
from proofs.obligations.source import CODE, Code

ID = "mapping__has__largest_leaves"

NUMBERS = ("level", "leaf_order", "leaves", "below")


def orders(format: Format) -> range:
    """The orders of mappings that a format's leaves can show."""
    return range(format.index_bits * format.page_levels + 1)


class Asked:
    """An object whose methods are asked, and may change nothing of it."""

    def __init__(self, cls: type, **fields: object) -> None:
        """It stands for an object of a class, and has these attributes."""
        vars(self).update({STANDS_FOR: cls, **fields})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Nothing is set.

        :raises ExecutionError: always.
        """
        raise ExecutionError(f"{name} is set by a method that only says something")

    def __delattr__(self, name: str) -> NoReturn:
        """Nothing goes.

        :raises ExecutionError: always.
        """
        raise ExecutionError(f"{name} is deleted by a method that only says something")


class _Numbers(Asked):
    """It has a format, and those methods, which are executed on a path."""

    def __init__(self, cls: Any, format: Format, path: Path) -> None:
        # Orders are plain numbers, of which Python's own min says what it says of any.
        methods = {name: MethodType(bind(getattr(cls, name), path, {"min": min}), self) for name in NUMBERS}
        super().__init__(cls, format=format, **methods)


def numbers(format: Format, code: Code = CODE, path: Path | None = None) -> SimpleNamespace:
    """The methods, to be asked for numbers of orders.

    :param path: which notes what is executed.
    """
    made: Any = _Numbers(code.sized_tables, format, Path() if path is None else path)
    return SimpleNamespace(**{name: getattr(made, name) for name in NUMBERS})


def tables_of(format: Format, level: int) -> int:
    """How many tables it takes to take one leaf of a level apart: its own, and those of the leaves in it."""
    return 1 + format.entries * tables_of(format, level - 1) if level else 0


def conditions(format: Format, code: Code = CODE) -> Iterator[Condition]:
    """Of each order what the numbers are: one condition, as there is nothing to solve; all of them is executed."""
    path, cls = Path(), code.sized_tables
    yield Condition({}, {}, conjunction(BoolVal(each) for each in _said(format, numbers(format, code, path))))
    yield from coverage.conditions([getattr(cls, name) for name in NUMBERS], [CoveringPath(path)])


def _said(format: Format, of: SimpleNamespace) -> Iterator[bool]:
    for order in orders(format):
        level, leaf, leaves, below = of.level(order), of.leaf_order(order), of.leaves(order), of.below(order)
        fits = [each for each in range(format.page_levels) if each * format.index_bits <= order]
        yield from (
            level == max(fits),
            leaf == level * format.index_bits,
            leaves << leaf == 1 << order,
            1 <= leaves <= format.entries,
            below == leaves * tables_of(format, level),
            level == 0 or tables_of(format, level) == 1 + format.entries * tables_of(format, level - 1),
        )


THEOREMS: Theorems = {
    ID: (
        "A.sets",
        "a mapping of each order has the largest leaves that fit, which are its pages and fit one table, and promises "
        "the tables that its pages need as single ones",
        conditions,
    )
}


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """For each format that the kernel takes, its orders."""
    return of_formats(THEOREMS, taken_by_the_kernel(formats))
