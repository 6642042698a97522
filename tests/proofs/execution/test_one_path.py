"""One path to the letter: what it knows, decides, demands, keeps for others and reaches; and how an error is placed."""

import gc
from collections.abc import Callable
from typing import Any

import pytest
import z3

from proofs.execution import path as module
from proofs.execution.contract import CALLS, Contract
from proofs.execution.monitor import bind
from proofs.execution.path import (
    Cut,
    Demand,
    ExecutionError,
    Path,
    Point,
    Raised,
    TooManyPathsError,
    conjunction,
    negated,
    paths,
)

Write = Callable[[str], Callable[..., Any]]

P, Q, R = z3.Bools("p q r")
HERE, THERE = Point("f", 3, 4, "if x", True, 7), Point("g", 1, 0, "return x")


def test_what_a_formula_is_known_to_be() -> None:
    path = Path()
    assert (path.known(z3.BoolVal(True)), path.known(z3.BoolVal(False))) == (True, False)
    assert path.known(P) is path.known(z3.Not(P)) is None
    path.note(P)
    assert (path.known(P), path.known(z3.Not(P)), path.known(z3.Not(z3.Not(P)))) == (True, False, True)
    path.note(z3.Not(Q))
    assert (path.known(Q), path.known(z3.Not(Q))) == (False, True)
    assert path.facts == [P, z3.Not(Q)]
    assert path.taken == []


def test_a_conjunction_is_known_in_its_parts_only_where_it_holds() -> None:
    path = Path()
    path.learn({"one": z3.And(P, z3.Not(Q), R), "two": z3.Not(z3.Bool("s"))})
    assert [path.known(each) for each in (P, Q, R, z3.Bool("s"))] == [True, False, True, False]
    assert (path.facts, path.assumed) == ([], {})
    path = Path()
    path.learn({"not both": z3.Not(z3.And(P, Q)), "either": z3.Or(Q, R)})
    assert [path.known(each) for each in (P, Q, R)] == [None, None, None]
    assert (path.known(z3.And(P, Q)), path.known(z3.Or(Q, R))) == (False, True)


@pytest.mark.long
def test_what_is_known_of_a_term_is_never_said_of_another_that_took_its_number() -> None:
    path = Path()
    path.learn({"of a term that nothing else holds": z3.Bool("held by the path alone")})
    gc.collect()
    others = [z3.Bool(f"other {number}") for number in range(50)]
    assert [path.known(each) for each in others] == [None] * 50


def test_assumptions_are_kept_by_name_and_known() -> None:
    path = Path()
    path.assume({"one": P, "two": z3.Not(Q)})
    path.assume({"three": R})
    assert path.assumed == {"one": P, "two": z3.Not(Q), "three": R}
    assert [path.known(each) for each in (P, Q, R)] == [True, False, True]
    assert path.facts == []
    with pytest.raises(ValueError, match="'two' is assumed twice on one path"):
        path.assume({"two": z3.Not(Q)})


def test_a_decision_follows_what_was_chosen_and_then_holds() -> None:
    path = Path((False,))
    assert [path.decide(P), path.decide(Q), path.decide(P), path.decide(z3.Not(Q))] == [False, True, False, False]
    assert (path.taken, path.facts) == ([False, True], [z3.Not(P), Q])
    path.learn({"it": R})
    assert path.decide(R) is True
    assert path.decide(z3.Not(R)) is False
    assert path.taken == [False, True]


def test_so_many_decisions_are_allowed_on_a_path_and_no_more() -> None:
    path = Path()
    for number in range(module.MOST_DECISIONS):
        path.decide(z3.Bool(f"p{number}"))
    with pytest.raises(TooManyPathsError, match=f"more than {module.MOST_DECISIONS} decisions on one way"):
        path.decide(P)
    path = Path()
    path.learn({f"{number}": z3.Bool(f"p{number}") for number in range(module.MOST_DECISIONS)})
    for number in range(module.MOST_DECISIONS):
        path.note(z3.Bool(f"q{number}"))
    assert path.decide(P)  # what was read is no decision


def test_demands_are_kept_in_order_with_what_was_known_and_are_built_when_asked_for() -> None:
    path = Path()
    built: list[str] = []

    def build(name: str) -> z3.BoolRef:
        built.append(name)
        return z3.Bool(name)

    path.note(P)
    path.note(Q)
    path.demand("it", lambda: build("a"), "a part")
    path.assume({"one": R})
    path.demand_all("all", lambda: {"x": build("b"), "y": build("c")})
    path.demand_all("none", dict)
    assert built == []
    assert [(each.what, each.facts, each.assumed, each.part) for each in path.demands] == [
        ("it", 2, 0, "a part"),
        ("all", 2, 1, ""),
        ("none", 2, 1, ""),
    ]
    assert [each.formula() for each in path.demands] == [
        z3.Bool("a"),
        z3.And(z3.Bool("b"), z3.Bool("c")),
        z3.BoolVal(True),
    ]
    assert all(isinstance(each, Demand) for each in path.demands)


