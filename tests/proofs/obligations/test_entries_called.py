"""A kernel that changes an entry of a slot without a node falls: one with ports would look the slot's port up."""

import pytest

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.contract import CALLS
from proofs.faults.code.text import changed
from proofs.obligations.kernel import coherence
from proofs.verdict import Verdict

CALL = "self.create_leaf(source, dst"


@pytest.mark.parametrize("step", ["self.clear_entry(dst)", "self.narrow_entry(dst, rights)", "self.write_entry(dst)"])
def test_an_entry_is_changed_where_a_node_stands(step: str) -> None:
    first = changed(
        "first",
        "An entry is changed before its node is there.",
        "Kernel.map",
        "kernel",
        (CALL, f"{step}\n        {CALL}"),
    )
    executed = coherence.ExecutedMethod("map", CANONICAL, first.make())
    settings = Settings(seconds=60, solvers=Solvers.Z3)
    assert discharge_all(coherence.conditions(executed, CALLS), Satisfiable(), settings).verdict == Verdict.UNPROVED
