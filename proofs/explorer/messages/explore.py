"""Explore a scope with threads: every state once, what is checked in each and of each step, and shortest traces."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.messages.scope import MessageScope, set_of
from model.messages.steps import operations_of
from model.messages.tables import board_of, first_row, view
from model.messages.trace import MessageTrace
from model.scope import ALL_RIGHTS, ArgumentError
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE
from proofs.explorer.case import UnconfirmedError
from proofs.explorer.messages.packing import pack, packing_of
from proofs.explorer.messages.properties import (
    MESSAGE_IDS,
    MESSAGE_PROPERTIES,
    MessageProperty,
    message_properties_named,
)
from proofs.explorer.messages.wrong import bits_of, is_message, rows_with
from proofs.explorer.result import OnProgress, Progress, SearchEnd
from proofs.explorer.searches.resources import Team, memory_to_use

CHUNK = 512  # states expanded between two looks at limits
EXPLORED = """\
a thread waits for nobody, for one or for anybody, opens no page or one while it waits, and is paged by τ0; who sends \
waits for nobody then or calls, since it can wait for others in a step of its own"""
"""Which calls are tried, in words."""


def explored_calls(scope: MessageScope, dialect: MessageDialect) -> tuple[Operation, ...]:
    """Every call of the scope, but of the sets and of pagers only those that :data:`EXPLORED` says."""
    everybody = set_of(*range(scope.ids))
    willing = tuple(dict.fromkeys((0, *(set_of(i) for i in range(scope.ids)), everybody)))
    opens = (0, *(set_of(x) for x in range(scope.slots)))
    tried = operations_of(scope, dialect, (ALL_RIGHTS,), willing=willing, opens=opens, keeps=(0,), paged_by=(0,))
    ident = board_of(scope).ident
    calls = (o for o in tried if o.willing or not o.opens)
    chosen = [o for o in calls if not is_message(o.kind) or o.willing in (0, 1 << int(ident[o.other]))]
    return tuple(sorted(chosen, key=_group))


def _group(operation: Operation) -> tuple[bool, int, int]:
    """Calls that are all refused where their program does not act or its partner does not wait for it."""
    if operation.kind in (Kind.TIMEOUT, Kind.INTERRUPT):
        return False, -1, -1
    return True, operation.actor, operation.other if is_message(operation.kind) else -1


@dataclass(frozen=True, slots=True)
class MessageViolation:
    """A property that does not hold, with a shortest trace; the last operation of the trace shows it."""

    property: str
    clause: str
    sentence: str
    trace: MessageTrace


@dataclass(frozen=True, slots=True)
class MessageExploration:
    """What exploring a scope with threads found; as :class:`proofs.explorer.explore.Exploration`.

    ``words`` is how many 64-bit words a state's key has; the messages that ever passed are no part of it.
    """

    scope: MessageScope
    dialect: str
    messages: str
    faults: tuple[str, ...]
    verdict: SearchEnd
    complete: bool
    reason: str
    states: int
    transitions: int
    layers: tuple[int, ...]
    violations: tuple[MessageViolation, ...]
    properties: tuple[str, ...]
    words: int
    bytes_per_state: float
    seconds: float
    rights: str = "all"
    symmetry: str = "none"

    @property
    def engine(self) -> str:
        """What searched."""
        return f"set of keys of {self.words} words"

    @property
    def depth(self) -> int:
        """The distance of the farthest state from the first."""
        return max(0, len(self.layers) - 1)

    @property
    def rate(self) -> float:
        """States a second."""
        return self.states / self.seconds if self.seconds else 0.0


@dataclass
class _Search:
    """A search under way."""

    scope: MessageScope
    messages: MessageDialect
    dialect: Dialect
    faults: int
    wanted: int
    memory: int
    calls: tuple[Operation, ...]
    starts: list[int] = field(default_factory=lambda: [0, 1])
    reason: str = ""

    def __post_init__(self) -> None:
        from proofs.explorer.messages import kernel

        self.kernel: Any = kernel
        self.board, self.packing = board_of(self.scope), packing_of(self.scope)
        self.numbers = np.array(self.calls, np.int64).reshape(len(self.calls), len(Operation._fields))
        keys = [_group(call) for call in self.calls]
        starts = [n for n, key in enumerate(keys) if n == 0 or key != keys[n - 1]]
        self.groups = np.array([*starts, len(keys)], np.int64)
        self.room = 4 * CHUNK * len(self.calls)
        self.store = self._empty(self.room)
        if not pack(first_row(self.scope), self.packing, self.store.keys[0]):
            raise AssertionError("the first state does not fit its key")
        kernel.insert(self.store, 1)
        self.seen = np.full((len(MESSAGE_PROPERTIES), 2), kernel.NOWHERE, np.int64)
        self.control = np.zeros(4, np.int64)
        self.control[kernel.TAIL] = 1

    def _empty(self, room: int) -> Any:
        size = 1 << (2 * room - 1).bit_length()
        keys = np.zeros((room, self.packing.words), np.uint64)
        table = np.full(size, self.kernel.EMPTY, np.int32)
        return self.kernel.Store(keys, table, np.zeros(room, np.int32), np.zeros(room, np.int32))

    @property
    def states(self) -> int:
        """How many were found."""
        return int(self.control[self.kernel.TAIL])

    @property
    def bytes_used(self) -> int:
        """What the states found take."""
        per_state = 8 * self.packing.words + 8
        return self.states * per_state + int(self.store.table.nbytes)

    def grow(self) -> bool:
        """Make room for twice as many states; whether the memory allows it."""
        room = 2 * self.room
        size = room * (8 * self.packing.words + 8) + 4 * (1 << (2 * room - 1).bit_length())
        old = self.store.keys.nbytes + 2 * self.store.origin.nbytes
        if size + old > self.memory or room >= np.iinfo(np.int32).max:
            self.reason = f"the set of states would take more than {self.memory:,} bytes"
            return False
        store = self._empty(room)
        for name in ("keys", "origin", "call"):
            getattr(store, name)[: self.states] = getattr(self.store, name)[: self.states]
        self.kernel.insert(store, self.states)
        self.store, self.room = store, room
        return True

    def layer(self, max_states: int | None, stop: Callable[[], bool], tell: Callable[[float], None]) -> None:
        """Expand one layer."""
        first, last = self.starts[-2], self.starts[-1]
        position = first
        while position < last and not self.reason:
            if max_states is not None and self.states > max_states:
                self.reason = f"more than {max_states:,} states"
                break
            if self.states > self.room - len(self.calls) - 1 and not self.grow():
                break
            self.kernel.expand(
                self.store, position, min(last, position + CHUNK), self.room - len(self.calls) - 1, self.board,
                self.numbers, self.groups, self.packing, self.messages.readings, self.dialect.readings, self.faults,
                self.wanted, self.seen, self.control,
            )  # fmt: skip
            if self.control[self.kernel.LOST]:
                raise AssertionError(f"a state of {self.scope} does not fit its key, at depth {len(self.starts) - 1}")
            position = int(self.control[self.kernel.NEXT])
            tell((position - first) / (last - first))
            if stop():
                self.reason = "interrupted"
        self.starts.append(self.states)

    def way(self, place: int, call: int) -> tuple[Operation, ...]:
        """The operations that lead to a state, and one more if there is one."""
        operations = [] if call < 0 else [self.calls[call]]
        while place > 0:
            operations.insert(0, self.calls[int(self.store.call[place])])
            place = int(self.store.origin[place])
        return tuple(operations)


def explore_messages(
    scope: MessageScope,
    dialect: Dialect = CANONICAL,
    messages: MessageDialect = CANONICAL_MESSAGES,
    *,
    properties: Collection[str] | None = None,
    faults: Collection[str] = (),
    max_states: int | None = None,
    memory: int | None = None,
    on_progress: OnProgress | None = None,
) -> MessageExploration:
    """Visit every state of a scope with threads that the calls of :func:`explored_calls` reach.

    :param properties: ids out of :data:`proofs.explorer.messages.properties.MESSAGE_PROPERTIES`; all unless given.
    :param faults: names out of :data:`proofs.explorer.messages.wrong.WRONG_KERNELS`.
    :param max_states: give up once more states are found.
    :param memory: bytes for the visited states; three quarters of what is available unless given.
    :raises ArgumentError: an argument makes no sense.
    :raises UnconfirmedError: a violation cannot be replayed; a defect of the explorer.
    """
    wanted = message_properties_named(MESSAGE_IDS if properties is None else properties)
    if max_states is not None and max_states < 1:
        raise ArgumentError(f"at least one state is visited, not {max_states}")
    bits = sum(1 << MESSAGE_IDS.index(p.id) for p in wanted)
    started = time.perf_counter()
    calls = explored_calls(scope, messages)
    search = _Search(scope, messages, dialect, bits_of(faults), bits, memory_to_use(memory), calls)
    team = Team(1)

    def tell(done: float) -> None:
        if on_progress is not None:
            seconds = time.perf_counter() - started
            first, last = search.starts[-2:]
            expanded = int(first + done * (last - first))
            depth = len(search.starts) - 2
            on_progress(Progress(search.states, depth, done, search.bytes_used, seconds, expanded))

    def work(number: int) -> None:
        while search.starts[-1] > search.starts[-2] and not search.reason:
            search.layer(max_states, lambda: stopped[0], tell)

    stopped = [False]

    def stop() -> None:
        stopped[0] = True

    team.run(work, stop, lambda: None)
    ends = search.starts[1:] if search.starts[-1] > search.starts[-2] else search.starts[1:-1]
    violations = _violations(search, wanted, tuple(faults))
    complete = not search.reason
    end = SearchEnd.VIOLATED if violations else SearchEnd.EXHAUSTED if complete else SearchEnd.TRUNCATED
    if end is SearchEnd.TRUNCATED and team.interrupted:
        end = SearchEnd.INTERRUPTED
    return MessageExploration(
        scope=scope,
        dialect=dialect.name,
        messages=messages.name,
        faults=tuple(faults),
        verdict=end,
        complete=complete,
        reason=search.reason,
        states=search.states,
        transitions=int(search.control[search.kernel.TRANSITIONS]),
        layers=tuple(np.diff([0, *ends]).tolist()),
        violations=violations,
        properties=tuple(p.id for p in wanted),
        words=search.packing.words,
        bytes_per_state=search.bytes_used / search.states,
        seconds=time.perf_counter() - started,
    )


def _violations(
    search: _Search, wanted: Sequence[MessageProperty], faults: tuple[str, ...]
) -> tuple[MessageViolation, ...]:
    """The properties that are broken, each with a shortest trace that was replayed, uncompiled."""
    found = []
    for p in wanted:
        place, call = search.seen[MESSAGE_IDS.index(p.id)].tolist()
        if place == search.kernel.NOWHERE:
            continue
        operations = search.way(place, call)
        with_faults = f", with the fault {', '.join(faults)}" if faults else ""
        shows = f"{p.id} ({p.clause}) does not hold{with_faults}"
        trace = MessageTrace(search.dialect.name, search.messages.name, search.scope, operations, shows)
        if _holds_after(p, trace, faults):
            raise UnconfirmedError(f"on the literal model {p.id} holds after {trace}")
        found.append(MessageViolation(p.id, p.clause, p.sentence, trace))
    return tuple(found)


def _holds_after(p: MessageProperty, trace: MessageTrace, faults: tuple[str, ...]) -> bool:
    """Replay a trace with the faults, and evaluate a property on its end.

    :raises UnconfirmedError: the model refuses an operation.
    """
    board, steps = board_of(trace.scope), list(rows_with(trace, faults))
    for operation, status, _ in steps:
        if operation is not None and status != DONE:
            raise UnconfirmedError(f"the literal model refuses {operation.text(trace.scope)} in {trace}")
    operation, _, row = steps[-1]
    if not p.of_step:
        return p.holds(view(row, board), board)
    return operation is not None and p.holds(view(steps[-2][2], board), view(row, board), board, operation)
