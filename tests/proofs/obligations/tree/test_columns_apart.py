"""A tree whose columns are not all arrays of their own is not proved to be empty."""

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.text import changed
from proofs.obligations.code import CodeObligation
from proofs.registry import registry
from proofs.verdict import Verdict

ONE_FOR_TWO = (
    ("return", "none = filled(nodes, NONE)\n    return"),
    ("slot=filled(nodes, NONE)", "slot=none"),
    ("frame=filled(nodes, NONE)", "frame=none"),
)


def test_one_array_is_no_two_columns() -> None:
    wrong = changed("shared", "Two columns are one array.", "empty", "empty", *ONE_FOR_TWO).make()
    obligation = registry()["empty__accesses__elements"]
    assert isinstance(obligation, CodeObligation)
    settings = Settings(seconds=60, solvers=Solvers.Z3)
    found = discharge_all(obligation.conditions(CANONICAL, frozenset(), wrong), Satisfiable(), settings)
    assert found.verdict == Verdict.UNPROVED
