"""What options of processors do to entries and permissions, for all values of both, compared with the manuals' rules.

A rule is stated on single bits and without the formats' helpers. Modes are a bit-vector here, so that all of them, and
all values of PKRU, are one case.
"""

from collections.abc import Callable, Iterator
from typing import Any

from z3 import ULE, And, BitVecRef, BoolRef, Extract, If, Implies, LShR, Not, Or

from machine.bits import Word
from machine.events import EXECUTE, READ, WRITE
from machine.formats import ABSENT, LEAF, MALFORMED, POINTER, Format, riscv, x86, x86_keys
from machine.formats import aarch64 as arm
from model.spaces.theory import Formula
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine.bits import (
    ALL_FORMATS,
    Conditions,
    Leaf,
    condition,
    fields,
    number,
    numbered,
    prefix,
    truth,
    word,
)

OF_X86 = tuple(each for each in ALL_FORMATS if each.permits is x86.permits)
"""Formats with the supervisor of x86; with keys it has rules of its own."""
WITH_KEYS = tuple(each for each in ALL_FORMATS if each.bars is x86_keys.bars)
WITH_NAPOT = tuple(each for each in ALL_FORMATS if each.row is riscv.napot_within)
OF_RISCV = tuple(each for each in ALL_FORMATS if each.table is riscv.table)
"""Formats with the entries of RISC-V, of either stage."""
WITH_SUM = tuple(each for each in ALL_FORMATS if each.permits is riscv.permits)
OF_ARM = tuple(each for each in ALL_FORMATS if each.in_row is arm.contiguous_in_row)
"""Formats with the contiguous bit, of either stage."""

ROW_BITS = {12: (16, 25, 34), 14: (21, 30), 16: (21, 34)}
"""By the bits of a granule and by level, how many bytes a row of contiguous entries maps, as a power (D8.7.1)."""


def _set(control: BitVecRef, mode: int) -> BoolRef:
    return control & mode != 0


def _bit(value: BitVecRef, number: int) -> BoolRef:
    """One bit of a word."""
    return Extract(number, number, value) == 1


def _access(format: Format) -> tuple[BitVecRef, Formula]:
    access = word(format, "access")
    return access, Or(access == READ, access == WRITE, access == EXECUTE)


def _permitted(format: Format, attributes: BitVecRef, access: BitVecRef, user: int, control: Any) -> Formula:
    return format.permits(attributes, access, user, control) == 1


def _permission(format: Format, got: Any, expected: Formula, user: int) -> dict[str, Word]:
    """Who asks, whether it is permitted, and whether it should be, to be shown."""
    return {"of_user": number(format, user), "got_permitted": got, "expected_permitted": truth(format, expected)}


def _kinds(format: Format, level: int, got: Any, expected: BitVecRef) -> dict[str, Word]:
    """At which level, the kind of an entry, and which it should be, to be shown."""
    return {**numbered(format, level), "got_kind": got, "expected_kind": expected}


def _x86_rule(attributes: BitVecRef, access: BitVecRef, user: int, control: BitVecRef) -> Formula:
    """Intel SDM vol. 3A, 4.6.1, with SMEP, SMAP and AC; the user's r says that an address is the user's."""
    if user:
        return attributes & 0b111 & access != 0
    fetch = access == EXECUTE
    theirs = _bit(attributes, 2)
    stores_anywhere = And(access == WRITE, Not(_set(control, x86.WP)))
    shut_out = If(fetch, _set(control, x86.SMEP), And(_set(control, x86.SMAP), Not(_set(control, x86.AC))))
    return And(Or(LShR(attributes, 3) & 0b111 & access != 0, stores_anywhere), Not(And(theirs, shut_out)))


def supervisor_keeps_out(format: Format) -> Conditions:
    """In every mode the rights are those of the rule, for the supervisor and for the user."""
    attributes, control = word(format, "attributes"), word(format, "control")
    access, one_kind = _access(format)
    for user in (0, 1):
        rule = _x86_rule(attributes, access, user, control)
        barred = format.bars(attributes, access, user, control)
        shown = _permission(format, format.permits(attributes, access, user, control), rule, user)
        yield condition(
            And(_permitted(format, attributes, access, user, control) == rule, barred == 0),
            {**shown, "got_barred": barred},
            an_access_is_of_one_kind=one_kind,
            attributes_are_six=ULE(attributes, 63),
        )


