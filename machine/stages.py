"""Two stages of translation: a guest's tables are at guest-physical addresses, which a second stage translates.

Each access that a walk of the guest's tables makes, and the access itself, goes through the second stage. Accesses to
tables are *implicit*: checked as reads, or as writes where the walk sets accessed and dirty flags, whatever the access
is that they are made for; and what fails is reported for that access, with the guest-physical address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from machine.events import READ, WRITE, BusError, PageFault, Reason
from machine.formats import AARCH64_STAGE2, EPT, SV39X4, aarch64_stage2, ept, g_stage
from machine.formats.base import ALL_ATTRIBUTES, LEAF, Format
from machine.formats.riscv import MXR
from machine.memory import Memory
from machine.walker import OK, Translation, Walker, walk_of

SECOND: Final = 32
"""The place, in the attributes of a translation through two stages, of what the second one grants."""

ENDLESS: Final = 1 << 60
"""Words of guest-physical memory: how many there are is the second stage's to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStage:
    """A second stage: its format, how accesses to the guest's tables are checked in it, and how faults are reported."""

    format: Format
    told: Callable[[int, int, int, int, int], int]
    """Vector, code of an explicit access, implicit access or 0, rights of the path, ``reads_as`` -> code."""
    reads_as: int = READ
    """What reading a table is checked as: with EPT's accessed and dirty flags on, a write."""
    explicit_only: int = 0
    """Processor modes that accesses to tables do not have (RISC-V: MXR)."""


VTX: Final = SecondStage(format=EPT, told=ept.told, reads_as=WRITE)
"""x86: codes are exit qualifications, vectors basic exit reasons (48, 49)."""

HYPERVISOR: Final = SecondStage(format=SV39X4, told=g_stage.told, explicit_only=MXR)
"""RISC-V's extension H: vectors are causes (20, 21, 23), codes what htinst says of the access."""

STAGE_2: Final = SecondStage(format=AARCH64_STAGE2, told=aarch64_stage2.told)
"""AArch64: vectors are exception classes at EL2, codes the fault status with WnR and S1PTW."""


@dataclass(unsafe_hash=True)
class SecondStageFault(PageFault):
    """The second stage failed: an EPT violation or misconfiguration, a guest-page fault, a stage 2 abort.

    The hypervisor is told, not the guest: beside what a page fault has, the ``guest_physical`` address (the x86 VMCS's;
    htval is it >> 2, HPFAR_EL2 its page), and ``implicit``, 0 for the access itself, READ or WRITE if a table of the
    guest was to be read or marked for it.
    """

    guest_physical: int
    implicit: int

    def __str__(self) -> str:
        """The event in one line."""
        what = {0: "the access", READ: "a read of a table", WRITE: "a write of a table"}[self.implicit]
        return f"second stage, {what} at guest-physical {self.guest_physical:#x}: {super().__str__()}"


@dataclass(frozen=True, slots=True)
class GuestTranslation(Translation):
    """A translation through both stages.

    ``level`` is one of the first stage's format, of the largest page that both stages map as one; ``attributes`` are
    the first stage's, with the second's from bit ``SECOND`` on. ``entries`` are the leaves of both stages, which
    machine.memory_types reads.
    """

    guest_physical: int
    entries: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Second(Translation):
    """A translation by the second stage, and its leaf."""

    entry: int


class _GuestWords:
    """A guest's memory as its walk sees it: reads go through the second stage, writes wait until all are allowed.

    BusError if a word lies, at its physical address, outside of memory.
    """

    def __init__(self, through: Callable[[int, int], int], memory: Memory, entry_bytes: int) -> None:
        """``through`` translates a guest-physical address for an implicit access."""
        self._through = through
        self._memory = memory
        self._words = memory.words(entry_bytes)
        self._bytes = entry_bytes
        self.reads = 0
        self.pending: dict[int, int] = {}

    def __len__(self) -> int:
        """More than any pointer reaches."""
        return ENDLESS

    def _place(self, item: int, access: int) -> int:
        physical = self._through(item * self._bytes, access)
        self._memory.check(physical, self._bytes)
        return physical // self._bytes

    def __getitem__(self, item: int) -> int:
        """The word, with what is written to it and waits."""
        self.reads += 1
        held = int(self._words[self._place(item, READ)])
        return self.pending.get(item, held)

    def __setitem__(self, item: int, value: int) -> None:
        """Note what is to be written, if it is another value."""
        if value != self[item]:
            self.pending[item] = value

    def write(self) -> None:
        """All that waits, from the root down, or nothing if one of them is not allowed."""
        places = [(self._place(item, WRITE), value) for item, value in self.pending.items()]
        for place, value in places:
            self._words[place] = value


def aligned(format: Format, root: int) -> int:
    """The root of a second stage, if it is aligned to all of its tables; ValueError otherwise."""
    size = format.root_tables << 12
    if root < 0 or root % size:
        raise ValueError(f"root of a second stage at {root:#x}: for {format.name} give a multiple of {size:#x}")
    return root


