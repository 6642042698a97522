"""Every obligation about code is proved: a few each time, all of them by both solvers among the long tests."""

import pytest

from model.spaces.dialect import CANONICAL, dialect_named
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.obligations.of_code import obligations
from proofs.verdict import Verdict

ALL = {obligation.id: obligation for obligation in obligations()}
QUICK = (
    "link_leaf",
    "unlink_leaf",
    "move_node",
    "is_below",
    "empty",
    "initial",
    "kernel_lookup",
    "kernel_enter",
    "split_tlb",
    "threads_start",
    "threads_wait",
)
satisfiable = Satisfiable()


@pytest.mark.parametrize(
    "name", [name if name.startswith(QUICK) else pytest.param(name, marks=pytest.mark.slow) for name in ALL]
)
def test_proved(name: str) -> None:
    conditions = ALL[name].conditions(CANONICAL, frozenset())
    outcome = discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3))
    assert outcome.verdict == Verdict.PROVED, outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
@pytest.mark.parametrize("name", ALL)
def test_proved_by_both_solvers(name: str, dialect: str) -> None:
    if dialect == "tree" and not name.startswith(("kernel_", "tree_", "threads_")):
        pytest.skip("the same conditions in both dialects")
    conditions = ALL[name].conditions(dialect_named(dialect), frozenset())
    outcome = discharge_all(conditions, satisfiable, Settings(seconds=60))
    assert outcome.verdict == Verdict.PROVED, outcome.reason


def test_the_tree_is_not_claimed_to_implement_other_dialects() -> None:
    claims = {
        name: [o.id for o in ALL.values() if o.applies(dialect_named(name).readings)] for name in ("tree", "nova")
    }
    assert len(claims["tree"]) == len(ALL)
    assert claims["nova"] == []


@pytest.mark.long
def test_conditions_about_trees_are_in_the_decidable_fragment() -> None:
    for name in ("remove_leaf__preserves__neighbours", "restrict_below__keeps_invariant", "kernel_map__ends__coherent"):
        conditions = ALL[name].conditions(CANONICAL, frozenset())
        assert discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).outside == ""
