"""One program of ranges on a target and on the model, compared after each operation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.ranges.literal import first
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.ranges.steps import row_of, state_of
from model.spaces.dialect import Readings
from refinement.check.driver.bench import Bench
from refinement.check.ranges.closure import RangeClosure, journal_of, sized
from refinement.check.ranges.driver import as_numbers, expand_compiled


@dataclass(frozen=True, slots=True)
class RangeProgram:
    """Operations from the first state of a scope, until one differs."""

    readings: Readings
    ranges: RangeReadings
    scope: RangeScope
    operations: tuple[RangeOperation, ...]

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        RangeClosure.warm_up()

    def do(self, bench: Bench) -> dict[str, Any]:
        """``step``: the number of the operation that differs, and ``cells`` how; or the number of all operations."""
        d, w = as_numbers(self.readings, self.ranges)
        journal, target = journal_of(bench), sized(bench, self.scope)
        rows = np.array(self.operations, np.int64).reshape(-1, 8)
        state = row_of(first(self.scope, self.scope.orders, w))
        for n in range(len(rows)):
            later, orders = np.zeros((1, len(state)), np.int64), np.zeros((1, self.scope.slots), np.int64)
            if expand_compiled(target, journal, state, rows[:n], rows[n : n + 1], 0, d, w, later, orders) == 0:
                return {"step": n, "cells": [int(cell) for cell in journal.failure]}
            if self.operations[n].is_in(self.scope):
                self.operations[n].apply(state_of(state), d, w)
        return {"step": len(rows), "cells": []}
