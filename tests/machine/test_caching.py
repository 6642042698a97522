"""What a core may do with what its buffer may hold: cases to the digit, and any buffer's answer among the ends."""

from random import Random

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
    Core,
    Format,
    Memory,
    PageFault,
    Reason,
    Tlb,
)
from machine.caching import ARM, INTEL, RISCV, SVVPTC, Allowed, AnyCore, MayHold, Pointer
from machine.events import ACCESSES
from machine.tlb import Replacement
from tests.machine.tables import Tables

NOTHING = Allowed()


def core_of(tables: Tables, allowed: Allowed, *, tagged: bool = True, tag: int = 1) -> AnyCore:
    return AnyCore(tables.memory, tables.fmt, MayHold(tables.fmt, allowed, tagged=tagged), root=tables.root, tag=tag)


def tables_of(format: Format) -> Tables:
    return Tables(Memory(0x60 << 12), format)


def reasons(core: AnyCore, address: int, access: int = READ) -> list[object]:
    """The ends of an access: physical addresses, and the reasons of faults."""
    return [end.reason if isinstance(end, PageFault) else end for end in core.ends(address, access)]


def test_a_table_that_was_replaced_is_still_walked() -> None:
    """The directory entry for 0x403000 is held, a new table put in: 0x404000 may be read through the old one."""
    tables = tables_of(X86_32)
    tables.map(0x0040_3000, 0x50)
    core = core_of(tables, INTEL)
    assert core.ends(0x0040_3000, READ) == [0x50000]
    tables.map(0x0040_4000, 0x51)
    tables.write(tables.slot(0x0040_3000, 1), X86_32.encode_pointer(0x30))
    tables.write(0x30010, X86_32.encode_leaf(0x52, 7))
    assert core.ends(0x0040_4000, READ) == [0x51000, 0x52000]
    assert core_of(tables, NOTHING).ends(0x0040_4000, READ) == [0x52000]
    core.tlb.invalidate_page(0x0040_7000, 1)
    assert core.ends(0x0040_4000, READ) == [0x51000, 0x52000], "the translation itself is held by now"
    core.tlb.invalidate_page(0x0040_4000, 1)
    assert core.ends(0x0040_4000, READ) == [0x52000]


def test_invalidating_a_page_leaves_pointers_on_risc_v() -> None:
    tables = tables_of(SV39)
    tables.map(0x3000, 0x50, flags=3)
    core = core_of(tables, SVVPTC)
    core.ends(0x3000, READ)
    tables.write(tables.slot(0x3000, 2), 0)
    core.tlb.invalidate_page(0x3000, 1)
    assert reasons(core, 0x3000) == [0x50000, Reason.ABSENT]
    core.tlb.invalidate_tag(1)
    assert reasons(core, 0x3000) == [Reason.ABSENT]


def test_absence_is_held_on_risc_v_until_it_is_fenced() -> None:
    """Of a leaf by its address; above it, only by all of the space."""
    tables = tables_of(SV39)
    tables.slot(0x3000)
    core = core_of(tables, RISCV)
    assert reasons(core, 0x3000) == [Reason.ABSENT]
    tables.map(0x3000, 0x50, flags=3)
    assert set(reasons(core, 0x3000)) == {Reason.ABSENT, 0x50000}
    core.tlb.invalidate_page(0x3000, 1)
    assert reasons(core, 0x3000) == [0x50000]
    assert reasons(core, 0x4000_0000) == [Reason.ABSENT]
    tables.map(0x4000_0000, 0x51, flags=3)
    core.tlb.invalidate_page(0x4000_0000, 1)
    assert set(reasons(core, 0x4000_0000)) == {Reason.ABSENT, 0x51000}
    core.tlb.invalidate_tag(1)
    assert reasons(core, 0x4000_0000) == [0x51000]
    assert reasons(core_of(tables, SVVPTC), 0x5000) == [Reason.ABSENT]


