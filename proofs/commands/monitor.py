"""``musigma monitor``: a log of a running kernel against a dialect, from a state that nobody knows."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from model.spaces.dialect import CANONICAL
from proofs.commands.shared.common import UsageError, check_writable, parse_dialect, write_json
from proofs.report.writers.monitor_report import print_monitor
from proofs.report.writers.versions import versions


def monitor(
    log: Annotated[str, typer.Argument(help="A file of JSON lines, or - for standard input.", show_default=False)],
    *,
    dialect: Annotated[str, typer.Option(help="The dialect that has to explain the log.")] = CANONICAL.name,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file as JSON.")] = None,
) -> None:
    """Follow a kernel's log: the first line that no state explains, and the end of the log that shows it.

    Exit status: 0 nothing contradicts, 1 a line does, 2 the log cannot be read, 3 no line was decided, 130 interrupted.
    """
    from refinement.monitor.monitor import UnfitDialectError
    from refinement.monitor.monitor import monitor as follow_log
    from refinement.monitor.reading import LogError

    chosen = parse_dialect(dialect)
    check_writable(json)
    with ExitStack() as stack:
        try:
            source = sys.stdin.buffer if log == "-" else stack.enter_context(Path(log).open("rb"))
            report = follow_log(source, chosen, name=log)
        except OSError as error:
            raise UsageError(f"{log}: {error.strerror}") from None
        except LogError as error:
            raise UsageError(f"{log}: {error}") from None
        except UnfitDialectError as error:
            raise UsageError(f"--dialect {dialect!r}: {error}") from None
    print_monitor(Console(highlight=False), report)
    write_json(json, {**report.to_json(), "versions": versions()})
    raise typer.Exit(report.exit_status)
