"""Options of processors are proved as their manuals have them, and each way to misread one is noticed."""

import pytest

from machine.formats import AARCH64, MALFORMED, SV39_SVNAPOT, X86_64, X86_64_PKU, Format, x86
from machine.formats.x86_keys import with_key
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.options import OPTIONS as FAULTS
from proofs.obligations.machine import bits, rows, walk
from proofs.obligations.machine.options import OPTIONS, obligations
from proofs.registry import registry
from proofs.verdict import Verdict
from tests.proofs.obligations.bits_shown import says_what_is_wrong

SETTINGS = Settings(seconds=60, solvers=Solvers.Z3)
THEOREMS = {name: (theorem, formats) for name, _, _, theorem, formats in OPTIONS}
PAIRS = [(name, format) for name, (_, formats) in THEOREMS.items() for format in formats]


def verdict(name: str, format: Format) -> Verdict:
    return discharge_all(THEOREMS[name][0](format), Satisfiable(), SETTINGS).verdict


@pytest.mark.long
@pytest.mark.parametrize(("name", "format"), PAIRS, ids=lambda each: getattr(each, "name", each))
def test_the_option_is_the_manuals(name: str, format: Format) -> None:
    assert verdict(name, format) == Verdict.PROVED


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_a_misread_option_falls(fault: str) -> None:
    wrong = FAULTS[fault]
    for format in wrong.formats:
        fallen = {
            name for name, other in PAIRS if other is format and verdict(name, wrong.change(format)) == Verdict.UNPROVED
        }
        assert len(fallen) == 1, (format.name, fallen)


def test_each_option_has_a_fault() -> None:
    struck = {format.name for wrong in FAULTS.values() for format in wrong.formats}
    assert struck == {format.name for _, format in PAIRS}


def test_all_of_them_are_registered() -> None:
    """Bits of every variant, options, and walks where the walk does something else."""
    names = {each.id for each in obligations()}
    names |= {each.id for each in (*bits.obligations(), *rows.obligations(), *walk.obligations())}
    assert names <= registry().keys()
    assert "aarch64_64k__decode__inverts__encode" in names
    assert "x86_64_pku__walk__ends__where_entries_say" in names


@pytest.mark.parametrize(("name", "format"), PAIRS, ids=lambda each: getattr(each, "name", each))
def test_every_condition_shows_the_bits(name: str, format: Format) -> None:
    silent = [number for number, each in enumerate(THEOREMS[name][0](format)) if not says_what_is_wrong(each)]
    assert silent == []


def bits_of(name: str, fault: str, format: Format) -> dict[str, int]:
    """The bits by which a misread option refutes an obligation."""
    found = discharge_all(THEOREMS[name][0](FAULTS[fault].change(format)), Satisfiable(), SETTINGS).counterexample
    assert found is not None
    return {symbol: int(table[0]) for symbol, table in found.symbols.items()}


def test_the_bits_of_a_denied_or_permitted_access() -> None:
    bits = bits_of("supervisor__keeps_out__of_users_pages", "smep-smap-ignored", X86_64)
    assert bits["of_user"] == 0
    assert (bits["got_permitted"], bits["expected_permitted"], bits["got_barred"]) == (1, 0, 0)
    assert bits["control"] & (x86.SMEP | x86.SMAP)


def test_the_bits_of_a_key() -> None:
    bits = bits_of("key__bars__what_pkru_says", "key-of-next-page", X86_64_PKU)
    assert bits["got_key"] == bits["key"] ^ 1
    assert bits["entry"] == with_key(bits["plain_entry"], bits["key"])
    barred = bits_of("key__bars__what_pkru_says", "key-bars-fetch", X86_64_PKU)
    assert (barred["got_barred"], barred["expected_barred"]) in ((1, 0), (0, 1))


@pytest.mark.long
def test_the_bits_of_a_kind_and_of_a_frame() -> None:
    napot = bits_of("napot__maps__sixteen_pages", "napot-as-one-page", SV39_SVNAPOT)
    assert napot["got_own_frame"] == napot["frame"] != napot["expected_own_frame"]
    assert napot["expected_own_frame"] == napot["frame"] + (napot["address"] >> 12 & 15)
    kind = bits_of("napot__maps__sixteen_pages", "napot-of-any-size", SV39_SVNAPOT)
    assert kind["got_kind"] != kind["expected_kind"] == MALFORMED
    hint = bits_of("hint__changes__nothing", "contiguous-refused", AARCH64)
    assert hint["got_kind"] != hint["expected_kind"]
    assert hint["entry"] == hint["plain_entry"] | 1 << 52
