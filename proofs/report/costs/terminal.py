"""An experiment for people: paper, formula and simulation side by side, then its tables and notes."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from machine.costs.quantity import Quantity
from proofs.experiments.result import Agreement, Findings, Grid, Line

HEAD = ("", "unit", "paper", "formula", "simulated", "agreement")


def text_of(value: Quantity | None) -> str:
    """Write a quantity, or nothing where there is none to compare."""
    return "" if value is None else str(value)


def said(line: Line) -> str:
    """Say how the numbers of a line agree: in words, with the difference and why."""
    parts = [line.agreement.value, line.difference]
    if line.agreement == Agreement.EXPLAINED:
        parts.append(line.explained)
    return "; ".join(part for part in parts if part)


def show(console: Console, findings: Findings) -> None:
    """Print the report: paper, formula and simulation side by side, then tables and notes."""
    console.print(Text(f"{findings.id}: {findings.title}", style="bold"))
    if findings.lines:
        _show_lines(console, findings.lines)
    for grid in findings.grids:
        _show_grid(console, grid)
    for note in (*findings.notes, *(f"Not done: {each}" for each in findings.incomplete)):
        console.print(note, markup=False, highlight=False)
    console.print()


def _show_lines(console: Console, lines: Iterable[Line]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in HEAD:
        table.add_column(name, justify="right" if name in HEAD[2:5] else "left", overflow="fold")
    for line in lines:
        numbers = (text_of(value) for value in (line.paper, line.formula, line.simulated))
        table.add_row(*map(Text, (line.what, line.unit, *numbers, said(line))))
    console.print(table, highlight=False)


def _show_grid(console: Console, grid: Grid) -> None:
    console.print(Text(grid.title, style="italic"))
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(grid.head):
        numeric = number > 0 and all(isinstance(row[number], Quantity) for row in grid.rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table, highlight=False)
    if grid.note:
        console.print(grid.note, markup=False, highlight=False)


def list_experiments(console: Console, rows: Iterable[tuple[str, str, str]]) -> None:
    """Print the experiments: id, other names, what each is about."""
    table = Table(box=None, pad_edge=False)
    for name in ("experiment", "or", "about"):
        table.add_column(name)
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table, highlight=False)
