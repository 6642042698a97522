"""The report of a check: on a terminal, and as JUnit XML."""

from xml.etree import ElementTree

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.counting import counted
from refinement.check import (
    CheckReport,
    Conformance,
    DialectReport,
    Finding,
    MessageFinding,
    OwnershipFinding,
    OwnershipReport,
    RangeReport,
    as_text,
)
from refinement.check.finding import ownership_artefacts as of_ownership
from refinement.check.finding.finding import NOT_RUN_AGAIN
from refinement.check.finding.report import Messages

COLOURS = {
    Conformance.CONFORMS: "green",
    Conformance.DIVERGES: "red",
    Conformance.CRASHED: "red",
    Conformance.HUNG: "red",
    Conformance.SAMPLED: "yellow",
    Conformance.UNDECIDED: "yellow",
}


def print_check(console: Console, report: CheckReport, found: DialectReport | None, *, asked: bool) -> None:
    """Print what was checked, the verdict, and the finding.

    :param found: what the experiments say of the target's dialect, if they were made.
    :param asked: the experiments chose the dialect.
    """
    if asked and found is not None:
        known = "and none fits" if found.complete else "as many as there was time for; others may fit"
        fits = "fits; ruled out:" if found.fits else f"fits best of {found.tried:,}, {known}; against it:"
        console.print(f"dialect {found.dialect.name} {fits}", markup=False)
        for each in found.against:
            console.print(f"  {each}", markup=False)
        if not found.fits:
            console.print("ruled out:", markup=False)
        for ruling in found.rulings:
            if ruling.dialect != found.dialect.name:
                console.print(f"  {ruling.dialect}: {ruling}", markup=False)
    table = Table(box=None, pad_edge=False)
    for column in ("phase", "what is known", "operations"):
        table.add_column(column, justify="right" if column == "operations" else "left")
    for phase in report.phases:
        table.add_row(phase.kind, escape(phase.sentence), f"{phase.operations:,}")
    console.print(table)
    for remark in report.remarks:
        console.print(f"note: {remark}", markup=False)
    if report.missing:
        console.print(
            f"required, and not gone through whole: {', '.join(report.missing)}", style="yellow", markup=False
        )
    reached = {name: count for name, count in report.situations.items() if count}
    if reached:
        missed = [name for name, count in report.situations.items() if not count]
        console.print(f"situations: {len(reached)} of {len(report.situations)} reached by random programs")
        if missed:
            console.print(f"  not reached: {'; '.join(missed)}", markup=False)
    if report.messages is not None and report.messages.compared:
        _print_messages(console, report.messages)
    views = " and ".join(report.views)
    colour = COLOURS[report.verdict]
    console.print(
        f"[{colour}]{report.verdict.value}[/]: {escape(report.target)}, dialect {escape(report.dialect.name)}, "
        f"compared by {views or 'nothing'}{_with_messages(report)}; {counted(report.operations, 'operation')} in "
        f"{report.seconds:.1f} s, seed {report.seed}"
    )
    if report.finding is None:
        rests = "; ".join(report.rests_on) or "nothing that was gone through whole"
        console.print(f"it rests on: {rests}", markup=False)
    if report.dialect.hazard:
        console.print(f"hazard of this dialect: {report.dialect.hazard}", style="yellow", markup=False)
    if report.finding is not None:
        console.print(as_text(report.finding), markup=False)
        console.print(f"found by {report.finding.phase}; {report.finding.shortest}", markup=False)
        if not report.finding.reproducible and report.finding.shortest != NOT_RUN_AGAIN:
            console.print(
                "run as it stands it agrees: it needs what came before, or the target does not do the same each time",
                style="yellow",
            )
        if not asked and found is not None:
            console.print(f"the experiments fit the dialect {found.dialect.name}: try --dialect auto", markup=False)


def _with_messages(report: CheckReport) -> str:
    """What the verdict says of messages."""
    if report.messages is None:
        return ""
    return f", messages {report.messages.dialect}" if report.messages.compared else ", without messages"


def _print_messages(console: Console, messages: Messages) -> None:
    """What random programs of threads have met."""
    met = [(kind, done) for kind, (done, _) in messages.met.items()]
    done = ", ".join(f"{kind} {count:,}" for kind, count in met if count)
    never = ", ".join(kind for kind, count in met if not count)
    if done:
        console.print(f"threads, done by random programs: {done}", markup=False)
    if done and never:
        console.print(f"  not done: {never}", markup=False)
    if messages.hazard:
        console.print(f"hazard of this dialect of messages: {messages.hazard}", style="yellow", markup=False)


def junit_report(report: CheckReport | OwnershipReport, ranges: RangeReport | None = None) -> str:
    """The report as JUnit XML: one test a phase of the search, and one for the verdict.

    :param ranges: what is known of the target's ranges, if it has any: their phases and their verdict come last.
    """
    reports = [report] if ranges is None else [report, ranges]
    failed = [each.verdict != Conformance.CONFORMS for each in reports]
    suite = ElementTree.Element(
        "testsuite",
        name=f"musigma check {report.target}",
        tests=str(sum(len(each.phases) + 1 for each in reports)),
        failures=str(sum(failed)),
        time=f"{sum(each.seconds for each in reports):.3f}",
    )
    for each in reports:
        for phase in each.phases:
            ElementTree.SubElement(
                suite, "testcase", classname=phase.kind, name=phase.sentence, time=f"{phase.seconds:.3f}"
            )
    text = "" if report.finding is None else _in_text(report.finding)
    said = report.verdict.value if report.finding is None else report.finding.failure.sentence
    _verdict(suite, f"dialect {report.dialect.name}", report.verdict, said, text)
    if ranges is not None:
        text = "\n".join(f"{each.cause}\n  {'; '.join(each.texts())}" for each in ranges.findings)
        _verdict(suite, f"ranges {ranges.dialect.name}", ranges.verdict, ranges.sentence, text)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _verdict(suite: ElementTree.Element, name: str, verdict: Conformance, sentence: str, text: str) -> None:
    """The test of a verdict, which fails unless the target conforms."""
    case = ElementTree.SubElement(suite, "testcase", classname="verdict", name=name)
    if verdict != Conformance.CONFORMS:
        ElementTree.SubElement(case, "failure", type=verdict.value, message=sentence).text = text


def _in_text(finding: Finding | MessageFinding | OwnershipFinding) -> str:
    return of_ownership.as_text(finding) if isinstance(finding, OwnershipFinding) else as_text(finding)
