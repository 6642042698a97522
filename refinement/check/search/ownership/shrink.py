"""From a program of ownership that fails to a shortest one.

Operations are left out, parties and pages that nobody names as well; then every shorter sequence of the scope is tried.
What is returned has failed as it stands, alone, in a fresh process.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from model.ownership.operation import NOBODY_ELSE, PageOperation, operations_of
from model.ownership.readings import OwnershipReadings
from model.ownership.trace import OwnershipTrace, pages_of
from refinement.check.finding.finding import Failure
from refinement.check.finding.ownership_finding import OwnershipFinding, is_unfit, ownership_failure_of
from refinement.check.ownership.lockstep import program_in
from refinement.check.ownership.works import OwnershipPrograms, OwnershipSequences, Tried
from refinement.check.process import isolation
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.search.descent import descend, without_stretches
from refinement.check.search.ownership.plan import label
from refinement.check.target.target import Target

PATIENCE = 2.0  # seconds after which a call of a short program hangs
FEW = 250  # operations of a program that is made shorter by leaving some out
MOST_ANY = 200_000  # sequences of a length, for those with steps that are refused to be tried as well

Found = tuple[Tried, Failure]


@dataclass(frozen=True, slots=True)
class OwnershipTrial:
    """A target and how to run programs on it.

    ``watched``: all is compared after each operation, and not only after the last.
    """

    target: Target
    readings: OwnershipReadings
    limits: Limits
    watched: bool = True

    def first(self, programs: list[Tried]) -> Found | None:
        """The first that fails, up to the operation that does; many run in one process, and it fails alone as well."""
        found = self._together(programs)
        if found is None or len(programs) == 1:
            return found
        alone = self._together([found[0]])
        if alone is not None:
            return alone
        each = (self._together([program]) for program in programs)
        return next((one for one in each if one is not None), None)

    def either(self, program: Tried) -> "tuple[OwnershipTrial, Found] | None":
        """One program, watched and then not: how it fails, and the trial in which it does."""
        for watched in (True, False):
            trial = replace(self, watched=watched)
            found = trial.first([program])
            if found is not None:
                return trial, found
        return None

    def perform(self, programs: list[Tried]) -> Ending:
        """The programs in a process of their own."""
        work = OwnershipPrograms(self.readings, tuple(programs), self.watched)
        return isolation.perform(Order(self.target, work, self.limits))

    def _together(self, programs: list[Tried]) -> Found | None:
        return failed(self.perform(programs), self.limits)

    def sequences(self, work: OwnershipSequences) -> tuple[bool, Found | None]:
        """Whether all were tried, and the first that fails, if it fails alone."""
        ending = isolation.perform(Order(self.target, work, replace(self.limits, wall=work.seconds + self.limits.hang)))
        found = failed(ending, self.limits)
        if found is not None:
            return False, self.first([found[0]])
        return ending.how == "answered" and bool(ending.value["complete"]), None


def failed(ending: Ending, limits: Limits) -> Found | None:
    """The program with which a job failed, up to the operation that did, and how.

    One that fails before its first state is shown by a program without an operation.
    """
    failure = None if is_unfit(ending) else ownership_failure_of(ending, limits)
    return None if failure is None else (program_in(ending.journal) or (pages_of(2, 1), ()), failure)


def shrink_ownership(trial: OwnershipTrial, finding: OwnershipFinding, seconds: float) -> OwnershipFinding:
    """The same or another failure by a program as short as could be found in about that time."""
    end = time.monotonic() + seconds
    trial = replace(trial, limits=replace(trial.limits, hang=min(trial.limits.hang, PATIENCE)))
    again = trial.either((finding.trace.scope, finding.trace.operations))
    if again is None:
        left = "it did not fail again in a fresh process: musigma_init_ownership may leave something of what was before"
        return replace(finding, shortest=left, reproducible=False)
    trial, found = again
    if len(found[0][1]) > FEW:
        trace = OwnershipTrace(finding.trace.dialect, *found[0], found[1].sentence)
        return replace(
            finding, failure=found[1], trace=trace, shortest=f"found by {finding.phase}, and not made shorter"
        )
    found = descend(trial.first, found, _shorter, end)
    found = descend(trial.first, found, _renamed, end)
    (scope, operations), said, is_shortest = _shortest(trial, found, end)
    program, failure = trial.first([(scope, operations)]) or found
    trace = OwnershipTrace(finding.trace.dialect, *program, failure.sentence)
    return replace(finding, failure=failure, trace=trace, shortest=said, is_shortest=is_shortest)


def _shorter(program: Tried) -> Iterator[list[Tried]]:
    for batch in without_stretches(program[1]):
        yield [(program[0], kept) for kept in batch]


def _renamed(program: Tried) -> Iterator[list[Tried]]:
    """The program with those parties and pages alone that it names, and with the last of them left out."""
    scope, operations = program
    parties = sorted({0, 1, *(each.by for each in operations), *(each.other for each in operations)} - {NOBODY_ELSE})
    pages = sorted({each.page for each in operations}) or [0]
    smaller = []
    if len(parties) < scope.spaces or len(pages) < scope.pages:
        for kept in (pages, list(range(scope.pages))):
            to = pages_of(len(parties), len(kept))
            smaller.append((to, tuple(_moved(each, parties, kept) for each in operations)))
    if smaller:
        yield [each for each in smaller if each[0] != scope]


def _moved(o: PageOperation, parties: list[int], pages: list[int]) -> PageOperation:
    other = o.other if o.other == NOBODY_ELSE else parties.index(o.other)
    return PageOperation(o.kind, parties.index(o.by), other, pages.index(o.page))


def _shortest(trial: OwnershipTrial, found: Found, end: float) -> tuple[Tried, str, bool]:
    """Every shorter sequence of the scope: what was found, a sentence, and whether none is shorter."""
    (scope, operations), shorter = found[0], len(found[0][1]) - 1
    count, reached = len(operations_of(scope, trial.readings)), {False: 0, True: 0}
    for refusals in (False, True):
        for length in range(1, shorter + 1):
            seconds = end - time.monotonic()
            if seconds <= 0 or (refusals and count**length > MOST_ANY):
                break
            work = OwnershipSequences(trial.readings, scope, length, seconds, refusals)
            complete, better = trial.sequences(work)
            if better is not None and len(better[0][1]) < len(operations):
                return _shortest(trial, descend(trial.first, better, _renamed, end), end)
            if not complete:
                break
            reached[refusals] = length
    if reached[True] >= shorter:
        return found[0], f"no shorter trace in {label(scope)}", True
    possible = "with all steps possible but the last"
    if reached[False] >= shorter:
        return found[0], f"no shorter trace in {label(scope)} {possible}", False
    return found[0], f"in {label(scope)}, {possible}, all of up to {reached[False]} steps agree", False
