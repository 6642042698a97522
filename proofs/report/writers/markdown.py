"""Reports as Markdown, for the summary of a build."""

from proofs.report.writers.describe import evidence_lines, failure_lines, source_of
from proofs.result import Run
from proofs.verdict import Verdict


def markdown(run: Run, seconds: float) -> str:
    """The run as Markdown: totals, what is no pass with its reason, and the evidence."""
    lines = [f"## musigma prove: {run.dialect.name}", "", "| verdict | obligations |", "| --- | ---: |"]
    for verdict in Verdict:
        number = sum(result.verdict == verdict for result in run.results)
        if number:
            lines.append(f"| {verdict.value} | {number} |")
    lines += ["", f"in {seconds:.1f} s"]
    if run.undecided:
        lines += ["", f"**Interrupted**: {len(run.undecided)} without a verdict, among them {run.undecided[0]}."]
    if run.dialect.hazard:
        lines += ["", f"The dialect carries a known hazard: {_cell(run.dialect.hazard)}."]
    failed = [r for r in run.results if not r.verdict.passed and r.verdict != Verdict.NOT_CLAIMED]
    for result in failed:
        path, line = source_of(result.obligation)
        lines += ["", f"### {result.verdict.value}: `{result.obligation.id}`", ""]
        lines.append(f"{result.obligation.claim}: {_cell(result.obligation.sentence)} (`{path}:{line}`)")
        details = failure_lines(result)
        if details:
            lines += ["", "```text", *details, "```"]
    evidence = evidence_lines(run)
    if evidence:
        lines += ["", "### Evidence", "", *(f"- {_cell(line.strip())}" for line in evidence)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """The text without what Markdown would take for markup."""
    return "".join("\\" + letter if letter in "|*_`<>[]" else letter for letter in text)
