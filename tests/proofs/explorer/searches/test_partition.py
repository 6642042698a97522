"""A search spread over processes: the same counts and the same depths of violations, whatever carries the tasks."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, dialect_named
from proofs.explorer.explore import explore, shortest_trace, trace_to
from proofs.explorer.result import SearchEnd
from proofs.explorer.searches import shard
from proofs.explorer.searches.partition import executors_at, search_parts
from proofs.explorer.searches.shootdown import STEPS, shootdown
from proofs.explorer.states.properties import STATE_IDS
from proofs.explorer.system import ScopeTooLargeError
from tests.clusters import two_workers


class Here(Executor):
    """Runs each task at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def counts(result: Any) -> dict[str, Any]:
    return {
        "states": result.states,
        "transitions": result.transitions,
        "layers": result.layers,
        "verdict": result.verdict,
        "violated": {v.property: len(v.trace.operations) for v in result.violations},
    }


@pytest.fixture(scope="module")
def processes() -> Iterator[Sequence[Executor]]:
    with executors_at("processes://2") as executors:
        yield executors


@pytest.fixture(scope="module")
def dask() -> Iterator[Sequence[Executor]]:
    with two_workers() as address, executors_at(f"dask://{address}") as executors:
        yield executors


@pytest.mark.slow
@pytest.mark.parametrize(("parts", "symmetry"), [(1, "none"), (2, "slots"), (3, "none")])
def test_any_number_of_parts_counts_the_same(parts: int, symmetry: str) -> None:
    scope, tree = Scope(3, 2, 1), dialect_named("tree")
    options: dict[str, Any] = {"properties": STATE_IDS, "symmetry": symmetry}
    assert counts(explore(scope, tree, **options, executors=[Here()] * parts)) == counts(
        explore(scope, tree, **options)
    )


@pytest.mark.long
@pytest.mark.parametrize("workers", ["processes", "dask"])
def test_two_processes_count_the_same(workers: str, request: pytest.FixtureRequest) -> None:
    executors = request.getfixturevalue(workers)
    assert len(executors) == 2
    cases: tuple[tuple[Scope, str, dict[str, Any]], ...] = (
        (Scope(3, 2, 2), "canonical", {"properties": STATE_IDS}),
        (Scope(2, 2, 2), "tree", {}),
        (Scope(2, 2, 1), "literal-lazy", {}),
    )
    for scope, name, options in cases:
        spread, local = (explore(scope, dialect_named(name), **options, executors=e) for e in (executors, ()))
        assert counts(spread) == counts(local)
        assert spread.engine.endswith(", 2 workers")


@pytest.mark.long
def test_the_parts_are_in_different_processes(processes: Sequence[Executor]) -> None:
    places = {id(each): each.submit(shard.process).result() for each in processes}
    assert len(set(places.values())) == 2


@pytest.mark.long
def test_traces_from_parts() -> None:
    parts = [Here(), Here()]
    scope = Scope(2, 2, 1)
    trace, verdict = shortest_trace(scope, dialect_named("literal-lazy"), "no-dangling-link", executors=parts)
    assert trace is not None
    assert [o.text(scope) for o in trace.operations] == ["map σ0[0] → σ0[1]", "map σ0[1] → σ0[0]"]
    assert verdict is SearchEnd.VIOLATED
    assert trace_to(scope, CANONICAL, "cyclic(σ0[0])", executors=parts) == (None, SearchEnd.EXHAUSTED)


def test_other_systems_in_parts() -> None:
    system = shootdown(waits=False)
    found = search_parts(system, [Here(), Here()], properties=system.properties)
    assert (found.states, found.transitions) == (12, 21)
    assert [STEPS[step] for step in found.flaws[0].steps] == [STEPS[1], STEPS[2], STEPS[3], STEPS[5]]


def test_limits_hold_in_parts() -> None:
    parts = [Here(), Here()]
    result = explore(Scope(3, 2, 1), CANONICAL, max_states=100, executors=parts)
    assert result.verdict is SearchEnd.TRUNCATED
    assert result.reason == "more than 100 states"
    result = explore(Scope(3, 2, 2), CANONICAL, memory=200_000, executors=parts)
    assert result.verdict is SearchEnd.TRUNCATED
    assert result.reason == "a worker's memory is full"
    assert result.states < 20_670
    assert explore(Scope(3, 2, 2), CANONICAL, memory=1_000, executors=parts).verdict is SearchEnd.REFUSED
    with pytest.raises(ScopeTooLargeError):
        search_parts(shootdown(), parts, properties=[], memory=1_000)


def test_a_worker_that_forgot_its_part_is_noticed() -> None:
    class Forgetful(Here):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            shard._shards.clear()
            return super().submit(fn, *args, **kwargs)

    with pytest.raises(shard.WorkerLostError, match="start the search again"):
        explore(Scope(2, 1, 1), CANONICAL, executors=[Forgetful()])


def test_nothing_is_kept_after_a_search() -> None:
    explore(Scope(2, 1, 1), CANONICAL, executors=[Here(), Here()])
    assert not shard._shards


def test_states_are_spread_evenly_and_duplicates_dropped() -> None:
    states = np.arange(10_000, dtype=np.uint64)
    sizes = np.bincount(shard.owner_of(states, 3))
    assert sizes.min() > 3_000
    assert shard.distinct(np.array([3, 1, 3, 1], np.uint64)).tolist() == [1, 3]


@pytest.mark.parametrize("address", ["dask://", "processes://0", "processes://two", "mpi://2", "2"])
def test_addresses_that_make_no_sense(address: str) -> None:
    with pytest.raises(ValueError, match="write dask://HOST:PORT or processes://N"), executors_at(address):
        pass


def test_threads_and_workers_are_not_both_chosen() -> None:
    with pytest.raises(ValueError, match="choose the number of workers"):
        explore(Scope(2, 1, 1), CANONICAL, threads=2, executors=[Here()])
