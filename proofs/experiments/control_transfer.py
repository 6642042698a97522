"""P8: the exokernel's protected control transfer against L3's IPC, both in cycles of a 486 (section 5.2)."""

from fractions import Fraction

from machine.costs.events import Ledger, bill
from machine.costs.processor import Processor
from machine.costs.quantity import Quantity, exactly
from machine.costs.reading import processors
from proofs.experiments.calls import TABLE_2
from proofs.experiments.counted_messages import CLIENT, SERVER, CountedMessages
from proofs.experiments.crossing import bill_grid
from proofs.experiments.result import Experiment, Findings, Line, Setting
from proofs.experiments.simulated import Bench
from proofs.experiments.switching import LEAST_PAGES

TRANSFER, TO_FULL_IPC, TO_TRUSTED_LRPC = 35, 30, 18
FLUSH = 49
SLOWER = Quantity(Fraction("1.4"), Fraction("1.6"))
"""Cycles of a 486 for one of an R2000: by SpecInts, and by the kinds of instructions that the code has."""

SAVED_MISSES = 11


def message(processor: Processor) -> Ledger:
    """A message to a thread in another space, on the simulated kernel, whose receiver then touches its pages.

    Both have the smallest working set of Table 1. Before it, messages have passed; so caches have the path, and the
    buffer, if it is tagged, the pages.
    """
    bench = Bench(processor, spaces=2, pages=LEAST_PAGES)
    messages = CountedMessages(bench.core)
    for sender in (CLIENT, SERVER, CLIENT, SERVER, CLIENT):
        messages.start()
        bench.core.trap()
        bench.enter(messages.send(sender))
        bench.core.leave()
        bench.touch_all(range(LEAST_PAGES))
    return messages.counted()


def run(setting: Setting) -> Findings:
    """The sums of section 5.2; R2000 cycles become 486 cycles by the paper's two rates."""
    i486 = processors()["486"]
    l3 = next(row.cycles for row in TABLE_2 if row.system == "L3")
    lrpc = next(row.cycles for row in TABLE_2 if row.system == "Exo-tlrpc")
    full = exactly(TRANSFER + TO_FULL_IPC)
    penalty = i486.crossing + exactly(FLUSH)
    counted = bill(message(i486), i486)
    lines = (
        Line("transfer on the R2000", paper=exactly(TRANSFER), rests_on="the exokernel's own number"),
        Line(
            "transfer made an RPC between those who trust",
            paper=exactly(lrpc),
            formula=exactly(TRANSFER + TO_TRUSTED_LRPC),
            rests_on="35 + 18; Table 2 has it",
        ),
        Line("transfer extended to what L3's IPC does", paper=exactly(65), formula=full, rests_on="35 + 30"),
        Line(
            "the same in cycles of a 486",
            paper=exactly(100),
            formula=full * SLOWER.bounds()[1],
            simulated=None,
            rests_on="65 · 1.6",
            explained="the paper says up to about 100",
        ),
        Line("the same by SpecInts", formula=full * SLOWER.bounds()[0], rests_on="65 · 1.4"),
        Line("what a 486 takes for trap and buffer", paper=exactly(156), formula=penalty, rests_on="107 + 49"),
        Line("L3's IPC, 8 bytes", paper=exactly(250), formula=exactly(l3), rests_on="Table 2"),
        Line(
            "L3's IPC less that",
            paper=exactly(100),
            formula=exactly(l3) - penalty,
            rests_on="250 − 156",
            explained="the paper says about 100",
        ),
        Line(
            "saved by avoiding 11 misses",
            paper=exactly(99),
            formula=exactly(i486.miss.bounds()[0]) * SAVED_MISSES,
            rests_on="11 · 9, at least",
        ),
        Line(
            "a message of the simulated kernel, one way",
            formula=i486.crossing + i486.root_load + i486.miss * LEAST_PAGES,
            simulated=counted.total,
            rests_on="in + out, a page table, 4 misses; simulated: the same and the fields that the kernel touches",
        ),
        Line(
            "DP-Mach against L3, both on a 486",
            "times",
            paper=exactly(2),
            formula=exactly(Fraction(528, 250)),
            rests_on="528 / 250",
        ),
    )
    notes = (
        "The 49 cycles of the buffer's flush, and the steps of 30 and 18, are the paper's; nothing here derives them.",
        "The simulated kernel is this project's own, and not L3. Its fields are counted, its instructions are not.",
    )
    grids = (bill_grid("A message of the simulated kernel on the 486, one way", counted),)
    return Findings("P8", "Protected control transfer against IPC", lines, grids, notes=notes)


EXPERIMENT = Experiment("P8", "protected control transfer against IPC", run, ("exokernel", "control-transfer"))
