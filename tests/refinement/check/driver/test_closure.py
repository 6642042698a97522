"""Every state, every operation in it, every flush after that, on a database in this process: call by call."""

from random import Random
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces import literal
from model.spaces.dialect import CANONICAL, DIALECTS, Readings
from model.spaces.literal import DONE, NIL, Spaces
from refinement.check.driver import closure, driver
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import alphabet, init_row
from tests.refinement.check.plain import Database, Log, compiled_and_run, plain

TWO = Scope(2, 1, 1)
NAMES = {1: "map", 2: "grant", 3: "flush"}


def called(row: Any) -> tuple[Any, ...]:
    kind, a, b, c, d, rights = row
    return (NAMES[kind], a, b, rights) if kind == 3 else (NAMES[kind], a, b, c, d, rights)


def apply(state: Any, row: Any, pages: int, readings: Readings) -> int:
    kind, a, b, c, d, rights = row
    src, dst = a * pages + b, c * pages + d
    if kind == 3:
        return literal.flush(state, src, rights, readings)
    return (literal.map_ if kind == 1 else literal.grant)(state, src, dst, rights, readings)


def expected(
    scope: Scope, rights: Any, readings: Readings = CANONICAL.readings, probes: Any = closure.PROBES
) -> tuple[Any, ...]:
    """All that a target is asked for, the states in the order in which they are met, the way to each, the operations.

    What has no next state is asked of nobody.
    """
    operations = alphabet(scope, rights).tolist()
    init = ("init", scope.spaces, scope.pages, scope.frames)
    slots = [divmod(x, scope.pages) for x in range(scope.slots)]
    looks: Log = [*((view, *slot) for slot in slots for view in ("lookup", "lookup_hw")), ("check",)]
    first = plain(*(tuple(int(value) for value in column) for column in literal.initial(scope)))
    paths: dict[Spaces, list[Any]] = {first: []}
    queue, steps = [first], 0
    calls: Log = [init]
    for state in queue:
        for row in operations:
            after = plain(*(list(column) for column in state))
            before = [init, *map(called, paths[state])]
            status = apply(after, row, scope.pages, readings)
            if status == literal.CYCLE_MET:
                calls += before
                continue
            way = [*before, called(row)]
            calls += way + looks
            steps += 1
            noted = plain(*(list(column) for column in state))
            if status != DONE or not changes(noted, row, scope.pages, readings):
                continue
            reached = plain(*map(tuple, after))
            if reached not in paths:
                paths[reached] = [*paths[state], row]
                queue.append(reached)
            for x in [x for x in range(scope.slots) if after.sigma[x] != NIL]:
                for kind, mask in probes:
                    probe = (kind, *slots[x], *slots[(x + 1) % scope.slots], mask)
                    copy = plain(*(list(column) for column in after))
                    if apply(copy, probe, scope.pages, readings) != literal.CYCLE_MET:
                        calls += [called(probe), *looks]
                    calls += way
    return calls, queue, paths, steps


def changes(state: Any, row: Any, pages: int, readings: Readings) -> bool:
    """Whether the indexed model notes a slot."""
    from refinement.check.driver import indexed

    one = indexed.allocate(len(state.sigma))
    indexed.reset(one, len(state.sigma), 0)
    for x, (element, phys, rights) in enumerate(zip(*state, strict=True)):
        indexed.set_element(one, x, element)
        one.phys[x], one.rights[x] = phys, rights
    one.changed[0] = 0
    kind, a, b, c, d, mask = row
    src, dst = a * pages + b, c * pages + d
    if kind == 3:
        indexed.flush(one, src, mask, readings)
    else:
        (indexed.map_ if kind == 1 else indexed.grant)(one, src, dst, mask, readings)
    return bool(one.changed[0] > 0)


EAGER = DIALECTS["literal-eager"].readings


@pytest.mark.long
@pytest.mark.parametrize(
    ("scope", "rights", "readings", "partly"),
    [
        (TWO, (7,), CANONICAL.readings, False),
        (TWO, (7,), CANONICAL.readings, True),
        (Scope(1, 2, 1), (7,), CANONICAL.readings, True),
        (TWO, (7, 4), CANONICAL.readings, False),
        (TWO, (7,), EAGER, True),
    ],
)
def test_every_call(scope: Scope, rights: Any, readings: Readings, partly: bool) -> None:
    probes = closure.PARTIAL_PROBES if partly else closure.PROBES
    calls, states, paths, steps = expected(scope, rights, readings, probes)
    database = Database(readings)
    bench = database.bench(8)
    bench.cells[driver.FAULT] = driver.Mismatch.STATUS  # of something before
    found = Closure(readings, scope, rights, 60.0, partly=partly).do(bench)
    assert found == {
        "failure": None,
        "states": len(states),
        "expanded": len(states),
        "level": max(len(path) for path in paths.values()),
        "transitions": steps,
        "complete": True,
    }
    assert database.log == calls


