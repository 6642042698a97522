"""Find whom and what an operation of threads names, and whether a target can be asked it; compiled.

An operation says whom it reaches, as the model's do. The target is told an id, or for interrupts and page faults
nothing, and finds the thread itself. An operation that means another thread than the kernel has to find, or a page
that nobody could name, is *none* in that state.
"""

import numpy as np

from model.messages.operation import Kind, Operation
from model.messages.tables import RUNS, Board, Table, view
from refinement.check.driver.compiling import Integer, compiled
from refinement.check.driver.driver import StepKind, cannot_be_said
from refinement.check.messages.talk import IDS, Talk
from refinement.check.target.message_calls import (
    ANY,
    NO_WINDOW,
    NOBODY,
    WHOLE_SPACE,
)

MAP, GRANT = np.int64(StepKind.MAP), np.int64(StepKind.GRANT)


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
    """Return whom an operation of that kind reaches: the only thread that it can name."""
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
    """Return whether the target has a function for the operation, and words for what it names in that state."""
    call = k.calls[o.kind]
    if call < 0 or k.addresses[call] == 0 or not is_step(row, k.board, o):
        return False
    if o.kind == Kind.SEND_MAP or o.kind == Kind.SEND_GRANT:
        kind = GRANT if o.kind == Kind.SEND_GRANT else MAP
        if cannot_be_said(k.cells, kind, k.board.owner[o.src], k.board.owner[o.dst]):
            return False
    return partner_word(k, o.willing) >= 0 and window_word(k, row, max(0, o.actor), o.opens) >= 0
