"""Graphs of theories: those of the literal model where it knows the actions, and an action of one's own besides."""

import numpy as np

from model.scope import Scope
from model.spaces.dialect import CANONICAL
from model.theory import APPENDIX_A
from proofs.asked import theory_and_pattern
from proofs.explorer.case import Case
from proofs.report.walk import Graph, Look, graph_of
from proofs.report.walk.spaces import SpacesToWalk
from proofs.report.walk.theories import TheoryToWalk, _parent
from tests import ROOT

SCOPE = Scope(3, 1, 1)


def test_the_theory_leads_where_the_literal_model_leads() -> None:
    """The same states, shown alike, and the same steps between them, flushes of nil pages apart."""
    theory = graph_of(TheoryToWalk(APPENDIX_A, CANONICAL, SCOPE))
    literal = graph_of(SpacesToWalk(Case(SCOPE, CANONICAL), symmetry=False))
    assert theory.complete
    assert len(theory.looks) == len(literal.looks)
    at = {_key(look): node for node, look in enumerate(literal.looks)}
    for node, look in enumerate(theory.looks):
        other = at[_key(look)]
        assert not theory.violated[node]
        assert _steps(theory, node) == _steps(literal, other)


def _key(look: Look) -> tuple[object, ...]:
    """What tells two states of one frame apart, whichever graph shows them."""
    return look.comes_from, tuple(lines[0].split()[0] for lines in look.cells)


def _steps(graph: Graph, node: int) -> set[tuple[str, tuple[object, ...]]]:
    """The steps from a node that change something."""
    found = set()
    for edge in graph.edges[node]:
        parts = (part if isinstance(part, str) else graph.cells[part] for part in graph.labels[edge.label])
        if edge.target != node:
            found.add(("".join(parts), _key(graph.looks[edge.target])))
    return found


def test_an_action_of_ones_own_is_a_step() -> None:
    specification, _ = theory_and_pattern(None, str(ROOT / "docs" / "examples" / "unmap_own.py"))
    graph = graph_of(TheoryToWalk(specification.theory, CANONICAL, Scope(2, 1, 1)))
    (map_,) = (label for label in graph.labels if label[0] == "map σ0[0] → σ1[0]")
    unmap = next(label for label in graph.labels if "unmap_own" in str(label[0]) and "σ1[0]" in str(label[0]))
    *_, (node, place) = graph.walk([map_, unmap])
    assert graph.shown(node, place).cells[1] == ("φ",)


def test_facts_name_slots_and_rights() -> None:
    system = TheoryToWalk(APPENDIX_A, CANONICAL, Scope(2, 1, 1))
    look = system.look(system.first)
    assert look.facts["holds"] == [(0, "0")]
    assert (0, "r--") in look.facts["right"]
    assert look.cells == (("holds frame 0 rwx", "shows frame 0"), ("φ",))


def test_the_nearest_above_is_the_parent() -> None:
    derives = np.zeros((4, 4), bool)
    for below, above in ((1, 0), (2, 0), (2, 1), (3, 3)):
        derives[below, above] = True
    assert [_parent(derives, slot) for slot in range(4)] == [-1, 0, 1, 3]
