"""P7: the same kernel on 486 and Pentium: Table 3, segments against page tables, control blocks in the cache (5.1)."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from machine.costs.caches import cache_of
from machine.costs.core import data_entries
from machine.costs.processor import BufferPart, CacheData, Kind, Processor
from machine.costs.quantity import Quantity, exactly
from machine.costs.reading import processors
from proofs.experiments.result import Experiment, Findings, Grid, Line, Setting
from proofs.experiments.segments import by_segments
from proofs.experiments.switching import LEAST_PAGES

SEGMENT_MODEL = 130
"""What the segment model costs more on the 486, as the paper states it; nothing says of what it is the sum."""

ALIGNMENTS = (4096, 1024)


def _buffer(part: BufferPart) -> str:
    letter = {Kind.UNIFIED: "u", Kind.CODE: "i", Kind.DATA: "d"}[part.kind]
    return f"{part.entries} ({letter}), {part.ways}-way"


def _cache(cache: CacheData) -> str:
    letter = {Kind.UNIFIED: "u", Kind.CODE: "i", Kind.DATA: "d"}[cache.kind]
    size = f"{cache.bytes.exact // 1024}K" if cache.bytes.known else "?"
    return f"{size} ({letter}), {cache.ways}-way, {cache.line_bytes}B"


def table3(rows: tuple[Processor, ...]) -> Grid:
    """Table 3, with a column for each processor that has a buffer and a cache described."""
    told = tuple(each for each in rows if each.caches and each.buffers)

    def written(each: Processor) -> str:
        return each.caches[-1].write

    facts = (
        ("buffer", tuple(" + ".join(map(_buffer, each.buffers)) for each in told)),
        ("cache", tuple(" + ".join(map(_cache, each.caches)) for each in told)),
        ("write", tuple(map(written, told))),
        ("fast instruction", tuple(str(each.fast_instruction) for each in told)),
        ("segment register", tuple(str(each.segment_load) for each in told)),
        ("trap", tuple(str(each.crossing) for each in told)),
    )
    rows_of = tuple((name, *values) for name, values in facts)
    return Grid("Table 3: what differs", ("", *(each.name for each in told)), rows_of)


def competing(processor: Processor, alignment: int, block: int = 1024) -> Fraction:
    """The share of pairs of control blocks that use a common set of the data cache, of all places they may have.

    Two blocks lie at two multiples of the alignment; all pairs of places in a page of the cache's ways are enumerated.

    :raises ValueError: too little of the cache is known.
    """
    data = processor.cache(Kind.DATA)
    cache = cache_of(data) if data is not None else None
    if cache is None:
        raise ValueError(f"{processor.name}: too little of its data cache is known")
    way = cache.size // cache.ways
    places = range(0, max(way, alignment), alignment)
    used = {place: {cache.set_of(place + at) for at in range(0, block, cache.line_bytes)} for place in places}
    pairs = list(product(places, places))
    return Fraction(sum(1 for one, other in pairs if used[one] & used[other]), len(pairs))


def _alignment_lines(pentium: Processor) -> Iterator[Line]:
    paper = {4096: 0, 1024: 75}
    for alignment in ALIGNMENTS:
        free = (1 - competing(pentium, alignment)) * 100
        yield Line(
            f"two control blocks without a common set, aligned to {alignment // 1024}K",
            "%",
            paper=exactly(paper[alignment]) if alignment == 1024 else None,
            formula=exactly((1 - Fraction(alignment, 4096)) * 100),
            simulated=exactly(free),
            rests_on="1 − alignment / 4K of a way; simulated: all pairs of places, sets by the cache's own rule",
        )


def _lines_a_page(processor: Processor) -> Quantity:
    """The lines of the data cache for each page that the buffer has an entry for."""
    data = processor.cache(Kind.DATA)
    if data is None or not (data.bytes.known and data.line_bytes.known):
        return Quantity()
    return exactly(Fraction(data.bytes.exact) / (data.line_bytes.exact * data_entries(processor)))


def run(setting: Setting) -> Findings:
    """The sums of section 5.1."""
    i486, pentium = processors()["486"], processors()["Pentium"]
    miss = exactly(i486.miss.bounds()[0])
    entries = int(i486.capacity.exact)
    kernel = miss * LEAST_PAGES
    all_used = miss * (entries - LEAST_PAGES) + kernel
    half_used = miss * ((entries - LEAST_PAGES) // 2) + kernel
    segments = (exactly(SEGMENT_MODEL) + by_segments(i486)) * 2
    best = kernel + kernel

    def sums(what: str, paper: int, formula: Quantity, rests_on: str) -> Line:
        return Line(what, paper=exactly(paper), formula=formula, rests_on=rests_on)

    order = [segments.exact, all_used.exact, half_used.exact, best.exact]
    lines = [
        sums("486, segments, there and back", 338, segments, "(130 + 39) · 2"),
        sums("486, page tables, all of the buffer in use", 288, all_used, "28 · 9 + 4 · 9"),
        sums("486, page tables, half of the buffer in use", 162, half_used, "14 · 9 + 4 · 9"),
        sums("486, page tables, at best", 72, best, "4 · 9 + 4 · 9"),
        Line(
            "page tables win on the 486 in so many of the three cases",
            "cases",
            exactly(3),
            exactly(sum(1 for each in order[1:] if each < order[0])),
            rests_on="338 > 288 > 162 > 72",
        ),
        Line(
            "Pentium's buffer against the 486's",
            "times",
            exactly(3),
            exactly(Fraction(pentium.capacity.exact) / entries),
            rests_on="96 / 32",
        ),
        Line(
            "cached lines a page, if 64 data pages share the Pentium's data cache",
            "lines",
            exactly(4),
            _lines_a_page(pentium),
            rests_on="footnote 7: 8 KiB / 64 pages / 32 bytes",
        ),
        *_alignment_lines(pentium),
    ]
    return Findings("P7", "486 against Pentium", tuple(lines), (table3(setting.rows),))


EXPERIMENT = Experiment("P7", "the same kernel on two processors: Table 3", run, ("table3", "pentium"))
