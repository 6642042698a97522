"""The events that a core is charged for, the price of each on a processor, and the bill. One table has them all."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from machine.costs.processor import Kind, Processor
from machine.costs.quantity import UNKNOWN, Quantity, exactly


class Event(Enum):
    """Something that takes cycles."""

    INSTRUCTION = "fast instruction"
    TRAP_IN = "into the kernel"
    TRAP_OUT = "back to the user"
    SEGMENT_LOAD = "segment register loaded"
    ROOT_LOAD = "page table switched"
    BUFFER_MISS = "buffer miss"
    CODE_MISS = "cache miss, code"
    DATA_MISS = "cache miss, data"
    INVALIDATION = "translation invalidated"
    TABLE_READ = "table read by a walk"
    CELL = "cell of the mapping tree"
    ENTRY = "page-table entry"
    FIELD = "field of a thread's block"


def _way_in(processor: Processor) -> Quantity:
    """As stated; else what is left of a crossing that is stated as a whole."""
    if processor.trap_in.known or not processor.crossing.known:
        return processor.trap_in
    return processor.crossing - processor.trap_out if processor.trap_out.known else processor.crossing


def _way_out(processor: Processor) -> Quantity:
    """As stated; else what is left: nothing, where the whole crossing is charged on the way in."""
    if processor.trap_out.known or not processor.crossing.known:
        return processor.trap_out
    return processor.crossing - processor.trap_in if processor.trap_in.known else exactly(0)


def _miss(kind: Kind) -> Callable[[Processor], Quantity]:
    def price(processor: Processor) -> Quantity:
        found = processor.cache(kind)
        return UNKNOWN if found is None else found.miss

    return price


PRICES: Final[Mapping[Event, Callable[[Processor], Quantity]]] = MappingProxyType(
    {
        Event.INSTRUCTION: lambda processor: processor.fast_instruction,
        Event.TRAP_IN: _way_in,
        Event.TRAP_OUT: _way_out,
        Event.SEGMENT_LOAD: lambda processor: processor.segment_load,
        Event.ROOT_LOAD: lambda processor: processor.root_load,
        Event.BUFFER_MISS: lambda processor: processor.miss,
        Event.CODE_MISS: _miss(Kind.CODE),
        Event.DATA_MISS: _miss(Kind.DATA),
        Event.INVALIDATION: lambda processor: UNKNOWN,
        Event.TABLE_READ: lambda processor: exactly(0),
        Event.CELL: lambda processor: processor.fast_instruction,
        Event.ENTRY: lambda processor: processor.fast_instruction,
        Event.FIELD: lambda processor: processor.fast_instruction,
    }
)
"""What an event costs on a processor. Reads of tables are in a miss's price; no source prices an invalidation.

A cell, an entry or a field, read or written, is charged as a fast instruction; a miss of the cache comes on top.
"""


class Ledger:
    """Counts of each event; of buffer misses also at which level the page lay, so of which size it was."""

    __slots__ = ("counts", "levels")

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.counts: Counter[Event] = Counter()
        self.levels: Counter[int] = Counter()

    def note(self, event: Event, times: int = 1) -> None:
        """It happened."""
        self.counts[event] += times

    def note_fill(self, level: int, reads: int) -> None:
        """The buffer was filled with a page of that level, by a walk that read so many tables."""
        self.note(Event.BUFFER_MISS)
        self.note(Event.TABLE_READ, reads)
        self.levels[level] += 1

    def clear(self) -> None:
        """Start again."""
        self.counts.clear()
        self.levels.clear()


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a bill."""

    event: Event
    times: int
    price: Quantity

    @property
    def cycles(self) -> Quantity:
        """Times and price."""
        return self.price * self.times


@dataclass(frozen=True, slots=True)
class Bill:
    """The cycles that a processor takes for the events that happened."""

    items: tuple[Item, ...]

    @property
    def total(self) -> Quantity:
        """All of it; unknown if the price of anything that happened is."""
        return sum((item.cycles for item in self.items), exactly(0))

    @property
    def priced(self) -> Quantity:
        """Sum up the known prices."""
        return sum((item.cycles for item in self.items if item.price.known), exactly(0))

    @property
    def unpriced(self) -> tuple[Item, ...]:
        """List what happened and has no known price."""
        return tuple(item for item in self.items if not item.price.known)

    def __str__(self) -> str:
        """The cycles of what is priced, and what is not.

        >>> print(Bill((Item(Event.TRAP_IN, 1, exactly(71)), Item(Event.INVALIDATION, 2, UNKNOWN))))
        71 + 2 × ? (translation invalidated)
        """
        return " + ".join([str(self.priced), *(f"{each.times} × ? ({each.event.value})" for each in self.unpriced)])


def bill(ledger: Ledger, processor: Processor) -> Bill:
    """The bill for what a ledger has, at a processor's prices, in the order of the events."""
    return Bill(
        tuple(
            Item(event, ledger.counts[event], PRICES[event](processor)) for event in Event if ledger.counts[event] > 0
        )
    )
