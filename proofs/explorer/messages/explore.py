"""Explore a scope with threads: every state once, what is checked in each and of each step, and shortest traces."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.counting import counted
from model.messages.operation import Operation
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.messages.scope import MessageScope, set_of
from model.messages.tables import Table, board_of, first_row, view
from model.messages.trace import MessageTrace
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL, Dialect
from model.spaces.literal import DONE
from proofs.explorer.case import UnconfirmedError
from proofs.explorer.messages.calls import explored_calls, group_of
from proofs.explorer.messages.packing import pack, packing_of, unpack
from proofs.explorer.messages.properties import (
    MESSAGE_IDS,
    MESSAGE_PROPERTIES,
    MessageProperty,
    message_properties_named,
)
from proofs.explorer.messages.result import MessageExploration
from proofs.explorer.messages.symmetry import Renamings, rename, renamed_calls, renamings_of, scratch_of
from proofs.explorer.messages.wrong import bits_of, perform, rows_with
from proofs.explorer.result import OnProgress, Progress, SearchEnd, Violation
from proofs.explorer.searches.resources import Team, memory_to_use

CHUNK = 512  # states expanded between two looks at limits


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
    symmetry: bool
    starts: list[int] = field(default_factory=lambda: [0, 1])
    reason: str = ""

    def __post_init__(self) -> None:
        from proofs.explorer.messages import kernel

        self.kernel: Any = kernel
        self.board, self.packing = board_of(self.scope), packing_of(self.scope)
        self.numbers = np.array(self.calls, np.int64).reshape(len(self.calls), len(Operation._fields))
        keys = [group_of(call) for call in self.calls]
        starts = [n for n, key in enumerate(keys) if n == 0 or key != keys[n - 1]]
        self.groups = np.array([*starts, len(keys)], np.int64)
        everything = renamings_of(self.scope, self.messages.readings, self.numbers)
        self.names = everything if self.symmetry else Renamings(*(table[:1] for table in everything))
        self.own = np.array(
            [set_of(*np.flatnonzero(self.board.owner == p)) for p in range(self.scope.spaces)], np.int64
        )
        self.scratch = scratch_of(self.board, self.packing)
        self.room = 16 * len(self.calls) + 1_000
        self.store = self._empty(self.room)
        if not pack(first_row(self.scope), self.packing, self.store.keys[0]):
            raise AssertionError("the first state does not fit its key")
        kernel.insert(self.store, 1)
        self.seen = np.full((len(MESSAGE_PROPERTIES), 2), kernel.NOWHERE, np.int64)
        self.control = np.zeros(6, np.int64)
        self.control[kernel.TAIL] = 1

    def _empty(self, room: int) -> Any:
        size = 1 << (2 * room - 1).bit_length()
        keys = np.zeros((room, self.packing.words), np.uint64)
        table = np.full(size, self.kernel.EMPTY, np.int32)
        return self.kernel.Store(keys, table, np.zeros(room, np.int32), np.zeros(room, np.int32))

    @property
    def states(self) -> int:
        """Return the number of states found."""
        return int(self.control[self.kernel.TAIL])

    @property
    def bytes_used(self) -> int:
        """Return the bytes that the states found take."""
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
                self.reason = f"more than {counted(max_states, 'state')}"
                break
            if self.states > self.room - len(self.calls) - 1 and not self.grow():
                break
            self.kernel.expand(
                self.store, position, min(last, position + CHUNK), self.room - len(self.calls) - 1, self.board,
                self.own, self.numbers, self.groups, self.packing, self.names, self.messages.readings,
                self.dialect.readings, self.faults, self.wanted, self.seen, self.control, self.scratch,
            )  # fmt: skip
            if self.control[self.kernel.LOST]:
                raise AssertionError(f"a state of {self.scope} does not fit its key, at depth {len(self.starts) - 1}")
            position = int(self.control[self.kernel.NEXT])
            tell((position - first) / (last - first))
            if stop():
                self.reason = "interrupted"
        self.starts.append(self.states)

    def way(self, place: int, call: int) -> tuple[Operation, ...]:
        """The operations that lead to a state for which the one at a place stands, and one more if there is one.

        What leads to representatives is told under the names that the states have which follow from the first.
        """
        places = [place]
        while places[-1] > 0:
            places.append(int(self.store.origin[places[-1]]))
        names, operations = Renamings(*(table[:1] for table in self.names)), []
        for child in reversed(places[:-1]):
            number = int(self.store.call[child])
            operations.append(self._called(number, names))
            g = self._renaming(int(self.store.origin[child]), number, child)
            names = Renamings(*(_after(old, to[g]) for old, to in zip(names, self.names, strict=True)))
        return tuple(operations if call < 0 else [*operations, self._called(call, names)])

    def _called(self, number: int, names: Renamings) -> Operation:
        return Operation(*renamed_calls(self.numbers[number : number + 1], names, 0)[0].tolist())

    def _renaming(self, place: int, number: int, child: int) -> int:
        """Which renaming leads from the state after a call to its representative."""
        w = self.scratch
        for row in w.rows[:2]:
            unpack(self.store.keys[place], self.packing, row)
        readings = self.messages.readings, self.dialect.readings
        perform(w.before, w.after, self.board, self.calls[number], *readings, self.faults)
        for g in range(len(self.names.slot)):
            rename(w.after, w.renamed, self.board, self.names, g)
            if pack(w.rows[2], self.packing, w.key) and np.array_equal(w.key, self.store.keys[child]):
                return g
        raise UnconfirmedError(f"no renaming leads to a representative in {self.scope}")


def _after(names: Table, renaming: Table) -> Table:
    """The names of what a renaming puts in new places."""
    renamed = names.copy()
    renamed[0, renaming] = names[0]
    return renamed


def explore_messages(
    scope: MessageScope,
    dialect: Dialect = CANONICAL,
    messages: MessageDialect = CANONICAL_MESSAGES,
    *,
    properties: Collection[str] | None = None,
    faults: Collection[str] = (),
    symmetry: bool = True,
    max_states: int | None = None,
    memory: int | None = None,
    on_progress: OnProgress | None = None,
) -> MessageExploration:
    """Visit every state of a scope with threads that the calls of :func:`explored_calls` reach.

    :param properties: ids out of :data:`proofs.explorer.messages.properties.MESSAGE_PROPERTIES`; all unless given.
    :param faults: names out of :data:`proofs.explorer.messages.wrong.WRONG_KERNELS`.
    :param symmetry: visit one state of those that differ by names only (:mod:`proofs.explorer.messages.symmetry`).
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
    search = _Search(scope, messages, dialect, bits_of(faults), bits, memory_to_use(memory), calls, symmetry)
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
    renamings = len(search.names.slot)
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
        symmetry=f"of names, {renamings} renamings" if renamings > 1 else "none",
        stands_for=int(search.control[search.kernel.STANDS_FOR]) if complete else None,
        stands_for_transitions=int(search.control[search.kernel.ALL_TRANSITIONS]) if complete else None,
        words=search.packing.words,
        bytes_per_state=search.bytes_used / search.states,
        seconds=time.perf_counter() - started,
    )


def _violations(
    search: _Search, wanted: Sequence[MessageProperty], faults: tuple[str, ...]
) -> tuple[Violation[MessageTrace], ...]:
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
        found.append(Violation(p.id, p.clause, p.sentence, trace))
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
