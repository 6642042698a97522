"""Directives that print tables from the project's own records, so that no page repeats them by hand."""

from collections.abc import Callable, Iterable, Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from model.dialect import CONDITIONS, DIALECTS, PROSE
from proofs.claims import CLAIMS


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> nodes.table:
    table = nodes.table()
    group = nodes.tgroup(cols=len(head))
    table += group
    for _ in head:
        group += nodes.colspec(colwidth=1)
    for section, lines in ((nodes.thead(), [head]), (nodes.tbody(), list(rows))):
        for line in lines:
            row = nodes.row()
            for cell in line:
                entry = nodes.entry()
                entry += nodes.paragraph(text=cell)
                row += entry
            section += row
        group += section
    return table


def claims() -> nodes.table:
    return _table(("claim", "where", "statement"), ((c.id, c.where, c.statement) for c in CLAIMS.values()))


def dialects() -> nodes.table:
    def choices(name: str) -> str:
        return "; ".join(PROSE[reading] for reading in DIALECTS[name].readings)

    return _table(
        ("dialect", "what it is", "its readings", "known hazard"),
        ((d.name, d.sentence, choices(d.name), d.hazard) for d in DIALECTS.values()),
    )


def conditions() -> nodes.table:
    return _table(("condition", "what it requires"), ((c.name, c.sentence) for c in CONDITIONS))


def _directive(make: Callable[[], nodes.table]) -> type[SphinxDirective]:
    class Table(SphinxDirective):
        def run(self) -> list[nodes.Node]:
            return [make()]

    return Table


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("claims-table", _directive(claims))
    app.add_directive("dialects-table", _directive(dialects))
    app.add_directive("conditions-table", _directive(conditions))
    return {"parallel_read_safe": True}
