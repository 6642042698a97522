"""x86-64 paging with four levels: 4 KiB, 2 MiB and 1 GiB pages, execute-disable (Intel SDM vol. 3A, 4.5)."""

from machine.bits import Word, any_bit, field, nonzero, place
from machine.formats import x86
from machine.formats.base import Format

NX_BIT = 63


def canonical(address: Word) -> Word:
    """Bits 63:47 are all equal (SDM vol. 1, 3.3.7.1); others raise #GP, not a page fault."""
    top = field(address, 47, 17)
    return (1 - nonzero(top, 17)) | (1 - nonzero(top ^ 0x1FFFF, 17))


def table(entry: Word) -> Word:
    """Bits 51:12."""
    return field(entry, 12, 40)


def frame(entry: Word, level: int) -> Word:
    """Bits 51:12 of a PTE; bits below the page's size hold PAT and reserved bits and are left out."""
    return place(field(entry, 12 + 9 * level, 40 - 9 * level), 9 * level, 40 - 9 * level)


def limits(entry: Word) -> Word:
    """A path's R/W, U/S are the conjunction of its entries'; execute-disable in any entry disables (4.6.1)."""
    own = 0b100 | place(field(entry, x86.WRITE_BIT, 1), 1, 1) | (1 - field(entry, NX_BIT, 1))
    return (own << 3) | (own * field(entry, x86.USER_BIT, 1))


def attributes(entry: Word, level: int) -> Word:
    """As of a pointer. Without NXE a set bit 63 makes the entry malformed, so that it never counts."""
    return limits(entry)


def granted(rights: Word) -> Word:
    """Write or execute without read would also let read: they are refused, not widened."""
    return (rights & 0b111) * field(rights, 2, 1)


def x86_64(physical_bits: int = 52) -> Format:
    """The format for a processor with 32 to 52 bits of physical address (MAXPHYADDR); the rest are reserved.

    Raises ValueError for another width.
    """
    if not 32 <= physical_bits <= 52:
        raise ValueError(f"x86-64 has 32 to 52 bits of physical address (MAXPHYADDR), not {physical_bits}")
    reserved = (1 << 52) - (1 << physical_bits)
    frame_bits = physical_bits - 12

    def kind(entry: Word, level: int, control: int) -> Word:
        """PS makes a page at levels 1 and 2 and is reserved in a PML4E; a page's address must be aligned."""
        large = field(
            entry, x86.SIZE_BIT, 1
        )  # of a PTE the bit is PAT, and no bits need be 0; of a PML4E it is reserved
        leaf = large | int(level == 0)
        # Bit 12 of a large page is PAT, so that its reserved bits start at 13.
        misaligned = large & nonzero(field(entry, 13, 17) & ((1 << (9 * level)) - 1) >> 1, 17)
        no_execute = field(entry, NX_BIT, 1) & (1 - field(control, 3, 1))
        malformed = any_bit(entry & reserved, 64) | misaligned | no_execute | (large & int(level == 3))
        pick = (1 + leaf) * (1 - malformed) + 3 * malformed
        return field(entry, x86.PRESENT_BIT, 1) * pick

    def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
        """A PTE, or a PDE or PDPTE with PS (tables 4-16, 4-18, 4-20)."""
        right = granted(rights)
        address = place(field(frame, 9 * level, frame_bits - 9 * level), 12 + 9 * level, frame_bits - 9 * level)
        size = int(level > 0) << x86.SIZE_BIT
        entry = x86.common_bits(right, user, flags) | address | size | place(1 - field(right, 0, 1), NX_BIT, 1)
        return entry * nonzero(right, 3)

    def pointer(frame: Word) -> Word:
        """P, R/W, U/S, not execute-disable: whatever is forbidden below is forbidden by the leaf."""
        return place(frame, 12, frame_bits) | 0b111

    return Format(
        name="x86-64",
        manual="Intel SDM vol. 3A, 4.5",
        levels=4,
        index_bits=9,
        entry_bytes=8,
        address_bits=64,
        physical_bits=physical_bits,
        default_control=x86.WP | x86.NXE | x86.PGE,
        widens=0,
        faults_invalidate=True,
        page_levels=3,
        canonical=canonical,
        kind=kind,
        table=table,
        frame=frame,
        limits=limits,
        attributes=attributes,
        permits=x86.permits,
        user=x86.user,
        flags=x86.flags,
        shared=x86.shared,
        mark=x86.mark,
        updates=x86.updates,
        granted=granted,
        leaf=leaf,
        pointer=pointer,
        fault=x86.fault,
    )


X86_64 = x86_64()
"""Four-level x86-64 with 52 bits of physical address."""
