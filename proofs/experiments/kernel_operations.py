"""C12 in cycles: map, grant and flush of the simulated kernel, by processor, beside the bound that is proved of cells.

The bound: :data:`proofs.obligations.kernel.cost.MOST_CELLS` cells, which is proved of every path, each at the price of
a cell and of the cache misses that it may have.
"""

from collections.abc import Callable
from dataclasses import dataclass

from machine.costs.events import PRICES, Event, Ledger, bill
from machine.costs.processor import Processor
from machine.costs.quantity import Quantity, exactly
from machine.costs.reading import ProcessorError, processors
from proofs.experiments.counted_kernel import CountedKernel
from proofs.experiments.result import Cell, Curve, Experiment, Findings, Grid, Line, Plot, Setting
from proofs.obligations.kernel.cost import MOST_CELLS

SIZES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Done:
    """An operation that was done: what it noted, and how many cells at most the proof allows."""

    what: str
    counted: CountedKernel
    cells_bound: int

    @property
    def ledger(self) -> Ledger:
        """What was noted."""
        return self.counted.ledger


def flush_bound(nodes: int) -> int:
    """The most cells of a flush that removes so many nodes: 2n steps, and those before and after the loop."""
    step = MOST_CELLS["kernel_flush_below"]
    return MOST_CELLS["kernel_flush"] + 2 * nodes * step + step


def map_once(processor: Processor, depth: int = 1) -> Done:
    """Map into an empty slot, below a chain of that depth."""
    counted = CountedKernel(processor, depth + 2)
    counted.grow(depth, chain=True)
    counted.start()
    counted.kernel.map(counted.slot(depth), counted.slot(depth + 1))
    return Done(f"map, {depth} deep", counted, MOST_CELLS["kernel_map"])


def grant_once(processor: Processor, depth: int = 1) -> Done:
    """Grant to an empty slot, from the end of a chain of that depth."""
    counted = CountedKernel(processor, depth + 2)
    counted.grow(depth, chain=True)
    counted.start()
    counted.kernel.grant(counted.slot(depth), counted.slot(depth + 1))
    return Done(f"grant, {depth} deep", counted, MOST_CELLS["kernel_grant"])


def flush_once(processor: Processor, nodes: int, *, chain: bool = False) -> Done:
    """Flush so many nodes."""
    counted = CountedKernel(processor, nodes + 1)
    counted.grow(nodes, chain=chain)
    counted.start()
    counted.kernel.flush(counted.slot(0))
    return Done(f"flush of {nodes}" + (" in a chain" if chain else ""), counted, flush_bound(nodes))


def cell_price(processor: Processor) -> Quantity:
    """What a cell costs: at least its instruction, at most a cache miss more."""
    instruction, miss = PRICES[Event.CELL](processor), PRICES[Event.DATA_MISS](processor)
    if not (instruction.known and miss.known):
        return Quantity()
    return Quantity(instruction.bounds()[0], instruction.bounds()[1] + miss.bounds()[1])


def cycles_in_cells(done: Done, processor: Processor) -> Quantity:
    """The cycles of an operation's cells, with what they missed in the cache."""
    ledger = Ledger()
    ledger.note(Event.CELL, done.ledger.counts[Event.CELL])
    ledger.note(Event.DATA_MISS, done.counted.accesses.missed[Event.CELL])
    return bill(ledger, processor).total


def _row(done: Done, processor: Processor) -> tuple[Cell, ...]:
    counts = done.ledger.counts
    return (
        done.what,
        str(counts[Event.CELL]),
        str(done.cells_bound),
        str(counts[Event.ENTRY]),
        str(counts[Event.DATA_MISS]),
        str(counts[Event.INVALIDATION]),
        str(bill(done.ledger, processor)),
    )


def _operations(processor: Processor) -> list[Done]:
    found = [map_once(processor), map_once(processor, 16), grant_once(processor), grant_once(processor, 16)]
    found += [flush_once(processor, n) for n in SIZES]
    return [*found, flush_once(processor, SIZES[-1], chain=True)]


def _lines(processor: Processor) -> list[Line]:
    lines = []
    doing: tuple[tuple[str, Callable[[Processor], Done]], ...] = (
        ("map", map_once),
        ("grant", grant_once),
        ("flush of 16", lambda each: flush_once(each, 16)),
    )
    for what, operation in doing:
        done = operation(processor)
        lines.append(
            Line(
                f"{what} on {processor.name}, cells",
                "cells",
                formula=exactly(done.cells_bound),
                simulated=exactly(done.ledger.counts[Event.CELL]),
                rests_on="formula: the most on any path, proved; simulated: counted",
            )
        )
        price = cell_price(processor)
        bound = price * done.cells_bound
        lines.append(
            Line(
                f"{what} on {processor.name}, in cells",
                formula=exactly(bound.bounds()[1]) if bound.known else bound,
                simulated=cycles_in_cells(done, processor),
                rests_on="formula: most cells, each with a cache miss; simulated: cold cache",
            )
        )
    return lines


def _plot(processor: Processor) -> list[Plot]:
    price = cell_price(processor)
    if not price.known:
        return []
    done = {n: flush_once(processor, n) for n in SIZES}
    most = price.bounds()[1]
    cycles = {n: cycles_in_cells(each, processor).bounds() for n, each in done.items()}
    simulated = tuple((float(n), float(least), float(greatest)) for n, (least, greatest) in cycles.items())
    bound = tuple((float(n), float(flush_bound(n) * most), float(flush_bound(n) * most)) for n in SIZES)
    return [
        Plot(
            f"A flush is linear in what it removes: {processor.name}",
            "nodes removed",
            "cycles in cells of the mapping tree",
            (Curve("simulated, cold cache", simulated), Curve("bound, proved of cells", bound)),
        )
    ]


def run(setting: Setting) -> Findings:
    """The three operations on one processor, or on each of which enough is known."""
    subjects = (setting.subject,) if setting.subject else (processors()["486"], processors()["Pentium"])
    lines: list[Line] = []
    grids: list[Grid] = []
    plots: list[Plot] = []
    notes = [
        "The formula is a bound, the most that is proved of any path; the simulation is one path.",
        "In cycles beside the crossing. No source has the price of an invalidation, so it stays a factor of an unknown;"
        " what a source does not price is not in the sum.",
        "A table that is taken from the pool is cleared, which is not counted: here all tables are there already.",
    ]
    lacking: list[str] = []
    head = ("operation", "cells", "at most", "entries", "cache misses", "invalidations", "cycles")
    for each in subjects:
        try:
            rows = tuple(_row(done, each) for done in _operations(each))
        except ProcessorError as error:
            lacking.append(str(error))
            continue
        lines += _lines(each)
        grids.append(Grid(f"map, grant and flush on {each.name}, simulated with a cold cache", head, rows))
        plots += _plot(each)
    title = "map, grant and flush in cycles"
    return Findings("C12", title, tuple(lines), tuple(grids), tuple(plots), tuple(notes), tuple(lacking))


EXPERIMENT = Experiment("C12", "map, grant and flush in cycles", run, ("kernel", "operations"))
