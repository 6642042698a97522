"""Counts by plain Python, for what compiled searches are compared with."""

from model.ranges.literal import first
from model.ranges.operation import operations_of
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.ranges.steps import row_of, state_of
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE


def counted(scope: RangeScope) -> int:
    """How many operations are done in all states that canonical operations reach."""
    d, w = CANONICAL.readings, CANONICAL_RANGES.readings
    start = row_of(first(scope, scope.orders, w)).tobytes()
    seen, waiting, done = {start}, [row_of(first(scope, scope.orders, w))], 0
    calls = operations_of(scope, w)
    while waiting:
        row = waiting.pop()
        for o in calls:
            after = row.copy()
            if o.apply(state_of(after), d, w) == DONE:
                done += 1
                if after.tobytes() not in seen:
                    seen.add(after.tobytes())
                    waiting.append(after)
    return done
