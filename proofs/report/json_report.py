"""Reports as JSON, valid by the schemas shipped beside this module, written on success as on failure."""

import json
from functools import cache
from importlib import resources
from typing import Any

from proofs.audit import Audit
from proofs.prove import Result, Run
from proofs.verdict import exit_status

VERSION = 1


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of a kind of report: ``prove`` or ``audit``."""
    text = resources.files("proofs.report").joinpath(f"{name}.schema.json").read_text("utf-8")
    value: dict[str, Any] = json.loads(text)
    return value


def result_json(result: Result) -> dict[str, Any]:
    """A result as JSON values."""
    return {
        "obligation": result.obligation.id,
        "claim": result.obligation.claim,
        "sentence": result.obligation.sentence,
        "dialect": result.dialect,
        "verdict": result.verdict.value,
        "seconds": round(result.seconds, 6),
        "used": list(result.used),
        "unused": list(result.unused),
        "outside_of_fragment": result.outside,
        "reason": result.reason,
        "searched": list(result.searched),
        "trace": result.trace.to_json() if result.trace else None,
    }


def run_json(run: Run, seconds: float, complete: bool = True) -> dict[str, Any]:
    """A run as JSON values. ``complete`` is false for a run that was interrupted."""
    return {
        "musigma_prove": VERSION,
        "dialect": run.dialect.name,
        "hazard": run.dialect.hazard,
        "invariants": sorted(run.invariants),
        "complete": complete,
        "exit_status": exit_status([r.verdict for r in run.results if r.verdict.value != "not claimed"]),
        "seconds": round(seconds, 3),
        "results": [result_json(result) for result in run.results],
    }


def audit_json(audit: Audit, seconds: float) -> dict[str, Any]:
    """An audit as JSON values."""
    return {
        "musigma_audit": VERSION,
        "seconds": round(seconds, 3),
        "cells": [
            {
                "claim": cell.claim,
                "dialect": cell.dialect,
                "verdict": cell.verdict.value,
                "reason": cell.reason,
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
