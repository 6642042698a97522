"""``musigma check --ownership`` and the replay of its traces, as on the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from model.ownership.operation import Kind, PageOperation
from model.ownership.trace import OwnershipTrace, pages_of
from musigma.cli import app
from refinement.check import Target
from tests.refinement.check.ownership.conftest import HEADERS

Owned = Callable[..., Target]


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    return result.exit_code, result.output


@pytest.mark.long
def test_what_is_found_is_printed_written_drawn_and_replayed(owned: Owned, tmp_path: Path) -> None:
    bad, good = owned("pkvm", "RECLAIM_LEAVES_ENTRY").where, owned("pkvm").where
    files = {name: tmp_path / f"f.{name}" for name in ("trace", "json", "svg", "html")}
    options = [each for name, path in files.items() for each in (f"--{name}", path)]
    status, said = run("check", bad, "--ownership", "pkvm", "--seconds", 1, *options)
    assert status == 1
    assert "  2. σ0 reclaims page 0 from σ1\n     page 0: σ1 accesses it, in the model it has nothing of it" in said
    report = json.loads(files["json"].read_text("utf-8"))
    assert report["finding"]["trace"] == json.loads(files["trace"].read_text("utf-8"))
    assert (report["verdict"], report["dialects"]) == ("diverges", None)
    for name in ("svg", "html"):
        assert "the target: accesses it" in files[name].read_text("utf-8")
    assert run("replay", files["trace"], bad)[0] == 1
    assert run("replay", files["trace"], good)[0] == 0
    status, said = run("replay", files["trace"], "--svg", tmp_path / "model.svg")
    assert status == 0
    assert "2. σ0 reclaims page 0 from σ1" in said
    assert said.startswith("ownership pkvm\n")
    assert "What the trace was kept for was not checked here: page 0: σ1 accesses it" in " ".join(said.split())
    assert "the target" not in (tmp_path / "model.svg").read_text("utf-8")


@pytest.mark.long
def test_a_test_a_program_and_a_junit_report_are_written(owned: Owned, tmp_path: Path) -> None:
    bad, good = owned("pkvm", "RECLAIM_LEAVES_ENTRY").where, owned("pkvm").where
    files = {name: tmp_path / name for name in ("test_owned.py", "main.c", "report.xml")}
    written = "--pytest", files["test_owned.py"], "--main-c", files["main.c"], "--junit", files["report.xml"]
    assert run("check", bad, "--ownership", "pkvm", "--seconds", 1, *written)[0] == 1
    suite = ElementTree.parse(files["report.xml"]).getroot()
    (failure,) = suite.findall("testcase/failure")
    assert failure.get("message") == "page 0: σ1 accesses it, in the model it has nothing of it"
    assert "2  σ0 reclaims page 0 from σ1" in str(failure.text)
    assert suite.get("tests") == str(len(suite))
    for library, status, said in (
        (bad, 1, "party 1 has 4 of page 0; it should be 0"),
        (good, 0, "all is as it should"),
    ):
        program = tmp_path / "main"
        subprocess.run(["cc", "-I", HEADERS, "-o", program, files["main.c"], library], check=True)
        done = subprocess.run([program], capture_output=True, text=True, check=False)
        assert (done.returncode, said in done.stdout) == (status, True), done.stdout
    text = files["test_owned.py"].read_text("utf-8")
    assert os.path.relpath(bad, tmp_path) in text
    for library, status in ((bad, 1), (good, 0)):
        files["test_owned.py"].write_text(text.replace(os.path.relpath(bad, tmp_path), library), "utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(files["test_owned.py"])]
        assert subprocess.run(command, capture_output=True, check=False, cwd=tmp_path).returncode == status


@pytest.mark.long
def test_the_dialect_is_found_and_what_was_gone_through_is_printed(owned: Owned, tmp_path: Path) -> None:
    status, said = run(
        *("check", owned("xen").where, "--ownership", "auto", "--seconds", 1, "--json", tmp_path / "a.json")
    )
    assert status == 0
    assert "readings, xen fits" in said
    assert "exhaustive: all 27 states of 3 parties × 1 page" in said
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["dialects"]["fits"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ownership", "pvm"), "did you mean pkvm"),
        (("--ownership", "nonsense"), "no dialect of ownership is called 'nonsense'; there are ffa, pkvm, xen"),
        (("--ownership", "pkvm with reclam=forced"), "no choice of ownership is called 'reclam'; did you mean reclaim"),
        (
            ("--ownership", "pkvm with reclaim=forcd"),
            "reclaim has no reading 'forcd'; write reclaim=refused or forced or access_stays",
        ),
        (("--ownership", "ffa without reclaim: the caller owns it"), "leaves a condition out"),
        (("--ownership", "pkvm", "--jobs", "2"), "leave --jobs out"),
        (("--ownership", "pkvm", "--dialect", "fiasco"), "leave --dialect out"),
        (("--ownership", "pkvm", "--known", "k", "--stack", "0"), "leave --stack out"),
        (("--ownership", "ffa"), "does not have lend, retrieve, relinquish, which the dialect offers"),
        ((), "check it with --ownership"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(options: tuple[str, ...], said: str, owned: Owned) -> None:
    status, output = run("check", owned("pkvm").where, *options, "--seconds", "1")
    assert status == 2
    assert said in output


def test_a_trace_of_many_parties_is_replayed_on_the_model_and_drawn_as_far_as_it_names_them(tmp_path: Path) -> None:
    few = tuple(PageOperation(Kind.SHARE, 0, other, 0) for other in (1, 16))
    many = tuple(PageOperation(Kind.SHARE, 0, other, 0) for other in range(1, 17))
    trace, picture = tmp_path / "t.json", tmp_path / "t.svg"
    for operations, drawn in ((few, True), (many, False)):
        trace.write_text(json.dumps(OwnershipTrace("pkvm", pages_of(17, 1), operations).to_json()), "utf-8")
        status, said = run("replay", trace, "--svg", picture)
        assert status == 0
        assert "σ16: page 0: borrows and accesses it, shared by σ0" in said
        assert ("No step names 14 other parties." in said) == drawn
        assert ("no picture of 16 steps of 17 parties" in said) != drawn
        assert picture.exists() == drawn
        picture.unlink(missing_ok=True)


def test_a_trace_that_says_nothing_right_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"theory": "ownership"}', "utf-8")
    status, output = run("replay", tmp_path / "t.json")
    assert status == 2
    assert "no trace" in output
