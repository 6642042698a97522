"""Caches by sets, ways and lines, and the three kinds of misses: compulsory, capacity, conflict.

A miss is *compulsory* if its line was never used before; else *capacity* if a fully associative cache of the same size
with least recently used replacement misses too; else *conflict*. So a conflict is what more ways would have saved.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from machine.costs.processor import CacheData
from machine.costs.quantity import Quantity


class Cache:
    """A cache of lines in sets, least recently used replaced first; it knows which lines it has, not what is in them.

    :raises ValueError: a line that is no power of two, or sizes that do not divide.

    >>> cache = Cache(size=64, ways=1, line_bytes=16)
    >>> [cache.touch(address) for address in (0, 4, 64, 0)]
    [False, True, False, False]
    """

    __slots__ = ("_sets", "line_bytes", "size", "ways")

    def __init__(self, size: int, ways: int, line_bytes: int) -> None:
        """An empty cache; with ``ways`` 0 it is fully associative."""
        ways = ways or size // max(1, line_bytes)
        if line_bytes < 1 or line_bytes & (line_bytes - 1):
            raise ValueError(f"lines of {line_bytes} bytes: give a power of two")
        if ways < 1 or size < 1 or size % (ways * line_bytes):
            raise ValueError(
                f"a cache of {size} bytes in {ways} ways of {line_bytes}: give a positive multiple of both"
            )
        self.size = size
        self.ways = ways
        self.line_bytes = line_bytes
        self._sets: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(size // (ways * line_bytes))]

    @property
    def sets(self) -> int:
        """Count the sets."""
        return len(self._sets)

    def line(self, address: int) -> int:
        """The number of the line that an address is in."""
        return address // self.line_bytes

    def set_of(self, address: int) -> int:
        """The set in which an address is kept."""
        return self.line(address) % len(self._sets)

    def touch(self, address: int) -> bool:
        """Use the line of an address: whether it was there. It is there afterwards, and was used last."""
        line = self.line(address)
        lines = self._sets[line % len(self._sets)]
        hit = line in lines
        if hit:
            lines.move_to_end(line)
        else:
            if len(lines) >= self.ways:
                lines.popitem(last=False)
            lines[line] = None
        return hit

    def empty(self) -> None:
        """Drop everything."""
        for lines in self._sets:
            lines.clear()


@dataclass(frozen=True, slots=True)
class Misses:
    """Counts of a trace's hits and misses, by kind."""

    hits: int = 0
    compulsory: int = 0
    capacity: int = 0
    conflict: int = 0

    @property
    def misses(self) -> int:
        """All misses."""
        return self.compulsory + self.capacity + self.conflict

    @property
    def references(self) -> int:
        """All uses of lines."""
        return self.hits + self.misses

    @property
    def conflict_share(self) -> float:
        """Conflicts of all misses; 0 without any."""
        return self.conflict / self.misses if self.misses else 0.0


class ThreeCs:
    """A cache whose misses are told apart.

    >>> three = ThreeCs(size=32, ways=1, line_bytes=16)
    >>> for address in (0, 32, 0, 16, 48, 64, 0):
    ...     three.touch(address)
    >>> three.misses()
    Misses(hits=0, compulsory=5, capacity=1, conflict=1)
    """

    __slots__ = ("_counts", "_full", "_seen", "cache")

    def __init__(self, size: int, ways: int, line_bytes: int) -> None:
        """An empty cache, and a fully associative one of the same size beside it."""
        self.cache = Cache(size, ways, line_bytes)
        self._full = Cache(size, 0, line_bytes)
        self._seen: set[int] = set()
        self._counts = {"hits": 0, "compulsory": 0, "capacity": 0, "conflict": 0}

    def touch(self, address: int) -> None:
        """Use the line of an address."""
        hit, full_hit = self.cache.touch(address), self._full.touch(address)
        line = self.cache.line(address)
        kind = "hits" if hit else "compulsory" if line not in self._seen else "conflict" if full_hit else "capacity"
        self._counts[kind] += 1
        self._seen.add(line)

    def access(self, address: int, size: int) -> None:
        """Use each line that an access touches."""
        first, last = self.cache.line(address), self.cache.line(address + max(1, size) - 1)
        for line in range(first, last + 1):
            self.touch(line * self.cache.line_bytes)

    def misses(self) -> Misses:
        """The counts so far."""
        return Misses(**self._counts)


def classify(addresses: Iterable[int], size: int, ways: int, line_bytes: int) -> Misses:
    """The hits and misses of a trace of addresses in an empty cache."""
    three = ThreeCs(size, ways, line_bytes)
    for address in addresses:
        three.touch(address)
    return three.misses()


def cache_of(data: CacheData) -> Cache | None:
    """The cache that a processor's data describe; None if too little is known of it."""
    sizes: tuple[Quantity, ...] = (data.bytes, data.ways, data.line_bytes)
    if not all(each.known for each in sizes):
        return None
    return Cache(*(int(each.exact) for each in sizes))
