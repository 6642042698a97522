"""Every format does with its bits what its manual says: each bit of each kind of entry, each mode, each right."""

import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import z3

from machine import Format, Reason
from machine.events import ACCESSES
from machine.formats import VARIANTS
from machine.formats.aarch64 import aarch64
from machine.formats.aarch64_stage2 import stage_2
from machine.formats.ept import ept
from machine.formats.g_stage import g_stage
from machine.formats.riscv import riscv, with_memory_type
from machine.formats.x86_32 import x86_32
from machine.formats.x86_64 import with_keys, x86_64
from machine.formats.x86_keys import with_key
from tests.machine.formats.aarch64 import manual as aarch64_manual
from tests.machine.formats.manual import Manual, bits
from tests.machine.formats.riscv import manual as riscv_manual
from tests.machine.formats.second_stages import ept_manual, g_manual, stage_2_manual
from tests.machine.formats.x86 import narrow, wide
from tests.machine.formats.x86 import with_keys as manual_with_keys

# Formats are made anew by each test, since those that exist are made when their module is imported.
FORMATS: dict[str, tuple[Callable[[], Format], Manual]] = {
    "x86-32": (x86_32, narrow(40)),
    "x86-32 of 32 bits": (lambda: x86_32(32), narrow(32)),
    "x86-32 of 35 bits": (lambda: x86_32(35), narrow(35)),
    "x86-64": (x86_64, wide(52)),
    "x86-64 of 32 bits": (lambda: x86_64(32), wide(32)),
    "x86-64 of 46 bits": (lambda: x86_64(46), wide(46)),
    "Sv39": (lambda: riscv(3), riscv_manual(39)),
    "Sv48": (lambda: riscv(4), riscv_manual(48)),
    "EPT": (ept, ept_manual(52, marks=True)),
    "EPT of 46 bits without flags": (lambda: ept(46, accessed_dirty=False), ept_manual(46, marks=False)),
    "Sv39x4": (lambda: g_stage(3), g_manual(41)),
    "Sv48x4": (lambda: g_stage(4), g_manual(50)),
    "AArch64-S2": (stage_2, stage_2_manual(40)),
    "AArch64-S2 of 48 bits": (lambda: stage_2(48), stage_2_manual(48)),
    "AArch64": (aarch64, aarch64_manual(12, blocks=(1, 2))),
    "x86-64-2M": (lambda: x86_64(gigabyte_pages=False), wide(52, gigabytes=False)),
    "x86-64-PKU": (lambda: with_keys(x86_64()), manual_with_keys(wide(52))),
    "Sv57": (lambda: riscv(5), riscv_manual(57)),
    "Sv39-Svnapot": (lambda: riscv(3, svnapot=True), riscv_manual(39, svnapot=True)),
    "AArch64-16K": (lambda: aarch64(14), aarch64_manual(14, blocks=(2,))),
    "AArch64-64K": (lambda: aarch64(16), aarch64_manual(16, blocks=(2,))),
}
each_format = pytest.mark.parametrize(("make", "manual"), FORMATS.values(), ids=FORMATS)


def entries(format: Format, manual: Manual) -> Iterator[int]:
    """The manual's entries, each of them with one bit changed, or with a few neighbours, and some of chance."""
    whole = (1 << format.entry_bits) - 1
    for entry in manual.entries:
        yield entry
        for number in range(format.entry_bits):
            yield from (entry ^ (run << number & whole) for run in (0b1, 0b11, 0b111))
    draw = random.Random(format.name)
    yield from (draw.getrandbits(format.entry_bits) & draw.getrandbits(format.entry_bits) for _ in range(40))


@pytest.mark.long
@each_format
def test_what_an_entry_says(make: Callable[[], Format], manual: Manual) -> None:
    format = make()
    for entry in entries(format, manual):
        for level in range(format.levels):
            kinds = [format.kind(entry, level, control) for control in manual.controls]
            assert kinds == [manual.kind(entry, level, control) for control in manual.controls], (hex(entry), level)
            found = (format.frame(entry, level), format.attributes(entry, level))
            assert found == (manual.frame(entry, level), manual.attributes(entry, level)), (hex(entry), level)
        found = tuple(each(entry) for each in (format.table, format.limits, format.user, format.flags))
        assert found == tuple(each(entry) for each in (manual.table, manual.limits, manual.user, manual.flags)), entry


