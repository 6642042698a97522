"""Two stages to the digit: which stage fails, with what vector, code and guest-physical address, and what is marked."""

from dataclasses import replace

import pytest

from machine import AARCH64, EXECUTE, READ, SV39, WRITE, X86_64, BusError, Format, Memory, PageFault, Reason
from machine.batch import BatchWalker
from machine.formats import SV39X4
from machine.formats.ept import ept
from machine.formats.riscv import MXR, SVADE
from machine.guest import GuestCore
from machine.stages import HYPERVISOR, STAGE_2, VTX, GuestTranslation, SecondStage, SecondStageFault, TwoStageWalker
from machine.tlb import Tlb
from machine.walker import Translation, Walker
from tests.machine.tables import Tables

R, W, X, U, A, D = 2, 4, 8, 16, 64, 128
"""Bits of a RISC-V entry, with V = 1."""
VA, DATA = 0x2000, 0x7000
"""The guest maps its page 2 to its frame 7; its tables are its frames 0x10 and on."""


class Machine:
    """A guest whose memory is its own frame by frame, 0x20 further up; the second stage's tables are from 0x60 on."""

    def __init__(self, first: Format, second: SecondStage, flags: int = 3) -> None:
        self.memory = Memory(0x80 << 12)
        self.first, self.second = first, second
        self.below = Tables(self.memory, second.format, root=0x60000, free=0x68000)
        self.places = {frame: self.below.map(frame << 12, frame + 0x20, 7, 1, 0, 3) for frame in range(0x20)}
        guest = Tables(self.memory, first, root=0x10000, free=0x11000)
        guest.write = lambda slot, entry: Tables.write(guest, slot + 0x20000, entry)  # type: ignore[method-assign]
        self.leaf = guest.map(VA, DATA >> 12, 7, 1, 0, flags) + 0x20000
        self.walker = TwoStageWalker(self.memory, first, second, 0x60000)

    def entry(self, frame: int, change: int) -> None:
        """Change bits of the second stage's entry for a guest frame."""
        self.below.write(self.places[frame], self.below.read(self.places[frame]) ^ change)

    def translate(self, access: int, user: bool = True) -> GuestTranslation | PageFault:
        return self.walker.translate(VA + 0x123, access, user, 0x10000)

    def fault(self, access: int) -> tuple[int, int, int, int]:
        """Vector, code, guest-physical address and implicit access of a fault of the second stage."""
        found = self.translate(access)
        assert isinstance(found, SecondStageFault), found
        assert (found.address, found.access, found.user) == (VA + 0x123, access, True)
        return found.vector, found.code, found.guest_physical, found.implicit


TABLE = 0x12010  # of the entry for VA in Sv39's last table, guest-physical
X86_TABLE = 0x13010


@pytest.mark.parametrize(("first", "second"), [(SV39, HYPERVISOR), (X86_64, VTX), (AARCH64, STAGE_2)])
def test_a_guest_reaches_its_memory(first: Format, second: SecondStage) -> None:
    found = Machine(first, second).translate(READ)
    assert isinstance(found, GuestTranslation)
    assert (found.physical, found.guest_physical, found.level, found.frame) == (0x27123, 0x7123, 0, 0x27)
    assert found.attributes >> 32 & 7 == 7


@pytest.mark.parametrize("cause", [20, 21, 23])
def test_risc_v_reports_the_access_that_the_guest_made(cause: int) -> None:
    """Guest-page faults 20, 21, 23; htinst 0 for the page itself, 0x3000 for a table that cannot be read."""
    access = {20: EXECUTE, 21: READ, 23: WRITE}[cause]
    machine = Machine(SV39, HYPERVISOR)
    machine.entry(7, 1)
    assert machine.fault(access) == (cause, 0, 0x7123, 0)
    machine.entry(0x12, 1)
    assert machine.fault(access) == (cause, 0x3000, TABLE, READ)


def test_an_implicit_read_needs_read_and_no_mxr_helps() -> None:
    """The table's page is X only: cause 21, with MXR in either stage; readable it translates."""
    machine = Machine(SV39, HYPERVISOR)
    machine.entry(0x12, R | W)
    machine.walker.control = machine.walker.second_control = MXR
    assert machine.fault(READ) == (21, 0x3000, TABLE, READ)
    machine.entry(0x12, R)
    assert isinstance(machine.translate(READ), GuestTranslation)


