"""One result, several writers: valid by their schemas, saying the same."""

import copy
import json
import platform
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
import xmlschema
import z3

from model.running.evaluate import Structure
from proofs.audits.spaces import Audit
from proofs.engines.smt.outcome import Spread
from proofs.report.writers.compare import ReportError, VerdictChange, better, check_report, worse
from proofs.report.writers.describe import (
    ROOT,
    evidence_lines,
    failure_lines,
    source_of,
    structure_json,
    structure_lines,
)
from proofs.report.writers.json_report import audit_json, run_json, schema
from proofs.report.writers.junit import junit_xml
from proofs.report.writers.markdown import markdown
from proofs.report.writers.sarif import sarif
from proofs.result import Result, Run
from proofs.verdict import EXIT_INTERRUPTED, Verdict


def counts(run: Run) -> Counter[str]:
    return Counter(result.verdict.value for result in run.results)


def with_outcome(result: Result, **fields: Any) -> Result:
    return replace(result, outcome=replace(result.outcome, **fields))


def with_verdict(run: Run, name: str, verdict: Verdict) -> Run:
    results = tuple(r.ended(verdict) if r.obligation.id == name else r for r in run.results)
    return replace(run, results=results)


def test_canonical_is_proved(whole: Run) -> None:
    found = counts(whole)
    assert set(found) == {"proved", "witnessed", "not claimed"}
    assert found["proved"] > 120
    assert whole.whole
    assert whole.unneeded == ()


def test_what_nobody_needs_is_reported(whole: Run) -> None:
    assert "the page did not come from the user" in whole.idle
    lines = evidence_lines(whole)
    assert any(line.startswith("guards and assumptions that no proof here needed: ") for line in lines)
    results = tuple(with_outcome(r, used=tuple(set(r.outcome.used) - {"forest"})) for r in whole.results)
    assert "invariants that no obligation here needed: forest" in evidence_lines(replace(whole, results=results))
    assert not any("forest" in line for line in lines)


@pytest.fixture(params=["whole", "eager", "interrupted", "every verdict"])
def run(request: pytest.FixtureRequest) -> Run:
    if request.param in ("whole", "eager"):
        chosen: Run = request.getfixturevalue(request.param)
        return chosen
    eager: Run = request.getfixturevalue("eager")
    if request.param == "interrupted":
        return replace(eager, results=eager.results[:2], undecided=("some", "others"))
    whole: Run = request.getfixturevalue("whole")
    results = tuple(
        with_outcome(
            result,
            verdict=verdict,
            reason=f"<{verdict.value}> & \x00 | `code`",
            spread=Spread(3, 12.0, 11.0, ("unsat",)),
        )
        for result, verdict in zip(whole.results, Verdict, strict=False)
    )
    return replace(eager, results=results)


def test_json(run: Run) -> None:
    value = json.loads(json.dumps(run_json(run, 1.5)))
    jsonschema.validate(value, schema("prove"))
    assert Counter(entry["verdict"] for entry in value["results"]) == counts(run)
    assert value["complete"] == (not run.undecided)
    assert (value["exit_status"] == EXIT_INTERRUPTED) == bool(run.undecided)
    for entry in value["results"]:
        file = ROOT / entry["source"]["file"]
        assert entry["source"]["line"] <= len(file.read_text("utf-8").splitlines())


def test_junit(run: Run) -> None:
    text = junit_xml(run, 1.5)
    xmlschema.XMLSchema(str(resources.files("proofs.report.writers").joinpath("junit.xsd"))).validate(text)
    suite = ElementTree.fromstring(text)[0]
    found = counts(run)
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests", "")) == len(run.results) + len(run.undecided)
    errors = found["error"] + found["unknown"] + found["disagreement"] + len(run.undecided)
    assert int(suite.get("errors", "")) == errors == len(suite.findall("testcase/error"))
    failures = sum(found[name] for name in ("refuted", "unproved", "exhausted", "vacuous"))
    assert int(suite.get("failures", "")) == failures == len(suite.findall("testcase/failure"))
    assert int(suite.get("skipped", "")) == found["not claimed"]


