"""Paging formats, bit-exact from the manuals: x86-32, x86-64, RISC-V Sv39 and Sv48, AArch64, and variants of them."""

from typing import Final

from machine.formats.aarch64 import AARCH64, AARCH64_16K, AARCH64_64K
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
from machine.formats.riscv import SV39, SV39_SVNAPOT, SV48, SV57
from machine.formats.x86_32 import X86_32
from machine.formats.x86_64 import X86_64, X86_64_2M, X86_64_PKU

FORMATS: Final = (X86_32, X86_64, SV39, SV48, AARCH64)
"""Every format that the kernel is proved for, in the order of the documentation."""

VARIANTS: Final = (X86_64_2M, X86_64_PKU, SV57, SV39_SVNAPOT, AARCH64_16K, AARCH64_64K)
"""Formats of processors with something more, or less; the kernel's page tables are not proved for them."""

__all__ = [
    "AARCH64",
    "AARCH64_16K",
    "AARCH64_64K",
    "ABSENT",
    "ACCESSED",
    "ALL_ATTRIBUTES",
    "DIRTY",
    "FORMATS",
    "GLOBAL",
    "LEAF",
    "MALFORMED",
    "POINTER",
    "SV39",
    "SV39_SVNAPOT",
    "SV48",
    "SV57",
    "VARIANTS",
    "X86_32",
    "X86_64",
    "X86_64_2M",
    "X86_64_PKU",
    "Decoded",
    "Format",
]
