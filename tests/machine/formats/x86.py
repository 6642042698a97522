"""x86-32 and x86-64, from Intel's manual (SDM vol. 3A, 4.3 and 4.5 to 4.8)."""

from dataclasses import replace
from functools import partial

from machine.events import EXECUTE, WRITE, Reason
from machine.formats import ABSENT, ACCESSED, DIRTY, GLOBAL, LEAF, MALFORMED, POINTER
from tests.machine.formats.manual import Manual, bit, bits, cut, rwx

WP, PSE, PGE, NXE, SMEP, SMAP, AC, PKE = (1 << number for number in range(8))
CONTROLS = (
    0,
    WP,
    PSE,
    PGE,
    NXE,
    15,
    15 - WP,
    15 - PSE,
    15 - PGE,
    15 - NXE,
    SMEP,
    SMAP,
    SMAP + AC,
    AC,
    31,
    127 - AC,
    127,
)
P, RW, US, A, D, PS, G, XD = (1 << number for number in (0, 1, 2, 5, 6, 7, 8, 63))


def attributes(entry: int, level: int = 0, *, wide: bool) -> int:
    own = rwx(1, bit(entry, 1), 1 - bit(entry, 63) if wide else 1)
    return own * 8 + (own if entry & US else 0)


def permits(attributes: int, access: int, user: int, control: int) -> int:
    if user:
        return int(bits(attributes, 2, 0) & access != 0)
    if bit(attributes, 2):  # a user-mode address
        if access == EXECUTE and control & SMEP:
            return 0
        if access != EXECUTE and control & SMAP and not control & AC:
            return 0
    return int(bits(attributes, 5, 3) & access != 0 or (access == WRITE and not control & WP))


def flags(entry: int) -> int:
    return (ACCESSED if entry & A else 0) + (DIRTY if entry & D else 0) + (GLOBAL if entry & G else 0)


def mark(entry: int, leaf: int, access: int) -> int:
    return entry | A | (D if leaf and access == WRITE else 0)


def common(rights: int, user: int, flags: int) -> int:
    chosen = ((rights & 2, RW), (user, US), (flags & ACCESSED, A), (flags & DIRTY, D), (flags & GLOBAL, G))
    return P + sum(each for condition, each in chosen if condition)


def fault(reason: int, level: int, access: int, user: int, control: int) -> tuple[int, int]:
    if reason == Reason.NONCANONICAL:
        return 13, 0
    if reason in (Reason.TABLE_OUTSIDE, Reason.PAGE_OUTSIDE):
        return 18, 0
    code = {Reason.DENIED: 0b00001, Reason.MALFORMED: 0b01001, Reason.BARRED: 0b100001}.get(Reason(reason), 0)
    fetch = 0b10000 if access == EXECUTE and control & (NXE | SMEP) else 0
    return 14, code + (0b00010 if access == WRITE else 0) + (0b00100 if user else 0) + fetch


def narrow_kind(entry: int, level: int, control: int, *, reach: int) -> int:
    if not entry & P:
        return ABSENT
    if level == 0:
        return LEAF
    if not (entry & PS and control & PSE):
        return POINTER
    return MALFORMED if bits(entry, 21, reach - 19) else LEAF


def narrow_leaf(frame: int, rights: int, user: int, level: int, flags: int, *, reach: int) -> int:
    if not rights & 4:
        return 0
    if level == 0:
        return common(rights, user, flags) + cut(frame, 19, 0) * 2**12
    high = bits(frame, 27, 20) % (1 << (reach - 32))
    return common(rights, user, flags) + PS + cut(frame, 19, 10) * 2**12 + high * 2**13


def narrow(reach: int) -> Manual:
    """x86-32 with so many bits of physical address."""
    return Manual(
        entries=(0, P, P + PS, P + PS + 0xABC0_0000 + RW + US, 0xFFFF_FFFF, 0x8765_4000 + P + RW + G, P + PS + 0x1E000),
        controls=CONTROLS,
        given=(0, 0, 0, 0, 5, 5, 7, 7),
        canonical=lambda address: 1,
        kind=partial(narrow_kind, reach=reach),
        table=lambda entry: bits(entry, 31, 12),
        frame=lambda entry, level: (
            bits(entry, 31, 22) * 2**10 + bits(entry, 20, 13) * 2**20 if level else bits(entry, 31, 12)
        ),
        limits=partial(attributes, wide=False),
        attributes=partial(attributes, wide=False),
        permits=permits,
        user=lambda entry: bit(entry, 2),
        flags=flags,
        shared=lambda entry, leaf, control: int(entry & G and leaf and control & PGE != 0),
        mark=mark,
        updates=lambda control: 1,
        leaf=partial(narrow_leaf, reach=reach),
        pointer=lambda frame: P + RW + US + cut(frame, 19, 0) * 2**12,
        fault=fault,
    )


