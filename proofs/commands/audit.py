"""``musigma audit``."""

import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from model.spaces.dialect import DIALECTS, Dialect
from proofs.commands.auditing.cores import OF_IT, audit_protocol
from proofs.commands.auditing.ranges import OF_RANGES, audit_the_ranges
from proofs.commands.proving.reports import report_in
from proofs.commands.shared.common import (
    check_writable,
    make_folder,
    parse_dialect,
    progress_bar,
    refuse_all_given_but,
    write_json,
    write_text,
)
from proofs.commands.shared.numbers import JOBS, QUESTION_TIME
from proofs.commands.shared.trace_output import open_page
from proofs.verdict import EXIT_ALARM, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED, Verdict

if TYPE_CHECKING:
    from proofs.audits.spaces import Audit


def audit(
    context: typer.Context,
    dialect: Annotated[
        list[str] | None, typer.Option(help="Audit this dialect only; may be given again. Default: all.")
    ] = None,
    proved: Annotated[
        Path | None,
        typer.Option(
            help="A report of prove --all --json of the same sources: what is proved of code there is not proved again."
        ),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the audit to this file as JSON.")] = None,
    jobs: Annotated[int | None, typer.Option(parser=JOBS, help="Worker processes. Default: one a processor.")] = None,
    svg: Annotated[
        Path | None, typer.Option(help="Draw a shortest trace of each refuted cell into this folder.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page for each refuted cell, and an index, into this folder.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the index in the browser.")] = False,
    timeout: Annotated[float, typer.Option(parser=QUESTION_TIME, help="Seconds for one question to a solver.")] = 10.0,
    protocol: Annotated[
        str | None,
        typer.Option(help="Of a protocol of many cores instead (interrupt): each condition, and each invariant."),
    ] = None,
    ranges: Annotated[
        str | None,
        typer.Option(help="Of ranges instead: a dialect of them, or 'all' readings and named dialects."),
    ] = None,
) -> None:
    """Audit each claim of the paper in each dialect, and each side condition of canonical.

    Exit status 0 means that every cell was decided, one way or the other; 3 that something stayed unknown; 4 that a
    solver contradicts what was evaluated, or another; 130 that it was interrupted, and what was not audited is named.
    """
    if protocol is not None:
        refuse_all_given_but(context, "a protocol of many cores has no use for it", *OF_IT)
        check_writable(json)
        raise typer.Exit(audit_protocol(protocol, json, jobs, timeout))
    if ranges is not None:
        refuse_all_given_but(context, "an audit of ranges has no use for it", *OF_RANGES)
        check_writable(json)
        raise typer.Exit(audit_the_ranges(ranges, json, jobs, timeout))
    started = perf_counter()
    chosen = [parse_dialect(name) for name in dialect] if dialect else list(DIALECTS.values())
    check_writable(json)
    for folder in (svg, html):
        make_folder(folder)

    from rich.console import Console
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.engines.server import one_thread_for_algebra

    with one_thread_for_algebra():
        from proofs.audits.spaces import Audit, undecided
        from proofs.audits.spaces import audit as run_audit
        from proofs.engines.pool import workers
        from proofs.engines.smt.outcome import Settings, Solvers
        from proofs.report.writers.json_report import audit_json
        from proofs.report.writers.proved_before import proved_before
        from proofs.report.writers.terminal import print_audit

    before = {} if proved is None else report_in(proved, proved_before)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console()
    known = [Audit((), (), tuple(each.name for each in chosen))]
    try:
        # One solver: the audit asks some two thousand questions; musigma prove asks the second one.
        pool_of_workers = workers(jobs, Settings(solvers=Solvers.Z3, seconds=timeout))
        with pool_of_workers as pool, progress_bar(*columns) as progress:
            task = progress.add_task("", total=None)

            def begin(name: str, so_far: Audit) -> None:
                known.append(so_far)
                progress.update(task, description=name)

            found = run_audit(pool, chosen, proved_before=before, on_dialect=begin)
    except KeyboardInterrupt:
        found = known[-1]
    seconds = perf_counter() - started
    if found.cells:
        print_audit(console, found, [each for each in chosen if each.name not in found.left], seconds)
    write_json(json, audit_json(found, seconds))
    if svg is not None or html is not None or open_:
        audited = [each for each in chosen if each.name not in found.left]
        _draw(found, audited, svg, html, open_=open_)
    if found.left:
        console.print(f"interrupted; not audited: {', '.join(found.left)}", markup=False, highlight=False)
        raise typer.Exit(EXIT_INTERRUPTED)
    left = undecided(found)
    if any(result.verdict == Verdict.DISAGREEMENT for result in left):
        raise typer.Exit(EXIT_ALARM)
    raise typer.Exit(EXIT_INCOMPLETE if left else EXIT_PASSED)


def _draw(found: "Audit", dialects: list[Dialect], svg: Path | None, html: Path | None, *, open_: bool) -> None:
    """Pictures and pages of what is refuted."""
    from proofs.report.writers.audit_pages import write_html, write_svg

    if svg is not None:
        write_svg(svg, found, write_text)
        typer.echo(f"written: pictures in {svg}", err=True)
    if html is not None or open_:
        # The browser reads them after this command has ended, so they have to stay.
        index = write_html(html or Path(tempfile.mkdtemp(prefix="musigma-")), found, dialects, write_text)
        typer.echo(f"written: {index}, and a page for each link in it", err=True)
        if open_:
            open_page(index)
