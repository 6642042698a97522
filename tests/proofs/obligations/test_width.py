"""Code that computes beyond a word, in which a solver would cut off what Python keeps, falls or is refused."""

from types import SimpleNamespace
from typing import Any

import pytest
from z3 import BitVec

from machine.formats import SV39
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.monitor import MAY_BE_STORED, bind
from proofs.execution.path import ExecutionError, Path
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


def _sum(word: int) -> int:
    return 256 + word


def _grown(word: int) -> int:
    word += -129
    return word


def _equal(word: int) -> bool:
    return word == 256


def _grown_in_a_list(word: object) -> list[object]:
    words = [word]
    words[0] += 256  # type: ignore[operator]
    return words


def _grow(self: Any) -> None:
    self.word -= -129


def _grow_inside(self: Any) -> None:
    self.inner.word |= 256


def _holder(bits: int) -> SimpleNamespace:
    """What has a word, and another one within."""
    fields: dict[str, object] = {"word": BitVec("word", bits), MAY_BE_STORED: {"word"}}
    return SimpleNamespace(**fields, inner=SimpleNamespace(**fields))


@pytest.mark.parametrize("function", [_grow, _grow_inside])
def test_a_field_has_room_for_the_number_beside_it(function: Any) -> None:
    with pytest.raises(ExecutionError, match=r"line \d+: the number (256|-129) has no room in the word of 8 bits"):
        bind(function, Path())(_holder(8))
    wide = _holder(9)
    bind(function, Path())(wide)
    assert {str(wide.word), str(wide.inner.word)} > {"word"}  # one of them is more now


@pytest.mark.parametrize("function", [_sum, _grown, _grown_in_a_list, _equal])
def test_a_number_without_room_in_the_word_beside_it_is_refused(function: object) -> None:
    said = rf"{function.__name__}, line \d+: the number (256|-129) has no room in the word of 8 bits"  # type: ignore[attr-defined]
    with pytest.raises(ExecutionError, match=said):
        bind(function, Path())(BitVec("word", 8))  # type: ignore[arg-type]
    assert bind(function, Path())(BitVec("word", 9)) is not None  # type: ignore[arg-type]


def test_a_word_of_a_place_refuses_it_as_well() -> None:
    with pytest.raises(ExecutionError, match="has no room in the word of 8 bits"):
        Word(BitVec("word", 8)) + 256