def wide_kind(entry: int, level: int, control: int, *, reach: int, gigabytes: bool) -> int:
    if not entry & P:
        return ABSENT
    large = bool(entry & PS) and level in (1, 2)
    wrong = (
        reach < 52 and bits(entry, 51, reach),
        entry & XD and not control & NXE,
        level == 3 and entry & PS,
        level == 2 and entry & PS and not gigabytes,
        large and bits(entry, 20 if level == 1 else 29, 13),
    )
    if any(wrong):
        return MALFORMED
    return LEAF if large or level == 0 else POINTER


def wide_leaf(frame: int, rights: int, user: int, level: int, flags: int, *, reach: int) -> int:
    if not rights & 4:
        return 0
    never = XD if not rights & 1 else 0
    return common(rights, user, flags) + (PS if level else 0) + never + cut(frame, reach - 13, 9 * level) * 2**12


def wide(reach: int, *, gigabytes: bool = True) -> Manual:
    """x86-64 with so many bits of physical address, and pages of 1 GiB or not."""
    page = 0xA_BCDE_F123_4000
    return Manual(
        entries=(0, P, P + PS, P + XD, P + PS + 2**12, P + RW + US + page, XD + P + G + A + D + page, 2**64 - 1),
        controls=CONTROLS,
        given=(0, 0, 0, 0, 4, 5, 6, 7),
        canonical=lambda address: int(bits(address, 63, 47) in (0, 2**17 - 1)),
        kind=partial(wide_kind, reach=reach, gigabytes=gigabytes),
        table=lambda entry: bits(entry, 51, 12),
        frame=lambda entry, level: cut(entry, 51, 12 + 9 * level) // 2**12,
        limits=partial(attributes, wide=True),
        attributes=partial(attributes, wide=True),
        permits=permits,
        user=lambda entry: bit(entry, 2),
        flags=flags,
        shared=lambda entry, leaf, control: int(entry & G and leaf and control & PGE != 0),
        mark=mark,
        updates=lambda control: 1,
        leaf=partial(wide_leaf, reach=reach),
        pointer=lambda frame: P + RW + US + cut(frame, reach - 13, 0) * 2**12,
        fault=fault,
    )


def with_keys(manual: Manual) -> Manual:
    """The same with protection keys (4.6.2): the key of an entry's bits 62:59 is in the attributes' bits 9:6."""

    def permits_with_keys(attributes: int, access: int, user: int, control: int) -> int:
        return int(manual.permits(attributes, access, user, control) and not barred(attributes, access, user, control))

    page = 0xA_BCDE_F123_4000 + P + RW + US
    return replace(
        manual,
        entries=(*manual.entries, page + 0b1010 * 2**59, page + 0b0101 * 2**59),
        controls=(
            *manual.controls,
            WP + PKE + 2**8,
            WP + PKE + 2**39,
            PKE + 2**39,
            PKE + 0x6996_3CC3 * 2**8,
            2**40 - 1 - PKE,
        ),
        limits=lambda entry: manual.limits(entry) + 0b1111 * 2**6,
        attributes=lambda entry, level: manual.attributes(entry, level) + bits(entry, 62, 59) * 2**6,
        permits=permits_with_keys,
    )


def barred(attributes: int, access: int, user: int, control: int) -> int:
    """AD of the key, or WD for a store, of the user or with WP; in user-mode addresses, of data, with CR4.PKE."""
    key = bits(attributes, 9, 6)
    access_disabled, write_disabled = bit(control, 8 + 2 * key), bit(control, 9 + 2 * key)
    if not (control & PKE and bit(attributes, 2)) or access == EXECUTE:
        return 0
    return int(access_disabled or (write_disabled and access == WRITE and (user == 1 or control & WP != 0)))
