"""Storyboards with a lane a core: a step a row, in the lane of who acts, and what each core remembers or holds.

The same board is a table on the terminal, a picture and a page. It knows neither protocols nor locks: whoever makes it
says in words what stands in each lane.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from rich.console import Console
from rich.text import Text

from proofs.report.storyboard.drawing.style import DARK, LIGHT
from proofs.report.storyboard.drawing.svg_parts import at, text, warning

NAMESPACE = "http://www.w3.org/2000/svg"
WIDE, LINE, EDGE = 236.0, 15.0, 12.0
LETTERS = 36  # of a line in a lane
COLOURS = """
.lanes text {{ font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 11px;
  fill: {text}; }}
.lanes .ground {{ fill: {ground}; }}
.lanes .title {{ font-size: 16px; font-weight: 700; }}
.lanes .head {{ font-size: 13px; font-weight: 600; }}
.lanes .soft {{ fill: {soft}; }}
.lanes .lane {{ fill: {empty}; stroke: {edge}; }}
.lanes .acts {{ fill: {cell}; stroke: {text}; stroke-width: 2; }}
.lanes .wrong {{ fill: {wrongfill}; stroke: {wrong}; stroke-width: 2.5; stroke-dasharray: 7 3; }}
.lanes .step {{ font-weight: 700; }}
.lanes .finding {{ fill: {wrong}; font-weight: 600; }}
.lanes .warn {{ fill: {wrong}; }}
.lanes .bang {{ fill: {mark}; }}
"""


@dataclass(frozen=True, slots=True)
class LaneState:
    """The contents of a lane after a step, in words; and whether something is wrong there."""

    words: tuple[str, ...]
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class LaneStep:
    """A step: the lane that acts, by its number; the step's title; and all lanes after it."""

    number: int
    actor: int
    title: str
    lanes: tuple[LaneState, ...]
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LaneBoard:
    """The steps of a trace, each with the same lanes.

    :param about: what the board shows, a line each.
    :param names: of the lanes.
    """

    title: str
    about: tuple[str, ...]
    names: tuple[str, ...]
    steps: tuple[LaneStep, ...]


def print_lanes(console: Console, board: LaneBoard) -> None:
    """Print the board on the terminal: each step, and the lanes that it changes."""
    console.print(Text(board.title, style="bold"))
    for line in board.about:
        console.print(line, markup=False, highlight=False)
    console.print()
    earlier: tuple[LaneState, ...] = tuple(LaneState(()) for _ in board.names)
    for step in board.steps:
        console.print(Text(step_title(step), style="bold"))
        for name, state, before in zip(board.names, step.lanes, earlier, strict=True):
            if state.words != before.words or state.wrong:
                words = "; ".join(state.words) or "nothing"
                console.print(Text(f"   {name}: {words}", style="bold red" if state.wrong else ""))
        for finding in step.findings:
            console.print(Text(f"   ! {finding}", style="red"))
        earlier = step.lanes


def step_title(step: LaneStep) -> str:
    """The title of a step: its number, if it has one, and its words."""
    return f"{step.number}. {step.title}" if step.number else step.title


def lane_svg(board: LaneBoard, *, titled: bool = True) -> str:
    """The board as one SVG document.

    :param titled: its title stands above the lanes; where it does not, whoever shows the picture says it.
    """
    width = 2 * EDGE + len(board.names) * WIDE
    root = Element("svg", xmlns=NAMESPACE, role="img", attrib={"class": "lanes", "aria-labelledby": "lanes-title"})
    text(root, "title", board.title, id="lanes-title")
    text(root, "desc", " ".join(_description(board)))
    text(root, "style", lane_style())
    SubElement(root, "rect", attrib={"class": "ground", "width": "100%", "height": "100%"})
    y = 28.0
    for line in textwrap.wrap(board.title, int(width / 10.5)) if titled else ():
        at(root, EDGE, y, line, "title")
        y += 20
    for said in board.about:
        for line in textwrap.wrap(said, int(width / 6)):
            at(root, EDGE, y, line, "soft")
            y += LINE
    y += 8
    for place, name in enumerate(board.names):
        at(root, EDGE + place * WIDE + 8, y, name, "head")
    y += 8
    for step in board.steps:
        y = _row(root, step, y, width)
    root.set("viewBox", f"0 0 {width:g} {y + EDGE:g}")
    root.set("width", f"{width:g}")
    root.set("height", f"{y + EDGE:g}")
    return tostring(root, encoding="unicode")


def _row(root: Element, step: LaneStep, y: float, width: float) -> float:
    """A step from a height on; the height where it ends."""
    cells = [list(_lines(step, place, state)) for place, state in enumerate(step.lanes)]
    height = LINE * max(map(len, cells)) + 14
    for place, (state, lines) in enumerate(zip(step.lanes, cells, strict=True)):
        x = EDGE + place * WIDE
        kind = "wrong" if state.wrong else "acts" if place == step.actor else "lane"
        size = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{WIDE - 8:g}", "height": f"{height:g}", "rx": "6"}
        SubElement(root, "rect", attrib={"class": kind, **size})
        for number, (line, of) in enumerate(lines):
            at(root, x + 8, y + 16 + number * LINE, line, of)
        if state.wrong:
            warning(root, x + WIDE - 22, y + 12)
    y += height + 6
    for finding in step.findings:
        for line in textwrap.wrap(f"! {finding}", int(width / 7)):
            at(root, EDGE, y + 8, line, "finding")
            y += LINE
    return y + 4


def _lines(step: LaneStep, place: int, state: LaneState) -> Iterator[tuple[str, str]]:
    """What stands in a lane, line by line: the step itself first, where it is this lane's."""
    if place == step.actor:
        yield from ((line, "step") for line in textwrap.wrap(step_title(step), LETTERS - 2))
    for words in state.words:
        yield from ((line, "") for line in textwrap.wrap(words, LETTERS))


def _description(board: LaneBoard) -> Iterator[str]:
    yield from board.about
    for step in board.steps:
        yield f"{step_title(step)}."
        yield from (f"Wrong: {finding}." for finding in step.findings)


def lane_style() -> str:
    """The style sheet of a board: light, dark where the reader prefers it, and light again on paper."""
    light, dark = COLOURS.format_map(LIGHT), COLOURS.format_map(DARK)
    return f"{light}@media (prefers-color-scheme: dark) {{{dark}}}\n@media print {{{light}}}\n"
