"""Calls at once: right locking passes in every scenario, wrong locking and wrong kernels are found, and how soon."""

from dataclasses import replace

import pytest

from proofs.explorer.interleaved.scenarios import SCENARIOS
from proofs.explorer.interleaved.search import explored, fewest_switches, goes_round
from proofs.faults.hunts.interleaving import find, found_of
from proofs.faults.interleaved import INTERLEAVED_FAULTS
from proofs.report.storyboard.lanes.interleaved import interleaved_board
from refinement.cores.locked import OneLock
from refinement.cores.locking import LOCKINGS, Locking, under
from refinement.rewriting import replaced

LONG = ("grant-and-flush", "crossed", "three", "moved-away", "in-turn")
QUICK = [name for name in SCENARIOS if name not in LONG]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_one_lock_is_right(scenario: str) -> None:
    found = explored(SCENARIOS[scenario].program())
    assert (found.wrong, found.complete) == ("", True)


@pytest.mark.parametrize("scenario", ["one-source", "two-frames", "replaced", "two-grants", "one-destination"])
def test_a_lock_a_frame_is_right_for_two_cores(scenario: str) -> None:
    found = explored(SCENARIOS[scenario].program("frame"))
    assert (found.wrong, found.complete) == ("", True)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["map-below-flush", "grant-and-flush", "crossed"])
def test_a_lock_a_frame_is_right_where_that_takes_longer(scenario: str) -> None:
    found = explored(SCENARIOS[scenario].program("frame"))
    assert (found.wrong, found.complete) == ("", True)


@pytest.mark.slow
@pytest.mark.parametrize("locking", ["frame", "slot"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_right_locking_shows_nothing_with_one_switch(locking: str, scenario: str) -> None:
    found = fewest_switches(SCENARIOS[scenario].program(locking), most=1)
    assert (found.wrong, found.complete) == ("", True)


@pytest.mark.parametrize("scenario", QUICK)
def test_one_lock_with_store_buffers_and_a_barrier_is_right(scenario: str) -> None:
    found = explored(SCENARIOS[scenario].program(buffered=True))
    assert (found.wrong, found.complete) == ("", True)


def test_calls_that_begin_and_return_as_steps() -> None:
    found = explored(SCENARIOS["two-grants"].program(timed=True))
    assert (found.wrong, found.complete) == ("", True)
    assert found.schedules > explored(SCENARIOS["two-grants"].program()).schedules


@pytest.mark.parametrize(
    "name", [n if n != "lock-not-looked-again" else pytest.param(n, marks=pytest.mark.slow) for n in INTERLEAVED_FAULTS]
)
def test_a_fault_is_found_and_drawn(name: str) -> None:
    found = find(name)
    assert found.killed, found.said
    if name != "lock-not-looked-again":
        schedule = found_of(name)
        board = interleaved_board(name, schedule)
        assert INTERLEAVED_FAULTS[name].ending in board.steps[-1].findings[0]
        assert len(board.names) == 1 + len(INTERLEAVED_FAULTS[name].program().calls)


def test_the_right_kernel_survives() -> None:
    assert not find("").killed


@pytest.mark.parametrize("buffered", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "release('kernel')",
            "release('kernel')\n    release('kernel')",
            "gives back the lock kernel, which it does not",
        ),
        ("release('kernel')", "pass", "keeps the lock kernel when its calls have returned"),
        ("acquire('kernel')", "pass", "gives back the lock kernel, which it does not have"),
    ],
)
def test_a_lock_is_given_back_once_by_who_has_it(old: str, new: str, said: str, buffered: bool) -> None:
    """The other call is a map under the right lock: it may have the lock that is given back."""
    wrong = type("Wrong", (OneLock,), {"flush": replaced(OneLock.flush, old, new)})
    program = SCENARIOS["map-below-flush"].program(buffered=buffered)
    made = replace(program, locking=Locking("wrong", "", under(wrong), right=False))
    assert said in explored(made).wrong
    assert explored(program).wrong == ""


def test_every_wrong_locking_is_a_fault() -> None:
    wrong = {name for name, locking in LOCKINGS.items() if not locking.right}
    assert {fault.locking for fault in INTERLEAVED_FAULTS.values()} - {"one"} == wrong


@pytest.mark.parametrize("locking", ["frame", "slot"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_right_locking_does_not_go_round(locking: str, scenario: str) -> None:
    found = goes_round(SCENARIOS[scenario].program(locking), leads=8)
    assert (found.wrong, found.complete) == ("", True)


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(name, marks=pytest.mark.slow) if name == "moved-below" else name
        for name, scenario in SCENARIOS.items()
        if len(scenario.calls) == 2
    ],
)
def test_a_lock_a_slot_is_right_for_two_cores(scenario: str) -> None:
    found = explored(SCENARIOS[scenario].program("slot"))
    assert (found.wrong, found.complete) == ("", True)


@pytest.mark.parametrize(
    ("locking", "scenario", "schedules"),
    [
        ("frame", "three-flushes", 95),
        ("frame", "one-page-thrice", 95),
        ("slot", "one-page-thrice", 701),
        pytest.param("slot", "three-flushes", 5529, marks=pytest.mark.slow),
    ],
)
def test_three_cores_are_searched_to_the_end(locking: str, scenario: str, schedules: int) -> None:
    found = explored(SCENARIOS[scenario].program(locking), seconds=600)
    assert (found.wrong, found.complete, found.schedules) == ("", True, schedules)
