"""The page walker: from a virtual address to a physical one, through the tables in physical memory.

One source for both speeds: ``build_walk`` makes the walk of a format as a function of plain integers; this module
runs it in Python, machine.batch compiles the same function for arrays.

Accessed and dirty flags are written only if the translation succeeds, those of pointers (x86) included. The
manuals let a processor set a pointer's A on a walk that faults further down as well; software can't rely on either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from machine.events import BusError, PageFault, Reason
from machine.formats.base import LEAF, MALFORMED, POINTER, Format
from machine.memory import Memory, Words

Outcome: TypeAlias = tuple[int, int, int, int, int]
"""Reason, level where the walk ended, leaf entry as it is after the walk, attributes of the path, global flag."""

Walk: TypeAlias = Callable[[Any, int, int, int, int, int], Outcome]
"""Words of memory, root, address, access, user flag, control -> outcome."""

OK: Final = int(Reason.OK)
ABSENT_ENTRY: Final = int(Reason.ABSENT)
MALFORMED_ENTRY: Final = int(Reason.MALFORMED)
DENIED: Final = int(Reason.DENIED)
BARRED: Final = int(Reason.BARRED)
UNMARKED: Final = int(Reason.UNMARKED)
TABLE_OUTSIDE: Final = int(Reason.TABLE_OUTSIDE)
NONCANONICAL: Final = int(Reason.NONCANONICAL)


def build_walk(format: Format) -> Walk:
    """The walk of a format, a function of plain integers that calls the format's."""
    root_level = format.root_level
    page_bits = format.page_bits
    index_bits = format.index_bits
    index_mask = format.entries - 1
    entry_shift = format.entry_bytes.bit_length() - 1
    frame_shift = 12 - entry_shift  # frames have 4 KiB, whatever a page has
    canonical = format.canonical
    kind_of = format.kind
    table_of = format.table
    limits_of = format.limits
    attributes_of = format.attributes
    all_attributes = format.all_attributes
    permits = format.permits
    bars = format.bars
    shared_of = format.shared
    mark = format.mark
    updates = format.updates
    unmarked_first = format.unmarked_first

    def walk(words: Any, root: int, address: int, access: int, user: int, control: int) -> Outcome:
        if canonical(address) == 0:
            return NONCANONICAL, root_level, 0, 0, 0
        base = root >> entry_shift
        attributes = all_attributes
        shared = 0
        unmarked = 0
        level = root_level
        while True:
            slot = base + ((address >> (page_bits + level * index_bits)) & index_mask)
            if slot >= len(words):
                return TABLE_OUTSIDE, level, 0, 0, 0
            entry = words[slot]
            kind = kind_of(entry, level, control)
            if kind == POINTER:
                attributes &= limits_of(entry)
                shared |= shared_of(entry, 0, control)
                unmarked |= mark(entry, 0, access) ^ entry
                base = table_of(entry) << frame_shift
                level -= 1
                continue
            if kind == LEAF:
                break
            return (MALFORMED_ENTRY if kind == MALFORMED else ABSENT_ENTRY), level, 0, 0, 0
        attributes &= attributes_of(entry, level)
        marked = mark(entry, 1, access)
        unmarked |= marked ^ entry
        left_to_software = unmarked != 0 and updates(control) == 0
        if left_to_software and unmarked_first:
            return UNMARKED, level, 0, 0, 0
        if permits(attributes, access, user, control) == 0:
            return (BARRED if bars(attributes, access, user, control) != 0 else DENIED), level, 0, 0, 0
        if left_to_software:
            return UNMARKED, level, 0, 0, 0
        if unmarked != 0:
            # Down the same path again: an entry may be pointer and leaf at once (a table that maps itself), so
            # each is read afresh and marks are only ever added.
            base = root >> entry_shift
            for upper in range(root_level, level, -1):
                above = base + ((address >> (page_bits + upper * index_bits)) & index_mask)
                pointer = words[above]
                words[above] = mark(pointer, 0, access)
                base = table_of(pointer) << frame_shift
            marked = mark(words[slot], 1, access)
            words[slot] = marked
        return OK, level, marked, attributes, shared | shared_of(entry, 1, control)

    return walk


def _refusable(walk: Walk, root_level: int) -> Walk:
    """The walk in a memory that may refuse an entry: it ends there as if the table lay outside."""

    def refusable(words: Any, root: int, address: int, access: int, user: int, control: int) -> Outcome:
        words.reads = 0
        try:
            return walk(words, root, address, access, user, control)
        except BusError:
            return TABLE_OUTSIDE, max(0, root_level + 1 - words.reads), 0, 0, 0

    return refusable


def wide_root(walk: Walk, format: Format) -> Walk:
    """The walk where several tables are the root, one after the other: the address's highest bits select one."""
    above, size = format.span_bits(format.levels), format.table_bytes

    def wide(words: Any, root: int, address: int, access: int, user: int, control: int) -> Outcome:
        return walk(words, root + (address >> above) * size, address, access, user, control)

    return wide


def walk_of(format: Format, words: object) -> Walk:
    """The walk of a format in a memory's words, whatever its root, and whether or not they may be refused."""
    walk = build_walk(format)
    if format.root_tables > 1:
        walk = wide_root(walk, format)
    return _refusable(walk, format.root_level) if isinstance(words, Words) else walk


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation that succeeded, and all of it that a translation lookaside buffer may cache.

    ``physical`` is the physical address; ``level`` the leaf's level, so that the page has 2^span_bits(level) bytes (one
    of several in a row, where an entry maps these); ``frame`` its first 4 KiB frame; ``attributes`` what the whole path
    grants (see formats.base); ``dirty`` the leaf's dirty flag after the access; ``shared`` whether the translation is
    global.
    """

    physical: int
    level: int
    frame: int
    attributes: int
    dirty: bool
    shared: bool


class Walker:
    """Walks the tables of one format in one memory, one address at a time.

    ``control`` is the format's mask of processor modes; the format's default if not given.
    """

    __slots__ = ("_walk", "_words", "control", "format")

    def __init__(self, memory: Memory, format: Format, control: int | None = None) -> None:
        """A walker over ``memory`` for tables in ``format``."""
        self.format = format
        self.control = format.default_control if control is None else control
        self._words = memory.words(format.entry_bytes)
        self._walk = walk_of(format, self._words)

    def translate(self, address: int, access: int, user: bool, root: int) -> Translation | PageFault:
        """The translation of a virtual address under the root table at physical address ``root``, or the fault.

        ``access`` is READ, WRITE or EXECUTE. On success accessed and dirty flags are set in the tables as the
        format says; a fault changes nothing. Raises ValueError for an address that has too many bits to be one, and
        for a root that is not aligned to 4096.
        """
        format = self.format
        if address < 0 or address >= 1 << format.address_bits:
            raise ValueError(f"{address:#x} is no {format.name} address: give {format.address_bits} unsigned bits")
        if root < 0 or root & 0xFFF != 0:
            raise ValueError(f"root table at {root:#x}: give a physical address that is a multiple of 4096")
        reason, level, entry, attributes, shared = self._walk(
            self._words, root, address, access, int(user), self.control
        )
        if reason != OK:
            vector, code = format.fault(reason, level, access, int(user), self.control)
            return PageFault(Reason(reason), address, access, user, vector, code)
        frame = format.frame_at(entry, level, address)
        offset = address & ((1 << format.span_bits(level)) - 1)
        dirty = format.flags(entry) & 2 != 0
        return Translation((frame << 12) | offset, level, frame, attributes, dirty, shared != 0)
