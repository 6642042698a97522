"""A core with a ledger does what a core without one does, and notes it."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.core import Core
from machine.costs.caches import Cache
from machine.costs.core import CountingBuffer, PricedCore, buffer_of, core_of, data_entries, paging_of
from machine.costs.events import Event, Ledger
from machine.costs.processor import BufferPart, Kind, Processor
from machine.costs.quantity import UNKNOWN, Quantity, exactly
from machine.costs.reading import ProcessorError, processors
from machine.events import EXECUTE, READ, WRITE, HardwareEvent
from machine.formats import FORMATS, SV39, X86_32
from machine.memory import Memory
from machine.tlb import SplitTlb, Tlb
from machine.walker import Translation

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


class Recorder:
    """A buffer that remembers what it was asked."""

    tagged = True

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def lookup(self, *arguments: object) -> None:
        self.asked.append(("lookup", *arguments))

    def insert(self, *arguments: object) -> None:
        self.asked.append(("insert", *arguments))

    def invalidate_page(self, *arguments: object) -> None:
        self.asked.append(("page", *arguments))

    def invalidate_tag(self, *arguments: object) -> None:
        self.asked.append(("tag", *arguments))

    def invalidate_all(self, *arguments: object) -> None:
        self.asked.append(("all", *arguments))


def test_a_counting_buffer_hands_on_what_it_is_asked() -> None:
    recorder, ledger = Recorder(), Ledger()
    buffer = CountingBuffer(recorder, ledger)  # type: ignore[arg-type]
    translation = Translation(0x1000, 0, 1, 0, False, False)
    buffer.lookup(10, 20, 4)
    buffer.insert(10, 20, 4, translation)
    assert not ledger.counts
    buffer.invalidate_page(10, 20, shared=False)
    assert ledger.counts == {Event.INVALIDATION: 1}
    buffer.invalidate_tag(20)
    assert ledger.counts == {Event.INVALIDATION: 2}
    buffer.invalidate_all(shared=False)
    assert ledger.counts == {Event.INVALIDATION: 2}
    assert recorder.asked == [
        ("lookup", 10, 20, 4),
        ("insert", 10, 20, 4, translation),
        ("page", 10, 20, False),
        ("tag", 20),
        ("all", False),
    ]


def test_a_core_begins_as_it_is_told() -> None:
    ledger = Ledger()
    core = PricedCore(memory(), X86_32, Tlb(X86_32, 4), ledger=ledger, root=2 << 12, tag=7, user=False)
    assert (core.root, core.tag, core.user) == (2 << 12, 7, False)
    assert core.ledger is ledger
    core.load(0)
    assert dict(ledger.counts) == {Event.BUFFER_MISS: 1, Event.TABLE_READ: 2}
    core.switch(1 << 12, 9)
    assert (core.root, core.tag) == (1 << 12, 9)


def test_each_line_of_an_access_is_used() -> None:
    core = PricedCore(memory(), X86_32, Tlb(X86_32, 4), code=Cache(256, 1, 16), data=Cache(128, 0, 16))
    for physical, size, access, misses in (
        (0, 16, READ, 1),
        (16, 1, READ, 1),
        (0x108, 32, READ, 3),
        (0x108, 32, READ, 0),
        (15, 2, READ, 0),
        (0x200, 16, WRITE, 1),
        (15, 2, EXECUTE, 2),
        (0, 8, EXECUTE, 0),
    ):
        core.ledger.clear()
        core.touch(physical, size, access)
        event = Event.CODE_MISS if access == EXECUTE else Event.DATA_MISS
        assert dict(core.ledger.counts) == ({event: misses} if misses else {}), (physical, size)


def test_a_core_without_a_cache_notes_no_miss() -> None:
    core = PricedCore(memory(), X86_32, Tlb(X86_32, 4), data=Cache(64, 1, 16))
    core.touch(0, 4, EXECUTE)
    assert not core.ledger.counts
    core.touch(0, 4, READ)
    assert dict(core.ledger.counts) == {Event.DATA_MISS: 1}


def test_every_format_is_found_by_its_name() -> None:
    assert [paging_of(Processor("mine", paging=format.name)) for format in FORMATS] == list(FORMATS)


def halves(code: Quantity, data: Quantity) -> Processor:
    return Processor("mine", buffers=(BufferPart(Kind.CODE, code), BufferPart(Kind.DATA, data)))


def test_a_split_buffer_has_both_halves() -> None:
    made = buffer_of(halves(exactly(2), exactly(4)), X86_32)
    assert isinstance(made, SplitTlb)
    assert isinstance(made.code, Tlb)
    assert isinstance(made.data, Tlb)
    assert (made.code.capacity, made.data.capacity) == (2, 4)
    whole = core_of(replace(processors()["Pentium"]), memory(), fully_associative=True).tlb
    assert isinstance(whole, CountingBuffer)
    assert isinstance(whole.buffer, SplitTlb)
    assert isinstance(whole.buffer.data, Tlb)
    assert whole.buffer.data.ways == 64


def test_a_half_that_is_unknown() -> None:
    for processor in (halves(UNKNOWN, exactly(4)), halves(exactly(4), UNKNOWN)):
        with pytest.raises(ProcessorError, match="the entries of the buffer are unknown"):
            buffer_of(processor, X86_32)
    assert data_entries(halves(UNKNOWN, exactly(4))) == 4
    for processor in (halves(exactly(4), UNKNOWN), halves(exactly(4), exactly(0))):
        with pytest.raises(ProcessorError, match="the entries of the buffer are unknown"):
            data_entries(processor)


def test_entries_stated_as_a_whole_serve_data() -> None:
    assert data_entries(Processor("mine", entries=exactly(1))) == 1
    assert data_entries(Processor("mine", entries=exactly(7))) == 7
    unified = BufferPart(Kind.UNIFIED, exactly(8))
    assert data_entries(Processor("mine", buffers=(unified,), entries=exactly(7))) == 8
    assert isinstance(buffer_of(Processor("mine", entries=exactly(7)), X86_32), Tlb)


def test_too_little_is_known() -> None:
    for ask in (lambda: core_of(processors()["386"], memory()), lambda: data_entries(processors()["386"])):
        with pytest.raises(ProcessorError, match=r"386: the entries of the buffer are unknown: give buffer\.entries"):
            ask()
    assert paging_of(processors()["386"]) is X86_32
    assert paging_of(Processor("mine", paging="Sv39")) is SV39
    assert isinstance(PricedCore(memory(), X86_32, Tlb(X86_32, 4)).ledger.counts[Event.CELL], int)


def test_an_access_is_charged_once() -> None:
    """A cache of one line: whatever is used again after another line is missed again."""
    core = PricedCore(memory(), X86_32, Tlb(X86_32, 4), data=Cache(16, 1, 16), root=1 << 12)
    core.load(0x0E, 4)
    assert core.ledger.counts[Event.DATA_MISS] == 2


def test_an_access_at_the_end_of_the_last_page_is_no_longer_than_it_is() -> None:
    core = PricedCore(memory(), X86_32, Tlb(X86_32, 4), data=Cache(64, 1, 16), root=1 << 12)
    core.load((PAGES - 1 << 12) + 0xFFE, 2)
    assert core.ledger.counts[Event.DATA_MISS] == 1
