"""Graphs of ranges: every state that the exploration visits, what it finds violated, and mappings of many pages."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.ranges.readings import CANONICAL_RANGES, RangeDialect, range_dialect_named
from model.ranges.scope import RangeScope
from model.scope import Scope
from model.spaces.dialect import CANONICAL
from musigma.cli import app
from proofs.explorer.case import Case
from proofs.report.walk import Graph, graph_of
from proofs.report.walk.ranges import RangesToWalk, way_of
from proofs.report.walk.spaces import SpacesToWalk
from proofs.searches.range_exploration import explore_ranges, properties_of_ranges

SCOPE = RangeScope(2, 2, 2, 0b11)


def walked(scope: RangeScope, ranges: RangeDialect = CANONICAL_RANGES, properties: str = "all") -> Graph:
    return graph_of(RangesToWalk(scope, ranges, CANONICAL, "none", properties_of_ranges(properties)))


def test_ranges_of_one_page_lead_where_single_pages_lead() -> None:
    ranges, pages = (
        walked(RangeScope(2, 2, 1, 1), properties="states"),
        graph_of(SpacesToWalk(Case(Scope(2, 2, 1), CANONICAL), symmetry=False)),
    )
    at = {(look.cells, look.comes_from): node for node, look in enumerate(pages.looks)}
    assert ranges.complete
    assert len(ranges.looks) == len(pages.looks)
    for node, look in enumerate(ranges.looks):
        assert (ranges.violated[node], look.facts) == ((), pages.looks[at[look.cells, look.comes_from]].facts)
        assert steps(ranges, node) == steps(pages, at[look.cells, look.comes_from])


def steps(graph: Graph, node: int) -> set[tuple[str, object]]:
    """The steps from a node, and what is shown after each."""
    found = set[tuple[str, object]]()
    for edge in graph.edges[node]:
        parts = (part if isinstance(part, str) else graph.cells[part] for part in graph.labels[edge.label])
        found.add(("".join(parts), graph.looks[edge.target].comes_from))
    return found


@pytest.mark.long
def test_every_state_of_ranges_is_a_step_away_and_none_is_wrong() -> None:
    graph, explored = walked(SCOPE), explore_ranges(SCOPE)
    assert (graph.complete, len(graph.looks)) == (True, explored.states)
    assert not any(graph.violated)
    assert not any(edge.violates for edges in graph.edges for edge in edges)


@pytest.mark.long
def test_what_the_exploration_finds_violated_is_so_at_the_end_of_its_way() -> None:
    ranges = range_dialect_named("canonical with own=range")
    graph, explored = walked(SCOPE, ranges), explore_ranges(SCOPE, ranges)
    assert len(graph.looks) == explored.states
    assert explored.violations
    for found in explored.violations:
        nodes = [node for node, _ in graph.walk(way_of(found.trace))]
        before, after = list(pairwise(nodes))[-1]
        last = way_of(found.trace)[-1]
        (edge,) = (e for e in graph.edges[before] if graph.labels[e.label] == last)
        name = found.property.partition("__preserves__")[2]
        assert name in graph.violated[after] if name else found.property in edge.violates, found.property


def test_the_mapping_that_a_page_belongs_to_is_told_where_mappings_are_whole() -> None:
    graph = walked(RangeScope(2, 2, 2, 0b11), range_dialect_named("canonical with unit=mapping"), "states")
    *_, (node, place) = graph.walk([("map σ0[0..1] → σ1[0..1]",)])
    assert [lines[-1] for lines in graph.shown(node, place).cells] == ["in σ0[0..1]"] * 2 + ["in σ1[0..1]"] * 2
    plain = walked(SCOPE, properties="states")
    assert not any("in σ" in line for look in plain.looks for lines in look.cells for line in lines)


@pytest.mark.long
def test_a_page_of_ranges_needs_no_violation_and_opens_at_one(tmp_path: Path) -> None:
    html, svg = tmp_path / "walk.html", tmp_path / "trace.svg"
    small = "explore", "--orders", "0,1", "--spaces", "2", "--pages", "2", "--frames", "2", "--html", str(html)
    right = CliRunner().invoke(app, [*small, "--properties", "states"])
    assert (right.exit_code, "no trace" in right.stderr) == (0, False), right.output
    page = html.read_text("utf-8")
    assert '"way":[]' in page
    assert re.search(r"Every state that can be reached is here: 156\s+states", page)
    own = "ranges__flush_range__preserves__no_dangling_link"
    wrong = CliRunner().invoke(
        app, [*small, "--ranges", "canonical with own=range", "--properties", own, "--svg", str(svg)]
    )
    assert wrong.exit_code == 1, wrong.output
    page = html.read_text("utf-8")
    assert '"way":[["map σ0[0] → σ1[0]"],["grant σ0[1] → σ1[1]"],["map σ1[0] → σ0[1]"],["flush σ0[0..1]"]]' in page
    assert '"properties":[["no_dangling_link","C4",' in page
    assert "<svg" in svg.read_text("utf-8")
    cut = CliRunner().invoke(app, [*small, "--properties", "states", "--max-states", "20"])
    assert cut.exit_code == 3, cut.output
    assert "Every state that can be reached is here" not in html.read_text("utf-8")
