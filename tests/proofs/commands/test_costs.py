"""``musigma costs``: exit statuses, files, and what is answered to nonsense."""

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner, Result

from proofs.commands import costs as command
from proofs.commands.costs import costs
from proofs.experiments.result import Findings, Line
from proofs.report.costs import plots
from proofs.report.writers.json_report import schema

app = typer.Typer()
app.command()(costs)
MINE = """
musigma_processor = 1
name = "mine"
[buffer]
miss = { least = 1, most = 2, source = "measured" }
tagged = { value = false, source = "its manual" }
[[buffer.parts]]
kind = "unified"
entries = { value = 16, source = "its manual" }
ways = { value = 2, source = "its manual" }
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


def test_a_table_of_the_paper() -> None:
    result = run("table2")
    assert result.exit_code == 0
    assert "P4: One-byte remote procedure calls" in result.stdout
    assert "67" in result.stdout


def test_a_processor_of_ones_own_adds_a_row(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MINE)
    result = run("Table1", "--processor", str(file))
    assert result.exit_code == 0
    (row,) = (line.split() for line in result.stdout.splitlines() if line.startswith("mine "))
    assert row == ["mine", "16", "1…2", "4…24", "?"]


@pytest.mark.long
def test_all_outputs(tmp_path: Path) -> None:
    files = {kind: tmp_path / f"out.{kind}" for kind in ("svg", "html", "csv", "json")}
    result = run(
        "P5", "--processor", "pentium", *(word for kind, file in files.items() for word in (f"--{kind}", str(file)))
    )
    assert result.exit_code == 0, result.output
    values: dict[str, Any] = json.loads(files["json"].read_text("utf-8"))
    jsonschema.validate(values, schema("costs"))
    assert (values["processor"], [each["id"] for each in values["experiments"]]) == ("Pentium", ["P5"])
    assert files["svg"].read_text("utf-8").lstrip().startswith("<?xml")
    assert "<svg" in files["html"].read_text("utf-8")
    assert len(list(csv.reader(files["csv"].read_text("utf-8").splitlines()))) > 10


def test_a_trace(tmp_path: Path) -> None:
    trace = tmp_path / "mine.din"
    trace.write_text("0 1000\n0 1004\n2 400\n")
    result = run("--trace", str(trace), "--processor", "486")
    assert result.exit_code == 0
    assert "mine.din in the caches of 486" in result.stdout
    assert "unified, 8192 bytes, 4-way, lines of 16" in result.stdout


def test_what_cannot_be_computed_is_no_pass() -> None:
    result = run("P5", "--processor", "386")
    assert result.exit_code == 3
    assert "Not done: 386: the entries of the buffer are unknown" in result.stdout


def test_a_number_that_differs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from machine.costs.quantity import exactly

    wrong = Findings("P1", "x", (Line("y", paper=exactly(1), formula=exactly(3)),))
    monkeypatch.setattr(command, "_run", lambda *asked: ([wrong], None))
    assert run("P1").exit_code == 1


def test_list() -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]][:3] == ["P1", "P2", "P3"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["P9"], "no experiment is called 'P9'"),
        (["tabel1"], "did you mean table1"),
        (["P1", "--processor", "pentum"], "no processor and no file is called 'pentum'; did you mean Pentium?"),
        (["P1", "--processor", "none.toml"], "none.toml: No such file"),
        (["P1", "--trace", "x"], "--trace is for P6"),
        (["--trace", "none.din"], "none.din: No such file"),
        (["P1", "--repetitions", "2"], "2' is no whole number from 3 to 1,000"),
        (["P1", "--csv", "no/such/folder"], "cannot write no/such/folder"),
        (["P1", "--csv", "same", "--json", "same"], "--csv and --json name the same file"),
    ],
)
def test_nonsense_gets_one_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("content", [b"hello\n", b"", b"0 10\n\xff\xfe\n", b"0 10\nnothing\n"])
def test_a_trace_that_is_none(content: bytes, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_bytes(content)
    result = run("P6", "--trace", str(trace))
    assert result.exit_code == 2
    assert str(trace) in result.output


def test_a_processor_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MINE.replace("[buffer]", "[bufer]"))
    result = run("P1", "--processor", str(file))
    assert result.exit_code == 2
    assert "'bufer' is unknown" in result.output


def test_plots_without_matplotlib(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    result = run("P5", "--svg", str(tmp_path / "x.svg"))
    assert result.exit_code == 2
    assert "pip install 'musigma[plots]'" in result.output
    assert run("P4").exit_code == 0


def test_an_experiment_without_a_plot(tmp_path: Path) -> None:
    result = run("P4", "--svg", str(tmp_path / "x.svg"))
    assert result.exit_code == 0
    assert "there is no plot" in result.output


@pytest.mark.long
def test_measure(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    result = run("--measure", "--repetitions", "3", "--json", str(file))
    assert result.exit_code == 0, result.output
    values = json.loads(file.read_text("utf-8"))
    jsonschema.validate(values, schema("costs"))
    assert [each["id"] for each in values["experiments"]] == ["measured"]
