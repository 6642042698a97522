"""Random programs on a database in this process: drawn as always, each followed by a probe of every live slot."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from model.spaces.literal import NIL
from refinement.check.driver import driver, indexed, walk
from refinement.check.driver.sequences import init_row
from refinement.check.driver.situations import Situation
from refinement.check.driver.walk import SIZES, Walk, new_path, one_program
from tests import clock as clocks
from tests.refinement.check.plain import Database, Log, compiled_and_run

WORD = (1 << 64) - 1
NAMES = {1: "map", 2: "grant", 3: "flush"}


def splitmix(state: Any) -> Iterator[int]:
    while True:
        state = state + 0x9E3779B97F4A7C15 & WORD
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & WORD
        z = (z ^ z >> 27) * 0x94D049BB133111EB & WORD
        yield z ^ z >> 31


def test_the_generator() -> None:
    path, numbers = new_path(3, 2, 11, 4), splitmix(int(new_path(3, 2, 11, 4).random[0]))
    for below in (1, 2, 7, 100, 1 << 20):
        word = next(numbers)
        assert walk.draw(path, below) == (word >> 33) % below
        assert walk.scramble(path.random[0]) == word
    assert int(new_path(1, 1, 11, 4).random[0]) != int(new_path(1, 1, 11, 5).random[0])
    assert int(new_path(1, 1, 11, 4).random[0]) != int(new_path(1, 1, 12, 4).random[0])


def test_room_for_a_path() -> None:
    path = new_path(3, 2, 0, 0)
    assert path.program.shape == (5, 6)
    assert (path.live.tolist(), path.place.tolist(), path.notes.tolist()) == ([0, 0], [-1, -1], [0] * 8)
    assert path.random.dtype == np.uint64
    assert path.random.shape == (1,)


class Case:
    """A target, a session, a path."""

    def __init__(
        self, scope: Scope, seed: int = 0, stream: int = 0, dialect: Dialect = CANONICAL, most: int = 12
    ) -> None:
        self.database = Database(dialect.readings)
        self.bench = self.database.bench(256)
        self.session = self.bench.session(dialect.readings, scope.slots)
        self.path = new_path(most, scope.slots, seed, stream)
        self.scope, self.most, self.init = scope, most, init_row(scope)

    def program(self, every: int = 1) -> int:
        return one_program(self.session, self.path, self.init, self.most, every)

    def segments(self) -> list[Any]:
        """The operations after each init."""
        found: list[Any] = []
        for name, *given in self.database.operations():
            if name == "init":
                found.append([])
            else:
                found[-1].append((name, *given))
        return found


SCOPES = [Scope(2, 1, 1), Scope(3, 1, 1), Scope(2, 2, 1), Scope(3, 2, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_each_program_ends_with_a_probe_of_every_live_slot(scope: Scope) -> None:
    """Of those that are live, and of no others: each after a replay, the first after the program itself."""
    case, probed = Case(scope), 0
    for _ in range(12):
        case.database.log.clear()
        assert case.program() == 0
        first, *others = case.segments()
        program = first[:-1]
        replayed = Database()
        replayed.init(scope.spaces, scope.pages, scope.frames)
        for name, *given in program:
            getattr(replayed, name)(*given)
        live = [divmod(x, scope.pages) for x in range(scope.slots) if replayed.state.sigma[x] != NIL]
        probes = [segment[-1] for segment in (first, *others)]
        assert sorted(probe[1:3] for probe in probes) == live
        assert {probe[0] for probe in probes} <= {"flush", "grant"}
        assert [segment[:-1] for segment in others] == [program] * len(others)
        probed += len(probes)
        looks = {driver.StepKind.LOOK}
        rows = [row for row in case.path.program[1:].tolist() if row[0] not in looks][: len(program)]
        told = [(NAMES[k], a, b, r) if k == 3 else (NAMES[k], a, b, c, d, r) for k, a, b, c, d, r in rows]
        assert told == program
        assert 1 <= len(program) <= case.most
    assert probed >= 12


def test_what_changes_is_looked_at_unless_a_program_is_unwatched() -> None:
    """Then only slots that the program names are looked at, and all in the end; else all every so many steps, too."""
    case, every, unwatched = Case(Scope(2, 2, 1)), 3, 0
    everything = [*((view, x // 2, x % 2) for x in range(4) for view in ("lookup", "lookup_hw")), ("check",)]
    for _ in range(24):
        case.database.log.clear()
        assert case.program(every) == 0
        log = case.database.log
        inits = [n for n, call in enumerate(log) if call[0] == "init"]
        asked = [n for n, call in enumerate(log) if call[0] in NAMES.values()]
        *steps, probe = [n for n in asked if n < [*inits, len(log)][1]]
        assert log[probe - 9 : probe] == everything
        assert all(log[n + 1 : n + 10] == everything for n in (probe, *(last - 10 for last in inits[1:])))
        named = [row[1:3] for row in case.path.program[1 : 1 + case.most].tolist() if row[0] == driver.StepKind.LOOK]
        shown = Database()
        shown.init(2, 2, 1)
        seen: list[bool] = []
        unnamed = False
        for number, (step, following) in enumerate(pairwise([*steps, probe]), 2):
            before = [shown.lookup(x // 2, x % 2) for x in range(4)]
            getattr(shown, log[step][0])(*log[step][1:])
            changed = [divmod(x, 2) for x in range(4) if shown.lookup(x // 2, x % 2) != before[x]]
            looks = log[step + 1 : following - 9 if following == probe else following]
            seen.append(all((view, *slot) in looks for slot in changed for view in ("lookup", "lookup_hw")))
            seen[-1] &= len(looks) >= 2 and (("check",) in looks) == (number % every == 0)
            free = [[*look[1:]] in named for look in looks]
            unnamed |= not all(free)
        assert all(seen) or not unnamed
        unwatched += not all(seen)
    assert 0 < unwatched < 12


def test_a_wrong_flush_of_a_live_slot_is_found_by_the_probes() -> None:
    """Right as long as a program runs, and wrong in the flush after its replay: no other call shows it."""
    case = Case(Scope(3, 1, 1))
    inits: Callable[[], int] = lambda: sum(call[0] == "init" for call in case.database.log)  # noqa: E731
    case.database.answers = lambda name, *given: 9 if name == "flush" and inits() > 1 else None
    found = 0
    for _ in range(20):
        case.database.log.clear()
        found = case.program()
        if found:
            break
    assert found == driver.Mismatch.ERROR
    assert inits() > 1
    assert case.database.log[-1][0] == "flush"


def test_live_slots_are_followed() -> None:
    case = Case(Scope(2, 2, 1))
    for _ in range(20):
        case.program()
        count = int(case.path.notes[walk.COUNT])
        live = case.path.live[:count].tolist()
        assert len(set(live)) == count
        for x in range(4):
            assert case.path.place[x] == (live.index(x) if x in live else -1)


@pytest.mark.parametrize(
    ("scope", "most"),
    [(Scope(1, 32, 8), 24), (Scope(1, 256, 30), 24), (Scope(1, 257, 30), 2), (Scope(2, 140, 30), 2)],
    ids=str,
)
def test_large_scopes_get_few_probes(scope: Scope, most: int) -> None:
    case = Case(scope, most=1)
    case.session.cells[driver.ADDRESSES + driver.LOOKUP_HW] = 0
    assert case.program(every=30) == 0
    live = int(case.path.notes[walk.COUNT])
    probed = [scope.slot(*segment[-1][1:3]) for segment in case.segments()]
    assert len(probed) == min(most, live)
    assert {*probed} <= {*case.path.live[:live].tolist()}
    assert (probed == case.path.live[: len(probed)].tolist()) == (live <= most)


@pytest.mark.parametrize("fault", ["init", "operation", "changed", "any", "check", "replay", "probe"])
def test_a_difference_ends_a_program(fault: str) -> None:
    """At once, the first time that there is one: nothing is asked after it."""
    case = Case(Scope(2, 2, 1), seed=1)
    calls: list[str] = []
    differences = []

    def answers(name: str, *given: Any) -> int | None:
        calls.append(name)
        wrong = {
            "init": name == "init",
            "operation": name == "map",
            "changed": name == "lookup_hw" and len(calls) > 3,
            "any": name == "lookup" and len(calls) > 9,
            "check": name == "check",
            "replay": name == "map" and calls.count("init") > 1,
            "probe": name == "check" and calls.count("init") > 1 and case.path.notes[walk.COUNT] > 2,
        }[fault]
        differences.append(wrong)
        return 9 if wrong else None

    case.database.answers = answers
    for _ in range(30):
        calls.clear()
        found = case.program()
        if found:
            break
    assert found == case.session.cells[driver.FAULT] != 0
    assert differences.index(True) == len(differences) - 1
    last = {"init": "init", "operation": "map", "replay": "map", "changed": "lookup_hw", "any": "lookup"}.get(
        fault, "check"
    )
    assert calls[-1] == last


def test_a_program_without_a_next_state_ends_there() -> None:
    case = Case(Scope(3, 1, 1), dialect=DIALECTS["literal-eager"])
    for _ in range(60):
        case.database.log.clear()
        assert case.program() == 0
    assert case.session.cells[driver.FAULT] in (0, driver.Mismatch.CYCLE)


def digest(*values: Any) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


# Drawn once: a seed means the same programs, the same looks and the same situations ever after.
@pytest.mark.parametrize(
    ("number", "expected"),
    list(
        enumerate(("b9db7c6f8d7ee464", "7a7556d4f1b90ef6", "36d9ff2aa0629892", "2d2545c88e2ac159", "1daa8dc9fee3e671"))
    ),
)
def test_the_programs_of_a_seed_stay_what_they_are(number: int, expected: str) -> None:
    scope, most, every = SIZES[number]
    log: Log = []
    rows: list[Any] = []
    counts = None
    for dialect in ("canonical", "tree", "fiasco", "literal-eager"):
        case = Case(scope, seed=5, stream=number, dialect=DIALECTS[dialect], most=most)
        for _ in range(8 if number < 3 else 4):
            case.program(every)
        log += case.database.log
        rows += case.bench.rows.tolist()
        counts = case.session.cells[driver.SITUATIONS :].tolist()
    assert digest(log, rows, counts) == expected


def test_the_sizes_grow() -> None:
    slots = [scope.slots for scope, _, _ in SIZES]
    assert slots == sorted(slots)
    assert all(one[1] <= other[1] for one, other in pairwise(SIZES))
    assert len(Situation) == 23


@pytest.mark.long
def test_a_stream_walks_through_the_sizes() -> None:
    database = Database()
    found = Walk(CANONICAL.readings, 3, 1, 40, 0, 2).do(database.bench(256))
    assert found == {"refused": []}
    inits = [call[1:] for call in database.log if call[0] == "init"]
    assert list(dict.fromkeys(inits)) == [(2, 1, 1), (3, 1, 1), (2, 2, 1)]
    done = [sum(1 for call in part if call[0] in NAMES.values()) for part in parts(database.log)]
    assert all(40 <= number < 40 + 400 for number in done)


def parts(log: Log) -> list[Any]:
    """The calls in each scope."""
    found: list[Any] = []
    scope = None
    for call in log:
        if call[0] == "init" and call[1:] != scope:
            scope = call[1:]
            found.append([])
        found[-1].append(call)
    return found


def test_sizes_that_a_target_refuses_are_told() -> None:
    database = Database()
    database.answers = lambda name, *given: 1 if name == "init" and given == (3, 1, 1) else None
    bench = database.bench(256)
    assert Walk(CANONICAL.readings, 3, 1, 20, 0, 2).do(bench) == {"refused": [1]}
    assert bench.failure() is None
    assert Walk(CANONICAL.readings, 3, 1, 20, 1, 1).do(bench) == {"refused": [1]}
    database.answers = lambda name, *given: (
        -9 if name == "init" and given == (2, 2, 1) else 1 if name == "init" and given == (3, 1, 1) else None
    )
    found = Walk(CANONICAL.readings, 3, 1, 20, 0, 2).do(bench)
    assert (found["size"], found["refused"]) == (2, [1])
    assert found["failure"]["cells"][0] == driver.Mismatch.ERROR


def test_a_stream_is_walked_in_pieces_that_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between them the clock is looked at; there is none when the time is over."""
    bench, pieces = Database().bench(8), []

    def walked(session: Any, path: Any, init: Any, most: int, every: int, piece: int) -> int:
        pieces.append((init[0, 1:4].tolist(), most, every, piece, len(path.program), len(path.live)))
        assert path.random[0] == new_path(1, 1, 3, 1).random[0]
        assert len(session.model.sigma) == 4
        bench.cells[driver.OPERATIONS] += piece
        return 0

    monkeypatch.setattr(walk, "walk", walked)
    assert Walk(CANONICAL.readings, 3, 1, 202, 0, 2).do(bench) == {"refused": []}
    each = [1, 2, 4, *[5] * 39]
    sizes = [([2, 1, 1], 12, 1), ([3, 1, 1], 16, 1), ([2, 2, 1], 16, 1)]
    assert pieces == [(*size, piece, 18, 4) for size in sizes for piece in each]
    pieces.clear()
    clocks.tells(monkeypatch, lambda: 7.0, walk)
    assert Walk(CANONICAL.readings, 3, 1, 202, 0, 2, 0.0).do(bench) == {"refused": []}
    assert pieces == []
    usual = Walk(CANONICAL.readings, 3, 1, 202)
    assert (usual.smallest, usual.largest, usual.seconds) == (0, len(SIZES) - 1, 600.0)