def test_what_is_built_once_is_shared_by_paths_that_decided_alike() -> None:
    built: list[tuple[bool, ...]] = []

    def run(path: Path) -> list[int]:
        def build() -> int:
            built.append(tuple(path.taken))
            return len(built)

        first = path.once("it", build)
        again = path.once("it", build)
        other = path.once("another", build)
        path.note(R)
        assert path.once("it", build) is first  # what was read makes no other way
        path.decide(P)
        return [first, again, other, path.once("it", build), path.decide(Q)]

    assert [result for _, result in paths(run)] == [
        [1, 1, 2, 3, True],
        [1, 1, 2, 3, False],
        [1, 1, 2, 4, True],
        [1, 1, 2, 4, False],
    ]
    assert built == [(), (), (True,), (False,)]


def test_a_point_is_reached_first_with_what_was_known_there() -> None:
    path = Path()
    path.note(P)
    path.note(Q)
    path.demand("it", lambda: R)
    path.assume({"one": R})
    path.reach(HERE)
    path.note(z3.Bool("s"))
    path.reach(HERE)
    path.reach(THERE)
    assert path.reached == {HERE: (2, 1), THERE: (3, 1)}


def test_points_say_where_they_are() -> None:
    assert str(HERE) == "f, line 3: if x is True"
    assert str(Point("f", 3, 4, "if x", False, 7)) == "f, line 3: if x is False"
    assert str(THERE) == "g, line 1: return x"


def test_what_was_raised_says_where_and_what() -> None:
    error = ValueError("no")
    raised = Raised(error, "f, line 3")
    assert raised.exception is error
    assert str(raised) == "f, line 3: raises ValueError('no')"


def test_every_way_is_taken_in_order_of_the_last_decision() -> None:
    def run(path: Path) -> tuple[bool, ...]:
        path.note(z3.Bool("s"))
        return tuple(path.decide(each) for each in (P, Q, R))

    found = [(tuple(path.chosen), result) for path, result in paths(run)]
    yes, no = True, False
    assert sorted(result for _, result in found if result is not None) == sorted(
        (a, b, c) for a in (yes, no) for b in (yes, no) for c in (yes, no)
    )
    assert found[0] == ((), (yes, yes, yes))
    assert found[1] == ((yes, yes, no), (yes, yes, no))
    assert all(result is not None and result[: len(chosen)] == chosen for chosen, result in found)


def test_a_cut_path_has_no_result_whatever_came_before() -> None:
    def run(path: Path) -> int:
        if path.decide(P):
            return 1
        raise Cut

    assert [(path.facts, result) for path, result in paths(run)] == [([P], 1), ([z3.Not(P)], None)]


def test_so_many_ways_are_allowed_and_no_more() -> None:
    def run(path: Path) -> None:
        path.decide(P)
        path.decide(Q)

    for most in (4, 5):
        assert len(list(paths(run, most))) == 4
    with pytest.raises(TooManyPathsError, match=r"^more than 3 ways through the code$"):
        list(paths(run, 3))


def test_errors_name_the_innermost_line_of_executed_code(written: Write) -> None:
    def inner(x: Exception) -> None:
        return fail(x)

    outer = written("def f(x):\n    return inner(x)")

    def fail(error: Exception) -> None:
        raise error

    def run(error: Exception) -> str:
        def execute(path: Path) -> None:
            bind(outer, path, {"inner": bind(inner, path, {"fail": fail})})(error)

        with pytest.raises(ExecutionError) as found:
            list(paths(execute))
        assert type(found.value) is (TooManyPathsError if isinstance(error, TooManyPathsError) else ExecutionError)
        return str(found.value)

    assert outer.__module__ != __name__  # it is of another file
    place = f"{__name__}:{inner.__code__.co_firstlineno + 1}"
    assert run(TooManyPathsError("it loops")) == f"{place}: it loops"
    assert run(ExecutionError("no")) == f"{place}: no"
    assert run(KeyError("k")) == f"{place}: 'k' (KeyError)"
    assert run(Raised(ValueError("no"), "f, line 9")) == "f, line 9: raises ValueError('no')"


def test_errors_outside_of_executed_code_have_no_line() -> None:
    def run(path: Path) -> None:
        raise ExecutionError("no")

    with pytest.raises(ExecutionError, match=r"^no$"):
        list(paths(run))


def test_a_negation_and_a_conjunction_to_the_letter() -> None:
    assert negated(P).eq(z3.Not(P))
    assert negated(z3.Not(P)).eq(P)
    assert conjunction([]).eq(z3.BoolVal(True))
    assert conjunction([P]).eq(P)
    assert conjunction(iter([P, Q])).eq(z3.And(P, Q))
    assert conjunction([P, Q, R]).eq(z3.And(P, Q, R))


def test_a_call_demands_what_is_required_of_the_state_before_and_gives_the_state_after() -> None:
    path = Path()
    contract: Contract[str] = Contract(
        "callee",
        lambda state, x, y: {"it": z3.Bool(f"{state} fits {x}"), "more": z3.Bool(f"{x} before {y}")},
        lambda state, x, y: f"{state} after {x}, {y}",
    )
    assert contract.call(path, "s", 1, 2) == "s after 1, 2"
    assert contract.call(path, "t", 3, 4, what="other") == "t after 3, 4"
    assert [(each.what, each.formula()) for each in path.demands] == [
        (CALLS, z3.And(z3.Bool("s fits 1"), z3.Bool("1 before 2"))),
        ("other", z3.And(z3.Bool("t fits 3"), z3.Bool("3 before 4"))),
    ]
