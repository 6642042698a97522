"""Reading and writing memory, and making up a word, literally; a part of :mod:`model.messages.literal`."""

from model.messages.literal_threads import is_acting
from model.messages.operation import Operation
from model.messages.readings import MessageReadings
from model.messages.tables import Board, Threads
from model.scope import RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import DONE, REFUSED

TO_READ, TO_WRITE = RIGHTS["r"], RIGHTS["w"]


def can_access(s: Threads, b: Board, o: Operation, right: int) -> bool:
    """Return whether the actor accesses the frame through a page of its own space, with that right."""
    return bool(
        is_acting(s, b, o.actor)
        and b.owner[o.src] == s.space[o.actor]
        and s.spaces.phys[o.src] == o.frame
        and s.spaces.rights[o.src] & right
    )


def read(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread reads a page of its own space: programs there know what stands in the frame."""
    if not can_access(s, b, o, TO_READ):
        return REFUSED
    s.known[s.space[o.actor]] |= s.contains[o.frame]
    return DONE


def write(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread writes a word that is known in its space, and leaves of what stood there what it likes."""
    if not can_access(s, b, o, TO_WRITE) or not s.known[s.space[o.actor]] >> o.word & 1:
        return REFUSED
    s.contains[o.frame] = s.contains[o.frame] & o.keeps | 1 << o.word
    return DONE


def think(s: Threads, b: Board, o: Operation, m: MessageReadings, d: Readings) -> int:
    """A thread makes up a word that is known nowhere and stands nowhere, such as a key."""
    if not is_acting(s, b, o.actor):
        return REFUSED
    for p in range(len(s.known)):
        if s.known[p] >> o.word & 1:
            return REFUSED
    for r in range(len(s.contains)):
        if s.contains[r] >> o.word & 1:
            return REFUSED
    s.known[s.space[o.actor]] |= 1 << o.word
    return DONE
