"""What a search asks for, in which order, and what it says of each answer; nobody is asked in fact."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from model.counting import counted
from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check.driver.bench import Programs, Work
from refinement.check.driver.closure import Closure
from refinement.check.driver.driver import CELLS, SITUATIONS, Mismatch
from refinement.check.driver.sequences import Sequences
from refinement.check.driver.situations import Situation
from refinement.check.driver.walk import SIZES, Walk
from refinement.check.driver.warming import Compile
from refinement.check.finding.finding import Conformance, Failure, Finding
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Order
from refinement.check.search import campaign, context, limit_runs
from refinement.check.search.context import SearchContext
from refinement.check.search.plan import SMALLEST
from refinement.check.search.remarks import NO_TIME, OVERDUE, REFUSED
from refinement.check.target.target import Target
from tests import clock as clocks
from tests.refinement.check.plain import ending

TARGET = Target("library", "here.so")
READINGS = CANONICAL.readings
PAIR = Scope(2, 1, 1)
WRONG = {"failure": {"cells": [int(Mismatch.STATUS), 1, 0, 0, 1, 0, -1, -1], "message": ""}}
STEPS = np.array([(0, 3, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7)], np.uint32)
MET = np.arange(CELLS - SITUATIONS)
Perform = Callable[[Order], Ending]
Make = Callable[..., SearchContext]


class Done(Future[Any]):
    """It was done at once, and notes that nobody waits for it any more."""

    def __init__(self, value: Any, given_up: list[Any]) -> None:
        super().__init__()
        self.set_result(value)
        self.given_up = given_up

    def cancel(self) -> bool:
        self.given_up.append(self.result())
        return super().cancel()


class Now(Executor):
    """Does what it is given at once."""

    def __init__(self) -> None:
        self.given_up: list[Any] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Done(fn(*args, **kwargs), self.given_up)


class Clock:
    """A second goes by with each job, and a thousand while something is compiled."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """A search whose jobs end as it is said, with a hundred seconds if nothing else is said."""
    clock = Clock()
    clocks.tells(monkeypatch, clock, campaign, context, limit_runs)

    def made(perform: Perform = lambda order: ending(), *, left: float = 100.0, **more: Any) -> SearchContext:
        def performed(order: Order) -> Ending:
            clock.now += 1_000 if isinstance(order.work, Compile) else 1
            return ending() if isinstance(order.work, Compile) else perform(order)

        monkeypatch.setattr(isolation, "perform", performed)
        search = SearchContext(TARGET, CANONICAL, DEFAULT_LIMITS, 100.0, 5, Now(), **more)
        search.end = search.now() + left
        return search

    return made


def sequences(scope: Scope = SMALLEST, length: int = 3, **more: Any) -> Callable[[float], Sequences]:
    return lambda seconds: Sequences(READINGS, scope, (7,), length, seconds, **more)


def closure(scope: Scope = SMALLEST) -> Callable[[float], Closure]:
    return lambda seconds: Closure(READINGS, scope, (7,), seconds)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts works in place of those of a search."""

    def put(*works: tuple[str, Callable[[float], Work], float]) -> None:
        monkeypatch.setattr(campaign, "scopes", lambda readings: iter(works))

    return put


def noting(asked: list[Any], answer: Callable[[Any], Ending]) -> Perform:
    """Answers orders by their work, which is noted."""

    def perform(order: Order) -> Ending:
        asked.append(order.work)
        return answer(order.work)

    return perform


def done(work: Work, complete: bool = True, operations: int = 7) -> Ending:
    """How an exhaustive work ends that found nothing."""
    value = {"done": 4, "states": 3, "transitions": 9, "level": 2, "expanded": 2, "complete": complete}
    return ending(value=value, operations=operations, situations=MET)


@pytest.mark.parametrize(
    ("work", "jobs", "cuts"),
    [
        (sequences(PAIR, 6)(1.0), 1, None),
        (sequences(PAIR, 5)(1.0), 3, None),  # a hundred thousand: it is not worth the while
        (closure()(1.0), 3, None),
        (sequences(PAIR, 6)(1.0), 3, [0, 333_333, 666_666, 1_000_000]),
    ],
)
def test_a_work_is_divided_among_jobs(work: Any, jobs: int, cuts: list[int] | None) -> None:
    parts = campaign._parts(work, jobs)
    if cuts is None:
        assert parts == [work]
    else:
        assert parts == [replace(work, first=first, stop=stop) for first, stop in pairwise(cuts)]


