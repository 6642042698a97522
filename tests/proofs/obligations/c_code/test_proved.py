"""Right C is proved, and C that is wrong in one place is not: a named obligation falls."""

from pathlib import Path

import pytest

from model.spaces.dialect import CANONICAL
from proofs.c_code.shapes import by_id
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.verdict import Verdict
from tests import ROOT

HERE = Path(__file__).parent

WRONG = {
    1: "remove_node__accesses__nodes",
    2: "remove_node__preserves__next_sibling",
    3: "remove_node__preserves__neighbours",
    4: "remove_node__preserves__in_one_list",
    5: "remove_node__uses__no_freed_node",
    6: "flush_below__reads__nothing_uninitialised",
    7: "flush_below__at_exit",
    8: "flush_below__calls__where_allowed",
    9: "flush_below__preserves__first_child",
    10: "slot__numbers__in_range",
    11: "slot__numbers__one_to_one",
    12: "remove_node__at_exit",
}
"""For each place where ``tree.c`` can be wrong an obligation that falls."""


ONLY_WRONG = {"flush_below__reads__nothing_uninitialised", "flush_below__preserves__first_child"}
"""Those that right C does not have: it demands nothing of the kind."""


def verdict(wrong: int, obligation: str) -> Verdict:
    found = by_id(str(HERE / "tree.c"), str(HERE / "tree.toml"), (f"-DWRONG={wrong}",), "canonical")[obligation]
    conditions = list(found.conditions(CANONICAL, frozenset()))
    return discharge_all(conditions, Satisfiable(), Settings(solvers=Solvers.Z3, seconds=30)).verdict


@pytest.mark.parametrize("number", sorted(WRONG))
@pytest.mark.slow
def test_wrong_c_is_not_proved(number: int) -> None:
    assert verdict(number, WRONG[number]) == Verdict.UNPROVED


@pytest.mark.parametrize("obligation", sorted(set(WRONG.values()) - ONLY_WRONG))
@pytest.mark.slow
def test_right_c_is_proved(obligation: str) -> None:
    assert verdict(0, obligation) == Verdict.PROVED


@pytest.mark.long
def test_rights_that_are_handed_on_have_no_other_bits(tmp_path: Path) -> None:
    """The proof of who gets them is about sets of rights, and who hands them on has to show that they are."""
    examples = ROOT / "docs" / "examples"
    text = (examples / "mapdb.c").read_text("utf-8")
    binding = (examples / "mapdb.toml").read_text("utf-8").replace("../../", f"{ROOT}/")
    assert text.count(": MUSIGMA_ALL & ~rights);") == 1
    (tmp_path / "mapdb.c").write_text(text.replace(": MUSIGMA_ALL & ~rights);", ": ~rights);"), "utf-8")
    (tmp_path / "mapdb.toml").write_text(binding, "utf-8")
    for folder, expected in ((examples, Verdict.PROVED), (tmp_path, Verdict.UNPROVED)):
        obligations = by_id(str(folder / "mapdb.c"), str(folder / "mapdb.toml"), (), "canonical")
        conditions = list(obligations["musigma_flush__calls__where_allowed"].conditions(CANONICAL, frozenset()))
        assert discharge_all(conditions, Satisfiable(), Settings(solvers=Solvers.Z3, seconds=30)).verdict == expected


@pytest.mark.slow
def test_a_decision_that_goes_one_way_only_is_no_proof() -> None:
    """Every block is executed, and yet what is done where the test fails is proved of nothing."""
    assert verdict(14, "unlink__executes__every_block") == Verdict.VACUOUS
    assert verdict(0, "unlink__executes__every_block") == Verdict.PROVED
