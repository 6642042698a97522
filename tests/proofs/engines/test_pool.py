"""What the pool schedules, and what becomes of each worker's end: whatever is no value is no pass."""

import os
import resource
import signal
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import Any

import pytest
import z3
from pebble import ProcessExpired

from model.running.solving import PATIENCE
from model.spaces.dialect import CANONICAL
from proofs.engines import jobs, pool
from proofs.engines.pool import Workers, conditions_of, workers
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.obligation import Condition
from proofs.verdict import Verdict

P = z3.Bool("p")
NONE = frozenset[str]()
KNOWN = frozenset({"forest"})


class Expired(ProcessExpired):
    """A process that ended with a status."""

    def __init__(self, status: int) -> None:
        super().__init__("it ended", status)  # type: ignore[no-untyped-call]


class Scheduled:
    """A pool that runs nothing; what it was given, and what each piece of work is said to end with."""

    def __init__(self, *ends: Any) -> None:
        self.ends = list(ends)
        self.given: list[tuple[Any, tuple[Any, ...], float]] = []
        self.futures: list[Future[Any]] = []

    def schedule(self, work: Any, args: tuple[Any, ...], timeout: float) -> Future[Any]:
        self.given.append((work, args, timeout))
        future: Future[Any] = Future()
        end = self.ends.pop(0) if self.ends else None
        if isinstance(end, BaseException):
            future.set_exception(end)
        elif end is not None:
            future.set_result(end)
        self.futures.append(future)
        return future


def source(obligation: str, dialect: str, invariants: frozenset[str]) -> list[Condition]:
    return [Condition({obligation: P}, {}, P)]


def made(scheduled: Any, conditions: Any = source, **settings: Any) -> Workers:
    return Workers(scheduled, Settings(**settings), conditions)


PROVED = Outcome(Verdict.PROVED)


@pytest.mark.parametrize(
    ("end", "verdict", "reason"),
    [
        (FutureTimeoutError(), Verdict.UNKNOWN, "stopped after 160 seconds"),
        (Expired(77), Verdict.UNKNOWN, "out of memory"),
        (Expired(3), Verdict.ERROR, "the worker process ended with status 3"),
        (Expired(-11), Verdict.ERROR, "the worker process ended with status -11"),
        (CancelledError(), Verdict.UNKNOWN, "not run"),
        (ValueError("as it says"), Verdict.ERROR, "ValueError: as it says"),
    ],
)
def test_whatever_is_no_value_is_no_pass(end: BaseException, verdict: Verdict, reason: str) -> None:
    some = made(Scheduled(PROVED, end, PROVED))
    found = dict(some.discharge(["one", "two", "three"], "canonical", NONE))
    assert found == {"one": PROVED, "two": Outcome(verdict, reason=reason), "three": PROVED}
    found_states = made(Scheduled(end)).counterexamples(["one"], "canonical", NONE)
    assert dict(found_states) == {"one": None}


def test_each_obligation_is_scheduled_with_its_settings_and_limit() -> None:
    every: dict[str, Any] = {"certify": True, "witness": True, "stability": 2, "export": "a folder", "proofs": True}
    settings = Settings(seconds=2.0, **every)
    for thorough, plain in ((None, []), (["one"], ["two"]), ([], ["one", "two"])):
        scheduled = Scheduled(PROVED, PROVED)
        outcomes = made(scheduled, seconds=2.0, **every).discharge(["one", "two"], "canonical", KNOWN, thorough)
        assert dict(outcomes) == {"one": PROVED, "two": PROVED}
        limit = 2.0 * PATIENCE * (1 + 2 + 2 + 1 + 1 + 5) + 10.0
        assert scheduled.given == [
            (
                pool._discharge,
                (source, name, "canonical", KNOWN, settings.plain() if name in plain else settings),
                limit,
            )
            for name in ("one", "two")
        ]


@pytest.mark.parametrize(
    ("settings", "questions"),
    [
        ({}, 3),
        ({"solvers": Solvers.Z3}, 2),
        ({"solvers": Solvers.CVC5}, 2),
        ({"witness": True}, 4),
        ({"model": True}, 4),
        ({"witness": True, "model": True}, 4),
        ({"stability": 3}, 6),
        ({"proofs": True}, 4),
        ({"certify": True}, 8),
    ],
)
def test_there_is_time_for_every_question(settings: dict[str, Any], questions: int) -> None:
    assert made(None, seconds=4.0, **settings)._limit() == 4.0 * PATIENCE * questions + pool.STARTING


