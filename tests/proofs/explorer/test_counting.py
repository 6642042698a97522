# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
"""The formulas against counting one by one, where there is little to count."""

from fractions import Fraction
from itertools import permutations, product

import pytest

from model.scope import Scope
from proofs.explorer import counting
from proofs.explorer.counting import forests, orbits, renamings, unlabelled_forests


def every(slots, frames):
    """All forests: for each slot 0, a frame from 1 on, or a link from frames + 1 on."""
    for codes in product(range(frames + 1 + slots), repeat=slots):
        held = [code for code in codes if 0 < code <= frames]
        if len(set(held)) == len(held) and all(leads_to_a_frame(codes, x, frames) for x in range(slots) if codes[x]):
            yield codes


def leads_to_a_frame(codes, x, frames):
    for _ in codes:
        if codes[x] > frames:
            x = codes[x] - frames - 1
    return 0 < codes[x] <= frames


def renamed(codes, slot, frame, frames):
    new = [0] * len(codes)
    for x, code in enumerate(codes):
        new[slot[x]] = slot[code - frames - 1] + frames + 1 if code > frames else frame[code - 1] + 1 if code else 0
    return tuple(new)


SIZES = [(1, 1), (2, 1), (3, 1), (2, 2), (3, 2), (3, 3), (1, 2), (4, 1)]


@pytest.mark.parametrize(("slots", "frames"), SIZES)
def test_forests_one_by_one(slots, frames):
    found = list(every(slots, frames))
    assert forests(slots, frames) == len(found)
    for lost in range(frames + 1):
        held = [sum(0 < code <= frames for code in codes) for codes in found]
        assert forests(slots, frames, lost) == sum(frames - number == lost for number in held)


@pytest.mark.parametrize(("slots", "frames"), SIZES)
def test_shapes_one_by_one(slots, frames):
    names = list(product(permutations(range(slots)), permutations(range(frames))))
    shapes = {min(renamed(codes, *name, frames) for name in names) for codes in every(slots, frames)}
    assert unlabelled_forests(slots, frames) == len(shapes)


def test_shapes_of_larger_forests():
    # Forests by nodes, the empty one among them: the trees with one node more, added up (OEIS A000081).
    assert [unlabelled_forests(n, n) for n in range(1, 8)] == [2, 4, 8, 17, 37, 85, 200]
    assert [unlabelled_forests(n, 1) for n in range(1, 8)] == [2, 3, 5, 9, 18, 38, 86]


@pytest.mark.parametrize("size", [(1, 2, 1), (2, 1, 1), (3, 1, 1), (1, 3, 2), (2, 2, 1), (1, 3, 3)])
def test_orbits_one_by_one(size):
    scope = Scope(*size)
    names = list(renamings(scope))
    assert len(set(names)) == len(names)
    shapes = {min(renamed(c, *name, scope.frames) for name in names) for c in every(scope.slots, scope.frames)}
    assert orbits(scope) == len(shapes)


def test_the_renamings_of_two_spaces():
    assert list(renamings(Scope(2, 2, 1))) == [((0, 1, 2, 3), (0,)), ((0, 1, 3, 2), (0,))]
    assert list(renamings(Scope(1, 3, 2))) == [((0, 1, 2), (0, 1)), ((1, 0, 2), (1, 0))]
    assert sorted(slot for slot, _ in renamings(Scope(3, 1, 1))) == [(0, 1, 2), (0, 2, 1)]


def test_cycles():
    assert counting._cycle_type((1, 0, 2)) == (1, 2)
    assert counting._cycle_type((1, 2, 0, 4, 3)) == (2, 3)
    assert counting._cycle_type(()) == ()


def test_determinants():
    def determinant(*rows):
        return counting._determinant([[Fraction(value) for value in row] for row in rows])

    assert determinant() == 1
    assert determinant([3]) == 3
    assert determinant([1, 2], [3, 4]) == -2
    assert determinant([0, 2], [3, 4]) == -6
    assert determinant([0, 2], [0, 4]) == 0
    assert determinant([0, 0, 5], [0, 3, 4], [2, 7, 1]) == -30
    assert determinant([2, 1, 3], [4, 2, 5], [1, 6, 7]) == 11


def test_hangings_one_by_one():
    assert counting._hangings((), (1,)) == 1
    assert counting._hangings((1,), (1, 1)) == 1
    assert counting._hangings((1, 1), (1, 1, 1)) == 3
    assert counting._hangings((2,), (1, 2)) == 1
    assert counting._hangings((1,), (1, 2)) == 0
    assert counting._hangings((2,), (2, 2)) == 2
