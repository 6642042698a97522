"""x86's extended page tables, the second stage of VT-x (Intel SDM vol. 3C, 28.3): from guest-physical addresses.

An entry has a read, a write and an execute bit, and none for user or global. Mode-based execute control, supervisor
shadow-stack and sub-page permissions are off; memory types are encoded as write-back.
"""

from typing import Final

from machine.bits import Word, any_bit, field, nonzero, place
from machine.events import READ, WRITE, Reason
from machine.formats.base import ACCESSED, DIRTY, Format

EXECUTE_ONLY: Final = 1
"""IA32_VMX_EPT_VPID_CAP[0]: the processor has pages that can be executed and not read."""

SIZE_BIT: Final = 7
ACCESSED_BIT: Final = 8
WRITE_BACK: Final = 6 << 3

EPT_VIOLATION: Final = 48
EPT_MISCONFIGURATION: Final = 49
"""Basic exit reasons (appendix C)."""
MACHINE_CHECK: Final = 18

LINEAR: Final = 1 << 7
"""Exit qualification: the guest's linear address is known."""
FINAL: Final = 1 << 8
"""Exit qualification: the access was to the translation of that address, and not to a table on the way."""


def canonical(address: Word) -> Word:
    """Bits 63:48 are 0: four levels translate 48 bits of guest-physical address; others are EPT violations."""
    return 1 - nonzero(field(address, 48, 16), 16)


def qualified(rights: Word) -> Word:
    """Rights or an access in the order of entries and of exit qualifications: r in bit 0, w in bit 1, x in bit 2."""
    return field(rights, 2, 1) | place(field(rights, 1, 1), 1, 1) | place(field(rights, 0, 1), 2, 1)


def table(entry: Word) -> Word:
    """Bits 51:12."""
    return field(entry, 12, 40)


def frame(entry: Word, level: int) -> Word:
    """Bits 51:12; those below a page's size are reserved."""
    return place(field(entry, 12 + 9 * level, 40 - 9 * level), 9 * level, 40 - 9 * level)


def limits(entry: Word) -> Word:
    """R, W and X of a path are the conjunction of its entries', for whoever accesses (28.3.3.2)."""
    rights = qualified(entry)
    return rights | rights << 3


def attributes(entry: Word, level: int) -> Word:
    """As of a pointer."""
    return limits(entry)


def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """The same for the guest's user and supervisor."""
    return nonzero(field(attributes, 0, 3) & access, 3)


def user(entry: Word) -> Word:
    """Every page is the user's as well."""
    return entry * 0 + 1


def shared(entry: Word, leaf: int, control: int) -> Word:
    """Nothing is global."""
    return entry * 0


def updates(control: int) -> int:
    """No fault asks software to set a flag."""
    return 1


def granted(rights: Word) -> Word:
    """Write without read is a misconfiguration: the write is withheld."""
    return rights & (0b101 | (field(rights, 2, 1) << 1))


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    """The basic exit reason and the exit qualification (table 27-7) of an access to a final address.

    Bits 5:3, what the entries permit, are left 0 here: :mod:`machine.stages` adds them. Of a misconfiguration the
    qualification is undefined: 0.
    """
    if reason in (Reason.TABLE_OUTSIDE, Reason.PAGE_OUTSIDE):
        return MACHINE_CHECK, 0
    if reason == Reason.MALFORMED:
        return EPT_MISCONFIGURATION, 0
    return EPT_VIOLATION, int(qualified(access)) | LINEAR | FINAL


def told(vector: int, code: int, implicit: int, rights: int, reads_as: int) -> int:
    """The exit qualification with bits 5:3, what all entries of the path permit; and of an access to a guest's table.

    Such an access is not the final one. If reading tables counts as writing them, both bits 0 and 1 are set.
    """
    if vector != EPT_VIOLATION:
        return code
    code |= int(qualified(rights)) << 3
    if implicit == 0:
        return code
    return code & ~(FINAL | 0b111) | int(qualified(READ | WRITE if reads_as == WRITE else implicit))


def ept(physical_bits: int = 52, *, accessed_dirty: bool = True) -> Format:
    """The format for a processor with 32 to 52 bits of physical address; with accessed and dirty flags or without.

    :param accessed_dirty: EPTP[6]. If set, reading the guest's tables counts as writing them (28.3.3.2).

    Raises ValueError for another width.
    """
    if not 32 <= physical_bits <= 52:
        raise ValueError(f"EPT has 32 to 52 bits of physical address (MAXPHYADDR), not {physical_bits}")
    reserved = (1 << 52) - (1 << physical_bits)
    frame_bits = physical_bits - 12
    flag_bits = 2 if accessed_dirty else 0

    def kind(entry: Word, level: int, control: int) -> Word:
        """Absent without a right; misconfigured are W without R, X alone if the processor lacks it, reserved bits.

        So are a memory type of 2, 3 or 7 in a leaf, and bits 7:3 that are not 0 in a pointer (28.3.3.1).
        """
        size = field(entry, SIZE_BIT, 1)
        leaf = (size & int(level in (1, 2))) | int(level == 0)
        unreadable = 1 - field(entry, 0, 1)
        wrong = unreadable & (field(entry, 1, 1) | (1 - field(control, 0, 1)) & field(entry, 2, 1))
        kind_of_memory = field(entry, 3, 3)
        second = field(kind_of_memory, 1, 1)
        memory = second & (1 - field(kind_of_memory, 2, 1) | field(kind_of_memory, 0, 1))
        pointer_bits = nonzero(field(entry, 3, 5), 5)
        misaligned = nonzero(field(entry, 12, 18) & ((1 << 9 * min(level, 2)) - 1), 18)
        malformed = wrong | any_bit(entry & reserved, 64) | leaf * (memory | misaligned) | (1 - leaf) * pointer_bits
        return nonzero(field(entry, 0, 3), 3) * ((1 + leaf) * (1 - malformed) + 3 * malformed)

    def flags(entry: Word) -> Word:
        """Bits 8 and 9 as ACCESSED and DIRTY, if these are on."""
        return field(entry, ACCESSED_BIT, flag_bits)

    def mark(entry: Word, leaf: int, access: Word) -> Word:
        """A in every entry used, D in the leaf that a write uses (28.3.5), if these are on."""
        return entry | place(1 | (field(access, 1, 1) & leaf) << 1, ACCESSED_BIT, flag_bits)

    def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
        """A PTE, or a PDE or PDPTE with bit 7 (tables 28-3, 28-5, 28-7), write-back."""
        right = granted(rights)
        address = place(field(frame, 9 * level, frame_bits - 9 * level), 12 + 9 * level, frame_bits - 9 * level)
        size = int(level > 0) << SIZE_BIT
        entry = qualified(right) | WRITE_BACK | size | address | place(flags, ACCESSED_BIT, flag_bits)
        return entry * nonzero(right, 3)

    def pointer(frame: Word) -> Word:
        """R, W, X: whatever is forbidden below is forbidden by the leaf."""
        return place(frame, 12, frame_bits) | 0b111

    return Format(
        name="EPT",
        manual="Intel SDM vol. 3C, 28.3",
        levels=4,
        index_bits=9,
        entry_bytes=8,
        address_bits=64,
        physical_bits=physical_bits,
        default_control=EXECUTE_ONLY,
        widens=0,
        kept_flags=ACCESSED | DIRTY if accessed_dirty else 0,
        users_only=True,
        faults_invalidate=True,
        page_levels=3,
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
    )


EPT: Final = ept()
"""Four levels, 52 bits of physical address, accessed and dirty flags on."""
