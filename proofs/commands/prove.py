"""``musigma prove``."""

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from proofs.commands.common import UsageError, check_writable, matching, near, parse_dialect, write_json
from proofs.engines.outcome import Settings, Solvers
from proofs.verdict import EXIT_INTERRUPTED, Verdict, exit_status


def prove(
    pattern: Annotated[
        str, typer.Argument(help="A claim (C2), a part of an obligation's id, or an id with * and ?. Default: all.")
    ] = "*",
    dialect: Annotated[str, typer.Option(help="The dialect to prove it of.")] = "canonical",
    json: Annotated[Path | None, typer.Option(help="Write the results to this file as JSON.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes. Default: one a processor.")] = None,
    solver: Annotated[Solvers, typer.Option(help="Who must agree that an obligation is proved.")] = Solvers.BOTH,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one question to a solver.")] = 10.0,
    memory: Annotated[int, typer.Option(min=256, help="Memory of a worker process, in MiB.")] = 4096,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the solver.")] = 0,
    export: Annotated[Path | None, typer.Option(help="Write one SMT-LIB 2 file a condition into this folder.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the totals only.")] = False,
) -> None:
    """Discharge proof obligations, and search for a shortest trace where one fails.

    Exit status 0 means that everything asked for is proved; 1 that something is not; 3 that something stayed unknown.
    """
    started = perf_counter()
    chosen_dialect = parse_dialect(dialect)
    check_writable(json)

    from rich.console import Console
    from rich.progress import Progress

    from proofs.engines.pool import workers
    from proofs.obligations import registry
    from proofs.prove import Result, Run
    from proofs.prove import prove as run_prove
    from proofs.report.json_report import run_json
    from proofs.report.terminal import print_run

    known = list(registry().values())
    chosen = [known[i] for i in matching(pattern, [o.id for o in known], [o.claim for o in known])]
    if not chosen:
        raise UsageError(
            f"no obligation matches {pattern!r}"
            + near(pattern, [o.id for o in known] + sorted({o.claim for o in known}))
        )
    settings = Settings(solvers=solver, seconds=timeout, seed=seed, export=str(export) if export else "")
    console, decided, interrupted = Console(), list[Result](), False
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("proving", total=len(chosen))

        def on_result(result: Result) -> None:
            decided.append(result)
            progress.update(task, advance=1, description=result.obligation.id)

        try:
            with workers(jobs, settings, memory << 20) as pool:
                run = run_prove(chosen_dialect, chosen, pool, on_result, induction=True)
        except KeyboardInterrupt:
            interrupted = True
            run = Run(chosen_dialect, tuple(decided), frozenset())
    seconds = perf_counter() - started
    print_run(console, run, seconds, quiet=quiet)
    write_json(json, run_json(run, seconds, complete=not interrupted))
    if interrupted:
        left = [o.id for o in chosen if o.id not in {result.obligation.id for result in decided}]
        console.print(f"interrupted: {len(decided)} decided, {len(left)} not: {', '.join(left[:5])}…", highlight=False)
        raise typer.Exit(EXIT_INTERRUPTED)
    claimed = [result.verdict for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    if not claimed:
        raise UsageError(f"{chosen_dialect.name} claims none of the obligations that match {pattern!r}")
    raise typer.Exit(exit_status(claimed))
