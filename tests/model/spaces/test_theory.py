"""Literal = theory: on every state and operation of a scope the theory's formulas say what the literal model does."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from model.choice import choices_of
from model.running.evaluate import Structure, compile_term
from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces import theory as t
from model.spaces.abstraction import called_with, closure, structure_of
from model.spaces.dialect import CONDITIONS, DIALECTS, Dialect, Occupied, Readings, dialect_named
from model.spaces.invariants import INVARIANTS, every_frame_is_held, live_holds_a_frame
from model.spaces.invariants import initial as initially
from model.spaces.literal import REFUSED, Spaces
from model.spaces.operation import Operation
from model.spaces.terms import beside, parent
from tests.model.spaces import scopes

ACYCLIC = ("canonical", "tree", "x2-keep", "x2-flush", "fiasco", "nova")
LITERAL = ("literal-eager", "literal-lazy")
DROPPED = tuple(f"canonical without {condition.name}" for condition in CONDITIONS)
OTHER_READINGS = tuple(
    f"canonical with {choice}={reading.name.lower()}"
    for choice, readings in choices_of(Readings()).items()
    for reading in readings
    if reading != getattr(Readings(), choice)
)
TOGETHER = (  # each where another reading could hide it
    "canonical with regrant=source_kept, granted_entry=kept",
    "canonical with ancestor=extended, regrant=source_kept, granted_entry=kept",
    "canonical with ancestor=extended, occupied=extended_frame, granted_entry=kept",
    "canonical with ancestor=extended, occupied=extended_child",
)
BATCH = 8192

Compiled = Callable[[Structure], np.ndarray]


@cache
def formulas(dialect: str, kind: str) -> tuple[Compiled, dict[str, Compiled]]:
    """An action's guard and what each relation is after it."""
    action = t.ACTIONS[kind](dialect_named(dialect))
    guard = compile_term(z3.And(z3.BoolVal(True), *action.guard.values()))
    after = action.after
    return guard, {
        "derives": compile_term(after.derives(t.x, t.y), [t.x, t.y]),
        "live": compile_term(after.live(t.x), [t.x]),
        "holds": compile_term(after.holds(t.x, t.r), [t.x, t.r]),
        "phys": compile_term(after.phys(t.x, t.r), [t.x, t.r]),
        "right": compile_term(after.right(t.x, t.a), [t.x, t.a]),
        "holder": compile_term(after.holder(t.r), [t.r]),
    }


def assert_steps_agree(dialect: Dialect, scope: Scope, steps: Iterable[tuple[Any, ...]]) -> int:
    """Each step (a state, an operation) by the literal model and by the theory. How many were done."""
    done, batch = 0, []
    for step in steps:
        batch.append(step)
        if len(batch) == BATCH:
            done += _assert_batch(dialect, scope, batch)
            batch = []
    return done + (_assert_batch(dialect, scope, batch) if batch else 0)


def _assert_batch(dialect: Dialect, scope: Scope, steps: Sequence[tuple[Any, ...]]) -> int:
    for kind in t.ACTIONS:
        chosen = [step for step in steps if step[1].action == kind]
        if not chosen:
            continue
        statuses, later = [], []
        for packed, operation in chosen:
            state = scopes.as_lists(packed)
            statuses.append(operation.apply(state, dialect.readings))
            later.append(state)
        before = structure_of([Spaces(*packed) for packed, _ in chosen], scope)
        before = called_with(before, [operation for _, operation in chosen])
        after = structure_of(later, scope).symbols
        guard, relations = formulas(dialect.name, kind)
        done = np.array(statuses) != REFUSED

        def first(differs: np.ndarray, chosen: Any = chosen) -> str:
            packed, operation = chosen[int(differs.argmax())]
            return f"{dialect.name}: {operation.text(scope)} from {packed}"

        possible = guard(before)
        assert (possible == done).all(), f"the guard differs for {first(possible != done)}"
        for name, formula in relations.items():
            differs = formula(before) != after[name]
            if name == "holder":  # of a frame that nobody holds it names no matter whom
                differs &= after["holds"].any(axis=1)
            differs = differs.reshape(len(chosen), -1).any(axis=1) & done
            assert not differs.any(), f"{name} differs for {first(differs)}"
    return len(steps)


