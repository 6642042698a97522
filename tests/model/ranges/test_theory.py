"""The literal ranges and the theory of ranges say the same, on every state of a scope and on random walks."""

from functools import cache

import numpy as np
import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from model.ranges import compiled
from model.ranges.abstraction import AFTER, asked, called_with, spaces_of, steps_structure
from model.ranges.literal import Ranged
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import Crossing, RangeDialect, RangeReadings, Refusal, range_dialect_named
from model.ranges.scope import RangeScope
from model.ranges.steps import RangeLayers, state_of
from model.ranges.theories import RANGES, theory_of_ranges
from model.ranges.theory import flush_range, joint
from model.ranges.vocabulary import called
from model.running.evaluate import Structure, compile_meaning, compile_term
from model.scope import ALL_RIGHTS
from model.spaces.abstraction import structure_of
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Kind
from model.spaces.vocabulary import before

D = CANONICAL.readings
READINGS = (
    "canonical",
    "canonical with crossing=allowed",
    "canonical with refusal=page",
    "canonical with holes=emptied",
    "canonical with own=range",
    "canonical with holes=emptied, own=range, refusal=page",
)
Done = list[tuple[Ranged, RangeOperation, Ranged]]


def layers_of(dialect: RangeDialect, scope: RangeScope, rights: tuple[int, ...] = (ALL_RIGHTS,)) -> RangeLayers:
    calls = tuple(operations_of(scope, dialect.readings, rights))
    return RangeLayers(scope, D, dialect.readings, calls, run=compiled.every_step)


@cache
def every_step(name: str) -> tuple[Done, list[tuple[Ranged, RangeOperation]]]:
    """All steps of a scope from states without a dangling link or cycle, and all that is refused there."""
    layers = layers_of(range_dialect_named(name), RangeScope(2, 2, 2, 0b11))
    done: Done = []
    refused = []
    for layer in layers.layers():
        rows = layers.rows(layer)
        statuses, later = layers.after(rows)
        for (k, n), row in zip(np.argwhere(statuses == DONE).tolist(), later, strict=True):
            done.append((state_of(rows[k]), layers.tried[n], state_of(row)))
        refused += [(state_of(rows[k]), layers.tried[n]) for k, n in np.argwhere(statuses == REFUSED).tolist()]
    return done, refused


def sound(s: Ranged) -> bool:
    return all(e < 0 or s.sigma[e] != -1 for e in s.sigma)


def assert_same(steps: Done, scope: RangeScope, dialect: RangeDialect) -> int:
    theory = theory_of_ranges(dialect)
    compared = 0
    for kind in Kind:
        action = f"{kind.word}_range"
        if action == "grant_range" and dialect.readings.crossing == Crossing.ALLOWED:
            continue
        mine = [step for step in steps if step[1].kind == kind and sound(step[0])]
        if not mine:
            continue
        made = theory.actions[action](CANONICAL)
        structure = steps_structure(mine, scope, D, dialect.readings)
        for name, formula in made.guard.items():
            assert compile_term(formula)(structure).all(), name
        for name, table in compile_meaning(made.after)(structure).items():
            if name != "holder":  # a grant moves holders as its relation says
                assert (np.asarray(table) == structure.symbols[name + AFTER]).all(), (action, name)
        compared += len(mine)
    return compared


QUICK = ("canonical", "canonical with crossing=allowed", "canonical with own=range")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in READINGS]
)
def test_every_step_of_a_scope(name: str) -> None:
    done, _ = every_step(name)
    assert assert_same(done, RangeScope(2, 2, 2, 0b11), range_dialect_named(name)) > 1500


