"""A run against an earlier report: what got worse."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema

from proofs.prove import Run
from proofs.report.json_report import schema
from proofs.verdict import Verdict

# The higher, the worse. What a dialect does not claim is no evidence at all, so it is as bad as unknown.
_RANK = {
    Verdict.PROVED: 0,
    Verdict.WITNESSED: 0,
    Verdict.EXHAUSTED: 1,
    Verdict.UNPROVED: 2,
    Verdict.UNKNOWN: 3,
    Verdict.NOT_CLAIMED: 3,
    Verdict.ERROR: 4,
    Verdict.VACUOUS: 5,
    Verdict.REFUTED: 5,
    Verdict.DISAGREEMENT: 6,
}


class ReportError(ValueError):
    """The earlier report cannot be compared with; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Worse:
    """An obligation that was better before. ``now`` is empty if there is no verdict of it any more."""

    obligation: str
    before: str
    now: str

    def __str__(self) -> str:
        """The change in words."""
        return f"{self.obligation}: was {self.before}, is {self.now or 'gone'}"


def worse(old: Any, run: Run, asked: Collection[str] | None = None) -> list[Worse]:
    """What is worse in the run than in an earlier JSON report.

    :param asked: the obligations that the run was asked for, if not all; others of the report are left alone.
    :raises ReportError: the report is none of ours, or of another dialect.
    """
    try:
        jsonschema.validate(old, schema("prove"))
    except jsonschema.ValidationError as error:
        raise ReportError(f"no report of musigma prove: at {error.json_path}: {error.message[:200]}") from None
    if old["dialect"] != run.dialect.name:
        raise ReportError(f"the report is of {old['dialect']}, this run of {run.dialect.name}; name the same dialect")
    return list(_worse(old, run, asked))


def _worse(old: dict[str, Any], run: Run, asked: Collection[str] | None) -> Iterator[Worse]:
    now = {result.obligation.id: result for result in run.results}
    for entry in old["results"]:
        name, before = entry["obligation"], Verdict(entry["verdict"])
        if name in now:
            result = now[name]
            lost = bool(entry["certificate"] and entry["certificate"]["checked"] and result.certificate)
            if _RANK[result.verdict] > _RANK[before]:
                yield Worse(name, before.value, result.verdict.value)
            elif lost and not result.certified:
                yield Worse(name, f"{before.value}, certificate checked", result.certificate)
        elif before != Verdict.NOT_CLAIMED and (asked is None or name in asked or name in run.undecided):
            yield Worse(name, before.value, "undecided" if name in run.undecided else "")
