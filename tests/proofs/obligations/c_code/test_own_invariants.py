"""A user's invariant of a loop is proved where the loop begins, kept by each turn, and used."""

from pathlib import Path

import pytest

from model.spaces.dialect import CANONICAL
from proofs.c_code.shapes import by_id
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.obligations.c_code.obligations import CObligation
from proofs.verdict import Verdict

HERE = Path(__file__).parent
USED = "flush_below__accesses__nodes"
LOOP = 'follows = "flush", cursor = "cursor"'


def obligations(folder: Path, invariant: str) -> dict[str, CObligation]:
    """Those of ``tree.c`` with that invariant."""
    text = (HERE / "tree.toml").read_text()
    assert LOOP in text
    also = f', also = "{HERE}/own_invariants.py:{invariant}"' if invariant else ""
    (folder / "tree.toml").write_text(text.replace(LOOP, LOOP + also))
    return by_id(str(HERE / "tree.c"), str(folder / "tree.toml"), ("-DSEEN",), "canonical")


def verdict(obligation: CObligation) -> Verdict:
    conditions = list(obligation.conditions(CANONICAL, frozenset()))
    return discharge_all(conditions, Satisfiable(), Settings(solvers=Solvers.Z3, seconds=30)).verdict


@pytest.mark.slow
@pytest.mark.parametrize(
    ("invariant", "obligation", "expected"),
    [
        ("", USED, Verdict.UNPROVED),
        ("seen_beside", USED, Verdict.PROVED),
        ("seen_beside", "flush_below__at_first", Verdict.PROVED),
        ("seen_beside", "flush_below__keeps", Verdict.PROVED),
        ("seen_is_cursor", "flush_below__at_first", Verdict.PROVED),
        ("seen_is_cursor", "flush_below__keeps", Verdict.UNPROVED),
        ("never", "flush_below__at_first", Verdict.UNPROVED),
    ],
)
def test_an_own_invariant_is_proved_and_used(
    tmp_path: Path, invariant: str, obligation: str, expected: Verdict
) -> None:
    found = obligations(tmp_path, invariant)
    name = next(each for each in found if each.startswith(obligation))
    assert verdict(found[name]) == expected


@pytest.mark.parametrize(
    ("invariant", "says"),
    [
        ("no_formula", "write formulas by name"),
        ("nowhere", "has no attribute 'nowhere'"),
        ("divides", r"own_invariants.py:divides cannot be asked: ZeroDivisionError: "),
    ],
)
def test_what_is_no_invariant_is_one_line(tmp_path: Path, invariant: str, says: str) -> None:
    with pytest.raises(ExecutionError, match=says):
        obligations(tmp_path, invariant)
