"""x86-32 paging: two levels, 4 KiB and 4 MiB pages (Intel SDM vol. 3A, 4.3)."""

from machine.bits import Word, any_bit, field, nonzero, place
from machine.formats import x86
from machine.formats.base import Format


def canonical(address: Word) -> Word:
    """Every 32-bit address is translated."""
    return address * 0 + 1


def table(entry: Word) -> Word:
    """Bits 31:12 of a PDE that refers to a page table (table 4-5)."""
    return field(entry, 12, 20)


def frame(entry: Word, level: int) -> Word:
    """Bits 31:12 of a PTE; of a 4 MiB PDE bits 31:22, with bits 20:13 as address bits 39:32 (PSE-36, table 4-4)."""
    small = field(entry, 12, 20)
    large = place(field(entry, 22, 10), 10, 10) | place(field(entry, 13, 8), 20, 8)
    return large * level + small * (1 - level)


def limits(entry: Word) -> Word:
    """R/W and U/S of a path are the conjunction of its entries'; x follows r (4.6: no execute-disable here)."""
    own = 0b101 | place(field(entry, x86.WRITE_BIT, 1), 1, 1)
    return (own << 3) | (own * field(entry, x86.USER_BIT, 1))


def attributes(entry: Word, level: int) -> Word:
    """As of a pointer."""
    return limits(entry)


def granted(rights: Word) -> Word:
    """Read brings execute with it, which the format cannot withhold; without read nothing can be granted."""
    return ((rights & 0b010) | 0b101) * field(rights, 2, 1)


def pointer(frame: Word) -> Word:
    """P, R/W, U/S: whatever is forbidden below is forbidden by the leaf."""
    return place(frame, 12, 20) | 0b111


def x86_32(physical_bits: int = 40) -> Format:
    """The format for a processor whose physical addresses have 32 to 40 bits (MAXPHYADDR, at most 40 used by PSE-36).

    Raises ValueError for another width.
    """
    if not 32 <= physical_bits <= 40:
        raise ValueError(f"x86-32 reaches 32 to 40 bits of physical address (PSE-36), not {physical_bits}")
    reserved = (1 << 22) - (1 << (physical_bits - 19))
    high_bits = physical_bits - 32

    def kind(entry: Word, level: int, control: int) -> Word:
        """PS in a PDE makes a 4 MiB page if CR4.PSE; its bit 21 and the unreached address bits are reserved."""
        large = field(entry, x86.SIZE_BIT, 1) & (field(control, 1, 1) & level)
        leaf = large | (1 - level)
        malformed = large & any_bit(entry & reserved, 32)
        return field(entry, x86.PRESENT_BIT, 1) * (1 + leaf + malformed)

    def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
        """A PTE, or a PDE with PS (tables 4-4 and 4-6)."""
        right = granted(rights)
        small = place(frame, 12, 20)
        large = place(field(frame, 10, 10), 22, 10) | place(field(frame, 20, 8), 13, high_bits) | (1 << x86.SIZE_BIT)
        entry = x86.common_bits(right, user, flags) | (large * level + small * (1 - level))
        return entry * nonzero(right, 3)

    return Format(
        name="x86-32",
        manual="Intel SDM vol. 3A, 4.3",
        levels=2,
        index_bits=10,
        entry_bytes=4,
        address_bits=32,
        physical_bits=physical_bits,
        default_control=x86.WP | x86.PSE | x86.PGE,
        widens=0b001,
        faults_invalidate=True,
        page_levels=2,
        near_bits=32,
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


X86_32 = x86_32()
"""x86-32 with PSE-36: 4 MiB pages reach 40 bits of physical address."""
