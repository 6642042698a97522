"""Breadth-first search: what every one does, whatever its states are; and one for states that are plain values.

A search meets states in the order of their distance from the first one, and numbers them in that order: the number is
the state's place. It shows each step to a visitor, who may end it. The way that it then tells to a state is a shortest
one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, Self, TypeVar

Steps = TypeVar("Steps")
Label = TypeVar("Label")
State = TypeVar("State", bound=Hashable)
Steps_co = TypeVar("Steps_co", covariant=True)
Label_co = TypeVar("Label_co", covariant=True)


class Searched(Protocol):
    """The result that every search gives when it has ended, the compiled ones as well.

    Only ``complete`` permits to say that what was not found is not there.
    """

    @property
    def states(self) -> int:
        """How many states it met."""

    @property
    def transitions(self) -> int:
        """How many steps it looked at."""

    @property
    def complete(self) -> bool:
        """What was looked for was found, or no state is left that steps lead to."""

    @property
    def truncated(self) -> bool:
        """It met more states than it was allowed to, and left some without a look at their steps."""

    @property
    def interrupted(self) -> bool:
        """Whoever waited for it broke it off."""


class Search(Searched, Protocol[Steps_co, Label_co]):
    """A search whose steps can be watched; ``Steps_co`` is what the visitor sees at once: a step, or thousands."""

    @property
    def depth(self) -> int:
        """The distance from the first state at which the steps begin that the visitor sees."""

    def run(self, visit: "Callable[[Steps_co], bool]") -> Searched:
        """Search until no state is left, the visitor has seen enough (and says True), or the limit is met."""

    def path(self, place: int) -> tuple[Label_co, ...]:
        """The labels of the steps that first led to a state: a shortest way."""


class Transitions(Protocol[State, Label_co]):
    """A transition system whose states can be compared and kept in sets."""

    @property
    def first(self) -> State:
        """The state that everything begins with."""

    def successors(self, state: State) -> Iterable[tuple[Label_co, State]]:
        """Each step that is possible in a state: its label, and the state after it."""


@dataclass(frozen=True, slots=True)
class SearchCounts:
    """The counts of a search, as a value that keeps no states."""

    states: int
    transitions: int
    complete: bool
    truncated: bool = False
    interrupted: bool = False


def visit_all(steps: object) -> bool:
    """Watch nothing, and never have enough."""
    return False


class LayeredSearch(ABC, Generic[Steps, Label]):
    """The loop of every search that shows its steps; a kind of states says what steps they have. It runs once.

    :param max_states: go no further once there are more; the layer under way is finished, unless its kind says not.
    """

    finishes_layers: ClassVar[bool] = False
    """Whether the steps of a layer are all shown before the search ends at a visitor's wish."""

    def __init__(self, max_states: int | None = None) -> None:
        """Nothing was looked at."""
        self.transitions = self.depth = 0
        self.complete = self.truncated = self.interrupted = False
        self._max_states = max_states

    @property
    @abstractmethod
    def states(self) -> int:
        """How many states it met."""

    @abstractmethod
    def _expand(self, first: int, last: int) -> Iterator[Steps]:
        """The steps from the states at these places, counted, and the states that they lead to met."""

    @abstractmethod
    def _came_by(self, place: int) -> tuple[int, Label]:
        """From which place, and by which step, the search first came to a state that is not the first."""

    @property
    def counts(self) -> SearchCounts:
        """What the search says of itself, as a value."""
        return SearchCounts(self.states, self.transitions, self.complete, self.truncated, self.interrupted)

    def run(self, visit: Callable[[Steps], bool] = visit_all) -> Self:
        """Search until no state is left, the visitor has seen enough, or the limit is met.

        An interrupt is noted and goes on to the caller.
        """
        try:
            self._run(visit)
        except KeyboardInterrupt:
            self.interrupted = True
            raise
        return self

    def _run(self, visit: Callable[[Steps], bool]) -> None:
        first = 0
        while first < self.states:
            last, enough = self.states, False
            for steps in self._expand(first, last):
                enough = visit(steps) or enough
                if enough and not self.finishes_layers:
                    break
            if enough:
                break
            first = last
            if self._max_states is not None and first < self.states > self._max_states:
                self.truncated = True
                return
            self.depth += 1
        self.complete = True

    def path(self, place: int) -> tuple[Label, ...]:
        """The labels of the steps that first led to the state at a place."""
        labels = []
        while place:
            place, label = self._came_by(place)
            labels.append(label)
        return tuple(reversed(labels))


@dataclass(frozen=True, slots=True)
class PlainStep(Generic[State, Label]):
    """One step: the place of the state where it begins, its label, and the states before and after."""

    origin: int
    label: Label
    before: State
    after: State


class PlainSearch(LayeredSearch[PlainStep[State, Label], Label], Generic[State, Label]):
    """A search of any transition system, a step at a time: for states that no compiled code knows.

    Its states may be slow to expand, and a layer may hold many times as many as the one before, so a limit ends it in
    the middle of a layer.

    >>> class Doubling:
    ...     first = 1
    ...
    ...     def successors(self, state: int) -> list[tuple[str, int]]:
    ...         return [("double", 2 * state % 10), ("add one", (state + 1) % 10)]
    >>> search = PlainSearch(Doubling()).run(lambda step: step.after == 9)
    >>> search.path(search.places[9]), search.depth
    (('double', 'double', 'double', 'add one'), 3)
    """

    def __init__(self, system: Transitions[State, Label], max_states: int | None = None) -> None:
        """A search that has met the first state."""
        super().__init__(max_states)
        self.places: dict[State, int] = {system.first: 0}
        self._system = system
        self._came: list[tuple[int, Label]] = []

    @property
    def states(self) -> int:
        """How many states it met."""
        return len(self.places)

    def _expand(self, first: int, last: int) -> Iterator[PlainStep[State, Label]]:
        for place, before in enumerate(list(self.places)[first:last], first):
            if self._max_states is not None and self.states > self._max_states:
                return
            for label, after in self._system.successors(before):
                self.transitions += 1
                if after not in self.places:
                    self.places[after] = len(self.places)
                    self._came.append((place, label))
                yield PlainStep(place, label, before, after)

    def _came_by(self, place: int) -> tuple[int, Label]:
        return self._came[place - 1]
