"""``musigma audit --protocol NAME``: which conditions of a protocol of many cores, and of its proof, are needed."""

from pathlib import Path
from time import perf_counter

from model.scope import ArgumentError
from proofs.commands.common import UsageError, progress_bar, write_json
from proofs.commands.explore_cores import protocol_asked
from proofs.verdict import EXIT_ALARM, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED

OF_IT = ("--protocol", "--json", "--jobs", "--timeout")
"""The options that such an audit has a use for."""


def audit_protocol(name: str, json: Path | None, jobs: int | None, timeout: float) -> int:
    """Audit, print and write; the exit status."""
    from rich.console import Console
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.core_audit import CoreAudit, Need, audit_cores
    from proofs.engines.pool import workers
    from proofs.engines.smt.outcome import Settings
    from proofs.report.writers.core_audit_report import core_audit_json, print_core_audit

    started, console = perf_counter(), Console()
    known = [CoreAudit(protocol_asked(name))]
    interrupted = False
    try:
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with workers(jobs, Settings(seconds=timeout)) as pool, progress_bar(*columns) as progress:
            task = progress.add_task("", total=None)

            def begin(part: str, so_far: CoreAudit) -> None:
                known.append(so_far)
                progress.update(task, description=part)

            known.append(audit_cores(known[0].protocol, pool, on_part=begin))
    except ArgumentError as error:
        raise UsageError(str(error)) from None
    except KeyboardInterrupt:
        interrupted = True
    found, seconds = known[-1], perf_counter() - started
    print_core_audit(console, found, seconds)
    write_json(json, core_audit_json(found, seconds))
    if interrupted:
        left = ", ".join(found.left) or "anything"
        console.print(f"interrupted; not audited: {left}", markup=False, highlight=False)
        return EXIT_INTERRUPTED
    if any(part.need == Need.ALARM for part in found.undecided):
        return EXIT_ALARM
    return EXIT_INCOMPLETE if found.undecided else EXIT_PASSED
