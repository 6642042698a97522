"""The clauses of section 2: B.owner to B.keyserver have definitions, verdicts, pages and counterexamples, each of them.

Those are B.owner, B.consent, B.rights, B.io, B.thread, B.ipc, B.rpc, B.irq, B.uid, B.independence, B.integrity and
B.keyserver; the clause about clans says why nothing stands for it.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.servers.systems.catalogue import SYSTEMS
from musigma.cli import app
from proofs.counterexamples.by_name import names
from proofs.paper.clauses import CLAUSES, Clause
from proofs.registry import known

DOCS = Path(__file__).parents[3] / "docs"
OF_SECTION_2 = [clause for clause in CLAUSES.values() if clause.id.startswith("B.") and not clause.why_not]


@pytest.mark.long
@pytest.mark.parametrize("clause", OF_SECTION_2, ids=lambda clause: clause.id)
def test_a_clause_of_section_2_has_all_that_the_index_lists(clause: Clause) -> None:
    crossing = pytest.importorskip("musigma_docs.statements.crossing")
    wanted = {clause.id, *clause.through}
    assert crossing.definitions_of(clause.id)
    assert any(o.claim in wanted for o in known().values()) or clause.id == "B.keyserver"
    assert clause.falls
    assert clause.id in {name for line in _marks() for name in line.split()}
    assert crossing.tests_naming(clause.id)


def _marks() -> list[str]:
    return [
        line
        for path in DOCS.rglob("*.rst")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith(".. clause::")
    ]


def test_what_is_said_to_fall_has_a_name_that_can_be_asked_for() -> None:
    asked = set(names())
    for clause in CLAUSES.values():
        for each in clause.falls:
            command, _, name = each.partition(" ")
            assert name in asked if command == "counterexample" else name.split()[0] in SYSTEMS, each


FALLS = [(clause.id, each) for clause in OF_SECTION_2 for each in clause.falls]
QUICK = ("counterexample window=ignored",)


@pytest.mark.parametrize(
    ("clause", "command"),
    [each if each[1] in QUICK else pytest.param(*each, marks=pytest.mark.slow) for each in FALLS],
)
def test_a_clause_falls_as_it_is_said(clause: str, command: str) -> None:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == (0 if command.startswith("counterexample") else 1), done.output
    said = (clause, *CLAUSES[clause].through)
    assert "violated" in done.output.lower() or any(f"({each})" in done.output for each in said)
