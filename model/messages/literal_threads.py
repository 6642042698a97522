"""Threads that begin, end, and come to serve interrupts, literally; a part of :mod:`model.messages.literal`."""

from model.messages.operation import Operation
from model.messages.readings import Begins, Chooses, Ids, Lines, MessageReadings
from model.messages.tables import ENDED, NOT_YET, RUNS, Board, Table, Threads
from model.spaces.dialect import Readings
from model.spaces.literal import DONE, NIL, REFUSED


def is_acting(s: Threads, b: Board, t: int) -> bool:
    """Return whether a program can act: the thread runs, is not blocked, and is no hardware."""
    return bool(s.life[t] == RUNS and s.awaits[t] == 0 and not b.hardware[t])


def is_kept_for(kept: Table, p: int, n: int) -> bool:
    """Return whether the kernel keeps n for the space p, and for no other."""
    for other in range(len(kept)):  # noqa: SIM110 (compiled code has no generators)
        if (kept[other] >> n & 1) != (other == p):
            return False
    return True


def is_free(s: Threads, b: Board, new: int, m: MessageReadings) -> bool:
    """Return whether a new thread may get that id (B.uid)."""
    if m.ids == Ids.NEVER_AGAIN:
        return bool(not s.named[new])
    if m.ids == Ids.VERSIONS_WRAP and s.latest[b.number[new]] == new:
        return False
    for t in range(len(b.ident)):
        taken = b.ident[t] == new
        if m.ids == Ids.VERSIONS_WRAP:
            taken = b.number[b.ident[t]] == b.number[new]
        if s.life[t] == RUNS and taken:
            return False
    return True


def may_begin_in(s: Threads, b: Board, actor: int, into: int, m: MessageReadings) -> bool:
    """Return whether the actor may begin a thread in that space: its own, or one that nobody has had (B.thread)."""
    if m.begins == Begins.ANYWHERE or into == s.space[actor]:
        return True
    return not s.born[into] and (m.chooses == Chooses.CALLER or is_kept_for(b.spaces_of, s.space[actor], into))


def create(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread begins another, in its own space or in a new one, and says who is its pager (B.thread, B.uid)."""
    new = b.ident[o.other]
    if not is_acting(s, b, o.actor) or s.life[o.other] != NOT_YET or not is_free(s, b, new, m):
        return REFUSED
    if m.chooses == Chooses.KERNEL and not is_kept_for(b.ids_of, s.space[o.actor], new):
        return REFUSED
    if not may_begin_in(s, b, o.actor, o.into, m):
        return REFUSED
    s.life[o.other] = RUNS
    s.space[o.other] = o.into
    s.pager[o.other] = o.paged_by
    s.named[new] = 1
    s.latest[b.number[new]] = new
    s.born[o.into] = 1
    return DONE


def end(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread ends one of its own space, itself perhaps: nothing is left of it but that its id was given."""
    t = o.other
    if not is_acting(s, b, o.actor) or s.life[t] != RUNS or b.hardware[t] or s.space[t] != s.space[o.actor]:
        return REFUSED
    s.life[t] = ENDED
    s.awaits[t] = 0
    s.window[t] = 0
    s.sender[t] = NIL
    s.message[t] = NIL
    s.pager[t] = NIL
    s.calls[t] = NIL
    for h in range(len(b.ident)):
        if s.server[h] == t:
            s.server[h] = NIL
    return DONE


def associate(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread comes to serve an interrupt that nobody serves (B.irq)."""
    if not is_acting(s, b, o.actor) or not b.hardware[o.other] or s.server[o.other] != NIL:
        return REFUSED
    if m.lines == Lines.ASSIGNED and not is_kept_for(b.lines_of, s.space[o.actor], o.other):
        return REFUSED
    s.server[o.other] = o.actor
    return DONE
