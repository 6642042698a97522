"""The check of ownership that goes on past differences, and collects one of each cause. Nothing is printed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model.counting import counted
from model.ownership.operation import Kind, PageOperation
from model.ownership.readings import OwnershipDialect
from model.ownership.trace import OwnershipTrace
from model.scope import Scope
from refinement.check.driver.bench import Probe, Work
from refinement.check.finding.finding import INTERRUPTED, NOT_RUN_AGAIN, Conformance, Failure
from refinement.check.finding.ownership_differences import OwnershipDifference, OwnershipDifferencesReport
from refinement.check.finding.ownership_finding import OwnershipFinding, describe_ownership, is_unfit
from refinement.check.finding.report import Phase
from refinement.check.ownership.cause import cause_of
from refinement.check.ownership.differences import OwnershipDifferences, OwnershipRandomDifferences
from refinement.check.ownership.lockstep import programs_in
from refinement.check.ownership.works import OwnershipPrograms
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.search.context import since
from refinement.check.search.ownership.check import SLOW
from refinement.check.search.ownership.plan import ENOUGH, RANDOM, TURN, label, limits_of, parts
from refinement.check.search.ownership.shrink import shrink_ownership
from refinement.check.search.ownership.trial import OwnershipTrial, failed
from refinement.check.search.remarks import NO_TIME, REFUSED
from refinement.check.target.ownership_calls import never_offered
from refinement.check.target.target import Target

CLOSED = 0.6  # of the time, for all states of small scopes
LEAST = 0.2  # seconds for each part, and for random programs in a scope
SHRINKING = 4.0  # seconds, at most, for one difference
CUT = "it ends in a known difference"


def collect_ownership(
    target: Target,
    dialect: OwnershipDialect,
    known: Sequence[str] = (),
    *,
    seconds: float = 20.0,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    shrinking: float = 20.0,
    tell: Callable[[str], None] = lambda line: None,
) -> OwnershipDifferencesReport:
    """All differences between a target's ownership and the model, one of each cause that is not known.

    What lies behind a difference is not looked at. A target that crashes or hangs ends the search.

    :param known: causes that are passed over, as the report has them.
    :param seed: of the random programs.
    :param shrinking: seconds, at most, in which traces are made short, besides.
    :returns: what was found; after an interrupt what was known by then.
    :raises TargetError: the target does not have the interface, or lacks what the dialect offers.
    :raises ToolError: the tool failed.
    """
    probed = isolation.perform(Order(target, Probe(), limits))  # what runs targets starts before the clock does
    begun = time.monotonic()
    search = _Collecting(target, dialect, limits, tuple(known), tell, shrinking)
    interrupted = False
    try:
        search.died(probed, "loading it")
        search.states(begun + CLOSED * seconds)
        search.at_limits()
        search.random(seed, begun + seconds)
    except KeyboardInterrupt:
        interrupted = True
        search.left_out.append(INTERRUPTED)
        isolation.stop_all()
    return OwnershipDifferencesReport(
        str(target),
        dialect,
        tuple(search.differences),
        tuple(search.phases),
        search.needed,
        search.passed_over,
        tuple(cause for cause in known if cause not in search.passed_over),
        search.never_agreed(),
        since(begun),
        tuple(search.left_out),
        interrupted=interrupted,
    )


@dataclass(slots=True)
class _Collecting:
    """A search under way. ``ended``: the target has crashed or hung, so nothing more is asked of it."""

    target: Target
    dialect: OwnershipDialect
    bounds: Limits
    known: tuple[str, ...]
    tell: Callable[[str], None]
    shrinking: float
    differences: list[OwnershipDifference] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    needed: dict[str, bool] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    agreed: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)
    ended: bool = False

    @property
    def causes(self) -> tuple[str, ...]:
        """What is not to be collected again."""
        return (*self.known, *(each.cause for each in self.differences))

    def states(self, end: float) -> None:
        """All states of small scopes, one scope after the other."""
        for part in parts():
            if part.length or self.ended:
                continue
            left = end - time.monotonic()
            if not part.needed and left <= 0:
                self.left_out.append(f"{part.name}: {NO_TIME}")
                continue
            seconds, begun = ENOUGH if part.needed else max(part.share * left, LEAST), time.monotonic()
            work = OwnershipDifferences(self.dialect.readings, part.scope, seconds, self.causes)
            ending, before = self._perform(work, seconds), len(self.differences)
            if is_unfit(ending):
                self.left_out.append(f"{part.name}: {REFUSED}")
                self.needed |= {part.name: False} if part.needed else {}
                continue
            died = self.died(ending, part.name)
            passed = self._collect(ending, part.scope, part.name)
            complete = not died and ending.how == "answered" and bool(ending.value["complete"])
            tried, states = (int(ending.value.get(name, 0)) for name in ("tried", "states"))
            sentence = part.sentence(tried, states, complete=complete)
            if passed or len(self.differences) > before:
                sentence += ", but what lies behind differences"
            self.phases.append(Phase("exhaustive", part.name, sentence, complete, ending.operations, since(begun)))
            self.needed |= {part.name: complete} if part.needed else {}
            self.tell(f"ownership: {sentence}")

    def at_limits(self) -> None:
        """Programs that come to the end of counters and tables, each up to a difference."""
        for limit in limits_of(self.dialect.readings):
            if self.ended:
                return
            begun = time.monotonic()
            work = OwnershipPrograms(self.dialect.readings, (limit.program,))
            ending = self._perform(work, SLOW if self.target.kind == "command" else ENOUGH)
            if is_unfit(ending):
                self.left_out.append(f"{limit.name}: {REFUSED}")
                continue
            found = None if self.died(ending, limit.name) else failed(ending, self.bounds)
            complete = found is None and ending.how == "answered"
            if found is not None:
                scope, operations = found[0]
                cause = cause_of(scope, operations, ending.value["failure"]["cells"], self.dialect.readings)
                if cause in self.causes:
                    self._pass_over({cause: 1})
                    self.left_out.append(f"{limit.name}: {CUT}")
                else:
                    self._note(scope, operations, found[1], cause, limit.name)
                    self._shorten(-1, cause)
            elif not complete and not self.ended:
                self.needed[limit.name] = False
                self.left_out.append(f"{limit.name}: {NO_TIME}")
            sentence = limit.name if complete else f"{limit.name}: a difference"
            self.phases.append(Phase("limits", limit.name, sentence, complete, ending.operations, since(begun)))

    def random(self, seed: int, end: float) -> None:
        """Random programs in one scope after the other until the time is over; each scope has a turn."""
        begun, turn, programs, operations = time.monotonic(), 0, 0, 0
        unfit: set[int] = set()
        while not self.ended and len(unfit) < len(RANDOM) and (turn < len(RANDOM) or time.monotonic() < end):
            number, at = turn % len(RANDOM), seed + turn
            scope, length = RANDOM[number]
            turn += 1
            if number in unfit:
                continue
            seconds = min(TURN, max((end - time.monotonic()) / len(RANDOM), LEAST))
            work = OwnershipRandomDifferences(self.dialect.readings, scope, length, at, seconds, self.causes)
            ending = self._perform(work, seconds)
            if is_unfit(ending):
                unfit.add(number)
                self.left_out.append(f"random programs over {label(scope)}: {REFUSED}")
                continue
            name = f"random programs over {label(scope)}, seed {at}"
            operations += ending.operations
            programs += int(ending.value.get("programs", 0))
            self.died(ending, name)
            self._collect(ending, scope, name)
        sentence = f"{counted(operations, 'operation')} in {counted(programs, 'random program')}, seed {seed}"
        self.phases.append(Phase("random", "random", sentence, not self.ended, operations, since(begun)))
        self.tell(f"ownership: {sentence}")

    def died(self, ending: Ending, name: str) -> bool:
        """Note a target that crashed or hung, or could not be asked, which ends the search; whether it did."""
        found = failed(ending, self.bounds) if ending.how != "answered" else None
        if found is None:
            return False
        (scope, operations), failure = found
        self._note(scope, operations, failure, "", name, earlier=programs_in(ending.journal)[:-1])
        self._shorten(-1, "")
        self.ended = True
        return True

    def never_agreed(self) -> tuple[str, ...]:
        """The kinds of operations that never changed something rightly, if differences were passed over."""
        never = set(never_offered(self.dialect.readings))
        return tuple(k.word for k in Kind if k not in never and k.word not in self.agreed) if self.passed_over else ()

    def _collect(self, ending: Ending, scope: Scope, name: str) -> bool:
        """Note what a job found, and whether it passed over something."""
        if ending.how != "answered":
            return False
        self.agreed |= set(ending.value["agreed"])
        self._pass_over({cause: int(count) for cause, count in ending.value["passed_over"].items()})
        first = len(self.differences)
        for each in ending.value["found"]:
            operations = tuple(PageOperation(Kind(row[0]), *(int(n) for n in row[1:])) for row in each["path"])
            failure = Failure(Conformance.DIVERGES, describe_ownership(each["cells"], each["message"]))
            self._note(scope, operations, failure, each["cause"], name)
        for number, each in enumerate(ending.value["found"], first):
            self._shorten(number, each["cause"])
        return bool(ending.value["passed_over"])

    def _pass_over(self, counts: dict[str, int]) -> None:
        for cause in set(counts) & set(self.known):
            self.passed_over[cause] = self.passed_over.get(cause, 0) + counts[cause]

    def _note(
        self,
        scope: Scope,
        operations: tuple[PageOperation, ...],
        failure: Failure,
        cause: str,
        name: str,
        **more: Any,
    ) -> None:
        """Note a difference as it was found, so that an interrupt does not lose it."""
        trace = OwnershipTrace(self.dialect.name, scope, operations, failure.sentence)
        found = OwnershipFinding(failure, trace, name, NOT_RUN_AGAIN, reproducible=False, **more)
        self.differences.append(OwnershipDifference(cause or failure.verdict.value, found))
        self.tell(f"found: {failure.sentence}")

    def _shorten(self, number: int, cause: str) -> None:
        """Make a difference short, as far as the time goes."""
        found = self.differences[number].finding
        seconds, begun = min(SHRINKING, self.shrinking), time.monotonic()
        if seconds > 0:
            bounds = replace(self.bounds, wall=min(self.bounds.wall, seconds + self.bounds.hang))
            trial = OwnershipTrial(self.target, self.dialect.readings, bounds, cause=cause)
            found = shrink_ownership(trial, replace(found, reproducible=True), seconds)
        else:
            found = replace(found, shortest=f"found by {found.phase}, and not run again, for there was no time")
        self.shrinking -= time.monotonic() - begun
        self.differences[number] = replace(self.differences[number], finding=found)

    def _perform(self, work: Work, seconds: float) -> Ending:
        wall = min(seconds + self.bounds.hang + 2.0, self.bounds.wall)
        return isolation.perform(Order(self.target, work, replace(self.bounds, wall=wall)))
