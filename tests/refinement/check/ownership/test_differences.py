"""The check of ownership that goes on past differences: what it collects, passes over, and leaves unknown."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.ownership.readings import OWNERSHIP_DIALECTS
from musigma.cli import app
from refinement.check import (
    Conformance,
    Limits,
    OwnershipDifferencesReport,
    Target,
    collect_ownership,
    replay_ownership,
)

Owned = Callable[..., Target]
PKVM = OWNERSHIP_DIALECTS["pkvm"]
STAYS = "reclaim by the owner from a borrower with access: the other has access, in the model not"
TWICE = "share by the owner with a borrower with access: done, though it is to be refused"
TWICE_ALSO = TWICE.replace(": ", ", while others borrow it: ")
TWO = (
    "(MUSIGMA_FAULT == (name))",
    "(MUSIGMA_FAULT == (name) || (name) == RECLAIM_LEAVES_ENTRY)",
)
"""The entry stays after a reclaim, whatever else is wrong."""


def collected(target: Target, *known: str, seconds: float = 0.5) -> OwnershipDifferencesReport:
    return collect_ownership(target, PKVM, known, seconds=seconds, shrinking=2.0)


def causes(report: OwnershipDifferencesReport) -> list[str]:
    return [each.cause for each in report.differences]


@pytest.mark.long
def test_one_difference_of_each_cause_is_collected(owned: Owned) -> None:
    target = owned("pkvm", "SHARE_TWICE", two=TWO)
    report = collected(target)
    assert {STAYS, TWICE} <= set(causes(report))
    assert len(set(causes(report))) == len(report.differences)
    assert (report.verdict, report.exit_status, report.known, report.not_met) == (Conformance.DIVERGES, 1, {}, ())
    for each in report.differences:
        replayed = replay_ownership(target, each.finding.trace)
        assert replayed.failure == each.finding.failure
        assert replayed.step == len(each.finding.trace.operations)


@pytest.mark.long
def test_traces_are_made_short_and_keep_their_cause(owned: Owned) -> None:
    report = collected(owned("pkvm", "SHARE_TWICE", two=TWO))
    steps = {each.cause: each.finding.texts() for each in report.differences}
    assert steps[STAYS] == ["σ0 shares page 0 with σ1", "σ0 reclaims page 0 from σ1"]
    assert steps[TWICE] == ["σ0 shares page 0 with σ1", "σ0 shares page 0 with σ1"]
    assert {each.finding.shortest for each in report.differences} == {"no step can be left out"}


@pytest.mark.long
def test_what_is_known_is_passed_over_and_what_is_new_is_found(owned: Owned) -> None:
    report = collected(owned("pkvm", "SHARE_TWICE", two=TWO), STAYS)
    assert TWICE in causes(report)
    assert not {STAYS} & set(causes(report))
    assert set(report.known) == {STAYS}
    assert report.exit_status == 1


@pytest.mark.long
def test_a_target_conforms_but_for_what_is_known(owned: Owned) -> None:
    report = collected(owned("pkvm", "SHARE_TWICE"), TWICE, TWICE_ALSO, STAYS)
    assert (report.differences, report.exit_status) == ((), 0)
    assert report.sentence == "conforms but for 2 known causes"
    assert report.not_met == (STAYS,)
    assert all(report.needed.values())
    assert any(each.endswith("it ends in a known difference") for each in report.left_out)


@pytest.mark.long
def test_a_right_target_conforms_without_a_cause(owned: Owned) -> None:
    report = collected(owned("pkvm"))
    assert (report.sentence, report.exit_status) == ("conforms", 0)
    assert (report.differences, report.known, report.never_agreed) == ((), {}, ())


@pytest.mark.long
def test_where_all_of_a_kind_is_known_nothing_is_said_of_it(owned: Owned) -> None:
    report = collected(owned("pkvm", "RECLAIM_LEAVES_ENTRY"), STAYS)
    assert (report.never_agreed, report.differences) == (("reclaim",), ())
    assert (report.verdict, report.exit_status) == (Conformance.UNDECIDED, 3)
    assert report.sentence == "undecided: of reclaim nothing was seen but 1 known cause"


def test_a_target_that_dies_ends_the_search(owned: Owned) -> None:
    dies = "if (page->borrowers && !FAULT(DONATE_SHARED)", "if (page->borrowers) __builtin_trap();\n    if (0"
    report = collected(owned("pkvm", dies=dies))
    assert report.exit_status == 1
    assert report.differences[-1].finding.failure.verdict == Conformance.CRASHED
    assert causes(report)[-1] == "crashed"


@pytest.mark.long
def test_a_difference_that_does_not_come_again_is_not_lost(owned: Owned) -> None:
    count = "static uint32_t parties, count;", "static uint32_t parties, count, asked;"
    once = (
        "    if (FAULT(CHANGED_THEN_REFUSED))",
        "    if (++asked == 40)\n        table[0][0] = 0;\n    if (FAULT(CHANGED_THEN_REFUSED))",
    )
    report = collected(owned("pkvm", count=count, once=once))
    (found,) = report.differences[:1]
    assert not found.finding.reproducible
    assert found.finding.shortest.startswith("it did not fail again in a fresh process")
    assert report.exit_status == 1


@pytest.mark.long
def test_the_size_of_a_small_target_is_left_out(owned: Owned) -> None:
    small = "MOST_PARTIES = 32", "MOST_PARTIES = 3"
    report = collected(owned("pkvm", small=small))
    assert not report.differences
    assert any("4 parties × 1 page" in each and "refused" in each for each in report.left_out)
    assert report.exit_status == 0


@pytest.mark.long
def test_limits_are_cut_at_what_is_known_and_new_ones_are_found(owned: Owned) -> None:
    report = collected(owned("pkvm", "RELINQUISH_UNCOUNTED"))
    assert report.exit_status == 0, "in this dialect nobody looks at the count"
    many = "return page->borrowers >> party & 1;", "return party < 5 ? page->borrowers >> party & 1 : 0;"
    report = collected(owned("pkvm", many=many))
    assert [each.finding.phase for each in report.differences][:1] == ["7 borrowers of a page"]


def command(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *(str(each) for each in arguments)])
    return result.exit_code, result.output


@pytest.mark.long
def test_the_command_prints_and_writes_what_was_collected(owned: Owned, tmp_path: Path) -> None:
    target, known, file = owned("pkvm", "SHARE_TWICE", two=TWO).where, tmp_path / "known.txt", tmp_path / "all.json"
    known.write_text(f"# what we have\n\n{STAYS}\nlend by nobody: nothing\n", "utf-8")
    status, said = command(
        target, "--ownership", "pkvm", "--known", known, "--seconds", 0.5, "--seed", 3, "--json", file
    )
    assert status == 1
    assert f"times: {STAYS}\n" in said
    assert "said to be known, and not met: lend by nobody: nothing" in said
    assert f". {TWICE}\n   σ0 shares page 0 with σ1; σ0 shares page 0 with σ1\n" in said
    report = json.loads(file.read_text("utf-8"))
    assert TWICE in [each["cause"] for each in report["differences"]]
    assert set(report["known"]) == {STAYS}
    assert report["versions"]["musigma"]


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "an empty file is one in which nothing is known"), ("share twice\n", "line 1 is no cause")],
)
def test_a_file_that_is_none_is_refused(owned: Owned, tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "known.txt"
    if text is not None:
        file.write_text(text, "utf-8")
    status, output = command(owned("pkvm").where, "--ownership", "pkvm", "--known", file)
    assert status == 2
    assert said in " ".join(output.split())


@pytest.mark.parametrize("option", ["--trace", "--junit", "--svg", "--pytest"])
def test_files_of_one_finding_are_refused(owned: Owned, tmp_path: Path, option: str) -> None:
    known = tmp_path / "known.txt"
    known.write_text("", "utf-8")
    status, output = command(owned("pkvm").where, "--ownership", "pkvm", "--known", known, option, tmp_path / "file")
    assert status == 2
    assert option in output


@pytest.mark.long
def test_the_dialect_may_be_looked_for(owned: Owned, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text(f"{STAYS}\n", "utf-8")
    status, output = command(owned("pkvm").where, "--ownership", "auto", "--known", known, "--seconds", 0.5)
    assert status == 0
    assert "readings, pkvm fits" in output
    assert f"said to be known, and not met: {STAYS}" in output


@pytest.mark.long
def test_a_target_that_hangs_ends_the_search(owned: Owned) -> None:
    hangs = "if (FAULT(CHANGED_THEN_REFUSED))", 'while (page->borrowers) __asm__ volatile ("");\n    if (0)'
    report = collect_ownership(owned("pkvm", hangs=hangs), PKVM, seconds=0.5, shrinking=0.0, limits=Limits(hang=0.5))
    assert causes(report)[-1] == "hung"
    assert report.exit_status == 1
