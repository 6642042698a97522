"""The indexed model is the literal model."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from model.choice import choices_of
from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import (
    CANONICAL,
    DIALECTS,
    Ancestor,
    FrameHolder,
    GrantedEntry,
    NoRights,
    OwnPage,
    OwnSlot,
    PartialFlush,
    Passing,
    Reading,
    Readings,
    Source,
)
from model.spaces.keeping import table_of
from model.spaces.literal import Spaces
from model.spaces.operation import Kind
from refinement.check.driver import indexed
from refinement.check.driver.indexed import NOBODY, Indexed

LITERAL: dict[str, Callable[..., int]] = {"map": spaces.map_, "grant": spaces.grant, "flush": spaces.flush}
INDEXED: dict[str, Callable[..., int]] = {"map": indexed.map_, "grant": indexed.grant, "flush": indexed.flush}


def copy(state: Indexed) -> Indexed:
    return Indexed(*(column.copy() for column in state))


def same(state: Indexed, literal: Spaces) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(state, literal, strict=False))


def lists_are_right(state: Indexed) -> bool:
    for x in range(len(state.sigma)):
        found, at = [], state.links[x, 0]
        while at != NOBODY:
            found.append(int(at))
            at = state.links[at, 1]
        if sorted(found) != np.flatnonzero(state.sigma == x).tolist():
            return False
    return True


def calls(scope: Scope, rights: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    slots = range(scope.slots)
    return [
        (kind, arguments)
        for mask in rights
        for kind in LITERAL
        for arguments in (
            [(x, mask) for x in slots] if kind == "flush" else [(x, y, mask) for x in slots for y in slots]
        )
    ]


def compare(scope: Scope, readings: Readings, rights: tuple[int, ...], steps: int, seed: int) -> None:
    """Random walks, in which each state's every operation is tried."""
    generator, every = random.Random(seed), calls(scope, rights)
    for _ in range(steps // 12):
        state, literal = indexed.allocate(scope.slots), spaces.initial(scope)
        indexed.reset(state, scope.slots, scope.frames)
        for _ in range(12):
            for kind, arguments in generator.sample(every, 12):
                one, other = copy(state), Spaces(*(column.copy() for column in literal))
                one.changed[0] = 0
                status = INDEXED[kind](one, *arguments, readings)
                assert status == LITERAL[kind](other, *arguments, readings), (kind, arguments, literal)
                assert same(one, other), (kind, arguments, literal)
                assert lists_are_right(one)
                shows = [(literal.phys[x], literal.rights[x], literal.sigma[x] == -1) for x in range(scope.slots)]
                after = [(other.phys[x], other.rights[x], other.sigma[x] == -1) for x in range(scope.slots)]
                noted = set(one.changed[1 : 1 + one.changed[0]].tolist())
                assert {x for x in range(scope.slots) if shows[x] != after[x]} <= noted
            state, literal = one, other


@pytest.mark.long
@pytest.mark.parametrize("name", DIALECTS)
def test_named_dialects(name: str) -> None:
    compare(Scope(3, 2, 2), DIALECTS[name].readings, (7, 7, 6, 1, 0), 240, seed=len(name))


@pytest.mark.long
@pytest.mark.parametrize(("name", "seed"), [("canonical", 1), ("x2-keep", 2), ("literal-lazy", 3)])
@pytest.mark.parametrize("kept", ["05674567", "00004567", "04074567", "00000007", "01234567"])
def test_hardware_that_cannot_express_every_set(kept: str, name: str, seed: int) -> None:
    table = table_of([int(digit) for digit in kept])
    compare(Scope(3, 2, 2), DIALECTS[name].readings._replace(kept=table), tuple(range(8)), 240, seed)


def any_readings(generator: random.Random) -> Readings:
    readings: list[Any] = [generator.choice(list(choice)) for choice in choices_of(Readings()).values()]
    return Readings(*readings)


@pytest.mark.parametrize("number", range(40))
def test_any_readings(number: int) -> None:
    readings = any_readings(random.Random(number))
    compare(Scope(2, 2, 1), readings, (7, 5, 2, 0), 24, seed=number)
    compare(Scope(3, 1, 1), readings, (7, 5, 2, 0), 24, seed=number)


@pytest.mark.parametrize("number", range(20))
def test_what_cannot_differ_never_does(number: int) -> None:
    """Where it is said that σ(v) and P_v are the same, they are, and nothing derives from itself; so both are read."""
    generator = random.Random(number)
    readings, scope = any_readings(generator), Scope(2, 2, 1)
    state, every = indexed.allocate(scope.slots), calls(scope, (7, 5, 2))
    for _ in range(6):
        indexed.reset(state, scope.slots, scope.frames)
        for kind, arguments in generator.choices(every, k=12):
            state.changed[0] = 0
            INDEXED[kind](state, *arguments, readings)
            for x in range(scope.slots):
                if not indexed.can_differ(readings):
                    assert max(-1, indexed.evaluate(state, x)) == state.phys[x]
                    assert not indexed.derives(state, x, x)
                    assert indexed.frame_at(state, x, readings) == state.phys[x]
                else:
                    assert indexed.frame_at(state, x, readings) == indexed.evaluate(state, x)


@pytest.mark.parametrize(
    ("changed", "can"),
    [
        ({}, False),
        ({"own_slot": OwnSlot.ALLOWED}, True),
        ({"own_slot": OwnSlot.NOTHING}, False),
        ({"ancestor": Ancestor.ALLOWED}, True),
        ({"ancestor": Ancestor.EXTENDED}, False),
        ({"ancestor": Ancestor.EMPTIED}, False),
        ({"reading": Reading.BEFORE}, False),
        ({"ancestor": Ancestor.EMPTIED, "reading": Reading.BEFORE}, True),
        ({"source": Source.ALLOWED}, True),
        ({"granted_entry": GrantedEntry.KEPT}, True),
    ],
)
def test_readings_by_which_both_can_differ(changed: dict[str, Any], can: bool) -> None:
    assert indexed.can_differ(Readings()._replace(**changed)) == can


def test_the_first_state_is_that_of_the_literal_model_and_nothing_links() -> None:
    state = indexed.allocate(6)
    assert [column.shape for column in state[:4]] == [(6,), (6,), (6,), (6, 3)]
    assert len(state.changed) > 4 * 6  # an operation may note each slot more than once
    for column in state:
        column[:] = 77
    indexed.reset(state, 4, 2)
    assert same(Indexed(*(column[:4] for column in state)), spaces.initial(Scope(2, 2, 2)))
    assert state.links[:4].tolist() == [[NOBODY] * 3] * 4
    assert (int(state.changed[0]), set(state.changed[1:].tolist())) == (0, {77})
    assert {int(value) for column in state[:4] for value in column[4:].flat} == {77}


def test_a_copy_is_of_the_slots_that_were_asked_for_and_apart() -> None:
    state = indexed.allocate(4)
    for number, column in enumerate(state[:3]):
        column[:] = [10 * number, 10 * number + 1, 10 * number + 2, 10 * number + 3]
    copied = indexed.spaces_of(state, 3)
    assert [column.tolist() for column in copied] == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]
    state.sigma[0] = state.phys[0] = state.rights[0] = 99
    assert [int(column[0]) for column in copied] == [0, 10, 20]


