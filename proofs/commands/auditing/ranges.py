"""``musigma audit --ranges``: which readings of ranges lose something that is proved of them."""

from pathlib import Path

from proofs.commands.auditing.parts import audited, exit_of
from proofs.commands.shared.common import parse_ranges, write_json

OF_RANGES = ("--ranges", "--json", "--jobs", "--timeout")
"""The options that such an audit has a use for."""
ALL = "all"


def audit_the_ranges(name: str, json: Path | None, jobs: int | None, timeout: float) -> int:
    """Audit, print and write; the exit status.

    :param name: a dialect of ranges, or ``all`` for every reading and every named one.
    """
    from rich.console import Console

    from proofs.audits.ranges import Kept, RangeAudit, audit_ranges
    from proofs.report.writers.range_audit_report import print_range_audit, range_audit_json

    chosen, console = () if name == ALL else (parse_ranges(name),), Console()
    found, seconds, interrupted = audited(
        RangeAudit(), lambda pool, begin: audit_ranges(pool, chosen, on_part=begin), jobs, timeout
    )
    print_range_audit(console, found, seconds)
    write_json(json, range_audit_json(found, seconds))
    alarm = any(part.kept == Kept.ALARM for part in found.undecided)
    return exit_of(console, found.left, interrupted=interrupted, alarm=alarm, undecided=bool(found.undecided))
