"""``musigma audit --protocol NAME``: which conditions of a protocol of many cores are needed."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from proofs.commands.common import UsageError, progress_bar, write_json
from proofs.verdict import EXIT_ALARM, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED, Verdict

if TYPE_CHECKING:
    from rich.console import Console

    from proofs.core_audit import CoreAudit

OF_PROTOCOLS = ("--protocol", "--json", "--jobs", "--timeout")
"""The options that such an audit has a use for."""


def audit_protocols(names: list[str], json: Path | None, jobs: int | None, timeout: float) -> int:
    """Audit protocols, print and write; the exit status."""
    from rich.console import Console
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from model.cores.readings import PROTOCOLS
    from proofs.core_audit import CoreAudit, audit_cores
    from proofs.engines.pool import workers
    from proofs.engines.smt.outcome import Settings, Solvers
    from proofs.report.writers.json_report import core_audit_json

    unknown = [name for name in names if name not in PROTOCOLS and name != "all"]
    if unknown:
        raise UsageError(
            f"no right protocol of many cores is called {unknown[0]!r}: write one of {', '.join(PROTOCOLS)}, or all"
        )
    chosen = [each for name, each in PROTOCOLS.items() if name in names or "all" in names]
    started, console = perf_counter(), Console()
    known = [CoreAudit(())]
    try:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        pool_of_workers = workers(jobs, Settings(solvers=Solvers.Z3, seconds=timeout))
        with pool_of_workers as pool, progress_bar(*columns) as progress:
            task = progress.add_task("", total=None)

            def begin(name: str, so_far: CoreAudit) -> None:
                known.append(so_far)
                progress.update(task, description=name)

            found = audit_cores(chosen, pool, begin)
    except KeyboardInterrupt:
        found = known[-1]
    _show(console, found)
    write_json(json, core_audit_json(found, perf_counter() - started))
    if found.left:
        console.print(f"interrupted; not audited: {', '.join(found.left)}", markup=False, highlight=False)
        return EXIT_INTERRUPTED
    owed = [outcome for each in found.dropped for outcome in (each.outcomes[name] for name in each.undecided)]
    if any(outcome.verdict == Verdict.DISAGREEMENT for outcome in owed):
        return EXIT_ALARM
    return EXIT_INCOMPLETE if owed else EXIT_PASSED


def _show(console: "Console", found: "CoreAudit") -> None:
    """The conditions of each protocol, and the shortest ways to what happens without them."""
    from model.cores.readings import PROTOCOLS

    for protocol in PROTOCOLS.values():
        some = [each for each in found.dropped if each.protocol is protocol]
        if not some:
            continue
        console.print(f"{protocol.name}: each condition of a step, dropped alone", markup=False, highlight=False)
        for each in some:
            line = f"  {each.action + ': ' + each.condition:43} {each.sentence}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
            if each.trace is not None:
                way = "; ".join(each.trace.words())
                console.print(f"      {way}", markup=False, highlight=False, soft_wrap=True)