def test_no_program_is_drawn_for_no_operation() -> None:
    case = Case(Scope(2, 1, 1))
    assert walk.walk(case.session, case.path, case.init, 12, 1, 0) == 0
    assert case.database.log == []
    assert walk.walk(case.session, case.path, case.init, 12, 1, 1) == 0
    assert 1 <= case.session.cells[driver.OPERATIONS] < 200
    assert walk.walk(case.session, case.path, case.init, 12, 1, 200) == 0
    assert 200 < case.session.cells[driver.OPERATIONS] < 500


def test_a_walk_is_of_programs() -> None:
    """Of so many operations at most, after every so many of which all slots are compared."""
    one, other = Case(Scope(2, 2, 1)), Case(Scope(2, 2, 1))
    assert walk.walk(one.session, one.path, one.init, 5, 3, 40) == 0
    while other.session.cells[driver.OPERATIONS] < 40:
        assert one_program(other.session, other.path, other.init, 5, 3) == 0
    assert one.database.log == other.database.log


def in_a_chain() -> Case:
    """Slot 1 holds the frame, 0 is mapped from it, 2 from 0, and 3 from 2; the rest is nil but 5, of another frame."""
    case = Case(Scope(2, 4, 2))
    driver.start(case.session, case.init, driver.FIRST_STEP)
    indexed.set_element(case.session.model, 0, NIL)
    indexed.set_element(case.session.model, 1, -2)
    for x, parent in ((0, 1), (2, 0), (3, 2)):
        indexed.set_element(case.session.model, x, parent)
    for n, x in enumerate((0, 1, 2, 3, 5)):
        case.session.model.phys[x] = x // 5
        case.path.live[n], case.path.place[x] = x, n
    case.path.notes[walk.COUNT] = 5
    return case


