"""Formats of second stages, from the manuals (Intel SDM vol. 3C, 28.3; RISC-V Privileged 1.12, 8.5.1; DDI 0487, D8)."""

from dataclasses import replace

from machine.events import EXECUTE, READ, WRITE, Reason
from machine.formats import ABSENT, ACCESSED, DIRTY, LEAF, MALFORMED, POINTER
from tests.machine.formats import aarch64, riscv
from tests.machine.formats.manual import Manual, bit, bits, cut, rwx

R, W, X, PAGE, A, D = (1 << number for number in (0, 1, 2, 7, 8, 9))
WRITE_BACK = 6 * 8
EXECUTE_ONLY = 1
OUTSIDE = (Reason.TABLE_OUTSIDE, Reason.PAGE_OUTSIDE)


def ept_kind(entry: int, level: int, control: int, *, reach: int) -> int:
    if bits(entry, 2, 0) == 0:
        return ABSENT
    page = level == 0 or (level < 3 and entry & PAGE)
    wrong = (
        entry & W and not entry & R,
        bits(entry, 2, 0) == X and not control & EXECUTE_ONLY,
        reach < 52 and bits(entry, 51, reach),
        page and bits(entry, 5, 3) in (2, 3, 7),
        page and level and bits(entry, 20 if level == 1 else 29, 12),
        not page and bits(entry, 7 if level == 3 else 6, 3),
    )
    return MALFORMED if any(wrong) else LEAF if page else POINTER


def ept_rights(entry: int, level: int = 0) -> int:
    return rwx(bit(entry, 0), bit(entry, 1), bit(entry, 2)) * 9


def ept_fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    if reason in OUTSIDE:
        return 18, 0
    return (49, 0) if reason == Reason.MALFORMED else (48, 0x180 + {READ: 1, WRITE: 2, EXECUTE: 4}[access])


def all_alike(attributes: int, access: int, user: int, control: int) -> int:
    return int(bits(attributes, 2, 0) & access != 0)


EPT_GIVEN = (0, 1, 0, 1, 4, 5, 6, 7)


def ept_manual(reach: int, *, marks: bool) -> Manual:
    """For so many bits of physical address, with accessed and dirty flags or without."""

    def flags(entry: int) -> int:
        return ((ACCESSED if entry & A else 0) + (DIRTY if entry & D else 0)) * marks

    def leaf(frame: int, rights: int, user: int, level: int, flags: int) -> int:
        right = EPT_GIVEN[rights]
        if not right:
            return 0
        chosen = ((right & 4, R), (right & 2, W), (right & 1, X), (level, PAGE))
        noted = ((flags & ACCESSED and marks, A), (flags & DIRTY and marks, D))
        given = sum(each for condition, each in (*chosen, *noted) if condition)
        return given + WRITE_BACK + cut(frame, reach - 13, 9 * level) * 2**12

    def mark(entry: int, leaf: int, access: int) -> int:
        return entry | (A if marks else 0) | (D if marks and leaf and access == WRITE else 0)

    page = 0xA_BCDE_C000_0000
    return Manual(
        entries=(0, R + WRITE_BACK, X, R + W + X, R + PAGE + WRITE_BACK + page, R + W + page, 2**64 - 1, W + PAGE),
        controls=(0, EXECUTE_ONLY, 15),
        given=EPT_GIVEN,
        canonical=lambda address: int(bits(address, 63, 48) == 0),
        kind=lambda entry, level, control: ept_kind(entry, level, control, reach=reach),
        table=lambda entry: bits(entry, 51, 12),
        frame=lambda entry, level: cut(entry, 51, 12 + 9 * level) // 2**12,
        limits=ept_rights,
        attributes=ept_rights,
        permits=all_alike,
        user=lambda entry: 1,
        flags=flags,
        shared=lambda entry, leaf, control: 0,
        mark=mark,
        updates=lambda control: 1,
        leaf=leaf,
        pointer=lambda frame: R + W + X + cut(frame, reach - 13, 0) * 2**12,
        fault=ept_fault,
    )


def g_permits(attributes: int, access: int, user: int, control: int) -> int:
    either = READ | EXECUTE if access == READ and control & riscv.MXR else access
    return int(bits(attributes, 2, 0) & either != 0)


def g_fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    causes = {READ: 5, WRITE: 7, EXECUTE: 1} if reason in OUTSIDE else {READ: 21, WRITE: 23, EXECUTE: 20}
    return causes[access], 0


def g_manual(top: int) -> Manual:
    """With so many bits of guest-physical address: 41 or 50."""
    return replace(
        riscv.manual(39),
        canonical=lambda address: int(address < 2**top),
        permits=g_permits,
        flags=lambda entry: riscv.flags(entry) & 3,
        shared=lambda entry, leaf, control: 0,
        leaf=lambda frame, rights, user, level, flags: riscv.leaf(frame, rights, user, level, flags & 3),
        fault=g_fault,
    )


def stage_2_attributes(entry: int, level: int) -> int:
    return rwx(bit(entry, 6), bit(entry, 7), 1 - bit(entry, 54)) * 9


def stage_2_leaf(frame: int, rights: int, user: int, level: int, flags: int) -> int:
    if not rights & 7:
        return 0
    chosen = ((level == 0, 2), (rights & 4, 2**6), (rights & 2, 2**7), (not rights & 1, 2**54))
    given = 1 + 0b1111 * 2**2 + 0b11 * 2**8 + 2**10 + sum(each for condition, each in chosen if condition)
    return given + cut(frame, 35, 9 * level) * 2**12


def stage_2_manual(top: int) -> Manual:
    """With so many bits of intermediate physical address."""
    return replace(
        aarch64.manual(12, blocks=(1, 2)),
        given=(0, 1, 2, 3, 4, 5, 6, 7),
        canonical=lambda address: int(address < 2**top),
        limits=lambda entry: 0b111_111,
        attributes=stage_2_attributes,
        permits=all_alike,
        user=lambda entry: 1,
        flags=lambda entry: (ACCESSED if bit(entry, 10) else 0) + DIRTY,
        shared=lambda entry, leaf, control: 0,
        leaf=stage_2_leaf,
        fault=lambda reason, level, access, user, control: aarch64.fault(reason, level, access, 1, control),
    )