def test_variants_are_all_compared() -> None:
    assert {each.name for each in VARIANTS} <= RECORDS.keys()


@each_format
def test_of_several_pages_in_a_row_the_address_chooses(make: Callable[[], Format], manual: Manual) -> None:
    """Chapter Svnapot: the four bits are the address's where N is set; nowhere else are any."""
    format = make()
    for entry, level in product(entries(format, manual), range(format.levels)):
        several = entry >> 63 if format.name.endswith("Svnapot") and level == 0 else 0
        assert format.within(entry, level) == 15 * several, hex(entry)


@each_format
def test_what_a_walk_makes_of_an_entry(make: Callable[[], Format], manual: Manual) -> None:
    format = make()
    for entry, leaf in product(entries(format, manual), (0, 1)):
        shared = [format.shared(entry, leaf, control) for control in manual.controls]
        assert shared == [manual.shared(entry, leaf, control) for control in manual.controls], (hex(entry), leaf)
        marked = [format.mark(entry, leaf, access) for access in ACCESSES]
        assert marked == [manual.mark(entry, leaf, access) for access in ACCESSES], (hex(entry), leaf)


@pytest.mark.long
@each_format
def test_who_may_do_what(make: Callable[[], Format], manual: Manual) -> None:
    format = make()
    for told in product(range(format.all_attributes + 1), ACCESSES, (0, 1), manual.controls):
        assert format.permits(*told) == manual.permits(*told), told


@each_format
def test_which_entries_are_made(make: Callable[[], Format], manual: Manual) -> None:
    """A frame's number that is too long is cut off, and rights are those that the format can grant."""
    format = make()
    draw = random.Random(format.name)
    frames = (0, (1 << 64) - 1, *(1 << number for number in range(54)), *(draw.getrandbits(60) for _ in range(10)))
    for frame in frames:
        assert format.encode_pointer(frame) == manual.pointer(frame), hex(frame)
        for level, user in product(range(format.page_levels), (0, 1)):
            told = (frame, frame % 7 + 1, user, level, frame % 8)
            assert format.encode_leaf(*told) == manual.leaf(*told), told
    for told in product((0x123456,), range(8), (0, 1), range(format.page_levels), range(8)):
        assert format.encode_leaf(*told) == manual.leaf(*told), told
    assert tuple(map(format.granted, range(32))) == tuple(manual.given) * 4, "what is no right is left out"
    for rights, user, flags in product(range(16), range(4), range(16)):
        found = format.encode_leaf(0x40, rights, user, 0, flags)
        assert found == manual.leaf(0x40, rights % 8, user % 2, 0, flags % 8), (rights, user, flags)
    assert [format.expressible(rights) for rights in range(8)] == [
        manual.given[rights] == rights for rights in range(8)
    ]


def test_a_type_or_a_key_leaves_the_other_bits() -> None:
    """Bits 62:61 are a memory type (Svpbmt), 62:59 a key (SDM vol. 3A, 4.6.2); what does not fit is cut off."""
    assert [with_memory_type(1, kind) for kind in range(8)] == [1 + kind % 4 * 2**61 for kind in range(8)]
    for entry in (1, 2**63 + 1, 0b1010 * 2**59 + 1, 2**64 - 1):
        others = entry - bits(entry, 62, 59) * 2**59
        assert [with_key(entry, key) for key in range(32)] == [others + key % 16 * 2**59 for key in range(32)]


@each_format
def test_which_addresses_are_translated(make: Callable[[], Format], manual: Manual) -> None:
    format = make()
    whole = (1 << format.address_bits) - 1
    for number in range(format.address_bits + 1):
        low, high = (1 << number) - 1, whole - (1 << number) + 1
        for address in (low, high, low ^ 1 << 20, low + 1 & whole, high ^ 1 << 30):
            assert format.canonical(address) == manual.canonical(address), hex(address)


