"""A job on a target, what it may use, and how it ended."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refinement.check.driver import driver
from refinement.check.driver.bench import CAPACITY, Work
from refinement.check.target.target import Target

HISTORY = 4096  # steps before the last program that are reported too
OUTPUT = 1 << 20  # bytes that a target may print; more is cut off
FILE_SIZE = 16 << 20  # bytes of a file that it may write; more ends it
LOADING = 9  # in the cell INSIDE: the target is being loaded
CLOSED, EXHAUSTED = 10, 11  # there, of a target that has closed what is not its own, or left too many files open


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of what a target may use in one job.

    ``hang``: seconds within one call; ``memory``: bytes beyond what the driver needs; ``wall``: seconds for all;
    ``stack``: bytes of stack, 0 for what a process has; ``processes``: how many it may start, which a library may not.
    """

    hang: float = 5.0
    memory: int = 1 << 30
    wall: float = 600.0
    stack: int = 0
    processes: int = 64


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Order:
    """A job: what to do on which target, within which limits."""

    target: Target
    work: Work
    limits: Limits


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended.

    ``how``: ``answered`` (``value`` holds the answer), ``unusable`` (``said``: why the target is none), ``signal``,
    ``exit`` (``number``: which), ``hung``, ``overdue``, ``forked`` (it started too many processes, ``number``),
    ``broken`` (``said``: a defect of the tool). ``inside`` is the
    call that the target was in, or -1, and ``place`` the space and page that a lookup was asked for; ``journal`` the
    last steps; of several programs, ``program`` was in ``step`` when the job ended; ``printed``: how many bytes the
    target wrote.
    """

    how: str
    value: dict[str, Any]
    said: str
    number: int
    inside: int
    place: tuple[int, int]
    journal: NDArray[np.uint32]
    program: int
    step: int
    operations: int
    calls: int
    situations: NDArray[np.int64]
    printed: int = 0


def last_steps(cells: NDArray[np.int64], rows: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The last program in the journal, and some steps before it."""
    written = int(cells[driver.ROWS])
    kept = rows[np.arange(max(0, written - CAPACITY), written) % CAPACITY]
    starts = np.flatnonzero(kept[:, 0] == driver.StepKind.INIT)
    if not len(starts):
        return kept[:0]
    earliest = starts[starts >= starts[-1] - HISTORY][0]
    return kept[earliest:]
