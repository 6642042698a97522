"""A core with a ledger does what a core without one does, and notes it."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.core import Core
from machine.costs.core import PricedCore, buffer_of, core_of, data_entries, paging_of
from machine.costs.events import Event
from machine.costs.processor import BufferPart, Kind, Processor
from machine.costs.quantity import UNKNOWN, exactly
from machine.costs.reading import ProcessorError, processors
from machine.events import HardwareEvent
from machine.formats import SV39, X86_32
from machine.memory import Memory
from machine.tlb import SplitTlb, Tlb

PAGES, TABLE, FIRST = 6, 3, 8
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["load", "fetch", "store", "switch", "invalidate"]), st.integers(0, PAGES), st.integers(0, 4095)
    ),
    max_size=40,
)


def memory() -> Memory:
    """Two spaces of some pages each, the last of which is absent; their roots are frames 1 and 2."""
    made = Memory((FIRST + 2 * PAGES) << 12)
    for space in (0, 1):
        made.write((1 + space << 12), X86_32.encode_pointer(TABLE + space), 4)
        for page in range(PAGES):
            rights = 7 if page % 2 else 5
            frame = FIRST + space * PAGES + page
            made.write((TABLE + space << 12) + 4 * page, X86_32.encode_leaf(frame, rights=rights), 4)
    return made


def do(core: Core, step: tuple[str, int, int]) -> object:
    what, page, offset = step
    address = page << 12 | offset
    try:
        if what == "store":
            core.store(address, offset, 2)
        elif what == "switch":
            core.switch(1 + page % 2 << 12)
        elif what == "invalidate":
            core.tlb.invalidate_page(address)
        else:
            return (core.load if what == "load" else core.fetch)(address, 2)
    except HardwareEvent as event:
        return str(event)
    return None


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_a_core_with_a_ledger_is_a_core(steps: list[tuple[str, int, int]]) -> None:
    plain = Core(memory(), X86_32, Tlb(X86_32, 4, 2), root=1 << 12)
    priced = core_of(
        replace(processors()["486"], entries=UNKNOWN, buffers=(BufferPart(Kind.UNIFIED, exactly(4), exactly(2)),)),
        memory(),
    )
    priced.root = 1 << 12
    for step in steps:
        assert do(plain, step) == do(priced, step)
    assert plain.counters == priced.counters
    assert plain.tlb.entries() == priced.tlb.entries()
    assert bytes(plain.memory.bytes) == bytes(priced.memory.bytes)
    counts = priced.ledger.counts
    assert counts[Event.BUFFER_MISS] == plain.counters.walks - plain.counters.faults
    assert counts[Event.ROOT_LOAD] == sum(1 for what, *_ in steps if what == "switch")
    assert counts[Event.INVALIDATION] >= sum(1 for what, *_ in steps if what == "invalidate")


def test_nothing_of_costs_is_imported_with_the_machine() -> None:
    program = "import machine, sys; print([name for name in sys.modules if name.startswith('machine.costs')])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_misses_by_size_and_level() -> None:
    made = Memory(1 << 23)
    made.write(1 << 12, X86_32.encode_leaf(1 << 10, rights=7, level=1), 4)
    made.write((1 << 12) + 4, X86_32.encode_pointer(2), 4)
    made.write(2 << 12, X86_32.encode_leaf(3, rights=7), 4)
    core = core_of(processors()["486"], made)
    core.root = 1 << 12
    core.load(0)
    core.load(0x20_0000)
    core.load(0x40_0000)
    assert dict(core.ledger.levels) == {1: 1, 0: 1}
    assert core.ledger.counts[Event.TABLE_READ] == 1 + 2


def test_caches_are_by_physical_address() -> None:
    core = core_of(processors()["Pentium"], memory())
    core.root = 1 << 12
    core.load(0)
    core.load(0)
    core.fetch(0)
    core.load(0x1FFE, 4)
    counts = core.ledger.counts
    assert (counts[Event.DATA_MISS], counts[Event.CODE_MISS]) == (3, 1)
    unified = core_of(processors()["486"], memory())
    unified.root = 1 << 12
    unified.load(0)
    unified.fetch(0)
    assert (unified.ledger.counts[Event.DATA_MISS], unified.ledger.counts[Event.CODE_MISS]) == (1, 0)


def test_crossings_and_segments_are_noted() -> None:
    core = core_of(processors()["486"], memory())
    core.trap()
    assert not core.user
    core.load_segment()
    core.leave()
    assert core.user
    assert dict(core.ledger.counts) == {Event.TRAP_IN: 1, Event.SEGMENT_LOAD: 1, Event.TRAP_OUT: 1}


def test_buffers_are_those_of_the_data() -> None:
    pentium = buffer_of(processors()["Pentium"], X86_32)
    assert isinstance(pentium, SplitTlb)
    data = pentium.data
    assert isinstance(data, Tlb)
    assert (data.capacity, data.ways) == (64, 4)
    r4000 = buffer_of(processors()["MIPS R4000"], X86_32)
    assert isinstance(r4000, Tlb)
    assert (r4000.capacity, r4000.ways, r4000.tagged) == (48, 48, True)
    one_set = buffer_of(processors()["486"], X86_32, fully_associative=True)
    assert isinstance(one_set, Tlb)
    assert one_set.ways == 32
    assert (data_entries(processors()["Pentium"]), data_entries(processors()["486"])) == (64, 32)


def test_too_little_is_known() -> None:
    for ask in (lambda: core_of(processors()["386"], memory()), lambda: data_entries(processors()["386"])):
        with pytest.raises(ProcessorError, match=r"386: the entries of the buffer are unknown: give buffer\.entries"):
            ask()
    assert paging_of(processors()["386"]) is X86_32
    assert paging_of(Processor("mine", paging="Sv39")) is SV39
    assert isinstance(PricedCore(memory(), X86_32, Tlb(X86_32, 4)).ledger.counts[Event.CELL], int)
