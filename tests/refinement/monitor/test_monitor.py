"""A log that some state explains is never accused; one that none explains is, and with the lines that show it."""

import io
import json
import random
from typing import Any

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from proofs.input.naming import parse_dialect
from refinement.monitor import parsing, reading
from refinement.monitor.expecting import BEGIN, NUMBER
from refinement.monitor.monitor import UnfitDialectError, monitor, shortest_slice
from refinement.monitor.reading import LogError, LogReader
from tests.refinement.monitor.logs import Line, first_unexplained, followed, head, right_log, text_of

SCOPES = (Scope(3, 1, 1), Scope(2, 2, 2), Scope(4, 2, 2))
TINY = Scope(3, 1, 1)


def broken(line: Line) -> Line:
    """The line with another answer."""
    if "status" in line:
        return {**line, "status": 1 - line["status"]}
    return {**line, "frame": 0, "rights": 7} if line["frame"] < 0 else {**line, "frame": -1, "rights": 0}


@pytest.mark.long
@pytest.mark.parametrize("scope", SCOPES, ids=str)
@pytest.mark.parametrize("name", ["canonical", "nova", "canonical with own_page=included"])
def test_a_right_log_is_not_accused_wherever_it_begins(scope: Scope, name: str) -> None:
    dialect: Dialect = parse_dialect(name)
    for seed in range(8):
        lines = right_log(scope, 150, seed, dialect.readings)
        report = monitor(io.BytesIO(text_of([head(scope), *lines[seed * 5 :]])), dialect)
        assert report.verdict == "no contradiction", (seed, report)
        assert report.decided > report.open


@pytest.mark.slow
def test_what_is_lost_is_tolerated() -> None:
    for seed in range(30):
        lines, generator = right_log(SCOPES[1], 150, seed), random.Random(seed)
        for _ in range(4):
            at = generator.randrange(len(lines))
            lines[at : at + generator.randrange(10)] = [{"op": "lost"}]
        report = followed(SCOPES[1], lines)
        assert report.verdict == "no contradiction"
        assert report.lost > 0


