# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
# mypy: disable-error-code="var-annotated"
"""Every forest on few slots under every renaming: one representative, a renaming of what it stands for."""

from itertools import permutations, product

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import DIALECTS
from proofs.explorer.states import unlabelled as module
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.unlabelled import unlabelled

TREE = DIALECTS["tree"]


def forests(slots, frames):
    for codes in product(range(frames + 1 + slots), repeat=slots):
        held = [code for code in codes if 0 < code <= frames]
        if len(set(held)) == len(held) and all(ends(codes, x, frames) for x in range(slots) if codes[x]):
            yield codes


def ends(codes, x, frames):
    for _ in codes:
        if codes[x] > frames:
            x = codes[x] - frames - 1
    return 0 < codes[x] <= frames


def renamed(codes, slot, frame, frames):
    new = [0] * len(codes)
    for x, code in enumerate(codes):
        new[slot[x]] = slot[code - frames - 1] + frames + 1 if code > frames else frame[code - 1] + 1 if code else 0
    return tuple(new)


def represented(codes, slots, frames):
    """The representative's codes, and where each slot went."""
    system = mapping_system(Scope(1, slots, frames), TREE, symmetry="slots", masks=True)
    bits, scratch = system.fields[0].bits, np.full(system.scratch, -5, np.int64)
    state = np.uint64(sum(code << bits * x for x, code in enumerate(codes)))
    found = int(unlabelled(state, system.parameters, scratch))
    return tuple(found >> bits * x & (1 << bits) - 1 for x in range(slots)), tuple(scratch[:slots].tolist())


@pytest.mark.parametrize(("slots", "frames"), [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)])
def test_every_forest(slots, frames):
    met = {}
    names = list(product(permutations(range(slots)), permutations(range(frames))))
    for codes in forests(slots, frames):
        found, place = represented(codes, slots, frames)
        assert sorted(place) == list(range(slots))
        assert any(renamed(codes, place, frame, frames) == found for frame in permutations(range(frames)))
        shape = min(renamed(codes, *name, frames) for name in names)
        assert met.setdefault(shape, found) == found


# Slots are numbered from the root on, down the greatest subtree first; roots hold frames in order.
@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ((0, 0, 0, 1), (1, 0, 0, 0)),
        ((0, 5, 1, 4), (1, 2, 3, 0)),
        ((1, 2, 2, 4), (1, 2, 3, 2)),
        ((1, 2, 2, 2), (1, 2, 2, 2)),
        ((5, 5, 5, 1), (1, 2, 2, 2)),
        ((1, 2, 2, 3), (1, 2, 3, 2)),
        ((4, 1, 3, 3), (1, 2, 3, 2)),
    ],
)
def test_the_order_of_trees(codes, found):
    assert represented(codes, 4, 1)[0] == found


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ((2, 1, 4, 0), (1, 3, 2, 0)),
        ((2, 1, 0, 4), (1, 3, 2, 0)),
        ((0, 2, 1, 5), (1, 3, 2, 0)),
        ((2, 0, 3, 3), (1, 3, 3, 0)),
    ],
)
def test_the_order_of_roots(codes, found):
    assert represented(codes, 4, 2)[0] == found


def test_all_trees_of_five_slots():
    shapes = {represented((1, *codes), 5, 1)[0] for codes in product(range(2, 6), repeat=4) if ends_all((1, *codes))}
    assert len(shapes) == 9  # rooted trees of five nodes
    assert all(code < x + 2 for codes in shapes for x, code in enumerate(codes) if x)


def ends_all(codes):
    return all(ends(codes, x, 1) for x in range(len(codes)))


@pytest.mark.parametrize("codes", [(1, 1, 0), (3, 0, 0), (3, 2, 0), (2, 0, 0), (1, 3, 2), (1, 1, 1)])
def test_what_is_no_forest_stands_for_itself(codes):
    assert represented(codes, 3, 1) == (codes, (0, 1, 2))


def test_siblings_are_hung_in_falling_order():
    word, eldest, younger = [5, 9, 7, 7, 1], [-1], [-1] * 5
    for x in range(5):
        module._hang(x, 0, word, eldest, younger)
    order, at = [], eldest[0]
    while at >= 0:
        order.append(at)
        at = younger[at]
    assert order == [1, 3, 2, 0, 4]
