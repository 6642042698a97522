"""An earlier report counts for what it says is proved only if it is of the same sources, versions and dialect."""

import copy
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL
from proofs.engines.pool import workers
from proofs.prove import prove
from proofs.registry import registry
from proofs.report.writers import proved_before as reader
from proofs.report.writers.compare import ReportError
from proofs.report.writers.json_report import result_json, run_json
from proofs.report.writers.proved_before import proved_before
from proofs.report.writers.versions import sources
from proofs.result import Result

NAMES = ("link_leaf__preserves__alone", "initial__has__irreflexive")


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    with workers(1) as pool:
        return run_json(prove(CANONICAL, [registry()[name] for name in NAMES], pool), 1.0)


def test_what_is_proved_is_taken_over(report: dict[str, Any]) -> None:
    assert report["sources"] == sources()
    found = proved_before(report)
    assert set(found) == set(NAMES)
    for entry in report["results"]:
        again = result_json(Result(registry()[entry["obligation"]], "canonical", found[entry["obligation"]]))
        assert again == entry
    doubtful = copy.deepcopy(report)
    doubtful["results"][0]["verdict"] = "unknown"
    assert set(proved_before(doubtful)) == {doubtful["results"][1]["obligation"]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sources": "0" * 64}, "of other sources than those that run here; write it anew: musigma prove --all"),
        ({"versions": {"musigma": "0", "python": "3", "z3": "4", "cvc5": "1"}}, "of other versions"),
        ({"complete": False}, "was interrupted"),
        ({"dialect": "tree"}, "the report is of tree, this run of canonical"),
        ({"results": None}, "no report of musigma prove: at"),
    ],
)
def test_a_report_of_something_else_is_refused(report: dict[str, Any], changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ReportError, match=said):
        proved_before({**report, **changed})


def test_a_report_that_does_not_say_of_what_it_is_is_refused(
    report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ReportError, match="of other sources"):
        proved_before({name: value for name, value in report.items() if name != "sources"})
    monkeypatch.setattr(reader, "sources", lambda: "those of a changed checkout")
    with pytest.raises(ReportError, match="of other sources"):
        proved_before(report)


@pytest.mark.parametrize("answers", [[0], [1], [], [0, 0]])
def test_what_one_solver_alone_has_proved_is_refused(report: dict[str, Any], answers: list[int]) -> None:
    doubtful = copy.deepcopy(report)
    entry = doubtful["results"][0]
    assert {answer["solver"] for answer in entry["answers"]} == {"z3", "cvc5"}
    entry["answers"] = [entry["answers"][number] for number in answers]
    with pytest.raises(ReportError, match=f"no proof of {entry['obligation']} by (cvc5|z3|cvc5 and z3); write it anew"):
        proved_before(doubtful)


def test_what_a_solver_found_otherwise_is_no_proof(report: dict[str, Any]) -> None:
    doubtful = copy.deepcopy(report)
    doubtful["results"][0]["answers"][1]["result"] = "unknown"
    with pytest.raises(ReportError, match="no proof of"):
        proved_before(doubtful)
    doubtful["results"][0]["verdict"] = "unknown"
    assert set(proved_before(doubtful)) == {doubtful["results"][1]["obligation"]}