@pytest.mark.long
def test_every_probe_of_a_state() -> None:
    """Each live slot's own, and no nil one's: by the number of its space and of its page; a grant is onto the next."""
    database = Database()
    session, store = database.bench(64).session(CANONICAL.readings, 6), closure.new_store(4, closure.PARTIAL_PROBES)
    init, operations = init_row(Scope(3, 2, 1)), np.array([(1, 0, 0, 1, 1, 7), (2, 0, 0, 2, 1, 7)], np.uint32)
    closure.start_state(session, init, store)
    for n, live in ((0, [(0, 0), (1, 1)]), (1, [(2, 1)])):
        assert closure.arrive_after(session, init, operations, store, np.int64(0), n) == 0
        database.log.clear()
        assert closure.probe_all(session, init, operations, store, np.int64(0), n) == 0
        flushes = [("flush", *slot, mask) for slot in live for mask in (7, 4, 2, 1)]
        grants = [("grant", 0, 0, 0, 1, 7), ("grant", 1, 1, 2, 0, 7)] if n == 0 else [("grant", 2, 1, 0, 0, 7)]
        probes = [*flushes[:4], grants[0], *flushes[4:], *grants[1:]]
        way = [("init", 3, 2, 1), called(operations[n].tolist())]
        assert database.operations() == [call for probe in probes for call in (probe, *way)]


@pytest.mark.long
@pytest.mark.parametrize("place", range(10))
def test_whichever_operation_is_wrong_is_found(place: int) -> None:
    """No operation of the alphabet is left out, the last one neither."""
    database = Database()
    operations = alphabet(TWO).tolist()
    assert len(operations) == 10
    database.answers = lambda name, *given: 9 if (name, *given) == called(operations[place]) else None
    bench = database.bench(8)
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0).do(bench)
    assert found["failure"]["cells"][:2] == [driver.Mismatch.ERROR, operations[place][0]]
    assert not found["complete"]
    assert (found["expanded"], found["level"]) == (0, 0)
    calls, *_ = expected(TWO, (7,))
    assert database.log == calls[: calls.index(called(operations[place])) + 1]


@pytest.mark.parametrize("slot", [0, 1])
def test_a_wrong_flush_of_a_live_slot_is_found_after_the_operation(slot: int) -> None:
    """A flush after a map, of a slot that is live then: what only shows there is found."""
    database = Database()

    def answers(name: str, *given: Any) -> int | None:
        mapped = database.operations()[-2:-1] == [("map", 0, 0, 1, 0, 7)]
        return 9 if name == "flush" and given[:2] == (slot, 0) and mapped else None

    database.answers = answers
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0).do(database.bench(8))
    assert found["failure"]["cells"][:2] == [driver.Mismatch.ERROR, 3]
    assert found["states"] == 2


def test_what_differs_after_an_operation_or_a_flush_is_found() -> None:
    for when in ("map", "flush"):
        database = Database()

        def answers(name: str, *given: Any, database: Database = database, when: str = when) -> int | None:
            last = database.operations()[-1][0]
            return 3 if name == "check" and last == when else None

        database.answers = answers
        found = Closure(CANONICAL.readings, TWO, (7,), 60.0).do(database.bench(8))
        assert found["failure"]["cells"][0] == driver.Mismatch.CHECK
        assert found["transitions"] == {"map": 0, "flush": 1}[when]


def test_a_target_that_refuses_the_scope() -> None:
    database = Database()
    database.answers = lambda name, *given: 1 if name == "init" else None
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0).do(database.bench(8))
    assert found["failure"]["cells"][0] == driver.Mismatch.UNFIT
    assert {call[0] for call in database.log} == {"init"}
    assert not found["complete"]


def test_what_counts_are_the_inits_from_which_states_are_reached() -> None:
    """The very first shows nothing yet: what is wrong with it alone is no difference in any state."""
    database = Database()
    database.answers = lambda name, *given: 1 if name == "init" and len(database.log) == 1 else None
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0).do(database.bench(8))
    assert (found["failure"], found["complete"]) == (None, True)


def test_the_time_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    slices = lambda seconds, batch, step: given.append((seconds, batch, step(batch), step(batch)))  # noqa: E731
    monkeypatch.setattr(closure, "in_slices", slices)
    found = Closure(CANONICAL.readings, Scope(3, 1, 1), (7,), 60.0).do(Database().bench(8))
    assert given == [(60.0, 1, False, False)]
    assert (found["expanded"], found["complete"], found["failure"]) == (2, False, None)
    assert found["level"] == 1  # where states of level 2 are known


