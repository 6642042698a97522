"""Memory that is taken and never given back: rounds of operations that end where they began, and what they cost.

A database may grow at first, to a pool or a table that it keeps. What grows by as much in each of several rounds leaks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Readings
from refinement.check.driver import driver
from refinement.check.driver.bench import Bench
from refinement.check.driver.driver import Kind
from refinement.check.driver.program import Program
from refinement.check.search.limits import init, program

ROUNDS = 6  # after two that do not count
LEAST = 4  # bytes an operation

SCOPE = Scope(3, 2, 2)
START = program([*init(SCOPE), (Kind.MAP, 0, 0, 1, 0, 4), (Kind.MAP, 1, 0, 2, 0, 4)])
CYCLES: dict[str, Program] = {
    "a map onto itself": program([(Kind.MAP, 1, 0, 1, 0, ALL_RIGHTS)]),
    "a map onto an ancestor": program([(Kind.MAP, 2, 0, 1, 0, ALL_RIGHTS)]),
    "a grant onto an ancestor": program([(Kind.GRANT, 2, 0, 1, 0, ALL_RIGHTS)]),
    "a map of a nil page": program([(Kind.MAP, 1, 1, 2, 1, ALL_RIGHTS)]),
    "a map without a right": program([(Kind.MAP, 1, 0, 2, 1, 2)]),
    "a map out of range": program([(Kind.MAP, 3, 0, 2, 1, 2)]),
    "a map and a flush": program([(Kind.MAP, 0, 1, 1, 1, ALL_RIGHTS), (Kind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS)]),
    "an overmap": program([(Kind.MAP, 1, 0, 2, 0, 4)]),
    "a map, a partial flush and a flush": program(
        [
            (Kind.MAP, 0, 1, 1, 1, ALL_RIGHTS),
            (Kind.FLUSH, 0, 1, 0, 0, 2),
            (Kind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS),
        ]
    ),
    "a grant there and back": program([(Kind.GRANT, 2, 0, 2, 1, 4), (Kind.GRANT, 2, 1, 2, 0, 4)]),
    "an init": START,
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Each of the cycles, so many operations a round; whatever the dialect makes of them, they come round."""

    readings: Readings
    operations: int

    def do(self, bench: Bench) -> dict[str, Any]:
        """``leaks``: bytes an operation of each cycle that grows in every round; ``measured``: whether that can be."""
        memory = bench.loaded.memory
        if memory is None:
            return {"measured": False, "leaks": {}}
        session = bench.session(self.readings, SCOPE.slots)
        leaks: dict[str, float] = {}
        for name, cycle in CYCLES.items():
            many = np.tile(cycle, (max(1, self.operations // len(cycle)), 1))
            driver.run(session, START, 1)
            grown = []
            for _ in range(ROUNDS + 2):
                before = memory()
                driver.run(session, many, len(many) + 1)
                if bench.failure() is not None:
                    return {"failure": bench.failure(), "measured": True, "leaks": {}}
                grown.append((memory() - before) / len(many))
            if min(grown[2:]) >= LEAST:
                leaks[name] = min(grown[2:])
        return {"measured": True, "leaks": leaks}