def every_step(scope: Scope, dialect: Dialect, rights: Iterable[int], states: Any = None) -> Iterable[tuple[Any, ...]]:
    states = scopes.reachable(scope, dialect.readings, rights) if states is None else states
    operations = scopes.operations(scope, rights)
    return ((state, operation) for state in states for operation in operations)


@pytest.mark.long
@pytest.mark.parametrize("name", [*ACYCLIC, *DROPPED])
def test_every_step_from_every_reachable_state(name: str) -> None:
    dialect = dialect_named(name)
    for scope, rights in (
        (Scope(2, 2, 1), (ALL_RIGHTS,)),
        (Scope(2, 2, 2), (ALL_RIGHTS,)),
        (Scope(2, 1, 1), range(8)),
        (Scope(3, 1, 1), (0, 4, 7)),
    ):
        states = well_formed(scopes.reachable(scope, dialect.readings, rights))
        assert assert_steps_agree(dialect, scope, every_step(scope, dialect, rights, states)) > 0


@pytest.mark.long
@pytest.mark.parametrize("name", [*OTHER_READINGS, *TOGETHER])
def test_every_step_under_each_other_reading(name: str) -> None:
    dialect = dialect_named(name)
    for scope, rights in (
        (Scope(2, 2, 1), (ALL_RIGHTS,)),
        (Scope(2, 2, 2), (ALL_RIGHTS,)),
        (Scope(3, 1, 1), (0, 4, 7)),
    ):
        states = well_formed(scopes.reachable(scope, dialect.readings, rights))
        assert assert_steps_agree(dialect, scope, every_step(scope, dialect, rights, states)) > 0


def test_a_page_that_nobody_can_access_is_passed_on_where_neither_it_nor_its_lack_of_rights_is_refused() -> None:
    dialect, scope = dialect_named("canonical without source-accessible without some-right"), Scope(2, 2, 1)
    assert_steps_agree(dialect, scope, every_step(scope, dialect, (ALL_RIGHTS, 0), scopes.forests(scope)))


@pytest.mark.parametrize("kind", ["map", "grant"])
def test_an_entry_that_was_kept_is_no_source_and_nor_is_a_link_to_a_page_that_is_gone(kind: str) -> None:
    dialect, scope = dialect_named("canonical with granted_entry=kept"), Scope(2, 2, 1)
    sigma, phys = (spaces.frame(0), spaces.NIL, 1, spaces.NIL), (0, 0, spaces.NIL, spaces.NIL)
    state = (sigma, phys, (ALL_RIGHTS, ALL_RIGHTS, ALL_RIGHTS, 0))
    operations = [Operation(kind, src, 3, ALL_RIGHTS) for src in range(3)]
    done = [each.apply(scopes.as_lists(state), dialect.readings) for each in operations]
    assert done == [spaces.DONE, REFUSED, REFUSED]
    before = called_with(structure_of([Spaces(*state)] * 3, scope), operations)  # type: ignore[arg-type]
    assert formulas(dialect.name, kind)[0](before).tolist() == [True, False, False]


def links(states: list[Any]) -> np.ndarray:
    return closure(np.array([state[0] for state in states]))


def without_cycles(states: list[Any]) -> list[Any]:
    cyclic: Any = links(states).diagonal(axis1=1, axis2=2).any(axis=1)
    return [state for state, on_cycle in zip(states, cyclic, strict=True) if not on_cycle]


def dangles(state: scopes.State) -> bool:
    return any(element >= 0 and state[0][element] == spaces.NIL for element in state[0])


def well_formed(states: list[Any]) -> list[Any]:
    return [state for state in without_cycles(states) if not dangles(state)]


@pytest.mark.parametrize("name", [*LITERAL, *(f"{name} with granted_entry=kept" for name in LITERAL)])
def test_every_step_from_every_well_formed_state_and_so_the_step_that_closes_a_cycle(name: str) -> None:
    dialect, scope = dialect_named(name), Scope(2, 2, 1)
    states = scopes.forests(scope)
    assert len(states) == 117
    assert_steps_agree(dialect, scope, every_step(scope, dialect, (ALL_RIGHTS, 6), states))
    closing = scopes.as_lists(((-2, 0, -1, -1), (0, 0, -1, -1), (7, 7, 0, 0)))
    assert Operation("map", 1, 1).apply(closing, dialect.readings) == spaces.DONE
    assert structure_of([closing], scope).symbols["derives"][0, 1, 1]


