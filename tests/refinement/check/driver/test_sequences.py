"""Every sequence of two operations on a database in this process: each is tried, and the first that fails is named."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from refinement.check.driver import driver
from refinement.check.driver.sequences import Sequences, alphabet, enumerate_sequences, init_row
from tests.refinement.check.plain import Database, Log

SCOPE = Scope(2, 1, 1)
OPERATIONS = [
    [1, 0, 0, 1, 0, 7],
    [1, 1, 0, 0, 0, 7],
    [2, 0, 0, 1, 0, 7],
    [2, 1, 0, 0, 0, 7],
    [3, 0, 0, 0, 0, 7],
    [3, 1, 0, 0, 0, 7],
    [1, 0, 0, 0, 0, 7],
    [1, 1, 0, 1, 0, 7],
    [2, 0, 0, 0, 0, 7],
    [2, 1, 0, 1, 0, 7],
]
NAMES = {1: "map", 2: "grant", 3: "flush"}


def called(row: Any) -> tuple[Any, ...]:
    kind, a, b, c, d, rights = row
    return (NAMES[kind], a, b, rights) if kind == 3 else (NAMES[kind], a, b, c, d, rights)


def test_the_alphabet() -> None:
    assert alphabet(SCOPE).tolist() == OPERATIONS
    some = alphabet(SCOPE, (6, 0), grants=False).tolist()
    assert some == [[*row[:5], mask] for mask in (6, 0) for row in OPERATIONS if row[0] != 2]
    looks = [[4, 0, 0, 0, 0, 0], [4, 1, 0, 0, 0, 0]]
    assert alphabet(SCOPE, looks=True).tolist() == [*OPERATIONS, *looks]
    assert work(looks=True).operations.tolist() == [*OPERATIONS, *looks]
    assert alphabet(SCOPE, ()).shape == (0, 6)
    pages = {tuple(row[1:3]) for row in alphabet(Scope(2, 2, 1)).tolist()}
    assert pages == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert len(alphabet(Scope(2, 2, 1))) == 2 * 16 + 4
    assert init_row(Scope(4, 3, 2)).tolist() == [[0, 4, 3, 2, 0, 0]]


def work(length: int = 2, seconds: float = 60.0, **bounds: Any) -> Sequences:
    return Sequences(CANONICAL.readings, SCOPE, (7,), length, seconds, **bounds)


def sequences(log: Log) -> list[Any]:
    """The operations after each init."""
    found: list[Any] = []
    for name, *arguments in log:
        if name == "init":
            assert arguments == [2, 1, 1]
            found.append([])
        elif name in NAMES.values():
            found[-1].append((name, *arguments))
    return found


@pytest.mark.parametrize("length", [1, 2])
def test_every_sequence_is_tried(length: int) -> None:
    database = Database()
    assert work(length).count == 10**length
    assert work(length).do(database.bench(8)) == {"failure": None, "done": 10**length, "complete": True}
    expected = [list(map(called, each)) for each in product(OPERATIONS, repeat=length)]
    assert sequences(database.log) == expected
    looks = [("lookup", 0, 0), ("lookup_hw", 0, 0), ("lookup", 1, 0), ("lookup_hw", 1, 0), ("check",)]
    assert database.log[: 6 + length] == [("init", 2, 1, 1), *expected[0], *looks]


def test_a_part_of_them() -> None:
    database = Database()
    assert work(first=37, stop=64).do(database.bench(8)) == {"failure": None, "done": 27, "complete": True}
    every = [list(map(called, each)) for each in product(OPERATIONS, repeat=2)]
    assert sequences(database.log) == every[37:64]
    database.log.clear()
    assert work(stop=0).do(database.bench(8)) == {"failure": None, "done": 0, "complete": True}
    assert database.log == []
    assert work(first=97).do(database.bench(8)) == {"failure": None, "done": 3, "complete": True}
    assert sequences(database.log) == every[97:]


def test_the_time_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    slices = lambda seconds, batch, step: given.append((seconds, batch, step(batch)))  # noqa: E731
    monkeypatch.setattr("refinement.check.driver.sequences.in_slices", slices)
    assert work().do(Database().bench(8)) == {"failure": None, "done": 8, "complete": False}
    assert given == [(60.0, 8, False)]


def test_slices_until_all_are_done_or_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    slices = lambda seconds, batch, step: given.extend(step(4) for _ in range(2))  # noqa: E731
    monkeypatch.setattr("refinement.check.driver.sequences.in_slices", slices)
    bench = Database().bench(8)
    bench.cells[driver.FAULT] = driver.Mismatch.STATUS  # of something before
    assert work(first=1, stop=9).do(bench) == {"failure": None, "done": 8, "complete": True}
    database = Database()
    database.answers = lambda name, *given: 9 if (name, *given) == called(OPERATIONS[6]) else None
    found = work().do(database.bench(8))
    assert given == [False, True, False, True]
    assert (found["done"], found["complete"]) == (6, False)


@pytest.mark.parametrize("wrong", ["init", "map"])
def test_a_sequence_ends_where_it_is_wrong(wrong: str) -> None:
    """What comes after a call that is wrong is not asked for, however right it would be."""
    database = Database()
    database.answers = lambda name, *given: (
        -9 if name == wrong and database.log[-2:-1] in ([], [("init", 2, 1, 1)]) else None
    )
    assert work().do(database.bench(8))["failure"]["cells"][0] == driver.Mismatch.ERROR
    assert database.log == [("init", 2, 1, 1), ("map", 0, 0, 1, 0, 7)][: 1 + (wrong == "map")]


@pytest.mark.parametrize("place", range(10))
def test_the_first_sequence_that_fails(place: int) -> None:
    """No operation is left out: whichever is wrong alone is found, the last one too."""
    database = Database()
    row = OPERATIONS[place]
    before = sum(row == each for each in OPERATIONS[:place])
    assert before == 0
    database.answers = lambda name, *given: 9 if (name, *given) == called(row) else None
    found = work().do(database.bench(8))
    first = next(n for n, each in enumerate(product(OPERATIONS, repeat=2)) if row in each)
    assert (found["done"], found["complete"]) == (first, False)
    assert found["failure"]["cells"][:2] == [driver.Mismatch.ERROR, row[0]]
    assert sequences(database.log)[-1][-1] == called(row)
    assert len(sequences(database.log)) == first + 1


def test_what_is_wrong_only_in_the_end() -> None:
    database = Database()
    seen = []

    def answers(name: str, *given: Any) -> int | None:
        if name == "check":
            seen.append(1)
            return 4 if len(seen) == 23 else None
        return None

    database.answers = answers
    found = work().do(database.bench(8))
    assert (found["done"], found["failure"]["cells"][0]) == (22, driver.Mismatch.CHECK)


def test_digits_are_left_where_it_ended() -> None:
    database = Database()
    bench = database.bench(8)
    session, digits = bench.session(CANONICAL.readings, 2), np.array([9, 8])
    arguments = session, init_row(SCOPE), alphabet(SCOPE), digits
    assert enumerate_sequences(*arguments, 1) == 1
    assert digits.tolist() == [9, 9]
    assert enumerate_sequences(*arguments, 5) == 1
    assert digits.tolist() == [0, 0]
    assert enumerate_sequences(*arguments, 2) == 2
    assert digits.tolist() == [0, 2]


@pytest.mark.parametrize("last", [[0, 3], [9, 9]])
def test_digits_spell_the_sequence_that_failed(last: list[int]) -> None:
    """The very last one, too, which is not done then."""
    database = Database()
    database.answers = lambda name, *given: 9 if (name, *given) == called(OPERATIONS[last[1]]) else None
    bench, digits = database.bench(8), np.array(last)
    session = bench.session(CANONICAL.readings, 2)
    assert enumerate_sequences(session, init_row(SCOPE), alphabet(SCOPE), digits, 5) == 0
    assert digits.tolist() == last
    found = work(first=10 * last[0] + last[1]).do(bench)
    assert (found["done"], found["complete"]) == (0, False)


def test_a_sequence_without_a_next_state_is_passed_over() -> None:
    from model.spaces.dialect import DIALECTS

    eager = DIALECTS["literal-eager"].readings
    database = Database(eager)
    found = Sequences(eager, SCOPE, (7,), 2, 60.0).do(database.bench(8))
    assert found == {"failure": None, "done": 100, "complete": True}
    assert min(map(len, sequences(database.log))) == 1
