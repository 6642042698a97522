"""Each wrong kernel of threads, where it does as the right one and where it does not, in states by hand."""

import numpy as np
import pytest

from model.messages.operation import Kind, Operation
from model.messages.readings import message_dialect_named
from model.messages.tables import Table, view
from model.messages.trace import MessageTrace
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, REFUSED
from proofs.explorer.messages.wrong import WRONG_KERNELS, bits_of, is_message, perform, rows_with
from tests.proofs.explorer.messages.cases import BOARD, SCOPE, edited, made

SENDS = Operation(Kind.SEND, 0, 1, 0)
MAPS = Operation(Kind.SEND_MAP, 0, 1, 0, src=0, dst=2)
GRANTS = MAPS._replace(kind=Kind.SEND_GRANT)
WAITS = Operation(Kind.WAIT, 0, willing=2, opens=1)
FAULTS = Operation(Kind.PAGE_FAULT, 1, 0, dst=3)
ENDS = Operation(Kind.END, 0, 1)
EXPIRES = Operation(Kind.TIMEOUT, other=1)
INTERRUPTS = Operation(Kind.INTERRUPT, 2, 1)
SERVES = Operation(Kind.ASSOCIATE, 0, 2)
FLUSHES = Operation(Kind.FLUSH, 1, src=0)

GOT = "awaits.1=0 sender.1=0 message.1=0 sent.1=1"
HEARD = "awaits.0=0 sender.0=1 message.0=2 sent.4=4"  # the other way round
LEARNT = "awaits.1=0 sender.1=0 message.1=1 sent.1=2"
MAPPED = "sigma.2=0 phys.2=0 rights.2=7"
FREE = "window.0=2 sigma.1=-1 phys.1=-1 rights.1=0"
ENDED = "life.1=2 pager.1=-1"
FAULTED = "awaits.0=0 message.0=2 known.0=5 window.1=8 awaits.1=1 calls.1=0 sent.4=4"

