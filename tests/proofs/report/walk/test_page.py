"""The page of a graph: one file, small, which holds the graph and opens where it is told to."""

import json
import re

import pytest

from model.scope import Scope
from model.spaces.dialect import dialect_named
from proofs.explorer.case import Case
from proofs.report.walk import graph_of, walk_page
from proofs.report.walk.spaces import SpacesToWalk

GRAPH = graph_of(SpacesToWalk(Case(Scope(3, 1, 1), dialect_named("literal-lazy"))))


def data(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="graph">(.*?)</script>', page, re.S)
    assert found is not None
    values: dict[str, object] = json.loads(found[1])
    return values


def test_it_holds_the_graph_and_needs_nothing_else() -> None:
    page = walk_page(GRAPH)
    values = data(page)
    assert values["cells"] == ["σ0[0]", "σ1[0]", "σ2[0]"]
    assert len(values["nodes"]) == len(GRAPH.looks)  # type: ignore[arg-type]
    assert len(values["edges"]) == GRAPH.expanded  # type: ignore[arg-type]
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
    assert "14 states up to the names" in page


@pytest.mark.long
@pytest.mark.parametrize(
    ("scope", "dialect", "rights"),
    [((3, 1, 1), "canonical", "rwx"), ((3, 2, 1), "canonical", "none"), ((3, 2, 2), "tree", "none")],
)
def test_a_page_is_small(scope: tuple[int, int, int], dialect: str, rights: str) -> None:
    page = walk_page(graph_of(SpacesToWalk(Case(Scope(*scope), dialect_named(dialect), rights))))
    assert len(page.encode()) < 300_000


def test_it_opens_at_the_end_of_a_way() -> None:
    way = [("map ", 0, " → ", 1), ("map ", 1, " → ", 0)]
    assert data(walk_page(GRAPH, way))["way"] == [list(step) for step in way]
    with pytest.raises(KeyError):
        walk_page(GRAPH, [("map ", 1, " → ", 0)])


def test_what_is_said_of_a_graph_that_is_cut() -> None:
    case = Case(Scope(2, 2, 2), dialect_named("tree"))
    page = walk_page(graph_of(SpacesToWalk(case, symmetry=False), most=10))
    assert "what lies further is not" in " ".join(page.split())


def test_a_text_cannot_end_the_script() -> None:
    system = SpacesToWalk(Case(Scope(1, 1, 1), dialect_named("canonical")))
    graph = graph_of(system)
    wrong = type(graph)(**{**vars(graph), "title": "</script><b>"})
    assert "</script><b>" not in walk_page(wrong)
