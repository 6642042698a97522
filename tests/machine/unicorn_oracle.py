"""Processors emulated by Unicorn, asked what they make of one access under tables in shared physical memory.

Physical memory is one mmap that the engines and our Memory share, so tables are written and accessed and dirty
flags read without a call. Loads and stores are executed; a fetch is asked for with uc_vmem_translate (Unicorn
2.1.4), since whatever lies at a random target can't be run; if it faults, a jump there is executed as well.
"""

import ctypes
import mmap
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import unicorn
from unicorn import arm64_const, riscv_const, x86_const
from unicorn.unicorn_py3.unicorn import Uc, UcError, uclib

from machine import EXECUTE, READ, WRITE, Format, Memory
from machine.formats import riscv as sv
from machine.formats import x86

SIZE = 16 << 20
GDT, STACK, CODE = 0x1000, 0x2000, 0x3000
SUPERVISOR_CODE = 0x4000
"""Where x86's supervisor finds the code, in a page of its own, which it may fetch with SMEP."""
ROOT = 0x10000
IDENTITY = 0x11000
LARGE_TABLES = 0x100000
"""Where AArch64 has the tables for its code, which may be of 64 KiB."""
LOAD, STORE, JUMP, INVLPG, RELOAD, RETURN, FENCE, SET_KEYS = (0x10 * place for place in range(8))
PROTECTION = {READ: unicorn.UC_PROT_READ, WRITE: unicorn.UC_PROT_WRITE, EXECUTE: unicorn.UC_PROT_EXEC}

uclib.uc_vmem_translate.restype = ctypes.c_int
uclib.uc_vmem_translate.argtypes = [
    ctypes.c_void_p,
    ctypes.c_uint64,
    ctypes.c_uint32,
    ctypes.POINTER(ctypes.c_uint64),
]


@dataclass(frozen=True)
class Answer:
    """A physical address, or a vector with error code (where one was seen) and faulting address (x86's CR2)."""

    physical: int | None = None
    vector: int | None = None
    code: int | None = None
    address: int | None = None


def shared_memory() -> Memory:
    """Memory in an mmap, whose page-aligned storage an engine can map."""
    return Memory(SIZE, buffer=np.frombuffer(mmap.mmap(-1, SIZE), np.uint8))


class Engine:
    """What the emulated architectures have in common."""

    def __init__(self, memory: Memory, architecture: int, mode: int, model: int | None = None) -> None:
        self.memory = memory
        self.uc: Any = Uc(architecture, mode)
        if model is not None:
            self.uc.ctl_set_cpu_model(model)
        self.uc.mem_map_ptr(0, SIZE, unicorn.UC_PROT_ALL, memory.bytes.ctypes.data)
        self._context = self.uc.context_save()
        self.vector: int | None = None
        self.physical: int | None = None
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._interrupt)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, self._memory)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_UNMAPPED, self._unmapped)

    def _interrupt(self, uc: Any, number: int, _: Any) -> None:
        self.vector = number
        uc.emu_stop()

    def _memory(self, uc: Any, kind: int, address: int, size: int, value: int, _: Any) -> None:
        self.physical = address

    def _unmapped(self, uc: Any, kind: int, address: int, size: int, value: int, _: Any) -> bool:
        self.physical = address
        return False

    def run(self, start: int, count: int = 1) -> None:
        """Execute ``count`` instructions from a virtual address on; until = 0, lest it be translated as well."""
        self.vector = self.physical = None
        try:
            self.uc.emu_start(start, 0, count=count)
        except UcError:
            # An access to a physical address without memory: the hook has seen it.
            if self.physical is None and self.vector is None:
                raise

    def probe(self, address: int, access: int) -> int | None:
        """Translate without an instruction; fills the engine's buffer and sets flags as an access would."""
        out = ctypes.c_uint64()
        failed = uclib.uc_vmem_translate(self.uc._uch, address, PROTECTION[access], ctypes.byref(out))
        return None if failed else out.value

    def _saved(self) -> bytes:
        uclib.uc_context_save(self.uc._uch, self._context._context)
        start = ctypes.cast(self._context._context, ctypes.c_void_p).value
        return ctypes.string_at(start or 0, self._context.size)


