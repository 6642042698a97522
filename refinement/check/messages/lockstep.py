"""One operation of threads on a target and on the literal model, compiled, and what differs between them.

An operation that is *none* in a state (see :mod:`refinement.check.messages.naming`) is not done, and ends the program
without a failure.
"""

import numpy as np

import model.messages.compiled as _model  # it registers what the actions call
from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.tables import Table, view
from model.spaces.literal import CYCLE_MET, DONE, REFUSED
from refinement.check.driver.compiling import Integer, compiled
from refinement.check.driver.driver import FAULT, INSIDE, OPERATIONS
from refinement.check.messages.looking import look_all
from refinement.check.messages.naming import can_be_asked, partner_word, window_word
from refinement.check.messages.steps import Rows
from refinement.check.messages.talk import Differs, Talk, enter, fail, record, start
from refinement.check.target.message_calls import (
    FIRST_CALL,
    NO_NAME,
    Item,
    call_create,
    call_one,
    call_send,
    call_two,
    call_wait,
)

assert _model


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
    fault = Differs.STATUS if got in (DONE, REFUSED) else Differs.ERROR
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
