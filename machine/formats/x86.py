"""The common part of the two x86 formats: processor modes, permission check, error codes.

Intel SDM vol. 3A, 4.1.3 (modes), 4.6 (access rights), 4.7 (error code). PCIDs are the tags of buffers (see
machine.instructions); the PWT, PCD and PAT bits are encoded as 0 and ignored.
"""

from typing import Final

from machine.bits import Word, field, nonzero, place
from machine.events import Reason

WP: Final = 1
"""CR0.WP: the supervisor's stores obey R/W."""
PSE: Final = 2
"""CR4.PSE: x86-32 has 4 MiB pages."""
PGE: Final = 4
"""CR4.PGE: the G flag counts."""
NXE: Final = 8
"""IA32_EFER.NXE: bit 63 is execute-disable; without it, the bit is reserved."""

SMEP: Final = 16
"""CR4.SMEP: the supervisor fetches nothing from the user's pages."""
SMAP: Final = 32
"""CR4.SMAP: the supervisor loads and stores nothing in the user's pages, unless EFLAGS.AC."""
AC: Final = 64
"""EFLAGS.AC, which suspends SMAP; every access of a core is an explicit one."""
PKE: Final = 128
"""CR4.PKE: protection keys count, in the format that has them (see x86_64)."""
PKRU_LOW: Final = 8
"""Of a mask of modes, where the register PKRU stands: for key i bit 2i disables access, bit 2i + 1 stores."""

PRESENT_BIT: Final = 0
WRITE_BIT: Final = 1
USER_BIT: Final = 2
ACCESSED_BIT: Final = 5
DIRTY_BIT: Final = 6
SIZE_BIT: Final = 7
GLOBAL_BIT: Final = 8

PAGE_FAULT: Final = 14
GENERAL_PROTECTION: Final = 13
MACHINE_CHECK: Final = 18


def user(entry: Word) -> Word:
    """U/S."""
    return field(entry, USER_BIT, 1)


def flags(entry: Word) -> Word:
    """A, D and G as the mask ACCESSED, DIRTY, GLOBAL."""
    return field(entry, ACCESSED_BIT, 2) | place(field(entry, GLOBAL_BIT, 1), 2, 1)


def shared(entry: Word, leaf: int, control: int) -> Word:
    """G counts in leaves only, and only if CR4.PGE (4.10.2.4)."""
    return field(entry, GLOBAL_BIT, 1) & leaf & field(control, 2, 1)


def mark(entry: Word, leaf: int, access: Word) -> Word:
    """A in every entry used, D in the leaf that a store uses (4.8)."""
    return entry | (1 << ACCESSED_BIT) | ((field(access, 1, 1) & leaf) << DIRTY_BIT)


def updates(control: int) -> int:
    """The processor always sets A and D itself."""
    return 1


def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """Every right of the path for the user; the supervisor may also write everywhere unless CR0.WP (4.6.1).

    In the user's pages the supervisor fetches nothing with SMEP, and loads and stores nothing with SMAP without AC.
    """
    supervisor = field(attributes, 3, 3) | place(1 - field(control, 0, 1), 1, 1)
    kept_out = field(control, 4, 1) | (field(control, 5, 1) & (1 - field(control, 6, 1))) * 0b110
    supervisor = supervisor & (0b111 ^ (kept_out * field(attributes, 2, 1)))
    held = field(attributes, 0, 3) * user + supervisor * (1 - user)
    return nonzero(held & access, 3)


def common_bits(rights: Word, user: Word, flags: Word) -> Word:
    """P, R/W, U/S, A, D and G of a leaf."""
    return (
        1
        | place(field(rights, 1, 1), WRITE_BIT, 1)
        | place(user, USER_BIT, 1)
        | place(flags, ACCESSED_BIT, 2)
        | place(field(flags, 2, 1), GLOBAL_BIT, 1)
    )


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    """#PF with its error code: P 1, W/R 2, U/S 4, RSVD 8, I/D 16 (if NXE or SMEP), PK 32; #GP(0); #MC."""
    if reason == Reason.NONCANONICAL:
        return GENERAL_PROTECTION, 0
    if reason in (Reason.TABLE_OUTSIDE, Reason.PAGE_OUTSIDE):
        return MACHINE_CHECK, 0
    code = (access & 2) | user << 2 | (access & 1 & (control >> 3 | control >> 4)) << 4
    if reason == Reason.DENIED:
        code |= 1
    if reason == Reason.BARRED:
        code |= 0b100001
    if reason == Reason.MALFORMED:
        code |= 0b1001
    return PAGE_FAULT, code
