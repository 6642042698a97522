"""A scope with threads: how many threads, ids, words, hardware threads and I/O ports a finite state has besides."""

from dataclasses import dataclass

from model.scope import ArgumentError, Scope

MOST = 62
"""How many elements a set in one integer can have."""


@dataclass(frozen=True, slots=True)
class MessageScope(Scope):
    """A scope of address spaces, and threads τ0, τ1, … with ids, and words that they say.

    The first ``booted`` threads run at first, τk in the space σk, or in the last one if there are fewer; the next
    ``hardware`` threads send interrupts; the others can be begun. The id of τk is k, modulo ``ids``; so there are
    threads with one id between them, of which the kernel has to choose, if there are more threads than ids. The last
    ``ports`` frames are I/O ports. An id is a number and one of so many ``versions``; first ids are first versions.
    The first ``common`` words are known in every space from the first.

    >>> print(MessageScope(2, 1, 1, threads=3, ids=2, hardware=1))
    2 spaces × 1 page × 1 frame × 3 threads × 2 ids × 1 word

    :raises ArgumentError: a number is too small or too large.
    """

    threads: int = 2
    ids: int = 2
    words: int = 1
    booted: int = 1
    hardware: int = 0
    ports: int = 0
    versions: int = 1
    common: int = 0

    def __post_init__(self) -> None:
        """Refuse a scope in which nothing runs, two that run share an id, or a set does not fit an integer."""
        Scope.__post_init__(self)
        for what in ("threads", "ids", "words", "booted", "versions"):
            if getattr(self, what) < 1:
                raise ArgumentError(f"a scope needs at least one of its {what}, not {getattr(self, what)}")
        for what in ("hardware", "ports", "common"):
            if getattr(self, what) < 0:
                raise ArgumentError(f"{getattr(self, what)} is no number of {what}: write 0 or more")
        if self.booted + self.hardware > min(self.threads, self.numbers):
            raise ArgumentError(
                f"{self.booted} threads and {self.hardware} of hardware run at first: they need as many threads, "
                f"and ids with different numbers, not {self.threads} and {self.numbers}"
            )
        if self.common > self.words:
            raise ArgumentError(f"{self.common} of {self.words} words cannot be known: write {self.words} or fewer")
        if self.ports > self.frames:
            raise ArgumentError(f"{self.ports} of {self.frames} frames cannot be ports: write {self.frames} or fewer")
        for what in ("slots", "ids", "words", "threads", "spaces"):
            if getattr(self, what) > MOST:
                raise ArgumentError(f"{getattr(self, what)} {what} do not fit a set: write {MOST} or fewer")

    @property
    def numbers(self) -> int:
        """How many numbers the ids have between them."""
        return -(-self.ids // self.versions)

    def is_hardware(self, thread: int) -> bool:
        """Return whether the thread is one that sends interrupts."""
        return self.booted <= thread < self.booted + self.hardware

    def thread_name(self, thread: int) -> str:
        """The thread as people write it: ``τ1``."""
        return f"τ{thread}"

    def id_name(self, ident: int) -> str:
        """The id as people write it: ``#1``."""
        return f"#{ident}"

    def word_name(self, word: int) -> str:
        """The word as people write it: ``w1``."""
        return f"w{word}"

    def __str__(self) -> str:
        """``2 spaces × 1 page × 1 frame × 2 threads × 2 ids × 1 word``."""
        more = ((self.threads, "thread"), (self.ids, "id"), (self.words, "word"))
        return " × ".join([Scope.__str__(self), *(f"{n} {what if n == 1 else what + 's'}" for n, what in more)])


def members(of: int) -> list[int]:
    """The elements of a set that is held as the bits of an integer.

    >>> members(0b1101)
    [0, 2, 3]
    """
    return [n for n in range(of.bit_length()) if of >> n & 1]


def set_of(*elements: int) -> int:
    """The set of these elements, as the bits of an integer.

    >>> set_of(0, 2, 3)
    13
    """
    return sum(1 << n for n in set(elements))
