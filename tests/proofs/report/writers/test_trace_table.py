"""The terminal's table of a trace, to the letter; as wide as it may be, and plain when piped."""

import io
from typing import Any

import pytest
from rich.console import Console

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.commands.shared.letters import make_printable
from proofs.report.writers.trace_table import print_trace
from tests.proofs.traces import TRACES, random_trace


def _printed(trace: Trace, width: int, **options: Any) -> str:
    file = io.StringIO()
    print_trace(Console(file=file, width=width, **options), trace)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


WIDE = """\
Violated: after map: no link leads to a page that is gone
map__preserves__no_dangling_link · dialect canonical without not-ancestor · 3 spaces × 1 page × 1
frame

step                  σ0[0]        σ1[0]              σ2[0]
at first              frame 0 rwx  φ                  φ
1. map σ0[0] → σ1[0]  frame 0 rwx  ←σ0[0] rwx +       φ
2. map σ1[0] → σ2[0]  frame 0 rwx  ←σ0[0] rwx         ←σ1[0] rwx +
3. map σ2[0] → σ1[0]  frame 0 rwx  ←σ2[0] --- P φ *!  φ −
←: mapped from; + new, − gone, * replaced, ! wrong
3: ! σ1[0] is a link to σ2[0], which is gone
3: ! violated: C4, after map: no link leads to a page that is gone (not so for σ1[0], σ2[0])"""

NARROW = """\
Violated: after map: no link leads to a
page that is gone
map__preserves__no_dangling_link ·
dialect canonical without not-ancestor ·
3 spaces × 1 page × 1 frame

at first
   σ0[0] holds frame 0
1. map σ0[0] → σ1[0]
   new: σ1[0], from σ0[0], rwx
2. map σ1[0] → σ2[0]
   new: σ2[0], from σ1[0], rwx
3. map σ2[0] → σ1[0]
   replaced: σ1[0], from σ2[0], ---
   gone: σ2[0]
   ! σ1[0] is a link to σ2[0], which is
gone
   ! violated: C4, after map: no link
leads to a page that is gone (not so for
σ1[0], σ2[0])"""


@pytest.mark.parametrize(("width", "expected"), [(100, WIDE), (40, NARROW)])
def test_wide_and_narrow(width: int, expected: str) -> None:
    assert _printed(TRACES["dangling"], width) == expected


@pytest.mark.parametrize("width", [20, 39, 60, 79, 80, 81, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    trace = random_trace(4, 10, Scope(3, 2, 2), "x2-keep")
    lines = _printed(trace, width).splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)


def test_no_escape_sequences_when_piped_nor_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[31m" in _printed(TRACES["cycle"], 80, force_terminal=True, color_system="standard")
    assert "\x1b" not in _printed(TRACES["cycle"], 80)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in _printed(TRACES["cycle"], 80, force_terminal=True, color_system="standard")


def test_other_letters_where_the_encoding_has_not_ours() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    make_printable(stream)
    print_trace(Console(file=stream, width=100), TRACES["dangling"])
    stream.flush()
    lines = [line.rstrip() for line in raw.getvalue().decode("ascii").splitlines()]
    assert "3. map s2[0] > s1[0]  frame 0 rwx  <s2[0] --- P - *!  - x" in lines
    assert "?" not in "".join(lines)


def test_a_cycle_says_what_p_says_and_what_the_links_say() -> None:
    assert "1. map σ0[0] → σ0[0]  ←σ0[0] rwx P frame 0≠a cycle *!" in _printed(TRACES["cycle"], 100)


def test_what_is_refused_is_marked() -> None:
    trace = Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 0),))
    assert "1. map σ0[0] → σ0[0] (refused)" in _printed(trace, 100)
    assert "1. map σ0[0] → σ0[0] (refused)" in _printed(trace, 38)