def test_every_small_sequence_and_state_is_asked_for(make: Make, planned: Callable[..., None]) -> None:
    asked: list[Any] = []
    said: list[str] = []
    planned(("one", sequences(PAIR), 0.5), ("other", closure(), 0.25))
    search = make(noting(asked, done), tell=said.append)
    assert campaign._exhaustive(search, search.now() + 40.0) is None
    one, other = asked
    assert one == sequences(PAIR)(20.0)
    assert other == closure()(9.75)
    all_of = "all 1,000 sequences of 3 operations over 2 spaces × 1 page × 1 frame"
    assert [(phase.kind, phase.name, phase.complete, phase.operations, phase.seconds) for phase in search.phases] == [
        ("exhaustive", "one", True, 7, 1.0),
        ("exhaustive", "other", True, 7, 1.0),
    ]
    assert search.phases[0].sentence == all_of
    assert said[0] == f"exhaustive: {all_of}"
    assert {Sequences, Closure} <= search.prepared
    counted = 2 * MET
    counted[Situation.DEEPEST] = Situation.DEEPEST
    assert search.situations.tolist() == counted.tolist()


def test_the_parts_of_a_work_are_added_up(make: Make, planned: Callable[..., None]) -> None:
    planned(("one", sequences(PAIR, 6), 0.5))
    search = make(lambda order: done(order.work, complete=order.work.first > 0), jobs=2)
    assert campaign._exhaustive(search, search.now() + 40.0) is None
    (phase,) = search.phases
    assert (phase.complete, phase.operations, phase.seconds) == (False, 14, 2.0)
    assert phase.sentence.startswith("8 of 1,000,000 sequences")
    assert search.situations[Situation.ITSELF] == 2 * MET[Situation.ITSELF]


def test_what_took_too_long_is_not_tried_longer(make: Make, planned: Callable[..., None]) -> None:
    """Unless it is of the fewest that have to be tried; another scope, or one with looks, is another thing."""
    asked: list[Any] = []
    planned(
        ("one", sequences(), 0.1),
        ("longer", sequences(length=4), 0.1),
        ("fewest", sequences(length=2), 0.1),
        ("fewest, looking", sequences(length=2, looks=True), 0.1),
        ("looking", sequences(looks=True), 0.1),
        ("states", closure(), 0.1),
        ("another", sequences(PAIR), 0.1),
    )
    search = make(noting(asked, lambda work: done(work, complete=False)))
    assert campaign._exhaustive(search, search.now() + 40.0) is None
    assert [phase.name for phase in search.phases] == ["one", "fewest", "fewest, looking", "another"]
    assert [round(work.seconds, 6) for work in asked] == [4.0, 20.0, 3.8, 3.7]
    late = make(lambda order: done(order.work, complete=False))
    planned(("one", sequences(), 0.1), ("longer", sequences(length=4), 0.1), ("states", closure(), 0.1))
    assert campaign._exhaustive(late, late.now() + 1.0) is None
    assert [phase.name for phase in late.phases] == ["one"]
    assert late.remarks.left_out == {NO_TIME: ["states"]}
    assert late.prepared == {Sequences}
    again = make(lambda order: ending("overdue"))
    planned(("one", closure(), 0.1), ("other", closure(), 0.1))
    assert campaign._exhaustive(again, again.now() + 40.0) is None
    assert [(phase.name, phase.complete) for phase in again.phases] == [("one", False)]


def test_each_part_of_a_work_is_looked_at_and_counted(make: Make, planned: Callable[..., None]) -> None:
    """However many jobs divide it, and then the next is asked for."""
    planned(("one", sequences(PAIR, 6), 0.5), ("other", closure(), 0.5))
    asked: list[Any] = []

    def perform(order: Order) -> Ending:
        asked.append(order.work)
        met = np.zeros_like(MET)
        met[Situation.ITSELF] = 10 ** len(asked)
        return replace(done(order.work), situations=met)

    search = make(perform, jobs=3)
    assert campaign._exhaustive(search, search.now() + 40.0) is None
    assert [phase.name for phase in search.phases] == ["one", "other"]
    assert search.situations[Situation.ITSELF] == 11_110
    wrong = ending(value=WRONG, journal=STEPS, operations=3)
    last = make(lambda order: wrong if order.work.first > 600_000 else done(order.work), jobs=3)
    found = campaign._exhaustive(last, last.now() + 40.0)
    assert found is not None
    assert found.program.tolist() == STEPS.tolist()


def test_a_work_that_was_done_whole_gives_nothing_up(make: Make, planned: Callable[..., None]) -> None:
    planned(("one", sequences(), 0.1), ("longer", sequences(length=4), 0.1))
    search = make(lambda order: done(order.work))
    assert campaign._exhaustive(search, search.now() + 40.0) is None
    assert [(phase.name, phase.complete) for phase in search.phases] == [("one", True), ("longer", True)]


