"""Check a target that several threads call, and replay one run. Both return a value and print nothing."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np

from model.counting import counted
from model.spaces.dialect import CANONICAL, Dialect, dialect_named
from refinement.check.driver.bench import Probe
from refinement.check.driver.driver import CELLS, SOURCE_ONLY, cannot_be_said
from refinement.check.finding.finding import NOT_RUN_AGAIN, Conformance, Failure, failure_of
from refinement.check.finding.race_finding import RaceFinding, RecordedRace
from refinement.check.finding.race_report import RaceReport
from refinement.check.finding.report import Phase
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.races.scenario import Event, Scenario
from refinement.check.races.work import Explore
from refinement.check.search.hardware import on_hardware, remarks_on
from refinement.check.search.races.plan import RacePart, parts, random_scenarios, scenarios
from refinement.check.search.races.shrink import RaceTrial, shrink_race
from refinement.check.search.remarks import NO_TIME, REFUSED, Remarks
from refinement.check.search.spent import Spent
from refinement.check.target.calls import Call
from refinement.check.target.options import Option
from refinement.check.target.target import Target, TargetError
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

BATCH = 2_000  # scenarios given to one process
EXHAUSTIVE = 0.75  # of the time; the rest is for random priorities
RUNS = 200  # random schedules of a scenario
SCENARIOS_LEFT = {
    "unsteady": "scenarios were left: the target does not do the same each time that the same schedule is followed",
    "too long": "scenarios were left: a run of them takes more accesses than there is room to switch at (32,767)",
}
NOTHING_REACHED = "no run had two calls that overlap: nothing is known of threads"


@dataclass(slots=True)
class _Race:
    """A search under way."""

    trial: RaceTrial
    pool: ThreadPoolExecutor
    jobs: int
    end: float
    tell: Callable[[str], None]
    phases: list[Phase] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    counts: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    options: Option = Option.NONE

    def sayable(self, some: Iterable[Scenario]) -> Iterator[Scenario]:
        """Select the scenarios that the target has words for."""
        cells = np.zeros(CELLS, np.int64)
        cells[SOURCE_ONLY] = Option.SIGMA0_IS_SOURCE in self.options
        for each in some:
            calls = [*each.setup, *(call for _, call in each.calls)]
            if not any(cannot_be_said(cells, call[0], call[1], call[3]) for call in calls):
                yield each

    def left(self) -> float:
        return self.end - time.monotonic()

    def submit(self, batch: tuple[Scenario, ...], preemptions: int, seconds: float, seed: int = 0) -> "Future[Ending]":
        """A batch of scenarios in a process of its own."""
        trial = self.trial
        runs = RUNS if preemptions < 0 else 0
        options = trial.data_races, trial.may_refuse
        work = Explore(trial.readings, batch, preemptions, max(0.2, seconds), *options, runs, seed)
        limits = replace(trial.limits, wall=max(0.2, seconds) + trial.limits.hang + 5)
        return self.pool.submit(isolation.perform, Order(trial.target, work, limits))


def race(
    target: Target,
    dialect: Dialect = CANONICAL,
    *,
    threads: int = 2,
    seconds: float = 30.0,
    seed: int | None = None,
    jobs: int = 1,
    limits: Limits = DEFAULT_LIMITS,
    data_races: bool = False,
    may_refuse: bool = False,
    shrinking: float = 20.0,
    spent: Spent | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> RaceReport:
    """Whether a target that threads call answers as if each call was one step of the model, as far as it was searched.

    :param target: from :func:`refinement.check.races.building.raced`.
    :param threads: at most so many call at a time.
    :param data_races: two accesses, one of them a write, that nothing orders are a finding, too.
    :param may_refuse: a call that overlaps another may be refused without a reason.
    :param seconds: for the search, without compiling the target.
    :param shrinking: seconds to look for a shorter run, besides.
    :param spent: what the target itself took already.
    :raises TargetError: the target does not have the interface, or cannot be raced.
    """
    begun, spent = time.monotonic(), spent or Spent(seconds)
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    ending = isolation.perform(Order(target, Probe(), limits))
    spent.note("loading")
    failure = failure_of(ending, limits)
    if failure is not None:
        raise TargetError(f"{target}: {failure.sentence}")
    dialect = _on_hardware(target, dialect, ending)
    views = 2 if ending.value["has"][Call.LOOKUP_HW] else 1
    trial = RaceTrial(target, dialect.name, dialect.readings, limits, isolation.perform, views, data_races, may_refuse)
    finding: RaceFinding | None = None
    interrupted = False
    with ThreadPoolExecutor(jobs) as pool:
        ground = _Race(trial, pool, jobs, time.monotonic() + seconds, tell)
        ground.options = Option(ending.value["options"])
        ground.remarks.sentences += remarks_on(dialect, ground.options)
        try:
            finding = _exhaustive(ground, threads, time.monotonic() + EXHAUSTIVE * seconds)
            if finding is None:
                finding = _random(ground, threads, seed)
            spent.note("searching")
            if finding is not None:
                tell(f"found: {finding.failure.sentence}; looking for a shorter run, {shrinking:.0f} s at most")
                finding = shrink_race(trial, finding, shrinking)
                spent.note("looking for a shorter run")
        except KeyboardInterrupt:
            interrupted = True
            ground.remarks.append("interrupted: what was not searched by then is not known")
            pool.shutdown(wait=False, cancel_futures=True)
            isolation.stop_all()
    if spent.too_much():
        ground.remarks.append(spent.sentence())
    if finding is not None and not finding.shortest:
        finding = replace(finding, shortest=NOT_RUN_AGAIN, reproducible=False)
    for scope in sorted(ground.refused):
        ground.remarks.leave_out(scope, REFUSED)
    return RaceReport(
        target=str(target),
        dialect=dialect,
        threads=threads,
        verdict=_verdict(ground, finding, interrupted),
        finding=finding,
        phases=tuple(ground.phases),
        seed=seed,
        seconds=time.monotonic() - begun,
        counts=dict(ground.counts),
        remarks=ground.remarks.lines(),
        interrupted=interrupted,
        library=target.where,
    )


def _on_hardware(target: Target, dialect: Dialect, probed: Ending) -> Dialect:
    """The dialect on the target's hardware.

    :raises TargetError: its function breaks a law.
    """
    on = on_hardware(dialect, probed.value)
    if isinstance(on, Failure):
        raise TargetError(f"{target}: {on.sentence}")
    return on


def _verdict(ground: _Race, finding: RaceFinding | None, interrupted: bool) -> Conformance:
    """Conforming takes every pair of calls with a preemption, runs in which calls overlap, and random ones besides."""
    if finding is not None:
        return finding.failure.verdict
    for why, said in SCENARIOS_LEFT.items():
        if ground.counts[why]:
            ground.remarks.append(f"{ground.counts[why]:,} {said}")
    if interrupted or not ground.counts["schedules"]:
        return Conformance.UNDECIDED
    if not ground.counts["overlapping"] or not ground.counts["preempted"]:
        ground.remarks.append(NOTHING_REACHED)
        return Conformance.UNDECIDED
    walked = any(phase.kind == "random" and phase.operations for phase in ground.phases)
    return Conformance.CONFORMS if ground.phases[0].complete and walked else Conformance.SAMPLED


def _batches(found: Iterator[Scenario]) -> Iterator[tuple[Scenario, ...]]:
    while batch := tuple(islice(found, BATCH)):
        yield batch


def _exhaustive(ground: _Race, threads: int, end: float) -> RaceFinding | None:
    for number, part in enumerate(parts(threads)):
        left = end - time.monotonic()
        if left <= 0:
            ground.remarks.leave_out(part.name, NO_TIME)
            continue
        share = max(part.share * left, min(left, 10.0) if number == 0 else 0.0)
        found = _through(ground, part, time.monotonic() + share)
        if found is not None:
            return found
    return None


def _through(ground: _Race, part: RacePart, end: float) -> RaceFinding | None:
    """All scenarios of a part, several processes at a time, until something is found or the time is over."""
    begun, batches = time.monotonic(), _batches(ground.sayable(scenarios(part, ground.trial.readings)))
    running: dict[Future[Ending], tuple[Scenario, ...]] = {}
    counts: Counter[str] = Counter()
    done, complete, found = 0, True, None
    more = True
    while found is None and (running or more):
        while more and len(running) < ground.jobs:
            batch = next(batches, None)
            if batch is None or time.monotonic() > end:
                complete = complete and batch is None
                more = False
                break
            running[ground.submit(batch, part.preemptions, end - time.monotonic())] = batch
        if not running:
            break
        for future in wait(running, return_when="FIRST_COMPLETED").done:
            batch = running.pop(future)
            ending = future.result()
            if found is None:
                found = ground.trial.found(ending, batch, f"exhaustive: {part.name}")
            whole = ending.how == "answered" and ending.value["done"] == len(batch)
            complete = complete and whole
            if ending.how != "answered":
                counts["schedules"] += ending.calls
            if ending.how == "answered":
                done += ending.value["done"]
                counts.update(ending.value["counters"])
                ground.refused.update(str(batch[n].scope) for n in ending.value["refused"])
                complete = complete and not ending.value["refused"]
    for future in running:
        future.cancel()
    ground.counts.update(counts)
    what = f"{'all ' if complete and found is None else ''}{counted(done, 'scenario')}"
    sentence = f"{part.name}: {what}, {counted(counts['schedules'], 'schedule')}"
    sentence += "" if found is None else ": a difference"
    complete = complete and found is None
    phase = Phase("exhaustive", part.name, sentence, complete, counts["schedules"], time.monotonic() - begun)
    ground.phases.append(phase)
    ground.tell(f"exhaustive: {sentence}")
    return found


def _random(ground: _Race, threads: int, seed: int) -> RaceFinding | None:
    """Random scenarios under random priorities, until the time is over; at least some."""
    begun, stream, found = time.monotonic(), 0, None
    counts: Counter[str] = Counter()
    while found is None and (stream == 0 or ground.left() > 0):
        batch = tuple(ground.sayable(random_scenarios(seed + stream, 500, threads, ground.trial.readings)))
        ending = ground.submit(batch, -1, max(1.0, ground.left()), seed + stream).result()
        found = ground.trial.found(ending, batch, f"random: stream {stream} of seed {seed}")
        if ending.how == "answered":
            counts.update(ending.value["counters"])
        stream += 1
    ground.counts.update(counts)
    sentence = (
        f"{counted(counts['schedules'], 'schedule')} by random priorities in {counted(stream, 'stream')} of seed {seed}"
    )
    seconds = time.monotonic() - begun
    ground.phases.append(Phase("random", "random", sentence, found is None, counts["schedules"], seconds))
    ground.tell(f"random: {sentence}")
    return found


@dataclass(frozen=True, slots=True)
class RaceReplay:
    """One run again: how it failed now, its events, and whether that is as it was recorded."""

    target: str
    dialect: Dialect
    recorded: RecordedRace
    failure: Failure | None
    kind: str
    steps: int
    events: tuple[Event, ...]
    finding: RaceFinding | None
    library: str = ""

    @property
    def is_same(self) -> bool:
        """Whether it fails in the same way and, where that is known, at the same step."""
        same = self.kind == self.recorded.kind
        return same and (not self.recorded.steps or not self.steps or self.recorded.steps == self.steps)

    @property
    def exit_status(self) -> int:
        """0 if all was right this time, 1 if not, 3 if the schedule could not be followed."""
        if self.failure is None:
            return EXIT_PASSED
        return EXIT_INCOMPLETE if self.failure.verdict == Conformance.UNDECIDED else EXIT_FAILED

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_race_replay": 1,
            "target": self.target,
            "dialect": self.dialect.name,
            "verdict": "agrees" if self.failure is None else self.failure.verdict.value,
            "sentence": "" if self.failure is None else self.failure.sentence,
            "kind": self.kind,
            "steps": self.steps,
            "as_recorded": self.is_same,
            "scenario": self.recorded.scenario.texts(),
        }


def replay_race(
    target: Target, recorded: RecordedRace, dialect: Dialect | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> RaceReplay:
    """Run a scenario by its schedule, in a fresh process.

    :raises TargetError: the target does not have the interface, or refuses the size.
    :raises ToolError: it ended in a way that says nothing.
    """
    chosen = dialect_named(recorded.dialect) if dialect is None else dialect
    ending = isolation.perform(Order(target, Probe(), limits))
    if ending.how != "answered":
        raise ToolError(f"the target could not be looked at: {ending.how}")
    chosen = _on_hardware(target, chosen, ending)
    views = 2 if ending.value["has"][Call.LOOKUP_HW] else 1
    options = recorded.data_races, recorded.may_refuse
    trial = RaceTrial(target, chosen.name, chosen.readings, limits, isolation.perform, views, *options)
    failure = Failure(Conformance.UNDECIDED, "")
    start = RaceFinding(failure, "", recorded.scenario, recorded.schedule, chosen.name, "replay", steps=recorded.steps)
    again, events = trial.follow(start)
    if again is not None and again.kind == "UNFIT":
        raise TargetError(f"{target}: init refuses {recorded.scenario.scope}")
    if again is None:
        return RaceReplay(str(target), chosen, recorded, None, "", 0, events, None, target.where)
    return RaceReplay(
        str(target), chosen, recorded, again.failure, again.kind, again.steps, events, again, target.where
    )
