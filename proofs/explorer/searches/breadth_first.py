"""Layered breadth-first search of a packed transition system, with every visited state in an exact set.

The set and the work on one layer are compiled (:mod:`proofs.explorer.searches.kernels.search`). Here is what
surrounds them:
threads, limits, growth of the set, the layers, and the way back from a violation. No parents are kept. The queue
holds the layers one after the other, so a shortest path is found backwards by expanding the layer before until a
state has a step to the target: nothing is paid for it unless there is something to show.
"""

import time
from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np

from model.counting import counted
from model.scope import ArgumentError
from proofs.explorer.result import Flaw, OnProgress, Progress, SearchResult
from proofs.explorer.searches.resources import Team, memory_to_use, threads_to_use
from proofs.explorer.searches.specialise import specialised
from proofs.explorer.searches.table import Table
from proofs.explorer.system import System, unreduced

SMALL_LAYER = 256  # states; fewer are expanded by one thread, starting more would cost more
NOT_FOUND = np.uint64(0xFFFFFFFFFFFFFFFF)


class StateLostError(AssertionError):
    """A step led to a state that the packing cannot hold: the system contradicts its own description."""


def kernel_of(system: System) -> Any:
    """The compiled search over the functions of a system."""
    return _kernel(system.successors, system.check, system.canonical)


@cache
def _kernel(*functions: Any) -> Any:
    lines = [
        f"from {function.__module__} import {function.__name__} as {name}"
        for function, name in zip(functions, ("_successors", "_check", "_canonical"), strict=True)
    ]
    return specialised(
        "proofs.explorer.searches.kernels.search", lines, [function.__module__ for function in functions]
    )


def search(
    system: System,
    *,
    properties: Collection[str] | None = None,
    max_states: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
    stop_when_violated: bool = False,
    on_progress: OnProgress | None = None,
) -> SearchResult:
    """Visit every reachable state of a system and check the properties on every state and step.

    :param properties: names out of ``system.properties``; all unless given.
    :param max_states: stop once more states than this are found.
    :param memory: bytes for the set of states and the queue; three quarters of what is available unless given.
    :param threads: one for each processor unless given.
    :param stop_when_violated: stop after the layer by which each of the properties is violated.
    :param on_progress: called some times a second.
    :raises ValueError: an argument makes no sense, or a property is unknown.
    :raises StateLostError: the system makes a state that it cannot pack.
    """
    chosen = tuple(system.properties if properties is None else properties)
    for name in chosen:
        if name not in system.properties:
            raise ValueError(f"{system.name} has no property {name!r}; it has {', '.join(system.properties)}")
    if max_states is not None and max_states < 1:
        raise ArgumentError(f"at least one state is visited, not {max_states}")
    wanted = sum(1 << system.properties.index(name) for name in chosen)
    run = _Run(system, wanted, max_states, memory_to_use(memory), threads_to_use(threads), on_progress)
    return run.result(chosen, stop_when_violated)


