"""The audit of a protocol of many cores for people, and as JSON values."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from model.cores.trace import step_words
from model.counting import counted
from proofs.audits.cores import CoreAudit, Need, Part
from proofs.obligations.cores.inventory import prefix
from proofs.report.writers.versions import versions

CORE_AUDIT_VERSION = 1


def core_audit_json(audit: CoreAudit, seconds: float) -> dict[str, Any]:
    """An audit as JSON values, valid by ``core_audit.schema.json``."""
    return {
        "musigma_core_audit": CORE_AUDIT_VERSION,
        "versions": versions(),
        "seconds": round(seconds, 3),
        "protocol": audit.protocol.name,
        "conditions": [_part_json(part) for part in audit.conditions],
        "invariants": [_part_json(part) for part in audit.invariants],
        "undecided": [*(str(part) for part in audit.undecided), *audit.left],
    }


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "action": part.action,
        "name": part.name,
        "need": part.need.value,
        "obligation": part.obligation,
        "sentence": part.sentence,
        "not_inductive": list(part.fallen),
        "searched": list(part.searched),
        "trace": part.trace.to_json() if part.trace else None,
    }


def print_core_audit(console: Console, audit: CoreAudit, seconds: float) -> None:
    """Print tables of conditions and of invariants, and a shortest run for each condition that is needed."""
    of = audit.protocol.name
    begin = prefix(audit.protocol)
    console.print(_table(f"Conditions of {of}, each dropped alone", audit.conditions, begin))
    console.print(_table(f"Invariants of {of}, each left out of the hypotheses alone", audit.invariants, begin))
    console.print(f"\nThe obligations are called {begin}…", markup=False, highlight=False)
    needed = [part for part in audit.conditions if part.trace]
    if needed:
        console.print("\n[bold]Shortest runs without a condition[/bold]")
    for part in needed:
        console.print(f"  {part}: {part.sentence}", markup=False, highlight=False)
        console.print(f"      {one_line(part)}", markup=False, highlight=False)
    console.print(f"\n{of}: {_counted(audit.parts)} in {seconds:.1f} s", markup=False, highlight=False)


def _table(title: str, parts: Iterable[Part], begin: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=True, show_edge=False)
    for heading in ("what", "", "falls without it"):
        table.add_column(heading, overflow="fold")
    for part in parts:
        count = len(part.trace.operations) if part.trace else 0
        steps = f", {counted(count, 'step')}" if count else ""
        table.add_row(str(part), part.need.value, f"{part.obligation.removeprefix(begin)}{steps}")
    return table


def _counted(parts: Iterable[Part]) -> str:
    needs = [part.need for part in parts]
    told: Iterator[str] = (f"{needs.count(need)} {need.value}" for need in Need if need in needs)
    return ", ".join(told) or "nothing was audited"


def one_line(part: Part) -> str:
    """The steps of a part's run, in one line."""
    return "; ".join(step_words(operation) for operation in part.trace.operations) if part.trace else ""
