"""AArch64 stage 1 with 4, 16 and 64 KiB granule, from Arm's manual (DDI 0487, D8.2 to D8.4)."""

from functools import partial

from machine.events import EXECUTE, WRITE, Reason
from machine.formats import ABSENT, ACCESSED, DIRTY, GLOBAL, LEAF, MALFORMED, POINTER
from tests.machine.formats.manual import Manual, bit, bits, cut, rwx

VALID, TABLE, EL0, READ_ONLY, AF, NG = (1 << number for number in (0, 1, 6, 7, 10, 11))
PXN, UXN = 2**53, 2**54
PXN_TABLE, UXN_TABLE, NO_EL0_TABLE, READ_ONLY_TABLE = (1 << number for number in (59, 60, 61, 62))


def kind(entry: int, level: int, control: int, *, blocks: tuple[int, ...]) -> int:
    if not entry & VALID:
        return ABSENT
    if entry & TABLE:
        return LEAF if level == 0 else POINTER
    return LEAF if 3 - level in blocks else MALFORMED


def limits(entry: int) -> int:
    write = 1 - bit(entry, 62)
    el1 = rwx(1, write, 1 - bit(entry, 59))
    el0 = rwx(1, write, 0) if not entry & NO_EL0_TABLE else 0
    return el1 * 8 + el0 + 1 - bit(entry, 60)


def attributes(entry: int, level: int) -> int:
    write = 1 - bit(entry, 7)
    el1 = rwx(1, write, 1 - bit(entry, 53))
    el0 = rwx(1, write, 0) if entry & EL0 else 0
    return el1 * 8 + el0 + 1 - bit(entry, 54)


def permits(attributes: int, access: int, user: int, control: int) -> int:
    if user:
        return int(bits(attributes, 2, 0) & access != 0)
    if access == EXECUTE and bit(attributes, 1):
        return 0
    return int(bits(attributes, 5, 3) & access != 0)


def leaf(frame: int, rights: int, user: int, level: int, flags: int, *, low: int, index: int) -> int:
    if not rights & 4:
        return 0
    chosen = (
        *((level == 0, TABLE), (user, EL0), (not rights & 2, READ_ONLY), (not flags & GLOBAL, NG)),
        *((user or not rights & 1, PXN), (not user or not rights & 1, UXN)),
    )
    inner_shareable = 0b11 * 2**8
    given = VALID + AF + inner_shareable + sum(each for condition, each in chosen if condition)
    return given + cut(frame, 35, low - 12 + index * level) * 2**12


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    """Exception class and fault status: translation, access flag, permission, external abort, conflict."""
    lookup = 0 if reason == Reason.NONCANONICAL else 3 - level
    told = {Reason.UNMARKED: 0b001000, Reason.DENIED: 0b001100, Reason.TABLE_OUTSIDE: 0b010100}
    of_no_level = {Reason.PAGE_OUTSIDE: 0b010000, Reason.CONFLICT: 0b110000}
    status = of_no_level.get(Reason(reason), told.get(Reason(reason), 0b000100) + lookup)
    vector = {(True, 1): 0x20, (True, 0): 0x21, (False, 1): 0x24, (False, 0): 0x25}[access == EXECUTE, user]
    return vector, status + (0b1000000 if access == WRITE else 0)


def manual(low: int, blocks: tuple[int, ...]) -> Manual:
    """With a granule of 2^low bytes, and blocks at those lookup levels."""
    index = low - 3  # each table fills a granule
    return Manual(
        entries=(
            0,
            VALID,
            VALID + TABLE,
            VALID + TABLE + EL0 + AF + 0xABCD_EF12_3000,
            2**64 - 1,
            2**64 - 3,
            VALID + AF,
        ),
        controls=(0, 1, 15),
        given=(0, 0, 0, 0, 4, 5, 6, 7),
        canonical=lambda address: int(bits(address, 63, 48) == 0),
        kind=partial(kind, blocks=blocks),
        table=lambda entry: cut(entry, 47, low) // 2**12,
        frame=lambda entry, level: cut(entry, 47, low + index * level) // 2**12,
        limits=limits,
        attributes=attributes,
        permits=permits,
        user=lambda entry: bit(entry, 6),
        flags=lambda entry: (ACCESSED if entry & AF else 0) + DIRTY + (0 if entry & NG else GLOBAL),
        shared=lambda entry, leaf, control: int(leaf and not entry & NG),
        mark=lambda entry, leaf, access: entry | (AF if leaf else 0),
        updates=lambda control: control & 1,
        leaf=partial(leaf, low=low, index=index),
        pointer=lambda frame: VALID + TABLE + cut(frame, 35, low - 12) * 2**12,
        fault=fault,
    )
