"""Plan the search of ownership: what is gone through whole, in its order, and scopes of random programs."""

from collections.abc import Iterator
from dataclasses import dataclass

from model.ownership.literal import DONE, initial
from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation, names_other
from model.ownership.readings import OwnershipReadings
from model.ownership.trace import pages_of
from model.scope import Scope
from refinement.check.ownership.works import OwnershipClosure, OwnershipSequences, Tried


def label(scope: Scope) -> str:
    """A scope of pages with owners in words.

    >>> label(pages_of(3, 1))
    '3 parties × 1 page'
    """
    pages = "page" if scope.pages == 1 else "pages"
    return f"{scope.spaces} part{'y' if scope.spaces == 1 else 'ies'} × {scope.pages} {pages}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the exhaustive search, and its share of the time that is left.

    :param length: of sequences; 0: all states are gone through instead.
    :param refusals: the steps before the last may be refused.
    :param needed: nothing conforms before it was gone through whole.
    """

    scope: Scope
    length: int
    share: float
    refusals: bool = False
    needed: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        if self.length == 0:
            return f"states of {label(self.scope)}"
        return f"{'any ' * self.refusals}sequences of {self.length} over {label(self.scope)}"

    def work(self, m: OwnershipReadings, seconds: float) -> OwnershipSequences | OwnershipClosure:
        """The job of so many seconds."""
        if self.length:
            return OwnershipSequences(m, self.scope, self.length, seconds, self.refusals)
        return OwnershipClosure(m, self.scope, seconds)

    def sentence(self, tried: int, states: int, *, complete: bool) -> str:
        """What is known after it found nothing."""
        whole = "all " if complete else ""
        if self.length == 0:
            return f"{whole}{states:,} states of {label(self.scope)}, {tried:,} times two steps from one"
        possible = "" if self.refusals or self.length == 1 else ", those before the last possible"
        steps = f"{self.length} operation{'s' * (self.length > 1)}"
        return f"{whole}{tried:,} sequences of {steps} over {label(self.scope)}{possible}"


RANDOM = ((pages_of(2, 2), 20), (pages_of(3, 3), 40), (pages_of(4, 4), 60), (pages_of(6, 8), 150))
"""Scopes of random programs, and how many operations one has at most; taken in turn."""

EXHAUSTIVE = 0.7  # of the time
TURN = 1.5  # seconds in one random scope
ENOUGH = 20.0  # seconds for each part that is needed, however few there are


def parts() -> Iterator[Part]:
    """The parts in their order; of a length all scopes before the next, so that a first trace is short."""
    for length in (1, 2):
        yield from (Part(pages_of(*of), length, 0.5, needed=True) for of in ((2, 1), (3, 1), (2, 2)))
    yield Part(pages_of(2, 1), 3, 0.5, refusals=True, needed=True)
    yield Part(pages_of(3, 1), 3, 0.5, needed=True)
    yield Part(pages_of(3, 1), 0, 0.5, needed=True)
    yield Part(pages_of(2, 2), 0, 0.5, needed=True)
    yield Part(pages_of(3, 1), 3, 0.4, refusals=True)
    yield Part(pages_of(2, 1), 4, 0.4, refusals=True)
    yield Part(pages_of(3, 1), 4, 0.4)
    yield Part(pages_of(4, 1), 0, 0.4)
    yield Part(pages_of(2, 2), 3, 0.4, refusals=True)
    yield Part(pages_of(3, 2), 0, 1.0)


@dataclass(frozen=True, slots=True)
class Limit:
    """A program that is one for its size: a counter of few bits, or a table of few places, comes to its end."""

    name: str
    program: Tried


CROWDS = (8, 20, 32)
"""Parties of a page that all have at a time."""

ROUNDS = 300
"""How often a page is lent, retrieved, given up and taken back; a counter of 8 bits that leaks shows by then."""


def limits_of(m: OwnershipReadings) -> Iterator[Limit]:
    """Programs at the limits, as far as the dialect does what they are made of."""
    for parties in CROWDS:
        yield Limit(f"{parties - 1} borrowers of a page", (pages_of(parties, 1), _done(_crowd(parties, m), parties, m)))
    rounds = [each for _ in range(ROUNDS) for each in _round(1, m)]
    yield Limit(f"{ROUNDS} loans, one after another", (pages_of(2, 1), _done(rounds, 2, m)))


def _crowd(parties: int, m: OwnershipReadings) -> list[PageOperation]:
    """All others borrow the page and retrieve it; then one after the other gives it up, and the owner takes it back."""
    others = range(1, parties)
    made = [PageOperation(kind, 0, other, 0) for kind in (Kind.LEND, Kind.SHARE) for other in others]
    had = [PageOperation(Kind.RETRIEVE, other, NOBODY_ELSE, 0) for other in others]
    back = [_reclaim(other, m) for other in others]
    given = [PageOperation(Kind.RELINQUISH, other, NOBODY_ELSE, 0) for other in others]
    return [*made, *had, back[0], *given[:-1], back[-1], given[-1], *back, PageOperation(Kind.DONATE, 0, 1, 0)]


def _round(other: int, m: OwnershipReadings) -> list[PageOperation]:
    """A loan from its begin to its end."""
    steps = [PageOperation(kind, other, NOBODY_ELSE, 0) for kind in (Kind.RETRIEVE, Kind.RELINQUISH)]
    return [PageOperation(Kind.SHARE, 0, other, 0), *steps, _reclaim(other, m)]


def _reclaim(other: int, m: OwnershipReadings) -> PageOperation:
    return PageOperation(Kind.RECLAIM, 0, other if names_other(Kind.RECLAIM, m) else NOBODY_ELSE, 0)


def _done(operations: list[PageOperation], parties: int, m: OwnershipReadings) -> tuple[PageOperation, ...]:
    """Those that the model does, and all reclaims, which it may refuse."""
    state = initial(pages_of(parties, 1))
    return tuple(each for each in operations if each.apply(state, m) == DONE or each.kind == Kind.RECLAIM)
