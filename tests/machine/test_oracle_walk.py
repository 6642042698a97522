"""Random page tables and accesses: our walker against processors that Unicorn emulates.

Where Unicorn departs from the manual, or the manual leaves a choice and we took the other one, a named deviation
turns our walk into Unicorn's, exactly; each is also shown to be needed, so that a Unicorn that stops to deviate,
or a format of ours that starts to, is noticed.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from runpy import run_path
from types import ModuleType
from typing import Any

import pytest

from machine import EXECUTE, READ, WRITE, Format, PageFault, Walker
from machine.events import Reason
from machine.formats import AARCH64, AARCH64_16K, AARCH64_64K, LEAF, POINTER, SV39, SV48, SV57, X86_32
from machine.formats import riscv as sv
from machine.formats import x86 as modes
from machine.formats.x86_64 import with_keys, x86_64
from machine.formats.x86_keys import with_key
from tests import EXAMPLES

X86_64 = x86_64(40)  # Unicorn's processor has 40 bits of physical address
X86_64_PKU = with_keys(X86_64)
SV32 = run_path(str(EXAMPLES / "sv32.py"))["SV32"]
FORMATS = (X86_32, X86_64, X86_64_PKU, SV39, SV48, SV57, AARCH64, AARCH64_16K, AARCH64_64K, SV32)
TABLES = 0x20000
OUTSIDE = 0x7_0000


def reserved_bits_taken_as_frame(fmt: Format) -> Format:
    """Privileged 1.12, 4.4.1: bits 63:54 are reserved and must fault; Unicorn reads them as part of the PPN."""
    low = (1 << 54) - 1
    return replace(
        fmt,
        kind=lambda e, lv, c: fmt.kind(e & low, lv, c),
        table=lambda e: e >> 10 & ((1 << 52) - 1),
        frame=lambda e, lv: e >> 10 & ((1 << 52) - 1),
    )


def pointer_flags_ignored(fmt: Format) -> Format:
    """Privileged 1.12, 4.3.1: A, D and U of a pointer are reserved and must fault; Unicorn ignores them."""

    def kind(e: int, level: int, control: int) -> int:
        pointer = e & 0b1110 == 0
        kind: int = fmt.kind(e & ~0xD0 if pointer else e, level, control)
        return kind

    return replace(fmt, kind=kind)


def table_outside_is_page_fault(fmt: Format) -> Format:
    """Privileged 1.12, 4.3.2 step 2: a table outside memory is an access fault; Unicorn reports a page fault."""

    def fault(reason: int, *rest: int) -> tuple[int, int]:
        return fmt.fault(Reason.ABSENT if reason == Reason.TABLE_OUTSIDE else reason, *rest)

    return replace(fmt, fault=fault)


RISCV_DEVIATIONS: dict[str, Callable[[Format], Format]] = {
    "reserved bits taken as frame": reserved_bits_taken_as_frame,
    "pointer flags ignored": pointer_flags_ignored,
    "table outside is page fault": table_outside_is_page_fault,
}


def address_cut_to_32_bits(fmt: Format) -> Format:
    """Privileged 1.12, 4.3: Sv32 has 34 bits of physical address; Unicorn's hooks and translation show 32 of them."""
    return replace(fmt, frame=lambda e, level: fmt.frame(e, level) & ((1 << 20) - 1))


SV32_DEVIATIONS: dict[str, Callable[[Format], Format]] = {
    "physical address cut to 32 bits": address_cut_to_32_bits,
    "pointer flags ignored": pointer_flags_ignored,
    "table outside is page fault": table_outside_is_page_fault,
}


def root_blocks_accepted(fmt: Format) -> Format:
    """Arm ARM D8.3.1: there is no block at the upper lookup levels; Unicorn maps what an entry there covers by it."""

    def kind(e: int, level: int, control: int) -> int:
        return LEAF if level >= fmt.page_levels and e & 3 == 1 else fmt.kind(e, level, control)

    return replace(fmt, kind=kind)


def reserved_address_bits_used(fmt: Format) -> Format:
    """Arm ARM D8.3.1: a block's bits below its size are RES0, for us ignored; Unicorn takes them for address bits."""
    return replace(fmt, frame=lambda e, level: e >> 12 & fmt.table_mask)


