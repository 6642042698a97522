"""What an earlier report of ``musigma prove`` says is proved, for a run that would have to prove it again."""

from collections.abc import Mapping
from typing import Any

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Answer, Outcome, Solvers
from proofs.report.writers.compare import ReportError, check_report
from proofs.report.writers.versions import sources, versions
from proofs.verdict import Verdict


def proved_before(report: Any) -> dict[str, Outcome]:
    """What a report says is proved in the canonical dialect, of these sources and by these solvers, by obligation.

    :param report: as ``musigma prove --json`` has written it.
    :raises ReportError: it is none, or of another dialect, of other sources, by other versions or by one solver alone,
        or it was interrupted.
    """
    check_report(report, CANONICAL.name)
    for what, its, ours in (
        ("other sources", report.get("sources"), sources()),
        ("other versions", report.get("versions"), versions()),
    ):
        if its != ours:
            raise ReportError(f"the report is of {what} than those that run here; write it anew: musigma prove --all")
    proved = [result for result in report["results"] if result["verdict"] == Verdict.PROVED.value]
    for result in proved:
        _check_proof(result)
    return {result["obligation"]: _outcome_of(result) for result in proved}


def _check_proof(result: Mapping[str, Any]) -> None:
    """Check that what a result calls proved is so by both solvers.

    :raises ReportError: by one alone, as with ``--solver``.
    """
    by = {answer["solver"] for answer in result["answers"] if answer["result"] == "unsat"}
    lacking = sorted({Solvers.Z3.value, Solvers.CVC5.value} - by)
    if lacking:
        raise ReportError(
            f"the report has no proof of {result['obligation']} by {' and '.join(lacking)}; "
            "write it anew, without --solver: musigma prove --all"
        )


def _outcome_of(result: Mapping[str, Any]) -> Outcome:
    """The findings that a result tells of, but for certificate, witness and stability."""
    return Outcome(
        Verdict(result["verdict"]),
        seconds=result["seconds"],
        used=tuple(result["used"]),
        unused=tuple(result["unused"]),
        outside=result["outside_of_fragment"],
        reason=result["reason"],
        answers=tuple(Answer(**answer) for answer in result["answers"]),
        satisfiable=result["satisfiable"],
    )
