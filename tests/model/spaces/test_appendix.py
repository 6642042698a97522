"""The literal model against Appendix A written a second time; and how many states there are."""

from collections.abc import Sequence
from math import comb, perm
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.choice import choices_of
from model.scope import ALL_RIGHTS, RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import (
    CONDITIONS,
    DIALECTS,
    Ancestor,
    GrantedChildren,
    NoRights,
    Reading,
    Readings,
    Source,
    dialect_named,
)
from model.spaces.keeping import EVERY_SET
from model.spaces.literal import NIL, Spaces
from model.spaces.operation import Kind, Operation
from tests.model.spaces import appendix, scopes

EVERY_DIALECT = [*DIALECTS, *(f"canonical without {condition.name}" for condition in CONDITIONS)]
LETTERS = {mask: frozenset(letter for letter, bit in RIGHTS.items() if mask & bit) for mask in range(8)}
MASKS = {letters: mask for mask, letters in LETTERS.items()}


def second(state: Spaces, scope: Scope) -> appendix.Spaces:
    """The state in the second telling."""
    other = appendix.Spaces(scope.spaces, scope.pages, scope.frames)
    pair = {x: (scope.space(x), x % scope.pages) for x in range(scope.slots)}
    for x in range(scope.slots):
        element = int(state.sigma[x])
        other.sigma[pair[x]] = pair[element] if element >= 0 else None if element == NIL else spaces.frame_of(element)
        other.P[pair[x]] = None if state.phys[x] == NIL else int(state.phys[x])
        other.rights[pair[x]] = LETTERS[int(state.rights[x])]
    return other


def first(other: appendix.Spaces, scope: Scope) -> scopes.State:
    """The state in the first telling, as tuples."""
    sigma = [
        scope.slot(*element) if isinstance(element, tuple) else NIL if element is None else spaces.frame(element)
        for element in other.sigma.values()
    ]
    phys = [NIL if r is None else r for r in other.P.values()]
    return tuple(sigma), tuple(phys), tuple(MASKS[letters] for letters in other.rights.values())


def applied(other: appendix.Spaces, operation: Operation, scope: Scope, readings: Readings) -> int:
    src = (scope.space(operation.src), operation.src % scope.pages)
    if operation.kind == Kind.FLUSH:
        return other.flush(src, LETTERS[operation.rights], readings)
    dst = (scope.space(operation.dst), operation.dst % scope.pages)
    status: int = getattr(other, operation.action)(src, dst, LETTERS[operation.rights], readings)
    return status


def assert_same(scope: Scope, readings: Readings, rights: Sequence[int], states: Any = None) -> int:
    states = scopes.reachable(scope, readings, rights) if states is None else states
    for packed in states:
        told = second(Spaces(*packed), scope)
        for operation in scopes.operations(scope, rights):
            state, other = scopes.as_lists(packed), told.copy()
            status = operation.apply(state, readings)
            assert status == applied(other, operation, scope, readings), (packed, operation.text(scope))
            assert scopes.as_tuples(state) == first(other, scope), (packed, operation.text(scope))
        for x in range(scope.slots):
            value = told.evaluation((scope.space(x), x % scope.pages))
            expected = NIL if value is None else spaces.CYCLE if value == "cycle" else value
            assert spaces.evaluate(Spaces(*packed), x) == expected
    return len(states)


@pytest.mark.long
@pytest.mark.parametrize("name", EVERY_DIALECT)
def test_every_step_from_every_reachable_state(name: str) -> None:
    readings = dialect_named(name).readings
    assert_same(Scope(2, 2, 1), readings, (ALL_RIGHTS,))
    assert_same(Scope(2, 1, 1), readings, (0, 1, 6, 7))
    if not name.startswith("literal"):  # they reach many states, most with a cycle
        assert_same(Scope(2, 2, 2), readings, (ALL_RIGHTS,))


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY_DIALECT)
def test_every_step_from_every_reachable_state_of_larger_scopes(name: str) -> None:
    assert_same(Scope(2, 2, 2), dialect_named(name).readings, (ALL_RIGHTS,))
    assert_same(Scope(3, 1, 1), dialect_named(name).readings, range(8))


@pytest.mark.slow
def test_every_step_from_every_reachable_state_of_the_tree() -> None:
    assert assert_same(Scope(3, 2, 1), DIALECTS["tree"].readings, (ALL_RIGHTS,)) == 12_703


def readings_strategy() -> st.SearchStrategy[Readings]:
    chosen = {choice: st.sampled_from(kind) for choice, kind in choices_of(Readings()).items()}
    return st.builds(Readings, **chosen, kept=st.just(EVERY_SET))


@st.composite
def walks(draw: st.DrawFn, scope: Scope) -> list[Operation]:
    slots, masks = st.integers(0, scope.slots - 1), st.sampled_from([7, 7, 7, 6, 4, 5, 1, 0])
    flush = st.builds(lambda src, rights: Operation("flush", src, -1, rights), slots, masks)
    pass_ = st.builds(Operation, st.sampled_from(["map", "map", "grant"]), slots, slots, masks)
    return draw(st.lists(st.one_of(pass_, pass_, flush), min_size=1, max_size=40))


@pytest.mark.long
@given(readings=readings_strategy(), walk=walks(Scope(3, 2, 2)))
@settings(max_examples=200, deadline=None)
def test_random_walks_under_any_combination_of_readings(readings: Readings, walk: list[Operation]) -> None:
    assert_walk(Scope(3, 2, 2), readings, walk)


