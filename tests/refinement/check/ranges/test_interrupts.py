"""An interrupt of a check of ranges loses nothing that was found by then: of ranges, nor of single pages."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from refinement.check import Conformance, Target, check_ranges
from refinement.check.finding.finding import INTERRUPTED
from refinement.check.search.ranges import check as search
from refinement.check.search.ranges.shrink import Shrinking

pytestmark = pytest.mark.long  # what is compiled first takes 9 s

Sized = Callable[..., Target]


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_nothing_conforms_after_an_interrupt(sized: Sized) -> None:
    report = check_ranges(sized(), seconds=1, tell=interrupt)
    assert (report.findings, report.verdict, report.exit_status) == ((), Conformance.UNDECIDED, 130)
    assert report.phases
    assert report.to_json()["interrupted"]


def test_a_difference_that_was_found_stays(sized: Sized) -> None:
    report = check_ranges(sized("FLUSH_TOO_WIDE"), seconds=1, tell=interrupt)
    assert report.findings
    assert (report.verdict, report.exit_status) == (Conformance.DIVERGES, 130)


def test_a_difference_of_random_programs_stays_as_it_was_found(sized: Sized, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "parts", lambda sized, slow: iter(()))
    monkeypatch.setattr(Shrinking, "shrink", interrupt)
    report = check_ranges(sized("FLUSH_TOO_WIDE"), seconds=2, seed=1)
    assert len(report.findings) == 1
    assert (report.verdict, report.exit_status) == (Conformance.DIVERGES, 130)
    several = check_ranges(sized("FLUSH_TOO_WIDE"), seconds=2, seed=1, known=())
    assert len({each.cause for each in several.findings}) > 1
    assert several.exit_status == 130


@pytest.mark.parametrize("when", ["before ranges", "in ranges"])
def test_what_is_known_of_single_pages_stays(
    sized: Sized, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    where = (
        "proofs.commands.checking.ranges.find_range_dialect" if when == "before ranges" else f"{search.__name__}.parts"
    )
    monkeypatch.setattr(where, interrupt)
    asked = ["check", sized().where, "--seconds", "1", "--ranges", "auto" if when == "before ranges" else "canonical"]
    files = ["--json", str(tmp_path / "report.json"), "--junit", str(tmp_path / "report.xml")]
    result = CliRunner().invoke(app, [*asked, *files])
    assert result.exit_code == 130, result.output
    assert INTERRUPTED in result.output
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["phases"]
    if when == "before ranges":
        assert (report["verdict"], report["interrupted"], report["ranges"]) == ("undecided", True, None)
    else:
        assert (report["ranges"]["verdict"], report["ranges"]["interrupted"]) == ("undecided", True)
    assert ElementTree.parse(tmp_path / "report.xml").getroot().findall("testcase/failure")


def test_ranges_that_differ_fail_in_the_junit_report(sized: Sized, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    asked = ["check", sized("FLUSH_TOO_WIDE").where, "--seconds", "2", "--junit", str(report)]
    assert CliRunner().invoke(app, asked).exit_code == 1
    suite = ElementTree.parse(report).getroot()
    names = [each.get("name") for each in suite.findall("testcase[failure]")]
    assert names == ["ranges canonical"]
    assert suite.get("tests") == str(len(suite))
    assert suite.get("failures") == "1"
