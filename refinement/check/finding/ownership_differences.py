"""All differences that a search of ownership collected, one of each cause, and what the verdict rests on."""

from dataclasses import dataclass
from typing import Any

from model.ownership.readings import OwnershipDialect
from refinement.check.finding.collected import collected_sentence, collected_status
from refinement.check.finding.finding import Conformance
from refinement.check.finding.ownership_finding import OwnershipFinding
from refinement.check.finding.report import Phase


@dataclass(frozen=True, slots=True)
class OwnershipDifference:
    """A difference, and its cause."""

    cause: str
    finding: OwnershipFinding

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"cause": self.cause, **self.finding.to_json()}


@dataclass(frozen=True, slots=True)
class OwnershipDifferencesReport:
    """The verdict on a target's ownership but for what is known, and what it rests on.

    :param known: by cause, how often what is known was passed over; ``not_met``: causes said to be known that did not
        come up.
    :param never_agreed: kinds of operations of which all that would change something was passed over.
    :param needed: what nothing conforms without, and whether it was gone through whole.
    :param interrupted: the search was ended from outside: it shows nothing but the differences found before.
    """

    target: str
    dialect: OwnershipDialect
    differences: tuple[OwnershipDifference, ...]
    phases: tuple[Phase, ...]
    needed: dict[str, bool]
    known: dict[str, int]
    not_met: tuple[str, ...]
    never_agreed: tuple[str, ...]
    seconds: float
    left_out: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def verdict(self) -> Conformance:
        """Conforming takes all that is needed, gone through whole, and of each kind an operation that was done right.

        *diverges*, without a difference in the report, if all that differs is known.
        """
        if self.differences:
            return self.differences[0].finding.failure.verdict
        if self.interrupted or not any(phase.operations for phase in self.phases):
            return Conformance.UNDECIDED
        if not self.needed or not all(self.needed.values()):
            return Conformance.SAMPLED
        if self.never_agreed:
            return Conformance.UNDECIDED
        return Conformance.DIVERGES if self.known else Conformance.CONFORMS

    @property
    def exit_status(self) -> int:
        """0 if nothing but what is known differs, 1 if something does, 3 if too little is known; 130: interrupted."""
        return collected_status(self.verdict, self.differences, interrupted=self.interrupted)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        first = self.differences[0].finding.failure.sentence if self.differences else ""
        return collected_sentence(self.verdict, first, len(self.differences), len(self.known), self.never_agreed)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_check_ownership": 1,
            "target": self.target,
            "dialect": self.dialect.name,
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "interrupted": self.interrupted,
            "differences": [each.to_json() for each in self.differences],
            "known": self.known,
            "never_agreed": list(self.never_agreed),
            "not_met": list(self.not_met),
            "phases": [
                {"name": phase.name, "sentence": phase.sentence, "complete": phase.complete} for phase in self.phases
            ],
            "left_out": list(self.left_out),
            "seconds": round(self.seconds, 3),
        }
