"""What no path comes to is not proved of anything: the condition about it is vacuous, and names the line."""

from collections.abc import Callable
from typing import Any

import pytest
import z3

from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution import coverage
from proofs.execution.monitor import bind
from proofs.execution.path import Path, paths
from proofs.execution.values import DISTINCT, Node, Truth, Value, free
from proofs.verdict import Verdict

Write = Callable[[str], Callable[..., Any]]

p, q = z3.Bools("p q")
n, m = z3.Consts("n m", Node)


def judged(function: Callable[..., Any], hypotheses: dict[str, Any] | None = None) -> tuple[Verdict, str]:
    """What is said of a function of two truths and two nodes, and the last thing that was asked."""
    walked = [
        path
        for path, _ in paths(
            lambda path: bind(function, path)(Truth(p, path), Truth(q, path), Value(n, path), Value(m, path))
        )
    ]
    found = list(coverage.conditions([function], map(coverage.CoveringPath, walked), hypotheses or {}))
    outcome = discharge_all(found, Satisfiable(), Settings(solvers=Solvers.Z3))
    for condition in found:
        one = discharge_all([condition], Satisfiable(), Settings(solvers=Solvers.Z3))
        if one.verdict != Verdict.PROVED:
            return outcome.verdict, list(condition.hypotheses)[-1]
    return outcome.verdict, ""


def test_what_is_executed_whole_is_proved(written: Write) -> None:
    text = "def f(p, q, n, m):\n    if p and q:\n        return 1\n    if n == m:\n        return 2\n    return 3"
    assert judged(written(text)) == (Verdict.PROVED, "")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("return 1\n    return 2", "line 3: return 2"),
        ("if p:\n        return 1\n    if p:\n        return 2\n    return 3", "line 4: p is True"),
        ("if n == n:\n        return 1\n    return 2", "line 2: n == n is False"),
        ("if n == 0:\n        if n == 1:\n            return 1\n    return 2", "line 3: n == 1 is True"),
        ("for each in ():\n        x = 1\n    return 2", "line 3: x = 1"),
        ("return 1 if p or not p else 2", "line 2: p or not p is False"),
        ("return (p or q) and (p or q)", ""),
        ("return p and (not p)", ""),
        ("if p and (not p):\n        return 1\n    return 2", "line 2: p and"),
    ],
)
def test_what_no_path_comes_to_is_named(body: str, where: str, written: Write) -> None:
    function = written(f"def f(p, q, n, m):\n    {body}")
    verdict, asked = judged(function, DISTINCT)
    assert verdict in ((Verdict.UNPROVED, Verdict.VACUOUS) if where else (Verdict.PROVED,))
    assert where in asked


def test_a_branch_against_the_hypotheses_is_not_reached(written: Write) -> None:
    function = written("def f(p, q, n, m):\n    if n == 0:\n        return 1\n    return 2")
    assert judged(function) == (Verdict.PROVED, "")
    verdict, asked = judged(function, {"the node is not FREE": n != free})
    assert verdict == Verdict.VACUOUS
    assert "line 2" in asked or "line 3" in asked


def test_a_path_that_assumes_a_contradiction_comes_nowhere(written: Write) -> None:
    function = written("def f():\n    assume()\n    return 1")

    def walk(path: Path) -> None:
        bind(function, path, {"assume": lambda: path.assume({"p": p, "not p": z3.Not(p)})})()

    walked = [path for path, _ in paths(walk)]
    outcome = discharge_all(
        coverage.conditions([function], map(coverage.CoveringPath, walked)), Satisfiable(), Settings(solvers=Solvers.Z3)
    )
    assert outcome.verdict == Verdict.VACUOUS


def test_a_point_through_fewer_paths_stands_for_those_through_more(written: Write) -> None:
    function = written("def f(p, q, n, m):\n    x = 1\n    if p:\n        x = 2\n    return x")
    walked = [path for path, _ in paths(lambda path: bind(function, path)(Truth(p, path), 0, 0, 0))]
    assert len(coverage.points_of([function])) == 6
    assert len(list(coverage.conditions([function], map(coverage.CoveringPath, walked)))) == 2
