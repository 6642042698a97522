"""The result of exploring a scope with threads: counts, verdict, and violations with their traces."""

from dataclasses import dataclass
from typing import ClassVar

from model.messages.scope import MessageScope
from model.messages.trace import MessageTrace
from proofs.explorer.result import Explored


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageExploration(Explored[MessageTrace]):
    """The result of exploring a scope with threads.

    Under a symmetry the states are representatives, and ``stands_for`` says for how many states they stand, with how
    many transitions; None if the search is not complete. ``words`` is how many 64-bit words a state's key has; the
    messages that ever passed are no part of it.
    """

    scope: MessageScope
    dialect: str
    messages: str
    faults: tuple[str, ...]
    words: int
    symmetry: str
    stands_for: int | None
    stands_for_transitions: int | None
    rights: ClassVar[str] = "all"

    @property
    def engine(self) -> str:
        """Return the engine that searched."""
        return f"set of keys of {self.words} words"