def test_a_block_and_a_page_of_it() -> None:
    """Both, or a TLB conflict abort (0b110000); break before make leaves one."""
    tables = tables_of(AARCH64)
    block = tables.map(0x20_0000, 0, level=1)
    core = core_of(tables, ARM)
    assert core.ends(0x20_1000, READ) == [0x1000]
    tables.write(block, AARCH64.encode_pointer(0x40))
    tables.write(0x40008, AARCH64.encode_leaf(0x50, 7))
    ends = core.ends(0x20_1000, READ)
    assert ends == [0x1000, 0x50000]
    ends = core.ends(0x20_1000, READ)
    assert [end for end in ends if not isinstance(end, PageFault)] == [0x1000, 0x50000]
    conflict = PageFault(Reason.CONFLICT, 0x20_1000, READ, True, 0x24, 0b110000)
    assert conflict in ends
    assert reasons(core, 0x20_2000) == [0x2000, Reason.ABSENT]
    tables.write(block, 0)
    core.tlb.invalidate_page(0x20_1000, 1)
    tables.write(block, AARCH64.encode_pointer(0x40))
    assert core.ends(0x20_1000, READ) == [0x50000]


def test_a_denial_that_is_held() -> None:
    """A right that was added is missed, where a translation may end an access that it does not permit."""
    tables = tables_of(X86_32)
    tables.map(0x3000, 0x50, 4)
    core, asking = core_of(tables, INTEL), core_of(tables, NOTHING)
    for each in (core, asking):
        assert reasons(each, 0x3000) == [0x50000]
    tables.map(0x3000, 0x50, 6)
    assert reasons(core, 0x3000, WRITE) == [Reason.DENIED, 0x50000]
    assert reasons(asking, 0x3000, WRITE) == [0x50000]


def test_tags_and_global_translations() -> None:
    tables = tables_of(X86_32)
    place = tables.map(0x3000, 0x50)
    shared = tables.map(0x4000, 0x51, flags=4)
    core = core_of(tables, INTEL)
    core.ends(0x3000, READ)
    core.ends(0x4000, READ)
    tables.write(place, 0)
    tables.write(shared, 0)
    core.switch(tables.root, 2)
    assert reasons(core, 0x3000) == [Reason.ABSENT], "another tag's translation is not used"
    assert reasons(core, 0x4000) == [0x51000, Reason.ABSENT], "a global one is"
    core.tlb.invalidate_tag(1)
    assert reasons(core, 0x4000)[0] == 0x51000
    core.tlb.invalidate_all(shared=False)
    assert reasons(core, 0x4000)[0] == 0x51000
    core.tlb.invalidate_page(0x4000, 2, shared=False)
    assert reasons(core, 0x4000)[0] == 0x51000
    core.tlb.invalidate_page(0x4000)
    assert reasons(core, 0x4000) == [Reason.ABSENT]
    untagged = core_of(tables, INTEL, tagged=False)
    tables.map(0x3000, 0x50)
    untagged.ends(0x3000, READ)
    assert {each.tag for each in untagged.buffer.of(0x3000, 9)} == {0}
    untagged.switch(tables.root, 2)
    assert list(untagged.buffer.of(0x3000, 2)) == []


def test_an_access_takes_the_end_that_is_chosen() -> None:
    """The first by default; a fault is raised, and on x86 drops what is held for its address."""
    tables = tables_of(X86_32)
    place = tables.map(0x3000, 0x50)
    tables.memory.write(0x50000, 0x42, 1)
    core = core_of(tables, INTEL)
    assert core.load(0x3000) == 0x42
    tables.write(place, 0)
    assert core.load(0x3000) == 0x42
    core.choose = lambda ends: ends[-1]
    with pytest.raises(PageFault, match="absent"):
        core.fetch(0x3000)
    assert core.tlb.entries() == []
    assert (core.counters.faults, core.counters.walks) == (1, 3)


