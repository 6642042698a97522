"""Tables with leaves on every level: real formats, what a tables' pool promises, and what the self check names."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import FORMATS, SV39, Core, Format, Memory, tlb
from machine.events import READ, WRITE, PageFault
from machine.formats import SECOND_STAGES, X86_64_2M
from machine.formats.base import ACCESSED, DIRTY
from model.ranges.scope import RangeScope
from model.scope import Scope
from model.spaces.literal import DONE
from refinement.kernel.mapping_tree import NONE
from refinement.kernel.page_table import TablePool
from refinement.ranges.check import check_tables, check_tree
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import boot
from refinement.ranges.sized_tables import SizedTables
from refinement.ranges.sized_tree import next_part
from refinement.ranges.small import small
from tests.refinement.ranges.written import operations

LARGE_GRANULE = replace(SV39, page_bits=14)
LARGE = [format for format in (*FORMATS, X86_64_2M, *SECOND_STAGES) if format.page_levels > 1]


def kernel(format: Format, pages: int, orders: int, spaces: int = 2) -> SizedKernel:
    return boot(RangeScope(spaces, pages, pages, orders), format=format, buffer=tlb.riscv_asid, cores=2)


def does(booted: SizedKernel, text: str) -> None:
    for o in operations(text, booted.scope):
        assert booted.do(o) == DONE
    assert check_tree(booted.sized) == check_tables(booted) == []


def reached(booted: SizedKernel, core: Core, space: int) -> list[int | None]:
    """The frame that each page of a space shows to a user's load."""
    booted.enter(core, space)
    found: list[int | None] = []
    for address in booted.tables.addresses:
        try:
            found.append((core.translate(address, READ) >> 12) - booted.first_frame)
        except PageFault:
            found.append(None)
    return found


def level(booted: SizedKernel, slot: int) -> int:
    return booted.format.levels - len(booted.tables.path(slot))


@pytest.mark.parametrize("format", LARGE, ids=lambda format: format.name)
def test_a_large_page_is_one_leaf_and_its_parts_are_told_apart(format: Format) -> None:
    pages = format.entries
    booted = kernel(format, pages, pages | 1)
    stays, roams = booted.cores
    booted.enter(stays, 1)
    does(booted, f"map 0[0..{pages - 1}] 1[0..{pages - 1}]")
    assert level(booted, pages) == level(booted, 0) == 1
    assert reached(booted, stays, 1) == list(range(pages))
    assert len(stays.tlb.entries()) == 1
    does(booted, "flush 0[5]; grant 1[9] 1[5]")
    assert level(booted, pages) == 0
    assert level(booted, 0) == 1
    shown = [None if page == 9 else 9 if page == 5 else page for page in range(pages)]
    assert reached(booted, stays, 1) == reached(booted, roams, 1) == shown
    assert reached(booted, roams, 0) == list(range(pages))


def test_what_the_processor_noted_stays_when_leaves_change_their_size() -> None:
    booted = kernel(small(1), 4, 0b111)
    core = booted.cores[0]
    core.translate(0x3000, WRITE)
    noted = [booted.format.flags(booted.tables.entry(page)) for page in range(4)]
    assert noted == [ACCESSED | DIRTY] * 4
    does(booted, "grant 0[0] 1[0]")
    assert booted.format.flags(booted.tables.entry(3)) == ACCESSED | DIRTY
    does(booted, "flush 0[0..3]; grant 1[0] 0[0]")
    assert level(booted, 0) == 2
    assert booted.format.flags(booted.tables.entry(0)) == ACCESSED | DIRTY


def test_a_mapping_between_two_sizes_has_as_many_leaves_as_it_takes() -> None:
    booted = kernel(small(2), 8, 0b1111)
    tables = booted.tables
    assert [(tables.level(order), tables.leaves(order), tables.below(order)) for order in range(5)] == [
        (0, 1, 0),
        (0, 2, 0),
        (1, 1, 1),
        (1, 2, 2),
        (2, 1, 5),
    ]
    assert [booted.leaf_address(0, leaf) for leaf in range(2)] == [0, 0x4000]


def lacked(booted: SizedKernel, *blocks: tuple[int, int]) -> int:
    """How many tables blocks lack that lie one behind the other."""
    found, last = 0, NONE
    for slot, order in blocks:
        found += booted.lacks(slot, order, last)
        last = slot
    return found


def test_what_blocks_lack_is_counted_as_for_single_pages() -> None:
    booted = kernel(small(1), 4, 0b111, spaces=3)
    whole, half = (4, 2), (4, 1)
    assert lacked(booted, whole) == 3
    assert lacked(booted, half) == 2
    assert lacked(booted, (4, 0), (5, 0)) == 2
    assert lacked(booted, (4, 0), (6, 0)) == 3
    does(booted, "map 0[0] 1[0]")
    assert lacked(booted, half) == 0
    assert lacked(booted, whole) == 1
    does(booted, "map 0[0..3] 2[0..3]")
    assert lacked(booted, (9, 0)) == 0
    assert lacked(booted, (6, 0)) == 1


def parts(booted: SizedKernel, start: int, order: int) -> Iterator[tuple[int, int]]:
    """The largest blocks of a range that one mapping shows."""
    end = start + (1 << order)
    slot, part = next_part(booted.sized, start, end)
    while slot < end:
        yield slot, part
        slot, part = next_part(booted.sized, slot + (1 << part), end)


