"""RISC-V Sv39, Sv48 and Sv57 (Privileged Architecture 1.12, 4.3 to 4.6), with Svpbmt as a mode and Svnapot if asked."""

from typing import Final

from machine.bits import Word, field, nonzero, place
from machine.events import Reason
from machine.formats.base import Format, in_no_row, nothing_within

SUM: Final = 1
"""mstatus.SUM: the supervisor may load and store in the user's pages."""
MXR: Final = 2
"""mstatus.MXR: loads are permitted where execution is."""
SVADE: Final = 4
"""A clear A or D raises a page fault instead of being set by the processor (Svade; menvcfg.ADUE clear)."""
PBMTE: Final = 8
"""menvcfg.PBMTE: bits 62:61 of a leaf are a memory type (Svpbmt); without it they are reserved."""

VALID_BIT: Final = 0
USER_BIT: Final = 4
GLOBAL_BIT: Final = 5
ACCESSED_BIT: Final = 6
PBMT_BIT: Final = 61
NAPOT_BIT: Final = 63
NAPOT_PAGES: Final = 16
"""Pages of a NAPOT leaf: 64 KiB, the one size that there is."""
PPN_BIT: Final = 10
PPN_BITS: Final = 44
PHYSICAL_BITS: Final = 56


def rights_of(entry: Word) -> Word:
    """R, W, X (bits 1, 2, 3) as the mask r 4, w 2, x 1."""
    return place(field(entry, 1, 1), 2, 1) | place(field(entry, 2, 1), 1, 1) | field(entry, 3, 1)


def kind(entry: Word, level: int, control: int) -> Word:
    """Steps 3 to 6 of the walk (4.3.2): any of R, W, X makes a leaf; W without R and reserved bits are refused."""
    rights = rights_of(entry)
    leaf = nonzero(rights, 3)
    write_only = field(rights, 1, 1) & (1 - field(rights, 2, 1))
    # A, D and U of a pointer are reserved for future use, as are bits 63:54 of every entry.
    pointer_bits = (1 - leaf) & (field(entry, USER_BIT, 1) | field(entry, ACCESSED_BIT, 1) | field(entry, 7, 1))
    too_deep = (1 - leaf) & int(level == 0)
    misaligned = leaf & nonzero(field(entry, PPN_BIT, 9 * level), 9 * level)
    # With Svpbmt the type 3 is reserved, and every type of a pointer but 0 (chapter Svpbmt).
    typed, kind_of_memory = field(control, 3, 1), field(entry, PBMT_BIT, 2)
    no_type = nonzero(kind_of_memory, 2) & (1 - (typed & leaf))
    no_type = no_type | (field(kind_of_memory, 0, 1) & field(kind_of_memory, 1, 1))
    reserved = nonzero(field(entry, 54, 7), 7) | field(entry, NAPOT_BIT, 1) | no_type
    malformed = write_only | reserved | pointer_bits | too_deep | misaligned
    return field(entry, VALID_BIT, 1) * ((1 + leaf) * (1 - malformed) + 3 * malformed)


def table(entry: Word) -> Word:
    """PPN."""
    return field(entry, PPN_BIT, PPN_BITS)


def frame(entry: Word, level: int) -> Word:
    """PPN; a superpage's lower parts are 0, or the entry is malformed."""
    return place(field(entry, PPN_BIT + 9 * level, PPN_BITS - 9 * level), 9 * level, PPN_BITS - 9 * level)


def napot_kind(entry: Word, level: int, control: int) -> Word:
    """N in a leaf at level 0 whose PPN ends in 1000 maps 64 KiB; anywhere else it is reserved (table of Svnapot)."""
    napot = field(entry, NAPOT_BIT, 1)
    plain = kind(entry ^ (napot << NAPOT_BIT), level, control)
    # At level 0 there are no pointers; a malformed entry stays malformed, an absent one absent.
    wrong = nonzero(field(entry, PPN_BIT, 4) ^ 0b1000, 4) | int(level != 0)
    return plain | (napot & wrong & nonzero(plain, 2)) * 3


def napot_within(entry: Word, level: int) -> Word:
    """Of a NAPOT leaf, at level 0, the frame's lowest four bits are the address's (chapter Svnapot)."""
    return field(entry, NAPOT_BIT, 1) * (int(level == 0) * (NAPOT_PAGES - 1))


def napot_frame(entry: Word, level: int) -> Word:
    """PPN; of a NAPOT leaf without the four bits that say its size."""
    return frame(entry, level) & ((1 << PPN_BITS) - 1 ^ napot_within(entry, level))


def napot(entry: Word) -> Word:
    """The entry for each of 16 pages in a row from a leaf of the first of them, whose frame is a multiple of 16."""
    return entry | 1 << NAPOT_BIT | 0b1000 << PPN_BIT


def napot_in_row(entry: Word, level: int) -> Word:
    """At level 0, the NAPOT entry of the page's row: N, and a PPN that ends in 1000 whichever page of it this was."""
    size = place(field(entry, PPN_BIT, 4) ^ 0b1000, PPN_BIT, 4) | 1 << NAPOT_BIT
    return entry ^ size * int(level == 0)


def with_memory_type(entry: Word, kind_of_memory: Word) -> Word:
    """A leaf with its type: 0 as the platform says, 1 non-cacheable, 2 I/O (Svpbmt)."""
    return entry | place(kind_of_memory, PBMT_BIT, 2)


