"""Literal states as structures of the theory, value by value."""

from collections.abc import Callable

import numpy as np
import pytest

from model.running.evaluate import Structure
from model.scope import Scope
from model.spaces.abstraction import called_with, closure, stack, steps_structure, structure_of
from model.spaces.literal import NIL, Spaces, frame
from model.spaces.operation import Operation

F0, F1 = frame(0), frame(1)
SCOPE = Scope(spaces=2, pages=3, frames=2)
# σ1[0] is a link to σ0[1], and σ1[2] to σ1[0]; in the second state frame 0 is held by nobody.
STATES = (
    Spaces([F0, F1, NIL, 1, NIL, 3], [0, 1, NIL, 1, NIL, 1], [7, 6, 0, 4, 0, 1]),  # type: ignore[arg-type]
    Spaces([NIL, NIL, F1, NIL, NIL, NIL], [NIL, NIL, 1, NIL, NIL, NIL], [0, 0, 3, 0, 0, 0]),  # type: ignore[arg-type]
)


def related(table: np.ndarray) -> list[set[tuple[int, ...]]]:
    """What is related in each state."""
    assert table.dtype == bool
    return [{tuple(map(int, index)) for index in np.argwhere(state)} for state in table]


@pytest.mark.parametrize("given", [lambda states: states, stack])
def test_each_symbol_in_each_state(given: Callable[..., object]) -> None:
    structure = structure_of(given(STATES), SCOPE)  # type: ignore[arg-type]
    assert structure.batch == 2
    assert structure.sizes == {"Slot": 6, "Frame": 2, "Space": 2, "Right": 3}
    said = structure.symbols
    assert list(said) == ["derives", "live", "holds", "phys", "right", "holder", "owner", "sigma0"]
    assert related(said["derives"]) == [{(3, 1), (5, 3), (5, 1)}, set()]
    assert related(said["live"]) == [{(0,), (1,), (3,), (5,)}, {(2,)}]
    assert related(said["holds"]) == [{(0, 0), (1, 1)}, {(2, 1)}]
    assert related(said["phys"]) == [{(0, 0), (1, 1), (3, 1), (5, 1)}, {(2, 1)}]
    first = {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (3, 0), (5, 2)}  # r, w and x are rights 0, 1 and 2
    assert related(said["right"]) == [first, {(2, 1), (2, 2)}]
    assert said["holder"].tolist() == [[0, 1], [0, 2]]
    assert said["owner"].tolist() == [[0, 0, 0, 1, 1, 1]] * 2
    assert said["sigma0"].tolist() == [0, 0]


def test_sizes_are_not_taken_for_each_other() -> None:
    structure = structure_of([Spaces([F0, NIL] * 4, [0, NIL] * 4, [7, 0] * 4)], Scope(4, 2, 1))  # type: ignore[arg-type]
    assert structure.sizes == {"Slot": 8, "Frame": 1, "Space": 4, "Right": 3}
    assert structure.symbols["holds"].shape == structure.symbols["phys"].shape == (1, 8, 1)


def test_states_are_stacked_column_by_column_and_have_as_many_slots() -> None:
    stacked = stack(STATES)
    assert stacked.sigma.tolist() == [state.sigma for state in STATES]
    assert stacked.rights.tolist() == [state.rights for state in STATES]
    assert all(column.dtype == np.int64 and column.shape == (2, 6) for column in stacked)
    with pytest.raises(ValueError, match="shorter"):
        stack([STATES[0], STATES[1][:2]])  # type: ignore[list-item]


def test_links_are_followed_to_the_end_and_all_the_way_round() -> None:
    assert related(closure(np.array([[F0, 0, 1], [1, 2, 0], [NIL, NIL, NIL]]))) == [
        {(1, 0), (2, 0), (2, 1)},
        {(x, y) for x in range(3) for y in range(3)},
        set(),
    ]
    assert related(closure(np.array([[F0]]))) == [set()]
    assert related(closure(np.array([[NIL, 0, 1, NIL]]))) == [{(1, 0), (2, 0), (2, 1)}]  # to a page that is gone


@pytest.mark.parametrize(
    "given", [lambda operations: operations, lambda o: np.array([(e.src, e.dst, e.rights) for e in o])]
)
def test_an_operation_is_its_source_its_destination_and_its_rights(given: Callable[..., object]) -> None:
    structure = structure_of(STATES, SCOPE)
    called = called_with(structure, given([Operation("map", 3, 4, 5), Operation("flush", 1, -1, 2)]))  # type: ignore
    assert called.symbols["src"].tolist() == [3, 1]
    assert called.symbols["dst"].tolist() == [4, 0]  # a flush has none
    assert related(called.symbols["mask"]) == [{(0,), (2,)}, {(1,)}]
    assert called.symbols["derives"] is structure.symbols["derives"]


def test_no_operation_for_no_state() -> None:
    nothing = Structure(0, {}, {})
    assert called_with(nothing, []).symbols["mask"].shape == (0, 3)


def test_a_step_has_the_state_before_and_marked_the_state_after() -> None:
    later = Spaces([F0, F1, 0, 1, NIL, NIL], [0, 1, 0, 1, NIL, NIL], [7, 6, 5, 4, 0, 0])  # type: ignore[arg-type]
    said = steps_structure(
        [STATES[0]] * 2, [Operation("map", 0, 2, 5), Operation("flush", 3, -1, 7)], [later] * 2, SCOPE
    )
    assert (said.batch, said.sizes) == (2, {"Slot": 6, "Frame": 2, "Space": 2, "Right": 3})
    symbols = said.symbols
    assert (symbols["src"].tolist(), symbols["dst"].tolist()) == ([0, 3], [2, 0])
    assert related(symbols["mask"]) == [{(0,), (2,)}, {(0,), (1,), (2,)}]
    assert related(symbols["derives"]) == [{(3, 1), (5, 3), (5, 1)}] * 2
    assert related(symbols["derives'"]) == [{(2, 0), (3, 1)}] * 2
    assert related(symbols["live'"]) == [{(0,), (1,), (2,), (3,)}] * 2
    assert symbols["sigma0'"].tolist() == [0, 0]
    state = {"derives", "live", "holds", "phys", "right", "holder", "owner", "sigma0"}
    assert set(symbols) == {"src", "dst", "mask"} | state | {f"{name}'" for name in state}
