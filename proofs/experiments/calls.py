"""P4: remote procedure calls of one byte: Table 2, with cycles from times (section 4.1.3)."""

from dataclasses import dataclass
from fractions import Fraction

from machine.costs.quantity import Number, exactly
from proofs.experiments.result import Experiment, Findings, Grid, Line, Setting


@dataclass(frozen=True, slots=True)
class Published:
    """A row of Table 2.

    :param cycles: of one way, as printed.
    :param explained: why they are not those of the row's time and clock.
    """

    system: str
    processor: str
    mhz: Number
    round_trip_us: int
    cycles: int
    full: bool
    explained: str = ""

    @property
    def computed(self) -> Number:
        """Cycles of one way: µs · MHz / 2."""
        return Fraction(self.round_trip_us) * self.mhz / 2


R2000_MHZ = Fraction("16.7")
TABLE_2 = (
    Published("L3", "486", 50, 10, 250, True),
    Published("QNX", "486", 33, 76, 1254, True),
    Published("Mach", "R2000", R2000_MHZ, 190, 1584, True, "16.67 MHz gives 1583.65"),
    Published("SRC RPC", "CVAX", Fraction("12.5"), 464, 2900, True),
    Published("Mach", "486", 50, 230, 5750, True),
    Published("Amoeba", "68020", 15, 800, 6000, True),
    Published("Spin", "Alpha 21064", 133, 102, 6783, True),
    Published("Mach", "Alpha 21064", 133, 104, 6916, True),
    Published("Exo-tlrpc", "R2000", R2000_MHZ, 6, 53, False, "53 cycles are 6.35 µs, which the table rounds to 6"),
    Published("Spring", "SparcV8", 40, 11, 220, False),
    Published("DP-Mach", "486", 66, 16, 528, False),
    Published("LRPC", "CVAX", Fraction("12.5"), 157, 981, False),
)


def run(setting: Setting) -> Findings:
    """Each row of Table 2 from its time and clock."""
    lines = [
        Line(
            f"{row.system}, {row.processor} at {exactly(row.mhz)} MHz",
            paper=exactly(row.cycles),
            formula=exactly(row.computed),
            rests_on=f"{row.round_trip_us} µs · {exactly(row.mhz)} / 2",
            explained=row.explained,
        )
        for row in TABLE_2
    ]
    wrong = [row for row in TABLE_2 if row.explained]
    lines += [
        Line(
            f"L3 against Unix pipes of {pipes} µs",
            "times",
            exactly(pipes // 10),
            exactly(Fraction(pipes, 10)),
            rests_on=f"{pipes} µs / 10 µs",
        )
        for pipes in (400, 800)
    ]
    lines.append(
        Line(
            "L3 against Mach, both on a 486",
            "times",
            exactly(22),
            exactly(Fraction(230, 10)),
            rests_on="230 µs / 10 µs",
            explained="footnote 2 has the ratio of 1993, 115 / 5.2",
        )
    )
    grid = Grid(
        "Table 2: round trips of one byte",
        ("system", "processor", "MHz", "µs", "cycles one way, printed", "computed", "semantics"),
        tuple(
            (
                row.system,
                row.processor,
                exactly(row.mhz),
                str(row.round_trip_us),
                exactly(row.cycles),
                exactly(row.computed),
                "full" if row.full else "restricted",
            )
            for row in TABLE_2
        ),
        "Not those of the row's own time and clock: "
        + "; ".join(f"{row.system} on {row.processor} ({row.explained})" for row in wrong),
    )
    return Findings("P4", "One-byte remote procedure calls", tuple(lines), (grid,))


EXPERIMENT = Experiment("P4", "the cost of a remote procedure call: Table 2", run, ("table2", "rpc"))
