"""``musigma check --history FILE``: a recorded history of several threads against a dialect."""

from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from model.counting import counted
from model.spaces.dialect import CANONICAL, Dialect
from proofs.commands.shared.common import UsageError, check_writable, write_json
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED
from refinement.check.driver.driver import StepKind
from refinement.check.finding.finding import shown
from refinement.check.races.history import NEVER, Judgement, RecordedCall, judge_history, read_history
from refinement.check.races.judging import NOTHING

VERSION = 1
STATUS = {True: EXIT_PASSED, False: EXIT_FAILED, None: EXIT_INCOMPLETE}
VERDICTS = {True: "linearizable", False: "not linearizable", None: "undecided"}


def check_history(
    target: str | None, path: Path, dialect: Dialect | None, may_refuse: bool, json: Path | None
) -> NoReturn:
    """Judge a history, print the judgement, and end with the status."""
    if target is not None:
        raise UsageError("--history judges what was recorded: name no target")
    check_writable(json)
    chosen = CANONICAL if dialect is None else dialect
    try:
        history = read_history(path.read_text("utf-8").splitlines())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    if not history.calls:
        typer.echo(f"musigma: {path}: there is no call to judge", err=True)
        raise typer.Exit(EXIT_INCOMPLETE)
    judgement = judge_history(history, chosen.readings, may_refuse=may_refuse)
    _print(Console(highlight=False), path, chosen, len(history.calls), judgement)
    culprit = judgement.culprit
    write_json(
        json,
        {
            "musigma_history": VERSION,
            "history": str(path),
            "dialect": chosen.name,
            "verdict": VERDICTS[judgement.explained],
            "undecided": judgement.undecided,
            "calls": len(history.calls),
            "line": None if culprit is None else culprit.line,
            "call": None if culprit is None else described(culprit),
            "overlapping": [described(each) for each in judgement.overlapping],
        },
    )
    raise typer.Exit(STATUS[judgement.explained])


def described(each: RecordedCall) -> str:
    """A call with what it answered."""
    if each.returns == NEVER:
        return f"{each.text()}: has not returned"
    if each.call[0] == StepKind.LOOK:
        return f"{each.text()}: {shown(*(NOTHING if each.status < 0 else (each.status, each.rights)))}"
    return f"{each.text()}: {'refused' if each.status else 'done'}"


def _print(console: Console, path: Path, dialect: Dialect, calls: int, judgement: Judgement) -> None:
    colour = {True: "green", False: "red", None: "yellow"}[judgement.explained]
    said = f"[{colour}]{VERDICTS[judgement.explained]}[/]: {path}, dialect {dialect.name}, {counted(calls, 'call')}"
    console.print(said, markup=True)
    if judgement.explained is None:
        console.print(judgement.undecided, markup=False)
    if judgement.culprit is not None:
        console.print(f"line {judgement.culprit.line}: no order explains {described(judgement.culprit)}", markup=False)
        for each in judgement.overlapping:
            console.print(f"  overlaps {described(each)}", markup=False)
