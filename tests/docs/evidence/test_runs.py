"""Evidence counts only if it is whole, fresh, and ended as it should."""

import json
import os
import threading
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import musigma_docs
import pytest
from musigma_docs.evidence import runs as evidence
from musigma_docs.evidence.runs import Evidence, EvidenceError, name_of
from musigma_docs.evidence.session import Session
from sphinx.errors import ExtensionError

from model.spaces.dialect import DIALECTS
from proofs.audits.spaces import claimed
from proofs.paper.claims import CLAIMS
from proofs.report.writers.versions import PACKAGES
from tests import ROOT
from tests.docs.site import Site


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command is run; what would have been is an error."""

    def made(self: Evidence, command: Any, files: Any, given: Any) -> None:
        raise EvidenceError(f"would run {' '.join(command)}")

    monkeypatch.setattr(Evidence, "_made", made)


@pytest.mark.long
def test_good_evidence_is_taken_without_a_run(site: Site, no_run: None) -> None:
    assert site.evidence.prove("canonical")["dialect"] == "canonical"
    cells = {(cell["claim"], cell["dialect"]) for cell in site.evidence.audit()["cells"]}
    assert cells == set(product(CLAIMS, DIALECTS))
    assert site.evidence.faults()["exit_status"] == 0


def test_of_another_dialect_what_is_asked_for_is_run_and_nothing_else(tmp_path: Path, no_run: None) -> None:
    with pytest.raises(EvidenceError, match="would run prove map__preserves__forest --dialect tree "):
        Evidence(tmp_path).prove("tree", ("map__preserves__forest",))
    with pytest.raises(EvidenceError, match="no obligation is asked for in tree"):
        Evidence(tmp_path).prove("tree")


def test_absent_evidence_is_made(site: Site, no_run: None) -> None:
    (site.folder / "evidence" / f"{name_of(site.FAULTS)}.json").unlink()
    with pytest.raises(EvidenceError, match="would run faults"):
        site.evidence.faults()


def test_evidence_of_other_sources_is_made_anew(site: Site, no_run: None) -> None:
    site.keep(site.FAULTS, {"json": json.dumps(site.faults_report())}, digest="of yesterday")
    with pytest.raises(EvidenceError, match="would run faults"):
        site.evidence.faults()
    draft = Evidence(site.folder / "evidence", stale=True)
    assert draft.faults()["faults"]
    assert draft.draft


def test_a_file_cut_short_is_an_error(site: Site, no_run: None) -> None:
    path = site.folder / "evidence" / f"{name_of(site.PROVE)}.json"
    path.write_text(path.read_text("utf-8")[:5000], encoding="utf-8")
    with pytest.raises(EvidenceError, match="is no evidence"):
        site.evidence.prove("canonical")


@pytest.mark.long
def test_a_report_without_an_obligation_is_an_error(site: Site, no_run: None) -> None:
    report = site.prove_report()
    gone = report["results"].pop()["obligation"]
    site.keep(site.PROVE, {"json": json.dumps(report)})
    with pytest.raises(EvidenceError, match=f"lacks 1 obligations, for example {gone}"):
        site.evidence.prove("canonical")


@pytest.mark.long
def test_an_audit_without_a_cell_is_an_error(site: Site, no_run: None) -> None:
    report = site.audit_report()
    report["cells"] = report["cells"][1:]
    site.keep(site.AUDIT, {"json": json.dumps(report)})
    with pytest.raises(EvidenceError, match="lacks 1 cells, for example C1 in literal-eager"):
        site.evidence.audit()


@pytest.mark.long
def test_the_run_of_all_proofs_decides_the_cells_of_canonical(site: Site, no_run: None) -> None:
    cells = [cell for cell in site.evidence.audit()["cells"] if cell["dialect"] == "canonical"]
    assert [(cell["claim"], cell["verdict"]) for cell in cells] == [(claim, "proved") for claim in CLAIMS]
    about = {result["obligation"] for cell in cells for result in cell["results"]}
    assert about == {each.id for each in claimed()}


@pytest.mark.long
def test_a_claim_of_canonical_that_is_not_proved_has_no_cell(site: Site, no_run: None) -> None:
    report = site.prove_report(map__widens__no_right="refuted")
    site.keep(site.PROVE, {"json": json.dumps(report)})
    with pytest.raises(EvidenceError, match="map__widens__no_right is refuted, and decides nothing here"):
        site.evidence.audit()


@pytest.mark.long
def test_an_interrupted_run_is_an_error(site: Site, no_run: None) -> None:
    site.keep(site.PROVE, {"json": json.dumps(site.prove_report() | {"complete": False})})
    with pytest.raises(EvidenceError, match="interrupted"):
        site.evidence.prove("canonical")


def test_a_report_that_its_schema_refuses_is_an_error(site: Site, no_run: None) -> None:
    site.keep(site.PROVE, {"json": json.dumps({"results": []})})
    with pytest.raises(EvidenceError, match="the report is broken"):
        site.evidence.prove("canonical")


@pytest.mark.parametrize("status", [1, 3, 4, 130])
def test_a_run_that_fails_is_an_error(site: Site, no_run: None, status: int) -> None:
    site.keep(site.PROVE, {"json": json.dumps(site.prove_report())}, exit_status=status)
    with pytest.raises(EvidenceError, match=f"ended with status {status}, not 0"):
        site.evidence.prove("canonical")


def test_a_run_that_writes_nothing_is_an_error(site: Site, no_run: None) -> None:
    site.keep(site.PROVE, {})
    with pytest.raises(EvidenceError, match="wrote nothing for --json"):
        site.evidence.prove("canonical")


@pytest.mark.long
def test_broken_evidence_fails_the_build(site: Site) -> None:
    site.keep(site.AUDIT, {"json": "{}"})
    site.build(".. verdict-table::\n")
    assert "the report is broken" in site.warnings


@pytest.mark.long
def test_a_draft_says_so_on_the_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSIGMA_EVIDENCE_STALE", "1")
    site.keep(site.AUDIT, {"json": json.dumps(site.audit_report())}, digest="of yesterday")
    assert "DRAFT" in site.build(".. verdict-table::\n")
    site.keep_all()
    assert "DRAFT" not in site.build(".. verdict-table::\n")


@pytest.mark.long
def test_a_draft_reads_what_changed_alone_and_stays_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSIGMA_EVIDENCE_STALE", "1")
    site.keep(site.AUDIT, {"json": json.dumps(site.audit_report())}, digest="of yesterday")
    table = ".. verdict-table::\n"
    site.build(table, other="Before.\n")
    monkeypatch.setattr(musigma_docs, "sources_digest", lambda: "of tomorrow")
    before = read_at(site, "index"), read_at(site, "other")
    page = site.build(table, whole=False, other="After.\n")
    assert read_at(site, "index") == before[0], "not read again"
    assert read_at(site, "other") > before[1]
    assert "DRAFT" in page
    monkeypatch.delenv("MUSIGMA_EVIDENCE_STALE")
    site.keep_all()
    assert "DRAFT" not in site.build(table, whole=False, other="After.\n")
    assert read_at(site, "index") > before[0]


def read_at(site: Site, page: str) -> int:
    """When the page was read last."""
    (found,) = site.folder.rglob(f"{page}.doctree")
    return found.stat().st_mtime_ns


@pytest.mark.long
def test_a_real_run_is_made_and_kept(site: Site) -> None:
    folder = site.folder / "evidence"
    made = Evidence(folder)
    found = made.run(("counterexample", "not-itself", "--dialect", "canonical"), (0,), ("json", "svg", "html"))
    assert found["exit_status"] == 0
    assert made.seconds["counterexample"] == found["seconds"] > 0
    assert "<svg" in found["files"]["svg"]
    kept = json.loads((folder / "counterexample-not-itself--dialect-canonical.json").read_text("utf-8"))
    assert kept == found


def test_a_run_that_did_not_decide_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undecided = {"exit_status": 3, "seconds": 2.0, "output": "proved 3, unknown 1", "files": {"json": "{}"}}
    monkeypatch.setattr(Evidence, "_made", lambda *_: undecided)
    with pytest.raises(evidence.EvidenceError, match="This is no verdict"):
        Evidence(tmp_path).run(("faults", "--all"), (0,), ("json",))


def test_the_digest_hangs_on_the_sources(tmp_path: Path) -> None:
    for name in PACKAGES:
        (tmp_path / name).mkdir()
    (tmp_path / "model" / "spaces.py").write_text("a = 1\n")
    first = evidence.sources_digest(tmp_path)
    evidence.sources_digest.cache_clear()
    assert evidence.sources_digest(tmp_path) == first
    (tmp_path / "model" / "spaces.py").write_text("a = 2\n")
    evidence.sources_digest.cache_clear()
    assert evidence.sources_digest(tmp_path) != first
    evidence.sources_digest.cache_clear()


def test_what_runs_is_what_the_pages_show(tmp_path: Path) -> None:
    """A copy of the packages that is installed beside the checkout counts only as long as it is the same."""
    shown, installed = tmp_path / "checkout", tmp_path / "site-packages"
    for root in (shown, installed):
        for name in PACKAGES:
            (root / name).mkdir(parents=True)
            (root / name / "one.py").write_text("a = 1\n")
    evidence.sources_digest.cache_clear()
    evidence.refuse_other_sources(installed, shown)
    (shown / "model" / "one.py").write_text("a = 2\n")
    evidence.sources_digest.cache_clear()
    with pytest.raises(EvidenceError, match=r"but others would run, from .*site-packages"):
        evidence.refuse_other_sources(installed, shown)
    evidence.sources_digest.cache_clear()


def test_a_build_of_other_sources_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise EvidenceError("others would run")

    monkeypatch.setattr("musigma_docs.refuse_other_sources", refuse)
    with pytest.raises(ExtensionError, match="others would run"):
        site.build("Text.\n")


def test_a_failed_run_is_not_started_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Sequence[str]] = []

    def made(self: Evidence, command: Sequence[str], files: Sequence[str], given: Any) -> dict[str, Any]:
        started.append(command)
        return {"exit_status": 3, "output": "no time", "files": {}}

    monkeypatch.setattr(Evidence, "_made", made)
    kept = site.evidence
    for _ in range(3):
        with pytest.raises(EvidenceError, match="ended with status 3"):
            kept.counterexample("not-itself")
    assert len(started) == 1
    with pytest.raises(EvidenceError, match="ended with status 3"):
        kept.counterexample("some-right")
    assert len(started) == 2


def test_what_all_proofs_have_proved_is_given_to_the_hunts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, str]] = []

    def made(self: Evidence, command: Any, files: Any, texts: dict[str, str]) -> dict[str, Any]:
        given.append(texts)
        return {"exit_status": 0, "output": "", "files": {"json": json.dumps(site.faults_report())}, "digest": ""}

    site.keep_all()
    site.keep(site.FAULTS, {}, digest="of other sources")
    monkeypatch.setattr(Evidence, "_made", made)
    assert site.evidence.faults()["faults"]
    assert [json.loads(each["proved"])["musigma_prove"] for each in given] == [3]


@pytest.mark.long
def test_a_run_reads_the_texts_that_it_is_given(site: Site) -> None:
    text = (ROOT / "docs" / "examples" / "unmap_own.py").read_text("utf-8")
    command = ("prove", "unmap_own__preserves__irreflexive", "--quiet")
    run = site.evidence.run(command, (0,), ("json",), (), {"theory": lambda: text})
    assert json.loads(run["files"]["json"])["results"][0]["verdict"] == "proved"
    assert run["command"] == list(command)


def test_sources_that_change_while_a_run_is_made_are_an_error(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = iter(("before", "after"))
    monkeypatch.setattr(evidence, "_digest", lambda *_: next(digests))
    evidence.sources_digest.cache_clear()
    try:
        with pytest.raises(EvidenceError, match="the sources changed while musigma --version ran"):
            site.evidence._made(("--version",), (), {})
    finally:
        evidence.sources_digest.cache_clear()


def test_sources_that_change_while_a_session_is_made_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = iter(("before", "after"))
    monkeypatch.setattr(evidence, "_digest", lambda *_: next(digests))
    evidence.sources_digest.cache_clear()
    try:
        with pytest.raises(EvidenceError, match="the sources changed while «true» ran"):
            Session.read("$ true").made(Evidence(tmp_path))
    finally:
        evidence.sources_digest.cache_clear()


def test_a_run_that_two_threads_ask_for_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, ...]] = []
    begun = threading.Barrier(2, timeout=10)

    def slowly(self: Evidence, command: tuple[str, ...], files: Any, given: Any) -> dict[str, Any]:
        made.append(command)
        if command[0] == "one":
            begun.wait()  # the other one of its kind waits, and "two" goes on beside it
        digest = evidence.digest_of(command)
        return {"musigma_evidence": 2, "digest": digest, "exit_status": 0, "output": "", "files": {}}

    monkeypatch.setattr(Evidence, "_made", slowly)
    some = Evidence(tmp_path)
    ended: list[str] = []

    def ask(name: str) -> None:
        some.run((name,), (0,), ())
        ended.append(name)
        if name == "two":
            begun.wait()

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    some.together(partial(ask, name) for name in ("one", "one", "two"))
    assert made.count(("one",)) == made.count(("two",)) == 1
    assert ended == ["two", "one", "one"]


def test_of_runs_side_by_side_the_first_that_fails_is_told(tmp_path: Path, no_run: None) -> None:
    some = Evidence(tmp_path)
    with pytest.raises(EvidenceError, match="would run first"):
        some.together(partial(some.run, (name,), (0,), ()) for name in ("first", "second"))