CASES: dict[str, list[tuple[str, Operation, str | None, str | None]]] = {
    "message-lost-wakeup": [
        ("awaits.1=1", SENDS, GOT, f"{GOT} awaits.1=1"),
        ("awaits.1=3", MAPS._replace(dst=0), None, None),
        ("awaits.1=3 window.1=4", MAPS, f"{GOT} {MAPPED} window.1=0", f"{GOT} {MAPPED} window.1=0 awaits.1=3"),
    ],
    "message-to-whoever-waits": [
        ("awaits.1=2", SENDS, None, GOT),
        ("awaits.0=1", SENDS._replace(actor=1, other=0), None, "awaits.0=0 sender.0=1 message.0=0 sent.4=1"),
        ("awaits.1=6 window.1=4", MAPS, None, f"{GOT} {MAPPED} window.1=0"),
        ("", SENDS, None, None),
        ("awaits.1=2 life.0=2", SENDS, None, None),
    ],
    "message-window-of-another": [
        ("awaits.1=1 space.3=1 window.3=4", MAPS, None, f"{GOT} {MAPPED}"),
        ("awaits.1=1 space.3=0 window.3=4", MAPS, None, None),
        ("awaits.1=1 space.3=1 window.3=8", MAPS, None, None),
        ("awaits.1=1 space.3=1 window.3=4", GRANTS, None, f"{GOT} {MAPPED} sigma.0=-1 phys.0=-1 rights.0=0 sigma.2=-2"),
    ],
    "message-page-without-message": [
        ("window.1=4", MAPS, None, MAPPED),
        ("window.1=4 awaits.0=1", MAPS, None, None),
        ("window.1=4 life.1=2", MAPS, None, None),
        ("window.1=4 space.0=1", MAPS, None, None),
        ("window.1=8", MAPS, None, None),
        ("window.1=4", MAPS._replace(rights=5), None, f"{MAPPED} rights.2=5"),
        (f"{MAPPED} {FREE}", MAPS._replace(actor=1, other=0, src=2, dst=1), None, "sigma.1=2 phys.1=0 rights.1=7"),
        ("window.1=4", GRANTS, None, None),
        ("window.1=4 awaits.1=1", MAPS, f"{GOT} {MAPPED} window.1=0", f"{GOT} {MAPPED} window.1=0"),
    ],
    "message-overheard": [
        ("awaits.1=1 space.1=0 known.0=3", SENDS._replace(word=1), LEARNT, f"{LEARNT} known.1=3"),
        ("awaits.0=2 space.0=1 known.1=4", SENDS._replace(actor=1, other=0, word=2), HEARD, f"{HEARD} known.0=5"),
        ("awaits.1=1 known.0=3", SENDS._replace(word=1), f"{LEARNT} known.1=3", f"{LEARNT} known.1=3"),
    ],
    "message-word-unknown": [
        ("awaits.1=1", SENDS._replace(word=1), None, f"{LEARNT} known.1=3"),
        ("awaits.1=1 space.1=0", SENDS._replace(word=1), None, f"{LEARNT} known.0=3"),
        ("awaits.1=2", SENDS._replace(word=1), None, None),
        ("awaits.0=2", SENDS._replace(actor=1, other=0, word=2), None, f"{HEARD} known.0=5"),
        ("awaits.1=1 known.0=3", SENDS._replace(word=1), f"{LEARNT} known.1=3", f"{LEARNT} known.1=3"),
    ],
    "message-registers-kept": [
        (
            *("sender.0=1 message.0=2", WAITS, "sender.0=-1 message.0=-1 awaits.0=2 window.0=1"),
            "awaits.0=2 window.0=1",
        ),
        ("sender.0=1 message.0=2 awaits.1=1", SENDS, f"{GOT} sender.0=-1 message.0=-1", GOT),
        (
            GOT,
            WAITS._replace(actor=1, opens=8),
            "sender.1=-1 message.1=-1 awaits.1=2 window.1=8",
            "awaits.1=2 window.1=8",
        ),
    ],
    "message-wait-opens-space": [
        ("window.2=1", WAITS, "awaits.0=2 window.0=1", "awaits.0=2 window.0=3"),
        ("space.0=1", WAITS._replace(opens=0), "awaits.0=2", "awaits.0=2 window.0=12"),
        ("", WAITS._replace(actor=1, opens=4), "awaits.1=2 window.1=4", "awaits.1=2 window.1=12"),
    ],
    "message-fault-forged": [
        ("awaits.0=2", FAULTS, f"{FAULTED} sender.0=1", f"{FAULTED} sender.0=0"),
    ],
    "message-timeout-leaves-window": [
        ("awaits.1=1 window.1=4 calls.1=0", EXPIRES, "awaits.1=0 window.1=0 calls.1=-1", "awaits.1=0 calls.1=-1"),
    ],
    "message-timeout-leaves-call": [
        ("awaits.1=1 window.1=4 calls.1=0", EXPIRES, "awaits.1=0 window.1=0 calls.1=-1", "awaits.1=0 window.1=0"),
    ],
    "message-interrupt-to-another": [
        ("awaits.0=4 server.2=1", INTERRUPTS._replace(other=0), None, "awaits.0=0 sender.0=2 message.0=0 sent.8=1"),
        ("awaits.1=4 server.2=0", INTERRUPTS, None, "awaits.1=0 sender.1=2 message.1=0 sent.9=1"),
        ("awaits.1=1 server.2=0", INTERRUPTS, None, None),
    ],
    "message-ends-anybody": [
        ("", ENDS, None, ENDED),
        ("", ENDS._replace(actor=1, other=0), None, "life.0=2 pager.0=-1"),
        ("life.0=2", ENDS, None, None),
        ("space.1=0", ENDS, ENDED, ENDED),
    ],
    "message-end-leaves-window": [
        ("space.1=0 window.1=3 awaits.1=1", ENDS, f"{ENDED} window.1=0 awaits.1=0", f"{ENDED} awaits.1=0"),
    ],
    "message-end-leaves-wait": [
        ("space.1=0 window.1=3 awaits.1=1", ENDS, f"{ENDED} window.1=0 awaits.1=0", f"{ENDED} window.1=0"),
    ],
    "message-end-leaves-interrupt": [
        ("space.1=0 server.2=1 server.0=1", ENDS, f"{ENDED} server.2=-1 server.0=-1", ENDED),
    ],
    "message-serves-taken-interrupt": [
        ("server.2=1", SERVES, None, "server.2=0"),
        ("server.2=0", SERVES._replace(actor=1), None, "server.2=1"),
        ("server.2=1", SERVES._replace(other=3), None, None),
    ],
    "message-flush-of-another": [
        (MAPPED, FLUSHES, None, "sigma.2=-1 phys.2=-1 rights.2=0"),
        (f"{MAPPED} awaits.1=1", FLUSHES, None, None),
        (f"{MAPPED} sigma.3=2 phys.3=0 rights.3=7", FLUSHES._replace(actor=0, src=2, rights=1), None, "rights.3=6"),
    ],
}
"""Changes of the first state, the operation, what the right kernel changes, and what the wrong one; none if refused."""


def after(before: Table, operation: Operation, faults: int, messages: str = "canonical") -> Table | None:
    """The state after a step, if it is possible."""
    row, old = before.copy(), before.copy()
    readings = message_dialect_named(messages).readings, CANONICAL.readings
    status = perform(view(old, BOARD), view(row, BOARD), BOARD, operation, *readings, faults)
    assert old.tolist() == before.tolist()
    assert status in (DONE, REFUSED)
    return row if status == DONE else None


