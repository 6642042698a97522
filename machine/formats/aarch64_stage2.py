"""AArch64 stage 2 with 4 KiB granule, from intermediate physical addresses (Arm ARM DDI 0487, D8.2 to D8.4).

FEAT_XNX and FEAT_HAFDBS are absent: execution is permitted to both exception levels or to none, and a clear access
flag is a fault. Table descriptors limit nothing. The root is up to sixteen tables, one after the other. Our level l is
the manual's lookup level 3 - l.
"""

from typing import Final

from machine.bits import Word, field, nonzero, place
from machine.formats import aarch64
from machine.formats.base import ACCESSED, DIRTY, Format

READ_BIT: Final = 6
WRITE_BIT: Final = 7
"""S2AP."""
XN_BIT: Final = 54
WRITE_BACK: Final = 0b1111 << 2
"""MemAttr: normal memory, outer and inner write-back."""
FRAME_BITS: Final = 36

ON_STAGE_1_WALK: Final = 1 << 7
"""S1PTW in the syndrome: the access was made to walk the tables of stage 1."""


def limits(entry: Word) -> Word:
    """Table descriptors of stage 2 have no permissions."""
    return entry * 0 + 0b111111


def attributes(entry: Word, level: int) -> Word:
    """S2AP[0] reads, S2AP[1] writes, XN forbids execution; each by itself (D8.4.1.3, D8.4.2.3)."""
    rights = place(field(entry, READ_BIT, 1), 2, 1) | place(field(entry, WRITE_BIT, 1), 1, 1)
    rights = rights | (1 - field(entry, XN_BIT, 1))
    return rights | rights << 3


def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """The same for EL1 and EL0."""
    return nonzero(field(attributes, 0, 3) & access, 3)


def user(entry: Word) -> Word:
    """Every page is EL0's as well."""
    return entry * 0 + 1


def flags(entry: Word) -> Word:
    """AF as ACCESSED; DIRTY always, because nothing waits for a first store."""
    return field(entry, aarch64.ACCESS_FLAG_BIT, 1) | DIRTY


def shared(entry: Word, leaf: int, control: int) -> Word:
    """Stage 2 has no nG."""
    return entry * 0


def granted(rights: Word) -> Word:
    """Every combination can be said."""
    return rights & 0b111


def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
    """A page or block descriptor: write-back, inner shareable, AF set."""
    right = granted(rights)
    entry = (
        1
        | int(level == 0) << 1
        | WRITE_BACK
        | place(field(right, 2, 1), READ_BIT, 1)
        | place(field(right, 1, 1), WRITE_BIT, 1)
        | aarch64.INNER_SHAREABLE
        | 1 << aarch64.ACCESS_FLAG_BIT
        | place(field(frame, 9 * level, FRAME_BITS - 9 * level), 12 + 9 * level, FRAME_BITS - 9 * level)
        | place(1 - field(right, 0, 1), XN_BIT, 1)
    )
    return entry * nonzero(right, 3)


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    """Exception class 0x20 or 0x24, since EL2 is told of a lower level's abort; status and WnR as of stage 1."""
    return aarch64.fault(reason, level, access, 1, control)


def told(vector: int, code: int, implicit: int, rights: int, reads_as: int) -> int:
    """The status with S1PTW, if the access was made to walk the tables of stage 1."""
    return code | ON_STAGE_1_WALK if implicit else code


def stage_2(address_bits: int = 40) -> Format:
    """The format for intermediate physical addresses of 39 to 48 bits (VTCR_EL2.T0SZ).

    Up to 43 bits three levels do, with 2, 4, 8 or 16 tables as the root for more than 39; four levels otherwise. Raises
    ValueError for another width.
    """
    if not 39 <= address_bits <= 48:
        raise ValueError(f"AArch64 stage 2 has 39 to 48 bits of intermediate physical address here, not {address_bits}")
    levels = 3 if address_bits <= 43 else 4

    def canonical(address: Word) -> Word:
        """The bits above the translated ones are 0; others are translation faults of the first lookup."""
        return 1 - nonzero(field(address, address_bits, 64 - address_bits), 64 - address_bits)

    return Format(
        name="AArch64-S2",
        manual="Arm ARM DDI 0487, D8",
        levels=levels,
        index_bits=9,
        root_extra=address_bits - 12 - 9 * levels,
        entry_bytes=8,
        address_bits=64,
        physical_bits=48,
        default_control=0,
        widens=0,
        fixed_flags=ACCESSED | DIRTY,
        kept_flags=ACCESSED | DIRTY,
        users_only=True,
        unmarked_first=True,
        faults_invalidate=False,
        page_levels=3,
        canonical=canonical,
        kind=aarch64.AARCH64.kind,
        table=aarch64.AARCH64.table,
        frame=aarch64.AARCH64.frame,
        limits=limits,
        attributes=attributes,
        permits=permits,
        user=user,
        flags=flags,
        shared=shared,
        mark=aarch64.mark,
        updates=aarch64.updates,
        granted=granted,
        leaf=leaf,
        pointer=aarch64.AARCH64.pointer,
        fault=fault,
        row=aarch64.AARCH64.row,
        in_row=aarch64.contiguous_in_row,
    )


AARCH64_STAGE2: Final = stage_2()
"""40 bits of intermediate physical address: two tables as the root, then two levels."""
