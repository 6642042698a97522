"""What may be held of large pages and of pages in a row, and what INVLPG takes beside its page: to the digit."""

import pytest

from machine import AARCH64, READ, SV39, WRITE, X86_32, X86_64, Format, Memory, PageFault, Reason
from machine.caching import ARM, INTEL, NOWHERE, SVVPTC, Allowed, MayHold, Part, Pointer
from machine.formats import AARCH64_16K, AARCH64_64K, SV39_SVNAPOT, riscv
from machine.formats.aarch64 import contiguous
from machine.instructions import invlpg, invpcid
from tests.machine.tables import Tables
from tests.machine.test_caching import NOTHING, core_of, reasons, tables_of

DIRECTORIES = Allowed(directories=True)


def test_invlpg_takes_the_pointers_of_other_regions_and_invpcid_does_not() -> None:
    """SDM vol. 3A, 4.10.4.1: INVLPG those of the PCID, whatever the addresses; INVPCID those that the address uses."""
    tables = tables_of(X86_32)
    tables.map(0x0040_3000, 0x50)
    own = tables.slot(0x0040_3000, 1)
    old, new = tables.memory.read(own, 4), X86_32.encode_pointer(0x30)

    def ends_after(allowed: Allowed, by: str, tag: int = 1) -> list[object]:
        tables.write(own, old)
        core = core_of(tables, allowed, tag=tag)
        core.ends(0x0040_3000, READ)
        tables.write(own, new)
        if by == "invlpg":
            invlpg(core, 0x0080_0000)
        elif by == "invpcid":
            invpcid(core, 0, tag, 0x0080_0000)
        elif by == "another tag":
            core.tlb.invalidate_page(0x0080_0000, tag + 1)
        elif by == "any tag":
            core.tlb.invalidate_page(0x0080_0000)
        else:
            core.choose = lambda ends: ends[-1]
            with pytest.raises(PageFault):
                core.load(0x0080_0000)
        return [each for each in core.buffer.of(0x0040_3000, tag) if isinstance(each, Pointer)]

    kept = [Pointer(1, 1, 1, old >> 12, 0b111111, 0)]
    assert ends_after(INTEL, "invlpg") == ends_after(INTEL, "any tag") == []
    assert ends_after(INTEL, "invpcid") == ends_after(INTEL, "another tag") == ends_after(INTEL, "a fault") == kept
    assert ends_after(DIRECTORIES, "invlpg") == kept


def test_a_fault_takes_the_pointers_on_its_way() -> None:
    """Page faults take what would be used for their address (SDM vol. 3A, 4.10.4.1), of the current PCID."""
    tables = tables_of(X86_32)
    tables.map(0x0040_3000, 0x50)
    core = core_of(tables, INTEL, tag=2)
    core.ends(0x0040_3000, READ)
    core.switch(tables.root, 1)
    core.choose = lambda ends: ends[-1]
    for _ in range(2):
        with pytest.raises(PageFault):
            core.load(0x0040_4000)
        assert [each.tag for each in core.buffer.of(0x0040_4000, 1) if isinstance(each, Pointer)] == []
        assert [each.tag for each in core.buffer.of(0x0040_4000, 2) if isinstance(each, Pointer)] == [2]


PARTS = Allowed(parts=True)


def split(tables: Tables, address: int, table: int) -> None:
    """A table of other frames takes the place of the large page at level 1 that has the address."""
    tables.write(tables.slot(address, 1), tables.fmt.encode_pointer(table))
    for page in range(8):
        tables.write((table << 12) + 8 * page, tables.fmt.encode_leaf(0x50 + page, 7, flags=3))