class X86(Engine):
    """An x86 at one privilege. Code is at CODE, mapped to itself by tables that ``__init__`` writes in memory."""

    def __init__(self, memory: Memory, fmt: Format, user: bool) -> None:
        self.fmt = fmt
        self.long = fmt.entry_bytes == 8
        mode = unicorn.UC_MODE_64 if self.long else unicorn.UC_MODE_32
        # A processor that has SMEP, SMAP and protection keys.
        super().__init__(memory, unicorn.UC_ARCH_X86, mode, x86_const.UC_CPU_X86_ICELAKE_SERVER)
        self.user = user
        self._code = CODE if user else SUPERVISOR_CODE
        self._write_code()
        self._b = x86_const.UC_X86_REG_RBX if self.long else x86_const.UC_X86_REG_EBX
        if user:
            self._enter_user()
        self._map_code()
        self.configure(fmt.default_control)
        self._calibrate()

    def _write_code(self) -> None:
        flags = 0xA if self.long else 0xC
        table = bytes(8)
        for access, kind in ((0x9B, flags), (0x93, 0xC), (0xFB, flags), (0xF3, 0xC)):
            table += struct.pack("<HHBBBB", 0xFFFF, 0, 0, access, kind << 4 | 0xF, 0)
        self.memory.write_bytes(GDT, table)
        self.uc.reg_write(x86_const.UC_X86_REG_GDTR, (0, GDT, len(table) - 1, 0))
        for offset, code in (
            (LOAD, b"\x8a\x03"),  # mov al, [ebx]
            (STORE, b"\x88\x03"),  # mov [ebx], al
            (JUMP, b"\xff\xe3"),  # jmp ebx
            (INVLPG, b"\x0f\x01\x3b"),  # invlpg [ebx]
            (RELOAD, b"\x0f\x20\xd8\x0f\x22\xd8"),  # mov eax, cr3; mov cr3, eax
            (RETURN, b"\x48\xcf" if self.long else b"\xcf"),  # iret
            (SET_KEYS, b"\x0f\x01\xef"),  # wrpkru
        ):
            self.memory.write_bytes(CODE + offset, code)

    def _enter_user(self) -> None:
        """Return to CPL 3 while paging is off."""
        frame = (CODE, 0x1B, 0x202, 0x2800, 0x23)
        self.memory.write_bytes(STACK, b"".join(v.to_bytes(8 if self.long else 4, "little") for v in frame))
        self.uc.reg_write(x86_const.UC_X86_REG_RSP if self.long else x86_const.UC_X86_REG_ESP, STACK)
        self.run(CODE + RETURN)
        assert self.uc.reg_read(x86_const.UC_X86_REG_CS) & 3 == 3

    def _map_code(self) -> None:
        """The first megabytes onto themselves, for both privileges; the rest of the root is free."""
        size = self.fmt.entry_bytes
        table = ROOT
        for level in range(self.fmt.root_level, 0, -1):
            below = IDENTITY + 0x1000 * level
            self.memory.write(table, below | 7, size)
            table = below
        for page in range(512):
            self.memory.write(table + page * size, page << 12 | 7, size)
        self.memory.write(table + (SUPERVISOR_CODE >> 12) * size, CODE | 3, size)

    def configure(self, control: int) -> None:
        """Set the processor's modes; writing CR3 drops what its buffer holds."""
        self._control = control
        wp, pse, pge, nxe, smep, smap, ac, pke = (control >> bit & 1 for bit in range(8))
        modes = pse << 4 | pge << 7 | int(self.long) << 5 | smep << 20 | smap << 21 | pke << 22
        self.uc.reg_write(x86_const.UC_X86_REG_CR4, modes)
        self.uc.reg_write(x86_const.UC_X86_REG_EFLAGS, 0x202 | ac << 18)
        self.uc.msr_write(0xC0000080, nxe << 11 | (0x500 if self.long else 0))
        self.uc.reg_write(x86_const.UC_X86_REG_CR3, ROOT)
        self.uc.reg_write(x86_const.UC_X86_REG_CR0, 0x80000011 | wp << 16)
        if pke:
            self._set_keys(control >> x86.PKRU_LOW)

    def _set_keys(self, keys: int) -> None:
        """Execute WRPKRU."""
        for register, value in (
            (x86_const.UC_X86_REG_EAX, keys),
            (x86_const.UC_X86_REG_ECX, 0),
            (x86_const.UC_X86_REG_EDX, 0),
        ):
            self.uc.reg_write(register, value)
        self.run(self._code + SET_KEYS)
        assert self.vector is None, "WRPKRU faults"

    def ask(self, address: int, access: int) -> Answer:
        """One access by an executed instruction; a fetch that the probe finds translated is not executed."""
        if access == EXECUTE:
            found = self.probe(address, EXECUTE)
            if found is not None:
                return Answer(found)
            self.uc.context_restore(self._clean)
            self.configure(self._control)
        self.uc.reg_write(self._b, address)
        self.run(self._code + {READ: LOAD, WRITE: STORE, EXECUTE: JUMP}[access], count=2 if access == EXECUTE else 1)
        if self.vector is None:
            return Answer(self.physical)
        answer = Answer(None, self.vector, self.error_code(), self.uc.reg_read(x86_const.UC_X86_REG_CR2))
        # Else the next fault would be reported as a double fault.
        self.uc.context_restore(self._clean)
        return answer

    def invalidate(self, address: int) -> None:
        """Execute INVLPG (supervisor's engine only)."""
        self.uc.reg_write(self._b, address)
        self.run(self._code + INVLPG)

    def reload_root(self) -> None:
        """Execute MOV to CR3 with the value it has (supervisor's engine only)."""
        self.run(self._code + RELOAD, count=2)

    def _calibrate(self) -> None:
        """Find the error code in the saved context, as the one word that follows four faults of known codes."""
        nowhere = 0x7F0000000000 if self.long else 0x80000000
        base = 4 if self.user else 0
        words = self._context.size // 4
        candidates = set(range(words))
        for access, code in ((READ, base), (WRITE, base | 2), (READ, base), (WRITE, base | 2)):
            assert self.probe(nowhere, access) is None
            saved = np.frombuffer(self._saved()[: words * 4], np.int32)
            candidates &= set(np.nonzero(saved == code)[0].tolist())
        assert len(candidates) == 1, f"error code not found in the context: {candidates}"
        self._offset = candidates.pop() * 4
        self.uc.reg_write(x86_const.UC_X86_REG_CR2, 0)
        self._clean = self.uc.context_save()

    def error_code(self) -> int:
        """The error code of the last page fault."""
        return int.from_bytes(self._saved()[self._offset : self._offset + 4], "little")