def test_so_many_states_at_once() -> None:
    session, store = Database().bench(8).session(CANONICAL.readings, 2), closure.new_store(8, closure.PROBES)
    arguments = session, init_row(TWO), alphabet(TWO), store
    closure.start_state(session, init_row(TWO), store)
    for count, expanded, goes_on in ((3, 3, True), (0, 3, True), (1, 4, True), (1, 4, False)):
        assert closure.expand(*arguments, count) is goes_on
        assert store.progress[closure.NEW_STATE] == expanded


@pytest.mark.parametrize("wrong", ["init", "map", "grant"])
def test_a_way_that_is_wrong_the_second_time_ends_there(wrong: str) -> None:
    """A target may answer otherwise where the same operations are done again."""
    database = Database()
    session, store = database.bench(8).session(CANONICAL.readings, 2), closure.new_store(8, closure.PROBES)
    operations = np.array([(1, 0, 0, 1, 0, 7), (2, 1, 0, 0, 0, 7), (3, 0, 0, 0, 0, 7)], np.uint32)
    closure.start_state(session, init_row(TWO), store)
    store.parent[:3], store.via[:3], store.level[:3] = (-1, 0, 1), (-1, 0, 1), (0, 1, 2)
    database.answers = lambda name, *given: -9 if name == wrong else None
    database.log.clear()
    assert closure.arrive_after(session, init_row(TWO), operations, store, np.int64(2), 2) == driver.Mismatch.ERROR
    ways = ["init", "map", "grant", "flush"]
    assert [call[0] for call in database.log] == ways[: ways.index(wrong) + 1]


@pytest.mark.parametrize("again", ["init", "map"])
def test_a_way_back_that_is_wrong_after_a_probe_is_found(again: str) -> None:
    database = Database()

    def answers(name: str, *given: Any) -> int | None:
        after = any(call[0] == "flush" and call[1:3] == (1, 0) for call in database.log)
        return -9 if after and name == again else None

    database.answers = answers
    session, store = database.bench(8).session(CANONICAL.readings, 2), closure.new_store(8, closure.PROBES)
    arguments = session, init_row(TWO), alphabet(TWO), store, np.int64(0), 0
    closure.start_state(session, init_row(TWO), store)
    assert closure.arrive_after(*arguments) == 0
    database.log.clear()
    assert closure.probe_all(*arguments) == driver.Mismatch.ERROR
    assert database.log[-1][0] == again


def test_the_longest_way() -> None:
    database = Database()
    session, store = database.bench(8).session(CANONICAL.readings, 2), closure.new_store(80, closure.PROBES)
    operations = alphabet(TWO)
    closure.start_state(session, init_row(TWO), store)
    last = closure.LONGEST
    store.level[: last + 1], store.parent[: last + 1] = np.arange(last + 1), np.arange(last + 1) - 1
    store.via[1 : last + 1] = np.arange(last) * 7 % len(operations)
    database.log.clear()
    assert closure.arrive(session, init_row(TWO), operations, store, np.int64(last)) == 0
    steps = [called(operations[n * 7 % len(operations)].tolist()) for n in range(last)]
    assert database.log == [("init", 2, 1, 1), *steps]


def test_a_state_without_room_is_said() -> None:
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0, states=2).do(Database().bench(8))
    assert (found["states"], found["expanded"], found["complete"]) == (2, 2, False)
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0, states=5).do(Database().bench(8))
    assert (found["states"], found["complete"]) == (4, True)
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0, states=4).do(Database().bench(8))
    assert (found["states"], found["expanded"], found["complete"]) == (4, 4, False)


def test_the_largest_scope_whose_states_fit_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "in_slices", lambda seconds, batch, step: None)
    for scope in (Scope(12, 1, 1), Scope(1, 12, 3)):
        assert Closure(CANONICAL.readings, scope, (7,), 60.0).do(Database().bench(8))["states"] == 1
    with pytest.raises(ValueError, match="do not fit the keys"):
        Closure(CANONICAL.readings, Scope(13, 1, 1), (7,), 1.0).do(Database().bench(8))
    with pytest.raises(ValueError, match="do not fit the keys"):
        Closure(CANONICAL.readings, Scope(1, 4, 4), (7,), 1.0).do(Database().bench(8))


