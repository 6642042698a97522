"""From a program that fails to a shortest one.

First whole stretches of steps are left out (delta debugging), then single ones; then scope and rights are made small;
then every shorter sequence of the small scope is tried, so that «no shorter trace» is said only where it is true.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Readings
from refinement.check.driver.bench import Programs, slots_of
from refinement.check.driver.driver import Kind
from refinement.check.driver.program import Program, scope_at
from refinement.check.driver.sequences import Sequences
from refinement.check.finding.finding import Failure, Finding, failure_of
from refinement.check.process.zygote import Ending, Limits, Order
from refinement.check.target.target import Target

BATCH = 256  # candidates given to one process
LONG = 20_000  # steps of a program that is left as it is
PATIENCE = 2.0  # seconds after which a call of a short program hangs
MOST_SEQUENCES = 1_000_000_000  # of a length, for all of them to be tried
MOST_SLOTS = 64
LOOKUPS = 50_000  # slots compared in one program beyond those that changed, about


@dataclass(frozen=True, slots=True)
class Trial:
    """A target and how to run something on it. ``perform`` does one job in a process of its own."""

    target: Target
    readings: Readings
    limits: Limits
    perform: Callable[[Order], Ending]

    def programs(self, programs: list[Program]) -> tuple[int, Program, Failure] | None:
        """The first of the programs that fails: its number, its steps up to there, and how.

        Many are run in one process. One that fails there must fail alone as well; if it does not, what ran before it
        had a part, and each gets a process of its own.
        """
        for first in range(0, len(programs), BATCH):
            batch = programs[first : first + BATCH]
            found = self._together(batch)
            if found is not None and found[0] > 0 and self._together([batch[found[0]]]) is None:
                alone = ((number, self._together([program])) for number, program in enumerate(batch))
                found = next(((number, one[1], one[2]) for number, one in alone if one is not None), None)
            if found is not None:
                return first + found[0], found[1], found[2]
        return None

    def _together(self, programs: list[Program]) -> tuple[int, Program, Failure] | None:
        """The first that fails of programs run in one process."""
        every = max(1 + slots_of(program) * len(program) // LOOKUPS for program in programs)
        ending = self.perform(Order(self.target, Programs(self.readings, tuple(programs), every), self.limits))
        failure = failure_of(ending)
        if failure is None:
            return None
        index = ending.value["index"] if ending.how == "answered" else ending.program
        step = ending.value["step"] if ending.how == "answered" else ending.step
        return index, programs[index][: step + 1], failure

    def sequences(self, work: Sequences) -> tuple[bool, tuple[Program, Failure] | None]:
        """Whether all were tried, and the first that fails, if it fails alone."""
        ending = self.perform(Order(self.target, work, self.limits))
        if failure_of(ending) is not None:
            last = np.flatnonzero(ending.journal[:, 0] == Kind.INIT)[-1]
            alone = self._together([ending.journal[last:]])
            return False, None if alone is None else (alone[1], alone[2])
        return ending.how == "answered" and bool(ending.value["complete"]), None


def shrink(trial: Trial, finding: Finding, seconds: float) -> Finding:
    """The same or another failure by a program as short as could be found in about that time."""
    end = time.monotonic() + seconds
    if len(finding.program) > LONG:
        return replace(finding, shortest="it is the smallest size that fails; others were not tried")
    trial = replace(trial, limits=replace(trial.limits, hang=min(trial.limits.hang, PATIENCE)))
    again = trial.programs([finding.program])
    if again is None:
        return _with_history(trial, finding, end)
    found = replace(finding, program=again[1], failure=again[2], history=None)
    for candidates in (_without_stretches, _simpler, _without_stretches):
        found = _descend(trial, found, candidates, end)
    return _shortest(trial, found, end)


def _with_history(trial: Trial, finding: Finding, end: float) -> Finding:
    """A failure that needs what was done before the last ``INIT``; or one that does not come again."""
    if finding.history is not None and len(finding.history):
        whole = np.concatenate([finding.history, finding.program])
        again = trial.programs([whole])
        if again is not None:
            found = replace(finding, program=again[1], failure=again[2], history=None)
            found = _descend(trial, found, _without_stretches, end)
            return replace(found, shortest="it needs what was done before the last init")
    return replace(finding, reproducible=False, shortest="it did not fail again in a fresh process")


def _descend(
    trial: Trial, found: Finding, candidates: Callable[[Program], Iterator[list[Program]]], end: float
) -> Finding:
    """Take the first candidate that fails, as long as there is one, and time."""
    while time.monotonic() < end:
        for batch in candidates(found.program):
            better = trial.programs(batch)
            if better is not None:
                found = replace(found, program=better[1], failure=better[2])
                break
            if time.monotonic() > end:
                return found
        else:
            return found
    return found


def _without_stretches(program: Program) -> Iterator[list[Program]]:
    """The program without a stretch of its steps, long stretches first. The first ``INIT`` stays first."""
    steps = len(program) - 1
    length = steps // 2
    while length >= 1:
        batch = []
        for first in range(steps - length, -length, -length):
            kept = np.ones(len(program), bool)
            kept[1 + max(0, first) : 1 + first + length] = False
            rest = program[kept]
            if len(rest) and rest[0, 0] == Kind.INIT:
                batch.append(rest)
        if batch:
            yield batch
        length //= 2
    if (program[1:, 0] == Kind.INIT).any():
        yield [program[n:] for n in np.flatnonzero(program[:, 0] == Kind.INIT)[:0:-1]]


def _simpler(program: Program) -> Iterator[list[Program]]:
    """The program with one step's rights made all, or, where it has none, a single one; then in a smaller scope."""
    batch = []
    for n in range(1, len(program)):
        if program[n, 0] != Kind.INIT and program[n, 5] != ALL_RIGHTS:
            for rights in (ALL_RIGHTS, 4, 2, 1) if program[n, 5] == 0 else (ALL_RIGHTS,):
                simpler = program.copy()
                simpler[n, 5] = rights
                batch.append(simpler)
    if batch:
        yield batch
    smaller = _renumbered(program)
    if smaller is not None:
        yield [smaller]