def limits(entry: Word) -> Word:
    """Pointers limit nothing."""
    return entry * 0 + 0b111111


def attributes(entry: Word, level: int) -> Word:
    """The leaf's R, W, X, for the user if U and for the supervisor if not."""
    user = field(entry, USER_BIT, 1)
    rights = rights_of(entry)
    return rights * user + (rights << 3) * (1 - user)


def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """Steps 7 and 8: with SUM the supervisor loads and stores in the user's pages; MXR lets load what executes."""
    readable_by_execute = place(field(attributes, 0, 1), 2, 1) | place(field(attributes, 3, 1), 5, 1)
    extended = attributes | readable_by_execute * field(control, 1, 1)
    theirs = field(extended, 0, 3)
    supervisor = field(extended, 3, 3) | (theirs & 0b110) * field(control, 0, 1)
    return nonzero((theirs * user + supervisor * (1 - user)) & access, 3)


def user(entry: Word) -> Word:
    """U."""
    return field(entry, USER_BIT, 1)


def flags(entry: Word) -> Word:
    """A, D and G as the mask ACCESSED, DIRTY, GLOBAL."""
    return field(entry, ACCESSED_BIT, 2) | place(field(entry, GLOBAL_BIT, 1), 2, 1)


def shared(entry: Word, leaf: int, control: int) -> Word:
    """G in a pointer makes everything below it global (4.3.1)."""
    return field(entry, GLOBAL_BIT, 1)


def mark(entry: Word, leaf: int, access: Word) -> Word:
    """A, and D for a store, in the leaf only."""
    return entry | (leaf << ACCESSED_BIT) | ((field(access, 1, 1) & leaf) << (ACCESSED_BIT + 1))


def updates(control: int) -> int:
    """Unless Svade."""
    return 1 - ((control >> 2) & 1)


def granted(rights: Word) -> Word:
    """Write without read is a reserved encoding: the write is withheld."""
    return rights & (0b101 | (field(rights, 2, 1) << 1))


def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
    """V, R, W, X, U, G, A, D and PPN (figure 4.20)."""
    right = granted(rights)
    return (
        1
        | place(field(right, 2, 1), 1, 1)
        | place(field(right, 1, 1), 2, 1)
        | place(field(right, 0, 1), 3, 1)
        | place(user, USER_BIT, 1)
        | place(field(flags, 2, 1), GLOBAL_BIT, 1)
        | place(flags, ACCESSED_BIT, 2)
        | place(field(frame, 9 * level, PPN_BITS - 9 * level), PPN_BIT + 9 * level, PPN_BITS - 9 * level)
    ) * nonzero(right, 3)


def pointer(frame: Word) -> Word:
    """V and PPN, nothing else."""
    return place(frame, PPN_BIT, PPN_BITS) | 1


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    """Page faults 12 (fetch), 13 (load), 15 (store); access faults 1, 5, 7 if table or page lie outside memory."""
    causes = {4: (5, 13), 2: (7, 15), 1: (1, 12)}[access]
    cause = causes[0] if reason in (Reason.TABLE_OUTSIDE, Reason.PAGE_OUTSIDE) else causes[1]
    return cause, cause


def riscv(levels: int, *, svnapot: bool = False) -> Format:
    """Sv39 for 3 levels, Sv48 for 4, Sv57 for 5; if asked, with Svnapot. Raises ValueError for another number."""
    if levels not in (3, 4, 5):
        raise ValueError(f"RISC-V with {levels} levels: give 3 (Sv39), 4 (Sv48) or 5 (Sv57)")
    virtual_bits = 12 + 9 * levels
    top_bits = 65 - virtual_bits

    def canonical(address: Word) -> Word:
        """The bits above the translated ones copy the topmost of these (4.4.1, 4.5.1); others page-fault."""
        top = field(address, virtual_bits - 1, top_bits)
        return (1 - nonzero(top, top_bits)) | (1 - nonzero(top ^ ((1 << top_bits) - 1), top_bits))

    return Format(
        name=f"Sv{virtual_bits}-Svnapot" if svnapot else f"Sv{virtual_bits}",
        manual="RISC-V Privileged 1.12, 4.3 to 4.6",
        levels=levels,
        index_bits=9,
        entry_bytes=8,
        address_bits=64,
        physical_bits=PHYSICAL_BITS,
        default_control=0,
        widens=0,
        faults_invalidate=False,
        page_levels=levels,
        canonical=canonical,
        kind=napot_kind if svnapot else kind,
        table=table,
        frame=napot_frame if svnapot else frame,
        within=napot_within if svnapot else nothing_within,
        row=napot_within if svnapot else nothing_within,
        in_row=napot_in_row if svnapot else in_no_row,
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


SV39 = riscv(3)
"""Three levels: 4 KiB, 2 MiB and 1 GiB pages, 39-bit addresses."""

SV48 = riscv(4)
"""Four levels: also 512 GiB pages, 48-bit addresses."""

SV57 = riscv(5)
"""Five levels: also 256 TiB pages, 57-bit addresses."""

SV39_SVNAPOT = riscv(3, svnapot=True)
"""Sv39 of a processor with 64 KiB pages (Svnapot)."""
