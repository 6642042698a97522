"""One step of threads and messages on a target and on the literal model, compiled, and what differs between them.

An operation says whom it reaches, as the model's do. The target is told an id, or for interrupts and page faults
nothing, and finds the thread itself. An operation that means another thread than the kernel has to find, or a page
that nobody could name, is *none*: it is not done, and ends the program without a failure.
"""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import model.messages.compiled as _model  # it registers what the actions call
from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import MessageReadings
from model.messages.scope import MessageScope
from model.messages.tables import RUNS, Board, Table, board_of, first_row, view
from model.spaces import literal as spaces
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED
from refinement.check.driver import indexed
from refinement.check.driver.bench import Bench
from refinement.check.driver.compiling import Integer, compiled
from refinement.check.driver.driver import (
    ADDRESSES,
    CALL,
    CALLS,
    EXPECTED,
    EXPECTED_RIGHTS,
    FAULT,
    GOT,
    GOT_RIGHTS,
    INSIDE,
    NO_RIGHTS_WRITTEN,
    OPERATIONS,
    OUT,
    PAGE,
    ROWS,
    SPACE,
    WIDTH,
)
from refinement.check.messages.steps import FIRST_KIND, MORE, STEP, Rows, journal_row
from refinement.check.target.calls import Call, call_check, call_init, call_lookup
from refinement.check.target.message_calls import (
    ANY,
    FIRST_CALL,
    NO_NAME,
    NO_WINDOW,
    NOBODY,
    WHOLE_SPACE,
    Item,
    MessageCall,
    call_create,
    call_init_threads,
    call_one,
    call_send,
    call_thread,
    call_two,
    call_wait,
)

assert _model

NOT_READ = -(1 << 40)  # what a thread shows before it is asked


class Differs(IntEnum):
    """How a target differs from the model. What it has in common with an address space's check has its number."""

    NONE = 0
    STATUS = 1
    ERROR = 2
    LOOKUP = 3
    LOOKUP_HW = 4
    CHECK = 5
    UNFIT = 6
    CYCLE = 7  # no difference: the model has no next state
    NO_STEP = 8  # no difference: the operation is none here
    THREAD_STATE = 9
    THREAD_SPACE = 10
    SENDER = 11
    WORD = 12


QUIET = (Differs.NONE, Differs.CYCLE, Differs.NO_STEP)

# Cells of the numbers that a scope has for the compiled code.
SPACES, PAGES, FRAMES, THREADS, IDS, VERSIONS, BOOTED, HARDWARE, PORTS, WORDS = range(10)

INIT, LOOKUP, LOOKUP_HW, CHECK = (np.int64(call) for call in (Call.INIT, Call.LOOKUP, Call.LOOKUP_HW, Call.CHECK))
INIT_THREADS, THREAD = np.int64(MessageCall.INIT_THREADS), np.int64(MessageCall.THREAD)
_CALLS = np.full(len(Kind), -1, np.int64)
for _kind, _call in (
    (Kind.CREATE, MessageCall.CREATE),
    (Kind.END, MessageCall.END),
    (Kind.WAIT, MessageCall.WAIT),
    (Kind.SEND, MessageCall.SEND),
    (Kind.SEND_MAP, MessageCall.SEND),
    (Kind.SEND_GRANT, MessageCall.SEND),
    (Kind.FLUSH, MessageCall.FLUSH_OWN),
    (Kind.TIMEOUT, MessageCall.TIMEOUT),
    (Kind.INTERRUPT, MessageCall.INTERRUPT),
    (Kind.PAGE_FAULT, MessageCall.PAGE_FAULT),
    (Kind.ASSOCIATE, MessageCall.ASSOCIATE),
):
    _CALLS[_kind] = _call


def call_of(kind: int) -> MessageCall:
    """The target's function for a kind of operation."""
    return MessageCall(int(_CALLS[kind]))


