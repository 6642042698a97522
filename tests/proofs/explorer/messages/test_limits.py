"""Limits of a search of states with threads, what it says when it ends, and the ways that it tells; not compiled."""

from collections.abc import Callable

import numpy as np
import pytest

from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES
from model.messages.scope import MessageScope
from model.messages.tables import board_of, first_row, view
from model.messages.trace import MessageTrace
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.explorer.case import UnconfirmedError
from proofs.explorer.messages import explore
from proofs.explorer.messages.explore import explore_messages
from proofs.explorer.messages.packing import pack
from proofs.explorer.messages.properties import MESSAGE_IDS, message_properties_named
from proofs.explorer.messages.symmetry import rename
from proofs.explorer.result import Progress, SearchEnd
from tests.proofs.explorer.messages.cases import edited, search_of

kernel = pytest.importorskip("proofs.explorer.messages.kernel")
pytestmark = pytest.mark.usefixtures("plain_kernel")

LONE = MessageScope(1, 1, 1, threads=1, ids=1)
READINGS = CANONICAL_MESSAGES.readings
ALL = (1 << len(MESSAGE_IDS)) - 1


def test_a_search_is_given_up() -> None:
    told: list[Progress] = []
    found = explore_messages(LONE, max_states=4, on_progress=told.append)
    assert (found.verdict, found.complete, found.reason) == (SearchEnd.TRUNCATED, False, "more than 4 states")
    assert (found.states, found.layers, found.stands_for, found.stands_for_transitions) == (5, (1, 4), None, None)
    assert [(each.states, each.depth, each.expanded) for each in told] == [(5, 0, 1)]
    assert explore_messages(LONE, max_states=12).complete
    with pytest.raises(ArgumentError, match="at least one state is visited, not 0"):
        explore_messages(LONE, max_states=0)


def test_the_set_of_states_grows_as_memory_allows() -> None:
    search = search_of(LONE)
    stop: Callable[[], bool] = lambda: False  # noqa: E731
    for _ in range(2):
        search.layer(None, stop, lambda done: None)
    keys, origin, call, room = (
        search.store.keys[:9].copy(),
        search.store.origin[:9].copy(),
        search.store.call,
        search.room,
    )
    assert search.states == 9
    assert search.grow()
    assert search.room == len(search.store.keys) == len(search.store.call) == 2 * room
    assert search.store.keys[:9].tolist() == keys.tolist()
    assert search.store.origin[:9].tolist() == origin.tolist()
    assert search.store.call[:9].tolist() == call[:9].tolist()
    assert sorted(search.store.table[search.store.table != kernel.EMPTY].tolist()) == list(range(9))
    for _ in range(2):
        search.layer(None, stop, lambda done: None)
    assert search.starts == [0, 1, 5, 9, 12, 12]
    search.memory = 1
    assert not search.grow()
    assert search.reason == "the set of states would take more than 1 bytes"
    assert search.room == 2 * room


def test_a_search_that_is_stopped_says_so() -> None:
    search = search_of(LONE)
    search.layer(None, lambda: True, lambda done: None)
    assert (search.reason, search.starts) == ("interrupted", [0, 1, 5])


BEGUN = MessageScope(1, 1, 1, threads=4, ids=4, common=1)
FEW = tuple(
    call
    for t in (1, 2, 3)
    for call in (
        Operation(Kind.CREATE, 0, t, into=0, paged_by=0),
        Operation(Kind.END, t, t),
        Operation(Kind.WAIT, t, willing=1),
    )
)
"""τ0 begins the others, and they end or wait for it."""