def answers(format: Format, word: Any, control: int) -> list[Any]:
    """What all functions of a format say of a word, whatever they take it for."""
    attributes = word & format.all_attributes
    found = [each(word) for each in (format.canonical, format.table, format.limits, format.user, format.flags)]
    found += [format.granted(word), format.encode_pointer(word)]
    for level in range(format.levels):
        found += [format.kind(word, level, control), format.frame(word, level), format.attributes(word, level)]
        found += [format.index(word, level), format.frame_at(word, level, word), *format.decode(word, level, control)]
        found += [format.shared(word, level % 2, control), format.within(word, level)]
    found += [format.encode_leaf(word, word, word, level, word) for level in range(format.page_levels)]
    for access, user in product(ACCESSES, (0, 1)):
        told = (attributes, access, user, control)
        found += [format.mark(word, user, access), format.permits(*told), format.bars(*told)]
    return found


@each_format
def test_arrays_of_entries(make: Callable[[], Format], manual: Manual) -> None:
    """What a function says of an array is what it says of each of its words."""
    format, control = make(), manual.controls[-1]
    words = [*manual.entries, *list(entries(format, manual))[::17]]
    array = np.array(words, np.uint32 if format.entry_bits == 32 else np.uint64)
    of_each = zip(*(answers(format, word, control) for word in words), strict=True)
    assert [each.tolist() for each in answers(format, array, control)] == [list(each) for each in of_each]


@pytest.mark.long
@each_format
def test_words_of_a_solver(make: Callable[[], Format], manual: Manual) -> None:
    """What a function says of a bit-vector is what it says of the number: the topmost bit is no sign."""
    format, control = make(), manual.controls[-1]
    topmost = 1 << format.entry_bits - 1
    for word in {entry ^ flip for entry in manual.entries for flip in (0, topmost)}:
        found = answers(format, z3.BitVecVal(word, format.entry_bits), control)
        assert [z3.simplify(each).as_long() for each in found] == answers(format, word, control), hex(word)


@each_format
def test_which_fault_is_raised(make: Callable[[], Format], manual: Manual) -> None:
    format = make()
    reasons = set(Reason) - {Reason.OK}
    for told in product(reasons, range(format.levels), ACCESSES, (0, 1), manual.controls):
        assert format.fault(*told) == manual.fault(*told), told
        assert format.updates(told[-1]) == manual.updates(told[-1]), told