class _Run:
    """One search: the table, the layers so far, and where each property was first violated."""

    def __init__(
        self,
        system: System,
        wanted: int,
        max_states: int | None,
        memory: int,
        threads: int,
        on_progress: OnProgress | None,
    ) -> None:
        self.system, self.wanted, self.max_states, self.on_progress = system, wanted, max_states, on_progress
        self.kernel = kernel_of(system)
        self.team = Team(threads)
        self.started = time.perf_counter()
        self.parameters = np.array(system.parameters or (0,), np.int64)
        self.slack = threads * self.kernel.CHUNK * system.fanout  # what the threads may add before they look again
        expected = min(system.expected or 0, max_states or system.expected or 0)
        room = max(expected, 2 * self.slack)
        while True:
            try:
                self.table = Table(self.kernel, system.bits, room, memory)
                break
            except ValueError:
                if room == 2 * self.slack:
                    raise
                room = 2 * self.slack
        table, first = self.table, np.uint64(system.initial)
        if system.canonical is not unreduced:
            first = self.kernel.representative(first, self.parameters, self._scratch())
        table.queue[0] = self.kernel.add(table.entries, table.lanes, first, table.geometry)
        self.starts = [0, 1]  # where each layer begins in the queue; the last is where it ends
        self.transitions = 0
        self.reason = ""
        self.first_seen: dict[int, tuple[int, int, int]] = {}  # property → layer, state, step or -1

    def _scratch(self) -> Any:
        return np.zeros(max(1, self.system.scratch), np.int64)

    def _recent(self, target: np.uint64) -> Any:
        """Memory for the states that steps led to of late. New for each call: one that found no place comes again."""
        reduced = self.system.canonical is not unreduced and target == NOT_FOUND
        return np.full(1 << self.kernel.RECENT_BITS if reduced else 0, NOT_FOUND)

    def result(self, chosen: tuple[str, ...], stop_when_violated: bool) -> SearchResult:
        """Search layer by layer, then go back from what was found."""
        while self.starts[-1] > self.starts[-2] and not self.reason:
            if stop_when_violated and len(self.first_seen) == self.wanted.bit_count():
                self.reason = "every property is violated"
                break
            self._expand(len(self.starts) - 2)
        ends = self.starts[1:] if self.starts[-1] > self.starts[-2] else self.starts[1:-1]
        seconds = time.perf_counter() - self.started
        return SearchResult(
            complete=not self.reason,
            reason=self.reason,
            states=self.starts[-1],
            transitions=self.transitions,
            layers=tuple(np.diff([0, *ends]).tolist()),
            flaws=tuple(self._flaw(p, *self.first_seen[p]) for p in sorted(self.first_seen)),
            checked=chosen,
            bytes_used=self.table.bytes_used(self.starts[-1]),
            seconds=seconds,
            interrupted=self.team.interrupted,
        )

    def _expand(self, layer: int) -> None:
        """Expand one layer, growing the table as often as it needs."""
        kernel, first, last = self.kernel, self.starts[layer], self.starts[layer + 1]
        tail, position, transitions = last, first, self.transitions
        while position < last:
            unseen = self.wanted & ~sum(1 << p for p in self.first_seen if self.first_seen[p][0] < layer)
            control, found, labels = self._run_threads(layer, position, last, tail, unseen, NOT_FOUND)
            self._see(layer, found, labels)
            tail = int(control[kernel.TAIL])
            if control[kernel.LOST]:
                raise StateLostError(f"{self.system.name}: a state does not fit the packing, at depth {layer + 1}")
            if control[kernel.OVERFLOW]:
                # A new state found no place. Those that did are in; expanding the layer again finds the rest.
                position, self.transitions = first, transitions
            else:
                position += int(control[kernel.NEXT]) * kernel.CHUNK
                self.transitions += int(control[kernel.TRANSITIONS])
            if self.team.interrupted:
                self.reason = "interrupted"
            elif position < last and self.max_states is not None and tail > self.max_states:
                self.reason = f"more than {counted(self.max_states, 'state')}"
            elif position < last and not self.table.grow(tail):
                self.reason = f"the set of states would take more than {self.table.memory:,} bytes"
            if self.reason:
                break
        self.starts.append(tail)

    def _run_threads(
        self, layer: int, first: int, last: int, tail: int, wanted: int, target: np.uint64
    ) -> tuple[Any, Any, Any]:
        """Let the threads expand a part of a layer: the control array as they left it, and what each found."""
        kernel, table, system = self.kernel, self.table, self.system
        control = np.zeros(kernel.CONTROL_SIZE, np.int64)
        control[kernel.TAIL] = tail
        limit = tail if target != NOT_FOUND else min(table.limit - self.slack, self.max_states or table.limit)
        threads = self.team.threads if last - first > SMALL_LAYER else 1
        found = np.full((threads, len(system.properties)), NOT_FOUND)
        labels = np.zeros((threads, len(system.properties)), np.int64)

        def work(number: int) -> None:
            kernel.expand_layer(
                table.entries, table.lanes, table.queue, first, last, limit, table.geometry, system.fanout, wanted,
                target, self.parameters, self._scratch(), self._recent(target), control, found[number], labels[number],
            )  # fmt: skip

        def stop() -> None:
            control[kernel.STOP] = 1

        def watch() -> None:
            if self.on_progress is not None:
                width = self.starts[layer + 1] - self.starts[layer]
                states = int(control[kernel.TAIL])
                done = min(1.0, (first - self.starts[layer] + int(control[kernel.NEXT]) * kernel.CHUNK) / width)
                seconds = time.perf_counter() - self.started
                expanded = int(self.starts[layer] + done * (self.starts[layer + 1] - self.starts[layer]))
                self.on_progress(Progress(states, layer, done, table.bytes_used(states), seconds, expanded))

        if last - first <= SMALL_LAYER:
            work(0)
        else:
            self.team.run(work, stop, watch)
        return control, found, labels

    def _see(self, layer: int, found: Any, labels: Any) -> None:
        """Keep the least violating state of the first layer that has one: the same for any number of threads."""
        for p in range(len(self.system.properties)):
            thread = int(found[:, p].argmin())
            state = int(found[thread, p])
            if state != NOT_FOUND and (p not in self.first_seen or state < self.first_seen[p][1]):
                self.first_seen[p] = layer, state, int(labels[thread, p])

    def _flaw(self, p: int, layer: int, state: int, step: int) -> Flaw:
        """The shortest path to a violation, found backwards; of several predecessors the least."""
        steps, states = [step] if step >= 0 else [], [state]
        for before in range(layer - 1, -1, -1):
            first, last = self.starts[before], self.starts[before + 1]
            _, found, labels = self._run_threads(before, first, last, last, 0, np.uint64(states[0]))
            thread = int(found[:, 0].argmin())
            if found[thread, 0] == NOT_FOUND:
                raise StateLostError(f"{self.system.name}: no state of layer {before} has a step to {states[0]:#x}")
            states.insert(0, int(found[thread, 0]))
            steps.insert(0, int(labels[thread, 0]))
        return Flaw(self.system.properties[p], tuple(steps), tuple(states))
