"""Sv39, Sv48 and Sv57, from RISC-V's manual (Privileged 1.12, 4.1.1, 4.3 to 4.6, chapters Svnapot and Svpbmt)."""

from functools import partial

from machine.events import EXECUTE, READ, WRITE, Reason
from machine.formats import ABSENT, ACCESSED, DIRTY, GLOBAL, LEAF, MALFORMED, POINTER
from tests.machine.formats.manual import Manual, bit, bits, cut, rwx

SUM, MXR, SVADE, PBMTE = 1, 2, 4, 8
V, R, W, X, U, G, A, D = (1 << number for number in range(8))


def kind(entry: int, level: int, control: int, *, svnapot: bool = False) -> int:
    if not entry & V:
        return ABSENT
    memory_type, napot = bits(entry, 62, 61), bit(entry, 63)
    leaf = bool(entry & (R | X))
    if bits(entry, 60, 54) or (entry & W and not entry & R):
        return MALFORMED
    if memory_type and not (leaf and control & PBMTE and memory_type != 3):
        return MALFORMED
    if napot and not (svnapot and leaf and level == 0 and bits(entry, 13, 10) == 0b1000):
        return MALFORMED
    if leaf:
        return MALFORMED if level and bits(entry, 9 + 9 * level, 10) else LEAF
    return MALFORMED if level == 0 or entry & (U | A | D) else POINTER


def attributes(entry: int, level: int) -> int:
    return rwx(bit(entry, 1), bit(entry, 2), bit(entry, 3)) * (1 if entry & U else 8)


def permits(attributes: int, access: int, user: int, control: int) -> int:
    theirs, own = bits(attributes, 2, 0), bits(attributes, 5, 3)
    if access == READ and control & MXR:
        access = READ | EXECUTE  # so that either will do
    if user:
        return int(theirs & access != 0)
    fetch = access == EXECUTE
    return int(own & access != 0 or (not fetch and control & SUM != 0 and theirs & access != 0))


def flags(entry: int) -> int:
    return (ACCESSED if entry & A else 0) + (DIRTY if entry & D else 0) + (GLOBAL if entry & G else 0)


def mark(entry: int, leaf: int, access: int) -> int:
    return entry | (A if leaf else 0) | (D if leaf and access == WRITE else 0)


def leaf(frame: int, rights: int, user: int, level: int, flags: int) -> int:
    given = GIVEN[rights]
    if not given:
        return 0
    chosen = (
        *((given & 4, R), (given & 2, W), (given & 1, X), (user, U)),
        *((flags & GLOBAL, G), (flags & ACCESSED, A), (flags & DIRTY, D)),
    )
    return V + sum(each for condition, each in chosen if condition) + cut(frame, 43, 9 * level) * 2**10


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    outside = reason in (Reason.TABLE_OUTSIDE, Reason.PAGE_OUTSIDE)
    cause = {READ: 5, WRITE: 7, EXECUTE: 1}[access] if outside else {READ: 13, WRITE: 15, EXECUTE: 12}[access]
    return cause, cause


GIVEN = (0, 1, 0, 1, 4, 5, 6, 7)


def frame(entry: int, level: int, *, svnapot: bool) -> int:
    if svnapot and entry & 2**63:
        entry -= bits(entry, 13, 10) * 2**10
    return cut(entry, 53, 10 + 9 * level) // 2**10


def manual(top: int, *, svnapot: bool = False) -> Manual:
    """With so many bits of virtual address: 39, 48 or 57."""
    page = 0xABC_DE10_0000 * 2**10
    napot = 2**63 + V + R + W + page + 0b1000 * 2**10
    return Manual(
        entries=(
            napot,
            2**62 + V + R + page,
            0,
            V,
            V + R,
            V + X + U,
            V + R + W + page,
            V + R + X + G + 2**20 + page,
            V + page + G,
            2**54 - 1,
        ),
        controls=range(16),
        given=GIVEN,
        canonical=lambda address: int(bits(address, 63, top - 1) in (0, 2 ** (65 - top) - 1)),
        kind=partial(kind, svnapot=svnapot),
        table=lambda entry: bits(entry, 53, 10),
        frame=partial(frame, svnapot=svnapot),
        limits=lambda entry: 0b111_111,
        attributes=attributes,
        permits=permits,
        user=lambda entry: bit(entry, 4),
        flags=flags,
        shared=lambda entry, leaf, control: bit(entry, 5),
        mark=mark,
        updates=lambda control: 0 if control & SVADE else 1,
        leaf=leaf,
        pointer=lambda frame: V + cut(frame, 43, 0) * 2**10,
        fault=fault,
    )
