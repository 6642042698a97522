"""The reference kernel on a simulated machine, and translation lookaside buffers to choose from."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from machine.tlb import Tlb, pentium, riscv_asid
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import boot

__all__ = [
    "Kernel",
    "Tlb",
    "boot",
    "pentium",
    "riscv_asid",
]
