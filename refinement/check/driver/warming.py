"""Compile what each kind of work needs before its clock runs, in the process that its own is forked from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from model.spaces.dialect import CANONICAL
from refinement.check.driver import answers, closure, driver, indexed, sequences, walk
from refinement.check.driver.bench import Bench, Probe, Work


def _programs(session: driver.Session) -> None:
    driver.run(session, session.rows[:0], 1)


def _sequences(session: driver.Session) -> None:
    sequences.enumerate_sequences(session, session.rows, session.rows, np.zeros(1, np.int64), 0)


NEEDED: dict[type[Any], Callable[[driver.Session], None]] = {
    answers.Asking: answers.warm_up,
    sequences.Sequences: _sequences,
    closure.Closure: closure.warm_up,
    walk.Walk: walk.warm_up,
}
"""What compiles, or loads from the disk, what works of a kind run; others run programs."""


@dataclass(frozen=True, slots=True)
class Compile:
    """Nothing but what works of these kinds have compiled before."""

    kinds: tuple[type[Work], ...]

    def do(self, bench: Bench) -> dict[str, Any]:
        """Nothing is left to do."""
        return {}


def warm_up(work: Work) -> None:
    """Compile, or load from numba's cache on disk, what this work runs, once."""
    for kind in work.kinds if isinstance(work, Compile) else (type(work),):
        _warm_up(kind)


@cache
def _warm_up(kind: type[Work]) -> None:
    if kind is Probe:
        return
    if hasattr(kind, "warm_up"):  # what this folder does not know
        kind.warm_up()
        return
    cells, rows = np.zeros(driver.CELLS, np.int64), np.zeros((1, driver.WIDTH), np.uint32)
    NEEDED.get(kind, _programs)(driver.Session(cells, rows, indexed.allocate(1), CANONICAL.readings))