ARM_DEVIATIONS: dict[str, Callable[[Format], Format]] = {
    "blocks at the root accepted": root_blocks_accepted,
    "reserved address bits used": reserved_address_bits_used,
}

POINTER_ACCESSED_ON_FAULT = "pointers accessed on faulting walks"
"""Intel SDM vol. 3A, 4.8 says when A is set, not that it isn't on a walk that faults: Unicorn sets it, we don't."""

HUGE_ACCESSED_ON_FAULT = "1 GiB page accessed on faulting walks"
"""Same section: the A flag of a page is set when it is used; Unicorn sets that of a 1 GiB page before it checks."""

X86_DEVIATIONS = (POINTER_ACCESSED_ON_FAULT, HUGE_ACCESSED_ON_FAULT)


def is_x86(fmt: Format) -> bool:
    return fmt.name.startswith("x86")


def is_arm(fmt: Format) -> bool:
    return fmt.name.startswith("AArch64")


@dataclass(frozen=True)
class Case:
    address: int
    access: int
    user: bool
    control: int
    entries: tuple[tuple[int, int, int], ...]
    """Level, physical address and value of each entry on the way."""


def random_case(rng: random.Random, fmt: Format, oracle: ModuleType) -> Case:
    """A path of entries that are mostly sensible, with some bits of each turned over."""
    used = 48 if is_arm(fmt) else fmt.span_bits(fmt.levels)
    address = rng.getrandbits(used)
    if fmt.index(address, fmt.root_level) == 0:
        address |= 1 << fmt.span_bits(fmt.root_level)  # the root's first entry maps the code
    if fmt.address_bits == 64:
        if not is_arm(fmt):
            address |= (address >> used - 1) * ((1 << 64) - (1 << used))
        if rng.random() < 0.03:
            address ^= 1 << rng.randrange(used - 1, 64)
            if fmt.index(address, fmt.root_level) == 0:
                address |= 1 << fmt.span_bits(fmt.root_level)
    riscv = fmt.name.startswith("Sv")
    control = rng.randrange(4) if riscv else 0
    if is_x86(fmt):
        control = rng.choice((0, modes.WP)) | rng.choice((0, modes.PSE))
        control |= rng.choice((0, 0, modes.SMAP, modes.SMAP | modes.AC)) | rng.choice((0, modes.SMEP))
    if fmt.entry_bytes == 8 and is_x86(fmt):
        control |= rng.choice((0, modes.NXE, modes.NXE))
    if fmt is X86_64_PKU:
        control |= rng.choice((0, modes.PKE, modes.PKE)) | rng.getrandbits(32) << modes.PKRU_LOW
    entries = []
    table = oracle.ROOT
    for level in range(fmt.root_level, -1, -1):
        below = TABLES + fmt.table_bytes * level
        if level == 0 or (level < fmt.page_levels and rng.random() < 0.25):
            frame = rng.getrandbits(fmt.physical_bits - 12)
            rights = rng.choice((0, 1, 4, 5, 6, 7, 7, 7))
            entry = fmt.encode_leaf(frame, rights, int(rng.random() < 0.7), level, rng.randrange(8))
            if fmt is X86_64_PKU:
                entry = with_key(entry, rng.randrange(16))
        else:
            entry = fmt.encode_pointer(below >> 12)
        # Flags; the address; and where the reserved bits of a large page lie.
        for low, high, chance in ((0, 12, 0.25), (12, fmt.entry_bits, 0.15), (13, 22, 0.1)):
            while rng.random() < chance:
                entry ^= 1 << rng.randrange(low, high)
        kind = fmt.kind(entry, level, control)
        if riscv:
            # As Unicorn may see it; see the deviations.
            kind = POINTER if entry & 0b1111 == 1 else kind
        if kind == POINTER:
            frame_bit = sv.PPN_BIT if riscv else 12
            bits = fmt.table_mask << frame_bit
            outside = riscv and rng.random() < 0.03
            target = OUTSIDE if outside else below >> 12
            entry = entry & ~bits & ((1 << fmt.entry_bits) - 1) | target << frame_bit
        entries.append((level, table + fmt.index(address, level) * fmt.entry_bytes, entry))
        if kind != POINTER:
            break
        table = below
    return Case(address, rng.choice((READ, READ, WRITE, WRITE, EXECUTE)), rng.random() < 0.5, control, tuple(entries))


