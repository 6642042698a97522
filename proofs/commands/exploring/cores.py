"""``musigma explore --protocol NAME``: every reachable state of a protocol of many cores on a machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proofs.commands.exploring.searching import searched, written
from proofs.commands.shared.common import UsageError
from proofs.commands.shared.numbers import SCOPE
from proofs.commands.shared.trace_output import TraceOutput

if TYPE_CHECKING:
    from model.cores.readings import Protocol

ProtocolName = Annotated[
    str | None,
    typer.Option(
        "--protocol",
        help="A protocol of many cores instead: interrupt, or interrupt with wait=none; list shows all. "
        "--html is a page of the first trace then, a lane a core.",
    ),
]
CoreCount = Annotated[int, typer.Option("--cores", parser=SCOPE, help="Of a protocol: how many cores.")]
Tags = Annotated[int, typer.Option(parser=SCOPE, help="Of a protocol: how many tags, such as PCIDs or ASIDs.")]
Generations = Annotated[int, typer.Option(parser=SCOPE, help="Of the protocol batch: how many generations.")]
_SIZES = ("--protocol", "--cores", "--tags", "--generations", "--spaces", "--pages", "--frames")
OF_IT = (
    *_SIZES,
    "--properties",
    "--max-states",
    "--memory",
    "--threads",
    "--json",
    "--trace",
    "--svg",
    "--html",
    "--open",
)
"""The options that such a search has a use for."""


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """What such a search was asked for; of properties, ``all`` are those that a program notices."""

    properties: str
    max_states: int | None
    memory: int | None
    threads: int | None


def explore_protocol(
    name: str, sizes: dict[str, int], options: CoreOptions, json: Path | None, output: TraceOutput
) -> int:
    """Search, print and write; the exit status."""
    from rich.console import Console

    from model.cores.readings import CHOICES, PROTOCOLS, Flush
    from model.cores.scope import CoreScope
    from model.cores.theories import conditions
    from proofs.report.writers import explorer_report as report
    from proofs.searches.core_search import NOTICED, explore_cores

    console = Console()
    if name == "list":
        for protocol in PROTOCOLS.values():
            console.print(f"{protocol.name:12} {protocol.sentence}", markup=False, highlight=False)
        console.print("each of them with readings, as in interrupt with wait=none:", markup=False, highlight=False)
        for choice, readings in CHOICES.items():
            told = ", ".join(reading.name.lower() for reading in readings)
            console.print(f"{choice:12} {told}", markup=False, highlight=False)
        said = "or without a condition of a step, as in interrupt without finish: all have answered; of interrupt:"
        console.print(said, markup=False, highlight=False)
        for action, condition in conditions(PROTOCOLS["interrupt"]):
            console.print(f"{action:12} {condition}", markup=False, highlight=False)
        return 0
    protocol = protocol_asked(name)
    if protocol.readings.flush != Flush.BATCH and sizes["generations"] != 1:
        raise UsageError(f"--generations is of batch, and {protocol.name} counts none: leave it out")
    properties = options.properties
    result = searched(
        lambda on_progress: explore_cores(
            CoreScope(**sizes),
            protocol,
            properties=NOTICED if properties in ("all", "states") else [p.strip() for p in properties.split(",")],
            max_states=options.max_states,
            memory=options.memory,
            threads=options.threads,
            on_progress=on_progress,
        )
    )
    report.show(console, result)
    found = result.violations[0].trace if result.violations else None
    written(report.as_values(result), json, output, found)
    return result.verdict.exit_status


def protocol_asked(name: str) -> "Protocol":
    """The protocol of that name.

    :raises UsageError: there is none, or it has no such condition.
    """
    from model.choice import WITHOUT
    from model.cores.readings import PROTOCOLS, protocol_named
    from model.cores.theories import conditions, theory_of_cores

    read, *dropped = name.split(WITHOUT)
    try:
        whole, protocol = protocol_named(read), protocol_named(name)
    except KeyError:
        known = f"{', '.join(PROTOCOLS)}, or as in: interrupt with wait=none"
        raise UsageError(f"no protocol of many cores is called {name!r}: write one of {known}") from None
    try:
        theory_of_cores(protocol)
    except KeyError:
        known = "; ".join(f"{action}: {condition}" for action, condition in conditions(whole))
        raise UsageError(f"{whole.name} cannot do without {WITHOUT.join(dropped)!r}: write one of {known}") from None
    return protocol