def test_a_part_of_a_large_page_outlives_invlpg_of_another() -> None:
    """After a split, INVLPG of page 0 need not reach page 5; as long as the large page stands, it does (4.10.4.1)."""
    tables = tables_of(X86_64)
    tables.map(0x20_0000, 0, level=1, flags=3)
    core = core_of(tables, PARTS)
    assert core.ends(0x20_0000, READ) == [0]
    assert core.ends(0x20_5000, READ) == [0x5000]
    split(tables, 0x20_0000, 0x40)
    core.tlb.invalidate_page(0x20_0000, 1)
    assert core.ends(0x20_5000, READ) == [0x5000, 0x55000]
    assert core.ends(0x20_0000, READ) == [0x50000]
    assert core.ends(0x20_6000, READ) == [0x56000], "it was never held by itself"
    core.tlb.invalidate_page(0x20_5000, 1)
    assert core.ends(0x20_5000, READ) == [0x55000]


@pytest.mark.parametrize("tagged", [True, False])
def test_all_parts_go_while_the_large_page_stands(tagged: bool) -> None:
    tables = tables_of(X86_64)
    place = tables.map(0x20_0000, 0, level=1, flags=3)
    core = core_of(tables, PARTS, tagged=tagged)
    other = tables.map(0x40_0000, 0, level=1, flags=3)
    for address in (0x20_0000, 0x20_5000, 0x40_5000):
        core.ends(address, READ)
    assert [(type(each), each.page) for each in core.tlb.entries()].count((Part, 0x205)) == 1
    tables.write(place, X86_64.encode_leaf(0, 4, level=1, flags=3))
    core.tlb.invalidate_page(0x20_0000, 1)
    assert core.tlb.entries() == [each for each in core.tlb.entries() if each.page in (2, 0x405)]
    assert len(core.tlb.entries()) == 2
    tables.write(other, 0)
    core.tlb.invalidate_page(0x40_0000, 1)
    assert [each.page for each in core.tlb.entries()] == [0x405], "nothing maps it any more"


def test_parts_go_by_the_tables_that_were_current_under_their_tag() -> None:
    tables = tables_of(X86_64)
    tables.map(0x20_0000, 0, level=1, flags=7)
    tables.map(0x40_0000, 0, level=1, flags=3)
    core = core_of(tables, PARTS)
    for address in (0x20_5000, 0x40_5000):
        core.ends(address, READ)
    empty = 0x5F000
    core.switch(empty, 2)
    core.ends(0x20_6000, READ)
    core.tlb.invalidate_page(0x40_0000, 1)
    assert [each.page for each in core.tlb.entries()] == [1, 0x205, 0x206]
    core.tlb.invalidate_page(0x20_0000, 2)
    assert [each.page for each in core.tlb.entries()] == [0x205, 0x206], "of what is global, the current tables count"
    core.switch(tables.root, 2)
    core.tlb.invalidate_page(0x20_0000, 2)
    assert core.tlb.entries() == []
    assert MayHold(X86_64, PARTS).mapped_at(0x20_0000, 1) == NOWHERE == -1


def test_what_is_held_of_a_large_page() -> None:
    """A gigabyte page may be held as one of 2 MiB and one of 4 KiB, with its rights; else as itself alone."""
    tables = tables_of(X86_64)
    tables.map(0x4000_0000, 0x40000, 6, level=2, flags=3)
    core, plain = core_of(tables, PARTS), core_of(tables, NOTHING)
    for each in (core, plain):
        assert each.ends(0x4060_5123, READ) == [0x4060_5123]
    whole, small, large = core.tlb.entries()
    assert plain.tlb.entries() == [whole]
    assert small == Part(1, 0, 0x40605, 0x40605, whole.attributes, True, 2)
    assert large == Part(1, 1, 0x203, 0x40600, whole.attributes, True, 2)
    assert core.ends(0x4060_5123, WRITE) == [0x4060_5123]
    core.tlb.invalidate_page(0x4000_0000, 1)
    assert core.tlb.entries() == []