class Harness:
    """One format's engines and our walkers over the same memory."""

    def __init__(self, oracle: ModuleType, fmt: Format) -> None:
        self.oracle = oracle
        self.fmt = fmt
        self.memory = oracle.shared_memory()
        if is_x86(fmt):
            self.engines = {user: oracle.X86(self.memory, fmt, user) for user in (True, False)}
        else:
            engine = (oracle.Arm64 if is_arm(fmt) else oracle.Riscv)(self.memory, fmt)
            self.engines = {True: engine, False: engine}

    def write(self, case: Case) -> None:
        for _, slot, entry in case.entries:
            self.memory.write(slot, entry, self.fmt.entry_bytes)

    def read(self, case: Case) -> list[int]:
        return [self.memory.read(slot, self.fmt.entry_bytes) for _, slot, _ in case.entries]

    def ours(self, case: Case, deviations: tuple[str, ...]) -> tuple[tuple[Any, ...], list[int]]:
        """What our walker says, with the deviations: an outcome to compare, and the entries afterwards."""
        fmt = self.fmt
        for name in deviations:
            if change := (RISCV_DEVIATIONS | SV32_DEVIATIONS | ARM_DEVIATIONS).get(name):
                fmt = change(fmt)
        self.write(case)
        found = Walker(self.memory, fmt, case.control).translate(case.address, case.access, case.user, self.oracle.ROOT)
        entries = self.read(case)
        if not isinstance(found, PageFault):
            return ("ok", found.physical & ((1 << 64) - 1)), entries
        if is_x86(fmt):
            entries = self._accessed_on_fault(case, entries, found, deviations)
        if found.reason is Reason.NONCANONICAL and is_x86(fmt):
            return ("fault", found.vector), entries
        return ("fault", found.vector, found.code), entries

    def _accessed_on_fault(
        self, case: Case, entries: list[int], found: PageFault, deviations: tuple[str, ...]
    ) -> list[int]:
        if found.reason is Reason.NONCANONICAL:
            return entries
        marked = list(entries)
        for i, (level, _, entry) in enumerate(case.entries):
            kind = self.fmt.kind(entry, level, case.control)
            if kind == POINTER and POINTER_ACCESSED_ON_FAULT in deviations:
                marked[i] |= 1 << modes.ACCESSED_BIT
            no_execute = entry >> 63 and not case.control & modes.NXE
            huge = entry & 1 and entry >> 7 & 1 and level == 2 and self.fmt.levels == 4
            if huge and not no_execute and entry >> 40 & 0xFFF == 0 and HUGE_ACCESSED_ON_FAULT in deviations:
                marked[i] |= 1 << modes.ACCESSED_BIT
        return marked

    def theirs(self, case: Case) -> tuple[tuple[Any, ...], list[int]]:
        """What the emulated processor says, in the same form."""
        self.write(case)
        engine = self.engines[case.user]
        if is_x86(self.fmt):
            engine.configure(case.control)
        else:
            engine.configure(case.control, case.user)
        answer = engine.ask(case.address, case.access)
        entries = self.read(case)
        if answer.physical is not None:
            return ("ok", answer.physical), entries
        if not is_x86(self.fmt):
            return ("fault", answer.vector, answer.code), entries
        if answer.vector == modes.GENERAL_PROTECTION:
            return ("fault", answer.vector), entries
        assert answer.address == case.address, "CR2"
        return ("fault", answer.vector, answer.code), entries

    def clear(self, case: Case) -> None:
        for _, slot, _ in case.entries:
            self.memory.write(slot, 0, self.fmt.entry_bytes)