def test_mxr_of_the_second_stage_is_for_loads_of_the_guest() -> None:
    machine = Machine(SV39, HYPERVISOR)
    machine.entry(7, R | W)
    machine.walker.control = MXR
    assert machine.fault(READ) == (21, 0, 0x7123, 0), "vsstatus.MXR is for the first stage only"
    machine.walker.second_control = MXR
    assert isinstance(machine.translate(READ), GuestTranslation)


def test_a_mark_in_a_table_that_may_not_be_written() -> None:
    """Setting A for a load is a write of the table: a load guest-page fault, htinst 0x3020; so for a store, 23."""
    for access, cause in ((READ, 21), (WRITE, 23)):
        machine = Machine(SV39, HYPERVISOR, flags=0)
        machine.entry(0x12, W)
        assert machine.fault(access) == (cause, 0x3020, TABLE, WRITE)
        assert machine.memory.read(machine.leaf, 8) & (A | D) == 0, "nothing is marked"
        machine.entry(0x12, W)
        assert isinstance(machine.translate(access), GuestTranslation)
        assert machine.memory.read(machine.leaf, 8) & (A | D) == (A | D if access == WRITE else A)


def test_the_second_stage_is_the_users_and_marked_by_itself() -> None:
    machine = Machine(SV39, HYPERVISOR)
    machine.entry(7, U)
    assert machine.fault(READ)[:2] == (21, 0)
    machine.entry(7, U | A | D)
    assert isinstance(machine.translate(READ), GuestTranslation)
    assert machine.below.read(machine.places[7]) & (A | D) == A
    machine.entry(7, A)
    machine.walker.second_control = SVADE
    assert machine.fault(READ) == (21, 0, 0x7123, 0)


def test_sv39x4_translates_41_bits_with_four_tables_as_root() -> None:
    """Root entry 0x400 is in the third table: 0x62000; bit 41 is a guest-page fault."""
    machine = Machine(SV39, HYPERVISOR)
    machine.memory.write(0x62000, SV39X4.encode_leaf(0, 7, 1, 2, 3), 8)
    machine.memory.write(machine.leaf, SV39.encode_leaf(0x1000_0027, 7, 1, 0, 3), 8)
    found = machine.translate(READ)
    assert isinstance(found, GuestTranslation)
    assert (found.physical, found.guest_physical, found.level) == (0x27123, 0x100_0002_7123, 0)
    machine.memory.write(machine.leaf, SV39.encode_leaf(0x2000_0027, 7, 1, 0, 3), 8)
    assert machine.fault(READ) == (21, 0, 0x200_0002_7123, 0)
    with pytest.raises(ValueError, match=r"root of a second stage at 0x61000: for Sv39x4 give a multiple of 0x4000"):
        TwoStageWalker(machine.memory, SV39, HYPERVISOR, 0x61000)


def test_a_second_stage_by_itself() -> None:
    """A walker of one stage, as for a hypervisor's own look-ups, knows all tables of the root; a batch has none."""
    machine = Machine(SV39, HYPERVISOR)
    machine.memory.write(0x62000, SV39X4.encode_leaf(0, 7, 1, 2, 3), 8)
    found = Walker(machine.memory, SV39X4).translate(0x100_0002_7123, READ, True, 0x60000)
    assert isinstance(found, Translation)
    assert found.physical == 0x27123
    with pytest.raises(ValueError, match="Sv39x4"):
        BatchWalker(machine.memory, SV39X4)


def test_the_guests_own_faults_are_its_own() -> None:
    machine = Machine(SV39, HYPERVISOR)
    machine.memory.write(machine.leaf, 0, 8)
    found = machine.translate(WRITE)
    assert not isinstance(found, SecondStageFault)
    assert found == PageFault(Reason.ABSENT, VA + 0x123, WRITE, True, 15, 15)


@pytest.mark.parametrize(("access", "code"), [(READ, 0x181), (WRITE, 0x182), (EXECUTE, 0x184)])
def test_ept_violations_are_qualified(access: int, code: int) -> None:
    """Bits 2:0 the access, 5:3 what the path permits, 7 the linear address is known, 8 it is the final access."""
    machine = Machine(X86_64, VTX)
    machine.entry(7, 7)
    assert machine.fault(access) == (48, code, 0x7123, 0)


