"""``musigma faults --mutate``."""

import os
from pathlib import Path
from time import perf_counter

import typer

from model.counting import counted
from proofs.commands.shared.common import UsageError, progress_bar, write_json
from proofs.verdict import EXIT_INTERRUPTED


def mutate(pattern: str | None, *, quick: bool, list_: bool, json: Path | None, jobs: int | None) -> None:
    """Change the code of the areas by a fixed list of small changes, and find out who notices each.

    :param pattern: an area, or a part of a file, a function, or an operator's name; all if None.
    :param quick: a few mutants of each function, always the same; without a pattern, of the areas with quick tests.
    :param list_: print the mutants and run none.
    """
    started = perf_counter()
    from importlib.util import find_spec

    from rich.console import Console

    from proofs.mutation.runner.run import Score, chosen, run, sample
    from proofs.mutation.targets import AREAS, ROOT
    from proofs.report.writers.mutation_report import describe_mutant, mutation_json, print_score, summary

    console = Console()
    if not (ROOT / "tests").is_dir() or find_spec("pytest") is None or find_spec("hypothesis") is None:
        raise UsageError(
            "the tests are not here: mutants need a checkout of the project, installed with pip install -e '.[test]'"
        )
    areas = [area for area in AREAS.values() if area.quick or pattern is not None or not quick]
    choice = list(chosen(pattern, areas))
    if not choice:
        raise UsageError(
            f"no mutant is one of {pattern!r}; name one of {', '.join(AREAS)}, a file, function or operator"
        )
    if quick:
        choice = [(area, sources, sample(mutants)) for area, sources, mutants in choice]
    if list_:
        for _, _, mutants in choice:
            for mutant in mutants:
                console.print(describe_mutant(mutant), markup=False, highlight=False, soft_wrap=True)
        return

    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.mutation.operators.mutants import Mutant
    from proofs.mutation.record import Fate

    score = Score()
    total = sum(not mutant.wording for _, _, mutants in choice for mutant in mutants)
    columns = (SpinnerColumn(), TextColumn("{task.completed} of {task.total}: {task.description}"), TimeElapsedColumn())
    try:
        with progress_bar(*columns) as progress:
            task = progress.add_task("who executes what", total=total)

            def advance(mutant: Mutant, fate: Fate) -> None:
                progress.update(task, advance=1, description=mutant.function)

            def recorded(area: str, count: int) -> None:
                progress.update(task, description=f"{area}: who executes what, {count} recorded")

            run(choice, jobs or len(os.sched_getaffinity(0)), score, advance, recorded)
    except KeyboardInterrupt:
        score.seconds = perf_counter() - started
        console.print(f"interrupted after {len(score.fates)} of {counted(total, 'mutant')}", highlight=False)
        for line in summary(score):
            console.print(line, markup=False, highlight=False)
        write_json(json, mutation_json(score))
        raise typer.Exit(EXIT_INTERRUPTED) from None
    score.seconds = perf_counter() - started
    print_score(console, score)
    write_json(json, mutation_json(score))
    raise typer.Exit(score.exit_status)
