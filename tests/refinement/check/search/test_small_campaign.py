"""The search in its order, with jobs that are only written down: what is done, for how long, and what is said of it."""

from concurrent.futures import Executor, Future
from types import SimpleNamespace

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check.driver.bench import Programs
from refinement.check.driver.closure import Closure
from refinement.check.driver.driver import CELLS, SITUATIONS, Mismatch
from refinement.check.driver.sequences import Sequences
from refinement.check.driver.walk import SIZES, Walk
from refinement.check.finding.finding import Conformance
from refinement.check.process import isolation
from refinement.check.process.zygote import Limits
from refinement.check.search import campaign
from refinement.check.search.campaign import Search
from refinement.check.search.dialects import Observe
from refinement.check.search.leak import CYCLES, START, Leak
from refinement.check.search.limits import Limit, limits
from refinement.check.target.target import Target
from tests.refinement.check.plain import Here, ending

JOURNAL = np.array([(0, 3, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7), (0, 2, 1, 1, 0, 0), (3, 0, 0, 0, 0, 7)], np.uint32)


def failing(fault=Mismatch.CHECK, got=5, **told):
    cells = [int(fault), 6, 0, 0, got, 0, -1, -1]
    value = {"failure": {"cells": cells, "message": ""}, "index": 0, "step": 1, **told.pop("value", {})}
    return ending(value=value, journal=JOURNAL, **told)


class Now(Executor):
    def submit(self, fn, /, *arguments, **named):
        future = Future()
        future.set_result(fn(*arguments, **named))
        return future


