"""Mathematics as MathML, made while the site is built, so that reading it needs no script and no network."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

ELEMENT = re.compile(r"(?<![\\\w′])([Pσρ]′?)_([vx]′?)(?![\w′])")
"""How sentences in sources name the element of a table at a page, or at a slot of the theory."""


def mathml(tex: str, display: str) -> str:
    r"""LaTeX as MathML.

    >>> mathml(r"x \nprec y", "inline")[:60]
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="in'
    """
    plain = tex.replace(r"\begin{array}[t]", r"\begin{array}")
    made = convert(plain, display=display)
    # A word set upright or in italics is one identifier, not a product of letters.
    return re.sub(
        r'<mrow>((?:<mi mathvariant="italic">[^<]</mi>|<mo>&#x0005F;</mo>|<mi>_</mi>){2,})</mrow>', _word, made
    )


def _word(found: re.Match[str]) -> str:
    letters = re.sub(r"<[^>]+>", "", found[1]).replace("&#x0005F;", "_")
    return f'<mi class="mu-word">{letters}</mi>'


def visit_inline(self: Any, node: nodes.math) -> None:
    """A formula within a line."""
    self.body.append(_made(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """A displayed formula; where it is wider than the page, it scrolls."""
    self.body.append(display(node.astext()))
    raise nodes.SkipNode


def display(tex: str) -> str:
    """A displayed formula as HTML."""
    return f'<div class="math mu-math">{_made(tex, "block")}</div>\n'


def _made(tex: str, display: str) -> str:
    try:
        return mathml(tex, display)
    except Exception as error:
        raise ValueError(f"latex2mathml cannot set {tex!r}: {error!r}") from error


def lowered(app: Sphinx, doctree: nodes.document) -> None:
    """In prose that comes from sources ``P_v`` has its index below the line; code and formulas stay as they are."""
    for text in list(doctree.findall(nodes.Text)):
        within = text.parent
        if isinstance(within, (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.raw, nodes.Invisible)):
            continue
        parts = ELEMENT.split(text)
        if len(parts) > 1:
            made: list[nodes.Node] = [nodes.Text(parts[0])]
            for table, page, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
                made += (nodes.Text(table), nodes.subscript("", page), nodes.Text(rest))
            within.replace(text, [node for node in made if node.astext()])
