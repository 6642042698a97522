"""What is demanded on paths becomes conditions, and none of it is lost by splitting."""

import pytest
import z3

from proofs.execution.path import Path
from proofs.obligations.code import Split, conditions_of

p, q, r = z3.Bools("p q r")


def demanding(*goals: z3.BoolRef, decided: tuple[z3.BoolRef, ...] = ()) -> Path:
    path = Path()
    path.facts.extend(decided)
    for goal in goals:
        path.demand("it holds", lambda goal=goal: goal)  # type: ignore[misc]
    return path


@pytest.mark.parametrize(
    ("split", "number"),
    [(Split.NOT, 1), (Split.PARTS, 3), (Split.PATHS, 2), (Split.BOTH, 3)],
    ids=lambda value: str(value),
)
def test_a_demand_with_fewer_parts_than_others_is_not_lost(split: Split, number: int) -> None:
    goals = [each.goal for each in conditions_of([demanding(z3.And(p, q), r)], {}, "it holds", split)]
    assert len(goals) == number
    solver = z3.Solver()
    solver.add(z3.And(*goals) != z3.And(p, q, r))
    assert solver.check() == z3.unsat


def test_paths_share_the_parts_of_a_goal() -> None:
    walked = [demanding(z3.And(p, q)), demanding(z3.And(q, r), decided=(p,))]
    goals = [each.goal for each in conditions_of(walked, {}, "it holds", Split.PARTS)]
    assert len(goals) == 2
    solver = z3.Solver()
    solver.add(z3.And(*goals) != z3.And(p, q, z3.Implies(p, z3.And(q, r))))
    assert solver.check() == z3.unsat
