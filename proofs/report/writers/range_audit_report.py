"""The audit of ranges for people, and as JSON values."""

from typing import Any

from rich.console import Console
from rich.table import Table

from model.counting import counted
from proofs.audits.ranges import Kept, RangeAudit, RangePart
from proofs.obligations.ranges.inventory import of_ranges
from proofs.report.writers.versions import versions

RANGE_AUDIT_VERSION = 1
PREFIX = "ranges__"


def range_audit_json(audit: RangeAudit, seconds: float) -> dict[str, Any]:
    """An audit as JSON values, valid by ``range_audit.schema.json``."""
    return {
        "musigma_range_audit": RANGE_AUDIT_VERSION,
        "versions": versions(),
        "seconds": round(seconds, 3),
        "dialects": [_part_json(part) for part in audit.parts],
        "undecided": [*(part.dialect.name for part in audit.undecided), *audit.left],
    }


def _part_json(part: RangePart) -> dict[str, Any]:
    return {
        "dialect": part.dialect.name,
        "pages": part.dialect.pages.name,
        "kept": part.kept.value,
        "fallen": list(part.fallen),
        "reason": part.reason,
        "trace": part.trace.to_json() if part.trace else None,
    }


def print_range_audit(console: Console, audit: RangeAudit, seconds: float) -> None:
    """Print a table of the dialects, and a shortest trace for each that loses something."""
    table = Table(title="Readings of ranges", title_justify="left", box=None, pad_edge=True, show_edge=False)
    for heading in ("reading or dialect", "", "of the obligations"):
        table.add_column(heading, overflow="fold")
    for part in audit.parts:
        table.add_row(part.name, part.kept.value, _told(part))
    console.print(table)
    lost = [part for part in audit.parts if part.trace]
    if lost:
        console.print("\n[bold]Shortest traces[/bold]")
    for part in lost:
        sentence = of_ranges()[part.fallen[0]].sentence
        console.print(f"  {part.name}: not so: {sentence}", markup=False, highlight=False)
        console.print(f"      {one_line(part)}", markup=False, highlight=False)
    needs = [part.kept for part in audit.parts]
    told = ", ".join(f"{needs.count(kept)} {kept.value}" for kept in Kept if kept in needs) or "nothing was audited"
    console.print(f"\nranges: {told} in {seconds:.1f} s", markup=False, highlight=False)


def _told(part: RangePart) -> str:
    """What falls, or why nothing is known to fall."""
    if not part.fallen:
        return part.reason
    steps = len(part.trace.operations) if part.trace else 0
    first = part.fallen[0].removeprefix(PREFIX) + (f", {counted(steps, 'step')}" if steps else "")
    more = len(part.fallen) - 1
    return f"{first}; {more} more" if more else first


def one_line(part: RangePart) -> str:
    """The operations of a trace, in one line."""
    return "; ".join(o.text(part.trace.scope) for o in part.trace.operations) if part.trace else ""
