"""States of a scope with threads written by hand, and steps made up at random that no kernel need take."""

from random import Random
from typing import Any, NamedTuple

import numpy as np

from model.messages.operation import ARGUMENTS, SETS, Kind, Operation, size
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.messages.scope import MessageScope
from model.messages.tables import Board, Table, Threads, board_of, first_row, size_of, view
from model.spaces.dialect import CANONICAL
from model.spaces.literal import NIL, evaluate
from proofs.explorer.messages.calls import explored_calls
from proofs.explorer.messages.explore import _Search
from proofs.explorer.messages.properties import MESSAGE_IDS

SCOPE = MessageScope(2, 2, 2, threads=4, ids=3, words=3, booted=2, hardware=1, ports=1, common=1)
"""τ0 and τ1 run in σ0 and σ1, τ2 is hardware, τ3 has not begun and has the id of τ0; frame 1 is a port."""

BOARD = board_of(SCOPE)
FIRST = first_row(SCOPE)
KINDS = tuple(kind for kind in Kind if kind != Kind.SEND_STRING)  # those of the canonical messages


class Step(NamedTuple):
    """The rows before and after, and what is said to have led from one to the other."""

    before: Table
    operation: Operation
    after: Table

    @property
    def views(self) -> tuple[Threads, Threads, Board, Operation]:
        """What properties of steps are asked with."""
        return view(self.before, BOARD), view(self.after, BOARD), BOARD, self.operation


def tables_of(row: Table, board: Board = BOARD) -> dict[str, Table]:
    """The tables of a state by name, those of address spaces among them."""
    s = view(row, board)
    return {**s.spaces._asdict(), **{name: table for name, table in s._asdict().items() if name != "spaces"}}


def edited(row: Table, edits: str, board: Board = BOARD) -> Table:
    """The state with some numbers changed: ``awaits.0=3 life.1=2``."""
    after = row.copy()
    tables = tables_of(after, board)
    for edit in edits.split():
        place, value = edit.split("=")
        name, element = place.split(".")
        tables[name][int(element)] = int(value)
    return after


def made(edits: str) -> Table:
    """The first state with some numbers changed."""
    return edited(FIRST, edits)


def _operation(source: Random) -> Operation:
    kind = source.choice(KINDS)
    values = {}
    for name in ARGUMENTS[kind]:
        if name in SETS:
            values[name] = source.choice((0, source.randrange(1 << size(name, SCOPE))))
        elif name != "claimed":
            values[name] = source.randrange(size(name, SCOPE))
    return Operation(kind, **values)


def _value(name: str, source: Random) -> int:
    """Any number that may stand in a table, what is usual more often."""
    subsets = {"awaits": SCOPE.ids, "window": SCOPE.slots, "known": SCOPE.words, "contains": SCOPE.words, "rights": 3}
    if name in subsets:
        return source.choice((0, source.randrange(1 << subsets[name])))
    if name == "sigma":
        return int(source.choice((-1, -2, -3, *range(SCOPE.slots))))
    if name == "life":
        return source.choice((0, 1, 1, 2))
    most = {"phys": SCOPE.frames, "space": SCOPE.spaces, "born": 2, "calls": SCOPE.threads, "server": SCOPE.threads}
    least = 0 if name in ("space", "born") else NIL
    return source.randrange(least, most.get(name, SCOPE.ids))


CHANGED = (
    *("sigma", "phys", "rights", "life", "space", "awaits", "window", "sender", "message", "pager", "calls", "server"),
    *("known", "born", "contains"),
)
COLUMNS = tables_of(np.arange(size_of(BOARD)))


def _change(row: Table, o: Operation, source: Random, about: float) -> None:
    """Change one number; as often as is said it is about who and what the operation is about."""
    name = source.choice(CHANGED)
    places = COLUMNS[name]
    meant = [t for t in ((o.dst, o.src) if name in ("sigma", "phys", "rights") else (o.actor, o.other)) if t >= 0]
    at = source.randrange(len(places))
    if meant and len(places) == SCOPE.threads and source.random() < about:
        at = source.choice(meant)
    row[places[at]] = value = _value(name, source)
    if name in ("sender", "message"):  # who has a sender has a word
        other = COLUMNS["message" if name == "sender" else "sender"][at]
        if (row[other] == NIL) != (value == NIL):
            row[other] = NIL if value == NIL else source.randrange(SCOPE.ids)


def _agree(row: Table, o: Operation, source: Random) -> None:
    """Perhaps the partner waits for the actor, and perhaps with a window."""
    s = view(row, BOARD)
    if o.actor >= 0 and o.other >= 0 and source.random() < 0.6:
        s.awaits[o.other] |= 1 << int(BOARD.ident[o.actor])
        if o.dst >= 0 and source.random() < 0.8:
            s.window[o.other] |= 1 << o.dst
        if o.dst >= 0 and source.random() < 0.8:
            s.space[o.other] = BOARD.owner[o.dst]


def _deliver(row: Table, o: Operation, source: Random) -> None:
    """Perhaps the partner has the message, or one like it."""
    if o.other >= 0 and source.random() < 0.4:
        s = view(row, BOARD)
        s.sender[o.other] = (
            BOARD.ident[o.actor] if o.actor >= 0 and source.random() < 0.8 else source.randrange(SCOPE.ids)
        )
        s.message[o.other] = o.word if o.word >= 0 and source.random() < 0.8 else source.randrange(SCOPE.words)
        if source.random() < 0.7:
            s.awaits[o.other], s.window[o.other] = 0, source.choice((0, 0, 1 << max(o.dst, 0)))
        if source.random() < 0.7:
            s.known[s.space[o.other]] |= 1 << int(s.message[o.other])


def _live(before: Table, after: Table, o: Operation, source: Random) -> None:
    """Perhaps the partner begins or ends, where it may or not."""
    if o.kind in (Kind.CREATE, Kind.END) and source.random() < 0.7:
        s, n = view(before, BOARD), view(after, BOARD)
        s.life[o.other], n.life[o.other] = (source.choice((0, 0, 2)), 1) if o.kind == Kind.CREATE else (1, 2)
        n.space[o.other] = source.choice((n.space[o.other], max(o.into, 0)))
        s.born[n.space[o.other]] = source.choice((0, 1))


def steps_made_up(count: int, seed: int) -> list[Step]:
    """So many steps, the same for each seed."""
    source, found = Random(seed), []
    for _ in range(count):
        o = _operation(source)
        before = FIRST.copy()
        for _ in range(source.choice((1, 4, 8, 16))):
            _change(before, o, source, 0.3)
        _agree(before, o, source)
        s = view(before, BOARD)
        if source.random() < 0.7:
            s.spaces.phys[:] = [max(NIL, evaluate(s.spaces, x)) for x in range(SCOPE.slots)]
        after = before.copy()
        _deliver(after, o, source)
        _live(before, after, o, source)
        for _ in range(source.choice((0, 1, 1, 2, 4))):
            _change(after, o, source, 0.7)
        found.append(Step(before, o, after))
    return found


def search_of(scope: MessageScope, messages: MessageDialect = CANONICAL_MESSAGES, faults: int = 0) -> Any:
    """A search of all that a scope reaches, under way, for every property and without symmetry."""
    every = (1 << len(MESSAGE_IDS)) - 1
    return _Search(scope, messages, CANONICAL, faults, every, 1 << 30, explored_calls(scope, messages), symmetry=False)
