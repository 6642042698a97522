"""What a run over mutants says goes into the record: a function once all its mutants have an end, and nothing else."""

import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from musigma_docs.evidence.mutation_record import recorded

from proofs.mutation.operators.mutants import Mutant, read
from proofs.mutation.targets import ROOT

MODULE = "machine.bits"
FUNCTION = "machine.bits.field"


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("record_mutation", ROOT / ".ci" / "record_mutation.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "path", [*sys.path])  # to which the script adds
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RECORD", tmp_path / "record.json")
    (tmp_path / "record.json").write_text("{}", "utf-8")
    return module


@pytest.fixture
def mutants() -> list[Mutant]:
    found = [each for each in read(MODULE, ROOT).mutants if each.function == FUNCTION and not each.wording]
    assert len(found) > 3
    return found


def record(recorder: ModuleType, folder: Path, *reports: Sequence[tuple[Mutant, str]]) -> dict[str, Any]:
    """What is recorded of the function after these reports, one after the other in one call."""
    files = []
    for number, report in enumerate(reports):
        told = [{"id": each.id, "file": each.file, "ending": ending} for each, ending in report]
        files.append(folder / f"report{number}.json")
        files[-1].write_text(json.dumps({"mutants": told}), "utf-8")
    recorder.main([str(file) for file in files])
    return dict(json.loads(recorder.RECORD.read_text("utf-8")).get(MODULE, {}).get(FUNCTION, {}))


def test_a_function_is_recorded_with_how_each_of_its_mutants_ended(
    recorder: ModuleType, mutants: list[Mutant], tmp_path: Path
) -> None:
    endings = ["proof", "refused", *["test"] * (len(mutants) - 2)]
    counts = record(recorder, tmp_path, list(zip(mutants, endings, strict=True)))["counts"]
    assert (counts["mutants"], counts["proof"], counts["refused"], counts["test"]) == (
        len(mutants),
        1,
        1,
        len(mutants) - 2,
    )
    (run,) = recorded(recorder.RECORD)[MODULE].values()
    assert (run.function, run.survivors) == (FUNCTION, ())


@pytest.mark.parametrize("ending", ["", "error", "undecided", None])
def test_a_function_with_a_mutant_of_unknown_end_is_not_recorded(
    recorder: ModuleType, mutants: list[Mutant], tmp_path: Path, ending: str | None
) -> None:
    report = [(each, "test") for each in mutants[1:]]
    if ending is not None:
        report.append((mutants[0], ending))
    assert record(recorder, tmp_path, report) == {}


def test_a_run_of_what_was_left_completes_the_run_before(
    recorder: ModuleType, mutants: list[Mutant], tmp_path: Path
) -> None:
    first = [(each, "test") for each in mutants[1:]] + [(mutants[0], "undecided")]
    assert record(recorder, tmp_path, first, [(mutants[0], "proof")])["counts"]["proof"] == 1


def test_of_a_mutant_the_last_end_counts_and_one_that_is_unknown_takes_nothing_back(
    recorder: ModuleType, mutants: list[Mutant], tmp_path: Path
) -> None:
    report = [(each, "test") for each in mutants]
    survived = [(mutants[0], "survived")]
    assert [each["id"] for each in record(recorder, tmp_path, report, survived)["survivors"]] == [mutants[0].id]
    told = record(recorder, tmp_path, survived, report, [(mutants[0], "error")])
    assert told["counts"]["survived"] == 0
    assert "survivors" not in told


def test_what_is_recorded_of_a_function_that_is_gone_goes(
    recorder: ModuleType, mutants: list[Mutant], tmp_path: Path
) -> None:
    recorder.RECORD.write_text(json.dumps({MODULE: {"machine.bits.gone": {}}}), "utf-8")
    assert record(recorder, tmp_path, [(each, "test") for each in mutants])
    assert set(json.loads(recorder.RECORD.read_text("utf-8"))[MODULE]) == {FUNCTION}


@pytest.mark.long
def test_functions_without_a_record_are_a_pattern(
    recorder: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of_bits = {MODULE: recorded()[MODULE]}
    monkeypatch.setattr(recorder, "recorded", lambda: {MODULE: {FUNCTION: of_bits[MODULE][FUNCTION]}})
    recorder.missing(["machine"])
    names = capsys.readouterr().out.strip().split(",")
    assert FUNCTION not in names
    assert "machine.tlb.Tlb.lookup" in names
    assert "" not in names
