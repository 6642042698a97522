"""Kernels of threads that are wrong in one way, for the explorer: what each does beside the right kernel, or for it.

Their names are those of the mechanisms in :mod:`proofs.faults.theory.messages`, and the tests compare each with the
theory's own formulas. Of faults that are a reading of the model (``window=ignored``) the model itself is the kernel.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from model.messages import literal
from model.messages.literal_threads import is_acting
from model.messages.operation import Kind, Operation
from model.messages.readings import MessageReadings
from model.messages.tables import RUNS, Board, Table, Threads, board_of, first_row, view
from model.messages.trace import MessageTrace
from model.scope import ArgumentError
from model.spaces import literal as spaces
from model.spaces.dialect import Readings
from model.spaces.literal import DONE, NIL, REFUSED


@dataclass(frozen=True, slots=True)
class WrongKernel:
    """A fault of a kernel's threads, by the name of its mechanism."""

    name: str
    sentence: str


_ALL = (
    WrongKernel("message-lost-wakeup", "the receiver has the message and goes on waiting"),
    WrongKernel("message-to-whoever-waits", "the message goes to a thread that waits for anybody else"),
    WrongKernel("message-window-of-another", "the window is looked for with any thread of the receiver's space"),
    WrongKernel("message-page-without-message", "the page is mapped although the receiver refused the message"),
    WrongKernel("message-overheard", "every space comes to know the message"),
    WrongKernel("message-word-unknown", "the sender sends what it does not know"),
    WrongKernel("message-registers-kept", "the registers of who waits keep the last message"),
    WrongKernel("message-wait-opens-space", "who waits has all of its space open"),
    WrongKernel("message-fault-forged", "the message of a page fault shows the name of the pager"),
    WrongKernel("message-timeout-leaves-window", "a wait that times out leaves its window open"),
    WrongKernel("message-timeout-leaves-call", "a caller that timed out still counts as calling"),
    WrongKernel("message-interrupt-to-another", "an interrupt goes to any thread that waits for it"),
    WrongKernel("message-ends-anybody", "a thread of any space is ended"),
    WrongKernel("message-end-leaves-window", "a thread that ends leaves its window"),
    WrongKernel("message-end-leaves-wait", "a thread that ends leaves its wait"),
    WrongKernel("message-end-leaves-interrupt", "a thread that ends leaves the interrupt that it serves"),
    WrongKernel("message-serves-taken-interrupt", "an interrupt that somebody serves is taken"),
    WrongKernel("message-flush-of-another", "a page of any space is flushed"),
)
WRONG_KERNELS = {fault.name: fault for fault in _ALL}
(
    LOST_WAKEUP,
    TO_WHOEVER_WAITS,
    WINDOW_OF_ANOTHER,
    PAGE_WITHOUT_MESSAGE,
    OVERHEARD,
    WORD_UNKNOWN,
    REGISTERS_KEPT,
    WAIT_OPENS_SPACE,
    FAULT_FORGED,
    TIMEOUT_LEAVES_WINDOW,
    TIMEOUT_LEAVES_CALL,
    INTERRUPT_TO_ANOTHER,
    ENDS_ANYBODY,
    END_LEAVES_WINDOW,
    END_LEAVES_WAIT,
    END_LEAVES_INTERRUPT,
    SERVES_TAKEN_INTERRUPT,
    FLUSH_OF_ANOTHER,
) = (1 << bit for bit in range(len(_ALL)))


def bits_of(names: Collection[str]) -> int:
    """The bits by which :func:`perform` knows the faults.

    :raises ArgumentError: there is no such fault.
    """
    for name in names:
        if name not in WRONG_KERNELS:
            raise ArgumentError(f"there is no fault {name!r} of threads; there are {', '.join(WRONG_KERNELS)}")
    return sum(1 << bit for bit, fault in enumerate(_ALL) if fault.name in names)


def is_message(kind: int) -> bool:
    """Return whether a program sends a message, with a page or a string or without."""
    return kind == Kind.SEND or kind == Kind.SEND_MAP or kind == Kind.SEND_GRANT or kind == Kind.SEND_STRING