class Talk(NamedTuple):
    """A target, the model in the same state, and the journal.

    ``cells`` and ``rows`` are the journal's; ``addresses`` the group's functions; ``calls`` which function does a kind
    of operation; ``numbers`` the scope's; ``first`` the model's first row, ``init`` how the journal has it; ``row`` the
    model's row now, ``spare`` another; ``shows`` where the target writes what a thread shows.
    """

    cells: NDArray[np.int64]
    rows: NDArray[np.uint32]
    addresses: NDArray[np.int64]
    calls: NDArray[np.int64]
    numbers: NDArray[np.int64]
    first: Table
    init: NDArray[np.uint32]
    row: Table
    spare: Table
    shows: NDArray[np.int64]
    board: Board
    messages: MessageReadings
    readings: Readings


def talk_on(bench: Bench, scope: MessageScope, messages: MessageReadings, readings: Readings) -> Talk:
    """A target's threads in a scope, beside the model. Every program knows every word there, for a kernel cannot tell."""
    board = board_of(scope)
    first = first_row(scope)
    view(first, board).known[:] = (1 << scope.words) - 1
    numbers = [
        *(scope.spaces, scope.pages, scope.frames, scope.threads, scope.ids, scope.versions),
        *(scope.booted, scope.hardware, scope.ports, scope.words),
    ]
    return Talk(
        bench.cells,
        bench.rows,
        np.array(bench.loaded.messages or [0] * len(MessageCall), np.int64),
        _CALLS,
        np.array(numbers, np.int64),
        first,
        journal_row(scope),
        first.copy(),
        first.copy(),
        np.zeros(4, np.int64),
        Board(*(np.ascontiguousarray(table, np.int64) for table in board)),
        MessageReadings(*messages),
        Readings(*readings),
    )


@compiled
def fail(k: Talk, fault: Integer, call: Integer, expected: Integer, got: Integer, at: Integer) -> int:
    """Record a failure; ``at`` is the thread, or the slot."""
    k.cells[FAULT], k.cells[CALL] = fault, call
    k.cells[EXPECTED], k.cells[EXPECTED_RIGHTS] = expected, 0
    k.cells[GOT], k.cells[GOT_RIGHTS] = got, 0
    k.cells[SPACE], k.cells[PAGE] = at, -1
    return int(k.cells[FAULT])


@compiled
def enter(k: Talk, call: Integer) -> None:
    """The next thing that happens is that call."""
    k.cells[INSIDE] = call + 1
    k.cells[CALLS] += 1


@compiled
def copy(state: Table, to: Table) -> None:
    """Copy a model's row; a slice would need memory."""
    for n in range(len(state)):
        to[n] = state[n]


@compiled
def as_word(number: Integer) -> np.uint32:
    """A number as the journal has it; -1 as the largest."""
    return np.uint32(np.int64(number) & 0xFFFF_FFFF)


@compiled
def record(k: Talk, o: Operation) -> None:
    """An operation goes into the journal."""
    at, length = k.cells[ROWS], len(k.rows)
    first, second, third = k.rows[at % length], k.rows[(at + 1) % length], k.rows[(at + 2) % length]
    first[0], second[0], third[0] = np.uint32(o.kind + FIRST_KIND), np.uint32(MORE), np.uint32(MORE)
    first[1], first[2], first[3] = as_word(o.actor), as_word(o.other), as_word(o.word)
    first[4], first[5] = as_word(o.src), as_word(o.dst)
    second[1], second[2], second[3] = as_word(o.rights), as_word(o.frame), as_word(o.into)
    second[4], second[5] = as_word(o.paged_by), as_word(o.claimed)
    third[1], third[2], third[3] = as_word(o.willing), as_word(o.opens), as_word(o.keeps)
    k.cells[ROWS] += STEP


@compiled
def start(k: Talk) -> int:
    """The first state on target and model."""
    copy(k.first, k.row)
    at = k.cells[ROWS]
    for n in range(STEP):
        for column in range(WIDTH):
            k.rows[(at + n) % len(k.rows), column] = k.init[n, column]
    k.cells[ROWS] += STEP
    n = k.numbers
    enter(k, INIT)
    status = call_init(k.cells[ADDRESSES], np.uint32(n[SPACES]), np.uint32(n[PAGES]), np.uint32(n[FRAMES]))
    k.cells[INSIDE] = 0
    if status != 0:
        return fail(k, Differs.UNFIT if status > 0 else Differs.ERROR, INIT, INIT, np.int64(status), np.int64(-1))
    enter(k, INIT_THREADS + FIRST_CALL)
    status = call_init_threads(
        k.addresses[INIT_THREADS],
        np.uint32(n[THREADS]),
        np.uint32(n[IDS]),
        np.uint32(n[VERSIONS]),
        np.uint32(n[BOOTED]),
        np.uint32(n[HARDWARE]),
        np.uint32(n[PORTS]),
    )
    k.cells[INSIDE] = 0
    if status == 0:
        return 0
    fault = Differs.UNFIT if status > 0 else Differs.ERROR
    return fail(k, fault, INIT_THREADS + FIRST_CALL, INIT_THREADS, np.int64(status), np.int64(-1))