PAGES = {True: 0x3000, False: 0x4000}
"""Where the user and the supervisor of RISC-V find the code page."""


class Riscv(Engine):
    """A RISC-V that changes between user and supervisor; the code page is mapped once for each."""

    def __init__(self, memory: Memory, fmt: Format) -> None:
        self.fmt = fmt
        narrow = fmt.entry_bytes == 4
        super().__init__(memory, unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32 if narrow else unicorn.UC_MODE_RISCV64)
        for offset, instruction in (
            (LOAD, 0x0002C303),  # lbu t1, 0(t0)
            (STORE, 0x00628023),  # sb t1, 0(t0)
            (JUMP, 0x00028067),  # jr t0
            (FENCE, 0x12028073),  # sfence.vma t0
        ):
            memory.write(CODE + offset, instruction, 4)
        table = ROOT
        for level in range(fmt.root_level, 0, -1):
            below = IDENTITY + 0x1000 * level
            memory.write(table, below >> 12 << 10 | 1, fmt.entry_bytes)
            table = below
        for user, page in PAGES.items():
            entry = CODE >> 12 << 10 | (0xDF if user else 0xCF)
            memory.write(table + (page >> 12) * fmt.entry_bytes, entry, fmt.entry_bytes)
        mode = 1 << 31 if narrow else (5 + fmt.levels) << 60
        self.uc.reg_write(riscv_const.UC_RISCV_REG_SATP, mode | ROOT >> 12)
        self._status: int | None = None
        self.user = True

    def configure(self, control: int, user: bool) -> None:
        """Set SUM, MXR and the privilege, and drop what the buffer holds."""
        self.uc.ctl(unicorn.UC_CTL_TLB_FLUSH, unicorn.UC_CTL_IO_WRITE)
        status = (control & sv.SUM) << 18 | (control >> 1 & 1) << 19
        if status != self._status:
            # Written in machine mode: with less privilege the write is dropped without a word.
            self.uc.reg_write(riscv_const.UC_RISCV_REG_PRIV, 3)
            self.uc.reg_write(riscv_const.UC_RISCV_REG_MSTATUS, status)
            self._status = status
        self.uc.reg_write(riscv_const.UC_RISCV_REG_PRIV, 0 if user else 1)
        self.user = user

    def ask(self, address: int, access: int) -> Answer:
        """One access by an executed instruction; a fetch that the probe finds translated is not executed."""
        if access == EXECUTE:
            found = self.probe(address, EXECUTE)
            if found is not None:
                return Answer(found)
        self.uc.reg_write(riscv_const.UC_RISCV_REG_T0, address)
        offset = {READ: LOAD, WRITE: STORE, EXECUTE: JUMP}[access]
        self.run(PAGES[self.user] + offset, count=2 if access == EXECUTE else 1)
        if self.vector is not None:
            return Answer(None, self.vector, self.vector)
        return Answer(self.physical)


