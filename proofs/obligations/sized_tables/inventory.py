"""The obligations of page tables with leaves on every level, and the functions that they execute whole."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from machine.formats import FORMATS
from proofs.obligations.code import CodeObligation
from proofs.obligations.machine.bits import prefix
from proofs.obligations.sized_tables import arithmetic, execution, leaf_bits, start, table_numbers
from proofs.obligations.sized_tables.units import UNITS
from proofs.obligations.source import CODE


def obligations() -> Iterator[CodeObligation]:
    """Numbers of mappings, bits of leaves, the methods, and the first state."""
    return chain(
        arithmetic.obligations(),
        leaf_bits.obligations(),
        table_numbers.obligations(),
        execution.obligations(),
        start.obligations(),
    )


def executed() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the functions of which all is executed, each with the obligation that says so."""
    numbers = f"{prefix(FORMATS[0])}__{arithmetic.ID}"
    yield from ((numbers, getattr(CODE.sized_tables, name)) for name in arithmetic.NUMBERS)
    for name, id in table_numbers.OF_ID.items():
        yield f"{prefix(FORMATS[0])}__{id}", getattr(CODE.sized_tables, name)
    for name in UNITS:
        yield from ((execution.whole(name), function) for function in execution.functions(name))
