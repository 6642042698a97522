"""Races that are there are found, and databases without any pass, however they exclude others."""

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check.driver.bench import Bench
from refinement.check.finding.finding import Conformance
from refinement.check.finding.race_finding import RecordedRace, race_from_json
from refinement.check.process import isolation
from refinement.check.process.order import Limits, Order
from refinement.check.races.scenario import Scenario
from refinement.check.races.work import Explore, Racing
from refinement.check.search.races.engine import NOTHING_REACHED, race, replay_race
from refinement.check.search.races.plan import parts, scenarios
from refinement.check.search.spent import Spent
from refinement.check.target.target import Target
from tests.refinement.check.races.conftest import SOURCE, design, example, explored

MAP, GRANT, FLUSH, LOOK = 1, 2, 3, 4
PAIR = Scenario(Scope(3, 1, 1), ((MAP, 0, 0, 1, 0, 7),), (((MAP, 1, 0, 2, 0, 7),), ((FLUSH, 0, 0, 0, 0, 7),)))
TWO = Scenario(Scope(2, 2, 2), (), (((MAP, 0, 0, 0, 1, 7),), ((MAP, 0, 1, 0, 0, 7),)))
GRANTS = Scenario(Scope(3, 1, 1), (), (((GRANT, 0, 0, 1, 0, 7),), ((GRANT, 0, 0, 2, 0, 7),)))
SAME = Scenario(Scope(2, 1, 1), (), (((MAP, 0, 0, 1, 0, 7),), ((GRANT, 0, 0, 1, 0, 7),)))
MOVED = Scenario(Scope(2, 2, 2), ((GRANT, 0, 1, 1, 0, 7),), (((GRANT, 0, 0, 1, 0, 7),), ((GRANT, 1, 0, 0, 1, 7),)))
LOOKS = Scenario(Scope(2, 1, 1), (), (((LOOK, 0, 0, 0, 0, 0),) * 2, ((GRANT, 0, 0, 1, 0, 7),)))
UNORDERED = ("RELAXED_SPIN",)  # what shows as accesses that nothing orders alone
RACES = re.findall(r"^    ([A-Z_]+), +/\*", SOURCE.read_text("utf-8"), re.MULTILINE)


def tried(target: Target, *scenarios: Scenario, preemptions: int = 2, data_races: bool = False) -> dict[str, object]:
    return explored(target, Explore(CANONICAL.readings, scenarios, preemptions, 20.0, data_races))


@pytest.mark.long
def test_the_example_passes_and_calls_overlap() -> None:
    told = tried(example(), SAME, TWO, GRANTS, MOVED, preemptions=1, data_races=True)
    assert told["wrong"] is None
    assert told["done"] == 4
    counters = told["counters"]
    assert isinstance(counters, dict)
    assert counters["overlapping"] > 200
    assert counters["unsteady"] == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DROPPED_BETWEEN", 0),
        ("ENTRY_AFTER_UNLOCK", 0),
        ("LOCKS_IN_ARGUMENT_ORDER", 1),
        ("DOUBLE_UNLOCK", 4),
        ("RELAXED_SPIN", 8),
    ],
)
def test_a_race_is_found_as_what_it_is(name: str, kind: int) -> None:
    found = tried(example(name), TWO, GRANTS, SAME, MOVED, PAIR, preemptions=1, data_races=name in UNORDERED)["wrong"]
    assert isinstance(found, dict)
    assert found["failure"] == kind


def test_there_are_a_dozen_and_more() -> None:
    assert len(RACES) == 19


@pytest.mark.slow
@pytest.mark.parametrize("name", RACES)
def test_each_race_is_found_and_its_run_is_the_same_in_a_fresh_process(name: str) -> None:
    target = example(name)
    report = race(target, seconds=40.0, seed=1, shrinking=5.0, data_races=name in UNORDERED)
    assert report.finding is not None
    assert report.finding.reproducible, report.finding.shortest
    recorded = race_from_json(report.finding.kept())
    again = replay_race(target, recorded)
    assert again.is_same
    assert again.failure == report.finding.failure
    right = replay_race(example(), replace(recorded, data_races=True))
    assert right.failure is None or right.kind == "NOT_FOLLOWED"


@pytest.mark.slow
def test_the_example_conforms() -> None:
    report = race(example(), threads=3, seconds=30.0, seed=1, data_races=True)
    assert report.verdict == Conformance.CONFORMS
    assert report.exit_status == 0


@pytest.mark.long
def test_more_time_than_was_given_is_said_and_where_it_went() -> None:
    spent = Spent(0.2, {"compiling": 30.0})
    report = race(example(), seconds=0.2, seed=1, spent=spent)
    assert list(spent.parts) == ["compiling", "loading", "searching"]
    assert [spent.sentence() in report.remarks, "30.0 s compiling" in spent.sentence()] == [True, True]
    assert spent.parts["searching"] >= 1.0  # what is needed for a verdict takes longer


@pytest.mark.parametrize(
    "name",
    [
        *("RECURSIVE", "READERS", "OWN_SPIN", "TICKET", "TRY_AGAIN", "C11_LOCK", "MONITOR"),
        *("THREAD_CACHE", "ERRNO_LIKE"),
    ],
)
def test_a_right_design_is_not_accused(name: str) -> None:
    told = tried(design(name), PAIR, LOOKS, GRANTS, data_races=True)
    assert told["wrong"] is None
    counters = told["counters"]
    assert isinstance(counters, dict)
    assert counters["overlapping"] > 0
    assert counters["unsteady"] == 0


