"""Find a target's readings of ranges: experiments with sizes whose outcome tells readings apart.

A target does each experiment, and what it answers is compared with what every combination of readings would. If none
fits in all, the one that is contradicted least is said, and what contradicts it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.ranges.literal import Ranged, first
from model.ranges.operation import RangeOperation
from model.ranges.readings import (
    CANONICAL_RANGES,
    RANGE_CHOICES,
    RANGE_DIALECTS,
    PartGranted,
    RangeDialect,
    RangeReadings,
    Unit,
)
from model.ranges.scope import RangeScope
from model.ranges.trace import parse_range
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import CYCLE_MET, NIL
from model.spaces.operation import WORDS
from refinement.check.driver.bench import Bench
from refinement.check.finding.finding import Conformance, Failure, failure_of, shown
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Limits, Order
from refinement.check.ranges.answers import answers
from refinement.check.search.hardware import dialect_on
from refinement.check.target.calls import UNKNOWN
from refinement.check.target.target import Target, TargetError

SMALL, WIDE = RangeScope(3, 2, 2, 0b11), RangeScope(2, 4, 4, 0b111)
SAID = {0: "done", 1: "refused", UNKNOWN: "not told"}


@dataclass(frozen=True, slots=True)
class RangeExperiment:
    """A question, and the operations that answer it."""

    question: str
    scope: RangeScope
    operations: tuple[RangeOperation, ...]

    @property
    def steps(self) -> str:
        """The operations as people write them."""
        return "; ".join(operation.text(self.scope) for operation in self.operations)


def _parsed(text: str, scope: RangeScope) -> RangeOperation:
    """An operation as :meth:`RangeOperation.text` writes it, with all rights."""
    words = text.split()
    window = parse_range(words[3], scope) if "→" in words else (-1, 0)
    offset = int(words[words.index("at") + 1]) if "at" in words else 0
    return RangeOperation(WORDS[words[0]], *parse_range(words[1], scope), *window, offset)


def experiments() -> Iterator[RangeExperiment]:
    """The questions; each choice is told by one at least."""
    for question, scope, steps in (
        ("are ranges mapped", SMALL, "map σ0[0..1] → σ1[0..1]"),
        ("are ranges granted", SMALL, "map σ0[0..1] → σ1[0..1]; grant σ1[0..1] → σ2[0..1]"),
        ("is an offset cut", WIDE, "map σ0[0..1] → σ1[0..3] at 3"),
        ("is a mapping split by a flush", SMALL, "map σ0[0..1] → σ1[0..1]; flush σ0[0]"),
        ("is a mapping split by what replaces it", SMALL, "map σ0[0..1] → σ1[0..1]; map σ0[0] → σ1[0]"),
        ("is a part of a mapping granted", SMALL, "map σ0[0..1] → σ1[0..1]; grant σ1[0] → σ2[0]"),
        (
            "does the rest of a mapping stay whose part is granted",
            SMALL,
            "map σ0[0..1] → σ1[0..1]; map σ1[1] → σ2[1]; grant σ1[0] → σ2[0]",
        ),
        (
            "is a large mapping flushed with a part of the one that it was mapped from",
            SMALL,
            "map σ0[0..1] → σ1[0..1]; map σ1[0..1] → σ2[0..1]; flush σ1[0]",
        ),
        (
            "do pages of a flushed range go that derive from others of it",
            SMALL,
            "map σ0[0] → σ1[0]; map σ1[0] → σ1[1]; flush σ1[0..1]",
        ),
        (
            "is a destination emptied where the source is nil",
            SMALL,
            "map σ0[0] → σ1[0]; map σ0[1] → σ2[1]; map σ1[0..1] → σ2[0..1]",
        ),
        (
            "do other pages go if one may not",
            SMALL,
            "map σ0[0..1] → σ1[0..1]; grant σ0[0] → σ2[0]; map σ1[0..1] → σ2[0..1]",
        ),
        (
            "and if that page would come to where it is mapped from",
            SMALL,
            "map σ0[0] → σ1[0]; map σ1[0] → σ2[0]; map σ0[1] → σ2[1]; map σ2[0..1] → σ1[0..1]",
        ),
        (
            "may a source derive from the place of another page",
            SMALL,
            "map σ0[0] → σ1[0]; map σ0[0] → σ2[0]; map σ1[0] → σ2[1]; map σ2[0..1] → σ1[0..1]",
        ),
        (
            "and if the other page comes later",
            SMALL,
            "map σ0[0] → σ1[1]; map σ0[0] → σ2[1]; map σ1[1] → σ2[0]; map σ2[0..1] → σ1[0..1]",
        ),
    ):
        yield RangeExperiment(question, scope, tuple(_parsed(step, scope) for step in steps.split("; ")))


EXPERIMENTS = tuple(experiments())
UNTOLD = "the dialect of ranges cannot be told: init refuses each size that is asked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How each operation ended, and what each page shows in the end: a frame, or -1, and rights."""

    statuses: tuple[int, ...]
    shows: tuple[tuple[int, int], ...]

    def differs(self, other: "Outcome", experiment: RangeExperiment) -> str:
        """Say in words how the two differ; empty if they do not. A status that is not told differs from none."""
        for operation, mine, theirs in zip(experiment.operations, self.statuses, other.statuses, strict=True):
            if mine != theirs and UNKNOWN not in (mine, theirs):
                return f"{operation.text(experiment.scope)} is {SAID.get(mine, mine)}, not {SAID.get(theirs, theirs)}"
        for x, (mine_shown, their_shown) in enumerate(zip(self.shows, other.shows, strict=True)):
            if mine_shown != their_shown:
                return f"{experiment.scope.name(x)} shows {shown(*mine_shown)}, not {shown(*their_shown)}"
        return ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An experiment in which a target does otherwise than a dialect."""

    question: str
    steps: str
    difference: str

    def __str__(self) -> str:
        """The question, the steps, and what the target does."""
        return f"{self.question}? after {self.steps}: {self.difference}"


@dataclass(frozen=True, slots=True)
class RangeDialectReport:
    """The dialect of ranges that fits a target best, what contradicts it, and what contradicts each named one."""

    dialect: RangeDialect
    against: tuple[Contradiction, ...]
    named: dict[str, tuple[Contradiction, ...]]
    tried: int

    @property
    def fits(self) -> bool:
        """Whether nothing contradicts it."""
        return not self.against

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "dialect": self.dialect.name,
            "fits": self.fits,
            "against": [str(each) for each in self.against],
            "tried": self.tried,
            "named": {name: [str(each) for each in against] for name, against in self.named.items()},
        }


@dataclass(frozen=True, slots=True)
class AskingRanges:
    """What a target answers to the experiments."""

    experiments: tuple[RangeExperiment, ...]

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled."""

    def do(self, bench: Bench) -> dict[str, Any]:
        """For each experiment the statuses, and frame and rights of each page."""
        programs = [(each.scope, each.operations) for each in self.experiments]
        return {"outcomes": answers(bench.loaded.ranges, bench.cells, programs)}


