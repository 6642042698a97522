"""The score of a mutation run on the terminal and as JSON, valid by the schema shipped beside this module."""

import json
import platform
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from proofs.mutation.operators.mutants import Mutant
from proofs.mutation.record import MutantEnding
from proofs.mutation.runner.run import Score
from proofs.report.writers.folding import Name

VERSION = 1
COLUMNS: dict[str, tuple[MutantEnding, ...]] = {
    "proof": (MutantEnding.PROOF,),
    "refused": (MutantEnding.REFUSED,),
    "test": (MutantEnding.TEST,),
    "timeout": (MutantEnding.TIMEOUT,),
    "equivalent": (MutantEnding.EQUIVALENT,),
    "undecided": (MutantEnding.ERROR, MutantEnding.UNDECIDED),
    "survived": (MutantEnding.SURVIVED,),
}
"""The columns of the table: by what a mutant was noticed, or why not."""


@cache
def mutation_schema() -> dict[str, Any]:
    """The schema of the report."""
    text = resources.files("proofs.report.writers").joinpath("mutation.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def row(score: Score, mutants: Iterable[Mutant]) -> dict[str, int]:
    """Count mutants: all, by the way in which they ended, and those that only word an error."""
    mutants = list(mutants)
    counts = {name: score.count(mutants, *endings) for name, endings in COLUMNS.items()}
    worded = sum(mutant.wording for mutant in mutants)
    return {"mutants": len(mutants) - worded, **counts, "wording": worded}


def print_score(console: Console, score: Score) -> None:
    """Print a line for each function, then what is not as it should be, then a summary."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("function", ratio=1)
    whole = row(score, score.mutants.values())
    names = [name for name, count in whole.items() if count or name in ("mutants", "survived")]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for function, mutants in score.functions.items():
        table.add_row(Name(function), *_cells(row(score, mutants), names))
    table.add_section()
    table.add_row("all", *_cells(whole, names))
    console.print(table)
    console.print()
    for line in summary(score):
        console.print(line, markup=False, highlight=False)


def _cells(counts: dict[str, int], names: Iterable[str]) -> list[Text]:
    bad = {"survived": "bold red", "undecided": "yellow"}
    return [
        Text(str(counts[name]) if counts[name] else "·", bad.get(name, "") if counts[name] else "dim") for name in names
    ]


def summary(score: Score) -> list[str]:
    """Say in sentences what the run shows; first, all that is not as it should be."""
    lines = [f"SURVIVED {describe_mutant(mutant)}" for mutant in score.survivors]
    lines += [
        f"UNDECIDED {describe_mutant(mutant)}: {score.fate(mutant).said}"
        for mutant in score.undecided
        if mutant.id in score.fates
    ]
    lines += [
        f"STALE {entry.mutant} of {entry.function} ({entry.before} → {entry.after}) is no mutant any more:"
        " judge it anew, and mend equivalent.toml"
        for entry in score.stale
    ]
    lines += [f"NOT ASKED, since it fails on the code as it is: {name}" for name in score.unusable]
    lines += [f"FAILED {what}" for what in score.failed]
    counts = row(score, score.mutants.values())
    noticed = sum(score.fate(mutant).ending.killed for mutant in score.mutants.values() if not mutant.wording)
    judged = counts["mutants"] - counts["equivalent"] - counts["undecided"]
    lines.append(
        f"{len(score.functions)} functions, {counts['mutants']} mutants: {noticed} of {judged} noticed,"
        f" {counts['equivalent']} equivalent, {counts['survived']} survived, {counts['undecided']} undecided"
        f" ({score.seconds:.0f} s)"
    )
    return lines


def describe_mutant(mutant: Mutant) -> str:
    """Describe a mutant in one line."""
    where = f"{mutant.function} ({mutant.file}:{mutant.line})"
    return f"{mutant.id} {where} {mutant.operator}: {mutant.before} → {mutant.after}"


def mutation_json(score: Score) -> dict[str, Any]:
    """The whole of a run as JSON values."""
    return {
        "musigma_mutation": VERSION,
        "versions": {
            "musigma": version("musigma"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("z3-solver", "numpy")},
        },
        "exit_status": score.exit_status,
        "seconds": round(score.seconds, 3),
        "functions": {
            function: {**row(score, mutants), "file": mutants[0].file} for function, mutants in score.functions.items()
        },
        "mutants": [_mutant(score, mutant) for mutant in score.mutants.values()],
        "stale": [
            {"id": e.mutant, "function": e.function, "before": e.before, "after": e.after, "reason": e.reason}
            for e in score.stale
        ],
        "unusable": list(score.unusable),
        "failed": list(score.failed),
    }


def _mutant(score: Score, mutant: Mutant) -> dict[str, Any]:
    fate = score.fate(mutant)
    return {
        "id": mutant.id,
        "function": mutant.function,
        "file": mutant.file,
        "line": mutant.line,
        "operator": mutant.operator,
        "before": mutant.before,
        "after": mutant.after,
        "ending": "wording" if mutant.wording else fate.ending.value,
        "by": fate.by,
        "said": fate.said,
        "seconds": round(fate.seconds, 3),
    }