DANGLING = ("literal-lazy", "canonical without not-ancestor")  # literal-eager leaves P behind, see below


@pytest.mark.long
@pytest.mark.parametrize("name", DANGLING)
def test_steps_from_states_with_a_dangling_link(name: str) -> None:
    dialect, scope = dialect_named(name), Scope(2, 2, 1)
    states = without_cycles(scopes.reachable(scope, dialect.readings))
    assert any(dangles(state) for state in states)
    assert_steps_agree(dialect, scope, every_step(scope, dialect, (ALL_RIGHTS,), states))


def test_where_p_outlives_sigma_only_the_guard_differs() -> None:
    """literal-eager gives a dangling link a frame in P: what σ(v) calls inaccessible, P calls accessible (C4)."""
    dialect, scope = DIALECTS["literal-eager"], Scope(2, 2, 1)
    stale = ((-2, -1, -1, 1), (0, -1, -1, 0), (7, 0, 0, 7))
    assert stale in scopes.reachable(scope, dialect.readings)
    with pytest.raises(AssertionError, match="the guard differs"):
        assert_steps_agree(dialect, scope, [(stale, Operation("map", 3, 2))])
    assert_steps_agree(dialect, scope, [(stale, Operation("map", 0, 2))])


@pytest.mark.slow
@pytest.mark.parametrize("name", ACYCLIC)
def test_every_step_from_every_reachable_state_of_larger_scopes(name: str) -> None:
    dialect = DIALECTS[name]
    steps = assert_steps_agree(dialect, Scope(3, 2, 2), every_step(Scope(3, 2, 2), dialect, (ALL_RIGHTS,)))
    if name == "tree":
        assert steps == 46_075 * (2 * 36 + 6)
    assert_steps_agree(dialect, Scope(3, 1, 1), every_step(Scope(3, 1, 1), dialect, range(8)))
    assert_steps_agree(dialect, Scope(2, 2, 1), every_step(Scope(2, 2, 1), dialect, (4, 6, 7)))


@st.composite
def walks(draw: st.DrawFn, scope: Scope) -> list[Operation]:
    slots, masks = st.integers(0, scope.slots - 1), st.sampled_from([7, 7, 7, 6, 4, 5, 1, 0])
    flush = st.builds(lambda src, rights: Operation("flush", src, -1, rights), slots, masks)
    pass_ = st.builds(Operation, st.sampled_from(["map", "map", "grant"]), slots, slots, masks)
    return draw(st.lists(st.one_of(pass_, pass_, flush), min_size=20, max_size=60))


@pytest.mark.long
@given(name=st.sampled_from(ACYCLIC), walk=walks(Scope(4, 3, 2)))
@settings(max_examples=30, deadline=None)
def test_random_walks_in_a_larger_scope(name: str, walk: list[Operation]) -> None:
    assert_walk_agrees(DIALECTS[name], Scope(4, 3, 2), walk)


@pytest.mark.slow
@given(name=st.sampled_from([*ACYCLIC, *DROPPED]), walk=walks(Scope(6, 3, 3)))
@settings(max_examples=1500, deadline=None)
def test_long_random_walks_in_a_larger_scope(name: str, walk: list[Operation]) -> None:
    assert_walk_agrees(dialect_named(name), Scope(6, 3, 3), walk)


def assert_walk_agrees(dialect: Dialect, scope: Scope, walk: list[Operation]) -> None:
    state, steps = spaces.initial(scope), []
    for operation in walk:
        if closure(state.sigma[None]).diagonal(axis1=1, axis2=2).any():
            break
        steps.append((scopes.as_tuples(state), operation))
        operation.apply(state, dialect.readings)
    assert_steps_agree(dialect, scope, steps)


# the actions, as terms


GUARD = {
    "source": "the source is accessible",
    "own_slot": "source and destination differ",
    "ancestor": "the destination is no ancestor of the source",
    "frame_holder": "the destination holds no frame",
    "occupied": "the destination is nil",
    "no_rights": "some right is passed on",
}
STRICT = DIALECTS["canonical"].reading(occupied=Occupied.REFUSED)


