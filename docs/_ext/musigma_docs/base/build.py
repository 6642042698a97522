"""What the directives build pages of: tables, links, badges, formulas, and the base of all directives."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from musigma_docs.base.domain import ENTRY, MusigmaDomain, domain_of
from musigma_docs.base.maths import display
from musigma_docs.base.names import ids, unknown
from musigma_docs.base.numbered import NumbersError
from musigma_docs.evidence.runs import Evidence, EvidenceError
from proofs.verdict import Verdict

Cell = str | nodes.Node | Sequence[nodes.Node]


class details(nodes.General, nodes.Element):  # noqa: N801 - docutils spells nodes like this
    """Something folded away behind a summary; on paper it stands open, unless only its summary is of use there."""


class formula_block(nodes.General, nodes.Element):  # noqa: N801 - docutils spells nodes like this
    """A displayed formula that makes do with the width it has: in a browser it scrolls, on paper it shrinks."""


class RefusedError(Exception):
    """A directive cannot be carried out as it is written; the message says why."""


class Musigma(SphinxDirective):
    """A directive that knows the domain and the evidence, and whose errors are errors of the build."""

    def make(self) -> list[nodes.Node]:
        """What the directive stands for."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Make it, or say in the build and on the page why it cannot be made."""
        try:
            return self.make()
        except (RefusedError, EvidenceError, NumbersError) as error:
            raise self.error(str(error)) from None

    @property
    def domain(self) -> MusigmaDomain:
        """The names of this build."""
        return domain_of(self.env)

    @property
    def evidence(self) -> Evidence:
        """The runs of this build."""
        return self.domain.evidence

    @property
    def document(self) -> str:
        """The page that is read."""
        return self.env.current_document.docname

    def known(self, kind: str, name: str) -> str:
        """The name, if there is something of that name.

        :raises RefusedError: there is not.
        """
        if name not in ids(kind):
            raise RefusedError(unknown(kind, name))
        return name

    def anchored(self, kind: str, name: str, node: nodes.Element, rank: int = ENTRY) -> None:
        """Make a node the place where something is described, and note that the page speaks of it."""
        anchor = anchor_of(kind, name)
        if anchor in self.state.document.ids:
            anchor = nodes.make_id(f"{anchor}-{self.env.new_serialno('musigma')}")
        node["ids"].append(anchor)
        self.state.document.note_explicit_target(node)
        self.domain.note(kind, name, self.document, anchor, rank)
        self.domain.mention(kind, name, self.document)

    def prose(self, text: str) -> nodes.paragraph:
        """A paragraph of reStructuredText."""
        paragraph = nodes.paragraph()
        paragraph += self.parse_inline(text)[0]
        return paragraph

    def ref(self, kind: str, name: str, text: str = "") -> addnodes.pending_xref:
        """A link to where something is described."""
        return ref(kind, name, self.document, text)


def anchor_of(kind: str, name: str) -> str:
    """The anchor of a name; of an obligation its id, so that links can be written by hand."""
    return re.sub(r"[^\w.-]+", "-", name if kind == "obligation" else f"{kind}-{name}")


def ref(kind: str, name: str, document: str, text: str = "") -> addnodes.pending_xref:
    """A link from a page to where something is described."""
    in_words = text or kind in ("claim", "clause", "format", "rule")
    shown = nodes.inline("", text or name) if in_words else nodes.literal("", name)
    return addnodes.pending_xref(
        "", shown, refdomain="musigma", reftype=kind, reftarget=name, refexplicit=bool(text), refdoc=document, made=True
    )


def python(name: str, document: str) -> addnodes.pending_xref:
    """A link to where the API describes a Python object, if it does."""
    shown = nodes.literal("", name)
    return addnodes.pending_xref(
        "", shown, refdomain="py", reftype="obj", reftarget=name, refdoc=document, refexplicit=False
    )


def joined(items: Iterable[nodes.Node], between: str = ", ") -> list[nodes.Node]:
    """Nodes in a row, with text between them."""
    found: list[nodes.Node] = []
    for item in items:
        if found:
            found.append(nodes.Text(between))
        found.append(item)
    return found


def badge(verdict: str, *, short: bool = False) -> nodes.inline:
    """A verdict, with a sign and a colour of its own; the sign is for those who see no colour.

    :param short: the sign only.
    """
    signs = {
        "proved": "✓",
        "witnessed": "✓",
        "refuted": "✗",
        "not claimed": "·",
        "killed": "✓",
        "proved in part": "(✓)",
    }
    sign = signs.get(verdict, "?" if verdict in {v.value for v in Verdict} else "!")
    text = sign if short else f"{sign} {verdict}"
    return nodes.inline("", text, classes=["mu-badge", "mu-" + verdict.replace(" ", "-")])


