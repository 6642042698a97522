"""This machine beside those of 1995: a C program is compiled and run, and its medians are shown with their spread.

Times are no results that anything rests on: they depend on what else the machine does, and no test asserts one.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from machine.costs.quantity import NOT_APPLICABLE, Quantity, exactly
from machine.costs.reading import processors
from proofs.experiments.calls import TABLE_2
from proofs.experiments.result import Cell, Findings, Grid
from proofs.experiments.switching import page_table_switch

NOISY: Final = 0.05
"""The spread of the middle half, of the median, from which on a measurement is called noisy."""

COMPILED_WITHIN, RUN_WITHIN = 60.0, 10.0
"""Seconds for the compiler, and for one repetition."""

LINES: Final = (64, 256, 1024, 4096)


class MeasuringError(Exception):
    """The machine could not be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Nanoseconds of one thing, a value each repetition."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value in the middle."""
        return median(self.values)

    @property
    def middle(self) -> tuple[float, float]:
        """Between which the middle half lies.

        >>> Measured((1.0, 2.0, 3.0, 4.0, 5.0)).middle
        (2.0, 4.0)
        """
        low, _, high = quantiles(self.values, n=4, method="inclusive")
        return low, high

    @property
    def noisy(self) -> bool:
        """Whether the middle half is spread wide."""
        low, high = self.middle
        return high - low > NOISY * abs(self.median)

    @property
    def told(self) -> bool:
        """Whether it is told from nothing: the middle half is above 0."""
        return self.middle[0] > 0

    def less(self, other: "Measured", share: float = 1.0) -> "Measured":
        """The differences, repetition by repetition, or a share of them."""
        pairs = zip(self.values, other.values, strict=True)
        return Measured(tuple((one - two) * share for one, two in pairs))


def parse(output: str, repetitions: int) -> tuple[bool, dict[str, Measured]]:
    """Whether the program ran pinned, and what it measured.

    :raises MeasuringError: it did not print each measurement once a repetition.
    """
    values: dict[str, list[float]] = {}
    for line in output.splitlines():
        name, _, value = line.partition(" ")
        try:
            values.setdefault(name, []).append(float(value))
        except ValueError:
            raise MeasuringError(f"the measuring program printed {line[:60]!r}") from None
    pinned = values.pop("pinned", [0.0])
    wanted = set(PLAIN) | {f"{kind}-{n}" for kind in ("apart", "beside") for n in LINES}
    if set(values) != wanted or any(len(each) != repetitions for each in values.values()):
        raise MeasuringError("the measuring program did not print all that it should")
    return pinned == [1.0], {name: Measured(tuple(each)) for name, each in values.items()}


PLAIN: Final = {
    "addition": "dependent addition",
    "call": "null system call",
    "pipe-alone": "byte through its own pipe",
    "pipe-processes": "round trip, pipes, processes",
    "pipe-threads": "round trip, pipes, threads",
    "futex-processes": "round trip, futex, processes",
    "futex-threads": "round trip, futex, threads",
}

THREADS, SPACES, MISS = "switch of threads", "switch of spaces", "buffer miss, {} pages"


def run(repetitions: int) -> tuple[bool, dict[str, Measured]]:
    """Compile the program and run it.

    :raises MeasuringError: there is no Linux or no compiler, or either program failed or took too long.
    """
    if platform.system() != "Linux":
        raise MeasuringError(f"the measuring program is for Linux, and this is {platform.system()}")
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise MeasuringError("there is no C compiler: install one, or name it in the environment variable CC")
    source = resources.files("proofs.experiments").joinpath("measure.c").read_text("utf-8")
    with tempfile.TemporaryDirectory(prefix="musigma-measure-") as place:
        file, program = Path(place) / "measure.c", Path(place) / "measure"
        file.write_text(source, "utf-8")
        _call([compiler, "-O2", "-pthread", "-o", str(program), str(file)], COMPILED_WITHIN)
        return parse(_call([str(program), str(repetitions)], RUN_WITHIN * repetitions), repetitions)


def _call(command: Sequence[str], seconds: float) -> str:
    """What a program printed; its children end with it."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise MeasuringError(f"{name} took more than {seconds:g} s") from None
    except OSError as error:
        raise MeasuringError(f"{name}: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise MeasuringError(f"{name}: {said[0][:200]}")
    return done.stdout


def virtual(cpuinfo: str, product: str) -> bool:
    """Return whether the processor or the firmware says that this is a virtual machine.

    >>> virtual("flags : fpu hypervisor sse", ""), virtual("flags : fpu", "KVM"), virtual("flags : fpu", "X1")
    (True, True, False)
    """
    names = ("kvm", "virtual", "vmware", "qemu", "xen", "bochs", "cloud", "compute engine", "ec2")
    flags = (line for line in cpuinfo.splitlines() if line.startswith("flags"))
    return any("hypervisor" in line.split() for line in flags) or any(name in product.lower() for name in names)


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return ""


def derived(found: Mapping[str, Measured]) -> dict[str, Measured]:
    """What follows from two measurements each, by name as it is shown."""
    twice_alone = Measured(tuple(2 * value for value in found["pipe-alone"].values))
    made = {
        THREADS: found["pipe-threads"].less(twice_alone, 0.5),
        SPACES: found["futex-processes"].less(found["futex-threads"], 0.5),
    }
    for n in LINES:
        made[MISS.format(n)] = found[f"apart-{n}"].less(found[f"beside-{n}"])
    return made


def _cycles(each: Measured, nanoseconds_a_cycle: float) -> Cell:
    return _number(each.median / nanoseconds_a_cycle) if nanoseconds_a_cycle > 0 else Quantity()


def _number(value: float) -> Quantity:
    """As many digits as a noisy measurement deserves."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return exactly(Fraction(f"{value:.{digits}f}"))


