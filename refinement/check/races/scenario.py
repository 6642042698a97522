"""Scenarios: calls that set a state up, and calls of several threads at once; and the schedule of a run of them."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.scope import Scope
from refinement.check.driver.driver import StepKind
from refinement.check.driver.steps import step_text
from refinement.check.races.outcome import CALLS, CHOICE, EVENT, SETUP, SHOWN, THREADS, CCall, CScenario, EventKind

Call = tuple[int, int, int, int, int, int]
"""A call as a row of a program: its kind, source, destination, rights."""

Schedule = tuple[tuple[int, int], ...]
"""Choices that are not the usual one: the number of the step, and the thread that goes on there. The usual choice is
whoever ran, or if it cannot go on the next that can."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Calls of threads, each in its order, from the state to which some calls lead.

    :raises ValueError: there is more of something than the runtime has room for.
    """

    scope: Scope
    setup: tuple[Call, ...]
    threads: tuple[tuple[Call, ...], ...]

    def __post_init__(self) -> None:
        """Compare the sizes with what the runtime has room for."""
        for what, count, most in (
            ("threads", len(self.threads), THREADS),
            ("calls of threads", len(self.calls), CALLS),
            ("calls before", len(self.setup), SETUP),
        ):
            if count > most:
                raise ValueError(f"{count} {what}: at most {most} can be run")
        slots = self.scope.slots  # what each shows, in two views, at first and after a flush of each
        if slots + 4 * slots * (slots + 1) > SHOWN:
            raise ValueError(f"{self.scope}: pages in all spaces are too many to be looked at after a run; at most 31")

    @property
    def calls(self) -> list[tuple[int, Call]]:
        """All calls of threads, with the thread of each: those of the first thread first."""
        return [(number, call) for number, calls in enumerate(self.threads) for call in calls]

    def rows(self) -> NDArray[np.uint32]:
        """What the journal says of it."""
        scope = self.scope
        init = (int(StepKind.INIT), scope.spaces, scope.pages, scope.frames, 0, 0)
        threads = [(call[0] | thread + 1 << 8, *call[1:]) for thread, call in self.calls]
        return np.array([init, *self.setup, *threads], np.uint32)

    def packed(self) -> CScenario:
        """The record that the runtime takes."""
        scope, calls = self.scope, self.calls
        made = CScenario(scope.spaces, scope.pages, scope.frames, len(self.threads), len(self.setup), len(calls))
        for number, call in enumerate(self.setup):
            made.setup[number] = CCall(*call)
        for number, (thread, call) in enumerate(calls):
            made.call[number] = CCall(*call)
            made.thread_of[number] = ctypes.c_uint32(thread).value
        return made

    def texts(self) -> list[str]:
        """The scenario in lines."""
        lines = [f"init {self.scope}", *(f"{step_text(np.array(call))}" for call in self.setup)]
        return lines + [f"thread {n}: {'; '.join(map(call_text, calls))}" for n, calls in enumerate(self.threads)]


def call_text(call: Call) -> str:
    """A call as people write it."""
    return step_text(np.array(call, np.uint32))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run.

    ``place``: in the library, of the instruction after; ``number`` and ``object`` depend on the kind.
    """

    kind: EventKind
    number: int
    thread: int
    step: int
    place: int
    object: int


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal: a scenario, the choices of the run under way, and its events, if they were recorded."""

    scenario: Scenario
    schedule: Schedule
    events: tuple[Event, ...]


def from_journal(rows: NDArray[np.uint32]) -> Journal | None:
    """Read a journal; None if it tells nothing."""
    if not len(rows) or rows[0, 0] != StepKind.INIT:
        return None
    setup: list[Call] = []
    threads: dict[int, list[Call]] = {}
    schedule: list[tuple[int, int]] = []
    events: list[Event] = []
    for row in rows[1:]:
        kind, a, b, c, d, rights = (int(number) for number in row)
        if kind == CHOICE:
            schedule.append((a, b))
        elif kind == EVENT:
            thread = b if b < THREADS else -1
            events.append(Event(EventKind(a & 0xFF), a >> 8, thread, c, d, rights))
        elif kind >> 8:
            threads.setdefault((kind >> 8) - 1, []).append((kind & 0xFF, a, b, c, d, rights))
        else:
            setup.append((kind, a, b, c, d, rights))
    scope = Scope(*(int(number) for number in rows[0, 1:4]))
    count = max(threads, default=-1) + 1
    scenario = Scenario(scope, tuple(setup), tuple(tuple(threads.get(n, ())) for n in range(count)))
    return Journal(scenario, tuple(schedule), tuple(events))


def without_empty(threads: Sequence[Sequence[Call]]) -> tuple[tuple[Call, ...], ...]:
    """The threads that call anything."""
    return tuple(tuple(calls) for calls in threads if calls)
