"""The report of a check."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from model.spaces.dialect import Dialect
from refinement.check.driver.situations import PROSE, Situation
from refinement.check.finding.finding import INTERRUPTED, Conformance, Finding
from refinement.check.finding.message_finding import MessageFinding
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED

VERSION = 3
REPLAY_VERSION = 3


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
class Messages:
    """What was compared of threads and messages.

    ``dialect`` is that of messages, ``offers`` the names of the functions that the target has for them, ``compared``
    whether any were called; ``met``: by kind of operation how many random ones were done and refused.
    """

    dialect: str
    hazard: str = ""
    offers: tuple[str, ...] = ()
    compared: bool = False
    met: dict[str, tuple[int, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        met = {kind: {"done": done, "refused": refused} for kind, (done, refused) in self.met.items()}
        return {
            "dialect": self.dialect,
            "hazard": self.hazard,
            "offers": list(self.offers),
            "compared": self.compared,
            "met": met,
        }


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The verdict on a target under a dialect, and what it rests on.

    ``stack`` is how many bytes the small stack had, ``required`` what the verdict had to rest on, by the names of
    phases; ``messages`` is what was compared of threads; ``interrupted``: the search was ended from outside, so that it
    shows nothing but a difference found before. ``known``: by cause, how often what is known was met and passed over,
    so that what lies behind is not known; ``cause``: that of the finding, where causes were asked for.
    """

    target: str
    dialect: Dialect
    verdict: Conformance
    finding: Finding | MessageFinding | None
    phases: tuple[Phase, ...]
    seed: int
    seconds: float
    views: tuple[str, ...]
    situations: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    interrupted: bool = False
    required: tuple[str, ...] = ()
    stack: int = 0
    messages: Messages | None = None
    known: dict[str, int] = field(default_factory=dict)
    cause: str = ""

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The names of what was gone through whole; of sequences that differ in their length the longest."""
        longest: dict[str, str] = {}
        for phase in self.phases:
            if phase.kind == "exhaustive" and phase.complete:
                longest[re.sub(r"\d+", "", phase.name, count=1) if "sequences" in phase.name else phase.name] = (
                    phase.name
                )
        return tuple(longest.values())

    @property
    def missing(self) -> tuple[str, ...]:
        """What was required, and not gone through whole."""
        return tuple(required for required in self.required if not is_reached(required, self.phases))

    @property
    def operations(self) -> int:
        """How many operations were compared."""
        return sum(phase.operations for phase in self.phases)

    @property
    def exit_status(self) -> int:
        """0 if the target conforms, 1 if it does not, 3 if too little is known, 130 if it was interrupted."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self.finding is None:
            conforms = self.verdict == Conformance.CONFORMS and not self.missing
            return EXIT_PASSED if conforms else EXIT_INCOMPLETE
        return EXIT_FAILED

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_check": VERSION,
            "target": self.target,
            "dialect": self.dialect.name,
            "hazard": self.dialect.hazard,
            "verdict": self.verdict.value,
            "interrupted": self.interrupted,
            "rests_on": list(self.rests_on),
            "required": list(self.required),
            "missing": list(self.missing),
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
            "messages": None if self.messages is None else self.messages.to_json(),
            "known": self.known,
            "cause": self.cause,
        }


def ended_early(report: CheckReport) -> CheckReport:
    """The same, after which more was to be searched when it was interrupted: without a finding, nothing is decided."""
    verdict = Conformance.UNDECIDED if report.finding is None else report.verdict
    return replace(report, verdict=verdict, interrupted=True, remarks=(*report.remarks, INTERRUPTED))


def situations_named(counts: list[int]) -> dict[str, int]:
    """Counts under the names that people read."""
    return {PROSE[situation]: counts[situation] for situation in Situation}


def is_reached(required: str, phases: Iterable[Phase]) -> bool:
    """Return whether a phase of that name, or one whose name begins with it, was gone through whole."""
    return any(phase.complete and is_called(phase.name, required) for phase in phases)


def is_called(name: str, required: str) -> bool:
    """Return whether a name is this one, or begins with it.

    >>> is_called("sequences of 3 over 3 spaces × 1 page × 1 frame", "sequences of 3")
    True
    """
    return name == required or name.startswith((f"{required} ", f"{required},", f"{required}:"))
