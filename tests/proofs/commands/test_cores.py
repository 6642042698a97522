"""The commands and many cores: a counterexample to files, and its replay; what is no such trace gets one line."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from model.cores.readings import PROTOCOLS, Protocol
from musigma.cli import app
from proofs.audits import cores as core_audit
from proofs.report import writers
from proofs.report.writers.json_report import schema

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
    assert "<!DOCTYPE html>" in page.read_text("utf-8")
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


@pytest.mark.long
def test_a_protocol_is_explored(tmp_path: Path) -> None:
    values, trace = tmp_path / "result.json", tmp_path / "trace.json"
    one = ["explore", "--spaces", "1", "--tags", "1", "--threads", "1", "--json", str(values)]
    page = tmp_path / "trace.html"
    drawn = ["--trace", str(trace), "--html", str(page)]
    found = run.invoke(app, [*one, *drawn, "--protocol", "interrupt with wait=none"])
    assert found.exit_code == 1, found.output
    assert "5. the flush of σ0[0] returns" in found.output
    told = json.loads(values.read_text("utf-8"))
    jsonschema.validate(told, json.loads((Path(writers.__path__[0]) / "explore.schema.json").read_text("utf-8")))
    assert (told["protocol"], told["scope"]["cores"], told["scope"]["pages"]) == ("interrupt with wait=none", 2, 1)
    assert json.loads(trace.read_text("utf-8")) == told["violations"][0]["trace"]
    assert all(f"<h3>{lane}" in page.read_text("utf-8") for lane in ("kernel", "core 0", "core 1"))
    assert 'class="wrong">5. the flush of σ0[0] returns</a>' in page.read_text("utf-8")
    assert run.invoke(app, [*one, "--protocol", "interrupt"]).exit_code == 0
    assert run.invoke(app, [*one, "--protocol", "interrupt", "--max-states", "3"]).exit_code == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cores", "3"], "only a protocol of many cores has it"),
        (["--protocol", "telepathy"], "no protocol of many cores is called"),
        (["--protocol", "interrupt", "--tau", "2"], "a protocol of many cores has no use for it"),
        (["--protocol", "interrupt", "--generations", "2"], "--generations is of batch"),
        (["--protocol", "interrupt", "--properties", "no-cycle"], "has no property 'no-cycle'"),
        (
            ["--protocol", "interrupt without finish: luck"],
            "interrupt cannot do without 'finish: luck': write one of load: ",
        ),
        (["--protocol", "interrupt without luck"], "interrupt cannot do without 'luck'"),
    ],
)
def test_what_makes_no_sense_of_a_protocol_gets_one_line(options: list[str], said: str) -> None:
    refused = run.invoke(app, ["explore", *options])
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


def test_protocols_are_listed() -> None:
    shown = run.invoke(app, ["explore", "--protocol", "list"]).output
    assert "message      page by page" in shown
    assert "wait         answers, none" in shown
    assert "finish       all have answered" in shown


@pytest.mark.long
def test_a_protocol_without_a_condition_is_explored() -> None:
    asked = ["explore", "--spaces", "1", "--tags", "1", "--protocol", "interrupt without finish: all have answered"]
    found = run.invoke(app, asked)
    assert found.exit_code == 1, found.output
    assert "5. the flush of σ0[0] returns" in found.output


FEW = [("evict", "it remembers it"), ("finish", "all have answered"), ("", "asked_owe")]


@pytest.mark.slow
def test_a_protocol_is_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_audit, "questions", lambda protocol: iter(FEW))
    report = tmp_path / "audit.json"
    shown = run.invoke(app, ["audit", "--protocol", "interrupt", "--jobs", "1", "--json", str(report)])
    assert shown.exit_code == 0, shown.output
    assert "interrupt: 2 needed, 1 not needed" in shown.output
    assert "the flush of σ0[0] returns" in " ".join(shown.output.split())
    value = json.loads(report.read_text("utf-8"))
    jsonschema.validate(value, schema("core_audit"))
    assert [part["need"] for part in value["conditions"]] == ["not needed", "needed"]
    assert [part["not_inductive"] for part in value["invariants"]] == [["used_is_allowed", "used_alike"]]
    trace = tmp_path / "trace.json"
    trace.write_text(json.dumps(value["conditions"][1]["trace"]), "utf-8")
    assert "5. the flush of σ0[0] returns" in run.invoke(app, ["replay", str(trace)]).output


def test_an_audit_that_is_cut_short_or_undecided_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = core_audit.Part("finish", "all have answered", core_audit.Need.OPEN, "cores_interrupt__x", "timeout")
    known = core_audit.CoreAudit(PROTOCOLS["interrupt"], (part,), left=("install: luck",))

    def interrupted(protocol: Protocol, pool: object, on_part: Callable[[str, core_audit.CoreAudit], None]) -> None:
        on_part("install: luck", known)
        raise KeyboardInterrupt

    asked = ["audit", "--protocol", "interrupt", "--jobs", "1", "--json", str(tmp_path / "audit.json")]
    monkeypatch.setattr(core_audit, "audit_cores", interrupted)
    ended = run.invoke(app, asked)
    assert ended.exit_code == 130
    assert "not audited: install: luck" in ended.output
    value = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    jsonschema.validate(value, schema("core_audit"))
    assert value["undecided"] == ["finish: all have answered", "install: luck"]
    for need, status in ((core_audit.Need.OPEN, 3), (core_audit.Need.ALARM, 4), (core_audit.Need.EXHAUSTED, 0)):
        whole = replace(known, conditions=(replace(part, need=need),), left=())
        monkeypatch.setattr(core_audit, "audit_cores", lambda *_, on_part, whole=whole: whole)
        assert run.invoke(app, asked).exit_code == status, need


def test_an_audit_of_a_protocol_refuses_what_it_has_no_use_for() -> None:
    for options in (["--dialect", "tree"], ["--html", "pages"]):
        refused = run.invoke(app, ["audit", "--protocol", "interrupt", *options])
        assert refused.exit_code == 2
        assert f"a protocol of many cores has no use for it: leave {options[0]} out" in " ".join(refused.output.split())
    assert run.invoke(app, ["audit", "--protocol", "telepathy"]).exit_code == 2
