"""Columns of a kernel's data that note each access, in a ledger and in the processor's data cache."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import SupportsIndex

from machine.costs.core import PricedCore
from machine.costs.events import Event
from machine.events import READ
from refinement.kernel.mapping_tree import Column

CELL_BYTES = 4


class Accesses:
    """Where the kernel's accesses are noted, once a core is there, with what each kind missed in the cache."""

    def __init__(self, keep: bool = False) -> None:
        """Nothing is noted before a core is given; addresses are kept if asked for."""
        self.core: PricedCore | None = None
        self.addresses: list[int] | None = [] if keep else None
        self.missed: Counter[Event] = Counter()

    def note(self, event: Event, address: int, size: int) -> None:
        """An access: what it is, and the lines that it touches."""
        if self.core is not None:
            ledger = self.core.ledger
            before = ledger.counts[Event.DATA_MISS]
            ledger.note(event)
            self.core.touch(address, size, READ)
            self.missed[event] += ledger.counts[Event.DATA_MISS] - before
            if self.addresses is not None:
                self.addresses.append(address)


class NotedColumn(list[int]):
    """A column of a kernel's data that notes each access as that event."""

    def __init__(self, values: Iterable[int], event: Event, base: int, accesses: Accesses) -> None:
        """The values, at that address."""
        super().__init__(values)
        self.event = event
        self.base = base
        self.accesses = accesses

    def __getitem__(self, index: SupportsIndex) -> int:  # type: ignore[override]
        """Read an element."""
        self.accesses.note(self.event, self.base + CELL_BYTES * int(index), CELL_BYTES)
        return super().__getitem__(index)

    def __setitem__(self, index: SupportsIndex, value: int) -> None:  # type: ignore[override]
        """Write an element."""
        self.accesses.note(self.event, self.base + CELL_BYTES * int(index), CELL_BYTES)
        super().__setitem__(index, value)


def noted(columns: Iterable[Column], event: Event, base: int, accesses: Accesses) -> Iterator[NotedColumn]:
    """The same columns noted, one after the other from an address on."""
    for column in columns:
        yield NotedColumn((int(column[n]) for n in range(len(column))), event, base, accesses)
        base += CELL_BYTES * len(column)
