"""Breadth-first search of plain states: order, counts, shortest ways, and how it may end."""

from collections.abc import Iterator

import pytest

from model.running.search import PlainSearch, PlainStep, SearchCounts
from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, Dialect, dialect_named
from model.spaces.operation import Operation
from proofs.explorer.searches.stepped import SteppedSearch
from tests.model.spaces import scopes


class Grid:
    """Steps right and up through squares; the ways to a square are all of the same length."""

    first = (0, 0)

    def __init__(self, size: int) -> None:
        self.size = size

    def successors(self, state: tuple[int, int]) -> Iterator[tuple[str, tuple[int, int]]]:
        x, y = state
        if x + 1 < self.size:
            yield "right", (x + 1, y)
        if y + 1 < self.size:
            yield "up", (x, y + 1)


class LiteralSpaces:
    """The literal model as a transition system, a state at a time."""

    def __init__(self, scope: Scope, dialect: Dialect) -> None:
        self.dialect = dialect
        slots = range(scope.slots)
        self.first = scopes.as_tuples(spaces.initial(scope))
        self.operations = [
            *(Operation("flush", src) for src in slots),
            *(Operation(kind, src, dst, ALL_RIGHTS) for kind in ("map", "grant") for src in slots for dst in slots),
        ]

    def successors(self, state: scopes.State) -> Iterator[tuple[Operation, scopes.State]]:
        for operation in self.operations:
            after = scopes.as_lists(state)
            if operation.apply(after, self.dialect.readings) == spaces.DONE:
                yield operation, scopes.as_tuples(after)


def test_states_are_met_in_the_order_of_their_distance() -> None:
    seen: list[tuple[int, tuple[int, int], str, tuple[int, int]]] = []
    search = PlainSearch(Grid(3))

    def watch(step: PlainStep[tuple[int, int], str]) -> bool:
        assert search.places[step.before] == step.origin
        assert sum(step.before) == search.depth
        seen.append((step.origin, step.before, step.label, step.after))
        return False

    search.run(watch)
    assert list(search.places) == [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (2, 1), (1, 2), (2, 2)]
    assert seen[:3] == [(0, (0, 0), "right", (1, 0)), (0, (0, 0), "up", (0, 1)), (1, (1, 0), "right", (2, 0))]
    assert search.counts == SearchCounts(states=9, transitions=12, complete=True)
    assert search.path(search.places[1, 2]) == ("right", "up", "up")
    assert search.path(0) == ()


def test_the_visitor_ends_it_at_once() -> None:
    search = PlainSearch(Grid(3)).run(lambda step: step.after == (0, 1))
    assert search.counts == SearchCounts(states=3, transitions=2, complete=True)


def test_a_search_may_finish_its_layer_first() -> None:
    class ByLayers(PlainSearch[tuple[int, int], str]):
        finishes_layers = True

    search = ByLayers(Grid(4)).run(lambda step: step.after == (2, 0))
    assert (search.counts, search.depth) == (SearchCounts(states=6, transitions=6, complete=True), 1)


@pytest.mark.parametrize(
    ("most", "counts"),
    [
        (1, SearchCounts(3, 2, complete=False, truncated=True)),
        (4, SearchCounts(5, 4, complete=False, truncated=True)),
        (5, SearchCounts(6, 6, complete=False, truncated=True)),
        (8, SearchCounts(9, 11, complete=False, truncated=True)),
        (9, SearchCounts(9, 12, complete=True)),
    ],
)
def test_the_limit_ends_it_also_within_a_layer(most: int, counts: SearchCounts) -> None:
    assert PlainSearch(Grid(3), max_states=most).run().counts == counts


def test_an_interrupt_is_noted_and_goes_on() -> None:
    search = PlainSearch(Grid(3))

    def broken_off(step: PlainStep[tuple[int, int], str]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.run(broken_off)
    assert search.counts == SearchCounts(states=2, transitions=1, complete=False, interrupted=True)


@pytest.mark.parametrize("name", ["canonical", "literal-eager", "nova"])
def test_the_literal_model_has_the_same_states_a_state_at_a_time(name: str) -> None:
    scope, dialect = Scope(2, 2, 1), dialect_named(name)
    plain, stepped = PlainSearch(LiteralSpaces(scope, dialect)).run(), SteppedSearch(scope, dialect).run()
    assert plain.counts == stepped.counts
    assert [plain.path(place) for place in range(plain.states)] == [
        stepped.path(place) for place in range(stepped.states)
    ]


def test_canonical_has_116_states_in_four_pages() -> None:
    assert PlainSearch(LiteralSpaces(Scope(2, 2, 1), CANONICAL)).run().states == 116
