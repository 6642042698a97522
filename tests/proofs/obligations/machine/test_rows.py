"""Rows of pages are proved of every format, and each way to be wrong about them is noticed."""

import pytest

from machine.formats import AARCH64, AARCH64_STAGE2, SV39, SV39_SVNAPOT, Format
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.rows import ROWS
from proofs.obligations.machine.bits import ALL_FORMATS
from proofs.obligations.machine.rows import THEOREMS, obligations
from proofs.registry import registry
from proofs.verdict import Verdict
from tests.proofs.obligations.bits_shown import says_what_is_wrong

SETTINGS = Settings(seconds=60, solvers=Solvers.Z3)
each_format = pytest.mark.parametrize("format", ALL_FORMATS, ids=lambda format: format.name)


def shown(name: str, format: Format) -> Outcome:
    return discharge_all(THEOREMS[name][2](format), Satisfiable(), SETTINGS)


@pytest.mark.slow
@each_format
@pytest.mark.parametrize("name", THEOREMS)
def test_a_right_format_is_proved(name: str, format: Format) -> None:
    assert shown(name, format).verdict == Verdict.PROVED


# What falls by each fault: of every format, or of those alone that have a leaf of several entries or a global one.
OF_EVERY_FORMAT = {
    "row-of-every-other-page": "row__is__one_block",
    "row-of-every-leaf": "row__is__one_block",
    "row-held-for-next-page": "row__gives__one_translation",
    "row-entry-moves-frame": "row__gives__one_translation",
}
OF_SOME = {
    "row-never-made": ("row__is__one_block", (SV39_SVNAPOT, AARCH64, AARCH64_STAGE2)),
    "row-entry-of-all-spaces": ("row__gives__one_translation", (SV39_SVNAPOT, AARCH64)),
}


@each_format
@pytest.mark.parametrize(("fault", "falls"), OF_EVERY_FORMAT.items())
def test_a_wrong_one_falls_with_rows_or_without(fault: str, falls: str, format: Format) -> None:
    assert shown(falls, ROWS[fault].change(format)).verdict == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("fault", "falls", "format"),
    [
        pytest.param(fault, falls, format, id=f"{fault}-{format.name}")
        for fault, (falls, formats) in OF_SOME.items()
        for format in formats
    ],
)
def test_a_wrong_one_of_some_formats_falls(fault: str, falls: str, format: Format) -> None:
    assert shown(falls, ROWS[fault].change(format)).verdict == Verdict.UNPROVED


def test_each_fault_is_tried() -> None:
    assert ROWS.keys() == OF_EVERY_FORMAT.keys() | OF_SOME.keys()


@pytest.mark.long
@pytest.mark.parametrize("format", [SV39, SV39_SVNAPOT, AARCH64], ids=lambda format: format.name)
@pytest.mark.parametrize("name", THEOREMS)
def test_every_condition_shows_the_bits(name: str, format: Format) -> None:
    assert all(says_what_is_wrong(each) for each in THEOREMS[name][2](format))


def test_the_bits_of_what_is_held_for_the_next_page() -> None:
    wrong = ROWS["row-held-for-next-page"].change(SV39_SVNAPOT)
    found = shown("row__gives__one_translation", wrong).counterexample
    assert found is not None
    bits = {name: int(table[0]) for name, table in found.symbols.items()}
    assert bits["got_frame"] != bits["expected_frame"] == bits["frame"] + (bits["other_address"] >> 12 & bits["row"])
    assert SV39_SVNAPOT.row(bits["entry"], bits["level"]) == bits["row"]


def test_all_of_them_are_registered() -> None:
    assert {each.id for each in obligations()} <= registry().keys()