def test_ways_lead_where_they_say() -> None:
    """Threads that are alike change their names on the way."""
    search = explore._Search(BEGUN, CANONICAL_MESSAGES, CANONICAL, 0, ALL, 1 << 30, tuple(sorted(FEW)), symmetry=True)
    while search.starts[-1] > search.starts[-2]:
        search.layer(None, lambda: False, lambda done: None)
    assert len(search.names.slot) == 6
    assert search.control[kernel.STANDS_FOR] == 4**3  # each has not begun, runs, waits, or has ended
    assert search.states == 20  # so many of them by how many threads do so
    board, key = search.board, np.zeros(search.packing.words, np.uint64)
    for place in range(search.states):
        row = first_row(search.scope)
        operations = search.way(place, -1)
        depth = next(n for n, start in enumerate(search.starts[1:]) if place < start)
        assert len(operations) == depth
        for operation in operations:
            assert literal.act(view(row, board), board, operation, READINGS, CANONICAL.readings) == DONE
        keys = []
        for g in range(len(search.names.slot)):
            rename(view(row, board), search.scratch.renamed, board, search.names, g)
            assert pack(search.scratch.rows[2], search.packing, key)
            keys.append(key.tolist())
        assert min(keys) == search.store.keys[place].tolist()
        *before, last = search.way(place, place % len(FEW))
        assert tuple(before) == operations
        assert last.kind == search.calls[place % len(FEW)].kind


def test_no_renaming_leads_to_another_state() -> None:
    search = search_of(LONE)
    search.layer(None, lambda: False, lambda done: None)
    with pytest.raises(UnconfirmedError, match="no renaming leads to a representative in 1 space"):
        search._renaming(0, int(search.store.call[1]), 2)


def test_room_is_made_in_time() -> None:
    """A search goes on while one state more, with all its calls, finds room."""
    search = search_of(LONE)
    assert (search.room, len(search.store.table), len(search.store.origin)) == (1_352, 4_096, 1_352)
    assert [len(search._empty(room).table) for room in (1, 1_024, 1_025)] == [2, 2_048, 4_096]
    search.memory, search.room = 1, 24
    search.layer(None, lambda: False, lambda done: None)
    assert (search.reason, search.states) == ("", 5)
    search.room = 27
    search.layer(None, lambda: False, lambda done: None)
    assert search.reason
    search = search_of(LONE)
    search.memory = 97_663
    assert not search.grow()
    search.memory += 1
    assert search.grow()
    search.memory, search.room = 1 << 60, 1 << 30
    assert not search.grow()  # places have 32 bits


def test_what_fits_no_key_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    search = search_of(LONE)
    bits = search.packing.bits.copy()
    bits[3] = 1  # a thread that has ended is 2
    search.packing = search.packing._replace(bits=bits)
    with pytest.raises(AssertionError, match=r"a state of 1 space .* does not fit its key, at depth 1"):
        search.layer(None, lambda: False, lambda done: None)
    monkeypatch.setattr(explore, "first_row", lambda scope: edited(first_row(scope), "life.0=4", board_of(scope)))
    with pytest.raises(AssertionError, match="the first state does not fit its key"):
        search_of(LONE)


def test_an_interrupt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        interrupted = True

        def __init__(self, workers: int) -> None:
            assert workers == 1

        def run(self, work: Callable[[int], None], stop: Callable[[], None], last: Callable[[], None]) -> None:
            stop()
            work(0)

    monkeypatch.setattr(explore, "Team", Interrupted)
    found = explore_messages(LONE)
    assert (found.verdict, found.complete, found.reason) == (SearchEnd.INTERRUPTED, False, "interrupted")
    assert found.layers == (1, 4)


def test_a_trace_that_the_model_refuses_confirms_nothing() -> None:
    (p,) = message_properties_named(["opens-what-was-asked"])
    (state,) = message_properties_named(["no-cycle"])
    waits, ends = Operation(Kind.WAIT, 0, willing=1), Operation(Kind.END, 0, 0)
    fault = ("message-wait-opens-space",)

    def trace(*operations: Operation) -> MessageTrace:
        return MessageTrace("canonical", "canonical", LONE, operations, "")

    assert explore._holds_after(p, trace(waits), ())
    assert not explore._holds_after(p, trace(waits), fault)
    assert not explore._holds_after(p, trace(), fault)  # of no step at all
    assert explore._holds_after(state, trace(), fault)
    assert explore._holds_after(state, trace(waits), ())
    for refused in ((waits, ends), (waits, ends, Operation(Kind.TIMEOUT, other=0))):
        with pytest.raises(UnconfirmedError, match="the literal model refuses τ0 ends τ0 in"):
            explore._holds_after(p, trace(*refused), ())
