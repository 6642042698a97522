"""Switching before shared memory alone reaches every outcome that switching before each access reaches."""

from dataclasses import dataclass
from typing import Any

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check.driver.bench import Bench
from refinement.check.process import isolation
from refinement.check.process.order import Limits, Order
from refinement.check.races.scenario import Scenario
from refinement.check.races.work import Racing
from refinement.check.search.races.plan import random_scenarios
from refinement.check.target.target import Target
from tests.refinement.check.races.conftest import design, example

MAP, GRANT, FLUSH, LOOK = 1, 2, 3, 4


@dataclass(frozen=True)
class Outcomes:
    """Every outcome of a scenario with so many preemptions, failures among them; and how many schedules that took."""

    scenario: Scenario
    preemptions: int
    everywhere: bool

    def do(self, bench: Bench) -> dict[str, Any]:
        racing = Racing(bench, CANONICAL.readings, False, False)
        racing.begin(self.scenario, everywhere=self.everywhere)
        found: set[tuple[Any, ...]] = set()
        while (got := racing.inside(racing.runtime.race_explore, self.preemptions, 1 << 20, racing.out)) and len(
            found
        ) < 500:
            assert got == 1
            out = racing.outcome
            results = tuple((each.status, each.rights, each.before) for each in racing.history(self.scenario))
            found.add((int(out.failure), () if out.failure else (results, tuple(out.shown[: out.shows]))))
        return {"found": sorted(map(repr, found)), "schedules": racing.counters()["schedules"]}

    @staticmethod
    def warm_up() -> None:
        pass


def outcomes(target: Target, scenario: Scenario, preemptions: int, *, everywhere: bool) -> tuple[list[str], int]:
    ending = isolation.perform(Order(target, Outcomes(scenario, preemptions, everywhere), Limits(wall=120.0)))
    assert ending.how == "answered", ending
    return ending.value["found"], ending.value["schedules"]


def compare(target: Target, scenario: Scenario, preemptions: int) -> tuple[int, int]:
    few, schedules = outcomes(target, scenario, preemptions, everywhere=False)
    all_of_them, more = outcomes(target, scenario, preemptions, everywhere=True)
    assert few == all_of_them, scenario.texts()
    assert len(few) < 500
    return schedules, more


CASES = [
    Scenario(Scope(2, 1, 1), (), (((MAP, 0, 0, 1, 0, 7),), ((GRANT, 0, 0, 1, 0, 7),))),
    Scenario(Scope(2, 1, 1), ((MAP, 0, 0, 1, 0, 7),), (((LOOK, 1, 0, 0, 0, 0),) * 2, ((FLUSH, 0, 0, 0, 0, 2),))),
]


@pytest.mark.parametrize("name", ["NO_LOCK", "TICKET", "STALE_CACHE"])
def test_no_outcome_is_lost(name: str) -> None:
    saved = [compare(design(name), scenario, 1) for scenario in CASES]
    assert all(few <= more for few, more in saved)


def test_schedules_are_saved() -> None:
    few, more = compare(example(), CASES[0], 1)
    assert few < more / 1.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["NO_RACE", "DROPPED_BETWEEN", "LOOKED_UP_BEFORE_LOCK", "READER_WITHOUT_LOCK"])
def test_no_outcome_of_random_scenarios_is_lost(name: str) -> None:
    scenarios = [each for each in random_scenarios(7, 40, 3, CANONICAL.readings) if len(each.calls) <= 4]
    assert len(scenarios) > 5
    for scenario in scenarios:
        compare(example(name), scenario, 1)