def test_counterexamples_are_scheduled_with_a_limit_of_their_own() -> None:
    found: dict[str, Any] = {"one": ("state", True), "two": ("another", False)}
    scheduled = Scheduled(*found.values())
    some = made(scheduled, seconds=3.0, certify=True)
    assert sorted(some.counterexamples(list(found), "canonical", KNOWN)) == sorted(found.items())
    settings = Settings(seconds=3.0, certify=True)
    assert scheduled.given == [
        (pool._counterexample, (source, name, "canonical", KNOWN, settings), 6.0 * PATIENCE + 10.0) for name in found
    ]


def test_conditions_of_the_theory_are_of_the_file_that_extends_it() -> None:
    scheduled: Any = Scheduled(PROVED)
    list(Workers(scheduled, Settings(theory="a file")).discharge(["one"], "canonical", NONE))
    (given,) = scheduled.given
    made_by = given[1][0]
    assert isinstance(made_by, partial)
    assert (made_by.func, made_by.args, made_by.keywords) == (conditions_of, (), {"theory": "a file"})
    (condition,) = conditions_of("flush__keeps__own_page", "canonical", frozenset({"irreflexive"}))
    assert "irreflexive" in condition.hypotheses
    (without,) = conditions_of("flush__keeps__own_page", "canonical", NONE)
    assert "irreflexive" not in without.hypotheses


def test_few_are_scheduled_at_a_time_and_what_is_left_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "UNDER_WAY", 3)
    scheduled = Scheduled()
    names = [str(number) for number in range(5)]

    def one_done(pending: dict[Future[Any], str], return_when: str) -> tuple[list[Future[Any]], None]:
        assert return_when == "FIRST_COMPLETED"
        assert len(pending) <= 3
        first = next(iter(pending))
        first.set_result(PROVED)
        return [first], None

    monkeypatch.setattr(jobs, "wait", one_done)
    outcomes = made(scheduled).discharge(names, "canonical", NONE)
    counts = []
    for name, _ in outcomes:
        counts.append((name, len(scheduled.given)))
    assert counts == [("0", 3), ("1", 4), ("2", 5), ("3", 5), ("4", 5)]
    scheduled = Scheduled()
    some = made(scheduled).discharge(names, "canonical", NONE)
    assert isinstance(some, Iterator)
    assert next(iter(some))[0] == "0"
    some.close()  # type: ignore[attr-defined]
    assert [future.cancelled() for future in scheduled.futures] == [False, True, True]


def test_an_interrupt_is_not_swallowed_and_cancels_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(pending: object, return_when: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "wait", interrupted)
    scheduled = Scheduled()
    with pytest.raises(KeyboardInterrupt):
        list(made(scheduled).discharge(["one", "two"], "canonical", NONE))
    assert [future.cancelled() for future in scheduled.futures] == [True, True]


def test_nothing_to_do_is_nothing() -> None:
    assert list(made(Scheduled()).discharge([], "canonical", NONE)) == []


# in a worker


def test_a_worker_has_so_much_memory_and_leaves_interrupts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *given: done.append(given))
    monkeypatch.setattr(signal, "signal", lambda *given: done.append(given))
    monkeypatch.setattr(pool, "end_with", lambda process: done.append(process))
    pool._prepare(1 << 20, 7)
    assert done == [7, (resource.RLIMIT_AS, (1 << 20, 1 << 20)), (signal.SIGINT, signal.SIG_IGN)]


@pytest.mark.parametrize(("most", "given"), [(resource.RLIM_INFINITY, 1 << 20), (1 << 30, 1 << 20), (1 << 19, 1 << 19)])
def test_a_worker_has_no_more_memory_than_its_parent(most: int, given: int, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: {resource.RLIMIT_AS: (1 << 10, most)}[which])
    monkeypatch.setattr(resource, "setrlimit", lambda *limits: done.append(limits))
    monkeypatch.setattr(signal, "signal", lambda *handler: None)
    monkeypatch.setattr(pool, "end_with", lambda process: None)
    pool._prepare(1 << 20, 7)
    assert done == [(resource.RLIMIT_AS, (given, given))]


class Left(BaseException):
    """The process has ended with that status."""


@pytest.fixture
def leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(status: int) -> None:
        raise Left(status)

    monkeypatch.setattr(os, "_exit", leave)


@pytest.mark.usefixtures("leaving")
@pytest.mark.parametrize("error", [MemoryError(), z3.Z3Exception("out of memory")])
def test_out_of_memory_the_process_ends(error: Exception) -> None:
    def work() -> None:
        raise error

    with pytest.raises(Left, match="77"):
        pool._within_memory(work)


