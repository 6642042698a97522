"""The search of states with threads, not compiled: its set of keys, its successors, counts of tiny scopes, limits."""

from typing import Any

import numpy as np
import pytest

from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, message_dialect_named
from model.messages.scope import MessageScope
from model.messages.steps import Steps
from model.messages.tables import Table, board_of, first_row, view
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.explorer.case import UnconfirmedError
from proofs.explorer.messages import explore
from proofs.explorer.messages.calls import explored_calls
from proofs.explorer.messages.explore import explore_messages
from proofs.explorer.messages.packing import pack
from proofs.explorer.messages.properties import MESSAGE_IDS, message_properties_named
from proofs.explorer.messages.wrong import bits_of, perform
from proofs.explorer.result import SearchEnd
from tests.proofs.explorer.messages.cases import BOARD, edited, made, search_of

kernel = pytest.importorskip("proofs.explorer.messages.kernel")
pytestmark = pytest.mark.usefixtures("plain_kernel")

LONE = MessageScope(1, 1, 1, threads=1, ids=1)
TALKING = MessageScope(2, 1, 1, booted=2, common=1)
READINGS = CANONICAL_MESSAGES.readings
ALL = (1 << len(MESSAGE_IDS)) - 1


OWN = [3, 2, 0, 2, 6, 3, 2, 3]
"""Where these keys belong, by the same formula in whole numbers: so few places make some of them meet."""


