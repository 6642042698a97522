"""Options of processors, walked entry by entry with the numbers of the manuals: off and on."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import EXECUTE, READ, WRITE, Core, Memory, PageFault, Reason, Tlb, Walker
from machine.batch import BatchWalker
from machine.formats import (
    AARCH64,
    AARCH64_16K,
    AARCH64_64K,
    SV39,
    SV39_SVNAPOT,
    SV57,
    VARIANTS,
    X86_64,
    X86_64_2M,
    X86_64_PKU,
    Format,
    riscv,
    x86,
)
from machine.formats.aarch64 import HA, contiguous
from model.scope import Scope
from refinement.kernel.lockstep import boot
from refinement.kernel.page_table import PageTables, TablePool
from tests.machine.tables import Tables

FRAME = 0x30


def ended(format: Format, entries: dict[int, int], address: int, access: int, user: bool, control: int) -> Any:
    """Physical address, or reason, vector and code, in a memory that has those entries; the root is at 0x10000."""
    memory = Memory(1 << 20)
    for place, entry in entries.items():
        memory.write(place, entry, 8)
    found = Walker(memory, format, control).translate(address, access, user, 0x10000)
    return (found.reason, found.vector, found.code) if isinstance(found, PageFault) else found.physical


PATH = {0x10000: 0x20007, 0x20000: 0x21007, 0x21000: 0x22007}
"""x86-64: from the root at 0x10000 to the table at 0x22000."""
ON = x86.WP | x86.NXE


@pytest.mark.parametrize(
    ("entry", "access", "user", "control", "answer"),
    [
        (0x30067, EXECUTE, False, ON, 0x30ABC),
        (0x30067, EXECUTE, False, ON | x86.SMEP, (Reason.DENIED, 14, 0b10001)),
        (0x30063, EXECUTE, False, ON | x86.SMEP, 0x30ABC),
        (0x30067, EXECUTE, True, ON | x86.SMEP, 0x30ABC),
        (0x30067, READ, False, ON | x86.SMEP, 0x30ABC),
        (0x30067, READ, False, ON | x86.SMAP, (Reason.DENIED, 14, 0b00001)),
        (0x30067, WRITE, False, ON | x86.SMAP, (Reason.DENIED, 14, 0b00011)),
        (0x30067, WRITE, False, x86.SMAP, (Reason.DENIED, 14, 0b00011)),
        (0x30067, WRITE, False, ON | x86.SMAP | x86.AC, 0x30ABC),
        (0x30063, WRITE, False, ON | x86.SMAP, 0x30ABC),
        (0x30067, WRITE, True, ON | x86.SMAP, 0x30ABC),
        (0x30067, EXECUTE, False, ON | x86.SMAP, 0x30ABC),
        (0x30000, EXECUTE, True, x86.SMEP, (Reason.ABSENT, 14, 0b10100)),
    ],
)
def test_smep_and_smap(entry: int, access: int, user: bool, control: int, answer: Any) -> None:
    """Intel SDM vol. 3A, 4.6.1 and 4.7: a user's page has bit 2; I/D (16) is told with NXE or SMEP."""
    assert ended(X86_64, {**PATH, 0x22008: entry}, 0x1ABC, access, user, control) == answer


NINE = 9 << 59  # a page with key 9: bits 19:18 of PKRU are WD and AD
AD, WD = 1 << (8 + 18), 1 << (8 + 19)
KEYS = ON | x86.PKE


