"""``musigma explore``: exit statuses, what is printed, and what is answered to nonsense."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from model.trace import Trace
from proofs.commands.explore import explore
from proofs.explorer.explore import explore as search_scope
from proofs.explorer.states.wrong_operations import FAULTS
from proofs.report.writers import explorer_report as report
from proofs.report.writers.json_report import schema

app = typer.Typer()
app.command()(explore)
SMALL = ["--spaces", "2", "--pages", "1", "--frames", "1"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*SMALL, *arguments], env={"COLUMNS": "200"})


def valid(file: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(file.read_text("utf-8"))
    jsonschema.validate(values, schema("explore"))
    return values


@pytest.mark.long
def test_exhausted() -> None:
    result = run()
    assert result.exit_code == 0
    assert "exhausted" in result.stdout
    assert "representatives" in result.stdout


def test_violated(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    result = run("--dialect", "tree", "--pages", "2", "--no-symmetry", "--trace", str(file))
    assert result.exit_code == 1
    assert "no-frame-lost (C11) does not hold" in result.stdout
    assert "1. map σ0[0] → σ0[1]" in result.stdout
    assert Trace.from_json(json.loads(file.read_text("utf-8"))).dialect == "tree"


def test_truncated() -> None:
    result = run("--max-states", "1", "--spaces", "4")
    assert result.exit_code == 3
    assert "truncated, not all: more than 1 state" in result.stdout


def test_json(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    run("--json", str(file), "--no-symmetry", "--rights", "rw")
    values = valid(file)
    assert values["verdict"] == "exhausted"
    assert values["faults"] == []
    assert values["states"] == sum(values["layers"])
    assert values["rights"] == "rw"


@pytest.mark.long
def test_the_schema_refuses_what_is_another_report(tmp_path: Path) -> None:
    for arguments in (
        ["--dialect", "tree", "--pages", "2", "--no-symmetry"],
        ["--trace-to", "nil(σ0[0]) and nil(σ1[0])"],
    ):
        file = tmp_path / "result.json"
        run("--json", str(file), *arguments)
        values = valid(file)
        for name in values:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate({each: value for each, value in values.items() if each != name}, schema("explore"))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**values, "more": 1}, schema("explore"))


@pytest.mark.parametrize(
    ("goal", "status", "said"),
    [
        ("accessible(σ1[0])", 0, "is reached in 1 step, and"),
        ("derives(σ1[0], σ0[0]) and derives(σ0[0], σ1[0])", 1, "is not reachable"),
        ("nowhere(σ1[0])", 2, ""),
    ],
)
def test_goal(goal: str, status: int, said: str) -> None:
    result = run("--trace-to", goal)
    assert result.exit_code == status
    assert said in result.stdout


def test_goal_as_json(tmp_path: Path) -> None:
    file = tmp_path / "goal.json"
    assert run("--trace-to", "accessible(σ1[0])", "--json", str(file)).exit_code == 0
    values = valid(file)
    assert values["verdict"] == "reached"
    assert len(Trace.from_json(values["trace"]).operations) == 1


def test_pictures(tmp_path: Path) -> None:
    svg, html = tmp_path / "trace.svg", tmp_path / "walk.html"
    result = run("--dialect", "tree", "--pages", "2", "--svg", str(svg), "--html", str(html))
    assert result.exit_code == 1
    assert "<svg" in svg.read_text("utf-8")
    page = html.read_text("utf-8")
    assert '"way":[["map ",0," → ",1],["map ",1," → ",0]]' in page
    assert "Every state that can be reached is here" in page


@pytest.mark.long
def test_a_page_to_walk_in_needs_no_violation(tmp_path: Path) -> None:
    html = tmp_path / "walk.html"
    result = run("--properties", "no-cycle", "--html", str(html))
    assert result.exit_code == 0
    page = html.read_text("utf-8")
    assert '"way":[]' in page
    assert '"properties":[["no-cycle",' in page


def test_a_way_to_a_state_is_where_the_page_opens(tmp_path: Path) -> None:
    html = tmp_path / "walk.html"
    assert run("--trace-to", "accessible(σ1[0])", "--rights", "rw", "--html", str(html)).exit_code == 0
    assert re.search(r'"way":\[\["(map|grant) ",0," → ",1," ', html.read_text("utf-8"))


@pytest.mark.slow
def test_threads_are_walked_in_as_well(tmp_path: Path) -> None:
    html = tmp_path / "walk.html"
    scope = ("--spaces", "2", "--pages", "1", "--tau", "2", "--booted", "2", "--common", "1")
    assert run(*scope, "--messages", "canonical with sender=claimed", "--html", str(html)).exit_code == 1
    assert '"way":[["τ0 waits for #1"],["τ1 sends w0 as #0 to τ0"]]' in html.read_text("utf-8")


def test_the_page_and_the_trace_are_two_files(tmp_path: Path) -> None:
    file = str(tmp_path / "one")
    result = run("--trace", file, "--html", file)
    assert result.exit_code == 2
    assert "name the same file" in result.stderr


@pytest.mark.long
def test_pictures_of_a_fault_show_what_it_does(tmp_path: Path) -> None:
    svg = tmp_path / "trace.svg"
    pictures = ["--svg", str(svg)]
    result = run("--spaces", "3", "--fault", "flush-stops-at-children", "--properties", "no-dangling-link", *pictures)
    assert result.exit_code == 1
    text = svg.read_text("utf-8")
    assert "σ2[0] is a link to σ1[0], which is gone" in text
    assert "a flush takes what was mapped from the page, but nothing further down" in text
    result = run("--fault", "frame-lost", "--trace-to", "nil(σ0[0]) and nil(σ1[0])", "--svg", str(svg))
    assert result.exit_code == 0
    assert "it is lost" in svg.read_text("utf-8")


def test_a_picture_of_nothing_is_said_not_to_be_drawn(tmp_path: Path) -> None:
    result = run("--svg", str(tmp_path / "trace.svg"))
    assert result.exit_code == 0
    assert "there is no trace, so none was written or drawn" in result.output
    assert not (tmp_path / "trace.svg").exists()


def test_speed_is_told_of_large_searches_only() -> None:
    small = search_scope(Scope(2, 1, 1), CANONICAL)
    for states, told in ((small.states, False), (report.TELLING, True)):
        console = Console(width=200)
        with console.capture() as capture:
            report.show(console, replace(small, states=states))
        assert ("states/s" in capture.get()) is told
        assert ("bytes a state" in capture.get()) is told


@pytest.mark.long
def test_faults() -> None:
    result = run("--spaces", "3", "--fault", "frame-lost")
    assert result.exit_code == 1
    assert "no-frame-lost (C11) does not hold" in result.stdout
    assert "1. flush σ0[0]" in result.stdout
    listed = run("--fault", "list")
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(FAULTS)


@pytest.mark.long
def test_workers() -> None:
    assert "literal set, 1 workers" in run("--executor", "processes://1").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--frames", "2"], "2 frames need 2 pages"),
        (["--dialect", "fiasko"], "no dialect is called 'fiasko'"),
        (["--without", "not-self"], "no side condition is called 'not-self'"),
        (["--memory", "much"], "is no amount of memory from 1M to 1024T"),
        (["--properties", "no-cycles"], "write all, states"),
        (["--rights", "x"], "none, rw or rwx"),
        (["--fault", "frame-loss"], "no fault is called 'frame-loss'; did you mean frame-lost"),
        (["--executor", "dask"], "write dask://HOST:PORT or processes://N"),
        (["--executor", "processes://2", "--threads", "2"], "choose the number of workers"),
        (["--json", "missing/x.json"], "cannot write missing/x.json"),
        (["--json", "x.json", "--trace", "x.json"], "give each its own"),
    ],
)
def test_errors_teach(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_what_is_too_large_is_refused() -> None:
    result = run("--spaces", "9", "--pages", "9", "--dialect", "literal-lazy")
    assert result.exit_code == 2
    assert "refused" in result.stdout


def test_help_imports_no_compiler() -> None:
    code = "import sys, proofs.commands.explore; print(sorted({'numba', 'z3', 'rich.table'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
