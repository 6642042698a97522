"""Plan the search of ownership: what is gone through whole, in its order, and scopes of random programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from model.counting import counted
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
            times = counted(tried, "time")
            return f"{whole}{counted(states, 'state')} of {label(self.scope)}, {times} two steps from one"
        possible = "" if self.refusals or self.length == 1 else ", those before the last possible"
        steps = counted(self.length, "operation")
        return f"{whole}{counted(tried, 'sequence')} of {steps} over {label(self.scope)}{possible}"


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


CROWDS = (8, 20, 34, 260)
"""Parties of a page that all have at a time; more than a count of 3, 4, 5 and 8 bits can tell apart."""

LAST = (20, 300)
"""Parties, or pages, of which the last is used, and those before with the numbers 2, 4, 8 and so on."""

ROUNDS = 300
"""How often the same is done; a counter of 8 bits that leaks shows by then."""


def limits_of(m: OwnershipReadings) -> Iterator[Limit]:
    """Programs at the limits, as far as the dialect does what they are made of."""

    def done(name: str, scope: Scope, operations: list[PageOperation]) -> Limit:
        return Limit(name, (scope, _done(operations, scope, m)))

    for parties in CROWDS:
        yield done(f"{parties - 1} borrowers of a page", pages_of(parties, 1), _crowd(parties, m))
    for count in LAST:
        yield done(f"a page that {count} parties hand on", pages_of(count, 1), _handed_on(count, m))
        yield done(f"the last page of {count}", pages_of(2, count), _last_page(count, m))
    pair = pages_of(2, 1)
    yield done(f"{ROUNDS} loans, one after another", pair, [o for _ in range(ROUNDS) for o in _round(0, 1, 0, m)])
    fro = [PageOperation(Kind.DONATE, by, 1 - by, 0) for _ in range(ROUNDS) for by in (0, 1)]
    yield done(f"{ROUNDS} donations to and fro", pair, fro)
    # What is refused is kept here: that it is, and changes nothing however often, is what is to be seen.
    yield Limit(f"what is refused, {ROUNDS} times", (pages_of(3, 1), tuple(_refused(m))))


def _crowd(parties: int, m: OwnershipReadings) -> list[PageOperation]:
    """All others borrow the page and retrieve it; then one after the other gives it up, and the owner takes it back."""
    others = range(1, parties)
    made = [PageOperation(kind, 0, other, 0) for kind in (Kind.LEND, Kind.SHARE) for other in others]
    had = [PageOperation(Kind.RETRIEVE, other, NOBODY_ELSE, 0) for other in others]
    back = [_reclaim(0, other, 0, m) for other in others]
    given = [PageOperation(Kind.RELINQUISH, other, NOBODY_ELSE, 0) for other in others]
    return [*made, *had, back[0], *given[:-1], back[-1], given[-1], *back, PageOperation(Kind.DONATE, 0, 1, 0)]


def _numbers(count: int) -> list[int]:
    """The powers of two below a number, and the last number below it."""
    return [*(1 << bit for bit in range((count - 1).bit_length()) if 1 << bit < count - 1), count - 1]


def _handed_on(parties: int, m: OwnershipReadings) -> list[PageOperation]:
    """The page goes from party to party and back to the first; each lends it to the next before it gives it away."""
    way = [0, *_numbers(parties), 0]
    return [
        o for by, other in pairwise(way) for o in (*_round(by, other, 0, m), PageOperation(Kind.DONATE, by, other, 0))
    ]


def _last_page(pages: int, m: OwnershipReadings) -> list[PageOperation]:
    """Some pages are lent, taken back, and given away."""
    return [o for page in _numbers(pages) for o in (*_round(0, 1, page, m), PageOperation(Kind.DONATE, 0, 1, page))]


def _refused(m: OwnershipReadings) -> Iterator[PageOperation]:
    """A stranger asks for everything, the owner for what it has done already; then the loan ends, and the page goes."""
    yield PageOperation(Kind.SHARE, 0, 1, 0)
    strange = [PageOperation(kind, 2, 1, 0) for kind in (Kind.DONATE, Kind.LEND, Kind.SHARE)]
    strange += [PageOperation(kind, 2, NOBODY_ELSE, 0) for kind in (Kind.RETRIEVE, Kind.RELINQUISH)]
    for each in (
        *strange,
        _reclaim(2, 1, 0, m),
        PageOperation(Kind.SHARE, 0, 1, 0),
        PageOperation(Kind.DONATE, 0, 1, 0),
    ):
        yield from (each for _ in range(ROUNDS))
    yield from (*_round(0, 1, 0, m)[1:], PageOperation(Kind.DONATE, 0, 1, 0))


def _round(by: int, other: int, page: int, m: OwnershipReadings) -> list[PageOperation]:
    """A loan from its begin to its end."""
    steps = [PageOperation(kind, other, NOBODY_ELSE, page) for kind in (Kind.RETRIEVE, Kind.RELINQUISH)]
    return [PageOperation(Kind.SHARE, by, other, page), *steps, _reclaim(by, other, page, m)]


def _reclaim(by: int, other: int, page: int, m: OwnershipReadings) -> PageOperation:
    return PageOperation(Kind.RECLAIM, by, other if names_other(Kind.RECLAIM, m) else NOBODY_ELSE, page)


def _done(operations: list[PageOperation], scope: Scope, m: OwnershipReadings) -> tuple[PageOperation, ...]:
    """Those that the model does, and all reclaims, which it may refuse."""
    state = initial(scope)
    return tuple(each for each in operations if each.apply(state, m) == DONE or each.kind == Kind.RECLAIM)