def run(
    oracle: ModuleType, fmt: Format, count: int, seed: int, deviations: tuple[str, ...]
) -> tuple[Counter[Any], list[Any]]:
    """Outcomes seen, and the cases where ours and theirs differ."""
    harness = Harness(oracle, fmt)
    rng = random.Random(seed)
    seen: Counter[Any] = Counter()
    differ = []
    for number in range(count):
        case = random_case(rng, fmt, oracle)
        ours = harness.ours(case, deviations)
        theirs = harness.theirs(case)
        harness.clear(case)
        seen[ours[0] if ours[0][0] == "fault" else "ok"] += 1
        if ours != theirs:
            differ.append((number, case, ours, theirs))
    return seen, differ


def all_deviations(fmt: Format) -> tuple[str, ...]:
    if fmt.name.startswith("Sv"):
        return tuple(SV32_DEVIATIONS if fmt.entry_bytes == 4 else RISCV_DEVIATIONS)
    if is_arm(fmt):
        return tuple(ARM_DEVIATIONS)
    return X86_DEVIATIONS if fmt.levels == 4 else X86_DEVIATIONS[:1]


def explain(differ: list[Any]) -> str:
    number, case, ours, theirs = differ[0]
    entries = ", ".join(f"L{level} {slot:#x}: {entry:#x}" for level, slot, entry in case.entries)
    after = ", ".join(map(hex, theirs[1]))
    return (
        f"{len(differ)} differ; case {number}: access {case.access} at {case.address:#x} user={case.user} "
        f"control={case.control:#x}; {entries}; ours {ours[0]} {list(map(hex, ours[1]))}; theirs {theirs[0]} {after}"
    )


def expected_outcomes(fmt: Format) -> set[Any]:
    """Each fault that the generator must have produced, or the comparison would be of little worth."""
    if fmt.name.startswith("Sv"):
        return {"ok", ("fault", 12, 12), ("fault", 13, 13), ("fault", 15, 15)}
    if is_arm(fmt):
        statuses = {0b000100 | level for level in range(4 - fmt.levels, 4)} | {0b001011, 0b001111}
        data = {(vector, s | write) for s in statuses for vector in (0x24, 0x25) for write in (0, 64)}
        fetches = {(vector, s) for s in statuses for vector in (0x20, 0x21)}
        # Nothing keeps EL1 from reading.
        return {"ok", *(("fault", *pair) for pair in (data | fetches) - {(0x25, 0b001111)})}
    # 1 is of SMAP: else nothing keeps the supervisor from reading. 17 is of SMEP on x86-32.
    codes = {0, 1, 2, 3, 17, 4, 5, 6, 7, 8 | 1, 8 | 3, 8 | 5, 8 | 7}
    if fmt.levels == 4:
        codes |= {16, 16 | 4, 16 | 5, 16 | 9, 16 | 13}
        codes |= {32 | code for code in (1, 3, 5, 7)} if fmt is X86_64_PKU else set()
        return {"ok", ("fault", 13), *(("fault", 14, code) for code in codes)}
    return {"ok", *(("fault", 14, code) for code in codes)}


def compare(oracle: ModuleType, fmt: Format, count: int, seed: int) -> None:
    seen, differ = run(oracle, fmt, count, seed, all_deviations(fmt))
    assert not differ, explain(differ)
    assert expected_outcomes(fmt) <= set(seen), f"never seen: {expected_outcomes(fmt) - set(seen)}"
    assert seen["ok"] > count // 10


@pytest.mark.long
@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_walker_agrees_with_unicorn(oracle: ModuleType, fmt: Format) -> None:
    compare(oracle, fmt, 2500, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_walker_agrees_with_unicorn_at_length(oracle: ModuleType, fmt: Format, seed: int) -> None:
    compare(oracle, fmt, 20_000, seed)


@pytest.mark.long
@pytest.mark.parametrize(
    ("fmt", "name"),
    [pytest.param(f, name, id=f"{f.name}-{name.replace(' ', '-')}") for f in FORMATS for name in all_deviations(f)],
)
def test_each_deviation_still_occurs(oracle: ModuleType, fmt: Format, name: str) -> None:
    """Without the switch the two disagree: Unicorn still does it, and we still don't."""
    others = tuple(other for other in all_deviations(fmt) if other != name)
    _, differ = run(oracle, fmt, 1500, 4, others)
    assert differ, f"Unicorn no longer deviates by: {name}; drop the switch"