def find_range_dialect(
    target: Target, pages: Dialect = CANONICAL, *, limits: Limits = DEFAULT_LIMITS
) -> RangeDialectReport | Failure:
    """The readings of ranges that a target has, or how it failed to answer, or why nothing is known of them.

    :param pages: its dialect of pages.
    :raises TargetError: the target does not have the interface, or has no ranges.
    """
    pages = dialect_on(target, pages, limits=limits)
    ending = isolation.perform(Order(target, AskingRanges(EXPERIMENTS), limits))
    failure = failure_of(ending, limits)
    if failure is not None:
        return failure
    if ending.how != "answered" or not ending.value["outcomes"]:
        raise TargetError(f"{target}: it has no ranges (see musigma2.h)")
    seen = [
        None if answer is None else Outcome(tuple(map(int, answer[0])), tuple((int(f), int(m)) for f, m in answer[1]))
        for answer in ending.value["outcomes"]
    ]
    if not any(seen):
        return Failure(
            Conformance.UNDECIDED, "the dialect of ranges cannot be told: init refuses each size that is asked"
        )
    return judged(seen, pages)


def judged(seen: list[Outcome | None], pages: Dialect = CANONICAL) -> RangeDialectReport:
    """The combination of readings that the outcomes contradict least, the nearest to canonical first.

    :param seen: the outcome of each experiment; none where the target has no words for it, or no such size.
    """
    kept = pages.readings.kept
    named = {
        name: contradictions(seen, dialect.pages.keeping(kept), dialect.readings)
        for name, dialect in RANGE_DIALECTS.items()
    }
    every = sorted(combinations(), key=lambda w: sum(a != b for a, b in zip(w, RangeReadings(), strict=True)))
    best, against = None, None
    for w in every:
        found = contradictions(seen, pages, w, None if against is None else len(against))
        if against is None or len(found) < len(against):
            best, against = w, found
        if not found:
            break
    assert best is not None
    assert against is not None
    changed = {name: mine for name, mine in best._asdict().items() if mine != getattr(RangeReadings(), name)}
    dialect = CANONICAL_RANGES.reading(**changed) if changed else CANONICAL_RANGES
    return RangeDialectReport(dialect, against, named, len(every))


def combinations() -> Iterator[RangeReadings]:
    """All readings, but for what is said of parts where every mapping is one page."""
    for members in itertools.product(*(tuple(choice) for choice in RANGE_CHOICES.values())):
        changes: dict[str, Any] = dict(zip(RANGE_CHOICES, members, strict=True))
        w = RangeReadings()._replace(**changes)
        if w.unit != Unit.PAGE or w.part_granted == PartGranted.SPLIT:
            yield w


def contradictions(
    seen: list[Outcome | None], pages: Dialect, w: RangeReadings, most: int | None = None
) -> tuple[Contradiction, ...]:
    """The experiments in which the target does otherwise than these readings.

    :param most: no more of them are looked for.
    """
    found = list[Contradiction]()
    for experiment, outcome in zip(EXPERIMENTS, seen, strict=True):
        if len(found) == most:
            break
        difference = "" if outcome is None else outcome.differs(expected(experiment, pages, w), experiment)
        if difference:
            found.append(Contradiction(experiment.question, experiment.steps, difference))
    return tuple(found)


def expected(experiment: RangeExperiment, pages: Dialect, w: RangeReadings) -> Outcome:
    """What the literal model answers; where it has no next state it stops, and answers no status."""
    state = first(experiment.scope, experiment.scope.orders, w)
    statuses = [operation.apply(state, pages.readings, w) for operation in experiment.operations]
    told = tuple(UNKNOWN if status == CYCLE_MET else status for status in statuses)
    return Outcome(told, _shows(state))


def _shows(s: Ranged) -> tuple[tuple[int, int], ...]:
    pairs = zip(s.phys.tolist(), s.rights.tolist(), strict=True)
    return tuple((frame, rights if frame != NIL else 0) for frame, rights in pairs)


__all__ = [
    "EXPERIMENTS",
    "Contradiction",
    "Outcome",
    "RangeDialectReport",
    "RangeExperiment",
    "find_range_dialect",
    "judged",
]