class Clock:
    """Stands still but for what a job takes."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def case(monkeypatch):
    made = SimpleNamespace(orders=[], clock=Clock(), takes=0.0, answer=lambda work: ending(value={}))

    def perform(order):
        made.orders.append(order)
        made.clock.now += made.takes
        return made.answer(order.work)

    monkeypatch.setattr(isolation, "perform", perform)
    monkeypatch.setattr(campaign, "time", made.clock)
    made.works = lambda: [order.work for order in made.orders]

    def search(kind="library", seconds=100.0, jobs=1, seed=7, **told):
        made.said = []
        target, bounds = Target(kind, "nowhere"), Limits(hang=2.0, wall=50.0)
        return Search(target, CANONICAL, bounds, seconds, seed, Now(), jobs, made.said.append, **told)

    made.search = search
    return made


def complete(work):
    if isinstance(work, Sequences):
        return ending(value={"failure": None, "done": work.count, "complete": True}, operations=10)
    if isinstance(work, Closure):
        told = {"states": 9, "expanded": 7, "level": 3, "transitions": 5, "complete": True, "failure": None}
        return ending(value=told, operations=3)
    return ending(value={})


def test_the_order_of_exhaustive_works(case):
    case.answer = complete
    search = case.search()
    assert search._exhaustive(1045.0) is None
    told = [(type(w).__name__, w.scope, w.rights, getattr(w, "length", 0)) for w in case.works()]
    three, full, every = Scope(3, 1, 1), (7,), (7, 6, 5, 4, 3, 2, 1, 0)
    assert told == [
        *(("Sequences", three, full, length) for length in (1, 2, 3)),
        ("Closure", three, every, 0),
        *(("Sequences", three, every, length) for length in (1, 2)),
        ("Sequences", Scope(2, 1, 1), every, 3),
        ("Closure", Scope(2, 2, 2), full, 0),
        ("Sequences", three, full, 4),
        ("Closure", Scope(2, 2, 2), (7, 6, 5), 0),
        ("Sequences", three, full, 5),
        ("Closure", Scope(3, 2, 2), full, 0),
        ("Closure", Scope(4, 2, 1), full, 0),
    ]
    assert [round(w.seconds / 45.0, 3) for w in case.works()] == [
        *(0.5, 0.5, 0.5, 0.3, 0.444, 0.444, 0.3, 0.3, 0.4, 0.2, 0.5, 0.7, 1.0)
    ]
    assert all(w.readings == CANONICAL.readings for w in case.works())
    assert [phase.kind for phase in search.phases] == ["exhaustive"] * 13
    assert all(phase.complete for phase in search.phases)
    assert [phase.operations for phase in search.phases[:4]] == [10, 10, 10, 3]
    assert [phase.name for phase in search.phases[:5]] == [
        *(f"sequences of {n} over 3 spaces × 1 page × 1 frame" for n in (1, 2, 3)),
        "states of 3 spaces × 1 page × 1 frame, all rights",
        "sequences of 1 over 3 spaces × 1 page × 1 frame, all rights",
    ]
    assert search.phases[0].sentence == "all 21 sequences of 1 operation over 3 spaces × 1 page × 1 frame"
    assert search.phases[3].sentence == (
        "every operation, and then every flush, in all 9 states of 3 spaces × 1 page × 1 frame"
        ", with every set of rights"
    )
    assert search.phases[9].sentence.endswith("of 2 spaces × 2 pages × 2 frames, with 3 sets of rights")
    assert case.said == [f"exhaustive: {phase.sentence}" for phase in search.phases]
    assert all(order.limits == Limits(hang=2.0, wall=50.0) for order in case.orders)


def test_what_is_not_complete_is_given_up(case):
    def answer(work):
        done = complete(work)
        if getattr(work, "length", 0) == 3 and work.rights == (7,):
            done.value["complete"] = False
            done.value["done"] = 12
        if isinstance(work, Closure) and work.rights == (7,):
            return ending("overdue")
        return done

    case.answer = answer
    search = case.search()
    search._exhaustive(1045.0)
    names = [phase.name for phase in search.phases]
    assert "sequences of 4 over 3 spaces × 1 page × 1 frame" not in names
    assert "sequences of 5 over 3 spaces × 1 page × 1 frame" not in names
    told = {phase.name: phase for phase in search.phases}
    some = told["sequences of 3 over 3 spaces × 1 page × 1 frame"]
    assert (some.complete, some.sentence) == (
        False,
        "12 of 9,261 sequences of 3 operations over 3 spaces × 1 page × 1 frame",
    )
    states = told["states of 2 spaces × 2 pages × 2 frames"]
    assert not states.complete
    assert states.sentence == (
        "every operation, and then every flush, in 0 states of 2 spaces × 2 pages × 2 frames"
        " (all that -1 operations reach)"
    )


def test_without_time_only_the_first_sequences_are_tried(case):
    case.answer = complete
    search = case.search()
    search._exhaustive(999.0)
    assert [(w.length, w.rights, w.seconds) for w in case.works()] == [
        *((length, (7,), 20.0) for length in (1, 2)),
        *((length, (7, 6, 5, 4, 3, 2, 1, 0), 20.0) for length in (1, 2)),
    ]


def test_a_difference_in_the_exhaustive_part(case):
    case.answer = lambda work: failing() if getattr(work, "length", 0) == 2 else complete(work)
    search = case.search()
    found = search._exhaustive(1045.0)
    assert found.failure.sentence == "the target's own check returned 5"
    assert found.phase == "exhaustive: sequences of 2 over 3 spaces × 1 page × 1 frame"
    assert found.program.tolist() == JOURNAL[2:].tolist()
    assert found.history.tolist() == JOURNAL[:2].tolist()
    assert (found.dialect, found.shortest) == ("canonical", "")
    assert len(case.orders) == 2
    assert search.phases[-1].sentence == "sequences of 2 over 3 spaces × 1 page × 1 frame: a difference"
    assert not search.phases[-1].complete


def test_a_program_without_a_history(case):
    search = case.search()
    found = search._finding("random", "x", ending(value=failing().value, journal=JOURNAL[:2]))
    assert (found.program.tolist(), found.history) == (JOURNAL[:2].tolist(), None)
    found = search._finding("random", "x", ending("signal", number=11))
    assert (len(found.program), found.history) == (0, None)
    assert found.failure.verdict is Conformance.CRASHED
    assert search._finding("random", "x", ending(value={})) is None


def test_large_works_are_divided(case):
    case.answer = complete
    search = case.search(jobs=3)
    work = Sequences(CANONICAL.readings, Scope(3, 1, 1), (7,), 4, 1.0)
    search._in_parts(work)
    assert [(w.first, w.stop) for w in case.works()] == [(0, 64827), (64827, 129654), (129654, 194481)]
    case.orders.clear()
    for whole in (
        Sequences(CANONICAL.readings, Scope(3, 1, 1), (7,), 3, 1.0),
        Closure(CANONICAL.readings, Scope(3, 1, 1), (7,), 1.0),
    ):
        search._in_parts(whole)
        assert case.works()[-1] is whole
    case.search(jobs=1)._in_parts(work)
    assert case.works()[-1] is work
    assert len(case.orders) == 3


def test_situations_are_added_up(case):
    search = case.search()
    for deepest in (3, 5, 4):
        counts = np.arange(CELLS - SITUATIONS)
        counts[22] = deepest
        search._note("random", "n", "s", True, ending(situations=counts, operations=2), 1.5)
    assert search.situations[:4].tolist() == [0, 3, 6, 9]
    assert search.situations[22] == 5
    assert (search.phases[0].operations, search.phases[0].seconds) == (2, 1.5)


def test_bounds_of_a_job(case):
    search = case.search()
    for hang, wall, bounds in ((0.0, 600.0, (2.0, 50.0)), (9.0, 600.0, (9.0, 50.0)), (0.0, 20.0, (2.0, 20.0))):
        search._submit(Walk(CANONICAL.readings, 0, 0, 1), hang, wall).result()
        assert (case.orders[-1].limits.hang, case.orders[-1].limits.wall) == bounds
    assert case.orders[0].target.kind == "library"


def test_the_intervals(case):
    program = np.array([(0, 100, 10, 1, 0, 0), *[(3, 0, 0, 0, 0, 7)] * 999], np.uint32)
    found = {kind: case.search(kind)._interval(program) for kind in ("library", "class", "command")}
    assert found == {"library": 6, "class": 51, "command": 501}


def test_the_limits_of_a_library(case):
    search = case.search()
    assert search._limits(1020.0) is None
    works = case.works()
    cheap = [limit for limit in limits() if limit.cheap]
    others = [limit for limit in limits() if not limit.cheap]
    assert len(works[0].programs) == len(cheap)
    assert [len(work.programs) for work in works[1:-1]] == [1] * len(others)
    assert isinstance(works[-1], Leak)
    assert works[-1].operations == 100_000 // 8
    assert [phase.name for phase in search.phases] == ["together", *(limit.name for limit in others), "leaks"]
    assert search.phases[0].sentence == ", ".join(limit.name for limit in cheap) + ": no difference"
    assert search.phases[1].sentence == "rights out of range: no difference"
    assert search.phases[-1].sentence == "leaks cannot be measured in a target of this kind"
    assert all(phase.complete for phase in search.phases)
    assert not search.remarks


def test_limits_that_would_take_too_long_are_left_out(case):
    case.takes = 4.0
    search = case.search("class", seconds=30.0)
    search._limits(1020.0)
    assert all(isinstance(work, Programs) for work in case.works())
    assert len(case.orders) == 5
    left = [limit.name for limit in limits()][5:]
    assert search.remarks == [f"left out: {name}: no time was left" for name in left]
    case.orders.clear()
    case.takes = 0.0
    case.answer = lambda work: ending(value={"seconds": 1.05})
    search = case.search("class", seconds=30.0)
    search._limits(case.clock.now + 20.0)
    assert "left out: a chain of 5,000: it would take about 370 s" in search.remarks
    assert "left out: 100,000 refusals: it would take about 10000 s" in search.remarks


def test_a_limit_has_more_time_the_longer_the_smaller_one_took(case):
    case.answer = lambda work: ending(value={"seconds": 0.06})
    search = case.search("class", seconds=300.0)
    search._limits(1200.0)
    hangs = [order.limits.hang for order in case.orders]
    assert hangs[11] == pytest.approx(20 * 0.01 * (5000 / 260) ** 2)
    assert max(hangs) == pytest.approx(20 * 0.01 * 100**2)
    assert min(hangs) == 2.0


SMALL = Limit("small", "family", 8, lambda size: JOURNAL[:2].repeat(1, axis=0))


@pytest.mark.parametrize(
    ("answer", "said", "remark"),
    [
        (ending(value={}), "small: no difference", None),
        (ending("overdue"), "small: not known", "given up: small: it was not done in time"),
        (failing(Mismatch.UNFIT, 3), None, "left out: small: init returned 3: it refuses this size"),
        (failing(), "small: a difference", None),
    ],
)
def test_one_limit(case, answer, said, remark):
    case.answer = lambda work: answer
    search = case.search()
    found, same = search._limit(SMALL, 1.0)
    assert same is answer
    assert [phase.sentence for phase in search.phases] == ([said] if said else [])
    assert [phase.complete for phase in search.phases] == ([said.endswith("no difference")] if said else [])
    assert search.remarks == ([remark] if remark else [])
    assert (found is not None) == (said == "small: a difference")
    assert case.orders[0].limits == Limits(hang=2.0, wall=50.0)
    assert case.orders[0].work.every == 1
    if found is not None:
        assert found.phase == "limits: small"


def test_the_smallest_size_is_found_by_bisection(case):
    sizes = []

    def make(size):
        sizes.append(size)
        return np.array([(0, size + 1, 1, 1, 0, 0), (3, 0, 0, 0, 0, 7)], np.uint32)

    case.answer = lambda work: failing() if work.programs[0][0, 1] - 1 >= 5 else ending(value={})
    limit = Limit("grows", "g", 16, make)
    search = case.search()
    found = search._smaller(limit, search._finding("limits", "first", failing()))
    assert sizes == [8, 4, 6, 5]
    assert found.phase == "limits: grows"
    case.answer = lambda work: failing(Mismatch.UNFIT, 3)
    first = search._finding("limits", "first", failing())
    assert search._smaller(limit, first) is first


def test_rights_that_are_cut_off(case):
    rights = next(limit for limit in limits() if limit.name == "rights out of range")

    def answer(work):
        if isinstance(work, Observe):
            return ending(value={"statuses": [], "slots": case.slots})
        return failing(Mismatch.STATUS)

    case.answer, case.slots = answer, [(0, 7), (-1, 0)]
    search = case.search()
    assert search._limit(rights, 0.0)[0] is None
    assert search.remarks == ["rights above 7 are not refused, but cut off to those below"]
    case.slots = [(0, 8)]
    assert case.search()._limit(rights, 0.0)[0] is not None
    case.slots = [(0, 7)]
    assert case.search()._limit(SMALL, 0.0)[0] is not None
    case.answer = lambda work: failing(Mismatch.LOOKUP)
    assert not case.search()._is_masked(rights, failing(Mismatch.LOOKUP))


def test_cheap_limits_that_fail_together_are_tried_alone(case):
    def answer(work):
        return failing() if len(work.programs) > 1 or work.programs[0] is programs["two"] else ending(value={})

    programs = {name: JOURNAL[:2].copy() for name in ("one", "two")}
    several = [Limit(name, name, 0, lambda size, name=name: programs[name], cheap=True) for name in programs]
    case.answer = answer
    search = case.search()
    found = search._cheap_limits(several)
    assert found.phase == "limits: two"
    case.answer = lambda work: failing() if len(work.programs) > 1 else ending(value={})
    assert case.search()._cheap_limits(several).phase == "limits: together"
    case.answer = lambda work: failing(Mismatch.UNFIT, 2) if len(work.programs) > 1 else ending(value={})
    assert case.search()._cheap_limits(several) is None
    case.answer = lambda work: ending("overdue")
    assert case.search()._cheap_limits(several) is None


def test_leaks_that_come_twice(case):
    answers = [{"an overmap": 16.0, "an init": 8.0, "a map and a flush": 5.0}, {"an overmap": 16.0, "an init": 8.0}]
    case.answer = lambda work: ending(value={"measured": True, "leaks": answers[len(case.orders) - 1]})
    search = case.search("class")
    found = search._leaks()
    assert found.failure.sentence == "each time, an overmap takes 16 bytes that are not given back"
    assert found.failure.verdict is Conformance.DIVERGES
    assert found.program.tolist() == [*START.tolist(), *CYCLES["an overmap"].tolist()]
    assert (found.phase, found.shortest) == ("limits: leaks", campaign.LEAKS)
    assert search.remarks == ["each init takes memory that the next does not give back"]
    assert [order.work.operations for order in case.orders] == [500, 500]
    assert (search.phases[0].sentence, search.phases[0].complete) == (found.failure.sentence, False)
    case.answer = lambda work: ending(value={"measured": True, "leaks": {}})
    search = case.search()
    assert search._leaks() is None
    assert search.phases[0].sentence == "no leak"
    case.answer = lambda work: failing()
    assert case.search()._leaks().failure.sentence == "the target's own check returned 5"


def test_random_streams(case):
    case.takes = 3.0
    case.answer = lambda work: ending(value={"refused": [work.stream % 3]}, operations=500)
    search = case.search("class")
    assert search._random(1010.0) is None
    works = case.works()
    assert [(w.seed, w.stream, w.operations, w.smallest, w.largest) for w in works] == [
        (7, n, 4000, 0, 7) for n in range(4)
    ]
    assert search.remarks == [f"left out: random programs over {SIZES[n][0]}: init refused" for n in (0, 1, 2)]
    (phase,) = search.phases
    assert (phase.kind, phase.name, phase.sentence) == (
        "random",
        "random",
        "2,000 random operations in 4 streams of seed 7",
    )
    assert (phase.complete, phase.operations, phase.seconds) == (True, 2000, 12.0)
    assert case.said == [f"random: {n:,} random operations" for n in (500, 1000, 1500, 2000)]


def test_one_stream_is_always_done_and_what_fails_ends_them(case):
    search = case.search()
    search._random(0.0)
    assert len(case.orders) == 1
    assert (case.works()[0].operations, case.works()[0].largest) == (100_000, len(SIZES) - 1)
    case.answer = lambda work: failing() if work.stream == 1 else ending("overdue")
    search = case.search("command", jobs=2)
    found = search._random(1010.0)
    assert found.phase == "random: stream 1 of seed 7"
    assert search.remarks == ["given up: stream 1: it was not done in time"]
    assert not search.phases[0].complete
    assert case.works()[-1].operations == 200


def test_the_whole_in_its_order(case, monkeypatch):
    asked = []
    for name in ("_exhaustive", "_limits", "_random"):
        monkeypatch.setattr(Search, name, lambda search, end, name=name: asked.append((name, end)))
    assert case.search(seconds=100.0).run() is None
    assert asked == [("_exhaustive", 1045.0), ("_limits", 1020.0), ("_random", 1100.0)]
    monkeypatch.setattr(Search, "_limits", lambda search, end: "found")
    asked.clear()
    assert case.search().run() == "found"
    assert [name for name, _ in asked] == ["_exhaustive"]


def test_jobs_go_by_way_of_the_executor(case):
    search, here = case.search(), Here()
    order = campaign.Order(search.target, Walk(CANONICAL.readings, 0, 0, 5, 0, 0), search.limits)
    assert search.perform(order).how == "answered"
    assert case.orders == [order]
    assert not here.orders
