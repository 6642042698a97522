"""Ask a target what it shows after each operation of a trace of ranges, in its tables and in its cores' buffers."""

from dataclasses import dataclass

from model.ranges.trace import RangeTrace
from refinement.check.finding.finding import failure_of
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Limits, Order
from refinement.check.ranges.answers import ShowingRanges
from refinement.check.target.target import Target

Shown = tuple[tuple[int, int], ...]
"""A frame, or -1 for none, and rights, of each slot."""


@dataclass(frozen=True, slots=True)
class RangeAnswer:
    """What a target shows in one state.

    :param status: of the operation that led to it.
    :param tables: the database, and the page table if it is shown.
    :param buffers: what each core remembers; core -1 stands for any.
    :param orders: in how large a mapping the database says each page is; 0 where it shows none.
    """

    status: int
    tables: tuple[Shown, ...]
    buffers: tuple[tuple[int, Shown], ...]
    orders: tuple[int, ...] = ()


def ask_ranges(target: Target, trace: RangeTrace, *, limits: Limits = DEFAULT_LIMITS) -> tuple[RangeAnswer, ...]:
    """What the target shows in the first state and after each operation; of a target that ends, as far as it comes.

    :raises TargetError: the target does not have the interface.
    """
    for end in (len(trace.operations), len(trace.operations) - 1):
        if end < 0:
            break
        ending = isolation.perform(Order(target, ShowingRanges(trace.scope, trace.operations[:end]), limits))
        if ending.how == "answered" and failure_of(ending, limits) is None:
            return tuple(
                RangeAnswer(
                    int(step["status"]),
                    tuple(_shown(table) for table in step["tables"]),
                    tuple((int(core), _shown(buffer)) for core, buffer in step["buffers"]),
                    tuple(map(int, step["orders"])),
                )
                for step in ending.value["steps"]
            )
    return ()


def _shown(pairs: list[list[int]]) -> Shown:
    return tuple((int(frame), int(rights)) for frame, rights in pairs)
