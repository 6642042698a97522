"""Operations on words against the literal model, and what is checked of a change against the properties themselves."""

import random
from typing import Any, cast

import numpy as np
import pytest

from model.choice import choices_of
from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect, Readings
from model.spaces.literal import DONE, Spaces, evaluate
from model.spaces.operation import Kind
from proofs.explorer.searches.breadth_first import kernel_of
from proofs.explorer.states import mapping
from proofs.explorer.states.changes import changes_violate
from proofs.explorer.states.forest import is_forest_dialect
from proofs.explorer.states.layout import FAULTS as FAULTS_AT
from proofs.explorer.states.layout import encoded, split
from proofs.explorer.states.mapping import CHOICES, LOST, mapping_system
from proofs.explorer.states.properties import IDS, PROPERTIES, STATE_IDS
from proofs.explorer.states.words import gathered, grid_of, packed, values_after, words_of
from proofs.explorer.states.wrong_operations import FAULTS, executed, faults_named, misread, operate

ROWS: Any = Spaces  # with plain numbers in lists where the code has arrays

STEPS = tuple(p for p in PROPERTIES if p.of_step)
ALL = (1 << len(IDS)) - 1
ANY = Scope(2, 2, 2)
FACTORS = list(choices_of(Readings()).values())


def copied(state: Any) -> Any:
    return ROWS(*(list(column) for column in state))


def violated(before: Any, after: Any, kind: int, src: int, dst: int, rights: Any) -> int:
    """The violated step properties, by the predicates themselves."""
    return sum(
        1 << n
        for n, p in enumerate(PROPERTIES)
        if p.of_step and not p.holds(before, after, kind, src, -1 if kind == Kind.FLUSH else dst, rights)
    )


def any_readings(generator: random.Random) -> Any:
    choices: Any = (generator.choice(list(choice)) for choice in FACTORS)
    return Readings(*choices)


def any_state(generator: random.Random, rights: str, scope: Any = ANY) -> Any:
    """A state with links that may lead anywhere, or round, and P and rights that need not fit them."""
    sigma = [generator.choice((-1, -1, -2, -3, *range(scope.slots))) for _ in range(scope.slots)]
    allowed = [generator.choice((0, *CHOICES[rights])) for _ in range(scope.slots)]
    state = ROWS(sigma, [-1] * scope.slots, allowed)
    for x in range(scope.slots):
        state.phys[x] = max(-1, evaluate(state, x)) if generator.random() < 0.8 else generator.randrange(-1, 2)
    return state


def steps_of(system: Any, number: Any, function: Any = None) -> list[Any]:
    """The steps from a packed state: of each number the state after and what is violated."""
    after, labels = np.zeros(system.fanout, np.uint64), np.zeros(system.fanout, np.int64)
    flaws, scratch = np.zeros(system.fanout, np.int64), np.full(system.scratch, -9, np.int64)
    parameters = np.array(system.parameters, np.int64)
    count = (function or system.successors)(np.uint64(number), after, labels, flaws, ALL, parameters, scratch)
    return list(zip(labels[:count].tolist(), after[:count].tolist(), flaws[:count].tolist(), strict=True))


@pytest.mark.parametrize("rights", CHOICES)
@pytest.mark.parametrize("seed", range(40))
def test_any_reading_steps_as_the_literal_model_from_any_state(rights: str, seed: int) -> None:
    generator = random.Random(f"{seed} {rights}")
    readings = any_readings(generator)
    while is_forest_dialect(readings):  # their packing cannot hold any state, and they are stepped below
        readings = any_readings(generator)
    if rights == "rw":
        readings = readings._replace(own_page=type(readings.own_page).KEPT)
    system = mapping_system(ANY, Dialect("any", "", readings), rights, idle=True)
    for _ in range(3):
        state = any_state(generator, rights)
        number = encoded(state, system.parameters)
        assert number is not None
        expected = []
        for src in range(ANY.slots):
            for kind in Kind:
                for dst in range(1 if kind == Kind.FLUSH else ANY.slots):
                    for mask in CHOICES[rights]:
                        allowed = 7 if kind == Kind.FLUSH and mask == system.parameters[6] else mask
                        after = copied(state)
                        if operate(after, kind, src, dst, allowed, readings) == DONE:
                            label = ((kind * 8 + allowed) * 64 + src) * 64 + dst
                            flaw = violated(state, after, kind, src, dst, allowed)
                            expected.append((label, int(cast(np.uint64, encoded(after, system.parameters))), flaw))
        # In the same order: of several steps that violate a property in one state the first is shown.
        assert steps_of(system, number) == expected


def near(state: Any, generator: random.Random, rights: str) -> Any:
    """The same state with some slots changed."""
    after, other = copied(state), any_state(generator, rights)
    for column, new in zip(after, other, strict=True):
        for x in range(ANY.slots):
            if generator.random() < 0.3:
                column[x] = new[x]
    if generator.random() < 0.6:
        after.phys[:] = [evaluate(after, x) for x in range(ANY.slots)]
    return after


