"""A trace of ranges run again on a target."""

from dataclasses import dataclass

from model.ranges.trace import RangeTrace
from refinement.check.driver.driver import Mismatch
from refinement.check.finding.finding import Conformance, Failure, failure_of
from refinement.check.finding.range_finding import describe_range, operations_in
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import DEFAULT_LIMITS, Limits, Order
from refinement.check.ranges.driver import FAULT
from refinement.check.ranges.program import RangeProgram
from refinement.check.search.hardware import dialect_on
from refinement.check.search.ranges.check import NOT_SIZED, is_sized
from refinement.check.target.target import Target, TargetError
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED


@dataclass(frozen=True, slots=True)
class RangeReplay:
    """One trace of ranges on a target: how it failed and in which operation, counted from 1; or neither."""

    target: str
    trace: RangeTrace
    failure: Failure | None
    step: int

    @property
    def exit_status(self) -> int:
        """0 if the target agreed with the model all the way, 3 if it was asked nothing, else 1."""
        if self.failure is not None:
            return EXIT_FAILED
        return EXIT_PASSED if self.trace.operations else EXIT_INCOMPLETE


def replay_ranges(target: Target, trace: RangeTrace, *, limits: Limits = DEFAULT_LIMITS) -> RangeReplay:
    """Run a trace of ranges on a target, comparing after each operation.

    :raises TargetError: the target does not have the interface, or has no ranges, or refuses the trace's scope.
    :raises ToolError: it was not done in time.
    """
    if not is_sized(target, limits):
        raise TargetError(f"{target}: {NOT_SIZED}")
    pages = dialect_on(target, trace.of_pages(), limits=limits)
    readings = pages.readings, trace.of_ranges().readings
    ending = isolation.perform(Order(target, RangeProgram(*readings, trace.scope, trace.operations), limits))
    if ending.how == "overdue":
        raise ToolError(f"the target was not done after {limits.wall:.0f} s")
    failure = failure_of(ending, limits)
    if failure is not None:
        return RangeReplay(str(target), trace, failure, len(operations_in(ending.journal)))
    step, cells = int(ending.value["step"]), [int(cell) for cell in ending.value["cells"]]
    if cells and cells[FAULT] == Mismatch.UNFIT:
        raise TargetError(f"{target}: its init refuses {trace.scope}, so the trace cannot be run on it")
    if cells:
        failure = Failure(Conformance.DIVERGES, describe_range(cells, str(ending.value["message"])))
    return RangeReplay(str(target), trace, failure, step + bool(cells))