@pytest.mark.parametrize(
    ("entry", "access", "user", "control", "answer"),
    [
        (0x30067 | NINE, READ, True, KEYS, 0x30ABC),
        (0x30067 | NINE, READ, True, KEYS | AD, (Reason.BARRED, 14, 0b100101)),
        (0x30067 | NINE, WRITE, False, KEYS | AD, (Reason.BARRED, 14, 0b100011)),
        (0x30067 | NINE, EXECUTE, True, KEYS | AD | WD, 0x30ABC),
        (0x30067 | NINE, READ, True, ON | AD, 0x30ABC),
        (0x30063 | NINE, READ, False, KEYS | AD, 0x30ABC),
        (0x30067, READ, True, KEYS | AD, 0x30ABC),
        (0x30067 | NINE, READ, True, KEYS | WD, 0x30ABC),
        (0x30067 | NINE, WRITE, True, KEYS | WD, (Reason.BARRED, 14, 0b100111)),
        (0x30067 | NINE, WRITE, False, KEYS | WD, (Reason.BARRED, 14, 0b100011)),
        (0x30067 | NINE, WRITE, False, (KEYS | WD) & ~x86.WP, 0x30ABC),
        (0x30065 | NINE, WRITE, True, KEYS | AD, (Reason.BARRED, 14, 0b100111)),
        (0x30065 | NINE, WRITE, True, KEYS, (Reason.DENIED, 14, 0b000111)),
    ],
)
def test_protection_keys(entry: int, access: int, user: bool, control: int, answer: Any) -> None:
    """SDM vol. 3A, 4.6.2 and 4.7: PK (32) is told whatever else forbids the access."""
    assert ended(X86_64_PKU, {**PATH, 0x22008: entry}, 0x1ABC, access, user, control) == answer


def test_a_key_acts_on_buffered_translations() -> None:
    """PKRU is no part of what a buffer holds, the key is."""
    made = Tables(Memory(1 << 20), X86_64_PKU)
    slot = made.map(0x1000, FRAME, flags=3)
    made.write(slot, made.read(slot) | NINE)
    core = Core(made.memory, X86_64_PKU, Tlb(X86_64_PKU, 4), root=made.root, control=KEYS)
    assert core.translate(0x1000, READ) == 0x30000
    core.control |= AD
    with pytest.raises(PageFault, match="barred"):
        core.translate(0x1000, READ)


def test_gigabyte_pages_or_none() -> None:
    """SDM vol. 3A, table 4-16: PS in a PDPTE is reserved where CPUID has no Page1GB."""
    entries = {0x10000: 0x20007, 0x20000: 0x4000_0087}
    assert ended(X86_64, entries, 0x123, READ, True, ON) == 0x4000_0123
    assert ended(X86_64_2M, entries, 0x123, READ, True, ON) == (Reason.MALFORMED, 14, 0b1101)
    with pytest.raises(ValueError, match="levels 0 to 1"):
        X86_64_2M.encode_leaf(0x40000, READ, level=2)


RISCV_PATH = {0x10000: 0x20 << 10 | 1, 0x20000: 0x21 << 10 | 1}
"""Sv39: from the root at 0x10000 to the table at 0x21000."""


@pytest.mark.parametrize(
    ("entry", "format", "answer"),
    [
        (0x8000_0000_0000_E0D7, SV39_SVNAPOT, 0x35123),
        (0x8000_0000_0000_E0D7, SV39, (Reason.MALFORMED, 13, 13)),
        (0x0000_0000_0000_E0D7, SV39_SVNAPOT, 0x38123),
        (0x8000_0000_0000_D0D7, SV39_SVNAPOT, (Reason.MALFORMED, 13, 13)),
        (0x8000_0000_0000_F0D7, SV39_SVNAPOT, (Reason.MALFORMED, 13, 13)),
        (0x8000_0000_0000_E0D6, SV39_SVNAPOT, (Reason.ABSENT, 13, 13)),
    ],
)
def test_svnapot(entry: int, format: Format, answer: Any) -> None:
    """Chapter Svnapot: PPN 0x38 with N is 64 KiB from 0x30000 on; the address 0x5123 chooses 0x35123."""
    assert ended(format, {**RISCV_PATH, 0x21028: entry}, 0x5123, READ, True, 0) == answer


