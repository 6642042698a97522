"""A core: loads, stores and fetches through its translation lookaside buffer and page walker."""

from dataclasses import dataclass

from machine.events import EXECUTE, READ, WRITE, AccessFault, BusError, PageFault, Reason
from machine.formats.base import Format
from machine.memory import SIZES, Memory
from machine.ports import NO_TASK, IoPorts, check
from machine.tlb import Entry, TranslationBuffer
from machine.walker import Walker


@dataclass(slots=True)
class Counters:
    """Counts of a core since it was made: lookups that hit and that missed, walks, page faults."""

    hits: int = 0
    misses: int = 0
    walks: int = 0
    faults: int = 0


class Core:
    """A processor core with a current space (root table, tag), a privilege and a translation lookaside buffer.

    Faults are raised: PageFault if a translation fails, AccessFault (a BusError that tells what was accessed) if the
    physical address has no memory; in both cases nothing was loaded or stored, also when an access spans two pages. A
    cached entry decides alone what it permits, stale or not. An entry that does not permit an access, or is clean when
    a store hits it, is walked again, and the fault, if any, is that walk's; on x86 it drops the entry (Intel SDM vol.
    3A, 4.10.4.1), elsewhere the entry stays. ``control`` is the format's mask of processor modes and may be changed
    between accesses. ``task`` is the task register, whose segment says which I/O ports a user may use; a core without
    devices has ports of its own, at which nothing is.
    """

    __slots__ = ("_walker", "counters", "format", "memory", "ports", "root", "tag", "task", "tlb", "user")

    def __init__(
        self,
        memory: Memory,
        format: Format,
        tlb: TranslationBuffer,
        *,
        root: int = 0,
        tag: int = 0,
        user: bool = True,
        control: int | None = None,
        ports: IoPorts | None = None,
    ) -> None:
        """A core whose root table lies at physical address ``root``; ``tag`` is its address-space identifier."""
        self.memory = memory
        self.format = format
        self.tlb = tlb
        self.root = root
        self.tag = tag
        self.user = user
        self.counters = Counters()
        self.ports = IoPorts() if ports is None else ports
        self.task = NO_TASK
        self._walker = Walker(memory, format, control)

    @property
    def control(self) -> int:
        """The processor modes (WP, NXE, SUM, ...)."""
        return self._walker.control

    @control.setter
    def control(self, control: int) -> None:
        self._walker.control = control

    def switch(self, root: int, tag: int = 0) -> None:
        """Make another space current. An untagged buffer loses all but global entries, as on MOV to CR3."""
        self.root = root
        self.tag = tag
        if not self.tlb.tagged:
            self.tlb.invalidate_all(shared=False)

    def load(self, address: int, size: int = 1) -> int:
        """The unsigned little-endian value of 1, 2, 4 or 8 bytes at a virtual address."""
        return self._get(address, size, READ)

    def fetch(self, address: int, size: int = 1) -> int:
        """As load, but as an instruction."""
        return self._get(address, size, EXECUTE)

    def store(self, address: int, value: int, size: int = 1) -> None:
        """Store the lowest 1, 2, 4 or 8 bytes of a value at a virtual address: all of them, or none if it faults."""
        pieces = self._in_memory(address, size, WRITE)
        for physical, count in pieces:
            self.memory.check(physical, count)
        data = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        for physical, count in pieces:
            self.memory.write_bytes(physical, data[:count])
            data = data[count:]

    def port_in(self, port: int, size: int = 1) -> int:
        """The value at 1, 2 or 4 ports (IN); PortFault if a user may not use one of them."""
        check(self.memory, self.task, port, size, READ, user=self.user)
        return self.ports.read(port, size)

    def port_out(self, port: int, value: int, size: int = 1) -> None:
        """Write a value to 1, 2 or 4 ports (OUT); PortFault, and nothing written, if a user may not use one of them."""
        check(self.memory, self.task, port, size, WRITE, user=self.user)
        self.ports.write(port, value, size)

    def translate(self, address: int, access: int) -> int:
        """The physical address of one byte, through the buffer; fills the buffer and counts."""
        entry = self.tlb.lookup(address, self.tag, access)
        if entry is None:
            self.counters.misses += 1
            entry = self._fill(address, access)
        else:
            self.counters.hits += 1
            allowed = self.format.permits(entry.attributes, access, int(self.user), self.control)
            if allowed == 0 or (access == WRITE and not entry.dirty):
                entry = self._fill(address, access)
        span = self.format.span_bits(entry.level)
        return (entry.frame << 12) | (address & ((1 << span) - 1))

    def _fill(self, address: int, access: int) -> Entry:
        self.counters.walks += 1
        found = self._walker.translate(address, access, self.user, self.root)
        if isinstance(found, PageFault):
            self.counters.faults += 1
            if self.format.faults_invalidate:
                self.tlb.invalidate_page(address, self.tag)
            raise found
        return self.tlb.insert(address, self.tag, access, found)

    def _get(self, address: int, size: int, access: int) -> int:
        data = b""
        for physical, count in self._in_memory(address, size, access):
            data = data + self.memory.read_bytes(physical, count)
        return int.from_bytes(data, "little")

    def _in_memory(self, address: int, size: int, access: int) -> list[tuple[int, int]]:
        """The parts of an access, each of which has memory behind it; AccessFault for the first that has none."""
        pieces = self._pieces(address, size, access)
        at = address
        for physical, count in pieces:
            try:
                self.memory.check(physical, count)
            except BusError as error:
                vector, code = self.format.fault(Reason.PAGE_OUTSIDE, 0, access, int(self.user), self.control)
                where = error.address, error.size, error.memory_size
                raise AccessFault(*where, at, access, self.user, vector, code) from None
            at = (at + count) & ((1 << self.format.address_bits) - 1)
        return pieces

    def _pieces(self, address: int, size: int, access: int) -> list[tuple[int, int]]:
        """Physical address and length of each part of an access, one for each page it touches (two at most)."""
        check_size(size)
        first = 4096 - (address & 0xFFF)
        if first >= size:
            return [(self.translate(address, access), size)]
        # Past the last address comes the first one.
        following = (address + first) & ((1 << self.format.address_bits) - 1)
        return [(self.translate(address, access), first), (self.translate(following, access), size - first)]


def check_size(size: int) -> None:
    """Refuse an access of another size than hardware does."""
    if size not in SIZES:
        raise ValueError(f"an access of {size} bytes: give 1, 2, 4 or 8")
