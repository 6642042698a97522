"""Cells of an audit that the run of all proofs has decided already, so that no build proves them twice."""

from collections.abc import Mapping
from typing import Any

from proofs.audits.spaces import claimed
from proofs.paper.claims import CLAIMS
from proofs.verdict import Verdict

PASSED = tuple(verdict.value for verdict in Verdict if verdict.passed)


def cells_of(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One cell for each claim, from a report of ``musigma prove``, as ``musigma audit`` writes it.

    :raises ValueError: some result is none that passed: the audit has to say then what decides the cell.
    """
    by_id = {each["obligation"]: each for each in report["results"]}
    cells = []
    for claim in CLAIMS:
        found = (by_id.get(obligation.id) for obligation in claimed() if obligation.claim == claim)
        results = [each for each in found if each is not None and each["verdict"] != Verdict.NOT_CLAIMED.value]
        for each in results:
            if each["verdict"] not in PASSED:
                raise ValueError(f"{each['obligation']} is {each['verdict']}, and decides nothing here")
        if results:
            first = results[0]
            cells.append(
                {
                    "claim": claim,
                    "dialect": report["dialect"],
                    "verdict": Verdict.PROVED.value,
                    "reason": "",
                    "brief": "",
                    "searched": [],
                    "decisive": first["obligation"],
                    "trace": first["trace"],
                    "results": results,
                }
            )
    return cells
