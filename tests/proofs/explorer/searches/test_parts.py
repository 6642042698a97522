"""One part of a search, and several in this process, on the smallest systems."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from model.running.notice import compiling, say_compiling, tell_when_compiling
from model.scope import ArgumentError, Scope
from model.spaces.dialect import DIALECTS
from proofs.explorer.result import SearchEnd
from proofs.explorer.searches import partition, shard
from proofs.explorer.searches.breadth_first import StateLostError, search
from proofs.explorer.searches.partition import dask_executors, executors_at, search_parts
from proofs.explorer.searches.shard import Shard, Size, distinct, least, owner_of
from proofs.explorer.searches.shootdown import shootdown
from proofs.explorer.searches.table import Table
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.wrong_operations import executed, faults_named
from proofs.explorer.system import ScopeTooLargeError

NOWHERE = 0xFFFFFFFFFFFFFFFF
TREE = DIALECTS["tree"]
HASTY, WAITS = shootdown(False), shootdown()
FOUR = mapping_system(Scope(2, 2, 1), TREE, masks=True)


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    yield
    shard._shards.clear()


class Here(Executor):
    """Runs each task at once, in this process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except (Exception, KeyboardInterrupt) as error:
            future.set_exception(error)
        return future


def test_the_owner_of_a_state() -> None:
    states = np.array([0, 1, 2, 1 << 40, NOWHERE], np.uint64)

    def owner(state: Any, parts: int) -> Any:
        return ((state ^ state >> 32) * 0x9E3779B97F4A7C15 % 2**64 >> 40) % parts

    for parts in (1, 2, 3, 7):
        found = owner_of(states, parts)
        assert found.tolist() == [owner(state, parts) for state in states.tolist()]
        assert found.dtype == np.int64


def test_each_state_once() -> None:
    for states, expected in (([], []), ([4], [4]), ([3, 1, 3, 1, 2], [1, 2, 3]), ([5, 5], [5])):
        assert distinct(np.array(states, np.uint64)).tolist() == expected


def test_the_lesser_sighting() -> None:
    assert least({0: (5, 1), 1: (3, 2)}, {0: (4, 9), 1: (3, 3), 2: (8, 0)}) == {0: (4, 9), 1: (3, 2), 2: (8, 0)}
    assert least({0: (3, 5)}, {0: (3, 4)}) == {0: (3, 4)}
    assert least({}, {}) == {}


def part(system: Any, number: int = 0, parts: int = 1, memory: int = 10**8) -> Any:
    return Shard(system, number, parts, memory)


def states_of(one: Any) -> Any:
    table = one.table
    return one.kernel.states_at(table.entries, table.lanes, table.queue, 0, one.tail, table.geometry).tolist()


@pytest.mark.long
def test_the_initial_state_lies_with_its_owner() -> None:
    parts = [part(FOUR, number, 3) for number in range(3)]
    owner = int(owner_of(np.array([FOUR.initial], np.uint64), 3)[0])
    assert [states_of(each) for each in parts] == [[FOUR.initial] if n == owner else [] for n in range(3)]
    reduced = mapping_system(Scope(3, 1, 1), TREE, symmetry="slots")
    one = part(reduced)
    assert states_of(one) == [int(one.kernel.representative(np.uint64(reduced.initial), one.parameters, one.scratch))]


@pytest.mark.long
def test_states_are_added_once_and_the_set_grows() -> None:
    one = part(WAITS, memory=10**6)
    assert one.table.room == 1 << 12
    one.table = Table(one.kernel, 24, 1, 10**6)
    one.tail = 0
    states = np.arange(1, 99, dtype=np.uint64)
    one.add(states)
    one.add(states[:10])
    assert states_of(one) == states.tolist()
    assert one.size() == Size(98, one.table.bytes_used(98), False)