def test_ept_violations_tell_what_is_permitted() -> None:
    machine = Machine(X86_64, VTX)
    machine.entry(7, 2)
    assert machine.fault(WRITE) == (48, 0x1AA, 0x7123, 0), "r-x: 0b101 in bits 5:3"
    machine.entry(7, 1)
    assert machine.fault(READ) == (48, 0x1A1, 0x7123, 0), "--x: 0b100"
    machine.entry(7, 6)
    assert machine.fault(READ) == (49, 0, 0x7123, 0), "-w- is a misconfiguration"


def test_ept_reads_tables_as_it_writes_them_if_it_has_flags() -> None:
    """Bits 0 and 1 both, bit 8 clear; without the flags a table need only be readable, until it is marked."""
    machine = Machine(X86_64, VTX)
    machine.entry(0x13, 2)
    assert machine.fault(READ) == (48, 0xAB, X86_TABLE, READ)
    plain = replace(VTX, format=ept(accessed_dirty=False), reads_as=READ)
    machine = Machine(X86_64, plain, flags=0)
    machine.entry(0x13, 2)
    for frame in (0x10, 0x11, 0x12, 0x13):  # A in the tables above
        at = (frame + 0x20 << 12) + (0x10 if frame == 0x13 else 0)
        machine.memory.write(at, machine.memory.read(at, 8) | 0x20 * (frame < 0x13), 8)
    assert machine.fault(READ) == (48, 0xAA, X86_TABLE, WRITE)
    machine.memory.write(machine.leaf, machine.memory.read(machine.leaf, 8) | 0x20, 8)
    assert isinstance(machine.translate(READ), GuestTranslation), "what is marked already is not written"


def test_ept_marks() -> None:
    """A (bit 8) in every entry on the way to what was accessed, D (bit 9) in the leaf of what was written."""
    machine = Machine(X86_64, VTX)
    machine.entry(7, 0x300)
    assert isinstance(machine.translate(READ), GuestTranslation)
    assert machine.below.read(machine.places[7]) & 0x300 == 0x100
    assert isinstance(machine.translate(WRITE), GuestTranslation)
    assert machine.below.read(machine.places[7]) & 0x300 == 0x300


def test_aarch64_tells_of_walks_by_s1ptw() -> None:
    """Class 0x24, translation fault of level 3; bit 6 for a store, bit 7 for a table of stage 1."""
    machine = Machine(AARCH64, STAGE_2)
    machine.entry(7, 1)
    assert machine.fault(READ) == (0x24, 0b0_000111, 0x7123, 0)
    assert machine.fault(WRITE) == (0x24, 0b1_000111, 0x7123, 0)
    assert machine.fault(EXECUTE) == (0x20, 0b0_000111, 0x7123, 0)
    machine.entry(0x13, 1 << 6)
    assert machine.fault(WRITE) == (0x24, 0b11_001111, X86_TABLE, READ), "a table that cannot be read: permission"
    machine.entry(0x13, 1 << 6 | 1 << 10)
    assert machine.fault(READ) == (0x24, 0b10_001011, X86_TABLE, READ), "no access flag"


def test_a_table_that_the_second_stage_puts_outside_of_memory() -> None:
    """An access fault of the access that the guest made, which is the guest's."""
    machine = Machine(SV39, HYPERVISOR)
    machine.below.write(machine.places[0x12], SV39X4.encode_leaf(0x80, 7, 1, 0, 3))
    assert machine.translate(WRITE) == PageFault(Reason.TABLE_OUTSIDE, VA + 0x123, WRITE, True, 7, 7)
    machine.below.write(machine.below.slot(0, 1), SV39X4.encode_pointer(0x80))
    assert machine.fault(WRITE) == (7, 0, 0x10000, READ)


class Guarded(Memory):
    """Nothing in one frame can be read or written by a walk."""

    hidden = -1

    def check(self, address: int, size: int) -> None:
        super().check(address, size)
        if address >> 12 == self.hidden:
            raise BusError(address, size, self.size)


@pytest.mark.parametrize(
    ("hidden", "stage", "code"),
    [(0x30, PageFault, 0b010100), (0x33, PageFault, 0b010111), (0x60, SecondStageFault, 0b10010101)],
)
def test_a_memory_that_refuses(hidden: int, stage: type, code: int) -> None:
    """As an external abort on a walk, of the level at which it was met."""
    machine = Machine(AARCH64, STAGE_2)
    memory = Guarded(machine.memory.size, buffer=machine.memory.bytes)
    memory.hidden = hidden
    found = TwoStageWalker(memory, AARCH64, STAGE_2, 0x60000).translate(VA, READ, True, 0x10000)
    assert isinstance(found, PageFault)
    assert type(found) is stage
    assert (found.reason, found.code) == (Reason.TABLE_OUTSIDE, code)


