"""P8: the exokernel's protected control transfer against L3's IPC, both in cycles of a 486 (section 5.2)."""

from fractions import Fraction

from machine.costs.quantity import Quantity, exactly
from machine.costs.reading import processors
from proofs.experiments.calls import TABLE_2
from proofs.experiments.result import Experiment, Findings, Line, Setting

TRANSFER, TO_FULL_IPC, TO_TRUSTED_LRPC = 35, 30, 18
FLUSH = 49
SLOWER = Quantity(Fraction("1.4"), Fraction("1.6"))
"""Cycles of a 486 for one of an R2000: by SpecInts, and by the kinds of instructions that the code has."""

SAVED_MISSES = 11


def run(setting: Setting) -> Findings:
    """The sums of section 5.2; R2000 cycles become 486 cycles by the paper's two rates."""
    i486 = processors()["486"]
    l3 = next(row.cycles for row in TABLE_2 if row.system == "L3")
    lrpc = next(row.cycles for row in TABLE_2 if row.system == "Exo-tlrpc")
    full = exactly(TRANSFER + TO_FULL_IPC)
    penalty = i486.crossing + exactly(FLUSH)
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
            "DP-Mach against L3, both on a 486",
            "times",
            paper=exactly(2),
            formula=exactly(Fraction(528, 250)),
            rests_on="528 / 250",
        ),
    )
    note = (
        "The 49 cycles of the buffer's flush, and the steps of 30 and 18, are the paper's; nothing here derives them."
    )
    return Findings("P8", "Protected control transfer against IPC", lines, notes=(note,))


EXPERIMENT = Experiment("P8", "protected control transfer against IPC", run, ("exokernel", "control-transfer"))
