"""AArch64 stage 1 with 4, 16 or 64 KiB granule and 48-bit addresses (Arm ARM DDI 0487, D8.2 to D8.4).

The lower half of the address space only (TTBR0, with TCR.EPD1 set so that the upper half faults). A clear access flag
faults, unless TCR.HA lets the processor set it; there is no dirty flag, as TCR.HD is not modelled. SCTLR.WXN and PAN
are not modelled either. The contiguous bit is a hint, which a walk ignores. Our level l is the manual's lookup level
3 - l.
"""

from typing import Final

from machine.bits import Word, field, nonzero, place
from machine.events import EXECUTE, WRITE, Reason
from machine.formats.base import ACCESSED, DIRTY, Format

HA: Final = 1
"""TCR.HA: the processor sets the access flag (FEAT_HAFDBS); without it, a clear one is a fault."""

USER_BIT: Final = 6
"""AP[1]: EL0 has access."""
READ_ONLY_BIT: Final = 7
"""AP[2]."""
ACCESS_FLAG_BIT: Final = 10
NOT_GLOBAL_BIT: Final = 11
CONTIGUOUS_BIT: Final = 52
PXN_BIT: Final = 53
UXN_BIT: Final = 54
PXN_TABLE_BIT: Final = 59
UXN_TABLE_BIT: Final = 60
NO_USER_TABLE_BIT: Final = 61
READ_ONLY_TABLE_BIT: Final = 62
INNER_SHAREABLE: Final = 0b11 << 8
PHYSICAL_BITS: Final = 48
BLOCK_LEVELS: Final = {12: (1, 2), 14: (1,), 16: (1,)}
"""By the bits of a granule, at which levels there are blocks, without FEAT_LPA2 and 52-bit addresses (D8.3.1)."""
ROWS: Final = {12: (16, 16), 14: (128, 32), 16: (32, 32)}
"""By the bits of a granule, how many pages and how many blocks with the contiguous bit make a row (D8.7.1)."""


def canonical(address: Word) -> Word:
    """Bits 63:48 are 0: an address of TTBR0's half."""
    return 1 - nonzero(field(address, 48, 16), 16)


def limits(entry: Word) -> Word:
    """APTable, UXNTable and PXNTable (D8.4.1.2, D8.4.2.2)."""
    writable = 1 - field(entry, READ_ONLY_TABLE_BIT, 1)
    user = 1 - field(entry, NO_USER_TABLE_BIT, 1)
    theirs = (user << 2) | ((user & writable) << 1) | (1 - field(entry, UXN_TABLE_BIT, 1))
    return (1 << 5) | (writable << 4) | ((1 - field(entry, PXN_TABLE_BIT, 1)) << 3) | theirs


def attributes(entry: Word, level: int) -> Word:
    """AP[2:1], UXN and PXN (D8.4.1.1, D8.4.2.1)."""
    writable = 1 - field(entry, READ_ONLY_BIT, 1)
    user = field(entry, USER_BIT, 1)
    theirs = (user << 2) | ((user & writable) << 1) | (1 - field(entry, UXN_BIT, 1))
    return (1 << 5) | (writable << 4) | ((1 - field(entry, PXN_BIT, 1)) << 3) | theirs


def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """Return whether the access is permitted; EL1 must not execute what EL0 may write (D8.4.2.1)."""
    supervisor = field(attributes, 3, 3) & (0b111 ^ field(attributes, 1, 1))
    held = field(attributes, 0, 3) * user + supervisor * (1 - user)
    return nonzero(held & access, 3)


def user(entry: Word) -> Word:
    """AP[1]."""
    return field(entry, USER_BIT, 1)


def flags(entry: Word) -> Word:
    """AF as ACCESSED, the complement of nG as GLOBAL; DIRTY always, because nothing waits for a first store."""
    return field(entry, ACCESS_FLAG_BIT, 1) | DIRTY | ((1 - field(entry, NOT_GLOBAL_BIT, 1)) << 2)


def shared(entry: Word, leaf: int, control: int) -> Word:
    """Not nG, in leaves."""
    return (1 - field(entry, NOT_GLOBAL_BIT, 1)) * leaf


def mark(entry: Word, leaf: int, access: Word) -> Word:
    """AF in leaves."""
    return entry | (leaf << ACCESS_FLAG_BIT)


def updates(control: int) -> int:
    """With TCR.HA; else a clear AF is an access flag fault."""
    return control & HA


def granted(rights: Word) -> Word:
    """Write without read does not exist, and execute without read only for EL0, where EL1 could read: refused."""
    return (rights & 0b111) * field(rights, 2, 1)


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    """Exception class (instruction or data abort, of EL0 or EL1), and the fault status with WnR in bit 6 (ESR_EL1)."""
    of_a_level = {Reason.UNMARKED: 0b001000, Reason.DENIED: 0b001100, Reason.TABLE_OUTSIDE: 0b010100}
    of_none = {
        Reason.NONCANONICAL: 0b000100,  # an address in no table's range: the level is 0, wherever a walk begins
        Reason.PAGE_OUTSIDE: 0b010000,  # an external abort that is not on a walk
        Reason.CONFLICT: 0b110000,
    }
    status = of_none.get(Reason(reason), of_a_level.get(Reason(reason), 0b000100) | (3 - level))
    vector = (0x20 if access == EXECUTE else 0x24) | (1 - user)
    return vector, status | (access == WRITE) << 6