def test_sarif(run: Run) -> None:
    value = json.loads(json.dumps(sarif(run)))
    jsonschema.validate(value, schema("sarif"))
    (only,) = value["runs"]
    rules = only["tool"]["driver"]["rules"]
    failed = [r for r in run.results if not r.verdict.passed and r.verdict != Verdict.NOT_CLAIMED]
    assert len(only["results"]) == len(failed)
    for entry, result in zip(only["results"], failed, strict=True):
        assert rules[entry["ruleIndex"]]["id"] == entry["ruleId"]
        assert result.obligation.sentence in entry["message"]["text"]
    faulty = {Verdict.ERROR, Verdict.DISAGREEMENT} & {result.verdict for result in run.results}
    assert only["invocations"][0]["executionSuccessful"] == (not run.undecided and not faulty)


def test_markdown(run: Run) -> None:
    text = markdown(run, 1.5)
    for verdict, number in counts(run).items():
        assert f"| {verdict} | {number} |" in text
    failed = [r for r in run.results if not r.verdict.passed and r.verdict != Verdict.NOT_CLAIMED]
    assert text.count("\n### ") == len(failed) + bool(evidence_lines(run))
    assert ("**Interrupted**: 2 without a verdict" in text) == bool(run.undecided)


def test_a_place_is_the_line_of_the_goal(whole: Run) -> None:
    by_id = {result.obligation.id: result.obligation for result in whole.results}
    for name, text in (
        ("map__preserves__forest", "And(s.derives(x, y), s.derives(x, z))"),
        ("map__links__destination", "def map_links_destination"),
    ):
        path, line = source_of(by_id[name])
        assert any(text in each for each in (ROOT / path).read_text("utf-8").splitlines()[line - 1 : line + 4])


def test_wide_spreads_are_named(eager: Run) -> None:
    wide = with_outcome(eager.results[0], spread=Spread(3, 1.0, 10.5, ("unsat",)))
    lines = evidence_lines(replace(eager, results=(wide,)))
    assert f"resources vary more than 10×: {wide.obligation.id}" in lines
    calm = with_outcome(wide, spread=Spread(3, 9.0, 1.5, ("unsat",)))
    assert not any("more than" in line for line in evidence_lines(replace(eager, results=(calm,))))


def test_an_alarm_comes_in_words(eager: Run) -> None:
    alarm = eager.results[0].ended(Verdict.DISAGREEMENT, "z3 finds none, cvc5 finds one")
    lines = evidence_lines(replace(eager, results=(alarm,)))
    assert any(line.startswith("ALARM") and alarm.obligation.id in line for line in lines)
    assert "z3 finds none, cvc5 finds one" in failure_lines(alarm)


def test_nothing_is_worse_than_itself(whole: Run) -> None:
    assert worse(run_json(whole, 1.0), whole) == []


@pytest.mark.parametrize("verdict", [v for v in Verdict if not v.passed])
def test_what_got_worse_is_named(whole: Run, verdict: Verdict) -> None:
    name = "map__preserves__forest"
    found = worse(run_json(whole, 1.0), with_verdict(whole, name, verdict))
    assert found == [VerdictChange(name, "proved", verdict.value)]
    assert str(found[0]) == f"{name}: was proved, is {verdict.value}"
    assert better(run_json(whole, 1.0), with_verdict(whole, name, verdict)) == []
    before = run_json(with_verdict(whole, name, verdict), 1.0)
    assert worse(before, whole) == []
    assert better(before, whole) == [VerdictChange(name, verdict.value, "proved")]


