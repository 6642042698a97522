"""P2: a switch between address spaces: Table 1, and the refills of the buffer that follow a switch (section 4.1.2)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from random import Random

from machine.costs.core import data_entries
from machine.costs.processor import Kind, Processor
from machine.costs.quantity import NOT_APPLICABLE, UNKNOWN, Quantity, exactly
from machine.costs.reading import ProcessorError, processors
from machine.events import EXECUTE, READ
from model.counting import counted
from proofs.experiments.result import Curve, Experiment, Findings, Grid, Line, Plot, Setting
from proofs.experiments.simulated import Bench
from proofs.obligations.costs.strings import worse_in_sets

LEAST_PAGES = 4
"""The smallest working set of Table 1, and the pages that the kernel itself needs."""

ANOTHER, KERNEL_PAGES = 1, LEAST_PAGES
ROUNDS = 2

PAPER: dict[str, tuple[Quantity, Quantity, Quantity, Quantity]] = {
    "486": (exactly(32), Quantity(9, 13), Quantity(36, 364), exactly(39)),
    "Pentium": (exactly(96), Quantity(9, 13), Quantity(36, 1196), exactly(15)),
    "PowerPC 601": (exactly(256), UNKNOWN, UNKNOWN, exactly(29)),
    "Alpha 21064": (exactly(40), Quantity(20, 50), Quantity(80, 1800), NOT_APPLICABLE),
    "MIPS R4000": (exactly(48), Quantity(20, 50), exactly(0), NOT_APPLICABLE),
}
"""Table 1 as printed: entries, cycles a miss, page-table switch, segment switch."""


def reload(entries: Quantity, miss: Quantity, pages: int) -> Quantity:
    """What refilling the buffer costs at most for a working set of so many pages: min(n, s) · m."""
    return miss * min(pages, int(entries.exact)) if entries.known else UNKNOWN


def page_table_switch(processor: Processor) -> Quantity:
    """Table 1's rule: from 4 pages at the least cost a miss to all entries but 4 at the most; nothing if tagged."""
    if processor.tagged:
        return exactly(0)
    if processor.tagged is None or not processor.capacity.known or not processor.miss.known:
        return UNKNOWN
    (least, most), entries = processor.miss.bounds(), int(processor.capacity.exact)
    return Quantity(LEAST_PAGES * least, max(LEAST_PAGES, entries - LEAST_PAGES) * most)


def split(processor: Processor, pages: int) -> tuple[int, int]:
    """How many pages of a working set are code and how many data, in the proportion of a split buffer's halves."""
    code = next((part.entries for part in processor.buffers if part.kind == Kind.CODE), None)
    if code is None or not code.known or not processor.capacity.known:
        return 0, pages
    for_code = int(pages * code.exact / processor.capacity.exact)
    return for_code, pages - for_code


def away_and_back(
    processor: Processor,
    numbers: Sequence[int],
    *,
    switch: bool = True,
    fully_associative: bool = False,
    code: int = 0,
    rounds: int = 1,
) -> int:
    """The refills of a working set after a switch away, in which the kernel needs 4 pages, and back.

    :param numbers: the virtual page numbers of the working set; the first ``code`` are fetched from, the others loaded.
    :param rounds: how often the working set is gone through after the switch.
    :param switch: whether there is a switch at all; without one, what the buffer misses on its own.
    """
    far = max(numbers, default=0) + 1
    kernel = range(far, far + KERNEL_PAGES)
    bench = Bench(processor, spaces=2, numbers=[*numbers, *kernel], fully_associative=fully_associative)
    bench.enter(0)

    def work() -> int:
        return bench.refills(range(code), EXECUTE) + bench.refills(range(code, len(numbers)), READ)

    for _ in range(3):
        work()
    if switch:
        bench.enter(ANOTHER)
        bench.touch_all(range(len(numbers), len(numbers) + KERNEL_PAGES))
        bench.enter(0)
    return sum(work() for _ in range(rounds))


def _simulated_range(processor: Processor) -> Quantity:
    """Table 1's cell, simulated: the refills of 4 pages and of all entries but 4, each at its price."""
    if not (processor.capacity.known and processor.miss.known):
        return UNKNOWN
    least, most = processor.miss.bounds()
    few, many = LEAST_PAGES, max(LEAST_PAGES, int(processor.capacity.exact) - LEAST_PAGES)
    try:
        refills = [away_and_back(processor, range(n), code=split(processor, n)[0]) for n in (few, many)]
    except ProcessorError:
        return UNKNOWN
    return Quantity(refills[0] * least, refills[1] * most)


def _line(processor: Processor) -> Line:
    paper = PAPER.get(processor.name) if processor == processors().get(processor.name) else None
    return Line(
        f"page-table switch, {processor.name}",
        paper=paper[2] if paper else None,
        formula=page_table_switch(processor),
        simulated=_simulated_range(processor),
        rests_on="tagged: nothing is lost"
        if processor.tagged
        else "4 · m … (s − 4) · m; simulated: so many pages, away, the kernel's 4 pages, and back",
    )


def table1(setting: Setting) -> Grid:
    """Table 1, with a row for each processor of which the paper or its file says enough."""
    rows = tuple(
        (each.name, each.capacity, each.miss, page_table_switch(each), each.segment_switch)
        for each in setting.rows
        if each.capacity.known or each == setting.subject
    )
    head = ("processor", "buffer entries", "miss cycles", "page-table switch", "segment switch")
    by_software = [each.name for each in setting.rows if each.refill == "software"]
    tagged = [each.name for each in setting.rows if each.tagged]
    note = (
        f"Refilled by software: {', '.join(by_software)}. Tagged, so that a switch loses nothing: {', '.join(tagged)}."
    )
    return Grid("Table 1: address-space switches, in cycles", head, rows, note)


