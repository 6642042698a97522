"""Experiments about costs: the run, and what it returns."""

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machine.costs.processor import Processor
from musigma.printing import Printed, html_table, html_text
from proofs.verdict import EXIT_PASSED

if TYPE_CHECKING:
    from rich.console import Console

    from proofs.experiments.result import Findings, Line

LINE = ("", "unit", "paper", "formula", "simulated", "agreement")


@dataclass(frozen=True, repr=False)
class Costs(Printed):
    """Results of experiments; true if all was computed and each number of the paper met, or its difference explained.

    :param findings: of each experiment its lines, tables, plots and notes.
    :param processor: the one that they are about, if it is not the paper's own.
    """

    findings: "tuple[Findings, ...]"
    processor: Processor | None = None

    @property
    def exit_status(self) -> int:
        """The exit status of ``musigma costs``."""
        from proofs.experiments.result import exit_status

        return exit_status(self.findings)

    @property
    def passed(self) -> bool:
        """Tell whether all was computed, and what differs from the paper is explained."""
        return self.exit_status == EXIT_PASSED

    @property
    def lines(self) -> "dict[tuple[str, str], Line]":
        """Numbers of the paper beside those of a formula and a simulation, by experiment and by what they are of."""
        return {(each.id, line.what): line for each in self.findings for line in each.lines}

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma costs --json`` writes."""
        from proofs.report.costs.values import as_values

        return as_values(self.findings, self.processor.name if self.processor else None)

    def to_csv(self) -> str:
        """The tables that ``musigma costs --csv`` writes."""
        from proofs.report.costs.values import as_csv

        return as_csv(self.findings)

    def _summary(self) -> str:
        ids = ", ".join(each.id for each in self.findings)
        words = [word for line in self.lines.values() if (word := line.agreement.value)]
        said = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
        return f"{ids}: " + ("; ".join((*said, *(why for each in self.findings for why in each.incomplete))) or "done")

    def _print(self, console: "Console") -> None:
        from proofs.report.costs.terminal import show

        for each in self.findings:
            show(console, each)

    def _repr_html_(self) -> str:
        """The tables, and the plots where matplotlib is installed."""
        return "".join(map(_html, self.findings))


def _html(found: "Findings") -> str:
    from proofs.report.costs.plots import NoPlotsError, svg
    from proofs.report.costs.terminal import said, text_of

    lines = [
        (line.what, line.unit, *map(text_of, (line.paper, line.formula, line.simulated)), said(line))
        for line in found.lines
    ]
    title = f"{found.id}: {found.title}"
    tables = [html_table(title, LINE, lines)] if lines else [f"<p><b>{escape(title)}</b></p>"]
    tables += [html_table(grid.title, grid.head, [[*map(str, row)] for row in grid.rows]) for grid in found.grids]
    try:
        drawn = [svg([plot]).partition("<svg")[1:] for plot in found.plots]
    except NoPlotsError:
        drawn = []
    notes = [*found.notes, *(f"Not done: {each}" for each in found.incomplete)]
    return "".join((*tables, *map("".join, drawn), *([html_text("\n".join(notes))] if notes else ())))


def costs(
    experiment: str | None = None,
    *,
    processor: "Processor | str | os.PathLike[str] | None" = None,
    trace: "str | os.PathLike[str] | None" = None,
    measure: bool = False,
    repetitions: int = 21,
) -> Costs:
    """Compute and simulate what the paper says of costs.

    :param experiment: ``P1`` to ``P8``, ``C12``, ``data``, or another name such as ``table1``; by default all, or none
        where this machine is measured; with a trace ``P6``.
    :param processor: a processor's name, a file in TOML that describes one, or one that was read.
    :param trace: a trace in din or of valgrind's lackey, whose cache misses are told apart in ``P6``.
    :param measure: measure this machine as well, with a C program, each thing so many ``repetitions``.
    :raises ValueError: nothing has that name, or a file is not what it should be.

    >>> table = costs("table1")
    >>> print(repr(table))
    <Costs: P2: 6 equal; 1 equal as printed>
    >>> print(table.lines["P2", "page-table switch, Pentium"].formula)
    36…1196
    """
    from proofs.experiments import asked, measuring

    name = "P6" if experiment is None and trace is not None else experiment
    chosen = [] if measure and name is None else asked.experiments(name)
    if trace is not None and [each.id for each in chosen] != ["P6"]:
        raise ValueError("a trace is for P6")
    if repetitions < 3:
        raise ValueError(f"{repetitions} repetitions are too few: give 3 or more")
    subject = asked.processor(processor) if isinstance(processor, str | os.PathLike) else processor
    found = asked.conduct(chosen, subject, None if trace is None else Path(trace))
    return Costs((*found, *([measuring.findings(repetitions)] if measure else [])), subject)
