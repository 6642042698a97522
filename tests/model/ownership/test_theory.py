"""Ownership told twice: on every state of a scope the formulas say what the literal model does."""

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
import pytest
import z3

from model.ownership import literal
from model.ownership.abstraction import OF_ONE, OF_TWO, apply, structure_of
from model.ownership.invariants import initial
from model.ownership.literal import DONE, NOBODY, REFUSED, Owned
from model.ownership.readings import (
    OWNERSHIP_CHOICES,
    OWNERSHIP_DIALECTS,
    OwnershipDialect,
    OwnershipReadings,
    ownership_named,
)
from model.ownership.theories import start, theory_of_ownership
from model.ownership.vocabulary import before
from model.running.evaluate import compile_meaning, compile_term
from model.scope import ArgumentError, Scope
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Argument, Operation

EVERY = [
    *OWNERSHIP_DIALECTS,
    *(
        f"{dialect.name} with {choice}={member.name.lower()}"
        for dialect in OWNERSHIP_DIALECTS.values()
        for choice, members in OWNERSHIP_CHOICES.items()
        for member in members
        if member != getattr(dialect.readings, choice)
    ),
]
SMALL = Scope(3, 1, 1)


def every_operation(scope: Scope) -> list[Operation]:
    everyone = range(scope.spaces)
    calls: list[tuple[str, tuple[int, ...]]] = [
        (action, (by, other)) for action in OF_TWO for by, other in product(everyone, everyone)
    ]
    calls += [(action, (by,)) for action in OF_ONE for by in everyone]
    return [
        Operation.call(
            action,
            [
                *(Argument(name, "Space", each) for name, each in zip(("by", "other"), parties, strict=False)),
                Argument("page", "Frame", page),
            ],
        )
        for action, parties in calls
        for page in range(scope.frames)
    ]


def key(s: Owned) -> tuple[bytes, ...]:
    return tuple(table.tobytes() for table in s)


def reachable(scope: Scope, m: OwnershipReadings) -> list[Owned]:
    found = {key(first): first for first in [literal.initial(scope)]}
    pending, operations = list(found.values()), every_operation(scope)
    while pending:
        state = pending.pop()
        for operation in operations:
            after = literal.copy(state)
            if apply(after, operation, m) == DONE and key(after) not in found:
                found[key(after)] = after
                pending.append(after)
    return list(found.values())


def all_states(scope: Scope) -> Iterator[Owned]:
    """Whatever the tables can hold, reachable or not, of one page."""
    everyone = range(scope.spaces)
    for owner, lent in product(everyone, (False, True)):
        for lenders in product((NOBODY, *everyone), repeat=scope.spaces):
            for access in product((False, True), repeat=scope.spaces):
                yield Owned(
                    np.array([owner]), np.array([lent]), np.array(lenders)[:, None], np.array(access, bool)[:, None]
                )


@cache
def compiled(dialect: OwnershipDialect, action: str):  # type: ignore[no-untyped-def]
    step = theory_of_ownership(dialect).actions[action](CANONICAL)
    return compile_term(z3.And(z3.BoolVal(True), *step.guard.values())), compile_meaning(step.after)


def assert_agree(dialect: OwnershipDialect, states: list[Owned], scope: Scope) -> int:
    """Every operation from every state, by both; how many were done."""
    done = 0
    known = theory_of_ownership(dialect).actions
    here = structure_of(states)
    for operation in every_operation(scope):
        later = [literal.copy(state) for state in states]
        statuses = np.array([apply(state, operation, dialect.readings) for state in later])
        if operation.action not in known:
            assert (statuses == REFUSED).all(), operation
            continue
        said = {name: operation.value(name) or 0 for name in ("by", "other", "page")}
        asked = here.with_symbols(**{name: np.full(len(states), value) for name, value in said.items()})
        possible, after = compiled(dialect, operation.action)
        assert (possible(asked) == (statuses == DONE)).all(), (dialect.name, operation)
        expected, told = structure_of(later).symbols, after(asked)
        for name, table in told.items():
            differs = (table != expected[name]).reshape(len(states), -1).any(axis=1) & (statuses == DONE)
            assert not differs.any(), (dialect.name, operation, name, states[int(differs.argmax())])
        unchanged = [key(one) == key(other) for one, other in zip(states, later, strict=True)]
        assert all(same for same, status in zip(unchanged, statuses, strict=True) if status == REFUSED)
        done += int((statuses == DONE).sum())
    return done


@pytest.mark.long
@pytest.mark.parametrize("name", EVERY)
def test_every_step_from_every_reachable_state(name: str) -> None:
    dialect = ownership_named(name)
    states = reachable(SMALL, dialect.readings)
    assert len(states) >= 9
    assert assert_agree(dialect, states, SMALL) >= len(states) - 1


