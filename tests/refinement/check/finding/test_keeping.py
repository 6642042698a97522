"""What is kept of a finding fails as long as the defect is there, and passes when it is gone."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from model.trace import Trace, trace_schema
from proofs.commands.check import check as check_command
from proofs.commands.replay import replay as replay_command
from refinement.check import Finding, Target, as_c, as_json, as_pytest, as_text, check, program_of, replay
from tests import ROOT

Faulty = Callable[[str], Target]


@pytest.fixture(scope="module")
def finding(faulty: Faulty) -> Finding:
    found = check(faulty("EARLY_ASCENT"), seconds=3, seed=1).finding
    assert isinstance(found, Finding)
    return found


def test_text(finding: Finding) -> None:
    assert as_text(finding) == (
        "    0  init 3 × 1 × 1\n"
        "    1  map σ0[0] → σ1[0]\n"
        "    2  map σ0[0] → σ2[0]\n"
        "    3  flush σ0[0]\n"
        "       σ2[0] shows frame 0 rwx, in the model nothing"
    )
    assert "… 2 more …" in as_text(finding, most=2)


def test_json_is_a_trace(finding: Finding, reference: Target, faulty: Faulty) -> None:
    value = as_json(finding)
    jsonschema.validate(value, trace_schema())
    trace = Trace.from_json(value)
    assert trace == finding.trace()
    assert replay(faulty("EARLY_ASCENT"), program_of(trace)).failure == finding.failure
    assert replay(reference, program_of(trace)).failure is None


def test_c_program(finding: Finding, reference: Target, faulty: Faulty, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(as_c(finding), "utf-8")
    for target, status in ((faulty("EARLY_ASCENT"), 1), (reference, 0)):
        program = tmp_path / f"main{status}"
        subprocess.run(["cc", "-Wall", "-Werror", "-o", program, tmp_path / "main.c", target.where], check=True)
        assert subprocess.run([program], capture_output=True, check=False).returncode == status


@pytest.mark.long
def test_pytest_file(finding: Finding, reference: Target, faulty: Faulty, tmp_path: Path) -> None:
    for target, status in ((faulty("EARLY_ASCENT"), 1), (reference, 0)):
        path = tmp_path / f"test_found_{status}.py"
        path.write_text(as_pytest(finding, target, tmp_path), "utf-8")
        assert target.where not in path.read_text("utf-8"), "it names the target from where it lies"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, path],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        assert ("σ2[0] shows frame 0 rwx, in the model nothing" in done.stdout) == bool(status)


@pytest.fixture
def command() -> Callable[..., tuple[int, str]]:
    app = typer.Typer()
    app.command("check")(check_command)
    app.command("replay")(replay_command)

    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return run


@pytest.mark.long
def test_check_and_replay(command: Callable[..., tuple[int, str]], faulty: Faulty, tmp_path: Path) -> None:
    target, kept = faulty("GRANT_WIDENS").where, tmp_path / "trace.json"
    report = tmp_path / "report.json"
    files = ["--trace", kept, "--json", report, "--junit", tmp_path / "junit.xml", "--main-c", tmp_path / "main.c"]
    status, output = command("check", target, "--seconds", 4, "--seed", 1, *files)
    assert status == 1
    value = json.loads(report.read_text("utf-8"))
    jsonschema.validate(value, schema("check"))
    assert value["verdict"] == "diverges"
    assert value["finding"]["steps"] == ["init 2 × 1 × 1", "grant σ0[0] → σ1[0] -w-", "grant σ1[0] → σ0[0]"]
    assert value["seed"] == 1
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("failures"), suite.findall("testcase")[-1].find("failure") is None) == ("1", False)
    status, output = command("replay", kept, target, "--json", report)
    assert status == 1
    jsonschema.validate(json.loads(report.read_text("utf-8")), schema("replay"))
    assert "diverges in step 2, grant σ1[0] → σ0[0]" in output


def schema(command: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((ROOT / "proofs/report/writers" / f"{command}.schema.json").read_text("utf-8"))
    return value


def test_a_trace_that_asks_nothing(command: Callable[..., tuple[int, str]], reference: Target, tmp_path: Path) -> None:
    kept = tmp_path / "trace.json"
    kept.write_text(json.dumps({"musigma_steps": 1, "dialect": "canonical", "steps": ["init 3 × 1 × 1"]}), "utf-8")
    status, output = command("replay", kept, reference.where)
    assert status == 3
    assert output.startswith("undecided: the trace asks nothing of")


@pytest.mark.long
def test_what_a_verdict_has_to_rest_on(command: Callable[..., tuple[int, str]], reference: Target) -> None:
    few = ("check", reference.where, "--seconds", 2, "--seed", 1)
    status, output = command(*few, "--require", "sequences of 2")
    assert status == 0, output
    assert "it rests on: sequences of " in output
    status, output = command(*few, "--require", "sequences of 5")
    assert status == 3
    assert "required, and not gone through whole: sequences of 5" in output
    assert "\nundecided: " in output


@pytest.mark.long
def test_check_of_a_right_one(command: Callable[..., tuple[int, str]], reference: Target, tmp_path: Path) -> None:
    status, output = command("check", reference.where, "--seconds", 2, "--dialect", "auto", "--seed", 5)
    assert status == 0, output
    assert "dialect canonical fits; ruled out:" in output
    assert "conforms" in output
    assert "seed 5" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "name one target"),
        (["check", "nowhere.so"], "there is no such file"),
        (["check", "/bin/sh", "--dialect", "l4"], "no dialect is called 'l4'"),
        (["check", "/bin/sh", "--executor", "threads"], "write dask://HOST:PORT"),
        (["check", "/bin/sh", "--seconds", "nan"], "'nan' is no time from 0.1 to 1,000,000 seconds"),
        (["check", "/bin/sh", "--hang", "1e300"], "'1e300' is no time from 0.01 to 86,400 seconds"),
        (["check", "/bin/sh", "--seed", "-1"], "'-1' is no whole number from 0 to 4,294,967,295"),
        (["check", "/bin/sh", "--jobs", "1" + "0" * 31], "is no whole number from 1 to 1,024"),
        (["check", "/bin/sh", "--memory", "1"], "'1' is no amount of memory from 16M"),
        (["check", "/bin/sh", "--memory", "1" + "0" * 30], "is no amount of memory"),
        (["check", "/bin/sh", "--require", "sequences of 99"], "no part of the search is called so"),
        (["check", "/bin/sh", "--stack", "4K"], "write at least 32K"),
        (["check", "/bin/sh", "--prefix", "x"], "name one"),
        (["replay", "nowhere.json", "/bin/sh"], "No such file"),
        (["replay", __file__, "/bin/sh"], "this is no JSON"),
    ],
)
def test_wrong_calls(command: Callable[..., tuple[int, str]], arguments: list[str], message: str) -> None:
    status, output = command(*arguments)
    assert status == 2
    assert message in " ".join(output.replace("│", " ").split())
    assert "Traceback" not in output
