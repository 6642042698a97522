"""The paging formats, and what one of one's own is written with."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from machine import AARCH64, FORMATS, SV39, X86_32, X86_64, Format
from machine.bits import Word, field, nonzero, place
from machine.formats import riscv

__all__ = [
    "AARCH64",
    "FORMATS",
    "SV39",
    "X86_32",
    "X86_64",
    "Format",
    "Word",
    "field",
    "nonzero",
    "place",
    "riscv",
]