def _row(name: str, each: Measured, cycle: float) -> tuple[Cell, ...]:
    low, high = each.middle
    return (
        name,
        _number(each.median),
        f"{_number(low)} … {_number(high)}",
        f"{_number(min(each.values))} … {_number(max(each.values))}",
        _cycles(each, cycle),
        "noisy" if each.noisy else "",
    )


def tables(found: Mapping[str, Measured], repetitions: int) -> tuple[Grid, ...]:
    """What was measured, and the rows of this machine in Tables 1 and 2."""
    cycle = found["addition"].median
    more = derived(found)
    rows = [_row(name, found[key], cycle) for key, name in PLAIN.items()]
    rows += [_row(name, each, cycle) for name, each in more.items()]
    head = ("", "ns, median", "middle half", "all", "cycles", "")
    clock = f", which gives {1000 / cycle:,.0f} MHz" if cycle > 0 else ""
    note = (
        f"{repetitions} repetitions. A cycle is taken to be one dependent addition{clock}. A switch of threads is half"
        " of a round trip by pipes less the pipes themselves; a switch of spaces half of what a round trip by futex"
        " takes more between processes than between threads; a buffer miss is a line in a page of its own less one side"
        " by side."
    )
    return Grid("Measured on this machine", head, tuple(rows), note), _table1(more, cycle), _table2(found, cycle)


def _table1(more: Mapping[str, Measured], cycle: float) -> Grid:
    rows: list[tuple[Cell, ...]] = [
        (each.name, each.capacity, each.miss, page_table_switch(each), each.segment_switch)
        for each in processors().values()
        if each.capacity.known
    ]
    misses = [more[MISS.format(n)] for n in LINES]
    cells = [_cycles(each, cycle) for each in misses if each.told]
    known = [each for each in cells if isinstance(each, Quantity) and each.known]
    miss = Quantity(min(q.bounds()[0] for q in known), max(q.bounds()[1] for q in known)) if known else Quantity()
    switch = _cycles(more[SPACES], cycle) if more[SPACES].told else Quantity()
    rows.append(("this machine", Quantity(), miss, switch, NOT_APPLICABLE))
    head = ("processor", "buffer entries", "miss cycles", "page-table switch", "segment switch")
    pages = f"{LINES[0]} to {LINES[-1]} pages"
    note = f"This machine's row is measured: a miss over {pages}, and the switch of spaces; what is lost in noise is ?."
    return Grid("Table 1 with this machine, in cycles", head, tuple(rows), note)


def _table2(found: Mapping[str, Measured], cycle: float) -> Grid:
    rows: list[tuple[Cell, ...]] = [
        (each.system, each.processor, exactly(each.mhz), exactly(each.round_trip_us), exactly(each.cycles))
        for each in TABLE_2
    ]
    clock = _number(1000 / cycle) if cycle > 0 else Quantity()
    for key, name in PLAIN.items():
        if key.startswith(("pipe-p", "pipe-t", "futex")):
            one_way = Measured(tuple(value / 2 for value in found[key].values))
            microseconds = _number(found[key].median / 1000)
            rows.append((f"this machine: {name}", platform.machine(), clock, microseconds, _cycles(one_way, cycle)))
    head = ("system", "processor", "MHz", "round trip, µs", "cycles one way")
    return Grid("Table 2 with this machine", head, tuple(rows))


def findings(repetitions: int) -> Findings:
    """Measure, and show it beside 1995; what hinders it is said."""
    title = f"This machine: {platform.system()}, {platform.machine()}"
    try:
        pinned, found = run(repetitions)
    except MeasuringError as error:
        return Findings("measured", title, incomplete=(str(error),))
    notes = []
    if virtual(_read("/proc/cpuinfo"), _read("/sys/class/dmi/id/product_name")):
        notes.append("This is a virtual machine: another system below it has a part in every number.")
    if not pinned:
        notes.append("The program could not be kept on one processor: round trips are between two.")
    noisy = sum(each.noisy for each in (*found.values(), *derived(found).values()))
    notes.append(
        f"{noisy} of {len(found) + len(derived(found))} measurements are noisy: their middle half is spread by more"
        f" than {NOISY:.0%} of the median. Measured while the machine did whatever else it did."
    )
    return Findings("measured", title, grids=tables(found, repetitions), notes=tuple(notes))
