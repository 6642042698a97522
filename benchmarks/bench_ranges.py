"""Calls a second of a library's functions: single pages by version 1 of the interface, and ranges by version 2.

``python benchmarks/bench_ranges.py [SECONDS]`` prints one table from one run: for each search the operations that were
compared, all calls of the library, look-ups among them, and calls a second of processor time, with the ratio to the
first line, and operations a second. The library is ``docs/examples/sized.c``, whose functions for single pages are made
of those for ranges.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL
from refinement.check.driver import driver
from refinement.check.driver.bench import CAPACITY, Bench
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import Sequences
from refinement.check.driver.walk import Walk
from refinement.check.driver.warming import warm_up
from refinement.check.ranges.closure import RangeClosure
from refinement.check.ranges.sampling import RangeSampling
from refinement.check.target.loaders import load_library
from refinement.check.target.wrapping import Loaded

ROOT = Path(__file__).parents[1]
D, W = CANONICAL.readings, CANONICAL_RANGES.readings
FULL = (ALL_RIGHTS,)


def searches(seconds: float) -> dict[str, Callable[[], Any]]:
    """What is measured, by its name; each gets about so many seconds."""
    pages, ranges = Scope(2, 2, 2), RangeScope(2, 2, 2, 1)
    return {
        "pages: sequences of 4, 2 × 2 × 2": lambda: Sequences(D, pages, FULL, 4, seconds),
        "pages: states of 2 × 2 × 2, probed": lambda: Closure(D, pages, FULL, seconds),
        "pages: states of 3 × 2 × 2, probed": lambda: Closure(D, Scope(3, 2, 2), FULL, seconds),
        "ranges: states of 2 × 2 × 2, order 0": lambda: RangeClosure(D, W, ranges, seconds, probing=True),
        "ranges: states of 3 × 2 × 2, order 0": lambda: RangeClosure(D, W, RangeScope(3, 2, 2, 1), seconds),
        "ranges: states of 3 × 2 × 2, orders 0, 1": lambda: RangeClosure(D, W, RangeScope(3, 2, 2, 3), seconds),
        "ranges: states of 2 × 4 × 4, orders 0, 1, up to renaming": lambda: RangeClosure(
            D, W, RangeScope(2, 4, 4, 3), seconds, symmetric=True
        ),
        "ranges: states of 2 × 8 × 8, orders 0, 1, 3, up to renaming": lambda: RangeClosure(
            D, W, RangeScope(2, 8, 8, 0b1011), seconds, symmetric=True
        ),
        "pages: random programs": lambda: Walk(D, 1, 0, 2_000_000, seconds=seconds),
        "ranges: random programs, 3 × 4 × 4, order 0": lambda: RangeSampling(
            D, W, RangeScope(3, 4, 4, 1), seconds, 1, 20
        ),
        "ranges: random programs, 3 × 4 × 4, orders 0, 1": lambda: RangeSampling(
            D, W, RangeScope(3, 4, 4, 3), seconds, 1, 20
        ),
    }


def measured(loaded: Loaded, work: Any) -> tuple[int, int, float]:
    """Operations, calls of the library, and seconds of processor time; what is compiled is compiled before."""
    warm_up(work)
    bench = Bench(loaded, np.zeros(driver.CELLS, np.int64), np.zeros((CAPACITY, driver.WIDTH), np.uint32))
    begun = time.process_time()
    answer = work.do(bench)
    seconds = time.process_time() - begun
    assert not answer.get("failure"), answer
    assert not answer.get("found"), answer
    return int(bench.cells[driver.OPERATIONS]), int(bench.cells[driver.CALLS]), seconds


def main(seconds: float) -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "sized.so"
        source = ROOT / "docs" / "examples" / "sized.c"
        headers = ROOT / "refinement" / "check"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-I", headers, "-o", library, source], check=True)
        loaded = load_library(str(library))
        first = 0.0
        print(f"{'search':60} {'operations':>12} {'calls':>12} {'calls/s':>12} {'ratio':>6} {'operations/s':>12}")
        for name, make in searches(seconds).items():
            operations, calls, taken = measured(loaded, make())
            rate = calls / taken
            first = first or rate
            of_operations = operations / taken
            print(f"{name:60} {operations:12,} {calls:12,} {rate:12,.0f} {rate / first:6.2f} {of_operations:12,.0f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
