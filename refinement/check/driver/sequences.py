"""Every sequence of operations of a length: nothing is left out, so that what is not found does not exist."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Readings
from refinement.check.driver.bench import Bench, in_slices
from refinement.check.driver.compiling import compiled
from refinement.check.driver.driver import (
    FAULT,
    FIRST_STEP,
    WIDTH,
    Mismatch,
    Session,
    StepKind,
    look_all,
    operate,
    start,
)


def init_row(scope: Scope) -> NDArray[np.uint32]:
    """The ``INIT`` step of a scope; shape (1, 6)."""
    return np.array([[StepKind.INIT, scope.spaces, scope.pages, scope.frames, 0, 0]], np.uint32)


def alphabet(
    scope: Scope, rights: tuple[int, ...] = (ALL_RIGHTS,), *, grants: bool = True, looks: bool = False
) -> NDArray[np.uint32]:
    """Every operation of a scope with those sets of rights, simplest first; shape (operations, 6).

    ``looks``: with a look at each slot as well.

    >>> len(alphabet(Scope(3, 1, 1))), len(alphabet(Scope(3, 1, 1), tuple(range(8))))
    (21, 168)
    """
    slots = [(space, page) for space in range(scope.spaces) for page in range(scope.pages)]
    rows = []
    for mask in rights:
        for kind in (StepKind.MAP, StepKind.GRANT) if grants else (StepKind.MAP,):
            rows += [(kind, *src, *dst, mask) for src in slots for dst in slots if src != dst]
        rows += [(StepKind.FLUSH, *src, 0, 0, mask) for src in slots]
        for kind in (StepKind.MAP, StepKind.GRANT) if grants else (StepKind.MAP,):
            rows += [(kind, *src, *src, mask) for src in slots]
    if looks:
        rows += [(StepKind.LOOK, *src, 0, 0, 0) for src in slots]
    return np.array(rows, np.uint32).reshape(len(rows), WIDTH)


@compiled
def enumerate_sequences(
    s: Session, init: NDArray[np.uint32], operations: NDArray[np.uint32], digits: NDArray[np.int64], count: int
) -> int:
    """So many sequences in lexicographic order, from the one that ``digits`` spells on; each after a fresh ``INIT``.

    Statuses are compared at every step, all slots after the last. How many sequences were done before the one that
    failed, or ``count``; fewer without a failure if there are no more. A sequence in which the model has no next state
    is passed over. ``digits`` and the journal end with the sequence that failed.
    """
    for number in range(count):
        fault = start(s, init, FIRST_STEP)
        for digit in digits:
            if fault == 0:
                fault = operate(s, operations, digit)
        if fault == 0:
            fault = look_all(s)
        if fault != 0 and fault != Mismatch.CYCLE:
            return number
        for place in range(1, len(digits) + 1):
            digits[-place] += 1
            if digits[-place] < len(operations):
                break
            digits[-place] = 0
        else:
            return number + 1
    return count


@dataclass(frozen=True, slots=True)
class Sequences:
    """All sequences of a length over a scope's operations with those rights, or those from ``first`` below ``stop``."""

    readings: Readings
    scope: Scope
    rights: tuple[int, ...]
    length: int
    seconds: float
    first: int = 0
    stop: int | None = None
    looks: bool = False

    @property
    def operations(self) -> NDArray[np.uint32]:
        """Return the operations that sequences are made of; with ``looks`` a look at each slot is among them."""
        return alphabet(self.scope, self.rights, looks=self.looks)

    @property
    def count(self) -> int:
        """How many sequences of the length there are."""
        return int(len(self.operations) ** self.length)

    def do(self, bench: Bench) -> dict[str, Any]:
        """How many sequences were ``done``, and whether that is ``complete``."""
        session = bench.session(self.readings, self.scope.slots)
        init, operations = init_row(self.scope), self.operations
        stop = self.count if self.stop is None else self.stop
        first = [self.first // len(operations) ** p % len(operations) for p in range(self.length)]
        digits = np.array(first[::-1], np.int64)
        bench.cells[FAULT] = Mismatch.NONE
        counts: list[int] = []

        def step(batch: int) -> bool:
            left = stop - self.first - sum(counts)
            counts.append(int(enumerate_sequences(session, init, operations, digits, min(batch, left))))
            return counts[-1] == left or bench.failure() is not None

        in_slices(self.seconds, 8, step)
        done = sum(counts)
        return {"failure": bench.failure(), "done": done, "complete": self.first + done == stop}
