"""Traces in din and of lackey."""

import pytest

from machine.costs.traces import Reference, TraceError, din, lackey, references
from machine.events import EXECUTE, READ, WRITE

DIN = ["2 408ed4", "0 10019d94", "1 0x10019d88 more that is passed over", "", "2 408ed8"]
LACKEY = [
    "==1234== Lackey, an example Valgrind tool",
    "--1234-- warning",
    "I  04016d0f,3",
    " L 1ffeffe7e,8",
    " S 04222c4c,4",
    " M 0421c7cc,8",
]


def test_din() -> None:
    assert list(din(DIN)) == [
        Reference(EXECUTE, 0x408ED4, 4),
        Reference(READ, 0x10019D94, 4),
        Reference(WRITE, 0x10019D88, 4),
        Reference(EXECUTE, 0x408ED8, 4),
    ]


def test_lackey() -> None:
    assert list(lackey(LACKEY)) == [
        Reference(EXECUTE, 0x4016D0F, 3),
        Reference(READ, 0x1FFEFFE7E, 8),
        Reference(WRITE, 0x4222C4C, 4),
        Reference(READ, 0x421C7CC, 8),
        Reference(WRITE, 0x421C7CC, 8),
    ]


def test_the_first_lines_show_the_format() -> None:
    assert list(references(DIN)) == list(din(DIN))
    assert list(references(LACKEY)) == list(lackey(LACKEY))
    assert list(references(iter(LACKEY), "lackey")) == list(lackey(LACKEY))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "there is no line; a line is neither of din"),
        (["hello"], "line 1: 'hello' is neither of din"),
        (["0 10", "3 10"], "line 2: '3 10' is no line of din, as in: 0 1000"),
        (["I  10,4", "X 10,4"], "line 2: 'X 10,4' is no line of lackey"),
        (["0 10", "0 " + "f" * 17], "line 2: '0 fffff"),
        (["0 10", "0 10" + "z" * 100], "…"),
    ],
)
def test_nonsense_gets_one_line(lines: list[str], said: str) -> None:
    with pytest.raises(TraceError) as refused:
        list(references(lines))
    assert said in str(refused.value)
    assert len(str(refused.value)) < 120


def test_a_format_that_is_named_is_not_looked_for() -> None:
    assert list(references(["0 10"], "din")) == [Reference(READ, 0x10, 4)]
    with pytest.raises(TraceError, match="no line of lackey"):
        list(references(["0 10"], "lackey"))


def test_the_first_line_may_be_the_only_one_and_the_last() -> None:
    assert list(references(["I  10,4"])) == [Reference(EXECUTE, 0x10, 4)]
    assert list(references(["0 10"])) == [Reference(READ, 0x10, 4)]
    assert list(lackey(["I  10,4", "  ", ""])) == [Reference(EXECUTE, 0x10, 4)]


def test_a_long_trace_keeps_its_order() -> None:
    for made in ([f"0 {n:x}" for n in range(3000)], [f" L {n:x},4" for n in range(3000)]):
        assert list(references(iter(made))) == [Reference(READ, n, 4) for n in range(3000)]


@pytest.mark.parametrize(("length", "said"), [(38, f"'{'z' * 40}'"), (39, f"'{'z' * 39}…'"), (60, f"'{'z' * 39}…'")])
def test_a_long_line_is_cut(length: int, said: str) -> None:
    with pytest.raises(TraceError) as refused:
        list(references(["zz" + "z" * length, "hello"]))
    assert f"line 1: {said} is neither" in str(refused.value)
