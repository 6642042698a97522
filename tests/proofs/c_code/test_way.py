"""Calls lead to a state of a counterexample, or are known not to: each way is run on the literal model."""

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from model.spaces.literal import NIL, Spaces, frame, initial
from proofs.c_code.way import ways

SCOPE = Scope(2, 2, 2)


def state(sigma: list[int], phys: list[int], rights: list[int]) -> Spaces:
    return Spaces(*(np.array(each, np.int64) for each in (sigma, phys, rights)))


@pytest.mark.parametrize(
    "wanted",
    [
        state([frame(0), frame(1), NIL, NIL], [0, 1, NIL, NIL], [7, 7, 0, 0]),
        state([frame(1), frame(0), NIL, NIL], [1, 0, NIL, NIL], [7, 7, 0, 0]),
        state([frame(0), 0, 1, frame(1)], [0, 0, 0, 1], [5, 5, 4, 7]),
        state([2, 2, frame(0), frame(1)], [0, 0, 0, 1], [6, 4, 7, 7]),
    ],
    ids=["at first", "frames that changed places", "a chain", "two children"],
)
def test_each_way_ends_in_the_state(wanted: Spaces) -> None:
    found = list(ways(SCOPE, wanted, CANONICAL))
    assert found
    for scope, way in found:
        reached = initial(scope)
        for operation in way:
            assert operation.apply(reached, CANONICAL.readings) == 0
        assert [each[: SCOPE.slots].tolist() for each in reached] == [each.tolist() for each in wanted]


def test_children_are_mapped_in_every_order() -> None:
    two = state([frame(0), 0, 0, frame(1)], [0, 0, 0, 1], [7, 7, 7, 7])
    assert len(list(ways(SCOPE, two, CANONICAL))) == 2


@pytest.mark.parametrize(
    "wanted",
    [
        state([frame(0), 0, NIL, frame(1)], [0, 0, NIL, 1], [4, 7, 0, 7]),
        state([frame(0), 2, 1, frame(1)], [0, 0, 0, 1], [7, 7, 7, 7]),
        state([frame(0), 0, NIL, frame(1)], [0, 1, NIL, 1], [7, 7, 0, 7]),
        state([frame(0), frame(1), NIL, NIL], [0, 1, NIL, NIL], [7, 0, 0, 0]),
    ],
    ids=["more rights than the parent", "a circle", "another frame in P", "a frame without rights"],
)
def test_no_way_leads_to_what_is_no_reachable_state(wanted: Spaces) -> None:
    assert not list(ways(SCOPE, wanted, CANONICAL))
