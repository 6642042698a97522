"""Formats of second stages: entries without a user bit or a global one are proved, and wrong ones show their bits."""

from dataclasses import replace

import pytest

from machine.bits import Word, field, nonzero, place
from machine.formats import AARCH64_STAGE2, EPT, SECOND_STAGES, Format
from machine.formats.ept import qualified
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.machine import MACHINE
from proofs.obligations.machine import walk
from proofs.obligations.machine.bits import THEOREMS
from proofs.obligations.machine.walk_memory import READS
from proofs.verdict import Verdict

SETTINGS = Settings(seconds=60, solvers=Solvers.Z3)


def readable_leaf(frame: Word, rights: Word, user: Word, level: int, flags: Word) -> Word:
    """As a kernel once had it: read is always set, and nothing means read and write."""
    some = rights & 7 | 4 | place(1 - nonzero(rights & 7, 3), 1, 1)
    page = place(field(frame, 9 * level, 40 - 9 * level), 12 + 9 * level, 40 - 9 * level)
    return qualified(some) | 6 << 3 | int(level > 0) << 7 | place(field(flags, 0, 2), 8, 2) | page


def shown(name: str, format: Format) -> Outcome:
    return discharge_all(THEOREMS[name][2](format), Satisfiable(), SETTINGS)


@pytest.mark.long
@pytest.mark.parametrize("format", SECOND_STAGES, ids=lambda format: format.name)
@pytest.mark.parametrize("name", THEOREMS)
def test_a_right_format_is_proved(name: str, format: Format) -> None:
    assert shown(name, format).verdict == Verdict.PROVED


@pytest.mark.long
@pytest.mark.parametrize("fault", ["walk-first-root-table", "walk-one-root-table-of-two"])
def test_a_walk_that_takes_one_table_for_the_root_falls(fault: str) -> None:
    """Which walk a format has is executed as well: the code chooses it, and no proof does."""
    wrong = walk.conditions(AARCH64_STAGE2, READS, MACHINE[fault].code)
    assert discharge_all(wrong, Satisfiable(), SETTINGS).verdict == Verdict.UNPROVED


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


def test_a_root_that_is_one_table_falls_where_it_should_be_four() -> None:
    narrow = replace(SECOND_STAGES[1], root_extra=0)
    assert shown("write__changes__its_pages_only", narrow).verdict == Verdict.UNPROVED
