"""What a check returns."""

from dataclasses import dataclass, field
from typing import Any

from model.spaces.dialect import Dialect
from refinement.check.driver.situations import PROSE, Situation
from refinement.check.finding.finding import Conformance, Finding

INTERRUPTED = 130  # the exit status of what a signal ended


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of a search: what it tried, and how far it came.

    ``kind`` is ``exhaustive``, ``limits`` or ``random``; ``complete``: nothing that it stands for was left out;
    ``sentence``: what is known after it, ``operations``: how many were compared.
    """

    kind: str
    name: str
    sentence: str
    complete: bool
    operations: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The verdict on a target under a dialect, and what it rests on.

    ``interrupted``: the search was ended from outside, so that it shows nothing but a difference found before.
    """

    target: str
    dialect: Dialect
    verdict: Conformance
    finding: Finding | None
    phases: tuple[Phase, ...]
    seed: int
    seconds: float
    views: tuple[str, ...]
    situations: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def operations(self) -> int:
        """How many operations were compared."""
        return sum(phase.operations for phase in self.phases)

    @property
    def exit_status(self) -> int:
        """0 if the target conforms, 1 if it does not, 3 if that stayed undecided, 130 if it was interrupted."""
        if self.interrupted:
            return INTERRUPTED
        return {Conformance.CONFORMS: 0, Conformance.UNDECIDED: 3}.get(self.verdict, 1)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_check": 1,
            "target": self.target,
            "dialect": self.dialect.name,
            "hazard": self.dialect.hazard,
            "verdict": self.verdict.value,
            "interrupted": self.interrupted,
            "finding": None if self.finding is None else self.finding.to_json(),
            "phases": [
                {
                    "kind": phase.kind,
                    "name": phase.name,
                    "sentence": phase.sentence,
                    "complete": phase.complete,
                    "operations": phase.operations,
                    "seconds": round(phase.seconds, 3),
                }
                for phase in self.phases
            ],
            "operations": self.operations,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "views": list(self.views),
            "situations": self.situations,
            "remarks": list(self.remarks),
        }


def situations_named(counts: list[int]) -> dict[str, int]:
    """Counts under the names that people read."""
    return {PROSE[situation]: counts[situation] for situation in Situation}
