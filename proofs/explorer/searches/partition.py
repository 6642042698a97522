"""A search spread over worker processes, on this machine or others: the states are partitioned by a hash.

Each part lives in one worker and is expanded there, layer by layer. Between two layers every worker sends the states
that belong to others, through this process. Workers are reached by executors of :mod:`concurrent.futures`, one for
each, so that local processes and a Dask cluster take the same way.
"""

import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any
from uuid import uuid4

import numpy as np

from model.counting import counted
from model.running.notice import is_told, say_compiling, tell_when_compiling
from model.scope import ArgumentError
from proofs.explorer.result import Flaw, OnProgress, Progress, SearchResult
from proofs.explorer.searches import shard
from proofs.explorer.searches.breadth_first import StateLostError
from proofs.explorer.system import System
from proofs.interrupts import no_interrupt
from refinement.parent import die_with_parent

MOST_WORKERS = 1_024
PARCEL = 1 << 19  # states sent at a time: 4 MiB
PATIENCE = 1.0  # seconds that an interrupted search waits for workers that could still say how a violation came about


class _Process(SpawnProcess):
    def start(self) -> None:
        with no_interrupt():
            super().start()


class _Context(SpawnContext):  # a fork would copy the threads' locks
    Process = _Process


class _Worker(ProcessPoolExecutor):
    """A pool of one process, which is not always waited for."""

    def __init__(self, tells: bool) -> None:
        super().__init__(1, _Context(), _begin, (tells,))

    def kill(self) -> None:
        """End the process, whatever it does; what it was asked for fails."""
        for process in list((self._processes or {}).values()):
            process.kill()


@contextmanager
def executors_at(address: str) -> Iterator[tuple[Executor, ...]]:
    """One executor for each worker at an address: ``dask://HOST:PORT``, a scheduler, or ``processes://N``, local ones.

    :raises ValueError: the address is of another form, nobody answers there, or ``distributed`` is not installed.
    """
    kind, separator, rest = address.partition("://")
    if separator and kind == "processes" and re.fullmatch("[0-9]{1,4}", rest) and 0 < int(rest) <= MOST_WORKERS:
        with ExitStack() as stack:
            tell = is_told()
            yield tuple(stack.enter_context(_Worker(tell and n == 0)) for n in range(int(rest)))
    elif separator and kind == "dask" and rest:
        with _dask_client(rest) as client:
            yield dask_executors(client)
    else:
        forms = f"dask://HOST:PORT or processes://N, N up to {MOST_WORKERS}"
        raise ArgumentError(f"{address!r} is no address of workers: write {forms}")


def _begin(tells: bool) -> None:
    """What a worker does first. ``tells``: it is the one that says that all of them compile."""
    die_with_parent()
    if tells:
        tell_when_compiling(say_compiling)


def dask_executors(client: Any) -> tuple[Executor, ...]:
    """One executor for each worker of a Dask cluster; what is given to it runs on that worker only.

    :raises ValueError: the cluster has no workers.
    """
    workers = sorted(client.nthreads())
    if not workers:
        raise ArgumentError("the cluster has no workers: start some with dask worker")
    return tuple(client.get_executor(workers=[each], allow_other_workers=False, pure=False) for each in workers)