def tables_of(booted: SizedKernel, slot: int, order: int) -> set[tuple[int, int, int]]:
    """All tables but the root on the way of a page of a block: their space, level, and what they cover."""
    span, tables = booted.format.span_bits, booted.tables
    return {
        (tables.scope.space(page), level, tables.address(page) >> span(level + 1))
        for page in range(slot, slot + (1 << order))
        for level in range(booted.format.root_level)
    }


@pytest.mark.long
@settings(max_examples=300)
@given(st.sampled_from((1, 2)), st.data())
def test_blocks_lack_the_tables_on_the_ways_of_their_pages_that_no_mapping_has(index_bits: int, data: Any) -> None:
    booted = kernel(small(index_bits), 16 if index_bits == 2 else 8, 0b11111 if index_bits == 2 else 0b1111)
    pages, orders = booted.scope.pages, len(booted.scope.sizes)

    def block() -> tuple[int, int]:
        order = data.draw(st.integers(0, orders - 1))
        return data.draw(st.integers(0, (pages >> order) - 1)) << order, order

    for _ in range(data.draw(st.integers(0, 4))):
        first, order = block()
        does(booted, f"map 0[{first}..{first + (1 << order) - 1}] 1[{first}..{first + (1 << order) - 1}]")
    wanted = set[tuple[int, int]]()
    for _ in range(data.draw(st.integers(1, 3))):
        first, order = block()
        if all(first + (1 << order) <= other or other + (1 << size) <= first for other, size in wanted):
            wanted.add((first, order))
    there = {table for slot, order in parts(booted, pages, orders - 1) for table in tables_of(booted, slot, order)}
    ways = {table for first, order in wanted for table in tables_of(booted, pages + first, order)}
    blocks = [(pages + first, order) for first, order in sorted(wanted)]
    assert lacked(booted, *blocks) == len(ways - there)


def made(addresses: list[int], format: Format = SV39, orders: int = 0b11, scope: Scope | None = None) -> SizedTables:
    given = scope or RangeScope(1, len(addresses), 1, orders)
    return SizedTables(given, Memory(64 << 12), format, TablePool(1, 8), addresses)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: made([0x2000, 0x4000]), "addresses 4096 bytes apart"),
        (lambda: made([0x1000, 0x2000]), "0x1000 begins no range of order 1: a multiple of 0x2000 does"),
        (lambda: made([n << 12 for n in range(2, 6)], orders=0b111), "0x2000 begins no range of order 2"),
        (lambda: made([n << 12 for n in range(2)], format=LARGE_GRANULE), "a format with pages of 4096 bytes"),
        (lambda: made([0x2000, 0x3000], scope=Scope(1, 2, 1)), "give a scope with orders"),
        (lambda: made([n << 12 for n in range(16)], small(1), 0b10001), "a range of order 4 is larger than a table"),
        (
            lambda: SizedKernel(RangeScope(1, 2, 1, 0b11), cores=[], pool=TablePool(1, 4), first_frame=7, addresses=[]),
            "frame 7 begins no range of order 1: give a multiple of its size",
        ),
    ],
)
def test_machines_on_which_no_large_page_fits(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("first", [0x2000, 0x6000, 0x4000])
def test_pages_begin_at_any_multiple_of_the_largest_range(first: int) -> None:
    tables = made([first, first + 0x1000])
    assert (tables.level(1), tables.spare) == (0, 7)


def test_the_largest_range_is_as_large_as_the_largest_leaves_of_a_table() -> None:
    tables = made([n << 12 for n in range(8)], small(1), 0b1001)
    assert [tables.level(order) for order in range(4)] == [0, 1, 2, 2]
    assert (tables.leaves(3), tables.leaf_order(3)) == (2, 2)


def test_the_check_of_the_tables_names_what_is_broken() -> None:
    def broken(change: Callable[[SizedKernel], object]) -> set[str]:
        booted = kernel(small(1), 4, 0b111)
        does(booted, "map 0[0..1] 1[0..1]; map 0[2] 1[3]")
        change(booted)
        return {each.invariant for each in check_tables(booted)}

    def entry(order: int, value: int) -> Callable[[SizedKernel], object]:
        return lambda booted: booted.tables.entries.__setitem__(booted.tables.place(4 if order else 7, order), value)

    def encoded(frame: int, rights: int, user: int = 1) -> int:
        return int(small(1).encode_leaf(frame, rights, user, level=1))

    first = kernel(small(1), 4, 0b111).first_frame
    assert broken(lambda booted: None) == set()
    assert broken(entry(1, 0)) == {"same-pages"}
    assert broken(entry(1, encoded(first + 2, 7))) == {"same-frame"}
    assert broken(entry(1, encoded(first, 6))) == {"same-rights"}
    assert broken(entry(1, encoded(first, 7, 0))) == {"format", "same-pages"}
    assert broken(lambda booted: setattr(booted.tables, "promised", 0)) == {"promised"}
    assert broken(lambda booted: booted.tables.divide(4, 1, first, 7, 0)) >= {"same-size"}
    assert broken(lambda booted: booted.tables.pool.take()) == {"accounting", "promised"}
    assert broken(lambda booted: booted.tables.uses.update({booted.tables.roots[1]: 9})) == {"uses"}
    assert broken(lambda booted: booted.tables.write(6, first, 7)) == {"same-pages"}
