"""Threads in a scene: who runs, who waits for whom and with which window, and what passed in the step."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.messages.scope import MessageScope
from model.running.evaluate import Structure


@dataclass(frozen=True, slots=True)
class ThreadMark:
    """A thread in one state.

    :param scope: says what spaces, ids and words are called.
    :param space: where it executes.
    :param runs: it has begun and has not ended; a thread that has not begun is not marked.
    :param awaits: the ids that it waits for; ``anybody`` says that these are all.
    :param window: the slots that it opened.
    :param got: the messages in its registers, by sender's id and word: one, unless something is wrong.
    :param pager: whom its page faults go to.
    :param calls: the threads whose answer it waits for.
    :param serves: the hardware threads whose interrupts it gets.
    :param changed: the step changed something of it.
    :param wrong: it is a thread of which a violated obligation does not hold.
    """

    scope: MessageScope
    number: int
    name: str
    ident: str
    space: int
    runs: bool
    hardware: bool
    awaits: tuple[int, ...]
    anybody: bool
    window: tuple[int, ...]
    got: tuple[tuple[int, int], ...]
    pager: tuple[int, ...]
    calls: tuple[int, ...]
    serves: tuple[int, ...]
    changed: bool = False
    wrong: bool = False

    @property
    def state(self) -> str:
        """Say in words what it does."""
        if not self.runs:
            return "has ended" if not self.awaits else f"has ended, waits for {self.waits}"
        return f"waits for {self.waits}" if self.awaits else "runs"

    @property
    def waits(self) -> str:
        """Say in words whom it waits for."""
        return "anybody" if self.anybody else self.ids(self.awaits)

    @property
    def heard(self) -> str:
        """Say in words which message is in its registers; empty if there is none."""
        return ", ".join(f"{self.scope.word_name(word)} from {self.scope.id_name(ident)}" for ident, word in self.got)

    @property
    def home(self) -> str:
        """Say in words in which space it executes."""
        return self.scope.space_name(self.space)

    @property
    def besides(self) -> tuple[str, ...]:
        """Say in words whom it has called, whom it serves, and whom its page faults go to."""
        said = [f"has called {self.threads(self.calls)}"] if self.calls else []
        said += [f"serves {self.threads(self.serves)}"] if self.serves else []
        return (*said, *([f"pager {self.ids(self.pager)}"] if self.pager else []))

    def ids(self, numbers: tuple[int, ...]) -> str:
        """Write ids as people do."""
        return ", ".join(map(self.scope.id_name, numbers))

    def threads(self, numbers: tuple[int, ...]) -> str:
        """Write threads as people do."""
        return ", ".join(map(self.scope.thread_name, numbers))


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that passed in a step: its sender, its receiver, and its word."""

    sender: int
    receiver: int
    words: str


@dataclass(frozen=True, slots=True)
class Speech:
    """The threads of a scene, with the messages that passed and the words that are known.

    :param scope: says what they and all else are called.
    :param knows: for each space the words that programs in it know.
    :param contains: for each frame the words in it.
    """

    scope: MessageScope
    threads: tuple[ThreadMark, ...]
    passed: tuple[Passed, ...]
    knows: tuple[tuple[int, ...], ...]
    contains: tuple[tuple[int, ...], ...]

    def windows(self, slot: int) -> tuple[str, ...]:
        """The threads that have a window on a slot."""
        return tuple(mark.name for mark in self.threads if slot in mark.window)


THREAD_COLUMNS = ("thread", "id", "does", "window", "got", "besides")


def told_of(mark: ThreadMark, scope: MessageScope) -> tuple[str, ...]:
    """The row of a thread in the table of threads, a word a column after its name."""
    besides = [*mark.besides, *(["hardware"] if mark.hardware else [])]
    window = ", ".join(scope.name(slot) for slot in mark.window)
    does = f"{mark.state}, in {mark.home}"
    return mark.ident, does, window or "–", mark.heard or "–", ", ".join(besides) or "–"


def marks(structure: Structure, scope: MessageScope) -> tuple[ThreadMark, ...]:
    """The threads of a state that have begun."""

    def members(name: str, *place: int) -> tuple[int, ...]:
        return tuple(np.flatnonzero(structure.symbols[name][(0, *place)]).tolist())

    def value(name: str, thread: int) -> int:
        return int(structure.symbols[name][0, thread])

    found = []
    for t in range(scope.threads):
        if not structure.symbols["existed"][0, t]:
            continue
        awaits = members("awaits", t)
        got = tuple((int(i), int(w)) for i, w in np.argwhere(structure.symbols["got"][0, t]))
        found.append(
            ThreadMark(
                scope=scope,
                number=t,
                name=scope.thread_name(t),
                ident=scope.id_name(value("ident", t)),
                space=value("space", t),
                runs=bool(structure.symbols["runs"][0, t]),
                hardware=bool(structure.symbols["hardware"][0, t]),
                awaits=awaits,
                anybody=len(awaits) == scope.ids and scope.ids > 1,
                window=members("window", t),
                got=got,
                pager=members("pager", t),
                calls=members("calls", t),
                serves=members("serves", t),
            )
        )
    return tuple(found)


def words_of(structure: Structure, name: str, count: int) -> tuple[tuple[int, ...], ...]:
    """For each space or frame the words that it knows or contains."""
    return tuple(tuple(np.flatnonzero(structure.symbols[name][0, n]).tolist()) for n in range(count))


def thread_changes(before: tuple[ThreadMark, ...], after: tuple[ThreadMark, ...], scope: MessageScope) -> Iterator[str]:
    """Say in words what a step did to threads."""
    earlier = {mark.number: mark for mark in before}
    for now in after:
        was = earlier.get(now.number)
        if was is None:
            yield f"{now.name} begins in {now.home}, called {now.ident}"
            continue
        yield from _one(was, now, scope)


def _one(was: ThreadMark, now: ThreadMark, scope: MessageScope) -> Iterator[str]:
    if was.runs != now.runs:
        yield f"{now.name} {'ends' if was.runs else 'runs again'}"
    if was.space != now.space:
        yield f"{now.name} is in {now.home}, not in {was.home}"
    if was.awaits != now.awaits:
        yield f"{now.name} waits for {now.waits}" if now.awaits else f"{now.name} no longer waits"
    if was.window != now.window:
        slots = ", ".join(scope.name(slot) for slot in now.window)
        yield f"{now.name}'s window: {slots}" if slots else f"{now.name}'s window closes"
    if was.got != now.got:
        yield f"{now.name} gets {now.heard}" if now.got else f"{now.name}'s registers are emptied"
    if was.pager != now.pager:
        yield f"{now.name}'s pager: {now.ids(now.pager) or 'none'}"
    if was.calls != now.calls:
        called = now.threads(now.calls)
        yield f"{now.name} has called {called}" if called else f"{now.name}'s call is over"
    if was.serves != now.serves:
        yield f"{now.name} serves {now.threads(now.serves) or 'no interrupt'}"


def word_changes(before: Speech, after: Speech) -> Iterator[str]:
    """Say in words what spaces came to know in a step, and what stands in frames now."""
    scope = after.scope
    for space, (was, now) in enumerate(zip(before.knows, after.knows, strict=True)):
        new = [word for word in now if word not in was]
        if new:
            yield f"{scope.space_name(space)} comes to know {', '.join(map(scope.word_name, new))}"
    for frame, (was, now) in enumerate(zip(before.contains, after.contains, strict=True)):
        if was != now:
            yield f"frame {frame} contains {', '.join(map(scope.word_name, now)) or 'nothing'}"