@pytest.mark.parametrize(
    ("entries", "control", "answer"),
    [
        ({0x21028: 2 << 61 | 0xC0D7}, riscv.PBMTE, 0x30123),
        ({0x21028: 2 << 61 | 0xC0D7}, 0, (Reason.MALFORMED, 13, 13)),
        ({0x21028: 3 << 61 | 0xC0D7}, riscv.PBMTE, (Reason.MALFORMED, 13, 13)),
        ({0x21028: 0xC0D7, 0x20000: 1 << 61 | 0x21 << 10 | 1}, riscv.PBMTE, (Reason.MALFORMED, 13, 13)),
    ],
)
def test_svpbmt(entries: dict[int, int], control: int, answer: Any) -> None:
    """Chapter Svpbmt: bits 62:61 of a leaf are a type, if menvcfg.PBMTE; 3 is reserved, and any of a pointer."""
    assert ended(SV39, {**RISCV_PATH, **entries}, 0x5123, READ, True, control) == answer


def test_sv57() -> None:
    """Five levels; bits 63:56 are equal. A root entry that is a leaf maps 256 TiB, here from 0 on."""
    top = 0xFF00_0000_0000_0000
    assert ended(SV57, {0x10000 + 8 * 256: 0xD7}, top | 0xABC, READ, True, 0) == 0xABC
    assert ended(SV57, {0x10000 + 8 * 256: 0xD7}, 1 << 56, READ, True, 0) == (Reason.NONCANONICAL, 13, 13)
    deep = {0x10000: 0x20 << 10 | 1, 0x20000: 0x21 << 10 | 1, 0x21000: 0x22 << 10 | 1, 0x22000: 0x23 << 10 | 1}
    assert ended(SV57, {**deep, 0x23028: 0xC0D7}, 0x5123, READ, True, 0) == 0x30123


@pytest.mark.parametrize(
    ("format", "entries", "address", "answer"),
    [
        # 16 KiB: the root has two entries, then 11 bits each; bits 13:12 of a descriptor are no address.
        (
            AARCH64_16K,
            {0x10008: 0x20003, 0x20000: 0x24003, 0x24000: 0x28003, 0x28008: 0x31F43},
            1 << 47 | 0x7ABC,
            0x33ABC,
        ),
        (AARCH64_16K, {0x10000: 0x20003, 0x20000: 0x24003, 0x24008: 0x0200_0F41}, 0x0212_3ABC, 0x0212_3ABC),
        (AARCH64_16K, {0x10000: 0x20003, 0x20000: 0x0F41}, 0x123, (Reason.MALFORMED, 0x24, 0b000101)),
        # 64 KiB: three levels, that of the root is the manual's 1; 13 bits each.
        (AARCH64_64K, {0x10000: 0x20003, 0x20000: 0x40003, 0x40008: 0x5_0F43}, 0x1_ABCD, 0x5_ABCD),
        (AARCH64_64K, {0x10000: 0x20003, 0x20008: 0x2000_0F41}, 0x2345_6789, 0x2345_6789),
        (AARCH64_64K, {0x10000: 0x20003}, 0x1_ABCD, (Reason.ABSENT, 0x24, 0b000110)),
        (AARCH64_64K, {}, 1 << 48, (Reason.NONCANONICAL, 0x24, 0b000100)),
    ],
)
def test_granules(format: Format, entries: dict[int, int], address: int, answer: Any) -> None:
    """Arm ARM D8.2 and D8.3: tables are found by their bytes, whatever the size of a page."""
    assert ended(format, {at: entry | 0x40 for at, entry in entries.items()}, address, READ, True, 0) == answer


@pytest.mark.parametrize("format", [AARCH64, AARCH64_16K, AARCH64_64K], ids=lambda each: each.name)
def test_access_flag_of_hardware_and_contiguous_hint(format: Format) -> None:
    """TCR.HA: a clear access flag is set and not reported; the contiguous bit changes no translation."""
    made = Tables(Memory(1 << 21), format, root=0x10000, free=0x40000, step=0x10000)
    slot = made.map(0x123_0000, 0x80)
    made.write(slot, contiguous(made.read(slot)) ^ 1 << 10)
    faulting = Walker(made.memory, format).translate(0x123_0000, READ, True, made.root)
    assert isinstance(faulting, PageFault)
    assert (faulting.reason, faulting.code) == (Reason.UNMARKED, 0b001011)
    found = Walker(made.memory, format, HA).translate(0x123_0000, READ, True, made.root)
    assert not isinstance(found, PageFault)
    assert found.physical == 0x80000
    assert made.read(slot) >> 10 & 1 == 1