def test_lines_that_are_missing_without_a_mark_are_noticed() -> None:
    accused = 0
    for seed in range(20):
        lines = right_log(SCOPES[1], 200, seed)
        changing = [n for n, line in enumerate(lines) if line["op"] in ("map", "grant") and line.get("status") == 0]
        del lines[changing[len(changing) // 2]]
        accused += followed(SCOPES[1], lines).line > 0
    assert accused > 10


@pytest.mark.long
def test_only_what_no_state_explains_is_accused() -> None:
    accused, wrong, generator = 0, 0, random.Random(1)
    for seed in range(40):
        lines = right_log(TINY, 24, seed)[generator.randrange(8) :]
        at = generator.randrange(len(lines))
        lines[at] = broken(lines[at])
        truth, report = first_unexplained(TINY, lines), followed(TINY, lines)
        if report.line:
            assert truth, (seed, report)
            assert truth <= report.line
        wrong, accused = wrong + (truth > 0), accused + (report.line > 0)
    assert wrong > 15
    assert accused >= 0.8 * wrong


def test_the_slice_shows_the_line_by_itself_and_no_shorter_end_does() -> None:
    scope = SCOPES[1]
    for seed in range(10):
        lines = right_log(scope, 200, seed)
        lines[150] = broken(lines[150])
        report = followed(scope, lines)
        assert report.line
        assert report.slice[-1] == (report.line, report.text)
        first = report.slice[0][0] - 2
        alone = followed(scope, lines[first : report.line - 1])
        assert alone.line == len(report.slice) + 1
        assert followed(scope, lines[first + 1 : report.line - 1]).line == 0


def test_the_initial_state_can_be_known() -> None:
    lines: list[Line] = [{"op": "lookup", "src": [1, 0], "frame": 0, "rights": 7}]
    assert followed(TINY, lines).verdict == "undecided"
    report = followed(TINY, lines, state="initial")
    assert (report.line, report.reason) == (2, "the page shows nothing by then")
    assert report.exit_status == 1
    assert followed(TINY, lines).exit_status == 3


MAPPED: Line = {"op": "map", "src": [0, 0], "dst": [1, 0], "status": 0}
GONE: Line = {"op": "lookup", "src": [1, 0], "frame": -1}


@pytest.mark.parametrize(
    ("times", "line"),
    [
        (({}, {}), 3),
        (({"time": 1}, {"time": 2}), 3),
        (({"time": 1, "end": 4, "core": 0}, {"time": 5, "core": 1}), 3),
        (({"time": 1, "end": 5, "core": 0}, {"time": 5, "core": 1}), 0),
        (({"time": 1, "end": 9, "core": 0}, {"time": 2, "core": 1}), 0),
    ],
)
def test_of_lines_that_overlap_nothing_is_claimed(times: tuple[Line, Line], line: int) -> None:
    report = followed(TINY, [{**MAPPED, **times[0]}, {**GONE, **times[1]}])
    assert report.line == line
    assert report.overlapping == (0 if line else 1)


@pytest.mark.parametrize("shown", [GONE, {**GONE, "frame": 0, "rights": 7}])
def test_two_operations_that_overlap_may_come_in_either_order(shown: Line) -> None:
    flushed: Line = {"op": "flush", "src": [0, 0], "status": 0, "time": 2, "end": 6, "core": 1}
    lines = [{**MAPPED, "time": 1, "end": 5, "core": 0}, flushed, {**shown, "time": 10, "core": 0}]
    assert followed(TINY, lines).line == 0
    one_by_one = [lines[0], {**flushed, "time": 6, "end": 7}, lines[2]]
    assert followed(TINY, one_by_one).line == (0 if shown is GONE else 4)


def test_what_an_unseen_flush_of_some_rights_took_is_not_taken_for_known() -> None:
    lines: list[Line] = [
        {"op": "lookup", "src": [1, 0], "frame": 0, "rights": 6},
        {"op": "map", "src": [1, 0], "dst": [2, 0], "rights": 2, "status": 0},
        {"op": "flush", "src": [0, 0], "rights": 2, "status": 0},  # σ1[0] may derive from it
        {"op": "lookup", "src": [1, 0], "frame": 0, "rights": 4},
        {"op": "lookup", "src": [2, 0], "frame": -1},
    ]
    assert followed(TINY, lines).line == 0
    assert first_unexplained(TINY, lines) == 0
    assert followed(TINY, [*lines[:2], *lines[3:]]).line == 4


def test_concurrent_logs_of_a_right_kernel_are_not_accused() -> None:
    for seed in range(30):
        generator, lines, clock = random.Random(seed), [], 0
        for line in right_log(SCOPES[1], 150, seed):
            clock += generator.randrange(1, 4)
            begin, end = max(0, clock - generator.randrange(4)), clock + generator.randrange(4)
            lines.append({**line, "time": begin, "end": end, "core": generator.randrange(3)})
        lines.sort(key=lambda each: each["time"])
        assert followed(SCOPES[1], lines).line == 0


def test_other_readings_are_refused_with_what_they_are() -> None:
    for name in ("fiasco", "x2-keep", "tree", "literal-lazy"):
        with pytest.raises(UnfitDialectError, match="logs are not followed where"):
            monitor(io.BytesIO(text_of([head(TINY), MAPPED])), next(d for d in DIALECTS.values() if d.name == name))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no line"),
        ('{"op": "map"}', "line 1: map"),
        ("HEAD\n{", "line 2: this is no JSON"),
        ('HEAD\n{"op": "mop"}', "line 2: an op is one of map, grant"),
        ('HEAD\n{"op": "map", "src": [0, 0], "status": 0}', "line 2: map: at .*'dst' is a required property"),
        ('HEAD\n{"op": "lookup", "src": [0, 0], "frame": 0}', "line 2: lookup: at .*'rights' is a required property"),
        ('HEAD\n{"op": "lost", "time": 5}\n{"op": "lost", "time": 4}', "line 3: it begins before the line before it"),
        ('HEAD\n{"op": "lost", "end": 5}', "line 2: it ends before its time"),
        ("HEAD\nHEAD", "line 2: a second head"),
        ('HEAD\n{"op": "lost", "time": 4611686018427387904}', "line 2: lost: at .*time.* is greater than the maximum"),
        ('HEAD\n{"op": "lost", "time": 18446744073709551617}', "line 2: lost: at .*time.* is greater than the maximum"),
    ],
)
def test_what_is_no_log_is_told_on_one_line(text: str, said: str) -> None:
    with pytest.raises(LogError, match=said) as caught:
        monitor(io.BytesIO(text.replace("HEAD", json.dumps(head(TINY))).encode()))
    assert "\n" not in str(caught.value)