def test_a_full_part_takes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "START", 1)
    one = part(WAITS, memory=256)
    one.add(np.arange(2, 99, dtype=np.uint64))
    assert (one.full, one.tail, one.table.limit) == (True, 25, 25)
    assert one.size() == Size(25, 228, True)
    one.add(np.array([1 << 20], np.uint64))
    assert one.tail == 25


@pytest.mark.long
def test_a_layer_of_one_part() -> None:
    one = part(HASTY)
    whole = search(HASTY, threads=1)
    layers, steps, layer = [1], 0, 0
    seen: dict[int, Any] = {}
    while layers[-1]:
        told = one.expand(layer, 1)
        steps += told.transitions
        assert [each.size for each in told.outgoing] == [0]
        seen |= {p: (layer, *each) for p, each in told.sightings.items() if p not in seen}
        layers.append(one.tail - sum(layers))
        layer += 1
    assert (tuple(layers[:-1]), steps) == (whole.layers, whole.transitions)
    assert seen == {0: (len(whole.flaws[0].steps), whole.flaws[0].states[-1], -1)}
    assert one.starts == [sum(layers[:n]) for n in range(len(layers))]
    again = one.expand(1, 0)
    assert (again.transitions, again.sightings) == (one.expand(1, 0).transitions, {})
    assert one.tail == whole.states


@pytest.mark.long
def test_what_belongs_to_others_is_sent_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    one = part(FOUR, 1, 3)
    owner = int(owner_of(np.array([FOUR.initial], np.uint64), 3)[0])
    one = part(FOUR, owner, 3)
    after, labels, flaws = (np.zeros(FOUR.fanout, kind) for kind in (np.uint64, np.int64, np.int64))
    count = FOUR.successors(
        np.uint64(FOUR.initial), after, labels, flaws, 0, np.array(FOUR.parameters), np.zeros(FOUR.scratch, np.int64)
    )
    reached = sorted(set(after[:count].tolist()))
    owners = dict(zip(reached, owner_of(np.array(reached, np.uint64), 3).tolist(), strict=True))
    told = one.expand(0, 0)
    assert told.transitions == count
    assert [each.tolist() for each in told.outgoing] == [
        [] if n == owner else [state for state in reached if owners[state] == n] for n in range(3)
    ]
    assert states_of(one) == [FOUR.initial, *(s for s in reached if owners[s] == owner and s != FOUR.initial)]


@pytest.mark.parametrize("batch", [1, FOUR.fanout, 3 * FOUR.fanout, 1 << 20])
def test_layers_in_batches(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(shard, "BATCH", batch)
    one = part(FOUR)
    steps = sum(one.expand(layer, 0).transitions for layer in range(5))
    assert (one.starts, one.tail, steps) == ([0, 1, 7, 26, 69, 117], 117, 2744)
    target = states_of(one)[30]
    found = one.before(2, target)
    assert found is not None
    state, step = found
    assert one.before(1, target) is None or state
    assert one._successors(7, 26, 0, np.uint64(target))[1] == {0: found}
    assert state in states_of(one)[7:26]
    assert one.before(0, target) is None
    assert step >= 0


@pytest.mark.long
def test_a_state_that_is_lost_is_an_error() -> None:
    system = mapping_system(Scope(2, 1, 1), TREE, faults=executed(faults_named(["database-not-page-table"])))
    narrow = mapping_system(Scope(2, 1, 1), TREE)
    parameters = (*narrow.parameters[:10], system.parameters[10], *narrow.parameters[11:])
    one = part(replace(system, parameters=parameters, fields=narrow.fields, initial=1))
    one.expand(0, 0)
    with pytest.raises(StateLostError, match=r"tree, 2 spaces × 1 page × 1 frame, .* fit the packing, at depth 3"):
        one.expand(1, 0)


def test_parts_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "memory_to_use", lambda asked: 30_000_000 if asked is None else 0)
    monkeypatch.setattr(shard, "available_memory", lambda: 20_000_000)
    assert shard.start("a", 1, 3, FOUR, None).states in (0, 1)
    assert shard._shards["a", 1].memory == 10_000_000
    assert shard._shards["a", 1].parts == 3
    assert shard._shards["a", 1].number == 1
    first = shard.start("b", 0, 1, FOUR, 10**9)
    assert (first.states, shard._shards["b", 0].memory) == (1, 20_000_000)
    shard.start("c", 0, 1, FOUR, 10**6)
    assert shard._shards["c", 0].memory == 10**6
    told = shard.expand("b", 0, 0, 0)
    assert told.transitions == 7
    assert shard.absorb("b", 0, np.array([0], np.uint64)) == shard._shards["b", 0].size()
    assert shard._shards["b", 0].tail == 8
    way = shard.before("b", 0, 0, 0)
    assert way is None or way[0] == FOUR.initial
    target = states_of(shard._shards["b", 0])[3]
    assert cast(Any, shard.before("b", 0, 0, target))[0] == FOUR.initial
    for name, number in (("a", 1), ("b", 0), ("c", 0), ("c", 0)):
        shard.close(name, number)
    assert not shard._shards
    with pytest.raises(shard.WorkerLostError, match="part 1 has lost its states; start the search again"):
        shard.expand("a", 1, 0, 0)