def table(
    head: Sequence[Cell], rows: Iterable[Sequence[Cell]], widths: Sequence[int] = (), classes: Sequence[str] = ()
) -> nodes.table:
    """A table; ``widths`` are in parts, and count on paper only."""
    made = nodes.table(classes=["mu-table", *classes])
    group = nodes.tgroup(cols=len(head))
    made += group
    for width in widths or [1] * len(head):
        group += nodes.colspec(colwidth=width)
    sections: list[tuple[nodes.Element, list[Sequence[Cell]]]]
    sections = [(nodes.thead(), [head]), (nodes.tbody(), list(rows))]
    for section, lines in sections:
        for line in lines:
            row = nodes.row()
            for cell in line:
                row += entry(cell)
            section += row
        group += section
    return made


def entry(cell: Cell) -> nodes.entry:
    """A cell of a table."""
    made = nodes.entry()
    content = [nodes.Text(cell)] if isinstance(cell, str) else [cell] if isinstance(cell, nodes.Node) else list(cell)
    if any(isinstance(node, (nodes.Body, nodes.General)) and not isinstance(node, nodes.Inline) for node in content):
        made += content
    else:
        made += nodes.paragraph("", "", *content)
    return made


def fields(pairs: Iterable[tuple[str, Cell]]) -> nodes.field_list:
    """Names with what is to be said of each."""
    made = nodes.field_list(classes=["mu-fields"])
    for name, cell in pairs:
        body = nodes.field_body()
        body += entry(cell).children
        made += nodes.field("", nodes.field_name("", name), body)
    return made


def box(kind: str, *content: nodes.Node) -> nodes.container:
    """An entry: a framed part of the page."""
    return nodes.container("", *content, classes=["mu-entry", f"mu-{kind}"])


def title(*content: nodes.Node) -> nodes.paragraph:
    """The first line of an entry."""
    return nodes.paragraph("", "", *content, classes=["mu-title"])


def folded(summary: str, *content: nodes.Node, on_paper: bool = True) -> details:
    """Content behind a summary.

    :param on_paper: whether it is printed, and not its summary alone.
    """
    return details("", *content, summary=summary, on_paper=on_paper)


def formula(tex: str) -> formula_block:
    """A displayed formula."""
    return formula_block("", tex=tex)


def option_pairs(text: str) -> dict[str, str]:
    """``canonical proved, literal-eager refuted`` as a mapping.

    :raises RefusedError: it is not written like that.
    """
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, what = part.partition(" ")
        if not what.strip():
            raise RefusedError(f"write NAME VERDICT, NAME VERDICT … instead of {text!r}")
        found[name] = what.strip()
    return found


def depart_nothing(self: Any, node: nodes.Element) -> None:
    """Nothing is left to do."""


def visit_details_html(self: Any, node: details) -> None:
    """An element that the reader opens."""
    kind = "mu-details" if node.get("on_paper", True) else "mu-details mu-stays-folded"
    self.body.append(f"<details class='{kind}'><summary>{self.encode(node['summary'])}</summary>\n")


def depart_details_html(self: Any, node: details) -> None:
    """Its end."""
    self.body.append("</details>\n")


def visit_details_latex(self: Any, node: details) -> None:
    """On paper it stands open, or its summary alone stands there."""
    self.body.append("\n\n\\textit{" + self.encode(node["summary"]) + "}\n\n")
    if not node.get("on_paper", True):
        raise nodes.SkipNode


def visit_details_text(self: Any, node: details) -> None:
    """As plain text it stands open."""


def visit_formula_html(self: Any, node: formula_block) -> None:
    """As MathML."""
    self.body.append(display(node["tex"]))
    raise nodes.SkipNode


def visit_formula_latex(self: Any, node: formula_block) -> None:
    """As it is, in tables and lists as well."""
    self.body.append(
        f"\n\\par\\noindent\\adjustbox{{max width=\\linewidth}}{{\\(\\displaystyle {node['tex']}\\)}}\\par\n"
    )
    raise nodes.SkipNode


def visit_formula_text(self: Any, node: formula_block) -> None:
    """As LaTeX."""
    self.new_state(0)
    self.add_text(node["tex"])
    self.end_state(wrap=False)
    raise nodes.SkipNode