def test_the_kernel_takes_no_granule_that_it_is_not_made_for() -> None:
    with pytest.raises(ValueError, match="AArch64-16K has no pages or no tables of 4096 bytes"):
        PageTables(Scope(1, 1, 1), Memory(1 << 16), AARCH64_16K, TablePool(1, 8), [0x10000])


@pytest.mark.parametrize("format", [each for each in VARIANTS if each.page_bits == 12], ids=lambda each: each.name)
def test_the_kernel_runs_on_variants(format: Format) -> None:
    kernel = boot(Scope(2, 1, 1), format=format, buffer=lambda each: Tlb(each, 8, tagged=True), cores=2)
    assert (kernel.map(0, 1), kernel.flush(0)) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(
    format=st.sampled_from(VARIANTS),
    pages=st.lists(st.tuples(st.integers(0, 15), st.integers(0, 7), st.booleans()), min_size=1, max_size=4),
    napot=st.booleans(),
    accesses=st.lists(st.tuples(st.integers(0, (1 << 20) - 1), st.sampled_from([READ, WRITE, EXECUTE])), max_size=20),
)
def test_a_buffer_is_not_noticed(
    format: Format, pages: list[tuple[int, int, bool]], napot: bool, accesses: list[tuple[int, int]]
) -> None:
    """A core does what a walk says, also where one entry stands for several pages in a row."""
    made = Tables(Memory(1 << 21), format, root=0x10000, free=0x40000, step=0x10000)
    for page, rights, user in pages:
        made.map(page << 16, page << 4, rights, int(user), flags=3)
        if format is SV39_SVNAPOT and napot and rights:
            for each in range(16):
                leaf = format.encode_leaf(page << 4, rights, int(user), flags=3)
                made.write(made.slot(page << 16 | each << 12), riscv.napot(leaf) if leaf else 0)
    core = Core(made.memory, format, Tlb(format, 8, tagged=True), root=made.root)
    for address, access in accesses:
        walked = Walker(made.memory, format).translate(address, access, True, made.root)
        if isinstance(walked, PageFault):
            with pytest.raises(PageFault):
                core.translate(address, access)
        else:
            assert core.translate(address, access) == walked.physical
            if format is SV39_SVNAPOT and napot:
                assert walked.physical == address


@pytest.mark.slow
@pytest.mark.parametrize("format", VARIANTS, ids=lambda each: each.name)
def test_batches_are_walks(format: Format) -> None:
    """The compiled walk gives the same, with protection keys and pages in a row too."""
    made = Tables(Memory(1 << 21), format, root=0x10000, free=0x40000, step=0x10000)
    for page in range(8):
        slot = made.map(page << 16, page << 4, 4 + page % 4, page % 3 > 0, flags=3)
        if format is X86_64_PKU:
            made.write(slot, made.read(slot) | page << 59)
        if format is SV39_SVNAPOT:
            made.write(slot, riscv.napot(made.read(slot)))
    control = KEYS | 0xE4E4_E4E4 << 8 if format is X86_64_PKU else format.default_control
    addresses = [page << 16 | 0xABC for page in range(9)]
    for access in (READ, WRITE, EXECUTE):
        batch = BatchWalker(made.memory, format, control).translate(addresses, access, 1, made.root)
        for number, address in enumerate(addresses):
            found = Walker(made.memory, format, control).translate(address, access, True, made.root)
            if isinstance(found, PageFault):
                assert (batch.reason[number], batch.code[number]) == (found.reason, found.code)
            else:
                assert (batch.reason[number], batch.physical[number]) == (Reason.OK, found.physical)