COMMON = {"widens": 0, "fixed_flags": 0, "near_bits": 0, "page_bits": 12, "unmarked_first": False} | {
    "kept_flags": 7,
    "users_only": False,
    "root_extra": 0,
}
WIDE = {**COMMON, "index_bits": 9, "entry_bytes": 8, "address_bits": 64}
RECORDS: dict[str, dict[str, object]] = {
    "x86-32": {
        **COMMON,
        **{"levels": 2, "index_bits": 10, "entry_bytes": 4, "address_bits": 32, "physical_bits": 40, "near_bits": 32},
        **{"default_control": 7, "widens": 1, "faults_invalidate": True, "page_levels": 2},
    },
    "x86-64": {
        **WIDE,
        **{"levels": 4, "physical_bits": 52, "default_control": 13, "faults_invalidate": True, "page_levels": 3},
    },
    "Sv39": {
        **WIDE,
        **{"levels": 3, "physical_bits": 56, "default_control": 0, "faults_invalidate": False, "page_levels": 3},
    },
    "Sv48": {
        **WIDE,
        **{"levels": 4, "physical_bits": 56, "default_control": 0, "faults_invalidate": False, "page_levels": 4},
    },
    "AArch64": {
        **WIDE,
        **{"levels": 4, "physical_bits": 48, "default_control": 0, "faults_invalidate": False, "page_levels": 3},
        **{"fixed_flags": 3, "unmarked_first": True},
    },
    "EPT": {
        **WIDE,
        **{"levels": 4, "physical_bits": 52, "default_control": 1, "faults_invalidate": True, "page_levels": 3},
        **{"users_only": True, "kept_flags": 3},
    },
    "Sv39x4": {
        **WIDE,
        **{"levels": 3, "physical_bits": 56, "default_control": 0, "faults_invalidate": False, "page_levels": 3},
        **{"root_extra": 2, "root_tables": 4, "kept_flags": 3},
    },
    "Sv48x4": {
        **WIDE,
        **{"levels": 4, "physical_bits": 56, "default_control": 0, "faults_invalidate": False, "page_levels": 4},
        **{"root_extra": 2, "root_tables": 4, "kept_flags": 3},
    },
    "AArch64-S2": {
        **WIDE,
        **{"levels": 3, "physical_bits": 48, "default_control": 0, "faults_invalidate": False, "page_levels": 3},
        **{"fixed_flags": 3, "unmarked_first": True, "root_extra": 1, "root_tables": 2},
        **{"users_only": True, "kept_flags": 3},
    },
    "x86-64-2M": {"levels": 4, "page_levels": 2, "default_control": 13},
    "x86-64-PKU": {
        **{"levels": 4, "page_levels": 3, "all_attributes": 0x3FF, "control_bits": 40, "default_control": 13},
        "manual": "Intel SDM vol. 3A, 4.5 and 4.6.2",
    },
    "Sv57": {**WIDE, "levels": 5, "physical_bits": 56, "page_levels": 5},
    "Sv39-Svnapot": {**WIDE, "levels": 3, "physical_bits": 56, "page_levels": 3},
    "AArch64-16K": {
        **{"levels": 4, "index_bits": 11, "page_bits": 14, "physical_bits": 48, "page_levels": 2},
        **{"fixed_flags": 3, "unmarked_first": True, "default_control": 0},
    },
    "AArch64-64K": {
        **{"levels": 3, "index_bits": 13, "page_bits": 16, "physical_bits": 48, "page_levels": 2},
        **{"fixed_flags": 3, "unmarked_first": True, "default_control": 0},
    },
}


@pytest.mark.parametrize("name", RECORDS)
def test_sizes(name: str) -> None:
    format = FORMATS[name][0]()
    assert format.name == name
    assert {each: getattr(format, each) for each in RECORDS[name]} == RECORDS[name]


def test_physical_addresses_are_as_wide_as_the_processor_is() -> None:
    assert [x86_32(width).physical_bits for width in (32, 40)] == [32, 40]
    assert [x86_64(width).physical_bits for width in (32, 52)] == [32, 52]
    assert [ept(width).physical_bits for width in (32, 52)] == [32, 52]
    one_stage = ((x86_32, (31, 41)), (x86_64, (31, 53)), (riscv, (2, 6)), (aarch64, (11, 13, 15, 17)))
    for make, widths in (*one_stage, (ept, (31, 53)), (g_stage, (2, 5)), (stage_2, (38, 49))):
        for width in widths:
            with pytest.raises(ValueError, match=str(width)):
                make(width)


def test_a_second_stage_has_a_root_of_its_own_size() -> None:
    """Sv39x4: 2048 entries, bits 40:30; 40 bits of AArch64: two tables; 43 bits sixteen, 44 a part of one."""
    made = [stage_2(width) for width in (39, 44, 48)]
    widths = [(format.levels, format.bits_at(format.root_level), format.root_tables) for format in made]
    assert widths == [(3, 9, 1), (4, 5, 1), (4, 9, 1)]
    assert [(stage_2(width).bits_at(2), stage_2(width).root_tables) for width in (40, 43)] == [(10, 2), (13, 16)]
    last = (1 << 41) - 1
    assert [g_stage(3).index(last, level) for level in (2, 1, 0)] == [2047, 511, 511]
    assert [ept().index((1 << 48) - 1, level) for level in (3, 2)] == [511, 511]
