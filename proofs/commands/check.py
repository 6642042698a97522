"""``musigma check``: a mapping database against a dialect; the engines of :mod:`refinement.check` on a terminal."""

import importlib.util
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from model.messages.readings import CANONICAL_MESSAGES
from model.ranges.readings import CANONICAL_RANGES
from model.spaces.dialect import CANONICAL, Dialect
from proofs.commands.checking import ownership as of_ownership
from proofs.commands.checking import ranges as of_ranges
from proofs.commands.checking.finding import draw, keep
from proofs.commands.checking.history import check_history
from proofs.commands.checking.known import run as check_known
from proofs.commands.checking.required import required_parts
from proofs.commands.checking.threads import RaceFiles, check_threads, is_source
from proofs.commands.shared.common import (
    UsageError,
    parse_dialect,
    parse_messages,
    refuse_all_given_but,
    refuse_given,
    write_json,
    write_text,
)
from proofs.commands.shared.numbers import JOBS, SEARCH_TIME, SEED, STACK, THREADS
from proofs.commands.shared.target import (
    MEMORY,
    CommandOption,
    Hang,
    Memory,
    Prefix,
    SkipUntil,
    TargetArgument,
    end_with_status,
    shrinking_time,
    target_named,
)
from proofs.commands.shared.trace_output import HtmlFile, OpenPage, SvgFile, TraceOutput
from proofs.report.writers.check_report import junit_report, print_check
from proofs.report.writers.versions import versions
from refinement.check import (
    DialectReport,
    Finding,
    Limits,
    Target,
    find_dialect,
    is_sized,
)
from refinement.check import check as check_target
from refinement.check.finding.report import ended_early
from refinement.check.process.cluster import connect
from refinement.check.search.dialects import ALL_CHANGES
from refinement.check.search.engine import SMALL_STACK
from refinement.check.search.hardware import LOADING
from refinement.statuses import EXIT_INTERRUPTED, EXIT_PASSED

AUTO = "auto"


