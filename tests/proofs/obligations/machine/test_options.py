"""Options of processors are proved as their manuals have them, and each way to misread one is noticed."""

import pytest

from machine.formats import FORMATS, VARIANTS, Format
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.options import OPTIONS as FAULTS
from proofs.obligations.machine import bits, walk
from proofs.obligations.machine.options import OPTIONS, obligations
from proofs.registry import registry
from proofs.verdict import Verdict

SETTINGS = Settings(seconds=60, solvers=Solvers.Z3)
THEOREMS = {name: (theorem, formats) for name, _, _, theorem, formats in OPTIONS}
PAIRS = [(name, format) for name, (_, formats) in THEOREMS.items() for format in formats]


def verdict(name: str, format: Format) -> Verdict:
    return discharge_all(THEOREMS[name][0](format), Satisfiable(), SETTINGS).verdict


@pytest.mark.parametrize(("name", "format"), PAIRS, ids=lambda each: getattr(each, "name", each))
def test_the_option_is_the_manuals(name: str, format: Format) -> None:
    assert verdict(name, format) == Verdict.PROVED


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
    names |= {each.id for each in bits.obligations((*FORMATS, *VARIANTS))}
    names |= {each.id for each in walk.obligations(walk.EXECUTED)}
    assert names <= registry().keys()
    assert "aarch64_64k__decode__inverts__encode" in names
    assert "x86_64_pku__walk__ends__where_entries_say" in names
