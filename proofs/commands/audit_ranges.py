"""``musigma audit --ranges``: which readings of ranges lose something that is proved of them."""

from pathlib import Path
from time import perf_counter

from proofs.commands.common import parse_ranges, progress_bar, write_json
from proofs.verdict import EXIT_ALARM, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED

OF_RANGES = ("--ranges", "--json", "--jobs", "--timeout")
"""The options that such an audit has a use for."""
ALL = "all"


def audit_the_ranges(name: str, json: Path | None, jobs: int | None, timeout: float) -> int:
    """Audit, print and write; the exit status.

    :param name: a dialect of ranges, or ``all`` for every reading and every named one.
    """
    from rich.console import Console
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.engines.pool import workers
    from proofs.engines.smt.outcome import Settings
    from proofs.range_audit import Kept, RangeAudit, audit_ranges
    from proofs.report.writers.range_audit_report import print_range_audit, range_audit_json

    chosen = () if name == ALL else (parse_ranges(name),)
    started, console = perf_counter(), Console()
    known = [RangeAudit()]
    interrupted = False
    try:
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with workers(jobs, Settings(seconds=timeout)) as pool, progress_bar(*columns) as progress:
            task = progress.add_task("", total=None)

            def begin(part: str, so_far: RangeAudit) -> None:
                known.append(so_far)
                progress.update(task, description=part)

            known.append(audit_ranges(pool, chosen, on_part=begin))
    except KeyboardInterrupt:
        interrupted = True
    found, seconds = known[-1], perf_counter() - started
    print_range_audit(console, found, seconds)
    write_json(json, range_audit_json(found, seconds))
    if interrupted:
        left = ", ".join(found.left) or "anything"
        console.print(f"interrupted; not audited: {left}", markup=False, highlight=False)
        return EXIT_INTERRUPTED
    if any(part.kept == Kept.ALARM for part in found.undecided):
        return EXIT_ALARM
    return EXIT_INCOMPLETE if found.undecided else EXIT_PASSED
