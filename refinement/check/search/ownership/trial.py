"""Run programs of ownership on a target, each time in a fresh process."""

from dataclasses import dataclass, replace

from model.ownership.readings import OwnershipReadings
from model.ownership.trace import pages_of
from refinement.check.finding.finding import Conformance, Failure
from refinement.check.finding.ownership_finding import is_unfit, ownership_failure_of
from refinement.check.ownership.lockstep import program_in
from refinement.check.ownership.works import OwnershipPrograms, OwnershipSequences, Tried
from refinement.check.process import isolation
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.target.target import Target

Found = tuple[Tried, Failure]


@dataclass(frozen=True, slots=True)
class OwnershipTrial:
    """A target and how to run programs on it.

    ``watched``: all is compared after each operation, and not only after the last. ``cause``: of the differences that
    count as failures; empty: all do.
    """

    target: Target
    readings: OwnershipReadings
    limits: Limits
    watched: bool = True
    cause: str = ""

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
        work = OwnershipPrograms(self.readings, tuple(programs), self.watched, self.cause)
        return isolation.perform(Order(self.target, work, self.limits))

    def _together(self, programs: list[Tried]) -> Found | None:
        found = failed(self.perform(programs), self.limits)
        return None if found is not None and self.cause and found[1].verdict != Conformance.DIVERGES else found

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