@pytest.mark.long
def test_a_grant_onto_its_own_parent_may_leave_a_link_to_itself() -> None:
    readings = CANONICAL.readings._replace(ancestor=Ancestor.EMPTIED, reading=Reading.BEFORE)
    replaced = readings._replace(frame_holder=FrameHolder.REPLACED)
    for number in range(6):
        compare(Scope(2, 1, 1), replaced, (7, 7), 36, seed=number)


@pytest.mark.slow
def test_many_readings() -> None:
    generator = random.Random(8)
    for number in range(3_000):
        compare(Scope(2, 2, 2), any_readings(generator), (7, 5, 2, 0), 60, seed=number)


@pytest.mark.parametrize("seed", range(8))
def test_rows_are_followed_from_the_first_up_to_the_last(seed: int) -> None:
    generator, scope = random.Random(seed), Scope(3, 1, 1)
    rows = np.array(
        [
            [kind, generator.randrange(scope.slots), generator.randrange(scope.slots), generator.choice((7, 6, 1))]
            for kind in (Kind.MAP, Kind.MAP, Kind.GRANT, *generator.choices(list(Kind), k=5))
        ],
        np.int64,
    )
    first, last = 1, len(rows) - generator.randrange(2)
    state, other = indexed.allocate(scope.slots), indexed.allocate(scope.slots)
    for each in (state, other):
        indexed.reset(each, scope.slots, scope.frames)
    status = spaces.DONE
    for kind, src, dst, rights in rows[first:last].tolist():
        other.changed[0] = 0
        if kind == Kind.FLUSH:
            status = indexed.flush(other, src, rights, CANONICAL.readings)
        else:
            call = indexed.map_ if kind == Kind.MAP else indexed.grant
            status = call(other, src, dst, rights, CANONICAL.readings)
    before = rows.copy()
    assert indexed.follow(state, rows, first, last, CANONICAL.readings) == status
    assert np.array_equal(rows, before)
    changed = int(other.changed[0])
    assert state.changed[: 1 + changed].tolist() == other.changed[: 1 + changed].tolist()
    assert all(np.array_equal(one, two) for one, two in zip(state[:4], other[:4], strict=True))
    assert indexed.follow(state, rows, 2, 2, CANONICAL.readings) == spaces.DONE  # none of them


