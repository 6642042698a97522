"""P3: segments in place of a tagged buffer: what a switch by segments costs, and which spaces fit side by side."""

from collections.abc import Sequence
from fractions import Fraction

from machine.costs.core import data_entries
from machine.costs.events import Event, Ledger, bill
from machine.costs.processor import Processor
from machine.costs.quantity import UNKNOWN, Quantity, exactly
from machine.costs.reading import ProcessorError, processors
from proofs.experiments.result import Experiment, Findings, Grid, Line, Setting
from proofs.experiments.simulated import Bench

SEGMENT_REGISTERS = 4
OTHER_CYCLES = 3
"""What is left of 39 and of 15 cycles after four loads of a segment register: 39 − 4 · 9 = 15 − 4 · 3."""

PAPER_SWITCH = {"486": 39, "Pentium": 15}
MEGABYTE = 1 << 20
EXAMPLE = ((1, 3 << 30), (8, 64 * MEGABYTE), (128, MEGABYTE))
"""How many spaces of which size the paper's example puts into one linear space."""

LINEAR_SPACE = 1 << 32


def by_segments(processor: Processor) -> Quantity:
    """Four segment registers and three more cycles."""
    loads = processor.segment_load
    return loads * SEGMENT_REGISTERS + exactly(OTHER_CYCLES) if loads.known else UNKNOWN


def switch_events() -> Ledger:
    """A switch by segments: four loads, and three fast instructions for the three cycles that are left."""
    ledger = Ledger()
    ledger.note(Event.SEGMENT_LOAD, SEGMENT_REGISTERS)
    ledger.note(Event.INSTRUCTION, OTHER_CYCLES)
    return ledger


def placed(spaces: Sequence[tuple[int, int]], size: int = LINEAR_SPACE) -> list[tuple[int, int]] | None:
    """First byte and length of each space, the large ones first, each at a multiple of 4 KiB; None if they do not fit.

    >>> placed([(1, 4096), (2, 4096)], 8192) is None
    True
    """
    found, at = [], 0
    for number, length in sorted(spaces, key=lambda each: -each[1]):
        for _ in range(number):
            found.append((at, length))
            at += -(-length // 4096) * 4096
    return found if at <= size else None


def _switches(processor: Processor, pages: int) -> Grid:
    """Two small spaces in turns, by page table and by segments: what is charged for ten switches."""
    rows = []
    for way in ("page table", "segments") if processor.segment_switch.applies else ("page table",):
        bench = Bench(processor, spaces=2, numbers=range(2 * pages))
        for turn in range(12):
            if turn == 2:
                bench.core.ledger.clear()
            if way == "page table":
                bench.enter(turn % 2)
                bench.touch_all(range(pages))
            else:  # both spaces lie in one linear space
                bench.core.ledger.counts.update(switch_events().counts)
                first = pages * (turn % 2)
                bench.touch_all(range(first, first + pages))
        ledger = bench.core.ledger
        ledger.counts[Event.DATA_MISS] = 0  # both ways use the same lines
        charged = bill(ledger, processor).total * Fraction(1, 10)
        rows.append((way, str(ledger.counts[Event.BUFFER_MISS] // 10), charged))
    return Grid(
        f"{processor.name}: two spaces of {pages} pages in turns, simulated, for each switch",
        ("switch by", "refills", "cycles with refills"),
        tuple(rows),
    )


def run(setting: Setting) -> Findings:
    """What a switch by segments costs, and that the paper's example fits."""
    subject = setting.subject or processors()["Pentium"]
    lines = []
    for each in dict.fromkeys((*setting.rows, subject)):
        if each.segment_load.known:
            number = PAPER_SWITCH.get(each.name) if each == processors().get(each.name) else None
            lines.append(
                Line(
                    f"segment switch, {each.name}",
                    paper=exactly(number) if number is not None else None,
                    formula=by_segments(each),
                    simulated=bill(switch_events(), each).total,
                    rests_on="4 loads + 3; simulated: 4 loads and 3 fast instructions",
                )
            )
    used = sum(number * length for number, length in EXAMPLE)
    fits = placed(EXAMPLE)
    lines += [
        Line("segment switch, PowerPC 601, 3.5 GB", paper=exactly(29), rests_on="14 registers · 2 + 1 would give it"),
        Line("segment switch, PowerPC 601, 1 GB", paper=exactly(12), rests_on="no rule is known that gives it"),
        Line(
            "3 GB + 8 × 64 MB + 128 × 1 MB in one space",
            "spaces",
            paper=exactly(137),
            formula=exactly(len(fits) if fits else 0),
            rests_on=f"placed one after the other: {used // MEGABYTE} MB of {LINEAR_SPACE // MEGABYTE}",
        ),
    ]
    title = "Segments in place of a tagged buffer"
    try:
        pages = max(1, min(8, data_entries(subject) // 4))
        return Findings("P3", title, tuple(lines), (_switches(subject, pages),))
    except ProcessorError as error:
        return Findings("P3", title, tuple(lines), incomplete=(str(error),))


EXPERIMENT = Experiment("P3", "segments in place of a tagged translation lookaside buffer", run, ("segments",))
