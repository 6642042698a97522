"""Lines meet what they lead to and nothing else, whatever the trace."""

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.scope import Scope
from proofs.report.storyboard import storyboard
from proofs.report.storyboard.drawing.layout import Layout, layout
from proofs.report.storyboard.drawing.routes import Stretch, assign
from tests.proofs.traces import TRACES, random_trace


def _crosses(box: Any, one: Any, other: Any) -> Any:
    """Whether an axis-parallel stretch passes through the inside of a box."""
    (x1, y1), (x2, y2) = one, other
    return (
        max(x1, x2) > box.x + 0.5
        and min(x1, x2) < box.x + box.width - 0.5
        and max(y1, y2) > box.y + 0.5
        and min(y1, y2) < box.y + box.height - 0.5
    )


def _overlap(one: Any, other: Any) -> Any:
    """The length that two axis-parallel stretches share; 0 if they only cross or meet."""
    (a, b), (c, d) = one
    (e, f), (g, h) = other
    if a == c == e == g:
        return min(max(b, d), max(f, h)) - max(min(b, d), min(f, h))
    if b == d == f == h:
        return min(max(a, c), max(e, g)) - max(min(a, c), min(e, g))
    return 0


def _check(plan: Layout, *, last: int = 0) -> None:
    """Check all scenes, or the last ones only."""
    for lines in plan.lines[-last:]:
        for line in lines:
            target = plan.boxes[line.edge.target]
            assert line.points[0][0] in _sides(plan.boxes[line.edge.source])
            assert line.points[-1][0] in _sides(target)
            assert target.y < line.points[-1][1] < target.y + target.height
            for stretch in pairwise(line.points):
                assert stretch[0][0] == stretch[1][0] or stretch[0][1] == stretch[1][1]
                assert all(0 <= x <= plan.width and 0 <= y <= plan.height for x, y in stretch)
                assert not any(_crosses(box, *stretch) for box in plan.boxes.values())
        for one, other in combinations(lines, 2):
            if one.edge.source != other.edge.source:
                for a in pairwise(one.points):
                    assert all(_overlap(a, b) <= 0 for b in pairwise(other.points)), (one, other)


def _sides(box: Any) -> tuple[float, float]:
    return box.x, box.x + box.width


@pytest.mark.parametrize("name", ["dangling", "cycle", "lost", "widened", "overwritten", "granted"])
def test_small_traces(name: str) -> None:
    _check(layout(storyboard(TRACES[name])))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), sizes=st.tuples(st.integers(1, 8), st.integers(1, 8)))
def test_random_traces(seed: int, sizes: tuple[int, int]) -> None:
    spaces, pages = sizes
    trace = random_trace(seed, 12, Scope(spaces, pages, pages), "x2-keep")
    _check(layout(storyboard(trace)), last=3)


def test_lines_that_meet_a_node_beside_its_middle_keep_apart() -> None:
    """In this trace a line of a page within its own space ends above the middle of a row where another begins."""
    _check(layout(storyboard(random_trace(0, 12, Scope(2, 2, 2), "x2-keep"))))


def test_a_full_scope() -> None:
    _check(layout(storyboard(random_trace(1, 60, Scope(8, 8, 8)))), last=2)


@pytest.mark.parametrize("dialect", ["literal-eager", "literal-lazy"])
def test_cycles_and_dangling_links(dialect: str) -> None:
    for seed in range(10):
        _check(layout(storyboard(random_trace(seed, 12, Scope(3, 3, 2), dialect))))


def test_nodes_stand_where_they_stood() -> None:
    plan = layout(storyboard(random_trace(3, 20, Scope(5, 4, 4))))
    assert len(plan.lines) == 21
    boxes = list(plan.boxes.values())
    for one, other in combinations(boxes, 2):
        apart = (
            one.x + one.width < other.x
            or other.x + other.width < one.x
            or one.y + one.height < other.y
            or other.y + other.height < one.y
        )
        assert apart


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            lambda where, net, start, length: Stretch(where, net, start, start + length),
            st.integers(0, 2),
            st.sampled_from("abcdef"),
            st.integers(0, 9),
            st.integers(0, 9),
        )
    )
)
def test_lanes_keep_nets_apart(runs: list[Stretch]) -> None:
    lanes = assign(runs)
    for one, other in combinations(runs, 2):
        if one.where == other.where and one.net != other.net and one.start <= other.end and other.start <= one.end:
            assert lanes.of[one.where, one.net] != lanes.of[other.where, other.net]
