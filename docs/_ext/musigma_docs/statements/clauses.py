"""Directives for the paper's clauses: the mark on the page that treats one, and the index of all."""

from collections.abc import Iterator, Sequence
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

from musigma_docs.base.build import Musigma, box, folded, joined, python, title
from musigma_docs.base.domain import INDEX, domain_of
from musigma_docs.statements.crossing import definitions_of, mentions, tests_naming
from musigma_docs.statements.obligations import mechanism_of
from proofs.paper.clauses import CLAUSES
from proofs.registry import known


class ClauseMark(Musigma):
    """``.. clause:: A.map``: this place treats the clause. Several may be named."""

    required_arguments = 1
    optional_arguments = 20

    def make(self) -> list[nodes.Node]:
        mark = nodes.container(classes=["mu-clause"])
        for name in self.arguments:
            place = nodes.inline("", "", classes=["mu-clause-name"])
            self.anchored("clause", self.known("clause", name), place)
            place += nodes.inline("", name, classes=["mu-clause-id"])
            place += nodes.Text(" " + CLAUSES[name].title)
            mark += nodes.paragraph("", "", place)
        return [mark]


class ClauseIndex(Musigma):
    """``.. clause-index:: A B``: each clause with what stands for it, or why nothing does."""

    optional_arguments = 10

    def make(self) -> list[nodes.Node]:
        letters = self.arguments or ["A", "B", "C", "S", "P"]
        return [self._entry(name) for name in CLAUSES if name[0] in letters]

    def _entry(self, name: str) -> nodes.container:
        content = list(self._content(name))
        if not content and CLAUSES[name].why_not:
            content = [nodes.paragraph("", f"Nothing stands for it: {CLAUSES[name].why_not}.")]
        content.append(_line("pages", [mentions(kind="clause", name=name)]))
        heading = title(self.ref("clause", name), nodes.Text(": " + CLAUSES[name].title))
        whole = box("clause-entry", heading, *content)
        whole["ids"].append(f"index-{name}")
        self.domain.note("clause", name, self.document, f"index-{name}", INDEX)
        return whole

    def _content(self, name: str) -> Iterator[nodes.Node]:
        """Definitions, obligations, faults and tests."""
        definitions = definitions_of(name)
        if definitions:
            yield _line("definitions", joined(python(each, self.document) for each in definitions))
        wanted = {name, *CLAUSES[name].through}
        mine = [o.id for o in known().values() if o.claim in wanted]
        if mine:
            links = nodes.paragraph("", "", *joined(self.ref("obligation", each) for each in mine))
            through = f", through {', '.join(CLAUSES[name].through)}" if CLAUSES[name].through else ""
            yield folded(f"{len(mine)} obligation{'s' if len(mine) > 1 else ''}{through}", links)
        felled = self.evidence.faults()["obligations"]["felled"]
        faults = dict.fromkeys(mechanism_of(felled[each]["change"]) for each in mine if each in felled)
        faults.pop("", None)
        if faults:
            yield _line("faults", joined(self.ref("fault", each) for each in faults))
        if CLAUSES[name].falls:
            said = (nodes.literal("", f"musigma {each}") for each in CLAUSES[name].falls)
            yield _line("counterexamples", joined(said))
        tests = tests_naming(name)
        if tests:
            yield _line("tests", joined(nodes.literal("", each) for each in tests))


def _line(what: str, content: Sequence[nodes.Node]) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.emphasis("", what + ": "), *content)


def has_anything(name: str) -> bool:
    """Whether a definition, an obligation or a test stands for a clause."""
    wanted = {name, *CLAUSES[name].through}
    return bool(definitions_of(name) or tests_naming(name) or any(o.claim in wanted for o in known().values()))


def fill_mentions(app: Sphinx, doctree: nodes.document, document: str) -> None:
    """Put in the pages that speak of something, once all are read."""
    domain = domain_of(app.env)
    for node in list(doctree.findall(mentions)):
        pages = [page for page in domain.mentions(node["kind"], node["name"]) if page != document]
        links: list[nodes.Node] = [_page_link(app, document, page) for page in pages]
        node.replace_self(joined(links) or [nodes.Text("none")])


def _page_link(app: Sphinx, here: str, page: str) -> nodes.reference:
    title: Any = app.env.titles[page].astext()
    return make_refnode(app.builder, here, page, "", nodes.inline("", title))
