"""The hardware: physical memory, paging formats, page walker, translation lookaside buffer, core.

* ``machine.memory``: Memory, physical and byte-addressable.
* ``machine.formats``: X86_32, X86_64, SV39, SV48, AARCH64 (FORMATS), each a Format: geometry, encode_leaf,
  encode_pointer, decode, index, permission check, all straight-line arithmetic that also runs on numpy arrays and
  z3 bit-vectors.
  ``SECOND_STAGES`` are those of second stages: EPT, SV39X4, SV48X4, AARCH64_STAGE2.
* ``machine.walker``: Walker, one translation at a time; ``machine.batch``: the same walk compiled, for arrays.
* ``machine.tlb``: Tlb, SplitTlb and presets (i486, pentium, powerpc, r4000, riscv_asid).
* ``machine.core``: Core, which loads, stores and fetches, and reads and writes I/O ports.
* ``machine.stages``: TwoStageWalker, through a guest's tables and a second stage; ``machine.guest``: GuestCore.
* ``machine.memory_types``: types of memory by entries, and of two stages together.
* ``machine.protection``: Protection, RISC-V's PMP; ``machine.hart``: Hart, a core with machine mode and MPRV.
* ``machine.caching``: AnyCore, whose accesses may end in every way that a manual allows its buffer.
* ``machine.ports``: IoPorts, and Task, the segment whose bits say who may use them.
* ``machine.interrupts``: InterruptController, the lines that devices raise.
* ``machine.events``: READ, WRITE, EXECUTE; PageFault, BusError, AccessFault and PortFault.

* ``machine.instructions``: what INVLPG, INVPCID, SFENCE.VMA and TLBI take out of a buffer.

The formats of one stage are validated against processors that others emulate (tests/machine, with the extra
``oracle``). What processors have more or less are modes, and the formats in VARIANTS of ``machine.formats``.
Not modelled: paging-structure caches (but in AnyCore), memory types, PMP; of AArch64 the upper half, PAN, WXN and the
dirty state.
"""

from machine.core import Core, Counters
from machine.events import EXECUTE, READ, WRITE, AccessFault, BusError, HardwareEvent, PageFault, PortFault, Reason
from machine.formats import AARCH64, FORMATS, SV39, SV48, X86_32, X86_64, Format
from machine.interrupts import InterruptController
from machine.memory import Memory
from machine.ports import IoPorts, Task
from machine.tlb import Replacement, SplitTlb, Tlb, TranslationBuffer
from machine.walker import Translation, Walker

__all__ = [
    "AARCH64",
    "EXECUTE",
    "FORMATS",
    "READ",
    "SV39",
    "SV48",
    "WRITE",
    "X86_32",
    "X86_64",
    "AccessFault",
    "BusError",
    "Core",
    "Counters",
    "Format",
    "HardwareEvent",
    "InterruptController",
    "IoPorts",
    "Memory",
    "PageFault",
    "PortFault",
    "Reason",
    "Replacement",
    "SplitTlb",
    "Task",
    "Tlb",
    "Translation",
    "TranslationBuffer",
    "Walker",
]
