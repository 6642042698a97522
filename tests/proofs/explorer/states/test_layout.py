"""Packed states and the numbers of steps, bit for bit."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from model.spaces.literal import Spaces
from model.spaces.operation import Kind, Operation
from proofs.explorer.states.layout import decoded, encoded, label_of, operation_of, split


@pytest.mark.parametrize("kind", Kind)
def test_the_number_of_a_step(kind: Kind) -> None:
    for src, dst, rights in product((0, 1, 63), (0, 2, 63), (0, 3, 7)):
        label = int(f"{kind:b}_{rights:03b}_{src:06b}_{dst:06b}", 2)
        assert label_of(kind, src, dst, rights) == label
        assert split(label) == (kind, src, dst, rights)
        assert operation_of(label) == Operation(kind.word, src, -1 if kind == Kind.FLUSH else dst, rights)


def parameters(slots: int, frames: int, code_bits: int, phys_bits: int, right_bits: int) -> tuple[Any, ...]:
    return (slots, 1, frames, code_bits, phys_bits, right_bits)


def state(sigma: Any, phys: Any, rights: Any) -> Any:
    return Spaces(*(np.array(column, np.int64) for column in (sigma, phys, rights)))


def rows(found: Any) -> list[Any]:
    return [[int(value) for value in column[0]] for column in found]


@pytest.mark.parametrize(
    ("bits", "packed", "columns"),
    [
        # Two slots, two frames: σ0 holds frame 1 (code 2); the other is mapped from it (code 3).
        ((3, 0, 0), 0b011_010, ([-3, 0], [1, 1], [7, 7])),
        ((3, 0, 0), 0b010_100, ([1, -3], [1, 1], [7, 7])),
        ((3, 0, 0), 0b000_001, ([-2, -1], [0, -1], [7, 0])),
        ((3, 2, 1), 0b1_10_011_1_10_010, ([-3, 0], [1, 1], [7, 7])),
        ((3, 2, 1), 0b0_00_011_1_01_010, ([-3, 0], [0, -1], [7, 0])),
        ((3, 2, 2), 0b10_10_011_11_10_010, ([-3, 0], [1, 1], [6, 4])),
        ((3, 2, 3), 0b101_10_011_111_00_010, ([-3, 0], [-1, 1], [7, 5])),
        ((3, 0, 3), 0b101_011_111_010, ([-3, 0], [1, 1], [7, 5])),
    ],
)
def test_bits(bits: tuple[int, ...], packed: Any, columns: Any) -> None:
    p = parameters(2, 2, *bits)
    assert rows(decoded(np.array([packed], np.uint64), p)) == [list(column) for column in columns]
    assert encoded(state(*columns), p) == packed
    both = decoded(np.array([packed, 0], np.uint64), p)
    assert [column.shape for column in both] == [(2, 2)] * 3
    assert both.sigma[1].tolist() == [-1, -1]


def test_a_link_to_a_link_shows_the_frame_at_its_end() -> None:
    p = parameters(3, 1, 3, 0, 0)
    packed = 1 | 2 << 3 | 3 << 6
    assert rows(decoded(np.array([packed], np.uint64), p)) == [[-2, 0, 1], [0, 0, 0], [7, 7, 7]]
    backwards = 3 | 4 << 3 | 1 << 6
    assert rows(decoded(np.array([backwards], np.uint64), p))[1] == [0, 0, 0]


@pytest.mark.parametrize(
    ("bits", "columns"),
    [
        ((3, 0, 0), ([-3, 0], [1, 0], [7, 7])),  # P_v is not σ(v)
        ((3, 0, 0), ([-3, -1], [1, -1], [7, 7])),  # a nil slot with rights
        ((3, 0, 0), ([-3, 0], [1, 1], [7, 6])),  # some rights
        ((3, 2, 1), ([-3, 0], [1, 1], [7, 6])),
        ((3, 2, 2), ([-3, 0], [1, 1], [6, 5])),
        ((3, 2, 3), ([-3, 6], [1, 1], [6, 5])),  # a link that takes more bits
        ((3, 2, 3), ([-3, 0], [1, 3], [6, 5])),
        ((3, 2, 1), ([-3, 0], [1, 1], [7, 8])),
    ],
)
def test_what_has_no_packing(bits: tuple[int, ...], columns: Any) -> None:
    assert encoded(state(*columns), parameters(2, 2, *bits)) is None
