"""Exploring the smallest scopes: which engine, what comes back, to the digit."""

from concurrent.futures import Executor, Future
from dataclasses import asdict
from typing import Any

import pytest
from numba import config

from model.scope import ArgumentError, Scope
from model.spaces.dialect import CANONICAL, DIALECTS, dialect_named
from proofs.explorer import explore as module
from proofs.explorer.case import Case
from proofs.explorer.explore import explore, shortest_trace, trace_to
from proofs.explorer.result import Progress, SearchEnd
from proofs.explorer.searches import breadth_first
from proofs.explorer.states.properties import IDS, STATE_IDS
from proofs.explorer.system import ScopeTooLargeError

TWO, FOUR = Scope(2, 1, 1), Scope(2, 2, 1)
TREE, LITERAL = DIALECTS["tree"], DIALECTS["literal-eager"]
NAMES = DIALECTS if config.DISABLE_JIT else ("canonical",)  # type: ignore[attr-defined]


class Here(Executor):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def counts(result: Any) -> dict[Any, Any]:
    return {
        "states": result.states,
        "transitions": result.transitions,
        "layers": result.layers,
        "violated": {v.property: len(v.trace.operations) for v in result.violations},
    }


@pytest.mark.parametrize("rights", ["none", "rw"])
@pytest.mark.parametrize("name", NAMES)
def test_as_a_plain_search(name: str, rights: str, plain_search: Any) -> None:
    result = explore(TWO, dialect_named(name), rights, threads=1)
    assert counts(result) == plain_search(TWO, dialect_named(name), rights)


def test_all_that_is_told() -> None:
    found: Any = asdict(explore(TWO, TREE, properties=STATE_IDS, threads=1))
    assert 0 < found.pop("seconds") < 60
    (violation,) = found.pop("violations")
    assert violation["property"] == "no-frame-lost"
    assert found == {
        **{"scope": asdict(TWO), "dialect": "tree", "rights": "none", "faults": (), "symmetry": "none"},
        **{"engine": "bitmap", "verdict": SearchEnd.VIOLATED, "complete": True, "reason": "", "states": 5},
        **{"transitions": 18, "layers": (1, 2, 2), "properties": STATE_IDS, "bytes_per_state": 8 / 5},
    }
    found = explore(TWO, CANONICAL, "rw", faults=["empty-rights-map"], threads=1)
    assert (found.engine, found.rights, found.faults) == ("literal set", "rw", ("empty-rights-map",))
    assert found.depth == len(found.layers) - 1
    assert found.rate == found.states / found.seconds
    assert found.properties == IDS


@pytest.mark.long
def test_the_engine() -> None:
    def engine(dialect: Any = TREE, **options: Any) -> Any:
        return explore(TWO, dialect, **options).engine

    assert engine(properties=STATE_IDS) == "bitmap"
    assert engine(properties=STATE_IDS, symmetry="slots") == "forest set"
    assert engine(properties=STATE_IDS, symmetry=True) == "forest set"
    assert engine(properties=STATE_IDS, executors=[Here(), Here()]) == "forest set, 2 workers"
    assert engine(executors=[Here()]) == "literal set, 1 workers"
    assert engine(LITERAL, properties=STATE_IDS) == "literal set"
    assert engine(properties=None) == "literal set"
    assert engine(CANONICAL, properties=STATE_IDS, faults=["frame-overwritten"]) == "bitmap"


def test_the_group() -> None:
    assert explore(TWO, TREE, symmetry=True).symmetry == "slots"
    assert explore(TWO, TREE, symmetry="pages").symmetry == "pages"
    assert explore(TWO, TREE).symmetry == "none"
    assert explore(TWO, TREE, faults=["early-ascent"], symmetry=True).symmetry == "none"


def test_the_bitmap_is_used_as_long_as_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "bitmap_bytes", lambda scope: 10**6)
    assert explore(TWO, TREE, properties=STATE_IDS, memory=10**6).engine == "bitmap"
    assert explore(TWO, TREE, properties=STATE_IDS, memory=10**6 - 1).engine == "forest set"


@pytest.mark.long
def test_a_misreading_reaches_the_bitmap() -> None:
    found = explore(Scope(1, 2, 2), CANONICAL, properties=STATE_IDS, faults=["frame-overwritten"], threads=1)
    assert [v.property for v in found.violations] == ["no-frame-lost"]
    assert found.verdict is SearchEnd.VIOLATED
    assert "with the fault frame-overwritten" in found.violations[0].trace.shows
    assert explore(Scope(1, 2, 2), CANONICAL, properties=STATE_IDS, threads=1).verdict is SearchEnd.EXHAUSTED


def test_a_violation_without_room_for_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    found = explore(TWO, TREE, properties=STATE_IDS, memory=64, threads=1)
    assert (found.engine, found.violations, found.verdict) == ("bitmap", (), SearchEnd.VIOLATED)
    assert found.reason == "no room to find a trace to no-frame-lost"
    found = explore(FOUR, TREE, properties=STATE_IDS, memory=200, threads=1, max_states=26)
    assert found.reason == "more than 26 states no room to find a trace to no-frame-lost"


