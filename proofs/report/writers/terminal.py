"""Tables on the terminal, with rich: plain when piped, without colour when NO_COLOR is set."""

from collections.abc import Iterable, Sequence
from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from model.messages.readings import CANONICAL_MESSAGES
from model.spaces.dialect import Dialect
from model.trace import Trace
from proofs.audits.spaces import Audit
from proofs.paper.claims import CLAIMS
from proofs.report.writers.describe import evidence_lines, failure_lines, structure_lines
from proofs.report.writers.folding import Name
from proofs.result import Result, Run
from proofs.two_runs import known_to_fail
from proofs.verdict import Verdict

TITLE, CELL = 14, 14  # columns for the longest word of a claim's title, and of a cell with what divides it
_STYLES = {
    Verdict.PROVED: "green",
    Verdict.WITNESSED: "green",
    Verdict.EXHAUSTED: "cyan",
    Verdict.REFUTED: "bold red",
    Verdict.UNPROVED: "yellow",
    Verdict.VACUOUS: "bold magenta",
    Verdict.DISAGREEMENT: "bold white on red",
    Verdict.UNKNOWN: "yellow",
    Verdict.ERROR: "bold magenta",
    Verdict.NOT_CLAIMED: "dim",
}


def verdict_text(verdict: Verdict) -> Text:
    """The verdict as coloured text."""
    return Text(verdict.value, style=_STYLES[verdict])


def print_run(console: Console, run: Run, seconds: float, *, quiet: bool = False) -> None:
    """Print the results of a run: a table, what was refuted, and totals; with ``quiet`` only what did not pass."""
    if quiet:
        for result in run.results:
            if not result.verdict.passed and result.verdict != Verdict.NOT_CLAIMED:
                why = f": {result.reason}" if result.reason else ""
                line = Text.assemble(verdict_text(result.verdict), f"  {result.obligation.id}{why}")
                console.print(line, soft_wrap=True)  # a line each, and nothing of it cut off
    else:
        _print_results(console, run)
    _print_totals(console, run, seconds)


