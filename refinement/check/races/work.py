"""The jobs with threads in a target's own process: schedules of scenarios, and the judgement of each new history."""

import ctypes
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.spaces.dialect import Readings
from refinement.check.driver import driver
from refinement.check.driver.bench import Bench
from refinement.check.races.judging import Judge, Returned
from refinement.check.races.outcome import COUNTERS, CChoice, COutcome, RunFailure
from refinement.check.races.scenario import Scenario, Schedule
from refinement.check.target.calls import Call

RACING = 12  # in the cell INSIDE: threads run
SLICE = 20_000  # schedules between two looks at the clock
LEFT = {RunFailure.NOT_FOLLOWED: "unsteady", RunFailure.TOO_LONG: "too long"}  # runs that say nothing of a scenario


@dataclass(slots=True)
class Racing:
    """The runtime of a loaded target, with a judge for each scope."""

    bench: Bench
    readings: Readings
    data_races: bool
    may_refuse: bool
    judges: dict[Any, Judge] = field(default_factory=dict)
    outcome: COutcome = field(default_factory=COutcome)

    def __post_init__(self) -> None:
        """Hand the functions and the journal over."""
        self.runtime = self.bench.loaded.runtime
        addresses = np.zeros(8, np.uint64)
        addresses[: len(self.bench.loaded.addresses)] = self.bench.loaded.addresses
        journal = self.bench.cells.ctypes.data, self.bench.rows.ctypes.data
        self.runtime.race_prepare(addresses.ctypes.data, *journal, self.bench.loaded.base)
        self.views = 2 if self.bench.loaded.addresses[Call.LOOKUP_HW] else 1
        self.out = ctypes.byref(self.outcome)

    runtime: Any = None
    views: int = 1
    out: Any = None

    def begin(self, scenario: Scenario, *, everywhere: bool = False) -> None:
        """The runtime turns to a scenario, which goes into the journal.

        :param everywhere: threads are switched before every access, and not only before those of shared memory.
        """
        rows = scenario.rows()
        self.bench.rows[: len(rows)] = rows
        self.bench.cells[driver.ROWS] = len(rows)
        self.runtime.race_scenario(ctypes.byref(scenario.packed()), len(rows), int(self.data_races), int(everywhere))

    def inside(self, call: Any, *arguments: Any) -> int:
        """A call of the runtime, which the watchdog watches."""
        self.bench.cells[driver.INSIDE] = RACING + 1
        result = int(call(*arguments))
        self.bench.cells[driver.INSIDE] = 0
        return result

    def counters(self) -> dict[str, int]:
        """What was counted since the process began."""
        counts = (ctypes.c_int64 * 8).in_dll(self.runtime, "race_counters")
        return dict(zip(COUNTERS, (int(count) for count in counts), strict=False))

    def history(self, scenario: Scenario) -> list[Returned]:
        """What the calls of the last run returned."""
        results = self.outcome.result
        return [
            Returned(call, int(results[n].status), int(results[n].rights), int(results[n].before))
            for n, (_, call) in enumerate(scenario.calls)
        ]

    def is_right(self, scenario: Scenario) -> bool:
        """Return whether the model explains the last run, which did not fail by itself."""
        key = scenario.scope
        if key not in self.judges:
            self.judges[key] = Judge(scenario.scope, self.readings, self.may_refuse)
        shown = self.outcome.shown[: self.outcome.shows]
        return self.judges[key].explains(scenario.setup, self.history(scenario), shown, self.views)

    def told(self, scenario: Scenario) -> dict[str, Any]:
        """The last run as JSON values."""
        out = self.outcome
        base = self.bench.loaded.base
        return {
            "failure": int(out.failure),
            "thread": int(out.thread),
            "object": int(out.object),
            "place": int(out.place) - base if out.place else 0,
            "other_place": int(out.other_place) - base if out.other_place else 0,
            "preemptions": int(out.preemptions),
            "steps": int(out.steps),
            "schedule": [[int(each.step), int(each.thread)] for each in out.chosen[: out.choices]],
            "results": [[each.status, each.rights, each.before] for each in self.history(scenario)],
            "shown": [int(value) for value in out.shown[: out.shows]],
        }


