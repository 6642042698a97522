"""Checks, replays and questions, put together from jobs that run in this process."""

from concurrent.futures import Executor, Future
from dataclasses import asdict, replace
from typing import ClassVar

import numpy as np
import pytest

from model.spaces.dialect import CANONICAL, DIALECTS
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.finding.report import Phase
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.zygote import Limits
from refinement.check.search import engine
from refinement.check.search.engine import Answer, ask, check, perform_or_raise, replay
from refinement.check.target.calls import Call
from refinement.check.target.target import Target
from tests.refinement.check.plain import Database, Here, ending

TARGET = Target("library", "nowhere.so")
PROGRAM = np.array([(0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 7)], np.uint32)
LIMITS = Limits(hang=1.0, wall=7.0)


class Pool(Executor):
    """Runs each job at once."""

    def __init__(self):
        self.ended = []

    def submit(self, fn, /, *arguments, **named):
        future = Future()
        try:
            future.set_result(fn(*arguments, **named))
        except (Exception, KeyboardInterrupt) as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.ended.append((wait, cancel_futures))


@pytest.fixture
def here(monkeypatch):
    made = Here(Database)
    monkeypatch.setattr(isolation, "perform", lambda order: made.perform(order))
    return made


def wrong(name, value):
    def make():
        database = Database()
        database.answers = lambda called, *given: value if called == name else None
        return database

    return make


def test_a_replay(here):
    report = replay(TARGET, PROGRAM, limits=LIMITS)
    assert (report.failure, report.step, report.exit_status) == (None, 3, 0)
    assert here.orders[0].limits is LIMITS
    assert report.to_json() == {
        "musigma_replay": 1,
        "target": "nowhere.so",
        "dialect": "canonical",
        "verdict": "agrees",
        "sentence": "",
        "step": 3,
        "steps": ["init 2 × 1 × 1", "map σ0[0] → σ1[0]", "flush σ0[0]"],
    }
    here.make = wrong("map", 9)
    report = replay(TARGET, PROGRAM, DIALECTS["tree"])
    assert (report.step, report.exit_status, report.dialect.name) == (1, 1, "tree")
    told = report.to_json()
    assert (told["verdict"], told["sentence"]) == ("diverges", "map failed: what it said")
    assert here.orders[-1].work.readings == DIALECTS["tree"].readings


def test_a_job_that_takes_too_long_is_the_tools_fault(monkeypatch, here):
    assert perform_or_raise(engine.Order(TARGET, engine.Probe(), LIMITS)).how == "answered"
    monkeypatch.setattr(isolation, "perform", lambda order: ending("overdue"))
    with pytest.raises(ToolError, match="the target was not done after 7 s"):
        replay(TARGET, PROGRAM, limits=LIMITS)


def test_questions(here):
    found = ask(TARGET, PROGRAM, [1], limits=LIMITS)
    assert found == {
        1: Answer(None, (((0, 7), (0, 7)), ((0, 7), (0, 7)))),
        2: Answer(None, (((0, 7), (-1, 0)), ((0, 7), (-1, 0)))),
    }
    assert here.orders[0].limits is LIMITS
    here.make = wrong("flush", 1)
    assert ask(TARGET, PROGRAM, [2])[2].status == 1
    here.make = lambda: Database(without=(Call.LOOKUP_HW,))
    assert len(ask(TARGET, PROGRAM, [0])[0].shown) == 1


def test_a_target_that_dies_is_asked_again_up_to_there(monkeypatch):
    made, asked = Here(Database), []

    def perform(order):
        asked.append((len(order.work.program), order.work.steps))
        done = made.perform(order)
        return ending("signal", number=11, step=2, inside=3) if len(order.work.program) == 3 else done

    monkeypatch.setattr(isolation, "perform", perform)
    found = ask(TARGET, PROGRAM, [0, 1, 2])
    assert asked == [(3, (0, 1, 2)), (2, (0, 1))]
    assert list(found) == [0, 1, 2]
    assert found[2] == Answer(broke="the target died of SIGSEGV in flush")
    assert found[1].broke == ""
    asked.clear()
    assert list(ask(TARGET, PROGRAM, [2])) == [2]
    assert len(asked) == 1
    monkeypatch.setattr(isolation, "perform", lambda order: ending("signal", number=11, step=-1))
    assert list(ask(TARGET, PROGRAM, [1])) == [0]


class Search(engine.Search):
    """A search that finds what it is told."""

    finds: Finding | BaseException | None = None
    made: ClassVar[list] = []

    def run(self):
        Search.made.append(self)
        self.phases.append(Phase("random", "r", "s", True, 5, 0.1))
        if isinstance(Search.finds, BaseException):
            raise Search.finds
        return Search.finds


FOUND = Finding(Failure(Conformance.DIVERGES, "it differs"), PROGRAM, "canonical", "random")


@pytest.fixture
def search(monkeypatch, here):
    monkeypatch.setattr(engine, "Search", Search)
    monkeypatch.setattr(engine, "shrink", lambda trial, finding, seconds: shrunk(trial, finding, seconds))
    Search.finds = None
    Search.made = []
    return here


