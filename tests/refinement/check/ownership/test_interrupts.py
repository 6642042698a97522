"""An interrupt of a check of ownership loses nothing that was found by then, and nothing conforms after one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.ownership.readings import OWNERSHIP_DIALECTS
from musigma.cli import app
from refinement.check import Conformance, Target, check_ownership, collect_ownership
from refinement.check.finding.finding import INTERRUPTED, NOT_RUN_AGAIN
from tests.refinement.check.ownership.test_differences import STAYS, TWICE, TWO

Owned = Callable[..., Target]
PKVM = OWNERSHIP_DIALECTS["pkvm"]


def at(beginning: str) -> Callable[[str], None]:
    """What is told a line interrupts the search at the first that begins so."""

    def tell(line: str) -> None:
        if line.startswith(beginning):
            raise KeyboardInterrupt

    return tell


def test_nothing_conforms_after_an_interrupt(owned: Owned) -> None:
    report = check_ownership(owned("pkvm"), PKVM, seconds=1, tell=at("ownership"))
    assert (report.finding, report.verdict, report.exit_status) == (None, Conformance.UNDECIDED, 130)
    assert report.phases
    assert INTERRUPTED in report.left_out
    assert report.to_json()["interrupted"]


@pytest.mark.long
def test_a_difference_that_was_found_stays_though_it_was_not_run_again(owned: Owned) -> None:
    report = check_ownership(owned("pkvm", "RECLAIM_LEAVES_ENTRY"), PKVM, seconds=1, tell=at("found"))
    assert report.finding is not None
    assert (report.finding.shortest, report.finding.reproducible) == (NOT_RUN_AGAIN, False)
    assert (report.verdict, report.exit_status) == (Conformance.DIVERGES, 130)


@pytest.mark.long
def test_differences_collected_by_then_stay(owned: Owned) -> None:
    report = collect_ownership(owned("pkvm", "RECLAIM_LEAVES_ENTRY"), PKVM, seconds=1, tell=at("found"))
    (difference,) = report.differences
    assert (difference.finding.shortest, difference.finding.reproducible) == (NOT_RUN_AGAIN, False)
    assert (report.verdict, report.exit_status) == (Conformance.DIVERGES, 130)
    report = collect_ownership(owned("pkvm"), PKVM, seconds=1, tell=at("ownership"))
    assert (report.differences, report.verdict, report.exit_status) == ((), Conformance.UNDECIDED, 130)
    assert report.to_json()["interrupted"]


@pytest.mark.long
def test_none_of_several_differences_is_lost(owned: Owned, monkeypatch: pytest.MonkeyPatch) -> None:
    where = "refinement.check.search.ownership.collect.shrink_ownership"
    monkeypatch.setattr(where, lambda *_: at("")(""))
    report = collect_ownership(owned("pkvm", "SHARE_TWICE", two=TWO), PKVM, seconds=1)
    assert {STAYS, TWICE} <= {each.cause for each in report.differences}
    assert report.exit_status == 130


@pytest.mark.long
def test_a_difference_for_which_no_time_is_left_is_not_said_to_fail_again(owned: Owned) -> None:
    report = collect_ownership(owned("pkvm", "RECLAIM_LEAVES_ENTRY"), PKVM, seconds=0.5, shrinking=0)
    assert report.differences
    for each in report.differences:
        assert "not run again, for there was no time" in each.finding.shortest
        assert not each.finding.reproducible


@pytest.mark.long
@pytest.mark.parametrize("known", [False, True])
def test_the_command_ends_as_interrupted(
    owned: Owned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    where = "refinement.check.search.ownership." + ("collect" if known else "check")
    monkeypatch.setattr(f"{where}.{'_Collecting' if known else '_Search'}.random", lambda *_: at("")(""))
    (tmp_path / "known.txt").write_text("", "utf-8")
    options = ["--known", str(tmp_path / "known.txt")] if known else []
    asked = ["check", owned("pkvm").where, "--ownership", "pkvm", "--seconds", "1", *options]
    result = CliRunner().invoke(app, [*asked, "--json", str(tmp_path / "report.json")])
    assert result.exit_code == 130, result.output
    assert INTERRUPTED in result.output
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["verdict"] == "undecided"
