"""The obligations of hardware where leaves have several sizes, and the functions that they execute whole."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from proofs.obligations.code import CodeObligation
from proofs.obligations.sized_hardware import addresses, execution, standing, theorem
from proofs.obligations.sized_hardware.units import UNITS


def obligations() -> Iterator[CodeObligation]:
    """Addresses of leaves, the methods that change them, what stands between these, and the theorem."""
    return chain(addresses.obligations(), execution.obligations(), standing.obligations(), theorem.obligations())


def executed() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the functions of which all is executed, each with the obligation that says so."""
    for name in UNITS:
        yield from ((execution.whole(name), function) for function in execution.functions(name))
