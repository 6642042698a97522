"""The commands and many cores: a counterexample to files, and its replay; what is no such trace gets one line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app

run = CliRunner()


@pytest.mark.long
def test_a_counterexample_is_written_and_replayed(tmp_path: Path) -> None:
    trace, picture, page = tmp_path / "trace.json", tmp_path / "trace.svg", tmp_path / "trace.html"
    shown = run.invoke(
        app, ["counterexample", "cores-no-wait", "--json", str(trace), "--svg", str(picture), "--html", str(page)]
    )
    assert shown.exit_code == 0, shown.output
    assert "5. the flush of σ0[0] returns" in shown.output
    assert "is refuted" in shown.output
    assert picture.read_text("utf-8").startswith("<svg")
    assert "<!doctype html>" in page.read_text("utf-8")
    again = run.invoke(app, ["replay", str(trace)])
    assert again.exit_code == 0
    assert "! cores_interrupt__finish__preserves__used_is_allowed does not hold" in " ".join(again.output.split())


@pytest.mark.long
def test_a_wrong_fault_gets_one_line(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    run.invoke(app, ["counterexample", "cores-no-wait", "--json", str(trace)])
    value = json.loads(trace.read_text("utf-8")) | {"fault": "cores-telepathy"}
    trace.write_text(json.dumps(value), "utf-8")
    refused = run.invoke(app, ["replay", str(trace)])
    assert refused.exit_code == 2
    assert "cores-telepathy" in refused.output
    asked = run.invoke(app, ["replay", str(trace), "x.so"])
    assert asked.exit_code == 2
    assert "name no target" in asked.output


def test_a_schedule_is_shown_and_stands_in_no_trace(tmp_path: Path) -> None:
    picture = tmp_path / "lanes.svg"
    shown = run.invoke(app, ["counterexample", "map-races-flush", "--svg", str(picture)])
    assert shown.exit_code == 0
    assert "1 switch away" in shown.output
    assert "holds the lock kernel" in picture.read_text("utf-8")
    refused = run.invoke(app, ["counterexample", "map-races-flush", "--json", str(tmp_path / "no.json")])
    assert refused.exit_code == 2
    assert "leave --json out" in " ".join(refused.output.split())


def test_where_there_is_one_run_the_second_cannot_be_asked_for() -> None:
    for name in ("holes=emptied", "map-races-flush"):
        refused = run.invoke(app, ["counterexample", name, "--run", "2"])
        assert refused.exit_code == 2, name
        assert f"the counterexample to {name} is one run: leave --run out" in " ".join(refused.output.split())
