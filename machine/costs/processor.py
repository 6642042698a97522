"""A processor as data: what its crossings, loads, misses and buffers are, as far as somebody has stated it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from machine.costs.quantity import UNKNOWN, Quantity, exactly


class Kind(Enum):
    """What a buffer or a cache serves."""

    UNIFIED = "unified"
    CODE = "code"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class BufferPart:
    """A translation lookaside buffer, or the half of a split one."""

    kind: Kind
    entries: Quantity = UNKNOWN
    ways: Quantity = UNKNOWN


@dataclass(frozen=True, slots=True)
class CacheData:
    """A first-level cache: bytes, ways, bytes of a line, how it writes, cycles that a miss adds."""

    kind: Kind
    bytes: Quantity = UNKNOWN
    ways: Quantity = UNKNOWN
    line_bytes: Quantity = UNKNOWN
    write: str = "?"
    miss: Quantity = UNKNOWN


@dataclass(frozen=True, slots=True)
class Processor:
    """The figures stated of a processor. Costs are in cycles; what nobody stated is unknown.

    :param trap: into the kernel and back; ``trap_in`` and ``trap_out`` its parts.
    :param segment_load: loading one segment register.
    :param segment_switch: another space by segments alone.
    :param root_load: changing the page table itself, without the misses that follow.
    :param tagged: whether entries of the buffer survive that change; unknown if None.
    :param refill: who fills the buffer: ``hardware``, ``software`` or ``?``.
    :param paging: the name of a paging format of the simulated machine, or ``?``.
    :param sources: for each value the place that states it, by its path in the file.
    """

    name: str
    about: str = ""
    clock_mhz: Quantity = UNKNOWN
    fast_instruction: Quantity = UNKNOWN
    trap_in: Quantity = UNKNOWN
    trap_out: Quantity = UNKNOWN
    trap: Quantity = UNKNOWN
    segment_load: Quantity = UNKNOWN
    segment_switch: Quantity = UNKNOWN
    root_load: Quantity = UNKNOWN
    paging: str = "?"
    tagged: bool | None = None
    refill: str = "?"
    entries: Quantity = UNKNOWN
    miss: Quantity = UNKNOWN
    buffers: tuple[BufferPart, ...] = ()
    caches: tuple[CacheData, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def crossing(self) -> Quantity:
        """Into the kernel and back: as stated, or the sum of the parts."""
        return self.trap if self.trap.known else self.trap_in + self.trap_out

    @property
    def capacity(self) -> Quantity:
        """The entries of all buffers: as stated, or the sum of the parts."""
        if self.entries.known or not self.buffers:
            return self.entries
        total = exactly(0)
        for part in self.buffers:
            total = total + part.entries
        return total

    def cache(self, kind: Kind) -> CacheData | None:
        """The cache that serves code, or data; a unified one serves both."""
        return next((each for each in self.caches if each.kind in (kind, Kind.UNIFIED)), None)
