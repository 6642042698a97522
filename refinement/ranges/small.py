"""Sv39 with small tables: large pages of few base pages, so that small scopes have all sizes.

No manual has these formats. Their entries are Sv39's bit by bit; only how many a table has is not.
"""

from dataclasses import dataclass, fields

from machine.bits import Word, any_bit, field, nonzero, place, select
from machine.formats import riscv
from machine.formats.base import MALFORMED, Format


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallFormat(Format):
    """A format whose tables have a frame each, of which the first entries count."""

    @property
    def table_bytes(self) -> int:
        """Bytes of one table."""
        return 4096


def small(index_bits: int, levels: int = 3) -> Format:
    """The format whose tables have 2^index_bits entries, so that a large page of level n has 2^(n · index_bits) pages.

    >>> small(1).entries, small(1).span_bits(2) - 12
    (2, 2)
    """
    virtual_bits = 12 + index_bits * levels

    def canonical(address: Word) -> Word:
        return 1 - any_bit(address >> virtual_bits, 64)

    def kind(entry: Word, level: int, control: int) -> Word:
        leaf = nonzero(riscv.rights_of(entry), 3)
        found = select(leaf, riscv.kind(entry, 0, control), riscv.kind(entry, level, control))
        misaligned = leaf & nonzero(field(entry, riscv.PPN_BIT, index_bits * level), index_bits * level)
        return select(misaligned & field(entry, riscv.VALID_BIT, 1), MALFORMED, found)

    def frame(entry: Word, level: int) -> Word:
        low = index_bits * level
        return place(field(entry, riscv.PPN_BIT + low, riscv.PPN_BITS - low), low, riscv.PPN_BITS - low)

    def leaf(number: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
        low = index_bits * level
        aligned = place(field(number, low, riscv.PPN_BITS - low), low, riscv.PPN_BITS - low)
        return riscv.leaf(aligned, rights, user, 0, flags)

    changed = {
        "name": f"Sv39 with tables of {1 << index_bits}",
        "manual": "none",
        "levels": levels,
        "index_bits": index_bits,
        "page_levels": levels,
        "canonical": canonical,
        "kind": kind,
        "frame": frame,
        "leaf": leaf,
    }
    return SmallFormat(**{each.name: getattr(riscv.SV39, each.name) for each in fields(Format)} | changed)
