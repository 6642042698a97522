"""Reports as JSON, valid by the schemas shipped beside this module, written on success as on failure."""

import json
from functools import cache
from importlib import resources
from typing import Any

from proofs.audits.spaces import Audit
from proofs.engines.search.induction import InductionCounterexample
from proofs.report.writers.describe import evidence_lines, executed_whole, slot_text, source_of, structure_json
from proofs.report.writers.versions import sources, versions
from proofs.result import Result, Run
from proofs.verdict import EXIT_INTERRUPTED, Verdict, exit_status

PROVE_VERSION = 3
AUDIT_VERSION = 4


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of a kind of report: ``prove``, ``audit``, ``explore`` and the like."""
    text = resources.files("proofs.report.writers").joinpath(f"{name}.schema.json").read_text("utf-8")
    value: dict[str, Any] = json.loads(text)
    return value


def result_json(result: Result) -> dict[str, Any]:
    """A result as JSON values."""
    path, line = source_of(result.obligation)
    outcome, spread = result.outcome, result.outcome.spread
    return {
        "obligation": result.obligation.id,
        "claim": result.obligation.claim,
        "sentence": result.obligation.sentence,
        "source": {"file": path, "line": line},
        "dialect": result.dialect,
        "verdict": result.verdict.value,
        "seconds": round(result.seconds, 6),
        "used": list(outcome.used),
        "unused": list(outcome.unused),
        "satisfiable": outcome.satisfiable,
        "outside_of_fragment": outcome.outside,
        "reason": result.reason,
        "searched": list(result.searched),
        "told": list(result.told),
        "trace": result.trace.to_json() if result.trace else None,
        "answers": [
            {
                "solver": answer.solver,
                "result": answer.result,
                "seconds": round(answer.seconds, 6),
                "reason": answer.reason,
                "resources": answer.resources,
            }
            for answer in outcome.answers
        ],
        "certificate": {"checked": outcome.certified, "sentence": outcome.certificate} if outcome.certificate else None,
        "stability": (
            {
                "runs": spread.runs,
                "time_ratio": round(spread.time, 3),
                "resource_ratio": round(spread.resources, 3),
                "results": list(spread.results),
            }
            if spread
            else None
        ),
        "witness": structure_json(outcome.witness) if outcome.witness else None,
        "counterexample": _counterexample_json(result.counterexample) if result.counterexample else None,
    }


def _counterexample_json(found: InductionCounterexample) -> dict[str, Any]:
    """A counterexample to induction. ``reachable``: whether its state is, within its scope; null if not known."""
    literal = found.scope is not None and found.state is not None
    state, operation, way = list[str](), None, list[str]()
    if found.scope is not None and found.state is not None:
        state = [slot_text(found.scope, found.state, slot) for slot in range(found.scope.slots)]
        operation = found.operation.text(found.scope) if found.operation else None
        way = [each.text(found.scope) for each in found.reach.way] if found.reach else []
    return {
        "structure": structure_json(found.structure),
        "literal": literal,
        "state": state,
        "operation": operation,
        "replayed": literal and found.later is not None and not found.fault,
        "fault": found.fault,
        "reachable": found.reach.reachable if found.reach else None,
        "way": way,
    }


def run_json(run: Run, seconds: float) -> dict[str, Any]:
    """A run as JSON values. ``complete`` is false for a run that was interrupted; what it left is ``undecided``."""
    claimed = [result.verdict for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    return {
        "musigma_prove": PROVE_VERSION,
        "versions": versions(),
        "sources": sources(),
        "dialect": run.dialect.name,
        "hazard": run.dialect.hazard,
        "invariants": sorted(run.invariants),
        "complete": run.complete,
        "undecided": list(run.undecided),
        "unneeded_invariants": list(run.unneeded),
        "unneeded_hypotheses": list(run.idle),
        "executed_whole": list(executed_whole(run)),
        "evidence": evidence_lines(run),
        "exit_status": exit_status(claimed) if run.complete else EXIT_INTERRUPTED,
        "seconds": round(seconds, 3),
        "results": [result_json(result) for result in run.results],
    }


def audit_json(audit: Audit, seconds: float) -> dict[str, Any]:
    """An audit as JSON values."""
    return {
        "musigma_audit": AUDIT_VERSION,
        "versions": versions(),
        "seconds": round(seconds, 3),
        "undecided": list(audit.left),
        "cells": [
            {
                "claim": cell.claim,
                "dialect": cell.dialect,
                "verdict": cell.verdict.value,
                "reason": cell.reason,
                "brief": cell.decisive.brief if cell.decisive else "",
                "searched": list(cell.decisive.searched) if cell.decisive else [],
                "decisive": cell.decisive.obligation.id if cell.decisive else None,
                "trace": cell.decisive.trace.to_json() if cell.decisive and cell.decisive.trace else None,
                "results": [result_json(result) for result in cell.results],
            }
            for cell in audit.cells
        ],
        "conditions": [
            {
                "condition": necessity.condition.name,
                "sentence": necessity.sentence,
                "claims": list(necessity.claims),
                "clauses": list(necessity.clauses),
                "refuted": [result_json(result) for result in necessity.refuted],
            }
            for necessity in audit.necessities
        ],
    }
