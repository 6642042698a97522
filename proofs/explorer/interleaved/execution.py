"""One schedule of the calls of several cores: at each step somebody is chosen, and what all see is looked at after it.

An agent is a core, or the store buffer of one: agent n of c cores is core n, agent c + n drains the buffer of core n.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import GeneratorType
from typing import Any

from refinement.cores.locking import Call, Locking
from refinement.cores.machine import SharedKernel
from refinement.cores.stepping import (
    CALL,
    DRAIN,
    FENCE,
    INVALIDATE,
    LOCK,
    READ,
    RETURN,
    TRY,
    UNLOCK,
    WRITE,
    Access,
    Steps,
)
from refinement.kernel.mapping_tree import NONE

MOST_STEPS = 4_000
"""Steps of the longest schedule: one that is longer goes round."""
TELLING = (WRITE, DRAIN, INVALIDATE)


def seen_wrong(kernel: SharedKernel) -> str:
    """What is wrong with what cores can see: more than the database allows, or two frames at once; empty if nothing."""
    return next(filter(None, (wrong_in(kernel, slot) for slot in range(kernel.scope.slots))), "")


def wrong_in(kernel: SharedKernel, slot: int) -> str:
    """What is wrong with what cores can see in a slot; it looks at no more than :meth:`Execution.marks` says."""
    tree, shared = kernel.tree, kernel.shared
    seen = {entry: core for core, buffer in enumerate(shared.remembered) for entry in buffer[slot]}
    frames = sorted({entry.frame for entry in seen})
    if len(frames) > 1:
        return f"cores see frames {frames[0]} and {frames[1]} in {kernel.scope.name(slot)} at once"
    node = tree.node_of[slot]
    for entry, core in seen.items():
        allowed = node != NONE and tree.frame[node] == entry.frame and entry.rights & ~tree.rights[node] == 0
        if not allowed:
            return f"core {core} reaches frame {entry.frame} in {kernel.scope.name(slot)}, not allowed by the database"
    return ""


@dataclass(frozen=True, slots=True)
class Program:
    """The calls of each core, and the kernel that they begin with.

    :param make: a kernel as it is at first.
    :param locking: how operations are locked.
    :param calls: for each core its calls, in turn.
    :param timed: when calls begin and return are steps of their own, whose order matters. Else each core calls at once
        what it has to call, and a call that returns before another of another core begins is no order to keep. Of two
        calls it changes nothing, since one that comes whole before the other is an order of the two.
    :param look: what is wrong with what cores see, after a step; empty if nothing is.
    """

    make: Callable[[], SharedKernel]
    locking: Locking
    calls: tuple[tuple[Call, ...], ...]
    timed: bool = False
    look: Callable[[SharedKernel], str] = seen_wrong


@dataclass
class Execution:
    """A schedule under way."""

    program: Program
    kernel: SharedKernel = field(init=False)
    pending: list[Access | None] = field(init=False)
    status: dict[tuple[int, int], Any] = field(default_factory=dict)
    spans: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    owner: dict[tuple[Any, ...], int] = field(default_factory=dict)
    failure: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        """Every core is before its first step."""
        self.kernel = self.program.make()
        self.cores = len(self.program.calls)
        self._threads = [self._thread(core, calls) for core, calls in enumerate(self.program.calls)]
        self.pending = [None] * (2 * self.cores if self.kernel.shared.buffered else self.cores)
        for core in range(self.cores):
            self._advance(core)

    def _thread(self, core: int, calls: Sequence[Call]) -> Steps:
        for number, call in enumerate(calls):
            if self.program.timed:
                yield Access(CALL, (call.kind, core, number))
            self.spans[core, number] = [self.number, -1]
            self.status[core, number] = yield from self.program.locking.operation(self.kernel, call)
            if self.program.timed:
                yield Access(RETURN, (call.kind, core, number))
            self.spans[core, number][1] = self.number

    def _advance(self, core: int, answer: bool | None = None) -> None:
        self.kernel.shared.running = core
        try:
            self.pending[core] = self._threads[core].send(answer)
        except StopIteration:
            self.pending[core] = None
        except Exception as error:
            self.pending[core], self.failure = None, f"core {core} breaks down: {type(error).__name__}: {error}"

    def enabled(self) -> list[int]:
        """The agents that can make a step."""
        found = []
        for agent, access in enumerate(self.pending):
            if access is None:
                continue
            if access.kind == LOCK and access.place in self.owner:
                continue
            if access.kind in (FENCE, LOCK, TRY) and self._waits(agent):
                continue
            found.append(agent)
        return found

    def _waits(self, core: int) -> bool:
        """Whether writes of the core wait in its store buffer: a fence, or a locked instruction, is not done before."""
        return bool(self.kernel.shared.waiting[core])

    def step(self, agent: int) -> None:
        """Let an agent make its step, and look at what all see then."""
        access = self.pending[agent]
        assert access is not None
        self.number += 1
        if agent >= self.cores:
            core = agent - self.cores
            landing = self.kernel.shared.waiting[core][0][0]
            self.kernel.shared.drain(core)
            if landing is _LOCKS:
                self.owner.pop(access.place, None)
        else:
            answer = access.kind == TRY and access.place not in self.owner
            if access.kind == LOCK or answer:
                self.owner[access.place] = agent
            elif access.kind == UNLOCK:
                if not self._has(agent, access.place):
                    lock = " ".join(map(str, access.place))
                    self.failure = f"core {agent} gives back the lock {lock}, which it does not have"
                elif self.kernel.shared.buffered:
                    self.kernel.shared.waiting[agent].append((_LOCKS, access.place, None))  # type: ignore[arg-type]
                else:
                    del self.owner[access.place]
            self._advance(agent, answer)
        if self.kernel.shared.buffered:
            self._drains()
        if access.kind in TELLING and not self.failure:
            self.failure = self.program.look(self.kernel)

    def _has(self, core: int, lock: tuple[Any, ...]) -> bool:
        """Whether the core has the lock, and has not written that it is given back."""
        given_back: list[Any] = [place for of, place, _ in self.kernel.shared.waiting[core] if of is _LOCKS]
        return self.owner.get(lock) == core and lock not in given_back

    def _drains(self) -> None:
        for core, waiting in enumerate(self.kernel.shared.waiting):
            agent = self.cores + core
            if not waiting:
                self.pending[agent] = None
                continue
            column, index, value = waiting[0]
            place = index if column is _LOCKS else (column.name, index)
            self.pending[agent] = Access(DRAIN, place, value)  # type: ignore[arg-type]

    def marks(self, agent: int) -> frozenset[tuple[str, int]]:
        """The slots of which an agent's next step changes what is looked at, and the nodes by which it does.

        Of two steps that have none in common neither order shows what the other does not: a node's frame and rights are
        looked at where a slot has the node, and a slot's node is marked as it is and as it becomes.
        """
        access = self.pending[agent]
        if access is not None and access.kind == INVALIDATE:
            return frozenset({("slot", access.place[3])})
        lands = access is not None and access.kind == (DRAIN if self.kernel.shared.buffered else WRITE)
        if access is None or not lands or access.place[0] not in ("entry", "node_of", "frame", "rights"):
            return frozenset()
        (name, index), node_of = access.place, self.kernel.tree.node_of
        if name == "entry":
            return frozenset({("slot", index)})
        if name == "node_of":
            return frozenset({("slot", index), ("node", node_of[index]), ("node", access.value)})
        having = {("slot", slot) for slot in range(self.kernel.scope.slots) if node_of[slot] == index}
        return frozenset(having | {("node", index)})

    def signature(self) -> str:
        """All that what comes next depends on: memory, locks, and where each core is, with its local variables.

        What a core has noted of its locks is what it holds; other objects stay the same ones.
        """
        shared = self.kernel.shared
        values = [list(column.values) for column in shared.columns]
        places: list[Any] = []
        for thread in self._threads:
            inner: Any = thread
            while isinstance(inner, GeneratorType) and inner.gi_frame is not None:
                known = {name: each for name, each in inner.gi_frame.f_locals.items() if isinstance(each, int | str)}
                places.append((inner.gi_code.co_name, inner.gi_frame.f_lasti, known))
                inner = inner.gi_yieldfrom
        waiting = [[(column.name, *rest) for column, *rest in each] for each in shared.waiting]
        return f"{values} {shared.remembered} {waiting} {sorted(self.owner.items(), key=str)} {places} {self.status}"

    @property
    def ended(self) -> bool:
        """Nobody has anything left to do."""
        return all(access is None for access in self.pending)

    def before(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """The pairs of calls of which the first had returned when the second began."""
        for one, (_, end) in self.spans.items():
            for two, (start, _) in self.spans.items():
                if one != two and 0 <= end <= start:
                    yield one, two


class _Locks:
    """Stands for the column that locks are in, in a store buffer."""

    name = "lock"
    values: dict[Any, Any] = {}  # noqa: RUF012  a lock that lands is taken from its owner, and holds nothing


_LOCKS: Any = _Locks()


def dependent(one: Access, other: Access, *, same_core: bool, buffered: bool, seen: bool = False) -> bool:
    """Return whether the order of two steps of different agents can matter, or one makes the other possible.

    :param same_core: one is the core, and the other its store buffer.
    :param buffered: writes, and locks that are given back, wait in store buffers: others see them when they drain.
    :param seen: both change what is looked at after each step (:meth:`Execution.marks`): in one order a state in
        between may be wrong, and in the other none, though both end alike.
    """
    if seen:
        return True
    kinds = {one.kind, other.kind}
    if INVALIDATE in kinds:
        return _meet(one, other)
    if same_core:  # what waits drains after it was written, and before a fence or a locked instruction
        return DRAIN in kinds and (bool(kinds & {FENCE, LOCK, TRY}) or one.place == other.place)
    if kinds & {CALL, RETURN}:
        return kinds == {CALL, RETURN}
    if FENCE in kinds or (buffered and kinds & {WRITE, UNLOCK}):
        return False
    return one.place == other.place and kinds != {READ}


def can_race(one: Access, other: Access, *, same_core: bool) -> bool:
    """Return whether two dependent steps can both be possible at one time."""
    if INVALIDATE in (one.kind, other.kind):
        return True
    kinds = {one.kind, other.kind}
    if same_core or (UNLOCK in kinds and TRY not in kinds):
        return False
    return kinds != {LOCK, DRAIN}


def _meet(one: Access, other: Access) -> bool:
    """Whether an invalidation meets another of the same core and slot, or a write of the slot's entry."""
    first, second = (one, other) if one.kind == INVALIDATE else (other, one)
    slot = first.place[3]
    if second.kind == INVALIDATE:
        return first.place == second.place
    return second.kind in (WRITE, DRAIN) and second.place == ("entry", slot)
