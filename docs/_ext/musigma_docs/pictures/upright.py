"""Storyboards for a telephone: the scenes of one that has them side by side, one below the other."""

import textwrap
from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

from proofs.report.storyboard.drawing.svg import LETTER, MARGIN, NOTE

NAMESPACE = "http://www.w3.org/2000/svg"
TITLE = 9.0  # a letter of the title
LEAST = 2  # columns that are side by side


def upright(drawing: str) -> str:
    """The same storyboard in one column; nothing, if it is one already or has something that is not known here."""
    root = fromstring(drawing.encode())
    scenes = [each for each in root if each.get("class") == "scene"]
    columns = sorted({_place(scene)[0] for scene in scenes})
    if len(columns) < LEAST or any(_tag(each) == "text" and len(each) for each in root):
        return ""
    width = columns[1] - columns[0]
    made = Element(
        f"{{{NAMESPACE}}}svg", {k: v for k, v in root.attrib.items() if k not in {"width", "height", "viewBox"}}
    )
    y = 30.0
    for (tag, kind), some in groupby(root, lambda each: (_tag(each), each.get("class", ""))):
        if tag == "text":
            y = _lines(made, [each.text or "" for each in some], kind, width, y)
        elif kind == "scene":
            for scene in some:
                scene.set("transform", f"translate({MARGIN:g} {y:g})")
                made.append(scene)
                y += _height(scene) + MARGIN
            y += NOTE
        else:
            made.extend(some)
    made.set("viewBox", f"0 0 {width:g} {y:g}")
    made.set("width", f"{width:g}")
    made.set("height", f"{y:g}")
    register_namespace("", NAMESPACE)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(made, "unicode") + "\n"


def _lines(made: Element, lines: Sequence[str], kind: str, width: float, y: float) -> float:
    """Sentences that were broken for a wider picture, broken for this one."""
    letters = int((width - 2 * MARGIN) / (TITLE if kind == "title" else LETTER))
    for line in textwrap.wrap(" ".join(lines), letters):
        SubElement(made, f"{{{NAMESPACE}}}text", {"x": f"{MARGIN:g}", "y": f"{y:g}", "class": kind}).text = line
        y += 21 if kind == "title" else NOTE
    return y


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _place(scene: Element) -> tuple[float, float]:
    x, y = scene.get("transform", "").removeprefix("translate(").removesuffix(")").split()
    return float(x), float(y)


def _height(scene: Element) -> float:
    return next(float(each.get("height", "0")) for each in scene if each.get("class") == "panel")