def test_what_is_gone_or_undecided_is_worse(whole: Run) -> None:
    old, name = run_json(whole, 1.0), whole.results[0].obligation.id
    less = replace(whole, results=whole.results[1:])
    assert worse(old, less) == [VerdictChange(name, "proved", "")]
    assert worse(old, less, asked=set()) == []
    assert worse(old, replace(less, undecided=(name,)), asked=set()) == [VerdictChange(name, "proved", "undecided")]


def test_a_solver_that_agreed_and_is_silent_is_worse(whole: Run) -> None:
    first, *rest = whole.results
    (z3,) = first.outcome.answers
    both, doubtful = (
        replace(
            whole,
            results=(
                replace(first, outcome=replace(first.outcome, answers=(z3, replace(z3, solver="cvc5", result=result)))),
                *rest,
            ),
        )
        for result in ("unsat", "unknown")
    )
    for less in (whole, doubtful):
        assert worse(run_json(both, 1.0), less) == [
            VerdictChange(first.obligation.id, "proved, cvc5 agreeing", "proved without it")
        ]
        assert worse(run_json(less, 1.0), both) == []


def test_a_lost_certificate_is_worse(eager: Run) -> None:
    first = next(result for result in eager.results if result.verdict == Verdict.PROVED)
    certified = replace(
        eager, results=(with_outcome(first, certified=True, certificate="certificate checked: 1 clause"),)
    )
    lost = replace(eager, results=(with_outcome(first, certificate="too large to ground"),))
    not_asked = replace(eager, results=(first,))
    assert len(worse(run_json(certified, 1.0), lost)) == 1
    assert worse(run_json(certified, 1.0), not_asked) == []


@pytest.mark.long
def test_reports_of_others_are_refused(whole: Run, eager: Run) -> None:
    with pytest.raises(ReportError, match="no report of musigma prove"):
        check_report({"results": []}, "canonical")
    with pytest.raises(ReportError, match="of literal-eager, this run of canonical"):
        check_report(run_json(eager, 1.0), "canonical")
    check_report(run_json(whole, 1.0), "canonical")
    older = copy.deepcopy(run_json(whole, 1.0)) | {"musigma_prove": 1}
    with pytest.raises(ReportError, match="musigma_prove"):
        check_report(older, "canonical")


@pytest.mark.long
def test_a_report_of_another_dialect_of_messages_or_ranges_is_refused(whole: Run) -> None:
    old = run_json(whole, 1.0)
    old["results"][-1]["dialect"] = "canonical, messages v2"
    check_report(old, "canonical", {"messages": "v2", "ranges": "canonical"})
    with pytest.raises(ReportError, match="of messages v2, this run of canonical; name the same dialect: --messages"):
        check_report(old, "canonical", {"messages": "canonical", "ranges": "v2"})
    old["results"][-1]["dialect"] = "canonical, ranges whole"
    with pytest.raises(ReportError, match="of ranges whole, this run of canonical; name the same dialect: --ranges"):
        check_report(old, "canonical", {"messages": "canonical", "ranges": "canonical"})


def test_a_report_that_was_interrupted_is_refused(whole: Run) -> None:
    left = replace(whole, results=(), undecided=tuple(result.obligation.id for result in whole.results))
    assert worse(run_json(left, 1.0), whole) == []  # though it says of none what it was
    with pytest.raises(ReportError, match="interrupted; write it anew"):
        check_report(run_json(left, 1.0), "canonical")


