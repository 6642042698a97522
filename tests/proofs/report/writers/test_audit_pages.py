"""The audit's pictures: a file for each refutation, and an index whose links lead to them."""

import re
from pathlib import Path

import pytest
import typer

from model.spaces.dialect import CANONICAL, CONDITIONS, DIALECTS
from model.trace import Trace
from proofs.audits.spaces import Audit, Necessity, cell_of
from proofs.commands.shared.common import make_folder
from proofs.engines.smt.outcome import Outcome
from proofs.paper.claims import CLAIMS
from proofs.registry import registry
from proofs.report.writers.audit_pages import index_page, refutations, write_html, write_svg
from proofs.result import Result, Run
from proofs.verdict import Verdict
from tests.proofs.traces import TRACES

EAGER = DIALECTS["literal-eager"]


def _result(trace: Trace) -> Result:
    name = trace.shows.partition(":")[0]
    return Result(registry()[name], trace.dialect, Outcome(Verdict.REFUTED), trace=trace)


@pytest.fixture
def audit() -> Audit:
    cells = tuple(cell_of(claim, EAGER, [_result(TRACES["cycle"])]) for claim in CLAIMS)
    without = next(condition for condition in CONDITIONS if condition.name == "not-ancestor")
    dangling = _result(TRACES["dangling"])
    run = Run(CANONICAL.without("not-ancestor"), (dangling,), frozenset())
    return Audit(cells, (Necessity(without, run, (dangling,)),))


def test_what_is_refuted(audit: Audit) -> None:
    assert [(each.name, each.claim, each.dialect) for each in refutations(audit)] == [
        ("C1-literal-eager", "C1", "literal-eager"),
        ("without-not-ancestor", "", "not-ancestor"),
    ]


def test_a_file_for_each_and_an_index_that_leads_to_them(audit: Audit, tmp_path: Path) -> None:
    written = {}
    index = write_html(tmp_path, audit, [EAGER], lambda path, text: written.update({path.name: text}))
    write_svg(tmp_path, audit, lambda path, text: written.update({path.name: text}))
    assert index == tmp_path / "index.html"
    assert set(written) == {
        "index.html",
        *(f"{name}.{kind}" for name in ("C1-literal-eager", "without-not-ancestor") for kind in ("html", "svg")),
    }
    links = re.findall(r'<a href="([^"]+)"', written["index.html"])
    assert links == ["C1-literal-eager.html", "without-not-ancestor.html"]
    assert "Violated: after map: no slot derives from itself" in written["C1-literal-eager.html"]
    assert "http" not in written["index.html"].replace("http-equiv", "")


def test_the_index_has_every_cell(audit: Audit) -> None:
    document = index_page(audit, [EAGER])
    rows = re.findall(r'<tr><th scope="row">(C[0-9]+) .*?</tr>', document, re.S)
    assert rows == list(CLAIMS)
    assert document.count("not claimed") == len(CLAIMS) - 1
    assert "refuted in 1</a>" in document
    assert "needed for" in document


def test_folders_are_made_or_refused_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_folder(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").write_text("")
    for path, said in ((tmp_path / "file", "is no folder"), (tmp_path / "a" / "b", "name a folder in one that exists")):
        with pytest.raises(typer.Exit):
            make_folder(path)
        assert said in capsys.readouterr().err
