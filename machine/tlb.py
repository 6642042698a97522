"""Translation lookaside buffers: what a core remembers of its walks, and goes on believing until it is told.

A buffer caches translations with their rights and dirty state exactly as the walk found them, so a stale entry
grants what the table granted then. It never caches what was not present (a faulting walk leaves no entry).
Caches of pointer entries (paging-structure caches) are not modelled.
"""

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from machine.events import EXECUTE
from machine.formats.base import Format
from machine.walker import Translation

SHARED_TAG: Final = -1
"""The tag under which global entries are kept; no address space has it."""


class Replacement(Enum):
    """The policy that chooses which entry of a full set makes room."""

    LRU = "least recently used"
    FIFO = "first in, first out"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached translation: which page (number at its level) of which tag, where to, and with what rights."""

    tag: int
    level: int
    page: int
    frame: int
    attributes: int
    dirty: bool

    @property
    def shared(self) -> bool:
        """Is it global: matched under every tag?"""
        return self.tag == SHARED_TAG


class TranslationBuffer(Protocol):
    """The interface that a core needs of a translation lookaside buffer."""

    tagged: bool

    def lookup(self, address: int, tag: int, access: int) -> Entry | None:
        """The entry that translates an address under a tag, if there is one; counts as a use."""

    def insert(self, address: int, tag: int, access: int, translation: Translation) -> Entry:
        """Cache a successful walk, replacing an entry of the same page or of a full set."""

    def invalidate_page(self, address: int, tag: int | None = None, shared: bool = True) -> None:
        """Drop what translates an address: under one tag, or under all for None; global entries unless not shared."""

    def invalidate_tag(self, tag: int) -> None:
        """Drop everything of one tag; global entries stay."""

    def invalidate_all(self, shared: bool = True) -> None:
        """Drop everything; with ``shared`` false, global entries stay."""

    def entries(self) -> list[Entry]:
        """All entries, for inspection."""


class Tlb:
    """A set-associative buffer of ``capacity`` entries in sets of ``ways`` (fully associative if 0).

    ``tagged``: entries carry an address-space identifier and survive a switch; otherwise a switch drops all but
    global ones. ``seed`` fixes random replacement. A superpage takes one entry. Raises ValueError if ``ways``
    does not divide ``capacity``.
    """

    __slots__ = (
        "_index_bits",
        "_levels",
        "_page_bits",
        "_random",
        "_sets",
        "capacity",
        "replacement",
        "tagged",
        "ways",
    )

    def __init__(
        self,
        format: Format,
        capacity: int,
        ways: int = 0,
        *,
        replacement: Replacement = Replacement.LRU,
        tagged: bool = False,
        seed: int = 0,
    ) -> None:
        """An empty buffer for pages of ``format``."""
        ways = ways or capacity
        if capacity < 1 or capacity % ways:
            raise ValueError(f"{capacity} entries in sets of {ways}: give a positive multiple of the ways")
        self.capacity = capacity
        self.ways = ways
        self.replacement = replacement
        self.tagged = tagged
        self._page_bits = format.page_bits
        self._index_bits = format.index_bits
        self._random = random.Random(seed)
        self._sets: list[OrderedDict[tuple[int, int, int], Entry]] = [OrderedDict() for _ in range(capacity // ways)]
        # How many entries each level has, so that a lookup probes only the page sizes in use.
        self._levels: dict[int, int] = {}

    def _page(self, address: int, level: int) -> int:
        return address >> (self._page_bits + level * self._index_bits)

    def lookup(self, address: int, tag: int, access: int) -> Entry | None:
        """The entry that translates an address under a tag (ignored if untagged), or None."""
        tag = tag if self.tagged else 0
        for level in self._levels:
            page = self._page(address, level)
            bucket = self._sets[page % len(self._sets)]
            for owner in (tag, SHARED_TAG):
                entry = bucket.get((level, page, owner))
                if entry is not None:
                    if self.replacement == Replacement.LRU:
                        bucket.move_to_end((level, page, owner))
                    return entry
        return None

    def insert(self, address: int, tag: int, access: int, translation: Translation) -> Entry:
        """Cache a successful walk; any entry for the same address and tag (of whatever page size) goes first."""
        tag = tag if self.tagged else 0
        self._drop_address(address, tag, shared=True)
        owner = SHARED_TAG if translation.shared else tag
        page = self._page(address, translation.level)
        entry = Entry(owner, translation.level, page, translation.frame, translation.attributes, translation.dirty)
        bucket = self._sets[page % len(self._sets)]
        if len(bucket) >= self.ways:
            self._remove(self._victim(bucket))
        key = translation.level, page, owner
        bucket[key] = entry
        self._levels[translation.level] = self._levels.get(translation.level, 0) + 1
        return entry

    def invalidate_page(self, address: int, tag: int | None = None, shared: bool = True) -> None:
        """Drop what translates an address: of one tag, or with ``tag`` None of all; global entries where ``shared``.

        x86's INVLPG has the current tag and ``shared``: other tags keep theirs. RISC-V's sfence.vma with an address has
        the tag that it names and not ``shared``, or None and ``shared``. An untagged buffer has no tags to tell apart.
        """
        if tag is not None and self.tagged:
            self._drop_address(address, tag, shared)
            return
        for entry in self.entries():
            if entry.page == self._page(address, entry.level) and (shared or not entry.shared):
                self._remove(entry)

    def invalidate_tag(self, tag: int) -> None:
        """Drop everything of one tag; global entries stay. On an untagged buffer, all but global entries."""
        for entry in self.entries():
            if not entry.shared and (not self.tagged or entry.tag == tag):
                self._remove(entry)

    def invalidate_all(self, shared: bool = True) -> None:
        """Drop everything, or with ``shared`` false everything but global entries."""
        for entry in self.entries():
            if shared or not entry.shared:
                self._remove(entry)

    def entries(self) -> list[Entry]:
        """All entries, set by set, the next victim of LRU or FIFO first within its set."""
        return [entry for bucket in self._sets for entry in bucket.values()]

    def _victim(self, bucket: OrderedDict[tuple[int, int, int], Entry]) -> Entry:
        if self.replacement is Replacement.RANDOM:
            return list(bucket.values())[self._random.randrange(len(bucket))]
        return next(iter(bucket.values()))

    def _drop_address(self, address: int, tag: int, shared: bool) -> None:
        owners = (tag, SHARED_TAG) if shared else (tag,)
        for level in list(self._levels):
            page = self._page(address, level)
            bucket = self._sets[page % len(self._sets)]
            for owner in owners:
                entry = bucket.get((level, page, owner))
                if entry is not None:
                    self._remove(entry)

    def _remove(self, entry: Entry) -> None:
        key = entry.level, entry.page, entry.tag
        del self._sets[entry.page % len(self._sets)][key]
        self._levels[entry.level] -= 1
        if self._levels[entry.level] == 0:
            del self._levels[entry.level]


class SplitTlb:
    """Two buffers, one for fetches and one for loads and stores; invalidations reach both."""

    __slots__ = ("code", "data", "tagged")

    def __init__(self, code: TranslationBuffer, data: TranslationBuffer) -> None:
        """Both must be tagged, or neither; otherwise ValueError."""
        if code.tagged != data.tagged:
            raise ValueError("one buffer is tagged and the other is not: a core's buffers follow one rule at a switch")
        self.code = code
        self.data = data
        self.tagged = code.tagged

    def _side(self, access: int) -> TranslationBuffer:
        return self.code if access == EXECUTE else self.data

    def lookup(self, address: int, tag: int, access: int) -> Entry | None:
        """From the buffer for this kind of access."""
        return self._side(access).lookup(address, tag, access)

    def insert(self, address: int, tag: int, access: int, translation: Translation) -> Entry:
        """Into the buffer for this kind of access."""
        return self._side(access).insert(address, tag, access, translation)

    def invalidate_page(self, address: int, tag: int | None = None, shared: bool = True) -> None:
        """In both."""
        self.code.invalidate_page(address, tag, shared)
        self.data.invalidate_page(address, tag, shared)

    def invalidate_tag(self, tag: int) -> None:
        """In both."""
        self.code.invalidate_tag(tag)
        self.data.invalidate_tag(tag)

    def invalidate_all(self, shared: bool = True) -> None:
        """In both."""
        self.code.invalidate_all(shared)
        self.data.invalidate_all(shared)

    def entries(self) -> list[Entry]:
        """List the buffers for fetches, then those for data."""
        return self.code.entries() + self.data.entries()


def i486(format: Format) -> Tlb:
    """Intel 486: 32 entries, 4-way, untagged (its pseudo-LRU taken as LRU)."""
    return Tlb(format, 32, 4)


def pentium(format: Format) -> SplitTlb:
    """Pentium: 32 entries for code and 64 for data, 4-way, untagged (its 8 entries for 4 MiB data pages not apart)."""
    return SplitTlb(Tlb(format, 32, 4), Tlb(format, 64, 4))


def powerpc(format: Format) -> Tlb:
    """PowerPC 601: 256 entries, 2-way, taken as untagged (its segment registers are not modelled)."""
    return Tlb(format, 256, 2)


def r4000(format: Format, seed: int = 0) -> Tlb:
    """MIPS R4000: 48 entries, fully associative, tagged, random replacement (its page pairs not modelled)."""
    return Tlb(format, 48, replacement=Replacement.RANDOM, tagged=True, seed=seed)


def riscv_asid(format: Format, capacity: int = 32) -> Tlb:
    """A RISC-V core with address-space identifiers: fully associative, LRU, 32 entries unless said otherwise."""
    return Tlb(format, capacity, tagged=True)


PRESETS: Final[dict[str, Callable[[Format], TranslationBuffer]]] = {
    "486": i486,
    "Pentium": pentium,
    "PowerPC": powerpc,
    "R4000": r4000,
    "RISC-V": riscv_asid,
}
"""Named buffers: each takes the paging format and gives an empty buffer."""