def test_the_first_row_is_followed_and_the_last_is_not() -> None:
    rows = np.array([(Kind.FLUSH, 0, 0, 7), (Kind.MAP, 0, 1, 7), (Kind.MAP, 0, 2, 7)], np.int64)
    state = indexed.allocate(3)
    indexed.reset(state, 3, 1)
    assert indexed.follow(state, rows, 1, 2, CANONICAL.readings) == spaces.DONE
    assert state.phys.tolist() == [0, 0, -1]


def test_there_is_room_for_what_a_flush_notes_of_many_slots() -> None:
    slots = 64
    state = indexed.allocate(slots)
    indexed.reset(state, slots, 1)
    for x in range(1, slots):
        state.changed[0] = 0
        assert indexed.map_(state, 0, x, 7, CANONICAL.readings) == spaces.DONE
    state.changed[0] = 0
    assert indexed.flush(state, 0, 7, CANONICAL.readings) == spaces.DONE
    assert int(state.changed[0]) == 2 * (slots - 1)  # each loses its rights, then goes


def both(readings: Readings, *operations: tuple[str, tuple[int, ...]]) -> list[int]:
    """How each operation ends, from the first state of three slots and a frame, on both models, which stay the same."""
    scope = Scope(3, 1, 1)
    state, literal = indexed.allocate(scope.slots), spaces.initial(scope)
    indexed.reset(state, scope.slots, scope.frames)
    endings = []
    for kind, arguments in operations:
        state.changed[0] = 0
        endings.append(INDEXED[kind](state, *arguments, readings))
        assert endings[-1] == LITERAL[kind](literal, *arguments, readings)
        assert same(state, literal)
        assert lists_are_right(state)
    return endings


def test_a_circle_at_the_destination_is_met_though_no_rights_are_passed() -> None:
    readings = CANONICAL.readings._replace(own_slot=OwnSlot.ALLOWED, no_rights=NoRights.NOTHING)
    maps = ("map", (0, 1, 7)), ("map", (1, 1, 7)), ("map", (0, 1, 0))
    assert both(readings, *maps) == [spaces.DONE, spaces.DONE, spaces.CYCLE_MET]


def test_a_slot_that_comes_to_link_to_itself_is_not_restricted_by_itself() -> None:
    readings = CANONICAL.readings._replace(
        ancestor=Ancestor.ALLOWED,
        reading=Reading.BEFORE,
        frame_holder=FrameHolder.REPLACED,
        passing=Passing.INTERSECTED,
        no_rights=NoRights.ALLOWED,
    )
    assert both(readings, ("map", (0, 1, 7)), ("grant", (1, 0, 0))) == [spaces.DONE, spaces.DONE]


def test_a_page_that_loses_all_rights_takes_with_it_what_has_more() -> None:
    readings = CANONICAL.readings._replace(passing=Passing.AS_GIVEN, own_page=OwnPage.INCLUDED)
    operations = ("map", (0, 1, 4)), ("map", (1, 2, 7)), ("flush", (1, 4))
    assert both(readings._replace(partial_flush=PartialFlush.ANY), *operations) == [spaces.DONE] * 3