def test_states_are_told_apart() -> None:
    bench = Database().bench(8)
    session, store = bench.session(CANONICAL.readings, 2), closure.new_store(64, closure.PROBES)
    closure.start_state(session, init_row(TWO), store)
    assert (store.parent[0], store.via[0], store.level[0]) == (-1, -1, 0)
    met = {((-2, -1), (0, -1), (7, 0))}
    for sigma in ((-2, -1), (-2, 0), (1, -2), (-1, -1), (1, 0), (-2, -2)):
        for phys in ((0, -1), (0, 0), (-1, 0)):
            for rights in ((7, 0), (7, 7), (0, 7), (6, 7)):
                for column, values in zip(session.model, (sigma, phys, rights), strict=False):
                    column[:] = values
                new = (sigma, phys, rights) not in met
                if len(met) == 60:
                    continue
                assert closure.find(session, store, 3, 5, 2) is new
                assert closure.find(session, store, 3, 5, 2) is False
                met.add((sigma, phys, rights))
                if new:
                    last = len(met) - 1
                    assert (store.parent[last], store.via[last], store.level[last]) == (3, 5, 2)
    assert store.progress[closure.STATES] == len(met)
    assert sorted(store.places[store.places >= 0].tolist()) == list(range(len(met)))


LARGEST = Scope(2, 6, 3)


def random_states(number: int) -> list[tuple[list[int], list[int], list[int]]]:
    """Columns of the largest scope whose states fit a key."""
    random, slots = Random(5), range(LARGEST.slots)
    return [
        (
            [random.randrange(-1 - LARGEST.frames, LARGEST.slots) for _ in slots],
            [random.randrange(-1, LARGEST.frames) for _ in slots],
            [random.randrange(8) for _ in slots],
        )
        for _ in range(number)
    ]


def test_a_key_has_the_whole_state_in_it() -> None:
    session, store = Database().bench(8).session(CANONICAL.readings, 12), closure.new_store(64, closure.PROBES)
    closure.start_state(session, init_row(LARGEST), store)
    for number, state in enumerate(random_states(40), 1):
        for column, values in zip(session.model, state, strict=False):
            column[:] = values
        assert closure.find(session, store, 0, 0, 1)
        links, rest = (int(word) for word in store.keys[number])
        read: list[tuple[int, int, int]] = []
        for _ in range(LARGEST.slots):
            links, element = divmod(links, LARGEST.slots + LARGEST.frames + 1)
            rest, shown = divmod(rest, 32)
            read.insert(0, (element - LARGEST.frames - 1, shown // 8 - 1, shown % 8))
        assert (links, rest) == (0, 0)
        assert read == list(zip(*state, strict=True))


def scrambled(z: int) -> int:
    """The last steps of splitmix64."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def test_a_state_stands_at_the_first_free_place_from_its_hash_on() -> None:
    """Places are taken one after the other, the first one after the last: by states that differ in half of the key."""
    session, store = Database().bench(8).session(CANONICAL.readings, 12), closure.new_store(8, closure.PROBES)
    closure.start_state(session, init_row(LARGEST), store)
    for state in random_states(7):
        for column, values in zip(session.model, state, strict=False):
            column[:] = values
        assert closure.find(session, store, 0, 0, 1)
    links, rest = (int(word) for word in store.keys[7])
    first = scrambled(links ^ scrambled(rest)) % 32
    for taken in range(32):
        store.places[:] = -1
        for place in range(first, first + taken):
            store.places[place % 32] = place % 7
        store.progress[closure.STATES] = 7
        store.keys[:7] = store.keys[7]
        store.keys[:7, taken % 2] += np.uint64(1)
        assert closure.find(session, store, 0, 0, 1)
        assert store.places[(first + taken) % 32] == 7
        assert np.count_nonzero(store.places >= 0) == taken + 1
        assert not closure.find(session, store, 0, 0, 1)


def test_room_for_states() -> None:
    store = closure.new_store(8, closure.PARTIAL_PROBES)
    assert [len(column) for column in store] == [8, 8, 8, 8, 32, closure.LONGEST, 5, 3]
    assert (store.keys.shape, store.probes.shape) == ((8, 2), (5, 6))
    assert set(store.places.tolist()) == {-1}
    assert store.probes.tolist() == [[3, 0, 0, 0, 0, mask] for mask in (7, 4, 2, 1)] + [[2, 0, 0, 0, 0, 7]]
    assert np.count_nonzero(store.keys) == 0


def test_what_is_compiled_before_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = {"start_state": closure, "expand": closure}
    work = Closure(CANONICAL.readings, TWO, (7,), 0.0)
    compiled, called = compiled_and_run(monkeypatch, closure, functions, lambda: work.do(Database().bench(8)))
    assert compiled == called