def test_what_is_held_of_a_walk() -> None:
    """Every pointer on the way, and the translation, also if the access is denied."""
    tables = tables_of(SV39)
    tables.map(0x3000, 0x50, 4, flags=3)
    core = core_of(tables, RISCV)
    assert reasons(core, 0x3000, WRITE) == [Reason.DENIED]
    pointers = [each for each in core.buffer.of(0x3000, 1) if isinstance(each, Pointer)]
    assert [(each.level, each.page, each.table) for each in pointers] == [(2, 0, 0x20), (1, 0, 0x21)]
    assert [(entry.page, entry.frame) for entry in core.tlb.entries()] == [(3, 0x50)]
    assert core.buffer.lookup(0x3000, 1, READ) == core.tlb.entries()[0]
    assert core.buffer.lookup(0x4000, 1, READ) is None


def test_a_table_outside_of_memory() -> None:
    tables = tables_of(X86_32)
    tables.slot(0x3000)
    core = core_of(tables, INTEL)
    core.ends(0x3000, READ)
    tables.write(tables.slot(0x3000, 1), X86_32.encode_pointer(0x60))
    assert reasons(core, 0x3000) == [Reason.ABSENT, Reason.TABLE_OUTSIDE]


ADDRESSES = (0x3000, 0x4000, 0x20_3000, 0x40_0000)


def program(format: Format, seed: int) -> None:
    """A core with a buffer of chance, on the same tables as one that may hold anything: its end is one of those."""
    draw = Random(seed)
    tables = tables_of(format)
    buffer = Tlb(format, draw.choice((1, 2, 4)), replacement=draw.choice(list(Replacement)), tagged=True)
    core = Core(tables.memory, format, buffer, root=tables.root, tag=1)
    anything = core_of(tables, draw.choice((NOTHING, INTEL, RISCV, ARM)))
    for address in ADDRESSES:
        tables.slot(address)
    for _ in range(25):
        address, what = draw.choice(ADDRESSES), draw.random()
        if what < 0.3:
            rights, flags = draw.choice((7, 7, 6, 5, 4, 0)), draw.choice((3, 3, 7, 1))
            tables.map(address, draw.randrange(0x50, 0x60), rights, draw.choice((1, 1, 0)), 0, flags)
        elif what < 0.4:
            tables.write(tables.slot(address, 1), format.encode_pointer(draw.randrange(0x20, 0x28)))
        elif what < 0.5:
            for each in (core, anything):
                each.tlb.invalidate_page(address, 1)
        elif what < 0.55:
            tag = draw.choice((1, 2))
            for each in (core, anything):
                each.switch(tables.root, tag)
        else:
            access = draw.choice(ACCESSES)
            ends = anything.ends(address, access)
            try:
                end: int | PageFault = core.translate(address, access)
            except PageFault as fault:
                end = fault
            assert end in ends, (hex(address), access)


@settings(max_examples=60, deadline=None)
@given(format=st.sampled_from(FORMATS), seed=st.integers(0, 2**40))
def test_what_any_buffer_gives_is_among_the_ends(format: Format, seed: int) -> None:
    program(format, seed)


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("note", lambda self, held: None),
        ("invalidate_page", lambda self, address, tag=None, shared=True: self.invalidate_all()),
    ],
)
def test_a_buffer_that_holds_too_little_is_found(monkeypatch: pytest.MonkeyPatch, method: str, wrong: object) -> None:
    monkeypatch.setattr(MayHold, method, wrong)

    def tries() -> None:
        for seed in range(60):
            program(X86_32, seed)

    with pytest.raises(AssertionError):
        tries()


def test_fetches_are_accesses_too() -> None:
    tables = tables_of(SV39)
    tables.map(0x3000, 0x50, 6, flags=3)
    assert reasons(core_of(tables, RISCV), 0x3000, EXECUTE) == [Reason.DENIED]