@dataclass(frozen=True, slots=True)
class Explore:
    """Schedules of scenarios, one scenario after the other, until something is wrong or the time is over.

    ``preemptions``: every schedule with at most so many; -1: ``runs`` schedules each with random priorities instead.
    """

    readings: Readings
    scenarios: tuple[Scenario, ...]
    preemptions: int
    seconds: float
    data_races: bool = False
    may_refuse: bool = False
    runs: int = 0
    seed: int = 0
    most: int = 1 << 62

    def do(self, bench: Bench) -> dict[str, Any]:
        """What was ``done`` (scenarios), ``refused``, the counters, and ``wrong``: a run, with its scenario."""
        racing = Racing(bench, self.readings, self.data_races, self.may_refuse)
        end, done, refused = time.monotonic() + self.seconds, 0, []
        left = dict.fromkeys(LEFT.values(), 0)
        wrong: dict[str, Any] | None = None
        for number, scenario in enumerate(self.scenarios):
            if time.monotonic() > end:
                break
            racing.begin(scenario)
            result = self._explore(racing, scenario, number, end)
            if result == "refused":
                refused.append(number)
            elif result == "wrong":
                wrong = {"scenario": number, **racing.told(scenario)}
                break
            elif result in left:
                left[result] += 1
                continue
            elif result == "cut":
                continue
            done += 1
        counters = {**racing.counters(), **left}
        return {"done": done, "refused": refused, "wrong": wrong, "counters": counters}

    def _explore(self, racing: Racing, scenario: Scenario, number: int, end: float) -> str:
        left, length = self.most, 0
        while True:
            part = min(SLICE, left)
            if self.preemptions >= 0:
                got = racing.inside(racing.runtime.race_explore, self.preemptions, part, racing.out)
            else:
                part = max(1, min(part, self.runs))
                if not length:  # one run, to see how long it is
                    racing.inside(racing.runtime.race_follow, None, 0, 0, racing.out)
                    length = int(racing.outcome.steps)
                    got = 1
                else:
                    seed = (self.seed << 20) + number * 64 + left % 61
                    got = racing.inside(racing.runtime.race_random, seed, 2 + number % 3, part, length, racing.out)
                    left = 0 if got < 0 else left - 1
            if racing.outcome.failure == RunFailure.UNFIT and got == 1:
                return "refused"
            if racing.outcome.failure in LEFT and got == 1:
                return LEFT[RunFailure(racing.outcome.failure)]
            if got == 1 and (racing.outcome.failure or not racing.is_right(scenario)):
                return "wrong"
            if got == 0:
                return "done"
            if self.preemptions >= 0 and got < 0:
                left -= part
            if left <= 0:
                return "done" if self.preemptions < 0 else "cut"
            if time.monotonic() > end:
                return "cut"

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled by numba."""


@dataclass(frozen=True, slots=True)
class Follow:
    """One run of a scenario by its schedule; its events go into the journal.

    A run without each of the schedule's switches is not the one that was asked for: it is never right.
    """

    readings: Readings
    scenario: Scenario
    schedule: Schedule
    data_races: bool = False
    may_refuse: bool = False

    def do(self, bench: Bench) -> dict[str, Any]:
        """The ``run``, and whether it is ``right``."""
        racing = Racing(bench, self.readings, self.data_races, self.may_refuse)
        racing.begin(self.scenario)
        choices = (CChoice * max(1, len(self.schedule)))(*(CChoice(*each) for each in self.schedule))
        racing.inside(racing.runtime.race_follow, choices, len(self.schedule), 1, racing.out)
        right = racing.outcome.failure == RunFailure.NONE and racing.is_right(self.scenario)
        run = racing.told(self.scenario)
        if right and run["schedule"] != [list(each) for each in self.schedule]:  # a switch that there was no place for
            right, run["failure"] = False, int(RunFailure.NOT_FOLLOWED)
        return {"run": run, "right": right}

    @staticmethod
    def warm_up() -> None:
        """Nothing is compiled by numba."""
