"""All sequences of a length, and random programs: none is left out, what differs is found, and seeds repeat."""

from typing import Any

import pytest

from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, MESSAGE_DIALECTS
from model.messages.scope import MessageScope
from model.spaces.dialect import CANONICAL
from refinement.check.driver.driver import ROWS
from refinement.check.messages.alphabet import alphabet
from refinement.check.messages.steps import program_in
from refinement.check.messages.trees import Trees
from refinement.check.messages.walk import MessageWalk
from tests.refinement.check.messages.plain import TalkingModel

PAIR = MessageScope(2, 1, 1, threads=2, ids=2, words=2, booted=2)
M, R = CANONICAL_MESSAGES.readings, CANONICAL.readings


def _trees(length: int, **how: Any) -> Trees:
    return Trees(M, R, PAIR, length, 600.0, lean=True, **how)


@pytest.mark.long
def test_the_model_agrees_with_itself_in_every_sequence() -> None:
    # Possible at first are 12 waits, of two threads, for three partners, with a window or none; 2 ends; 2 flushes.
    model = TalkingModel()
    found = _trees(2).do(model.bench(rows=1 << 12))
    assert found == {"failure": None, "done": 16 * 42, "complete": True}
    assert _trees(1).do(TalkingModel().bench())["done"] == 42


@pytest.mark.long
def test_refused_steps_may_come_before_the_last() -> None:
    found = _trees(2, refusals=True).do(TalkingModel().bench(rows=1 << 12))
    assert found == {"failure": None, "done": 42 * 42, "complete": True}


@pytest.mark.long
def test_parts_are_the_whole() -> None:
    count = len(alphabet(PAIR, M, lean=True))
    parts = [_trees(2, first=first, stop=stop) for first, stop in ((0, count // 3), (count // 3, count))]
    assert sum(part.do(TalkingModel().bench(rows=1 << 12))["done"] for part in parts) == 16 * 42


@pytest.mark.long
def test_a_difference_is_found_with_its_sequence() -> None:
    model = TalkingModel()

    def wrong(name: str, asked: dict[str, Any]) -> int | None:
        return 1 if name == "timeout" and asked["thread"] == 1 and model.log[-2][0] == "wait" else None

    model.wrong = wrong
    assert _trees(1).do(model.bench())["failure"] is None
    bench = model.bench(rows=1 << 12)
    found = _trees(2).do(bench)
    assert found["failure"] is not None
    assert not found["complete"]
    program = program_in(bench.rows[: int(bench.cells[ROWS])])
    assert program is not None
    assert program.texts()[1:] == ["τ1 waits for #0, #1", "the wait of τ1 ends without a message"]


def test_a_lean_alphabet_is_part_of_the_whole_one() -> None:
    for dialect in MESSAGE_DIALECTS.values():
        whole = set(alphabet(PAIR, dialect.readings))
        lean = set(alphabet(PAIR, dialect.readings, lean=True))
        assert {operation.kind for operation in whole} == {operation.kind for operation in lean}
        assert lean < whole, dialect.name


def test_no_operation_is_listed_twice() -> None:
    found = alphabet(MessageScope(2, 2, 1, threads=4, ids=4, words=3, booted=2, hardware=1), M)
    assert len(found) == len(set(found))
    assert Operation(Kind.ASSOCIATE, actor=0, other=2) in found


@pytest.mark.slow
def test_random_programs_repeat_by_their_seed_and_meet_every_kind() -> None:
    logs = []
    for seed in (1, 1, 2):
        model = TalkingModel()
        found = MessageWalk(M, R, seed, 0, 400, 1, 600.0).do(model.bench(rows=1 << 13))
        assert found["failure"] is None
        assert found["refused"] == []
        logs.append(model.log)
    assert logs[0] == logs[1] != logs[2]
    kinds = {name for name, _ in logs[0]}
    assert kinds >= {"wait", "send", "create", "end", "timeout", "page_fault", "interrupt", "associate", "flush_own"}


@pytest.mark.long
@pytest.mark.parametrize("name", list(MESSAGE_DIALECTS))
def test_the_model_agrees_with_itself_in_every_dialect(name: str) -> None:
    readings = MESSAGE_DIALECTS[name].readings
    model = TalkingModel(readings)
    found = MessageWalk(readings, R, 3, 0, 150, 2, 600.0).do(model.bench(rows=1 << 13))
    assert found["failure"] is None
    assert sum(done for done, _ in found["met"]) > 100