def _key_bars(attributes: BitVecRef, access: BitVecRef, user: int, control: BitVecRef) -> Formula:
    """SDM vol. 3A, 4.6.2: in the user's pages AD bars data accesses, WD stores of the user and, with CR0.WP, of all."""
    pkru, key = LShR(control, x86.PKRU_LOW), LShR(attributes, x86_keys.ATTRIBUTE_LOW) & 15
    own = LShR(pkru, 2 * key)
    stores = And(_bit(own, 1), access == WRITE, Or(user == 1, _set(control, x86.WP)))
    return And(_set(control, x86.PKE), _bit(attributes, 2), access != EXECUTE, Or(_bit(own, 0), stores))


def key_bars(format: Format) -> Conditions:
    """What is barred is not permitted, all else as without keys; an entry's key is what it was given."""
    attributes, control = word(format, "attributes"), word(format, "control")
    access, one_kind = _access(format)
    for user in (0, 1):
        barred = _key_bars(attributes, access, user, control)
        rights = _x86_rule(attributes & 63, access, user, control)
        permitted = _permitted(format, attributes, access, user, control)
        bars = format.bars(attributes, access, user, control)
        exact = And(permitted == And(rights, Not(barred)), (bars == 1) == barred)
        got = format.permits(attributes, access, user, control)
        shown = _permission(format, got, And(rights, Not(barred)), user)
        shown |= {"got_barred": bars, "expected_barred": truth(format, barred)}
        given = {"an_access_is_of_one_kind": one_kind, "attributes_are_ten": ULE(attributes, 1023)}
        yield condition(exact, shown, **given, modes_are_forty=ULE(control, (1 << 40) - 1))
    entry, key = word(format, "any"), word(format, "key")
    keyed = x86_keys.with_key(entry, key)
    for level in range(format.page_levels):
        before, after = format.decode(entry, level), format.decode(keyed, level)
        found = LShR(format.attributes(keyed, level), x86_keys.ATTRIBUTE_LOW) == key
        same = And(*(one == other for one, other in zip(before, after, strict=True)))
        shown = fields(format, keyed, level, after)
        shown |= {"plain_entry": entry, "got_key": LShR(format.attributes(keyed, level), x86_keys.ATTRIBUTE_LOW)}
        shown |= {f"expected_{name}": value for name, value in before._asdict().items()}
        yield condition(And(found, same), shown, a_key_has_four_bits=ULE(key, 15))


def napot_maps(format: Format) -> Conditions:
    """Each of the 16 pages has its own frame, with the leaf's rights; N anywhere else is malformed."""
    x, address = Leaf(format, 0), word(format, "address")
    entry = riscv.napot(x.entry)
    got = format.decode(entry)
    own = LShR(address, 12) & 15
    right = And(got.kind == LEAF, got.frame == x.frame, got.rights == x.granted, got.user == x.user)
    own_frame = format.frame_at(entry, 0, address)
    shown = fields(format, entry, 0, got)
    shown |= {"expected_rights": x.granted, "got_own_frame": own_frame, "expected_own_frame": x.frame + own}
    yield condition(
        And(right, own_frame == x.frame + own),
        shown,
        arguments_fit=x.fits,
        some_right_is_granted=x.granted != 0,
        the_first_of_sixteen=x.frame & 15 == 0,
    )
    some, control = word(format, "entry"), word(format, "control")
    plain = some & ((1 << riscv.NAPOT_BIT) - 1)
    for level in range(format.levels):
        was, kind = format.kind(plain, level, control), format.kind(some, level, control)
        allowed = And(level == 0, was == LEAF, Extract(13, 10, some) == 0b1000)
        expected = If(Or(was == ABSENT, allowed), was, number(format, MALFORMED))
        shown = _kinds(format, level, kind, expected)
        yield condition(kind == expected, shown, n_is_set=_bit(some, riscv.NAPOT_BIT))


def memory_type_is_reserved(format: Format) -> Conditions:
    """Without PBMTE a type makes an entry malformed, and with it a pointer's, and type 3; else it changes nothing."""
    entry, control = word(format, "entry"), word(format, "control")
    plain, kind_of_memory = entry & ~(3 << riscv.PBMT_BIT), Extract(62, 61, entry)
    for level in range(format.levels):
        was, kind = format.kind(plain, level, control), format.kind(entry, level, control)
        allowed = Or(kind_of_memory == 0, And(_set(control, riscv.PBMTE), was == LEAF, kind_of_memory != 3))
        expected = If(Or(was == ABSENT, allowed), was, number(format, MALFORMED))
        yield condition(kind == expected, _kinds(format, level, kind, expected))


