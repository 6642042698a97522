"""``musigma replay``: one trace again, on a mapping database."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from proofs.commands.common import UsageError, check_writable, parse_dialect, write_json
from proofs.commands.target import CommandOption, Hang, TargetArgument, target_named, told
from refinement.check import Limits, ReplayReport
from refinement.check import replay as replay_program
from refinement.check.steps import from_json

if TYPE_CHECKING:
    from refinement.check.program import Program


def replay(
    trace: Annotated[Path, typer.Argument(help="A trace or a list of steps, as JSON.", show_default=False)],
    target: TargetArgument = None,
    *,
    command: CommandOption = None,
    dialect: Annotated[str | None, typer.Option(help="Instead of the dialect that the trace names.")] = None,
    hang: Hang = 5.0,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file as JSON.")] = None,
) -> None:
    """Run a trace on a mapping database again.

    Exit status: 0 the target agrees with the model, 1 it does not, 2 it cannot be run.
    """
    program, named = _read(trace)
    check_writable(json)
    database, chosen = target_named(target, command), parse_dialect(dialect or named)
    with told():
        report = replay_program(database, program, chosen, limits=Limits(hang=hang))
    _show(Console(highlight=False), report)
    write_json(json, report.to_json())
    raise typer.Exit(report.exit_status)


def _read(path: Path) -> "tuple[Program, str]":
    try:
        value: Any = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}: this is no JSON: {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: this is no text in UTF-8; name a file that --trace or --json wrote") from None
    try:
        return from_json(value)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _show(console: Console, report: ReplayReport) -> None:
    if report.failure is None:
        console.print(f"[green]agrees[/]: {escape(report.target)}, dialect {escape(report.dialect.name)}")
        return
    steps = report.to_json()["steps"]
    console.print(f"[red]{report.failure.verdict.value}[/] in step {report.step}, {escape(steps[report.step])}:")
    console.print(f"  {report.failure.sentence}", markup=False)
