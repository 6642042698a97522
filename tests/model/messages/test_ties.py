"""Literal = theory, for threads and messages: on all states of small scopes, and on random ways in larger ones."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.messages import literal, literal_threads
from model.messages.abstraction import structure_of
from model.messages.operation import Kind, Operation
from model.messages.readings import CHOICES, MESSAGE_DIALECTS, Ids, MessageReadings, message_dialect_named
from model.messages.scope import MessageScope, set_of
from model.messages.steps import Steps, operations_of
from model.messages.theories import theory_of_messages
from model.running.evaluate import compile_term
from model.spaces.dialect import DIALECTS
from model.spaces.literal import NIL
from tests.model.messages.comparing import assert_steps_agree, some_of, walk

compiled = pytest.importorskip("model.messages.compiled")

SMALL = MessageScope(2, 1, 1)
WIDE = MessageScope(2, 2, 2, threads=5, ids=4, words=2, booted=2, hardware=1, ports=1)
RETURNING = MessageScope(2, 1, 1, threads=6, ids=3, versions=2)  # ids 0 and 1 are versions of a number

OTHER_READINGS = [
    f"canonical with {choice}={reading.name.lower()}"
    for choice, kind in CHOICES.items()
    for reading in kind
    if reading != getattr(MessageReadings(), choice)
]
NAMES = [*MESSAGE_DIALECTS, *OTHER_READINGS]
QUICK = (
    "canonical",
    "paper",
    "canonical with sender=claimed",
    "canonical with item=dropped",
    "canonical with strings=buffer",
)
SPACES = [name for name in DIALECTS if not name.startswith("literal")]


def slow_but(names: Iterable[str], quick: tuple[str, ...]) -> list[Any]:
    """All names, those that are not quick marked as slow."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


DONE_IN_SMALL = 35_650
STATES_BY_IDS = {Ids.NEVER_AGAIN: 162, Ids.VERSIONS_WRAP: 190, Ids.REUSED: 3_408}
WITH_PAGE = (Kind.SEND_MAP, Kind.SEND_GRANT, Kind.SEND_STRING)


@cache
def some_operations(name: str, scope: MessageScope) -> tuple[Operation, ...]:
    """Of the sets that a thread waits for and of its windows the telling ones, and all else."""
    dialect, everybody = message_dialect_named(name), set_of(*range(scope.ids))
    willing = (0, everybody, *(set_of(i) for i in range(scope.ids)))
    windows = (0, set_of(0), set_of(scope.pages), set_of(*range(scope.pages, scope.slots)))
    others = [kind for kind in Kind if kind not in WITH_PAGE]
    return (
        *operations_of(scope, dialect, (7, 2, 0), others, willing=willing, opens=windows, claimed=(0, 2)),
        *operations_of(scope, dialect, (6,), WITH_PAGE, willing=(0, everybody), opens=windows[:3:2], claimed=(0, 2)),
    )


@cache
def reached() -> Steps:
    return Steps(SMALL, run=compiled.every_step, history=False)


@cache
def with_history() -> tuple[Steps, list[bytes]]:
    """The small scope with the messages that passed, and its states."""
    steps = Steps(SMALL, run=compiled.every_step)
    return steps, steps.reachable()


def in_parts(steps: Steps, states: list[bytes], size: int = 128) -> Iterable[np.ndarray]:
    return (steps.rows(states[n : n + size]) for n in range(0, len(states), size))


@pytest.mark.slow
def test_every_step_from_every_state_of_a_small_scope() -> None:
    found = reached().reachable()
    assert len(found) == 3_490
    compared, _ = with_history()
    done = [assert_steps_agree(compared, rows) for rows in in_parts(compared, found)]
    assert len(compared.tried) == 664
    assert sum(done, Counter()).total() == DONE_IN_SMALL


@pytest.mark.long
def test_the_messages_that_passed_tell_more_states_apart() -> None:
    assert len(with_history()[1]) == 6_470


@pytest.mark.long
@pytest.mark.parametrize("name", slow_but(NAMES, QUICK))
def test_steps_under_each_reading(name: str) -> None:
    tried = Steps(WIDE, message_dialect_named(name), operations=some_operations(name, WIDE), run=compiled.every_step)
    source = np.random.default_rng(20_260)
    happened: set[str] = set()
    for ways in range(20):  # on three of them most happens; a string needs a page in a window, and to be known
        if ways >= 3 and happened == set(theory_of_messages(tried.dialect).actions):
            break
        happened |= set(assert_steps_agree(tried, np.array(list(walk(tried, 30, source))), some_of(source, 0.01)))
    assert happened == set(theory_of_messages(tried.dialect).actions)


@pytest.mark.long
@pytest.mark.parametrize("ids", Ids)
def test_every_way_in_which_ids_are_given(ids: Ids) -> None:
    dialect = message_dialect_named(f"canonical with ids={ids.name.lower()}")
    operations = operations_of(RETURNING, dialect, kinds=(Kind.CREATE, Kind.END), paged_by=(0,))
    tried = Steps(RETURNING, dialect, operations=tuple(operations), run=compiled.every_step)
    states = tried.reachable()
    for rows in in_parts(tried, states):
        assert_steps_agree(tried, rows)
    assert len(states) == STATES_BY_IDS[ids]


