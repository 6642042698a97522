"""A run of several threads with a lane for each: its calls, its locks, and where it is switched off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from refinement.check.driver.driver import StepKind
from refinement.check.finding.finding import shown
from refinement.check.finding.places import places_of
from refinement.check.finding.race_finding import STATUSES, WORDS, RaceFinding
from refinement.check.races.outcome import EventKind, RunFailure
from refinement.check.races.scenario import Scenario, call_text
from refinement.check.search.races.engine import RaceReplay

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WIDTH, LINE, MARGIN = 330, 20, 60


@dataclass(frozen=True, slots=True)
class LaneRow:
    """Something that a thread does at a step. ``wrong``: the run fails here; ``switch``: another thread goes on."""

    step: int
    thread: int
    text: str
    switch: bool = False
    wrong: bool = False


def lanes(replay: RaceReplay) -> list[LaneRow]:
    """What happens in a run that was replayed, in order; at the end how it fails."""
    scenario, finding = replay.recorded.scenario, replay.finding
    run = finding.run if finding is not None else None
    places = places_of(replay.library, [event.place for event in replay.events])
    locks: dict[int, str] = {}
    rows: list[LaneRow] = []
    for event, place in zip(replay.events, places, strict=True):
        kind, thread, step = event.kind, event.thread, event.step
        if thread < 0:  # before the threads, or after them
            continue
        if kind in (EventKind.LOCKS, EventKind.UNLOCKS, EventKind.WAITS, EventKind.WAKES):
            lock = locks.setdefault(event.object, _letter(len(locks)))
            at = f" in {place}" if place else ""
            verb = {EventKind.LOCKS: "locks", EventKind.UNLOCKS: "unlocks", EventKind.WAITS: "waits for"}
            if kind == EventKind.WAKES:
                rows.append(LaneRow(step, thread, f"is woken{at}"))
            else:
                rows.append(LaneRow(step, thread, f"{verb[kind]} {lock}{at if kind == EventKind.WAITS else ''}"))
        elif kind == EventKind.BEGINS:
            rows.append(LaneRow(step, thread, call_text(scenario.calls[event.number][1])))
        elif kind == EventKind.RETURNS:
            rows.append(LaneRow(step, thread, _returned(scenario, event.number, run)))
        elif kind == EventKind.PREEMPTED and rows:
            rows.append(
                LaneRow(step, rows[-1].thread, f"is switched off{f' in {place}' if place else ''}", switch=True)
            )
    if replay.failure is not None:
        thread = run["thread"] if run is not None else replay.events[-1].thread if replay.events else -1
        words = WORDS.get(RunFailure(run["failure"]), replay.failure.sentence) if run is not None else ""
        rows.append(LaneRow(replay.steps, thread, words or replay.failure.sentence, wrong=True))
    return rows


def _letter(number: int) -> str:
    return f"lock {LETTERS[number]}" if number < len(LETTERS) else f"lock {number}"


def _returned(scenario: Scenario, number: int, run: dict[str, list[list[int]]] | None) -> str:
    """How a call returned, as far as the run tells."""
    call = scenario.calls[number][1]
    if run is None:
        return f"{call_text(call)} returns"
    status, rights, _ = run["results"][number]
    said = shown(status, rights) if call[0] == StepKind.LOOK else STATUSES.get(status, str(status))
    return f"{call_text(call)} returns: {said}"


def lane_lines(rows: Sequence[LaneRow], threads: int, width: int = 40) -> list[str]:
    """The lanes as text, a column a thread."""
    heads = "".join(f"{f'thread {n}':{width}}" for n in range(threads))
    lines = [f"{'step':>5}  {heads}".rstrip()]
    for row in rows:
        if row.thread < 0 or (len(row.text) > width - 2 and row.wrong):
            lines.append(f"{row.step:5}  {'! ' if row.wrong else ''}{row.text}")
            continue
        text = ("! " if row.wrong else "") + row.text
        pieces = [text[at : at + width - 1] for at in range(0, len(text), width - 1)]
        lines += [
            f"{row.step if not n else '':5}  {' ' * (width * row.thread)}{piece}" for n, piece in enumerate(pieces)
        ]
    return lines


def lane_picture(rows: Sequence[LaneRow], threads: int, title: str) -> str:
    """The lanes as SVG."""
    height = LINE * (len(rows) + 4)
    right = MARGIN + WIDTH * threads
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {height}" font-family="sans-serif" '
        'font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{right}" height="{height}" fill="#ffffff"/>',
    ]
    for n in range(threads):
        x = MARGIN + WIDTH * n
        parts += [
            f'<text x="{x + 8}" y="{LINE}" font-weight="bold">thread {n}</text>',
            f'<line x1="{x}" y1="{LINE * 1.5}" x2="{x}" y2="{height - LINE}" stroke="#9aa5b1"/>',
        ]
    previous: tuple[int, float] | None = None
    for number, row in enumerate(rows):
        y = LINE * (number + 2.5)
        lane = max(row.thread, 0)
        x = MARGIN + WIDTH * lane
        colour = "#b3261e" if row.wrong else "#8a5a00" if row.switch else "#1f2933"
        parts.append(f'<text x="{MARGIN - 12}" y="{y}" text-anchor="end" fill="#616e7c">{row.step}</text>')
        if previous is not None and previous[0] != lane and row.thread >= 0:
            parts.append(
                f'<line x1="{MARGIN + WIDTH * previous[0]}" y1="{previous[1]}" x2="{x}" y2="{y - 4}" '
                'stroke="#8a5a00" stroke-dasharray="4 3"/>'
            )
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="3" fill="{colour}"/>')
        parts += _text(x + 8, y, row.text, colour)
        previous = (lane, y - 4) if row.thread >= 0 else previous
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, colour: str) -> Iterable[str]:
    """A text that fits into its lane, with the whole of it as a title."""
    short = text if len(text) <= 52 else text[:51] + "…"
    yield f'<text x="{x}" y="{y}" fill="{colour}"><title>{escape(text)}</title>{escape(short)}</text>'


def title_of(finding: RaceFinding | None, replay: RaceReplay) -> str:
    """What the picture shows, in a line."""
    return replay.recorded.shows if finding is None else finding.failure.sentence
