"""The examples of the guides do what the guides say; those in C and Python databases are tested with the check."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from model.spaces.dialect import dialect_named
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.input.extension import theory_of
from proofs.prove import prove
from tests import ROOT

EXAMPLES = ROOT / "docs" / "examples"


def verdicts(name: str, pattern: str, dialect: str = "canonical") -> dict[str, str]:
    """What z3 says of the obligations of an example whose id holds the pattern."""
    path = str(EXAMPLES / name)
    chosen = [obligation for id_, obligation in theory_of(path).registry.items() if pattern in id_]
    with workers(2, Settings(Solvers.Z3, theory=path)) as pool:
        run = prove(dialect_named(dialect), chosen, pool, induction=True)
    return {result.obligation.id: result.verdict.value for result in run.results}


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "x2-keep"])
def test_nobody_has_more_than_the_holder(dialect: str) -> None:
    found = verdicts("holder_rights.py", "holder_rights", dialect)
    assert len(found) == 4
    assert set(found.values()) == {"proved"}


@pytest.mark.long
def test_somebody_has_more_where_rights_are_as_given() -> None:
    found = verdicts("holder_rights.py", "holder_rights", "canonical with passing=as_given")
    refuted = {name for name, verdict in found.items() if verdict == "refuted"}
    assert refuted == {"map__preserves__holder_rights", "grant__preserves__holder_rights"}


@pytest.mark.long
def test_what_is_true_and_does_not_follow_from_itself() -> None:
    assert verdicts("alone.py", "flush__alone") == {"flush__alone": "exhausted"}
    assert verdicts("alone.py", "flush__helped") == {"flush__helped": "proved"}


def build(tmp_path: Path, source: str = "mapdb.c", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the step of a build in a folder of its own."""
    commands = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    small = {"PATTERN": "C1", "SECONDS_OF_CHECK": "1", "PATH": commands, **environment}
    script = ["sh", str(EXAMPLES / "ci.sh"), str(EXAMPLES / source)]
    done = subprocess.run(
        script, cwd=tmp_path, env={**os.environ, **small}, capture_output=True, text=True, check=False, timeout=300
    )
    assert "Traceback" not in done.stderr
    return done


needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is called cc")


@pytest.mark.slow
@needs_compiler
def test_a_build_passes_and_fails(tmp_path: Path) -> None:
    done = build(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    reports = tmp_path / "reports"
    assert {"prove.json", "prove.xml", "prove.sarif", "prove.md", "check.json", "check.xml"} <= set(os.listdir(reports))

    done = build(tmp_path, CFLAGS="-DMUSIGMA_FAULT=EARLY_ASCENT", REPORTS="bad", BASELINE="reports/prove.json")
    assert done.returncode == 1
    assert "nothing is worse than in reports/prove.json" in done.stdout
    assert ElementTree.parse(tmp_path / "bad" / "check.xml").getroot().attrib["failures"] == "1"
    assert len(json.loads((tmp_path / "bad" / "trace.json").read_text("utf-8"))["operations"]) == 3
    assert (tmp_path / "bad" / "test_finding.py").exists()

    earlier = json.loads((reports / "prove.json").read_text("utf-8"))
    for result in earlier["results"]:
        result["verdict"] = "proved"
    (tmp_path / "earlier.json").write_text(json.dumps(earlier), "utf-8")
    done = build(tmp_path, source="nothing.c", REPORTS="worse", BASELINE="earlier.json")
    assert done.returncode == 5, "the first failure counts, which is the proof's"
    assert "worse than in earlier.json" in done.stdout
    assert not (tmp_path / "worse" / "check.json").exists()


def test_a_fork_copies_when_the_parent_writes(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "fork.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith("refused")] == [
        "  τ1 writes w3 to frame 0 in σ1[0], keeping nothing: refused"
    ]
    assert lines[-2:] == ["the parent shows frame 1, with w2, w3", "the child shows frame 0, with w2"]
