"""A race made short: fewer calls, a smaller scope, all rights, the fewest preemptions; and run again alone."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from model.scope import ALL_RIGHTS, ArgumentError, Scope
from model.spaces.dialect import Readings
from model.spaces.operation import Kind
from refinement.check.finding.finding import Conformance, Failure
from refinement.check.finding.places import places_of
from refinement.check.finding.race_finding import RaceFinding, crash_of, failure_of_run, kind_of
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.races.outcome import EventKind
from refinement.check.races.scenario import Call, Event, Journal, Scenario, from_journal, without_empty
from refinement.check.races.work import Explore, Follow
from refinement.check.target.target import Target

MOST = 200_000  # schedules of a candidate
DEEPEST = 3  # preemptions that candidates are tried with


@dataclass(frozen=True, slots=True)
class RaceTrial:
    """A target, and how its races are run; ``perform`` does one job in a process of its own."""

    target: Target
    dialect: str
    readings: Readings
    limits: Limits
    perform: Callable[[Order], Ending]
    views: int
    data_races: bool = False
    may_refuse: bool = False

    def found(self, ending: Ending, scenarios: tuple[Scenario, ...], phase: str) -> RaceFinding | None:
        """What a job found, if anything.

        :raises ToolError: it ended in a way that says nothing of the target.
        """
        if ending.how == "answered":
            wrong = ending.value["wrong"]
            return None if wrong is None else self.of_run(wrong, scenarios[wrong["scenario"]], phase)
        told = from_journal(ending.journal)
        if told is None or not crash_of(ending):
            if ending.how == "overdue":
                return None
            raise ToolError(f"a job ended in a way that tells nothing ({ending.how}): {ending.said}")
        return self._crash(ending, told, phase)

    def _crash(self, ending: Ending, told: Journal, phase: str) -> RaceFinding:
        """The finding that the end of a target in a run is."""
        died = next((event for event in told.events if event.kind == EventKind.DIED), None)
        said, steps = crash_of(ending), 0
        if died is not None:
            place = places_of(self.target.where, [died.place])[0]
            said += f", in {place}" * (not place.startswith("offset"))
            said += f" (thread {died.thread})" if died.thread >= 0 else " (after the threads)"
            steps = died.step
        hung = ending.how == "hung"
        failure = Failure(Conformance.HUNG if hung else Conformance.CRASHED, said)
        kind = "HANG" if hung else "CRASH"
        return replace(self._finding(failure, kind, told.scenario, told.schedule, phase), steps=steps)

    def of_run(self, run: dict[str, Any], scenario: Scenario, phase: str) -> RaceFinding:
        """The finding that a wrong run is."""
        failure = failure_of_run(run, scenario, self.target.where, self.views)
        schedule = tuple((int(step), int(thread)) for step, thread in run["schedule"])
        found = self._finding(failure, kind_of(run), scenario, schedule, phase)
        return replace(found, steps=int(run["steps"]), preemptions=int(run["preemptions"]), run=run)

    def _finding(self, failure: Failure, kind: str, scenario: Scenario, schedule: Any, phase: str) -> RaceFinding:
        return RaceFinding(
            failure,
            kind,
            scenario,
            schedule,
            self.dialect,
            phase,
            preemptions=sum(step > 0 for step, _ in schedule),
            data_races=self.data_races,
            may_refuse=self.may_refuse,
        )

    def explore(self, scenario: Scenario, preemptions: int, seconds: float, phase: str) -> RaceFinding | None:
        """What is found in a scenario with at most so many preemptions."""
        options = self.data_races, self.may_refuse
        work = Explore(self.readings, (scenario,), preemptions, seconds, *options, most=MOST)
        limits = replace(self.limits, wall=seconds + self.limits.hang + 5)
        return self.found(self.perform(Order(self.target, work, limits)), (scenario,), phase)

    def follow(self, found: RaceFinding) -> tuple[RaceFinding | None, tuple[Event, ...]]:
        """The same run in a fresh process: how it fails now, if it does; and its events."""
        work = Follow(self.readings, found.scenario, found.schedule, self.data_races, self.may_refuse)
        ending = self.perform(Order(self.target, work, self.limits))
        told = from_journal(ending.journal)
        events = () if told is None else told.events
        if ending.how == "answered":
            run = ending.value["run"]
            return None if ending.value["right"] else self.of_run(run, found.scenario, found.phase), events
        if told is None or not crash_of(ending):
            raise ToolError(f"a run ended in a way that tells nothing: {ending.how}: {ending.said}")
        return self._crash(ending, told, found.phase), events


def shrink_race(trial: RaceTrial, found: RaceFinding, seconds: float) -> RaceFinding:
    """A finding of the same kind with fewer calls and preemptions, as far as the time goes, run again alone."""
    end = time.monotonic() + seconds
    best, is_done = found, False
    while not is_done and time.monotonic() < end:
        is_done = True
        for candidate in smaller(best.scenario):
            if time.monotonic() > end:
                is_done = False
                break
            bound = min(DEEPEST, max(best.preemptions, 1))
            other = trial.explore(candidate, bound, min(5.0, end - time.monotonic() + 0.5), best.phase)
            if other is not None and other.kind == best.kind:
                best, is_done = other, False
                break
    fewest = None
    for preemptions in range(min(DEEPEST + 1, best.preemptions)):
        if time.monotonic() > end:
            break
        fewest = trial.explore(best.scenario, preemptions, 5.0, best.phase)
        if fewest is not None and fewest.kind == best.kind:
            best = fewest
            break
    shortest = "nothing smaller of this kind was found" if is_done else "there may be a shorter one: there was no time"
    return confirmed_race(trial, replace(best, shortest=shortest))


def confirmed_race(trial: RaceTrial, found: RaceFinding) -> RaceFinding:
    """The finding with whether its run, alone in a fresh process, fails in the same way."""
    again, _ = trial.follow(found)
    if again is None or again.kind != found.kind:
        how = "does not fail" if again is None else f"fails otherwise: {again.failure.sentence}"
        return replace(found, reproducible=False, shortest=f"{found.shortest}; run again alone it {how}")
    return replace(again, shortest=found.shortest, phase=found.phase)


def smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios with something less, the largest steps first."""
    scope, setup, threads = scenario.scope, scenario.setup, scenario.threads
    if len(threads) > 2:
        for n in range(len(threads)):
            yield Scenario(scope, setup, threads[:n] + threads[n + 1 :])
    for n in range(len(setup)):
        yield Scenario(scope, setup[:n] + setup[n + 1 :], threads)
    for n, calls in enumerate(threads):
        for m in range(len(calls)):
            fewer = without_empty([*threads[:n], calls[:m] + calls[m + 1 :], *threads[n + 1 :]])
            if len(fewer) > 1:
                yield Scenario(scope, setup, fewer)
    everything = [*setup, *(call for _, call in scenario.calls)]
    for change in ((-1, 0, 0), (0, -1, 0), (0, 0, -1)):
        try:
            less = Scope(scope.spaces + change[0], scope.pages + change[1], scope.frames + change[2])
        except ArgumentError:
            continue
        if all(_fits(call, less) for call in everything):
            yield Scenario(less, setup, threads)
    if any(call[5] not in (0, ALL_RIGHTS) for call in everything):
        yield Scenario(scope, tuple(map(_with_all, setup)), tuple(tuple(map(_with_all, calls)) for calls in threads))


def _fits(call: Call, scope: Scope) -> bool:
    pairs = [call[1:3], call[3:5]] if call[0] in (Kind.MAP, Kind.GRANT) else [call[1:3]]
    return all(space < scope.spaces and page < scope.pages for space, page in pairs)


def _with_all(call: Call) -> Call:
    return (*call[:5], ALL_RIGHTS) if call[5] else call
