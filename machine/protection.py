"""Physical memory protection of RISC-V (Privileged Architecture 1.12, 3.7): who may access which physical addresses.

The page walker is held to it as well. Its reads of tables, and its writes of accessed and dirty flags, are checked as
loads and stores of the supervisor, whoever made the access that is walked for (3.7.1).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from machine.events import EXECUTE, READ, WRITE, AccessFault, BusError
from machine.memory import Memory

USER: Final = 0
SUPERVISOR: Final = 1
MACHINE: Final = 3
"""Privilege modes, as mstatus.MPP has them (table 1.1)."""

LOCKED: Final = 0x80
"""pmpcfg.L: the entry binds machine mode as well, and stays as it is until reset."""
ADDRESS_BITS: Final = 54
"""Bits 55:2 of a physical address, of RV64."""
ENTRIES: Final = (0, 16, 64)
"""How many entries a hart may have."""


class Matching(IntEnum):
    """pmpcfg.A: what addresses an entry is for (table 3.10)."""

    OFF = 0
    TOR = 1
    """From the address of the entry before (0 of the first) up to and without its own."""
    NA4 = 2
    """Four bytes."""
    NAPOT = 3
    """A power of two, of 8 bytes or more: 2^(n + 3) where the address ends in a 0 and n ones."""


@dataclass(unsafe_hash=True)
class Refused(BusError):  # noqa: N818 - as the other events
    """Physical memory protection forbids a physical access; ``entry`` decided, -1 where none matches."""

    entry: int

    def __str__(self) -> str:
        """The event in one line."""
        who = "no entry of physical memory protection" if self.entry < 0 else f"pmp{self.entry}"
        verb = "matches" if self.entry < 0 else "forbids"
        return f"{who} {verb} {self.size} byte(s) at physical address {self.address:#x}"


@dataclass(unsafe_hash=True)
class ProtectionFault(AccessFault):
    """A core's access was translated, and physical memory protection forbids it; ``why`` says what decided."""

    why: Refused

    def __str__(self) -> str:
        """The event in one line."""
        kind = {READ: "load", WRITE: "store", EXECUTE: "fetch"}[self.access]
        return f"access fault: {kind} at {self.virtual:#x} (vector {self.vector}, code {self.code:#x}): {self.why}"


class Protection:
    """The registers pmpcfg and pmpaddr of a hart, with 0, 16 or 64 entries, all off at first.

    Of a hart with no entries every access succeeds. A granularity coarser than 4 bytes, and Smepmp, are not modelled.
    Raises ValueError for another number.

    >>> pmp = Protection(16)
    >>> pmp.set_address(0, 0x2000 >> 2 | 0x1FF)         # NAPOT of 4 KiB: nine ones
    >>> pmp.set_config(0, Matching.NAPOT << 3 | 1)      # R
    >>> pmp.check(0x2008, 8, READ, USER)
    >>> pmp.check(0x2008, 8, WRITE, USER)
    Traceback (most recent call last):
    machine.protection.Refused: pmp0 forbids 8 byte(s) at physical address 0x2008
    """

    __slots__ = ("_addresses", "_configs")

    def __init__(self, entries: int = 16) -> None:
        """A hart with so many entries."""
        if entries not in ENTRIES:
            raise ValueError(f"physical memory protection with {entries} entries: give 0, 16 or 64")
        self._configs = [0] * entries
        self._addresses = [0] * entries

    def config(self, entry: int) -> int:
        """One byte of pmpcfg."""
        return self._configs[entry]

    def address(self, entry: int) -> int:
        """One pmpaddr, bits 55:2 of an address."""
        return self._addresses[entry]

    def set_config(self, entry: int, value: int) -> None:
        """Write one byte of pmpcfg: R 1, W 2, X 4, A in bits 4:3, L 128. A locked entry stays as it is.

        Raises ValueError for W without R and for bits 6:5, which are reserved.
        """
        if value & 0b11 == 0b10 or value & ~0x9F:
            raise ValueError(f"pmpcfg of {value:#x} is reserved: give R with W, and no bits but 7 and 4:0")
        if not self._configs[entry] & LOCKED:
            self._configs[entry] = value

    def set_address(self, entry: int, value: int) -> None:
        """Write one pmpaddr. It stays as it is if its entry is locked, or the next is and has it as its lower end."""
        following = self._configs[entry + 1] if entry + 1 < len(self._configs) else 0
        lower_end = following & LOCKED and following >> 3 & 3 == Matching.TOR
        if not (self._configs[entry] & LOCKED or lower_end):
            self._addresses[entry] = value & ((1 << ADDRESS_BITS) - 1)

    def range(self, entry: int) -> tuple[int, int]:
        """The first byte that an entry is for, and the first one behind; equal if there is none."""
        kind, address = Matching(self._configs[entry] >> 3 & 3), self._addresses[entry]
        if kind == Matching.OFF:
            return 0, 0
        if kind == Matching.TOR:
            low = self._addresses[entry - 1] if entry else 0
            return low << 2, max(low, address) << 2
        if kind == Matching.NA4:
            return address << 2, (address + 1) << 2
        size = (address ^ (address + 1)) + 1  # twice the lowest 0: of words
        low = address & ~(size - 1)
        return low << 2, (low + size) << 2

    def check(self, address: int, size: int, access: int, privilege: int) -> None:
        """Raise Refused unless an access at a physical address is allowed in that mode (3.7.1).

        The first entry that matches any byte decides. It has to match all of them, or the access fails whatever the
        entry says; one that is not locked lets machine mode do anything. Without such an entry machine mode may, and
        others may not, if there are entries at all.
        """
        for entry, config in enumerate(self._configs):
            low, end = self.range(entry)
            if address + size <= low or end <= address or low == end:
                continue
            whole = low <= address and address + size <= end
            rights = (config & 1) << 2 | config & 2 | config >> 2 & 1
            free = privilege == MACHINE and not config & LOCKED
            if whole and (free or rights & access):
                return
            raise Refused(address, size, 0, entry)
        if self._configs and privilege != MACHINE:
            raise Refused(address, size, 0, -1)


class TablesSeen(Memory):
    """A memory as a page walker sees it: its reads and writes are the supervisor's, checked by ``protection``."""

    __slots__ = ("_protection",)

    def __init__(self, memory: Memory, protection: Protection) -> None:
        """The same bytes as those of ``memory``."""
        super().__init__(memory.size, buffer=memory.bytes)
        self._protection = protection

    def read(self, address: int, size: int) -> int:
        """As of any memory, if the supervisor may load there."""
        self._protection.check(address, size, READ, SUPERVISOR)
        return super().read(address, size)

    def write(self, address: int, value: int, size: int) -> None:
        """As of any memory, if the supervisor may store there.

        Our walk writes all entries of its path when it marks one; what stays as it is is no store.
        """
        if value == super().read(address, size):
            return
        self._protection.check(address, size, WRITE, SUPERVISOR)
        super().write(address, value, size)
