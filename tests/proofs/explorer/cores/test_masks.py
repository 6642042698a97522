"""Rows of masks, by hand: when a step is possible, what it leaves, and which states violate a property."""

from typing import Any

import numpy as np
import pytest

from proofs.explorer.cores.masks import check, successors

KEEP = -1
LAST = 1 << 63


def taken(state: int, *rows: tuple[int, ...], parts: int = 0) -> list[tuple[int, int]]:
    """Label and state after of the possible steps; the rows begin at the sixth number, after one that is none."""
    parameters = np.array([len(rows), 6, 99, 99, parts, -5, *(number for row in rows for number in row)], np.int64)
    after, labels, flaws = np.full(9, 77, np.uint64), np.full(9, 77, np.int64), np.full(9, 77, np.int64)
    count = successors(np.uint64(state), after, labels, flaws, 3, parameters, None)
    assert flaws.tolist() == [0] * count + [77] * (9 - count)
    assert labels[count:].tolist() == [77] * (9 - count)
    assert after[count:].tolist() == [77] * (9 - count)
    return list(zip(labels[:count].tolist(), after[:count].tolist(), strict=True))


@pytest.mark.parametrize(
    ("state", "needed", "forbidden", "some", "possible"),
    [
        (0b0000, 0b0000, 0b0000, 0b0000, True),
        (0b0011, 0b0011, 0b0000, 0b0000, True),
        (0b0001, 0b0011, 0b0000, 0b0000, False),
        (0b0111, 0b0011, 0b0000, 0b0000, True),
        (0b0100, 0b0000, 0b0011, 0b0000, True),
        (0b0010, 0b0000, 0b0011, 0b0000, False),
        (0b0100, 0b0000, 0b0000, 0b0110, True),
        (0b0010, 0b0000, 0b0000, 0b0110, True),
        (0b1001, 0b0000, 0b0000, 0b0110, False),
        (0b0000, 0b0000, 0b0000, 0b0110, False),
        (0b0101, 0b0001, 0b0010, 0b1100, True),
        (0b0111, 0b0001, 0b0010, 0b1100, False),
        (0b0100, 0b0001, 0b0010, 0b1100, False),
        (LAST, -LAST, 0, 0, True),
        (LAST, 0, -LAST, 0, False),
        (LAST, 0, 0, -LAST, True),
        (LAST - 1, -LAST, 0, 0, False),
    ],
)
def test_when_a_step_is_possible(state: int, needed: int, forbidden: int, some: int, possible: bool) -> None:
    assert taken(state, (3, needed, forbidden, some, KEEP, 0)) == [(3, state)] * possible


def test_what_a_step_leaves() -> None:
    assert taken(0b1011, (1, 0, 0, 0, ~0b0011, 0b0100)) == [(1, 0b1100)]
    assert taken(0b1011, (1, 0, 0, 0, ~0b0011, 0b0010)) == [(1, 0b1010)]  # set what it takes away
    assert taken(0b1011, (1, 0, 0, 0, 0, -LAST)) == [(1, LAST)]


def test_every_possible_step_is_written_in_turn() -> None:
    rows = [(5, 0b01, 0, 0, KEEP, 0b100), (6, 0b10, 0, 0, KEEP, 0b100), (7, 0b01, 0, 0, ~0b01, 0), (8, 0, 1, 0, 0, 0)]
    assert taken(0b01, *rows) == [(5, 0b101), (7, 0)]
    assert taken(0b11, *rows) == [(5, 0b111), (6, 0b111), (7, 0b10)]
    assert taken(0b10, *rows) == [(6, 0b110), (8, 0)]
    assert taken(0b00, *rows) == [(8, 0)]
    assert taken(0b11) == []


HANGING = (1, 0, 0, 0, ~0b0001, 0b0010)


@pytest.mark.parametrize(
    ("state", "parts", "after"),
    [
        (0b0001, (0b0001, KEEP, 0b1000), 0b1010),  # it hangs on what was set before, though the step clears it
        (0b0001, (0b0010, KEEP, 0b1000), 0b0010),  # nor on what the step sets
        (0b0100, (0b0100, ~0b0110, 0b1000), 0b1000),
        (0b0100, (0b1100, KEEP, 0b1000), 0b1110),  # one of several bits is enough
        (0b0100, (0b1000, 0, 0b1000), 0b0110),
        (LAST, (-LAST, KEEP, 0b100), LAST + 0b110),
    ],
)
def test_a_part_hangs_on_a_bit_of_the_state_before(state: int, parts: tuple[int, ...], after: int) -> None:
    assert taken(state, (*HANGING, *parts), parts=1) == [(1, after)]


def test_parts_come_one_after_the_other_up_to_the_first_that_hangs_on_nothing() -> None:
    one, two = (0b0001, KEEP, 0b0100), (0b0001, ~0b0100, 0b1000)
    none = 0, 0, 0b10000
    assert taken(1, (*HANGING, *one, *two, *none), parts=3) == [(1, 0b1010)]
    assert taken(1, (*HANGING, *two, *one, *none), parts=3) == [(1, 0b1110)]
    assert taken(1, (*HANGING, *none, *one, *two), parts=3) == [(1, 0b0010)]
    assert taken(1, (*HANGING, 0b100, 0, 0, *two, *one), parts=3) == [(1, 0b1110)]
    # The next row begins after all parts that there is room for.
    assert taken(1, (*HANGING, *none, *one), (9, 1, 0, 0, KEEP, 0, *two, *none), parts=2) == [(1, 0b10), (9, 0b1001)]


def wrong_in(state: int, *rows: tuple[int, ...], wanted: int = -1) -> int:
    parameters = np.array([99, 99, len(rows), 7, 99, -5, -5, *(number for row in rows for number in row)], np.int64)
    nothing: Any = None
    return check(np.uint64(state), wanted, parameters, nothing)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("state", "last", "violated"),
    [
        (0b00011, 0, True),
        (0b00101, 0, True),
        (0b01011, 0, False),
        (0b01011, 1, True),
        (0b10111, 1, True),
        (0b00011, 1, False),
        (0b00001, 0, False),
        (0b00110, 0, False),
        (0b00000, 0, False),
        (0b11000, 1, False),
    ],
)
def test_when_a_state_violates(state: int, last: int, violated: bool) -> None:
    """A bit of the first two sets, and of the third one or none."""
    assert wrong_in(state, (4, 0b00001, 0b00110, 0b11000, last)) == 4 * violated


def test_what_several_rows_say_is_said_together_and_as_far_as_it_is_asked_for() -> None:
    rows = [(1, 1, 1, 2, 0), (2, 4, 4, 2, 0), (1, 4, 4, 2, 0), (4, -LAST, -LAST, -LAST, 1)]
    assert [wrong_in(state, *rows) for state in (0, 1, 4, 5, 7, LAST, LAST + 4)] == [0, 1, 3, 3, 0, 4, 7]
    assert [wrong_in(5, *rows, wanted=wanted) for wanted in (0, 1, 2, 3, 4)] == [0, 1, 2, 3, 0]
    assert wrong_in(7) == 0
