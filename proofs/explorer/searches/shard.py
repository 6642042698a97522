"""One part of a search that is spread over processes: the states whose hash names it, kept where the part is.

The functions here run in a worker process. Arguments and results are plain values and arrays, so that any
:class:`concurrent.futures.Executor` can carry them.
"""

import os
import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from proofs.explorer.searches.breadth_first import NOT_FOUND, StateLostError, kernel_of
from proofs.explorer.searches.resources import available_memory, memory_to_use
from proofs.explorer.searches.table import Table
from proofs.explorer.system import System, unreduced

States = NDArray[np.uint64]
Sightings = dict[int, tuple[int, int]]  # property → the least state that violates it, and the step or -1

BATCH = 1 << 20  # successors held at a time before duplicates among them are dropped
START = 1 << 12  # states that the set has room for at first


class WorkerLostError(RuntimeError):
    """A worker does not have its part of the states: it was restarted, or another one ran its task."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """The result of expanding a layer of one part: states for the other parts, transitions, flaws."""

    outgoing: tuple[States, ...]
    transitions: int
    sightings: Sightings


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a part: its states, their bytes, and whether its memory is full."""

    states: int
    bytes_used: int
    full: bool


def owner_of(states: States, parts: int) -> NDArray[np.int64]:
    """The part that each state belongs to.

    >>> set(owner_of(np.arange(100, dtype=np.uint64), 2).tolist())
    {0, 1}
    """
    mixed = (states ^ states >> np.uint64(32)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)).astype(np.int64) % parts


def distinct(states: States) -> States:
    """Each state once, sorted. Sorting and comparing neighbours is much faster than numpy's own ``unique``."""
    ordered = np.sort(states)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if ordered.size else ordered


@dataclass
class Shard:
    """The states of one part: the exact set, the queue of their places, and where its layers begin."""

    system: System
    number: int
    parts: int
    memory: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    starts: list[int] = field(default_factory=lambda: [0])
    tail: int = 0
    full: bool = False

    def __post_init__(self) -> None:
        """Compile, make room, and put the initial state where it belongs."""
        system = self.system
        self.kernel = kernel_of(system)
        self.parameters = np.array(system.parameters or (0,), np.int64)
        self.scratch = np.zeros(max(1, system.scratch), np.int64)
        self.table = Table(self.kernel, system.bits, START, self.memory)
        first = np.uint64(system.initial)
        if system.canonical is not unreduced:
            first = np.uint64(self.kernel.representative(first, self.parameters, self.scratch))
        initial = np.array([first], np.uint64)
        self.add(initial[owner_of(initial, self.parts) == self.number])

    def add(self, states: States) -> None:
        """Put states into the set and, if they are new, at the end of the queue."""
        done = 0
        while not self.full:
            table = self.table
            done, self.tail = self.kernel.add_all(
                table.entries, table.lanes, states, done, table.geometry, table.queue, self.tail, table.limit
            )
            if done == states.size:
                return
            self.full = not table.grow(self.tail)

    def size(self) -> Size:
        """Return the number of states of the part, their bytes, and whether it is full."""
        return Size(self.tail, self.table.bytes_used(self.tail), self.full)

    def _successors(self, first: int, last: int, wanted: int, target: np.uint64) -> tuple[States, Sightings]:
        """The successors of a part of the queue, and what was seen on the way."""
        table, system = self.table, self.system
        out = np.empty((last - first) * system.fanout, np.uint64)
        found = np.full(max(1, len(system.properties)), NOT_FOUND)
        labels = np.zeros(found.size, np.int64)
        count = self.kernel.successors_of(
            table.entries, table.lanes, table.queue, first, last, table.geometry, system.fanout, wanted, target,
            self.parameters, self.scratch, out, found, labels,
        )  # fmt: skip
        if count < 0:
            raise StateLostError(f"{system.name}: a state does not fit the packing, at depth {len(self.starts)}")
        seen = np.flatnonzero(found != NOT_FOUND).tolist()
        return out[:count], {p: (int(found[p]), int(labels[p])) for p in seen}

    def expand(self, layer: int, wanted: int) -> Expanded:
        """Expand a layer; what belongs here is added at once. Doing it again does no harm."""
        if layer + 1 == len(self.starts):
            self.starts.append(self.tail)
        first, last = self.starts[layer], self.starts[layer + 1]
        outgoing: list[list[States]] = [[] for _ in range(self.parts)]
        transitions, sightings = 0, Sightings()
        batch = max(1, BATCH // self.system.fanout)
        for at in range(first, last, batch):
            after, seen = self._successors(at, min(at + batch, last), wanted, NOT_FOUND)
            transitions += after.size
            sightings = least(sightings, seen)
            after = distinct(after)
            owners = owner_of(after, self.parts)
            for part in range(self.parts):
                if part == self.number:
                    self.add(after[owners == part])
                else:
                    outgoing[part].append(after[owners == part])
        nothing = np.empty(0, np.uint64)
        return Expanded(tuple(distinct(np.concatenate([nothing, *o])) for o in outgoing), transitions, sightings)

    def before(self, layer: int, target: int) -> tuple[int, int] | None:
        """The least state of a layer that has a step to the target, and that step."""
        found, batch = Sightings(), max(1, BATCH // self.system.fanout)
        for at in range(self.starts[layer], self.starts[layer + 1], batch):
            last = min(at + batch, self.starts[layer + 1])
            found = least(found, self._successors(at, last, 0, np.uint64(target))[1])
        return found.get(0)


def least(one: Sightings, other: Sightings) -> Sightings:
    """Return of two sightings of a property that of the lesser state."""
    return one | {p: seen for p, seen in other.items() if p not in one or seen < one[p]}


_shards: dict[tuple[str, int], Shard] = {}


def _shard(search: str, number: int) -> Shard:
    try:
        return _shards[search, number]
    except KeyError:
        raise WorkerLostError(f"the worker of part {number} has lost its states; start the search again") from None


def start(search: str, number: int, parts: int, system: System, memory: int | None) -> Size:
    """Begin a part of a search in this process.

    :param memory: bytes for this part; its share of what the machine has available unless given.
    :raises ScopeTooLargeError: that is not even enough to begin with.
    """
    share = memory_to_use(None) // parts if memory is None else min(memory, available_memory())
    shard = _shards[search, number] = Shard(system, number, parts, share)
    return shard.size()


def expand(search: str, number: int, layer: int, wanted: int) -> Expanded:
    """Expand a layer of a part; see :meth:`Shard.expand`."""
    shard = _shard(search, number)
    with shard.lock:
        return shard.expand(layer, wanted)


def absorb(search: str, number: int, states: States) -> Size:
    """Add states that other parts found."""
    shard = _shard(search, number)
    with shard.lock:
        shard.add(states)
        return shard.size()


def before(search: str, number: int, layer: int, target: int) -> tuple[int, int] | None:
    """A step to a state, from a layer of a part; see :meth:`Shard.before`."""
    shard = _shard(search, number)
    with shard.lock:
        return shard.before(layer, target)


def close(search: str, number: int) -> None:
    """Forget a part."""
    _shards.pop((search, number), None)


def process() -> int:
    """The number of the process that this runs in."""
    return os.getpid()