@pytest.mark.parametrize("name", EVERY)
def test_every_step_from_every_state_reachable_or_not(name: str) -> None:
    scope = Scope(2, 1, 1)
    assert assert_agree(ownership_named(name), list(all_states(scope)), scope) > 0


@pytest.mark.parametrize("name", OWNERSHIP_DIALECTS)
def test_two_pages_do_not_meet(name: str) -> None:
    dialect, scope = OWNERSHIP_DIALECTS[name], Scope(2, 2, 2)
    alone = len(reachable(Scope(2, 1, 1), dialect.readings))
    states = reachable(scope, dialect.readings)
    assert len(states) == alone**2
    assert assert_agree(dialect, states, scope) > 0


@pytest.mark.parametrize(("name", "states"), [("ffa", 51), ("pkvm", 12), ("xen", 27)])
def test_how_many_states_a_page_has_with_three_spaces(name: str, states: int) -> None:
    assert len(reachable(SMALL, OWNERSHIP_DIALECTS[name].readings)) == states


@pytest.mark.parametrize("name", OWNERSHIP_DIALECTS)
def test_a_right_dialect_keeps_its_invariants(name: str) -> None:
    dialect = OWNERSHIP_DIALECTS[name]
    structure = structure_of(reachable(SMALL, dialect.readings))
    for invariant in theory_of_ownership(dialect).invariants.values():
        assert compile_term(invariant.formula(before))(structure).all(), invariant.name


BROKEN = {
    "ffa with reclaim=access_stays": {"nobody_third"},
    "pkvm with reclaim=access_stays": {"nobody_third"},
    "xen with reclaim=access_stays": {"nobody_third"},
    "ffa with lent_owner=keeps_access": {"lent_is_locked"},
    "ffa with donation=allowed": {"lender_owns", "nobody_third", "lent_is_locked", "unlent_is_open"},
    "ffa with onward=allowed": {"lender_owns", "nobody_third", "lent_is_locked", "unlent_is_open"},
}
"""Of wrong readings, the invariants that some state breaks."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_wrong_reading_breaks_what_it_is_said_to(name: str) -> None:
    dialect = ownership_named(name)
    structure = structure_of(reachable(SMALL, dialect.readings))
    known = theory_of_ownership(dialect).invariants
    broken = {each for each in known if not compile_term(known[each].formula(before))(structure).all()}
    assert broken == BROKEN[name]


def test_the_first_state_is_one_and_the_literal_one() -> None:
    scope = Scope(2, 2, 2)
    structure = structure_of([literal.initial(scope)])
    for name, table in start(scope).symbols.items():
        assert (table == structure.symbols[name]).all(), name
    assert theory_of_ownership(OWNERSHIP_DIALECTS["ffa"]).first(scope) is not None
    for formula in initial(before).values():
        assert compile_term(formula)(structure).all()


def test_a_scope_with_fewer_frames_than_pages_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"a page of ownership is a frame: .* not 3 spaces × 2 pages × 1 frame"):
        theory_of_ownership(OWNERSHIP_DIALECTS["ffa"]).first(Scope(3, 2, 1))


def test_a_dropped_condition_is_not_asked_for_and_one_that_there_is_not_is_refused() -> None:
    right, wrong = (theory_of_ownership(ownership_named(name)) for name in ("xen", "xen without share: it is not lent"))
    for action, make in right.actions.items():
        missing = set(make(CANONICAL).guard) - set(wrong.actions[action](CANONICAL).guard)
        assert missing == ({"it is not lent"} if action == "share" else set())
    with pytest.raises(KeyError, match="lend: it is not shared"):
        theory_of_ownership(ownership_named("xen without lend: it is not shared"))
    with pytest.raises(KeyError):
        ownership_named("ffa with reclaim=sometimes")


@pytest.mark.parametrize(
    ("action", "said", "missing"),
    [
        ("donate", {"by": 0, "page": 0}, "other"),
        ("donate", {"other": 0, "page": 0}, "by"),
        ("retrieve", {"by": 0}, "page"),
    ],
)
def test_a_call_that_does_not_say_with_whom_or_what_is_refused(action: str, said: dict[str, int], missing: str) -> None:
    sorts = {"by": "Space", "other": "Space", "page": "Frame"}
    call = Operation.call(action, [Argument(name, sorts[name], number) for name, number in said.items()])
    with pytest.raises(ValueError, match=f"^{action} needs '{missing}', a number; the call says None$"):
        apply(literal.initial(SMALL), call, OwnershipReadings())
