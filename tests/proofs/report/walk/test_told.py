"""What a graph tells: layers and shortest ways, on graphs that can be counted by hand."""

import pytest

from model.scope import Scope
from model.spaces.dialect import dialect_named
from proofs.explorer.case import Case
from proofs.explorer.explore import explore
from proofs.report.walk import graph_of
from proofs.report.walk.graph import Edge, Graph, Look, PropertyText
from proofs.report.walk.spaces import SpacesToWalk
from proofs.report.walk.told import layers_of, not_holding

SOUND, QUIET = PropertyText("sound", "C1", "All is well."), PropertyText("quiet", "C2", "No step is loud.")


def graph(edges: tuple[tuple[Edge, ...], ...], violated: tuple[tuple[str, ...], ...]) -> Graph:
    """Two cells that swap their places on the way; labels name a cell."""
    return Graph(
        title="two cells",
        cells=("a", "b"),
        groups=(("all", (0, 1)),),
        properties=(SOUND, QUIET),
        predicates={},
        labels=(("go to ", 1), ("back to ", 0)),
        tried=0,
        place=(0, 1),
        looks=tuple(Look(((str(node),), ()), (-1, -1)) for node in range(len(violated))),
        violated=violated,
        edges=edges,
    )


def test_ways_are_told_with_the_cells_that_are_shown() -> None:
    swap, same = (1, 0), (0, 1)
    made = graph(
        ((Edge(0, 1, swap, ()),), (Edge(0, 2, same, ("quiet",)), Edge(1, 3, same, ())), (), ()),
        ((), (), ("sound",), ("sound",)),
    )
    assert layers_of(made) == (1, 1, 2)
    sound, quiet = not_holding(made)
    assert (sound.property, sound.way) == (SOUND, (("go to ", 1), ("go to ", 0)))
    assert (quiet.property, quiet.way) == (QUIET, (("go to ", 1), ("go to ", 0)))


def test_a_step_that_violates_counts_although_its_states_are_in_order() -> None:
    made = graph(((Edge(0, 1, (0, 1), ()),), (Edge(1, 0, (0, 1), ("quiet",)),)), ((), ()))
    (quiet,) = not_holding(made)
    assert quiet.way == (("go to ", 1), ("back to ", 0))


def test_a_state_without_its_steps_is_looked_at_as_well() -> None:
    made = graph(((Edge(0, 1, (0, 1), ()),),), ((), ("sound",)))
    assert not made.complete
    assert [len(each.way) for each in not_holding(made)] == [1]


@pytest.mark.long
def test_the_explorer_finds_the_same() -> None:
    scope, dialect = Scope(3, 1, 1), dialect_named("literal-lazy")
    searched = explore(scope, dialect, symmetry=False)
    made = graph_of(SpacesToWalk(Case(scope, dialect), symmetry=False))
    assert layers_of(made) == tuple(searched.layers)
    told = {each.property.id: len(each.way) for each in not_holding(made)}
    assert told == {each.property: len(each.trace.operations) for each in searched.violations}
