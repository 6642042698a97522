"""The reports of hardware on accesses that cannot be done: page faults and bus errors.

Both are exceptions, so that a core's load is an expression; the walker hands page faults back as values (the same
objects, not raised), because a failed translation is an ordinary answer there.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

READ: Final = 4
WRITE: Final = 2
EXECUTE: Final = 1
"""Kinds of access, and the rights mask of the whole project: r = 4, w = 2, x = 1."""

ACCESSES: Final = (READ, WRITE, EXECUTE)


class Reason(IntEnum):
    """Why a walk ended; each format turns the reason into its architecture's vector and error code."""

    OK = 0
    ABSENT = 1
    """An entry on the way was not present."""
    MALFORMED = 2
    """An entry had reserved bits or a reserved encoding, or mapped a misaligned superpage."""
    DENIED = 3
    """The mapping exists but does not permit this access at this privilege."""
    UNMARKED = 4
    """The accessed or dirty flag is clear and the processor leaves it to software to set it."""
    TABLE_OUTSIDE = 5
    """An entry would have had to be read from outside physical memory."""
    NONCANONICAL = 6
    """The address is none that the format can translate (its upper bits are not copies of the top one)."""
    PAGE_OUTSIDE = 7
    """The walk ended well, but the page lies outside physical memory; no walk ends so, only an access does."""
    BARRED = 8
    """The mapping exists, and a protection key forbids this access (x86)."""
    CONFLICT = 9
    """Several entries of a buffer translate the address (AArch64); no walk ends so, only an access does."""


class HardwareEvent(Exception):  # noqa: N818 - the architecture's word is event; not each of them is an error
    """Base of everything that simulated hardware reports; never raised for a caller's mistake."""


@dataclass(unsafe_hash=True)
class BusError(HardwareEvent):
    """No device answers at a physical address.

    ``address`` is the first byte of the access, ``size`` its bytes, ``memory_size`` the bytes that exist.
    """

    address: int
    size: int
    memory_size: int

    def __str__(self) -> str:
        """The event in one line."""
        return (
            f"bus error: {self.size} byte(s) at physical address {self.address:#x}, "
            f"but memory ends before {self.memory_size:#x}"
        )


@dataclass(unsafe_hash=True)
class AccessFault(BusError):  # noqa: N818 - the architectures' word
    """An access was translated, but no memory answers at the physical address.

    Beside what a bus error has: the ``virtual`` address, ``access`` and ``user`` of the access, and the architecture's
    ``vector`` and ``code``: on RISC-V the access fault of the access's kind (1, 5, 7) in both, on AArch64 the class and
    status of an external abort, on x86 a machine check (18).
    """

    virtual: int
    access: int
    user: bool
    vector: int
    code: int

    def __str__(self) -> str:
        """The event in one line."""
        kind = {READ: "load", WRITE: "store", EXECUTE: "fetch"}[self.access]
        return f"access fault: {kind} at {self.virtual:#x} (vector {self.vector}, code {self.code:#x}): " + (
            super().__str__()
        )


@dataclass(unsafe_hash=True)
class PageFault(HardwareEvent):
    """A translation failed.

    ``reason`` is the walk's reason, ``address`` the faulting virtual address (x86 CR2, RISC-V stval, AArch64 FAR),
    ``access`` one of READ, WRITE, EXECUTE, ``user`` the privilege. ``vector`` and ``code`` are the architecture's:
    on x86 the exception vector (14, or 13 and 18) and the error code; on RISC-V the cause (12, 13, 15; access
    faults 1, 5, 7) in both; on AArch64 the exception class and the fault status code.
    """

    reason: Reason
    address: int
    access: int
    user: bool
    vector: int
    code: int

    def __str__(self) -> str:
        """The event in one line."""
        kind = {READ: "load", WRITE: "store", EXECUTE: "fetch"}[self.access]
        who = "user" if self.user else "supervisor"
        return (
            f"page fault: {who} {kind} at {self.address:#x}: {self.reason.name.lower()} "
            f"(vector {self.vector}, code {self.code:#x})"
        )


@dataclass(unsafe_hash=True)
class PortFault(HardwareEvent):
    """A program used an I/O port that it may not use (x86: #GP, vector 13, code 0).

    ``access`` is READ (IN) or WRITE (OUT), ``port`` the first of ``size`` ports.
    """

    port: int
    size: int
    access: int
    vector: int = 13
    code: int = 0

    def __str__(self) -> str:
        """The event in one line."""
        kind = {READ: "in", WRITE: "out"}[self.access]
        return f"port fault: {kind} of {self.size} byte(s) at port {self.port:#x} (vector {self.vector})"