def test_what_is_refused() -> None:
    found = explore(Scope(4, 4, 4), LITERAL, symmetry=True)
    assert (found.verdict, found.engine, found.complete) == (SearchEnd.REFUSED, "none", False)
    assert "144 bits" in found.reason
    assert (found.states, found.transitions, found.layers, found.violations) == (0, 0, (), ())
    assert (found.bytes_per_state, found.seconds, found.depth, found.rate) == (0.0, 0.0, 0, 0.0)
    assert (found.properties, found.symmetry) == (IDS, "slots")
    assert explore(TWO, CANONICAL, memory=100).verdict is SearchEnd.REFUSED
    assert shortest_trace(TWO, CANONICAL, "no-cycle", memory=100) == (None, SearchEnd.REFUSED)
    assert trace_to(TWO, CANONICAL, "nil(σ0[0])", memory=100) == (None, SearchEnd.REFUSED)


def test_threads_and_workers_are_not_both_chosen() -> None:
    with pytest.raises(ArgumentError, match="choose the number of workers, not of threads"):
        explore(TWO, CANONICAL, threads=2, executors=[Here()])


@pytest.mark.long
@pytest.mark.parametrize("executors", [(), (Here(), Here())], ids=["here", "parts"])
def test_limits_are_handed_on(executors: Any) -> None:
    options: dict[str, Any] = {"executors": executors} if executors else {"threads": 1}
    found = explore(FOUR, CANONICAL, max_states=6, **options)
    assert (found.reason, found.verdict) == ("more than 6 states", SearchEnd.TRUNCATED)
    assert explore(FOUR, CANONICAL, memory=300, **options).verdict is SearchEnd.REFUSED
    trace: Any
    trace, verdict = shortest_trace(FOUR, TREE, "no-frame-lost", **options)
    assert [o.text(FOUR) for o in trace.operations] == ["map σ0[0] → σ0[1]", "map σ0[1] → σ0[0]"]
    assert verdict is SearchEnd.VIOLATED
    assert trace.shows.startswith("no-frame-lost")
    assert shortest_trace(FOUR, CANONICAL, "no-cycle", max_states=6, **options) == (None, SearchEnd.TRUNCATED)
    assert shortest_trace(TWO, CANONICAL, "no-cycle", **options) == (None, SearchEnd.EXHAUSTED)
    trace, verdict = trace_to(TWO, CANONICAL, " nil(σ0[0]) ", **options)
    assert [o.text(TWO) for o in trace.operations] == ["grant σ0[0] → σ1[0]"]
    assert (trace.shows, verdict) == ("nil(σ0[0])", SearchEnd.VIOLATED)
    assert trace_to(TWO, CANONICAL, "cyclic(σ0[0])", **options) == (None, SearchEnd.EXHAUSTED)
    trace, _ = trace_to(TWO, CANONICAL, "has(σ1[0], r)", "rw", **options)
    assert len(trace.operations) == 1
    trace, _ = trace_to(TWO, CANONICAL, "nil(σ0[0]) and nil(σ1[0])", faults=["frame-lost"], **options)
    assert [o.text(TWO) for o in trace.operations] == ["flush σ0[0]"]
    trace, _ = shortest_trace(TWO, CANONICAL, "accessible-has-right", "rw", faults=["empty-rights-map"], **options)
    assert "with the fault empty-rights-map" in trace.shows


def test_a_search_for_one_trace_stops_there(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: Any = []
    real: Any = breadth_first.search
    monkeypatch.setattr(module, "search", lambda *told, **named: stopped.append(named) or real(*told, **named))
    shortest_trace(TWO, TREE, "no-frame-lost", threads=1)
    explore(TWO, TREE, threads=1)
    explore(TWO, TREE, properties=STATE_IDS, threads=1)
    assert [named["stop_when_violated"] for named in stopped] == [True, False, True]
    assert [named["properties"] for named in stopped] == [("no-frame-lost",), IDS, ("no-frame-lost",)]


def test_progress_knows_how_many_to_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    def search(system: Any, *, on_progress: Any, **named: Any) -> None:
        if on_progress is not None:
            on_progress(Progress(1, 2, 0.5, 3, 4.0, 5))
        raise ScopeTooLargeError("enough")

    monkeypatch.setattr(module, "search", search)
    explore(FOUR, CANONICAL, on_progress=told.append)
    explore(FOUR, DIALECTS["nova"], on_progress=told.append)
    explore(FOUR, TREE, symmetry="slots", on_progress=told.append)
    explore(FOUR, CANONICAL)
    expected = (
        Case(FOUR, CANONICAL).expected_states("none"),
        None,
        Case(FOUR, TREE).expected_states("slots"),
    )
    assert told == [Progress(1, 2, 0.5, 3, 4.0, 5, number) for number in expected]