def sum_opens(format: Format) -> Conditions:
    """Privileged, 3.1.6.3: SUM lets the supervisor load and store in users' pages; MXR lets load what executes."""
    attributes, control = word(format, "attributes"), word(format, "control")
    access, one_kind = _access(format)
    theirs, own = attributes & 0b111, LShR(attributes, 3) & 0b111

    def grants(rights: BitVecRef) -> Formula:
        loads_what_executes = And(access == READ, _set(control, riscv.MXR), rights & EXECUTE != 0)
        return Or(rights & access != 0, loads_what_executes)

    opened = And(_set(control, riscv.SUM), access != EXECUTE, grants(theirs))
    for user, rule in ((1, grants(theirs)), (0, Or(grants(own), opened))):
        shown = _permission(format, format.permits(attributes, access, user, control), rule, user)
        yield condition(
            _permitted(format, attributes, access, user, control) == rule, shown, an_access_is_of_one_kind=one_kind
        )


def hint_changes_nothing(format: Format) -> Conditions:
    """With the contiguous bit an entry says what it says without it."""
    entry, address = word(format, "any"), word(format, "address")
    plain = entry & ~(1 << arm.CONTIGUOUS_BIT)
    hinted = arm.contiguous(plain)
    for level in range(format.levels):
        before, after = format.decode(plain, level), format.decode(hinted, level)
        own_frame = format.frame_at(hinted, level, address)
        same = [one == other for one, other in zip(before, after, strict=True)]
        shown = {**fields(format, hinted, level, after), "plain_entry": plain}
        shown |= {f"expected_{name}": value for name, value in before._asdict().items()}
        shown |= {
            "got_attributes": format.attributes(hinted, level),
            "expected_attributes": format.attributes(plain, level),
        }
        shown |= {"expected_own_frame": format.frame(plain, level), "got_own_frame": own_frame}
        passed = format.attributes(plain, level) == format.attributes(hinted, level)
        own = own_frame == format.frame(plain, level)
        yield condition(And(passed, own, *same), shown)
    yield condition(
        Implies(format.kind(plain, 1, 0) == POINTER, format.table(plain) == format.table(hinted)),
        {"entry": hinted, "got_table": format.table(hinted), "expected_table": format.table(plain)},
    )


def row_is_the_manuals(format: Format) -> Conditions:
    """A row has as many bytes as the table of D8.7.1 says, and an entry without the bit is of none."""
    entry = word(format, "any")
    for level, bits in enumerate(ROW_BITS[format.page_bits]):
        row = format.row(entry, level)
        expected = If(_bit(entry, arm.CONTIGUOUS_BIT), number(format, (1 << bits - format.span_bits(level)) - 1), 0)
        yield condition(row == expected, {**numbered(format, level), "got_row": row, "expected_row": expected})


OPTIONS: tuple[tuple[str, str, str, Callable[[Format], Conditions], tuple[Format, ...]], ...] = (
    (
        "supervisor__keeps_out__of_users_pages",
        "C9",
        "with SMEP the supervisor fetches nothing from the user's pages, with SMAP it loads and stores nothing there",
        supervisor_keeps_out,
        OF_X86,
    ),
    (
        "key__bars__what_pkru_says",
        "C9",
        "a protection key bars the accesses that PKRU names for it, and nothing else",
        key_bars,
        WITH_KEYS,
    ),
    (
        "napot__maps__sixteen_pages",
        "C4",
        "a NAPOT leaf maps 16 pages in a row to 16 frames in a row, and is refused anywhere else",
        napot_maps,
        WITH_NAPOT,
    ),
    (
        "memory_type__is__reserved",
        "C4",
        "a memory type is reserved without PBMTE and in pointers, and else changes nothing but memory",
        memory_type_is_reserved,
        OF_RISCV,
    ),
    (
        "sum__opens__no_fetch",
        "C9",
        "SUM opens the user's pages to loads and stores of the supervisor, MXR what executes to loads",
        sum_opens,
        WITH_SUM,
    ),
    (
        "hint__changes__nothing",
        "C4",
        "the contiguous bit changes nothing that an entry says",
        hint_changes_nothing,
        OF_ARM,
    ),
    (
        "contiguous__joins__as_many_as_the_manual",
        "C4",
        "a row of entries with the contiguous bit has the manual's size, of pages and of blocks",
        row_is_the_manuals,
        OF_ARM,
    ),
)
"""Name, claim, sentence, conditions, and the formats that have the option."""


def _build(theorem: Callable[[Format], Conditions], format: Format) -> Build:
    return lambda dialect, code: theorem(code.of_format(format))


def obligations() -> Iterator[CodeObligation]:
    """Options × the formats that have them."""
    for name, claim, sentence, theorem, formats in OPTIONS:
        for format in formats:
            yield CodeObligation(
                f"{prefix(format)}__{name}", claim, f"{format.name}: {sentence}", _build(theorem, format)
            )
