"""A RISC-V hart with its machine mode: privileges, mstatus.MPRV, and physical memory protection.

(Privileged Architecture 1.12, 3.1.6.3 and 3.7.)
"""

from machine.core import Core
from machine.events import EXECUTE, Reason
from machine.formats.base import Format
from machine.memory import Memory
from machine.protection import MACHINE, USER, Protection, ProtectionFault, Refused, TablesSeen
from machine.tlb import TranslationBuffer
from machine.walker import Walker


class Hart(Core):
    """A core that is in machine, supervisor or user mode, below physical memory protection.

    In machine mode addresses are physical. With ``mprv`` loads and stores are translated and protected as in the mode
    ``mpp``; fetches are not. What protection forbids is a ProtectionFault, or, of an entry that the walk had to read or
    mark, the access fault that the format tells of a table outside of memory. Protection is looked at in every access
    and walk; that harts may keep its answers with translations, until an SFENCE.VMA, is not modelled.
    """

    __slots__ = ("mpp", "mprv", "privilege", "protection")

    def __init__(
        self,
        memory: Memory,
        format: Format,
        tlb: TranslationBuffer,
        protection: Protection,
        *,
        root: int = 0,
        tag: int = 0,
        privilege: int = MACHINE,
        control: int | None = None,
    ) -> None:
        """A hart whose root table lies at physical address ``root`` (satp)."""
        super().__init__(memory, format, tlb, root=root, tag=tag, control=control)
        self.protection = protection
        self.privilege = privilege
        self.mprv = False
        self.mpp = USER
        self._walker = Walker(TablesSeen(memory, protection), format, control)

    def effective(self, access: int) -> int:
        """The mode in which an access is made: that of mstatus.MPP for a load or store with MPRV."""
        return self.mpp if self.mprv and access != EXECUTE else self.privilege

    def mret(self) -> None:
        """Return to the mode in MPP: this becomes U, and MPRV is clear unless the hart stays in machine mode."""
        self.privilege, self.mpp = self.mpp, USER
        self.mprv = self.mprv and self.privilege == MACHINE

    def translate(self, address: int, access: int) -> int:
        """As of any core, in the mode of the access; in machine mode the address itself."""
        mode = self.effective(access)
        self.user = mode == USER  # what permissions are checked for
        return address if mode == MACHINE else super().translate(address, access)

    def _in_memory(self, address: int, size: int, access: int) -> list[tuple[int, int]]:
        """As of any core; each part is checked by itself, as the manual lets a misaligned access be split."""
        pieces = super()._in_memory(address, size, access)
        at = address
        for physical, count in pieces:
            try:
                self.protection.check(physical, count, access, self.effective(access))
            except Refused as why:
                vector, code = self.format.fault(Reason.PAGE_OUTSIDE, 0, access, int(self.user), self.control)
                where = why.address, why.size, self.memory.size
                raise ProtectionFault(*where, at, access, self.user, vector, code, why) from None
            at = (at + count) & ((1 << self.format.address_bits) - 1)
        return pieces