def test_parts_of_one_page_are_no_conflict() -> None:
    tables = tables_of(AARCH64)
    tables.map(0x20_0000, 0, level=1)
    core = core_of(tables, Allowed(parts=True, conflict=True))
    core.ends(0x20_5000, READ)
    assert len(core.tlb.entries()) == 2
    assert core.ends(0x20_5000, READ) == [0x5000]
    split(tables, 0x20_0000, 0x40)
    core.ends(0x20_5000, READ)
    assert reasons(core, 0x20_5000) == [0x5000, 0x55000, Reason.CONFLICT]


def test_a_napot_leaf_is_held_for_its_row() -> None:
    """Chapter Svnapot: for any of its 16 pages; so each has to be fenced when they become pages by themselves."""
    tables = tables_of(SV39_SVNAPOT)
    for page in range(16):
        tables.write(tables.slot((0x10 + page) << 12), riscv.napot(SV39.encode_leaf(0x40, 6, flags=3)))
    core, plain = core_of(tables, SVVPTC), core_of(tables, NOTHING)
    for each in (core, plain):
        assert each.ends(0x1_3000, READ) == [0x43000]
    for page in range(16):
        tables.map((0x10 + page) << 12, 0x50 + page, 6, flags=3)
    for each in (core, plain):
        each.tlb.invalidate_page(0x1_3000, 1)
    assert core.ends(0x1_3000, READ) == [0x53000]
    assert core.ends(0x1_0000, READ) == [0x40000, 0x50000]
    assert core.ends(0x1_F000, READ) == [0x4F000, 0x5F000]
    assert core.ends(0x2_0000, READ) == core.ends(0x2_0000, READ)
    assert plain.ends(0x1_F000, READ) == [0x5F000]
    assert {each.page for each in core.tlb.entries()} == set(range(0x10, 0x20))


def test_an_entry_of_a_row_is_the_manuals() -> None:
    """The format's own way to write one is N and 1000, whichever page it is, or bit 52; above level 0 no NAPOT."""
    leaf = SV39.encode_leaf(0x4B, 6, flags=3)
    assert SV39_SVNAPOT.in_row(leaf, 0) == riscv.napot(SV39.encode_leaf(0x40, 6, flags=3))
    assert SV39_SVNAPOT.in_row(SV39.encode_leaf(0x200, 6, 1, 1), 1) == SV39.encode_leaf(0x200, 6, 1, 1)
    for level in range(3):
        assert (
            AARCH64.in_row(AARCH64.encode_leaf(0, 7, 1, level), level) == AARCH64.encode_leaf(0, 7, 1, level) | 1 << 52
        )
        assert SV39.in_row(leaf, level) == leaf
    assert [AARCH64.frame_in_row(0x35 << 9, 15, number, 1) >> 9 for number in (0, 7, 0x1F)] == [0x30, 0x37, 0x3F]
    assert SV39.frame_in_row(0x35, 0, 7, 0) == 0x35


@pytest.mark.parametrize(
    ("format", "level", "pages"),
    [(AARCH64, 0, 16), (AARCH64, 1, 16), (AARCH64_16K, 0, 128), (AARCH64_16K, 1, 32), (AARCH64_64K, 0, 32)],
)
def test_contiguous_entries_are_held_as_one(format: Format, level: int, pages: int) -> None:
    """D8.7.1: the entry of one page of a row for all of them; without the bit only its own."""
    tables = Tables(Memory(0x60 << 12), format, step=format.table_bytes)
    span = format.span_bits(level)
    first, size = 3 * pages << span, 1 << span
    frame = pages << (span - 12)
    leaf = format.encode_leaf(frame + (5 << span - 12), 7, level=level)
    place = tables.slot(first + 5 * size, level)
    for entry, row in ((contiguous(leaf), range(pages)), (leaf, range(5, 6))):
        tables.write(place, entry)
        core = core_of(tables, ARM)
        core.ends(first + 5 * size + 8, READ)
        held = {each.page - 3 * pages: each.frame for each in core.tlb.entries()}
        assert held == {page: frame + (page << span - 12) for page in row}
        assert {each.level for each in core.tlb.entries()} == {level}
