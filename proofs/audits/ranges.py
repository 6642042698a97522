"""The audit of ranges: each reading that could be chosen otherwise, and each named dialect, and what falls with it.

Every state of a small scope is visited first (:mod:`proofs.searches.range_exploration`), then larger scopes to some
depth. Where a step breaks an obligation, the dialect *loses* it, and a shortest trace shows that. Where none does, and
the theory describes the dialect, all obligations are asked of the solvers: it *keeps* them, for any number of pages.
*Exhausted* means that no formula describes it, and that no state of the small scope shows a loss.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from model.ranges.readings import (
    CANONICAL_RANGES,
    RANGE_CHOICES,
    RANGE_DIALECTS,
    PartGranted,
    RangeDialect,
    Unit,
)
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL
from proofs.engines.pool import Workers
from proofs.obligations.ranges.inventory import of_ranges
from proofs.prove_all import prove_all
from proofs.searches.range_exploration import effects, explore_ranges, invariants
from proofs.searches.range_search import shortest
from proofs.verdict import Verdict

SCOPE = RangeScope(2, 2, 2, 0b11)
SECONDS = 30.0  # for larger scopes; of what the theory describes the solvers are asked afterwards


class Kept(Enum):
    """What becomes of the obligations, as far as is known."""

    LOSES = "loses"
    KEEPS = "keeps"  # proved, for any number of pages
    EXHAUSTED = "exhausted"  # no formula describes it, and nothing falls in any state of the scope
    OPEN = "not decided"
    ALARM = "disagreement"  # two solvers, or a solver and an evaluation, contradict each other


@dataclass(frozen=True, slots=True)
class RangePart:
    """The verdict on one dialect of ranges.

    :param fallen: the ids of the obligations that fall, those with the shortest traces first.
    :param trace: a shortest trace to the first of them.
    :param reason: why nothing is decided, or where it was searched.
    """

    dialect: RangeDialect
    kept: Kept
    fallen: tuple[str, ...] = ()
    trace: RangeTrace | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """The dialect's name; of a changed reading that alone."""
        return self.dialect.name.removeprefix(f"{CANONICAL_RANGES.name} with ")


@dataclass(frozen=True, slots=True)
class RangeAudit:
    """The audit of ranges; ``left`` are the dialects that an interrupt left out."""

    parts: tuple[RangePart, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def undecided(self) -> tuple[RangePart, ...]:
        """The dialects of which nothing is known for sure."""
        return tuple(part for part in self.parts if part.kept in (Kept.OPEN, Kept.ALARM))


def audited_ranges() -> Iterator[RangeDialect]:
    """Each choice read otherwise, alone where that makes a difference, and then the named dialects."""
    for choice, members in RANGE_CHOICES.items():
        for member in members:
            if member != getattr(CANONICAL_RANGES.readings, choice):
                # What becomes of a part of a mapping is only asked where a mapping has parts.
                more = {"unit": Unit.MAPPING} if isinstance(member, PartGranted) else {}
                yield CANONICAL_RANGES.reading(**more, **{choice: member})
    yield from (dialect for name, dialect in RANGE_DIALECTS.items() if name != CANONICAL_RANGES.name)


def audit_ranges(
    workers: Workers,
    dialects: tuple[RangeDialect, ...] = (),
    on_part: Callable[[str, RangeAudit], None] = lambda name, known: None,
) -> RangeAudit:
    """Audit dialects of ranges, by default all readings and all named ones.

    :param on_part: called with the name of each before it is worked on, and with what is known by then.
    """
    known = RangeAudit((), tuple(each.name for each in dialects or audited_ranges()))
    for dialect in dialects or tuple(audited_ranges()):
        on_part(dialect.name, known)
        part = _searched(dialect)
        if part.kept == Kept.OPEN and dialect.readings.in_theory:
            part = _asked(dialect, workers, part)
        known = RangeAudit((*known.parts, part), known.left[1:])
    return known


def _searched(dialect: RangeDialect) -> RangePart:
    """What falls in the small scope, or in the areas that counterexamples are looked for in."""
    found = explore_ranges(SCOPE, dialect)
    broken = sorted(found.violations, key=lambda each: len(each.trace.operations))
    if broken:
        return RangePart(dialect, Kept.LOSES, tuple(each.property for each in broken), broken[0].trace)
    asked = [of_ranges()[id] for id in (*invariants(), *effects())]
    larger = shortest(asked, dialect, dialect.pages, SECONDS)
    if larger.trace is not None and larger.obligation is not None:
        return RangePart(dialect, Kept.LOSES, (larger.obligation.id,), larger.trace)
    kept = Kept.EXHAUSTED if found.complete and not dialect.readings.in_theory else Kept.OPEN
    return RangePart(dialect, kept, reason=f"{SCOPE} ({found.states} states); {'; '.join(larger.searched)}")


def _asked(dialect: RangeDialect, workers: Workers, part: RangePart) -> RangePart:
    """What the solvers say of all obligations of a dialect that the theory describes."""
    if dialect.pages.readings != CANONICAL.readings:
        return replace(part, reason=f"the theory has ranges on {CANONICAL.name} pages alone; {part.reason}")
    chosen = list(of_ranges(dialect).values())
    run = prove_all(CANONICAL, chosen, workers, ranges=dialect.name)
    open_ = [each for each in run.results if each.verdict not in (Verdict.PROVED, Verdict.WITNESSED)]
    if not open_:
        return replace(part, kept=Kept.KEEPS, reason=f"{len(run.results)} obligations")
    alarm = any(each.verdict == Verdict.DISAGREEMENT for each in open_)
    fallen = tuple(each.obligation.id for each in open_)
    refuted = tuple(each.obligation.id for each in open_ if each.verdict == Verdict.REFUTED)
    if refuted and not alarm:
        return replace(part, kept=Kept.LOSES, fallen=refuted)
    verdicts = ", ".join(sorted({each.verdict.value for each in open_}))
    return replace(part, kept=Kept.ALARM if alarm else Kept.OPEN, fallen=fallen, reason=f"{verdicts}; {part.reason}")
