"""Every state that a kernel with ranges reaches in a scope, nearest first, and the first operation that goes wrong.

Each way is run on a machine of its own, in lockstep with the literal model (:mod:`refinement.ranges.lockstep`), so that
what is compared after the last operation is all that is compared there. Two ways that leave the same model, tree, page
tables and buffers lead to one state. No renaming is used: code need not treat alike what only names tell apart.
"""

from collections.abc import Iterator
from time import monotonic

from model.counting import counted
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.scope import ArgumentError
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.explorer.result import OnProgress, Progress, SearchEnd, Violation
from proofs.faults.hunts.sized_machine import BROKEN, RangePlan, failing, levels_for
from proofs.searches.range_exploration import RIGHTS, RangeExploration, most_states
from refinement.faults.ranges import SizedFault
from refinement.kernel.lockstep import Difference
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import RangeLockstep
from refinement.ranges.small import small

COMPARED = {
    "status": "the operation ends as the model says",
    "database": "the database shows what the model shows",
    "tree": "the mapping tree is whole",
    "tables": "the page tables are what the tree says",
    "buffer": "an invalidation takes what it should",
    "moment": "no core reaches too much within an operation",
    "reach": "every core reaches what the model says, and no more",
    "crash": "the kernel does not break down",
}
"""What is compared after each operation, and in each of its steps."""

Way = tuple[RangeOperation, ...]


def explore_kernel(
    scope: RangeScope,
    fault: SizedFault | None,
    *,
    rights: str = "none",
    max_states: int | None = None,
    on_progress: OnProgress | None = None,
) -> RangeExploration:
    """Try every operation in every state until one goes wrong; the whole layer of states is tried then.

    :param fault: what is wrong with the kernel; none runs the kernel as it is.
    :param rights: as in :func:`proofs.searches.range_exploration.explore_ranges`, and so the rest.
    :raises ArgumentError: an argument makes no sense, or the kernel has no such spaces.
    """
    most, begun = most_states(rights, max_states), monotonic()
    kernel = SizedKernel if fault is None else fault.kernel
    plan = RangePlan(scope, small(1, levels=levels_for(scope)))
    tried = operations_of(scope, CANONICAL_RANGES.readings, RIGHTS[rights])
    try:
        RangePlan.boot(plan, SizedKernel)
    except ValueError as error:
        raise ArgumentError(str(error)) from None
    steps, wrong = failing(plan, kernel, ())
    found = {each.check: (steps, each) for each in reversed(wrong)}
    met, sizes, transitions = set() if wrong else {_key(plan.boot(kernel))}, [1], 0
    layer: list[Way] = [()]
    while layer and not found and len(met) <= most:
        fresh: list[Way] = []
        for done, way in enumerate(layer):
            for call in tried:
                differs, key = _tried(plan, kernel, way, call)
                transitions += key is not None
                for each in differs:
                    found.setdefault(each.check, ((*way, call), each))
                if key is not None and key not in met and not differs:
                    met.add(key)
                    fresh.append((*way, call))
            if on_progress is not None:
                used, passed = sum(map(len, met)), monotonic() - begun
                on_progress(Progress(len(met), len(sizes) - 1, done / len(layer), used, passed, sum(sizes[:-1]) + done))
        layer = fresh
        sizes += [len(fresh)] if fresh and not found else []
    reason = "it ended where something first falls" if found else f"more than {counted(most, 'state')}" if layer else ""
    return RangeExploration(
        verdict=SearchEnd.VIOLATED if found else SearchEnd.TRUNCATED if reason else SearchEnd.EXHAUSTED,
        complete=not reason,
        reason=reason,
        states=len(met),
        transitions=transitions,
        layers=tuple(sizes),
        violations=tuple(_violations(scope, fault, found)),
        properties=tuple(COMPARED),
        bytes_per_state=sum(map(len, met)) / max(1, len(met)),
        seconds=monotonic() - begun,
        scope=scope,
        dialect=CANONICAL.name,
        ranges=CANONICAL_RANGES.name,
        rights=rights,
        engine="the kernel with ranges in lockstep with the literal model",
        faults=(fault.name,) if fault else (),
    )


def _violations(
    scope: RangeScope, fault: SizedFault | None, found: dict[str, tuple[Way, Difference]]
) -> Iterator[Violation[RangeTrace]]:
    for check, (way, difference) in found.items():
        named = fault.name if fault else ""
        shows = f"{check}: {difference.message}"
        trace = RangeTrace(CANONICAL.name, CANONICAL_RANGES.name, scope, way, shows, fault=named)
        yield Violation(check, "lockstep", f"{COMPARED[check]}; {difference.message}", trace)


def _tried(
    plan: RangePlan, kernel: type[SizedKernel], way: Way, call: RangeOperation
) -> tuple[list[Difference], bytes | None]:
    """What differs after the last operation, and the state then; no state if nothing was done."""
    both = plan.boot(kernel)
    for each in way:
        both.do_range(each)
    try:
        differs = both.do_range(call)
    except BROKEN as error:
        return [Difference("crash", f"the kernel raises {type(error).__name__}: {error}")], None
    return differs, _key(both) if both.status == DONE else None


def _key(both: RangeLockstep) -> bytes:
    """All that an operation's outcome can depend on: the model, the tree, the page tables and the buffers."""
    kernel, tables, format = both.kernel, both.kernel.tables, both.kernel.format
    columns = [
        [column[n] for n in range(len(column))] for column in (*kernel.tree, kernel.sized.order, *kernel.sized.begins)
    ]
    frames = range(tables.pool.first, tables.pool.first + tables.pool.count)
    places = [(frame << 12) // format.entry_bytes + item for frame in frames for item in range(format.entries)]
    entries = [int(tables.entries[place]) for place in places]
    counts = sorted(tables.uses.items()), tables.promised, tables.pool.free_frames()
    tags = [kernel.tags.current(space) for space in range(kernel.scope.spaces)]
    buffers = [[str(entry) for entry in core.tlb.entries()] for core in kernel.cores]
    return repr(([column.tolist() for column in both.model], columns, entries, counts, tags, buffers)).encode()
