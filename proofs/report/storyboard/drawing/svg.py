"""Storyboards as SVG: one panel a step, in a style sheet of its own, with titles for those who listen.

Elements are made with ElementTree, so that whatever a trace says is escaped. No fonts, scripts or images are loaded.
"""

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from model.scope import rights_name
from proofs.report.storyboard.drawing.layout import LINE, Box, Layout, Line, layout
from proofs.report.storyboard.drawing.style import style_sheet
from proofs.report.storyboard.drawing.svg_parts import at, grouped, tag, text, warning
from proofs.report.storyboard.drawing.svg_threads import LEGEND, draw_threads
from proofs.report.storyboard.scenes.scene import Cell, Change, FrameMark, Gap, Scene, Storyboard, slot_key
from proofs.report.storyboard.scenes.verdicts_in_words import about, description, finding_text, heading

NAMESPACE = "http://www.w3.org/2000/svg"
PAPER = 1200.0  # panels stand side by side up to this width
MARGIN = 16.0
NOTE = 16.0  # the height of a line of words
LETTER = 6.2  # a generous mean width, so that lines broken by count fit
NARROWEST = 300.0

BLOCKS = " An outline around several pages: one mapping."

_CLASSES = {
    Change.NEW: "new changed",
    Change.REPLACED: "new changed",
    Change.CHANGED: "new changed",
    Change.GONE: "gone",
    Change.MOVED: "moved changed",
    Change.NARROWED: "fewer changed",
    Change.WIDENED: "fewer changed",
    Change.NONE: "",
}


