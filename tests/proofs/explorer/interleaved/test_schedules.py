"""How many schedules a few steps have, which of them are run, and which of those that are wrong is shown."""

from collections.abc import Callable
from itertools import count

import pytest

from proofs.explorer.interleaved import search
from proofs.explorer.interleaved.execution import Execution, Program
from proofs.explorer.interleaved.search import every_schedule, explored, fewest_switches, goes_round
from refinement.cores.machine import Entry
from refinement.cores.stepping import Access

from .programs import plain, program

R0, R1, W0, W1 = ("read", 0), ("read", 1), ("write", 0, 1), ("write", 1, 1)
LOCK, TRY, UNLOCK = ("lock", "a"), ("try", "a"), ("unlock", "a")
FORGET = ("forget", 0, 0)


def right(execution: Execution) -> str:
    return ""


def stuck(execution: Execution) -> str:
    return "" if execution.ended else "stuck"


def both_read_nothing(execution: Execution) -> str:
    """Each of two cores read before the other's write was seen."""
    return "both read 0" * (set(execution.status.values()) == {(0,)})


# The cores; all schedules, and their steps; those that are run of each class, and their steps; outcomes.
COUNTED = {
    "nothing to do": (program([], []), (1, 0), (1, 0), 1),
    "one core": (program([R0, W0, R0]), (1, 3), (1, 3), 1),
    "two reads each": (program([R0, R1], [R0, R1]), (6, 24), (1, 4), 1),
    "two places": (program([R0, W0], [R1, W1]), (6, 24), (1, 4), 1),
    "one write and one read": (program([W0], [R0]), (2, 4), (2, 4), 2),
    "two writes": (program([("write", 0, 1)], [("write", 0, 2)]), (2, 4), (2, 4), 2),
    "two entries": (program([("put", "entry", 0, Entry(0, 5))], [("put", "entry", 0, Entry(0, 6))]), (2, 4), (2, 4), 2),
    "a write among reads": (program([W0], [R0, R0]), (3, 9), (3, 9), 3),
    "three cores that write": (program([W0], [("write", 0, 2)], [("write", 0, 3)]), (6, 18), (6, 18), 3),
    "under a lock": (program([LOCK, W0, UNLOCK], [LOCK, W0, UNLOCK]), (2, 12), (2, 12), 1),
    "two locks": (program([LOCK, UNLOCK], [("lock", "b"), ("unlock", "b")]), (6, 24), (1, 4), 1),
    "a lock that is kept": (program([LOCK], [LOCK]), (2, 2), (2, 2), 2),
    "a lock that is tried": (program([TRY], [TRY]), (2, 4), (2, 4), 2),
    "in a buffer": (program([W0], [W1], buffered=True), (6, 24), (1, 4), 1),
    "a buffer and its core": (program([W0, R0], buffered=True), (2, 6), (1, 3), 1),
    "a buffer and its core, which is not the first": (program([], [W0, R0], buffered=True), (2, 6), (1, 3), 1),
    "a buffer and another place": (program([W0, R1], buffered=True), (2, 6), (1, 3), 1),
    "a buffer and a fence": (program([W0, ("fence",)], buffered=True), (1, 3), (1, 3), 1),
    "two that forget one page": (program([FORGET], [FORGET]), (2, 4), (2, 4), 1),
    "two that forget a page each": (program([FORGET], [("forget", 1, 0)]), (2, 4), (2, 4), 1),
    "two that forget two pages": (program([FORGET], [("forget", 1, 1)]), (2, 4), (1, 2), 1),
}


@pytest.mark.parametrize("name", COUNTED)
def test_how_many_schedules_there_are_and_are_run(name: str) -> None:
    made, every, some, outcomes = COUNTED[name]
    found = every_schedule(made, judge=right)
    assert (found.schedules, found.steps, found.complete, found.wrong) == (*every, True, "")
    reduced = explored(made, judge=right)
    assert (reduced.schedules, reduced.steps, reduced.complete, reduced.wrong) == (*some, True, "")
    assert reduced.outcomes == found.outcomes
    assert len(found.outcomes) == outcomes
    assert (found.schedule, found.switches, reduced.schedule, reduced.switches) == ((), 0, (), 0)
    assert 0 <= found.seconds < 60


def test_what_both_change_and_is_looked_at_is_tried_in_either_order() -> None:
    put = [("put", "rights", 2, 6)], [("put", "entry", 0, None)]
    assert explored(program(*put), judge=right).schedules == 2
    other = [("put", "rights", 2, 6)], [("put", "entry", 1, None)]
    assert explored(program(*other), judge=right).schedules == 1


