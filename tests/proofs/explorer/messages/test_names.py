"""Renamings of states with threads by hand: what takes the place of what, which are symmetries, what is least."""

from typing import Any

import numpy as np
import pytest

from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, Chooses, Lines, MessageReadings, Ports, Sender
from model.messages.scope import MessageScope
from model.messages.tables import board_of, first_row, size_of, view
from proofs.explorer.messages import symmetry
from proofs.explorer.messages.calls import explored_calls
from proofs.explorer.messages.packing import pack, packing_of
from proofs.explorer.messages.symmetry import (
    Renamings,
    find_least,
    is_symmetry,
    rename,
    renamed_calls,
    renamed_one,
    renamed_set,
    renamings_of,
    scratch_of,
)
from tests.proofs.explorer.messages.cases import BOARD, SCOPE, edited, tables_of

READINGS = CANONICAL_MESSAGES.readings


def names_of(**tables: tuple[int, ...]) -> Renamings:
    """The trivial renaming, and one that is given."""
    return Renamings(**{kind: np.array([sorted(to), to], np.int64) for kind, to in tables.items()})


ROUND = names_of(slot=(1, 2, 3, 0), frame=(1, 0), space=(1, 0), thread=(1, 2, 3, 0), ident=(1, 2, 0), word=(2, 0, 1))
"""Everything moves on by one, and words by two."""

HELD: dict[str, tuple[int, ...]] = {
    "sigma": (-2, -3, 0, -1),
    "phys": (0, 1, 0, -1),
    "rights": (7, 6, 5, 0),
    "life": (1, 2, 1, 0),
    "space": (0, 1, 1, 0),
    "awaits": (0b011, 0b100, 0, 0b001),
    "window": (0b0001, 0b1000, 0b0110, 0),
    "sender": (0, -1, 2, 1),
    "message": (0, -1, 1, 2),
    "pager": (-1, 0, 1, 2),
    "calls": (-1, 0, 3, 2),
    "server": (2, -1, 1, 0),
    "known": (0b011, 0b100),
    "born": (1, 0),
    "contains": (0b001, 0b110),
    "named": (1, 1, 0),
    "latest": (0, 2, -1),
}
RENAMED: dict[str, tuple[int, ...]] = {
    "sigma": (-1, -3, -2, 1),
    "phys": (-1, 1, 0, 1),
    "rights": (0, 7, 6, 5),
    "life": (0, 1, 2, 1),
    "space": (1, 1, 0, 0),
    "awaits": (0b010, 0b110, 0b001, 0),
    "window": (0, 0b0010, 0b0001, 0b1100),
    "sender": (2, 1, -1, 0),
    "message": (1, 2, -1, 0),
    "pager": (0, -1, 1, 2),
    "calls": (3, -1, 1, 0),
    "server": (1, 3, -1, 2),
    "known": (0b010, 0b101),
    "born": (0, 1),
    "contains": (0b011, 0b100),
    "named": (0, 1, 1),
    "latest": (-1, 1, 0),
}


def test_what_takes_the_place_of_each() -> None:
    row = np.zeros(size_of(BOARD), np.int64)
    tables = tables_of(row)
    for name, values in HELD.items():
        tables[name][:] = values
    tables["sent"][:] = 1
    for g, expected in ((0, HELD), (1, RENAMED)):
        other = np.full_like(row, 77)
        rename(view(row, BOARD), view(other, BOARD), BOARD, ROUND, g)
        found = {name: tuple(table.tolist()) for name, table in tables_of(other).items()}
        assert found.pop("sent") == (77,) * 16
        assert found == expected


def test_sets_and_elements_under_other_names() -> None:
    assert [renamed_set(elements, ROUND.slot, 1) for elements in (0, 1, 8, 0b0110)] == [0, 2, 1, 0b1100]
    assert [renamed_set(elements, ROUND.slot, 0) for elements in (0, 1, 8, 0b0110)] == [0, 1, 8, 0b0110]
    assert [renamed_one(element, ROUND.word, 1) for element in (-2, -1, 0, 1, 2)] == [-2, -1, 2, 0, 1]


def test_calls_under_other_names() -> None:
    none = Operation(Kind.TIMEOUT)
    call = Operation(Kind.SEND_MAP, 0, 3, 1, 2, -1, 5, 0, 1, 2, 0, 0b101, 0b1001, 0b110)
    calls = np.array([call, none], np.int64)
    found = renamed_calls(calls, ROUND, 1).tolist()
    assert found == [list(Operation(Kind.SEND_MAP, 1, 0, 0, 3, -1, 5, 1, 0, 0, 1, 0b011, 0b0011, 0b011)), list(none)]
    assert renamed_calls(calls, ROUND, 0).tolist() == calls.tolist()
    assert calls[0].tolist() == list(call)


