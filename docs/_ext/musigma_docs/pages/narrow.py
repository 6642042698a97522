"""On a telephone: tables with sentences are lists, each cell under the name of its column; matrices show signs, with a
line below that explains them; storyboards are upright."""

from html import escape
from itertools import islice
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

SIDE_BY_SIDE = ("mu-signs", "mu-matrix")
"""Tables that are read across; they keep their columns, and the first one stays in view."""
SENTENCE, ROOM, WIDEST = (
    30,
    60,
    45,
)  # in signs: a cell that holds one, what a telephone shows side by side, counted at most


def stack_tables(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Mark the tables that are too wide for a telephone, and name the column in each of their cells."""
    if app.builder.format != "html":
        return
    for table in doctree.findall(nodes.table):
        rows = [row for body in table.findall(nodes.tbody) for row in body.findall(nodes.row)]
        heads = [[entry.astext() for entry in row.children] for head in table.findall(nodes.thead) for row in head]
        across = bool({*SIDE_BY_SIDE} & {*table["classes"]})
        if len(heads) == 1 and not across and is_wide(list(table.findall(nodes.row))):
            table["classes"].append("mu-stacks")
            for row in rows:
                for entry, head in islice(zip(row.children, heads[0], strict=False), 1, None):
                    if entry.astext():
                        _name(entry, head)


def shorten_matrices(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Mark the words in a matrix of verdicts, which a telephone leaves out; say below it which sign is which word."""
    if app.builder.format != "html":
        return
    for matrix in [table for table in doctree.findall(nodes.table) if "mu-matrix" in table["classes"]]:
        legend: dict[str, nodes.Node] = {}
        for verdict in [each for each in matrix.findall(nodes.inline) if "mu-badge" in each["classes"]]:
            legend.setdefault(verdict.astext(), verdict.deepcopy())
            sign, _, word = verdict.astext().partition(" ")
            verdict.children = []
            verdict += [nodes.Text(sign), nodes.inline("", f" {word}", classes=["mu-verdict"])]
        if legend:
            between = [part for each in legend.values() for part in (nodes.Text(" "), each)][1:]
            matrix.parent.insert(
                matrix.parent.index(matrix) + 1, nodes.paragraph("", "", *between, classes=["mu-legend"])
            )


def turn_storyboards(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Let a telephone take the storyboard that has one scene below the other."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        if image.get("upright"):
            uri = relative_uri(app.builder.get_target_uri(name), image["upright"])
            source = f'<picture><source media="(max-width: 40em)" srcset="{escape(uri)}">'
            parent, at = image.parent, image.parent.index(image)
            # Not replace_self, which gives the image's classes to what stands first, and so a div within the picture.
            parent.insert(at + 1, nodes.raw("", "</picture>", format="html"))
            parent.insert(at, nodes.raw("", source, format="html"))


def is_wide(rows: list[nodes.row]) -> bool:
    """Some cell holds a sentence, and the columns have no room side by side.

    >>> def row(*cells): return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))
    >>> is_wide([row("a", "b")]), is_wide([row("name", "a sentence that says " * 3)])
    (False, False)
    >>> is_wide([row("name", "a sentence that says " * 3, "and another one besides")])
    True
    >>> is_wide([row("grant, 16 deep in a chain", "14", "38", "7", "misses", "10.5…21 + 8 × ? (cache miss, data)")])
    True
    """
    widths = [
        max(len(cell.astext()) for cell in column) for column in zip(*(row.children for row in rows), strict=False)
    ]
    return max(widths, default=0) > SENTENCE and sum(min(width, WIDEST) for width in widths) > ROOM


def _name(entry: Any, head: str) -> None:
    label = nodes.raw("", f'<span class="mu-label">{escape(head)}</span>', format="html")
    first = entry.children[0] if entry.children else None
    if isinstance(first, nodes.paragraph):
        first.insert(0, label)
    elif first is not None:
        entry.insert(0, label)
