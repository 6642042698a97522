"""One program of ranges on a target and on the model, compared after each operation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.ranges.literal import Ranged, first
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.ranges.steps import row_of, state_of
from model.spaces.dialect import Readings
from refinement.check.driver.bench import Bench
from refinement.check.driver.compiling import compile_for
from refinement.check.ranges.closure import journal_of, message_of, sized, sized_of
from refinement.check.ranges.driver import DIFFERED, Journal, Sized, as_numbers, attempt_compiled


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
        warm_up()

    def do(self, bench: Bench) -> dict[str, Any]:
        """``step``: the number of the operation that differs, ``cells`` how, ``message`` what was said; or of all."""
        journal = journal_of(bench)
        readings = self.readings, self.ranges
        step, _ = run(sized(bench, self.scope), journal, self.scope, self.operations, *readings)
        if step == len(self.operations):
            return {"step": step, "cells": [], "message": ""}
        failure = [int(cell) for cell in journal.failure]
        return {"step": step, "cells": failure, "message": message_of(bench, failure)}


def warm_up() -> None:
    """Compile what programs run, or load what was compiled before."""
    scope, (d, w) = RangeScope(1, 1, 1), as_numbers(Readings(), RangeReadings())
    state, rows, orders = row_of(first(scope, 1, w)), np.zeros((1, 8), np.int64), np.zeros(1, np.int64)
    compile_for(attempt_compiled, sized_of(scope), journal_of(), state, rows, 0, rows[0], d, w, state, orders)


def run(
    target: Sized,
    journal: Journal,
    scope: RangeScope,
    operations: tuple[RangeOperation, ...],
    readings: Readings,
    ranges: RangeReadings,
) -> tuple[int, Ranged]:
    """Operations from the first state: the number of the first that differs, or of all; and the state before it."""
    d, w = as_numbers(readings, ranges)
    rows = np.array(operations, np.int64).reshape(-1, 8)
    state, orders = row_of(first(scope, scope.orders, w)), np.zeros(scope.slots, np.int64)
    after = state.copy()
    for n in range(len(rows)):
        if attempt_compiled(target, journal, state, rows, n, rows[n], d, w, after, orders) == DIFFERED:
            return n, state_of(state)
        if operations[n].is_in(scope):
            operations[n].apply(state_of(state), d, w)
    return len(rows), state_of(state)