def test_both_readers_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = random.Random(3)
    more = {"core": 1, "cpu_name": "big"}
    lines = [{**line, "time": 10 * n, **more} for n, line in enumerate(right_log(SCOPES[1], 300, 3))]
    spelled = []
    for line in lines:
        items = list(line.items())
        generator.shuffle(items)
        separators = generator.choice(((",", ":"), (", ", ": "), (" ,\t", " : ")))
        spelled.append(json.dumps(dict(items), separators=separators))
    text = "\n".join([json.dumps(head(SCOPES[1])), *spelled]).encode()
    quick = [row.copy() for block in LogReader(io.BytesIO(text)).blocks() for row in block]
    slow = []

    def never(letters: Any, length: int, cells: Any, rows: Any) -> int:
        return parsing.STRANGE if b"\n" in letters[cells[parsing.AT] :].tobytes() else parsing.DONE

    monkeypatch.setattr(parsing, "read_lines", never)
    for block in LogReader(io.BytesIO(text)).blocks():
        slow += [row.copy() for row in block]
    assert len(quick) == len(slow) == 300
    assert all((one == other).all() for one, other in zip(quick, slow, strict=True))
    assert quick[0][BEGIN] == 0
    assert quick[-1][NUMBER] == 301


@pytest.mark.parametrize("time", [1_800_000_000_000_000_000, 4_611_686_018_427_387_903])
def test_times_may_be_nanoseconds_since_1970(time: int) -> None:
    lines = [{**MAPPED, "time": time - 1}, {**GONE, "time": time}]
    assert followed(TINY, lines).line == 3
    (rows,) = LogReader(io.BytesIO(text_of([head(TINY), *lines]))).blocks()
    assert rows[1][BEGIN] == time


@pytest.mark.parametrize("torn", ['{"op": "lookup", "src": [1', '{"op": "lost", "time": 0}'])
def test_what_stands_before_a_wrong_line_is_judged_first(torn: str) -> None:
    later: Line = {"op": "lookup", "src": [0, 0], "frame": 0, "rights": 7, "time": 3}
    lines = [{**MAPPED, "time": 1}, {**GONE, "time": 2}, later]  # before the last one nothing else can overlap
    text = text_of([head(TINY), *lines]) + torn.encode()
    assert monitor(io.BytesIO(text)).line == 3
    with pytest.raises(LogError, match="line 3"):
        monitor(io.BytesIO(text_of([head(TINY), lines[0]]) + torn.encode()))


def test_blocks_may_end_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = right_log(SCOPES[1], 200, 5)
    lines[190] = broken(lines[190])
    whole = followed(SCOPES[1], lines)
    for size in (97, 1000):
        monkeypatch.setattr(reading, "BLOCK", size)
        cut = followed(SCOPES[1], lines)
        assert (cut.line, cut.slice, cut.decided) == (whole.line, whole.slice, whole.decided)


def test_a_slice_that_is_not_there_is_none() -> None:
    reader = LogReader(io.BytesIO(text_of([head(TINY), MAPPED])))
    rows = next(reader.blocks())
    assert len(shortest_slice(TINY, rows, CANONICAL.readings)) == 0
