"""``musigma costs``: experiments about costs, by formula and by simulation, and what this machine takes."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proofs.commands.common import UsageError, check_writable, write_json, write_text
from proofs.commands.numbers import whole
from proofs.naming import suggest
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

if TYPE_CHECKING:
    from machine.costs.processor import Processor
    from proofs.experiments.result import Experiment, Findings, Traced

REPETITIONS = whole(3, 1_000)


def costs(
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
    from machine.costs.reading import ProcessorError
    from proofs.report.costs import plots

    _check_outputs({"--svg": svg, "--html": html, "--csv": csv, "--json": json})
    if svg is not None or html is not None:
        try:
            plots.require()
        except plots.NoPlotsError as error:
            raise UsageError(str(error)) from None
    if list_:
        _list()
        raise typer.Exit(EXIT_PASSED)
    if trace is not None:
        experiment = experiment or "P6"
    chosen = [] if measure and experiment is None else _named(experiment)
    if trace is not None and [each.id for each in chosen] != ["P6"]:
        raise UsageError("--trace is for P6: write musigma costs P6 --trace FILE")
    try:
        subject = None if processor is None else _processor(processor)
        found = _run(chosen, subject, trace)
        if measure:
            found.append(_measured(repetitions))
    except ProcessorError as error:
        raise UsageError(str(error)) from None
    _write(found, subject, svg, html, csv, json)
    raise typer.Exit(_status(found))


def _check_outputs(outputs: dict[str, Path | None]) -> None:
    """Find out before the work whether all files can be written, each for itself."""
    named: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is not None:
            other = named.setdefault(path.resolve(), option)
            if other != option:
                raise UsageError(f"{other} and {option} name the same file, {path}: give each its own")
            check_writable(path)


def _named(name: str | None) -> "list[Experiment]":
    """The experiment of that name, or all.

    :raises UsageError: there is none.
    """
    from proofs.experiments.inventory import EXPERIMENTS, NAMES

    if name is None:
        return list(EXPERIMENTS.values())
    if name.lower() not in NAMES:
        raise UsageError(f"no experiment is called {name!r}" + suggest(name, [*EXPERIMENTS, *NAMES]))
    return [NAMES[name.lower()]]


def _processor(name: str) -> "Processor":
    """The processor of that name, or in that file.

    :raises UsageError: there is neither.
    """
    from machine.costs.reading import processors, read

    known = {each.lower(): each for each in processors()}
    if name.lower() in known:
        return processors()[known[name.lower()]]
    if not name.endswith(".toml") and not Path(name).exists():
        raise UsageError(f"no processor and no file is called {name!r}" + suggest(name, processors()))
    return read(Path(name))


def _run(chosen: "list[Experiment]", subject: "Processor | None", trace: Path | None) -> "list[Findings]":
    """Run the experiments, with the trace open if there is one."""
    from machine.costs.reading import processors
    from machine.costs.traces import TraceError
    from proofs.experiments.result import Setting

    rows = tuple(processors().values())
    if subject is not None and subject not in rows:
        rows = (*rows, subject)
    with ExitStack() as stack:
        try:
            traced = None if trace is None else _traced(trace, stack)
            return [each.run(Setting(rows, subject, traced)) for each in chosen]
        except TraceError as error:
            raise UsageError(f"{trace}: {error}") from None
        except UnicodeDecodeError:
            raise UsageError(f"{trace}: this is no text; give a trace in din or of valgrind's lackey") from None


def _traced(path: Path, stack: ExitStack) -> "Traced":
    from machine.costs.traces import references
    from proofs.experiments.result import Traced

    try:
        lines = stack.enter_context(path.open(encoding="ascii"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return Traced(path.name, references(lines))


def _measured(repetitions: int) -> "Findings":
    from proofs.experiments import measuring

    return measuring.findings(repetitions)


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


def _status(found: "list[Findings]") -> int:
    if any(each.unexplained for each in found):
        return EXIT_FAILED
    return EXIT_INCOMPLETE if not found or any(each.incomplete for each in found) else EXIT_PASSED


def _list() -> None:
    from rich.console import Console

    from proofs.experiments.inventory import EXPERIMENTS
    from proofs.report.costs.terminal import list_experiments

    list_experiments(Console(), ((each.id, ", ".join(each.aliases), each.title) for each in EXPERIMENTS.values()))