@dataclass(frozen=True)
class Twice:
    """One schedule twice in one process."""

    def do(self, bench: Bench) -> dict[str, Any]:
        racing, told = Racing(bench, CANONICAL.readings, False, False), []
        for _ in range(2):
            racing.begin(LOOKS)
            racing.inside(racing.runtime.race_follow, None, 0, 0, racing.out)
            told.append(racing.told(LOOKS))
        return {"first": told[0], "second": told[1]}

    @staticmethod
    def warm_up() -> None:
        pass


def test_a_run_finds_threads_that_have_called_nothing_before() -> None:
    ending = isolation.perform(Order(design("THREAD_CACHE"), Twice(), Limits(wall=60.0)))
    assert ending.value["first"] == ending.value["second"]
    assert ending.value["first"]["steps"] > 0


@pytest.mark.parametrize(
    ("name", "scenario", "kind"), [("NO_LOCK", GRANTS, 0), ("STALE_CACHE", LOOKS, 0), ("UPGRADE", PAIR, 1)]
)
def test_a_wrong_design_is_found(name: str, scenario: Scenario, kind: int) -> None:
    found = tried(design(name), scenario)["wrong"]
    assert isinstance(found, dict)
    assert found["failure"] == kind


def test_refusals_without_reason_are_a_choice() -> None:
    work = Explore(CANONICAL.readings, (PAIR, GRANTS), 1, 20.0)
    assert explored(design("TRY_AND_REFUSE"), work)["wrong"] is not None
    assert explored(design("TRY_AND_REFUSE"), replace(work, may_refuse=True))["wrong"] is None


@pytest.mark.long
def test_where_nothing_is_seen_nothing_is_claimed() -> None:
    report = race(design("BLIND"), seconds=1.0, seed=1)
    assert report.verdict == Conformance.UNDECIDED
    assert report.exit_status == 3
    assert NOTHING_REACHED in report.remarks


@pytest.mark.long
def test_calls_that_read_a_large_table_are_not_said_to_hang() -> None:
    target = design("LONG")
    told = tried(target, GRANTS, SAME, preemptions=1)
    assert told["wrong"] is None
    assert told["done"] == 0
    assert isinstance(told["counters"], dict)
    assert told["counters"]["too long"] == 2
    report = race(target, seconds=0.5, seed=1)
    assert report.exit_status == 3
    assert any("a run of them takes more accesses" in remark for remark in report.remarks)
    again = replay_race(target, RecordedRace(GRANTS, (), "canonical", False, False, "", 0, ""))
    assert (again.kind, again.exit_status) == ("TOO_LONG", 3)


@pytest.mark.long
def test_a_crash_is_told_with_its_place_and_replayed() -> None:
    target = example("FREE_LIST_UNLOCKED")
    report = race(target, seconds=5.0, seed=1, shrinking=1.0)
    assert report.finding is not None
    assert report.verdict == Conformance.CRASHED
    assert "SIGSEGV, in " in report.finding.failure.sentence
    recorded = race_from_json(report.finding.kept())
    again = replay_race(target, recorded, limits=Limits(hang=2.0))
    assert again.is_same
    assert again.events
    assert replay_race(example(), recorded).failure is None


def test_a_run_of_another_program_that_has_no_place_for_a_switch_says_nothing() -> None:
    found = explored(example("ENTRY_AFTER_UNLOCK"), Explore(CANONICAL.readings, (PAIR,), 1, 20.0))["wrong"]
    assert isinstance(found, dict)
    schedule = tuple((step, thread) for step, thread in found["schedule"])
    recorded = RecordedRace(PAIR, schedule, "canonical", False, False, "NOT_LINEARIZABLE", 0, "")
    again = replay_race(design("RECURSIVE"), recorded)  # whose first thread has returned by then
    assert again.kind == "NOT_FOLLOWED"
    assert again.exit_status == 3
    late = replay_race(example(), replace(recorded, schedule=((10_000, 1),)))
    assert late.exit_status == 3


def test_one_call_of_two_is_of_some_rights() -> None:
    part = next(part for part in parts(2) if part.narrows)
    tried = list(scenarios(part, CANONICAL.readings))
    narrowed = Scenario(Scope(3, 1, 1), ((MAP, 0, 0, 1, 0, 7),), (((FLUSH, 0, 0, 0, 0, 4),), ((MAP, 1, 0, 2, 0, 7),)))
    assert narrowed in tried
    assert all(any(call[5] == 4 for _, call in each.calls) for each in tried)
    found = explored(example("RIGHTS_SEEN_EARLY"), Explore(CANONICAL.readings, (narrowed,), 1, 20.0))["wrong"]
    assert isinstance(found, dict)
    assert found["failure"] in (0, 7)


def test_a_page_is_filled_anew_beside_a_call_of_it() -> None:
    part = next(part for part in parts(2) if part.refills)
    tried = list(scenarios(part, CANONICAL.readings))
    emptied = Scenario(
        Scope(2, 2, 2),
        ((MAP, 0, 0, 1, 0, 7),),
        (((FLUSH, 0, 0, 0, 0, 7), (MAP, 0, 1, 1, 0, 7)), ((FLUSH, 1, 0, 0, 0, 7),)),
    )
    assert emptied in tried
    assert all(call[1:3] == second[3:5] for (_, second), (call,) in (each.threads for each in tried))
    found = explored(example("NODE_ALONE_COMPARED"), Explore(CANONICAL.readings, (emptied,), 1, 20.0))["wrong"]
    assert isinstance(found, dict)
    assert found["failure"] == 4
