"""P1: a switch between kernel and user, and what the overhead of a whole call is in misses (section 4.1.1)."""

from fractions import Fraction

from machine.costs.events import Bill, Event, Item, Ledger, bill
from machine.costs.processor import Kind, Processor
from machine.costs.quantity import Quantity, between, exactly
from machine.costs.reading import ProcessorError, processors
from machine.events import READ
from proofs.experiments.result import Experiment, Findings, Grid, Line, Setting
from proofs.experiments.simulated import Bench

MACH_CALL_US = 18
L3_OVERHEAD = 15
RARE_BUFFER_MISSES, RARE_CACHE_MISSES = 3, 10
OVERHEAD = 800


def call(processor: Processor, *, cold: bool) -> Ledger:
    """A system call on the simulated machine, whose kernel path reads ten lines in three pages.

    :param cold: with nothing of the path in buffer and caches; else after a first call.
    """
    bench = Bench(processor, spaces=1, pages=RARE_BUFFER_MISSES)
    line = 32
    places = [(n % RARE_BUFFER_MISSES, line * n) for n in range(RARE_CACHE_MISSES)]
    for _ in range(1 if cold else 2):
        bench.core.ledger.clear()
        bench.core.trap()
        for page, offset in places:
            bench.touch(page, READ, offset)
        bench.core.leave()
    return bench.core.ledger


def rare(processor: Processor) -> Quantity:
    """What a path costs more that is rarely executed: three misses of the buffer, ten of the cache."""
    cache = processor.cache(Kind.DATA)
    misses = cache.miss * RARE_CACHE_MISSES if cache else Quantity()
    return _least(processor.miss) * RARE_BUFFER_MISSES + misses


def _least(value: Quantity) -> Quantity:
    """The paper counts a miss at its least."""
    return exactly(value.least) if value.least is not None else value


def run(setting: Setting) -> Findings:
    """The numbers of section 4.1.1, for one processor; the paper's are of the 486."""
    processor = setting.subject or processors()["486"]
    of_paper = processor.name == "486" and processor == processors()["486"]

    def paper(least: int | Fraction, most: int | Fraction | None = None) -> Quantity | None:
        return Quantity(least, least if most is None else most) if of_paper else None

    crossing, clock = processor.crossing, processor.clock_mhz
    try:
        warm, cold = bill(call(processor, cold=False), processor), bill(call(processor, cold=True), processor)
        lacking: tuple[str, ...] = ()
    except ProcessorError as error:
        warm = cold = Bill((Item(Event.TRAP_IN, 1, Quantity()),))
        lacking = (str(error),)
    cold_more = cold.total - warm.total if cold.total.known and warm.total.known else Quantity()
    least_cold = exactly(cold_more.least) if cold_more.least is not None else cold_more
    whole = crossing + exactly(L3_OVERHEAD)
    lines = [
        Line("enter the kernel", paper=paper(71), formula=processor.trap_in, rests_on="the processor's data"),
        Line("return to the user", paper=paper(36), formula=processor.trap_out, rests_on="the processor's data"),
        Line(
            "both, the lower bound",
            paper=paper(107),
            formula=crossing,
            simulated=warm.total,
            rests_on="in + out; simulated: a call whose path is in buffer and caches",
        ),
        Line("the same", "µs", paper(2), _per(crossing, clock), rests_on="cycles / MHz"),
        Line(
            "Mach's get_self_thread",
            paper=paper(900),
            formula=clock * MACH_CALL_US if of_paper else None,
            rests_on="18 µs × MHz",
        ),
        Line(
            "overhead of that call",
            paper=paper(OVERHEAD),
            formula=clock * MACH_CALL_US - crossing if of_paper else None,
            rests_on="call − crossing",
            explained="the paper says 800 or more of 793",
        ),
        Line(
            "800 cycles in misses of the buffer",
            "misses",
            paper(90),
            _divided(OVERHEAD, _least(processor.miss)),
            rests_on="800 / miss, at its least",
            explained="the paper rounds to tens",
        ),
        Line(
            "800 cycles in misses of the cache",
            "misses",
            paper(270),
            _divided(OVERHEAD, _cache_miss(processor)),
            rests_on="800 / miss",
            explained="the paper rounds to tens",
        ),
        Line(
            "800 cycles in instructions",
            "instructions",
            paper(500),
            rests_on="the paper's own rate, 1.6 cycles an instruction, is no value of the processor",
        ),
        Line("L3's overhead", paper=paper(15), rests_on="counted by the paper's author in L3"),
        Line(
            "L3's call at best",
            paper=paper(123),
            formula=whole,
            rests_on="crossing + 15",
            explained="off by one in the paper: 107 + 15 = 122",
        ),
        Line(
            "more if rarely executed",
            paper=paper(57),
            formula=rare(processor),
            simulated=least_cold,
            rests_on="3 misses of the buffer + 10 of the cache; simulated: ten lines in three pages, cold − warm",
        ),
        Line(
            "L3's call",
            paper=paper(123, 180),
            formula=between(whole, whole + rare(processor)),
            rests_on="at best … with what is rarely executed",
            explained="the same off by one",
        ),
        Line("enter and leave, ideally", paper=paper(4), rests_on="2 + 2 on a processor that issues one instruction"),
    ]
    return Findings(
        "P1",
        f"Kernel–user switches on {processor.name}",
        tuple(lines),
        (bill_grid("The bill of a cold call, simulated", cold),),
        incomplete=lacking,
        notes=("Buffer misses are charged at their least, as the paper does in this section.",),
    )


def bill_grid(title: str, charged: Bill) -> Grid:
    """A bill as a table."""
    rows = tuple((item.event.value, str(item.times), item.price, item.cycles) for item in charged.items)
    return Grid(title, ("event", "times", "price", "cycles"), rows)


def _cache_miss(processor: Processor) -> Quantity:
    cache = processor.cache(Kind.DATA)
    return cache.miss if cache else Quantity()


def _divided(cycles: int, each: Quantity) -> Quantity:
    """How many of them the cycles are."""
    return exactly(Fraction(cycles) / each.exact) if each.known and each.exact else Quantity()


def _per(cycles: Quantity, clock: Quantity) -> Quantity:
    """In µs."""
    return cycles * (Fraction(1) / clock.exact) if clock.known and clock.exact else Quantity()


EXPERIMENT = Experiment("P1", "the cost of a switch between kernel and user", run, ("crossing",))