def prepare(s: Threads, b: Board, o: Operation, faults: int) -> None:
    """Change what the right kernel looks at, so that it does the wrong thing; :func:`perform` puts it back."""
    if is_message(o.kind):
        if faults & TO_WHOEVER_WAITS and s.awaits[o.other] != 0:
            s.awaits[o.other] |= 1 << b.ident[o.actor]
        if faults & WORD_UNKNOWN:
            s.known[s.space[o.actor]] |= 1 << o.word
        if faults & WINDOW_OF_ANOTHER and o.kind != Kind.SEND:
            for t in range(len(b.ident)):
                if s.space[t] == s.space[o.other]:
                    s.window[o.other] |= s.window[t]
    if faults & INTERRUPT_TO_ANOTHER and o.kind == Kind.INTERRUPT:
        s.server[o.actor] = o.other
    if faults & ENDS_ANYBODY and o.kind == Kind.END:
        s.space[o.other] = s.space[o.actor]
    if faults & SERVES_TAKEN_INTERRUPT and o.kind == Kind.ASSOCIATE:
        s.server[o.other] = NIL


def put_back(before: Threads, s: Threads, b: Board, o: Operation, faults: int) -> None:
    """Put back what :func:`prepare` changed and the action did not."""
    if is_message(o.kind) and faults & WORD_UNKNOWN:
        s.known[s.space[o.actor]] = before.known[s.space[o.actor]]
        if s.space[o.actor] == s.space[o.other]:
            s.known[s.space[o.actor]] |= 1 << o.word
    if faults & INTERRUPT_TO_ANOTHER and o.kind == Kind.INTERRUPT:
        s.server[o.actor] = before.server[o.actor]
    if faults & ENDS_ANYBODY and o.kind == Kind.END:
        s.space[o.other] = before.space[o.other]


def spoil(before: Threads, s: Threads, b: Board, o: Operation, faults: int) -> None:
    """Do to a state what the faults do after the right step."""
    if is_message(o.kind):
        if faults & LOST_WAKEUP:
            s.awaits[o.other] = s.awaits[o.other] | before.awaits[o.other]
        if faults & OVERHEARD:
            for p in range(len(s.known)):
                s.known[p] |= 1 << o.word
    if faults & REGISTERS_KEPT and (is_message(o.kind) or o.kind == Kind.WAIT) and o.actor != o.other:
        s.sender[o.actor], s.message[o.actor] = before.sender[o.actor], before.message[o.actor]
    if faults & WAIT_OPENS_SPACE and o.kind == Kind.WAIT:
        s.window[o.actor] = 0
        for x in range(len(b.owner)):
            if b.owner[x] == s.space[o.actor]:
                s.window[o.actor] |= 1 << x
    if faults & FAULT_FORGED and o.kind == Kind.PAGE_FAULT:
        s.sender[o.other] = b.ident[o.other]
    if o.kind == Kind.TIMEOUT:
        if faults & TIMEOUT_LEAVES_WINDOW:
            s.window[o.other] = before.window[o.other]
        if faults & TIMEOUT_LEAVES_CALL:
            s.calls[o.other] = before.calls[o.other]
    if o.kind == Kind.END:
        if faults & END_LEAVES_WINDOW:
            s.window[o.other] = before.window[o.other]
        if faults & END_LEAVES_WAIT:
            s.awaits[o.other] = before.awaits[o.other]
        if faults & END_LEAVES_INTERRUPT:
            for h in range(len(s.server)):
                s.server[h] = before.server[h]


def perform(before: Threads, s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings, faults: int) -> int:
    """Do an operation in place, with faults; ``before`` is the same state. A refused one may leave s changed."""
    if faults == 0:
        return literal.act(s, b, o, m, d)
    if faults & FLUSH_OF_ANOTHER and o.kind == Kind.FLUSH:
        return spaces.flush(s.spaces, o.src, o.rights, d) if is_acting(s, b, o.actor) else REFUSED
    prepare(s, b, o, faults)
    status = literal.act(s, b, o, m, d)
    if status == DONE:
        put_back(before, s, b, o, faults)
        spoil(before, s, b, o, faults)
    elif faults & PAGE_WITHOUT_MESSAGE and o.kind == Kind.SEND_MAP:
        waiting = is_acting(s, b, o.actor) and s.life[o.other] == RUNS and b.owner[o.src] == s.space[o.actor]
        if waiting and s.window[o.other] >> o.dst & 1:
            return spaces.map_(s.spaces, o.src, o.dst, o.rights, d)
    return status


def rows_with(trace: MessageTrace, faults: Collection[str]) -> Iterator[tuple[Operation | None, int, Table]]:
    """Replay a trace with faults in every step: each operation (none first), how it ended, the state after it.

    :raises ArgumentError: there is no such fault.
    """
    board, row, bits = board_of(trace.scope), first_row(trace.scope), bits_of(faults)
    readings = trace.of_messages().readings, trace.of_spaces().readings
    yield None, DONE, row.copy()
    for operation in trace.operations:
        before = row.copy()
        status = perform(view(before, board), view(row, board), board, operation, *readings, bits)
        if status != DONE:
            row[:] = before
        yield operation, status, row.copy()
