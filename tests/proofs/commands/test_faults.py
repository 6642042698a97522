"""``musigma faults``: what it prints, what it writes, how it ends."""

import json
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console
from typer.testing import CliRunner

from musigma.cli import app
from proofs.faults.catalogue.catalogue import ABSENT, CATALOGUE
from proofs.faults.hunts.matrix import Matrix
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.report.writers.faults_report import faults_json, faults_schema, print_matrix


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["faults", *arguments])
    return result.exit_code, result.output


def test_list_names_everything() -> None:
    status, output = run("--list")
    assert status == 0
    assert all(name in output for name in CATALOGUE)
    assert all(absent.name in output for absent in ABSENT)


def test_list_says_mechanism_layers_and_source() -> None:
    status, output = run("depth-wrap", "--list")
    assert status == 0
    assert " ".join(output.split()).startswith(
        "depth-wrap depth is kept in too few bits, and a long chain is flushed only in part kernel: depth-wrap"
        " C reference: DEPTH_WRAP_8, DEPTH_WRAP_16 seen in: Pistachio, NOVA, Fiasco before a check was added"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["depth-warp"], "no fault is called 'depth-warp'; did you mean depth-wrap"),
        (["--engine", "prof"], "no engine is called 'prof'; did you mean proof"),
        (["depth-wrap", "--engine", "proof"], "none of these engines is meant for these faults"),
        (["depth-wrap", "--json", "/no/such/folder/faults.json"], "cannot write"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], said: str) -> None:
    status, output = run(*arguments)
    assert status == 2
    assert said in " ".join(output.split())
    assert "Traceback" not in output


@pytest.mark.slow
def test_a_kill_is_shown_and_written(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    status, output = run("stale-cursor", "--engine", "state-machine", "--jobs", "1", "--json", str(file))
    assert status == 0, output
    assert "mechanisms: 1; changes: 1; hunts that ended in a kill: 1 of 1" in output
    written = json.loads(file.read_text("utf-8"))
    jsonschema.validate(written, faults_schema())
    (fault,) = written["faults"]
    assert (fault["name"], fault["findings"][0]["ending"]) == ("stale-cursor", "killed")
    assert fault["findings"][0]["trace"]["operations"]


def test_a_survivor_and_an_obligation_that_nothing_fells_are_named() -> None:
    survivor = HuntResult(Engine.CHECK, "EARLY_ASCENT", HuntEnding.SURVIVED, said="it conforms")
    killed = HuntResult(Engine.CHECK, "DEPTH_WRAP_8", HuntEnding.KILLED, ("diverges",), 257, said="σ1[0] shows frame 0")
    rows = ((CATALOGUE["early-ascent"], (survivor,)), (CATALOGUE["depth-wrap"], (killed,)))
    found = Matrix(rows, (survivor,), {}, ("map__preserves__forest",), {"grant__equals__tree_grant": ("fiasco",)}, {})
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_matrix(console, found)
    text = console.export_text()
    console.file.close()
    assert "survived: EARLY_ASCENT" in text
    assert "SURVIVED check: EARLY_ASCENT: it conforms" in text
    assert "NO FAULT FELLS map__preserves__forest" in text
    assert "killed in 257" in text
    assert "grant__equals__tree_grant is proved in no dialect; the reading of fiasco is what it falls by" in text
    jsonschema.validate(faults_json(found), faults_schema())
    assert faults_json(found)["exit_status"] == 1


@pytest.mark.slow
def test_the_whole_matrix(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    status, output = run("--json", str(file))
    assert status == 0, output
    written = json.loads(file.read_text("utf-8"))
    jsonschema.validate(written, faults_schema())
    assert written["obligations"]["unfelled"] == []
    assert set(written["obligations"]["felled_by_reading"]) == {
        "map__onto_itself__makes_no_cycle",
        "grant__onto_itself__loses_no_frame",
        "grant__equals__tree_grant",
    }
