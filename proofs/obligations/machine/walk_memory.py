"""Memory as the walker's code sees it, and the loop in which it goes down the levels."""

from collections.abc import Callable
from typing import Any

from z3 import BoolVal, If, Not

from model.spaces.theory import Formula, Term
from proofs.execution.integers import Integer, integer
from proofs.execution.loop_rules import UNROLLED, Unrolled, Values
from proofs.execution.path import Cut, ExecutionError, Path
from proofs.obligations.machine.walk_spec import Walked, Words

READS = "walk__reads__entries_on_the_way"


class _Length(Integer):
    """How many entries memory has; comparing a place with it asks whether an entry on the way is in memory."""

    __slots__ = ("words",)
    __hash__ = None

    def __init__(self, words: "EntryWords") -> None:
        super().__init__(words.setting.length.term)
        self.words = words

    def __le__(self, place: object) -> Formula:
        return Not(self > place)

    def __gt__(self, place: object) -> Formula:
        return self.words.setting.inside(self.words.level(integer(place)))


class EntryWords:
    """Memory as the walker sees it: entries by their place, any number of them.

    Each place that the code names is demanded to be that of an entry on the way (:data:`READS`), and is taken for it
    from there on. Which one is guessed; a wrong guess is not proved.
    """

    def __init__(self, path: Path, setting: Walked) -> None:
        """Before a walk."""
        self.path = path
        self.setting = setting
        self.length = _Length(self)
        self.read: Words = setting.words
        self.writes = 0
        self._known: list[tuple[Term, int]] = []
        self._last = setting.format.levels

    def level(self, place: Integer) -> int:
        """The level at which a place is that of the entry on the way."""
        for term, level in self._known:
            if term.eq(place.term):
                self._last = level
                return level
        self._last = level = max(self._last - 1, 0)
        self.path.demand(READS, lambda: place == self.setting.place[level])
        self._known.append((place.term, level))
        return level

    def _accessed(self, place: Integer) -> int:
        level = self.level(place)
        self.path.demand(READS, lambda: self.setting.inside(level))
        return level

    def __getitem__(self, place: Integer) -> Integer:
        """The entry at a place."""
        level = self._accessed(place)
        return Integer(self.read(self.setting.place[level].term)) if self.writes else self.setting.entry[level]

    def __setitem__(self, place: Integer, entry: Integer) -> None:
        """Write an entry."""
        at, old = self.setting.place[self._accessed(place)].term, self.read
        new = entry.bits(self.setting.format.entry_bits)
        self.writes += 1
        self.read = lambda other: If(other == at, new, old(other))


class Levels(Unrolled):
    """The loop down the levels: executed as often as it runs; it must not run below the last one."""

    def __init__(self, path: Path) -> None:
        """On a path."""
        self.path = path

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """Nothing is assumed."""
        return {}

    each = staticmethod(UNROLLED.each)

    def tail(self, values: Values) -> None:
        """On to the next level, if there is one."""
        if values["level"] < 0:
            self.path.demand(READS, lambda: BoolVal(False))
            raise Cut


def length_of(words: object) -> Integer:
    """Return how many entries memory has."""
    if not isinstance(words, EntryWords):
        raise ExecutionError(f"the length of {words!r} is asked for")
    return words.length


def plain_name(function: Callable[..., Any]) -> str:
    """A function's name as rules for its loops name it."""
    return function.__qualname__.replace("<locals>.", "")