@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("system", [WAITS, HASTY, FOUR], ids=["waits", "hasty", "four"])
def test_any_number_of_parts(system: Any, parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "PARCEL", 3)
    properties = system.properties[:4]
    found = search_parts(system, [Here() for _ in range(parts)], properties=properties)
    whole = search(system, properties=properties, threads=1)
    assert (found.states, found.transitions, found.layers) == (whole.states, whole.transitions, whole.layers)
    assert [(f.property, len(f.steps)) for f in found.flaws] == [(f.property, len(f.steps)) for f in whole.flaws]
    assert [f.states[-1] for f in found.flaws] == [f.states[-1] for f in whole.flaws]
    assert (found.complete, found.reason, found.checked, found.interrupted) == (True, "", properties, False)
    assert found.bytes_used > 0
    assert 0 < found.seconds < 60
    assert not shard._shards
    for flaw in found.flaws:
        for state, step, after in zip(flaw.states, flaw.steps, flaw.states[1:], strict=False):
            assert after in successors(system, state, step)


def successors(system: Any, state: Any, step: Any) -> list[Any]:
    after, labels, flaws = (np.zeros(system.fanout, kind) for kind in (np.uint64, np.int64, np.int64))
    arguments = np.array(system.parameters, np.int64), np.zeros(max(1, system.scratch), np.int64)
    count = system.successors(np.uint64(state), after, labels, flaws, 0, *arguments)
    return [int(a) for a, label in zip(after[:count], labels[:count], strict=True) if label == step]


@pytest.mark.slow
def test_the_way_is_that_of_least_states() -> None:
    system = mapping_system(Scope(2, 1, 1), TREE)
    one, several = search(system, threads=1), search_parts(system, [Here()] * 2, properties=system.properties)
    assert several.flaws == one.flaws


def test_the_limits_of_parts() -> None:
    parts = [Here(), Here()]
    found = search_parts(FOUR, parts, properties=(), max_states=6)
    assert (found.reason, found.layers, found.states, found.complete) == ("more than 6 states", (1, 6), 7, False)
    assert search_parts(FOUR, parts, properties=(), max_states=7).layers == (1, 6, 19)
    assert search_parts(FOUR, parts, properties=(), max_states=117).complete
    with pytest.raises(ArgumentError, match="at least one state is visited, not 0"):
        search_parts(FOUR, parts, properties=(), max_states=0)
    assert search_parts(FOUR, parts, properties=(), max_states=1).layers == (1, 6)
    found = search_parts(FOUR, parts, properties=["no-frame-lost"], stop_when_violated=True)
    assert found.reason == "every property is violated"
    assert found.layers == (1, 6, 19, 43)
    assert search_parts(FOUR, parts, properties=["no-cycle"], stop_when_violated=True).complete
    assert found.verdict is SearchEnd.VIOLATED