@pytest.mark.parametrize("action", [t.map_, t.grant])
def test_each_refusal_is_a_condition_of_the_guard_in_this_order(action: Callable[..., t.Action]) -> None:
    assert list(action(STRICT).guard) == list(GUARD.values())
    for choice, says in GUARD.items():
        for reading in type(getattr(STRICT.readings, choice)):
            if reading.name != "REFUSED":
                refused_all_the_same = action is t.map_ and reading == Occupied.MAP_REFUSED and choice == "occupied"
                left = [each for each in GUARD.values() if each != says or refused_all_the_same]
                assert list(action(STRICT.reading(**{choice: reading})).guard) == left


def test_the_guards_of_flush_and_of_what_is_never_possible() -> None:
    assert t.flush(DIALECTS["canonical"]).guard == {}
    assert list(t.flush(DIALECTS["literal-eager"]).guard) == ["all rights are taken"]
    assert t.grant(DIALECTS["nova"]).guard == {"there is a grant": z3.BoolVal(False)}


@pytest.mark.parametrize("name", ["x2-keep", "x2-flush", "fiasco", "x2-keep with passing=as_given"])
@pytest.mark.parametrize("action", [t.map_, t.grant])
def test_onto_itself_nothing_is_required_and_nothing_changes(action: Callable[..., t.Action], name: str) -> None:
    made = action(dialect_named(name))

    def onto_itself(term: z3.ExprRef) -> z3.ExprRef:
        return z3.simplify(z3.substitute(term, (t.called.dst, t.called.src)))

    assert all(z3.is_true(onto_itself(condition)) for condition in made.guard.values())
    variables = {"derives": (t.x, t.y), "live": (t.x,), "holds": (t.x, t.r), "phys": (t.x, t.r), "right": (t.x, t.a)}
    for relation, of in {**variables, "holder": (t.r,)}.items():
        before, after = getattr(t.before, relation), getattr(made.after, relation)
        assert z3.eq(onto_itself(after(*of)), before(*of)), relation


# the invariants, on concrete states


@cache
def invariant(name: str) -> Compiled:
    return compile_term(INVARIANTS[name].formula(t.before))


# What a dialect breaks; everything else holds in each of its reachable states.
BROKEN = {
    "tree": {"no_frame_lost"},
    "x2-keep": {"rights_never_grow"},
    "x2-flush": {"rights_never_grow"},
    "canonical without not-itself": {"irreflexive", "access_ends_at_holder"},
    "canonical without not-ancestor": {"no_dangling_link", "live_is_accessible", "live_has_a_right"},
    "canonical without no-frame-holder": {"no_frame_lost"},
    "canonical without some-right": {"live_has_a_right"},
}


@pytest.mark.long
@pytest.mark.parametrize("name", [*ACYCLIC, *DROPPED])
def test_the_invariants_hold_in_every_reachable_state_but_for_those_a_dialect_breaks(name: str) -> None:
    found = set()
    for scope, rights in ((Scope(2, 2, 2), (ALL_RIGHTS,)), (Scope(3, 1, 1), (0, 4, 7))):
        structure = structure_of(
            [scopes.as_lists(state) for state in scopes.reachable(scope, dialect_named(name).readings, rights)], scope
        )
        found |= {each for each in INVARIANTS if not invariant(each)(structure).all()}
    assert found == BROKEN.get(name, set())


def one(sigma: tuple[int, ...], phys: tuple[int, ...], rights: tuple[int, ...]) -> Structure:
    return structure_of([scopes.as_lists((sigma, phys, rights))], Scope(2, 2, 2))


