"""``musigma check --threads N`` and ``--history FILE``: what the command does where several threads call."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from model.spaces.dialect import Dialect
from proofs.commands.shared.common import UsageError, write_json, write_text
from proofs.commands.shared.target import end_with_status, shrinking_time
from proofs.commands.shared.trace_output import TraceOutput
from proofs.report.storyboard.lanes.threads import thread_board
from proofs.report.writers.race_report import print_race, race_junit
from proofs.report.writers.versions import versions
from refinement.check.finding.race_finding import race_from_json
from refinement.check.finding.race_report import RaceReport
from refinement.check.process.order import Limits
from refinement.check.races.building import SUFFIXES, raced
from refinement.check.races.sanitizer import MOST_SECONDS, sanitize
from refinement.check.search.races.engine import RaceReplay, race, replay_race
from refinement.check.search.spent import Spent
from refinement.check.target.target import Target


@dataclass(frozen=True, slots=True)
class RaceFiles:
    """Where reports are written, if anywhere, and pictures; who makes ``pictures`` finds out whether all can be."""

    trace: Path | None
    json: Path | None
    junit: Path | None
    pictures: TraceOutput


def race_target(target: str | None, cc: str | None) -> Target:
    """The target for threads that is named.

    :raises UsageError: it is none.
    """
    if target is None:
        raise UsageError(
            "--threads races a library or a source in C; of a --command or a class give a history: --history FILE"
        )
    if target.partition(":")[0].endswith(".py"):
        raise UsageError(f"{target}: threads of a class are not switched; give a history of its calls: --history FILE")
    path = Path(target)
    if not path.is_file():
        raise UsageError(f"{target}: there is no such file")
    with end_with_status():
        return raced(target, cc)


def check_threads(
    target: str | None,
    dialect: Dialect,
    files: RaceFiles,
    *,
    cc: str | None,
    threads: int,
    seconds: float,
    seed: int | None,
    jobs: int,
    limits: Limits,
    data_races: bool,
    may_refuse: bool,
    thread_sanitizer: bool,
) -> NoReturn:
    """Race the target, print the report, write the files, and end with the status."""
    spent = Spent(seconds)
    database = race_target(target, cc)
    spent.note("compiling")
    if thread_sanitizer and not is_source(target):
        raise UsageError(f"{target}: --thread-sanitizer compiles a source in C or C++; this is none")
    with end_with_status():
        report = race(
            database,
            dialect,
            threads=threads,
            seconds=seconds,
            seed=seed,
            jobs=jobs,
            limits=limits,
            data_races=data_races,
            may_refuse=may_refuse,
            shrinking=shrinking_time(seconds),
            spent=spent,
            tell=_say,
        )
        replay = _again(report, database, dialect, limits)
        if thread_sanitizer and not report.interrupted:
            most = min(seconds, MOST_SECONDS)
            typer.echo(f"musigma: now compiled for ThreadSanitizer, and called for {most:g} s more", err=True)
            asked = sanitize(Path(str(target)), cc, threads=threads, seconds=seconds, seed=report.seed)
            report = report.beside(asked)
    print_race(Console(highlight=False), report, replay)
    if report.finding is not None:
        write_json(files.trace, report.finding.kept())
    if files.junit is not None:
        write_text(files.junit, race_junit(report))
    draw_lanes(files.pictures, replay)
    write_json(files.json, {**report.to_json(), "versions": versions()})
    raise typer.Exit(report.exit_status)


def _again(report: RaceReport, target: Target, dialect: Dialect, limits: Limits) -> RaceReplay | None:
    """The run that was found, once more, with its events."""
    if report.finding is None or report.interrupted:
        return None
    return replay_race(target, race_from_json(report.finding.kept()), dialect, limits=limits)


def draw_lanes(pictures: TraceOutput, replay: RaceReplay | None) -> None:
    """Draw the lanes of a run, where that is asked for."""
    if replay is not None and replay.events:
        pictures.draw(lambda: thread_board(replay))
    elif pictures.pictures:
        typer.echo("musigma: no picture: there is no run to show", err=True)


def _say(line: str) -> None:
    if line.startswith("found"):
        typer.echo(f"musigma: {line}", err=True)


def is_source(target: str | None) -> bool:
    """Return whether the target is a source that would have to be compiled."""
    return target is not None and Path(target).suffix in SUFFIXES
