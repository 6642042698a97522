"""Paging formats, bit-exact by manuals: x86-32, x86-64, RISC-V Sv39 and Sv48, AArch64; variants, second stages."""

from typing import Final

from machine.formats.aarch64 import AARCH64, AARCH64_16K, AARCH64_64K
from machine.formats.aarch64_stage2 import AARCH64_STAGE2
from machine.formats.base import (
    ABSENT,
    ACCESSED,
    ALL_ATTRIBUTES,
    DIRTY,
    GLOBAL,
    LEAF,
    MALFORMED,
    POINTER,
    Decoded,
    Format,
)
from machine.formats.ept import EPT
from machine.formats.g_stage import SV39X4, SV48X4
from machine.formats.riscv import SV39, SV39_SVNAPOT, SV48, SV57
from machine.formats.x86_32 import X86_32
from machine.formats.x86_64 import X86_64, X86_64_2M, X86_64_PKU

FORMATS: Final = (X86_32, X86_64, SV39, SV48, AARCH64)
"""Every format of one stage that the kernel is proved for, in the order of the documentation."""

SECOND_STAGES: Final = (EPT, SV39X4, SV48X4, AARCH64_STAGE2)
"""Every format of a second stage, from guest-physical addresses to physical ones."""

VARIANTS: Final = (X86_64_2M, X86_64_PKU, SV57, SV39_SVNAPOT, AARCH64_16K, AARCH64_64K)
"""Formats of processors with something more, or less; the kernel's page tables are not proved for them."""

__all__ = [
    "AARCH64",
    "AARCH64_16K",
    "AARCH64_64K",
    "AARCH64_STAGE2",
    "ABSENT",
    "ACCESSED",
    "ALL_ATTRIBUTES",
    "DIRTY",
    "EPT",
    "FORMATS",
    "GLOBAL",
    "LEAF",
    "MALFORMED",
    "POINTER",
    "SECOND_STAGES",
    "SV39",
    "SV39X4",
    "SV39_SVNAPOT",
    "SV48",
    "SV48X4",
    "SV57",
    "VARIANTS",
    "X86_32",
    "X86_64",
    "X86_64_2M",
    "X86_64_PKU",
    "Decoded",
    "Format",
]
