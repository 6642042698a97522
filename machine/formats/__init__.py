"""Paging formats, bit-exact from the manuals: x86-32, x86-64, RISC-V Sv39 and Sv48, AArch64; and of second stages."""

from typing import Final

from machine.formats.aarch64 import AARCH64
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
from machine.formats.riscv import SV39, SV48
from machine.formats.x86_32 import X86_32
from machine.formats.x86_64 import X86_64

FORMATS: Final = (X86_32, X86_64, SV39, SV48, AARCH64)
"""Every format of one stage, in the order of the documentation."""

SECOND_STAGES: Final = (EPT, SV39X4, SV48X4, AARCH64_STAGE2)
"""Every format of a second stage, from guest-physical addresses to physical ones."""

__all__ = [
    "AARCH64",
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
    "SV48",
    "SV48X4",
    "X86_32",
    "X86_64",
    "Decoded",
    "Format",
]
