"""The invariants and the initial state told a second time, with sets: the same in every structure of a few slots."""

from collections.abc import Callable
from itertools import product
from math import prod
from types import SimpleNamespace

import numpy as np
import pytest

from model.running.evaluate import Structure, compile_term
from model.spaces import theory as t
from model.spaces.invariants import INVARIANTS, every_frame_is_held, initial, live_holds_a_frame, together_with

FRAMES = RIGHTS = SPACES = (0, 1)
SHAPES = {
    "derives": ("Slot", "Slot"),
    "live": ("Slot",),
    "holds": ("Slot", "Frame"),
    "phys": ("Slot", "Frame"),
    "right": ("Slot", "Right"),
    "holder": ("Frame",),
    "owner": ("Slot",),
    "sigma0": (),
}
TRUTHS = ("derives", "live", "holds", "phys", "right")

Said = Callable[[SimpleNamespace], bool]


def in_one_line(above: set[int], derives: set[tuple[int, int]]) -> bool:
    return all(y == z or (y, z) in derives or (z, y) in derives for y, z in product(above, above))


# For each invariant how many slots it is tried with, the relations that it speaks of, and what it says: ``derives`` and
# the others are sets of what is related, ``holder`` and ``owner`` are lists.
INVARIANTS_SAID: dict[str, tuple[int, str, Said]] = {
    "irreflexive": (2, "derives", lambda m: not any(x == y for x, y in m.derives)),
    "transitive": (
        3,
        "derives",
        lambda m: {(x, z) for x, y in m.derives for w, z in m.derives if y == w} <= m.derives,
    ),
    "forest": (
        3,
        "derives",
        lambda m: all(in_one_line({y for z, y in m.derives if z == x}, m.derives) for x in m.slots),
    ),
    "holds_functional": (2, "holds", lambda m: all(len({r for y, r in m.holds if y == x}) <= 1 for x in m.slots)),
    "holds_injective": (2, "holds", lambda m: all(len({x for x, q in m.holds if q == r}) <= 1 for r in FRAMES)),
    "holder_derives_from_nothing": (
        2,
        "holds derives",
        lambda m: {x for x, _ in m.holds}.isdisjoint(x for x, _ in m.derives),
    ),
    "phys_functional": (2, "phys", lambda m: all(len({r for y, r in m.phys if y == x}) <= 1 for x in m.slots)),
    "held_frame_shows": (2, "holds phys", lambda m: m.holds <= m.phys),
    "phys_coherent": (
        2,
        "derives phys",
        lambda m: all({r for z, r in m.phys if z == x} == {r for z, r in m.phys if z == y} for x, y in m.derives),
    ),
    "access_ends_at_holder": (
        2,
        "phys holds holder derives",
        lambda m: all(
            (m.holder[r], r) in m.holds and (x == m.holder[r] or (x, m.holder[r]) in m.derives) for x, r in m.phys
        ),
    ),
    "no_frame_lost": (2, "holds holder", lambda m: all((m.holder[r], r) in m.holds for r in FRAMES)),
    "no_dangling_link": (2, "derives live", lambda m: {y for _, y in m.derives} <= m.live),
    "links_are_live": (2, "derives live", lambda m: {x for x, _ in m.derives} <= m.live),
    "access_is_live": (2, "phys live", lambda m: {x for x, _ in m.phys} <= m.live),
    "live_is_accessible": (2, "phys live", lambda m: m.live <= {x for x, _ in m.phys}),
    "rights_never_grow": (
        2,
        "derives right",
        lambda m: all((y, a) in m.right for x, y in m.derives for z, a in m.right if x == z),
    ),
    "rights_need_access": (2, "right live", lambda m: {x for x, _ in m.right} <= m.live),
    "live_has_a_right": (2, "right live", lambda m: m.live <= {x for x, _ in m.right}),
}

INITIAL_SAID: dict[str, tuple[int, str, Said]] = {
    "nothing derives": (2, "derives", lambda m: not m.derives),
    "σ0 holds": (2, "holds owner sigma0", lambda m: all(m.owner[x] == m.sigma0 for x, _ in m.holds)),
    "one frame a page": INVARIANTS_SAID["holds_functional"],
    "one page a frame": INVARIANTS_SAID["holds_injective"],
    "P shows what is held": (2, "holds phys", lambda m: m.holds == m.phys),
    "only holders are live": (2, "holds live", lambda m: {x for x, _ in m.holds} <= m.live),
    "all rights": (2, "right live", lambda m: m.right == {(x, a) for x in m.live for a in RIGHTS}),
    "every frame is held": INVARIANTS_SAID["no_frame_lost"],
    "what is live holds": (2, "holds live", lambda m: m.live <= {x for x, _ in m.holds}),
}


def every_structure(slots: int, names: list[str]) -> Structure:
    """Each interpretation of these symbols, with so many slots, and two of all else."""
    sizes = {"Slot": slots, "Frame": len(FRAMES), "Right": len(RIGHTS), "Space": len(SPACES)}
    shapes = {name: tuple(sizes[sort] for sort in SHAPES[name]) for name in names}
    bits = sum(prod(shape) for shape in shapes.values())
    numbers = np.arange(1 << bits)
    symbols = {}
    for name, shape in shapes.items():
        table = np.stack([(numbers >> (bits := bits - 1)) & 1 for _ in range(prod(shape))], axis=1)
        table = table.reshape(-1, *shape)
        symbols[name] = table.astype(bool) if name in TRUTHS else table
    return Structure(len(numbers), sizes, symbols)


def as_sets(structure: Structure, number: int) -> SimpleNamespace:
    said = SimpleNamespace(slots=range(structure.sizes["Slot"]))
    for name, table in structure.symbols.items():
        if name in TRUTHS:
            pairs = [tuple(map(int, index)) for index in np.argwhere(table[number])]
            setattr(said, name, {index[0] for index in pairs} if name == "live" else set(pairs))
        else:
            setattr(said, name, table[number].tolist())
    return said


def assert_said(formula: t.Formula, slots: int, relations: str, said: Said) -> None:
    structure = every_structure(slots, relations.split())
    found = compile_term(formula)(structure)
    expected = [said(as_sets(structure, number)) for number in range(structure.batch)]
    assert found.tolist() == expected
    assert len(set(expected)) == 2


@pytest.mark.long
@pytest.mark.parametrize("name", INVARIANTS)
def test_an_invariant_says_the_same_with_sets(name: str) -> None:
    assert_said(INVARIANTS[name].formula(t.before), *INVARIANTS_SAID[name])


def test_the_initial_state_says_the_same_with_sets() -> None:
    said = {**initial(t.before), **every_frame_is_held(t.before), **live_holds_a_frame(t.before)}
    assert list(said) == list(INITIAL_SAID)
    for name, formula in said.items():
        assert_said(formula, *INITIAL_SAID[name])


def test_no_condition_says_some_frame_and_names_holders_too() -> None:
    fit = {name: together_with(invariant) for name, invariant in INVARIANTS.items()}
    assert fit["irreflexive"] == tuple(name for name in INVARIANTS if name != "live_is_accessible")
    assert fit["live_is_accessible"] == tuple(
        name for name in INVARIANTS if name not in ("access_ends_at_holder", "no_frame_lost")
    )
