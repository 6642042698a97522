"""RISC-V Sv32 as a paging format of one's own: two levels, four-byte entries, 34 bits of physical address.

    musigma prove sv32 --theory docs/examples/sv32.py

The lower ten bits of an entry are those of Sv39, so what reads them is taken from there. What differs is the
geometry, where the address stands, and that no bit is left to be reserved (Privileged Architecture 1.12, 4.3).
"""

from dataclasses import replace

from musigma.formats import SV39, Word, field, nonzero, place, riscv

PPN_BITS = 22


def canonical(address: Word) -> Word:
    """Every 32-bit address is translated."""
    return address * 0 + 1


def kind(entry: Word, level: int, control: int) -> Word:
    """Any of R, W, X makes a leaf; W without R, A, D or U in a pointer, and misaligned superpages are refused."""
    rights = riscv.rights_of(entry)
    leaf = nonzero(rights, 3)
    write_only = field(rights, 1, 1) & (1 - field(rights, 2, 1))
    pointer_bits = (1 - leaf) & (field(entry, 4, 1) | field(entry, 6, 1) | field(entry, 7, 1))
    too_deep = (1 - leaf) & int(level == 0)
    misaligned = leaf & nonzero(field(entry, 10, 10 * level), 10 * level)
    malformed = write_only | pointer_bits | too_deep | misaligned
    return field(entry, 0, 1) * ((1 + leaf) * (1 - malformed) + 3 * malformed)


def table(entry: Word) -> Word:
    """PPN, bits 31:10."""
    return field(entry, 10, PPN_BITS)


def frame(entry: Word, level: int) -> Word:
    """PPN; of a 4 MiB superpage the lower ten bits are 0."""
    return place(field(entry, 10 + 10 * level, PPN_BITS - 10 * level), 10 * level, PPN_BITS - 10 * level)


def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
    """The ten lower bits as Sv39 encodes them, and PPN above."""
    low = riscv.leaf(frame * 0, rights, user, 0, flags)
    ppn = place(field(frame, 10 * level, PPN_BITS - 10 * level), 10 + 10 * level, PPN_BITS - 10 * level)
    return low | ppn * nonzero(riscv.granted(rights), 3)


def pointer(frame: Word) -> Word:
    """V and PPN, nothing else."""
    return place(frame, 10, PPN_BITS) | 1


SV32 = replace(
    SV39,
    name="Sv32",
    manual="RISC-V Privileged 1.12, 4.3",
    levels=2,
    index_bits=10,
    entry_bytes=4,
    address_bits=32,
    physical_bits=34,
    page_levels=2,
    canonical=canonical,
    kind=kind,
    table=table,
    frame=frame,
    leaf=leaf,
    pointer=pointer,
)

FORMATS = [SV32]
