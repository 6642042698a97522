"""The directive for experiments: what a run gave is shown, and what it should not give is an error."""

import json

import pytest

from machine.costs.quantity import UNKNOWN, exactly
from proofs.experiments.result import Curve, Findings, Grid, Line, Plot
from proofs.report.costs.plots import svg
from proofs.report.costs.values import as_values
from tests.docs.site import Site

PLOT = Plot("drawn", "n", "cycles", (Curve("one", ((1.0, 2.0, 3.0), (2.0, 3.0, 4.0))),))
LINE = Line("told", paper=exactly(3), formula=exactly(4), simulated=UNKNOWN, explained="as said", rests_on="1 + 3")
GRID = Grid("a table", ("head",), (("cell",),), "below")


def keep(site: Site, findings: Findings, status: int = 0, *, drawn: bool = True) -> None:
    files = {"json": json.dumps(as_values([findings], None))}
    if findings.plots and drawn:
        files["svg"] = svg(findings.plots)
    site.keep(("costs", findings.id), files, exit_status=status)


def test_lines_tables_plots_and_notes(site: Site) -> None:
    keep(site, Findings("P5", "x", (LINE,), (GRID,), (PLOT,), ("a note",)))
    page = site.build(".. costs:: P5\n")
    assert site.warnings == ""
    for said in (
        "told",
        "differs, as said; formula − paper: 1; simulated − formula: ?; as said",
        "1 + 3",
        "a table",
        "cell",
        "below",
        "a note",
    ):
        assert said in page
    assert 'alt="drawn"' in page
    assert (site.folder / "evidence" / "plots" / "P5.svg").is_file()


def test_a_part_alone(site: Site) -> None:
    keep(site, Findings("P4", "x", (LINE,), (GRID,)))
    page = site.build(".. costs:: P4\n   :only: tables\n")
    assert site.warnings == ""
    assert "a table" in page
    assert "told" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".. costs:: P9\n", "there is no experiment 'P9'"),
        (".. costs:: P4\n   :only: nothing\n", "write some of lines, plots, tables, notes"),
    ],
)
def test_what_is_written_wrongly(site: Site, text: str, said: str) -> None:
    site.build(text)
    assert said in site.warnings


def test_plots_that_lack(site: Site) -> None:
    keep(site, Findings("P5", "x", plots=(PLOT,)), drawn=False)
    site.build(".. costs:: P5\n")
    assert "musigma costs P5 has plots and drew none" in site.warnings


def test_a_number_that_differs_fails_the_build(site: Site) -> None:
    keep(site, Findings("P4", "x", (LINE,)), status=1)
    site.build(".. costs:: P4\n")
    assert "musigma costs P4 ended with status 1, not 0" in site.warnings
