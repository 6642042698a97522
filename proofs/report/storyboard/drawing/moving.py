"""Storyboards as one SVG that moves: the scenes in the place of each other, one after the other, for ever.

For a README or a slide. Where the reader wants less motion, and on paper, the last scene stands still.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from proofs.report.storyboard.drawing.layout import layout
from proofs.report.storyboard.drawing.style import style_sheet
from proofs.report.storyboard.drawing.svg import MARGIN, NAMESPACE, NARROWEST, NOTE, draw_panel, notes_of
from proofs.report.storyboard.drawing.svg_parts import grouped, text
from proofs.report.storyboard.scenes.scene import Storyboard
from proofs.report.storyboard.scenes.verdicts_in_words import description, heading

SECONDS = 2.5  # a scene is shown
LAST = 2  # the last one so many times as long


def moving_svg(board: Storyboard) -> str:
    """The scenes of a storyboard as one SVG document that shows them in turn."""
    plan = layout(board)
    panel = max(plan.width, NARROWEST)
    notes = [notes_of(scene, panel) for scene in board.scenes]
    height = 34 + plan.height + 10 + NOTE * max(map(len, notes)) + 8
    width = panel + 2 * MARGIN
    root = Element("svg", xmlns=NAMESPACE, role="img", attrib={"class": "sb", "aria-labelledby": "sb-title sb-desc"})
    text(root, "title", heading(board), id="sb-title")
    text(root, "desc", description(board), id="sb-desc")
    text(root, "style", style_sheet() + _motion(len(board.scenes)))
    SubElement(root, "rect", attrib={"class": "ground", "width": "100%", "height": "100%"})
    for number, (scene, lines) in enumerate(zip(board.scenes, notes, strict=True)):
        group = grouped(root, f"scene turn turn{number}", MARGIN, MARGIN)
        draw_panel(group, scene, plan, lines, panel, height)
    root.set("viewBox", f"0 0 {width:g} {height + 2 * MARGIN:g}")
    root.set("width", f"{width:g}")
    root.set("height", f"{height + 2 * MARGIN:g}")
    root.set("style", "max-width: 100%; height: auto")
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "unicode") + "\n"


def _motion(scenes: int) -> str:
    """The style by which scenes take turns; without motion all but the last are hidden."""
    last = scenes - 1
    rules = [".sb .turn { visibility: hidden; }", f".sb .turn{last} {{ visibility: visible; }}"]
    whole = scenes - 1 + LAST
    moving = []
    for number in range(scenes):
        begins, ends = 100 * number / whole, 100 * (number + (LAST if number == last else 1)) / whole
        hidden = [f"{at:.3f}%" for at in (0.0, ends) if at < 100 and at != begins]
        steps = f"{begins:.3f}% {{ visibility: visible; }}"
        steps += f" {', '.join(hidden)} {{ visibility: hidden; }}" if hidden else ""
        moving.append(f"@keyframes turn{number} {{ {steps} }}")
        moving.append(f".sb .turn{number} {{ animation: turn{number} {whole * SECONDS:g}s step-end infinite; }}")
    rules.append("@media screen and (prefers-reduced-motion: no-preference) {\n" + "\n".join(moving) + "\n}")
    return "\n".join(rules) + "\n"
