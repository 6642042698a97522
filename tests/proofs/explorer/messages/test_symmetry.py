"""Symmetry of scopes with threads: renamings commute with every call, and representatives stand for all states."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from model.messages.operation import Operation
from model.messages.readings import CANONICAL_MESSAGES, MESSAGE_DIALECTS, MessageDialect
from model.messages.scope import MessageScope
from model.messages.tables import board_of, first_row, view
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.explorer.messages import symmetry
from proofs.explorer.messages.calls import explored_calls
from proofs.explorer.messages.explore import explore_messages
from proofs.explorer.messages.properties import MESSAGE_PROPERTIES
from proofs.explorer.messages.symmetry import Renamings, rename, renamed_calls, renamings_of
from proofs.explorer.messages.wrong import WRONG_KERNELS, bits_of, perform
from proofs.explorer.result import SearchEnd

pytest.importorskip("proofs.explorer.messages.kernel")
pytestmark = pytest.mark.long  # what is compiled first takes 20 s

TALKING = MessageScope(2, 2, 1, threads=3, ids=3, booted=2, common=1)
BEGUN = MessageScope(2, 2, 1, threads=3, ids=3, common=1)
SPACES = MessageScope(3, 1, 1, threads=3, ids=3, booted=3, common=1)
SHARED_ID = MessageScope(2, 2, 2, threads=4, ids=3, words=3, booted=2, hardware=1, common=2)


def numbers_of(calls: tuple[Operation, ...]) -> np.ndarray:
    return np.array(calls, np.int64).reshape(len(calls), len(Operation._fields))


def group_of(scope: MessageScope, dialect: MessageDialect = CANONICAL_MESSAGES) -> Renamings:
    return renamings_of(scope, dialect.readings, numbers_of(explored_calls(scope, dialect)))


def steps(
    scope: MessageScope, dialect: MessageDialect, faults: int, length: int
) -> Iterator[tuple[np.ndarray, Operation, np.ndarray]]:
    """A random way: in each state one call that is possible, and some that are not."""
    source, board = np.random.default_rng(7), board_of(scope)
    calls, row = explored_calls(scope, dialect), first_row(scope)
    for _ in range(length):
        for number in source.permutation(len(calls))[:250].tolist():
            after = row.copy()
            status = do(after, calls[number], scope, dialect, faults)
            after[len(after) - len(board.ident) ** 2 :] = 0
            if status == DONE:
                yield row, calls[number], after
                row = after
                break


def do(row: np.ndarray, call: Operation, scope: MessageScope, dialect: MessageDialect, faults: int = 0) -> int:
    b = board_of(scope)
    return perform(view(row.copy(), b), view(row, b), b, call, dialect.readings, CANONICAL.readings, faults)


def renamed(row: np.ndarray, scope: MessageScope, names: Renamings, g: int) -> np.ndarray:
    b, other = board_of(scope), np.zeros_like(row)
    rename(view(row, b), view(other, b), b, names, g)
    return other


@pytest.mark.parametrize(
    ("scope", "order"), [(TALKING, 2), (BEGUN, 4), (SPACES, 2), (MessageScope(3, 1, 1, threads=4, ids=4), 12)], ids=str
)
def test_the_group_has_every_renaming_that_leaves_the_scope_as_it_is(scope: MessageScope, order: int) -> None:
    names = group_of(scope)
    assert len(names.slot) == order
    elements = {tuple(tuple(table[g].tolist()) for table in names) for g in range(order)}
    for g in range(min(order, 8)):
        for h in range(min(order, 8)):
            assert tuple(tuple(table[g][table[h]].tolist()) for table in names) in elements


@pytest.mark.parametrize("dialect", MESSAGE_DIALECTS.values(), ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("scope", [BEGUN, SPACES, SHARED_ID], ids=str)
def test_the_steps_of_a_renamed_state_are_the_renamed_steps(scope: MessageScope, dialect: MessageDialect) -> None:
    names, b = group_of(scope, dialect), board_of(scope)
    for before, call, after in steps(scope, dialect, 0, 12):
        for g in range(len(names.slot)):
            (other,) = (Operation(*row) for row in renamed_calls(numbers_of((call,)), names, g).tolist())
            again = renamed(before, scope, names, g)
            assert do(again, other, scope, dialect) == DONE
            again[len(again) - len(b.ident) ** 2 :] = 0
            assert again.tolist() == renamed(after, scope, names, g).tolist(), call.text(scope)


@pytest.mark.parametrize("fault", WRONG_KERNELS)
def test_wrong_kernels_and_properties_look_at_no_names(fault: str) -> None:
    names, b, bits = group_of(BEGUN), board_of(BEGUN), bits_of([fault])
    for before, call, after in steps(BEGUN, CANONICAL_MESSAGES, bits, 12):
        for g in range(1, len(names.slot)):
            (other,) = (Operation(*row) for row in renamed_calls(numbers_of((call,)), names, g).tolist())
            s, n = view(before, b), view(after, b)
            s2, n2 = (view(renamed(row, BEGUN, names, g), b) for row in (before, after))
            for p in MESSAGE_PROPERTIES:
                told = (
                    (p.holds(s, n, b, call), p.holds(s2, n2, b, other))
                    if p.of_step
                    else (p.holds(n, b), p.holds(n2, b))
                )
                assert told[0] == told[1], (p.id, call.text(BEGUN))
            again = renamed(before, BEGUN, names, g)
            assert do(again, other, BEGUN, CANONICAL_MESSAGES, bits) == DONE
            again[len(again) - len(b.ident) ** 2 :] = 0
            assert again.tolist() == renamed(after, BEGUN, names, g).tolist(), call.text(BEGUN)


COUNTED = {
    "pages": MessageScope(1, 3, 1, common=1),
    "threads and ids": MessageScope(1, 1, 1, threads=3, ids=3, common=1),
    "spaces": MessageScope(3, 1, 1, common=1),
    "frames": MessageScope(1, 2, 2, common=1),
    "words": MessageScope(1, 1, 1, threads=1, ids=1, words=4, common=1),
    "ids shared": MessageScope(1, 1, 1, threads=4, ids=3, common=1),
    "hardware": MessageScope(1, 1, 1, threads=3, ids=3, hardware=2, common=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTED)
def test_representatives_stand_for_as_many_states_as_there_are(name: str) -> None:
    few, all_of_them = (explore_messages(COUNTED[name], symmetry=each) for each in (True, False))
    assert few.verdict is all_of_them.verdict is SearchEnd.EXHAUSTED
    assert few.states < all_of_them.states
    assert (few.stands_for, few.stands_for_transitions) == (all_of_them.states, all_of_them.transitions)
    assert few.depth == all_of_them.depth


def test_a_renaming_too_many_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If threads that run and threads that do not were one name, fewer states would stand for all."""
    scope = MessageScope(2, 1, 1, common=1)
    real = explore_messages(scope, symmetry=False)
    monkeypatch.setattr(symmetry, "is_symmetry", lambda *_: True)
    monkeypatch.setattr(symmetry, "_keeping", lambda kinds: permutations(range(len(kinds))))
    assert explore_messages(scope).stands_for != real.states


@pytest.mark.parametrize("fault", ["message-to-whoever-waits", "message-end-leaves-window", "message-ends-anybody"])
def test_a_trace_of_representatives_is_told_under_the_first_names(fault: str) -> None:
    """Each trace was replayed under its names before it is reported."""
    found: list[dict[str, Any]] = []
    for each in (True, False):
        result = explore_messages(BEGUN, faults=[fault], symmetry=each, max_states=4_000)
        found.append({v.property: len(v.trace.operations) for v in result.violations})
    assert found[0]
    assert found[1].items() <= found[0].items()