@compiled
def look_at_page(k: Talk, call: Integer, x: Integer) -> int:
    """Compare what a slot shows, in the database or in the page table."""
    s = view(k.row, k.board)
    k.cells[SPACE], k.cells[PAGE] = x // k.numbers[PAGES], x % k.numbers[PAGES]
    k.cells[OUT] = NO_RIGHTS_WRITTEN
    enter(k, call)
    space, page = np.uint32(k.cells[SPACE]), np.uint32(k.cells[PAGE])
    got = call_lookup(k.cells[ADDRESSES + call], space, page, k.cells[OUT:].ctypes.data)
    k.cells[INSIDE] = 0
    rights = k.cells[OUT] & 0xFFFF_FFFF
    expected = s.spaces.phys[x]
    if got != expected and call == LOOKUP and indexed.can_differ(k.readings):
        expected = max(NIL, spaces.evaluate(s.spaces, x))
    if got == expected and (got < 0 or rights == s.spaces.rights[x]):
        return 0
    fault = Differs.LOOKUP if call == LOOKUP else Differs.LOOKUP_HW
    fail(k, Differs.ERROR if got < NIL else fault, call, expected, got, x // k.numbers[PAGES])
    k.cells[EXPECTED_RIGHTS], k.cells[GOT_RIGHTS] = s.spaces.rights[x], rights
    k.cells[PAGE] = x % k.numbers[PAGES]
    return int(k.cells[FAULT])


@compiled
def look_at_thread(k: Talk, t: Integer) -> int:
    """Compare what a thread shows: whether it runs or waits, where, and what it received from whom."""
    s = view(k.row, k.board)
    k.shows[:] = NOT_READ
    k.cells[SPACE], k.cells[PAGE] = t, -1
    enter(k, THREAD + FIRST_CALL)
    status = call_thread(k.addresses[THREAD], np.uint32(t), k.shows.ctypes.data)
    k.cells[INSIDE] = 0
    if status != 0:
        return fail(k, Differs.ERROR, THREAD + FIRST_CALL, np.int64(0), np.int64(status), t)
    state = np.int64(0)
    if s.life[t] == RUNS:
        state = np.int64(2 if s.awaits[t] != 0 else 1)
    if k.shows[0] != state:
        return fail(k, Differs.THREAD_STATE, THREAD + FIRST_CALL, state, k.shows[0], t)
    if state == 0 or k.board.hardware[t]:
        return 0
    if k.shows[1] != s.space[t]:
        return fail(k, Differs.THREAD_SPACE, THREAD + FIRST_CALL, s.space[t], k.shows[1], t)
    if k.shows[2] != s.sender[t]:
        return fail(k, Differs.SENDER, THREAD + FIRST_CALL, s.sender[t], k.shows[2], t)
    if k.shows[3] != s.message[t]:
        return fail(k, Differs.WORD, THREAD + FIRST_CALL, s.message[t], k.shows[3], t)
    return 0


@compiled
def look_all(k: Talk) -> int:
    """Compare every thread and every slot, and ask for the target's own check."""
    for t in range(k.numbers[THREADS]):
        fault = look_at_thread(k, t)
        if fault != 0:
            return fault
    for x in range(k.numbers[SPACES] * k.numbers[PAGES]):
        fault = look_at_page(k, LOOKUP, x)
        if fault == 0 and k.cells[ADDRESSES + LOOKUP_HW] != 0:
            fault = look_at_page(k, LOOKUP_HW, x)
        if fault != 0:
            return fault
    if k.cells[ADDRESSES + CHECK] != 0:
        enter(k, CHECK)
        status = call_check(k.cells[ADDRESSES + CHECK])
        k.cells[INSIDE] = 0
        if status != 0:
            return fail(k, Differs.CHECK, CHECK, np.int64(0), np.int64(status), np.int64(-1))
    return 0


@compiled
def bearer(row: Table, b: Board, name: Integer) -> int:
    """The running thread with an id; the first that could have it, if none runs; -1 if nobody could."""
    s = view(row, b)
    first = -1
    for t in range(len(b.ident)):
        if b.ident[t] == name:
            if s.life[t] == RUNS:
                return t
            if first < 0:
                first = t
    return first


@compiled
def addressee(row: Table, b: Board, o: Operation) -> int:
    """Whom an operation of that kind reaches: the only thread that it can name."""
    s = view(row, b)
    if o.kind == Kind.INTERRUPT:
        return int(max(0, s.server[o.actor]))
    if o.kind == Kind.PAGE_FAULT:
        return int(max(0, bearer(row, b, s.pager[o.actor])))
    if o.kind == Kind.END or o.kind == Kind.SEND or o.kind == Kind.SEND_MAP or o.kind == Kind.SEND_GRANT:
        return int(bearer(row, b, b.ident[o.other]))
    return int(o.other)


@compiled
def own_pages(row: Table, b: Board, t: Integer) -> int:
    """The slots of the thread's space, as a set."""
    s = view(row, b)
    pages = 0
    for x in range(len(b.owner)):
        if b.owner[x] == s.space[t]:
            pages |= 1 << x
    return pages


@compiled
def is_step(row: Table, b: Board, o: Operation) -> bool:
    """Whether an operation names what a caller can name: the thread that is reached, and pages of the spaces meant."""
    s = view(row, b)
    if addressee(row, b, o) != o.other:
        return False
    if o.kind == Kind.INTERRUPT or o.kind == Kind.ASSOCIATE:
        line = o.actor if o.kind == Kind.INTERRUPT else o.other
        return bool(b.hardware[line])
    if o.opens & ~own_pages(row, b, max(0, o.actor)) or (o.opens != 0 and o.willing == 0):
        return False
    if o.kind == Kind.WAIT and o.willing == 0:
        return False
    if o.src >= 0 and b.owner[o.src] != s.space[o.actor]:
        return False
    if o.kind == Kind.PAGE_FAULT:
        return bool(b.owner[o.dst] == s.space[o.actor] and not b.hardware[o.actor])
    return bool(o.dst < 0 or b.owner[o.dst] == s.space[o.other])


@compiled
def only_of(elements: Integer) -> int:
    """The only element of a set, or -1."""
    if elements == 0 or elements & (elements - 1) != 0:
        return -1
    n = 0
    while elements >> n & 1 == 0:
        n += 1
    return n


@compiled
def partner_word(k: Talk, willing: Integer) -> int:
    """For whom a thread waits, as the target is told; -1 where that cannot be said."""
    if willing == 0:
        return NOBODY
    if willing == (1 << k.numbers[IDS]) - 1:
        return ANY
    return only_of(willing)


@compiled
def window_word(k: Talk, row: Table, t: Integer, opens: Integer) -> int:
    """A window as the target is told; -1 where that cannot be said."""
    if opens == 0:
        return NO_WINDOW
    only = only_of(opens)
    if only >= 0:
        return int(k.board.place[only])
    return WHOLE_SPACE if opens == own_pages(row, k.board, t) else -1


@compiled
def can_be_asked(k: Talk, row: Table, o: Operation) -> bool:
    """Whether the target has a function for the operation, and words for what it names in that state."""
    call = k.calls[o.kind]
    if call < 0 or k.addresses[call] == 0 or not is_step(row, k.board, o):
        return False
    return partner_word(k, o.willing) >= 0 and window_word(k, row, max(0, o.actor), o.opens) >= 0


@compiled
def call_target(k: Talk, o: Operation, partner: Integer, window: Integer) -> int:
    """The operation on the target; the thread's own pages are named by their places."""
    call = k.calls[o.kind]
    address = k.addresses[call]
    actor, other = np.uint32(max(0, o.actor)), np.uint32(max(0, o.other))
    place = k.board.place
    src = np.uint32(place[o.src]) if o.src >= 0 else np.uint32(0)
    dst = np.uint32(place[o.dst]) if o.dst >= 0 else np.uint32(0)
    waits, opens = np.uint32(partner), np.uint32(window)
    name = np.uint32(k.board.ident[o.other]) if o.other >= 0 else np.uint32(0)
    if o.kind == Kind.WAIT:
        return call_wait(address, actor, waits, opens)
    if o.kind == Kind.SEND:
        claimed = np.uint32(o.claimed if o.claimed >= 0 else NO_NAME)
        zero = np.uint32(0)
        return call_send(
            address, actor, name, np.uint32(o.word), np.uint32(Item.NONE), zero, zero, zero, claimed, waits, opens
        )
    if o.kind == Kind.SEND_MAP or o.kind == Kind.SEND_GRANT:
        item = np.uint32(Item.MAP if o.kind == Kind.SEND_MAP else Item.GRANT)
        claimed = np.uint32(o.claimed if o.claimed >= 0 else NO_NAME)
        rights = np.uint32(o.rights)
        return call_send(address, actor, name, np.uint32(o.word), item, src, dst, rights, claimed, waits, opens)
    if o.kind == Kind.CREATE:
        return call_create(address, actor, other, name, np.uint32(o.into), np.uint32(o.paged_by))
    if o.kind == Kind.END:
        return call_two(address, actor, name)
    if o.kind == Kind.TIMEOUT:
        return call_one(address, other)
    if o.kind == Kind.INTERRUPT:
        return call_one(address, actor)
    if o.kind == Kind.PAGE_FAULT:
        return call_two(address, actor, dst)
    if o.kind == Kind.ASSOCIATE:
        return call_two(address, actor, other)
    return call_wait(address, actor, src, np.uint32(o.rights))


@compiled
def operation(rows: Rows, n: Integer) -> Operation:
    """An operation of several."""
    c = rows[n]
    return Operation(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13])