@pytest.mark.long
@pytest.mark.parametrize("rights", CHOICES)
def test_a_change_is_checked_as_the_whole_state(rights: str) -> None:
    """Of any two states, whatever operation is said to have led from one to the other."""
    generator = random.Random(rights)
    seen: list[set[Any]] = [set() for _ in STEPS]
    system = mapping_system(ANY, DIALECTS["literal-eager"], rights)
    grid = grid_of(system.parameters)
    below, children = np.zeros(ANY.slots, np.uint64), np.zeros(ANY.slots, np.uint64)
    for _ in range(3000):
        before = any_state(generator, rights)
        after = near(before, generator, rights)
        kind, src, dst = generator.choice(list(Kind)), generator.randrange(ANY.slots), generator.randrange(ANY.slots)
        allowed = generator.choice((*CHOICES[rights], 7)) if kind == Kind.FLUSH else 7
        words, values, parents = words_of(encoded(before, system.parameters), below, children, grid)
        now, kept = gathered(after, grid)
        assert kept
        found = values_after(words.sigma, now.sigma, values, parents, below, grid)
        again = values_after(np.uint64(0), now.sigma, np.uint64(0), np.uint64(0), below, grid)
        assert found == again  # from the state before as from none
        flaw = changes_violate(words, now, values, found, below, kind, src, dst, allowed, grid)
        assert flaw == violated(before, after, kind, src, dst, allowed)
        for n in range(len(STEPS)):
            seen[n].add(flaw >> len(STATE_IDS) + n & 1)
    assert seen == [{0, 1}] * len(STEPS)


# Faults that show with two frames, or with rights, only.
UNSEEN = [(name, "none") for name in ("grant-restrict-child-keeps", "rights-not-intersected", "empty-rights-map")]
UNSEEN += [(name, rights) for name in ("entry-survives-overmap", "frame-overwritten") for rights in ("none", "rw")]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("rights", ["none", "rw"])
def test_each_fault_violates_in_the_same_steps_by_either_check(name: str, rights: str) -> None:
    """In every state that can be reached with it: what violates by a change violates by the predicate, and back."""
    scope, faults = Scope(3, 1, 1), faults_named([name])
    system = mapping_system(scope, misread(CANONICAL, faults), rights, faults=executed(faults))
    kernel = kernel_of(system)
    parameters, scratch = np.array(system.parameters, np.int64), np.zeros(system.scratch, np.int64)
    met, queue, found = {system.initial}, [system.initial], 0
    for number in queue:
        before = ROWS(*([0] * scope.slots for _ in range(3)))
        mapping._unpack(np.uint64(number), before, system.parameters)
        for label, reached, flaw in steps_of(system, number, kernel.successors):
            after = ROWS(*([0] * scope.slots for _ in range(3)))
            mapping._unpack(np.uint64(reached), after, system.parameters)
            kind, src, dst, allowed = split(label)
            assert flaw == violated(before, after, kind, src, dst, allowed)
            found |= flaw | kernel.check(np.uint64(reached), ALL, parameters, scratch)
            if reached not in met:
                met.add(reached)
                queue.append(reached)
        if len(met) > 400:
            break
    assert found or (name, rights) in UNSEEN


@pytest.mark.long
@pytest.mark.parametrize("name", ["canonical", "tree", "x2-keep", "fiasco", "nova"])
def test_forests_step_as_executed(name: str) -> None:
    """The words' steps of every state are those of the literal model, executed as with faults but without any."""
    scope = Scope(2, 2, 1)
    system = mapping_system(scope, DIALECTS[name])
    kernel, parameters = kernel_of(system), list(system.parameters)
    assert parameters[FAULTS_AT] == 0
    met, queue = {system.initial}, [system.initial]
    for number in queue:
        found = steps_of(system, number, kernel.successors)
        if len(met) < 100:
            assert found == steps_of(system, number, mapping.faulty_successors)
        assert not any(flaw & LOST for _, _, flaw in found)
        for _, reached, _ in found:
            if reached not in met:
                met.add(reached)
                queue.append(reached)


def test_words_and_packed_states_are_the_same() -> None:
    generator = random.Random(3)
    for rights in CHOICES:
        system = mapping_system(ANY, DIALECTS["literal-eager"], rights)
        grid = grid_of(system.parameters)
        sets = np.zeros(ANY.slots, np.uint64), np.zeros(ANY.slots, np.uint64)
        for _ in range(100):
            state = any_state(generator, rights)
            number = encoded(state, system.parameters)
            words, values, parents = words_of(number, *sets, grid)
            assert gathered(state, grid) == (words, True)
            assert packed(words, grid) == number
            for x in range(ANY.slots):
                shown = int(values >> np.uint64(x * grid.width) & grid.field)
                assert shown == (int(grid.field) if evaluate(state, x) == -2 else evaluate(state, x) + 1)
                assert int(parents >> np.uint64(x * grid.width)) & 1 == int(x in state.sigma)
