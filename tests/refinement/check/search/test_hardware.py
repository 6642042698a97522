"""A target that says which rights its hardware keeps, in each of its forms."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from model.ranges.readings import CANONICAL_RANGES
from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.keeping import kept_by, table_of
from refinement.check import (
    CheckReport,
    Conformance,
    Limits,
    Target,
    TargetError,
    check,
    find_dialect,
    parse_target,
    replay,
)
from refinement.check.finding.artefacts import as_c
from refinement.check.finding.finding import Failure, Finding
from refinement.check.search.experiments import EXPERIMENTS
from refinement.check.search.hardware import dialect_on, kept_on, on_hardware, remarks_on
from refinement.check.search.ranges.check import check_ranges
from tests import EXAMPLES
from tests.refinement.check.plain import Database, Here
from tests.refinement.check.served import served

COARSE = EXAMPLES / "coarse.c"
UP = table_of((0, 5, 6, 7, 4, 5, 6, 7))
NARROWER = r"σ1\[0\] shows frame 0 -(w-|-x|wx), in the model frame 0 r\1"
NAME = "canonical keeping 05674567"
Build = Callable[..., Target]


def quick(target: Target, dialect: str = "canonical") -> CheckReport:
    limits = Limits(hang=5.0, memory=1 << 28)
    return check(target, DIALECTS[dialect], seconds=1.0, seed=1, limits=limits, shrinking=5.0, small_stack=0)


def answered(kept: list[int], again: list[int] | None = None) -> dict[str, object]:
    return {"kept": [kept, kept if again is None else again], "said": ""}


def test_what_a_probe_answers_becomes_part_of_the_dialect() -> None:
    assert on_hardware(CANONICAL, {"kept": [], "said": ""}) is CANONICAL
    on = on_hardware(CANONICAL, answered(list(kept_by(UP))))
    assert on == CANONICAL.keeping(UP)
    assert len(remarks_on(on)) == 2
    assert not remarks_on(CANONICAL)


@pytest.mark.parametrize(
    ("kept", "again", "sentence"),
    [
        ([0, 1, 6, 3, 4, 5, 6, 7], None, "normalise: it is not monotone: it keeps -w- as rw-, but -wx as -wx"),
        ([0, 1, 2, 3, 4, 5, 6, 0xFFFF_FFFF], None, "normalise: it keeps rwx as 4294967295, which is no set of rights"),
        (list(range(8)), [0, 1, 6, 3, 4, 5, 6, 7], "normalise: it answers 2 of rights 2, and then 6"),
    ],
)
def test_a_breach_is_a_failure(kept: list[int], again: list[int] | None, sentence: str) -> None:
    found = on_hardware(CANONICAL, answered(kept, again))
    assert isinstance(found, Failure)
    assert found == Failure(Conformance.DIVERGES, sentence)


@pytest.mark.parametrize("name", ["canonical", "fiasco", "tree"])
def test_its_dialect_is_found_as_it_keeps_rights(name: str) -> None:
    readings = DIALECTS[name].readings._replace(kept=UP)
    here = Here(lambda: Database(readings))
    target = Target("class", "nowhere", "Nothing")
    assert kept_on(target, perform=here.perform) == UP
    report = find_dialect(target, perform=here.perform)
    assert report.fits
    assert report.dialect.readings == readings
    assert report.dialect.name == f"{name} keeping 05674567"
    plain = find_dialect(target, perform=Here(lambda: Database(DIALECTS[name].readings)).perform)
    assert len(report.rulings) <= len(plain.rulings) <= len(EXPERIMENTS)


@pytest.mark.long
def test_a_library_conforms_as_its_hardware_keeps_rights(build: Build) -> None:
    report = quick(build(COARSE))
    assert report.exit_status == 0, report.finding
    assert report.dialect.name == NAME
    assert any("normalise" in remark for remark in report.remarks)


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "operations", "shows"),
    [
        ("ASKED_FOR", 1, NARROWER),
        ("FLUSH_AS_ASKED", 2, NARROWER),
        ("GRANT_AS_ASKED", 2, NARROWER),
        ("EMPTY_ENTRY", 2, r"σ1\[0\] shows frame 0 ---, in the model nothing"),
        ("ROUNDED_DOWN", 1, r"map returned 0 \(done\), the model 1 \(refused\)"),
        ("NOT_MONOTONE", 0, "normalise: it is not idempotent: it keeps -w- as rw-, and that as r--"),
        ("NOT_IDEMPOTENT", 0, "normalise: it is not idempotent: it keeps --x as -w-, and that as rw-"),
    ],
)
def test_what_is_wrong_is_found_and_replayed(build: Build, fault: str, operations: int, shows: str) -> None:
    target = build(COARSE, f"COARSE_FAULT={fault}")
    report = quick(target)
    assert report.exit_status == 1
    assert isinstance(report.finding, Finding)
    assert report.finding.length == operations
    assert re.fullmatch(shows, report.finding.failure.sentence)
    again = replay(target, report.finding.program, report.dialect)
    assert again.failure is not None
    assert again.failure.sentence == report.finding.failure.sentence
    right = replay(build(COARSE), report.finding.program, CANONICAL)
    assert right.failure is None
    if operations:
        assert report.finding.dialect.startswith("canonical keeping ")
        assert "musigma_init" in as_c(report.finding)
    else:
        with pytest.raises(TargetError, match="normalise: it is not"):
            dialect_on(target, CANONICAL)


@pytest.mark.long
def test_ranges_are_compared_as_it_keeps_rights(build: Build) -> None:
    report = check_ranges(build(COARSE), CANONICAL_RANGES, seconds=2.0, known=())
    assert report.pages == NAME
    assert report.findings == ()
    wrong = check_ranges(build(COARSE, "COARSE_FAULT=EMPTY_ENTRY"), CANONICAL_RANGES, seconds=2.0, known=())
    assert wrong.findings
    assert wrong.findings[0].trace.dialect == NAME


CLASS = """
import sys
sys.path.insert(0, {folder!r})
from mapdb import MappingDatabase
class Coarse(MappingDatabase):
    def normalise(self, rights):
        return {answer}
    def passed_on(self, own, asked):
        return self.normalise(own & asked)
    def grant(self, a, b, c, d, rights):
        status = super().grant(a, b, c, d, rights)
        self.keep()
        return status
    def take(self, slot, rights):
        super().take(slot, rights)
        self.keep()
    def keep(self):
        self.mappings = {{s: (p, f, self.normalise(r)) for s, (p, f, r) in self.mappings.items()}}
