"""Symmetry of scopes with threads: states that differ by names only are explored once.

A *renaming* says for each slot, frame, space, thread, id and word which one takes its place. The group of a scope has
those that leave the machine as it is, so far as the readings look at it, and the first state, and the set of calls that
are tried: each of its renamings is checked for that when the search begins. σ0 is never renamed. What the actions do is
the same under every name, so the steps from a renamed state are the renamed steps; the tests compare them.

The state that stands for its orbit has the least key of them all. It is found by trying every renaming, so two states
have one representative exactly if one is a renaming of the other.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import factorial, prod
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.messages.operation import SETS, Operation
from model.messages.readings import Chooses, Lines, MessageReadings, Ports, Sender
from model.messages.scope import MessageScope
from model.messages.tables import Board, Table, Threads, board_of, first_row, view
from model.spaces.literal import NIL
from proofs.explorer.messages.packing import Packing, pack

_Names: TypeAlias = tuple[int, ...]
MOST_RENAMINGS = 720  # with more, names of one kind are left as they are


class Renamings(NamedTuple):
    """Renamings, a row each of every table: what takes the place of each slot, frame, …; the first changes nothing."""

    slot: Table
    frame: Table
    space: Table
    thread: Table
    ident: Table
    word: Table


def renamed_set(elements: int, names: Table, g: int) -> int:
    """The set of what takes the places of the elements."""
    renamed = 0
    for n in range(names.shape[1]):
        if elements >> n & 1:
            renamed |= 1 << names[g, n]
    return renamed


def renamed_one(element: int, names: Table, g: int) -> int:
    """What takes the place of an element, if there is one."""
    return element if element < 0 else names[g, element]


def rename(s: Threads, n: Threads, b: Board, names: Renamings, g: int) -> None:
    """Write the renamed state to ``n``; the messages that ever passed are left out, as in keys."""
    for x in range(len(b.owner)):
        y, element = names.slot[g, x], s.spaces.sigma[x]
        n.spaces.sigma[y] = -2 - names.frame[g, -2 - element] if element < NIL else renamed_one(element, names.slot, g)
        n.spaces.phys[y] = renamed_one(s.spaces.phys[x], names.frame, g)
        n.spaces.rights[y] = s.spaces.rights[x]
    for t in range(len(b.ident)):
        u = names.thread[g, t]
        n.life[u] = s.life[t]
        n.space[u] = names.space[g, s.space[t]]
        n.awaits[u] = renamed_set(s.awaits[t], names.ident, g)
        n.window[u] = renamed_set(s.window[t], names.slot, g)
        n.sender[u] = renamed_one(s.sender[t], names.ident, g)
        n.message[u] = renamed_one(s.message[t], names.word, g)
        n.pager[u] = renamed_one(s.pager[t], names.ident, g)
        n.calls[u] = renamed_one(s.calls[t], names.thread, g)
        n.server[u] = renamed_one(s.server[t], names.thread, g)
    for p in range(len(b.ids_of)):
        n.known[names.space[g, p]] = renamed_set(s.known[p], names.word, g)
        n.born[names.space[g, p]] = s.born[p]
    for r in range(len(b.port)):
        n.contains[names.frame[g, r]] = renamed_set(s.contains[r], names.word, g)
    for i in range(len(b.number)):
        n.named[names.ident[g, i]] = s.named[i]
        n.latest[names.ident[g, i]] = renamed_one(s.latest[i], names.ident, g)  # where renamed, an id is its number


class Scratch(NamedTuple):
    """The memory of a search: the rows of the state before, after a step, and renamed; their tables; two keys."""

    rows: Table
    before: Threads
    after: Threads
    renamed: Threads
    key: NDArray[np.uint64]
    least: NDArray[np.uint64]


def scratch_of(b: Board, p: Packing) -> Scratch:
    """Room to work in."""
    rows = np.zeros((3, len(p.bits)), np.int64)
    before, after, renamed = (view(row, b) for row in rows)
    return Scratch(rows, before, after, renamed, np.zeros(p.words, np.uint64), np.zeros(p.words, np.uint64))


def find_least(row: int, s: Threads, b: Board, p: Packing, names: Renamings, w: Scratch) -> int:
    """Write the key of a state's representative to ``w.least``; how many renamings lead to it, 0 if one does not fit.

    :param row: which row of ``w`` holds the state; ``s`` is its tables.
    """
    if not pack(w.rows[row], p, w.least):
        return 0
    ways = 1
    for g in range(1, len(names.slot)):
        rename(s, w.renamed, b, names, g)
        if not pack(w.rows[2], p, w.key):
            return 0
        k = 0
        while k < len(w.key) - 1 and w.key[k] == w.least[k]:
            k += 1
        if w.key[k] == w.least[k]:
            ways += 1
        elif w.key[k] < w.least[k]:
            ways = 1
            for k in range(len(w.key)):
                w.least[k] = w.key[k]
    return ways


_NAMES = {
    "actor": "thread",
    "other": "thread",
    "word": "word",
    "src": "slot",
    "dst": "slot",
    "frame": "frame",
    "into": "space",
    "paged_by": "ident",
    "claimed": "ident",
    "willing": "ident",
    "opens": "slot",
    "keeps": "word",
}


def renamed_calls(calls: Table, names: Renamings, g: int) -> Table:
    """The same operations under other names, a row each."""
    renamed = calls.copy()
    for argument, kind in _NAMES.items():
        column = Operation._fields.index(argument)
        given, to = calls[:, column], getattr(names, kind)[g]
        if argument in SETS:
            renamed[:, column] = sum((given >> n & 1) << int(to[n]) for n in range(len(to)))
        else:
            renamed[:, column] = np.where(given < 0, given, to[given])
    return renamed


def renamings_of(scope: MessageScope, readings: MessageReadings, calls: Table) -> Renamings:
    """The renamings that leave a scope as it is: its machine, its first state, and the calls that are tried."""
    bodies, places, words = _spaces_and_threads(scope), _pages(scope), _words(scope)
    if len(bodies) * len(places) * len(words) > MOST_RENAMINGS:
        places = places[:1]
    if len(bodies) * len(words) > MOST_RENAMINGS:
        bodies = bodies[:1]
    found: list[tuple[_Names, ...]] = []
    for (spaces, threads, ids), pages, said in product(bodies, places, words):
        slots = tuple(spaces[p] * scope.pages + pages[p][v] for p in range(scope.spaces) for v in range(scope.pages))
        found.append((slots, pages[0][: scope.frames], spaces, threads, ids, said))
    every = _table(found)
    return _table([found[g] for g in range(len(found)) if is_symmetry(scope, readings, calls, every, g)])


def _table(renamings: list[tuple[_Names, ...]]) -> Renamings:
    return Renamings(*(np.array(rows, np.int64) for rows in zip(*renamings, strict=True)))


def _spaces_and_threads(scope: MessageScope) -> list[tuple[_Names, _Names, _Names]]:
    """Spaces other than σ0 and threads, renamed in every way; with the threads their ids, where that makes sense."""
    kinds = [(t < scope.booted, scope.is_hardware(t)) for t in range(scope.threads)]
    found = []
    for spaces, threads in product(_fixing_first(scope.spaces), _keeping(kinds)):
        ids = _ids(scope, threads)
        if ids is not None:
            found.append((spaces, threads, ids))
    return found


def _ids(scope: MessageScope, threads: _Names) -> _Names | None:
    """What takes the place of each id when threads are renamed; None if two would take one place."""
    ident = board_of(scope).ident.tolist()
    to: dict[int, int] = {}
    for t, u in enumerate(threads):
        if to.setdefault(ident[t], ident[u]) != ident[u]:
            return None
    ids = tuple(to.get(i, i) for i in range(scope.ids))
    return ids if len(set(ids)) == scope.ids else None


def _fixing_first(count: int) -> Iterator[_Names]:
    """The permutations of so many that leave the first in its place; none but the trivial one of very many."""
    rest = range(1, count)
    if factorial(len(rest)) > MOST_RENAMINGS:
        yield tuple(range(count))
        return
    yield from ((0, *order) for order in permutations(rest))


def _keeping(kinds: Sequence[object]) -> Iterator[_Names]:
    """The permutations under which each keeps its kind; none but the trivial one of very many."""
    classes = [[n for n, other in enumerate(kinds) if other == kind] for kind in dict.fromkeys(kinds)]
    if prod(factorial(len(each)) for each in classes) > MOST_RENAMINGS:
        yield tuple(range(len(kinds)))
        return
    for orders in product(*(permutations(each) for each in classes)):
        put = dict(zip((n for each in classes for n in each), (n for order in orders for n in order), strict=True))
        yield tuple(put[n] for n in range(len(kinds)))


def _pages(scope: MessageScope) -> list[tuple[_Names, ...]]:
    """The pages of each space, renamed in every way; those of σ0 that hold a frame, among themselves."""
    held = [v < scope.frames for v in range(scope.pages)]
    of_first = list(_keeping(held))
    others = list(_keeping([None] * scope.pages))
    if len(of_first) * len(others) ** (scope.spaces - 1) > MOST_RENAMINGS:
        return [(tuple(range(scope.pages)),) * scope.spaces]
    return list(product(of_first, *[others] * (scope.spaces - 1)))


def _words(scope: MessageScope) -> list[_Names]:
    """The words, renamed in every way, those that all know at first among themselves."""
    return list(_keeping([w < scope.common for w in range(scope.words)]))


def is_symmetry(scope: MessageScope, readings: MessageReadings, calls: Table, names: Renamings, g: int) -> bool:
    """Return whether a renaming leaves the machine as the readings see it, the first state, and the set of calls."""
    b, first = board_of(scope), first_row(scope)
    after = first.copy()
    rename(view(first, b), view(after, b), b, names, g)
    if not np.array_equal(first, after) or not _keeps_machine(b, readings, names, g):
        return False
    return np.array_equal(np.unique(renamed_calls(calls, names, g), axis=0), np.unique(calls, axis=0))


def _keeps_machine(b: Board, readings: MessageReadings, names: Renamings, g: int) -> bool:
    slot, space, thread, ident, word = (
        table[g] for table in (names.slot, names.space, names.thread, names.ident, names.word)
    )

    def same(sets: Table, at: Table, to: Table) -> bool:
        return all(int(sets[at[k]]) == renamed_set(int(sets[k]), to[None], 0) for k in range(len(at)))

    kept = [
        np.array_equal(b.ident[thread], ident[b.ident]),
        np.array_equal(b.hardware[thread], b.hardware),
        np.array_equal(b.owner[slot], space[b.owner]),
        np.array_equal(b.fault[slot], word[b.fault]),
        np.array_equal(b.port[names.frame[g]], b.port),
        np.array_equal(word[b.empty], b.empty),
    ]
    if not np.array_equal(b.number, np.arange(len(ident))):
        kept.append(np.array_equal(ident, np.arange(len(ident))))
    if readings.ports == Ports.IN_PLACE and b.port.any():
        kept.append(np.array_equal(b.place[slot], b.place))
    if readings.sender == Sender.BADGE:
        kept.append(same(b.badges, thread, ident))
    if readings.chooses == Chooses.KERNEL:
        kept += [same(b.ids_of, space, ident), same(b.spaces_of, space, space)]
    if readings.lines == Lines.ASSIGNED:
        kept.append(same(b.lines_of, space, thread))
    return all(kept)