PAIRS = MessageScope(2, 2, 2, threads=2, ids=2, words=3, booted=2)
SAME: dict[str, tuple[int, ...]] = {
    **{"slot": (0, 1, 2, 3), "frame": (0, 1), "space": (0, 1), "thread": (0, 1), "ident": (0, 1), "word": (0, 1, 2)}
}
THREADS: dict[str, Any] = {"thread": (1, 0), "ident": (1, 0)}
SPACES: dict[str, Any] = {"space": (1, 0), "slot": (2, 3, 0, 1)}
PAGES: dict[str, Any] = {"slot": (1, 0, 3, 2), "word": (0, 2, 1)}
ANYWHERE, BADGE = READINGS._replace(ports=Ports.ANYWHERE), READINGS._replace(sender=Sender.BADGE)
KERNEL, ASSIGNED = READINGS._replace(chooses=Chooses.KERNEL), READINGS._replace(lines=Lines.ASSIGNED)
KEPT: list[tuple[dict[str, Any], dict[str, Any], MessageReadings, bool]] = [
    ({}, {}, READINGS._replace(chooses=Chooses.KERNEL, lines=Lines.ASSIGNED, sender=Sender.BADGE), True),
    (THREADS, {}, READINGS, True),
    ({"thread": (1, 0)}, {}, READINGS, False),
    ({"ident": (1, 0)}, {}, READINGS, False),
    (THREADS, {"hardware": (1, 0)}, READINGS, False),
    (THREADS, {"hardware": (1, 1)}, READINGS, True),
    (SPACES, {}, READINGS, True),
    ({"space": (1, 0)}, {}, READINGS, False),
    ({"slot": (2, 3, 0, 1)}, {}, READINGS, False),
    (PAGES, {}, READINGS, True),
    ({"slot": (1, 0, 3, 2)}, {}, READINGS, False),
    ({"word": (0, 2, 1)}, {}, READINGS, False),
    ({"word": (1, 0, 2)}, {"fault": (2, 2, 2, 2)}, READINGS, False),
    ({"word": (1, 0, 2)}, {"fault": (2, 2, 2, 2), "empty": (2,)}, READINGS, True),
    ({"frame": (1, 0)}, {}, READINGS, True),
    ({"frame": (1, 0)}, {"port": (1, 0)}, READINGS, False),
    ({"frame": (1, 0)}, {"port": (1, 1)}, READINGS, True),
    (THREADS, {"number": (0, 0)}, READINGS, False),
    ({}, {"number": (0, 0)}, READINGS, True),
    (PAGES, {"port": (1, 1)}, READINGS, False),
    (PAGES, {"port": (1, 1)}, ANYWHERE, True),
    (SPACES, {"port": (1, 1)}, READINGS, True),
    (THREADS, {"badges": (1, 2)}, BADGE, True),
    (THREADS, {"badges": (3, 2)}, BADGE, False),
    (THREADS, {"badges": (3, 2)}, READINGS, True),
    ({**SPACES, **THREADS}, {"ids_of": (1, 2), "spaces_of": (2, 1)}, KERNEL, True),
    ({**SPACES, **THREADS}, {"ids_of": (1, 2), "spaces_of": (2, 0)}, KERNEL, False),
    ({**SPACES, **THREADS}, {"ids_of": (1, 2), "spaces_of": (2, 0)}, READINGS, True),
    (SPACES, {"ids_of": (1, 2), "spaces_of": (2, 1)}, KERNEL, False),
    ({**SPACES, **THREADS}, {"lines_of": (1, 2)}, ASSIGNED, True),
    (SPACES, {"lines_of": (1, 2)}, ASSIGNED, False),
    (SPACES, {"lines_of": (1, 2)}, READINGS, True),
    (SPACES, {"lines_of": (3, 0)}, ASSIGNED, False),
    (SPACES, {"ids_of": (3, 0), "spaces_of": (2, 1)}, KERNEL, False),
]
"""What moves, what is different in the machine, the readings, and whether the machine is the same then."""


@pytest.mark.parametrize(("moved", "machine", "readings", "expected"), KEPT)
def test_which_renamings_leave_the_machine_as_it_is(
    moved: dict[str, Any], machine: dict[str, Any], readings: MessageReadings, expected: bool
) -> None:
    board = board_of(PAIRS)._replace(**{name: np.array(table, np.int64) for name, table in machine.items()})
    names = names_of(**{**SAME, **moved})
    assert symmetry._keeps_machine(board, readings, names, 1) == expected
    assert symmetry._keeps_machine(board, readings, names, 0)


