"""A run of several threads with a lane for each: its calls, its locks, and where it is switched off."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from proofs.report.storyboard.lanes.lanes import LaneBoard, LaneState, LaneStep
from refinement.check.driver.driver import StepKind
from refinement.check.finding.finding import shown
from refinement.check.finding.places import places_of
from refinement.check.finding.race_finding import STATUSES, WORDS, RaceFinding
from refinement.check.races.outcome import EventKind, RunFailure
from refinement.check.races.scenario import Scenario, call_text
from refinement.check.search.races.engine import RaceReplay

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class LaneRow:
    """Something that a thread does at a step, or the end of a run that fails (``wrong``).

    ``state`` says of each thread what it calls, holds and waits for after the step.
    """

    step: int
    thread: int
    text: str
    state: tuple[tuple[str, ...], ...] = ()
    wrong: bool = False


@dataclass(slots=True)
class _Thread:
    """What a thread calls, holds and waits for."""

    calls: str = ""
    waits: str = ""
    holds: list[str] = field(default_factory=list)

    def does(self, kind: EventKind, lock: str) -> None:
        """A lock is taken, given back or waited for."""
        if kind == EventKind.UNLOCKS and lock in self.holds:
            self.holds.remove(lock)
        elif kind == EventKind.LOCKS:
            self.holds.append(lock)
        self.waits = lock if kind == EventKind.WAITS else ""

    def words(self) -> tuple[str, ...]:
        """It in words."""
        said = (self.calls and f"in {self.calls}", *(f"holds {lock}" for lock in self.holds))
        return tuple(filter(None, (*said, self.waits and f"waits for {self.waits}")))


def lanes(replay: RaceReplay) -> list[LaneRow]:
    """What happens in a run that was replayed, in order; at the end how it fails."""
    scenario, finding = replay.recorded.scenario, replay.finding
    run = finding.run if finding is not None else None
    places = places_of(replay.library, [event.place for event in replay.events])
    locks: dict[int, str] = {}
    threads = [_Thread() for _ in scenario.threads]
    rows: list[LaneRow] = []

    def add(step: int, thread: int, text: str, *, wrong: bool = False) -> None:
        rows.append(LaneRow(step, thread, text, tuple(each.words() for each in threads), wrong))

    for event, place in zip(replay.events, places, strict=True):
        kind, thread, step = event.kind, event.thread, event.step
        if thread < 0:  # before the threads, or after them
            continue
        if kind in (EventKind.LOCKS, EventKind.UNLOCKS, EventKind.WAITS, EventKind.WAKES):
            lock = locks.setdefault(event.object, _letter(len(locks)))
            at = f" in {place}" if place else ""
            verb = {EventKind.LOCKS: "locks", EventKind.UNLOCKS: "unlocks", EventKind.WAITS: "waits for"}
            threads[thread].does(kind, lock)
            if kind == EventKind.WAKES:
                add(step, thread, f"is woken{at}")
            else:
                add(step, thread, f"{verb[kind]} {lock}{at if kind == EventKind.WAITS else ''}")
        elif kind == EventKind.BEGINS:
            threads[thread].calls = call_text(scenario.calls[event.number][1])
            add(step, thread, threads[thread].calls)
        elif kind == EventKind.RETURNS:
            threads[thread].calls = ""
            add(step, thread, _returned(scenario, event.number, run))
        elif kind == EventKind.PREEMPTED and rows:
            add(step, rows[-1].thread, f"is switched off{f' in {place}' if place else ''}")
    if replay.failure is not None:
        thread = run["thread"] if run is not None else replay.events[-1].thread if replay.events else -1
        words = WORDS.get(RunFailure(run["failure"]), replay.failure.sentence) if run is not None else ""
        add(replay.steps, thread, words or replay.failure.sentence, wrong=True)
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


def thread_board(replay: RaceReplay) -> LaneBoard:
    """The run as a storyboard: what each thread does, calls and holds after each step."""
    scenario = replay.recorded.scenario
    steps = []
    for row in lanes(replay):
        states = [LaneState(words, row.wrong and row.thread == n) for n, words in enumerate(row.state)]
        findings = (row.text,) if row.wrong else ()
        title = "the run fails" if row.wrong else row.text
        steps.append(LaneStep(row.step, row.thread, title, tuple(states), findings))
    names = tuple(f"thread {n}" for n in range(len(scenario.threads)))
    return LaneBoard(title_of(replay.finding, replay), tuple(scenario.texts()), names, tuple(steps))


def title_of(finding: RaceFinding | None, replay: RaceReplay) -> str:
    """The title of the picture, in a line."""
    return replay.recorded.shows if finding is None else finding.failure.sentence
