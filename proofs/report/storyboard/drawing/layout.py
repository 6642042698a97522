"""Layout: where the nodes of a storyboard stand, the same in all scenes, and the line of each edge in each scene.

Frames stand in the first column, each space is a column of its own, and a page is a row. Lengths are in CSS pixels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proofs.report.storyboard.drawing.routes import GridPlace, Lanes, Side, Way, assign, ways
from proofs.report.storyboard.scenes.scene import Change, Edge, Scene, Storyboard, frame_key, slot_key

CELL_HEIGHT = 46.0
LINE = 14.0  # of each further line that a cell has, and of a letter in it
SMALL = 7.0
NARROWEST, LETTER = 76.0, 7.4  # a cell: what P says needs so much, and each letter of its name
THREAD_WIDTH, THREAD_HEIGHT, THREAD_GAP = 118.0, 56.0, 24.0  # a thread: whom it waits for needs so much at least
SMALLEST, WIDEST = 5.2, 200.0  # each letter in it, and the most that it gets for them
ARCH = 26.0  # above threads, for arrows that pass over a space
KNOWN = 15.0  # for the words that a space knows, below its name
FRAME_WIDTH, FRAME_HEIGHT = 62.0, 30.0
HEAD = 34.0  # the spaces' names
LANE = 9.0
PAD = 8.0
LABEL = 27.0  # room for the rights beside an arrow
GAP = 26.0  # between rows, for the words on the cells' edges and below them
# Heights at which lines meet a cell, from its middle: entering from the left, leaving, entering from the right.
ENTER_LEFT, LEAVE_RIGHT, LEAVE_LEFT, ENTER_RIGHT = -11.0, 0.0, 8.0, 14.0
GONE_LEFT, GONE_RIGHT = 16.0, -12.0  # where a line entered that is gone: another may have come in its place


@dataclass(frozen=True, slots=True)
class Box:
    """The place of a node in the drawing."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The y of the middle of its height."""
        return self.y + self.height / 2

    def side(self, side: Side) -> float:
        """The x of its left or right side."""
        return self.x if side == Side.LEFT else self.x + self.width