class TwoStageWalker(Walker):
    """Walks a guest's tables in ``first`` through a second stage whose root lies at ``second_root``.

    ``control`` and ``second_control`` are the modes of each stage. (On RISC-V the MXR of vsstatus is the first stage's,
    that of sstatus is both's: set it in both.) The first stage's accessed and dirty flags are written if the guest's
    tables permit the access, before it goes through the second stage itself; the second stage's are those of the
    accesses that were made.

    Raises ValueError for a root that is not aligned to all of its tables.
    """

    __slots__ = ("_memory", "_walk_second", "second", "second_control", "second_root")

    def __init__(
        self,
        memory: Memory,
        first: Format,
        second: SecondStage,
        second_root: int,
        control: int | None = None,
        second_control: int | None = None,
    ) -> None:
        """A walker over ``memory``."""
        super().__init__(memory, first, control)
        self.second = second
        self.second_root = aligned(second.format, second_root)
        self.second_control = second.format.default_control if second_control is None else second_control
        self._memory = memory
        self._walk_second = walk_of(second.format, memory.words(second.format.entry_bytes))

    def translate(self, address: int, access: int, user: bool, root: int) -> GuestTranslation | PageFault:
        """The translation of a guest's virtual address, or the fault: its own, or a SecondStageFault.

        ``root`` is the guest-physical address of its root table. Raises ValueError for an address that has too many
        bits to be one, and for a root that is not aligned to 4096.
        """
        first = self.format
        if address < 0 or address >= 1 << first.address_bits:
            raise ValueError(f"{address:#x} is no {first.name} address: give {first.address_bits} unsigned bits")
        if root < 0 or root & 0xFFF != 0:
            raise ValueError(f"root table at {root:#x}: give a guest-physical address that is a multiple of 4096")

        def through(guest_physical: int, implicit: int) -> int:
            return self._through(guest_physical, implicit, address, access, user).physical

        words = _GuestWords(through, self._memory, first.entry_bytes)
        try:
            reason, level, entry, attributes, shared = self._walk(words, root, address, access, int(user), self.control)
            words.write()
            if reason != OK:
                return self._fault(reason, level, address, access, user)
            offset = address & ((1 << first.span_bits(level)) - 1)
            guest_physical = (first.frame_at(entry, level, address) << 12) | offset
            found = self._through(guest_physical, 0, address, access, user)
        except BusError:
            level = max(0, first.levels - words.reads)
            return self._fault(Reason.TABLE_OUTSIDE, level, address, access, user)
        except SecondStageFault as fault:
            return fault
        both = self._level(level, found.level)
        frame = found.physical >> 12 & ~((1 << (first.span_bits(both) - 12)) - 1)
        dirty = first.flags(entry) & 2 != 0 and found.dirty
        attributes |= found.attributes << SECOND
        return GuestTranslation(
            found.physical, both, frame, attributes, dirty, shared != 0, guest_physical, (entry, found.entry)
        )

    def _fault(self, reason: int, level: int, address: int, access: int, user: bool) -> PageFault:
        vector, code = self.format.fault(reason, level, access, int(user), self.control)
        return PageFault(Reason(reason), address, access, user, vector, code)

    def _level(self, first: int, second: int) -> int:
        """The first stage's level of the largest page that lies in one of each stage."""
        most = self.second.format.span_bits(second)
        return max(level for level in range(first + 1) if level == 0 or self.format.span_bits(level) <= most)

    def _through(self, guest_physical: int, implicit: int, address: int, access: int, user: bool) -> _Second:
        """What the second stage makes of an implicit access, or of the access itself (0), or a SecondStageFault."""
        second, format, control = self.second, self.second.format, self.second_control
        checked = access
        if implicit:
            control &= ~second.explicit_only
            checked = second.reads_as if implicit == READ else implicit
        root, words = self.second_root, self._memory.words(format.entry_bytes)
        reason, level, entry, attributes, _ = self._walk_second(words, root, guest_physical, checked, 1, control)
        if reason != OK:
            vector, code = format.fault(reason, level, access, int(user), control)
            rights = self._path(words, root, guest_physical, control) if reason == Reason.DENIED else 0
            code = second.told(vector, code, implicit, rights, second.reads_as)
            raise SecondStageFault(Reason(reason), address, access, user, vector, code, guest_physical, implicit)
        frame = format.frame_at(entry, level, guest_physical)
        offset = guest_physical & ((1 << format.span_bits(level)) - 1)
        dirty = format.flags(entry) & 2 != 0
        return _Second((frame << 12) | offset, level, frame, attributes, dirty, False, entry)

    def _path(self, words: Any, root: int, guest_physical: int, control: int) -> int:
        """The rights that all entries of a path to a leaf grant."""
        format, attributes, table = self.second.format, ALL_ATTRIBUTES, root
        for level in range(format.root_level, -1, -1):
            index = format.index(guest_physical, level)
            entry = words[table // format.entry_bytes + index]
            if format.kind(entry, level, control) == LEAF:
                return int(attributes & format.attributes(entry, level) & 0b111)
            attributes &= format.limits(entry)
            table = format.table(entry) << 12
        raise AssertionError("a path ends at a leaf")
