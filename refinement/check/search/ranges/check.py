"""The check of a target's ranges: closures of small scopes with sizes, then random programs. Nothing is printed."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from model.counting import counted
from model.ranges.operation import RangeOperation
from model.ranges.readings import CANONICAL_RANGES, RangeDialect
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.dialect import Dialect
from model.spaces.operation import Kind
from refinement.check.driver.bench import Probe
from refinement.check.finding.finding import Conformance, Failure, failure_of
from refinement.check.finding.range_finding import RangeFinding, RangeReport, describe_range, finding_of, operations_in
from refinement.check.finding.report import Phase, is_called
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.ranges.closure import RangeClosure
from refinement.check.ranges.sampling import RangeSampling
from refinement.check.search.hardware import dialect_on
from refinement.check.search.ranges.plan import (
    CLOSED,
    LESS_WIDE,
    LIMITS,
    MOST_LIMITS,
    OF_ONE_SIZE,
    RANGES,
    SAMPLED,
    SHRINKING,
    TURN,
    WIDE,
    Part,
    parts,
)
from refinement.check.search.ranges.shrink import Shrinking, Small
from refinement.check.search.spent import Spent
from refinement.check.target.options import Option
from refinement.check.target.target import Target, TargetError

NOT_SIZED = "it has no ranges (see musigma2.h)"
KINDS = tuple(kind.word for kind in (Kind.MAP, Kind.GRANT, Kind.FLUSH))
FRAMES_STAY = "no flush with its own pages was tried where one holds its frame, as σ0's do: the frame would be lost"
FIRST = {"library": 20.0, "class": 60.0, "command": 60.0}
"""Seconds for each scope that is needed, however few there are, since nothing conforms without it."""


def is_sized(target: Target, limits: Limits = DEFAULT_LIMITS) -> bool:
    """Return whether a target has ranges.

    :raises TargetError: it does not have the interface.
    """
    ending = isolation.perform(Order(target, Probe(), limits))
    return ending.how == "answered" and any(ending.value["ranges"])


def check_ranges(
    target: Target,
    dialect: RangeDialect = CANONICAL_RANGES,
    pages: Dialect | None = None,
    *,
    seconds: float = 20.0,
    known: Sequence[str] | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    required: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> RangeReport:
    """Whether a target's operations on ranges agree with the model.

    :param pages: the dialect of pages; by default the one that the dialect of ranges goes with.
    :param known: causes of differences that are passed over; then all others are collected, and a target without
        ranges is searched by single pages.
    :param seed: of the random programs, which a target with ranges is given when its closures had their time.
    :param required: beginnings of names of scopes, as in ``ranges: 3 spaces``, each of which must have been gone
        through whole.
    :returns: what was found; after an interrupt of the search what was known by then.
    :raises TargetError: the target does not have the interface, or has no ranges.
    :raises ToolError: the tool failed.
    """
    spent = Spent(seconds)
    ending = isolation.perform(Order(target, Probe(), limits))
    sized = ending.how == "answered" and any(ending.value["ranges"])
    frames_go = sized and Option.FRAMES_GO in Option(int(ending.value["options"]))
    if not sized and known is None:
        raise TargetError(f"{target}: {NOT_SIZED}")
    of_pages = dialect_on(target, dialect.pages if pages is None else pages, limits=limits)
    search = _Search(target, dialect, of_pages, limits, tuple(known or ()), known is not None)
    interrupted = False
    try:
        search.compile_closures()
        spent.note("compiling")
        search.run(parts(sized, slow=target.kind != "library"), (CLOSED if sized else 1.0) * seconds, tell)
        spent.note("searching")
        if sized and not search.ended:
            search.compile_programs()
            spent.note("compiling")
            search.go_to_limits(seed, seconds if search.unfit else min(LIMITS * seconds, MOST_LIMITS), tell)
            left = seconds - sum(phase.seconds for phase in search.phases)
            search.sample(seed, max(left, (1.0 - CLOSED - LIMITS) * seconds), tell)
            spent.note("searching")
    except KeyboardInterrupt:
        interrupted = True
        isolation.stop_all()
    remarks = (FRAMES_STAY,) if sized and not frames_go else ()
    if spent.too_much():
        remarks = (*remarks, spent.sentence())
    whole = [RANGES + phase.name for phase in search.phases if phase.complete]
    missing = tuple(name for name in required if not any(is_called(each, name) for each in whole))
    return RangeReport(
        str(target),
        dialect,
        of_pages.name,
        Conformance.UNDECIDED if interrupted and not search.findings else search.verdict(missing),
        tuple(search.findings),
        tuple(search.phases),
        spent.total(),
        search.passed_over,
        known is not None,
        search.never_agreed(),
        tuple(cause for cause in search.known if cause not in search.passed_over),
        interrupted,
        remarks,
        missing,
    )


class _Search:
    """A search under way."""

    def __init__(
        self,
        target: Target,
        dialect: RangeDialect,
        pages: Dialect,
        limits: Limits,
        known: tuple[str, ...],
        collecting: bool,
    ) -> None:
        self.target, self.dialect, self.pages, self.limits = target, dialect, pages, limits
        self.known, self.collecting = known, collecting
        self.findings: list[RangeFinding] = []
        self.phases: list[Phase] = []
        self.passed_over: dict[str, int] = {}
        self.agreed: set[str] = set()
        self.needed: list[Phase] = []
        self.ended = self.unfit = False
        self.shrinking = 2 * SHRINKING  # seconds left for it

    def compile_closures(self) -> None:
        """Compile closures, which takes none of their time."""
        self._perform(RangeClosure(self.pages.readings, self.dialect.readings, RangeScope(1, 1, 1), 0.0), 60.0)

    def run(self, some: Iterator[Part], seconds: float, tell: Callable[[str], None]) -> None:
        """One part after the other, until something is found that is not to be collected, or init refuses one."""
        end = time.monotonic() + seconds
        for part in some:
            left = end - time.monotonic()
            if self.ended or self.unfit or (not part.needed and left <= 0):
                return
            begun = time.monotonic()
            budget = max(part.share * left, FIRST[self.target.kind] if part.needed else 0.5)
            known = (*self.known, *(finding.cause for finding in self.findings))
            closure = RangeClosure(
                self.pages.readings,
                self.dialect.readings,
                part.scope,
                budget,
                part.rights,
                collecting=self.collecting,
                known=known,
                probing=part.probing,
                symmetric=part.symmetric,
            )
            self._note(part, self._perform(closure, budget + self.limits.hang + 2.0), time.monotonic() - begun)
            tell(f"ranges: {self.phases[-1].sentence}")

    def compile_programs(self) -> None:
        """Compile random programs, which takes none of their time."""
        self._perform(RangeSampling(self.pages.readings, self.dialect.readings, RangeScope(1, 1, 1), 0.0, 0), 60.0)

    def sample(self, seed: int, seconds: float, tell: Callable[[str], None]) -> None:
        """Random programs in one scope after the other, from that seed on, until the time is over, but one turn."""
        if self.ended:
            return
        end, turn, begun = time.monotonic() + seconds, 0, time.monotonic()
        programs = operations = situations = 0
        unfit: set[RangeScope] = set()
        while not self.ended and (turn == 0 or time.monotonic() < end):
            scope, length = SAMPLED[turn % len(SAMPLED)]
            turn += 1
            if len(unfit) == len(SAMPLED):
                break
            if scope in unfit:
                continue
            known = (*self.known, *(finding.cause for finding in self.findings))
            budget = min(TURN, max(end - time.monotonic(), 0.2))
            work = RangeSampling(
                self.pages.readings,
                self.dialect.readings,
                scope,
                budget,
                seed + turn - 1,
                length,
                collecting=self.collecting,
                known=known,
            )
            ending = self._perform(work, budget + self.limits.hang + 2.0)
            operations += ending.operations
            if ending.how == "answered":
                unfit |= {scope} if ending.value.get("unfit") else set()
                programs += int(ending.value["programs"])
                situations = max(situations, int(ending.value["situations"]))
            self._sampled(scope, seed + turn - 1, ending)
        met = counted(situations, "situation")
        sentence = f"random programs of ranges, seed {seed}: {counted(programs, 'program')}, at most {met}"
        self.phases.append(Phase("ranges", "random", sentence, False, operations, time.monotonic() - begun))
        tell(f"ranges: {sentence}")

    def go_to_limits(self, seed: int, seconds: float, tell: Callable[[str], None]) -> None:
        """Random programs with mappings as large as those of real page tables, or as the target has.

        Those sizes that the target does not refuse share the time.
        """
        wide = WIDE if self.target.kind == "library" else LESS_WIDE
        sizes = list(dict.fromkeys((*OF_ONE_SIZE, *wide)) if self.unfit else wide)
        refused = {size for size in sizes if len(sizes) > 1 and self._is_refused(size)}
        share = seconds / max(1, len(sizes) - len(refused))
        for scope, length in sizes:
            if self.ended:
                return
            begun = time.monotonic()
            known = (*self.known, *(finding.cause for finding in self.findings))
            readings = self.pages.readings, self.dialect.readings
            work = RangeSampling(
                *readings, scope, share, seed, length, collecting=self.collecting, known=known, edges=True
            )
            ending = self._perform(work, share + self.limits.hang + 30.0)
            self._sampled(scope, seed, ending)
            if ending.how != "answered":
                said = "not gone through"
            elif ending.value.get("unfit"):
                said = "init refuses this size"
            else:
                said = f"{counted(int(ending.value['programs']), 'random program')}, seed {seed}"
            name = f"limits, {scope}"
            took = time.monotonic() - begun
            self.phases.append(Phase("ranges", name, f"{name}: {said}", False, ending.operations, took))
            tell(f"ranges: {self.phases[-1].sentence}")

    def _is_refused(self, size: tuple[RangeScope, int]) -> bool:
        """Whether init refuses a size, which a program of no time tells."""
        scope, length = size
        work = RangeSampling(self.pages.readings, self.dialect.readings, scope, 0.0, 0, length)
        ending = self._perform(work, self.limits.hang + 30.0)
        return ending.how == "answered" and bool(ending.value.get("unfit"))

    def _sampled(self, scope: RangeScope, seed: int, ending: Ending) -> None:
        """Note what random programs found, made small."""
        name = f"random programs, seed {seed}"
        if ending.how == "answered":
            value = ending.value
            self.agreed |= set(value["agreed"])
            for cause, count in value["passed_over"].items():
                if cause in self.known:
                    self.passed_over[cause] = self.passed_over.get(cause, 0) + int(count)
            self._add([(self._small(scope, found), found["cause"]) for found in value["found"]], None, name)
            self.ended = self.ended or (bool(value["found"]) and not self.collecting)
        elif (failure_found := failure_of(ending, self.limits)) is not None:
            steps = operations_in(ending.journal)
            self._add([(Small(scope, steps, ()), "")], failure_found, name)
            self.ended = True

    def _small(self, scope: RangeScope, found: dict[str, Any]) -> Small:
        steps = tuple(RangeOperation.of_row(row) for row in found["path"])
        return Small(scope, steps, tuple(int(cell) for cell in found["cells"]), str(found["message"]))

    def _add(self, several: list[tuple[Small, str]], died: Failure | None, name: str) -> None:
        """Note all that was found, each with its cause, and only then make one after the other small.

        So an interrupt loses none of them.
        """
        first = len(self.findings)
        self.findings += [self._finding(found, cause, died, name) for found, cause in several]
        for number, (found, cause) in enumerate(several, first):
            self.findings[number] = self._finding(self._shrunk(found, cause, died), cause, died, name)

    def _finding(self, small: Small, cause: str, died: Failure | None, name: str) -> RangeFinding:
        failure = died or Failure(Conformance.DIVERGES, describe_range(list(small.cells), small.message))
        trace = RangeTrace(self.pages.name, self.dialect.name, small.scope, small.operations, failure.sentence)
        return RangeFinding(failure, trace, cause or failure.verdict.value, name, shortest=False)

    def _shrunk(self, found: Small, cause: str, died: Failure | None) -> Small:
        """The same failure with less, as far as the time goes that there is for it; a found one is never lost."""
        end = time.monotonic() + min(SHRINKING, self.shrinking)
        limits = Limits(self.limits.hang, self.limits.memory, SHRINKING, 0, self.limits.processes)
        readings = self.pages.readings, self.dialect.readings
        shrinking = Shrinking(self.target, readings, limits, cause, died, lambda: time.monotonic() > end)
        begun = time.monotonic()
        small = shrinking.shrink(found)
        self.shrinking = max(1.0, self.shrinking - (time.monotonic() - begun))
        return small

    def _perform(self, work: RangeClosure | RangeSampling, wall: float) -> Ending:
        limits = Limits(self.limits.hang, self.limits.memory, min(wall, self.limits.wall), 0, self.limits.processes)
        return isolation.perform(Order(self.target, work, limits))

    def _note(self, part: Part, ending: Ending, seconds: float) -> None:
        dialects = self.pages.name, self.dialect.name
        complete, known = False, "not gone through"
        if ending.how == "answered":
            value = ending.value
            exact = not part.symmetric
            new = [finding_of(found, part.scope, dialects, part.name, shortest=exact) for found in value["found"]]
            self.findings += new
            self.agreed |= set(value["agreed"])
            for cause, count in value["passed_over"].items():
                if cause in self.known:
                    self.passed_over[cause] = self.passed_over.get(cause, 0) + int(count)
            self.ended = bool(new) and not self.collecting
            complete = bool(value["complete"]) and not value["unfit"]
            renamed = int(value["renamed"])
            up_to = f" for {renamed:,}" if renamed > int(value["states"]) else ""
            reach = "all" if complete else f"all to {counted(int(value['depth']), 'step')}"
            known = f"{counted(int(value['states']), 'state')}{up_to}, {reach}"
            if complete and value["passed_over"]:
                known += " but what lies behind differences"
            if value["unfit"]:
                self.unfit, known = True, "init refuses this size"
            if new:
                known += f", {counted(len(new), 'difference')}"
        elif (failure := failure_of(ending, self.limits)) is not None:
            operations = operations_in(ending.journal)
            trace = RangeTrace(*dialects, part.scope, operations, failure.sentence)
            self.findings.append(
                RangeFinding(failure, trace, failure.verdict.value, part.name, shortest=not part.symmetric)
            )
            self.ended = True
        self.phases.append(Phase("ranges", part.name, f"{part.name}: {known}", complete, ending.operations, seconds))
        if part.needed:
            self.needed.append(self.phases[-1])

    def never_agreed(self) -> tuple[str, ...]:
        """The kinds of operations of which none changed something rightly, as all differences were passed over."""
        return tuple(kind for kind in KINDS if kind not in self.agreed) if self.passed_over else ()

    def verdict(self, missing: Sequence[str]) -> Conformance:
        """Conforming takes all states of what is needed and required, and that not all is known to differ."""
        if self.findings:
            return self.findings[0].failure.verdict
        if not any(phase.operations for phase in self.phases):
            return Conformance.UNDECIDED
        if not all(phase.complete for phase in self.needed):
            return Conformance.SAMPLED
        if self.never_agreed() or missing:
            return Conformance.UNDECIDED
        return Conformance.DIVERGES if self.passed_over else Conformance.CONFORMS
