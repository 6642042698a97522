"""From a program that fails to a shortest one.

First whole stretches of steps are left out (delta debugging), then single ones; then scope, numbers and rights are
made small; then every shorter sequence of the small scope is tried, so that «no shorter trace» is said only where it
is true, of the scope and the rights that were tried.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from model.counting import counted
from model.scope import ALL_RIGHTS, rights_name
from refinement.check.driver.driver import StepKind
from refinement.check.driver.program import Program
from refinement.check.driver.sequences import Sequences
from refinement.check.finding.finding import Failure, Finding
from refinement.check.search.descent import IN_PART, WHOLE, descend
from refinement.check.search.numbers import Lower, is_out_of_range, lowered, renumbered, smallest
from refinement.check.search.trial import Trial

PATIENCE = 2.0  # seconds after which a call of a short program hangs
FEW = 400  # steps of a program of which every stretch is tried
MOST_SEQUENCES = 1_000_000_000  # of a length, for all of them to be tried
MOST_SLOTS = 64
MOST_REPEATED = 1 << 19  # steps of a program that is repeated until it fails
EVERY_RIGHT = tuple(range(ALL_RIGHTS, -1, -1))


def shrink(trial: Trial, finding: Finding, seconds: float) -> Finding:
    """The same or another failure by a program as short as could be found in about that time.

    What is returned has failed as it stands, alone, in a fresh process, in its last step; or says that it did not.
    """
    end = time.monotonic() + seconds
    if len(finding.program) <= FEW:
        trial = replace(trial, limits=replace(trial.limits, hang=min(trial.limits.hang, PATIENCE)))
    again = trial.either(finding.program)
    if again is None:
        return confirmed(trial, _with_history(trial, finding, end))
    trial, program, failure = again
    return confirmed(trial, _made_short(trial, replace(finding, program=program, failure=failure, history=None), end))


def confirmed(trial: Trial, finding: Finding) -> Finding:
    """The finding, cut off where its program fails as it stands, alone, in a fresh process; or not reproducible."""
    again = trial.either(finding.program)
    if again is None:
        return replace(finding, reproducible=False, shortest="it did not fail again in a fresh process")
    return replace(finding, program=again[1], failure=again[2])


def _with(found: Finding, better: tuple[Program, Failure]) -> Finding:
    """The finding with another program, and how that fails."""
    return replace(found, program=better[0], failure=better[1])


def _has_later_inits(program: Program) -> bool:
    return bool((program[1:, 0] == StepKind.INIT).any())


def _made_short(trial: Trial, found: Finding, end: float) -> Finding:
    found = _thinned(trial, found, end)
    for candidates in (_without_stretches, _simpler, _without_stretches):
        if len(found.program) <= FEW:
            found = _descend(trial, found, candidates, end)
    found = _with_smaller_numbers(trial, found, end)
    trial, found = _looking(trial, found, end)
    return _shortest(trial, found, end)


def _with_history(trial: Trial, finding: Finding, end: float) -> Finding:
    """A failure that needs what was done before the last ``INIT``; or one that does not come again."""
    if finding.history is not None and len(finding.history):
        again = trial.either(np.concatenate([finding.history, finding.program]))
        if again is not None:
            trial, program, failure = again
            found = _thinned(trial, replace(finding, program=program, failure=failure, history=None), end)
            found = _descend(trial, found, _without_stretches, end) if len(found.program) <= FEW else found
            if not _has_later_inits(found.program):
                return _made_short(trial, found, end)
            return replace(found, shortest="it needs what was done before the last init")
    trial = replace(trial, watched=False)
    times = 16
    while times * len(finding.program) <= MOST_REPEATED and time.monotonic() < end:
        repeated = trial.alone(np.tile(finding.program, (times, 1)))
        if repeated is not None:
            return replace(_with(finding, repeated), history=None, shortest="it fails after it was done many times")
        times *= 8
    return finding


def _descend(
    trial: Trial, found: Finding, candidates: Callable[[Program], Iterator[list[Program]]], end: float
) -> Finding:
    """Take the first candidate that fails, as long as there is one, and time."""

    def first(programs: list[Program]) -> tuple[Program, Failure] | None:
        better = trial.programs(programs)
        return None if better is None else better[1:]

    return _with(found, descend(first, (found.program, found.failure), candidates, end))


def _without_kinds(trial: Trial, found: Finding) -> Finding:
    """A long program without one kind of operation altogether."""
    for kind in (StepKind.LOOK, StepKind.MAP, StepKind.GRANT, StepKind.FLUSH):
        kept = found.program[:, 0] != kind
        kept[-1] = True
        better = None if kept.all() else trial.alone(found.program[kept])
        if better is not None:
            found = _with(found, better)
    return found


def _from_a_later_init(trial: Trial, found: Finding, end: float) -> Finding:
    """A program of many inits from as late a one as still fails."""
    inits = np.flatnonzero(found.program[:, 0] == StepKind.INIT)
    return _with_smallest(trial, found, 1, len(inits), lambda number: found.program[inits[-number] :], end)


def _thinned(trial: Trial, found: Finding, end: float) -> Finding:
    """A long program without stretches of its steps, each tried once, the longest first."""
    if len(found.program) > FEW:
        found = _without_kinds(trial, found)
    if len(found.program) > FEW and _has_later_inits(found.program):
        found = _from_a_later_init(trial, found, end)
    length = (len(found.program) - 1) // 2
    while length >= 1 and len(found.program) > FEW:
        first = len(found.program) - length
        while first > 0 and time.monotonic() < end:
            rest = np.delete(found.program, slice(first, first + length), axis=0)
            better = trial.alone(rest)
            if better is not None:
                found = _with(found, better)
            first = min(first, len(found.program)) - length
        length //= 2
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
            batch.append(program[kept])
        yield batch
        length //= 2
    if _has_later_inits(program):
        yield [program[n:] for n in np.flatnonzero(program[:, 0] == StepKind.INIT)[:0:-1]]


def _simpler(program: Program) -> Iterator[list[Program]]:
    """The program with one step's rights made all, or, where it has none, a single one; then in a smaller scope."""
    batch = []
    for n in range(1, len(program)):
        if program[n, 0] not in (StepKind.INIT, StepKind.LOOK) and program[n, 5] != ALL_RIGHTS:
            for rights in (ALL_RIGHTS, 4, 2, 1) if program[n, 5] == 0 else (ALL_RIGHTS,):
                simpler = program.copy()
                simpler[n, 5] = rights
                batch.append(simpler)
    if batch:
        yield batch
    smaller = renumbered(program)
    if smaller is not None:
        yield [smaller]


