"""The tables of a kernel with threads: what stands in them, what no action changes, and how they are at first.

A set (of ids, slots, words, spaces) is an integer, each element a bit of it. All tables of a state are views of one
row of integers, so that a state is copied, compared and packed as one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.messages.scope import MessageScope, set_of
from model.spaces import literal as spaces
from model.spaces.literal import NIL, Spaces

NOT_YET, RUNS, ENDED = 0, 1, 2

Table = NDArray[np.int64]


class Threads(NamedTuple):
    """All that an action may change; ``NIL`` where there is none.

    By thread: whether it runs (``life``), its space σ(τ), whom it waits for (a set of ids; empty: not blocked), the
    window (a set of slots), sender and word in the message registers, the pager's id, and the thread that it has called
    and that has not answered. By hardware thread: who serves it. By space and by frame: the words known and contained.
    By id, number and space: what was given away before. By pair of threads, ``sent``: the words that ever passed.
    """

    spaces: Spaces
    life: Table
    space: Table
    awaits: Table
    window: Table
    sender: Table
    message: Table
    pager: Table
    calls: Table
    server: Table
    known: Table
    born: Table
    contains: Table
    named: Table
    latest: Table
    sent: Table


class Board(NamedTuple):
    """Tables that no action changes; ``empty`` has one element.

    By thread: id, whether it is hardware, the badges that it may use. By id: its number. By slot: its space, its place
    in it, and the message that a page fault there makes. By frame: whether it is a port. By space: the ids, spaces and
    interrupts that the kernel keeps for it, as sets.
    """

    ident: Table
    hardware: Table
    badges: Table
    number: Table
    owner: Table
    place: Table
    fault: Table
    port: Table
    ids_of: Table
    spaces_of: Table
    lines_of: Table
    empty: Table


def board_of(scope: MessageScope) -> Board:
    """The machine of a scope.

    What a kernel may keep for a space it keeps so: the id i for the space i, modulo the number of spaces; the space
    after it for a space; the interrupts as the ids. A thread may use its own id as a badge, and the last id. The empty
    message is the first word; a page fault at page v makes the word v + 1, or the last one.
    """
    ids, slots, spaces = np.arange(scope.ids), np.arange(scope.slots), range(scope.spaces)
    ident = np.arange(scope.threads) % scope.ids
    hardware = [t for t in range(scope.threads) if scope.is_hardware(t)]
    return Board(
        ident=ident,
        hardware=np.isin(np.arange(scope.threads), hardware).astype(np.int64),
        badges=(1 << ident) | (1 << scope.ids - 1),
        number=ids % scope.numbers,
        owner=slots // scope.pages,
        place=slots % scope.pages,
        fault=np.minimum(slots % scope.pages + 1, scope.words - 1),
        port=np.array([int(r >= scope.frames - scope.ports) for r in range(scope.frames)], np.int64),
        ids_of=np.array([set_of(*range(p, scope.ids, scope.spaces)) for p in spaces], np.int64),
        spaces_of=np.array([set_of(*range(p + 1, scope.spaces)[:1]) for p in spaces], np.int64),
        lines_of=np.array([set_of(*(h for h in hardware if h % scope.spaces == p)) for p in spaces], np.int64),
        empty=np.zeros(1, np.int64),
    )


def size_of(b: Board) -> int:
    """Return how many integers a state has."""
    return 3 * len(b.owner) + 9 * len(b.ident) + 2 * len(b.ids_of) + len(b.port) + 2 * len(b.number) + len(b.ident) ** 2


def view(row: Table, b: Board) -> Threads:
    """The tables of the state in a row of integers: what is written to them is written there."""
    t, i, x, p, r = len(b.ident), len(b.number), len(b.owner), len(b.ids_of), len(b.port)
    k = 3 * x  # where the tables by thread begin
    e = k + 9 * t  # where the tables by space begin
    f = e + 2 * p + r  # where the tables by id begin
    return Threads(
        Spaces(row[:x], row[x : 2 * x], row[2 * x : k]),
        row[k : k + t],
        row[k + t : k + 2 * t],
        row[k + 2 * t : k + 3 * t],
        row[k + 3 * t : k + 4 * t],
        row[k + 4 * t : k + 5 * t],
        row[k + 5 * t : k + 6 * t],
        row[k + 6 * t : k + 7 * t],
        row[k + 7 * t : k + 8 * t],
        row[k + 8 * t : e],
        row[e : e + p],
        row[e + p : e + 2 * p],
        row[e + 2 * p : f],
        row[f : f + i],
        row[f + i : f + 2 * i],
        row[f + 2 * i :],
    )


def first_row(scope: MessageScope) -> Table:
    """The first state of a scope: what was booted runs, and nobody has said or heard anything.

    The pager of every thread but τ0 is τ0. Nobody knows a word but those that the scope says all know.
    """
    b = board_of(scope)
    row = np.zeros(size_of(b), np.int64)
    s = view(row, b)
    for table, first in zip(s.spaces, spaces.initial(scope), strict=True):
        table[:] = first
    for table in (s.sender, s.message, s.pager, s.calls, s.server, s.latest):
        table[:] = NIL
    s.born[0] = 1
    s.known[:] = set_of(*range(scope.common))
    for t in range(scope.booted + scope.hardware):
        s.life[t], s.named[b.ident[t]] = RUNS, 1
        s.latest[b.number[b.ident[t]]] = b.ident[t]
        if t < scope.booted:
            s.space[t] = min(t, scope.spaces - 1)
            s.born[s.space[t]] = 1
            s.pager[t] = b.ident[0] if t else NIL
    return row


def initial(scope: MessageScope) -> Threads:
    """The tables of the first state of a scope."""
    return view(first_row(scope), board_of(scope))
