"""What audits of one thing, part by part, have in common: work that shows how far it is, and may be interrupted."""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from proofs.commands.shared.common import progress_bar
from proofs.verdict import EXIT_ALARM, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED

if TYPE_CHECKING:
    from rich.console import Console

    from proofs.engines.pool import Workers

A = TypeVar("A")
OnPart = Callable[[str, A], None]


def audited(
    nothing: A, work: "Callable[[Workers, OnPart[A]], A]", jobs: int | None, timeout: float
) -> tuple[A, float, bool]:
    """What was found, in how many seconds, and whether it was interrupted: then it is what was known by then.

    :param nothing: what is known at first.
    :param work: the audit; it says the name of each part before it begins with it, and what is known by then.
    """
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.engines.pool import workers
    from proofs.engines.smt.outcome import Settings

    started, known, interrupted = perf_counter(), nothing, False
    try:
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with workers(jobs, Settings(seconds=timeout)) as pool, progress_bar(*columns) as progress:
            task = progress.add_task("", total=None)

            def begin(part: str, so_far: A) -> None:
                nonlocal known
                known = so_far
                progress.update(task, description=part)

            known = work(pool, begin)
    except KeyboardInterrupt:
        interrupted = True
    return known, perf_counter() - started, interrupted


def exit_of(console: "Console", left: tuple[str, ...], *, interrupted: bool, alarm: bool, undecided: bool) -> int:
    """The exit status; what an interrupt left out is printed."""
    if interrupted:
        console.print(f"interrupted; not audited: {', '.join(left) or 'anything'}", markup=False, highlight=False)
        return EXIT_INTERRUPTED
    if alarm:
        return EXIT_ALARM
    return EXIT_INCOMPLETE if undecided else EXIT_PASSED
