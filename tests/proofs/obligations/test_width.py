"""Code that computes beyond a word, in which a solver would cut off what Python keeps, falls or is refused."""

import pytest
from z3 import BitVec

from machine.formats import SV39
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.obligations.page_tables.places import Word, place_is_inside_its_table
from proofs.obligations.sized import windows
from proofs.obligations.source import Code
from proofs.obligations.tree.loops import AT_EXIT
from proofs.verdict import Verdict
from refinement.kernel.page_table import PageTables
from refinement.ranges.kernel import SizedKernel
from refinement.rewriting import replaced

SETTINGS = Settings(seconds=60, solvers=Solvers.Z3)


@pytest.mark.parametrize("more", ["(1 << 64)", "(1 << 63) + (1 << 63)"])
def test_a_place_beyond_the_word_falls(more: str) -> None:
    old = "// self.format.entry_bytes + index"
    wrong = type("Wrong", (PageTables,), {"_item": replaced(PageTables._item, old, f"{old} + {more}")})
    conditions = place_is_inside_its_table(SV39, Code(page_tables=wrong))
    assert discharge_all(conditions, Satisfiable(), SETTINGS).verdict == Verdict.UNPROVED


@pytest.mark.parametrize("more", ["(1 << 52)", "(1 << 51) + (1 << 51)"])
def test_a_window_beyond_the_word_falls(more: str) -> None:
    wrong = Code(sized={"windows": replaced(SizedKernel.windows, "return (src, dst +", f"return (src, {more} + dst +")})
    conditions = windows.conditions("windows", AT_EXIT, wrong)
    assert discharge_all(conditions, Satisfiable(), SETTINGS).verdict == Verdict.UNPROVED


def test_a_word_of_a_place_refuses_it_as_well() -> None:
    with pytest.raises(ExecutionError, match="has no room in the word of 8 bits"):
        Word(BitVec("word", 8)) + 256
