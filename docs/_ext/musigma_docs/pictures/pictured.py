"""Directives for pictures that are no traces: a page walk bit by bit, and the stack of refinements."""

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from docutils import nodes
from docutils.parsers.rst import directives

from machine.formats import FORMATS
from model.scope import parse_rights
from musigma_docs.base.build import Musigma, RefusedError
from musigma_docs.pictures.page_walk import picture, walked
from musigma_docs.pictures.traces import from_here, words
from musigma_docs.statements.proved import Part, parts
from proofs.report.storyboard.drawing.style import style_sheet
from proofs.report.storyboard.drawing.svg_parts import at, grouped, text

WIDTH, MARGIN, LAYER, BETWEEN = 360.0, 8.0, 40.0, 58.0
LAYERS = (
    ("σ, as the paper has it", "code on a scope: model.spaces.literal"),
    ("σ, as relations", "terms without bound: model.spaces.theory"),
    ("mapping tree", "code on nodes: refinement.kernel"),
    ("page tables and buffers", "code on memory: refinement.kernel"),
    ("bits of entries", "code on words: machine.formats"),
    ("a user's load or store", "code of a core: machine"),
)
"""From the model down to the hardware: what is there, and in which form."""

TIES: tuple[tuple[str, Sequence[str]], ...] = (
    ("every state of small scopes, evaluated; no proof", ()),
    ("simulation", ("The mapping tree's primitives", "The kernel begins right")),
    ("coherence", ("Page tables and buffers agree", "Tables are found")),
    ("encoding", ("Each format's bits",)),
    ("the walk and the buffer", ("A core translates", "No program reaches")),
)
"""What shows each layer to be the one above it, with the beginnings of the statements of ``proved-table`` for it."""


class Picture(Musigma):
    """A picture of the build's, in a file beside the evidence, with its caption; in words for those who listen."""

    option_spec = {"caption": directives.unchanged_required}

    def shown(self, stem: str, drawing: str) -> list[nodes.Node]:
        """The figure."""
        folder = self.evidence.folder / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{stem}.svg"
        path.write_text(drawing, encoding="utf-8")
        image = nodes.image(uri=from_here(path, Path(self.env.doc2path(self.document))), alt=words(drawing))
        image["classes"].append("mu-picture")
        figure = nodes.figure("", image, classes=["mu-narrow"])
        if "caption" in self.options:
            caption = nodes.caption("", "")
            caption += self.parse_inline(self.options["caption"])[0]
            figure += caption
        return [figure]


class PageWalk(Picture):
    """``.. page-walk:: Sv39``: a user's load at ``:address:``, bit by bit, to a page with ``:rights:``."""

    required_arguments = 1
    option_spec = {
        **Picture.option_spec,
        "address": directives.unchanged_required,
        "rights": directives.unchanged_required,
    }

    def make(self) -> list[nodes.Node]:
        format = next(each for each in FORMATS if each.name == self.known("format", self.arguments[0]))
        written = self.options.get("address", "0x40003123")
        if not re.fullmatch("0x[0-9a-fA-F]+", written):
            raise RefusedError(f"{written!r} is no address: write one as 0x40003123")
        address = int(written, 16)
        try:
            walk = walked(format, address, parse_rights(self.options.get("rights", "r-x")))
        except ValueError as error:
            raise RefusedError(str(error)) from None
        return self.shown(re.sub(r"\W+", "-", f"page-walk-{format.name}-{address:x}"), picture(walk))


class RefinementStack(Picture):
    """``.. refinement-stack::``: the layers from σ to the hardware, and how many obligations tie each to the next."""

    def make(self) -> list[nodes.Node]:
        return self.shown("refinements", stack(parts()))


def counted(beginnings: Sequence[str], of: Sequence[Part]) -> int:
    """How many obligations the parts with these statements have.

    :raises RefusedError: no part's statement begins so.
    """
    number = 0
    for beginning in beginnings:
        found = [part for part in of if part.statement.startswith(beginning)]
        if len(found) != 1:
            raise RefusedError(f"{len(found)} parts of what is proved begin with {beginning!r}: name one")
        number += len({each.id for each in chain(*found[0].obligations)})
    return number


def stack(of: Sequence[Part]) -> str:
    """The layers as one SVG document."""
    said = [f"{name}: {counted(beginnings, of)} obligations" if beginnings else name for name, beginnings in TIES]
    root = Element("svg", xmlns="http://www.w3.org/2000/svg", role="img", attrib={"class": "sb"})
    text(root, "title", "The stack of refinements, from the paper's σ down to the hardware.")
    pairs = zip(LAYERS, [*said, ""], strict=True)
    text(
        root,
        "desc",
        " ".join(f"{name} ({form}). {tie and f'Tied to the next by {tie}.'}" for (name, form), tie in pairs),
    )
    text(root, "style", style_sheet())
    SubElement(root, "rect", attrib={"class": "ground", "width": "100%", "height": "100%"})
    y = MARGIN
    for number, (name, form) in enumerate(LAYERS):
        group = grouped(root, "cell", MARGIN, y)
        SubElement(group, "rect", attrib={"class": "body", "width": f"{WIDTH - 2 * MARGIN:g}", "height": f"{LAYER:g}"})
        at(group, (WIDTH - 2 * MARGIN) / 2, 17, name, "head")
        at(group, (WIDTH - 2 * MARGIN) / 2, 32, form, "middle soft")
        y += LAYER
        if number < len(said):
            edge = grouped(root, "edge", 40, y)
            x = "M0 3V41" if TIES[number][1] else "M0 3V8M0 13V18M0 23V28M0 33V41"  # a tie that is no proof is dashed
            SubElement(edge, "path", attrib={"d": x})
            SubElement(edge, "polygon", attrib={"points": "-4,0 4,0 0,-8", "transform": "translate(0 10)"})
            at(root, 56, y + 26, said[number], "")
            y += BETWEEN - 16
    y += MARGIN
    root.set("viewBox", f"0 0 {WIDTH:g} {y:g}")
    root.set("width", f"{WIDTH:g}")
    root.set("height", f"{y:g}")
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, "unicode") + "\n"
