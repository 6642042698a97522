# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
"""The set's numbers, its sizes, and how it grows, by hand."""

import numpy as np
import pytest

from proofs.explorer.searches import table as module
from proofs.explorer.searches.table import LINE, NARROW, WIDE, Table, geometry, start_bits
from proofs.explorer.system import ScopeTooLargeError


class Kernel:
    """Moves nothing; says how it went."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    def move_all(self, *arguments):
        self.calls.append(arguments)
        return self.answers.pop(0)


def test_the_numbers_of_a_key():
    first, second = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
    for bits, buckets, entry in ((24, 3, NARROW), (25, 1, NARROW), (64, 6, WIDE)):
        mask, found = (1 << bits) - 1, [int(value) for value in geometry(bits, buckets, entry)]
        one, other = first & mask | 1, second & mask | 1
        assert found[:4] == [mask, (bits + 1) // 2, one, other]
        assert found[4] * one & mask == found[5] * other & mask == 1
        assert found[6:8] == [bits - buckets, (1 << bits - buckets) - 1]
        size = 32 if entry is NARROW else 64
        assert found[8:] == [1 << size - 1, size - 5]
        assert all(type(value) is np.uint64 for value in geometry(bits, buckets, entry))


def test_the_least_number_of_buckets():
    assert [start_bits(bits, NARROW) for bits in (24, 28, 29, 64)] == [1, 1, 2, 37]
    assert [start_bits(bits, WIDE) for bits in (24, 60, 61, 64)] == [1, 1, 2, 5]


@pytest.mark.parametrize("entry", [NARROW, WIDE])
def test_buckets_begin_with_a_cache_line(entry):
    found = module._buckets(4, entry)
    assert found.dtype == entry
    assert found.nbytes == 4 * LINE == 256
    assert found.ctypes.data % LINE == 0
    assert not found.any()


@pytest.mark.parametrize(
    ("bits", "room", "entry", "buckets"),
    [
        (4, 1, NARROW, 2),
        (24, 25, NARROW, 2),
        (24, 26, NARROW, 4),
        (24, 1000, NARROW, 128),
        (43, 1, NARROW, 1 << 16),
        (44, 1, WIDE, 2),
        (44, 1 << 20, NARROW, 1 << 17),
        (64, 1, WIDE, 32),
        (64, 1000, WIDE, 256),
    ],
)
def test_the_size_at_first(bits, room, entry, buckets):
    table = Table(None, bits, room, 10**9)
    assert table.bits == max(bits, 24)
    assert table.entry == entry
    assert table.lanes == (16 if entry is NARROW else 8)
    assert table.entries.size == buckets * table.lanes
    assert table.queue.size == table.entries.size
    assert table.queue.dtype == np.uint32
    assert table.limit == int(table.entries.size * (0.8 if entry is NARROW else 0.7))
    assert table.geometry == geometry(table.bits, buckets.bit_length() - 1, entry)
    assert table.bytes_used(10) == buckets * 64 + 40


def test_the_memory_is_counted_to_the_byte():
    # Two buckets: 128 bytes, and 4 for each of their 32 entries.
    assert Table(None, 24, 1, 256).entries.size == 32
    with pytest.raises(ScopeTooLargeError, match="needs 256 bytes to begin with and may take 255; allow more memory"):
        Table(None, 24, 1, 255)
    assert Table(None, 64, 1, 32 * 96).entries.size == 256
    with pytest.raises(ScopeTooLargeError, match="needs 3,072 bytes"):
        Table(None, 64, 1, 32 * 96 - 1)


def test_what_fits():
    table = Table(None, 24, 1, 1 << 40)
    assert table._fits(23)
    assert not table._fits(24)  # no bit would be left beside the bucket's number
    assert table._fits(3, beside=(1 << 40) - 1024)
    assert not table._fits(3, beside=(1 << 40) - 1023)
    wide = Table(None, 64, 1, 1 << 60)
    assert wide._fits(29)
    assert not wide._fits(30)  # the queue's numbers have 32 bits
    narrow = Table(None, 40, 1, 1 << 60)
    assert narrow._fits(28)
    assert not narrow._fits(29)


def test_growth_until_all_have_a_place():
    kernel = Kernel(False, True)
    table = Table(kernel, 24, 1, 10**6)
    old, numbers, queue = table.entries, table.geometry, table.queue
    queue[:3] = [5, 6, 7]
    assert table.grow(2)
    assert table.entries.size == 4 * old.size
    assert table.queue[:2].tolist() == [5, 6]
    first, second = kernel.calls
    assert first[0] is second[0] is old
    assert first[1] == second[1] == numbers
    assert first[2].size == 2 * old.size
    assert second[2] is table.entries
    assert first[3] == geometry(24, 2, NARROW)
    assert second[3] == table.geometry == geometry(24, 3, NARROW)
    assert first[4] == second[4] == 16
    assert second[5] is table.queue
    assert first[6] == second[6] == 2


def test_growth_that_does_not_fit_leaves_everything_as_it_was():
    kernel = Kernel(False, False)
    table = Table(kernel, 24, 1, 512 + 128 + 8)
    before = table.entries, table.geometry, table.queue
    assert not table.grow(2)
    assert len(kernel.calls) == 1
    assert (table.entries, table.geometry, table.queue) == before
    assert all(one is other for one, other in zip(before, (table.entries, table.geometry, table.queue), strict=True))
    assert not Table(Kernel(), 24, 1, 512 + 128 + 7).grow(2)
