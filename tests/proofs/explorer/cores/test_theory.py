"""The packed steps of any states, even those that no run reaches, are the steps of the theory's formulas."""

import random
from collections import Counter
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pytest

from model.cores.readings import Told, protocol_named
from model.cores.scope import CoreScope
from model.cores.theories import theory_of_cores
from model.running.evaluate import Structure
from model.spaces.dialect import CANONICAL
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.executed import Executable, Tables, first_tables, repeated
from proofs.explorer.cores.protocol import label_operation, protocol_system

from .facts import SORTS, steps_of

Taken: TypeAlias = tuple[int, str, tuple[tuple[str, object], ...], int]
"""A step: which state, the action and its arguments, and the state after."""

SCOPES = (CoreScope(2, 1, 1, cores=2, tags=2), CoreScope(1, 2, 2, cores=2, tags=1))
STATES = 24


def tables_of(states: list[int], first: Tables) -> Tables:
    """Packed states as the theory's tables; what it says of generations is as at first."""
    bits = np.array([[state >> place & 1 for place in range(64)] for state in states], bool)
    found, place = dict(repeated(first, len(states))), 0
    for name in SORTS:
        shape = first[name].shape[1:]
        width = int(np.prod(shape))
        found[name] = bits[:, place : place + width].reshape(len(states), *shape)
        place += width
    return found


def numbers_of(tables: Tables) -> list[int]:
    columns = np.concatenate([tables[name].reshape(len(tables[name]), -1) for name in SORTS], axis=1)
    return [sum(1 << place for place in np.flatnonzero(row).tolist()) for row in columns]


def by_the_theory(name: str, scope: CoreScope, states: list[int]) -> Counter[Taken]:
    theory, found = theory_of_cores(protocol_named(name)), Counter[Taken]()
    start, first, fixed = first_tables(theory, scope)
    tables = tables_of(states, first)
    for action in theory.actions:
        made = executable(name, action, scope)
        every = made.every_call(SearchArea(scope), all_varied=False)
        calls = every * len(states)
        structure = Structure(len(calls), start.sizes, repeated(tables, len(every)) | repeated(fixed, len(calls)))
        possible, after = made.steps(structure.with_symbols(**made.calls.tables(calls)))
        numbers = numbers_of({name: np.array(table) for name, table in after.items()})
        for row in np.flatnonzero(possible).tolist():
            said = tuple(sorted({each.name: each.value for each in calls[row].arguments}.items()))
            found[states[row // len(every)], action, said, numbers[row]] += 1
    return found


@cache
def executable(name: str, action: str, scope: CoreScope) -> Executable:
    return Executable(theory_of_cores(protocol_named(name)), action, CANONICAL, scope.sizes)


def by_masks(name: str, scope: CoreScope, states: list[int]) -> Counter[Taken]:
    protocol, found = protocol_named(name), Counter[Taken]()
    system: Any = protocol_system(protocol, scope)
    for state in states:
        for label, after in steps_of(system, state):
            operation = label_operation(label)
            said: dict[str, object] = {each.name: each.value for each in operation.arguments}
            if operation.action == "ask" and protocol.readings.told == Told.MASK:
                del said["core"]  # the formulas do not look at it
            found[state, operation.action, tuple(sorted(said.items())), after] += 1
    return found


def any_states(name: str, scope: CoreScope) -> list[int]:
    """States with few facts of some relations, and many of others."""
    source = random.Random(f"{name} {scope}")
    fields, found = protocol_system(protocol_named(name), scope).fields, []
    for _ in range(STATES):
        often = [source.choice((0.1, 0.4, 0.9)) for _ in fields]
        bits = [source.random() < each for field, each in zip(fields, often, strict=True) for _ in range(field.bits)]
        found.append(sum(bit << place for place, bit in enumerate(bits)))
    return found


RIGHT = [(name, scope) for name in ("interrupt", "broadcast", "message") for scope in SCOPES]
WRONG = [
    "interrupt with wait=none, tags=at_once, told=itself",
    "interrupt with frees=at_once, leaves=out_of_mask, busy=reused, answers=at_once",
    "message with order=tell_first, answers=at_once",
    "broadcast with order=mask_first, told=itself",
]


@pytest.mark.parametrize(("name", "scope"), [*RIGHT, *((name, SCOPES[0]) for name in WRONG)], ids=str)
def test_any_state_has_the_steps_of_the_theory(name: str, scope: CoreScope) -> None:
    states = any_states(name, scope)
    expected = by_the_theory(name, scope, states)
    assert by_masks(name, scope, states) == expected
    assert {action for _, action, _, _ in expected} == set(theory_of_cores(protocol_named(name)).actions)


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_the_first_state_is_the_theorys(scope: CoreScope) -> None:
    _, first, _ = first_tables(theory_of_cores(protocol_named("interrupt")), scope)
    assert numbers_of(first) == [protocol_system(protocol_named("interrupt"), scope).initial]
