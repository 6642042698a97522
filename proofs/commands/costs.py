"""``musigma costs``: experiments about costs, by formula and by simulation, and what this machine takes."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proofs.commands.shared.common import (
    UsageError,
    check_writable,
    refuse_all_given_but,
    refuse_given,
    write_json,
    write_text,
)
from proofs.commands.shared.numbers import whole
from proofs.verdict import EXIT_PASSED

if TYPE_CHECKING:
    from machine.costs.processor import Processor
    from proofs.experiments.result import Findings

REPETITIONS = whole(3, 1_000)


def costs(
    context: typer.Context,
    experiment: Annotated[
        str | None, typer.Argument(help="P1 to P8, C12 or data, or another name such as table1. Default: all.")
    ] = None,
    processor: Annotated[
        str | None, typer.Option(help="A processor's name, or a file in TOML that describes one: tables get its row.")
    ] = None,
    measure: Annotated[bool, typer.Option("--measure", help="Measure this machine, with a C program.")] = False,
    repetitions: Annotated[int, typer.Option(parser=REPETITIONS, help="How often each measurement is repeated.")] = 21,
    trace: Annotated[
        Path | None, typer.Option(help="Tell apart the cache misses of this trace, in din or of valgrind's lackey.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the experiments.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Draw the plots to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with tables and plots; it stands alone.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the tables to this file as CSV.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the results to this file as JSON.")] = None,
) -> None:
    """Compute and simulate what the paper says of costs, for the processors of its time or one of your own.

    Exit status 0 means that all was computed, and that each number of the paper is met or its difference explained; 1
    that a difference is not; 3 that something could not be computed or measured.
    """
    from proofs.experiments.result import exit_status
    from proofs.report.costs import plots

    if list_:
        refuse_all_given_but(context, "--list lists the experiments", "--list")
    if not measure:
        refuse_given(context, "without --measure nothing is measured", "--repetitions")
    elif experiment is None:
        refuse_given(context, "--measure alone is about this machine", "--processor")
    _check_outputs({"--svg": svg, "--html": html, "--csv": csv, "--json": json})
    if svg is not None or html is not None:
        try:
            plots.require()
        except plots.NoPlotsError as error:
            raise UsageError(str(error)) from None
    if list_:
        _list()
        raise typer.Exit(EXIT_PASSED)
    if trace is not None and experiment is None:
        experiment = "P6"
    found, subject = _run(experiment, processor, trace, repetitions if measure else 0)
    _write(found, subject, svg, html, csv, json)
    raise typer.Exit(exit_status(found))


def _check_outputs(outputs: dict[str, Path | None]) -> None:
    """Find out before the work whether all files can be written, each for itself."""
    named: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is not None:
            other = named.setdefault(path.resolve(), option)
            if other != option:
                raise UsageError(f"{other} and {option} name the same file, {path}: give each its own")
            check_writable(path)


def _run(
    experiment: str | None, processor: str | None, trace: Path | None, measured: int
) -> "tuple[list[Findings], Processor | None]":
    """What was asked for, and the processor that it is about.

    :param measured: how often this machine is measured; 0 not to.
    :raises UsageError: something has no such name, or a file is not what it should be.
    """
    from machine.costs.reading import ProcessorError
    from machine.costs.traces import TraceError
    from proofs.experiments import asked, measuring
    from proofs.input.naming import NoSuchNameError

    try:
        chosen = [] if measured and experiment is None else asked.experiments(experiment)
        if trace is not None and [each.id for each in chosen] != ["P6"]:
            raise UsageError("--trace is for P6: write musigma costs P6 --trace FILE")
        subject = None if processor is None else asked.processor(processor)
        found = asked.conduct(chosen, subject, trace)
    except (NoSuchNameError, ProcessorError, TraceError) as error:
        raise UsageError(str(error)) from None
    return [*found, *([measuring.findings(measured)] if measured else [])], subject


def _write(
    found: "list[Findings]",
    subject: "Processor | None",
    svg: Path | None,
    html: Path | None,
    csv: Path | None,
    json: Path | None,
) -> None:
    """Print the findings, and write each file that was asked for."""
    from rich.console import Console

    from proofs.report.costs import terminal
    from proofs.report.costs.page import page
    from proofs.report.costs.plots import svg as drawn
    from proofs.report.costs.values import as_csv, as_values

    console = Console()
    for each in found:
        terminal.show(console, each)
    drawings = [plot for each in found for plot in each.plots]
    texts: list[tuple[Path | None, Callable[[], str]]] = [
        (svg, lambda: drawn(drawings)),
        (html, lambda: page(found)),
        (csv, lambda: as_csv(found)),
    ]
    if not drawings and svg is not None:
        typer.echo("there is no plot, so none was drawn", err=True)
        texts = texts[1:]
    for path, text in texts:
        if path is not None:
            write_text(path, text())
            typer.echo(f"written: {path}", err=True)
    write_json(json, as_values(found, subject.name if subject else None))


def _list() -> None:
    from rich.console import Console

    from proofs.experiments.inventory import EXPERIMENTS
    from proofs.report.costs.terminal import list_experiments

    list_experiments(Console(), ((each.id, ", ".join(each.aliases), each.title) for each in EXPERIMENTS.values()))
