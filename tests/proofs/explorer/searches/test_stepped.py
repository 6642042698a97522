"""A stepped search shows every state and step of a plain one, in its order, and finds a way back from each."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.abstraction import steps_structure
from model.spaces.dialect import CANONICAL, CONDITIONS, DIALECTS, Dialect, dialect_named
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.explorer.searches.breadth_first import StateLostError
from proofs.explorer.searches.stepped import SteppedSearch, Steps
from proofs.explorer.states.layout import encoded
from tests.model.spaces import scopes

NAMES = [*DIALECTS, *(f"canonical without {c.name}" for c in CONDITIONS)]
SETS = (7, 4, 0)


def frozen(state: Any) -> scopes.State:
    sigma, phys, rights = (tuple(int(value) for value in column) for column in state)
    return sigma, phys, rights


def plain(scope: Scope, dialect: Dialect, rights: Sequence[int]) -> tuple[list[scopes.State], Any]:
    """The states in the order in which they are met, and every step, by tuples and the uncompiled model."""
    slots = range(scope.slots)
    operations = [Operation("flush", src, -1, mask) for src in slots for mask in rights]
    operations += [
        Operation(kind, src, dst, mask)
        for kind in ("map", "grant")
        for src in slots
        for dst in slots
        for mask in rights
    ]
    met = {frozen(spaces.initial(scope)): None}
    queue, steps = list(met), []
    for state in queue:
        for operation in operations:
            after = scopes.as_lists(state)
            if operation.apply(after, dialect.readings) == spaces.DONE:
                steps.append((state, operation, frozen(after)))
                if frozen(after) not in met:
                    met[frozen(after)] = None
                    queue.append(frozen(after))
    return queue, steps


def rows(state: Any) -> list[scopes.State]:
    return [frozen(columns) for columns in zip(*state, strict=True)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("size", "rights"), [((3, 1, 1), (7,)), ((2, 1, 1), SETS)])
def test_every_step_of_a_plain_search(
    name: str, size: tuple[int, int, int], rights: tuple[int, int, int] | tuple[int]
) -> None:
    scope, dialect = Scope(*size), dialect_named(name)
    queue, steps = plain(scope, dialect, rights)
    search = SteppedSearch(scope, dialect, rights)
    shown: list[Any] = []

    def watch(some: Steps) -> bool:
        before, after = some.states
        calls = [some.operation(row) for row in range(len(some))]
        assert some.calls.tolist() == [[each.src, each.dst, each.rights] for each in calls]
        shown.extend(zip(rows(before), calls, rows(after), strict=True))
        return False

    search.run(watch)
    assert search.complete
    assert rows(search.literal()) == queue
    assert shown == steps
    assert (search.states, search.transitions) == (len(queue), len(steps))


@pytest.mark.parametrize("name", ["canonical", "literal-eager"])
def test_the_way_to_a_state_leads_there(name: str) -> None:
    scope = Scope(2, 2, 1)
    search = SteppedSearch(scope, dialect_named(name)).run()
    for place, row in enumerate(rows(search.literal())):
        *_, (_, status, last) = Trace(name, scope, search.path(place)).states()
        assert status == spaces.DONE
        assert frozen(last) == row
        assert search.place_of(last) == place


def test_a_state_that_is_not_met() -> None:
    search = SteppedSearch(Scope(2, 1, 1), CANONICAL).run()
    state = spaces.initial(Scope(2, 1, 1))
    state.sigma[0] = 1  # derives from a nil slot
    assert search.place_of(state) is None
    state = spaces.initial(Scope(2, 1, 1))
    state.phys[1] = 0  # the packing knows no P that differs from σ
    assert encoded(state, search._parameters) is None
    assert search.place_of(state) is None


def test_a_search_that_is_cut_short_says_so() -> None:
    search = SteppedSearch(Scope(2, 2, 1), CANONICAL, max_states=20).run()
    assert not search.complete
    assert search.truncated
    assert 20 < search.states < 116
    assert np.unique(search.packed).size == search.states


def some_steps() -> Steps:
    """All of the first state of two slots and a frame, with two sets of rights."""
    return next(SteppedSearch(Scope(2, 1, 1), CANONICAL, (7, 4))._expand(0, 1))


def test_steps_can_be_chosen_and_sorted_by_their_action() -> None:
    steps = some_steps()
    texts = [steps.operation(row).kind.word for row in range(len(steps))]
    assert set(texts) == {"map", "grant", "flush"}
    some = steps[np.arange(len(steps)) % 2 == 1]
    assert [rows(each) for each in some.states] == [rows(each)[1::2] for each in steps.states]
    assert some.calls.tolist() == steps.calls.tolist()[1::2]
    assert some.origin.tolist() == steps.origin.tolist()[1::2]
    assert len(steps[:1]) == 1
    by_action = steps.by_action()
    assert list(by_action) == ["", *dict.fromkeys(texts)]
    assert by_action[""] is steps
    for word in set(texts):
        chosen = [row for row in range(len(steps)) if texts[row] == word]
        assert by_action[word].calls.tolist() == [steps.calls.tolist()[row] for row in chosen]


def test_steps_as_the_theory_sees_them() -> None:
    steps = some_steps()
    before, after = steps.states
    expected = steps_structure(before, steps.calls, after, steps.scope)
    found = steps.structure
    assert (found.batch, found.sizes) == (len(steps), expected.sizes)
    assert found.symbols.keys() == expected.symbols.keys()
    assert all(np.array_equal(found.symbols[name], expected.symbols[name]) for name in expected.symbols)


def test_a_state_that_is_lost_is_an_error() -> None:
    search = SteppedSearch(Scope(2, 1, 1), CANONICAL)
    right = search._kernel.steps_of
    search._kernel = cast(Any, SimpleNamespace(steps_of=lambda *given: (*right(*given)[:3], 1)))
    with pytest.raises(StateLostError, match="a state does not fit the packing"):
        search.run()
