"""Paging formats, bit-exact from the manuals: x86-32, x86-64, RISC-V Sv39 and Sv48, AArch64."""

from typing import Final

from machine.formats.aarch64 import AARCH64
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
from machine.formats.riscv import SV39, SV48
from machine.formats.x86_32 import X86_32
from machine.formats.x86_64 import X86_64

FORMATS: Final = (X86_32, X86_64, SV39, SV48, AARCH64)
"""Every format, in the order of the documentation."""

__all__ = [
    "AARCH64",
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
    "SV48",
    "X86_32",
    "X86_64",
    "Decoded",
    "Format",
]