def svg(board: Storyboard) -> str:
    """The storyboard as one SVG document."""
    plan = layout(board)
    panel = max(plan.width, NARROWEST)
    across = max(1, min(len(board.scenes), int(PAPER // (panel + 2 * MARGIN))))
    rows = _rows(board, across)
    width = max(across * (panel + 2 * MARGIN), 480.0)
    root = Element("svg", xmlns=NAMESPACE, role="img", attrib={"class": "sb", "aria-labelledby": "sb-title sb-desc"})
    text(root, "title", heading(board), id="sb-title")
    text(root, "desc", description(board), id="sb-desc")
    text(root, "style", style_sheet())
    SubElement(root, "rect", attrib={"class": "ground", "width": "100%", "height": "100%"})
    y = _opening(root, board, width)
    for row in rows:
        if isinstance(row, Gap):
            for line in textwrap.wrap(f"… {row.summary} …", int((width - 2 * MARGIN) / LETTER)):
                at(root, MARGIN, y + 8, line, "gap")
                y += NOTE
            y += MARGIN
            continue
        notes = [notes_of(scene, panel) for scene in row]
        height = 34 + plan.height + 10 + NOTE * max(map(len, notes)) + 8
        for n, (scene, lines) in enumerate(zip(row, notes, strict=True)):
            group = grouped(root, "scene", MARGIN + n * (panel + 2 * MARGIN), y)
            draw_panel(group, scene, plan, lines, panel, height)
        y += height + MARGIN
    blocks = BLOCKS if any(scene.blocks for scene in board.scenes) else ""
    y = _legend(root, y, width, (LEGEND if board.scenes[0].speech else "") + blocks)
    root.set("viewBox", f"0 0 {width:g} {y:g}")
    root.set("width", f"{width:g}")
    root.set("height", f"{y:g}")
    # On a narrow screen the whole picture is shown, smaller.
    root.set("style", "max-width: 100%; height: auto")
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "unicode") + "\n"


def _rows(board: Storyboard, across: int) -> list[list[Scene] | Gap]:
    """Panels side by side, so many in a row; a gap is a row of its own."""
    rows: list[list[Scene] | Gap] = []
    for part in board.parts:
        if isinstance(part, Gap):
            rows.append(part)
        elif rows and isinstance(rows[-1], list) and len(rows[-1]) < across:
            rows[-1].append(part)
        else:
            rows.append([part])
    return rows


def picture(plan: Layout, scene: Scene) -> str:
    """One scene alone, without words or style, for a page that has its own."""
    root = Element("svg", attrib={"class": "sb", "role": "group", "aria-label": f"{scene.number}. {scene.title}"})
    root.set("viewBox", f"0 -6 {plan.width + 4:g} {plan.height + 8:g}")
    root.set("style", f"--width: {plan.width + 4:g}px")
    draw(root, scene, plan, interactive=True)
    return tostring(root, "unicode")


def notes_of(scene: Scene, width: float) -> list[tuple[str, str]]:
    """The words below a picture, broken into lines: each with its class, ``finding`` lines first marked with ``!``."""
    letters = int(width / LETTER)
    lines: list[tuple[str, str]] = []
    for note in scene.changes:
        lines += [("soft", line) for line in textwrap.wrap(note, letters, subsequent_indent="   ")]
    noted = f"noted: {', '.join(scene.noted)}" if scene.noted else ""
    lines += [("soft", line) for line in textwrap.wrap(noted, letters, subsequent_indent="   ")]
    for finding in scene.findings:
        first, *others = textwrap.wrap(finding_text(finding), letters - 4)
        lines += [("finding first", first), *(("finding", line) for line in others)]
    return lines


def _opening(root: Element, board: Storyboard, width: float) -> float:
    y = 30.0
    for line in textwrap.wrap(heading(board), int((width - 2 * MARGIN) / 9.0)):
        at(root, MARGIN, y, line, "title")
        y += 21
    for note in about(board):
        for line in textwrap.wrap(note, int((width - 2 * MARGIN) / LETTER)):
            at(root, MARGIN, y, line, "soft")
            y += NOTE
    return y


def draw_panel(
    group: Element, scene: Scene, plan: Layout, lines: Sequence[tuple[str, str]], width: float, height: float
) -> None:
    """A scene in its frame, with a heading and the words below it."""
    frame = {"class": "panel", "x": "-8", "y": "0", "width": f"{width + 16:g}", "height": f"{height:g}", "rx": "8"}
    SubElement(group, "rect", attrib=frame)
    title = scene.title if scene.number == 0 else f"{scene.number}. {scene.title}"
    step = at(group, 0, 21, title, "step")
    if scene.outcome:
        beside = {"class": "soft", "dx": "8", "font-weight": "400", "font-size": "11"}
        text(step, "tspan", scene.outcome, attrib=beside)
    draw(grouped(group, "picture", 0, 34), scene, plan)
    y = 34 + plan.height + 22
    for kind, line in lines:
        if kind == "finding first":
            warning(group, 7, y - 4)
        at(group, 18 if "finding" in kind else 0, y, line, kind)
        y += NOTE


def draw(parent: Element, scene: Scene, plan: Layout, *, interactive: bool = False) -> None:
    """The picture of a scene: heads, lines, then what stands on them; threads above the slots, if there are any."""
    for _, name, x in plan.heads:
        at(parent, x, 14, name, "head")
    if scene.speech is not None:
        draw_threads(parent, scene.speech, plan, changed=bool(scene.number))
    for slot, order in scene.blocks:
        _block(parent, plan.boxes[slot_key(slot)], plan.boxes[slot_key(slot + (1 << order) - 1)], order)
    lines = plan.lines_in(scene.number)
    for line in sorted(lines, key=lambda each: (each.edge.change == Change.NONE, each.edge.wrong)):
        _edge(parent, line)
    lost = {r for finding in scene.findings for r in finding.frames if finding.kind in ("lost", "held twice")}
    for mark in scene.frames:
        _frame(parent, mark, plan.boxes[mark.key], mark.number in lost)
    for cell in scene.cells:
        _cell(parent, cell, plan.boxes[cell.key], interactive=interactive)
    for line in lines:
        if line.edge.change != Change.GONE:
            wrong = " finding" if line.edge.wrong else ""
            # Three hyphens beside a dashed line would look like a part of it.
            words = rights_name(line.edge.rights) if line.edge.rights else "none"
            label = at(parent, *line.label, words, f"rights{wrong}")
            _ends(label, line)


def _block(parent: Element, first: Box, last: Box, order: int) -> None:
    """An outline around the pages of one mapping, and around the words below the last of them."""
    pad, below = 5.0, 15.0
    group = SubElement(parent, "g", attrib={"class": "block"})
    text(group, "title", f"one mapping, {1 << order} pages")
    size = {"x": first.x - pad, "y": first.y - pad, "width": first.width + 2 * pad}
    size["height"] = last.y + last.height - first.y + pad + below
    SubElement(group, "rect", attrib={name: f"{number:g}" for name, number in size.items()} | {"rx": "9"})


def _edge(parent: Element, line: Line) -> None:
    kinds = ["edge", _CLASSES[line.edge.change], "hold" if line.edge.hold else "", "wrong" if line.edge.wrong else ""]
    group = SubElement(parent, "g", attrib={"class": " ".join(filter(None, kinds))})
    _ends(group, line)
    (x, y), before = line.points[-1], line.points[-2]
    back = 7.0 if before[0] < x else -7.0
    corners = [*line.points[:-1], (x - back, y)]
    way = "M" + " L".join(f"{a:g} {b:g}" for a, b in corners)
    SubElement(group, "path", d=way)
    if line.edge.hold:
        SubElement(group, "path", attrib={"class": "core", "d": way})
    points = f"{x:g},{y:g} {x - back:g},{y - 4:g} {x - back:g},{y + 4:g}"
    SubElement(group, "polygon", points=points)
    if line.edge.change == Change.GONE:
        a, b = _half_way(line.points)
        SubElement(group, "path", attrib={"class": "cross", "d": f"M{a - 4:g} {b - 4:g}l8 8m0 -8l-8 8"})
    elif line.edge.hidden:
        a, b = _half_way(line.points)
        at(group, a, b + 3, f"…{line.edge.hidden}…", "rights")


def _ends(element: Element, line: Line) -> None:
    """The nodes that a line joins, for the page's script."""
    element.set("data-from", line.edge.source)
    element.set("data-to", line.edge.target)


def _half_way(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The middle of the longest stretch."""
    (a, b), (c, d) = max(pairwise(points), key=lambda pair: abs(pair[0][0] - pair[1][0]) + abs(pair[0][1] - pair[1][1]))
    return (a + c) / 2, (b + d) / 2


def _frame(parent: Element, mark: FrameMark, box: Box, wrong: bool) -> None:
    group = SubElement(
        parent, "g", attrib={"class": "frame wrong" if wrong else "frame", "data-frame": str(mark.number)}
    )
    state = "is lost" if mark.lost else "is held"
    text(group, "title", f"frame {mark.number} {state}")
    x, y, w, h, cut = box.x, box.y, box.width, box.height, 8
    corners = [
        (x + cut, y),
        (x + w - cut, y),
        (x + w, y + h / 2),
        (x + w - cut, y + h),
        (x + cut, y + h),
        (x, y + h / 2),
    ]
    SubElement(group, "path", d="M" + " L".join(f"{a:g} {b:g}" for a, b in corners) + "Z")
    at(group, x + w / 2, y + h / 2 + 4, f"frame {mark.number}", "middle")
    if wrong:
        tag(group, x + w / 2, y + h + 3, "lost" if mark.lost else "held twice")


def _cell(parent: Element, cell: Cell, box: Box, *, interactive: bool) -> None:
    kinds = ["cell", "" if cell.in_use else "empty", _CLASSES[cell.change], "wrong" if cell.wrong else ""]
    group = SubElement(parent, "g", attrib={"class": " ".join(filter(None, kinds))})
    group.set("data-slot", str(cell.slot))
    if interactive:
        group.set("tabindex", "0")
        group.set("role", "button")
        group.set("aria-label", cell_words(cell))
    else:
        text(group, "title", cell_words(cell))
    size = {"x": f"{box.x:g}", "y": f"{box.y:g}", "width": f"{box.width:g}", "height": f"{box.height:g}", "rx": "6"}
    SubElement(group, "rect", attrib={"class": "body", **size})
    at(group, box.x + 8, box.y + 19, cell.name, "name")
    if cell.beside:
        for number, line in enumerate(cell.beside):
            at(group, box.x + 8, box.y + 35 + number * LINE, line, "finding" if number else "")
    elif cell.in_use or cell.phys is not None:
        shown = "P: φ" if cell.phys is None else f"P: frame {cell.phys}"
        at(group, box.x + 8, box.y + 35, shown, "")
    else:
        at(group, box.x + 8, box.y + 35, "φ", "soft")
    if cell.windows:
        inner = {
            "x": f"{box.x + 3:g}",
            "y": f"{box.y + 3:g}",
            "width": f"{box.width - 6:g}",
            "height": f"{box.height - 6:g}",
        }
        SubElement(group, "rect", attrib={"class": "window", **inner, "rx": "4"})
        at(group, box.x + 8, box.y + 49, f"window of {', '.join(cell.windows)}", "window-name")
    if cell.role:
        at(group, box.x + box.width / 2, box.y + box.height + 11, cell.role, "role")
    if cell.change != Change.NONE:
        tag(group, box.x + box.width / 2, box.y - 4, cell.change.value)
    if cell.wrong:
        warning(group, box.x + box.width - 1, box.y)


def cell_words(cell: Cell) -> str:
    """Describe a slot in words."""
    if cell.beside:
        return f"{cell.name}: {', '.join(cell.beside)}"
    if not cell.in_use and cell.phys is None:
        return f"{cell.name}: φ, nobody can access it"
    shown = "φ" if cell.phys is None else f"frame {cell.phys}"
    return f"{cell.name}: P says {shown}, σ(v) is {cell.ends}, rights {rights_name(cell.rights)}"


def _legend(root: Element, y: float, width: float, more: str) -> float:
    words = (
        "An arrow leads from the page that was mapped to the slot it was mapped to, with the rights there; a double one"
        " from a frame to the slot that holds it. P is the frame in the kernel's table; φ is nothing. Dotted, crossed"
        " out: gone in this step. Dashed and thick with a triangle: wrong." + more
    )
    for line in textwrap.wrap(words, int((width - 2 * MARGIN) / LETTER)):
        at(root, MARGIN, y + 8, line, "soft")
        y += NOTE
    return y + 10
