"""Races, histories and logs on the command line: statuses, files, and one line for nonsense."""

import json
from pathlib import Path

import jsonschema
import pytest
import typer
from typer.testing import CliRunner, Result

from proofs.commands.check import check
from proofs.commands.monitor import monitor
from proofs.commands.replay import replay
from proofs.report.writers.json_report import schema
from tests import EXAMPLES, ROOT

SMALL = str(ROOT / "tests" / "refinement" / "check" / "databases" / "threads.c")
app = typer.Typer()
for each in (check, replay, monitor):
    app.command(each.__name__)(each)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


@pytest.mark.long
def test_a_race_is_kept_drawn_and_replayed(tmp_path: Path) -> None:
    wrong = ("--cc", "cc -g -O1 -DDESIGN=NO_LOCK")
    names = ("race.json", "report.json", "lanes.svg", "lanes.html")
    trace, report, picture, page = (str(tmp_path / name) for name in names)
    files = ("--trace", trace, "--json", report, "--svg", picture, "--html", page)
    found = run("check", SMALL, "--threads", "2", *wrong, "--seconds", "3", "--seed", "1", *files)
    assert found.exit_code == 1
    assert "no order of the calls gives" in found.output
    jsonschema.validate(json.loads(Path(report).read_text("utf-8")), schema("races"))
    for drawn, name, wrong_end in (
        (Path(picture).read_text("utf-8"), ">thread 1</text>", "Wrong: no order of the calls gives"),
        (Path(page).read_text("utf-8"), "<h3>thread 1", '<li class="fresh">no order of the calls gives'),
    ):
        assert name in drawn
        assert "is switched off" in drawn
        assert wrong_end in drawn
    Path(page).unlink()
    again = run("replay", trace, SMALL, *wrong, "--html", page)
    assert "<h3>thread 1" in Path(page).read_text("utf-8")
    assert again.exit_code == 1
    assert "the run is the one recorded" in again.output
    assert run("replay", trace, SMALL, "--cc", "cc -g -O1").exit_code == 0
    assert run("replay", trace).exit_code == 2
    kept = json.loads(Path(trace).read_text("utf-8"))
    for changed, said in (
        ({"threads": [[], []], "schedule": []}, "no thread calls anything"),
        ({"scope": {"spaces": 40, "pages": 40, "frames": 40}}, "too many to be looked at after a run"),
    ):
        Path(trace).write_text(json.dumps({**kept, **changed}), "utf-8")
        refused = run("replay", trace, SMALL, *wrong)
        assert (refused.exit_code, said in refused.output) == (2, True), refused.output
    Path(trace).write_text(json.dumps(kept), "utf-8")
    refused = run("replay", trace, SMALL, "--cc", "cc -g -O1 -DDESIGN=REFUSES")
    assert (refused.exit_code, "init refuses" in refused.output) == (2, True), refused.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x.py:Class", "--threads", "2"), "give a history"),
        (("--command", "true", "--threads", "2"), "--command cannot be had with --threads"),
        (("x.c", "--html", "x", "--svg", "x", "--threads", "2"), "--svg and --html name the same file"),
        (("x.c", "--pytest", "x.py", "--threads", "2"), "--pytest cannot be had with --threads"),
        (("x.c", "--require", "states", "--threads", "2"), "--require cannot be had with --threads"),
        (("x.c", "--stack", "128K", "--threads", "2"), "--stack cannot be had with --threads"),
        (("x.c", "--messages", "paper", "--threads", "2"), "--messages cannot be had with --threads"),
        (("missing.c", "--threads", "2"), "there is no such file"),
        ((SMALL,), "or --threads 2 looks for races in it"),
        ((SMALL, "--thread-sanitizer"), "wants --threads 2 or more"),
        ((SMALL, "--threads", "9"), "no whole number from 1 to 8"),
        ((SMALL, "--threads", "2", "--cc", "nonsense -O1"), "there is no compiler 'nonsense'"),
        ((SMALL, "--threads", "2", "--cc", "cc -DDESIGN=("), "fails: "),
        ((SMALL, "--threads", "2", "--cc", "cc -DDESIGN=SEMAPHORE"), "it calls sem_wait"),
        ((SMALL, "--history", "x"), "name no target"),
        (("--history", "missing.jsonl"), "No such file"),
    ],
)
def test_nonsense_gets_one_line(arguments: tuple[str, ...], said: str) -> None:
    result = run("check", *arguments)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.long
def test_what_threadsanitizer_says_is_the_verdict_where_schedules_find_nothing(tmp_path: Path) -> None:
    options = ("--threads", "2", "--thread-sanitizer", "--seconds", "2", "--seed", "1")
    source, report = str(EXAMPLES / "mapdb_threads.c"), str(tmp_path / "report.json")
    found = run("check", source, *options, "--cc", "cc -g -O1 -DMUSIGMA_RACE=RELAXED_SPIN", "--json", report)
    assert found.exit_code == 1
    assert "diverges: " in found.output
    assert "data race mapdb_threads.c:" in found.output
    kept = json.loads(Path(report).read_text("utf-8"))
    jsonschema.validate(kept, schema("races"))
    assert kept["finding"] is None
    assert kept["sanitizer"]["calls"] == kept["sanitizer"]["rounds"] * 2 * 12 > 0
    assert "in write_entry (" in kept["sanitizer"]["reports"][0]


def test_a_history_is_judged(tmp_path: Path) -> None:
    lines = (EXAMPLES / "history.jsonl").read_text("utf-8").splitlines()
    wrong = run("check", "--history", str(EXAMPLES / "history.jsonl"), "--json", str(tmp_path / "report.json"))
    assert wrong.exit_code == 1
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["line"] == 9
    path = tmp_path / "right.jsonl"
    path.write_text("\n".join(line.replace('"frame": 0', '"frame": -1') for line in lines), "utf-8")
    assert run("check", "--history", str(path)).exit_code == 0
    path.write_text("\n".join([*lines[:6], *lines[7:]]), "utf-8")  # a flush that never returned may not have been done
    assert run("check", "--history", str(path)).exit_code == 0
    path.write_text(lines[0], "utf-8")
    assert run("check", "--history", str(path)).exit_code == 3
    path.write_text("\n".join([lines[0], lines[2]]), "utf-8")
    assert "line 2: thread 0 returns from no call" in run("check", "--history", str(path)).output


def test_a_log_is_followed(tmp_path: Path) -> None:
    found = run("monitor", str(EXAMPLES / "kernel.jsonl"), "--json", str(tmp_path / "report.json"))
    assert found.exit_code == 1
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    jsonschema.validate(report, schema("monitor"))
    assert (report["line"], report["slice"][0]["line"]) == (8, 3)
    assert run("monitor", "missing.jsonl").exit_code == 2
    assert run("monitor", str(EXAMPLES / "kernel.jsonl"), "--dialect", "fiasco").exit_code == 2
    lines = (EXAMPLES / "kernel.jsonl").read_text("utf-8").splitlines()
    path = tmp_path / "short.jsonl"
    path.write_text("\n".join(lines[:2]), "utf-8")
    assert run("monitor", str(path)).exit_code == 3