def numbers_of(calls: tuple[Operation, ...]) -> np.ndarray:
    return np.array(calls, np.int64).reshape(len(calls), len(Operation._fields))


def group_of(scope: MessageScope) -> Renamings:
    return renamings_of(scope, READINGS, numbers_of(explored_calls(scope, CANONICAL_MESSAGES)))


LATER = MessageScope(1, 1, 1, threads=3, ids=3, common=1)


def test_the_first_state_and_the_calls_are_the_same() -> None:
    """τ1 and τ2 are alike since neither runs, τ0 and τ1 are not; nor are τ1 and τ2 if one of them is never called."""
    calls = numbers_of(explored_calls(LATER, CANONICAL_MESSAGES))
    one = {"slot": (0,), "frame": (0,), "space": (0,), "word": (0,)}
    alike = names_of(**one, thread=(0, 2, 1), ident=(0, 2, 1))
    assert is_symmetry(LATER, READINGS, calls, alike, 1)
    assert is_symmetry(LATER, READINGS, calls, alike, 0)
    assert not is_symmetry(LATER, READINGS, calls, names_of(**one, thread=(1, 0, 2), ident=(1, 0, 2)), 1)
    assert not is_symmetry(LATER, READINGS, calls, names_of(**one, thread=(0, 2, 1), ident=(0, 1, 2)), 1)
    other = Operation._fields.index("other")
    assert not is_symmetry(LATER, READINGS, calls[calls[:, other] != 1], alike, 1)
    again = np.concatenate([calls, calls[:5]])[::-1]
    assert is_symmetry(LATER, READINGS, again, alike, 1)


MANY = MessageScope(1, 3, 1, threads=3, ids=3, words=2)
GROUPS: list[tuple[MessageScope, dict[str, list[list[int]]]]] = [
    (LATER, {"thread": [[0, 1, 2], [0, 2, 1]], "ident": [[0, 1, 2], [0, 2, 1]]}),
    (
        MessageScope(3, 1, 1, threads=3, ids=3, booted=3, common=1),
        {kind: [[0, 1, 2], [0, 2, 1]] for kind in ("slot", "space", "thread", "ident")},
    ),
    (
        MessageScope(2, 1, 1, threads=4, ids=4, hardware=2),
        {"thread": [[0, 1, 2, 3], [0, 2, 1, 3]], "ident": [[0, 1, 2, 3], [0, 2, 1, 3]]},
    ),
    (MessageScope(1, 1, 1, threads=1, ids=1, words=4, common=1), {"word": [[0, 1, 2, 3], [0, 1, 3, 2]]}),
    (
        MessageScope(1, 2, 2, threads=1, ids=1, words=3),
        {"slot": [[0, 1], [1, 0]], "frame": [[0, 1], [1, 0]], "word": [[0, 1, 2], [0, 2, 1]]},
    ),
    (MessageScope(1, 2, 2, threads=1, ids=1), {"slot": [[0, 1], [1, 0]], "frame": [[0, 1], [1, 0]]}),
    (
        MANY,
        {
            "slot": [[0, 1, 2], [0, 2, 1], [0, 1, 2], [0, 2, 1]],
            **{kind: [[0, 1, 2], [0, 1, 2], [0, 2, 1], [0, 2, 1]] for kind in ("thread", "ident")},
            "word": [[0, 1]] * 4,
        },
    ),
]


@pytest.mark.parametrize(("scope", "expected"), GROUPS)
def test_every_renaming_of_a_small_scope(scope: MessageScope, expected: dict[str, list[list[int]]]) -> None:
    names = group_of(scope)
    order = max(len(table) for table in expected.values())
    for kind, table in names._asdict().items():
        assert table.tolist() == expected.get(kind, [list(range(table.shape[1]))] * order), kind


FEWER = MessageScope(1, 3, 1, threads=4, ids=4, words=1)


