"""The check of a target's ownership of pages, and the replay of one trace. Nothing is printed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from model.counting import counted
from model.ownership.readings import OwnershipDialect
from model.ownership.trace import OwnershipTrace
from refinement.check.driver.bench import Probe, Work
from refinement.check.finding.finding import INTERRUPTED, NOT_RUN_AGAIN
from refinement.check.finding.ownership_finding import OwnershipFinding, OwnershipReplay, OwnershipReport, is_unfit
from refinement.check.finding.report import Phase
from refinement.check.ownership.lockstep import programs_in
from refinement.check.ownership.works import OwnershipPrograms, OwnershipWalk
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.search.context import since
from refinement.check.search.ownership.plan import ENOUGH, EXHAUSTIVE, RANDOM, TURN, Part, label, limits_of, parts
from refinement.check.search.ownership.shrink import shrink_ownership
from refinement.check.search.ownership.trial import OwnershipTrial, failed
from refinement.check.search.remarks import NO_TIME, REFUSED
from refinement.check.target.target import Target, TargetError

SLOW = 90.0  # seconds for each limit, where every look is two lines of text
LEAST = 0.2  # seconds for each part, and for random programs in a scope


def check_ownership(
    target: Target,
    dialect: OwnershipDialect,
    *,
    seconds: float = 20.0,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    shrinking: float = 20.0,
    tell: Callable[[str], None] = lambda line: None,
) -> OwnershipReport:
    """Whether a target's operations of ownership agree with the model.

    :param seed: of the random programs.
    :param shrinking: seconds, at most, in which a shortest trace is looked for, besides.
    :returns: what was found; after an interrupt what was known by then.
    :raises TargetError: the target does not have the interface, or lacks what the dialect offers.
    :raises ToolError: the tool failed.
    """
    search = _Search(target, dialect, limits, tell)
    probed = isolation.perform(Order(target, Probe(), limits))  # what runs targets starts before the clock does
    begun = time.monotonic()
    found: OwnershipFinding | None = None
    interrupted = False
    try:
        found = search.found(probed, "loading it")
        if found is None:
            found = search.exhaustive(begun + EXHAUSTIVE * seconds)
        if found is None:
            found = search.at_limits()
        if found is None:
            found = search.random(seed, begun + seconds)
        if found is not None:
            tell(f"found: {found.failure.sentence}; looking for a shortest trace, {shrinking:.0f} s at most")
            bounds = replace(limits, wall=min(limits.wall, shrinking + limits.hang))
            found = shrink_ownership(OwnershipTrial(target, dialect.readings, bounds), found, shrinking)
    except KeyboardInterrupt:
        interrupted = True
        search.left_out.append(INTERRUPTED)
        isolation.stop_all()
    if found is not None and found.shortest == "":
        found = replace(found, shortest=NOT_RUN_AGAIN, reproducible=False)
    return OwnershipReport(
        str(target),
        dialect,
        found,
        tuple(search.phases),
        search.needed,
        since(begun),
        tuple(search.left_out),
        interrupted=interrupted,
    )


@dataclass(slots=True)
class _Search:
    """A search under way."""

    target: Target
    dialect: OwnershipDialect
    bounds: Limits
    tell: Callable[[str], None]
    phases: list[Phase] = field(default_factory=list)
    needed: dict[str, bool] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def exhaustive(self, end: float) -> OwnershipFinding | None:
        """One part after the other, until something is found."""
        for part in parts():
            left = end - time.monotonic()
            if not part.needed and left <= 0:
                self.left_out.append(f"{part.name}: {NO_TIME}")
                continue
            begun = time.monotonic()
            seconds = ENOUGH if part.needed else max(part.share * left, LEAST)
            ending = self._perform(part.work(self.dialect.readings, seconds), seconds)
            if is_unfit(ending):
                self.left_out.append(f"{part.name}: {REFUSED}")
                if part.needed:
                    self.needed[part.name] = False
                continue
            found = self.found(ending, part.name)
            self._note(part, ending, found, since(begun))
            if found is not None:
                return found
        return None

    def _note(self, part: Part, ending: Ending, found: OwnershipFinding | None, seconds: float) -> None:
        complete = found is None and ending.how == "answered" and bool(ending.value["complete"])
        tried, states = (int(ending.value.get(name, 0)) for name in ("tried", "states"))
        sentence = part.sentence(tried, states, complete=complete) if found is None else f"{part.name}: a difference"
        self.phases.append(Phase("exhaustive", part.name, sentence, complete, ending.operations, seconds))
        if part.needed:
            self.needed[part.name] = complete
        self.tell(f"ownership: {sentence}")

    def at_limits(self) -> OwnershipFinding | None:
        """Programs that come to the end of counters and tables."""
        for limit in limits_of(self.dialect.readings):
            begun = time.monotonic()
            work = OwnershipPrograms(self.dialect.readings, (limit.program,))
            ending = self._perform(work, SLOW if self.target.kind == "command" else ENOUGH)
            if is_unfit(ending):
                self.left_out.append(f"{limit.name}: {REFUSED}")
                continue
            found = self.found(ending, limit.name)
            sentence = limit.name if found is None else f"{limit.name}: a difference"
            complete = found is None and ending.how == "answered"
            if found is None and not complete:
                self.needed[limit.name] = False
                self.left_out.append(f"{limit.name}: {NO_TIME}")
            self.phases.append(Phase("limits", limit.name, sentence, complete, ending.operations, since(begun)))
            if found is not None:
                return found
        return None

    def random(self, seed: int, end: float) -> OwnershipFinding | None:
        """Random programs in one scope after the other until the time is over; each scope has a turn."""
        begun, turn, programs, operations, found = time.monotonic(), 0, 0, 0, None
        unfit: set[int] = set()
        while found is None and len(unfit) < len(RANDOM) and (turn < len(RANDOM) or time.monotonic() < end):
            number = turn % len(RANDOM)
            scope, length = RANDOM[number]
            turn += 1
            if number in unfit:
                continue
            seconds = min(TURN, max((end - time.monotonic()) / len(RANDOM), LEAST))
            work = OwnershipWalk(self.dialect.readings, scope, length, seed + turn - 1, seconds)
            ending = self._perform(work, seconds)
            if is_unfit(ending):
                unfit.add(number)
                self.left_out.append(f"random programs over {label(scope)}: {REFUSED}")
                continue
            operations += ending.operations
            programs += int(ending.value.get("programs", 0))
            found = self.found(ending, f"random programs over {label(scope)}, seed {seed + turn - 1}")
        sentence = f"{counted(operations, 'operation')} in {counted(programs, 'random program')}, seed {seed}"
        self.phases.append(Phase("random", "random", sentence, found is None, operations, since(begun)))
        self.tell(f"ownership: {sentence}")
        return found

    def _perform(self, work: Work, seconds: float) -> Ending:
        wall = min(seconds + self.bounds.hang + 2.0, self.bounds.wall)
        return isolation.perform(Order(self.target, work, replace(self.bounds, wall=wall)))

    def found(self, ending: Ending, name: str) -> OwnershipFinding | None:
        """The finding of a job, if it has one."""
        found = failed(ending, self.bounds)
        if found is None:
            return None
        program, failure = found
        trace = OwnershipTrace(self.dialect.name, *program, failure.sentence)
        return OwnershipFinding(failure, trace, name, earlier=programs_in(ending.journal)[:-1])


def replay_ownership(target: Target, trace: OwnershipTrace, *, limits: Limits = DEFAULT_LIMITS) -> OwnershipReplay:
    """Run a trace of ownership on a target, comparing after each operation, and once more only after the last.

    :raises TargetError: the target does not have the interface, or lacks what the dialect offers.
    :raises ToolError: it was not done in time.
    """
    rounds = [(trace.scope, operations) for operations in trace.rounds]
    shown: tuple[tuple[int, ...], ...] = ()
    for watched in (True, False):
        ending = OwnershipTrial(target, trace.resolved().readings, limits, watched).perform(rounds)
        if ending.how == "overdue":
            raise ToolError(f"the target was not done after {limits.wall:.0f} s")
        if is_unfit(ending):
            raise TargetError(f"{target}: it refuses {label(trace.scope)}")
        if watched:
            shown = tuple(tuple(int(has) for has in each) for each in ending.value.get("shown", ()))
        found = failed(ending, limits)
        if found is not None:
            return OwnershipReplay(str(target), trace, found[1], len(found[0][1]), shown, ending.program)
    return OwnershipReplay(str(target), trace, None, len(trace.operations), shown, len(trace.before))
