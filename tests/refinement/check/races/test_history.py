"""Recorded histories: what is judged, and what is not said of what was not judged."""

import json
from itertools import combinations
from random import Random

import pytest

from model.spaces.dialect import CANONICAL, dialect_named
from refinement.check.races.history import _overlap, _overlapping, judge_history, read_history

HEAD = '{"event": "init", "spaces": 3, "pages": 1, "frames": 1}'


def invoke(thread: int, time: object, op: str, src: int, dst: int | None = None) -> str:
    """A line in which a call of page 0 of a space begins."""
    to = {} if dst is None else {"dst": [dst, 0]}
    return json.dumps({"event": "invoke", "thread": thread, "time": time, "op": op, "src": [src, 0], **to})


def returned(thread: int, time: object, **answer: int) -> str:
    """A line in which it returns."""
    return json.dumps({"event": "return", "thread": thread, "time": time, **answer})


def judged(*lines: str, may_refuse: bool = False, dialect: str = "canonical") -> bool | None:
    """Whether the history is explained."""
    readings = dialect_named(dialect).readings
    return judge_history(read_history([HEAD, *lines]), readings, may_refuse=may_refuse).explained


def test_calls_that_never_return_decide_nothing() -> None:
    judgement = judge_history(read_history([HEAD, invoke(0, 1, "map", 0, 1)]), CANONICAL.readings)
    assert judgement.explained is None
    assert "no call has returned" in judgement.undecided


def test_whole_numbers_with_a_point_are_the_same_call() -> None:
    line = invoke(0, 1, "map", 0, 1).replace("[0, 0]", "[0.0, 0]").replace("[1, 0]", "[1.0, 0]")
    assert judged(line, returned(0, 2, status=0)) is True


@pytest.mark.parametrize("time", ["NaN", "Infinity", "1e999"])
def test_a_time_is_finite(time: str) -> None:
    with pytest.raises(ValueError, match="line 2: a time is a number that is finite"):
        judged(invoke(0, 777, "map", 0, 1).replace("777", time))


def test_a_clock_of_nanoseconds_keeps_its_digits() -> None:
    now = 1_700_000_000_000_000_000  # a float has 53 bits, and would have them all at the same time
    lines = [invoke(0, now, "map", 0, 1), returned(0, now + 10, status=0)]
    assert judged(*lines, invoke(1, now + 20, "lookup", 1), returned(1, now + 30, frame=-1)) is False


def test_a_refusal_may_be_without_a_reason_beside_a_call_that_was_taken_before() -> None:
    lines = [
        invoke(0, 0, "map", 0, 1),  # holds its lock until 100
        invoke(1, 1, "lookup", 1),
        returned(1, 5, frame=0, rights=7),
        invoke(1, 10, "map", 0, 2),
        returned(1, 20, status=1),
        returned(0, 100, status=0),
    ]
    assert judged(*lines) is False
    assert judged(*lines, may_refuse=True) is True


def test_a_refusal_has_a_reason_if_nobody_was_beside_it() -> None:
    lines = [
        invoke(1, 10, "map", 0, 2),
        returned(1, 20, status=1),
        invoke(0, 30, "map", 0, 1),
        returned(0, 100, status=0),
    ]
    assert judged(*lines, may_refuse=True) is False


def test_where_the_model_ends_nothing_is_explained() -> None:
    lines = [
        *(invoke(0, 1, "map", 0, 1), returned(0, 2, status=0)),
        *(invoke(0, 3, "map", 1, 1), returned(0, 4, status=0)),  # a page below itself: a flush does not end
        *(invoke(0, 5, "flush", 1), returned(0, 6, status=0)),
        *(invoke(0, 7, "lookup", 0), returned(0, 8, frame=-1)),
    ]
    readings = dialect_named("canonical without not-itself").readings
    judgement = judge_history(read_history([HEAD, *lines]), readings)
    assert judgement.explained is None
    assert "no next state" in judgement.undecided


@pytest.mark.long
def test_which_calls_overlap_is_the_definition() -> None:
    random = Random(1)
    for _ in range(200):
        lines, ends = [], {}
        for thread in range(random.randrange(1, 7)):
            begins = random.randrange(8)
            ends[thread] = begins + random.randrange(4), random.random() < 0.8
            lines.append((begins, invoke(thread, begins, "lookup", 0)))
        answers = [(end, returned(thread, end, frame=-1)) for thread, (end, is_there) in ends.items() if is_there]
        calls = read_history([HEAD, *(line for _, line in [*lines, *answers])]).calls
        by_pairs = {n for m, k in combinations(range(len(calls)), 2) if _overlap(calls[m], calls[k]) for n in (m, k)}
        assert _overlapping(calls) == by_pairs
