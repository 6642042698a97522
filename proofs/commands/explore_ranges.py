"""``musigma explore --orders 0,1``: every reachable state of a scope in which operations are on ranges."""

from pathlib import Path
from typing import Annotated

import typer

from model.scope import ArgumentError
from model.spaces.dialect import Dialect
from proofs.commands.common import UsageError, parse_ranges
from proofs.commands.searching import searched, written
from proofs.commands.trace_output import TraceOutput
from proofs.commands.walk_output import WalkOutput

Orders = Annotated[
    str | None,
    typer.Option(help="Ranges: the orders of mappings, as in 0,1 for one page and two."),
]
Ranges = Annotated[str, typer.Option(help="With --orders: the dialect of ranges.")]
OF_IT = (
    *("--orders", "--ranges", "--spaces", "--pages", "--frames", "--dialect", "--without", "--rights"),
    *("--properties", "--max-states", "--json", "--trace", "--svg", "--html", "--open"),
)
"""The options that such a search has a use for."""


def orders_named(text: str) -> int:
    """The set of orders that a list of numbers stands for, bit k for 2^k pages.

    >>> orders_named("0,1,3")
    11

    :raises UsageError: it is no list of orders.
    """
    numbers = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) < 16 for part in numbers):
        raise UsageError(f"--orders {text!r}: write numbers from 0 to 15 with commas, as in 0,1")
    return sum(1 << order for order in {int(part) for part in numbers})


def explore_orders(
    sizes: dict[str, int],
    orders: str,
    ranges: str,
    pages: Dialect | None,
    rights: str,
    properties: str,
    max_states: int | None,
    json: Path | None,
    output: TraceOutput,
    walk: WalkOutput,
) -> int:
    """Search, print and write; the exit status.

    :param pages: the dialect of pages; by default that of the dialect of ranges.
    """
    from rich.console import Console

    from model.ranges.scope import RangeScope
    from proofs.report.writers import explorer_report as report
    from proofs.searches.range_exploration import explore_ranges, properties_of_ranges

    dialect = parse_ranges(ranges)
    try:
        scope, checked = RangeScope(**sizes, orders=orders_named(orders)), properties_of_ranges(properties)
    except ArgumentError as error:
        raise UsageError(str(error)) from None
    result = searched(
        lambda on_progress: explore_ranges(
            scope,
            dialect,
            pages,
            rights=rights,
            properties=checked,
            max_states=max_states,
            on_progress=on_progress,
        )
    )
    report.show(Console(), result)
    found = result.violations[0].trace if result.violations else None
    written(report.as_values(result), json, output, found)
    if walk.wanted:
        from proofs.report.walk.ranges import RangesToWalk, way_of

        system = RangesToWalk(scope, dialect, dialect.pages if pages is None else pages, rights, checked)
        walk.write(system, () if found is None else way_of(found), min(max_states or system.most, system.most))
    return result.verdict.exit_status
