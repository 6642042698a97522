"""Threads and messages to walk in: the literal model of a scope with threads, with faults perhaps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.messages.abstraction import structure_of
from model.messages.readings import MessageDialect
from model.messages.scope import MessageScope
from model.messages.tables import Board, Table, Threads, board_of, first_row, view
from model.scope import rights_name
from model.spaces.dialect import Dialect
from model.spaces.literal import DONE, NIL, evaluate, frame_of
from proofs.explorer.messages.calls import explored_calls
from proofs.explorer.messages.kernel import is_vain
from proofs.explorer.messages.properties import MESSAGE_PROPERTIES, MessageProperty
from proofs.explorer.messages.wrong import bits_of, perform
from proofs.report.storyboard.scenes.threads import THREAD_COLUMNS, marks, told_of
from proofs.report.walk.graph import Fact, Label, Look, PropertyText, Step

PREDICATES = {
    "accessible(slot)": "a frame can be reached through the slot",
    "nil(slot)": "the slot is nil",
    "links(slot, slot)": "the first was mapped directly from the second",
    "runs(thread)": "the thread has begun and has not ended",
    "waits(thread)": "the thread waits",
    "waits(thread, #id)": "the thread waits for that id",
    "window(thread, slot)": "the thread has opened a window on the slot",
    "got(thread)": "the thread has a message",
    "got(thread, #id)": "the thread has a message from that id",
}


@dataclass(frozen=True)
class MessagesToWalk:
    """A scope with threads as a system to walk in; the calls tried are those that are explored.

    :param faults: names out of :data:`proofs.explorer.messages.wrong.WRONG_KERNELS`.
    """

    scope: MessageScope
    spaces: Dialect
    messages: MessageDialect
    faults: tuple[str, ...] = ()
    checked: tuple[MessageProperty, ...] = MESSAGE_PROPERTIES

    @property
    def title(self) -> str:
        """The scope, the dialects and the faults."""
        faults = f", with the fault {', '.join(self.faults)}" if self.faults else ""
        return f"{self.scope}, dialect {self.spaces.name}, messages {self.messages.name}{faults}"

    @property
    def cells(self) -> tuple[str, ...]:
        """The slots, the threads, the words that each space knows, and those that each frame contains."""
        scope = self.scope
        return (
            *map(scope.name, range(scope.slots)),
            *map(scope.thread_name, range(scope.threads)),
            *(f"σ{space} knows" for space in range(scope.spaces)),
            *(f"frame {frame} contains" for frame in range(scope.frames)),
        )

    @property
    def groups(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The slots by space, the threads, the words."""
        scope, total = self.scope, len(self.cells)
        spaces = [range(space * scope.pages, (space + 1) * scope.pages) for space in range(scope.spaces)]
        words = scope.slots + scope.threads
        return (
            *((f"σ{number}", tuple(slots)) for number, slots in enumerate(spaces)),
            ("threads", tuple(range(scope.slots, words))),
            ("words", tuple(range(words, total))),
        )

    @property
    def properties(self) -> tuple[PropertyText, ...]:
        """The properties that are checked."""
        return tuple(PropertyText(p.id, p.clause, p.sentence) for p in self.checked)

    @property
    def predicates(self) -> Mapping[str, str]:
        """The predicates that formulas may ask."""
        return PREDICATES

    @property
    def labels(self) -> tuple[Label, ...]:
        """Nothing: refused calls are not shown, since there are too many."""
        return ()

    @cached_property
    def _board(self) -> Board:
        return board_of(self.scope)

    @property
    def first(self) -> bytes:
        """The state in which the booted threads run."""
        return first_row(self.scope).tobytes()

    def _row(self, state: bytes) -> Table:
        return np.frombuffer(state, np.int64)

    def _view(self, state: bytes) -> Threads:
        return view(self._row(state).copy(), self._board)

    def steps(self, state: bytes) -> Iterator[Step[bytes]]:
        """The calls that are possible; the history of messages is forgotten, since no action looks at it."""
        board, before, faults = self._board, self._view(state), bits_of(self.faults)
        readings = self.messages.readings, self.spaces.readings
        of_steps = [p for p in self.checked if p.of_step]
        for call in explored_calls(self.scope, self.messages):
            if is_vain(before, board, call, faults):
                continue
            row = self._row(state).copy()
            after = view(row, board)
            if perform(before, after, board, call, *readings, faults) != DONE:
                continue
            wrong = tuple(p.id for p in of_steps if not p.holds(before, after, board, call))
            after.sent[:] = 0
            yield Step((call.text(self.scope),), row.tobytes(), wrong)

    def violated(self, state: bytes) -> tuple[str, ...]:
        """The properties that do not hold, by the explorer's predicates."""
        threads = self._view(state)
        return tuple(p.id for p in self.checked if not p.of_step and not p.holds(threads, self._board))

    def look(self, state: bytes) -> Look:
        """The slots as in address spaces, and each thread as storyboards describe it."""
        scope, threads = self.scope, self._view(state)
        told = {mark.number: told_of(mark, scope) for mark in marks(structure_of([self._row(state)], scope), scope)}
        columns = THREAD_COLUMNS[1:]
        cells = [*(_slot(threads, x) for x in range(scope.slots))]
        for thread in range(scope.threads):
            texts = zip(columns, told.get(thread, ()), strict=False)
            said = [text if name in ("id", "does") else f"{name}: {text}" for name, text in texts if text != "–"]
            cells.append(tuple(said) or ("has not begun",))
        cells += [_words(int(of)) for of in (*threads.known, *threads.contains)]
        links = [max(-1, int(element)) for element in threads.spaces.sigma]
        links += [-1] * (len(cells) - len(links))
        return Look(tuple(cells), tuple(links), {name: facts for name, facts in self._facts(threads) if facts})

    def _facts(self, s: Threads) -> Iterator[tuple[str, list[Fact]]]:
        slots, ids = range(self.scope.slots), range(self.scope.ids)
        threads = [(t, self.scope.slots + t) for t in range(self.scope.threads)]
        yield "accessible", [(x,) for x in slots if evaluate(s.spaces, x) >= 0]
        yield "nil", [(x,) for x in slots if s.spaces.sigma[x] == NIL]
        yield "links", [(x, int(s.spaces.sigma[x])) for x in slots if s.spaces.sigma[x] >= 0]
        yield "runs", [(cell,) for t, cell in threads if s.life[t] == 1]
        waiting: list[Fact] = [(cell,) for t, cell in threads if s.awaits[t]]
        yield "waits", waiting + [(cell, f"#{i}") for t, cell in threads for i in ids if s.awaits[t] >> i & 1]
        yield "window", [(cell, x) for t, cell in threads for x in slots if s.window[t] >> x & 1]
        heard = [(cell, f"#{s.sender[t]}") for t, cell in threads if s.sender[t] != NIL]
        yield "got", [fact for cell, ident in heard for fact in ((cell,), (cell, ident))]

    def canonical(self, state: bytes) -> tuple[bytes, tuple[int, ...]]:
        """The state itself: nothing is renamed."""
        return state, tuple(range(len(self.cells)))


def _slot(s: Threads, x: int) -> tuple[str, ...]:
    element, shown = int(s.spaces.sigma[x]), evaluate(s.spaces, x)
    if element == NIL:
        return ("φ",)
    rights = rights_name(int(s.spaces.rights[x]))
    if element < NIL:
        return (f"holds frame {frame_of(element)} {rights}",)
    return rights, f"leads to frame {shown}" if shown >= 0 else "leads to nothing"


def _words(of: int) -> tuple[str, ...]:
    return (", ".join(f"w{word}" for word in range(of.bit_length()) if of >> word & 1) or "nothing",)
