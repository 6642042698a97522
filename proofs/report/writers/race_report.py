"""The reports of races: on a terminal, and as JUnit XML."""

from xml.etree import ElementTree

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.counting import counted
from proofs.report.storyboard.lanes.threads import lane_lines, lanes
from proofs.report.writers.check_report import COLOURS
from refinement.check.finding.finding import NOT_RUN_AGAIN, Conformance
from refinement.check.finding.race_finding import RaceFinding
from refinement.check.finding.race_report import RaceReport
from refinement.check.search.races.engine import RaceReplay


def print_race(console: Console, report: RaceReport, replay: RaceReplay | None) -> None:
    """Print what was tried, the verdict, and the finding with a lane for each thread."""
    table = Table(box=None, pad_edge=False)
    for column in ("phase", "what is known", "schedules"):
        table.add_column(column, justify="right" if column == "schedules" else "left")
    for phase in report.phases:
        table.add_row(phase.kind, escape(phase.sentence), f"{phase.operations:,}")
    console.print(table)
    for remark in report.remarks:
        console.print(f"note: {remark}", markup=False)
    counts = report.counts
    colour = COLOURS[report.verdict]
    console.print(
        f"[{colour}]{report.verdict.value}[/]: {escape(report.target)}, dialect {escape(report.dialect.name)}, "
        f"{report.threads} threads; {counted(counts.get('schedules', 0), 'schedule')}, "
        f"{counts.get('preempted', 0):,} of them with a preemption, {counts.get('overlapping', 0):,} with calls that "
        f"overlap, in {report.seconds:.1f} s, seed {report.seed}"
    )
    if report.sanitizer is not None:
        console.print(report.sanitizer.sentence, markup=False)
        for said in report.sanitizer.reports:
            console.print(f"  {said}", markup=False)
    if report.finding is None and not (report.sanitizer and report.sanitizer.reports):
        rests = "; ".join(report.rests_on) or "nothing that was gone through whole"
        console.print(f"it rests on: {rests}", markup=False)
    if report.dialect.hazard:
        console.print(f"hazard of this dialect: {report.dialect.hazard}", style="yellow", markup=False)
    if report.finding is not None:
        print_finding(console, report.finding, replay)


def print_finding(console: Console, finding: RaceFinding, replay: RaceReplay | None) -> None:
    """Print the scenario, the lanes of its run, and how it was found."""
    for line in finding.scenario.texts():
        console.print(f"  {line}", markup=False)
    console.print(f"{finding.failure.sentence}", markup=False)
    if replay is not None and replay.events:
        for line in lane_lines(lanes(replay), len(finding.scenario.threads)):
            console.print(f"  {line}", markup=False, no_wrap=True, crop=False, overflow="ignore")
    choices = ", ".join(f"at step {step} thread {thread} goes on" for step, thread in finding.schedule)
    console.print(f"schedule: {choices or 'each thread as long as it can, from thread 0'}", markup=False)
    console.print(f"found by {finding.phase}; {finding.shortest}", markup=False)
    if not finding.reproducible and finding.shortest != NOT_RUN_AGAIN:
        console.print(
            "run alone it does not fail so: it needs what came before, or the target does not do the same each time",
            style="yellow",
        )


def print_race_replay(console: Console, replay: RaceReplay) -> None:
    """Print what a run did this time."""
    for line in lane_lines(lanes(replay), len(replay.recorded.scenario.threads)):
        console.print(line, markup=False, no_wrap=True, crop=False, overflow="ignore")
    if replay.failure is None:
        console.print(f"[green]agrees[/]: {escape(replay.target)}, dialect {escape(replay.dialect.name)}")
        console.print("this schedule alone was followed: of all others nothing is known")
        return
    colour = COLOURS[replay.failure.verdict]
    console.print(f"[{colour}]{replay.failure.verdict.value}[/] at step {replay.steps}:")
    console.print(f"  {replay.failure.sentence}", markup=False)
    if replay.recorded.kind:
        console.print("the run is the one recorded" if replay.is_same else "the run is another than the one recorded")


def race_junit(report: RaceReport) -> str:
    """The report as JUnit XML: one test a phase of the search, and one for the verdict."""
    failed = report.verdict != Conformance.CONFORMS
    name = f"musigma check {report.target} --threads {report.threads}"
    count = str(len(report.phases) + 1)
    suite = ElementTree.Element(
        "testsuite", name=name, tests=count, failures=str(int(failed)), time=f"{report.seconds:.3f}"
    )
    for phase in report.phases:
        seconds = f"{phase.seconds:.3f}"
        ElementTree.SubElement(suite, "testcase", classname=phase.kind, name=phase.sentence, time=seconds)
    case = ElementTree.SubElement(suite, "testcase", classname="verdict", name=f"dialect {report.dialect.name}")
    if failed:
        said = report.sanitizer.reports if report.sanitizer else ()
        sentence = "; ".join(said) or report.verdict.value
        if report.finding is not None:
            sentence = report.finding.failure.sentence
        failure = ElementTree.SubElement(case, "failure", type=report.verdict.value, message=sentence)
        failure.text = "" if report.finding is None else "\n".join(report.finding.scenario.texts())
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
