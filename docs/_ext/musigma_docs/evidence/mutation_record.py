"""Recorded runs over whole modules, which take longer than a build: read, and held against today's sources."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from musigma_docs.evidence.runs import CHECKOUT
from proofs.mutation.targets import AREAS, Area
from proofs.report.writers.mutation_report import COLUMNS

RECORD = CHECKOUT / "docs" / "records" / "mutation.json"
NOTICED = ("proof", "refused", "test", "timeout")


@dataclass(frozen=True, slots=True)
class Run:
    """A run over every mutant of a module.

    :param day: when, and ``commit`` of what.
    :param code: a digest of the module's file then.
    :param functions: how many mutants of each function ended how.
    :param survivors: those that nothing noticed, each with its function, and the code before and after.
    """

    module: str
    day: str
    commit: str
    code: str
    functions: Mapping[str, Mapping[str, int]]
    survivors: Sequence[Mapping[str, str]]

    @property
    def is_of_today(self) -> bool:
        """Whether the module is as it was then."""
        return code_of(self.module) == self.code


@dataclass(slots=True)
class Recorded:
    """What is recorded of an area: the runs over modules that are as they were, and the modules that have none."""

    area: Area
    runs: list[Run] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)

    def count(self, *names: str) -> int:
        """How many mutants ended so, in the modules that are as they were."""
        return sum(counts[name] for run in self.runs for counts in run.functions.values() for name in names)


def code_of(module: str) -> str:
    """A digest of a module's file; empty if there is none."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return ""
    file = Path(spec.origin) if spec and spec.origin else None
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file else ""


def recorded(file: Path = RECORD) -> dict[str, Run]:
    """The runs by module."""
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return {module: Run(module=module, **run) for module, run in told.items()}


def by_area(runs: Mapping[str, Run]) -> Iterator[Recorded]:
    """What is recorded of each area."""
    for area in AREAS.values():
        found = Recorded(area)
        for module in area.walk():
            if module not in runs:
                found.never.append(module)
            elif runs[module].is_of_today:
                found.runs.append(runs[module])
            else:
                found.changed.append(module)
        yield found


def score(counts: Mapping[str, int]) -> str:
    """Of the mutants that do something else, how many are noticed; rounded down, so that 100% means all.

    >>> score({"proof": 2, "refused": 0, "test": 1, "timeout": 0, "equivalent": 4, "undecided": 0, "survived": 1})
    '75%'
    """
    noticed = sum(counts[name] for name in NOTICED)
    others = noticed + counts["survived"] + counts["undecided"]
    return f"{100 * noticed // others}%" if others else "none"


def total(functions: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The counts of functions added up."""
    return {name: sum(counts[name] for counts in functions.values()) for name in ("mutants", *COLUMNS)}
