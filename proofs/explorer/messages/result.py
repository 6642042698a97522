"""What exploring a scope with threads found: counts, verdict, and violations with their traces."""

from dataclasses import dataclass

from model.messages.scope import MessageScope
from model.messages.trace import MessageTrace
from proofs.explorer.result import SearchEnd


@dataclass(frozen=True, slots=True)
class MessageViolation:
    """A property that does not hold, with a shortest trace; the last operation of the trace shows it."""

    property: str
    clause: str
    sentence: str
    trace: MessageTrace


@dataclass(frozen=True, slots=True)
class MessageExploration:
    """What exploring a scope with threads found; as :class:`proofs.explorer.explore.Exploration`.

    Under a symmetry the states are representatives, and ``stands_for`` says for how many states they stand, with how
    many transitions; None if the search is not complete. ``words`` is how many 64-bit words a state's key has; the
    messages that ever passed are no part of it.
    """

    scope: MessageScope
    dialect: str
    messages: str
    faults: tuple[str, ...]
    verdict: SearchEnd
    complete: bool
    reason: str
    states: int
    transitions: int
    layers: tuple[int, ...]
    violations: tuple[MessageViolation, ...]
    properties: tuple[str, ...]
    words: int
    bytes_per_state: float
    seconds: float
    symmetry: str
    stands_for: int | None
    stands_for_transitions: int | None
    rights: str = "all"

    @property
    def engine(self) -> str:
        """What searched."""
        return f"set of keys of {self.words} words"

    @property
    def depth(self) -> int:
        """The distance of the farthest state from the first."""
        return max(0, len(self.layers) - 1)

    @property
    def rate(self) -> float:
        """States a second."""
        return self.states / self.seconds if self.seconds else 0.0