@pytest.mark.usefixtures("leaving")
def test_only_out_of_memory_the_process_ends() -> None:
    def work() -> None:
        raise z3.Z3Exception("other")

    with pytest.raises(z3.Z3Exception, match="other"):
        pool._within_memory(work)
    with pytest.raises(Left, match="77"):
        pool._within_memory(lambda: Outcome(Verdict.UNKNOWN, reason="z3: out of memory"))
    values: list[Any] = [
        Outcome(Verdict.UNKNOWN, reason="too hard"),
        Outcome(Verdict.PROVED, reason="in memory of"),
        Outcome(Verdict.ERROR, reason="out of memory"),
        None,
        ("memory", True),
    ]
    for value in values:
        assert pool._within_memory(partial(dict.get, {0: value}, 0)) is value


def test_a_worker_discharges_what_it_builds_and_exports_it_if_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    exported: list[Any] = []

    def build(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterator[Condition]:
        given.append((obligation, dialect, invariants))
        yield from source(obligation, dialect, invariants)

    def discharge(conditions: list[Condition], satisfiable: object, settings: Settings) -> Outcome:
        assert satisfiable is pool._satisfiable
        given.append((conditions, settings))
        return PROVED

    monkeypatch.setattr(pool, "discharge_all", discharge)
    monkeypatch.setattr(pool, "export", lambda *each: exported.append(each))
    for settings in (Settings(), Settings(export="a folder")):
        given.clear()
        assert pool._discharge(build, "one", "canonical", KNOWN, settings) is PROVED
        ((obligation, dialect, known), (conditions, used)) = given
        assert (obligation, dialect, known, used) == ("one", "canonical", KNOWN, settings)
        assert [each.hypotheses for each in conditions] == [{"one": P}]
    ((settings, obligation, dialect, conditions, outcome),) = exported
    assert (settings.export, obligation, dialect, outcome) == ("a folder", "one", "canonical", PROVED)
    assert [each.hypotheses for each in conditions] == [{"one": P}]
    found: Any = ("state", True)
    monkeypatch.setattr(pool, "least_counterexample", lambda conditions, seconds: (found, list(conditions), seconds))
    told: Any = pool._counterexample(build, "two", "canonical", KNOWN, Settings(seconds=3.0))
    assert told[0] is found
    assert [each.hypotheses for each in told[1]] == [{"two": P}]
    assert told[2] == 3.0
    assert given[-1] == ("two", "canonical", KNOWN)


# the pool's life


class Life:
    """A pool whose life is noted."""

    noted: list[Any]

    def __init__(self, **arguments: Any) -> None:
        self.noted = [arguments]

    @property
    def active(self) -> bool:
        self.noted.append("started")
        return True

    def close(self) -> None:
        self.noted.append("closed")

    def stop(self) -> None:
        self.noted.append("stopped")

    def join(self) -> None:
        self.noted.append("joined")


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    lives: list[Any] = []

    def make(**arguments: Any) -> Life:
        lives.append(Life(**arguments))
        return lives[-1]  # type: ignore[no-any-return]

    monkeypatch.setattr(pool, "ProcessPool", make)
    monkeypatch.setattr(pool, "worker_context", lambda: "a context")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2} if process == 0 else set())
    return lives


def test_a_pool_is_closed_and_waited_for(life: list[Any]) -> None:
    settings = Settings(seconds=7.0)
    with workers(5, settings, 1 << 20, source) as some:
        assert some == Workers(life[0], settings, source)
    with workers() as plain:
        assert plain == Workers(life[1], Settings(), conditions_of)
    common, mine = {"initializer": pool._prepare, "context": "a context"}, os.getpid()
    first = {"max_workers": 5, "initargs": (1 << 20, mine), **common}
    second = {"max_workers": 3, "initargs": (4 << 30, mine), **common}
    assert life[0].noted == [first, "started", "closed", "joined"]
    assert life[1].noted == [second, "started", "closed", "joined"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_exception_stops_a_pool_and_is_not_swallowed(life: list[Any], error: type[BaseException]) -> None:
    with pytest.raises(error), workers(2):
        raise error
    assert life[0].noted[1:] == ["started", "stopped", "joined"]


def test_the_dialect_of_a_condition_is_the_one_named() -> None:
    name = "map__preserves__irreflexive"
    (one,) = conditions_of(name, "canonical", NONE)
    (other,) = conditions_of(name, "literal-eager", NONE)
    assert CANONICAL.name == "canonical"
    assert [str(each) for each in one.hypotheses.values()] != [str(each) for each in other.hypotheses.values()]


def test_a_pool_that_does_not_start_is_an_error(life: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Life, "active", False)
    with pytest.raises(RuntimeError, match="did not start"), workers(2):
        pass
    assert life[0].noted[1:] == ["stopped", "joined"]