"""


def written(folder: Path, answer: str) -> Target:
    path = folder / "coarse.py"
    path.write_text(CLASS.format(folder=str(EXAMPLES), answer=answer), "utf-8")
    return parse_target(f"{path}:Coarse")


@pytest.mark.long
def test_a_class_says_it_too(tmp_path: Path) -> None:
    report = quick(written(tmp_path, "rights | 4 if rights else 0"))
    assert (report.exit_status, report.dialect.name) == (0, NAME), report.finding


@pytest.mark.long
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("rights ^ 3", "normalise: it keeps --- as -wx: none stays none, and all stay all"),
        ("None", "which is no set of rights (normalise returned None: return a set of rights, 0 to 7)"),
        ("1 // 0", "which is no set of rights (ZeroDivisionError: "),
    ],
)
def test_a_class_that_answers_nonsense(tmp_path: Path, answer: str, sentence: str) -> None:
    report = quick(written(tmp_path, answer))
    assert report.exit_status == 1
    assert report.finding is not None
    assert sentence in report.finding.failure.sentence


@pytest.mark.long
def test_a_command_says_it_too(tmp_path: Path) -> None:
    written(tmp_path, "rights | 4 if rights else 0")
    report = quick(served(tmp_path, "coarse", "Coarse", "normalise"))
    assert (report.exit_status, report.dialect.name) == (0, NAME), report.finding
    assert json.loads(json.dumps(report.to_json()))["dialect"] == NAME