def shrunk(trial, finding, seconds):
    SHRUNK.append((trial, seconds))
    return replace(finding, shortest="by the test")


SHRUNK: list = []


def test_a_check(search):
    said = []
    report = check(TARGET, seconds=3.0, seed=8, jobs=2, limits=LIMITS, executor=Pool(), tell=said.append)
    (made,) = Search.made
    arguments = made.target, made.dialect, made.limits, made.seconds, made.seed, made.jobs
    assert arguments == (TARGET, CANONICAL, LIMITS, 3.0, 8, 2)
    assert len(search.orders) == 2
    assert all(isinstance(order.work, engine.Probe) and order.limits is LIMITS for order in search.orders)
    assert (report.target, report.seed, report.finding, report.interrupted) == ("nowhere.so", 8, None, False)
    assert report.verdict is Conformance.UNDECIDED
    assert report.views == ("lookup", "lookup_hw")
    assert [phase.name for phase in report.phases] == ["r"]
    assert set(report.situations.values()) == {0}
    assert 0 < report.seconds < 60
    search.make = lambda: Database(without=(Call.LOOKUP_HW,))
    assert check(TARGET, executor=Pool()).views == ("lookup",)
    seeds = {check(TARGET, executor=Pool()).seed for _ in range(3)}
    assert len(seeds) == 3
    assert not said


def test_what_is_found_is_made_shorter(search):
    Search.finds, said = FOUND, []
    SHRUNK.clear()
    report = check(TARGET, DIALECTS["tree"], limits=LIMITS, shrinking=4.0, executor=Pool(), tell=said.append)
    assert said == ["found: it differs; looking for a shortest trace"]
    assert report.finding.shortest == "by the test"
    assert report.verdict is Conformance.DIVERGES
    ((trial, seconds),) = SHRUNK
    assert seconds == 4.0
    assert (trial.target, trial.readings, trial.limits) == (TARGET, DIALECTS["tree"].readings, LIMITS)
    SHRUNK.clear()
    Search.finds = replace(FOUND, shortest="x")
    assert check(TARGET, executor=Pool()).finding.shortest == "x"
    assert not SHRUNK


def test_a_target_that_does_not_load(search, monkeypatch):
    monkeypatch.setattr(isolation, "perform", lambda order: ending("signal", number=6, inside=9, journal=PROGRAM[:1]))
    report = check(TARGET, executor=Pool())
    assert report.verdict is Conformance.CRASHED
    assert (report.finding.phase, report.finding.shortest) == ("loading", "it does not load")
    assert report.finding.program.tolist() == PROGRAM[:1].tolist()
    assert report.views == ()
    assert not Search.made


def test_an_interrupt(search, monkeypatch):
    stopped = []
    monkeypatch.setattr(isolation, "stop_all", lambda: stopped.append(1))
    Search.finds, pool = KeyboardInterrupt(), Pool()
    report = check(TARGET, executor=pool)
    assert (report.interrupted, report.verdict, report.finding) == (True, Conformance.UNDECIDED, None)
    assert report.remarks == ("interrupted: what was not searched by then is not known",)
    assert pool.ended == [(False, True)]
    assert stopped == [1]

    def interrupt(*told):
        raise KeyboardInterrupt

    Search.finds = FOUND
    monkeypatch.setattr(engine, "shrink", interrupt)
    report = check(TARGET, executor=Pool())
    assert report.interrupted
    assert report.verdict is Conformance.DIVERGES
    assert report.finding.shortest == "interrupted before a shorter trace was looked for"


@pytest.mark.parametrize(
    ("phases", "conforms"),
    [
        ([], False),
        ([("e", "sequences of 2 over 3 spaces × 1 page × 1 frame", True, 5)], False),
        ([("random", "r", True, 5)], False),
        ([("e", "sequences of 2 over 3 spaces × 1 page × 1 frame", True, 5), ("random", "r", True, 5)], True),
        ([("e", "sequences of 2 over 3 spaces × 1 page × 1 frame", True, 5), ("random", "r", True, 0)], False),
        ([("e", "sequences of 2 over 3 spaces × 1 page × 1 frame", False, 5), ("random", "r", True, 5)], False),
        ([("e", "sequences of 3 over 3 spaces × 1 page × 1 frame", True, 5), ("random", "r", True, 5)], False),
        ([("e", "sequences of 2 over 3 spaces × 1 page × 1 frame", True, 5), ("limits", "r", True, 5)], False),
    ],
)
def test_what_it_takes_to_conform(phases, conforms):
    made = engine.Search(TARGET, CANONICAL, LIMITS, 1.0, 0, Pool())
    made.phases = [Phase(kind, name, "", complete, count, 0.0) for kind, name, complete, count in phases]
    assert engine._verdict(made, None) is (Conformance.CONFORMS if conforms else Conformance.UNDECIDED)
    assert engine._verdict(made, FOUND) is Conformance.DIVERGES
    assert asdict(LIMITS)["wall"] == 7.0
