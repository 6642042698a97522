"""A climb in other forms of C is proved as well, and with a fault in that form it is not."""

from pathlib import Path

import pytest

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.verdict import Verdict
from tests.proofs.obligations.c_code.test_passed_over import obligations_of

CLIMB = """    while (node && node != top)
        node = node->parent;
    return node != NULL;"""
FORMS = {
    "tested at the end of each turn": """    do {
        node = node->parent;
    } while (node && node != top);
    return node != NULL;""",
    "left in its middle": """    for (;;) {
        if (node == top)
            return 1;
        node = node->parent;
        if (!node)
            return 0;
    }""",
}
WRONG = {
    "tested at the end of each turn": ("node && node != top", "node != top"),
    "left in its middle": ("node = node->parent;", "node = node->parent ? node->parent->parent : NULL;"),
}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize("form", FORMS)
def test_a_climb_may_have_another_form(tmp_path: Path, form: str, wrong: bool) -> None:
    assert FORMS[form].count(WRONG[form][0]) == 1
    text = FORMS[form].replace(*WRONG[form]) if wrong else FORMS[form]
    found = obligations_of(tmp_path, [(CLIMB, text)])
    settings = Settings(solvers=Solvers.Z3, seconds=30)
    verdicts = {
        discharge_all(list(each.conditions(CANONICAL, frozenset())), Satisfiable(), settings).verdict  # type: ignore[attr-defined]
        for each in found.values()
        if each.function == "is_below"  # type: ignore[attr-defined]
    }
    assert (verdicts == {Verdict.PROVED}) != wrong
