"""Hold all that manuals let buffers hold, at once: a core whose accesses may end in every way that is allowed.

A processor is one choice among these; software that is right for all of them is right for any. So nothing is chosen
here: a buffer *may* hold whatever some walk could have left in it and no invalidation has taken away, and an access has
all the ends that follow from it, whatever the sizes of the translations that it meets. What one end leaves in the
buffer takes no other end away, so that all are explored without a search.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from machine.core import Core
from machine.events import WRITE, PageFault, Reason
from machine.formats.base import ABSENT, LEAF, POINTER, Format
from machine.memory import Memory
from machine.ports import IoPorts
from machine.tlb import SHARED_TAG, Entry
from machine.walker import Translation

End: TypeAlias = int | PageFault
"""Of an access: the physical address that it reaches, or the fault."""

NOWHERE: Final = -1
"""The level of the leaf that maps an address which none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What a manual allows, and what an invalidation of a page need not reach."""

    absent: bool = False
    """An entry that is not present may be held, so that a page is missed after it was mapped."""
    directories: bool = False
    """Pointers to tables may be held (paging-structure caches, walk caches), so that a walk begins in an old table."""
    page_leaves_directories: bool = False
    """Invalidating a page reaches its leaf alone: pointers and what is absent above the last level stay."""
    page_takes_directories: bool = False
    """Invalidating a page and what is global there (INVLPG) takes all pointers of its tag, of whatever addresses."""
    parts: bool = False
    """Of a large page, smaller ones may be held. Invalidating an address takes the one that translates it, and the
    others only where the tables map the address by that large page."""
    rows: bool = False
    """The leaf of one page in a row (NAPOT, contiguous) may be held for all pages of the row."""
    conflict: bool = False
    """Translations of several sizes that are held of one address may end an access by that (a TLB conflict abort)."""
    denials: bool = False
    """A translation that does not permit an access may end it, and the tables are not asked again."""


INTEL: Final = Allowed(directories=True, page_takes_directories=True, parts=True, denials=True)
"""Intel SDM vol. 3A, 4.10: what is not present is not held, a large page may be held as smaller ones (4.10.2.3).

INVLPG takes all of the PCID's paging-structure caches. It takes all that is held of a large page if the paging
structures map the address by one (4.10.4.1); for a page that was taken apart or cleared before, that is not said.
"""

RISCV: Final = Allowed(absent=True, directories=True, page_leaves_directories=True, rows=True, denials=True)
"""RISC-V Privileged 1.12, 4.2.1: SFENCE.VMA with an address is for leaf entries; what is not valid may be held.

A NAPOT leaf may be held for each of its pages (chapter Svnapot).
"""

SVVPTC: Final = replace(RISCV, absent=False)
"""With the extension Svvptc, by which an entry that becomes valid is seen, soon."""

ARM: Final = Allowed(directories=True, conflict=True, rows=True, denials=True)
"""Arm ARM DDI 0487, D8.13 to D8.16: TLBI VAE1 reaches walk caches; sizes that mix may give a TLB conflict abort.

Entries with the contiguous bit may be held as one (D8.7.1).
"""


@dataclass(frozen=True, slots=True)
class Part(Entry):
    """A translation of a smaller page than the leaf's, which is at level ``whole``."""

    whole: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer that is held: of a tag's tables at a level, for which addresses, to which table, letting pass what."""

    tag: int
    level: int
    page: int
    table: int
    attributes: int
    shared: int


@dataclass(frozen=True, slots=True)
class Absence:
    """An entry that is held as not present: of a tag's tables at a level, for which addresses."""

    tag: int
    level: int
    page: int


Held: TypeAlias = Entry | Pointer | Absence