@pytest.mark.long
def test_destinations_are_related_to_their_source() -> None:
    case, seen = in_a_chain(), set()
    chain, live = [1, 0, 2, 3], [0, 1, 2, 3, 5]
    for seed in range(400):
        numbers = splitmix(seed * 77)
        case.path.random[0] = seed * 77
        below: Callable[[int], int] = lambda n: (next(numbers) >> 33) % n  # noqa: B023, E731
        for src in (3, 1, 5):
            way = below(100)
            if way < 40:
                expected = [below(8)]
            elif way < 60:
                expected = [live[below(5)]]
            elif way < 85:
                way_up = chain[: chain.index(src) + 1][::-1] if src in chain else [src]
                way_down = chain[chain.index(src) :] if src in chain else [src]
                along = way_up if way < 70 else way_down
                expected = [along[min(1 + below(3), len(along) - 1)]]
            elif way < 97:
                tries = (live[below(5)] for _ in range(4))
                found = next((x for x in tries if x != src and {x, src} <= {*chain}), None)
                expected = [below(8) if found is None else found]
            else:
                expected = [src]
            assert [walk.any_destination(case.session, case.path, np.int64(src))] == expected
            seen.add((src, sum(way >= limit for limit in (40, 60, 70, 85, 97))))
    assert len(seen) == 18


