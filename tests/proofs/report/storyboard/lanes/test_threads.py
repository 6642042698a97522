"""The lanes of a run of threads: after each step what every thread calls, holds and waits for."""

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL
from proofs.report.storyboard.lanes.threads import thread_board
from refinement.check.driver.driver import StepKind
from refinement.check.finding.race_finding import RecordedRace
from refinement.check.races.outcome import EventKind
from refinement.check.races.scenario import Event, Scenario
from refinement.check.search.races.engine import RaceReplay

LOCK, FLUSH = 0x40, (int(StepKind.FLUSH), 0, 0, 0, 0, ALL_RIGHTS)


def _event(kind: EventKind, thread: int, step: int, number: int = 0) -> Event:
    return Event(kind=kind, number=number, thread=thread, step=step, place=0, object=LOCK)


def test_a_lane_says_what_a_thread_holds_and_waits_for_until_it_gives_it_back() -> None:
    scenario = Scenario(Scope(2, 1, 1), (), ((FLUSH,), (FLUSH,)))
    events = (
        _event(EventKind.BEGINS, 0, 1),
        _event(EventKind.LOCKS, 0, 2),
        _event(EventKind.BEGINS, 1, 3, 1),
        _event(EventKind.WAITS, 1, 4),
        _event(EventKind.UNLOCKS, 0, 5),
        _event(EventKind.LOCKS, 1, 6),
        _event(EventKind.RETURNS, 0, 7),
    )
    recorded = RecordedRace(
        scenario, (), "canonical", data_races=False, may_refuse=False, kind="", steps=0, shows="shown"
    )
    board = thread_board(RaceReplay("x.c", CANONICAL, recorded, None, "", 7, events, None))
    call = "in flush σ0[0]"
    assert [tuple(lane.words for lane in step.lanes) for step in board.steps] == [
        ((call,), ()),
        ((call, "holds lock A"), ()),
        ((call, "holds lock A"), (call,)),
        ((call, "holds lock A"), (call, "waits for lock A")),
        ((call,), (call, "waits for lock A")),
        ((call,), (call, "holds lock A")),
        ((), (call, "holds lock A")),
    ]
    assert [step.actor for step in board.steps] == [0, 0, 1, 1, 0, 1, 0]
    assert board.names == ("thread 0", "thread 1")
