"""Read off a state graph: its layers, and a shortest way to each property that does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from proofs.report.walk.graph import Edge, Graph, Label, PropertyText, renamed


@dataclass(frozen=True, slots=True)
class NotHolding:
    """A property that does not hold in a state, or of the last step of the way to it."""

    property: PropertyText
    way: tuple[Label, ...]


def layers_of(graph: Graph) -> tuple[int, ...]:
    """The number of nodes at each distance from the first one."""
    distances = [0]
    for nearer, _ in _before(graph)[1:]:
        distances.append(distances[nearer] + 1)
    return tuple(distances.count(distance) for distance in range(max(distances) + 1))


def not_holding(graph: Graph) -> tuple[NotHolding, ...]:
    """Each property that does not hold somewhere, with a shortest way there, in the order of the properties."""
    before = _before(graph)
    nearest: dict[str, tuple[int, tuple[Label, ...]]] = {}

    def seen(names: Sequence[str], way: tuple[Label, ...]) -> None:
        for name in names:
            if name not in nearest or len(way) < nearest[name][0]:
                nearest[name] = len(way), way

    for node, violated in enumerate(graph.violated):
        edges = graph.edges[node] if node < graph.expanded else ()
        if not violated and not any(edge.violates for edge in edges):
            continue
        to_it = _edges_to(before, node)
        seen(violated, _labels(graph, to_it))
        for edge in edges:
            if edge.violates:
                seen(edge.violates, _labels(graph, [*to_it, edge]))
    return tuple(NotHolding(each, nearest[each.id][1]) for each in graph.properties if each.id in nearest)


def _before(graph: Graph) -> list[tuple[int, Edge | None]]:
    """For each node one that is a step nearer to the first, with the step; nodes are in the order of their distance."""
    found: dict[int, tuple[int, Edge | None]] = {0: (0, None)}
    for node, edges in enumerate(graph.edges):
        for edge in edges:
            found.setdefault(edge.target, (node, edge))
    return [found[node] for node in range(len(graph.looks))]


def _edges_to(before: Sequence[tuple[int, Edge | None]], node: int) -> list[Edge]:
    way: list[Edge] = []
    nearer, edge = before[node]
    while edge is not None:
        way.append(edge)
        nearer, edge = before[nearer]
    return way[::-1]


def _labels(graph: Graph, edges: Sequence[Edge]) -> tuple[Label, ...]:
    """The steps as they read in the states that are shown."""
    place, found = graph.place, []
    for edge in edges:
        found.append(renamed(graph.labels[edge.label], place))
        place = tuple(place[cell] for cell in edge.place)
    return tuple(found)