def check(
    context: typer.Context,
    target: TargetArgument = None,
    *,
    command: CommandOption = None,
    skip_until: SkipUntil = None,
    prefix: Prefix = None,
    dialect: Annotated[str, typer.Option(help="The dialect to check against, or 'auto' to find it.")] = CANONICAL.name,
    messages: Annotated[
        str, typer.Option(help="The dialect of threads and messages, if the target offers them.")
    ] = CANONICAL_MESSAGES.name,
    ranges: Annotated[
        str, typer.Option(help="The dialect of ranges, if the target has sizes, or 'auto' to find it.")
    ] = CANONICAL_RANGES.name,
    ownership: Annotated[
        str | None,
        typer.Option(
            help="Check ownership of pages instead, in this dialect: ffa, pkvm, xen, readings changed, or 'auto'."
        ),
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option(help="Causes of differences, a line each, that are passed over; all others are collected."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(parser=SEARCH_TIME, help="Time for the search; a shortest trace is looked for besides.")
    ] = 30.0,
    seed: Annotated[int | None, typer.Option(parser=SEED, help="Seed of the random programs.")] = None,
    jobs: Annotated[int, typer.Option(parser=JOBS, help="Processes at a time.")] = 1,
    hang: Hang = 5.0,
    memory: Memory = MEMORY,
    stack: Annotated[
        int,
        typer.Option(
            parser=STACK,
            help="The small stack that a library is tried on as well, as in 64K; 0: none.",
            show_default="64K",
        ),
    ] = SMALL_STACK,
    require: Annotated[
        list[str] | None,
        typer.Option(help="What must be gone through whole, as in 'sequences of 3'. May be repeated."),
    ] = None,
    executor: Annotated[str | None, typer.Option(help="dask://HOST:PORT to use the workers of a cluster.")] = None,
    threads: Annotated[
        int,
        typer.Option(parser=THREADS, help="Call from so many threads, by chosen schedules; TARGET may be C."),
    ] = 1,
    cc: Annotated[str | None, typer.Option(help="How a TARGET in C is compiled, as in 'cc -O1 -DDEBUG'.")] = None,
    data_races: Annotated[
        bool, typer.Option("--data-races", help="With threads: accesses that nothing orders are findings, too.")
    ] = False,
    thread_sanitizer: Annotated[
        bool, typer.Option("--thread-sanitizer", help="With threads: ask ThreadSanitizer as well, of a TARGET in C.")
    ] = False,
    may_refuse: Annotated[
        bool, typer.Option("--may-refuse", help="A call that overlaps another may be refused without a reason.")
    ] = False,
    history: Annotated[
        Path | None, typer.Option(help="Judge this history of calls of several threads instead of a TARGET.")
    ] = None,
    trace: Annotated[Path | None, typer.Option(help="Write the trace that was found, as JSON.")] = None,
    pytest: Annotated[Path | None, typer.Option(help="Write a test that shows the finding.")] = None,
    main_c: Annotated[Path | None, typer.Option("--main-c", help="Write a C program that shows the finding.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file as JSON.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report.")] = None,
    svg: SvgFile = None,
    html: HtmlFile = None,
    open_: OpenPage = False,
) -> None:
    """Check a mapping database against the model.

    Exit status: 0 it conforms, 1 it does not, 2 it cannot be checked, 3 too little is known, 130 interrupted.
    """
    if history is not None:
        only = "TARGET", "--history", "--dialect", "--may-refuse", "--json"
        refuse_all_given_but(context, "--history is judged as it is", *only)
        check_history(
            target,
            history,
            None if dialect == CANONICAL.name else parse_dialect(dialect, on_hardware=True),
            may_refuse,
            json,
        )
    if ownership is not None and known is not None:
        _refuse_files_of_one_finding({"--trace": trace})
        refuse_all_given_but(context, "--known collects all differences of ownership", *of_ownership.GO_WITH_KNOWN)
        of_ownership.collect(
            target_named(target, command, skip_until, prefix),
            ownership,
            known,
            seconds,
            0 if seed is None else seed,
            Limits(hang=hang, memory=memory),
            json,
            _progress,
        )
    if ownership is not None:
        refuse_all_given_but(context, "--ownership is checked alone", *of_ownership.GO_WITH)
        kept_files = of_ownership.OwnershipFiles(trace, json, junit, pytest, main_c)
        of_ownership.run(
            target_named(target, command, skip_until, prefix),
            ownership,
            seconds,
            0 if seed is None else seed,
            Limits(hang=hang, memory=memory),
            kept_files,
            TraceOutput(svg=svg, html=html, open=open_, beside=kept_files.named()),
            _progress,
        )
    if threads > 1:
        pages = {"--pytest": pytest, "--main-c": main_c, "--known": known}
        named = {"--messages": (messages, CANONICAL_MESSAGES.name), "--ranges": (ranges, CANONICAL_RANGES.name)}
        changed = {option: given if given != usual else None for option, (given, usual) in named.items()}
        small = stack if stack != SMALL_STACK else None
        more = {"--command": command, "--executor": executor, "--require": require, "--stack": small}
        refuse_given(context, "--threads calls functions, and reads no output", "--skip-until", "--prefix")
        _with_threads_alone({**pages, **changed, **more})
        kept = {"--trace": trace, "--json": json, "--junit": junit}
        check_threads(
            target,
            parse_dialect(dialect, on_hardware=True),
            RaceFiles(trace, json, junit, TraceOutput(svg=svg, html=html, open=open_, beside=kept)),
            cc=cc,
            threads=threads,
            seconds=seconds,
            seed=seed,
            jobs=jobs,
            limits=Limits(hang=hang, memory=memory),
            data_races=data_races,
            may_refuse=may_refuse,
            thread_sanitizer=thread_sanitizer,
        )
    _refuse_what_wants_threads(
        target,
        {
            "--cc": cc is not None,
            "--data-races": data_races,
            "--thread-sanitizer": thread_sanitizer,
            "--may-refuse": may_refuse,
        },
    )
    written = {"--trace": trace, "--pytest": pytest, "--main-c": main_c, "--json": json, "--junit": junit}
    output = TraceOutput(svg=svg, html=html, open=open_, beside=written)
    database = target_named(target, command, skip_until, prefix)
    if main_c is not None and database.kind != "library":
        raise UsageError(f"--main-c calls a library, and {database} is none: leave it out")
    chosen = None if dialect == AUTO else parse_dialect(dialect, on_hardware=True)
    talk = parse_messages(messages)
    console = Console(highlight=False)
    limits = Limits(hang=hang, memory=memory)
    required, of_sizes = required_parts(require or [], chosen or CANONICAL, talk)
    stack = _stack(stack)
    asked = of_ranges.options(ranges, known)
    if known is not None:
        others = "--jobs", "--messages", "--require", "--executor", "--stack", "--open"
        refuse_given(context, "--known collects all differences", *others)
        one = {option: file for option, file in written.items() if option != "--json"}
        _refuse_files_of_one_finding({**one, "--svg": svg, "--html": html})
        check_known(database, asked, chosen, seconds, limits, json, _progress, seed=0 if seed is None else seed)
    found, sized = None, None
    with end_with_status():
        if chosen is None:
            begun = time.monotonic()
            found = find_dialect(database, limits=limits, changes=ALL_CHANGES, seconds=seconds / 2)
            chosen, seconds = found.dialect, max(seconds / 2, seconds - (time.monotonic() - begun))
        chosen = asked.pages(chosen)
        with _executor(executor) as pool, _progress() as tell:
            has_sizes = is_sized(database, limits)
            if of_sizes and not has_sizes:
                raise UsageError(f"--require {of_sizes[0]!r}: the target has no ranges; leave it out")
            report = check_target(
                database,
                chosen,
                messages=talk,
                seconds=(1 - of_ranges.SHARE) * seconds if has_sizes else seconds,
                seed=seed,
                jobs=jobs,
                limits=limits,
                executor=pool,
                small_stack=stack,
                shrinking=shrinking_time(seconds),
                required=required,
                tell=tell,
            )
        loads = report.finding is None or report.finding.phase != LOADING
        try:
            if has_sizes and loads and not report.interrupted:
                with _progress() as tell:
                    left, auto = of_ranges.SHARE * seconds, dialect == AUTO
                    seeded = 0 if seed is None else seed
                    sized = of_ranges.run(
                        database, asked, chosen, left, limits, tell, auto=auto, seed=seeded, required=of_sizes
                    )
            if has_sizes and loads and report.interrupted:
                typer.echo("musigma: interrupted before ranges were searched", err=True)
            ended = report.interrupted or (sized is not None and sized.report.interrupted)
            if found is None and loads and isinstance(report.finding, Finding) and not ended:
                with _progress() as tell:
                    tell("found: a difference; trying whether all of another dialect fits, some seconds")
                    found = _other_dialect(database, limits, report.dialect)
        except KeyboardInterrupt:  # what is known of single pages is not lost by that
            report = ended_early(report)
    print_check(console, report, found, asked=dialect == AUTO)
    keep(report.finding, database, trace, pytest, main_c)
    if sized is not None:
        of_ranges.show(console, sized)
        if report.finding is None and sized.report.findings:
            of_ranges.keep(sized.report.findings[0], database, trace, pytest, main_c)
    if junit is not None:
        write_text(junit, junit_report(report, None if sized is None else sized.report))
    if output.pictures and report.finding is None and sized is not None and sized.report.findings:
        first = sized.report.findings[0]
        of_ranges.draw(output, database, first.trace, first.failure, limits)
    elif output.pictures:
        draw(output, report, database, limits)
    dialects = None if found is None else found.to_json()
    with_ranges = {"ranges": None if sized is None else sized.to_json()}
    write_json(json, {**report.to_json(), "versions": versions(), "dialects": dialects, **with_ranges})
    statuses = (report.exit_status, sized.report.exit_status if sized else EXIT_PASSED)
    raise typer.Exit(EXIT_INTERRUPTED if EXIT_INTERRUPTED in statuses else statuses[0] or statuses[1])


def _refuse_files_of_one_finding(files: Mapping[str, Path | None]) -> None:
    """Options that go with a single finding are refused where differences are collected.

    :raises UsageError: one is given.
    """
    for option, file in files.items():
        if file is not None:
            instead = (
                "write --json, whose report has the trace of each"
                if option == "--trace"
                else "leave one of the two out"
            )
            raise UsageError(f"--known collects differences, and {option} is of one: {instead}")


def _with_threads_alone(others: dict[str, object]) -> None:
    """Options that mean nothing with threads are refused.

    :raises UsageError: one is given.
    """
    for name, value in others.items():
        if value is not None:
            raise UsageError(f"{name} cannot be had with --threads; leave one of them out")


def _refuse_what_wants_threads(target: str | None, options: Mapping[str, bool]) -> None:
    """A source in C, and options that mean something with several threads alone.

    :param options: whether each is given.
    :raises UsageError: one is, or the target is a source.
    """
    given = [option for option, is_given in options.items() if is_given]
    if given:
        want = "wants" if len(given) == 1 else "want"
        raise UsageError(f"{' and '.join(given)} {want} --threads 2 or more: name a number")
    if target is not None and is_source(target):
        compiled = f"compile it to a shared library, cc -shared -fPIC -o {Path(target).stem}.so {target}"
        raise UsageError(f"{target} is a source in C: {compiled}; or --threads 2 looks for races in it")


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What is being done: on a terminal one line that changes, else what takes long, on standard error."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status("checking") as status:
            yield lambda line: status.update(escape(line))
        return

    def say(line: str) -> None:
        if line.startswith(("found", "late")):
            typer.echo(f"musigma: {line}", err=True)

    yield say


def _stack(size: int) -> int:
    """A size that a thread can have.

    :raises UsageError: it is too small.
    """
    if 0 < size < 32 << 10:
        raise UsageError("--stack: write at least 32K, of which the driver takes about 16K; or 0")
    return size >> 12 << 12


@contextmanager
def _executor(address: str | None) -> Iterator[Any]:
    """A Dask cluster's executor, or none: then jobs run in processes here."""
    if address is None:
        yield None
        return
    if not address.startswith("dask://"):
        raise UsageError(f"--executor {address!r}: write dask://HOST:PORT")
    if importlib.util.find_spec("distributed") is None:
        raise UsageError("--executor: install the package distributed to use a Dask cluster")
    with ExitStack() as stack:
        try:
            executor = stack.enter_context(connect(address.removeprefix("dask://")))
        except OSError as error:
            raise UsageError(f"--executor {address!r}: {error}") from None
        yield executor


def _other_dialect(target: Target, limits: Limits, chosen: Dialect) -> DialectReport | None:
    """Another dialect that all experiments fit, where the one that was checked does not fit."""
    found = find_dialect(target, limits=limits)
    return found if found.fits and found.dialect.readings != chosen.readings else None
