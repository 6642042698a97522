"""Experiments as JSON values, valid by ``costs.schema.json``, and as rows of CSV."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from machine.costs.quantity import Number, Quantity
from proofs.experiments.result import Findings, Grid, Line, Plot
from proofs.report.costs.terminal import text_of
from proofs.report.writers.versions import versions

VERSION = 1


def number(value: Number) -> int | float:
    """A number as JSON has it.

    >>> from fractions import Fraction
    >>> number(Fraction(47, 3)), number(Fraction(4))
    (15.666667, 4)
    """
    return int(value) if value == int(value) else round(float(value), 6)


def quantity(value: Quantity | None) -> dict[str, Any] | None:
    """A quantity as JSON: its text, whether it is known, and its ends; None where nothing was to be computed."""
    if value is None:
        return None
    if value.least is None or value.most is None:
        return {"text": str(value), "known": False}
    return {"text": str(value), "known": True, "least": number(value.least), "most": number(value.most)}


def as_values(found: Iterable[Findings], processor: str | None) -> dict[str, Any]:
    """The whole report as JSON values."""
    return {
        "musigma_costs": VERSION,
        "processor": processor,
        "experiments": [_findings(each) for each in found],
        "versions": versions(),
    }


def _findings(each: Findings) -> dict[str, Any]:
    return {
        "id": each.id,
        "title": each.title,
        "lines": [_line(line) for line in each.lines],
        "tables": [_grid(grid) for grid in each.grids],
        "plots": [_plot(plot) for plot in each.plots],
        "notes": list(each.notes),
        "incomplete": list(each.incomplete),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "what": line.what,
        "unit": line.unit,
        "paper": quantity(line.paper),
        "formula": quantity(line.formula),
        "simulated": quantity(line.simulated),
        "agreement": line.agreement.value,
        "difference": line.difference,
        "rests_on": line.rests_on,
        "explained": line.explained,
    }


def _grid(grid: Grid) -> dict[str, Any]:
    rows = [[quantity(cell) if isinstance(cell, Quantity) else cell for cell in row] for row in grid.rows]
    return {"title": grid.title, "head": list(grid.head), "rows": rows, "note": grid.note}


def _plot(plot: Plot) -> dict[str, Any]:
    curves = [{"name": curve.name, "points": [list(point) for point in curve.points]} for curve in plot.curves]
    return {
        "title": plot.title,
        "x": plot.x,
        "y": plot.y,
        "labels": list(plot.labels),
        "curves": curves,
        "note": plot.note,
    }


def as_csv(found: Sequence[Findings]) -> str:
    """Lines and tables as CSV, each with the experiment's id first and a header of its own, apart by an empty line."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    first = True
    for rows in _blocks(found):
        if not first:
            text.write("\n")
        first = False
        writer.writerows(rows)
    return text.getvalue()


def _blocks(found: Iterable[Findings]) -> Iterator[list[tuple[str, ...]]]:
    for each in found:
        if each.lines:
            head = (
                "experiment",
                "what",
                "unit",
                "paper",
                "formula",
                "simulated",
                "agreement",
                "difference",
                "rests on",
            )
            yield [head, *(_csv_line(each.id, line) for line in each.lines)]
        for grid in each.grids:
            yield [("experiment", *grid.head), *((each.id, *map(str, row)) for row in grid.rows)]


def _csv_line(id: str, line: Line) -> tuple[str, ...]:
    numbers = (text_of(value) for value in (line.paper, line.formula, line.simulated))
    return id, line.what, line.unit, *numbers, line.agreement.value, line.difference, line.rests_on
