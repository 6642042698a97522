"""``musigma explore``: exit statuses, what is printed, and what is answered to nonsense."""

import json

import pytest
import typer
from typer.testing import CliRunner

from model.trace import Trace
from proofs.explorer.command import explore

app = typer.Typer()
app.command()(explore)
SMALL = ["--spaces", "2", "--pages", "1", "--frames", "1"]


def run(*arguments):
    return CliRunner().invoke(app, [*SMALL, *arguments], env={"COLUMNS": "200"})


def test_exhausted():
    result = run()
    assert result.exit_code == 0
    assert "exhausted" in result.stdout
    assert "representatives" in result.stdout


def test_violated(tmp_path):
    file = tmp_path / "trace.json"
    result = run("--dialect", "tree", "--pages", "2", "--no-symmetry", "--trace", str(file))
    assert result.exit_code == 1
    assert "no-frame-lost (C11) does not hold" in result.stdout
    assert "1. map σ0[0] → σ0[1]" in result.stdout
    assert Trace.from_json(json.loads(file.read_text("utf-8"))).dialect == "tree"


def test_truncated():
    result = run("--max-states", "1", "--spaces", "4")
    assert result.exit_code == 3
    assert "truncated, not all: more than 1 states" in result.stdout


def test_json():
    values = json.loads(run("--json", "--no-symmetry", "--rights", "rw").stdout)
    assert values["verdict"] == "exhausted"
    assert values["states"] == sum(values["layers"])
    assert values["rights"] == "rw"


@pytest.mark.parametrize(
    ("goal", "status", "said"),
    [
        ("accessible(σ1[0])", 0, "is reached by 1 operations"),
        ("derives(σ1[0], σ0[0]) and derives(σ0[0], σ1[0])", 1, "is not reachable"),
        ("nowhere(σ1[0])", 2, ""),
    ],
)
def test_goal(goal, status, said):
    result = run("--trace-to", goal)
    assert result.exit_code == status
    assert said in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--frames", "2"], "2 frames need 2 pages"),
        (["--dialect", "fiasko"], "there is no dialect 'fiasko'"),
        (["--without", "not-self"], "there is no side condition 'not-self'"),
        (["--memory", "much"], "write 4G or 512M"),
        (["--properties", "no-cycles"], "write all, states"),
        (["--rights", "x"], "none, rw or rwx"),
    ],
)
def test_errors_teach(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_what_is_too_large_is_refused():
    result = run("--spaces", "9", "--pages", "9", "--dialect", "literal-lazy")
    assert result.exit_code == 2
    assert "refused" in result.stdout
