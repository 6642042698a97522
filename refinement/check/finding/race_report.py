"""The report of a check with threads."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from model.spaces.dialect import Dialect
from refinement.check.finding.finding import Conformance
from refinement.check.finding.race_finding import RaceFinding
from refinement.check.finding.report import Phase
from refinement.check.races.sanitizer import Sanitized
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED

VERSION = 1


@dataclass(frozen=True, slots=True)
class RaceReport:
    """The verdict on a target that several threads call, and what it rests on.

    ``sanitizer`` is what ThreadSanitizer said, where it was asked.

    A phase's ``operations`` are schedules. ``counts``: of schedules how many had a preemption, and how many calls that
    overlap; without these nothing is known.
    """

    target: str
    dialect: Dialect
    threads: int
    verdict: Conformance
    finding: RaceFinding | None
    phases: tuple[Phase, ...]
    seed: int
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    interrupted: bool = False
    library: str = ""
    sanitizer: Sanitized | None = None

    def beside(self, sanitizer: Sanitized) -> "RaceReport":
        """With ThreadSanitizer's own reports; if there are some, and nothing else was found, they are the verdict."""
        wrong = self.finding is None and sanitizer.reports
        return replace(self, sanitizer=sanitizer, verdict=Conformance.DIVERGES if wrong else self.verdict)

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The names of what was gone through whole."""
        return tuple(phase.name for phase in self.phases if phase.kind == "exhaustive" and phase.complete)

    @property
    def exit_status(self) -> int:
        """0 if the target conforms, 1 if it does not, 3 if too little is known, 130 if it was interrupted."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self.finding is None and not (self.sanitizer and self.sanitizer.reports):
            return EXIT_PASSED if self.verdict == Conformance.CONFORMS else EXIT_INCOMPLETE
        return EXIT_FAILED

    def to_json(self) -> dict[str, Any]:
        """JSON values, valid by ``races.schema.json``."""
        return {
            "musigma_races": VERSION,
            "target": self.target,
            "dialect": self.dialect.name,
            "hazard": self.dialect.hazard,
            "threads": self.threads,
            "verdict": self.verdict.value,
            "interrupted": self.interrupted,
            "rests_on": list(self.rests_on),
            "finding": None if self.finding is None else self.finding.to_json(),
            "phases": [
                {
                    "kind": phase.kind,
                    "name": phase.name,
                    "sentence": phase.sentence,
                    "complete": phase.complete,
                    "schedules": phase.operations,
                    "seconds": round(phase.seconds, 3),
                }
                for phase in self.phases
            ],
            "counts": self.counts,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "remarks": list(self.remarks),
            "sanitizer": None if self.sanitizer is None else asdict(self.sanitizer),
        }
