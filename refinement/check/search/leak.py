"""Memory that is taken and never given back: rounds of operations that end where they began, and what they cost.

A database may grow at first, to a pool or a table that it keeps. What grows by as much in each of several rounds leaks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Readings
from refinement.check.driver import driver
from refinement.check.driver.bench import Bench, slots_of
from refinement.check.driver.driver import StepKind
from refinement.check.driver.program import Program
from refinement.check.finding.finding import Conformance, Failure, failure_of
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.search.limits import init, program
from refinement.check.target.target import Target

ROUNDS = 6  # that count
WARMING = 2  # rounds before, which do not count, and say how long one takes
LEAKING = {"library": 12_500, "class": 500, "command": 25}  # operations in a round
LEAST = 4  # bytes an operation

SCOPE = Scope(3, 2, 2)
START = program([*init(SCOPE), (StepKind.MAP, 0, 0, 1, 0, 4), (StepKind.MAP, 1, 0, 2, 0, 4)])
CYCLES: dict[str, Program] = {
    "a map onto itself": program([(StepKind.MAP, 1, 0, 1, 0, ALL_RIGHTS)]),
    "a map onto an ancestor": program([(StepKind.MAP, 2, 0, 1, 0, ALL_RIGHTS)]),
    "a grant onto an ancestor": program([(StepKind.GRANT, 2, 0, 1, 0, ALL_RIGHTS)]),
    "a map of a nil page": program([(StepKind.MAP, 1, 1, 2, 1, ALL_RIGHTS)]),
    "a map without a right": program([(StepKind.MAP, 1, 0, 2, 1, 2)]),
    "a map out of range": program([(StepKind.MAP, 3, 0, 2, 1, 2)]),
    "a map and a flush": program([(StepKind.MAP, 0, 1, 1, 1, ALL_RIGHTS), (StepKind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS)]),
    "an overmap": program([(StepKind.MAP, 1, 0, 2, 0, 4)]),
    "a map, a partial flush and a flush": program(
        [
            (StepKind.MAP, 0, 1, 1, 1, ALL_RIGHTS),
            (StepKind.FLUSH, 0, 1, 0, 0, 2),
            (StepKind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS),
        ]
    ),
    "a grant there and back": program([(StepKind.GRANT, 2, 0, 2, 1, 4), (StepKind.GRANT, 2, 1, 2, 0, 4)]),
    "an init": program(init(SCOPE)),
    "an init after others": START,
    "an init of another size": program([*init(Scope(2, 1, 1)), *init(SCOPE)]),
    "a flush of nothing": program([(StepKind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS)]),
    "a look-up": program([(StepKind.LOOK, 1, 0, 0, 0, 0)]),
}


@dataclass(frozen=True, slots=True)
class Leak:
    """A start, and cycles each done many times after it; whatever the dialect makes of them, they come round."""

    readings: Readings
    operations: int
    seconds: float = 60.0
    start: Program = field(default_factory=lambda: START)
    cycles: dict[str, Program] = field(default_factory=lambda: CYCLES)

    def do(self, bench: Bench) -> dict[str, Any]:
        """``leaks``: bytes an operation of each cycle that grows in every round; ``measured``: whether that can be.

        ``complete``: whether there was time for all of them.
        """
        memory = bench.loaded.memory
        if memory is None:
            return {"measured": False, "leaks": {}, "complete": True}
        end = time.monotonic() + self.seconds
        session = bench.session(
            self.readings, max(SCOPE.slots, slots_of(self.start), *map(slots_of, self.cycles.values()))
        )
        leaks: dict[str, float] = {}
        for name, cycle in self.cycles.items():
            many = np.tile(cycle, (max(1, self.operations // len(cycle)), 1))
            driver.run(session, self.start, 1)
            grown, took = [], 0.0
            for number in range(ROUNDS + WARMING):
                before, begun = memory(), time.monotonic()
                if number < WARMING:
                    in_time = _run_in_pieces(session, many, len(cycle), end)
                elif in_time := begun + took <= end:  # at once: each call of the driver leaves some bytes of its own
                    driver.run(session, many, len(many) + 1)
                took = time.monotonic() - begun
                if bench.failure() is not None:
                    return {"failure": bench.failure(), "measured": True, "leaks": {}, "complete": False}
                if not in_time:
                    return {"measured": True, "leaks": leaks, "complete": False}
                grown.append((memory() - before) / len(many))
            if min(grown[WARMING:]) >= LEAST:
                leaks[name] = min(grown[WARMING:])
        return {"measured": True, "leaks": leaks, "complete": True}


def _run_in_pieces(session: driver.Session, many: Program, round_: int, end: float) -> bool:
    """Whether there was time for all, in pieces that grow, each of whole rounds of so many steps."""
    first, piece = 0, round_
    while first < len(many) and session.cells[driver.FAULT] == 0:
        if time.monotonic() > end:
            return False
        driver.run(session, many[first : first + piece], len(many) + 1)
        first, piece = first + piece, 2 * piece
    return True


def leak_of(
    perform: Callable[[Order], Ending], target: Target, readings: Readings, rows: Program, repeated: int, limits: Limits
) -> Failure | None:
    """Whether the last steps of a program, done many times, take memory; in a process of its own."""
    start, cycle = rows[:-repeated], rows[-repeated:]
    name = next((name for name, steps in CYCLES.items() if np.array_equal(steps, cycle)), "the round")
    work = Leak(readings, LEAKING[target.kind], limits.wall, start, {name: cycle})
    ending = perform(Order(target, work, limits))
    failure = failure_of(ending, limits)
    if failure is None and name in ending.value.get("leaks", {}):
        most = ending.value["leaks"][name] * len(cycle)
        failure = Failure(Conformance.DIVERGES, f"each time, {name} takes {most:.0f} bytes that are not given back")
    return failure