def test_the_memory_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Any = []
    real = shard.start

    def start(search: Any, number: int, parts: int, system: Any, memory: int) -> Any:
        asked.append(memory)
        return real(search, number, parts, system, memory)

    monkeypatch.setattr(shard, "start", start)
    search_parts(FOUR, [Here(), Here()], properties=(), memory=10**7 + 1)
    search_parts(FOUR, [Here()], properties=())
    assert asked == [5 * 10**6, 5 * 10**6, None]
    monkeypatch.setattr(shard, "START", 1)
    found = search_parts(FOUR, [Here()], properties=(), memory=256)
    assert found.reason == "a worker's memory is full"
    assert not found.complete
    with pytest.raises(ScopeTooLargeError):
        search_parts(FOUR, [Here()], properties=(), memory=100)
    assert not shard._shards


def test_what_is_told_of_parts() -> None:
    told: list[Any] = []
    found = search_parts(FOUR, [Here(), Here()], properties=(), on_progress=told.append)
    assert [(each.states, each.depth, each.layer_done, each.expanded) for each in told] == [
        (1, 0, 0.0, 0),
        (7, 1, 0.0, 1),
        (26, 2, 0.0, 7),
        (69, 3, 0.0, 26),
        (117, 4, 0.0, 69),
        (117, 5, 0.0, 117),
    ]
    assert told[-1].bytes_used == found.bytes_used
    assert all(0 < each.seconds < found.seconds for each in told)


def test_an_interrupt_of_parts() -> None:
    def interrupt(progress: Any) -> None:
        if progress.depth == 3:
            raise KeyboardInterrupt

    found = search_parts(FOUR, [Here()], properties=["no-frame-lost"], on_progress=interrupt)
    assert (found.reason, found.interrupted, found.complete) == ("interrupted", True, False)
    assert [flaw.property for flaw in found.flaws] == ["no-frame-lost"]


@pytest.mark.parametrize("interrupted", [True, False])
def test_workers_that_are_gone(interrupted: bool) -> None:
    class Gone(Here):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            if fn is shard.before:
                raise BrokenExecutor
            return super().submit(fn, *args, **kwargs)

    def interrupt(progress: Any) -> None:
        if progress.depth == 3 and interrupted:
            raise KeyboardInterrupt

    def run() -> Any:
        return search_parts(FOUR, [Gone()], properties=["no-frame-lost"], on_progress=interrupt)

    if interrupted:
        found = run()
        assert found.reason == "interrupted, and the workers are gone: no trace to what was violated"
        assert found.flaws == ()
    else:
        with pytest.raises(BrokenExecutor):
            run()


@pytest.mark.long
def test_an_interrupt_waits_for_no_worker() -> None:
    class Busy(partition._Worker):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            if fn is not shard.expand:
                return super().submit(fn, *args, **kwargs)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            return super().submit(time.sleep, 300)

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    begun = time.monotonic()
    try:
        with Busy(tells=False) as worker:
            found = search_parts(FOUR, [worker], properties=["no-frame-lost"])
    finally:
        signal.signal(signal.SIGALRM, before)
    assert (found.reason, found.interrupted, found.states) == ("interrupted", True, 1)
    assert time.monotonic() - begun < 150


@pytest.mark.long
def test_what_an_interrupt_means_is_left_to_who_started_the_workers() -> None:
    with executors_at("processes://1") as (worker,):
        number = worker.submit(os.getpid).result()
        os.kill(number, signal.SIGINT)
        assert worker.submit(os.getpid).result() == number


def test_a_way_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "before", lambda *told: None)
    with pytest.raises(StateLostError, match="shootdown on two cores: no state of layer 3 has a step to 0x3"):
        search_parts(HASTY, [Here()], properties=HASTY.properties)


