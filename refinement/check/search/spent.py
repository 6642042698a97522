"""Say where the time of a check went, if it took clearly more than it was given."""

import time
from dataclasses import dataclass, field

SLACK = 1.2
"""So many times what was asked for passes without a word."""
LEAST = 0.05
"""Seconds, rounded to a tenth, that are not nothing."""


@dataclass(slots=True)
class Spent:
    """Seconds by what they went to, in their order, for a search that was given ``asked``."""

    asked: float
    parts: dict[str, float] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)

    def note(self, what: str, *, compiling: float = 0.0) -> None:
        """All since the last note went to this, but for what was compiled meanwhile."""
        now = time.monotonic()
        took, self.since = now - self.since, now
        for name, seconds in (("compiling", compiling), (what, took - compiling)):
            if seconds > 0:
                self.parts[name] = self.parts.get(name, 0.0) + seconds

    def total(self) -> float:
        """Seconds in all."""
        return sum(self.parts.values())

    def too_much(self) -> bool:
        """Return whether it is to be said."""
        return self.total() > SLACK * self.asked

    def sentence(self) -> str:
        """Where the time went, but for what took next to none.

        >>> Spent(2, {"loading": 0.8, "compiling": 3.0, "searching": 4.31, "looking again": 0.01}).sentence()
        'it took 8.1 s, for a search of 2 s: 0.8 s loading, 3.0 s compiling, 4.3 s searching'
        """
        parts = ", ".join(f"{seconds:.1f} s {name}" for name, seconds in self.parts.items() if seconds >= LEAST)
        return f"it took {self.total():.1f} s, for a search of {self.asked:g} s: {parts}"