def test_how_long_a_work_has(make: Make, planned: Callable[..., None]) -> None:
    """Half a second at least, where there is any time; short sequences of another scope are none of the fewest."""
    asked: list[Any] = []
    planned(("brief", sequences(), 0.005), ("fewest", sequences(length=2), 0.75), ("pair", sequences(PAIR, 2), 0.0))
    search = make(noting(asked, done))
    assert campaign._exhaustive(search, search.now() + 50.0) is None
    assert [work.seconds for work in asked] == [0.5, 36.75]
    assert search.remarks.left_out == {NO_TIME: ["pair"]}


def test_what_is_compiled_first(make: Make, planned: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding(Failure(Conformance.DIVERGES, "it differs"), STEPS, "canonical", "random: one")
    works: list[Any] = []
    ends: list[float] = []

    def exhaustive(search: SearchContext, end: float) -> None:
        ends.append(end - search.now())

    monkeypatch.setattr(campaign, "_exhaustive", exhaustive)
    monkeypatch.setattr(campaign, "run_limits", lambda search, end: ends.append(end - search.now()))
    monkeypatch.setattr(campaign, "_random", lambda search: finding)
    search = make()
    monkeypatch.setattr(SearchContext, "perform", lambda search, order: works.append(order.work))
    assert campaign.run(search) is finding
    assert works == [Compile((Programs, Sequences))]
    assert ends == [40.0, 35.0]


@pytest.mark.parametrize(("left", "seconds"), [(9.0, [9.0, 8.0]), (0.25, [1.0, 1.0]), (50.0, [20.0, 20.0])])
def test_the_fewest_sequences_are_tried_however_late_it_is(
    make: Make, planned: Callable[..., None], left: float, seconds: list[float]
) -> None:
    asked: list[Any] = []
    planned(("many", sequences(), 0.5), ("fewest", sequences(length=2), 0.5), ("one", sequences(length=1), 0.5))
    search = make(noting(asked, done), left=left)
    assert campaign._exhaustive(search, search.now()) is None
    assert [phase.name for phase in search.phases] == ["fewest", "one"]
    assert [work.seconds for work in asked] == seconds
    assert search.remarks.left_out == {NO_TIME: ["many"]}


def test_a_difference_ends_the_search(
    make: Make, planned: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = ending(value=WRONG, journal=STEPS, operations=3, situations=MET)
    planned(("one", sequences(), 0.1), ("other", closure(), 0.1))
    search = make(lambda order: wrong)
    found = campaign.run(search)
    assert found is not None
    assert (found.phase, found.program.tolist()) == ("exhaustive: one", STEPS.tolist())
    (phase,) = search.phases
    assert (phase.name, phase.sentence, phase.complete, phase.operations) == ("one", "one: a difference", False, 3)
    assert phase.seconds == 1.0
    assert search.situations[Situation.ITSELF] == MET[Situation.ITSELF]


def test_the_order_of_a_search(make: Make, planned: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding(Failure(Conformance.DIVERGES, "it differs"), STEPS, "canonical", "limits: one")
    asked: list[Any] = []
    limits: list[Any] = []
    found_there: list[Finding | None] = [None, finding]

    def at_limits(search: SearchContext, end: float) -> Finding | None:
        limits.append(end - search.now())
        return found_there.pop(0)

    monkeypatch.setattr(campaign, "run_limits", at_limits)
    planned(("one", sequences(), 0.5))

    def perform(order: Order) -> Ending:
        asked.append(order.work)
        if isinstance(order.work, Walk):
            search.end = search.now()
            return ending(operations=5)
        return done(order.work)

    search = make(perform, left=0.0)
    assert campaign.run(search) is None
    assert [type(work) for work in asked] == [Sequences, Walk]
    assert [work.seconds for work in asked] == [20.0, 99.0]
    assert limits == [35.0]
    assert [phase.kind for phase in search.phases] == ["exhaustive", "random"]
    assert {Programs, Sequences, Walk} <= search.prepared
    again = make(perform)
    assert campaign.run(again) is finding
    assert [type(work) for work in asked[2:]] == [Sequences]
    assert again.left() == 99.0
    assert limits == [35.0, 35.0]


def streams(search: SearchContext, asked: list[Any], endings: Iterator[Ending], last: int) -> Perform:
    def perform(order: Order) -> Ending:
        asked.append(order)
        if len(asked) == last:
            search.end = search.now()
        return next(endings)

    return perform


@pytest.mark.parametrize(
    ("kind", "most", "largest"), [("library", 100_000, 9), ("class", 4_000, 7), ("command", 200, 5)]
)
def test_random_streams_until_the_time_is_over(
    make: Make, monkeypatch: pytest.MonkeyPatch, kind: str, most: int, largest: int
) -> None:
    asked: list[Order] = []
    said: list[str] = []
    search = make(tell=said.append)
    search.target = Target(kind, "here")
    endings = iter([ending(operations=1_000, situations=MET, value={"refused": [1, 0]}), ending(operations=34)])
    monkeypatch.setattr(isolation, "perform", streams(search, asked, endings, 2))
    search.prepared = {Walk}
    assert campaign._random(search) is None
    works = [order.work for order in asked]
    assert works == [Walk(READINGS, 5, number, most, 0, largest, 100.0) for number in range(2)]
    (phase,) = search.phases
    assert (phase.kind, phase.name, phase.complete, phase.operations) == ("random", "random", True, 1_034)
    assert phase.sentence == "1,034 random operations in 2 streams of seed 5"
    assert said == ["random: 1,000 random operations", "random: 1,034 random operations"]
    sizes = [f"random programs over {SIZES[n][0]}" for n in (0, 1)]
    assert search.remarks.left_out == {REFUSED: sizes}
    assert search.situations[Situation.ITSELF] == MET[Situation.ITSELF]


def test_one_stream_is_tried_however_late_it_is(make: Make) -> None:
    asked: list[Any] = []
    search = make(noting(asked, lambda work: ending("overdue", operations=3)), left=-5.0, jobs=4)
    assert campaign._random(search) is None
    (walk,) = asked
    assert (walk.stream, walk.seconds) == (0, 1.0)
    assert search.remarks.left_out == {OVERDUE: ["stream 0"]}
    assert [(phase.complete, phase.operations, phase.seconds) for phase in search.phases] == [(True, 3, 1.0)]


def test_a_time_that_ends_between_two_streams(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [3.0, 3.0, 3.0, 0.0]
    search = make(lambda order: ending(operations=3))
    search.end = 0.0
    monkeypatch.setattr(SearchContext, "left", lambda search: left.pop(0))
    assert campaign._random(search) is None
    assert [phase.sentence for phase in search.phases] == ["3 random operations in 1 stream of seed 5"]
    assert left == []


def test_jobs_have_a_stream_each(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found first ends the search; it says which stream found it."""
    asked: list[Order] = []
    search = make(jobs=2)
    wrong, waiting = ending(value=WRONG, journal=STEPS, operations=2), ending(operations=9)
    endings = iter([ending(operations=1), ending(operations=1), wrong, waiting])
    monkeypatch.setattr(isolation, "perform", streams(search, asked, endings, 9))
    search.prepared = {Walk}
    found = campaign._random(search)
    assert found is not None
    assert (found.phase, found.program.tolist()) == ("random: stream 2 of seed 5", STEPS.tolist())
    assert [order.work.stream for order in asked] == [0, 1, 2, 3]  # type: ignore[attr-defined]
    (phase,) = search.phases
    assert (phase.complete, phase.operations) == (False, 4)
    assert phase.sentence == "4 random operations in 3 streams of seed 5"
    assert isinstance(search.executor, Now)
    assert search.executor.given_up == [waiting]


@pytest.mark.parametrize(("over", "count"), [(0.0, 1), (-0.5, 1), (0.5, 2)])
def test_streams_that_still_wait_when_the_time_is_over(
    make: Make, monkeypatch: pytest.MonkeyPatch, over: float, count: int
) -> None:
    """They are given up, all of them; a moment that is left is used."""
    search = make(lambda order: ending(operations=1), jobs=3)
    left = [*[3.0] * 6, over]
    monkeypatch.setattr(SearchContext, "left", lambda search: left.pop(0) if left else -1.0)
    search.end = 0.0
    assert campaign._random(search) is None
    (phase,) = search.phases
    assert phase.sentence == f"{counted(count, 'random operation')} in {counted(count, 'stream')} of seed 5"
    assert isinstance(search.executor, Now)
    assert len(search.executor.given_up) == 3 - count


def test_what_a_stream_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream has all the time that is left, begins in the last moment, and is named by its number if it is late."""
    asked: list[Order] = []
    endings = iter([ending(operations=4), ending("signal", number=11, inside=0, journal=STEPS, operations=6)])
    search = make()
    monkeypatch.setattr(isolation, "perform", streams(search, asked, endings, 9))
    search.prepared = {Walk}
    left = [50.0, 50.0, 50.0, 0.5, 0.5]
    monkeypatch.setattr(SearchContext, "left", lambda search: left.pop(0))
    search.end = 0.0
    found = campaign._random(search)
    assert found is not None
    assert (found.phase, found.failure.verdict) == ("random: stream 1 of seed 5", Conformance.CRASHED)
    assert search.remarks.left_out == {}
    assert left == []
    assert [order.limits.wall for order in asked] == [55.0, 6.0]
