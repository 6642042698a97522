"""Types of memory: what entries say of caching and ordering, and what comes of two stages together.

A kernel that maps a device as cached, or one frame under two types, is wrong although every right is right. The rules
are those of the manuals. The machine has no caches whose contents could differ (machine.costs counts, and keeps no
data), so that a type changes nothing that is loaded.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from machine.bits import field


class X86Type(IntEnum):
    """Types of x86, as the PAT and EPT encode them (Intel SDM vol. 3A, tables 11-2 and 11-10)."""

    UC = 0
    """Uncacheable."""
    WC = 1
    """Write combining."""
    WT = 4
    """Write through."""
    WP = 5
    """Write protected."""
    WB = 6
    """Write back."""
    UC_MINUS = 7
    """Uncacheable, but write combining where the other type is; of the PAT only."""


RESET_PAT: Final = 0x0007_0406_0007_0406
"""IA32_PAT after a reset (table 11-12): WB, WT, UC-, UC, twice."""

_UC, _WC, _WT, _WP, _WB = X86Type.UC, X86Type.WC, X86Type.WT, X86Type.WP, X86Type.WB
_BY_PAT: Final = (X86Type.UC, X86Type.UC_MINUS, X86Type.WC, X86Type.WT, X86Type.WB, X86Type.WP)
_EFFECTIVE: Final = {
    X86Type.UC: (_UC, _UC, _WC, _UC, _UC, _UC),
    X86Type.WC: (_UC, _WC, _WC, _UC, _WC, _UC),
    X86Type.WT: (_UC, _UC, _WC, _WT, _WT, _WP),
    X86Type.WB: (_UC, _UC, _WC, _WT, _WB, _WP),
    X86Type.WP: (_UC, _WC, _WC, _WT, _WP, _WP),
}
"""Table 11-7: a row for what the range (MTRR) or EPT says, a column for what the PAT says, in the order of _BY_PAT."""


def x86_type(entry: int, level: int, pat: int = RESET_PAT) -> X86Type:
    """What the PAT says of a page's entry: PAT (bit 7, of a larger page bit 12), PCD and PWT choose one of eight.

    Raises ValueError if that one is a reserved encoding, which no MSR can hold.
    """
    number = field(entry, 12 if level else 7, 1) << 2 | field(entry, 3, 2)
    return X86Type(field(pat, 8 * number, 8))


def x86_effective(below: X86Type, by_pat: X86Type) -> X86Type:
    """The type of an access, from what the range of physical addresses (MTRR) or EPT says, and the PAT."""
    if below == X86Type.UC_MINUS:
        raise ValueError("UC- is a type of the PAT: give UC, WC, WT, WB or WP as the other one")
    return _EFFECTIVE[below][_BY_PAT.index(by_pat)]


def ept_effective(entry: int, by_pat: X86Type) -> X86Type:
    """The type of a guest's access (SDM vol. 3C, 28.3.7.2): of EPT's bits 5:3 and the guest's, or with IPAT of EPT's.

    CR0.CD is clear. Ranges (MTRRs) have no part in it.
    """
    below = X86Type(field(entry, 3, 3))
    return below if field(entry, 6, 1) else x86_effective(below, by_pat)


class Caching(IntEnum):
    """How normal memory of AArch64 is cached at one level; the least one of two stages counts."""

    NON_CACHEABLE = 1
    WRITE_THROUGH = 2
    WRITE_BACK = 3


class Device(IntEnum):
    """Device memory of AArch64: what may be gathered, reordered, and acknowledged early; the least counts."""

    nGnRnE = 0  # noqa: N815 - the manual's names
    nGnRE = 1  # noqa: N815
    nGRE = 2  # noqa: N815
    GRE = 3


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal memory: outer and inner caching. Hints to allocate are left out."""

    outer: Caching
    inner: Caching


ArmType = Device | Normal


def _caching(nibble: int) -> Caching:
    """Four bits of MAIR: 0100 is non-cacheable, others with bit 2 write back, without it write through."""
    if nibble == 0b0100:
        return Caching.NON_CACHEABLE
    return Caching.WRITE_BACK if nibble & 0b0100 else Caching.WRITE_THROUGH


def stage_1_type(entry: int, mair: int) -> ArmType:
    """The attribute of MAIR that bits 4:2 of a leaf name (Arm ARM DDI 0487, MAIR_EL1).

    Raises ValueError for an attribute whose effect is unpredictable.
    """
    attribute = field(mair, 8 * field(entry, 2, 3), 8)
    outer, inner = attribute >> 4, attribute & 0xF
    if outer == 0 and inner & 0b11 == 0:
        return Device(inner >> 2)
    if outer == 0 or inner == 0:
        raise ValueError(f"attribute {attribute:#04x} of MAIR is unpredictable: give 0b0000dd00, or two that are not 0")
    return Normal(_caching(outer), _caching(inner))


def stage_2_type(entry: int) -> ArmType:
    """MemAttr, bits 5:2 of a leaf of stage 2, without FEAT_S2FWB (D8.6.5). Raises ValueError for a reserved one."""
    outer, inner = field(entry, 4, 2), field(entry, 2, 2)
    if outer == 0:
        return Device(inner)
    if inner == 0:
        raise ValueError(f"MemAttr of {outer << 2:#06b} is reserved: with outer caching give the inner one")
    return Normal(Caching(outer), Caching(inner))


def arm_effective(first: ArmType, second: ArmType) -> ArmType:
    """What two stages come to without HCR_EL2.FWB (D8.6.6): device if one is, the stricter; else the lesser caching."""
    devices = [each for each in (first, second) if isinstance(each, Device)]
    if devices:
        return min(devices)
    assert isinstance(first, Normal)
    assert isinstance(second, Normal)
    return Normal(min(first.outer, second.outer), min(first.inner, second.inner))


class Pbmt(IntEnum):
    """Bits 62:61 of a leaf of RISC-V (chapter Svpbmt)."""

    PMA = 0
    """As the platform says of the physical address."""
    NC = 1
    """Non-cacheable, idempotent, weakly ordered main memory."""
    IO = 2
    """Non-cacheable, not idempotent, strongly ordered."""


def riscv_effective(first: int, second: int | None = None) -> Pbmt:
    """What leaves say: that of the G-stage overrides the platform's, the guest's own overrides both.

    Raises ValueError for the type 3, whose entry is malformed.
    """
    types = [Pbmt(field(entry, 61, 2)) for entry in (first, second) if entry is not None]
    return next((each for each in types if each != Pbmt.PMA), Pbmt.PMA)