def contiguous(entry: Word) -> Word:
    """A leaf with the hint that it is one of several in a row that map frames in a row (D8.7.1)."""
    return entry | 1 << CONTIGUOUS_BIT


def contiguous_in_row(entry: Word, level: int) -> Word:
    """With the contiguous bit, whichever page of its row the entry maps."""
    return contiguous(entry)


def aarch64(granule_bits: int = 12) -> Format:
    """The format for a granule of 2^12, 2^14 or 2^16 bytes (TCR.TG0). Raises ValueError for another."""
    if granule_bits not in BLOCK_LEVELS:
        raise ValueError(f"AArch64 with a granule of {granule_bits} bits: give 12 (4 KiB), 14 (16 KiB) or 16 (64 KiB)")
    index_bits = granule_bits - 3
    blocks = BLOCK_LEVELS[granule_bits]
    pages_in_row, blocks_in_row = ROWS[granule_bits]
    frame_bits = PHYSICAL_BITS - granule_bits
    frame_low = granule_bits - 12

    def kind(entry: Word, level: int, control: int) -> Word:
        """Bit 1 tells tables and pages from blocks, which not all levels have (D8.3.1)."""
        bit = field(entry, 1, 1)
        leaf = bit ^ int(level != 0)
        malformed = (1 - bit) * int(level not in blocks)
        return field(entry, 0, 1) * ((1 + leaf) * (1 - malformed) + 3 * malformed)

    def table(entry: Word) -> Word:
        """Bits 47:12, or from the granule's size on."""
        return place(field(entry, granule_bits, frame_bits), frame_low, frame_bits)

    def frame(entry: Word, level: int) -> Word:
        """Bits 47:12, or from the granule's size on; those below a block's size are RES0 and left out."""
        span = granule_bits + index_bits * level
        return place(field(entry, span, PHYSICAL_BITS - span), span - 12, PHYSICAL_BITS - span)

    def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
        """A page or block descriptor: attributes 0 of MAIR, inner shareable, AF set, executable at one EL only."""
        right = granted(rights)
        executable = field(right, 0, 1)
        theirs = user & 1
        span = granule_bits + index_bits * level
        entry = (
            1
            | int(level == 0) << 1
            | place(theirs, USER_BIT, 1)
            | place(1 - field(right, 1, 1), READ_ONLY_BIT, 1)
            | INNER_SHAREABLE
            | 1 << ACCESS_FLAG_BIT
            | place(1 - field(flags, 2, 1), NOT_GLOBAL_BIT, 1)
            | place(field(frame, span - 12, PHYSICAL_BITS - span), span, PHYSICAL_BITS - span)
            | place(1 - executable * (1 - theirs), PXN_BIT, 1)
            | place(1 - executable * theirs, UXN_BIT, 1)
        )
        return entry * nonzero(right, 3)

    def row(entry: Word, level: int) -> Word:
        """With the contiguous bit, the lowest bits of the page's number (D8.7.1)."""
        return field(entry, CONTIGUOUS_BIT, 1) * (
            int(level == 0) * (pages_in_row - 1) + int(level != 0) * (blocks_in_row - 1)
        )

    def pointer(frame: Word) -> Word:
        """A table descriptor whose hierarchical controls forbid nothing."""
        return place(field(frame, frame_low, frame_bits), granule_bits, frame_bits) | 0b11

    return Format(
        name="AArch64" if granule_bits == 12 else f"AArch64-{1 << granule_bits - 10}K",
        manual="Arm ARM DDI 0487, D8",
        levels=-(-(PHYSICAL_BITS - granule_bits) // index_bits),
        index_bits=index_bits,
        entry_bytes=8,
        address_bits=64,
        physical_bits=PHYSICAL_BITS,
        default_control=0,
        widens=0,
        fixed_flags=ACCESSED | DIRTY,
        unmarked_first=True,
        faults_invalidate=False,
        page_levels=1 + len(blocks),
        page_bits=granule_bits,
        canonical=canonical,
        kind=kind,
        table=table,
        frame=frame,
        limits=limits,
        attributes=attributes,
        permits=permits,
        user=user,
        flags=flags,
        shared=shared,
        mark=mark,
        updates=updates,
        granted=granted,
        leaf=leaf,
        pointer=pointer,
        fault=fault,
        row=row,
        in_row=contiguous_in_row,
    )


AARCH64: Final = aarch64()
"""Stage 1 translation of EL1&0, 4 KiB granule, 48-bit addresses: 4 KiB, 2 MiB and 1 GiB pages."""

AARCH64_16K: Final = aarch64(14)
"""The same with 16 KiB granule: 16 KiB and 32 MiB pages; the root has two entries."""

AARCH64_64K: Final = aarch64(16)
"""The same with 64 KiB granule: three levels, 64 KiB and 512 MiB pages; the root has 64 entries."""
