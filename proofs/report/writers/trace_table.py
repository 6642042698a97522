"""Traces on the terminal: the storyboard as a table as narrow as it must be, and what is wrong in words.

With room enough, one row a step and one column a slot; otherwise, and with threads, the changes of each step as lines.
"""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from model.scope import rights_name
from model.trace import Trace
from proofs.engines.search.pairs import Pair
from proofs.report.storyboard import Storyboard, storyboard
from proofs.report.storyboard.drawing.svg_threads import thread_words
from proofs.report.storyboard.scenes.scene import Cell, Change, Gap, Scene
from proofs.report.storyboard.scenes.verdicts_in_words import about, finding_text, heading

UNLIMITED = 10_000
"""A width at which every table has room, to find out how much it needs."""

_MARKS = {Change.NONE: "", Change.GONE: "−", Change.NEW: "+", Change.MOVED: ">", Change.REPLACED: "*"}
_STYLES = {Change.NONE: "", Change.GONE: "dim", Change.NEW: "green", Change.MOVED: "blue", Change.REPLACED: "green"}


def print_trace(console: Console, trace: Trace) -> None:
    """Print a trace step by step: the slots in use after each operation, what changed, and what is wrong."""
    print_storyboard(console, storyboard(trace))


def print_pair(console: Console, pair: Pair) -> None:
    """Print two runs, one after the other, and how the call that both end with shows a difference."""
    for run in pair.runs:
        print_trace(console, run)
        console.print()
    said = f"To {pair.watchers} the two look alike until {pair.call}, which is {pair.difference}."
    console.print(said, markup=False, highlight=False)
    scope = pair.runs[0].scope
    console.print(f"No two such runs within {scope} are shorter together.", markup=False, highlight=False)


def print_storyboard(console: Console, board: Storyboard) -> None:
    """Print a storyboard, which may show something else than the model, or tell what ran beside it."""
    console.print(Text(heading(board), style="bold"))
    for line in about(board):
        console.print(line, markup=False, highlight=False)
    console.print()
    table = _table(board)
    if (
        board.scenes[0].speech is None
        and Measurement.get(console, console.options.update(width=UNLIMITED), table).maximum <= console.width
    ):
        console.print(table)
        console.print(_key(board), markup=False, highlight=False, style="dim")
        for scene in board.scenes:
            _print_findings(console, scene, with_title=True)
    else:
        for part in board.parts:
            if isinstance(part, Gap):
                console.print(f"… {part.summary} …", markup=False, highlight=False, style="dim")
            else:
                _print_scene(console, part)


def _table(board: Storyboard) -> Table:
    """A row a step, a column for each slot that is ever in use."""
    used = [slot for slot in board.slots if any(_is_telling(scene.cell(slot)) for scene in board.scenes)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("step", no_wrap=True)
    for slot in used:
        table.add_column(board.scope.name(slot), no_wrap=True)
    for part in board.parts:
        if isinstance(part, Gap):
            table.add_row(Text(f"… {part.last - part.first + 1} more", style="dim"))
            continue
        title = Text(_title(part), style="bold" if part.findings else "")
        table.add_row(title, *(_cell(board, part.cell(slot)) for slot in used))
    return table


def _is_telling(cell: Cell) -> bool:
    return cell.in_use or cell.wrong


def _title(scene: Scene) -> str:
    title = f"{scene.number}. {scene.title}" if scene.number else scene.title
    return f"{title} ({scene.ending})" if scene.ending else title


def _cell(board: Storyboard, cell: Cell) -> Text:
    """Where the page came from or which frame it is, what P says if that is another, and the rights."""
    mark = _MARKS.get(cell.change, "~")
    if not cell.in_use:
        words = "φ" if cell.phys is None else f"φ P frame {cell.phys}"
    else:
        origin = f"←{board.scope.name(cell.link)}" if cell.link is not None else f"frame {cell.holds}"
        shown = "φ" if cell.phys is None else f"frame {cell.phys}"
        differs = f" P {shown}≠{cell.ends}" if shown != cell.ends else f" P {shown}" if cell.phys is None else ""
        words = f"{origin} {rights_name(cell.rights)}{differs}"
    wrong = "!" if cell.wrong else ""
    style = "bold red" if cell.wrong else _STYLES.get(cell.change, "yellow") if cell.in_use or mark else "dim"
    return Text(f"{words} {mark}{wrong}".rstrip(), style=style)


def _key(board: Storyboard) -> str:
    """What the marks in the table mean, those that occur; and what is left out."""
    changes = {cell.change for scene in board.scenes for cell in scene.cells}
    words = [f"{_MARKS.get(change, '~')} {change.value}" for change in Change if change in changes and change.value]
    if any(cell.wrong for scene in board.scenes for cell in scene.cells):
        words.append("! wrong")
    left_out = "".join(f"\n… {gap.summary}" for gap in board.gaps)
    return "; ".join(filter(None, ["←: mapped from", ", ".join(words)])) + left_out


def _print_findings(console: Console, scene: Scene, *, with_title: bool) -> None:
    for finding in scene.findings:
        if finding.fresh:
            where = f"{scene.number}: " if with_title else "   "
            console.print(Text(f"{where}! {finding_text(finding)}", style="red"), soft_wrap=False)


def _print_scene(console: Console, scene: Scene) -> None:
    """A step in lines, for threads and for a terminal too narrow for the table."""
    console.print(Text(_title(scene), style="bold"))
    if scene.number == 0:
        for mark in scene.speech.threads if scene.speech else ():
            console.print(f"   {thread_words(mark)}", markup=False, highlight=False)
        for cell in scene.cells:
            if cell.in_use:
                console.print(f"   {cell.name} holds frame {cell.holds}", markup=False, highlight=False)
    for change in scene.changes:
        console.print(f"   {change}", markup=False, highlight=False)
    _print_findings(console, scene, with_title=False)
