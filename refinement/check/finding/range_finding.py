"""The finding of a check of ranges: traces, the cause of each as far as it can be told, and what it rests on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeDialect
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.operation import Kind
from refinement.check.driver.driver import StepKind
from refinement.check.finding.collected import collected_sentence, collected_status
from refinement.check.finding.finding import Conformance, Failure, describe, shown
from refinement.check.finding.report import Phase
from refinement.check.ranges.driver import (
    AT_PAGE,
    EXPECTED,
    EXPECTED_RIGHTS,
    FAULT,
    GOT,
    GOT_RIGHTS,
    IN_SPACE,
    ON_CORE,
    ORDERS_AT,
    STALE,
    WINDOW_AT,
    WRONG_ORDER,
)


def describe_range(cells: list[int], message: str) -> str:
    """A sentence for the cells of a failure."""
    if cells[FAULT] == WRONG_ORDER:
        where = f"σ{cells[IN_SPACE]}[{cells[AT_PAGE]}]"
        why = "there is no mapping of that order whose pages show one frame after another, all with the same rights"
        return f"{where} is said to be in a mapping of order {cells[GOT]}: {why}"
    if cells[FAULT] != STALE:
        return describe(cells[:ON_CORE], message)
    got, expected = shown(cells[GOT], cells[GOT_RIGHTS]), shown(cells[EXPECTED], cells[EXPECTED_RIGHTS])
    page = f"σ{cells[IN_SPACE]}[{cells[AT_PAGE]}]"
    buffer = "a translation buffer" if cells[ON_CORE] < 0 else f"the translation buffer of core {cells[ON_CORE]}"
    return f"{buffer} still shows {got} in {page}, in the model there is {expected}"


def operations_in(journal: NDArray[np.uint32]) -> tuple[RangeOperation, ...]:
    """The operations of the journal's last program, as :func:`refinement.check.ranges.driver.record` wrote them."""
    starts = np.flatnonzero(journal[:, 0] == StepKind.INIT)
    found = []
    for row in journal[int(starts[-1]) + 1 :] if len(starts) else ():
        kind, src, sizes, dst, offset, rights = (int(number) for number in row)
        order, window = sizes & ((1 << WINDOW_AT) - 1), sizes >> WINDOW_AT
        mask, own = rights & ((1 << ORDERS_AT) - 1), bool(rights >> ORDERS_AT)
        to = (dst, window, offset) if Kind(kind).names_destination else (-1, 0, 0)
        found.append(RangeOperation(Kind(kind), src, order, *to, mask, own))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class RangeFinding:
    """A difference, a trace that shows one of this cause, and what found it.

    :param shortest: no trace in its scope is shorter. Not so of a random program made small, nor where one state was
        gone through for all that a renaming makes of it: a target need not treat these alike.
    """

    failure: Failure
    trace: RangeTrace
    cause: str
    phase: str
    shortest: bool = True

    @property
    def length(self) -> str:
        """What is known of the trace's length, and what found it."""
        if self.shortest:
            return f"no trace within {self.trace.scope} is shorter"
        return f"found by {self.phase}, within {self.trace.scope}; a shorter trace may exist"

    def texts(self) -> list[str]:
        """The operations as people write them."""
        return [operation.text(self.trace.scope) for operation in self.trace.operations]

    def to_json(self) -> dict[str, Any]:
        """JSON values: the verdict, the cause, the steps, and the trace."""
        return {
            "verdict": self.failure.verdict.value,
            "sentence": self.failure.sentence,
            "cause": self.cause,
            "phase": self.phase,
            "shortest": self.shortest,
            "steps": self.texts(),
            "trace": self.trace.to_json(),
        }


def finding_of(
    found: dict[str, Any], scope: RangeScope, dialects: tuple[str, str], phase: str, *, shortest: bool
) -> RangeFinding:
    """The finding that a closure wrote down.

    :param dialects: the names of the dialects of pages and of ranges.
    :param shortest: the closure went through every state, not one for all that a renaming makes of it.
    """
    steps = tuple(RangeOperation.of_row(row) for row in found["path"])
    failure = Failure(Conformance.DIVERGES, describe_range(found["cells"], found["message"]))
    trace = RangeTrace(*dialects, scope, steps, failure.sentence)
    return RangeFinding(failure, trace, found["cause"], phase, shortest)


@dataclass(frozen=True, slots=True)
class RangeReport:
    """The verdict on a target's ranges, and what it rests on.

    ``known``: by cause, how often what was known already was passed over; ``collecting``: whether the search went on
    past what it found; ``never_agreed``: kinds of operations of which all that would change something was passed over;
    ``not_met``: causes that are said to be known, and did not come up; ``interrupted``: the search was ended from
    outside, so that it shows nothing but the differences found before; ``left_out``: in sentences, what is not tried,
    and where the time went; ``missing``: what was required, and not gone through whole.
    """

    target: str
    dialect: RangeDialect
    pages: str
    verdict: Conformance
    findings: tuple[RangeFinding, ...]
    phases: tuple[Phase, ...]
    seconds: float
    known: dict[str, int]
    collecting: bool = False
    never_agreed: tuple[str, ...] = ()
    not_met: tuple[str, ...] = ()
    interrupted: bool = False
    left_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The names of what was gone through whole."""
        return tuple(phase.name for phase in self.phases if phase.complete)

    @property
    def exit_status(self) -> int:
        """0 if nothing but what is known differs and that rests on a whole scope, 1 if something does, else 3.

        Where of a kind of operations each difference was known, and nothing else happened, it is 3; 130 if it was
        interrupted.
        """
        return collected_status(self.verdict, self.findings, interrupted=self.interrupted)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        first = self.findings[0].failure.sentence if self.findings else ""
        return collected_sentence(self.verdict, first, len(self.findings), len(self.known), self.never_agreed)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "dialect": self.dialect.name,
            "pages": self.pages,
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "interrupted": self.interrupted,
            "findings": [finding.to_json() for finding in self.findings],
            "known": self.known,
            "never_agreed": list(self.never_agreed),
            "not_met": list(self.not_met),
            "left_out": list(self.left_out),
            "rests_on": list(self.rests_on),
            "missing": list(self.missing),
            "phases": [
                {"name": phase.name, "sentence": phase.sentence, "complete": phase.complete} for phase in self.phases
            ],
            "seconds": round(self.seconds, 3),
        }
