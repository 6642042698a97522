"""``musigma prove --c``: what the user wrote in, a run of proofs of C code out."""

from os.path import relpath
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from proofs.commands.shared.common import UsageError, few, progress_bar
from proofs.commands.shared.trace_output import TraceOutput
from proofs.verdict import EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED, Verdict, exit_status

if TYPE_CHECKING:
    from model.spaces.dialect import Dialect
    from proofs.commands.proving.reports import Files
    from proofs.engines.smt.outcome import Settings
    from proofs.result import Result


def run_c(
    file: Path,
    binding: Path | None,
    flags: list[str],
    pattern: str | None,
    dialect: "Dialect",
    settings: "Settings",
    files: "Files",
    jobs: int | None,
    memory: int,
    output: TraceOutput,
    *,
    quiet: bool,
) -> None:
    """Prove the code; without a binding file print a draft of one.

    :param output: where the first counterexample is drawn.
    :raises UsageError: the file, its binding or something in the code is not understood.
    """
    from rich.console import Console

    from proofs.execution.llvm.compiler import CompileError
    from proofs.execution.path import ExecutionError
    from proofs.obligations.c_code.binding import BindingError
    from proofs.prove_c import c_obligations, left_out, looked_past, prove_c, relied_on
    from proofs.report.storyboard.replays.c_code import c_board
    from proofs.report.writers.terminal import print_run
    from proofs.report.writers.trace_table import print_storyboard

    started = perf_counter()
    try:
        if binding is None:
            from proofs.obligations.c_code.draft import draft

            typer.echo(draft(file, flags))
            return
        chosen = c_obligations(file, binding, tuple(flags), dialect, pattern)
    except (CompileError, BindingError, ExecutionError) as error:
        raise UsageError(str(error)) from None
    if not chosen:
        raise UsageError(f"no obligation of {file} matches {pattern!r}")
    with progress_bar() as progress:
        task = progress.add_task("proving", total=len(chosen))

        def on_result(result: "Result") -> None:
            progress.update(task, advance=1, description=result.obligation.id)

        run, pictures = prove_c(file, binding, tuple(flags), dialect, chosen, settings, jobs, memory, on_result)
    seconds = perf_counter() - started
    console = Console()
    print_run(console, run, seconds, quiet=quiet)
    for result in run.results:
        if not result.verdict.passed and result.verdict != Verdict.NOT_CLAIMED:
            absolute, line = result.obligation.place  # type: ignore[attr-defined]
            path = relpath(absolute)
            console.print(
                f"{path}:{line}: {result.verdict.value}: {result.obligation.sentence}", markup=False, highlight=False
            )
    others = relied_on(file, binding, tuple(flags), run)
    if others:
        said = f"this rests on what was not proved here of {', '.join(others)}: without a pattern all is asked"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    past = looked_past(file, binding, tuple(flags))
    if past:
        console.print(f"no proof executes {', '.join(past)}", markup=False, highlight=False, soft_wrap=True)
    lacking = left_out(file, binding, tuple(flags))
    if lacking:
        said = f"not a whole mapping database: the binding names no function as {', '.join(lacking)}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    files.write(run, seconds)
    if pictures:
        board = c_board(pictures[0], dialect.name)
        if not quiet:
            console.print()
            print_storyboard(console, board)
        output.draw(lambda: board)
    elif output.pictures:
        console.print("no picture: there is no counterexample to show", markup=False, highlight=False)
    if run.undecided:
        said = f"interrupted: {len(run.results)} decided, {len(run.undecided)} not: {few(run.undecided)}"
        console.print(said, markup=False, highlight=False)
        raise typer.Exit(EXIT_INTERRUPTED)
    claimed = [result.verdict for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    if not claimed:
        raise UsageError(f"no mapping tree implements {dialect.name}: choose --dialect canonical or tree")
    status = exit_status(claimed)
    if status == EXIT_PASSED and lacking and pattern is None:
        status = EXIT_INCOMPLETE  # all was asked for, and of these operations nothing could be
    raise typer.Exit(status)
