"""The graph of a system's states, up to a renaming of its cells, as plain values for a page.

A state is shown as *cells*: named places, each with some lines of text, and perhaps the cell that it comes from. Where
a system treats cells alike, states that differ by a renaming are one node: an edge then says how the state after a
step is named in terms of the node that stands for it, and whoever walks composes these renamings.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

State = TypeVar("State", bound=Hashable)

Label = tuple[str | int, ...]
"""The text of a step; a number stands for the name of that cell."""

Fact = tuple[str | int, ...]
"""Arguments of which a predicate holds; a number stands for a cell."""

MOST_STATES = 4_000
"""Nodes of a page, unless more are asked for: a page has to be read by a browser."""


@dataclass(frozen=True, slots=True)
class Look:
    """A state as it is shown.

    :param cells: the lines of each cell.
    :param comes_from: for each cell the one that it comes from; −1 where there is none.
    :param facts: what predicates hold of; a predicate that is not named holds of nothing.
    """

    cells: tuple[tuple[str, ...], ...]
    comes_from: tuple[int, ...]
    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """A step from a state; ``violates`` names the properties of steps that do not hold of it."""

    label: Label
    after: State
    violates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyText:
    """A property that is checked, in words; without a sentence its id stands for it."""

    id: str
    clause: str
    sentence: str


class Walkable(Protocol[State]):
    """A system whose states can be shown.

    ``groups`` puts the cells under headings, in order. ``predicates`` are what formulas may ask of cells, by name, with
    what each means. ``canonical`` renames the cells of a state: it gives the state that stands for it, and for each
    cell of that one the cell of this one.
    """

    @property
    def title(self) -> str:
        """The system in a few words."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells."""

    @property
    def groups(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Headings, and the cells under each."""

    @property
    def properties(self) -> tuple[PropertyText, ...]:
        """The properties that are checked."""

    @property
    def predicates(self) -> Mapping[str, str]:
        """The predicates that formulas may ask of cells, by name."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """Every step that can be tried, where refused steps are to be shown as such; else nothing."""

    @property
    def first(self) -> State:
        """The first state."""

    def steps(self, state: State) -> Iterable[Step[State]]:
        """The steps that are possible in a state."""

    def look(self, state: State) -> Look:
        """A state as it is shown."""

    def violated(self, state: State) -> tuple[str, ...]:
        """The properties of states that do not hold in a state."""

    def canonical(self, state: State) -> tuple[State, tuple[int, ...]]:
        """The representative of a state, and where the cells of the representative are in the state."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step from a node: its label, the node after it, and for each cell of that node the cell of this state."""

    label: int
    target: int
    place: tuple[int, ...]
    violates: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of their distance from the first one, which comes first.

    :param expanded: the steps are known of so many nodes; if that is fewer than all, the graph is not complete.
    :param place: for each cell of the first node the cell of the first state.
    :param tried: labels that are tried in each node; those without an edge are refused.
    """

    title: str
    cells: tuple[str, ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...]
    properties: tuple[PropertyText, ...]
    predicates: Mapping[str, str]
    labels: tuple[Label, ...]
    tried: int
    place: tuple[int, ...]
    looks: tuple[Look, ...]
    violated: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[Edge, ...], ...]

    @property
    def expanded(self) -> int:
        """The number of nodes whose steps are in the graph."""
        return len(self.edges)

    @property
    def complete(self) -> bool:
        """Return whether the graph has every state that can be reached."""
        return len(self.edges) == len(self.looks)

    @property
    def renames(self) -> bool:
        """Return whether a node stands for states that differ by the names of cells."""
        same = tuple(range(len(self.cells)))
        return self.place != same or any(edge.place != same for edges in self.edges for edge in edges)

    def walk(self, labels: Iterable[Label]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Follow a way, as the page does: the node and the place of each cell, at first and after each step.

        :param labels: as they read in the states that are shown, so with their own cells.
        :raises KeyError: there is no such step.
        """
        node, place = 0, self.place
        yield node, place
        for label in labels:
            edge = next((e for e in self.edges[node] if renamed(self.labels[e.label], place) == label), None)
            if edge is None:
                raise KeyError(label)
            node, place = edge.target, tuple(place[cell] for cell in edge.place)
            yield node, place

    def shown(self, node: int, place: Sequence[int]) -> Look:
        """A node as it is shown if its cells are at these places."""
        look = self.looks[node]
        cells: list[tuple[str, ...]] = [()] * len(place)
        comes_from = [-1] * len(place)
        for cell, at in enumerate(place):
            cells[at] = look.cells[cell]
            comes_from[at] = place[look.comes_from[cell]] if look.comes_from[cell] >= 0 else -1
        facts = {name: [renamed(fact, place) for fact in true] for name, true in look.facts.items()}
        return Look(tuple(cells), tuple(comes_from), facts)

    def values(self) -> dict[str, Any]:
        """The graph as JSON values, with texts and renamings listed once."""
        texts: dict[tuple[str, ...], int] = {}
        places: dict[tuple[int, ...], int] = {}
        facts: dict[tuple[Any, ...], int] = {}
        ids = [each.id for each in self.properties]
        nodes = []
        for look, violated in zip(self.looks, self.violated, strict=True):
            known = tuple((name, tuple(map(tuple, true))) for name, true in sorted(look.facts.items()))
            nodes.append(
                [
                    [texts.setdefault(lines, len(texts)) for lines in look.cells],
                    list(look.comes_from),
                    facts.setdefault(known, len(facts)),
                    [ids.index(id) for id in violated],
                ]
            )
        edges = [
            [
                number
                for e in node
                for number in (
                    e.label,
                    e.target,
                    places.setdefault(e.place, len(places)),
                    sum(1 << ids.index(id) for id in e.violates),
                )
            ]
            for node in self.edges
        ]
        return {
            "title": self.title,
            "cells": self.cells,
            "groups": self.groups,
            "properties": [[each.id, each.clause, each.sentence] for each in self.properties],
            "predicates": dict(self.predicates),
            "labels": self.labels,
            "tried": self.tried,
            "place": self.place,
            "texts": list(texts),
            "facts": [dict(each) for each in facts],
            "places": list(places),
            "nodes": nodes,
            "edges": edges,
        }


def renamed(label: Fact, place: Sequence[int]) -> Fact:
    """A label or a fact with its cells renamed."""
    return tuple(part if isinstance(part, str) else place[part] for part in label)


def graph_of(system: Walkable[State], most: int = MOST_STATES) -> Graph:
    """The graph of a system's states, breadth first.

    :param most: no node is expanded once there are so many.
    """
    first, place = system.canonical(system.first)
    nodes: dict[State, int] = {first: 0}
    pending = [first]
    labels: dict[Label, int] = {label: number for number, label in enumerate(system.labels)}
    edges: list[tuple[Edge, ...]] = []
    while len(edges) < len(pending) < most:
        found = []
        for step in system.steps(pending[len(edges)]):
            after, there = system.canonical(step.after)
            if after not in nodes:
                nodes[after] = len(pending)
                pending.append(after)
            found.append(Edge(labels.setdefault(step.label, len(labels)), nodes[after], there, step.violates))
        edges.append(tuple(found))
    return Graph(
        title=system.title,
        cells=system.cells,
        groups=system.groups,
        properties=system.properties,
        predicates=system.predicates,
        labels=tuple(labels),
        tried=len(system.labels),
        place=place,
        looks=tuple(system.look(state) for state in pending),
        violated=tuple(system.violated(state) for state in pending),
        edges=tuple(edges),
    )