@pytest.mark.long
def test_the_schemas_are_strict(whole: Run, tmp_path: Path) -> None:
    value = run_json(whole, 1.0)
    for broken in (value | {"surprise": 1}, {k: v for k, v in value.items() if k != "results"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema("prove"))
    log = sarif(whole)
    log["runs"][0]["results"] = [{"message": {"text": "no place"}}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, schema("sarif"))


def test_every_verdict_has_a_rank_and_a_level(whole: Run) -> None:
    first: Result = whole.results[0]
    for verdict in Verdict:
        one = replace(whole, results=(first.ended(verdict),))
        assert len(sarif(one)["runs"][0]["results"]) == (not verdict.passed and verdict != Verdict.NOT_CLAIMED)


@pytest.mark.long
def test_reports_carry_versions_and_how_hypotheses_were_shown_satisfiable(whole: Run) -> None:
    value = run_json(whole, 1.0)
    assert set(value["versions"]) == {"musigma", "python", "z3", "cvc5"}
    assert all(re.fullmatch(r"\d+\.\d+.*", version) for version in value["versions"].values())
    assert value["versions"]["python"] == platform.python_version()
    assert value["versions"]["z3"].startswith(z3.get_version_string())
    for result, entry in zip(whole.results, value["results"], strict=True):
        if result.verdict == Verdict.PROVED:
            assert re.fullmatch(r"evaluated in a model of \d+ elements?", entry["satisfiable"])
    for left_out in ("versions", "satisfiable"):
        lacking = copy.deepcopy(value)
        (lacking if left_out == "versions" else lacking["results"][0]).pop(left_out)
        with pytest.raises(jsonschema.ValidationError, match=left_out):
            jsonschema.validate(lacking, schema("prove"))
    assert audit_json(Audit((), ()), 1.0)["versions"] == value["versions"]


@pytest.mark.long
def test_an_earlier_version_of_the_report_is_still_compared_with(whole: Run) -> None:
    old = json.loads(json.dumps(run_json(whole, 1.0)))
    old["musigma_prove"] = 2
    del old["versions"], old["executed_whole"]
    for entry in old["results"]:
        del entry["satisfiable"]
    check_report(old, "canonical")
    assert (worse(old, whole), better(old, whole)) == ([], [])
    with pytest.raises(ReportError, match="no report of musigma prove"):
        check_report({**old, "musigma_prove": 1}, "canonical")


def test_what_was_not_evaluated_is_named(eager: Run) -> None:
    said = "z3 and cvc5 find a model, which was not evaluated"
    believed = with_outcome(eager.results[0], satisfiable=said, evaluated=False)
    lines = evidence_lines(replace(eager, results=(believed,)))
    assert any("was not evaluated" in line and believed.obligation.id in line for line in lines)
    assert not any("not evaluated" in line for line in evidence_lines(eager))


def test_a_witness_of_bits_is_written_as_numbers() -> None:
    structure = Structure(1, {}, {"entry": np.array([2**63 + 1], object), "valid": np.array([False])})
    value = json.loads(json.dumps(structure_json(structure)))
    assert value == {"sizes": {}, "relations": {"valid": []}, "functions": {"entry": 2**63 + 1}}
    assert list(structure_lines(structure)) == ["entry = 0x8000000000000001", "valid = false"]


@pytest.mark.parametrize("own", [True, False])
def test_a_truth_beside_elements_is_written_in_words(own: bool) -> None:
    structure = Structure(1, {"Slot": 2}, {"own": np.array([own]), "live": np.array([[True, False]])})
    assert list(structure_lines(structure)) == ["2 Slot", "live: Slot0", f"own = {str(own).lower()}"]
    assert json.loads(json.dumps(structure_json(structure)))["relations"]["own"] == ([[]] if own else [])


def test_a_witness_of_functions_of_numbers_is_written_at_its_places() -> None:
    tables: dict[str, Any] = {"next": {(3, 1): 4, (2, 1): 3}, "even": {(2,): True}, "free": {}, "price": Fraction(1, 2)}
    structure = Structure(1, {}, {name: np.array([table], object) for name, table in tables.items()})
    assert json.loads(json.dumps(structure_json(structure)))["functions"] == {
        "next": [[[2, 1], 3], [[3, 1], 4]],
        "even": [[[2], True]],
        "free": [],
        "price": "1/2",
    }
    assert list(structure_lines(structure)) == [
        "even: 0x2 ↦ true",
        "free: nowhere",
        "next: 0x2,0x1 ↦ 0x3, 0x3,0x1 ↦ 0x4",
        "price = 1/2",
    ]