def test_a_slot_of_a_circle_is_not_granted_though_children_are_kept() -> None:
    readings = Readings(
        source=Source.ALLOWED,
        ancestor=Ancestor.ALLOWED,
        reading=Reading.BEFORE,
        granted_children=GrantedChildren.KEPT,
        no_rights=NoRights.ALLOWED,
    )
    walk = [Operation("map", 3, 2, 7), Operation("grant", 2, 3, 7), Operation("grant", 3, 2, 7)]
    assert_walk(Scope(3, 2, 2), readings, walk)


@pytest.mark.slow
@given(name=st.sampled_from(EVERY_DIALECT), walk=walks(Scope(5, 4, 3)))
@settings(max_examples=3000, deadline=None)
def test_random_walks_of_named_dialects_in_a_larger_scope(name: str, walk: list[Operation]) -> None:
    assert_walk(Scope(5, 4, 3), dialect_named(name).readings, walk)


def assert_walk(scope: Scope, readings: Readings, walk: Sequence[Operation]) -> None:
    state = spaces.initial(scope)
    other = second(state, scope)
    for operation in walk:
        status = operation.apply(state, readings)
        assert status == applied(other, operation, scope, readings)
        assert scopes.as_tuples(state) == first(other, scope)


# how many states there are


def forests(used: int, roots: int) -> int:
    """Forests on that many slots, of which those are the roots (Cayley)."""
    return 1 if used == roots else roots * used ** (used - roots - 1)


def with_any_roots(slots: int, frames: int, at_least: int) -> int:
    """Forests on some of the slots whose roots hold distinct frames, at least so many of them."""
    return sum(
        comb(frames, roots)
        * perm(roots)
        * comb(slots, used)
        * comb(used, roots)
        * (forests(used, roots) if roots else 1)
        for roots in range(at_least, frames + 1)
        for used in (range(roots, slots + 1) if roots else (0,))
    )


def with_fixed_roots(slots: int, frames: int) -> int:
    """Forests on some of the slots, the roots being the pages of σ0 that hold the frames."""
    return sum(comb(slots - frames, used - frames) * forests(used, frames) for used in range(frames, slots + 1))


def reached_by_second(scope: Scope, readings: Readings, rights: Sequence[int]) -> int:
    """How many states the second telling reaches by itself."""
    start = appendix.Spaces(scope.spaces, scope.pages, scope.frames)
    allowed = scopes.operations(scope, rights)
    seen, todo = {first(start, scope)}, [start]
    while todo:
        state = todo.pop()
        for operation in allowed:
            later = state.copy()
            if applied(later, operation, scope, readings) == appendix.DONE and (key := first(later, scope)) not in seen:
                seen.add(key)
                todo.append(later)
    return len(seen)


A221, A222, A311, A211 = Scope(2, 2, 1), Scope(2, 2, 2), Scope(3, 1, 1), Scope(2, 1, 1)
ALL = (ALL_RIGHTS,)

# Reachable states at: 2×2×1, 2×2×2 (all rights); 2×1×1 (none, x, rw, rwx); 3×1×1 (r, rwx).
STATES = {
    "canonical": (116, 156, 16, 96),
    "literal-eager": (364, 1_901, 48, 225),
    "literal-lazy": (364, 1_541, 44, 201),
    "tree": (117, 389, 17, 97),
    "x2-keep": (116, 156, 16, 114),
    "x2-flush": (116, 156, 16, 114),
    "fiasco": (116, 156, 16, 96),
    "nova": (29, 13, 4, 26),
}


@pytest.mark.long
@pytest.mark.parametrize("name", STATES)
def test_how_many_states_are_reachable(name: str) -> None:
    readings = DIALECTS[name].readings
    areas = ((A221, ALL), (A222, ALL), (A211, (0, 1, 6, 7)), (A311, (4, 7)))
    counted = tuple(len(scopes.reachable(scope, readings, rights)) for scope, rights in areas)
    assert counted == STATES[name]
    assert tuple(reached_by_second(scope, readings, rights) for scope, rights in areas) == counted


def test_the_counts_agree_with_closed_forms() -> None:
    for column, scope in enumerate((A221, A222)):
        n, r = scope.slots, scope.frames
        assert STATES["tree"][column] == with_any_roots(n, r, at_least=0)
        for name in ("canonical", "x2-keep", "x2-flush", "fiasco"):  # no frame is lost, so each has a root
            assert STATES[name][column] == with_any_roots(n, r, at_least=r)
        assert STATES["nova"][column] == with_fixed_roots(n, r)


@pytest.mark.long
def test_every_forest_is_reachable() -> None:
    """So the exhaustive checks that start from reachable states start from all well-formed ones."""
    for scope in (A221, A222):
        assert scopes.reachable(scope, DIALECTS["tree"].readings) == sorted(scopes.forests(scope))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "scope", "states"),
    [
        ("tree", Scope(3, 2, 1), 12_703),
        ("tree", Scope(3, 2, 2), 46_075),
        ("canonical", Scope(3, 2, 1), 12_702),
        ("canonical", Scope(3, 2, 2), 20_670),
        ("nova", Scope(3, 2, 1), 2_117),
    ],
)
def test_how_many_states_are_reachable_in_larger_scopes(name: str, scope: Scope, states: int) -> None:
    readings = DIALECTS[name].readings
    assert len(scopes.reachable(scope, readings)) == states
    assert reached_by_second(scope, readings, ALL) == states
    closed = {
        "tree": with_any_roots(scope.slots, scope.frames, at_least=0),
        "canonical": with_any_roots(scope.slots, scope.frames, at_least=scope.frames),
        "nova": with_fixed_roots(scope.slots, scope.frames),
    }
    assert states == closed[name]
