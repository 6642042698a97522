"""P5: Fig. 2 as an experiment: an RPC to a small server and back, then the application's working set is touched again.

The paper's method: a server of 2 pages, an application of 2 to 64 data pages, the RPC and the accesses after it against
the same accesses without the RPC. Its curves are lost: no text of the paper that survives has their values.
"""

from dataclasses import dataclass
from fractions import Fraction

from machine.costs.core import data_entries
from machine.costs.events import Event, Ledger, bill
from machine.costs.processor import Processor
from machine.costs.quantity import UNKNOWN, Quantity
from machine.costs.reading import ProcessorError, processors
from proofs.experiments.counted_messages import CLIENT, SERVER, CountedMessages
from proofs.experiments.result import Cell, Curve, Experiment, Findings, Grid, Plot, Setting
from proofs.experiments.segments import switch_events
from proofs.experiments.simulated import Bench

SERVER_PAGES = 2
LEAST, MOST = 2, 64
WARM, ROUNDS = 2, 4

LOST = "The paper's own curves are lost; these are computed and simulated, not read off its figure."
LEFT_OUT = (
    "Counted: two crossings, two switches, the refills of server and application; in the last column also the fields of"
    " threads' blocks that the simulated kernel touches on the way of two messages, and what they miss in the cache."
    " Left out, since it is the same for both: instructions of the kernel's path, and other misses of caches."
)


@dataclass(frozen=True, slots=True)
class Counted:
    """What one RPC took on the machine.

    :param path: the same with the fields that the kernel touches.
    """

    refills: Fraction
    cycles: Quantity
    path: Quantity


OF_PATH = (Event.FIELD, Event.DATA_MISS)


def simulate(processor: Processor, pages: int, *, segments: bool) -> Counted:
    """An RPC and the accesses after it, less the same accesses without one; the mean of some rounds."""
    with_rpc = _rounds(processor, pages, segments, rpc=True)
    without = _rounds(processor, pages, segments, rpc=False)
    refills = with_rpc.counts[Event.BUFFER_MISS] - without.counts[Event.BUFFER_MISS]
    bare = Ledger()
    bare.counts.update({event: times for event, times in with_rpc.counts.items() if event not in OF_PATH})
    return Counted(Fraction(refills, ROUNDS), _more(bare, without, processor), _more(with_rpc, without, processor))


def _more(one: Ledger, other: Ledger, processor: Processor) -> Quantity:
    """What a round takes more: fewer misses at the same price, and not a range less a range."""
    total, less = bill(one, processor).total, bill(other, processor).total
    if not (total.known and less.known):
        return UNKNOWN
    (low, high), (low_less, high_less) = total.bounds(), less.bounds()
    return Quantity(low - low_less, high - high_less) * Fraction(1, ROUNDS)


def _rounds(processor: Processor, pages: int, segments: bool, rpc: bool) -> Ledger:
    """The ledger of some rounds; in each a message to the server, one back, and the accesses of the application."""
    bench = Bench(processor, spaces=2, numbers=range(pages + SERVER_PAGES))
    messages = CountedMessages(bench.core)
    core = bench.core
    server = range(pages, pages + SERVER_PAGES)
    bench.enter(0)
    for turn in range(WARM + ROUNDS):
        if turn == WARM:
            messages.start()
        if rpc:
            for sender in (CLIENT, SERVER):
                core.trap()
                space = messages.send(sender)
                if segments:
                    core.ledger.counts.update(switch_events().counts)
                else:
                    bench.enter(space)
                core.leave()
                if space == SERVER:
                    bench.touch_all(server)
        bench.touch_all(range(pages))
    return messages.counted()


def by_formula(processor: Processor, pages: int, *, segments: bool) -> Quantity:
    """Two crossings and two switches; and by page table the refills of min(n, s) pages and of the server's."""
    crossings = processor.crossing * 2
    if segments:
        return crossings + processor.segment_switch * 2
    if processor.tagged:
        return crossings + processor.root_load * 2
    refills = min(pages, data_entries(processor)) + SERVER_PAGES
    return crossings + processor.root_load * 2 + processor.miss * refills


WAYS = (("page table", False), ("segments", True))


def run(setting: Setting) -> Findings:
    """Both ways of switching, for working sets of 2 to 64 pages."""
    processor = setting.subject or processors()["Pentium"]
    title = f"Small spaces on {processor.name}"
    try:
        data_entries(processor)
    except ProcessorError as error:
        return Findings("P5", title, notes=(LOST,), incomplete=(str(error),))
    ways = [way for way in WAYS if not way[1] or processor.segment_switch.known]
    sizes = range(LEAST, MOST + 1, 2)
    counted = {(n, name): simulate(processor, n, segments=by) for n in sizes for name, by in ways}
    formula = {(n, name): by_formula(processor, n, segments=by) for n in sizes for name, by in ways}
    rows: list[tuple[Cell, ...]] = []
    for n in (2, 4, 8, 16, 32, 48, 60, 62, 64):
        for name, _ in ways:
            found = counted[n, name]
            refills = str(Quantity(found.refills, found.refills))
            rows.append((str(n), name, formula[n, name], refills, found.cycles, found.path))
    head = ("data pages", "switch by", "formula", "refills simulated", "cycles simulated", "with the kernel's fields")
    grids = (Grid(f"An RPC and the accesses after it, {processor.name}", head, tuple(rows), LEFT_OUT),)
    plots = tuple(_plots(processor, ways, {key: each.cycles for key, each in counted.items()}, formula))
    notes = [LOST]
    if len(ways) == 1:
        notes.append(f"{processor.name}: the cost of a switch by segments is unknown or there is none.")
    return Findings("P5", title, grids=grids, plots=plots, notes=tuple(notes))


Values = dict[tuple[int, str], Quantity]


def _plots(processor: Processor, ways: list[tuple[str, bool]], simulated: Values, formula: Values) -> list[Plot]:
    curves = []
    for name, _ in ways:
        for what, values in (("simulated", simulated), ("formula", formula)):
            points = [(n, value.bounds()) for (n, way), value in values.items() if way == name and value.known]
            if points:
                made = tuple((float(n), float(low), float(high)) for n, (low, high) in points)
                curves.append(Curve(f"{name}, {what}", made))
    if not curves:
        return []
    clock = processor.clock_mhz
    second = (f"µs at {clock} MHz", 1 / float(clock.exact)) if clock.known and clock.exact else None
    least, most = processor.miss.bounds() if processor.miss.known else ("?", "?")
    note = f"{LOST} Bands: {least} to {most} cycles a miss."
    where = f"RPC and re-access on {processor.name}: page table against segments"
    return [Plot(where, "data pages of the application", "cycles", tuple(curves), note, second=second)]


EXPERIMENT = Experiment("P5", "small spaces as the working set grows: Fig. 2", run, ("fig2", "small-spaces"))