def test_large_pages_of_both_stages() -> None:
    """The smaller one is what a buffer may keep as one page."""
    machine = Machine(SV39, HYPERVISOR)
    middle = machine.leaf - machine.leaf % 0x1000 - 0x1000  # Sv39's directory: 0x31000
    machine.memory.write(middle, SV39.encode_leaf(0, 7, 1, 1, 3), 8)
    found = machine.translate(READ)
    assert isinstance(found, GuestTranslation)
    assert (found.level, found.frame, found.physical) == (0, 0x22, 0x22123)
    machine.memory.write(machine.below.slot(0, 1), SV39X4.encode_leaf(0, 7, 1, 1, 3), 8)
    machine.memory.write(0x10000, SV39.encode_pointer(0x31), 8)
    found = machine.translate(READ)
    assert isinstance(found, GuestTranslation)
    assert (found.level, found.frame, found.physical) == (1, 0, 0x2123)


@pytest.mark.parametrize(("address", "root", "match"), [(1 << 64, 0, "no Sv39 address"), (0, 8, "multiple of 4096")])
def test_what_is_no_address_and_no_root(address: int, root: int, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Machine(SV39, HYPERVISOR).walker.translate(address, READ, True, root)


def guest_core(machine: Machine, control: int | None = None) -> GuestCore:
    buffer = Tlb(machine.first, 4, tagged=True)
    return GuestCore(
        machine.memory, machine.first, buffer, machine.second, 0x60000, root=0x10000, tag=1, control=control
    )


def test_a_core_keeps_what_both_stages_made() -> None:
    """Stale in either stage until it is told: the second stage's entry is cleared, and the guest reads on."""
    machine = Machine(X86_64, VTX)
    core = guest_core(machine)
    core.store(VA, 0x42)
    assert machine.memory.read(0x27000, 1) == 0x42
    machine.entry(7, 7)
    assert core.load(VA) == 0x42
    assert (core.counters.hits, core.counters.walks) == (1, 1)
    core.tlb.invalidate_tag(1)
    with pytest.raises(SecondStageFault, match=r"second stage, the access at guest-physical 0x7000: page fault: user"):
        core.load(VA)
    assert core.counters.faults == 1


def test_an_entry_permits_what_both_stages_do() -> None:
    """CR0.WP is off: the guest's supervisor writes its read-only page, but not what EPT has read-only."""
    machine = Machine(X86_64, VTX)
    machine.memory.write(machine.leaf, X86_64.encode_leaf(7, 5, 1, 0, 3), 8)
    machine.entry(7, 2)
    core = guest_core(machine, control=0)
    machine.memory.write(machine.leaf, X86_64.encode_leaf(7, 7, 1, 0, 3), 8)
    core.user = False
    assert core.load(VA) == 0
    with pytest.raises(SecondStageFault, match="denied"):
        core.store(VA, 1)
    machine.entry(7, 2)
    core.store(VA, 1)
    assert core.load(VA) == 1


def test_another_guest() -> None:
    """The buffer's tags keep guests apart, and what one calls global is none of the other's."""
    machine = Machine(SV39, HYPERVISOR, flags=7)
    core = guest_core(machine)
    core.load(VA)
    assert [entry.tag for entry in core.tlb.entries()] == [1]
    core.enter(0x64000, 0x10000, 2)
    assert (core.second_root, core.root, core.tag) == (0x64000, 0x10000, 2)
    with pytest.raises(SecondStageFault):
        core.load(VA)
    core.enter(0x60000, 0x10000, 1)
    assert core.load(VA) == 0
    assert core.counters.hits == 1
    with pytest.raises(ValueError, match="0x61000"):
        core.enter(0x61000, 0)


def test_an_untagged_buffer_forgets_at_an_entry() -> None:
    machine = Machine(X86_64, VTX)
    core = GuestCore(machine.memory, X86_64, Tlb(X86_64, 4), VTX, 0x60000, root=0x10000)
    core.load(VA)
    core.enter(0x60000, 0x10000)
    assert core.tlb.entries() == []
