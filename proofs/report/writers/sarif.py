"""Reports as SARIF 2.1.0: what is no pass, at the source line of the obligation."""

from importlib.metadata import version
from typing import Any

from proofs.report.writers.describe import failure_lines, source_of
from proofs.result import Result, Run
from proofs.verdict import Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Verdict.REFUTED: "error",
    Verdict.VACUOUS: "error",
    Verdict.DISAGREEMENT: "error",
    Verdict.ERROR: "error",
    Verdict.UNPROVED: "warning",
    Verdict.EXHAUSTED: "warning",
    Verdict.UNKNOWN: "warning",
}


def sarif(run: Run) -> dict[str, Any]:
    """The run as SARIF: every obligation a rule, everything that is no pass a result."""
    results = [result for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    rules = {result.obligation.id: number for number, result in enumerate(results)}
    failures = [_result(result, rules) for result in results if not result.verdict.passed]
    faulty = any(result.verdict in (Verdict.ERROR, Verdict.DISAGREEMENT) for result in results)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "musigma",
                        "semanticVersion": version("musigma"),
                        "rules": [_rule(result) for result in results],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": run.complete and not faulty,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": f"interrupted before a verdict on {name}"}}
                            for name in run.undecided
                        ],
                    }
                ],
                "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the folder of the packages"}}},
                "columnKind": "unicodeCodePoints",
                "results": failures,
                "properties": {"dialect": run.dialect.name},
            }
        ],
    }


def _rule(result: Result) -> dict[str, Any]:
    return {
        "id": result.obligation.id,
        "shortDescription": {"text": result.obligation.sentence},
        "properties": {"tags": [result.obligation.claim]},
    }


def _result(result: Result, rules: dict[str, int]) -> dict[str, Any]:
    path, line = source_of(result.obligation)
    text = "\n".join([f"{result.verdict.value}: {result.obligation.sentence}", *failure_lines(result)])
    relative = not path.startswith("/")
    uri = path if relative else f"file://{path}"
    return {
        "ruleId": result.obligation.id,
        "ruleIndex": rules[result.obligation.id],
        "level": _LEVELS[result.verdict],
        "kind": "fail",
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri} | ({"uriBaseId": "SRCROOT"} if relative else {}),
                    "region": {"startLine": line},
                }
            }
        ],
        "partialFingerprints": {"obligation/v1": f"{result.dialect}/{result.obligation.id}"},
        "properties": {"dialect": result.dialect, "verdict": result.verdict.value},
    }
