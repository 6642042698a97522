"""The finding of a check of ownership, and what the verdict rests on."""

from dataclasses import dataclass, field
from typing import Any

from model.ownership.operation import PageOperation
from model.ownership.readings import OwnershipDialect
from model.ownership.trace import OwnershipTrace
from model.scope import Scope
from refinement.check.driver.driver import Mismatch
from refinement.check.finding.finding import Conformance, Failure, describe, failure_of
from refinement.check.finding.report import Phase
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits
from refinement.check.target.ownership_calls import ACCESSES, BORROWS, FIRST_OWNERSHIP, OWNS, OwnershipCall
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED

WORDS = {OWNS: "owns", BORROWS: "borrows", ACCESSES: "accesses"}


def held(has: int) -> str:
    """What a party has of a page, in words.

    >>> held(5), held(0)
    ('owns and accesses it', 'has nothing of it')
    """
    if has >> len(WORDS):
        return f"shows {has:#x}"
    words = [word for bit, word in WORDS.items() if has & bit]
    return f"{' and '.join(words)} it" if words else "has nothing of it"


def describe_ownership(cells: list[int], message: str) -> str:
    """A sentence for the cells of a failure."""
    fault, call, expected, _, got, _, party, page = cells
    if fault == Mismatch.LOOKUP:
        return f"page {page}: σ{party} {held(got)}, in the model it {held(expected)}"
    if fault == Mismatch.LOOKUP_HW:
        shown, model = ("has an entry", "has no access") if got else ("has no entry", "has access")
        return f"page {page}: the page table of σ{party} {shown}, in the model σ{party} {model}"
    if fault == Mismatch.ERROR and call in (
        FIRST_OWNERSHIP + OwnershipCall.HAS,
        FIRST_OWNERSHIP + OwnershipCall.MAPPED,
    ):
        name = OwnershipCall(call - FIRST_OWNERSHIP).name.lower()
        if message:
            return f"{name}({party}, {page}) failed: {message}"
        return f"{name}({party}, {page}) returned {got}, which it must not"
    if fault == Mismatch.UNFIT:
        return f"init_ownership returned {got}: it refuses this size"
    return describe(cells, message)


def ownership_failure_of(ending: Ending, limits: Limits = DEFAULT_LIMITS) -> Failure | None:
    """Return how the job's last program failed within those limits; None if it did not."""
    return failure_of(ending, limits, describe_ownership)


def is_unfit(ending: Ending) -> bool:
    """Return whether the job ended since the target refused the size."""
    failure = ending.value.get("failure") if ending.how == "answered" else None
    return failure is not None and failure["cells"][0] == Mismatch.UNFIT


@dataclass(frozen=True, slots=True)
class OwnershipFinding:
    """A difference, and a trace that ends in it.

    :param phase: what found it.
    :param shortest: in which scope no shorter trace exists, or why that is not known; ``is_shortest``: none does.
    :param reproducible: it failed again as it stands, alone, in a fresh process.
    :param earlier: what was run before in the process in which it was found, from a fresh init each.
    """

    failure: Failure
    trace: OwnershipTrace
    phase: str
    shortest: str = ""
    is_shortest: bool = False
    reproducible: bool = True
    earlier: tuple[tuple[Scope, tuple[PageOperation, ...]], ...] = field(default=(), repr=False, compare=False)

    def texts(self) -> list[str]:
        """The operations as people write them."""
        return [operation.text() for operation in self.trace.operations]

    def to_json(self) -> dict[str, Any]:
        """JSON values: the verdict, the steps, and the trace."""
        return {
            "verdict": self.failure.verdict.value,
            "sentence": self.failure.sentence,
            "phase": self.phase,
            "steps": self.texts(),
            "shortest": self.shortest,
            "is_shortest": self.is_shortest,
            "reproducible": self.reproducible,
            "trace": self.trace.to_json(),
        }


@dataclass(frozen=True, slots=True)
class OwnershipReport:
    """The verdict on a target's ownership of pages, and what it rests on.

    :param needed: what nothing conforms without, and whether it was gone through whole.
    :param interrupted: the search was ended from outside: it shows nothing but a difference found before.
    """

    target: str
    dialect: OwnershipDialect
    finding: OwnershipFinding | None
    phases: tuple[Phase, ...]
    needed: dict[str, bool]
    seconds: float
    left_out: tuple[str, ...] = field(default=())
    interrupted: bool = False

    @property
    def verdict(self) -> Conformance:
        """Conforming takes all that is needed, gone through whole."""
        if self.finding is not None:
            return self.finding.failure.verdict
        if self.interrupted or not any(phase.operations for phase in self.phases):
            return Conformance.UNDECIDED
        return Conformance.CONFORMS if self.needed and all(self.needed.values()) else Conformance.SAMPLED

    @property
    def exit_status(self) -> int:
        """0 if it conforms, 1 if something differs, 130 if it was interrupted, else 3."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self.finding is not None:
            return EXIT_FAILED
        return EXIT_PASSED if self.verdict == Conformance.CONFORMS else EXIT_INCOMPLETE

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        said = f": {self.finding.failure.sentence}" if self.finding is not None else ""
        return f"{self.verdict.value}{said}"

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_check_ownership": 1,
            "target": self.target,
            "dialect": self.dialect.name,
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "interrupted": self.interrupted,
            "finding": None if self.finding is None else self.finding.to_json(),
            "phases": [
                {"name": phase.name, "sentence": phase.sentence, "complete": phase.complete} for phase in self.phases
            ],
            "left_out": list(self.left_out),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class OwnershipReplay:
    """One trace of ownership on a target: how it failed and in which operation, counted from 1; or neither.

    ``shown``: what the target has told of everybody and each page after each step, as far as it came. ``round``: which
    of the trace's rounds that was, from 0.
    """

    target: str
    trace: OwnershipTrace
    failure: Failure | None
    step: int
    shown: tuple[tuple[int, ...], ...] = ()
    round: int = 0

    @property
    def is_last(self) -> bool:
        """Return whether that was the last round."""
        return self.round == len(self.trace.before)

    @property
    def exit_status(self) -> int:
        """0 if the target agreed with the model all the way, 3 if it was asked nothing, else 1."""
        if self.failure is not None:
            return EXIT_FAILED
        return EXIT_PASSED if any(self.trace.rounds) else EXIT_INCOMPLETE

    def operation(self) -> PageOperation | None:
        """The operation that failed; None if none did, or if it was the first state."""
        failed = self.failure is not None and self.step > 0
        return self.trace.rounds[self.round][self.step - 1] if failed else None
