"""What the pages say of whole runs of mutants: only of modules that are as they were, and all that survived."""

import json
from pathlib import Path
from typing import Any

import pytest
from musigma_docs.evidence import mutation_record
from musigma_docs.evidence.mutation_record import RECORD, by_area, code_of, recorded, total
from musigma_docs.tables import mutation

from proofs.mutation.targets import AREAS
from proofs.report.writers.mutation_report import COLUMNS
from tests.docs.site import Site


def run_of(module: str, **counts: int) -> dict[str, Any]:
    functions = {f"{module}.f": {**dict.fromkeys(COLUMNS, 0), **counts, "mutants": sum(counts.values())}}
    survivor = {"id": "0", "function": f"{module}.f", "operator": "zero", "before": "f(1)", "after": "f(0)"}
    survivors = [survivor] * counts.get("survived", 0)
    run = {"day": "2020-01-02", "commit": "0abc", "code": code_of(module), "functions": functions}
    return {**run, "survivors": survivors}


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record of three modules of an area, one of which has changed since."""
    file = tmp_path / "record.json"
    runs = {
        "machine.tlb": run_of("machine.tlb", test=3, equivalent=1, survived=1),
        "machine.bits": run_of("machine.bits", timeout=2),
        "machine.core": {**run_of("machine.core", test=7), "code": "0"},
    }
    file.write_text(json.dumps(runs), "utf-8")
    monkeypatch.setattr(mutation, "recorded", lambda: recorded(file))
    return file


def test_a_module_counts_while_it_is_as_it_was(record: Path) -> None:
    (machine,) = (each for each in by_area(recorded(record)) if each.area.name == "machine")
    assert {run.module for run in machine.runs} == {"machine.tlb", "machine.bits"}
    assert machine.changed == ["machine.core"]
    assert set(machine.never) == set(AREAS["machine"].walk()) - {"machine.tlb", "machine.bits", "machine.core"}
    assert [machine.count(name) for name in ("mutants", "survived", "equivalent")] == [7, 1, 1]
    assert machine.count(*mutation_record.NOTICED) == 5


def test_a_digest_is_of_the_modules_file_and_of_no_module_that_is_gone() -> None:
    assert code_of("machine.tlb") != code_of("machine.bits")
    assert code_of("machine.gone") == code_of("gone.too") == ""


def test_the_table_has_every_area_and_names_what_survived(site: Site, record: Path) -> None:
    page = site.build(".. mutation-areas::\n").replace("<wbr>", "")
    assert site.warnings == ""
    assert [name for name in AREAS if name not in page] == []
    assert "2020-01-02 (0abc)" in page
    assert "f(1)" in page
    assert "machine.core.f" not in page


def test_the_records_counts_add_up_and_survivors_are_named() -> None:
    runs = recorded(RECORD)
    assert runs
    for run in runs.values():
        counts = total(run.functions)
        assert counts["mutants"] == sum(counts[name] for name in COLUMNS)
        assert counts["survived"] == len(run.survivors)