@pytest.mark.parametrize("name", ["canonical", "canonical with own=range"])
def test_every_flush_with_its_own_pages(name: str) -> None:
    scope, dialect = RangeScope(2, 2, 2, 0b11), range_dialect_named(name)
    done: Done = []
    for s, o, _ in every_step(name)[0]:
        if o.kind == Kind.FLUSH and sound(s):
            later, flush = Ranged(*(column.copy() for column in s)), o._replace(own=True)
            assert flush.apply(later, D, dialect.readings) == DONE
            done.append((s, flush, later))
    assert any(e == -1 for _, o, later in done for e in later.sigma[o.src : o.src + (1 << o.order)])
    structure = steps_structure(done, scope, D, dialect.readings)
    made = flush_range(dialect.readings, CANONICAL, own=True)
    for name_of, table in compile_meaning(made.after)(structure).items():
        if name_of != "holder":
            assert (np.asarray(table) == structure.symbols[name_of + AFTER]).all(), name_of


def test_holders_follow_their_pages() -> None:
    done, _ = every_step("canonical")
    grants = [step for step in done if step[1].kind == Kind.GRANT]
    structure = steps_structure(grants, RangeScope(2, 2, 2, 0b11), D, RangeReadings())
    assert (structure.symbols["heir"] == structure.symbols["holder" + AFTER]).all()
    assert (structure.symbols["heir"] != structure.symbols["holder"]).any()


def wanted(states: list[tuple[Ranged, RangeOperation]], scope: RangeScope) -> Structure:
    """The states, with all that is asked for as what goes."""
    structure = structure_of(spaces_of([s for s, _ in states]), scope)
    pairs = [asked(s, o, RangeReadings()) for s, o in states]
    return called_with(structure, [o for _, o in states], pairs, [[]] * len(states))


def test_what_is_refused_breaks_a_condition_of_the_theory() -> None:
    _, refused = every_step("canonical")
    scope = RangeScope(2, 2, 2, 0b11)
    asking = [(s, o) for s, o in refused if asked(s, o, RangeReadings())]
    guards = RANGES.actions["map_range"](CANONICAL).guard
    holds = compile_term(z3.And(*guards.values()))(wanted(asking, scope))
    assert len(asking) > 500
    assert not holds.any()


@pytest.mark.long
def test_the_joint_condition_refuses_what_no_page_alone_does() -> None:
    scope = RangeScope(3, 2, 2, 0b11)
    layers = layers_of(range_dialect_named("canonical"), scope)
    guards = dict(RANGES.actions["grant_range"](CANONICAL).guard)
    crossing = guards.pop("no source derives from any destination")
    own = joint(before, called, RangeReadings(crossing=Crossing.ALLOWED))["no source derives from its own destination"]
    alone = compile_term(z3.And(*guards.values(), own, z3.Not(crossing)))
    found = 0
    states = [state for layer in layers.layers(3) for state in layer]
    wide = [o for o in layers.tried if o.kind == Kind.GRANT and o.order == o.dst_order == 1]
    for s in (state_of(row) for row in layers.rows(states)):
        found += int(alone(wanted([(s, o) for o in wide], scope)).sum())
    assert found == 82


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.data())
def test_random_walks_with_sizes_and_rights(data: st.DataObject) -> None:
    scope = RangeScope(3, 4, 3, 0b111)
    dialect = range_dialect_named(data.draw(st.sampled_from(READINGS)))
    layers = layers_of(dialect, scope, (ALL_RIGHTS, 6, 4))
    row, steps = layers.rows([layers.first]), []
    for _ in range(data.draw(st.integers(1, 12))):
        n = data.draw(st.integers(0, len(layers.tried) - 1))
        statuses, later = layers.after(row, layers.calls[n : n + 1])
        if statuses[0, 0] == DONE:
            steps.append((state_of(row[0]), layers.tried[n], state_of(later[0])))
            row = later
        if not sound(state_of(row[0])):
            break
    if steps:
        assert_same(steps, scope, dialect)


def test_dialects_that_the_theory_does_not_describe_are_refused() -> None:
    for name in ("fiasco", "x2", "canonical with window=rotated, crossing=allowed"):
        with pytest.raises(ValueError, match="does not describe"):
            theory_of_ranges(range_dialect_named(name))
    assert range_dialect_named("canonical with window=rotated").readings.in_theory
    assert Refusal.PAGE.name == "PAGE"
