"""C12 in cycles: whatever each cell costs between a least and a most price, cells times the most bound an operation.

The number of cells on each path is the code's own, counted as it is executed on terms
(:mod:`proofs.obligations.kernel.cost`); each access has a price of its own, since it may hit or miss in a cache.
"""

from collections.abc import Iterable, Iterator

from z3 import And, Real, RealVal

from model.running.z3_terms import total
from model.spaces.dialect import Dialect
from proofs.execution.path import Path, conjunction
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.kernel.cost import MOST_CELLS, cells, walked
from proofs.obligations.source import Code

PRICED = ("kernel_map", "kernel_grant", "kernel_flush", "kernel_flush_below")


def within_price(paths: Iterable[Path], bound: int) -> Iterator[Condition]:
    """For each number of cells on a path: at any prices of a range, their sum is within the bound at the most."""
    least, most = Real("least_price"), Real("most_price")
    for count in sorted({cells(path) for path in paths}):
        prices = [Real(f"price_{n}") for n in range(count)]
        given = {
            "prices are of the range": conjunction(And(least <= price, price <= most) for price in prices),
            "nothing is paid back": And(least >= 0, least <= most),
        }
        about = dict.fromkeys(given, "assumption")
        yield Condition(given, about, total(prices, RealVal(0)) <= bound * most)


def _priced(name: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        yield from within_price(walked(name, dialect, code), MOST_CELLS[name])

    return build


def obligations() -> Iterator[CodeObligation]:
    """Of map, grant and flush outside of loops, and of a step of the flush's loop."""
    for name in PRICED:
        what = name.removeprefix("kernel_")
        part = "a step of " if what.endswith("_below") else ""
        yield CodeObligation(
            f"{name}__costs__cells_times_price",
            "C12",
            f"at any prices of its cells, {part}{what} costs at most {MOST_CELLS[name]} times the highest of them",
            _priced(name),
        )
