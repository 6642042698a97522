"""The theory of ranges executed: without a fault it is the literal model, call by call."""

import numpy as np
import pytest

from model.ranges.abstraction import spaces_of
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.ranges.steps import RangeLayers, every_step, state_of
from model.scope import ALL_RIGHTS
from model.spaces.abstraction import structure_of
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from model.spaces.operation import Kind
from proofs.engines.search.executed import Tables, keys_of, rows_of
from proofs.engines.search.theory_of_ranges import ASKS_RIGHT, ExecutedRanges
from proofs.faults.theory import RANGE_FAULTS

SCOPE = RangeScope(2, 2, 2, 0b11)
TRIED = tuple(operations_of(SCOPE, CANONICAL_RANGES.readings, (ALL_RIGHTS, 4)))


def tables(state: bytes | np.ndarray, layers: RangeLayers) -> Tables:
    row = layers.rows([state])[0] if isinstance(state, bytes) else state
    symbols = structure_of(spaces_of([state_of(row)]), SCOPE).symbols
    return {name: symbols[name] for name in ("derives", "live", "holds", "phys", "right", "holder")}


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_every_call_does_what_the_literal_model_does(depth: int) -> None:
    layers = RangeLayers(SCOPE, CANONICAL.readings, CANONICAL_RANGES.readings, TRIED, every_step)
    *_, layer = layers.layers(depth)
    executed = ExecutedRanges(SCOPE, TRIED)
    for state in layer[:: 1 + len(layer) // 12]:
        statuses, later = layers.after(layers.rows([state]))
        done = [TRIED[n] for n in np.flatnonzero(statuses[0] == DONE)]
        expected = {call: keys_of(tables(row, layers))[0] for call, row in zip(done, later, strict=True)}
        found: dict[RangeOperation, bytes] = {}
        for steps in executed.steps(tables(state, layers)):
            found |= dict(zip(steps.calls, keys_of(steps.after), strict=True))
        assert found == expected


def test_one_call_is_executed_alone() -> None:
    executed = ExecutedRanges(SCOPE)
    steps = executed.step(executed.first, RangeOperation(Kind.GRANT, 0, 1, 2, 1))
    assert steps.calls == (RangeOperation(Kind.GRANT, 0, 1, 2, 1),)
    assert steps.after["live"][0].tolist() == [False, False, True, True]
    assert steps.after["holder"][0].tolist() == [2, 3]
    assert executed.step(steps.after, RangeOperation(Kind.MAP, 0, 0, 1)).calls == ()


def test_a_guard_that_asks_for_no_right_lets_pages_without_one_go() -> None:
    fault = RANGE_FAULTS["range-page-without-right-map"]
    assert ASKS_RIGHT not in fault.actions()["map_range"](CANONICAL).guard
    right, wrong = ExecutedRanges(SCOPE), ExecutedRanges(SCOPE, actions=fault.actions())
    narrow, further = RangeOperation(Kind.MAP, 0, 0, 2, rights=4), RangeOperation(Kind.MAP, 2, 0, 3, rights=2)
    before = right.step(right.first, narrow).after
    assert right.step(before, further).calls == ()
    assert wrong.step(before, further).calls == (further,)


def test_what_is_left_open_is_executed_as_empty() -> None:
    wrong = ExecutedRanges(SCOPE, actions=RANGE_FAULTS["range-forgets-live-map"].actions())
    steps = wrong.step(wrong.first, RangeOperation(Kind.MAP, 0, 1, 2, 1))
    assert not steps.after["live"].any()
    assert rows_of(steps.after, np.array([0]))["phys"].any()
