"""The results of searches: verdicts, counts, flaws. Plain values; nothing here prints."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED, EXIT_USAGE


class SearchEnd(StrEnum):
    """The end of a search. Only ``EXHAUSTED`` says something about every reachable state."""

    EXHAUSTED = "exhausted"
    VIOLATED = "violated"
    TRUNCATED = "truncated"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"

    @property
    def exit_status(self) -> int:
        """0 exhausted without a violation, 1 a violation, 2 refused, 3 cut short by a limit, 130 by an interrupt."""
        return {
            SearchEnd.EXHAUSTED: EXIT_PASSED,
            SearchEnd.VIOLATED: EXIT_FAILED,
            SearchEnd.REFUSED: EXIT_USAGE,
            SearchEnd.INTERRUPTED: EXIT_INTERRUPTED,
        }.get(self, EXIT_INCOMPLETE)


Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Violation(Generic[Shown]):
    """A property that does not hold, with a shortest trace; its last step shows it, or the state after that."""

    property: str
    clause: str
    sentence: str
    trace: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored(Generic[Shown]):
    """The result of exploring a scope of any model; ``Shown`` are its traces.

    ``layers`` counts states by distance from the initial one, ``transitions`` the steps tried that were not refused.
    ``properties`` were checked in every state and step that was visited, no others. ``complete`` says whether that was
    all; ``reason`` why not. ``bytes_per_state`` is the memory of the visited set.
    """

    verdict: SearchEnd
    complete: bool
    reason: str
    states: int
    transitions: int
    layers: tuple[int, ...]
    violations: tuple[Violation[Shown], ...]
    properties: tuple[str, ...]
    bytes_per_state: float
    seconds: float

    @property
    def depth(self) -> int:
        """The distance of the farthest state from the initial one, as far as was searched."""
        return max(0, len(self.layers) - 1)

    @property
    def rate(self) -> float:
        """States a second."""
        return self.states / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a running search; ``layer_done`` is the part of the current layer that is expanded, 0 to 1.

    ``expanded`` states have been looked at; ``expected`` is how many there will be, where a formula tells.
    """

    states: int
    depth: int
    layer_done: float
    bytes_used: int
    seconds: float
    expanded: int
    expected: int | None = None

    @property
    def rate(self) -> float:
        """States found a second so far."""
        return self.states / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimate the time of the rest at the same speed, where the number of states is known.

        >>> progress = Progress(90, depth=3, layer_done=0.5, bytes_used=0, seconds=2.0, expanded=50, expected=200)
        >>> progress.seconds_left
        6.0
        """
        if self.expected is None or not self.expanded:
            return None
        return max(0.0, self.seconds * (self.expected - self.expanded) / self.expanded)


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A violated property, and a shortest way there: the numbers of the steps from the initial state.

    A state property is violated after the last step, a step property by the last step. ``states`` are the packed
    states on the way, the initial one first; where a symmetry was used, their representatives.
    """

    property: str
    steps: tuple[int, ...]
    states: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search of a :class:`~proofs.explorer.system.System`; see :class:`model.running.search.Searched`.

    ``layers`` counts the states at each distance from the initial one; the last is partial unless ``complete``.
    ``reason`` says why a search was cut short. ``bytes_used`` is the set of visited states and the queue.
    """

    complete: bool
    reason: str
    states: int
    transitions: int
    layers: tuple[int, ...]
    flaws: tuple[Flaw, ...]
    checked: tuple[str, ...]
    bytes_used: int
    seconds: float
    interrupted: bool = False

    @property
    def verdict(self) -> SearchEnd:
        """A violation is one however the search ended; a search cut short never reads like a full one."""
        if self.flaws:
            return SearchEnd.VIOLATED
        if self.complete:
            return SearchEnd.EXHAUSTED
        return SearchEnd.TRUNCATED if self.truncated else SearchEnd.INTERRUPTED

    @property
    def truncated(self) -> bool:
        """A limit cut it short."""
        return not self.complete and not self.interrupted

    @property
    def depth(self) -> int:
        """The distance of the farthest state found."""
        return len(self.layers) - 1
