"""Plan the search of ranges: scopes to go through whole, in their order, and scopes of random programs."""

from collections.abc import Iterator
from dataclasses import dataclass

from model.ranges.scope import RangeScope
from model.scope import ALL_RIGHTS

SOME = (ALL_RIGHTS, 4)
RANGES = "ranges: "
"""Before the names of parts, where there are others."""


@dataclass(frozen=True, slots=True)
class Part:
    """A scope to go through, its share of the time that is left, and how closely it is looked at.

    :param symmetric: one state is gone through for all that a renaming makes of it.
    :param needed: nothing conforms unless it was gone through whole.
    """

    scope: RangeScope
    share: float
    rights: tuple[int, ...] = (ALL_RIGHTS,)
    probing: bool = False
    symmetric: bool = False
    needed: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        rights = ", some rights" if len(self.rights) > 1 else ""
        return f"{self.scope}{rights}" + (", up to renaming" if self.symmetric else "")


SAMPLED = (
    (RangeScope(2, 4, 4, 0b111), 12),
    (RangeScope(3, 4, 4, 0b11), 20),
    (RangeScope(2, 8, 8, 0b1011), 30),
    (RangeScope(3, 8, 8, 0b1111), 40),
    (RangeScope(4, 16, 8, 0b10111), 60),
)
"""Scopes of random programs, and how many operations one has; taken in turn."""

WIDE = ((RangeScope(2, 1024, 1024, 0b10_0000_0001), 24),)
"""As large as the leaves of real page tables, and how many operations a program has there."""

LESS_WIDE = ((RangeScope(2, 64, 64, 0b10_0001), 12),)
"""The same for targets that are called from Python, each of whose pages takes as long as a hundred of a library."""

OF_ONE_SIZE = tuple((RangeScope(2, 2 << order, 2 << order, 1 | 1 << order), 24) for order in (2, 3, 4, 5, 6, 9, 10))
"""Scopes for targets that have pages and mappings of one other size, and refuse those of two pages."""

CLOSED = 0.65  # of the time, for closures
LIMITS = 0.1  # of it, for mappings as large as real ones, and at most so many seconds
MOST_LIMITS = 10.0
TURN = 2.0  # seconds in one scope
SHRINKING = 10.0  # seconds to make a random program smaller, for all of them


def parts(sized: bool, *, slow: bool = False) -> Iterator[Part]:
    """The scopes in their order; without sizes, those of single pages.

    :param slow: the target is called from Python: what is needed is gone through without probes.
    """
    if not sized:
        yield Part(RangeScope(2, 2, 2), 0.4, probing=True, needed=True)
        yield Part(RangeScope(3, 2, 2), 0.5)
        yield Part(RangeScope(3, 1, 1), 1.0, SOME)
        return
    yield Part(RangeScope(2, 2, 2, 0b11), 0.5, probing=not slow, needed=True)
    yield Part(RangeScope(2, 2, 1, 0b11), 0.5, probing=not slow, needed=True)  # pages without frames, where ways meet
    yield Part(RangeScope(2, 2, 2, 0b11), 0.4, SOME, probing=True)
    yield Part(RangeScope(3, 2, 1, 0b11), 0.4, symmetric=True)
    yield Part(RangeScope(2, 4, 4, 0b11), 0.3, symmetric=True)
    yield Part(RangeScope(2, 4, 4, 0b111), 0.4, symmetric=True)
    yield Part(RangeScope(3, 2, 2, 0b11), 0.4, symmetric=True)
    yield Part(RangeScope(2, 8, 8, 0b1011), 1.0, symmetric=True)
