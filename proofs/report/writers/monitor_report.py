"""The report on a log, on a terminal."""

from rich.console import Console
from rich.markup import escape

from model.counting import counted
from refinement.monitor.monitor import MonitorReport

COLOURS = {"contradiction": "red", "no contradiction": "green", "undecided": "yellow"}
MOST = 40


def print_monitor(console: Console, report: MonitorReport) -> None:
    """Print the verdict, what it rests on, and the lines that show a contradiction."""
    colour = COLOURS[report.verdict]
    console.print(
        f"[{colour}]{report.verdict}[/]: {escape(report.log)}, dialect {escape(report.dialect.name)}, "
        f"{counted(report.lines, 'line')} in {report.seconds:.1f} s"
    )
    decided = f"the answers of {counted(report.decided, 'line')} followed from what came before"
    decided += f"; {report.open:,} could have differed"
    console.print(decided, markup=False)
    if report.overlapping:
        said = "lines overlap others: nothing is claimed of them"
        if report.overlapping == 1:
            said = "line overlaps others: nothing is claimed of it"
        console.print(f"{report.overlapping:,} {said}", markup=False)
    if report.lost:
        console.print(f"lines are lost in {report.lost:,} places", markup=False)
    if report.undecided:
        console.print(f"given up: {report.undecided}", markup=False)
    if not report.line:
        return
    console.print(f"line {report.line}: {report.text}", markup=False)
    console.print(f"  {report.reason}", markup=False)
    if not report.slice:
        console.print("  no end of the log shows it by itself: the first state, or lines too long ago, have a part")
        return
    console.print(f"shown by lines {report.slice[0][0]} to {report.line} alone, from any state:", markup=False)
    shown = report.slice if len(report.slice) <= MOST else (*report.slice[: MOST // 2], *report.slice[-MOST // 2 :])
    for place, (number, text) in enumerate(shown):
        if len(report.slice) > MOST and place == MOST // 2:
            console.print(f"  … {len(report.slice) - MOST:,} more …", markup=False)
        console.print(f"  {number:>7}  {text}", markup=False)
