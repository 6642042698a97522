"""RISC-V's G-stage, the second stage of the hypervisor extension: Sv39x4 and Sv48x4 (Privileged 1.12, 8.5.1).

Entries are those of Sv39 and Sv48. The root is four tables, one after the other, so that two more bits of the
guest-physical address are translated. Every access is the user's, and G is ignored.
"""

from typing import Final

from machine.bits import Word, field, nonzero, place
from machine.events import EXECUTE, READ, WRITE, Reason
from machine.formats import riscv
from machine.formats.base import ACCESSED, DIRTY, Format

ROOT_EXTRA: Final = 2
"""The root is four tables: 2048 entries, 16 KiB."""

TABLE_READ: Final = 0x3000
TABLE_WRITTEN: Final = 0x3020
"""Pseudoinstructions: 64 bits of a table of the VS-stage were to be read, or written."""

GUEST_PAGE_FAULTS: Final = {EXECUTE: 20, READ: 21, WRITE: 23}
ACCESS_FAULTS: Final = {EXECUTE: 1, READ: 5, WRITE: 7}
"""Causes, by the access (table 8.6)."""


def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """As for the user, whoever accesses (8.5.1); with MXR (of HS-mode) a load is permitted where a fetch is."""
    readable_by_execute = place(field(attributes, 0, 1), 2, 1) * field(control, 1, 1)
    return nonzero((field(attributes, 0, 3) | readable_by_execute) & access, 3)


def flags(entry: Word) -> Word:
    """A and D."""
    return field(entry, riscv.ACCESSED_BIT, 2)


def shared(entry: Word, leaf: int, control: int) -> Word:
    """G is ignored."""
    return entry * 0


def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
    """As in Sv39, with G clear."""
    return riscv.leaf(frame, rights, user, level, flags & 0b011)


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    """Guest-page faults 20 (fetch), 21 (load), 23 (store), with 0 as what htinst says of an access that is explicit.

    Access faults 1, 5 and 7 if a table or the page lies outside of memory.
    """
    outside = reason in (Reason.TABLE_OUTSIDE, Reason.PAGE_OUTSIDE)
    return (ACCESS_FAULTS if outside else GUEST_PAGE_FAULTS)[access], 0


def told(vector: int, code: int, implicit: int, rights: int, reads_as: int) -> int:
    """What htinst says: a pseudoinstruction if a guest-page fault came of an access to a table of the guest (8.6.3)."""
    if vector not in GUEST_PAGE_FAULTS.values() or implicit == 0:
        return code
    return TABLE_WRITTEN if implicit == WRITE else TABLE_READ


def g_stage(levels: int) -> Format:
    """Sv39x4 for 3 levels, Sv48x4 for 4. Raises ValueError for another number."""
    if levels not in (3, 4):
        raise ValueError(f"a G-stage with {levels} levels: give 3 (Sv39x4) or 4 (Sv48x4)")
    guest_bits = 12 + 9 * levels + ROOT_EXTRA

    def canonical(address: Word) -> Word:
        """The bits above the translated ones are 0; others are guest-page faults."""
        return 1 - nonzero(field(address, guest_bits, 64 - guest_bits), 64 - guest_bits)

    return Format(
        name=f"Sv{guest_bits - ROOT_EXTRA}x4",
        manual="RISC-V Privileged 1.12, 8.5.1",
        levels=levels,
        index_bits=9,
        root_extra=ROOT_EXTRA,
        entry_bytes=8,
        address_bits=64,
        physical_bits=riscv.PHYSICAL_BITS,
        default_control=0,
        widens=0,
        kept_flags=ACCESSED | DIRTY,
        faults_invalidate=False,
        page_levels=levels,
        canonical=canonical,
        kind=riscv.kind,
        table=riscv.table,
        frame=riscv.frame,
        limits=riscv.limits,
        attributes=riscv.attributes,
        permits=permits,
        user=riscv.user,
        flags=flags,
        shared=shared,
        mark=riscv.mark,
        updates=riscv.updates,
        granted=riscv.granted,
        leaf=leaf,
        pointer=riscv.pointer,
        fault=fault,
    )


SV39X4: Final = g_stage(3)
"""41 bits of guest-physical address: 4 KiB, 2 MiB and 1 GiB pages."""

SV48X4: Final = g_stage(4)
"""50 bits of guest-physical address: also 512 GiB pages."""