class MayHold:
    """Everything that a buffer may hold by now, oldest first; a translation buffer for an :class:`AnyCore`."""

    __slots__ = ("_format", "_held", "allowed", "mapped_at", "tagged")

    def __init__(self, format: Format, allowed: Allowed, *, tagged: bool = True) -> None:
        """Nothing is held yet."""
        self._format = format
        self._held: dict[Held, None] = {}
        self.allowed = allowed
        self.tagged = tagged
        self.mapped_at: Callable[[int, int], int] = lambda address, tag: NOWHERE
        """At which level the tables map an address under a tag; a core says it."""

    def tag(self, tag: int) -> int:
        """The tag under which something is held; all are one if the buffer is untagged."""
        return tag if self.tagged else 0

    def _covers(self, held: Held, address: int) -> bool:
        return held.page == address >> self._format.span_bits(held.level)

    def of(self, address: int, tag: int) -> Iterator[Held]:
        """The translations and pointers held for an address under a tag, oldest first."""
        owners = (self.tag(tag), SHARED_TAG)
        return (held for held in tuple(self._held) if held.tag in owners and self._covers(held, address))

    def note(self, held: Held) -> None:
        """It may be held from now on, if the manual allows it."""
        if isinstance(held, Pointer) and not self.allowed.directories:
            return
        if isinstance(held, Absence) and not self.allowed.absent:
            return
        if isinstance(held, Part) and not self.allowed.parts:
            return
        self._held.setdefault(held)

    def lookup(self, address: int, tag: int, access: int) -> Entry | None:
        """The oldest translation of an address under a tag, if there is one."""
        return next((held for held in self.of(address, tag) if isinstance(held, Entry)), None)

    def insert(self, address: int, tag: int, access: int, translation: Translation) -> Entry:
        """Note that the result of a walk may be held."""
        owner = SHARED_TAG if translation.shared else self.tag(tag)
        page = address >> self._format.span_bits(translation.level)
        frame, attributes, dirty = translation.frame, translation.attributes, translation.dirty
        entry = Entry(owner, translation.level, page, frame, attributes, dirty)
        self.note(entry)
        return entry

    def invalidate_page(self, address: int, tag: int | None = None, shared: bool = True) -> None:
        """Forget what translates an address, of the tags that :meth:`machine.tlb.Tlb.invalidate_page` says.

        So is what is held of its path, unless ``page_leaves_directories``; see ``page_takes_directories`` and ``parts``
        for what else is.
        """
        self._forget(address, tag, shared, everywhere=shared and self.allowed.page_takes_directories)

    def invalidate_after_fault(self, address: int, tag: int) -> None:
        """Forget what a page fault takes on x86: what translates the address and is held of its path (4.10.4.1)."""
        self._forget(address, tag, shared=True, everywhere=False)

    def _forget(self, address: int, tag: int | None, shared: bool, everywhere: bool) -> None:
        leaves = self.allowed.page_leaves_directories

        def goes(held: Held) -> bool:
            if not (self._covers(held, address) or (everywhere and isinstance(held, Pointer)) or beside(held)):
                return False
            if leaves and held.level > 0 and not isinstance(held, Entry):
                return False
            if held.tag == SHARED_TAG:
                return shared
            return tag is None or held.tag == self.tag(tag)

        def beside(held: Held) -> bool:
            """Is it another part of the large page that maps the address?"""
            if not isinstance(held, Part) or self.mapped_at(address, held.tag) != held.whole:
                return False
            bits = self._format.span_bits(held.whole)
            return held.page << self._format.span_bits(held.level) >> bits == address >> bits

        self._drop(goes)

    def invalidate_tag(self, tag: int) -> None:
        """Everything of one tag is gone; global translations stay."""
        self._drop(lambda held: held.tag == self.tag(tag))

    def invalidate_all(self, shared: bool = True) -> None:
        """Everything is gone; with ``shared`` false, global translations stay."""
        self._drop(lambda held: shared or held.tag != SHARED_TAG)

    def _drop(self, goes: Callable[[Held], bool]) -> None:
        self._held = {held: None for held in self._held if not goes(held)}

    def entries(self) -> list[Entry]:
        """All translations, oldest first."""
        return [held for held in self._held if isinstance(held, Entry)]


