"""What the commands that explore share: a search under a line of progress, and what is written of its result."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from model.scope import ArgumentError
from proofs.commands.shared.common import UsageError, progress_bar, write_json
from proofs.commands.shared.trace_output import TraceOutput

if TYPE_CHECKING:
    from proofs.explorer.result import OnProgress

Found = TypeVar("Found")


def searched(search: "Callable[[OnProgress], Found]") -> Found:
    """What a search finds, with a line of progress while it runs.

    :raises UsageError: an argument makes no sense.
    """
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.report.writers.explorer_report import Display

    try:
        with progress_bar(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
            return search(Display(bar))
    except ArgumentError as error:
        raise UsageError(str(error)) from None


def written(
    values: dict[str, Any], json: Path | None, output: TraceOutput, trace: Any, draw: Callable[[], Any] | None = None
) -> None:
    """Write the result, and its first trace to the files that were asked for; say so if there is none.

    :param draw: makes the picture, if it is not that of the trace alone.
    """
    write_json(json, values)
    if trace is not None:
        output.write(trace, draw)
    elif output.json is not None or output.pictures:
        typer.echo("there is no trace, so none was written or drawn", err=True)