def test_a_search_ends_with_the_first_that_is_wrong() -> None:
    made = program([LOCK, ("lock", "b"), ("unlock", "b"), UNLOCK], [("lock", "b"), LOCK, UNLOCK, ("unlock", "b")])
    found = explored(made, judge=stuck)
    assert (found.wrong, found.complete, found.steps) == ("stuck", True, 8 + 2)
    assert (found.schedules, found.switches) == (2, 1)
    assert found.schedule == ((0, Access("lock", ("a",))), (1, Access("lock", ("b",))))
    assert "stuck" in found.outcomes
    assert len(found.outcomes) == 2
    every = explored(made, judge=stuck, stop=False)
    assert (every.wrong, every.complete, every.schedule) == ("", True, ())
    assert every.schedules > 2
    assert {"stuck"} < every.outcomes
    whole = every_schedule(made, judge=stuck)
    assert (whole.wrong, whole.complete, whole.outcomes) == ("", True, every.outcomes)


def test_a_failure_ends_a_schedule() -> None:
    made = program([W0, W0, W0], look=lambda kernel: "wrong at once")
    found = explored(made, judge=lambda execution: execution.failure)
    assert (found.wrong, found.schedules, found.steps) == ("wrong at once", 1, 1)
    assert found.schedule == ((0, Access("write", ("plain", 0), 1)),)


def test_a_search_may_be_ended_early() -> None:
    made = program([W0, R0], [W0, R0])
    found = every_schedule(made, most=4, judge=right)
    assert (found.schedules, found.steps, found.complete) == (4, 16, False)
    assert every_schedule(made, most=6, judge=right).complete
    assert every_schedule(made, most=5, judge=right).complete is False
    late = explored(made, seconds=0.0, judge=right)
    assert (late.schedules, late.complete, late.wrong) == (1, False, "")


def test_a_schedule_that_has_no_end_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_STEPS", 7)
    found = explored(program([("spin", 0)]), judge=right)
    assert (found.wrong, found.steps, len(found.schedule)) == ("more than 7 steps", 7, 7)
    assert explored(program([R0] * 6), judge=right).wrong == ""


# Store buffers: what is not seen on a machine without them.


@pytest.mark.parametrize("fence", [[], [("fence",)]])
def test_two_cores_may_each_miss_the_others_write_in_a_buffer(fence: list[tuple[str]]) -> None:
    cores = [W0, *fence, R1], [W1, *fence, R0]
    for buffered in (False, True):
        for run in (every_schedule, explored):
            found = run(program(*cores, buffered=buffered), judge=right)
            statuses = {outcome.partition("]")[0] for outcome in found.outcomes}
            assert any(each.count("(0,)") == 2 for each in statuses) == (buffered and not fence)


# Few switches.


def between() -> Program:
    """It is wrong if both writes of the second core come between the two reads of the first."""
    return program([R0, R1], [W1, W0, W0])


def seen_late(execution: Execution) -> str:
    return "late" * (execution.status.get((0, 0)) == (0, 1))


def test_the_fewest_switches_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "judged", seen_late)
    found = fewest_switches(between())
    assert (found.wrong, found.switches, found.complete) == ("late", 1, True)
    assert [agent for agent, _ in found.schedule][:2] == [0, 1]
    assert sorted(agent for agent, _ in found.schedule) == [0, 0, 1, 1, 1]
    assert found.schedule[0] == (0, Access("read", ("plain", 0)))
    assert 3 <= found.schedules <= 2 + 3
    assert found.steps == 5 * found.schedules
    none = fewest_switches(between(), most=0)
    assert (none.wrong, none.schedules, none.steps, none.complete, none.switches) == ("", 2, 10, True, 0)


@pytest.mark.parametrize(("most", "schedules"), [(0, 2), (1, 4), (2, 6)])
def test_how_many_schedules_have_so_few_switches(monkeypatch: pytest.MonkeyPatch, most: int, schedules: int) -> None:
    """Of two cores with two steps each: one after the other; two that are left once; two that are left twice."""
    monkeypatch.setattr(search, "judged", right)
    found = fewest_switches(program([R0, R0], [R0, R0]), most=most)
    assert (found.schedules, found.steps, found.switches) == (schedules, 4 * schedules, most)
    assert (found.wrong, found.complete, found.schedule) == ("", True, ())


