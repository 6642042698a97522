"""``musigma replay``: one trace again, on the model or on a mapping database."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from model.cores.trace import CoreTrace, is_core_trace
from model.messages.trace import MessageTrace, is_message_trace
from model.ownership.trace import is_ownership_trace
from model.ranges.trace import RangeTrace, is_range_trace
from model.trace import Trace
from proofs.commands.checking import ownership as of_ownership
from proofs.commands.checking.threads import draw_lanes, race_target
from proofs.commands.shared.common import UsageError, parse_dialect, read_json, refuse_given, write_json
from proofs.commands.shared.target import (
    MEMORY,
    CommandOption,
    Hang,
    Memory,
    Prefix,
    SkipUntil,
    TargetArgument,
    end_with_status,
    target_named,
)
from proofs.commands.shared.trace_output import HtmlFile, OpenPage, SvgFile, TraceOutput
from proofs.report.writers.race_report import print_race_replay
from proofs.verdict import EXIT_PASSED
from refinement.check import Conformance, Limits, MessageReplay, ReplayReport, Target, replay_messages
from refinement.check import replay as replay_program
from refinement.check.driver.program import scope_at
from refinement.check.driver.steps import Recorded, from_json
from refinement.check.finding.finding import operations_of
from refinement.check.finding.race_finding import is_race, race_from_json
from refinement.check.messages.steps import from_json as messages_from_json
from refinement.check.messages.steps import is_of_messages
from refinement.check.search.races.engine import replay_race

if TYPE_CHECKING:
    from model.spaces.dialect import Dialect
    from refinement.check.driver.program import Program


def replay(
    context: typer.Context,
    trace: Annotated[Path, typer.Argument(help="A trace or a list of steps, as JSON.", show_default=False)],
    target: TargetArgument = None,
    *,
    command: CommandOption = None,
    skip_until: SkipUntil = None,
    prefix: Prefix = None,
    dialect: Annotated[str | None, typer.Option(help="Instead of the dialect that the trace names.")] = None,
    hang: Hang = 5.0,
    memory: Memory = MEMORY,
    cc: Annotated[str | None, typer.Option(help="How a TARGET in C is compiled, for a trace of threads.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file as JSON.")] = None,
    svg: SvgFile = None,
    html: HtmlFile = None,
    open_: OpenPage = False,
) -> None:
    """Run a trace again: on the model, which shows each step, or on a mapping database.

    Exit status: 0 the target agrees with the model, or there is none; 1 it does not; 2 it cannot be run; 3 the trace
    asks nothing of it.
    """
    value = _json_of(trace)
    if isinstance(value, dict) and any(member.startswith("musigma_check") for member in value):
        raise UsageError(f"{trace}: this is a report of check: cut a trace out of it, a finding's 'trace'")
    _refuse_unused(context, value, on_model=target is None and command is None)
    if is_range_trace(value):
        given = target is not None or command is not None
        database = target_named(target, command, skip_until, prefix) if given else None
        unused = {"--dialect": dialect, "--json": json}
        drawn = TraceOutput(svg=svg, html=html, open=open_, beside={"TRACE": trace})
        _replay_ranges(trace, value, database, Limits(hang=hang, memory=memory), unused, drawn)
    if is_ownership_trace(value):
        refuse_given(context, f"{trace}: this is a trace of ownership", "--dialect", "--json")
        given = target is not None or command is not None
        database = target_named(target, command, skip_until, prefix) if given else None
        drawn = TraceOutput(svg=svg, html=html, open=open_, beside={"TRACE": trace})
        of_ownership.replay(trace, value, database, Limits(hang=hang, memory=memory), drawn)
    if is_core_trace(value):
        if target is not None or command is not None or json is not None or dialect is not None:
            raise UsageError(f"{trace}: a trace of many cores runs on the model: name no target, no dialect, no --json")
        _show_cores(trace, value, TraceOutput(svg=svg, html=html, open=open_, beside={"TRACE": trace}))
        raise typer.Exit(EXIT_PASSED)
    if is_race(value):
        drawn = TraceOutput(svg=svg, html=html, open=open_, beside={"TRACE": trace, "--json": json})
        _replay_race(trace, value, target, cc, dialect, Limits(hang=hang, memory=memory), json, drawn)
    if is_message_trace(value):
        if target is not None or command is not None or json is not None:
            raise UsageError(
                f"{trace}: a trace of threads and messages runs on the model: name no target and no --json"
            )
        _show_messages(trace, value, dialect, TraceOutput(svg=svg, html=html, open=open_, beside={"TRACE": trace}))
        raise typer.Exit(EXIT_PASSED)
    if is_of_messages(value):
        limits = Limits(hang=hang, memory=memory)
        _replay_messages(trace, value, (target, command, skip_until, prefix), dialect, limits, json)
    recorded = _read(trace, value)
    shown = recorded.shows, recorded.obligation
    program, named = recorded.program, recorded.dialect
    output = TraceOutput(svg=svg, html=html, open=open_, beside={"TRACE": trace, "--json": json})
    chosen = parse_dialect(named if dialect is None else dialect, on_hardware=True)
    if target is None and command is None:
        if json is not None:
            raise UsageError("--json reports on a target: name one, or leave --json out")
        _show_model(_trace_of(program, chosen, shown, trace), output)
        raise typer.Exit(EXIT_PASSED)
    database, limits = (
        target_named(target, command, skip_until, prefix),
        Limits(hang=hang, memory=memory, stack=recorded.stack),
    )
    with end_with_status():
        report = replay_program(database, program, chosen, limits=limits, repeated=recorded.repeated)
    _show(Console(highlight=False), report)
    write_json(json, report.to_json())
    if output.pictures:
        from proofs.report.storyboard import storyboard_of
        from proofs.report.storyboard.replays.target import target_run

        done = program[: report.step + 1]
        _trace_of(done, chosen, shown, trace)
        with end_with_status():
            output.draw(lambda: storyboard_of(target_run(database, done, chosen, report.failure, limits=limits)))
    raise typer.Exit(report.exit_status)


def _refuse_unused(context: typer.Context, value: Any, *, on_model: bool) -> None:
    """Options that a trace of this kind, or one that runs on the model, does not need.

    :raises UsageError: one is written.
    """
    if is_race(value):
        refuse_given(
            context,
            "a run of several threads is of a library or a source in C",
            "--command",
            "--skip-until",
            "--prefix",
        )
        return
    refuse_given(context, "only a run of several threads compiles its target", "--cc")
    if is_of_messages(value):
        refuse_given(context, "a program of threads is shown as text alone", "--svg", "--html", "--open")
    if on_model:
        refuse_given(context, "the model is no process", "--hang", "--memory", "--skip-until", "--prefix")


def _replay_ranges(
    path: Path, value: Any, target: Target | None, limits: Limits, unused: Mapping[str, object], output: TraceOutput
) -> NoReturn:
    """A trace of ranges, on the model, which is drawn if that is asked, or on a target.

    :raises UsageError: it is none, or an option is given that does not go with it.
    """
    from proofs.commands.checking.ranges import replay

    for option, given in unused.items():
        if given is not None:
            raise UsageError(f"{path}: this is a trace of ranges: leave {option} out")
    try:
        recorded = RangeTrace.from_json(value)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    if recorded.fault:
        _refuse_unknown_fault(path, recorded.fault)
    if target is None:
        for line in (*_about_ranges(recorded), *recorded.lines()):
            typer.echo(line)
        try:
            output.write(recorded)
        except ValueError as error:
            raise UsageError(f"{path}: {error}") from None
        raise typer.Exit(EXIT_PASSED)
    if recorded.fault:
        typer.echo(f"note: the trace names the fault {recorded.fault}; the target runs as it is")
    with end_with_status():
        status = replay(Console(highlight=False), target, recorded, limits, output)
    raise typer.Exit(status)


def _refuse_unknown_fault(path: Path, fault: str) -> None:
    """A trace of ranges names a fault that there is.

    :raises UsageError: there is none of that name.
    """
    from proofs.report.storyboard.replays.range_faults import refuse_unknown

    try:
        refuse_unknown(fault)
    except ValueError as error:
        raise UsageError(f"{path}: no trace: at $.fault: {error}") from None


def _about_ranges(trace: RangeTrace) -> Iterator[str]:
    """What a trace of ranges was kept for, which its run on the model does not check, and the fault that it has not."""
    yield f"ranges {trace.ranges}, pages {trace.dialect} · {trace.scope}"
    kept = f" What the trace was kept for was not checked here: {trace.shows}." if trace.shows else ""
    yield f"This is the model alone.{kept}"
    if trace.fault:
        yield f"The fault {trace.fault} is not in it; --svg and --html draw what it does."
    yield ""


def _trace_of(program: "Program", dialect: "Dialect", shown: tuple[str, str], path: Path) -> Trace:
    try:
        return Trace(dialect.name, scope_at(program, 0), operations_of(program), *shown)
    except ValueError as error:
        raise UsageError(f"{path}: only a target can run this: {error}") from None


def _show_model(trace: Trace, output: TraceOutput) -> None:
    """The trace as a table, on the model alone."""
    from proofs.report.storyboard import TooLargeError
    from proofs.report.writers.trace_table import print_trace

    try:
        print_trace(Console(), trace)
    except TooLargeError as error:
        raise UsageError(str(error)) from None
    output.write(trace)


def _show_messages(path: Path, value: Any, dialect: str | None, output: TraceOutput) -> None:
    """A trace of threads and messages as a table, with the fault that it names in its last step."""
    from proofs.report.storyboard.replays.messages import message_board
    from proofs.report.writers.trace_table import print_storyboard

    try:
        trace = MessageTrace.from_json(value)
        if dialect is not None:
            trace = replace(trace, dialect=parse_dialect(dialect, on_hardware=True).name)
        print_storyboard(Console(), message_board(trace))
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    output.write(trace)


def _show_cores(path: Path, value: Any, output: TraceOutput) -> None:
    """A trace of many cores, a lane a core, with the fault that it names in every step."""
    from proofs.report.storyboard.lanes.cores import core_board
    from proofs.report.storyboard.lanes.lanes import print_lanes

    try:
        trace = CoreTrace.from_json(value)
        print_lanes(Console(), core_board(trace))
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    output.write(trace)


def _json_of(path: Path) -> Any:
    """The JSON values of a file."""
    try:
        return read_json(path)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _replay_messages(
    path: Path,
    value: Any,
    named: tuple[str | None, str | None, str | None, str | None],
    dialect: str | None,
    limits: Limits,
    json: Path | None,
) -> NoReturn:
    """A program of threads again on a target, which has to be named."""
    try:
        recorded = messages_from_json(value)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    chosen = parse_dialect(dialect or recorded.dialect, on_hardware=True)
    if named[0] is None and named[1] is None:
        raise UsageError(f"{path}: threads and messages are replayed on a target: name one")
    target = target_named(*named)
    with end_with_status():
        report = replay_messages(target, recorded, chosen, limits=limits)
    _show(Console(highlight=False), report)
    write_json(json, report.to_json())
    raise typer.Exit(report.exit_status)


def _replay_race(
    path: Path,
    value: Any,
    target: str | None,
    cc: str | None,
    dialect: str | None,
    limits: Limits,
    json: Path | None,
    output: TraceOutput,
) -> NoReturn:
    """A run of several threads again on a target, which has to be named."""
    try:
        recorded = race_from_json(value)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    chosen = parse_dialect(dialect or recorded.dialect, on_hardware=True)
    if target is None:
        raise UsageError(f"{path}: a run of several threads is replayed on a target: name one")
    database = race_target(target, cc)
    with end_with_status():
        report = replay_race(database, recorded, chosen, limits=limits)
    print_race_replay(Console(highlight=False), report)
    write_json(json, report.to_json())
    draw_lanes(output, report)
    raise typer.Exit(report.exit_status)


def _read(path: Path, value: Any) -> Recorded:
    """What the file records."""
    try:
        return from_json(value)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _show(console: Console, report: ReplayReport | MessageReplay) -> None:
    if isinstance(report, MessageReplay) and not report.is_whole:
        step = report.program.texts()[report.step]
        console.print(f"[yellow]undecided[/]: step {report.step} cannot be asked: {escape(step)}")
        return
    if report.verdict == Conformance.UNDECIDED:
        console.print(f"[yellow]undecided[/]: the trace asks nothing of {escape(report.target)} after its init")
        return
    if report.failure is None:
        console.print(f"[green]agrees[/]: {escape(report.target)}, dialect {escape(report.dialect.name)}")
        return
    steps = report.to_json()["steps"]
    console.print(f"[red]{report.failure.verdict.value}[/] in step {report.step}, {escape(steps[report.step])}:")
    console.print(f"  {report.failure.sentence}", markup=False)
