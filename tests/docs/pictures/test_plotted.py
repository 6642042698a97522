"""Plots of a build's runs: drawn from the runs' numbers, with the same numbers beside them."""

import json
from pathlib import Path
from typing import Any

import pytest
from musigma_docs.base.build import RefusedError
from musigma_docs.evidence.mutation_record import codes_of
from musigma_docs.evidence.runs import Evidence
from musigma_docs.pictures import plotted
from musigma_docs.pictures.plotted import Drawn, svg

from proofs.report.writers.mutation_report import COLUMNS
from tests.docs.site import Site


def test_states_are_those_that_explorations_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotted, "SCOPES", ((2, 1, 1), (3, 1, 1)))
    counts = {("--no-symmetry", "3"): 16, ("--no-symmetry", "2"): 3}

    def counted(_: Evidence, command: tuple[str, ...]) -> int:
        return counts.get((command[-1], command[2]), 2)

    monkeypatch.setattr(plotted, "_exploration", counted)
    drawn = plotted.states(site.evidence)
    assert ("canonical", "3 spaces × 1 page × 1 frame", "16", "2") in drawn.rows
    assert len(drawn.rows) == 4
    assert "<svg" in svg(drawn)


@pytest.mark.long
def test_an_exploration_is_run_once_and_counts(site: Site) -> None:
    command = ("explore", "--spaces", "2", "--pages", "1", "--frames", "1", "--properties", "no-cycle")
    assert plotted._exploration(site.evidence, command) == 2


@pytest.mark.long
def test_solvers_and_faults_are_those_of_the_reports(site: Site) -> None:
    solvers, faults = plotted.solvers(site.evidence), plotted.faults(site.evidence)
    assert {row[0] for row in solvers.rows} <= {"z3", "cvc5"}
    results = site.prove_report()["results"]
    assert sum(int(str(row[1])) for row in solvers.rows) == sum(len(result["answers"]) for result in results)
    told = {row[0]: sum(int(str(number)) for number in row[1:]) for row in faults.rows}
    report = site.faults_report()["faults"]
    for engine, number in told.items():
        assert number == sum(any(f["engine"] == engine for f in each["findings"]) for each in report)


def test_mutants_add_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"model.a.f": {"test": 3, "survived": 0}, "model.b.G.h": {"test": 1, "survived": 1}}
    counts["model.b.i"] = {"test": 0, "survived": 3}
    functions = {
        name: {**dict.fromkeys(COLUMNS, 0), **some, "mutants": sum(some.values())} for name, some in counts.items()
    }
    monkeypatch.setattr(Evidence, "mutation", lambda _: {"functions": functions})
    drawn = plotted.mutation(site.evidence)
    told = [dict(zip(drawn.head, row, strict=True)) for row in drawn.rows]
    assert [(each["module"], each["survived"]) for each in told] == [("model.b", "4"), ("model.a", "0")]
    assert "<svg" in svg(drawn)


def test_recorded_runs_give_each_module_its_score(site: Site, tmp_path: Path) -> None:
    counts = {
        "machine.bits": {"field": {"proof": 1, "test": 2, "survived": 1}, "place": {"test": 1}},
        "machine.tlb": {"Tlb.insert": {"test": 5, "equivalent": 2}},
        "machine.core": {"Core.load": {"test": 9}},
    }
    told = {}
    for module, functions in counts.items():
        told[module] = {
            f"{module}.{name}": {
                "day": "2020-01-01",
                "commit": "a",
                "code": codes_of(module)[f"{module}.{name}"],
                "counts": {**dict.fromkeys(COLUMNS, 0), **some, "mutants": sum(some.values())},
            }
            for name, some in functions.items()
        }
    told["machine.core"]["machine.core.Core.load"]["code"] = "of another day"
    record = tmp_path / "record.json"
    record.write_text(json.dumps(told), "utf-8")
    drawn = plotted.mutation_by_module(site.evidence, record)
    assert [row[1:3] for row in drawn.rows] == [["7", "100%"], ["5", "80%"]]
    assert "not run by this build" in drawn.said
    assert "<svg" in svg(drawn)
    record.write_text(json.dumps({"machine.core": told["machine.core"]}), "utf-8")
    with pytest.raises(RefusedError, match="no whole run"):
        plotted.mutation_by_module(site.evidence, record)


def test_the_same_numbers_give_the_same_bytes() -> None:
    def draw(axis: Any) -> None:
        axis.plot([1, 2], [3, 4])

    drawn = Drawn(draw, "", (), ())
    assert svg(drawn) == svg(drawn)


@pytest.mark.long
def test_a_page_has_the_plot_and_the_numbers(site: Site) -> None:
    page = site.build(".. plotted:: faults\n")
    assert site.warnings == ""
    assert "runs-faults.svg" in page
    assert "the numbers" in page
    site.build(".. plotted:: weather\n")
    assert "there is no plot 'weather': write one of states" in site.warnings
