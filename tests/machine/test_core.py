"""Cores: accesses through buffer and walker, what they count, and how stale entries behave."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import (
    AARCH64,
    EXECUTE,
    FORMATS,
    READ,
    SV39,
    WRITE,
    X86_32,
    X86_64,
    AccessFault,
    BusError,
    Core,
    Format,
    Memory,
    PageFault,
    Reason,
    Tlb,
    Walker,
)
from machine.formats import DIRTY, GLOBAL
from machine.formats import riscv as sv
from machine.tlb import PRESETS, SplitTlb, TranslationBuffer, i486, pentium, r4000, riscv_asid
from tests.machine.tables import Tables

each_format = pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
PAGE = 0x12345000


def machine(
    fmt: Format, preset: Callable[[Format], TranslationBuffer] = i486, size: int = 1 << 20
) -> tuple[Tables, Core]:
    made = Tables(Memory(size), fmt)
    return made, Core(made.memory, fmt, preset(fmt), root=made.root, tag=1)


def counts(core: Core) -> tuple[int, int, int, int]:
    return core.counters.hits, core.counters.misses, core.counters.walks, core.counters.faults


def outcome(core: Core, address: int, access: int) -> int | PageFault:
    try:
        return core.translate(address, access)
    except PageFault as fault:
        return fault


@each_format
def test_load_store_fetch(fmt: Format) -> None:
    made, core = machine(fmt)
    made.map(PAGE, 0x80)
    core.store(PAGE + 8, 0x1122334455667788, 8)
    assert made.memory.read(0x80008, 8) == 0x1122334455667788
    assert [core.load(PAGE + 8, size) for size in (1, 2, 4, 8)] == [0x88, 0x7788, 0x55667788, 0x1122334455667788]
    assert core.fetch(PAGE + 9) == 0x77
    assert counts(core) == (5, 1, 1, 0)


@each_format
def test_first_store_on_a_clean_entry_walks_again_and_sets_dirty(fmt: Format) -> None:
    made, core = machine(fmt)
    slot = made.map(PAGE, 0x80)
    core.load(PAGE)
    kept = not fmt.fixed_flags & DIRTY
    assert bool(fmt.decode(made.read(slot)).flags & DIRTY) != kept
    core.store(PAGE, 1)
    assert fmt.decode(made.read(slot)).flags & DIRTY
    walks = 2 if kept else 1
    assert counts(core) == (1, 1, walks, 0)
    core.store(PAGE, 2)
    assert counts(core) == (2, 1, walks, 0)
    assert len(core.tlb.entries()) == 1


@each_format
def test_stale_entry_grants_what_the_table_granted(fmt: Format) -> None:
    made, core = machine(fmt)
    slot = made.map(PAGE, 0x80)
    core.store(PAGE, 0xAA)
    made.write(slot, 0)
    assert core.load(PAGE) == 0xAA
    core.store(PAGE, 0xBB)
    assert made.memory.read(0x80000, 1) == 0xBB
    assert made.read(slot) == 0, "a stale entry writes no flags"
    core.tlb.invalidate_page(PAGE, core.tag)
    with pytest.raises(PageFault) as event:
        core.load(PAGE)
    assert event.value.reason is Reason.ABSENT
    assert core.tlb.entries() == []


@each_format
def test_downgraded_entry_keeps_its_right_if_dirty_and_loses_it_if_clean(fmt: Format) -> None:
    for dirtied in (True, False):
        made, core = machine(fmt)
        made.map(PAGE, 0x80)
        core.load(PAGE)
        if dirtied:
            core.store(PAGE, 0)
        made.map(PAGE, 0x80, rights=READ)
        stale = dirtied or bool(fmt.fixed_flags & DIRTY)
        if stale:
            core.store(PAGE, 1)
        else:
            with pytest.raises(PageFault) as event:
                core.store(PAGE, 1)
            assert event.value.reason is Reason.DENIED
        assert made.memory.read(0x80000, 1) == int(stale)


@each_format
def test_absence_is_never_cached(fmt: Format) -> None:
    made, core = machine(fmt)
    for _ in range(3):
        with pytest.raises(PageFault):
            core.load(PAGE)
    assert core.tlb.entries() == []
    assert counts(core) == (0, 3, 3, 3)
    made.map(PAGE, 0x80)
    assert core.load(PAGE) == 0


@each_format
def test_added_right_is_found_at_once(fmt: Format) -> None:
    made, core = machine(fmt)
    made.map(PAGE, 0x80, rights=READ)
    core.load(PAGE)
    made.map(PAGE, 0x80)
    core.store(PAGE, 1)
    assert made.memory.read(0x80000, 1) == 1


def test_fault_on_a_cached_page_drops_the_entry_on_x86_only() -> None:
    for fmt, left in ((X86_32, 0), (X86_64, 0), (SV39, 1), (AARCH64, 1)):
        made, core = machine(fmt)
        made.map(PAGE, 0x80, rights=READ)
        core.load(PAGE)
        with pytest.raises(PageFault):
            core.store(PAGE, 1)
        assert len(core.tlb.entries()) == left


@each_format
def test_access_across_two_pages(fmt: Format) -> None:
    made, core = machine(fmt)
    made.map(PAGE, 0x80)
    made.map(PAGE + 0x1000, 0x90)
    core.store(PAGE + 0xFFD, 0x1122334455667788, 8)
    assert made.memory.read_bytes(0x80FFD, 3) == bytes.fromhex("887766")
    assert made.memory.read_bytes(0x90000, 5) == bytes.fromhex("5544332211")
    assert core.load(PAGE + 0xFFD, 8) == 0x1122334455667788
    assert counts(core) == (2, 2, 2, 0)


@each_format
def test_no_partial_store(fmt: Format) -> None:
    """The second page faults, or has no memory behind it: the first page keeps its bytes."""
    made, core = machine(fmt)
    made.map(PAGE, 0x80)
    made.map(PAGE + 0x1000, 0x90, rights=READ)
    with pytest.raises(PageFault) as event:
        core.store(PAGE + 0xFFE, 0xFFFFFFFF, 4)
    assert event.value.address == PAGE + 0x1000, "the part of the access that faults"
    made.map(PAGE + 0x1000, made.memory.size >> 12)
    core.tlb.invalidate_all()
    with pytest.raises(BusError) as outside:
        core.store(PAGE + 0xFFE, 0xFFFFFFFF, 4)
    assert outside.value.address == made.memory.size
    assert made.memory.read(0x80FFE, 2) == 0


def test_last_address_is_followed_by_the_first() -> None:
    made, core = machine(X86_32)
    made.map(0xFFFFF000, 0x80)
    made.map(0, 0x90)
    core.store(0xFFFFFFFF, 0xABCD, 2)
    assert (made.memory.read(0x80FFF, 1), made.memory.read(0x90000, 1)) == (0xCD, 0xAB)


def test_switch_drops_what_is_not_global_unless_tagged() -> None:
    for preset, left in ((i486, {PAGE + 0x1000}), (r4000, {PAGE, PAGE + 0x1000})):
        made, core = machine(X86_32, preset)
        made.map(PAGE, 0x80)
        made.map(PAGE + 0x1000, 0x90, flags=GLOBAL)
        core.load(PAGE)
        core.load(PAGE + 0x1000)
        core.switch(made.root, tag=2)
        assert {entry.page << 12 for entry in core.tlb.entries()} == left
        core.load(PAGE)
        assert core.counters.misses == 3, "the other space's own entry doesn't match"
        core.load(PAGE + 0x1000)
        assert core.counters.misses == 3, "the global one does"


def test_tagged_entry_survives_a_switch_away_and_back() -> None:
    made, core = machine(SV39, riscv_asid)
    slot = made.map(PAGE, 0x80)
    made.memory.write(0x90000, 0x55, 1)
    core.load(PAGE)
    made.write(slot, SV39.encode_leaf(0x90, READ))
    core.switch(made.root, tag=2)
    assert core.load(PAGE) == 0x55
    core.switch(made.root, tag=1)
    assert core.load(PAGE) == 0, "stale under its own tag"
    core.tlb.invalidate_tag(1)
    assert core.load(PAGE) == 0x55


def test_modes_act_on_cached_entries_at_once() -> None:
    made, core = machine(SV39)
    made.map(PAGE, 0x80, rights=EXECUTE)
    core.fetch(PAGE)
    with pytest.raises(PageFault):
        core.load(PAGE)
    core.control = sv.MXR
    assert core.load(PAGE) == 0
    core.user = False
    with pytest.raises(PageFault):
        core.load(PAGE)


def test_bus_error_and_callers_mistakes() -> None:
    made, core = machine(X86_32)
    made.map(PAGE, 0xFFFFF)
    with pytest.raises(BusError) as event:
        core.load(PAGE)
    assert event.value.address == 0xFFFFF000
    with pytest.raises(ValueError, match="1, 2, 4 or 8"):
        core.load(PAGE, 3)
    with pytest.raises(ValueError, match="32 unsigned bits"):
        core.load(1 << 32)


def test_eviction_makes_a_stale_entry_vanish() -> None:
    made, core = machine(X86_32, lambda fmt: Tlb(fmt, 2))
    slot = made.map(PAGE, 0x80)
    made.map(PAGE + 0x1000, 0x90)
    made.map(PAGE + 0x2000, 0x91)
    core.load(PAGE)
    made.write(slot, 0)
    core.load(PAGE + 0x1000)
    core.load(PAGE)
    core.load(PAGE + 0x2000)
    core.load(PAGE + 0x2000)
    core.load(PAGE + 0x1000)
    with pytest.raises(PageFault):
        core.load(PAGE)


@each_format
@pytest.mark.parametrize("preset", PRESETS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_buffer_is_invisible_if_each_change_is_invalidated(fmt: Format, preset: str, data: st.DataObject) -> None:
    """Whatever the buffer: with invalidation after each write of an entry, a core does what a walker says."""
    made, core = machine(fmt, PRESETS[preset])
    walker = Walker(made.memory, fmt)
    pages = [PAGE + 0x1000 * i for i in range(4)]
    for _ in range(data.draw(st.integers(1, 25))):
        page = data.draw(st.sampled_from(pages))
        if data.draw(st.booleans()):
            made.map(
                page, data.draw(st.integers(0x80, 0x84)), data.draw(st.integers(0, 7)), data.draw(st.integers(0, 1))
            )
            core.tlb.invalidate_page(page, core.tag)
            continue
        core.user = data.draw(st.booleans())
        access = data.draw(st.sampled_from([READ, WRITE, EXECUTE]))
        expected = walker.translate(page, access, core.user, made.root)
        got = outcome(core, page, access)
        assert got == (expected if isinstance(expected, PageFault) else expected.physical)


def test_importing_the_machine_imports_no_compiler() -> None:
    code = "import sys, machine, machine.batch; sys.exit('numba' in sys.modules or 'z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("fmt", "causes"),
    [
        (SV39, {READ: (5, 5), WRITE: (7, 7), EXECUTE: (1, 1)}),
        (X86_64, {READ: (18, 0), WRITE: (18, 0), EXECUTE: (18, 0)}),
        (AARCH64, {READ: (0x24, 0x10), WRITE: (0x24, 0x50), EXECUTE: (0x20, 0x10)}),
    ],
)
def test_page_outside_memory_faults_as_the_access(fmt: Format, causes: dict[int, tuple[int, int]]) -> None:
    made, core = machine(fmt)
    made.map(PAGE, made.memory.size >> 12)
    for access, (vector, code) in causes.items():
        calls: dict[int, Callable[[int], object]] = {
            READ: core.load,
            WRITE: partial(core.store, value=1),
            EXECUTE: core.fetch,
        }
        with pytest.raises(AccessFault) as event:
            calls[access](PAGE + 5)
        fault = event.value
        assert (fault.vector, fault.code, fault.access, fault.virtual) == (vector, code, access, PAGE + 5)
        assert fault.address == made.memory.size + 5


def test_part_of_an_access_outside_memory_is_told_by_its_own_address() -> None:
    made, core = machine(SV39)
    made.map(PAGE, 0x80)
    made.map(PAGE + 0x1000, made.memory.size >> 12)
    with pytest.raises(AccessFault, match=r"access fault: load at 0x\w+000 \(vector 5, code 0x5\): bus error") as event:
        core.load(PAGE + 0xFFE, 4)
    assert event.value.virtual == PAGE + 0x1000


def test_invlpg_drops_the_page_of_the_current_tag_and_global_entries() -> None:
    """As the SDM says (vol. 3A, 4.10.4.1): other PCIDs keep theirs."""
    made, core = machine(X86_64, lambda fmt: Tlb(fmt, 16, tagged=True))
    slot = made.map(PAGE, 0x80)
    made.memory.write(0x80000, 0x99, 1)
    for tag in (2, 1):
        core.switch(core.root, tag)
        assert core.load(PAGE) == 0x99
    made.memory.write(slot, 0, 8)
    core.tlb.invalidate_page(PAGE, core.tag)
    with pytest.raises(PageFault):
        core.load(PAGE)
    core.switch(core.root, 2)
    assert core.load(PAGE) == 0x99


def test_a_core_says_how_it_is_set() -> None:
    made, core = machine(X86_64)
    assert (core.control, core.root) == (X86_64.default_control, made.root)
    core.control = 5
    core.switch(0x7000, tag=3)
    assert (core.control, core.root, core.tag) == (5, 0x7000, 3)


def test_fetches_have_entries_of_their_own_in_a_split_buffer() -> None:
    made, core = machine(X86_32, pentium)
    made.map(PAGE, 0x80)
    made.memory.write(0x80000, 0x11223344, 4)
    assert [core.fetch(PAGE, 4), core.fetch(PAGE, 2), core.load(PAGE, 4)] == [0x11223344, 0x3344, 0x11223344]
    assert counts(core) == (1, 2, 2, 0)
    assert isinstance(core.tlb, SplitTlb)
    assert [len(side.entries()) for side in (core.tlb.code, core.tlb.data)] == [1, 1]


def test_a_store_takes_the_lowest_bytes_of_its_value() -> None:
    made, core = machine(SV39)
    made.map(PAGE, 0x80)
    for value in (0x1FF, -1, 0x4FF):
        core.store(PAGE + 1, value)
        assert made.memory.read_bytes(0x80000, 3) == b"\0\xff\0"


def test_a_fault_drops_the_entry_of_the_cores_own_tag() -> None:
    made, core = machine(X86_64, lambda fmt: Tlb(fmt, 16, tagged=True))
    made.map(PAGE, 0x80, rights=READ)
    for tag in (0, 1):
        core.switch(core.root, tag)
        core.load(PAGE)
    with pytest.raises(PageFault):
        core.store(PAGE, 1)
    assert [entry.tag for entry in core.tlb.entries()] == [0]


def test_an_access_past_the_last_address_is_told_by_the_first() -> None:
    made, core = machine(X86_32)
    made.map(0xFFFFF000, 0x80)
    made.map(0, made.memory.size >> 12)
    with pytest.raises(AccessFault) as event:
        core.load(0xFFFFFFFD, 8)
    fault = event.value
    assert (fault.virtual, fault.address, fault.size, fault.memory_size) == (0, made.memory.size, 5, made.memory.size)


def test_an_access_to_the_end_of_a_page_touches_no_other() -> None:
    made, core = machine(SV39)
    made.map(PAGE, 0x80)
    made.memory.write(0x80FFC, 0x12345678, 4)
    assert core.load(PAGE + 0xFFC, 4) == 0x12345678
    assert counts(core) == (0, 1, 1, 0)


def test_both_parts_of_an_access_ask_for_its_right_and_have_its_length() -> None:
    made, core = machine(SV39)
    made.map(PAGE, 0x80, rights=READ)
    made.map(PAGE + 0x1000, 0x90, rights=READ)
    made.memory.write_bytes(0x80FF8, bytes(range(1, 9)))
    made.memory.write_bytes(0x90000, bytes(range(9, 25)))
    assert core.load(PAGE + 0xFFD, 8) == int.from_bytes(bytes(range(6, 14)), "little")


def test_a_hit_answers_as_the_walk_did_also_to_the_supervisor_and_in_large_pages() -> None:
    made, core = machine(SV39)
    core.user = False
    made.map(0x4020_0000, 0, user=0, level=1)
    assert [core.translate(0x4020_5123, READ) for _ in range(2)] == [0x5123] * 2
    assert counts(core) == (1, 1, 1, 0)