def _renumbered(program: Program) -> Program | None:
    """The program in the smallest scope that has the spaces and pages it uses, in the same order; None if it is."""
    if (program[1:, 0] == Kind.INIT).any():
        return None
    scope, used = scope_at(program, 0), _used_slots(program)
    spaces = sorted({space for space, _ in used} | {0})
    pages = sorted({page for _, page in used} | {0})
    if max(spaces) >= scope.spaces or max(pages) >= scope.pages:
        return None
    frames = sum(page < scope.frames for page in pages)
    small = Scope(len(spaces), len(pages), frames)
    if small == scope:
        return None
    result = program.copy()
    result[0, 1:4] = (small.spaces, small.pages, small.frames)
    for n in range(1, len(result)):
        for space, page in ((1, 2),) if result[n, 0] == Kind.FLUSH else ((1, 2), (3, 4)):
            result[n, space] = spaces.index(int(result[n, space]))
            result[n, page] = pages.index(int(result[n, page]))
    return result


def _used_slots(program: Program) -> set[tuple[int, int]]:
    used = {(int(row[1]), int(row[2])) for row in program[1:]}
    return used | {(int(row[3]), int(row[4])) for row in program[1:] if row[0] != Kind.FLUSH}


def _shortest(trial: Trial, found: Finding, end: float) -> Finding:
    """Every shorter sequence of the scope with the same rights, and of the same length the first in order."""
    program = found.program
    rights = (ALL_RIGHTS, *sorted({int(row[5]) for row in program[1:]} - {ALL_RIGHTS}, reverse=True))
    multiple = bool((program[1:, 0] == Kind.INIT).any())
    if multiple or found.scope.slots > MOST_SLOTS or max(rights) > ALL_RIGHTS or _is_out_of_range(program):
        return replace(found, shortest="no step can be left out; other short traces were not searched")
    longest = 0
    for length in range(1, found.length + 1):
        work = Sequences(trial.readings, found.scope, rights, length, end - time.monotonic())
        if work.seconds <= 0 or work.count > MOST_SEQUENCES:
            break
        complete, better = trial.sequences(work)
        if better is not None:
            found = replace(found, program=better[0], failure=better[1])
            smaller = _renumbered(found.program)
            fails = None if smaller is None else trial.programs([smaller])
            if fails is not None:
                return _shortest(trial, replace(found, program=fails[1], failure=fails[2]), end)
        elif complete:
            longest = length
            continue
        break
    if longest >= found.length - 1:
        return replace(found, shortest=f"no shorter trace in {found.scope}", is_shortest=True)
    tried = f"of those in {found.scope}, all of up to {longest} operations agree, longer ones were not all tried"
    return replace(found, shortest=f"no step can be left out; {tried}")


def _is_out_of_range(program: Program) -> bool:
    scope = scope_at(program, 0)
    return any(space >= scope.spaces or page >= scope.pages for space, page in _used_slots(program))