def test_where_nothing_is_live_any_slot_is() -> None:
    case = Case(Scope(2, 2, 1))
    driver.start(case.session, case.init, driver.FIRST_STEP)
    for count, slots in ((0, [0, 1, 2, 3]), (1, [2]), (2, [2, 3])):
        case.path.notes[walk.COUNT] = count
        case.path.live[:2] = 2, 3
        assert sorted({walk.any_live(case.session, case.path) for _ in range(60)}) == slots


def test_what_is_compiled_before_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Walk(CANONICAL.readings, 3, 1, 20, 0, 0)
    compiled, called = compiled_and_run(monkeypatch, walk, {"walk": walk}, lambda: work.do(Database().bench(8)))
    assert compiled == called


def test_a_program_ends_without_more_calls_where_a_known_difference_is_passed_over() -> None:
    passed_over = 0
    for seed in range(12):
        case = Case(Scope(2, 1, 1), seed)
        case.database.answers = lambda name, *given: 1 if name == "map" else None
        case.bench.known[:] = 1
        case.bench.known[driver.MASKING] = 0  # of no cause that is met; what says whether to mask is a cell
        case.bench.cells[driver.MASKING] = 1
        assert case.program() == 0
        if case.bench.cells[driver.FAULT] == driver.Mismatch.CYCLE:
            passed_over += 1
            assert case.database.log[-1][0] == "map"
            assert [name for name, *_ in case.database.operations()].count("init") == 1
    assert passed_over > 3
