"""A target's threads beside the literal model's: what both are, how they begin, and what is written down of them."""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.messages.operation import Kind, Operation
from model.messages.readings import MessageReadings
from model.messages.scope import MessageScope
from model.messages.tables import Board, Table, board_of, first_row, view
from model.spaces.dialect import Readings
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
    PAGE,
    ROWS,
    SPACE,
    WIDTH,
)
from refinement.check.messages.steps import FIRST_KIND, MORE, STEP, journal_row
from refinement.check.target.calls import Call, call_init
from refinement.check.target.message_calls import (
    FIRST_CALL,
    MessageCall,
    call_init_threads,
)

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
    """A target's threads in a scope, beside the model. Programs know every word there, for a kernel cannot tell."""
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
    numbers = k.numbers
    enter(k, INIT)
    status = call_init(
        k.cells[ADDRESSES], np.uint32(numbers[SPACES]), np.uint32(numbers[PAGES]), np.uint32(numbers[FRAMES])
    )
    k.cells[INSIDE] = 0
    if status != 0:
        return fail(k, Differs.UNFIT if status > 0 else Differs.ERROR, INIT, INIT, np.int64(status), np.int64(-1))
    enter(k, INIT_THREADS + FIRST_CALL)
    status = call_init_threads(
        k.addresses[INIT_THREADS],
        np.uint32(numbers[THREADS]),
        np.uint32(numbers[IDS]),
        np.uint32(numbers[VERSIONS]),
        np.uint32(numbers[BOOTED]),
        np.uint32(numbers[HARDWARE]),
        np.uint32(numbers[PORTS]),
    )
    k.cells[INSIDE] = 0
    if status == 0:
        return 0
    fault = Differs.UNFIT if status > 0 else Differs.ERROR
    return fail(k, fault, INIT_THREADS + FIRST_CALL, INIT_THREADS, np.int64(status), np.int64(-1))


def failure(bench: Bench) -> dict[str, Any] | None:
    """Return the last failure, if there was one."""
    cells = bench.cells
    if cells[FAULT] in QUIET:
        return None
    return {
        "cells": [int(cell) for cell in cells[FAULT : PAGE + 1]],
        "message": bench.loaded.message() if cells[FAULT] == Differs.ERROR else "",
    }
