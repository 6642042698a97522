"""Extended page tables (SDM vol. 3C, 28.3) as a format of one's own: entries without a user bit or a global one."""

from dataclasses import replace

import pytest

from machine import X86_64, Format
from machine.bits import Word, field, nonzero, place
from machine.formats.base import ACCESSED, DIRTY
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.obligations.machine.bits import THEOREMS
from proofs.verdict import Verdict


def rights_of(entry: Word) -> Word:
    """Bit 0 is r, bit 1 is w, bit 2 is x."""
    return place(field(entry, 0, 1), 2, 1) | place(field(entry, 1, 1), 1, 1) | field(entry, 2, 1)


def kind(entry: Word, level: int, control: Word) -> Word:
    """Absent without a right; w without r is malformed, and so is a large page with low bits of its frame."""
    large = field(entry, 7, 1) * int(level > 0)
    wrong = field(entry, 1, 1) & (1 - field(entry, 0, 1)) | large * int(level == 3)
    if 1 <= level <= 2:
        wrong = wrong | large & nonzero(field(entry, 12, 9 * level), 9 * level)
    leaf = int(level == 0) | large
    return nonzero(field(entry, 0, 3), 3) * ((1 + leaf) * (1 - wrong) + 3 * wrong)


def granted(rights: Word) -> Word:
    """Never w without r."""
    return rights & 0b101 | rights & 0b010 & place(field(rights, 2, 1), 1, 1)


def entry_with(rights: Word, frame: Word, level: int, flags: Word) -> Word:
    bits = place(field(rights, 2, 1), 0, 1) | place(field(rights, 1, 1), 1, 1) | place(field(rights, 0, 1), 2, 1)
    width = 40 - 9 * level
    page = place(field(frame, 9 * level, width), 12 + 9 * level, width)
    return bits | 6 << 3 | int(level > 0) << 7 | place(field(flags, 0, 2), 8, 2) | page


def leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
    some = granted(rights)
    return entry_with(some, frame, level, flags) * nonzero(some, 3)


def readable_leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
    """As a kernel once had it: read is always set, and nothing means read and write."""
    return entry_with(rights & 7 | 4 | place(1 - nonzero(rights & 7, 3), 1, 1), frame, level, flags)


EPT = replace(
    X86_64,
    name="EPT",
    manual="SDM vol. 3C, 28.3",
    kept_flags=ACCESSED | DIRTY,
    users_only=True,
    kind=kind,
    limits=lambda entry: rights_of(entry) | rights_of(entry) << 3,
    attributes=lambda entry, level: rights_of(entry) | rights_of(entry) << 3,
    permits=lambda attributes, access, user, control: nonzero(field(attributes, 0, 3) & access, 3),
    granted=granted,
    leaf=leaf,
    pointer=lambda frame: place(frame, 12, 40) | 7,
    user=lambda entry: entry * 0 + 1,
    flags=lambda entry: field(entry, 8, 2),
    shared=lambda entry, level, control: entry * 0,
    default_control=0,
)
SETTINGS = Settings(seconds=60, solvers=Solvers.Z3)


def shown(name: str, format: Format) -> Outcome:
    return discharge_all(THEOREMS[name][2](format), Satisfiable(), SETTINGS)


@pytest.mark.parametrize("name", THEOREMS)
def test_a_right_format_is_proved(name: str) -> None:
    assert shown(name, EPT).verdict == Verdict.PROVED


@pytest.mark.parametrize(
    ("wrong", "falls", "bits"),
    [
        ({"leaf": readable_leaf}, "no_rights__make__no_entry", {"rights": 0}),
        ({"users_only": False}, "decode__inverts__encode", {"user": 0}),
        ({"kept_flags": 7}, "decode__inverts__encode", {"flags": 4}),
    ],
)
def test_a_wrong_one_falls_and_shows_its_bits(wrong: dict[str, object], falls: str, bits: dict[str, int]) -> None:
    outcome = shown(falls, replace(EPT, **wrong))  # type: ignore[arg-type]
    assert outcome.verdict == Verdict.UNPROVED
    assert outcome.counterexample is not None
    tables = outcome.counterexample.symbols
    assert all(int(tables[name][0]) & (value or -1) == value for name, value in bits.items())
    entry, level = int(tables["entry"][0]), int(tables["level"][0])
    told = (int(tables[name][0]) if name in tables else 0 for name in ("frame", "rights", "user", "flags"))
    frame, rights, user, flags = told
    assert entry == replace(EPT, **wrong).encode_leaf(frame, rights, user, level, flags)  # type: ignore[arg-type]
