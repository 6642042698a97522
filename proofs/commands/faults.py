"""``musigma faults``."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from model.counting import counted
from model.near_names import near_names
from proofs.commands.shared.common import UsageError, check_writable, progress_bar, refuse_given, write_json
from proofs.commands.shared.numbers import JOBS
from proofs.verdict import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from proofs.faults.catalogue.mechanism import Mechanism


def faults(
    context: typer.Context,
    pattern: Annotated[
        str | None, typer.Argument(help="Faults to hunt: a part of a name, or a name with * and ?. Default: all.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few faults of each kind, one change a layer.")] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            help="Use this engine only (proof, proof-of-code, exploration, state-machine, check, interleaving); may be "
            "given again."
        ),
    ] = None,
    all_: Annotated[
        bool,
        typer.Option("--all", help="Put faults into the code under proof as well, and judge what is proved of it."),
    ] = False,
    fault_file: Annotated[
        Path | None,
        typer.Option(help="A Python file with FAULTS of your own, which are hunted instead of the catalogue."),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Name every obligation that falls by a fault.")] = False,
    proved: Annotated[
        Path | None,
        typer.Option(
            help="A report of prove --all --json of the same sources: what is proved of code there is not proved again."
        ),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the matrix to this file as JSON.")] = None,
    jobs: Annotated[int | None, typer.Option(parser=JOBS, help="Worker processes. Default: one a processor.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the catalogue and hunt nothing.")] = False,
    mutate: Annotated[
        bool,
        typer.Option(
            "--mutate",
            help="Instead of the catalogue, try small changes of the code, by a fixed list; PATTERN is then an area, "
            "or a part of a file, a function or an operator's name, or whole names of functions with commas between "
            "them.",
        ),
    ] = False,
) -> None:
    """Hunt the catalogue's faults with every engine meant for them: the kill matrix.

    Without a pattern, the obligations about the model are judged as well: each must fall by some fault. With --all,
    those about code too.

    Exit status 0 means that every fault was killed by each of these engines, and that every obligation judged falls by
    some fault; 1 that a fault survives or an obligation cannot fall; 3 that something stayed undecided.

    With --mutate, 0 means that every mutant was noticed by a proof or a test, or is entered as equivalent with a
    reason; 1 that one survives or an entry is stale; 3 that something stayed undecided.
    """
    started = perf_counter()
    if list_:
        refuse_given(context, "--list hunts nothing", "--engine", "--all", "--whole", "--proved", "--json", "--jobs")
    if engine:
        refuse_given(context, "--engine says which engines hunt", "--all")
    check_writable(json)
    if mutate:
        if engine or all_ or whole or fault_file or proved:
            raise UsageError(
                "--mutate asks the proofs and tests that execute a function; leave --engine, --all, --whole, --proved "
                "and --fault-file out"
            )
        from proofs.commands.proving.mutate import mutate as mutate_code

        mutate_code(pattern, quick=quick, list_=list_, json=json, jobs=jobs)
        return

    from rich.console import Console

    from proofs.faults.catalogue.catalogue import CATALOGUE
    from proofs.faults.hunts.selection import matching, quick_ones
    from proofs.faults.record import Engine

    console = Console()
    chosen = quick_ones() if quick else list(CATALOGUE.values())
    source = ""
    if fault_file is not None:
        if quick:
            raise UsageError("--quick chooses from the catalogue; leave it out, and write a pattern")
        source, chosen = _own(fault_file)
    if pattern is not None:
        known, chosen = [each.name for each in chosen], matching(pattern, chosen)
        if not chosen:
            raise UsageError(f"no fault is called {pattern!r}" + near_names(pattern, known))
    by_name = {each.value.replace(" ", "-"): each for each in Engine}
    for name in engine or ():
        if name not in by_name:
            raise UsageError(f"no engine is called {name!r}" + near_names(name, by_name))
    deep = all_ or pattern is not None
    engines = [by_name[name] for name in engine] if engine else [e for e in Engine if deep or e != Engine.CODE]

    from dataclasses import replace

    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.report.writers.faults_report import faults_json, print_catalogue, print_matrix

    if list_:
        print_catalogue(console, chosen)
        return

    from proofs.commands.proving.reports import report_in
    from proofs.engines.pool import workers
    from proofs.faults.hunts.matrix import meant, run
    from proofs.faults.record import HuntEnding, HuntResult
    from proofs.report.writers.proved_before import proved_before

    total = sum(each in engines for mechanism in chosen for each, _ in meant(mechanism))
    if not total:
        raise UsageError("none of these engines is meant for these faults; leave --engine out")
    before = frozenset(report_in(proved, proved_before) if proved is not None else ())
    done: list[HuntResult] = []
    columns = (SpinnerColumn(), TextColumn("{task.completed} of {task.total}: {task.description}"), TimeElapsedColumn())
    try:
        with progress_bar(*columns) as progress, workers(jobs) as pool:
            task = progress.add_task("", total=total)

            def advance(finding: HuntResult) -> None:
                done.append(finding)
                progress.update(task, advance=1 if finding.change else 0, description=finding.change)

            every = pattern is None and not quick and not source
            judge = every and Engine.PROOF in engines and Engine.EXPLORATION in engines
            matrix = run(
                pool,
                chosen,
                engines=engines,
                judge=judge,
                whole=whole,
                source=source,
                proved_before=before,
                on_finding=advance,
            )
    except KeyboardInterrupt:
        survivors = [f"{f.engine.value}: {f.change}" for f in done if f.change and f.ending == HuntEnding.SURVIVED]
        hunted = sum(bool(finding.change) for finding in done)
        console.print(f"interrupted after {hunted} of {counted(total, 'hunt')}", highlight=False)
        console.print(f"survived: {', '.join(survivors) or 'none of these'}", markup=False, highlight=False)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    matrix = replace(matrix, seconds=perf_counter() - started)
    print_matrix(console, matrix)
    write_json(json, faults_json(matrix))
    raise typer.Exit(matrix.exit_status)


def _own(path: Path) -> "tuple[str, list[Mechanism]]":
    """The file and what it defines.

    :raises UsageError: there is a mistake in it.
    """
    from proofs.faults.fault_file import faults_in
    from proofs.input.theory_file import ExtensionError

    source = str(path.absolute())
    try:
        return source, list(faults_in(source))
    except ExtensionError as error:
        raise UsageError(str(error)) from None