def same(found: Table | None, before: Table, expected: str | None) -> bool:
    """Whether a step changed what it should have."""
    if found is None or expected is None:
        return found is None and expected is None
    return np.array_equal(found, edited(before, expected))


def test_there_are_cases_of_every_kernel() -> None:
    assert tuple(CASES) == tuple(WRONG_KERNELS)
    assert all(fault.name == name and fault.sentence for name, fault in WRONG_KERNELS.items())


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_kernel_does_what_it_says(name: str) -> None:
    for edits, operation, right, wrong in CASES[name]:
        before = made(edits)
        assert same(after(before, operation, 0), before, right), (edits, operation)
        assert same(after(before, operation, bits_of([name])), before, wrong), (edits, operation)


ALSO = {
    "message-lost-wakeup": {
        *("message-page-without-message", "message-overheard", "message-word-unknown", "message-registers-kept"),
    },
    "message-page-without-message": {"message-to-whoever-waits"},
    "message-wait-opens-space": {"message-registers-kept"},
    "message-timeout-leaves-window": {"message-timeout-leaves-call"},
    "message-timeout-leaves-call": {"message-timeout-leaves-window"},
    "message-end-leaves-window": {"message-end-leaves-wait"},
    "message-end-leaves-wait": {"message-end-leaves-window"},
}
"""Kernels that are wrong in cases of other ones as well."""


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_kernel_does_all_else_as_the_right_one(name: str) -> None:
    unlike = set()
    for other, cases in CASES.items():
        for edits, operation, right, _ in cases:
            before = made(edits)
            if other != name and not same(after(before, operation, bits_of([name])), before, right):
                unlike.add(other)
    assert unlike == ALSO.get(name, set())


def test_a_window_that_stays_open_is_not_another_one() -> None:
    """A message without a page looks for no window, so that none is left open that was not."""
    before = made("awaits.1=1 space.3=1 window.3=4")
    faults = bits_of(["message-window-of-another"])
    assert same(after(before, SENDS, faults, "canonical with afterwards=open"), before, GOT)


def test_a_string_is_a_message() -> None:
    before = made(f"awaits.1=2 window.1=4 {MAPPED}")
    string = SENDS._replace(kind=Kind.SEND_STRING, dst=2, frame=0)
    changes = f"{GOT} window.1=0 contains.0=1"
    assert after(before, string, 0, "v2") is None
    assert same(after(before, string, bits_of(["message-to-whoever-waits"]), "v2"), before, changes)
    messages = {kind for kind in Kind if is_message(kind)}
    assert messages == {Kind.SEND, Kind.SEND_MAP, Kind.SEND_GRANT, Kind.SEND_STRING}


def test_faults_are_bits_in_their_order() -> None:
    assert [bits_of([name]) for name in WRONG_KERNELS] == [1 << bit for bit in range(18)]
    assert bits_of(["message-overheard", "message-lost-wakeup"]) == 0b10001
    assert bits_of([]) == 0
    for names in (["x"], ["x", "message-overheard"], ["message-overheard", "x"]):
        with pytest.raises(ArgumentError, match="no fault 'x' of threads; there are message-lost-wakeup, message-to-"):
            bits_of(names)


def test_a_trace_is_replayed_with_faults() -> None:
    """τ1 waits for itself; what τ0 sends reaches it with the fault only, and what is refused changes nothing."""
    waits = Operation(Kind.WAIT, 1, willing=2)
    trace = MessageTrace("canonical", "canonical", SCOPE, (SENDS, waits, SENDS), "")
    first, blocked = made(""), made("awaits.1=2")
    steps = list(rows_with(trace, ["message-to-whoever-waits"]))
    assert [(operation, status) for operation, status, _ in steps] == [
        *((None, DONE), (SENDS, REFUSED), (waits, DONE), (SENDS, DONE)),
    ]
    rows = [row.tolist() for _, _, row in steps]
    assert rows == [each.tolist() for each in (first, first, blocked, edited(blocked, GOT))]
    right = list(rows_with(trace, []))
    assert [status for _, status, _ in right] == [DONE, REFUSED, DONE, REFUSED]
    assert right[-1][2].tolist() == blocked.tolist()
    with pytest.raises(ArgumentError):
        list(rows_with(trace, ["x"]))


def test_what_a_refused_step_spoilt_is_put_back_in_a_replay() -> None:
    """The wrong kernel looked at a wait that it made up."""
    trace = MessageTrace("canonical", "canonical", SCOPE, (ENDS._replace(actor=2),), "")
    (_, status, row) = list(rows_with(trace, ["message-ends-anybody"]))[-1]
    assert status == REFUSED
    assert row.tolist() == made("").tolist()
