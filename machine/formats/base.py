"""The record that every paging format is: its geometry, and functions on the bits of its entries."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as declare
from typing import Final, NamedTuple

from machine.bits import Word, field, select

ABSENT: Final = 0
POINTER: Final = 1
LEAF: Final = 2
MALFORMED: Final = 3
"""Kinds of entry: not present; points to a table; maps a page; present, but the processor must refuse it."""

ACCESSED: Final = 1
DIRTY: Final = 2
GLOBAL: Final = 4
"""Flags of a leaf entry, in the order of the flags mask that encode takes and decode gives."""

ALL_ATTRIBUTES: Final = 0b111111
"""Attributes of a path: user's rwx in bits 2-0, supervisor's rwx in bits 5-3; joined along a path by ``&``."""


def bars_nothing(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """Without protection keys none forbids anything."""
    return attributes * 0


def nothing_within(entry: Word, level: int) -> Word:
    """A leaf is one page of its level."""
    return entry * 0


def in_no_row(entry: Word, level: int) -> Word:
    """A leaf stays what it is, where none is one of several in a row."""
    return entry


class Decoded(NamedTuple):
    """An entry, decoded. For a pointer only ``kind`` and ``frame`` (of the table) mean anything; else 0.

    ``kind`` is ABSENT, POINTER, LEAF or MALFORMED; ``frame`` the physical address divided by 4096; ``rights`` rwx
    (what the entry itself grants, to the user if ``user`` is 1, to the supervisor otherwise); ``flags`` a mask of
    ACCESSED, DIRTY, GLOBAL.
    """

    kind: Word
    frame: Word
    rights: Word
    user: Word
    flags: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A paging format, bit-exact. Levels count from 0, the last table, to ``levels`` - 1, the root.

    Frames are numbers of 4 KiB frames (physical address >> 12) at every level, of tables as of pages, whatever the size
    of a page (see ``page_bits``); a larger page's frame has zeros below its size (see ``frame_mask``). The functions
    are straight-line (see machine.bits) in every argument but ``level`` and ``control``, which are plain integers.
    ``control`` is the format's mask of processor modes, such as CR0.WP; ``default_control`` is what a kernel would
    choose.
    """

    name: str
    manual: str
    levels: int
    index_bits: int
    entry_bytes: int
    address_bits: int
    physical_bits: int
    default_control: int
    widens: int
    """Rights that the format grants unasked together with others (x86-32: x, which follows r); else 0."""
    fixed_flags: int = 0
    """Flags that every encoded leaf has (AArch64: ACCESSED and DIRTY, which its processor doesn't keep)."""
    kept_flags: int = ACCESSED | DIRTY | GLOBAL
    """Flags that an entry has a place for (a second stage has none for GLOBAL); the others are not asked for."""
    users_only: bool = False
    """Is every page the user's, as no bit tells the supervisor's apart (a second stage)?"""
    unmarked_first: bool = False
    """Where both hold, is a clear accessed flag reported rather than a denied access?"""
    faults_invalidate: bool
    """Does a page fault drop what a translation lookaside buffer holds for its address?"""
    page_levels: int
    """Leaves may be encoded at levels 0 ... page_levels - 1."""
    root_extra: int = 0
    """Bits of the address that select an entry of the root beyond ``index_bits`` (Sv39x4: 2); below 0 if fewer do.

    With more of them several tables are the root, one after the other.
    """
    near_bits: int = 0
    """Bits of physical address that tables and 4 KiB pages reach, if fewer than others (x86-32: 32); else 0."""

    canonical: Callable[[Word], Word] = declare(repr=False)
    """address -> flag: may this address be translated at all?"""
    kind: Callable[[Word, int, int], Word] = declare(repr=False)
    """entry, level, control -> ABSENT, POINTER, LEAF or MALFORMED."""
    table: Callable[[Word], Word] = declare(repr=False)
    """pointer entry -> frame of the table."""
    frame: Callable[[Word, int], Word] = declare(repr=False)
    """leaf entry, level -> first frame of the page."""
    limits: Callable[[Word], Word] = declare(repr=False)
    """pointer entry -> attributes that it lets pass."""
    attributes: Callable[[Word, int], Word] = declare(repr=False)
    """leaf entry, level -> attributes that it grants."""
    permits: Callable[[Word, Word, Word, int], Word] = declare(repr=False)
    """attributes of the whole path, access (READ, WRITE or EXECUTE), user flag, control -> flag."""
    user: Callable[[Word], Word] = declare(repr=False)
    """leaf entry -> flag: is it the user's page?"""
    flags: Callable[[Word], Word] = declare(repr=False)
    """leaf entry -> mask of ACCESSED, DIRTY, GLOBAL."""
    shared: Callable[[Word, int, int], Word] = declare(repr=False)
    """entry, 1 for a leaf or 0 for a pointer, control -> flag: does it make the translation global?"""
    mark: Callable[[Word, int, Word], Word] = declare(repr=False)
    """entry, 1 for a leaf or 0 for a pointer, access -> the entry with accessed and dirty set as it demands."""
    updates: Callable[[int], int] = declare(repr=False)
    """control -> 1 if the processor writes marks itself, 0 if it faults when one is missing."""
    granted: Callable[[Word], Word] = declare(repr=False)
    """requested rights -> rights of a leaf encoded with them; never more than asked but for ``widens``."""
    leaf: Callable[[Word, Word, Word, int, Word], Word] = declare(repr=False)
    """frame, rights, user flag, level, flags -> entry; all zero if nothing is granted."""
    pointer: Callable[[Word], Word] = declare(repr=False)
    """frame of a table -> entry."""
    fault: Callable[[int, int, int, int, int], tuple[int, int]] = declare(repr=False)
    """reason, level, access, user, control -> vector, code; plain integers."""

    page_bits: int = 12
    all_attributes: int = ALL_ATTRIBUTES
    """What a path without entries grants; above the six rights an entry may have more, such as a protection key."""
    control_bits: int = 8
    """Bits of the mask of processor modes."""
    bars: Callable[[Word, Word, Word, int], Word] = declare(default=bars_nothing, repr=False)
    """As ``permits`` -> flag: does a protection key forbid the access? What it bars is not permitted."""
    within: Callable[[Word, int], Word] = declare(default=nothing_within, repr=False)
    """leaf entry, level -> mask of those bits of the frame that are the address's own (of several pages in a row)."""
    row: Callable[[Word, int], Word] = declare(default=nothing_within, repr=False)
    """leaf entry, level -> mask of the bits in which page numbers of its row differ, that may be cached as one page."""
    in_row: Callable[[Word, int], Word] = declare(default=in_no_row, repr=False)
    """leaf entry, level -> the same as one of a row (N, contiguous); itself where there are no rows."""

    @property
    def entry_bits(self) -> int:
        """Bits of an entry, 32 or 64: the width for z3 bit-vectors and numpy types."""
        return 8 * self.entry_bytes

    @property
    def entries(self) -> int:
        """Entries of one table, the root left out if it has ``root_extra``."""
        return 1 << self.index_bits

    @property
    def table_bytes(self) -> int:
        """Bytes of one table, also its alignment."""
        return self.entries * self.entry_bytes

    @property
    def fills_frames(self) -> bool:
        """Does a page fill one 4 KiB frame, and a table another? Kernels here have no others."""
        return self.page_bits == 12 and self.table_bytes == 4096

    @property
    def root_level(self) -> int:
        """The level of the root table."""
        return self.levels - 1

    @property
    def root_tables(self) -> int:
        """Tables that make the root, one after the other; it is aligned to all of their bytes."""
        return 1 << max(0, self.root_extra)

    def bits_at(self, level: int) -> int:
        """Bits of the address that select an entry of a table at that level."""
        return self.index_bits + self.root_extra * int(level == self.root_level)

    def span_bits(self, level: int) -> int:
        """An entry at ``level`` covers 2^span_bits bytes of addresses (``page_bits`` at level 0)."""
        return self.page_bits + level * self.index_bits

    def frame_at(self, entry: Word, level: int, address: Word) -> Word:
        """The first frame of that page of a leaf in which an address lies."""
        return self.frame(entry, level) | (field(address, 12, self.address_bits - 12) & self.within(entry, level))

    def frame_in_row(self, frame: Word, row: Word, number: Word, level: int) -> Word:
        """The first frame of the page with that number in a row, from that of any page of the row."""
        low = self.span_bits(level) - 12
        return frame ^ (frame & (row << low)) | (number & row) << low

    def index(self, address: Word, level: int) -> Word:
        """Compute which entry of the table at ``level`` an address selects."""
        return field(address, self.span_bits(level), self.bits_at(level))

    def frame_mask(self, level: int) -> int:
        """The bits that the frame number of a leaf at ``level`` may have; encoding cuts off all others."""
        reach = self.physical_bits if level else self.near_bits or self.physical_bits
        return ((1 << (reach - 12)) - 1) & ~((1 << (self.span_bits(level) - 12)) - 1)

    @property
    def table_mask(self) -> int:
        """The bits that the frame number of a table may have."""
        return self.frame_mask(0)

    def encode_leaf(self, frame: Word, rights: Word, user: Word = 1, level: int = 0, flags: Word = 0) -> Word:
        """The entry that maps a page: straight-line, so frame bits outside ``frame_mask(level)`` are cut off.

        ``rights`` is a mask (r 4, w 2, x 1), of which ``granted(rights)`` is encoded; nothing granted gives the
        absent entry 0. ``flags`` is a mask of ACCESSED, DIRTY, GLOBAL. Raises ValueError for a level without pages.
        """
        if not 0 <= level < self.page_levels:
            raise ValueError(f"{self.name} has pages at levels 0 to {self.page_levels - 1}, not at level {level}")
        return self.leaf(frame, rights, user, level, flags)

    def encode_pointer(self, frame: Word) -> Word:
        """The entry that points to a table in ``frame``; it takes no right away from what lies below."""
        return self.pointer(frame)

    def decode(self, entry: Word, level: int = 0, control: int | None = None) -> Decoded:
        """Read an entry at a level; straight-line in ``entry``."""
        kind = self.kind(entry, level, self.default_control if control is None else control)
        high = field(kind, 1, 1)
        low = field(kind, 0, 1)
        leaf = high & (1 - low)
        pointer = low & (1 - high)
        user = self.user(entry) * leaf
        attributes = self.attributes(entry, level)
        rights = select(user, field(attributes, 0, 3), field(attributes, 3, 3))
        return Decoded(
            kind=kind,
            frame=self.frame(entry, level) * leaf + self.table(entry) * pointer,
            rights=rights * leaf,
            user=user,
            flags=self.flags(entry) * leaf,
        )

    def expressible(self, rights: int) -> bool:
        """Can the format grant exactly these rights to a user, no more and no less?"""
        return bool(self.granted(rights) == rights)
