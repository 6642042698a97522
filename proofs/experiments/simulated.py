"""The simulated machine for experiments: spaces whose pages are all mapped, and a core that keeps a ledger."""

from collections.abc import Iterable, Sequence

from machine.costs.core import core_of, paging_of
from machine.costs.events import Event
from machine.costs.processor import Processor
from machine.costs.reading import ProcessorError
from machine.events import EXECUTE, READ
from machine.memory import Memory
from model.scope import ALL_RIGHTS, Scope
from refinement.kernel.page_table import PageTables, TablePool

MOST_PAGES = 1 << 14
"""How many pages of all spaces are simulated at most."""


class Bench:
    """Spaces of so many pages each on one core of a processor; every page has a frame of its own.

    :param pages: how many pages each space has, one after the other, or else at the virtual page ``numbers``.
    :param fully_associative: the buffer has no sets, whatever the processor's data say.
    :raises ProcessorError: these are too many pages, or too far apart, or too little is known of the buffer.
    """

    def __init__(
        self,
        processor: Processor,
        *,
        spaces: int,
        pages: int = 0,
        numbers: Sequence[int] = (),
        fully_associative: bool = False,
    ) -> None:
        """A core in space 0 with an empty buffer, empty caches and an empty ledger."""
        format = paging_of(processor)
        most = max(numbers, default=0) if numbers else pages - 1
        if spaces * (len(numbers) or pages) > MOST_PAGES or most >> (format.address_bits - format.page_bits - 1):
            raise ProcessorError(f"{processor.name}: its buffer has more pages than are simulated, {MOST_PAGES:,}")
        numbers = numbers or range(pages)
        self.addresses = [number << format.page_bits for number in numbers]
        scope = Scope(spaces, len(numbers), 1)
        tables = spaces * (1 + len(numbers) * (format.levels - 1))
        memory = Memory((1 + tables + scope.slots) << 12)
        self.tables = PageTables(scope, memory, format, TablePool(1, tables), self.addresses)
        for slot in range(scope.slots):
            self.tables.reserve(slot)
            self.tables.write(slot, 1 + tables + slot, ALL_RIGHTS)
        self.core = core_of(processor, memory, fully_associative=fully_associative)
        self.core.root, self.core.tag = self.tables.root(0), 1

    def enter(self, space: int) -> None:
        """Switch the page table; each space has a tag of its own, which an untagged buffer ignores."""
        self.core.switch(self.tables.root(space), space + 1)

    def touch(self, page: int, access: int = READ, offset: int = 0) -> None:
        """Load from a page of the current space, or fetch."""
        user = self.core.user
        self.core.user = True  # all pages are the user's; a trap's privilege is its price here, and no more
        (self.core.fetch if access == EXECUTE else self.core.load)(self.addresses[page] + offset)
        self.core.user = user

    def touch_all(self, pages: Iterable[int], access: int = READ) -> None:
        """Load from each of these pages once, or fetch."""
        for page in pages:
            self.touch(page, access)

    def refills(self, pages: Iterable[int], access: int = READ) -> int:
        """Return how many times the buffer was filled while each of these pages was touched once."""
        before = self.core.ledger.counts[Event.BUFFER_MISS]
        self.touch_all(pages, access)
        return self.core.ledger.counts[Event.BUFFER_MISS] - before