class Arm64(Engine):
    """An AArch64 that changes between EL0 and EL1; the code page is mapped once, executable for both."""

    def __init__(self, memory: Memory, fmt: Format) -> None:
        self.fmt = fmt
        super().__init__(memory, unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
        for offset, instruction in (
            (LOAD, 0x39400001),  # ldrb w1, [x0]
            (STORE, 0x39000001),  # strb w1, [x0]
            (JUMP, 0xD61F0000),  # br x0
        ):
            memory.write(CODE + offset, instruction, 4)
        table = ROOT
        for level in range(fmt.root_level, 0, -1):
            below = LARGE_TABLES + fmt.table_bytes * level
            memory.write(table, below | 3, 8)
            table = below
        page = CODE >> fmt.page_bits
        memory.write(table + 8 * page, page << fmt.page_bits | 0b11 << 6 | 0b11 << 8 | 1 << 10 | 0b11, 8)
        # Without SCR_EL3.RW and HCR_EL2.RW the tables would be walked as AArch32's.
        self._register(3, 6, 1, 1, 0, 0x401)
        self._register(3, 4, 1, 1, 0, 1 << 31)
        # TCR_EL1: T0SZ = 16, the granule in TG0, EPD1, 48-bit physical addresses. TTBR0_EL1; SCTLR_EL1.M.
        granule = {12: 0b00, 14: 0b10, 16: 0b01}[fmt.page_bits] << 14
        self._register(
            3, 0, 2, 0, 2, 16 | 1 << 8 | 1 << 10 | 3 << 12 | granule | 16 << 16 | 1 << 23 | 2 << 30 | 5 << 32
        )
        self._register(3, 0, 2, 0, 0, ROOT)
        self._register(3, 0, 1, 0, 0, 0x30D00801)
        self._offset: int | None = None
        self.configure(0, user=False)
        self._calibrate()

    def _register(self, op0: int, op1: int, crn: int, crm: int, op2: int, value: int) -> None:
        self.uc.reg_write(arm64_const.UC_ARM64_REG_CP_REG, (crn, crm, op0, op1, op2, value))

    def configure(self, control: int, user: bool) -> None:
        """Set the exception level and drop what the buffer holds."""
        self.uc.ctl(unicorn.UC_CTL_TLB_FLUSH, unicorn.UC_CTL_IO_WRITE)
        self.uc.reg_write(arm64_const.UC_ARM64_REG_PSTATE, 0 if user else 5)
        # Writing TPIDR_EL1 makes the engine notice the new level.
        self._register(3, 0, 13, 0, 4, 0)

    def ask(self, address: int, access: int) -> Answer:
        """One access by an executed instruction; a fetch that the probe finds translated is not executed."""
        if access == EXECUTE:
            found = self.probe(address, EXECUTE)
            if found is not None:
                return Answer(found)
        self._execute(address, access)
        if self.vector is None:
            return Answer(self.physical)
        syndrome = self._syndrome()
        return Answer(None, syndrome >> 26, syndrome & 0x7F)

    def _execute(self, address: int, access: int) -> None:
        self.uc.reg_write(arm64_const.UC_ARM64_REG_X0, address)
        offset = {READ: LOAD, WRITE: STORE, EXECUTE: JUMP}[access]
        self.run(CODE + offset, count=2 if access == EXECUTE else 1)

    def _calibrate(self) -> None:
        """ESR_EL1 is not written; find the syndrome in the saved context by faults of known class and status."""
        words = self._context.size // 4
        candidates = set(range(words))
        for access, write in ((READ, 0), (WRITE, 1), (READ, 0)):
            self._execute(0xFF0000000000, access)
            assert self.vector is not None
            saved = np.frombuffer(self._saved()[: words * 4], np.uint32)
            match = (saved >> 26 == 0x25) & (saved & 0x3F == (4 | 4 - self.fmt.levels)) & (saved >> 6 & 1 == write)
            candidates &= set(np.nonzero(match)[0].tolist())
        assert len(candidates) == 1, f"syndrome not found in the context: {candidates}"
        self._offset = candidates.pop() * 4

    def _syndrome(self) -> int:
        assert self._offset is not None
        return int.from_bytes(self._saved()[self._offset : self._offset + 4], "little")
