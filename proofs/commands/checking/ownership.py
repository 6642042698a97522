"""The part of ``musigma check`` and ``musigma replay`` that is about ownership of pages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console

from model.counting import counted
from model.ownership.readings import OwnershipDialect
from model.ownership.trace import OwnershipTrace
from proofs.commands.shared.common import UsageError, write_json, write_text
from proofs.commands.shared.known_causes import causes_in
from proofs.commands.shared.target import end_with_status, shrinking_time
from proofs.commands.shared.trace_output import TraceOutput
from proofs.input import naming
from proofs.report.writers.check_report import junit_report
from proofs.report.writers.versions import versions
from refinement.check import (
    Limits,
    OwnershipDialectReport,
    OwnershipDifferencesReport,
    OwnershipFinding,
    OwnershipReport,
    Target,
    check_ownership,
    collect_ownership,
    find_ownership_dialect,
    replay_ownership,
)
from refinement.check.finding.ownership_artefacts import as_c, as_pytest, rounds_before

AUTO = "auto"

GO_WITH = (
    *("TARGET", "--command", "--skip-until", "--prefix", "--ownership", "--seconds", "--seed", "--hang", "--memory"),
    *("--trace", "--json", "--junit", "--pytest", "--main-c", "--svg", "--html", "--open"),
)
"""The options of ``check`` that a check of ownership has a use for."""

GO_WITH_KNOWN = (
    *("TARGET", "--command", "--skip-until", "--prefix", "--ownership", "--known", "--seconds", "--seed", "--hang"),
    *("--memory", "--json"),
)
"""The same, where it collects all differences."""


def parse_ownership(name: str) -> OwnershipDialect:
    """The dialect of ownership of that name.

    :raises UsageError: there is none.
    """
    try:
        return naming.parse_ownership(name)
    except naming.NoSuchNameError as error:
        raise UsageError(f"--ownership: {error}") from None


@dataclass(frozen=True, slots=True)
class OwnershipFiles:
    """What is asked to be written; the last three and the trace are of a finding, if there is one."""

    trace: Path | None
    json: Path | None
    junit: Path | None
    pytest: Path | None
    main_c: Path | None

    def named(self) -> dict[str, Path | None]:
        """The files by their options."""
        options = "--trace", "--json", "--junit", "--pytest", "--main-c"
        return dict(zip(options, (self.trace, self.json, self.junit, self.pytest, self.main_c), strict=True))

    def keep(self, finding: OwnershipFinding, target: Target) -> None:
        """Write the trace, the test and the program."""
        write_json(self.trace, finding.trace.to_json())
        if self.pytest is not None:
            write_text(self.pytest, as_pytest(finding, target, self.pytest.parent))
        if self.main_c is not None:
            write_text(self.main_c, as_c(finding))


def run(
    target: Target,
    name: str,
    seconds: float,
    seed: int,
    limits: Limits,
    files: OwnershipFiles,
    output: TraceOutput,
    progress: Callable[[], AbstractContextManager[Callable[[str], None]]],
) -> NoReturn:
    """Look for the dialect if that is asked, check against it, print, and end.

    :raises UsageError: there is no such dialect, or the target cannot be checked.
    """
    named = None if name == AUTO else parse_ownership(name)
    if files.main_c is not None and target.kind != "library":
        raise UsageError(f"--main-c calls a library, and {target} is none: leave it out")
    with end_with_status(), progress() as tell:
        dialect, found = _dialect(target, named, limits)
        report = check_ownership(
            target,
            dialect,
            seconds=seconds,
            seed=seed,
            shrinking=shrinking_time(seconds),
            limits=limits,
            tell=tell,
        )
    console = Console(highlight=False)
    _show_dialect(console, found)
    show(console, report)
    if report.finding is not None:
        files.keep(report.finding, target)
        if output.pictures:
            draw(output, target, report.finding.trace, limits)
    elif output.pictures:
        typer.echo("musigma: no picture: there is no finding to show", err=True)
    dialects = None if found is None else found.to_json()
    if files.junit is not None:
        write_text(files.junit, junit_report(report))
    write_json(files.json, {**report.to_json(), "dialects": dialects, "versions": versions()})
    raise typer.Exit(report.exit_status)


def collect(
    target: Target,
    name: str,
    known: Path,
    seconds: float,
    seed: int,
    limits: Limits,
    json: Path | None,
    progress: Callable[[], AbstractContextManager[Callable[[str], None]]],
) -> NoReturn:
    """Collect all differences of ownership but those that are known, print them, and end.

    :raises UsageError: there is no such dialect, the file cannot be read, or the target cannot be checked.
    """
    named, causes = None if name == AUTO else parse_ownership(name), causes_in(known)
    with end_with_status(), progress() as tell:
        dialect, found = _dialect(target, named, limits)
        report = collect_ownership(
            target,
            dialect,
            causes,
            seconds=seconds,
            seed=seed,
            limits=limits,
            shrinking=shrinking_time(seconds),
            tell=tell,
        )
    console = Console(highlight=False)
    _show_dialect(console, found)
    _show_differences(console, report)
    dialects = None if found is None else found.to_json()
    write_json(json, {**report.to_json(), "dialects": dialects, "versions": versions()})
    raise typer.Exit(report.exit_status)


def _dialect(
    target: Target, named: OwnershipDialect | None, limits: Limits
) -> tuple[OwnershipDialect, OwnershipDialectReport | None]:
    """The dialect that is named, or the one that fits best, and what was found of it."""
    if named is not None:
        return named, None
    found = find_ownership_dialect(target, limits=limits)
    return found.dialect, found


def _show_dialect(console: Console, found: OwnershipDialectReport | None) -> None:
    if found is None:
        return
    fits = "fits" if found.fits else "fits best of all, and none fits"
    _say(console, f"of {found.tried} readings, {found.dialect.name} {fits}")
    for each in found.against:
        _say(console, f"  against it: {each}")


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


def _show_differences(console: Console, report: OwnershipDifferencesReport) -> None:
    """Print what was collected, with what is known."""
    for phase in report.phases:
        _say(console, f"{phase.kind}: {phase.sentence}; {counted(phase.operations, 'operation')}")
    for each in report.left_out:
        _say(console, each)
    for cause, count in report.known.items():
        _say(console, f"known, and met {counted(count, 'time')}: {cause}")
    for cause in report.not_met:
        _say(console, f"said to be known, and not met: {cause}")
    _say(console, f"{report.sentence} (ownership {report.dialect.name}, {report.seconds:.1f} s)")
    for number, difference in enumerate(report.differences, 1):
        _say(console, f"{number}. {difference.cause}")
        lines = [*rounds_before(difference.finding), "; ".join(difference.finding.texts())]
        for line in filter(None, lines):
            _say(console, f"   {line}")
        _say(console, f"   {difference.finding.failure.sentence}; {difference.finding.shortest}")


def show(console: Console, report: OwnershipReport) -> None:
    """Print what is known of ownership."""

    def say(line: str) -> None:
        _say(console, line)

    for phase in report.phases:
        say(f"{phase.kind}: {phase.sentence}; {counted(phase.operations, 'operation')}")
    for each in report.left_out:
        say(each)
    say(f"{report.sentence} (ownership {report.dialect.name}, {report.seconds:.1f} s)")
    if report.finding is not None:
        for line in rounds_before(report.finding):
            say(f"  {line}")
        for number, text in enumerate(report.finding.texts(), 1):
            say(f"  {number}. {text}")
        say(f"     {report.finding.failure.sentence}; {report.finding.shortest}")


def replay(path: Path, value: Any, target: Target | None, limits: Limits, output: TraceOutput) -> NoReturn:
    """Run a trace of ownership on a target, or on the model, which shows each step; and end.

    :param value: what the file holds.
    :raises UsageError: it is no such trace, or the target cannot be asked.
    """
    from proofs.report.storyboard.lanes.lanes import print_lanes
    from proofs.report.storyboard.lanes.ownership import ownership_lanes

    console = Console(highlight=False)
    try:
        trace = OwnershipTrace.from_json(value)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    if target is None:
        print_lanes(console, ownership_lanes(trace))
        output.write(trace)
        raise typer.Exit(0)
    with end_with_status():
        report = replay_ownership(target, trace, limits=limits)
    if report.failure is None:
        console.print(f"[green]agrees[/]: {target}, ownership {trace.dialect}")
    else:
        operation = report.operation()
        step = operation.text() if operation else "its init"
        where = "" if not trace.before else f"round {report.round + 1} of {len(trace.rounds)}, "
        console.print(f"{report.failure.verdict.value} in {where}step {report.step}, {step}:", markup=False)
        console.print(f"  {report.failure.sentence}", markup=False)
    if output.pictures:
        draw(output, target, trace, limits)
    raise typer.Exit(report.exit_status)


def draw(output: TraceOutput, target: Target, trace: OwnershipTrace, limits: Limits) -> None:
    """Draw a trace: what the model does, and beside it what the target shows."""
    from proofs.report.storyboard.lanes.ownership import ownership_board

    with end_with_status():
        report = replay_ownership(target, trace, limits=limits)
    failure = "" if report.failure is None else report.failure.sentence
    shown = report.shown if report.is_last else ()
    output.draw(lambda: ownership_board(trace, shown, failure))