@dataclass(frozen=True, slots=True)
class Line:
    """An edge's line through its corners, ending in an arrow at ``points[-1]``; its label is centred at ``label``."""

    edge: Edge
    points: tuple[tuple[float, float], ...]
    label: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Nodes by key, each space with its name and its middle, and for each scene its lines; ``steps``: their numbers.

    A thread has a node in each space that it ever executes in, see :func:`thread_key`.
    """

    width: float
    height: float
    boxes: dict[str, Box]
    heads: tuple[tuple[int, str, float], ...]
    lines: tuple[tuple[Line, ...], ...]
    steps: tuple[int, ...]

    def lines_in(self, step: int) -> tuple[Line, ...]:
        """The lines of the scene of that step."""
        return self.lines[self.steps.index(step)]


def layout(board: Storyboard) -> Layout:
    """Place a storyboard's nodes so that every scene's lines have room."""
    places = _places(board)
    ways_of = [ways(scene.edges, places) for scene in board.scenes]
    gutters = [assign([run for way in each for run in (way.first, way.last) if run]) for each in ways_of]
    channels = [assign([way.track for way in each if way.track]) for each in ways_of]
    columns = len(board.columns) + 1
    rows = 1 + max(place.row for place in places.values())
    beside = [cell.beside for scene in board.scenes for cell in scene.cells if cell.beside]
    longest = max((len(line) for lines in beside for line in lines), default=0)
    cell = max(NARROWEST, 16 + LETTER * max(len(cell.name) for cell in board.scenes[0].cells), 14 + SMALL * longest)
    tall = CELL_HEIGHT + LINE * max((len(lines) - 1 for lines in beside), default=0)
    tall += LINE if any(cell.windows for scene in board.scenes for cell in scene.cells) else 0
    told = [len(words) for scene in board.scenes for words in _said_by_threads(scene)]
    cell = max(cell, THREAD_WIDTH, min(20 + SMALLEST * max(told), WIDEST)) if told else cell
    left, lanes_at = _columns(columns, cell, ways_of, gutters)
    stacks = _stacks(board)
    head = HEAD + _band(board, stacks)
    top, tracks_at = _rows(rows, channels, tall, head)
    boxes = {
        thread_key(thread, space): Box(
            left[column], _first_thread(board) + row * (THREAD_HEIGHT + THREAD_GAP), cell, THREAD_HEIGHT
        )
        for column, (space, _) in enumerate(board.columns, start=1)
        for row, thread in enumerate(stacks.get(space, ()))
    }
    for key, place in places.items():
        y = top[place.row]
        if place.column == 0:
            boxes[key] = Box(left[0], y + (tall - FRAME_HEIGHT) / 2, FRAME_WIDTH, FRAME_HEIGHT)
        else:
            boxes[key] = Box(left[place.column], y, cell, tall)
    lines = tuple(
        tuple(_line(way, boxes, lanes_at, tracks_at, gutter, channel) for way in each)
        for each, gutter, channel in zip(ways_of, gutters, channels, strict=True)
    )
    heads = tuple(
        (space, board.scope.space_name(space), left[n + 1] + cell / 2) for n, (space, _) in enumerate(board.columns)
    )
    steps = tuple(scene.number for scene in board.scenes)
    return Layout(left[columns], top[rows] - GAP + 14, boxes, heads, lines, steps)


def _said_by_threads(scene: Scene) -> Iterator[str]:
    """The words in the boxes of threads."""
    for mark in scene.speech.threads if scene.speech else ():
        yield from (f"{mark.name} {mark.ident}", mark.state, f"got {mark.heard}" if mark.heard else "")


def thread_key(thread: int, space: int) -> str:
    """The node of a thread that executes in a space: ``t1@0``."""
    return f"t{thread}@{space}"


def _stacks(board: Storyboard) -> dict[int, list[int]]:
    """For each space the threads that ever execute there."""
    found: dict[int, set[int]] = {}
    for scene in board.scenes:
        for mark in scene.speech.threads if scene.speech else ():
            found.setdefault(mark.space, set()).add(mark.number)
    return {space: sorted(threads) for space, threads in found.items()}


def _first_thread(board: Storyboard) -> float:
    """The top of the first row of threads."""
    return HEAD + KNOWN - 10 + (ARCH if len(board.columns) > 2 else 0)


def _band(board: Storyboard, stacks: dict[int, list[int]]) -> float:
    """The height of what stands above the slots: nothing where there are no threads."""
    if board.scenes[0].speech is None:
        return 0
    rows = max((len(threads) for threads in stacks.values()), default=0)
    return _first_thread(board) - HEAD + rows * (THREAD_HEIGHT + THREAD_GAP)


def _places(board: Storyboard) -> dict[str, GridPlace]:
    """The column and row of each node; pages stand in line if all are shown, else they are packed."""
    packed = bool(board.left_out)
    places = {frame_key(mark.number): GridPlace(0, row) for row, mark in enumerate(board.scenes[0].frames)}
    for column, (_, slots) in enumerate(board.columns, start=1):
        for row, slot in enumerate(slots):
            places[slot_key(slot)] = GridPlace(column, row if packed else slot % board.scope.pages)
    return places


def _columns(
    columns: int, cell: float, ways_of: Sequence[list[Way]], gutters: Sequence[Lanes]
) -> tuple[list[float], list[float]]:
    """The left of each column and, last, the whole width; and for each gutter where its first lane is."""
    left, lanes_at, x = [], [], 2.0
    for column in range(columns):
        left.append(x)
        x += FRAME_WIDTH if column == 0 else cell
        lanes = max((each.counts.get(column, 0) for each in gutters), default=0)
        entered_right = any(_enters(way, column, Side.RIGHT) for each in ways_of for way in each)
        last = column == columns - 1
        x += PAD + (LABEL if entered_right else 0)
        lanes_at.append(x)
        if not last or lanes:
            x += max(0, lanes - 1) * LANE + PAD
        if not last:
            x += LABEL
    left.append(x)
    return left, lanes_at


def _enters(way: Way, gutter: int, side: Side) -> bool:
    """Whether the way's last stretch is in that gutter, on its way to that side of a node."""
    run = way.last or way.first
    return way.enters == side and run is not None and run.where == gutter


def _rows(rows: int, channels: Sequence[Lanes], tall: float, head: float) -> tuple[list[float], list[float]]:
    """The top of each row and of what would be the next; and for each channel, above its row, its first track."""
    top, tracks_at, y = [], [], head
    for row in range(rows):
        tracks = max((each.counts.get(row, 0) for each in channels), default=0)
        tracks_at.append(y - 6)
        y += tracks * LANE + (6 if tracks else 0)
        top.append(y)
        y += tall + GAP
    top.append(y)
    return top, tracks_at


def _line(
    way: Way, boxes: dict[str, Box], lanes_at: list[float], tracks_at: list[float], gutter: Lanes, channel: Lanes
) -> Line:
    source, target = boxes[way.edge.source], boxes[way.edge.target]
    start = source.middle + (LEAVE_RIGHT if way.leaves == Side.RIGHT else LEAVE_LEFT)
    if way.edge.hold:
        start = source.middle
    if way.edge.change == Change.GONE:
        end = target.middle + (GONE_LEFT if way.enters == Side.LEFT else GONE_RIGHT)
    else:
        end = target.middle + (ENTER_LEFT if way.enters == Side.LEFT else ENTER_RIGHT)
    if way.straight:
        end = start = target.middle
    points = [(source.side(way.leaves), start)]
    for run in (way.first, way.last):
        if run is None:
            continue
        x = lanes_at[run.where] + LANE * gutter.of[run.where, run.net]
        points.append((x, points[-1][1]))
        if run is way.first and way.track is not None:
            y = tracks_at[way.track.where] + LANE * channel.of[way.track.where, way.track.net]
            points.append((x, y))
        else:
            points.append((x, end))
    tip = target.side(way.enters)
    points.append((tip, end))
    # Above the line where there is nothing, below it where another line leaves.
    beside = tip - LABEL / 2 - 5 if way.enters == Side.LEFT else tip + LABEL / 2 + 5
    return Line(way.edge, tuple(points), (beside, end - 4 if way.enters == Side.LEFT else end + 10))
