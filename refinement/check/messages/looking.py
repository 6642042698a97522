"""Compare the threads and pages that a target shows with the literal model, compiled."""

import numpy as np

from model.messages.tables import RUNS, view
from model.spaces import literal as spaces
from model.spaces.literal import NIL
from refinement.check.driver import indexed
from refinement.check.driver.compiling import Integer, compiled
from refinement.check.driver.driver import (
    ADDRESSES,
    EXPECTED_RIGHTS,
    FAULT,
    GOT_RIGHTS,
    INSIDE,
    NO_RIGHTS_WRITTEN,
    OUT,
    PAGE,
    SPACE,
)
from refinement.check.messages.talk import (
    CHECK,
    LOOKUP,
    LOOKUP_HW,
    NOT_READ,
    PAGES,
    SPACES,
    THREAD,
    THREADS,
    Differs,
    Talk,
    enter,
    fail,
)
from refinement.check.target.calls import call_check, call_lookup
from refinement.check.target.message_calls import FIRST_CALL, call_thread


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
        expected = max(NIL, spaces.evaluate(s.spaces, int(x)))
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