class AnyCore(Core):
    """A core whose accesses may end in every way that its buffer, a :class:`MayHold`, allows.

    :meth:`ends` are all ways; an access that is made takes the one that ``choose`` picks of them, by default the first,
    which is the oldest. Accessed and dirty flags are set by walks from the root alone: that a walk from an old table
    may set them in what that table has become is not shown.
    """

    __slots__ = ("_roots", "buffer", "choose")

    def __init__(
        self,
        memory: Memory,
        format: Format,
        tlb: MayHold,
        *,
        root: int = 0,
        tag: int = 0,
        user: bool = True,
        control: int | None = None,
        ports: IoPorts | None = None,
        choose: Callable[[Sequence[End]], End] = lambda ends: ends[0],
    ) -> None:
        """A core as any other, but for its buffer."""
        super().__init__(memory, format, tlb, root=root, tag=tag, user=user, control=control, ports=ports)
        self.buffer = tlb
        self.choose = choose
        self._roots: dict[int, int] = {}
        tlb.mapped_at = self._mapped_at

    def translate(self, address: int, access: int) -> int:
        """The physical address of one byte, as it is chosen; a fault is raised, and on x86 drops what it came from."""
        end = self.choose(self.ends(address, access))
        if isinstance(end, PageFault):
            self.counters.faults += 1
            if self.format.faults_invalidate:
                self.buffer.invalidate_after_fault(address, self.tag)
            raise end
        return end

    def ends(self, address: int, access: int) -> list[End]:
        """Every end that an access may have now, oldest first; what each of them leaves may then be held."""
        found: dict[End, None] = {}
        self._roots[self.buffer.tag(self.tag)] = self.root
        held = list(self.buffer.of(address, self.tag))
        entries = [each for each in held if isinstance(each, Entry)]
        for entry in entries:
            for part in self._parts(entry, address):
                self.buffer.note(part)
            permitted = self.format.permits(entry.attributes, access, int(self.user), self.control)
            if permitted and (access != WRITE or entry.dirty):
                found.setdefault(self._physical(entry, address))
            elif not permitted and self.buffer.allowed.denials:
                found.setdefault(self._fault(Reason.DENIED, entry.level, address, access))
        if self.buffer.allowed.conflict and len({_leaf_level(entry) for entry in entries}) > 1:
            found.setdefault(self._fault(Reason.CONFLICT, 0, address, access))
        for each in held:
            if isinstance(each, Absence):
                found.setdefault(self._fault(Reason.ABSENT, each.level, address, access))
            if isinstance(each, Pointer):
                below = each.table, each.level - 1, each.attributes, each.shared
                found.setdefault(self._descend(*below, address, access))
        self.counters.walks += 1
        real = self._walker.translate(address, access, self.user, self.root)
        if not isinstance(real, PageFault) or real.reason != Reason.NONCANONICAL:
            self._descend(self.root >> 12, self.format.root_level, self.format.all_attributes, 0, address, access)
        found.setdefault(real if isinstance(real, PageFault) else real.physical)
        return list(found)

    def _physical(self, entry: Entry, address: int) -> int:
        return (entry.frame << 12) | (address & ((1 << self.format.span_bits(entry.level)) - 1))

    def _fault(self, reason: Reason, level: int, address: int, access: int) -> PageFault:
        vector, code = self.format.fault(reason, level, access, int(self.user), self.control)
        return PageFault(reason, address, access, self.user, vector, code)

    def _descend(self, table: int, level: int, attributes: int, shared: int, address: int, access: int) -> End:
        """The end of a walk that goes on from a table; what it reads on the way may be held. Nothing is marked."""
        format, tag, control = self.format, self.buffer.tag(self.tag), self.control
        words = self.memory.words(format.entry_bytes)
        while True:
            at = (table << 12) // format.entry_bytes + format.index(address, level)
            if at >= len(words):
                return self._fault(Reason.TABLE_OUTSIDE, level, address, access)
            entry, page = words[at], address >> format.span_bits(level)
            kind = format.kind(entry, level, control)
            if kind != POINTER:
                break
            attributes &= format.limits(entry)
            shared |= format.shared(entry, 0, control)
            table = format.table(entry)
            self.buffer.note(Pointer(tag, level, page, table, attributes, shared))
            level -= 1
        if kind != LEAF:
            if kind == ABSENT:
                self.buffer.note(Absence(tag, level, page))
            return self._fault(Reason.ABSENT if kind == ABSENT else Reason.MALFORMED, level, address, access)
        attributes &= format.attributes(entry, level)
        marked = format.mark(entry, 1, access)
        unmarked = marked != entry and not format.updates(control)
        permitted = format.permits(attributes, access, int(self.user), control)
        if unmarked and (permitted or format.unmarked_first):
            return self._fault(Reason.UNMARKED, level, address, access)
        dirty = format.flags(marked if permitted else entry) & 2 != 0
        owner = SHARED_TAG if shared | format.shared(entry, 1, control) else tag
        held = Entry(owner, level, page, format.frame_at(entry, level, address), attributes, dirty)
        self.buffer.note(held)
        for part in self._parts(held, address):
            self.buffer.note(part)
        row = format.row(entry, level)
        for other in self._row(held, row) if row and self.buffer.allowed.rows else ():
            self.buffer.note(other)
        return self._physical(held, address) if permitted else self._fault(Reason.DENIED, level, address, access)

    def _parts(self, held: Entry, address: int) -> Iterator[Part]:
        """As what a translation may be held for an address, if not as itself: a page of each smaller size."""
        if isinstance(held, Part):
            return
        for level in range(held.level):
            bits = self.format.span_bits(level)
            frame = self._physical(held, address) >> bits << bits - 12
            yield Part(held.tag, level, address >> bits, frame, held.attributes, held.dirty, held.level)

    def _row(self, held: Entry, row: int) -> Iterator[Entry]:
        """The translations of all pages of a row, of which one is held."""
        for place in range(row + 1):
            page, frame = held.page & ~row | place, self.format.frame_in_row(held.frame, row, place, held.level)
            yield replace(held, page=page, frame=frame)

    def _mapped_at(self, address: int, tag: int) -> int:
        """The level of the leaf by which the tables that were last current under a tag map an address."""
        self._roots[self.buffer.tag(self.tag)] = self.root
        format, words = self.format, self.memory.words(self.format.entry_bytes)
        table = self._roots.get(tag, self.root) >> 12
        for level in range(format.root_level, -1, -1):
            at = (table << 12) // format.entry_bytes + format.index(address, level)
            kind = format.kind(words[at], level, self.control) if at < len(words) else ABSENT
            if kind != POINTER:
                return level if kind == LEAF else NOWHERE
            table = format.table(words[at])
        return NOWHERE


def _leaf_level(entry: Entry) -> int:
    """The level of the leaf that a translation is from."""
    return entry.whole if isinstance(entry, Part) else entry.level
