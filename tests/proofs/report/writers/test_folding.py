"""Names in narrow tables keep their words whole."""

import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console
from rich.table import Table

from model.spaces.dialect import DIALECTS
from proofs.audits.spaces import Audit, AuditCell
from proofs.mutation.operators.mutants import Mutant
from proofs.mutation.runner.run import Score
from proofs.paper.claims import CLAIMS
from proofs.registry import registry
from proofs.report.writers.folding import Name, folded
from proofs.report.writers.mutation_report import print_score
from proofs.report.writers.terminal import print_audit
from proofs.verdict import Verdict


@pytest.mark.parametrize("width", [24, 30, 40])
def test_every_id_breaks_between_words(width: int) -> None:
    for name in registry():
        lines = folded(name, width)
        assert "".join(lines) == name
        assert all(line.endswith("_") for line in lines[:-1])
        assert all(len(line) <= width or not re.search(r"_[^_]", line) for line in lines)


def test_a_column_gives_a_name_the_lines_that_it_needs() -> None:
    name = max(registry(), key=len)
    table = Table(box=None)
    table.add_column("obligation")
    table.add_column("verdict", no_wrap=True)
    table.add_row(Name(name), "proved")
    console = Console(width=40, file=io.StringIO())
    with console.capture() as capture:
        console.print(table)
    words = [word for word in name.split("_") if word]
    assert all(word in capture.get() for word in words)
    assert "proved" in capture.get()
    assert max(map(len, capture.get().splitlines())) <= 40


@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_an_audit_keeps_its_words(width: int) -> None:
    cells = [
        AuditCell(claim, dialect, Verdict.NOT_CLAIMED, "a reason", None, ()) for claim in CLAIMS for dialect in DIALECTS
    ]
    printed = printed_by(
        lambda console: print_audit(console, Audit(tuple(cells), ()), list(DIALECTS.values()), 1.0), width
    )
    text = "\n".join(printed)
    words = [word for name in DIALECTS for word in re.findall(r"[^-]+", name)]
    words += [word for claim in CLAIMS.values() for word in claim.title.split()]
    assert all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)
    assert text.count("claimed") == len(cells) + 1


def test_a_score_keeps_the_words_of_a_function() -> None:
    function = "refinement.kernel.mapping_tree.MappingTree.remove_subtree_below"
    mutant = Mutant("0" * 12, function, "mapping_tree.py", 3, "operator", "a + b", "a - b")
    printed = printed_by(lambda console: print_score(console, Score({mutant.id: mutant})), 60)
    text = "\n".join(printed)
    assert all(re.search(rf"(?<![a-zA-Z]){word}(?![a-zA-Z])", text) for word in re.findall(r"[a-zA-Z]+", function))


def printed_by(show: Callable[[Console], None], width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as capture:
        show(console)
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= width
    return lines
