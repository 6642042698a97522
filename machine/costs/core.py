"""A core that keeps a ledger: the simulated core, with each event noted as it happens and real caches beside it.

It does what :class:`machine.core.Core` does, which knows nothing of it: who wants no ledger uses that class, and pays
nothing. A buffer refill that a permission asked for is charged as a miss, since it is a walk.
"""

from machine.core import Core
from machine.costs.caches import Cache, cache_of
from machine.costs.events import Event, Ledger
from machine.costs.processor import BufferPart, Kind, Processor
from machine.costs.quantity import exactly
from machine.costs.reading import ProcessorError
from machine.events import EXECUTE
from machine.formats import FORMATS, X86_32, Format
from machine.memory import Memory
from machine.tlb import Entry, SplitTlb, Tlb, TranslationBuffer
from machine.walker import Translation


class CountingBuffer:
    """A buffer whose invalidations are noted; in all else it is the buffer that it has."""

    __slots__ = ("buffer", "ledger", "tagged")

    def __init__(self, buffer: TranslationBuffer, ledger: Ledger) -> None:
        """Around that buffer."""
        self.buffer = buffer
        self.ledger = ledger
        self.tagged = buffer.tagged

    def lookup(self, address: int, tag: int, access: int) -> Entry | None:
        """As the buffer."""
        return self.buffer.lookup(address, tag, access)

    def insert(self, address: int, tag: int, access: int, translation: Translation) -> Entry:
        """As the buffer."""
        return self.buffer.insert(address, tag, access, translation)

    def invalidate_page(self, address: int, tag: int | None = None, shared: bool = True) -> None:
        """As the buffer, and noted."""
        self.ledger.note(Event.INVALIDATION)
        self.buffer.invalidate_page(address, tag, shared)

    def invalidate_tag(self, tag: int) -> None:
        """As the buffer, and noted."""
        self.ledger.note(Event.INVALIDATION)
        self.buffer.invalidate_tag(tag)

    def invalidate_all(self, shared: bool = True) -> None:
        """As the buffer; what a switch of the page table drops is in its price."""
        self.buffer.invalidate_all(shared)

    def entries(self) -> list[Entry]:
        """As the buffer."""
        return self.buffer.entries()


class PricedCore(Core):
    """A core that notes what it does in a ledger, and whose accesses go through caches, by physical address.

    :param ledger: where events are noted.
    :param code: the cache of fetches, if there is one to be simulated.
    :param data: the cache of loads and stores; the same object if it is unified.
    """

    __slots__ = ("code", "data", "ledger")

    def __init__(
        self,
        memory: Memory,
        format: Format,
        tlb: TranslationBuffer,
        *,
        ledger: Ledger | None = None,
        code: Cache | None = None,
        data: Cache | None = None,
        root: int = 0,
        tag: int = 0,
        user: bool = True,
    ) -> None:
        """A core with empty caches."""
        self.ledger = Ledger() if ledger is None else ledger
        super().__init__(memory, format, CountingBuffer(tlb, self.ledger), root=root, tag=tag, user=user)
        self.code = code
        self.data = data

    def trap(self) -> None:
        """Into the kernel."""
        self.user = False
        self.ledger.note(Event.TRAP_IN)

    def leave(self) -> None:
        """Back to the user."""
        self.user = True
        self.ledger.note(Event.TRAP_OUT)

    def load_segment(self) -> None:
        """Load a segment register; the page table stays, and the buffer with it."""
        self.ledger.note(Event.SEGMENT_LOAD)

    def switch(self, root: int, tag: int = 0) -> None:
        """Make another space current, which is noted."""
        self.ledger.note(Event.ROOT_LOAD)
        super().switch(root, tag)

    def touch(self, physical: int, size: int, access: int) -> None:
        """Use the lines of a physical address in the cache for that kind of access; misses are noted."""
        cache = self.code if access == EXECUTE else self.data
        if cache is None:
            return
        event = Event.CODE_MISS if access == EXECUTE else Event.DATA_MISS
        for line in range(cache.line(physical), cache.line(physical + size - 1) + 1):
            if not cache.touch(line * cache.line_bytes):
                self.ledger.note(event)

    def _fill(self, address: int, access: int) -> Entry:
        entry = super()._fill(address, access)
        self.ledger.note_fill(entry.level, self.format.root_level - entry.level + 1)
        return entry

    def _in_memory(self, address: int, size: int, access: int) -> list[tuple[int, int]]:
        pieces = super()._in_memory(address, size, access)
        for physical, count in pieces:
            self.touch(physical, count, access)
        return pieces


def paging_of(processor: Processor) -> Format:
    """The processor's paging format, or x86-32 for one that the machine does not have: then only misses are counted."""
    return next((format for format in FORMATS if format.name == processor.paging), X86_32)


def buffer_of(processor: Processor, format: Format, *, fully_associative: bool = False) -> TranslationBuffer:
    """The processor's translation lookaside buffer, least recently used replaced first.

    Of unknown ways it is fully associative, and of an unknown tag untagged.

    :param fully_associative: whatever is known of ways.
    :raises ProcessorError: the number of entries is unknown.
    """
    parts = processor.buffers or (BufferPart(Kind.UNIFIED, processor.entries),)
    if not all(part.entries.known for part in parts):
        raise ProcessorError(f"{processor.name}: the entries of the buffer are unknown: give buffer.entries a value")
    made = {
        part.kind: Tlb(
            format,
            int(part.entries.exact),
            0 if fully_associative or not part.ways.known else int(part.ways.exact),
            tagged=bool(processor.tagged),
        )
        for part in parts
    }
    if len(made) == 1:
        return next(iter(made.values()))
    return SplitTlb(made[Kind.CODE], made[Kind.DATA])


def data_entries(processor: Processor) -> int:
    """Return how many entries serve loads and stores.

    :raises ProcessorError: that is unknown.
    """
    for part in processor.buffers or (BufferPart(Kind.UNIFIED, processor.entries),):
        if part.kind != Kind.CODE and part.entries != exactly(0) and part.entries.known:
            return int(part.entries.exact)
    raise ProcessorError(f"{processor.name}: the entries of the buffer are unknown: give buffer.entries a value")


def core_of(processor: Processor, memory: Memory, *, fully_associative: bool = False) -> PricedCore:
    """A core with the processor's buffer and, as far as they are known, caches.

    :raises ProcessorError: the number of the buffer's entries is unknown.
    """
    format = paging_of(processor)
    caches = {
        kind: None if (found := processor.cache(kind)) is None else cache_of(found) for kind in (Kind.CODE, Kind.DATA)
    }
    if processor.cache(Kind.CODE) is processor.cache(Kind.DATA):
        caches[Kind.CODE] = caches[Kind.DATA]
    tlb = buffer_of(processor, format, fully_associative=fully_associative)
    return PricedCore(memory, format, tlb, code=caches[Kind.CODE], data=caches[Kind.DATA])
