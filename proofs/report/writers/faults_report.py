"""The kill matrix on the terminal and as JSON, valid by the schema shipped beside this module."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from proofs.faults.catalogue.catalogue import ABSENT
from proofs.faults.catalogue.mechanism import Mechanism
from proofs.faults.hunts.matrix import ENGINES, JUDGES, Matrix
from proofs.faults.hunts.proof_of_code import CODE_FAULTS
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.registry import known
from proofs.report.writers.folding import Name
from proofs.report.writers.versions import versions
from proofs.two_runs import about_model
from refinement.faults.tables_and_tags import KERNEL_FAULTS

VERSION = 2
_WORST = (HuntEnding.SURVIVED, HuntEnding.ERROR, HuntEnding.UNAVAILABLE, HuntEnding.KILLED)
_STYLE = {
    HuntEnding.KILLED: "green",
    HuntEnding.SURVIVED: "bold red",
    HuntEnding.ERROR: "yellow",
    HuntEnding.UNAVAILABLE: "yellow",
}


@cache
def faults_schema() -> dict[str, Any]:
    """The schema of the report."""
    text = resources.files("proofs.report.writers").joinpath("faults.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def worst(findings: Iterable[HuntResult]) -> HuntEnding | None:
    """The outcome of a cell with these findings: killed only if all are."""
    endings = {finding.ending for finding in findings}
    return next((ending for ending in _WORST if ending in endings), None)


def cell(findings: Sequence[HuntResult]) -> str:
    """A cell in words: in how many operations all of them were killed, or which were not.

    >>> cell([HuntResult(Engine.CHECK, "EARLY_ASCENT", HuntEnding.KILLED, ("diverges",), 3)])
    'killed in 3'
    >>> cell([HuntResult(Engine.CHECK, "EARLY_ASCENT", HuntEnding.SURVIVED)])
    'survived: EARLY_ASCENT'
    """
    ending = worst(findings)
    if ending is None:
        return "·"
    if ending != HuntEnding.KILLED:
        return "; ".join(f"{ending.value}: {f.change}" for f in findings if f.ending == ending)
    steps = sorted({finding.steps for finding in findings if finding.steps})
    if not steps:
        return "killed"
    return f"killed in {steps[0]}" if len(steps) == 1 else f"killed in {steps[0]} to {steps[-1]}"


def first_kill(findings: Sequence[HuntResult]) -> str:
    """Name what fell first, by the engine that says it best: an obligation, else what was seen.

    >>> first_kill([HuntResult(Engine.CHECK, "EARLY", HuntEnding.KILLED, ("diverges",), 3, said="σ2[0] shows frame 0")])
    'σ2[0] shows frame 0'
    """
    killed = [finding for finding in findings if finding.killed]
    proved = list(dict.fromkeys(f.fell[0] for f in killed if f.engine in JUDGES))
    if proved:
        return proved[0] + (f" and {len(proved) - 1} more" if len(proved) > 1 else "")
    return killed[0].said if killed else ""


def print_matrix(console: Console, matrix: Matrix) -> None:
    """Print the matrix, what is not as it should be, and a summary."""
    engines = [e for e in ENGINES if any(f.engine == e for _, findings in matrix.rows for f in findings)]
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("fault", min_width=18)
    for engine in engines:
        table.add_column(engine.value, overflow="fold", min_width=9)
    table.add_column("what fell", ratio=1)
    for mechanism, findings in matrix.rows:
        if not findings:
            continue
        cells = []
        for engine in engines:
            here = [finding for finding in findings if finding.engine == engine]
            ending = worst(here)
            cells.append(Text(cell(here), style=_STYLE[ending] if ending else "dim"))
        table.add_row(Name(mechanism.name), *cells, Name(first_kill(findings)))
    console.print(table)
    console.print("killed in so many operations of a trace; a proof gives none", style="dim", highlight=False)
    console.print()
    for line in summary(matrix):
        console.print(line, markup=False, highlight=False)


def summary(matrix: Matrix) -> list[str]:
    """Say in sentences what the run shows and does not show."""
    lines = [f"SURVIVED {f.engine.value}: {f.change}: {f.said}" for f in matrix.survivors]
    lines += [f"ALARM {f.engine.value} finds fault with what has none: {', '.join(f.fell)}" for f in matrix.alarms]
    lines += [f"UNDECIDED {f.engine.value}: {f.change or 'without a fault'}: {f.said}" for f in matrix.undecided]
    lines += [f"UNDECIDED {name}: {why}" for name, why in matrix.unsettled.items()]
    lines += [f"NO FAULT FELLS {name}" for name in matrix.unfelled]
    lines += [f"NOT PROVED {name}: {why}" for name, why in matrix.unsound.items()]
    findings = [finding for _, row in matrix.rows for finding in row]
    killed = sum(finding.killed for finding in findings)
    # A change of the theory and one of the kernel may have the same name.
    changes = {(f.change, f.engine in (Engine.PROOF, Engine.EXPLORATION)) for f in findings}
    lines.append(
        f"mechanisms: {sum(bool(row) for _, row in matrix.rows)}; changes: {len(changes)};"
        f" hunts that ended in a kill: {killed} of {len(findings)} ({matrix.seconds:.0f} s)"
    )
    if matrix.felled or matrix.unfelled:
        about_code = sum(is_about_code(name) for name in matrix.felled)
        lines.append(
            f"{len(matrix.felled)} obligations fall by some fault"
            f" ({len(matrix.felled) - about_code} about the model, {about_code} about code),"
            f" {len(matrix.unfelled)} by none"
        )
    for name, dialects in matrix.refuted.items():
        lines.append(f"{name} is proved in no dialect; the reading of {', '.join(dialects)} is what it falls by")
    if matrix.felled and not matrix.code_judged:
        about_code = sum(map(is_about_code, known()))
        lines.append(f"not judged: {about_code} obligations about code; --all judges them too")
    return lines


def print_catalogue(console: Console, mechanisms: Iterable[Mechanism]) -> None:
    """Print name, mechanism, source and changes of each fault; then what is left out, and why."""
    for each in mechanisms:
        console.print(f"[bold]{each.name}[/]  {each.mechanism}", highlight=False)
        for layer, changes in layers(each):
            console.print(f"    {layer}: {', '.join(changes)}", markup=False, highlight=False)
        console.print(f"    seen in: {each.seen_in}", markup=False, highlight=False)
    console.print()
    for absent in ABSENT:
        line = f"not here: {absent.name} ({absent.mechanism}; {absent.seen_in}), since {absent.why}"
        console.print(line, markup=False, highlight=False)


def layers(mechanism: Mechanism) -> list[tuple[str, tuple[str, ...]]]:
    """The layers that a mechanism strikes, and the changes of each."""
    of_spaces = (KERNEL_FAULTS[name] for name in mechanism.kernel if name in KERNEL_FAULTS)
    machine = tuple(fault.name for fault in of_spaces if fault.layer == "buffer")
    machine += tuple(name for name in mechanism.code if CODE_FAULTS[name].layer == "machine")
    software = tuple(name for name in (*mechanism.kernel, *mechanism.code) if name not in machine)
    rows = (
        ("theory", mechanism.theory),
        ("kernel", software),
        ("machine", machine),
        ("C reference", mechanism.reference),
        ("sized example", mechanism.sized),
        ("several cores", mechanism.interleaved),
    )
    return [(layer, changes) for layer, changes in rows if changes]


def is_about_code(obligation: str) -> bool:
    """Return whether an obligation speaks of code, and not of the model."""
    return not about_model(known()[obligation])


def faults_json(matrix: Matrix) -> dict[str, Any]:
    """The whole of a run as JSON values."""
    return {
        "musigma_faults": VERSION,
        "versions": versions(),
        "exit_status": matrix.exit_status,
        "seconds": round(matrix.seconds, 3),
        "faults": [
            {
                "name": mechanism.name,
                "topic": mechanism.topic,
                "mechanism": mechanism.mechanism,
                "seen_in": mechanism.seen_in,
                "layers": {layer: list(changes) for layer, changes in layers(mechanism)},
                "fells": _fells(findings),
                "findings": [_finding(finding) for finding in findings],
            }
            for mechanism, findings in matrix.rows
        ],
        "controls": [_finding(finding) for finding in matrix.controls],
        "obligations": {
            "felled": {
                name: {**_by(findings[0]), "faults": [_by(finding) for finding in findings]}
                for name, findings in matrix.felled.items()
            },
            "unfelled": list(matrix.unfelled),
            "felled_by_reading": {name: list(dialects) for name, dialects in matrix.refuted.items()},
            "unsound": dict(matrix.unsound),
            "undecided": dict(matrix.unsettled),
            "code_judged": matrix.code_judged,
        },
        "absent": [{"name": a.name, "mechanism": a.mechanism, "seen_in": a.seen_in, "why": a.why} for a in ABSENT],
    }


def _by(finding: HuntResult) -> dict[str, str]:
    return {"engine": finding.engine.value, "change": finding.change}


def _fells(findings: Sequence[HuntResult]) -> dict[str, list[str]]:
    """The obligations that a fault fells, about the model and about code."""
    named = dict.fromkeys(name for finding in findings if finding.engine in JUDGES for name in finding.fell)
    fells: dict[str, list[str]] = {"model": [], "code": []}
    for name in named:
        fells["code" if is_about_code(name) else "model"].append(name)
    return fells


def _finding(finding: HuntResult) -> dict[str, Any]:
    return {
        "engine": finding.engine.value,
        "change": finding.change,
        "ending": finding.ending.value,
        "fell": list(finding.fell),
        "steps": finding.steps,
        "shortest": finding.shortest,
        "said": finding.said,
        "seconds": round(finding.seconds, 3),
        "trace": finding.trace.to_json() if finding.trace else None,
    }
