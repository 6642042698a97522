"""What becomes of the finding of ``musigma check``: a picture, a page, and files that show it again."""

from pathlib import Path

import typer

from proofs.commands.shared.common import write_json, write_text
from proofs.commands.shared.target import end_with_status
from proofs.commands.shared.trace_output import TraceOutput
from refinement.check import (
    CheckReport,
    Finding,
    Limits,
    MessageFinding,
    Target,
    as_c,
    as_json,
    as_pytest,
)
from refinement.check.finding.finding import operations_of


def draw(output: TraceOutput, report: CheckReport, target: Target, limits: Limits) -> None:
    """The finding: what the target answered beside the model."""
    from proofs.report.storyboard import storyboard_of
    from proofs.report.storyboard.replays.target import target_run

    found = report.finding
    if found is None:
        typer.echo("musigma: no picture: there is no finding to show", err=True)
        return
    if isinstance(found, MessageFinding):
        typer.echo("musigma: no picture: threads and messages are shown as text alone", err=True)
        return
    try:
        operations_of(found.program)
    except ValueError as error:
        typer.echo(f"musigma: no picture: {error}", err=True)
        return
    with end_with_status():
        output.draw(
            lambda: storyboard_of(
                target_run(target, found.program, report.dialect, found.failure, limits=limits, history=found.history)
            )
        )


def keep(
    finding: Finding | MessageFinding | None,
    target: Target,
    trace: Path | None,
    pytest: Path | None,
    main_c: Path | None,
) -> None:
    """Write what is asked for: the trace, a test, a program in C; nothing without a finding."""
    if finding is None:
        return
    write_json(trace, as_json(finding))
    if pytest is not None:
        write_text(pytest, as_pytest(finding, target, pytest.parent))
    if main_c is not None:
        write_text(main_c, as_c(finding))
