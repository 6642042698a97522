"""Write the graph of a scope's states: a page to walk in, the browser."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proofs.commands.shared.common import check_writable, write_text
from proofs.commands.shared.trace_output import open_page

if TYPE_CHECKING:
    from proofs.report.walk import Graph, Label, Walkable

WalkFile = Annotated[
    Path | None, typer.Option("--html", help="Write a page to walk through the states in; it stands alone.")
]
OpenWalk = Annotated[bool, typer.Option("--open", help="Open that page in the browser.")]


@dataclass(frozen=True, slots=True)
class WalkOutput:
    """The file that a page is asked to be written to, and whether a browser shall show it.

    :raises UsageError: the file cannot be written. Found out before the work.
    """

    html: Path | None = None
    open: bool = False

    def __post_init__(self) -> None:
        """Check the file."""
        if self.html is not None:
            check_writable(self.html)

    @property
    def wanted(self) -> bool:
        """Whether there is to be a page."""
        return self.html is not None or self.open

    def write(self, system: "Walkable[Any]", way: "Sequence[Label]" = (), most: int | None = None) -> None:
        """Write the page, opened at the end of a way if the page holds it, and show it.

        :param most: states that are looked at, the nearest first; unless given as many as a page can hold.
        :raises UsageError: the file cannot be written any more, or no browser could be started.
        """
        from proofs.report.walk import graph_of
        from proofs.report.walk.graph import MOST_STATES

        self.write_graph(graph_of(system, min(most or MOST_STATES, MOST_STATES)), way)

    def write_graph(self, graph: "Graph", way: "Sequence[Label]" = ()) -> None:
        """Write the page of a graph, opened at the end of a way if the page holds it, and show it.

        :raises UsageError: the file cannot be written any more, or no browser could be started.
        """
        from proofs.report.walk import walk_page

        try:
            page = walk_page(graph, way)
        except KeyError:  # the way leads out of what a page can hold
            typer.echo(f"musigma: the way to it leads out of the {graph.expanded} states of the page", err=True)
            page = walk_page(graph)
        path = self.html or Path(tempfile.mkdtemp(prefix="musigma-")) / "walk.html"  # the browser reads it later
        write_text(path, page)
        typer.echo(f"written: {path}", err=True)
        if self.open:
            open_page(path)
