"""The kernel's page tables: what they are made of, and entries that the kernel did not write."""

from dataclasses import replace

import pytest

from machine import SV39, X86_32, X86_64, Format, Memory
from machine.formats import AARCH64_16K, SV39X4
from model.scope import Scope
from refinement.kernel.page_table import PageTables, TablePool

ADDRESSES = [0x20_0000, 0x20_1000]


def tables() -> PageTables:
    made = PageTables(Scope(2, 2, 2), Memory(64 * 4096), SV39, TablePool(8, 16), ADDRESSES)
    assert made.reserve(2)
    return made


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (SV39.encode_leaf(0x200, 7, level=1, flags=3), "maps a large page"),
        (SV39.encode_leaf(0x201, 7, flags=3), "points to no table"),  # a large page's frame, misaligned
        (0x0000_0000_0000_0C00, "points to no table"),  # not valid
    ],
)
def test_an_entry_that_is_no_pointer_is_never_followed(entry: int, said: str) -> None:
    made = tables()
    root, upper, last = made.path(2)
    place = made._item(upper, ADDRESSES[0], 1)
    assert SV39.table(made.entries[place]) == last
    made.entries[place] = entry
    for ask in (made.path, made.entry, made.missing, made.place, made.reserve, made.release):
        with pytest.raises(ValueError, match=f"at level 1 {said}"):
            ask(2)
    assert SV39.table(made.entries[made._item(root, ADDRESSES[0], 2)]) == upper, "nothing was written"


def made_of(*addresses: int, format: Format = SV39, frames: int = 24, first: int = 8, count: int = 16) -> PageTables:
    scope = Scope(2, len(addresses), 1)
    return PageTables(scope, Memory(frames << 12), format, TablePool(first, count), addresses)


@pytest.mark.parametrize(
    ("addresses", "format", "said"),
    [
        ((0x1800, 0x2000), SV39, "0x1800 is no page's address"),
        ((0x1000, 0x2001), SV39, "0x2001 is no page's address"),
        ((1 << 32, 0x2000), X86_32, "0x100000000 is no page's address"),
        ((-0x1000, 0x2000), SV39, "-0x1000 is no page's address"),
        ((1 << 39, 0x2000), SV39, "0x8000000000 is not canonical"),
        ((0x2000, 1 << 39), SV39, "0x8000000000 is not canonical"),
        ((0x2000, 0x2000), SV39, "2 pages need as many different addresses"),
        ((0x2000, 1 << 39), SV39X4, "0x8000000000 is beyond the first table of Sv39x4's root"),
        ((0x2000, 5 << 39), SV39X4, "0x28000000000 is not canonical"),  # and beyond it as well
    ],
)
def test_addresses_that_no_page_can_have(addresses: tuple[int, ...], format: Format, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made_of(*addresses, format=format)


@pytest.mark.parametrize(
    "format", [AARCH64_16K, replace(SV39, page_bits=13), replace(SV39, entry_bytes=4)], ids=["both", "pages", "tables"]
)
def test_pages_and_tables_of_other_sizes_are_refused_whatever_the_addresses(format: Format) -> None:
    for address in (0, 0x1000):
        with pytest.raises(ValueError, match="has no pages or no tables of 4096 bytes"):
            made_of(address, format=format)


def test_an_address_too_many_is_refused_though_it_is_there_twice() -> None:
    with pytest.raises(ValueError, match="2 pages need as many"):
        PageTables(Scope(1, 2, 1), Memory(24 << 12), SV39, TablePool(8, 16), (0x1000, 0x2000, 0x2000))


def test_addresses_of_both_halves_are_pages() -> None:
    low, high = 0x3F_FFFF_F000, 0xFFFF_FFC0_0000_0000
    made = made_of(low, high, 0)
    assert [made.address(slot) for slot in range(6)] == [low, high, 0, low, high, 0]
    assert made_of(0xFFFF_F000, format=X86_32).addresses == (0xFFFF_F000,)


def test_a_pool_ends_where_memory_ends() -> None:
    assert made_of(0, frames=24, first=8, count=16).pool.free == 14
    with pytest.raises(ValueError, match="the pool ends at frame 4097, beyond 16777216 bytes of memory"):
        made_of(0, frames=4096, first=8, count=4089)


def test_what_a_slot_lacks_is_counted() -> None:
    made = made_of(0x1000, 0x20_0000, 0x4000_0000)
    assert [made.missing(slot) for slot in range(6)] == [2] * 6
    assert made.reserve(0)
    assert [made.missing(slot) for slot in range(6)] == [0, 1, 2, 2, 2, 2]
    assert made.format.levels == 3


def test_a_pointer_is_read_as_the_cores_are_set() -> None:
    made = made_of(0x1000, format=X86_64)
    assert made.reserve(0)
    before = made.path(0)
    made.entries[made._item(before[0], 0x1000, 3)] |= 1 << 63  # a pointer that forbids execution: EFER.NXE is set
    assert made.path(0) == before


def test_without_its_last_table_a_slot_has_no_entry() -> None:
    made = made_of(0x1000, 0x4000_0000)
    assert made.reserve(0)
    assert made.entries[made._item(made.root(0) >> 12, 0x4000_0000, 0)] != 0
    assert made.entry(1) == 0


def test_what_the_processor_noted_stays_and_nothing_else() -> None:
    made = made_of(0x1000)
    assert made.reserve(0)
    made.write(0, 3, 7)
    assert made.entry(0) == SV39.encode_leaf(3, 7)
    for noted in range(8):
        made.entries[made.place(0)] = SV39.encode_leaf(3, 7, flags=noted)
        made.write(0, 3, 6)
        assert made.entry(0) == SV39.encode_leaf(3, 6, flags=noted & 3)


def test_tables_that_are_given_back_are_counted_no_more() -> None:
    made = made_of(0x1000)
    roots = dict(made.uses)
    assert made.reserve(1)
    detached = made.release(1)
    assert made.uses == {**roots, **dict.fromkeys(detached, 0)}
    made.give_back(detached)
    assert (made.uses, made.pool.free) == (roots, 14)
