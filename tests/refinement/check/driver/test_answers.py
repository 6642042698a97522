"""What a target answers after some steps, right or wrong, to the last number."""

from typing import Any

import numpy as np
import pytest

from model.spaces.dialect import CANONICAL
from refinement.check.driver import answers, driver
from refinement.check.driver.answers import Asking
from refinement.check.target.calls import Call
from tests.refinement.check.plain import Database, compiled_and_run

PROGRAM = np.array([(0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 5), (2, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 7)], np.uint32)
LAST = len(PROGRAM) - 1


def asked(*steps: Any, answers: Any = None, without: Any = (), program: Any = PROGRAM) -> tuple[Any, ...]:
    database = Database(without=without)
    if answers is not None:
        database.answers = answers
    bench = database.bench(16)
    return Asking(CANONICAL.readings, program, steps).do(bench)["answers"], database, bench


INITIAL, MAPPED, GRANTED = [(0, 7), (-1, 0)], [(0, 7), (0, 5)], [(-1, 0), (0, 7)]


def told(*views: Any, status: Any = None) -> dict[str, Any]:
    return {"status": status, "shown": list(views)}


def test_every_step() -> None:
    found, database, _ = asked(0, 1)
    assert found == {"0": told(INITIAL, INITIAL), "1": told(MAPPED, MAPPED), "3": told(GRANTED, GRANTED)}
    looks = [("lookup", 0, 0), ("lookup", 1, 0), ("lookup_hw", 0, 0), ("lookup_hw", 1, 0)]
    assert database.log == [
        *(("init", 2, 1, 1), *looks, ("map", 0, 0, 1, 0, 5), *looks),
        *(("grant", 0, 0, 1, 0, 7), ("flush", 0, 0, 7), *looks),
    ]
    assert asked(LAST, 0, 0)[0].keys() == {"0", "3"}
    assert asked(1, without=(Call.LOOKUP_HW,))[0] == {"1": told(MAPPED), "3": told(GRANTED)}


def test_a_wrong_status_ends_it() -> None:
    found, database, bench = asked(0, 2, answers=lambda name, *given: 1 if name == "grant" else None)
    assert found == {"0": told(INITIAL, INITIAL), "2": told(GRANTED, GRANTED, status=1)}
    assert not any(call[0] == "flush" for call in database.log)
    assert bench.cells[driver.FAULT] == driver.Mismatch.STATUS
    found, *_ = asked(3, answers=lambda name, *given: -4 if name == "map" else None)
    assert found == {"1": told(MAPPED, MAPPED, status=-4)}
    found, *_ = asked(3, answers=lambda name, *given: 2 if name == "init" else None)
    assert found == {"0": told(INITIAL, INITIAL, status=2)}


def test_a_step_without_a_next_state_says_nothing() -> None:
    from model.spaces.dialect import DIALECTS

    eager = DIALECTS["literal-eager"].readings
    rows = [(0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7), (2, 1, 0, 0, 0, 7), (3, 0, 0, 0, 0, 7)]
    bench = Database(eager).bench(16)
    found = Asking(eager, np.array(rows, np.uint32), (0, 3)).do(bench)["answers"]
    assert found.keys() == {"0"}


def test_what_is_shown_is_not_compared() -> None:
    found, *_ = asked(1, answers=lambda name, *given: 42 if name == "lookup" and given == (1, 0) else None)
    assert found["1"]["shown"] == [[(0, 7), (42, 5)], MAPPED]
    found, *_ = asked(1, answers=lambda name, *given: 100 + 2**31 if name == "lookup" and given == (1, 0) else None)
    assert found["1"]["shown"][0][1] == (0, 2**31)


@pytest.mark.parametrize("view", ["lookup", "lookup_hw"])
def test_a_look_that_differs_ends_it(view: str) -> None:
    """As it ends a check, however right the target is afterwards."""
    seen: list[int] = []

    def answer(name: str, *given: Any) -> int | None:
        if name != view or given != (1, 0):
            return None
        seen.append(1)
        return 42 if len(seen) == 2 else None

    rows = [(0, 2, 1, 1, 0, 0), (4, 1, 0, 0, 0, 0), (1, 0, 0, 1, 0, 5)]
    found, database, _ = asked(0, 1, 2, answers=answer, program=np.array(rows, np.uint32))
    assert found == {"0": told(INITIAL, INITIAL)}
    assert database.operations() == [("init", 2, 1, 1)]


def test_what_is_compiled_before_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, called = compiled_and_run(monkeypatch, answers, {"advance": driver, "ask": driver}, lambda: asked(0))
    assert compiled == called
