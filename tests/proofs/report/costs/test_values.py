"""Reports of experiments: JSON by its schema, CSV, the page, and plots that are the same in every run."""

import csv
import re
from io import StringIO

import jsonschema
import pytest
from rich.console import Console

from machine.costs.quantity import NOT_APPLICABLE, UNKNOWN, Quantity, exactly
from proofs.experiments.result import Curve, Findings, Grid, Line, Plot
from proofs.report.costs import plots
from proofs.report.costs.page import page
from proofs.report.costs.terminal import show
from proofs.report.costs.values import as_csv, as_values
from proofs.report.writers.json_report import schema

CURVES = Plot(
    "curves", "n", "cycles", (Curve("one", ((1.0, 2.0, 3.0), (2.0, 3.0, 4.0))),), "a note", second=("µs", 0.5)
)
BARS = Plot("bars", "", "cycles", (Curve("low", ((0.0, 1.0, 1.0),)), Curve("high", ((0.0, 2.0, 2.0),))), labels=("x",))
FOUND = (
    Findings(
        "P9",
        "A <title>",
        (
            Line("one", paper=exactly(3), formula=exactly(4), explained="as told", rests_on="1 + 3"),
            Line("two", "µs", formula=UNKNOWN, simulated=Quantity(1, 2)),
        ),
        (Grid("a table", ("a", "b"), (("x", NOT_APPLICABLE), ("y", exactly(1)))),),
        (CURVES, BARS),
        ("a note",),
        ("not this",),
    ),
    Findings("P10", "Nothing but a table", grids=(Grid("more", ("c",), (('z, "quoted"',),)),)),
)


def test_json_is_valid() -> None:
    values = as_values(FOUND, "mine")
    jsonschema.validate(values, schema("costs"))
    first, second = values["experiments"][0]["lines"]
    assert (first["agreement"], first["difference"]) == ("differs, as said", "formula − paper: 1")
    assert second["paper"] is None
    assert second["formula"] == {"text": "?", "known": False}
    assert second["simulated"] == {"text": "1…2", "known": True, "least": 1, "most": 2}


@pytest.mark.parametrize("without", ["musigma_costs", "processor", "experiments", "versions"])
def test_json_that_lacks_something_is_not(without: str) -> None:
    values = as_values(FOUND, None)
    for wrong in ({name: each for name, each in values.items() if name != without}, {**values, "more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema("costs"))


def test_csv_has_a_block_for_each_table() -> None:
    blocks = [list(csv.reader(StringIO(block))) for block in as_csv(FOUND).split("\n\n")]
    assert [block[0][:2] for block in blocks] == [["experiment", "what"], ["experiment", "a"], ["experiment", "c"]]
    assert blocks[0][1] == ["P9", "one", "cycles", "3", "4", "", "differs, as said", "formula − paper: 1", "1 + 3"]
    assert blocks[1][1:] == [["P9", "x", "n/a"], ["P9", "y", "1"]]
    assert blocks[2][1:] == [["P10", 'z, "quoted"']]


def test_the_terminal_shows_all_of_it() -> None:
    console = Console(file=StringIO(), width=140)
    show(console, FOUND[0])
    file = console.file
    assert isinstance(file, StringIO)
    text = file.getvalue()
    for said in ("P9: A <title>", "differs, as said; formula − paper: 1; as told", "a table", "n/a", "a note"):
        assert said in text
    assert "Not done: not this" in text


@pytest.mark.long
def test_plots_are_the_same_in_every_run() -> None:
    drawn = plots.svg([CURVES, BARS])
    assert drawn == plots.svg([CURVES, BARS])
    assert drawn != plots.svg([CURVES])
    assert "<dc:date>" not in drawn


def test_the_page_stands_alone() -> None:
    text = page(FOUND)
    assert "A &lt;title&gt;" in text
    assert text.count("<svg") == 2
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    assert targets <= set(ids)
    assert not re.findall(r'(?:src|href)="https?://', text.replace("http://www.w3.org", ""))


def test_without_matplotlib_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    with pytest.raises(plots.NoPlotsError, match=r"pip install 'musigma\[plots\]'"):
        plots.svg([CURVES])
