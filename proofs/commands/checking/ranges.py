"""The part of ``musigma check`` and ``musigma replay`` that is about ranges: of libraries of version 2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from model.counting import counted
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL, Dialect
from proofs.commands.shared.common import parse_ranges, write_json, write_text
from proofs.commands.shared.known_causes import causes_in
from proofs.commands.shared.target import end_with_status
from proofs.commands.shared.trace_output import TraceOutput
from refinement.check import (
    Conformance,
    Failure,
    Limits,
    RangeDialectReport,
    RangeFinding,
    RangeReport,
    Target,
    check_ranges,
    find_range_dialect,
    is_sized,
    replay_ranges,
)
from refinement.check.finding.finding import INTERRUPTED
from refinement.check.finding.range_artefacts import as_c, as_pytest

AUTO = "auto"
SHARE = 0.4  # of the time, where a target has sizes


@dataclass(frozen=True, slots=True)
class RangeOptions:
    """What is asked of ranges: a dialect by name or ``auto``, and the causes of differences that are known, if any."""

    dialect: str
    known: tuple[str, ...] | None

    def pages(self, chosen: Dialect) -> Dialect:
        """The dialect of pages: the one chosen, or, where none was, the one that a dialect of ranges goes with."""
        if self.dialect == AUTO or chosen != CANONICAL:
            return chosen
        return parse_ranges(self.dialect).pages


def options(dialect: str, known: Path | None) -> RangeOptions:
    """What the command line says of ranges.

    :raises UsageError: there is no such dialect, or the file cannot be read.
    """
    if dialect != AUTO:
        parse_ranges(dialect)
    return RangeOptions(dialect, None if known is None else causes_in(known))


@dataclass(frozen=True, slots=True)
class RangePart:
    """What became known of a target's ranges; ``found`` if its dialect was looked for, ``untold`` why none was found.

    ``sized``: it has ranges; without them small scopes of single pages were gone through.
    """

    report: RangeReport
    found: RangeDialectReport | None
    sized: bool = True
    untold: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {**self.report.to_json(), "dialects": None if self.found is None else self.found.to_json()}


def run(
    target: Target,
    asked: RangeOptions,
    chosen: Dialect,
    seconds: float,
    limits: Limits,
    tell: Callable[[str], None],
    *,
    auto: bool,
    seed: int = 0,
    required: Sequence[str] = (),
) -> RangePart:
    """Look for the dialect of ranges if that is asked, and check against it.

    :param auto: look for it whatever is asked.
    :param seed: of the random programs.
    :param required: beginnings of names of scopes, each of which must have been gone through whole.
    :raises TargetError: the target does not have the interface.
    """
    found, untold = None, ""
    dialect = CANONICAL_RANGES if asked.dialect == AUTO else parse_ranges(asked.dialect)
    sized = is_sized(target, limits)
    if sized and (asked.dialect == AUTO or (auto and dialect == CANONICAL_RANGES)):
        answer = find_range_dialect(target, chosen, limits=limits)
        if isinstance(answer, RangeDialectReport):
            found, dialect = answer, answer.dialect
        elif answer.verdict == Conformance.UNDECIDED:
            untold = answer.sentence
    report = check_ranges(
        target,
        dialect,
        chosen,
        seconds=seconds,
        known=asked.known,
        seed=seed,
        limits=limits,
        tell=tell,
        required=required,
    )
    return RangePart(report, found, sized, untold)


def show(console: Console, part: RangePart, *, alone: bool = True) -> None:
    """Print what is known of ranges.

    :param alone: with the verdict; else that is said of this and of other parts together.
    """
    report, found, of = part.report, part.found, "ranges" if part.sized else "small scopes"
    if found is not None:
        fits = "fits" if found.fits else "fits best of all, and none fits"
        console.print(f"ranges: of {found.tried} readings, {found.dialect.name} {fits}", markup=False)
        for each in found.against:
            console.print(f"  against it: {each}", markup=False)
        for name, against in found.named.items():
            if against and name != found.dialect.name:
                console.print(f"  {name} is ruled out: {against[0]}", markup=False)
    if part.untold:
        console.print(f"ranges: {part.untold}; {report.dialect.name} is taken", markup=False)
    for phase in report.phases:
        console.print(f"{of}: {phase.sentence}; {counted(phase.operations, 'operation')}", markup=False)
    for remark in report.left_out:
        console.print(f"note: {remark}", markup=False)
    if report.interrupted:
        console.print(f"{of}: {INTERRUPTED}", markup=False)
    for cause, count in report.known.items():
        console.print(f"{of}: known, and met {counted(count, 'time')}: {cause}", markup=False, soft_wrap=True)
    for cause in report.not_met:
        console.print(f"{of}: said to be known, and not met: {cause}", markup=False, soft_wrap=True)
    if alone:
        console.print(
            f"ranges: {report.sentence} (ranges {report.dialect.name}, pages {report.pages}, {report.seconds:.1f} s)",
            markup=False,
        )
    if not report.findings:
        rests = "; ".join(report.rests_on) or "nothing that was gone through whole"
        console.print(f"{of}: it rests on: {rests}", markup=False)
    if report.missing:
        console.print(f"{of}: required, and not gone through whole: {', '.join(report.missing)}", markup=False)
    for number, finding in enumerate(report.findings, 1):
        console.print(f"{number}. {finding.cause}", markup=False, soft_wrap=True)
        console.print(f"   {'; '.join(finding.texts())}", markup=False, soft_wrap=True)
        console.print(f"   {finding.failure.sentence}; {finding.length}", markup=False)


def replay(console: Console, target: Target, trace: RangeTrace, limits: Limits, output: TraceOutput) -> int:
    """Run a trace of ranges on a target, print how that ended, and draw it if that is asked; the exit status."""
    report = replay_ranges(target, trace, limits=limits)
    if report.failure is None:
        console.print(f"[green]agrees[/]: {target}, ranges {trace.ranges}")
    else:
        step = trace.operations[report.step - 1].text(trace.scope) if report.step else "its init"
        console.print(f"{report.failure.verdict.value} in step {report.step}, {step}:", markup=False)
        console.print(f"  {report.failure.sentence}", markup=False)
    said = report.failure.sentence if report.failure else f"{target} does as the model does"
    done = trace.operations[: report.step] if report.failure else trace.operations
    draw(output, target, replace(trace, operations=done, shows=said, obligation=""), report.failure, limits)
    return report.exit_status


def draw(output: TraceOutput, target: Target, trace: RangeTrace, failure: Failure | None, limits: Limits) -> None:
    """Draw a trace: what the model does, and beside it what the target shows, in its tables and its cores' buffers."""
    if not output.pictures:
        return
    from proofs.report.storyboard.replays.ranges import range_board
    from proofs.report.storyboard.replays.target import range_views

    with end_with_status():
        output.draw(lambda: range_board(trace, range_views(target, trace, failure, limits=limits)))


def keep(finding: RangeFinding, target: Target, trace: Path | None, pytest: Path | None, main_c: Path | None) -> None:
    """Write what is asked for: the trace, a test, a program in C."""
    write_json(trace, finding.trace.to_json())
    if pytest is not None:
        write_text(pytest, as_pytest(finding, target, pytest.parent))
    if main_c is not None:
        write_text(main_c, as_c(finding))
