"""Graphs of address spaces: as many nodes as the explorer counts, and every way in them is the literal model's."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.scope import Scope
from model.spaces import literal
from model.spaces.dialect import DIALECTS, dialect_named
from model.spaces.literal import DONE
from proofs.explorer.case import Case
from proofs.explorer.explore import explore
from proofs.explorer.states.properties import PROPERTIES
from proofs.explorer.states.wrong_operations import executed, faults_named, misread, perform
from proofs.report.walk import graph_of
from proofs.report.walk.graph import renamed
from proofs.report.walk.spaces import SpacesToWalk, _key, _spaces

SMALL = Scope(3, 1, 1)
CASES = {
    "rights": Case(SMALL, dialect_named("canonical"), "rwx"),
    "two pages": Case(Scope(2, 2, 2), dialect_named("tree")),
    "a circle": Case(SMALL, dialect_named("literal-lazy")),
    "fault": Case(SMALL, dialect_named("canonical"), "none", faults_named(["flush-stops-at-children"])),
    "fault by order": Case(SMALL, dialect_named("canonical"), "none", faults_named(["early-ascent"])),
}
GRAPHS = {name: graph_of(SpacesToWalk(case)) for name, case in CASES.items()}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_as_many_nodes_as_the_explorer_counts(dialect: str) -> None:
    case = Case(Scope(2, 2, 1), dialect_named(dialect))
    graph = graph_of(SpacesToWalk(case))
    found = explore(case.scope, case.dialect, symmetry=True, threads=1)
    assert found.symmetry == "slots"
    assert graph.complete
    if not dialect.startswith("literal"):  # circles that cannot be told apart may be kept twice
        assert len(graph.looks) == found.states
    broken = {id for ids in graph.violated for id in ids}
    broken |= {id for edges in graph.edges for edge in edges for id in edge.violates}
    assert broken == {each.property for each in found.violations}


def test_without_symmetry_every_state_is_a_node() -> None:
    case = CASES["two pages"]
    graph = graph_of(SpacesToWalk(case, symmetry=False))
    found = explore(case.scope, case.dialect, symmetry=False, threads=1)
    assert len(graph.looks) == found.states
    assert sum(map(len, graph.edges)) == found.transitions


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_every_way_is_one_of_the_literal_model(name: str, data: st.DataObject) -> None:
    """The renamings that edges name compose to what the model does, step by step."""
    case, graph = CASES[name], GRAPHS[name]
    system = SpacesToWalk(case)
    calls = dict(zip(system.labels, system._operations, strict=True))
    readings, faults = misread(case.dialect, case.faults).readings, executed(case.faults)
    state = literal.initial(case.scope)
    way = []
    node, place = 0, graph.place
    for _ in range(data.draw(st.integers(0, 6))):
        if not graph.edges[node]:
            break
        edge = data.draw(st.sampled_from(graph.edges[node]))
        label = renamed(graph.labels[edge.label], place)
        way.append(label)
        before = literal.Spaces(*(column.copy() for column in state))
        assert perform(before, state, *calls[label], readings, faults) == DONE
        wrong = [p.id for p in PROPERTIES if p.of_step and not p.holds(before, state, *calls[label])]
        assert list(edge.violates) == wrong
        *_, (node, place) = graph.walk(way)
        key = _key(state)
        direct = system.look(key)
        shown = graph.shown(node, place)
        assert shown.cells == direct.cells
        assert shown.comes_from == direct.comes_from
        assert {name: sorted(map(str, facts)) for name, facts in shown.facts.items()} == {
            name: sorted(map(str, facts)) for name, facts in direct.facts.items()
        }
        assert graph.violated[node] == system.violated(key)


def test_renamed_states_have_one_canonical_form() -> None:
    system = SpacesToWalk(Case(Scope(2, 2, 2), dialect_named("canonical")))
    state = ((-2, 0, 0, 1), (0, 0, 0, 0), (7, 7, 7, 7))
    forms = set()
    for order in permutations(range(4)):
        at = {x: place for place, x in enumerate(order)}
        other = (
            tuple(at[state[0][x]] if state[0][x] >= 0 else state[0][x] for x in order),
            tuple(state[1][x] for x in order),
            tuple(state[2][x] for x in order),
        )
        form, place = system.canonical(other)
        forms.add(form)
        for cell, shown in enumerate(place):
            element = form[0][cell]
            assert other[0][shown] == (place[element] if element >= 0 else element)
    assert len(forms) == 1


def test_a_slot_says_what_it_holds_and_where_p_differs() -> None:
    system = SpacesToWalk(CASES["a circle"])
    look = system.look(((-2, 0, 2), (0, -1, 0), (7, 6, 7)))
    assert look.cells == (
        ("holds frame 0 rwx",),
        ("rw-", "leads to frame 0", "P says φ"),
        ("rwx", "leads round in a circle", "P says frame 0"),
    )
    assert look.comes_from == (-1, 0, 2)
    assert look.facts["cyclic"] == [(2,)]
    assert look.facts["shows"] == [(0, "0"), (1, "0")]
    assert (1, "rw-") in look.facts["has"]
    assert (1, "rwx") not in look.facts["has"]


def test_a_graph_that_is_cut_says_so() -> None:
    graph = graph_of(SpacesToWalk(CASES["two pages"], symmetry=False), most=10)
    assert not graph.complete
    assert graph.expanded < 10 <= len(graph.looks)
    assert _spaces(((-2,), (0,), (7,))).sigma.tolist() == [-2]
