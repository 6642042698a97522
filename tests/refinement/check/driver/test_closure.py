"""Every state, every operation in it, every flush after that, on a database in this process: call by call."""

from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces import literal
from model.spaces.dialect import CANONICAL, Readings
from model.spaces.literal import DONE, NIL, Spaces
from refinement.check.driver import closure, driver
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import alphabet, init_row
from tests.refinement.check.plain import Database, plain

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


def expected_calls(scope: Scope, rights: Any, readings: Readings = CANONICAL.readings) -> tuple[Any, ...]:
    """All operations that a target is asked for, and the states in the order in which they are met."""
    operations = alphabet(scope, rights).tolist()
    init = ("init", scope.spaces, scope.pages, scope.frames)
    first = plain(*(tuple(int(value) for value in column) for column in literal.initial(scope)))
    paths: dict[Spaces, list[Any]] = {first: []}
    queue, calls, steps = [first], [init], 0
    for state in queue:
        for row in operations:
            way = [init, *map(called, paths[state]), called(row)]
            calls += way
            after = plain(*(list(column) for column in state))
            status = apply(after, row, scope.pages, readings)
            steps += 1
            noted = plain(*(list(column) for column in state))
            if status != DONE or not changes(noted, row, scope.pages, readings):
                continue
            reached = plain(*map(tuple, after))
            if reached not in paths:
                paths[reached] = [*paths[state], row]
                queue.append(reached)
            for x in range(scope.slots):
                if after.sigma[x] != NIL:
                    calls += [("flush", *divmod(x, scope.pages), 7), *way]
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


@pytest.mark.long
@pytest.mark.parametrize(("scope", "rights"), [(TWO, (7,)), (Scope(1, 2, 1), (7,)), (TWO, (7, 4))])
def test_every_call(scope: Scope, rights: Any) -> None:
    calls, states, paths, steps = expected_calls(scope, rights)
    database = Database()
    found = Closure(CANONICAL.readings, scope, rights, 60.0).do(database.bench(8))
    assert found == {
        "failure": None,
        "states": len(states),
        "expanded": len(states),
        "level": max(len(path) for path in paths.values()),
        "transitions": steps,
        "complete": True,
    }
    assert database.operations() == calls


OPERATIONS = alphabet(TWO).tolist()


@pytest.mark.parametrize("place", range(len(OPERATIONS)))
def test_whichever_operation_is_wrong_is_found(place: int) -> None:
    """No operation of the alphabet is left out, the last one neither."""
    database = Database()
    database.answers = lambda name, *given: 9 if (name, *given) == called(OPERATIONS[place]) else None
    bench = database.bench(8)
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0).do(bench)
    assert found["failure"]["cells"][:2] == [driver.Mismatch.ERROR, OPERATIONS[place][0]]
    assert not found["complete"]
    calls, *_ = expected_calls(TWO, (7,))
    assert len(database.operations()) == calls.index(called(OPERATIONS[place])) + 1


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


def test_the_time_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "in_slices", lambda seconds, batch, step: [step(batch), step(batch)])
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0).do(Database().bench(8))
    assert (found["expanded"], found["complete"], found["failure"]) == (2, False, None)
    assert found["level"] == 1


def test_a_state_without_room_is_said() -> None:
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0, states=2).do(Database().bench(8))
    assert (found["states"], found["expanded"], found["complete"]) == (2, 2, False)
    found = Closure(CANONICAL.readings, TWO, (7,), 60.0, states=5).do(Database().bench(8))
    assert (found["states"], found["complete"]) == (4, True)
    with pytest.raises(ValueError, match="do not fit the keys"):
        Closure(CANONICAL.readings, Scope(13, 1, 1), (7,), 1.0).do(Database().bench(8))
    with pytest.raises(ValueError, match="do not fit the keys"):
        Closure(CANONICAL.readings, Scope(1, 4, 4), (7,), 1.0).do(Database().bench(8))


def test_states_are_told_apart() -> None:
    bench = Database().bench(8)
    session, store = bench.session(CANONICAL.readings, 2), closure.new_store(64, closure.PROBES)
    assert closure.start_state(session, init_row(TWO), store) == 0
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
    links = [
        sum((element + 2) * 4 ** (1 - x) for x, element in enumerate(sigma)) for sigma in ((-2, -1), (-2, 0), (1, -2))
    ]
    assert set(links) <= set(store.keys[:, 0].tolist())


def test_room_for_states() -> None:
    store = closure.new_store(8, closure.PARTIAL_PROBES)
    assert [len(column) for column in store] == [8, 8, 8, 8, 32, closure.LONGEST, 5, 1, 8]
    assert set(store.places.tolist()) == {-1}
    assert store.probes.tolist() == [[3, 0, 0, 0, 0, mask] for mask in (7, 4, 2, 1)] + [[2, 0, 0, 0, 0, 7]]
    assert np.count_nonzero(store.keys) == 0
