"""Routes for the links of a scene: orthogonal, in lanes between the columns and tracks between the rows.

Everything here is in steps, not in lengths: a gutter is a place between two columns, a channel one between two rows.
A route leaves its source sideways, runs along lanes (vertical, in a gutter) and a track (horizontal, in a channel),
and enters its target sideways. Routes from one source share a lane, as the branches of a tree share their trunk;
others never do where they would overlap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from proofs.report.storyboard.scenes.scene import Edge


class Side(Enum):
    """A side of a node."""

    LEFT = -1
    RIGHT = 1


@dataclass(frozen=True, slots=True)
class GridPlace:
    """The place of a node: its column and its row."""

    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A straight stretch in a gutter or in a channel, from ``start`` to ``end``, of all edges called ``net``."""

    where: int
    net: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Way:
    """The way of an edge: sides, and its runs; none for a straight line to the next column."""

    edge: Edge
    leaves: Side
    enters: Side
    first: Stretch | None = None
    track: Stretch | None = None
    last: Stretch | None = None

    @property
    def straight(self) -> bool:
        """A line from a node to its neighbour in the same row."""
        return self.first is None


@dataclass(slots=True)
class Lanes:
    """For each gutter or channel, the lane of each run."""

    of: dict[tuple[int, str], int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


def ways(edges: Iterable[Edge], places: dict[str, GridPlace]) -> list[Way]:
    """The way of each edge between nodes that are shown."""
    return [_way(edge, places) for edge in edges if edge.source in places and edge.target in places]


def _way(edge: Edge, places: dict[str, GridPlace]) -> Way:
    source, target = places[edge.source], places[edge.target]
    start, end = float(source.row), float(target.row)
    if source.column == target.column:
        run = _run(source.column, f"{edge.source}>", start, end)
        return Way(edge, Side.RIGHT, Side.RIGHT, run)
    forward = target.column > source.column
    leaves, enters = (Side.RIGHT, Side.LEFT) if forward else (Side.LEFT, Side.RIGHT)
    out = source.column if forward else source.column - 1
    into = target.column - 1 if forward else target.column
    net = f"{edge.source}{'>' if forward else '<'}"
    if out == into:
        if start == end and forward:
            return Way(edge, leaves, enters)
        return Way(edge, leaves, enters, _run(out, net, start, end))
    track = Stretch(int(target.row), net, min(out, into), max(out, into))
    # Above the target's row, so that the last stretch is short and the source's lane the one that it shares.
    above = end - 0.5
    return Way(edge, leaves, enters, _run(out, net, start, above), track, _run(into, f"{net}{edge.target}", above, end))


def _run(where: int, net: str, one: float, other: float) -> Stretch:
    """A run between two rows; a node may be met beside its middle, by less than half a row."""
    return Stretch(where, net, min(one, other), max(one, other))


def assign(runs: Sequence[Stretch]) -> Lanes:
    """Give each run a lane, so that different nets never overlap in one; a first fit keeps the lanes few.

    >>> lanes = assign([Stretch(0, "a", 0, 1), Stretch(0, "a", 0, 2), Stretch(0, "b", 1, 3), Stretch(0, "c", 2.5, 4)])
    >>> lanes.of[0, "a"], lanes.of[0, "b"], lanes.of[0, "c"], lanes.counts[0]
    (0, 1, 0, 2)
    """
    spans: dict[tuple[int, str], tuple[float, float]] = {}
    for run in runs:
        start, end = spans.get((run.where, run.net), (run.start, run.end))
        spans[run.where, run.net] = min(start, run.start), max(end, run.end)
    lanes = Lanes()
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for (where, net), (start, end) in sorted(spans.items(), key=lambda item: (item[0][0], item[1], item[0][1])):
        lane = 0
        while any(start <= other_end and other_start <= end for other_start, other_end in taken.get((where, lane), ())):
            lane += 1
        taken.setdefault((where, lane), []).append((start, end))
        lanes.of[where, net] = lane
        lanes.counts[where] = max(lanes.counts.get(where, 0), lane + 1)
    return lanes