@contextmanager
def _dask_client(address: str) -> Iterator[Any]:
    """A client of the scheduler at an address."""
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise ArgumentError("dask:// needs the package distributed: pip install 'musigma[distributed]'") from None
    try:
        client = distributed.Client(f"tcp://{address}", timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ArgumentError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield client


def search_parts(
    system: System,
    executors: Sequence[Executor],
    *,
    properties: Collection[str],
    max_states: int | None = None,
    memory: int | None = None,
    stop_when_violated: bool = False,
    on_progress: OnProgress | None = None,
) -> SearchResult:
    """As :func:`proofs.explorer.searches.breadth_first.search`, each part in a process of its own.

    :param executors: one for each part; all that is given to one must run in one process.
    :param memory: bytes for all parts together; what their machines have available unless given.
    :raises WorkerLostError: a worker was restarted and has lost its part.
    :raises ScopeTooLargeError: the memory is not even enough to begin with.
    """
    if max_states is not None and max_states < 1:
        raise ArgumentError(f"at least one state is visited, not {max_states}")
    run = _Run(system, executors, tuple(properties), max_states, on_progress)
    try:
        return run.result(memory, stop_when_violated)
    except KeyboardInterrupt:
        run.give_up()
        raise
    finally:
        with suppress(Exception):  # a worker that is gone has nothing left to forget
            run.everywhere(shard.close)


class _Run:
    """One search: the layers so far, and where each property was first violated."""

    def __init__(
        self,
        system: System,
        executors: Sequence[Executor],
        chosen: tuple[str, ...],
        max_states: int | None,
        on_progress: OnProgress | None,
    ) -> None:
        self.system, self.executors, self.chosen = system, executors, chosen
        self.max_states, self.on_progress = max_states, on_progress
        self.search, self.started = uuid4().hex, time.perf_counter()
        self.wanted = sum(1 << system.properties.index(name) for name in chosen)
        self.first_seen: dict[int, tuple[int, int, int]] = {}  # property → layer, state, step or -1
        self.layers: list[int] = []
        self.states = self.transitions = self.bytes_used = 0
        self.full = False
        self.asked: list[Future[Any]] = []

    def ask(self, part: int, task: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """A task given to a part."""
        future = self.executors[part].submit(task, self.search, part, *arguments)
        self.asked.append(future)
        return future

    def everywhere(self, task: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Return what a task gives in each part."""
        self.asked.clear()
        futures = [self.ask(part, task, *arguments) for part in range(len(self.executors))]
        return [future.result() for future in futures]

    def give_up(self) -> None:
        """End the workers of this machine that still work at what they were asked for."""
        if not all(future.done() for future in self.asked):
            for executor in self.executors:
                if isinstance(executor, _Worker):
                    executor.kill()

    def result(self, memory: int | None, stop_when_violated: bool) -> SearchResult:
        """Search layer by layer, then go back from what was found."""
        parts, reason, interrupted = len(self.executors), "", False
        self._measure(self.everywhere(shard.start, parts, self.system, memory // parts if memory else None))
        try:
            while self.layers[-1] and not reason:
                if stop_when_violated and len(self.first_seen) == len(self.chosen):
                    reason = "every property is violated"
                elif self.max_states is not None and self.states > self.max_states:
                    reason = f"more than {counted(self.max_states, 'state')}"
                elif self.full:
                    reason = "a worker's memory is full"
                else:
                    self._layer(len(self.layers) - 1)
        except KeyboardInterrupt:
            reason, interrupted = "interrupted", True
            wait(self.asked, PATIENCE if self.first_seen else 0)
            self.give_up()
        flaws: tuple[Flaw, ...] = ()
        try:
            flaws = tuple(self._flaw(p, *self.first_seen[p]) for p in sorted(self.first_seen))
        except BrokenExecutor:
            if not interrupted:
                raise
            reason = "interrupted, and the workers are gone: no trace to what was violated"
        return SearchResult(
            complete=not reason,
            reason=reason,
            states=self.states,
            transitions=self.transitions,
            layers=tuple(layer for layer in self.layers if layer),
            flaws=flaws,
            checked=self.chosen,
            bytes_used=self.bytes_used,
            seconds=time.perf_counter() - self.started,
            interrupted=interrupted,
        )

    def _measure(self, sizes: Sequence[shard.Size]) -> None:
        """Take down how many states there are now; the new ones are a layer."""
        states = sum(size.states for size in sizes)
        self.layers.append(states - self.states)
        self.states, self.bytes_used = states, sum(size.bytes_used for size in sizes)
        self.full = any(size.full for size in sizes)
        if self.on_progress is not None:
            seconds = time.perf_counter() - self.started
            expanded = states - self.layers[-1]
            self.on_progress(Progress(states, len(self.layers) - 1, 0.0, self.bytes_used, seconds, expanded))

    def _layer(self, layer: int) -> None:
        """Expand a layer everywhere, and send each part what belongs to it."""
        unseen = self.wanted & ~sum(1 << p for p in self.first_seen)
        results: list[shard.Expanded] = self.everywhere(shard.expand, layer, unseen)
        seen = shard.Sightings()
        for result in results:
            self.transitions += result.transitions
            seen = shard.least(seen, result.sightings)
        self.first_seen |= {p: (layer, *seen[p]) for p in seen}
        futures = []
        for part in range(len(self.executors)):
            incoming = shard.distinct(np.concatenate([result.outgoing[part] for result in results]))
            parcels = (incoming[at : at + PARCEL] for at in range(0, max(1, incoming.size), PARCEL))
            futures += [(part, self.ask(part, shard.absorb, parcel)) for parcel in parcels]
        sizes = dict[int, shard.Size]()
        for part, future in futures:
            size = future.result()
            if part not in sizes or size.states >= sizes[part].states:
                sizes[part] = size
        self._measure(list(sizes.values()))

    def _flaw(self, p: int, layer: int, state: int, step: int) -> Flaw:
        """The shortest path to a violation, found backwards; of several predecessors the least."""
        steps, states = [step] if step >= 0 else [], [state]
        for earlier in range(layer - 1, -1, -1):
            found = [each for each in self.everywhere(shard.before, earlier, states[0]) if each is not None]
            if not found:
                raise StateLostError(f"{self.system.name}: no state of layer {earlier} has a step to {states[0]:#x}")
            before, label = min(found)
            states.insert(0, before)
            steps.insert(0, label)
        return Flaw(self.system.properties[p], tuple(steps), tuple(states))
