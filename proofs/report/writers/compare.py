"""A run against an earlier report: what got worse, and what got better."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema

from proofs.report.writers.json_report import schema
from proofs.result import Result, Run
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
    """Raised where the earlier report cannot be compared with; the message says why, and what would do."""


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """An obligation whose verdict has changed. ``now`` is empty if there is no verdict of it any more."""

    obligation: str
    before: str
    now: str

    def __str__(self) -> str:
        """The change in words."""
        return f"{self.obligation}: was {self.before}, is {self.now or 'gone'}"


def check_report(old: Any, dialect: str, beside: Mapping[str, str] | None = None) -> None:
    """Find out whether an earlier JSON report can be compared with a run of a dialect.

    :param beside: the run's dialects of messages and of ranges, by these words.
    :raises ReportError: the report is none of ours, of another dialect, or of a run that was interrupted.
    """
    try:
        jsonschema.validate(old, schema("prove"))
    except jsonschema.ValidationError as error:
        raise ReportError(f"no report of musigma prove: at {error.json_path}: {error.message[:200]}") from None
    if old["dialect"] != dialect:
        raise ReportError(f"the report is of {old['dialect']}, this run of {dialect}; name the same dialect")
    if not old["complete"]:
        raise ReportError("the run of the report was interrupted; write it anew")
    for entry in old["results"]:
        kind, _, name = entry["dialect"].removeprefix(f"{dialect}, ").partition(" ")
        ours = (beside or {}).get(kind, name)
        if name != ours:
            raise ReportError(f"the report is of {kind} {name}, this run of {ours}; name the same dialect: --{kind}")


def worse(old: dict[str, Any], run: Run, asked: Collection[str] | None = None) -> list[VerdictChange]:
    """Return what is worse in the run than in an earlier report.

    :param asked: the obligations that the run was asked for, if not all; others of the report are left alone.
    """
    return list(_worse(old, run, asked))


def better(old: dict[str, Any], run: Run) -> list[VerdictChange]:
    """Return what is better in the run than in an earlier report."""
    before = {entry["obligation"]: Verdict(entry["verdict"]) for entry in old["results"]}
    return [
        VerdictChange(result.obligation.id, was.value, result.verdict.value)
        for result in run.results
        if (was := before.get(result.obligation.id)) is not None and _RANK[result.verdict] < _RANK[was]
    ]


def _silent(entry: Mapping[str, Any], result: Result) -> str:
    """The solvers that showed it in the report, and did not in the run, by name; empty if there is none."""
    now = {answer.solver for answer in result.outcome.answers if answer.result == "unsat"}
    return ", ".join(sorted({a["solver"] for a in entry["answers"] if a["result"] == "unsat"} - now))


def _worse(old: dict[str, Any], run: Run, asked: Collection[str] | None) -> Iterator[VerdictChange]:
    now = {result.obligation.id: result for result in run.results}
    for entry in old["results"]:
        name, before = entry["obligation"], Verdict(entry["verdict"])
        if name in now:
            result = now[name]
            lost = bool(entry["certificate"] and entry["certificate"]["checked"] and result.outcome.certificate)
            if _RANK[result.verdict] > _RANK[before]:
                yield VerdictChange(name, before.value, result.verdict.value)
            elif lost and not result.outcome.certified:
                yield VerdictChange(name, f"{before.value}, certificate checked", result.outcome.certificate)
            elif silent := _silent(entry, result):
                yield VerdictChange(name, f"{before.value}, {silent} agreeing", f"{result.verdict.value} without it")
        elif before != Verdict.NOT_CLAIMED and (asked is None or name in asked or name in run.undecided):
            yield VerdictChange(name, before.value, "undecided" if name in run.undecided else "")