# For each invariant a state of σ0[0] σ0[1] σ1[0] σ1[1] that breaks it. In the theory more can be broken than a table
# of elements can say (a slot that holds two frames), so some change a relation directly.
BREAKS = {
    "irreflexive": one((-2, -3, 2, -1), (0, 1, -1, -1), (7, 7, 7, 0)),
    "no_frame_lost": one((-2, -1, 0, -1), (0, -1, 0, -1), (7, 0, 7, 0)),
    "holds_injective": one((-2, -3, -2, -1), (0, 1, 0, -1), (7, 7, 7, 0)),
    "held_frame_shows": one((-2, -3, -1, -1), (0, -1, -1, -1), (7, 7, 0, 0)),
    "phys_coherent": one((-2, -3, 0, -1), (0, 1, 1, -1), (7, 7, 7, 0)),
    "access_ends_at_holder": one((-2, -3, 0, -1), (0, 1, 1, -1), (7, 7, 7, 0)),
    "no_dangling_link": one((-2, -3, 3, -1), (0, 1, -1, -1), (7, 7, 7, 0)),
    "access_is_live": one((-2, -3, -1, -1), (0, 1, 1, -1), (7, 7, 0, 0)),
    "live_is_accessible": one((-2, -3, 3, -1), (0, 1, -1, -1), (7, 7, 7, 0)),
    "rights_never_grow": one((-2, -3, 0, -1), (0, 1, 0, -1), (4, 7, 6, 0)),
    "rights_need_access": one((-2, -3, -1, -1), (0, 1, -1, -1), (7, 7, 4, 0)),
    "live_has_a_right": one((-2, -3, 0, -1), (0, 1, 0, -1), (7, 7, 0, 0)),
}
GOOD = one((-2, -3, 0, 2), (0, 1, 0, 0), (7, 7, 6, 4))


def changed(name: str, *index: int) -> Structure:
    table = GOOD.symbols[name].copy()
    table[(0, *index)] = ~table[(0, *index)]
    return GOOD.with_symbols(**{name: table})


BREAKS |= {
    "transitive": changed("derives", 3, 0),
    "forest": changed("derives", 3, 1),
    "holds_functional": changed("holds", 0, 1),
    "holder_derives_from_nothing": changed("derives", 0, 1),
    "phys_functional": changed("phys", 2, 1),
    "links_are_live": changed("live", 3),
}


@pytest.mark.parametrize("name", INVARIANTS)
def test_each_invariant_tells_a_broken_state_from_a_good_one(name: str) -> None:
    assert invariant(name)(GOOD).all()
    assert not invariant(name)(BREAKS[name]).any()


def test_the_initial_state_is_the_literal_one() -> None:
    for scope in (Scope(2, 2, 1), Scope(2, 2, 2), Scope(3, 1, 1)):
        states = scopes.reachable(scope, DIALECTS["tree"].readings)
        structure = structure_of([scopes.as_lists(state) for state in states], scope)
        said = {**initially(t.before), **every_frame_is_held(t.before), **live_holds_a_frame(t.before)}
        holds = {name: compile_term(formula)(structure) for name, formula in said.items()}
        first = states.index(scopes.as_tuples(spaces.initial(scope)))
        every = np.all(list(holds.values()), axis=0)
        assert every[first]
        in_sigma0 = {
            tuple(sorted(state[0][: scope.pages]))
            for state, is_initial in zip(states, every, strict=True)
            if is_initial
        }
        # The other states that satisfy it hold the same frames in other pages of σ0.
        assert in_sigma0 == {tuple(sorted(spaces.initial(scope).sigma[: scope.pages].tolist()))}


def test_a_slot_to_bind_is_none_of_those_inside() -> None:
    w, w1 = z3.Consts("w w1", t.Slot)
    of = z3.Function("of", t.Slot, t.Slot)
    some = z3.ForAll([t.x], t.before.live(t.x))
    assert [str(beside(*terms)) for terms in ((), (t.x,), (w,), (w1, t.x), (of(w), w1), (z3.If(some, w, t.x),))] == [
        *("w", "w", "w1", "w", "w2", "w1"),
    ]


@pytest.mark.parametrize("names", ["x y", "w x", "x w", "w w1"])
def test_a_parent_is_the_nearest_whatever_the_slots_are_called(names: str) -> None:
    child, of = z3.Consts(names, t.Slot)
    chain = structure_of([Spaces([spaces.frame(0), 0, 1, 1], [0] * 4, [7] * 4)], Scope(2, 2, 1))  # type: ignore[arg-type]
    found = compile_term(parent(t.before, child, of), [child, of])(chain)[0]
    assert np.argwhere(found).tolist() == [[1, 0], [2, 1], [3, 1]]