def _with_smaller_numbers(trial: Trial, found: Finding, end: float) -> Finding:
    """Each number of the program made as small as bisection finds it."""
    number = 0
    while time.monotonic() < end:
        choices = list(lowered(found.program))
        if number >= len(choices):
            break
        found = _with_smallest(trial, found, *choices[number], end)
        number += 1
    return found


def _with_smallest(trial: Trial, found: Finding, least: int, most: int, lower: Lower, end: float) -> Finding:
    """The program with one number as small as it was seen to fail."""
    failing = [found]

    def fails(number: int) -> bool:
        better = trial.alone(lower(number))
        if better is not None:
            failing.append(_with(found, better))
        return better is not None

    smallest(least, most, fails, lambda: time.monotonic() > end)
    return failing[-1]


def _looking(trial: Trial, found: Finding, end: float) -> tuple[Trial, Finding]:
    """A failure that shows only where each step is looked at, by a program that says where it looks."""
    program = found.program
    if not trial.watched or _has_later_inits(program):
        return trial, found
    scope, unwatched = found.scope, replace(trial, watched=False)
    if _fails_at_its_end(unwatched, program):
        return unwatched, found
    if scope.slots * len(program) > FEW:
        return trial, found
    looks = np.array([[StepKind.LOOK, *divmod(x, scope.pages), 0, 0, 0] for x in range(scope.slots)], np.uint32)
    looking = np.concatenate([part for row in program for part in (row[None], looks)])
    better = unwatched.alone(looking)
    if better is None:
        return trial, found
    return unwatched, _descend(unwatched, _with(found, better), _without_stretches, end)


def _fails_at_its_end(trial: Trial, program: Program) -> bool:
    """Whether the program fails, alone, in its last step."""
    found = trial.alone(program)
    return found is not None and len(found[0]) == len(program)


def _without_single_steps(trial: Trial, found: Finding, end: float) -> tuple[Finding, str]:
    """The program without what can be left out, a step at a time, and whether each was tried."""
    while len(found.program) <= FEW and time.monotonic() < end:
        better = trial.programs([np.delete(found.program, n, axis=0) for n in range(1, len(found.program))])
        if better is None:
            return found, WHOLE
        found = _with(found, better[1:])
    return found, IN_PART


def _shortest(trial: Trial, found: Finding, end: float) -> Finding:
    """Every shorter sequence of the scope, with the same rights and then with any; of the same length the first."""
    found, kept = _without_single_steps(trial, found, end)
    program = found.program
    few = (
        ALL_RIGHTS,
        *sorted({int(row[5]) for row in program[1:] if row[0] != StepKind.LOOK} - {ALL_RIGHTS}, reverse=True),
    )
    is_too_much = found.scope.slots > MOST_SLOTS or max(few) > ALL_RIGHTS
    if is_too_much or _has_later_inits(program) or is_out_of_range(program):
        return replace(found, shortest=f"{kept}; other short traces were not searched")
    looks = bool((program[:, 0] == StepKind.LOOK).any())
    reached = []
    for rights, most in ((few, found.length), (EVERY_RIGHT, found.length - 1)):
        longest = 0
        for length in range(1, most + 1):
            work = Sequences(trial.readings, found.scope, rights, length, end - time.monotonic(), looks=looks)
            if work.seconds <= 0 or work.count > MOST_SEQUENCES:
                break
            complete, better = trial.sequences(work)
            if better is not None and len(better[0]) <= len(found.program):
                smaller = renumbered(better[0])
                fails = None if smaller is None else trial.alone(smaller)
                is_simpler = fails is not None or len(better[0]) < len(found.program)
                found = _with(found, better if fails is None else fails)
                if is_simpler:
                    return _shortest(trial, found, end)
            elif complete:
                longest = length
                continue
            break
        reached.append(longest)
    sentence = _what_was_searched(found, few, looks, reached, kept)
    return replace(found, shortest=sentence, is_shortest=reached[1] >= found.length - 1)


def _what_was_searched(found: Finding, few: tuple[int, ...], looks: bool, reached: list[int], kept: str) -> str:
    """Which shorter traces there are not, and which were not all tried."""
    shorter, names = found.length - 1, " or ".join(rights_name(rights) for rights in few)
    among = f"{found.scope}, look-ups among the steps," if looks else str(found.scope)
    if reached[1] >= shorter:
        return f"no shorter trace in {among} with any rights"
    if reached[0] >= shorter:
        return (
            f"no shorter trace in {among} with rights {names};"
            f" with any rights those of up to {counted(reached[1], 'step')} were tried"
        )
    tried = f"of those in {among} with rights {names}, all of up to {counted(reached[0], 'step')} agree"
    return f"{kept}; {tried}, longer ones were not all tried"