def test_a_worker_that_cannot_forget_does_no_harm() -> None:
    class Stubborn(Here):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            if fn is shard.close:
                raise BrokenExecutor
            return super().submit(fn, *args, **kwargs)

    assert search_parts(WAITS, [Stubborn()], properties=()).complete
    shard._shards.clear()


def test_executors_of_a_cluster() -> None:
    asked: Any = []
    client = SimpleNamespace(
        nthreads=lambda: {"b": 1, "a": 2}, get_executor=lambda **told: asked.append(told) or len(asked)
    )
    assert cast(Any, dask_executors(client)) == (1, 2)
    assert asked == [{"workers": [name], "allow_other_workers": False, "pure": False} for name in ("a", "b")]
    with pytest.raises(ArgumentError, match="the cluster has no workers: start some with dask worker"):
        dask_executors(SimpleNamespace(nthreads=dict))


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Pool(Here):
        def __init__(self, tells: bool) -> None:
            made.append(tells)

    monkeypatch.setattr(partition, "_Worker", Pool)
    tell_when_compiling(lambda: None)
    with executors_at("processes://3") as found:
        assert len(found) == 3
    compiling()
    with executors_at("processes://1"):
        pass
    assert made == [True, False, False, False]  # one tells for all
    for address in (
        "processes://0",
        "processes://x",
        "processes://-1",
        "processes:2",
        "processes://1025",
        "dask://",
        "mpi://2",
        "",
    ):
        with pytest.raises(ArgumentError, match="is no address of workers: write"), executors_at(address):
            pass


def test_an_address_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, closed = [], []

    class Client:
        def __init__(self, address: Any, **options: Any) -> None:
            calls.append((address, options))
            if "bad" in address:
                raise OSError("nobody")

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *told: Any) -> None:
            closed.append(1)

        def nthreads(self) -> dict[Any, Any]:
            return {"w": 1}

        def get_executor(self, **told: Any) -> Any:
            return told["workers"]

    modules = {"distributed": SimpleNamespace(Client=Client)}
    monkeypatch.setattr(partition, "import_module", modules.__getitem__)
    with executors_at("dask://host:1") as found:
        assert cast(Any, found) == (["w"],)
        assert not closed
    assert closed == [1]
    assert calls == [("tcp://host:1", {"timeout": 10, "set_as_default": False})]
    with pytest.raises(ArgumentError, match="no Dask scheduler answers at bad: nobody"), executors_at("dask://bad"):
        pass

    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(partition, "import_module", absent)
    with pytest.raises(ArgumentError, match="needs the package distributed"), executors_at("dask://host:1"):
        pass


@pytest.mark.long
def test_of_several_properties_each_keeps_the_layer_that_showed_it_first() -> None:
    system = mapping_system(Scope(2, 1, 1), DIALECTS["literal-eager"])
    alone = search(system, threads=1)
    assert len({len(flaw.steps) for flaw in alone.flaws}) > 1
    found = search_parts(system, [Here()], properties=system.properties)
    assert [(flaw.property, flaw.steps) for flaw in found.flaws] == [
        (flaw.property, flaw.steps) for flaw in alone.flaws
    ]


def test_what_a_part_does_it_does_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every task holds the part's lock while it works, as a worker may have several at once."""
    held: list[bool] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return lambda *given: held.append(self.lock.locked())

        lock = threading.Lock()

    monkeypatch.setitem(cast(Any, shard._shards), ("search", 0), Watched())
    shard.expand("search", 0, 0, 0)
    shard.absorb("search", 0, np.array([1], np.uint64))
    shard.before("search", 0, 0, 1)
    assert held == [True] * 4
    assert not Watched.lock.locked()
    assert shard.process() == os.getpid()


@pytest.mark.parametrize("tells", [False, True])
def test_a_worker_ends_with_who_started_it_and_one_of_them_tells(tells: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(partition, "die_with_parent", lambda: done.append("dies"))
    monkeypatch.setattr(partition, "tell_when_compiling", done.append)
    partition._begin(tells)
    assert done == ["dies", *([say_compiling] if tells else [])]
