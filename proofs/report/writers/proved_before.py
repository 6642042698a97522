"""What an earlier report of ``musigma prove`` says is proved, for a run that would have to prove it again."""

from typing import Any

from model.spaces.dialect import CANONICAL
from proofs.report.writers.compare import ReportError, check_report
from proofs.report.writers.versions import sources, versions
from proofs.verdict import Verdict


def proved_before(report: Any) -> frozenset[str]:
    """The obligations that a report says are proved in the canonical dialect, of these sources and by these solvers.

    :param report: as ``musigma prove --json`` has written it.
    :raises ReportError: it is none, or of another dialect, of other sources or by other versions, or it was
        interrupted.
    """
    check_report(report, CANONICAL.name)
    for what, its, ours in (
        ("other sources", report.get("sources"), sources()),
        ("other versions", report.get("versions"), versions()),
    ):
        if its != ours:
            raise ReportError(f"the report is of {what} than those that run here; write it anew: musigma prove --all")
    if not report["complete"]:
        raise ReportError("the run of the report was interrupted; write it anew: musigma prove --all")
    return frozenset(result["obligation"] for result in report["results"] if result["verdict"] == Verdict.PROVED.value)