@compiled
def expect(row: Table, k: Talk, o: Operation) -> int:
    """The operation on the model alone, in that row: how it ends."""
    return int(literal.act(view(row, k.board), k.board, o, k.messages, k.readings))


@compiled
def operate(k: Talk, rows: Rows, n: Integer) -> int:
    """Operation n of the rows on model and target; the statuses are compared."""
    o = operation(rows, n)
    k.cells[FAULT] = 0
    if not can_be_asked(k, k.row, o):
        k.cells[FAULT] = Differs.NO_STEP
        return int(k.cells[FAULT])
    partner, window = partner_word(k, o.willing), window_word(k, k.row, max(0, o.actor), o.opens)
    expected = expect(k.row, k, o)
    if expected == CYCLE_MET:
        k.cells[FAULT] = Differs.CYCLE
        return int(k.cells[FAULT])
    record(k, o)
    enter(k, k.calls[o.kind] + FIRST_CALL)
    got = call_target(k, o, partner, window)
    k.cells[INSIDE] = 0
    k.cells[OPERATIONS] += 1
    if got == expected:
        return 0
    fault = Differs.STATUS if got == DONE or got == REFUSED else Differs.ERROR
    return fail(k, fault, k.calls[o.kind] + FIRST_CALL, np.int64(expected), np.int64(got), np.int64(-1))


@compiled
def run(k: Talk, rows: Rows, watched: Integer) -> int:
    """A whole program; all is compared after each step if it is watched, and after the last.

    The number of operations done before the one that failed, or of all; the first state is operation -1.
    ``cells[FAULT]`` says which.
    """
    k.cells[FAULT] = 0
    if start(k) != 0:
        return -1
    if (watched != 0 or len(rows) == 0) and look_all(k) != 0:
        return -1
    for n in range(len(rows)):
        fault = operate(k, rows, n)
        if fault == 0 and (watched != 0 or n == len(rows) - 1):
            fault = look_all(k)
        if fault != 0:
            return n
    return len(rows)


def failure(bench: Bench) -> dict[str, Any] | None:
    """What went wrong last, if anything did."""
    cells = bench.cells
    if cells[FAULT] in QUIET:
        return None
    return {
        "cells": [int(cell) for cell in cells[FAULT : PAGE + 1]],
        "message": bench.loaded.message() if cells[FAULT] == Differs.ERROR else "",
    }