def _reload_lines() -> list[Line]:
    pentium = processors()["Pentium"]
    least = exactly(pentium.miss.bounds()[0])
    full = reload(pentium.capacity, least, 96)
    hundred = full * Fraction(1, 100)
    return [
        Line("Pentium, all of the buffer", paper=exactly(864), formula=full, rests_on="(32 + 64) · 9"),
        Line(
            "an interruption every 100 µs, at 100 MHz",
            "%",
            exactly(9),
            hundred,
            rests_on="864 cycles of 10,000; at the 90 MHz of Fig. 2 it is 9.6",
        ),
        Line(
            "100,000 switches a second at 50 cycles and 100 MHz",
            "%",
            formula=exactly(Fraction(50 * 100_000, 10**8) * 100),
            rests_on="the paper calls it ignorable",
        ),
        Line(
            "local spaces in a PowerPC's global one",
            "spaces",
            paper=exactly(2**20),
            formula=exactly(2**52 // 2**32),
            rests_on="2⁵² / 2³²; the paper says about a million",
        ),
    ]


def in_sets(processor: Processor) -> Grid:
    """Refills by the pages' places: one after the other, and so far apart that they share a set."""
    entries = data_entries(processor)
    part = next((part for part in processor.buffers if part.kind != Kind.CODE), None)
    sets = entries // int(part.ways.exact) if part is not None and part.ways.known else 1
    rows = []
    sizes = {
        LEAST_PAGES,
        LEAST_PAGES + 1,
        2 * LEAST_PAGES,
        max(1, entries - LEAST_PAGES),
        entries,
        entries + LEAST_PAGES,
    }
    for pages in sorted(sizes):
        for apart in dict.fromkeys((1, sets)):
            numbers = [apart * n for n in range(pages)]
            one, real, stays = (
                away_and_back(processor, numbers, rounds=ROUNDS, fully_associative=True),
                away_and_back(processor, numbers, rounds=ROUNDS),
                away_and_back(processor, numbers, rounds=ROUNDS, fully_associative=True, switch=False),
            )
            rows.append((str(pages), str(apart), str(min(pages, entries)), str(one), str(stays), str(real)))
    head = ("pages", "apart", "min(n, s)", "one set", "one set, no switch", "real ways")
    return Grid(
        f"{processor.name}: refills of data pages, gone through twice after a switch away and back",
        head,
        tuple(rows),
        f"{entries} entries in {counted(sets, 'set')}. A buffer of one set never misses more than"
        " min(n, s) beyond what it misses without the switch. In real ways pages that share a set displace each other.",
    )


def string_found(processor: Processor) -> Grid | None:
    """A shortest string on which the real ways refill more than min(n, s), by the solver, run on both buffers."""
    part = next((part for part in processor.buffers if part.kind != Kind.CODE), None)
    if part is None or not part.entries.known or not part.ways.known or part.ways == part.entries:
        return None
    entries, ways = int(part.entries.exact), int(part.ways.exact)
    string = worse_in_sets(entries, ways)
    if not string:
        return None
    different = sorted(set(string))
    order = [different.index(page) for page in string]
    rows = []
    for name, one_set in (("one set", True), (f"{ways}-way", False)):
        bench = Bench(processor, spaces=1, numbers=different, fully_associative=one_set)
        rows.append((name, str(len(different)), str(bench.refills(order))))
    title = f"{processor.name}: pages {', '.join(map(str, string))} after a switch, found by a solver"
    return Grid(title, ("buffer", "min(n, s)", "refills"), tuple(rows), "No shorter string does worse in sets.")


def scattered(pages: int) -> list[int]:
    """Page numbers without an order, the same in every run."""
    return Random(1995).sample(range(max(1 << 10, 4 * pages)), pages)


def _plot(processor: Processor) -> Plot:
    entries = data_entries(processor)
    step = max(1, entries // 16)
    numbers = range(step, entries + 1, step)

    def curve(name: str, refills: Iterable[int]) -> Curve:
        return Curve(name, tuple((float(n), float(r), float(r)) for n, r in zip(numbers, refills, strict=True)))

    def simulated(places: Callable[[int], Sequence[int]], one_set: bool) -> Iterator[int]:
        return (away_and_back(processor, places(n), rounds=ROUNDS, fully_associative=one_set) for n in numbers)

    return Plot(
        f"Refills after a switch, {processor.name}",
        "data pages, gone through twice",
        "refills",
        (
            curve("min(n, s)", (min(n, entries) for n in numbers)),
            curve("simulated, one set, scattered pages", simulated(scattered, one_set=True)),
            curve("simulated, real ways, pages in a row", simulated(range, one_set=False)),
            curve("simulated, real ways, scattered pages", simulated(scattered, one_set=False)),
        ),
    )


def run(setting: Setting) -> Findings:
    """Table 1 by its rule and by simulation, and refills by working set."""
    subject = setting.subject or processors()["486"]
    lines = [_line(each) for each in setting.rows if each.capacity.known]
    grids, plots = [table1(setting)], []
    try:
        grids.append(in_sets(subject))
        found = string_found(subject)
        grids += [found] if found else []
        plots.append(_plot(subject))
    except ProcessorError as error:
        return Findings(
            "P2", "Address-space switches", (*lines, *_reload_lines()), tuple(grids), incomplete=(str(error),)
        )
    notes = ("Simulated buffers replace the least recently used entry; of unknown ways they have one set.",)
    return Findings("P2", "Address-space switches", (*lines, *_reload_lines()), tuple(grids), tuple(plots), notes)


EXPERIMENT = Experiment("P2", "the cost of a switch between address spaces: Table 1", run, ("table1", "switching"))
