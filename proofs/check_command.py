"""``musigma check`` and ``musigma replay``: the engines of :mod:`refinement.check`, on a terminal."""

import importlib.util
import json
import sys
import xml.etree.ElementTree as ElementTree
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.dialect import CANONICAL, DIALECTS, Dialect, dialect_named
from refinement.check import (
    CheckReport,
    DialectReport,
    Finding,
    Limits,
    ReplayReport,
    Target,
    TargetError,
    ToolError,
    Verdict,
    as_c,
    as_json,
    as_pytest,
    as_text,
    command_target,
    find_dialect,
    parse_target,
)
from refinement.check import check as check_target
from refinement.check import replay as replay_program
from refinement.check.cluster import connect
from refinement.check.steps import from_json

AUTO = "auto"

COLOURS = {
    Verdict.CONFORMS: "green",
    Verdict.DIVERGES: "red",
    Verdict.CRASHED: "red",
    Verdict.HUNG: "red",
    Verdict.UNDECIDED: "yellow",
}


class UsageError(Exception):
    """The command was called wrongly: one line, exit status 2."""


def _fail(message: str) -> typer.Exit:
    """Say what was wrong, on one line."""
    Console(stderr=True).print(f"musigma: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(2)


def _target(target: str | None, command: str | None) -> Target:
    if (target is None) == (command is None):
        raise UsageError("name one target: a shared library, file.py:Class, or --command 'program arguments'")
    return command_target(command) if command is not None else parse_target(str(target))


def _dialect(name: str) -> Dialect:
    try:
        return dialect_named(name)
    except KeyError:
        raise UsageError(f"there is no dialect {name!r}; choose {AUTO} or one of {', '.join(DIALECTS)}") from None


TargetArgument = Annotated[
    str | None, typer.Argument(help="A shared library, or file.py:Class.", metavar="[TARGET]", show_default=False)
]
CommandOption = Annotated[
    str | None, typer.Option("--command", help="A program that speaks JSON lines, instead of TARGET.")
]


def check(
    target: TargetArgument = None,
    *,
    command: CommandOption = None,
    dialect: Annotated[str, typer.Option(help="The dialect to check against, or 'auto' to find it.")] = CANONICAL.name,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time for the search.")] = 30.0,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the random programs.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 1,
    hang: Annotated[float, typer.Option(min=0.1, help="Seconds after which a call hangs.")] = 5.0,
    memory: Annotated[int, typer.Option(min=1, help="MiB that the target may use.")] = 1024,
    executor: Annotated[str | None, typer.Option(help="dask://HOST:PORT to use the workers of a cluster.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Write the trace that was found, as JSON.")] = None,
    pytest: Annotated[Path | None, typer.Option(help="Write a test that shows the finding.")] = None,
    main_c: Annotated[Path | None, typer.Option("--main-c", help="Write a C program that shows the finding.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report.")] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")] = False,
) -> None:
    """Check a mapping database against the model.

    Exit status: 0 it conforms, 1 it does not, 2 it cannot be checked, 3 nothing is known.
    """
    console = Console(stderr=as_json_, highlight=False)
    limits = Limits(hang=hang, memory=memory << 20)
    try:
        database = _target(target, command)
        chosen = None if dialect == AUTO else _dialect(dialect)
        found = None
        if chosen is None:
            found = find_dialect(database, limits=limits)
            chosen = found.dialect
        with _executor(executor) as pool, console.status("checking") as status:
            report = check_target(
                database,
                chosen,
                seconds=seconds,
                seed=seed,
                jobs=jobs,
                limits=limits,
                executor=pool,
                tell=lambda line: status.update(escape(line)),
            )
        if found is None and report.finding is not None:
            found = _other_dialect(database, limits, chosen)
    except (TargetError, UsageError) as error:
        raise _fail(str(error)) from None
    except OSError as error:
        raise _fail(f"--executor {executor!r}: {error}") from None
    except ToolError as error:
        Console(stderr=True).print(f"musigma: the tool failed: {error}", style="red", markup=False)
        raise typer.Exit(3) from None
    _write(report.finding, database, trace, pytest, main_c)
    if junit is not None:
        _write_file(junit, junit_report(report))
    if as_json_:
        value = {**report.to_json(), "dialects": None if found is None else found.to_json()}
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    else:
        _show(console, report, found, asked=dialect == AUTO)
    raise typer.Exit(report.exit_status)


def _executor(address: str | None) -> Any:
    """A Dask cluster's executor, or none: then jobs run in processes here."""
    if address is None:
        return nullcontext(None)
    if not address.startswith("dask://"):
        raise UsageError(f"--executor {address!r}: write dask://HOST:PORT")
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("--executor: install the package distributed to use a Dask cluster")
    return connect(address.removeprefix("dask://"))


def _other_dialect(target: Target, limits: Limits, chosen: Dialect) -> DialectReport | None:
    """Another dialect that all experiments fit, where the one that was checked does not fit."""
    found = find_dialect(target, limits=limits)
    return found if found.fits and found.dialect.readings != chosen.readings else None


def _write(
    finding: Finding | None, target: Target, trace: Path | None, pytest: Path | None, main_c: Path | None
) -> None:
    if finding is None:
        return
    if trace is not None:
        _write_file(trace, json.dumps(as_json(finding), indent=2, ensure_ascii=False) + "\n")
    if pytest is not None:
        _write_file(pytest, as_pytest(finding, target))
    if main_c is not None:
        _write_file(main_c, as_c(finding))


def _write_file(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise _fail(f"{path}: {error.strerror}") from None


def junit_report(report: CheckReport) -> str:
    """One test a phase of the search, and one for the verdict."""
    failed = report.verdict != Verdict.CONFORMS
    suite = ElementTree.Element(
        "testsuite",
        name=f"musigma check {report.target}",
        tests=str(len(report.phases) + 1),
        failures=str(int(failed)),
        time=f"{report.seconds:.3f}",
    )
    for phase in report.phases:
        ElementTree.SubElement(
            suite, "testcase", classname=phase.kind, name=phase.sentence, time=f"{phase.seconds:.3f}"
        )
    case = ElementTree.SubElement(suite, "testcase", classname="verdict", name=f"dialect {report.dialect.name}")
    if failed:
        sentence = report.verdict.value if report.finding is None else report.finding.failure.sentence
        failure = ElementTree.SubElement(case, "failure", type=report.verdict.value, message=sentence)
        failure.text = "" if report.finding is None else as_text(report.finding)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _show(console: Console, report: CheckReport, found: DialectReport | None, *, asked: bool) -> None:
    if asked and found is not None:
        fits = "fits" if found.fits else "fits best, though not in all"
        console.print(f"dialect {found.dialect.name} {fits}; ruled out:")
        for ruling in found.rulings:
            console.print(f"  {ruling.dialect}: {ruling}", markup=False)
    table = Table(box=None, pad_edge=False)
    for column in ("phase", "what is known", "operations"):
        table.add_column(column, justify="right" if column == "operations" else "left")
    for phase in report.phases:
        table.add_row(phase.kind, escape(phase.sentence), f"{phase.operations:,}")
    console.print(table)
    for remark in report.remarks:
        console.print(f"note: {remark}", markup=False)
    reached = {name: count for name, count in report.situations.items() if count}
    if reached:
        missed = [name for name, count in report.situations.items() if not count]
        console.print(f"situations: {len(reached)} of {len(report.situations)} reached by random programs")
        if missed:
            console.print(f"  not reached: {'; '.join(missed)}", markup=False)
    views = " and ".join(report.views)
    colour = COLOURS[report.verdict]
    console.print(
        f"[{colour}]{report.verdict.value}[/]: {escape(report.target)}, dialect {escape(report.dialect.name)}, "
        f"compared by {views or 'nothing'}; {report.operations:,} operations in {report.seconds:.1f} s, "
        f"seed {report.seed}"
    )
    if report.dialect.hazard:
        console.print(f"hazard of this dialect: {report.dialect.hazard}", style="yellow", markup=False)
    if report.finding is not None:
        console.print(as_text(report.finding), markup=False)
        console.print(f"found by {report.finding.phase}; {report.finding.shortest}", markup=False)
        if not report.finding.reproducible:
            console.print("the target does not do the same each time", style="yellow")
        if not asked and found is not None:
            console.print(f"the experiments fit the dialect {found.dialect.name}: try --dialect auto", markup=False)


def replay(
    trace: Annotated[Path, typer.Argument(help="A trace or a list of steps, as JSON.", show_default=False)],
    target: TargetArgument = None,
    *,
    command: CommandOption = None,
    dialect: Annotated[str | None, typer.Option(help="Instead of the dialect that the trace names.")] = None,
    hang: Annotated[float, typer.Option(min=0.1, help="Seconds after which a call hangs.")] = 5.0,
    as_json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")] = False,
) -> None:
    """Run a trace on a mapping database again.

    Exit status: 0 the target agrees with the model, 1 it does not, 2 it cannot be run.
    """
    try:
        program, named = _read_trace(trace)
        report = replay_program(_target(target, command), program, _dialect(dialect or named), limits=Limits(hang=hang))
    except (TargetError, UsageError) as error:
        raise _fail(str(error)) from None
    except ToolError as error:
        Console(stderr=True).print(f"musigma: the tool failed: {error}", style="red", markup=False)
        raise typer.Exit(3) from None
    if as_json_:
        sys.stdout.write(json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        _show_replay(Console(highlight=False), report)
    raise typer.Exit(report.exit_status)


def _read_trace(path: Path) -> tuple[Any, str]:
    try:
        return from_json(json.loads(path.read_text("utf-8")))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}: this is no JSON: {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _show_replay(console: Console, report: ReplayReport) -> None:
    if report.failure is None:
        console.print(f"[green]agrees[/]: {escape(report.target)}, dialect {escape(report.dialect.name)}")
        return
    steps = report.to_json()["steps"]
    console.print(f"[red]{report.failure.verdict.value}[/] in step {report.step}, {escape(steps[report.step])}:")
    console.print(f"  {report.failure.sentence}", markup=False)
