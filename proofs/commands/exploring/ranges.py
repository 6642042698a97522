"""``musigma explore --orders 0,1``: every reachable state of a scope in which operations are on ranges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.near_names import near_names
from model.ranges.readings import CANONICAL_RANGES
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL, Dialect
from proofs.commands.exploring.searching import searched, written
from proofs.commands.shared.common import UsageError, parse_ranges
from proofs.commands.shared.trace_output import TraceOutput
from proofs.commands.shared.walk_output import WalkOutput
from proofs.explorer.result import OnProgress
from proofs.verdict import EXIT_PASSED

if TYPE_CHECKING:
    from rich.console import Console

    from model.ranges.scope import RangeScope
    from proofs.searches.range_exploration import RangeExploration

Orders = Annotated[
    str | None,
    typer.Option(help="Ranges: the orders of mappings, as in 0,1 for one page and two."),
]
Ranges = Annotated[str, typer.Option(help="With --orders: the dialect of ranges.")]
OF_IT = (
    *("--orders", "--ranges", "--spaces", "--pages", "--frames", "--dialect", "--without", "--rights"),
    *("--fault", "--symmetry", "--no-symmetry"),
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


@dataclass(frozen=True, slots=True)
class RangeOptions:
    """What is asked of a scope with ranges.

    :param faults: at most one, of the theory or of a kernel; ``list`` lists them.
    """

    orders: str
    ranges: str
    rights: str
    properties: str
    symmetry: bool
    max_states: int | None
    faults: Sequence[str] = ()


def explore_orders(
    sizes: dict[str, int],
    pages: Dialect | None,
    asked: RangeOptions,
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
    from proofs.searches.range_exploration import RangeExploration, explore_ranges, properties_of_ranges

    dialect = parse_ranges(asked.ranges)
    if "list" in asked.faults:
        list_faults(Console())
        return EXIT_PASSED
    try:
        scope, checked = RangeScope(**sizes, orders=orders_named(asked.orders)), properties_of_ranges(asked.properties)
    except ArgumentError as error:
        raise UsageError(str(error)) from None
    broken = _broken(asked, pages, walk)

    def search(on_progress: OnProgress) -> RangeExploration:
        if broken is not None:
            return broken(scope, on_progress)
        return explore_ranges(
            scope,
            dialect,
            pages,
            rights=asked.rights,
            properties=checked,
            symmetry=asked.symmetry,
            max_states=asked.max_states,
            on_progress=on_progress,
        )

    result = searched(search)
    report.show(Console(), result)
    report.show_stands_for(Console(), result)
    found = result.violations[0].trace if result.violations else None
    written(report.as_values(result), json, output, found)
    if walk.wanted:
        from proofs.report.walk.ranges import RangesToWalk, way_of

        system = RangesToWalk(scope, dialect, dialect.pages if pages is None else pages, asked.rights, checked)
        walk.write(system, () if found is None else way_of(found), min(asked.max_states or system.most, system.most))
    return result.verdict.exit_status


def _broken(
    asked: RangeOptions, pages: Dialect | None, walk: WalkOutput
) -> "Callable[[RangeScope, OnProgress], RangeExploration] | None":
    """How a scope is searched with the fault that is asked for; none without one.

    :raises UsageError: there is no such fault, or something is asked that does not go with it.
    """
    from proofs.faults.hunts.range_kernels import explore_kernel
    from proofs.faults.theory import RANGE_FAULTS
    from proofs.searches.faulty_ranges import explore_faulty
    from refinement.faults.ranges import SIZED_FAULTS

    if not asked.faults:
        return None
    name, *others = asked.faults
    if others:
        raise UsageError("--orders takes one --fault at a time")
    if name not in {**RANGE_FAULTS, **SIZED_FAULTS}:
        raise UsageError(f"no fault of ranges is called {name!r}" + near_names(name, [*RANGE_FAULTS, *SIZED_FAULTS]))
    if walk.wanted:
        raise UsageError("a page to walk in is of operations without a fault: leave --html and --open out")
    if asked.ranges != CANONICAL_RANGES.name or pages not in (None, CANONICAL):
        raise UsageError("faults of ranges are of the canonical dialect: leave --ranges, --dialect and --without out")
    if name in RANGE_FAULTS:
        checked = () if asked.properties == "all" else tuple(each.strip() for each in asked.properties.split(","))
        return lambda scope, on_progress: explore_faulty(
            scope,
            RANGE_FAULTS[name],
            rights=asked.rights,
            properties=checked,
            symmetry=asked.symmetry,
            first=True,
            max_states=asked.max_states,
            on_progress=on_progress,
        )
    if asked.properties != "all":
        raise UsageError(f"{name} is a broken kernel, of which everything is compared: leave --properties out")
    return lambda scope, on_progress: explore_kernel(
        scope, SIZED_FAULTS[name], rights=asked.rights, max_states=asked.max_states, on_progress=on_progress
    )


def list_faults(console: "Console") -> None:
    """Print the faults of ranges: of the theory's operations, and the broken kernels."""
    from proofs.faults.theory import RANGE_FAULTS
    from refinement.faults.ranges import SIZED_FAULTS

    for fault in RANGE_FAULTS.values():
        console.print(f"{fault.name:36} {fault.mechanism}", markup=False, highlight=False)
    for broken in SIZED_FAULTS.values():
        console.print(f"{broken.name:36} {broken.sentence}", markup=False, highlight=False)
