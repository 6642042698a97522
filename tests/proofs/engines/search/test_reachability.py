"""A state of a counterexample to induction is called reachable only with operations that lead to it."""

from dataclasses import replace

import numpy as np
import pytest

from model.running.evaluate import Structure
from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL
from model.spaces.literal import Spaces
from model.spaces.operation import Operation
from proofs.engines.search import reachability
from proofs.engines.search.induction import InductionCounterexample, Reach
from proofs.engines.search.reachability import classified
from proofs.report.writers.describe import reach_lines

SCOPE = Scope(2, 1, 1)


def at(sigma: list[int], phys: list[int], rights: list[int], scope: Scope = SCOPE) -> InductionCounterexample:
    state = Spaces(*(np.array(column, np.int64) for column in (sigma, phys, rights)))
    return InductionCounterexample(Structure(1, {}, {}), scope, state)


def test_states_are_told_apart() -> None:
    mapped, dangling, start = at([-2, 0], [0, 0], [7, 4]), at([-1, 0], [-1, 0], [0, 7]), at([-2, -1], [0, -1], [7, 0])
    nowhere = InductionCounterexample(Structure(1, {}, {}))
    first, second, third, fourth = classified([mapped, dangling, start, nowhere], CANONICAL)
    assert first.reach == Reach(True, 52, (Operation("map", 0, 1, 4),))
    assert second.reach == Reach(False, 52)
    assert third.reach == Reach(True, 52)
    assert fourth.reach is None
    assert list(reach_lines(first)) == ["it begins in a state that is reached by: map σ0[0] → σ1[0] r--"]
    assert list(reach_lines(second)) == [
        "it begins in no reachable state: none of the 52 of 2 spaces × 1 page × 1 frame"
    ]
    assert list(reach_lines(third)) == ["it begins in the initial state"]
    assert list(reach_lines(fourth)) == []


def test_what_was_not_walked_through_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "MAX_STATES", 3)
    (found,) = classified([at([-1, 0], [-1, 0], [0, 7])], CANONICAL)
    assert found.reach is not None
    assert found.reach.reachable is None
    assert "not known" in next(reach_lines(found))
    wide = Scope(9, 3, 1)
    (found,) = classified([replace(found, scope=wide, state=spaces.initial(wide))], CANONICAL)
    assert found.reach == Reach(None, 0)
