"""x86-64 paging with four levels: 4 KiB, 2 MiB and 1 GiB pages, execute-disable, keys (Intel SDM vol. 3A, 4.5)."""

from dataclasses import replace

from machine.bits import Word, any_bit, field, nonzero, place
from machine.formats import x86, x86_keys
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


def x86_64(physical_bits: int = 52, *, gigabyte_pages: bool = True) -> Format:
    """The format for a processor with 32 to 52 bits of physical address (MAXPHYADDR); the rest are reserved.

    Without ``gigabyte_pages`` (CPUID.80000001H:EDX.Page1GB) PS is reserved in a PDPTE as well. Raises ValueError for
    another width.
    """
    if not 32 <= physical_bits <= 52:
        raise ValueError(f"x86-64 has 32 to 52 bits of physical address (MAXPHYADDR), not {physical_bits}")
    large_levels = 2 if gigabyte_pages else 1
    reserved = (1 << 52) - (1 << physical_bits)
    frame_bits = physical_bits - 12

    def kind(entry: Word, level: int, control: int) -> Word:
        """PS makes a page at levels 1 and 2 and is reserved above; a page's address must be aligned."""
        large = field(
            entry, x86.SIZE_BIT, 1
        )  # of a PTE the bit is PAT, and no bits need be 0; of a PML4E it is reserved
        leaf = large | int(level == 0)
        # Bit 12 of a large page is PAT, so that its reserved bits start at 13.
        misaligned = large & nonzero(field(entry, 13, 17) & ((1 << (9 * level)) - 1) >> 1, 17)
        no_execute = field(entry, NX_BIT, 1) & (1 - field(control, 3, 1))
        too_large = large & int(level > large_levels)
        malformed = any_bit(entry & reserved, 64) | misaligned | no_execute | too_large
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
        name="x86-64" if gigabyte_pages else "x86-64-2M",
        manual="Intel SDM vol. 3A, 4.5",
        levels=4,
        index_bits=9,
        entry_bytes=8,
        address_bits=64,
        physical_bits=physical_bits,
        default_control=x86.WP | x86.NXE | x86.PGE,
        widens=0,
        faults_invalidate=True,
        page_levels=1 + large_levels,
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

X86_64_2M = x86_64(gigabyte_pages=False)
"""Four-level x86-64 of a processor without 1 GiB pages."""


def with_keys(format: Format) -> Format:
    """An x86-64 format with protection keys: bits 62:59 of a page are its key (SDM vol. 3A, 4.6.2)."""
    limits_of, attributes_of, key_of, all_keys = format.limits, format.attributes, x86_keys.key_of, x86_keys.ALL_KEYS

    def limits(entry: Word) -> Word:
        """A pointer has no key, and lets every one through."""
        return limits_of(entry) | all_keys

    def attributes(entry: Word, level: int) -> Word:
        """The rights, and the key."""
        return attributes_of(entry, level) | key_of(entry)

    return replace(
        format,
        name=f"{format.name}-PKU",
        manual=f"{format.manual} and 4.6.2",
        all_attributes=format.all_attributes | x86_keys.ALL_KEYS,
        control_bits=x86.PKRU_LOW + 32,
        limits=limits,
        attributes=attributes,
        permits=x86_keys.permits,
        bars=x86_keys.bars,
    )


X86_64_PKU = with_keys(X86_64)
"""Four-level x86-64 with protection keys."""
