"""Graphs of scopes with threads: the steps are those of the literal model, and wrong ones are marked."""

import pytest

from model.messages.readings import CANONICAL_MESSAGES
from model.messages.scope import MessageScope
from model.spaces.dialect import CANONICAL
from proofs.report.walk import graph_of
from proofs.report.walk.messages import MessagesToWalk

SCOPE = MessageScope(2, 1, 1, threads=2, ids=2, booted=2, common=1)


def test_steps_lead_where_the_model_does() -> None:
    graph = graph_of(MessagesToWalk(SCOPE, CANONICAL, CANONICAL_MESSAGES), most=60)
    assert not any(graph.violated)
    assert not any(edge.violates for edges in graph.edges for edge in edges)
    way = (("τ1 waits for #0 with a window at σ1[0]",), ("τ0 maps σ0[0] to σ1[0] of τ1 with w0",))
    texts = {label[0] for label in graph.labels}
    assert way[0][0] in texts
    (*_, (node, place)) = graph.walk(way[:1])
    told = dict(zip(graph.cells, graph.shown(node, place).cells, strict=True))
    assert told["τ1"][:2] == ("#1", "waits for #0, in σ1")
    assert "window: σ1[0]" in told["τ1"]
    facts = graph.shown(node, place).facts
    assert facts["waits"] == [(3,), (3, "#0")]
    assert facts["window"] == [(3, 1)]


@pytest.mark.long
@pytest.mark.parametrize("fault", ["message-lost-wakeup", "message-timeout-leaves-window"])
def test_a_wrong_kernel_breaks_a_property(fault: str) -> None:
    system = MessagesToWalk(SCOPE, CANONICAL, CANONICAL_MESSAGES, (fault,))
    graph = graph_of(system, most=400)
    wrong = {id for ids in graph.violated for id in ids}
    wrong |= {id for edges in graph.edges for edge in edges for id in edge.violates}
    assert wrong