@pytest.mark.parametrize(
    ("scope", "most", "order"),
    [(MANY, 8, 4), (MANY, 7, 2), (MANY, 4, 2), (MANY, 3, 1), (MANY, 1, 1), (FEWER, 12, 12), (FEWER, 11, 6)],
)
def test_of_too_many_renamings_some_are_left_out(
    scope: MessageScope, most: int, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of pages first, then of spaces and threads: two of each and of words are tried; or six, two and one."""
    monkeypatch.setattr(symmetry, "MOST_RENAMINGS", most)
    names = group_of(scope)
    assert len(names.slot) == order
    assert [table[0].tolist() for table in names] == [list(range(table.shape[1])) for table in names]
    assert len({tuple(threads) for threads in names.thread.tolist()}) == (
        order if most in (7, 4, 11) else order // 2 or 1
    )


def test_very_many_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    three = MessageScope(2, 3, 1)
    assert list(symmetry._fixing_first(3)) == [(0, 1, 2), (0, 2, 1)]
    assert list(symmetry._keeping("aba")) == [(0, 1, 2), (2, 1, 0)]
    assert len(symmetry._pages(three)) == 12
    assert symmetry._pages(three)[:3] == [((0, 1, 2), (0, 1, 2)), ((0, 1, 2), (0, 2, 1)), ((0, 1, 2), (1, 0, 2))]
    assert symmetry._pages(three)[6] == ((0, 2, 1), (0, 1, 2))
    assert symmetry._words(MessageScope(1, 1, 1, words=4, common=2)) == [
        *((0, 1, 2, 3), (0, 1, 3, 2), (1, 0, 2, 3), (1, 0, 3, 2)),
    ]
    monkeypatch.setattr(symmetry, "MOST_RENAMINGS", 12)
    assert len(symmetry._pages(three)) == 12
    monkeypatch.setattr(symmetry, "MOST_RENAMINGS", 11)
    assert symmetry._pages(three) == [((0, 1, 2), (0, 1, 2))]
    monkeypatch.setattr(symmetry, "MOST_RENAMINGS", 7)
    assert symmetry._pages(MessageScope(4, 2, 1)) == [((0, 1),) * 4]  # there are eight
    monkeypatch.setattr(symmetry, "MOST_RENAMINGS", 8)
    assert len(symmetry._pages(MessageScope(4, 2, 1))) == 8
    monkeypatch.setattr(symmetry, "MOST_RENAMINGS", 2)
    assert len(list(symmetry._fixing_first(3))) == len(list(symmetry._keeping("aba"))) == 2
    monkeypatch.setattr(symmetry, "MOST_RENAMINGS", 1)
    assert list(symmetry._fixing_first(3)) == list(symmetry._keeping("aba")) == [(0, 1, 2)]


def test_ids_follow_their_threads() -> None:
    """τ0 and τ3 have one id: neither can take another's place alone."""
    assert symmetry._ids(SCOPE, (0, 1, 2, 3)) == (0, 1, 2)
    assert symmetry._ids(SCOPE, (3, 2, 1, 0)) == (0, 2, 1)
    assert symmetry._ids(SCOPE, (1, 0, 2, 3)) is None
    assert symmetry._ids(MessageScope(1, 1, 1, threads=2, ids=3), (1, 0)) == (1, 0, 2)
    assert symmetry._spaces_and_threads(SCOPE) == [
        ((0, 1), (0, 1, 2, 3), (0, 1, 2)),
    ]


WIDE = MessageScope(3, 2, 1, threads=5, ids=5, words=2)


@pytest.mark.parametrize("edits", ["", "life.1=1 life.3=1", "awaits.2=4 life.4=1", "latest.2=1", "born.1=1 known.2=2"])
def test_the_least_key_of_all(edits: str) -> None:
    """Keys of several words, which may differ in the last one only."""
    board, packing = board_of(WIDE), packing_of(WIDE)
    names = Renamings(*(table[:48] for table in _every(WIDE)))
    w = scratch_of(board, packing)
    row = edited(first_row(WIDE), edits, board)
    keys = []
    for g in range(len(names.slot)):
        rename(view(row, board), w.renamed, board, names, g)
        assert pack(w.rows[2], packing, w.key)
        keys.append(w.key.tolist())
    for at, s in ((0, w.before), (1, w.after)):
        w.rows[:2] = 99
        w.rows[at] = row
        w.least[:] = 0
        assert find_least(at, s, board, packing, names, w) == keys.count(min(keys))
        assert w.least.tolist() == min(keys)
    w.rows[0, 0] = 99
    assert find_least(0, w.before, board, packing, names, w) == 0


def _every(scope: MessageScope) -> Renamings:
    """Spaces other than σ0, and threads that have not begun with their ids, in every order."""
    found = []
    for spaces, threads, ids in symmetry._spaces_and_threads(scope):
        slots = tuple(p * scope.pages + v for p in spaces for v in range(scope.pages))
        found.append((slots, (0,), spaces, threads, ids, (0, 1)))
    return Renamings(*(np.array(rows, np.int64) for rows in zip(*found, strict=True)))


def test_room_to_work_in() -> None:
    board, packing = board_of(WIDE), packing_of(WIDE)
    w = scratch_of(board, packing)
    assert w.rows.shape == (3, size_of(board))
    for at, s in enumerate((w.before, w.after, w.renamed)):
        w.rows[at] = at + 1
        assert s.life.tolist() == [at + 1] * 5
    assert len(w.key) == len(w.least) == packing.words > 1
    assert w.key is not w.least
