"""Representatives: how many, against formulas and against all renamings; and that traces come back concrete."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, dialect_named
from proofs.explorer.counting import forests, orbits, renamings, unlabelled_forests
from proofs.explorer.explore import explore
from proofs.explorer.result import SearchEnd
from proofs.explorer.searches.breadth_first import kernel_of, search
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.properties import STATE_IDS, chosen
from proofs.explorer.states.symmetry import canonical, largest_group

TREE = DIALECTS["tree"]


def fields(state: Any, scope: Scope, bits: int) -> list[int]:
    return [int(state) >> bits * x & (1 << bits) - 1 for x in range(scope.slots)]


def renamed(codes: Sequence[int], slot: Sequence[int], frame: Sequence[int], frames: int) -> list[int]:
    new = [0] * len(codes)
    for x, code in enumerate(codes):
        if code > frames:
            code = slot[code - frames - 1] + frames + 1
        elif code:
            code = frame[code - 1] + 1
        new[slot[x]] = code
    return new


@st.composite
def forest(draw: st.DrawFn, scope: Scope) -> list[int]:
    """The codes of a random forest."""
    order = draw(st.permutations(range(scope.slots)))[: draw(st.integers(0, scope.slots))]
    frames = draw(st.permutations(range(scope.frames)))
    roots = draw(st.integers(1, scope.frames))
    codes = [0] * scope.slots
    for i, x in enumerate(order):
        parent = draw(st.integers(0, max(0, i - 1)))
        codes[x] = frames[i] + 1 if i < roots else order[parent] + scope.frames + 1
    return codes


SCOPE = Scope(3, 2, 2)
RENAMINGS = list(renamings(SCOPE))


@pytest.mark.long
@settings(deadline=None)  # the first example compiles
@given(forest(SCOPE), st.sampled_from(RENAMINGS), st.permutations(range(6)), st.permutations(range(2)))
def test_the_representative_is_a_renaming_and_the_same_for_all(
    codes: Sequence[int], renaming: tuple[list[int], list[int]], any_slot: list[int], any_frame: list[int]
) -> None:
    for group, (slot, frame) in (("pages", renaming), ("slots", (any_slot, any_frame))):
        system = mapping_system(SCOPE, TREE, symmetry=group, masks=True)
        kernel, bits = kernel_of(system), system.fields[0].bits
        parameters, scratch = np.array(system.parameters, np.int64), np.zeros(system.scratch, np.int64)

        def canonical(
            codes: Sequence[int],
            kernel: Any = kernel,
            bits: int = bits,
            parameters: Any = parameters,
            scratch: Any = scratch,
        ) -> list[int]:
            state = sum(code << bits * x for x, code in enumerate(codes))
            return fields(kernel.representative(np.uint64(state), parameters, scratch), SCOPE, bits)

        representative = canonical(codes)
        assert canonical(renamed(codes, slot, frame, SCOPE.frames)) == representative
        if group == "pages":
            assert representative in [renamed(codes, *r, SCOPE.frames) for r in RENAMINGS]


@pytest.mark.long
@pytest.mark.parametrize("size", [(2, 2, 2), (3, 2, 2), (2, 3, 3)])
def test_as_many_representatives_as_orbits_under_pages(size: tuple[int, int, int]) -> None:
    result = explore(Scope(*size), TREE, properties=STATE_IDS, symmetry="pages")
    assert result.states == orbits(Scope(*size))
    assert result.symmetry == "pages"


def test_burnside_against_all_renamings_of_all_states() -> None:
    scope = Scope(2, 2, 2)
    every = {codes for codes in product(range(7), repeat=4) if is_forest(codes, 2)}
    assert len(every) == forests(4, 2) == 389
    least = {min(tuple(renamed(codes, *r, 2)) for r in renamings(scope)) for codes in every}
    assert len(least) == orbits(scope) == 108


def is_forest(codes: Sequence[int], frames: int) -> bool:
    """Whether all links lead to frames, each held once."""
    held = [code for code in codes if 0 < code <= frames]
    for code in codes:
        for _ in codes:
            code = codes[code - frames - 1] if code > frames else code
        if code > frames:
            return False
    ends = all(code <= frames or codes[code - frames - 1] for code in codes)
    return ends and len(held) == len(set(held))


@pytest.mark.long
@pytest.mark.parametrize("size", [(2, 2, 2), (3, 2, 2), (3, 3, 2)])
def test_as_many_representatives_as_unlabelled_forests_under_slots(size: tuple[int, int, int]) -> None:
    scope = Scope(*size)
    result = explore(scope, TREE, properties=STATE_IDS, symmetry=True)
    assert result.symmetry == "slots"
    assert result.states == unlabelled_forests(scope.slots, scope.frames)


@pytest.mark.long
def test_more_states_than_could_ever_be_visited() -> None:
    result = explore(Scope(4, 3, 3), TREE, properties=STATE_IDS, symmetry=True)
    assert result.states == unlabelled_forests(12, 3) == 18_055
    assert result.verdict is SearchEnd.VIOLATED  # a frame can be lost
    assert len(result.violations[0].trace.operations) == 1
    assert forests(12, 3) > 10**13


@pytest.mark.long
@pytest.mark.parametrize("name", ["canonical", "tree", "x2-keep"])
def test_the_special_canonical_form_agrees_with_the_general_one(name: str) -> None:
    system = mapping_system(Scope(3, 2, 2), dialect_named(name), symmetry="slots", masks=True)
    general = search(replace(system, canonical=canonical), properties=[])
    special = search(system, properties=[])
    assert (special.states, special.layers, special.transitions) == (
        general.states,
        general.layers,
        general.transitions,
    )


@pytest.mark.parametrize("codes", [(1, 1, 0, 0), (0, 3, 0, 0), (4, 3, 0, 0), (1, 5, 4, 0)], ids=str)
def test_what_is_no_forest_stands_for_itself(codes: tuple[int, int, int, int]) -> None:
    scope = Scope(2, 2, 2)
    system = mapping_system(scope, TREE, symmetry="slots", masks=True)
    scratch = np.zeros(system.scratch, np.int64)
    bits = system.fields[0].bits
    state = np.uint64(sum(code << bits * x for x, code in enumerate(codes)))
    assert kernel_of(system).representative(state, np.array(system.parameters, np.int64), scratch) == state
    assert scratch[: scope.slots].tolist() == [0, 1, 2, 3]


@pytest.mark.long
@pytest.mark.parametrize("symmetry", ["pages", "slots"])
@pytest.mark.parametrize("name", ["canonical", "tree", "literal-eager", "canonical without not-ancestor"])
def test_symmetry_changes_neither_what_is_violated_nor_how_soon(name: str, symmetry: str) -> None:
    full, reduced = (explore(Scope(2, 2, 2), dialect_named(name), symmetry=s) for s in ("none", symmetry))
    assert {v.property: len(v.trace.operations) for v in full.violations} == {
        v.property: len(v.trace.operations) for v in reduced.violations
    }
    assert reduced.states < full.states


def test_symmetry_with_rights() -> None:
    full, reduced = (explore(Scope(2, 2, 1), CANONICAL, "rw", symmetry=s) for s in ("none", "slots"))
    assert full.complete
    assert reduced.complete
    assert reduced.states < full.states / 2
    assert not full.violations
    assert not reduced.violations


def test_the_group_is_the_largest_that_all_properties_respect() -> None:
    assert largest_group(chosen(None), True) == "slots"
    assert largest_group(chosen(None), False) == "none"
    with pytest.raises(ValueError, match="there is no symmetry"):
        largest_group(chosen(None), "frames")
