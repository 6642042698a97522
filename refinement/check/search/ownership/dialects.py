"""Tell which readings of ownership a target has, from what it answers to some programs."""

import random
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from model.ownership.literal import DONE, initial
from model.ownership.operation import Kind, PageOperation, operations_of
from model.ownership.readings import (
    OWNERSHIP_DIALECTS,
    Access,
    Borrowers,
    Ends,
    Lending,
    OwnershipDialect,
    OwnershipReadings,
    Reclaim,
    Relinquishing,
)
from model.ownership.trace import pages_of
from refinement.check.finding.ownership_finding import held
from refinement.check.ownership.answers import OwnershipAnswers, contradiction
from refinement.check.ownership.graph import holdings
from refinement.check.ownership.works import Tried
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Limits, Order
from refinement.check.target.ownership_calls import NOT_TOLD, never_offered
from refinement.check.target.target import Target, TargetError

RIGHT = (Access, (Reclaim.REFUSED, Reclaim.FORCED), Ends, Borrowers, Lending, Relinquishing)
"""The readings of each choice that are somebody's, and not wrong."""

PROGRAMS, LENGTH = 150, 8  # random ones in each scope
MOST_AGAINST = 3  # contradictions that are told

Answer = list[tuple[int, list[int]]]


@dataclass(frozen=True, slots=True)
class OwnershipDialectReport:
    """The dialect that fits best, of so many; and in words what contradicts it, if any does."""

    dialect: OwnershipDialect
    fits: bool
    tried: int
    against: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "dialect": self.dialect.name,
            "fits": self.fits,
            "tried": self.tried,
            "against": list(self.against),
        }


def find_ownership_dialect(target: Target, *, limits: Limits = DEFAULT_LIMITS) -> OwnershipDialectReport:
    """The readings that explain most of what a target answers; named dialects come first.

    :raises TargetError: the target does not have the interface, or no program of it ended.
    """
    answers: dict[bool, list[Answer | None]] = {}
    offered: set[int] = set()
    for everybody in (False, True):
        ending = isolation.perform(Order(target, OwnershipAnswers(programs(), everybody), limits))
        if ending.how == "answered":
            answers[everybody] = ending.value["answers"]
            offered = set(ending.value["offered"])
    best: tuple[int, OwnershipDialect, tuple[str, ...]] | None = None
    tried = 0
    for dialect in candidates():
        given = answers.get(dialect.readings.ends == Ends.EVERY_LOAN)
        if given is None or not set(Kind) - never_offered(dialect.readings) <= offered:
            continue
        tried += 1
        against = [each for each in _against(given, dialect.readings) if each]
        if best is None or len(against) < best[0]:
            best = len(against), dialect, tuple(against[:MOST_AGAINST])
    if best is None:
        raise TargetError(f"{target}: no dialect could be tried: name one with --ownership")
    return OwnershipDialectReport(best[1], best[0] == 0, tried, best[2])


def candidates() -> list[OwnershipDialect]:
    """The named dialects, then all others, those first that change least of a named one.

    Which comes first matters: where a target never does some operation, what it would do then cannot be told.
    """
    known = [dialect.readings for dialect in OWNERSHIP_DIALECTS.values()]
    found = [_named(OwnershipReadings(*chosen)) for chosen in product(*RIGHT)]
    others = [each for each in found if each[1].readings not in known]
    return [*OWNERSHIP_DIALECTS.values(), *(dialect for _, dialect in sorted(others, key=lambda each: each[0]))]


def _named(readings: OwnershipReadings) -> tuple[int, OwnershipDialect]:
    """How many choices a named dialect reads otherwise, at least, and what it is called then."""

    def changes(dialect: OwnershipDialect) -> dict[str, Any]:
        own = dialect.readings._asdict()
        return {name: value for name, value in readings._asdict().items() if value != own[name]}

    nearest = min(OWNERSHIP_DIALECTS.values(), key=lambda dialect: len(changes(dialect)))
    changed = changes(nearest)
    return len(changed), nearest.reading(**changed)


@cache
def programs() -> tuple[Tried, ...]:
    """Programs of few parties and pages, the same ones always, shortest first."""
    chosen = random.Random(0)
    found: list[Tried] = []
    for scope in (pages_of(2, 1), pages_of(3, 1), pages_of(3, 2)):
        one_loan = operations_of(scope, OwnershipReadings(ends=Ends.ONE_LOAN))
        without = [each for each in one_loan if each.kind != Kind.LEND]
        bare = [each for each in without if each.kind not in (Kind.RETRIEVE, Kind.RELINQUISH)]
        found += [(scope, (each,)) for each in one_loan]
        for operations in (one_loan, without, bare):
            readings = [dialect.readings for dialect in OWNERSHIP_DIALECTS.values()]
            for n in range(PROGRAMS // 3):
                path: list[PageOperation] = []
                state = initial(scope)
                m = readings[n % len(readings)]
                while len(path) < LENGTH:
                    each = chosen.choice(operations)
                    if each.apply(state, m) == DONE or chosen.random() < 0.15:
                        path.append(each)
                found.append((scope, tuple(path)))
    return tuple(sorted(found, key=lambda program: len(program[1])))


def _against(answers: list[Answer | None], m: OwnershipReadings) -> list[str]:
    """For each program that the readings do not explain, the operations up to where, and what the target does there."""
    found = []
    for program, answer in zip(programs(), answers, strict=True):
        at = None if answer is None else contradiction(program, answer, m)
        if at is not None and answer is not None:
            found.append(_told(program, answer, at, m))
    return sorted(found, key=len)


def _told(program: Tried, answer: Answer, at: int, m: OwnershipReadings) -> str:
    scope, operations = program
    state = initial(scope)
    for operation in operations[:at]:
        operation.apply(state, m)
    expected = operations[at].apply(state, m)
    status, shown = answer[at]
    steps = "; ".join(each.text() for each in operations[: at + 1])
    if status not in (expected, NOT_TOLD):
        return f"{steps}: it is {'done' if status == DONE else 'refused'}"
    place = next(n for n, (got, model) in enumerate(zip(shown, holdings(state), strict=True)) if got != model)
    return f"{steps}: then, of page {place % scope.pages}, σ{place // scope.pages} {held(shown[place])}"
