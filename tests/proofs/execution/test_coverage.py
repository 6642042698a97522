"""What no path comes to is not proved of anything: the condition about it is vacuous, and names the line."""

from collections.abc import Callable
from typing import Any

import pytest
import z3

from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution import coverage
from proofs.execution.monitor import bind
from proofs.execution.path import Path, Point, paths
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


def reaching(*places: Point, facts: tuple[z3.BoolRef, ...] = ()) -> Path:
    path = Path()
    for fact in facts:
        path.note(fact)
    for place in places:
        path.reach(place)
    return path


def test_a_path_is_possible_where_all_that_is_given_decided_and_assumed_is() -> None:
    path = reaching(facts=(p, q))
    path.assume({"one": z3.Bool("r"), "two": z3.Bool("s")})
    given = {"first": z3.Bool("t"), "second": z3.Bool("u")}
    way = coverage.CoveringPath(path, given).way()
    parts = [z3.And(z3.Bools("t u")), z3.And(p, q), z3.And(z3.Bools("r s"))]
    assert way.eq(z3.And(*parts))
    parts = [z3.Bool("t"), z3.And(p, q), z3.Bool("s")]
    assert coverage.CoveringPath(path, given, {"first", "two"}.__contains__).way().eq(z3.And(*parts))


def test_each_point_is_asked_for_through_all_its_paths_and_the_hypotheses(written: Write) -> None:
    function = written("def f(p, q):\n    if p:\n        x = 1\n    else:\n        x = 2\n    return x\n    return q")
    other = written("def g():\n    return 3")
    points = coverage.points_of([function, other])
    assert [point.text for point in points] == ["if p", "p", "p", "x = 1", "x = 2", "return x", "return q", "return 3"]
    both, yes, no, one, two, end, never, elsewhere = points
    runs = [
        coverage.CoveringPath(reaching(both, yes, one, end, facts=(p,))),
        coverage.CoveringPath(reaching(both, no, two, end, elsewhere, facts=(z3.Not(p),)), {"given": q}),
        coverage.CoveringPath(reaching(both, yes, one, end, elsewhere, facts=(p, q))),
    ]
    known = {"known": z3.Bool("k")}
    found = list(coverage.conditions([function, other], runs, known))
    true = z3.BoolVal(True)
    missing, third, first = found
    what = f"no way leads to {never}"
    assert (missing.hypotheses, missing.about) == ({what: true}, {what: "guard"})
    assert missing.goal.eq(z3.BoolVal(False))
    for condition, point, some in ((third, no, [runs[1]]), (first, yes, [runs[0], runs[2]])):
        what = f"some way leads to {point}"
        assert list(condition.hypotheses) == ["known", what]
        assert condition.hypotheses["known"].eq(z3.Bool("k"))
        assert condition.hypotheses[what].eq(z3.Or(*(run.way() for run in some)))
        assert condition.about == {"known": "invariant", what: "guard"}
        assert condition.goal.eq(true)


def test_several_points_that_no_way_leads_to_are_all_named(written: Write) -> None:
    function = written("def f():\n    return 1\n    x = 2\n    return x")
    found = list(coverage.conditions([function], [coverage.CoveringPath(reaching(coverage.points_of([function])[0]))]))
    assert [list(each.hypotheses)[-1].partition(" leads")[0] for each in found] == ["no way", "no way", "some way"]
    assert [z3.is_false(each.goal) for each in found] == [True, True, False]
    assert list(found[-1].hypotheses) == [f"some way leads to {coverage.points_of([function])[0]}"]


def test_where_nothing_was_executed_each_point_is_missed_once(written: Write) -> None:
    function = written("def f():\n    x = 1\n    return x")
    found = list(coverage.conditions([function], []))
    assert [list(each.hypotheses) for each in found] == [
        [f"no way leads to {point}"] for point in coverage.points_of([function])
    ]