def test_to_go_on_when_one_waits_or_has_ended_is_no_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left once: the first in either place inside its lock, where the second waits soon; the second before its own."""
    monkeypatch.setattr(search, "judged", right)
    made = program([LOCK, R0, UNLOCK], [R1, LOCK, UNLOCK])
    for most, schedules in [(0, 2), (1, 5)]:
        found = fewest_switches(made, most=most)
        assert (found.schedules, found.steps) == (schedules, 6 * schedules)


def test_a_deadlock_takes_one_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "judged", stuck)
    crossed = [LOCK, ("lock", "b"), ("unlock", "b"), UNLOCK], [("lock", "b"), LOCK, UNLOCK, ("unlock", "b")]
    found = fewest_switches(program(*crossed))
    assert (found.wrong, found.switches, len(found.schedule)) == ("stuck", 1, 2)
    assert found.schedules >= 3


def test_a_failure_is_shown_whatever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "judged", lambda execution: execution.failure)
    found = fewest_switches(program([R0, W0, W0], [R0], look=lambda kernel: "seen"))
    assert (found.wrong, found.switches) == ("seen", 0)
    assert found.schedule[-1] == (found.schedule[-1][0], Access("write", ("plain", 0), 1))


def test_a_search_of_few_switches_may_be_ended_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "judged", right)
    found = fewest_switches(between(), seconds=-1.0)
    assert (found.schedules, found.steps, found.complete, found.wrong) == (1, 5, False, "")


# Round and round.


def test_calls_that_wait_for_nothing_go_round() -> None:
    found = goes_round(program([("spin", 0)], [("spin", 1)]))
    assert (found.complete, found.schedules) == (True, 1)
    assert found.wrong == "livelock: the last 2 steps, of all cores in turn, lead nowhere"
    assert [agent for agent, _ in found.schedule] == [0, 1, 0, 1]
    assert (found.steps, found.switches) == (4, 3)
    assert found.schedule[0] == (0, Access("read", ("plain", 0)))


def test_calls_that_wait_for_each_other_in_turn_come_to_an_end() -> None:
    made = program([W0, ("spin", 1)], [("spin", 0), W1])
    found = goes_round(made, leads=3)
    assert (found.wrong, found.schedules, found.complete, found.schedule) == ("", 3, True, ())
    assert found.steps == 5 + 6 + 7  # as much longer as the lead is, since the first core only looks once more


def test_a_lead_may_be_what_makes_calls_go_round() -> None:
    """The second core stops the first for ever if it comes too late."""
    made = program([R0, R0, ("spin", 1)], [("try", "a"), ("write", 0, 0)])
    found = goes_round(made, leads=2)
    assert found.wrong == "livelock: the last 1 steps, of all cores in turn, lead nowhere"
    assert found.schedules == 1


def test_who_waits_in_a_deadlock_does_not_go_round() -> None:
    found = goes_round(program([LOCK, ("lock", "b")], [("lock", "b"), LOCK]), leads=2)
    assert (found.wrong, found.complete) == ("", True)


def test_the_cores_of_a_livelock_leave_memory_as_it_was() -> None:
    made = program([("spin", 0)], [("write", 1, 0), ("write", 1, 2), ("spin", 0)])
    assert plain(Execution(made)) == [0, 0, 0]
    assert goes_round(made, leads=1).wrong.startswith("livelock: the last 2 steps")


def test_a_failure_ends_a_turn() -> None:
    found = goes_round(program([("unlock", "a"), R0, R0], [R0, R0]), leads=2)
    assert (found.steps, found.wrong, found.complete) == (2, "", True)


def test_the_seconds_are_those_since_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by a second whenever it is looked at."""
    monkeypatch.setattr(search, "judged", lambda execution: "wrong" * (execution.number == 4))
    searches: list[tuple[float, Callable[[], search.Found]]] = [
        (1, lambda: fewest_switches(program([R0] * 4))),
        (2, lambda: fewest_switches(program([R0]), most=0)),
        (2, lambda: fewest_switches(program([R0]), seconds=0.5)),
        (1, lambda: goes_round(program([("spin", 0)]))),
        (1, lambda: goes_round(program([R0]))),
        (1, lambda: explored(program([R0]), judge=right)),
        (1, lambda: explored(program([R0]), judge=lambda execution: "wrong")),
    ]
    for seconds, run in searches:
        monkeypatch.setattr(search, "process_time", count(100).__next__)
        assert run().seconds == seconds