def _print_results(console: Console, run: Run) -> None:
    table = Table(title=f"Obligations of the dialect {escape(run.dialect.name)}", title_justify="left", box=None)
    table.add_column("obligation")
    table.add_column("clause", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    spread = any(result.outcome.spread for result in run.results)
    if spread:
        table.add_column("spread of time, resources", justify="right")
    for result in run.results:
        if result.verdict != Verdict.NOT_CLAIMED:
            table.add_row(
                Name(result.obligation.id),
                result.obligation.claim,
                verdict_text(result.verdict),
                f"{result.seconds * 1000:.0f} ms" if result.seconds else "",
                *([_spread_text(result)] if spread else []),
            )
    console.print(table)
    for result in run.results:
        if not result.verdict.passed and result.verdict != Verdict.NOT_CLAIMED:
            _print_failure(console, result)


def _spread_text(result: Result) -> str:
    return f"{result.outcome.spread.time:.1f}× {result.outcome.spread.resources:.1f}×" if result.outcome.spread else ""


def print_witnesses(console: Console, run: Run) -> None:
    """Print for each obligation an evaluated state in which its hypotheses hold, a least one if one was found."""
    for result in run.results:
        if result.outcome.witness:
            console.print(f"\n{result.obligation.id}: its hypotheses hold in", markup=False, highlight=False)
            for line in structure_lines(result.outcome.witness):
                console.print(f"    {line}", markup=False, highlight=False)


def _print_failure(console: Console, result: Result) -> None:
    console.print()
    console.print(
        Text.assemble(verdict_text(result.verdict), f"  {result.obligation.id}: {result.obligation.sentence}")
    )
    for line in failure_lines(result):
        console.print(f"    {line}", markup=False, highlight=False)


def _print_totals(console: Console, run: Run, seconds: float) -> None:
    results = [result for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    counts = ", ".join(
        f"{sum(r.verdict == verdict for r in run.results)} {verdict.value}"
        for verdict in Verdict
        if any(r.verdict == verdict for r in run.results)
    )
    solved = [result.seconds for result in results if result.seconds]
    middle = f", median condition {median(solved) * 1000:.1f} ms" if solved else ""
    console.print()
    of_messages = f", messages {run.messages}" if run.messages not in ("", CANONICAL_MESSAGES.name) else ""
    console.print(
        f"{run.dialect.name}{of_messages}: {counts} in {seconds:.1f} s{middle}", markup=False, highlight=False
    )
    for line in evidence_lines(run):
        console.print(line, markup=False, highlight=False)
    for result in run.results:
        if result.verdict == Verdict.NOT_CLAIMED and known_to_fail(result.obligation, run.dialect.readings):
            console.print(f"{result.obligation.id}: {result.reason}", markup=False, highlight=False, soft_wrap=True)
    outside = sum(bool(result.outcome.outside) for result in results)
    if outside:
        console.print(f"{outside} outside the decidable fragment, decided all the same", highlight=False)
    for name, hazard in run.hazards:
        console.print(f"{name} carries a known hazard: {hazard}", markup=False, highlight=False)


def _that_fit(dialects: Sequence[Dialect], width: int) -> list[Sequence[Dialect]]:
    """The dialects of each table, in as few tables as have room for the longest word of each cell, and alike."""
    tables = -(-len(dialects) // max(1, (width - TITLE) // CELL))
    each = -(-len(dialects) // max(1, tables))
    return [dialects[first : first + each] for first in range(0, len(dialects), each)]


def _matrix(audit: Audit, dialects: Sequence[Dialect]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("claim")
    for dialect in dialects:
        table.add_column(Name(dialect.name))
    for claim in CLAIMS.values():
        row: list[str | Text] = [f"{claim.id} {claim.title}"]
        for dialect in dialects:
            cell = audit.cell(claim.id, dialect.name)
            steps = f" in {cell.decisive.steps}" if cell.verdict == Verdict.REFUTED and cell.decisive else ""
            row.append(Text(cell.verdict.value + steps, style=_STYLES[cell.verdict]))
        table.add_row(*row)
    return table


def print_audit(console: Console, audit: Audit, dialects: Sequence[Dialect], seconds: float) -> None:
    """Print the matrix of claims and dialects, the shortest counterexamples, and the side conditions."""
    console.print("[italic]Claims of the paper × dialects[/italic]")
    for some in _that_fit(dialects, console.width):
        console.print(_matrix(audit, some))
    console.print("\n«refuted in n»: a trace of n operations from the initial state, the shortest in its scope.")
    print_refutations(console, audit)
    reasons = {cell.reason for cell in audit.cells if cell.verdict == Verdict.NOT_CLAIMED}
    if reasons:
        console.print("\n[bold]Not claimed[/bold]")
        for reason in sorted(reasons):
            console.print(f"  {reason}", markup=False, highlight=False)
    if audit.necessities:
        console.print("\n[bold]Side conditions of canonical, each dropped alone[/bold]")
    for necessity in audit.necessities:
        console.print(f"  {necessity.condition.name}: {necessity.sentence}", markup=False, highlight=False)
        if necessity.refuted and (trace := necessity.refuted[0].trace):
            console.print(f"      {one_line(trace)}", markup=False, highlight=False)
        elif necessity.refuted:  # a run that is no trace of single pages
            console.print(f"      {necessity.refuted[0].reason}", markup=False, highlight=False)
    console.print(f"\nin {seconds:.1f} s", highlight=False)


def print_refutations(console: Console, audit: Audit) -> None:
    """Print, for each dialect, what is refuted, and the shortest trace of each obligation that is."""
    for dialect in dict.fromkeys(cell.dialect for cell in audit.cells):
        refuted = [result for cell in audit.cells if cell.dialect == dialect for result in _telling(cell.results)]
        if refuted:
            console.print(f"\n[bold]Refuted in {escape(dialect)}[/bold]")
            for result in refuted:
                console.print(
                    f"  {result.obligation.claim} {result.obligation.sentence}", markup=False, highlight=False
                )
                shown = one_line(result.trace) if result.trace else result.reason
                console.print(f"      {shown}", markup=False, highlight=False)


def _telling(results: Iterable[Result]) -> list[Result]:
    """The refuted results of a claim, without those that show the same trace again."""
    shown: dict[object, Result] = {}
    for result in sorted(results, key=lambda r: r.steps):
        if result.verdict == Verdict.REFUTED:
            key = (result.trace.scope, result.trace.operations) if result.trace else result.reason
            shown.setdefault(key, result)
    return list(shown.values())


def one_line(trace: Trace) -> str:
    """The operations of a trace in one line."""
    return "; ".join(operation.text(trace.scope) for operation in trace.operations)
