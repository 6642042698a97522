"""Instructions that invalidate translations on the core that executes them, with the reach that the manuals give.

A kernel that takes one of them for another leaves translations behind: INVLPG reaches the current PCID and global
entries, INVPCID one PCID or all of them, SFENCE.VMA and TLBI whichever they name. CR4.PCIDE is set where the core's
buffer is tagged. All are the supervisor's; that a user's attempt traps is not modelled. What an instruction refuses
with #GP(0) is a ValueError.
"""

from enum import IntEnum
from typing import Final

from machine.core import Core

PCID_BITS: Final = 12
KEEP: Final = 1 << 63
"""Bit 63 of what is moved to CR3 with PCIDs on: the PCID's translations stay (Intel SDM vol. 3A, 4.10.4.1)."""


class Invpcid(IntEnum):
    """The kinds of INVPCID (Intel SDM vol. 2A, INVPCID)."""

    ADDRESS = 0
    """The address under the PCID; global entries stay."""
    CONTEXT = 1
    """All of the PCID; global entries stay."""
    ALL = 2
    """Everything, global entries as well."""
    ALL_BUT_GLOBAL = 3
    """Everything of all PCIDs; global entries stay."""


def move_to_cr3(core: Core, value: int) -> None:
    """Make the table in bits 51:12 current; with PCIDs, under that in bits 11:0 (SDM vol. 3A, 4.10.4.1).

    Without bit 63 the translations of the PCID go, and without PCIDs those of all; global ones stay.
    """
    root = value & ((1 << 52) - (1 << PCID_BITS))
    pcid = value & ((1 << PCID_BITS) - 1)
    if not core.tlb.tagged:
        core.switch(root)
        return
    core.switch(root, pcid)
    if not value & KEEP:
        core.tlb.invalidate_tag(pcid)


def invlpg(core: Core, address: int) -> None:
    """The address goes under the current PCID, and global entries of it; other PCIDs keep theirs (4.10.4.1)."""
    core.tlb.invalidate_page(address, core.tag)


def invpcid(core: Core, kind: int, pcid: int = 0, address: int = 0) -> None:
    """What ``kind`` (see Invpcid) says. Raises ValueError where the instruction raises #GP(0)."""
    if kind not in tuple(Invpcid):
        raise ValueError(f"INVPCID of type {kind} is #GP(0): give 0 to 3")
    if not 0 <= pcid < 1 << PCID_BITS:
        raise ValueError(f"INVPCID of PCID {pcid:#x} is #GP(0): give 0 to 0xfff")
    if kind <= Invpcid.CONTEXT and pcid and not core.tlb.tagged:
        raise ValueError(f"INVPCID of PCID {pcid:#x} with CR4.PCIDE clear is #GP(0): give 0")
    if kind == Invpcid.ADDRESS:
        if not core.format.canonical(address):
            raise ValueError(f"INVPCID of {address:#x}, which is not canonical, is #GP(0)")
        core.tlb.invalidate_page(address, pcid if core.tlb.tagged else None, shared=False)
    elif kind == Invpcid.CONTEXT:
        core.tlb.invalidate_tag(pcid)
    else:
        core.tlb.invalidate_all(shared=kind == Invpcid.ALL)


def sfence_vma(core: Core, address: int | None = None, asid: int | None = None) -> None:
    """What is named: an address, an identifier, both, or all; an identifier leaves global entries (Privileged, 4.2.1).

    None stands for register x0.
    """
    if address is not None:
        core.tlb.invalidate_page(address, asid, shared=asid is None)
    elif asid is not None:
        core.tlb.invalidate_tag(asid)
    else:
        core.tlb.invalidate_all()


def tlbi(core: Core, address: int | None = None, asid: int | None = None) -> None:
    """TLBI VAE1 (address and ASID), VAAE1 (address), ASIDE1 (ASID) or VMALLE1 (neither) of one core (Arm ARM, D8.14).

    VAE1 takes global entries of the address as well, ASIDE1 takes none.
    """
    if address is not None:
        core.tlb.invalidate_page(address, asid)
    elif asid is not None:
        core.tlb.invalidate_tag(asid)
    else:
        core.tlb.invalidate_all()
