"""``musigma audit --ranges``: what a reading loses a trace shows, what it keeps is proved, and no more is said."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from model.ranges.readings import CANONICAL_RANGES, RANGE_CHOICES, RANGE_DIALECTS, Refusal, Unit, range_dialect_named
from model.ranges.trace import RangeTrace
from musigma.cli import app
from proofs.audits import ranges as range_audit
from proofs.audits.ranges import Kept, RangeAudit, RangePart, audit_ranges, audited_ranges
from proofs.report.writers.json_report import schema
from proofs.verdict import Verdict

RUN = CliRunner()


def test_every_reading_and_every_named_dialect_is_audited() -> None:
    audited = list(audited_ranges())
    for choice, members in RANGE_CHOICES.items():
        for member in members:
            wanted = getattr(CANONICAL_RANGES.readings, choice) == member
            assert wanted or any(getattr(each.readings, choice) == member for each in audited)
    assert {each.name for each in audited} >= set(RANGE_DIALECTS) - {"canonical"}
    assert all(each.readings != CANONICAL_RANGES.readings for each in audited)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "steps", "fallen"),
    [
        ("canonical with own=range", 3, "ranges__flush_range__leaves__nothing_below"),
        ("nova", 2, "ranges__flush_range__changes__nothing_else"),
    ],
)
def test_what_a_reading_loses_has_a_shortest_trace(tmp_path: Path, name: str, steps: int, fallen: str) -> None:
    report = tmp_path / "audit.json"
    shown = RUN.invoke(app, ["audit", "--ranges", name, "--jobs", "1", "--json", str(report)])
    assert shown.exit_code == 0, shown.output
    assert "ranges: 1 loses" in shown.output
    value = json.loads(report.read_text("utf-8"))
    jsonschema.validate(value, schema("range_audit"))
    (part,) = value["dialects"]
    assert (part["dialect"], part["kept"]) == (name, "loses")
    assert fallen in part["fallen"]
    trace = RangeTrace.from_json(part["trace"])
    assert len(trace.operations) == steps
    assert trace.obligation == part["fallen"][0]
    assert trace.operations[-1].text(trace.scope) in shown.output


@pytest.mark.slow
def test_what_a_reading_keeps_is_proved(tmp_path: Path) -> None:
    report = tmp_path / "audit.json"
    asked = [
        "audit",
        "--ranges",
        "canonical with refusal=page",
        "--jobs",
        "2",
        "--timeout",
        "60",
        "--json",
        str(report),
    ]
    shown = RUN.invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert [each["kept"] for each in json.loads(report.read_text("utf-8"))["dialects"]] == ["keeps"]


@pytest.mark.parametrize(
    ("verdicts", "kept", "fallen"),
    [
        ((Verdict.PROVED, Verdict.WITNESSED), Kept.KEEPS, 0),
        ((Verdict.PROVED, Verdict.UNKNOWN), Kept.OPEN, 1),
        ((Verdict.UNPROVED, Verdict.VACUOUS), Kept.OPEN, 2),
        ((Verdict.REFUTED, Verdict.UNKNOWN), Kept.LOSES, 1),
        ((Verdict.REFUTED, Verdict.DISAGREEMENT), Kept.ALARM, 2),
    ],
)
def test_what_the_solvers_say_decides_where_no_step_breaks_anything(
    verdicts: tuple[Verdict, ...], kept: Kept, fallen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = CANONICAL_RANGES.reading(refusal=Refusal.PAGE)
    monkeypatch.setattr(range_audit, "_searched", lambda each: RangePart(each, Kept.OPEN, reason="nowhere"))

    def proved(pages: object, chosen: list[Any], workers: object, *, ranges: str) -> SimpleNamespace:
        assert ranges == dialect.name
        pairs = zip(chosen, verdicts, strict=False)
        return SimpleNamespace(results=[SimpleNamespace(obligation=o, verdict=each) for o, each in pairs])

    monkeypatch.setattr(range_audit, "prove_all", proved)
    (part,) = audit_ranges(None, (dialect,)).parts  # type: ignore[arg-type]
    assert (part.kept, len(part.fallen)) == (kept, fallen)


def test_what_no_formula_describes_is_never_said_to_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    dialect = CANONICAL_RANGES.reading(unit=Unit.MAPPING)
    monkeypatch.setattr(range_audit, "explore_ranges", lambda *_: Nothing())
    monkeypatch.setattr(range_audit, "shortest", lambda *_: Nothing())
    (part,) = audit_ranges(None, (dialect,)).parts  # type: ignore[arg-type]
    assert part.kept is Kept.EXHAUSTED
    monkeypatch.setattr(Nothing, "complete", False)
    (part,) = audit_ranges(None, (dialect,)).parts  # type: ignore[arg-type]
    assert part.kept is Kept.OPEN


class Nothing:
    """A search that found nothing."""

    violations: tuple[object, ...] = ()
    complete, states, searched = True, 1, ("nowhere",)
    trace = obligation = None


@pytest.mark.parametrize(
    ("kept", "status"), [(Kept.OPEN, 3), (Kept.ALARM, 4), (Kept.EXHAUSTED, 0), (Kept.KEEPS, 0), (Kept.LOSES, 0)]
)
def test_only_what_is_decided_passes(kept: Kept, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = RangeAudit((RangePart(range_dialect_named("nova"), kept),))
    monkeypatch.setattr(range_audit, "audit_ranges", lambda *_, **__: known)
    assert RUN.invoke(app, ["audit", "--ranges", "nova", "--jobs", "1"]).exit_code == status


def test_an_interrupt_names_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(pool: object, chosen: object, on_part: Callable[[str, RangeAudit], None]) -> None:
        on_part("nova", RangeAudit((), ("nova", "fiasco")))
        raise KeyboardInterrupt

    monkeypatch.setattr(range_audit, "audit_ranges", interrupted)
    report = tmp_path / "audit.json"
    shown = RUN.invoke(app, ["audit", "--ranges", "all", "--jobs", "1", "--json", str(report)])
    assert shown.exit_code == 130
    assert "not audited: nova, fiasco" in shown.output
    assert json.loads(report.read_text("utf-8"))["undecided"] == ["nova", "fiasco"]


def test_other_options_are_refused() -> None:
    shown = RUN.invoke(app, ["audit", "--ranges", "nova", "--dialect", "tree"])
    assert shown.exit_code == 2
    assert "an audit of ranges has no use for it: leave --dialect out" in shown.output
    assert RUN.invoke(app, ["audit", "--ranges", "x"]).exit_code == 2
