"""What an experiment gives: lines with paper, formula and simulation side by side, tables, and curves to be drawn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from math import floor
from typing import TypeAlias

from machine.costs.processor import Processor
from machine.costs.quantity import Number, Quantity
from machine.costs.traces import Reference
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

Cell: TypeAlias = Quantity | str


class Agreement(Enum):
    """How what was computed stands to what the paper prints."""

    EQUAL = "equal"
    ROUNDED = "equal as printed"
    EXPLAINED = "differs, as said"
    DIFFERS = "differs"
    OPEN = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A number, as the paper has it, as a formula gives it and as a simulation counted it; None where one has none.

    :param rests_on: what the formula or the simulation is.
    :param explained: why the paper's number is another than the formula's, where that is known.
    """

    what: str
    unit: str = "cycles"
    paper: Quantity | None = None
    formula: Quantity | None = None
    simulated: Quantity | None = None
    rests_on: str = ""
    explained: str = ""

    @property
    def agreement(self) -> Agreement:
        """Of formula and paper; open where one of them says nothing: what is unknown equals nothing."""
        if self.paper is None or self.formula is None or (self.paper.applies and not self.paper.known):
            return Agreement.OPEN
        if self.paper == self.formula:
            return Agreement.EQUAL
        if self.paper == printed(self.formula):
            return Agreement.ROUNDED
        return Agreement.EXPLAINED if self.explained else Agreement.DIFFERS

    @property
    def difference(self) -> str:
        """Of the simulation to the formula, and of the formula to the paper; empty where there is none."""
        found = []
        if self.agreement in (Agreement.EXPLAINED, Agreement.DIFFERS):
            found.append(f"formula − paper: {_apart(self.formula, self.paper)}")
        if self.formula is not None and self.simulated is not None and self.formula != self.simulated:
            found.append(f"simulated − formula: {_apart(self.simulated, self.formula)}")
        return "; ".join(found)


def _apart(one: Quantity | None, other: Quantity | None) -> str:
    """How far two quantities are apart, at the least and at the most."""
    if one is None or other is None or not (one.known and other.known):
        return "?"
    (low, high), (low_other, high_other) = one.bounds(), other.bounds()
    ends = [Quantity(low - low_other, low - low_other), Quantity(high - high_other, high - high_other)]
    return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]} and {ends[1]}"


def printed(value: Quantity) -> Quantity:
    """As a table of whole numbers prints it: rounded, a half upwards.

    >>> print(printed(Quantity(Fraction(981, 1) + Fraction(1, 4), Fraction(982))))
    981…982
    """
    if value.least is None or value.most is None:
        return value
    return Quantity(_whole(value.least), _whole(value.most))


def _whole(value: Number) -> int:
    return floor(value + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of its own shape."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points, each with the least and the most value."""

    name: str
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves, or with ``bars`` values side by side for each of the ``labels``.

    :param second: a name and a factor for the same values in another unit, on the right.
    """

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    note: str = ""
    labels: tuple[str, ...] = ()
    second: tuple[str, float] | None = None

    @property
    def bars(self) -> bool:
        """Whether it shows bars."""
        return bool(self.labels)


@dataclass(frozen=True, slots=True)
class Findings:
    """What an experiment gave.

    :param incomplete: what could not be computed or simulated, and for want of what.
    """

    id: str
    title: str
    lines: tuple[Line, ...] = ()
    grids: tuple[Grid, ...] = ()
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()

    @property
    def unexplained(self) -> tuple[Line, ...]:
        """Lines whose formula gives another number than the paper, and nobody says why."""
        return tuple(line for line in self.lines if line.agreement == Agreement.DIFFERS)


def exit_status(found: Iterable[Findings]) -> int:
    """0 if all was computed, and what differs from the paper is explained; 1 if something is not; else 3."""
    each = list(found)
    if any(findings.unexplained for findings in each):
        return EXIT_FAILED
    return EXIT_INCOMPLETE if not each or any(findings.incomplete for findings in each) else EXIT_PASSED


@dataclass(frozen=True, slots=True)
class Traced:
    """An address trace that was handed in, and what it is called."""

    name: str
    references: Iterable[Reference]


@dataclass(frozen=True, slots=True)
class Setting:
    """For which processors an experiment is run.

    :param subject: the processor that it is about, where it is about one; None for the paper's own.
    :param rows: the processors of tables that have a row for each.
    :param trace: whose misses are to be told apart, if one was handed in.
    """

    rows: tuple[Processor, ...]
    subject: Processor | None = None
    trace: Traced | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """A named recipe.

    :param id: the clause or claim that it is about.
    :param aliases: other names by which it is asked for.
    """

    id: str
    title: str
    run: Callable[[Setting], Findings]
    aliases: tuple[str, ...] = field(default=())
