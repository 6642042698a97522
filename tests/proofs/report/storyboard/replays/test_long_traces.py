"""Long traces and large scopes: what is shown, what is left out, and that it is said."""

import io
import json
import re
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from model.scope import Scope
from model.spaces.literal import NIL, Spaces, evaluate
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard import (
    Storyboard,
    TooLargeError,
    choose_steps,
    page,
    storyboard,
    storyboard_with_kernel,
    svg,
)
from proofs.report.storyboard.drawing.layout import layout
from proofs.report.storyboard.scenes.findings import condensed, derived, values
from proofs.report.storyboard.scenes.scene import Anomaly, Gap
from proofs.report.storyboard.scenes.selection import MOST, gaps, steps_shown
from proofs.report.writers.trace_table import print_trace
from tests.proofs.traces import random_trace

CHAIN = Trace(
    "canonical", Scope(1, 258, 1), (*(Operation("map", page, page + 1) for page in range(257)), Operation("flush", 0))
)


@pytest.fixture(scope="module")
def chain() -> Storyboard:
    return storyboard_with_kernel(CHAIN)


def test_of_a_chain_the_ends_are_shown(chain: Storyboard) -> None:
    assert [scene.number for scene in chain.scenes] == [0, 1, 2, 3, 257, 258]
    assert [part.number if not isinstance(part, Gap) else "…" for part in chain.parts] == [0, 1, 2, 3, "…", 257, 258]
    assert chain.gaps[0].summary == "253 more of the same kind: map σ0[3] → σ0[4] … map σ0[255] → σ0[256]"
    assert chain.left_out == "shown are 6 of 258 slots: those of the steps shown, and where something is wrong"
    assert [cell.name for cell in chain.scenes[0].cells] == ["σ0[0]", "σ0[1]", "σ0[2]", "σ0[3]", "σ0[256]", "σ0[257]"]
    assert chain.last == 258


def test_a_link_that_passes_over_slots_says_how_many(chain: Storyboard) -> None:
    edges = {(edge.source, edge.target): edge.hidden for edge in chain.scenes[4].edges}
    assert edges["s3", "s256"] == 252
    assert edges["s256", "s257"] == 0
    assert "…252…" in svg(chain)


def test_many_changes_are_counted(chain: Storyboard) -> None:
    assert chain.scenes[-1].changes == (
        *(f"gone: σ0[{page}]" for page in range(1, 5)),
        "gone: 253 more, σ0[5] … σ0[257]",
    )


def test_the_table_is_short() -> None:
    file = io.StringIO()
    print_trace(Console(file=file, width=80), CHAIN)
    assert len(file.getvalue().splitlines()) < 30


def test_the_files_are_small_and_the_page_has_every_step(chain: Storyboard) -> None:
    document = page(chain)
    assert len(svg(chain)) < 60_000
    assert len(document) < 150_000
    match = re.search(r'id="details">(.*?)</script>', document, re.S)
    assert match is not None
    told = json.loads(match[1])
    steps = {int(number) for number in told["scenes"]}
    for first, texts in told["gaps"].items():
        steps |= set(range(int(first), int(first) + len(texts)))
    assert steps == set(range(259))
    assert told["gaps"]["4"][96] == "map σ0[99] → σ0[100]"


def test_what_goes_wrong_in_a_long_trace_is_shown() -> None:
    """The 21st step loses frame 0; all others are refused or do nothing of interest."""
    operations = [
        Operation(("map", "flush")[step % 2], step % 3, -1 if step % 2 else 3 + step % 5) for step in range(200)
    ]
    operations[20] = Operation("map", 1, 0)
    operations[150] = Operation("map", 2, 1)
    trace = Trace("canonical without no-frame-holder", Scope(3, 3, 3), tuple(operations))
    board = storyboard(trace)
    lost = [scene.number for scene in board.scenes if any(f.kind == "lost" and f.fresh for f in scene.findings)]
    assert lost == [21, 151]
    assert len(board.scenes) <= 2 * MOST


OPERATIONS = st.lists(
    st.builds(Operation, st.sampled_from(["map", "grant"]), st.integers(0, 8), st.integers(0, 8)), max_size=130
)


@given(OPERATIONS, st.integers(0, 20), st.lists(st.integers(1, 130), max_size=60))
def test_steps_and_gaps_make_the_whole(operations: list[Operation], run: int, important: Any) -> None:
    operations = operations + [Operation("map", step % 9, (step + 1) % 9) for step in range(run)]
    important = [step for step in important if step <= len(operations)]
    shown = steps_shown(operations, important)
    between = gaps(operations, shown, Scope(3, 3, 1))
    told = sorted([*shown, *(step for gap in between for step in range(gap.first, gap.last + 1))])
    assert told == list(range(len(operations) + 1))
    assert all(len(gap.texts) == gap.last - gap.first + 1 >= 2 for gap in between)
    assert {0, len(operations)} <= set(shown)
    assert set(important[: MOST // 2]) <= set(shown)
    assert len(shown) <= 2 * MOST


@pytest.mark.long
def test_a_trace_too_large_to_replay_is_refused() -> None:
    size = (1 << 17) + 1
    trace = Trace("canonical", Scope(1, size, 1), tuple(Operation("map", n, n + 1) for n in range(size - 1)))
    with pytest.raises(TooLargeError, match="131,072 steps in 131,073 slots"):
        choose_steps(trace)


def test_of_many_findings_the_first_are_told_and_the_others_counted() -> None:
    found = [Anomaly("flush", f"σ0[{slot}] stays", (slot,)) for slot in range(12)]
    found.insert(3, Anomaly("machine", "it broke down"))
    told = condensed(found, Scope(1, 12, 1))
    assert [finding.text for finding in told] == [
        *(f"σ0[{slot}] stays" for slot in range(2)),
        "and 10 more of this kind, in σ0[2] … σ0[11]",
        "it broke down",
    ]
    assert {slot for finding in told for slot in finding.slots} == set(range(12))
    three = [replace(finding, kind="P") for finding in found[:3]]
    assert condensed(three, Scope(1, 12, 1)) == tuple(three)


SIGMA = st.integers(1, 12).flatmap(lambda size: st.lists(st.integers(-3, size - 1), min_size=size, max_size=size))


@given(SIGMA)
def test_all_values_at_once_are_the_values_one_by_one(sigma: list[int]) -> None:
    column = np.array(sigma, np.int64)
    state = Spaces(column, np.full(len(column), NIL), np.zeros(len(column), np.int64))
    assert values(state).tolist() == [evaluate(state, slot) for slot in range(len(column))]
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(column)))
    graph.add_edges_from((slot, parent) for slot, parent in enumerate(sigma) if parent >= 0)
    for slot in range(len(column)):
        assert set(np.nonzero(derived(state, slot))[0].tolist()) == nx.ancestors(graph, slot)


@pytest.mark.parametrize("dialect", ["canonical", "literal-eager", "x2-keep"])
def test_lines_of_a_large_scope_lead_to_what_is_shown(dialect: str) -> None:
    plan = layout(storyboard(random_trace(5, 120, Scope(12, 12, 12), dialect)))
    assert sum(map(len, plan.lines)) > 100
    for line in (line for lines in plan.lines for line in lines):
        assert {line.edge.source, line.edge.target} <= set(plan.boxes)
