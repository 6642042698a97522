"""Graphs of packed systems: the shootdown, with the wait and without."""

from proofs.explorer.searches.breadth_first import search
from proofs.explorer.searches.shootdown import shootdown
from proofs.report.walk import graph_of
from proofs.report.walk.packed import SystemToWalk


def test_as_many_nodes_as_the_search_counts() -> None:
    for waits in (True, False):
        system = shootdown(waits)
        graph, found = graph_of(SystemToWalk(system)), search(system)
        assert graph.complete
        assert len(graph.looks) == found.states
        assert sum(map(len, graph.edges)) == found.transitions
        assert any(graph.violated) == (not waits)


def test_a_state_shows_its_fields() -> None:
    graph = graph_of(SystemToWalk(shootdown(), {"step": ("at first", "cleared", "interrupted", "given away")}))
    *_, (node, place) = graph.walk([("core 1 touches the page",), ("core 0 clears the entry and its translation",)])
    assert dict(zip(graph.cells, graph.shown(node, place).cells, strict=True)) == {
        "entry": ("0",),
        "translation 0": ("0",),
        "translation 1": ("1",),
        "pending": ("0",),
        "step": ("cleared",),
    }
    assert (2, "1") in graph.shown(node, place).facts["is"]
