"""Programs run again on a target, each as if nothing had been before it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from model.spaces.dialect import Readings
from refinement.check.driver.bench import Programs, slots_of
from refinement.check.driver.driver import StepKind
from refinement.check.driver.program import Program
from refinement.check.driver.sequences import Sequences
from refinement.check.finding.finding import Failure, failure_of
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.target.target import Target

BATCH = 256  # candidates given to one process, if they are short
STEPS = 1 << 18  # of all of them together
LOOKUPS = 50_000  # slots compared in one program beyond those that changed, about


@dataclass(frozen=True, slots=True)
class Trial:
    """A target and how to run something on it. ``perform`` does one job in a process of its own.

    ``watched``: what each step changed is looked at after it, and not only what the program looks at, and all at the
    end. A target that keeps what it was asked for may differ in one way and not in the other.
    """

    target: Target
    readings: Readings
    limits: Limits
    perform: Callable[[Order], Ending]
    watched: bool = True

    def programs(self, programs: list[Program]) -> tuple[int, Program, Failure] | None:
        """The first of the programs that fails: its number, its steps up to there, and how.

        Many are run in one process. One that fails there must fail alone as well; if it does not, what ran before it
        had a part, and each gets a process of its own.
        """
        size = max(1, min(BATCH, STEPS // max((len(program) for program in programs), default=1)))
        for first in range(0, len(programs), size):
            batch = programs[first : first + size]
            found = self._together(batch)
            if found is not None and found[0] > 0:
                suspect = found[0]
                alone = ((number, self.alone(batch[number])) for number in (suspect, *range(len(batch))))
                found = next(((number, *one) for number, one in alone if one is not None), None)
            if found is not None:
                return first + found[0], found[1], found[2]
        return None

    def alone(self, program: Program) -> tuple[Program, Failure] | None:
        """One program in a process of its own: its steps up to where it fails, and how."""
        found = self._together([program])
        return None if found is None else (found[1], found[2])

    def either(self, program: Program) -> "tuple[Trial, Program, Failure] | None":
        """One program, watched and then not: the way in which it fails, its steps up to there, and how."""
        for watched in (True, False):
            trial = replace(self, watched=watched)
            found = trial.alone(program)
            if found is not None:
                return trial, *found
        return None

    def _together(self, programs: list[Program]) -> tuple[int, Program, Failure] | None:
        """The first that fails of programs run in one process."""
        every = max(1 + slots_of(program) * len(program) // LOOKUPS for program in programs) if self.watched else 0
        ending = self.perform(Order(self.target, Programs(self.readings, tuple(programs), every), self.limits))
        failure = failure_of(ending, self.limits)
        if failure is None:
            return None
        index, step = place_of(ending)
        return index, programs[index][: step + 1], failure

    def sequences(self, work: Sequences) -> tuple[bool, tuple[Program, Failure] | None]:
        """Whether all were tried, and the first that fails, if it fails alone."""
        ending = self.perform(Order(self.target, work, self.limits))
        if failure_of(ending, self.limits) is not None:
            inits = np.flatnonzero(ending.journal[:, 0] == StepKind.INIT)
            return False, self.alone(ending.journal[inits[-1] :]) if len(inits) else None
        return ending.how == "answered" and bool(ending.value["complete"]), None


def place_of(ending: Ending) -> tuple[int, int]:
    """Return which of several programs failed, and in which step."""
    if ending.how == "answered":
        return int(ending.value["index"]), int(ending.value["step"])
    return ending.program, max(ending.step, 0)
