"""Recorded runs of every mutant of a function, which take longer than a build: read, and held against today's code."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from musigma_docs.evidence.runs import CHECKOUT
from proofs.mutation.operators.mutants import code_of_units
from proofs.mutation.targets import AREAS, Area
from proofs.report.writers.mutation_report import COLUMNS

RECORD = CHECKOUT / "docs" / "records" / "mutation.json"
NOTICED = ("proof", "refused", "test", "timeout")


@dataclass(frozen=True, slots=True)
class Run:
    """A run over every mutant of a function.

    :param day: when, and ``commit`` of what.
    :param code: a digest of the function then.
    :param counts: how many mutants ended how.
    :param survivors: those that nothing noticed, each with the code before and after.
    """

    function: str
    day: str
    commit: str
    code: str
    counts: Mapping[str, int]
    survivors: Sequence[Mapping[str, str]] = ()


@dataclass(slots=True)
class Recorded:
    """What is recorded of an area: the runs over functions that are as they were, and the functions that have none."""

    area: Area
    runs: list[Run] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)

    def count(self, *names: str) -> int:
        """How many mutants ended so, in the functions that are as they were."""
        return sum(run.counts[name] for run in self.runs for name in names)


@cache
def codes_of(module: str) -> Mapping[str, str]:
    """The functions of a module, each with a digest of its code; empty if there is no such module.

    >>> set(codes_of("machine.bits")) >= {"machine.bits.field"}
    True
    >>> codes_of("machine.gone")
    {}
    """
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return {}
    file = Path(spec.origin) if spec and spec.origin else None
    return code_of_units(module, file.read_text("utf-8")) if file else {}


def recorded(file: Path = RECORD) -> dict[str, dict[str, Run]]:
    """The runs by module and function."""
    told: dict[str, dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return {
        module: {function: Run(function=function, **run) for function, run in runs.items()}
        for module, runs in told.items()
    }


def of_today(module: str, runs: Mapping[str, Run]) -> list[Run]:
    """The runs over functions of a module that are as they were."""
    return [runs[name] for name, code in codes_of(module).items() if name in runs and runs[name].code == code]


def by_area(runs: Mapping[str, Mapping[str, Run]]) -> Iterator[Recorded]:
    """What is recorded of each area."""
    for area in AREAS.values():
        found = Recorded(area)
        for module in area.walk():
            known = runs.get(module, {})
            valid = of_today(module, known)
            found.runs += valid
            others = codes_of(module).keys() - {run.function for run in valid}
            found.changed += sorted(others & known.keys())
            found.never += sorted(others - known.keys())
        yield found


def score(counts: Mapping[str, int]) -> str:
    """Of the mutants that do something else, how many are noticed; rounded down, so that 100% means all.

    >>> score({"proof": 2, "refused": 0, "test": 1, "timeout": 0, "equivalent": 4, "undecided": 0, "survived": 1})
    '75%'
    """
    noticed = sum(counts[name] for name in NOTICED)
    others = noticed + counts["survived"] + counts["undecided"]
    return f"{100 * noticed // others}%" if others else "none"


def total(every: Collection[Mapping[str, int]]) -> dict[str, int]:
    """The counts of functions added up."""
    return {name: sum(counts[name] for counts in every) for name in ("mutants", *COLUMNS)}