@pytest.mark.long
@pytest.mark.parametrize("name", slow_but(SPACES, ("canonical", "tree")))
def test_steps_under_each_dialect_of_address_spaces(name: str) -> None:
    for messages in ("canonical", "canonical with item=dropped"):
        dialect = message_dialect_named(messages)
        operations = some_operations(messages, WIDE)
        tried = Steps(WIDE, dialect, DIALECTS[name], operations, compiled.every_step)
        source = np.random.default_rng(7)
        rows = np.array(list(walk(tried, 40, source)))
        assert assert_steps_agree(tried, rows, some_of(source, 0.01))


SCOPES = st.builds(
    MessageScope,
    spaces=st.integers(2, 3),
    pages=st.just(2),
    frames=st.integers(1, 2),
    threads=st.integers(3, 4),
    ids=st.integers(3, 4),
    words=st.integers(1, 2),
    booted=st.just(1),
    hardware=st.integers(0, 1),
    ports=st.integers(0, 1),
    versions=st.integers(1, 2),
)


@pytest.mark.long
@given(name=st.sampled_from(NAMES), scope=SCOPES, seed=st.integers(0, 2**32 - 1), length=st.integers(1, 20))
@settings(max_examples=5, deadline=None)
def test_random_ways_in_random_scopes(name: str, scope: MessageScope, seed: int, length: int) -> None:
    assert_way_agrees(name, scope, seed, length)


@pytest.mark.slow
@given(name=st.sampled_from(NAMES), scope=SCOPES, seed=st.integers(0, 2**32 - 1), length=st.integers(1, 200))
@settings(max_examples=150, deadline=None)
def test_long_random_ways_in_random_scopes(name: str, scope: MessageScope, seed: int, length: int) -> None:
    assert_way_agrees(name, scope, seed, length)


def assert_way_agrees(name: str, scope: MessageScope, seed: int, length: int) -> None:
    tried = Steps(scope, message_dialect_named(name), operations=some_operations(name, scope), run=compiled.every_step)
    source = np.random.default_rng(seed)
    assert_steps_agree(tried, np.array(list(walk(tried, length, source))), some_of(source, 0.01))


# the comparison tells faults


def _window_stays(s, t, m):  # type: ignore[no-untyped-def]
    s.awaits[t], s.calls[t] = 0, NIL


FAULTS = {
    "an old window stays open": (literal, "stop_waiting", _window_stays, "window differs"),
    "the window is not looked at": (literal, "is_accepted", lambda s, b, o, m: True, "the guard differs"),
    "an id is given again": (literal_threads, "is_free", lambda s, b, new, m: True, "the guard differs"),
    "a message is for whoever waits": (
        literal,
        "has",
        lambda elements, n: elements != 0,
        "the guard differs",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_literal_model_is_told_from_the_theory(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, function, wrong, says = FAULTS[fault]
    # plain, since compiled code would not see the change
    compared = Steps(SMALL)
    rows = compared.rows(reached().reachable(1_500)[::30])
    if function == "is_free":  # in the small scope no two threads have one id
        operations = operations_of(RETURNING, kinds=(Kind.CREATE, Kind.END), paged_by=(0,))
        compared = Steps(RETURNING, operations=tuple(operations))
        rows = compared.rows(compared.reachable())
    assert_steps_agree(compared, rows)
    monkeypatch.setattr(where, function, wrong)
    with pytest.raises(AssertionError, match=says):
        assert_steps_agree(compared, rows)


# the invariants, on reachable states


def broken(name: str, tried: Steps, rows: np.ndarray) -> set[str]:
    """The invariants that do not hold in some of the states."""
    theory, structure = theory_of_messages(message_dialect_named(name)), structure_of(rows, tried.scope)
    return {
        invariant.name
        for invariant in theory.invariants.values()
        if not compile_term(invariant.formula(theory.before))(structure).all()
    }


@pytest.mark.long
def test_the_invariants_hold_in_every_state_of_a_small_scope() -> None:
    tried, states = with_history()
    assert not broken("canonical", tried, tried.rows(states))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["canonical", "no-channels", "paper"])
def test_the_invariants_hold_on_random_ways(name: str) -> None:
    tried = Steps(WIDE, message_dialect_named(name), operations=some_operations(name, WIDE), run=compiled.every_step)
    source = np.random.default_rng(1)
    assert not broken(name, tried, np.array([row for _ in range(2) for row in walk(tried, 60, source)]))


@pytest.mark.long
def test_the_first_state_is_one_of_the_theory() -> None:
    theory = theory_of_messages()
    for scope in (SMALL, WIDE, RETURNING):
        structure = structure_of(Steps(scope).rows([Steps(scope).first]), scope)
        for invariant in theory.invariants.values():
            for says, formula in theory.initial(theory.before, invariant).items():
                assert compile_term(formula)(structure).all(), says
