"""Write a trace besides the terminal: a JSON file, a picture, a page, the browser. Shared by all commands."""

import tempfile
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proofs.commands.shared.common import UsageError, check_writable, write_json, write_text

if TYPE_CHECKING:
    from model.cores.trace import CoreTrace
    from model.messages.trace import MessageTrace
    from model.ownership.trace import OwnershipTrace
    from model.ranges.trace import RangeTrace
    from model.trace import Trace
    from proofs.report.storyboard import Storyboard
    from proofs.report.storyboard.lanes.lanes import LaneBoard

JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the trace to this file as JSON.")]
SvgFile = Annotated[Path | None, typer.Option("--svg", help="Draw the trace to this file, a frame a step.")]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", help="Write a page to step through the trace; it stands alone.")
]
OpenPage = Annotated[bool, typer.Option("--open", help="Open that page in the browser.")]


@dataclass(frozen=True, slots=True)
class TraceOutput:
    """The files that a trace is asked to be written to, and whether a browser shall show it.

    ``json`` is the file for the trace, and ``json_option`` the option that names it; commands that keep the trace
    otherwise leave it out. ``beside`` are the command's other files, by the options that name them.

    :raises UsageError: a file cannot be written, or two outputs are one file. Found out before the work.
    """

    json: Path | None = None
    svg: Path | None = None
    html: Path | None = None
    open: bool = False
    beside: Mapping[str, Path | None] = field(default_factory=dict)
    json_option: str = "--json"

    def __post_init__(self) -> None:
        """Check the files."""
        named: dict[Path, str] = {}
        pictures = ((self.json_option, self.json), ("--svg", self.svg), ("--html", self.html))
        for option, path in (*self.beside.items(), *pictures):
            if path is None:
                continue
            other = named.setdefault(path.resolve(), option)
            if other != option:
                raise UsageError(f"{other} and {option} name the same file, {path}: give each its own")
            check_writable(path)

    @property
    def pictures(self) -> bool:
        """Whether anything is to be drawn."""
        return self.svg is not None or self.html is not None or self.open

    def write(
        self,
        trace: "Trace | MessageTrace | RangeTrace | CoreTrace | OwnershipTrace",
        draw: "Callable[[], Storyboard | LaneBoard] | None" = None,
    ) -> None:
        """Write all files that were asked for, and open the page; a trace too large for a picture is said to be so.

        :param draw: makes the trace's storyboard, if the caller ran something beside the model; else the kernel runs
            along where it implements the dialect.
        :raises UsageError: a file cannot be written any more, or no browser could be started.
        """
        write_json(self.json, trace.to_json())
        self.draw(draw or (lambda: _drawn(trace)))

    def draw(self, board_of: "Callable[[], Storyboard | LaneBoard]") -> None:
        """Write the picture and the page, and open it."""
        if not self.pictures:
            return
        from proofs.report.storyboard import TooLargeError

        try:
            board = board_of()
        except TooLargeError as error:
            typer.echo(f"musigma: {error}", err=True)
            return
        if self.svg is not None:
            _write(self.svg, _pictured(board))
        if self.html is not None or self.open:
            html = self.html
            if html is None:
                # The browser reads it after this command has ended, so it has to stay.
                html = Path(tempfile.mkdtemp(prefix="musigma-")) / "trace.html"
            _write(html, _paged(board))
            if self.open:
                open_page(html)


def open_page(path: Path) -> None:
    """Show a page in the browser.

    :raises UsageError: no browser could be started.
    """
    if not webbrowser.open(path.absolute().as_uri()):
        raise UsageError(f"no browser could be started: open {path} yourself")


def _pictured(board: "Storyboard | LaneBoard") -> str:
    from proofs.report.storyboard import svg
    from proofs.report.storyboard.lanes.lanes import LaneBoard, lane_svg

    return lane_svg(board) if isinstance(board, LaneBoard) else svg(board)


def _paged(board: "Storyboard | LaneBoard") -> str:
    from proofs.report.storyboard import page
    from proofs.report.storyboard.lanes.lanes import LaneBoard
    from proofs.report.storyboard.lanes.page import lane_page

    return lane_page(board) if isinstance(board, LaneBoard) else page(board)


def _drawn(trace: "Trace | MessageTrace | RangeTrace | CoreTrace | OwnershipTrace") -> "Storyboard | LaneBoard":
    """The kernel beside the model, where it implements the dialect; threads and cores on the model alone."""
    from model.cores.trace import CoreTrace
    from model.messages.trace import MessageTrace
    from model.ownership.trace import OwnershipTrace
    from model.ranges.trace import RangeTrace
    from proofs.report.storyboard import storyboard_with_kernel
    from proofs.report.storyboard.lanes.cores import core_board
    from proofs.report.storyboard.lanes.ownership import ownership_board
    from proofs.report.storyboard.replays.messages import message_board
    from proofs.report.storyboard.replays.range_faults import range_fault_board

    if isinstance(trace, CoreTrace):
        return core_board(trace)
    if isinstance(trace, OwnershipTrace):
        return ownership_board(trace)
    if isinstance(trace, RangeTrace):
        return range_fault_board(trace)
    return message_board(trace) if isinstance(trace, MessageTrace) else storyboard_with_kernel(trace)


def _write(path: Path, text: str) -> None:
    write_text(path, text)
    typer.echo(f"written: {path}", err=True)