def test_places_in_the_table_of_keys() -> None:
    """A key is where it was put, or goes to the first free place after its own, round the end."""
    keys = np.array([[n, n // 2] for n in range(8)], np.uint64)
    store = kernel.Store(keys, np.full(8, kernel.EMPTY, np.int32), np.zeros(8, np.int32), np.zeros(8, np.int32))
    own = [int(kernel.place_of(key, store)) for key in keys]
    assert own == OWN
    for count in range(7):
        at = int(kernel.place_of(keys[count], store))
        expected = own[count]
        while store.table[expected] != kernel.EMPTY:
            expected = (expected + 1) % 8
        assert at == expected
        store.table[at] = count
        assert [int(store.table[kernel.place_of(key, store)]) for key in keys[: count + 1]] == [*range(count + 1)]
    again = store._replace(table=np.full(8, kernel.EMPTY, np.int32))
    kernel.insert(again, 7)
    assert again.table.tolist() == store.table.tolist()
    other = np.array([6, 2], np.uint64)  # as the seventh key, but for the last word
    assert store.table[kernel.place_of(other, store)] == kernel.EMPTY


VAIN = [
    ("", Operation(Kind.TIMEOUT, other=0), 0, False),
    ("awaits.0=1", Operation(Kind.INTERRUPT, 0, 1), 0, False),
    ("", Operation(Kind.WAIT, 0), 0, False),
    ("awaits.0=1", Operation(Kind.WAIT, 0), 0, True),
    ("life.0=2", Operation(Kind.END, 0, 0), 1, True),
    ("", Operation(Kind.SEND, 0, 1, 0), 0, True),
    ("awaits.1=2", Operation(Kind.SEND_MAP, 0, 1, 0), 0, True),
    ("awaits.1=1", Operation(Kind.SEND_GRANT, 0, 1, 0), 0, False),
    ("awaits.1=6", Operation(Kind.SEND, 0, 1, 0), 1, False),
    ("", Operation(Kind.PAGE_FAULT, 0, 1, dst=0), 0, False),
]
IGNORED, DROPPED = (message_dialect_named(f"canonical with {of}").readings for of in ("window=ignored", "item=dropped"))
REFUSED = [
    ("", Operation(Kind.WAIT, 0, willing=1, opens=3), READINGS, False),
    ("", Operation(Kind.WAIT, 0, willing=1, opens=5), READINGS, True),
    ("", Operation(Kind.SEND, 0, 1, 0, willing=2, opens=8), READINGS, True),
    ("", Operation(Kind.SEND, 0, 1, 0), READINGS, False),
    ("window.1=4", Operation(Kind.SEND_MAP, 0, 1, 0, 0, 2), READINGS, False),
    ("window.1=8", Operation(Kind.SEND_MAP, 0, 1, 0, 0, 2), READINGS, True),
    ("window.1=8", Operation(Kind.SEND_GRANT, 0, 1, 0, 0, 2), READINGS, True),
    ("window.1=4", Operation(Kind.SEND_GRANT, 0, 1, 0, 3, 2), READINGS, True),
    ("window.1=8", Operation(Kind.SEND_GRANT, 0, 1, 0, 0, 2), IGNORED, False),
    ("window.1=8", Operation(Kind.SEND_MAP, 0, 1, 0, 0, 2), DROPPED, False),
    ("", Operation(Kind.FLUSH, 0, src=3), READINGS, False),
]


@pytest.mark.parametrize(("edits", "operation", "faults", "expected"), VAIN)
def test_calls_that_are_vain(edits: str, operation: Operation, faults: int, expected: bool) -> None:
    assert kernel.is_vain(view(made(edits), BOARD), BOARD, operation, faults) == expected


@pytest.mark.parametrize(("edits", "operation", "messages", "expected"), REFUSED)
def test_calls_that_a_look_refuses(edits: str, operation: Operation, messages: Any, expected: bool) -> None:
    own = np.array([0b0011, 0b1100], np.int64)
    assert kernel.is_refused(view(made(edits), BOARD), BOARD, operation, own, messages) == expected


STATES = [
    "",
    "awaits.0=2",
    "awaits.1=1 window.1=2",
    "awaits.1=3",
    "awaits.0=2 awaits.1=1 calls.0=1",
    "life.0=2",
    "life.1=2 pager.1=-1",
    "space.1=0 awaits.1=1",
    "sigma.1=0 phys.1=0 rights.1=7",
    "sigma.1=0 phys.1=0 rights.1=5 contains.0=1 known.1=0",
    "sender.0=1 message.0=0 awaits.1=1 window.1=2 known.0=0",
]


def expanded(search: Any, row: Table) -> tuple[list[tuple[int, list[int], int]], Any]:
    """What the kernel does from one state: the calls that led to new ones, their keys and where each came from."""
    store, control = search.store, search.control
    assert pack(row, search.packing, store.keys[1])
    store.table[kernel.place_of(store.keys[1], store)] = 1
    control[:] = 0
    control[kernel.TAIL] = 2
    kernel.expand(
        *(store, 1, 2, search.room, search.board, search.own, search.numbers, search.groups, search.packing),
        *(search.names, search.messages.readings, CANONICAL.readings, search.faults, search.wanted, search.seen),
        *(control, search.scratch),
    )
    found = range(2, int(control[kernel.TAIL]))
    return [(int(store.call[k]), store.keys[k].tolist(), int(store.origin[k])) for k in found], control


@pytest.mark.parametrize(
    ("dialect", "faults", "states"),
    [
        ("canonical", [], STATES[:4]),
        ("canonical", [], STATES[4:8]),
        ("canonical", [], STATES[8:]),
        ("canonical", ["message-to-whoever-waits"], STATES[1:4]),
        ("v2", [], STATES[2:3]),
        ("canonical with window=ignored", [], STATES[2:4]),
    ],
)
def test_successors_are_those_of_the_literal_model(dialect: str, faults: list[str], states: list[str]) -> None:
    """From some states by hand, of which some cannot be reached: each call is possible, or leads nowhere."""
    messages, bits = message_dialect_named(dialect), bits_of(faults)
    for edits in states:
        search = search_of(TALKING, messages, bits)
        board, key = search.board, np.zeros(search.packing.words, np.uint64)
        row = edited(first_row(TALKING), edits, board)
        found, control = expanded(search, row)
        known = {tuple(search.store.keys[k].tolist()) for k in range(2)}
        expected, possible = [], 0
        for number, call in enumerate(search.calls):
            after = row.copy()
            if faults:
                old = view(row.copy(), board)
                status = perform(old, view(after, board), board, call, messages.readings, CANONICAL.readings, bits)
            else:
                status = literal.act(view(after, board), board, call, messages.readings, CANONICAL.readings)
            if status == DONE:
                possible += 1
                after[-4:] = 0
                assert pack(after, search.packing, key)
                if tuple(key.tolist()) not in known:
                    known.add(tuple(key.tolist()))
                    expected.append((number, key.tolist(), 1))
        assert found == expected, edits
        assert control.tolist() == [2 + len(expected), 2, possible, 0, 1, possible]


# States, transitions and layers, without symmetry.
COUNTED: dict[MessageScope, tuple[int, int, tuple[int, ...]]] = {
    LONE: (12, 27, (1, 4, 4, 3)),
    MessageScope(1, 1, 1, threads=1, ids=1, common=1): (8, 18, (1, 4, 3)),
    MessageScope(1, 2, 1, threads=1, ids=1): (15, 36, (1, 5, 5, 4)),
}


@pytest.mark.parametrize("scope", COUNTED, ids=str)
def test_a_tiny_scope_is_counted(scope: MessageScope) -> None:
    found = explore_messages(scope)
    assert (found.states, found.transitions, found.layers) == COUNTED[scope]
    assert (found.verdict, found.complete, found.reason, found.violations) == (SearchEnd.EXHAUSTED, True, "", ())
    assert (found.symmetry, found.words, found.engine) == ("none", 1, "set of keys of 1 words")
    assert (found.stands_for, found.stands_for_transitions) == COUNTED[scope][:2]
    assert (found.scope, found.dialect, found.messages, found.faults) == (scope, "canonical", "canonical", ())
    assert found.properties == MESSAGE_IDS
    calls = explored_calls(scope, CANONICAL_MESSAGES)
    plain = Steps(scope, operations=calls, history=False)
    assert len(plain.reachable()) == found.states
    room = 16 * len(calls) + 1_000
    assert found.bytes_per_state == 16 + 4 * (1 << (2 * room - 1).bit_length()) / found.states


SYMMETRIC = {
    MessageScope(1, 3, 1, threads=1, ids=1, common=1): 2,
    MessageScope(1, 2, 2, threads=1, ids=1, common=1): 2,
}


@pytest.mark.parametrize("scope", SYMMETRIC, ids=str)
def test_representatives_stand_for_all_states(scope: MessageScope) -> None:
    few, all_of_them = (explore_messages(scope, symmetry=each) for each in (True, False))
    order = SYMMETRIC[scope]
    assert few.symmetry == f"of names, {order} renamings"
    assert (few.stands_for, few.stands_for_transitions) == (all_of_them.states, all_of_them.transitions)
    assert few.states < all_of_them.states


@pytest.mark.parametrize(
    ("fault", "of", "length"),
    [
        ("message-end-leaves-wait", "nothing-of-the-dead", 0),
        ("message-wait-opens-space", "opens-what-was-asked", 1),
        ("message-timeout-leaves-call", "calls-one", 0),
    ],
)
def test_a_fault_is_found_or_not(fault: str, of: str, length: int) -> None:
    """One thread that cannot end while it waits, nor call itself, opens a page that it did not ask for."""
    found = explore_messages(LONE, faults=[fault])
    traces = {violation.property: violation.trace for violation in found.violations}
    assert found.faults == (fault,)
    assert (found.verdict is SearchEnd.VIOLATED) == (of in traces) == bool(length)
    if length:
        assert len(traces[of].operations) == length
        assert traces[of].shows == f"{of} (B.consent) does not hold, with the fault {fault}"


def test_only_what_is_wanted_is_looked_for() -> None:
    fault = ["message-wait-opens-space"]
    found = explore_messages(LONE, faults=fault, properties=["no-cycle", "ends-only-own"])
    assert (found.verdict, found.properties, found.violations) == (
        SearchEnd.EXHAUSTED,
        ("no-cycle", "ends-only-own"),
        (),
    )
    found = explore_messages(LONE, faults=fault, properties=["opens-what-was-asked"])
    ((violation, *others),) = (found.violations,)
    assert (violation.property, violation.clause, others) == ("opens-what-was-asked", "B.consent", [])
    assert [o.kind for o in violation.trace.operations] == [Kind.WAIT]


def test_what_the_first_state_breaks_is_shown_without_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(scope: MessageScope) -> Table:
        return edited(first_row(scope), "window.0=1 life.0=2", board_of(scope))

    monkeypatch.setattr(explore, "first_row", spoilt)
    search = search_of(LONE)
    search.layer(None, lambda: False, lambda done: None)
    assert search.seen[MESSAGE_IDS.index("windows-are-own")].tolist() == [0, kernel.EMPTY]
    assert search.seen[MESSAGE_IDS.index("no-cycle"), 0] == kernel.NOWHERE
    assert search.way(0, kernel.EMPTY) == ()
    wanted = message_properties_named(["windows-are-own"])
    with pytest.raises(UnconfirmedError, match="windows-are-own holds after"):  # in the scope's own first state
        explore._violations(search, wanted, ())
