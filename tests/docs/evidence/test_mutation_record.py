"""What the pages say of whole runs of mutants: only of functions that are as they were, and all that survived."""

import json
from pathlib import Path
from typing import Any

import pytest
from musigma_docs.evidence import mutation_record
from musigma_docs.evidence.mutation_record import RECORD, by_area, codes_of, of_today, recorded, total
from musigma_docs.tables import mutation

from proofs.mutation.targets import AREAS, outside
from proofs.report.writers.mutation_report import COLUMNS
from tests.docs.site import Site


def run_of(module: str, function: str, **counts: int) -> dict[str, Any]:
    told = {**dict.fromkeys(COLUMNS, 0), **counts, "mutants": sum(counts.values())}
    survivor = {"id": "0", "operator": "zero", "before": "f(1)", "after": "f(0)"}
    run = {"day": "2020-01-02", "commit": "0abc", "code": codes_of(module)[function], "counts": told}
    return {**run, "survivors": [survivor] * counts.get("survived", 0)}


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record of three functions of an area, one of which has changed since, and of one that is gone."""
    file = tmp_path / "record.json"
    insert, load, switch = "machine.tlb.Tlb.insert", "machine.core.Core.load", "machine.core.Core.switch"
    runs = {
        "machine.tlb": {insert: run_of("machine.tlb", insert, test=3, equivalent=1, survived=1)},
        "machine.core": {
            load: run_of("machine.core", load, timeout=2),
            switch: {**run_of("machine.core", switch, test=7), "code": "0"},
            "machine.core.Core.gone": run_of("machine.core", load, test=9),
        },
        "machine.gone": {"machine.gone.f": run_of("machine.core", load, test=9)},
    }
    file.write_text(json.dumps(runs), "utf-8")
    monkeypatch.setattr(mutation, "recorded", lambda: recorded(file))
    return file


def test_a_function_counts_while_it_is_as_it_was(record: Path) -> None:
    (machine,) = (each for each in by_area(recorded(record)) if each.area.name == "machine")
    assert {run.function for run in machine.runs} == {"machine.tlb.Tlb.insert", "machine.core.Core.load"}
    assert machine.changed == ["machine.core.Core.switch"]
    every = {name for module in AREAS["machine"].walk() for name in codes_of(module)}
    assert {*machine.never, *machine.changed, *(run.function for run in machine.runs)} == every
    assert [machine.count(name) for name in ("mutants", "survived", "equivalent")] == [7, 1, 1]
    assert machine.count(*mutation_record.NOTICED) == 5


def test_what_is_gone_does_not_count(record: Path) -> None:
    runs = recorded(record)
    assert of_today("machine.gone", runs["machine.gone"]) == []
    assert [run.function for run in of_today("machine.core", runs["machine.core"])] == ["machine.core.Core.load"]


def test_what_is_in_no_area_is_named_and_nothing_else() -> None:
    found = outside()
    named = {f"{package}.{name}" for package, (names, _) in found.items() for name in names}
    assert named.isdisjoint(module for area in AREAS.values() for module in area.walk())
    assert found["model.spaces"][1]
    assert "operation" in found["model.spaces"][0]
    assert not found["proofs.commands"][1]
    assert "model.servers" not in found


def test_the_page_names_what_is_in_no_area(site: Site) -> None:
    page = site.build(".. mutation-outside::\n").replace("<wbr>", "")
    assert site.warnings == ""
    assert "proofs.commands" in page
    assert "model.servers" not in page


def test_the_table_has_every_area_and_names_what_survived(site: Site, record: Path) -> None:
    page = site.build(".. mutation-areas::\n").replace("<wbr>", "")
    assert site.warnings == ""
    assert [name for name in AREAS if name not in page] == []
    assert "2020-01-02 (0abc)" in page
    assert "f(1)" in page
    assert "machine.core.Core.switch" not in page


def test_the_records_counts_add_up_and_survivors_are_named() -> None:
    runs = [run for functions in recorded(RECORD).values() for run in functions.values()]
    assert any(run.counts["mutants"] for run in runs)
    for run in runs:
        counts = total([run.counts])
        assert counts["mutants"] == sum(counts[name] for name in COLUMNS)
        assert counts["survived"] == len(run.survivors)
