"""Directives that print tables from the project's own records, so that no page repeats them by hand."""

from collections.abc import Callable, Iterable, Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from model.dialect import CANONICAL, CONDITIONS, DIALECTS, Choice, Dialect
from proofs.claims import CLAIMS
from proofs.faults.catalogue import ABSENT, CATALOGUE
from proofs.report.faults_report import layers


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
    return _table(
        ("dialect", "what it is", "known hazard"), ((d.name, d.sentence, d.hazard) for d in DIALECTS.values())
    )


def choices() -> nodes.table:
    def rows() -> Iterable[Sequence[str]]:
        for choice in CANONICAL.readings:
            for reading in type(choice):
                name = reading.name.lower().replace("_", " ")
                chosen = [d.name for d in DIALECTS.values() if _chooses(d, reading)]
                yield (type(choice).__doc__ or "", name, reading.prose, ", ".join(chosen))

    return _table(("what is open", "reading", "what it says", "chosen by"), rows())


def _chooses(dialect: Dialect, reading: Choice) -> bool:
    # By identity: readings of different choices are equal as numbers.
    return any(chosen is reading for chosen in dialect.readings)


def conditions() -> nodes.table:
    return _table(("condition", "what it requires"), ((c.name, c.sentence) for c in CONDITIONS))


def faults() -> nodes.table:
    def rows() -> Iterable[Sequence[str]]:
        for each in CATALOGUE.values():
            struck = ", ".join(f"{layer} ({len(changes)})" for layer, changes in layers(each))
            yield (each.name, each.mechanism, each.seen_in, struck)

    return _table(("fault", "mechanism", "seen in", "layers (changes)"), rows())


def absent_faults() -> nodes.table:
    return _table(
        ("mechanism", "what it is", "seen in", "why it is not here"),
        ((a.name, a.mechanism, a.seen_in, a.why) for a in ABSENT),
    )


def _directive(make: Callable[[], nodes.table]) -> type[SphinxDirective]:
    class Table(SphinxDirective):
        def run(self) -> list[nodes.Node]:
            return [make()]

    return Table


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("claims-table", _directive(claims))
    app.add_directive("dialects-table", _directive(dialects))
    app.add_directive("choices-table", _directive(choices))
    app.add_directive("conditions-table", _directive(conditions))
    app.add_directive("faults-table", _directive(faults))
    app.add_directive("absent-faults-table", _directive(absent_faults))
    return {"parallel_read_safe": True}
