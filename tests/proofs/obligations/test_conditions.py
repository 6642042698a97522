"""Conditions about code: each demand of each path once, with what was assumed there, and that some path leads there."""

from collections.abc import Callable
from typing import Any

import pytest
import z3

from model.running.z3_terms import conjuncts
from model.spaces.dialect import CANONICAL
from model.spaces.theory import Formula
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import Path, paths
from proofs.execution.values import DISTINCT
from proofs.obligation import Condition
from proofs.obligations.code import SOME_WAY, CodeObligation, Split, conditions_of
from proofs.verdict import Verdict

A, B, C, D = z3.Bools("a b c d")
GIVEN = {"given": z3.Bool("given")}
ASKED = "what is asked"
Run = Callable[[Path], Any]


def conditions(run: Run, split: Split = Split.NOT, what: str = ASKED) -> list[Condition]:
    return list(conditions_of([path for path, _ in paths(run)], GIVEN, what, split))


def verdict(run: Run) -> Verdict:
    walked = (path for path, _ in paths(run))
    return discharge_all(conditions_of(walked, GIVEN, ASKED), Satisfiable(), Settings(Solvers.Z3)).verdict


def demand(path: Path, formula: Formula, what: str = ASKED) -> None:
    path.demand(what, lambda: formula)


def test_hypotheses_are_those_given_and_what_was_assumed_there() -> None:
    def run(path: Path) -> None:
        path.assume({"first": A})
        demand(path, B)
        path.assume({"second": C})
        demand(path, D)

    one, two = conditions(run)
    common = {**DISTINCT, **GIVEN, "first": A}
    true = z3.BoolVal(True)
    assert one.hypotheses == {**common, SOME_WAY: z3.Or(true)}
    assert two.hypotheses == {**common, "second": C, SOME_WAY: z3.Or(true)}
    assert (one.goal, two.goal) == (z3.Implies(true, B), z3.Implies(true, D))
    assert [*one.hypotheses][-2:] == ["first", SOME_WAY]
    about = dict.fromkeys([*DISTINCT, "given"], "invariant")
    assert one.about == {**about, "first": "assumption", SOME_WAY: "guard"}
    assert two.about == {**about, "first": "assumption", "second": "assumption", SOME_WAY: "guard"}


def test_some_way_is_one_of_the_paths_that_meet_a_demand() -> None:
    def run(path: Path) -> None:
        path.assume({"first": A})
        demand(path, D if path.decide(B) else C)

    (condition,) = conditions(run)
    assert condition.hypotheses[SOME_WAY] == z3.Or(B, z3.Not(B))
    assert condition.goal == z3.And(z3.Implies(B, D), z3.Implies(z3.Not(B), C))


@pytest.mark.parametrize("split", Split)
def test_a_condition_is_complete_when_it_is_handed_out(split: Split) -> None:
    def run(path: Path) -> None:
        path.assume({"first": A})
        demand(path, B)
        path.assume({"second": C})
        demand(path, D)

    walked = [path for path, _ in paths(run)]
    handed_out = 0
    for each in conditions_of(walked, GIVEN, ASKED, split):
        handed_out += 1
        assert {SOME_WAY, "given", "first"} <= each.hypotheses.keys() == each.about.keys()
    assert handed_out == 2


def test_where_nothing_is_assumed_a_path_is_not_asked_to_lead_there() -> None:
    def run(path: Path) -> None:
        path.decide(B)
        demand(path, C)

    (condition,) = conditions(run)
    assert condition.hypotheses == {**DISTINCT, **GIVEN}


def test_a_demand_behind_a_contradiction_is_vacuous_and_not_proved() -> None:
    def run(path: Path) -> None:
        if path.decide(B):
            path.assume({"a contract": z3.Not(B)})
            demand(path, z3.BoolVal(False))

    assert verdict(run) == Verdict.VACUOUS
    # Without that hypothesis it would be proved.
    without = [
        Condition({name: formula for name, formula in each.hypotheses.items() if name != SOME_WAY}, {}, each.goal)
        for each in conditions(run)
    ]
    assert discharge_all(without, Satisfiable(), Settings(Solvers.Z3)).verdict == Verdict.PROVED


def test_assumptions_that_contradict_each_other_are_vacuous_and_not_proved() -> None:
    def run(path: Path) -> None:
        path.assume({"one": A, "other": z3.Not(A)})
        demand(path, A)

    assert verdict(run) == Verdict.VACUOUS


def test_a_demand_is_proved_only_if_it_holds_on_every_path() -> None:
    def run(path: Path) -> None:
        if path.decide(A):
            demand(path, A)
        elif path.decide(B):
            demand(path, z3.And(z3.Not(A), B))
        else:
            demand(path, C)

    assert verdict(run) == Verdict.UNPROVED

    def right(path: Path) -> None:
        demand(path, A if path.decide(A) else z3.Not(A))

    assert verdict(right) == Verdict.PROVED


def test_a_demand_that_no_path_meets_proves_nothing() -> None:
    def run(path: Path) -> None:
        demand(path, A, "another")

    assert conditions(run) == []
    assert verdict(run) == Verdict.ERROR


def test_what_several_paths_met_before_they_parted_is_demanded_once() -> None:
    def run(path: Path) -> None:
        path.decide(A)
        demand(path, C)
        demand(path, D, "another")
        path.decide(B)
        demand(path, D)

    (condition,) = conditions(run)
    parts = {z3.Implies(A, C).get_id(), z3.Implies(z3.Not(A), C).get_id()}
    ways = [z3.And(a, b) for a in (A, z3.Not(A)) for b in (B, z3.Not(B))]
    parts |= {z3.Implies(way, D).get_id() for way in ways}
    assert {part.get_id() for part in conjuncts(condition.goal)} == parts
    assert len(condition.goal.children()) == 6


def test_two_demands_at_one_point_are_two() -> None:
    def run(path: Path) -> None:
        demand(path, C)
        demand(path, D)

    (condition,) = conditions(run)
    true = z3.BoolVal(True)
    assert condition.goal == z3.And(z3.Implies(true, C), z3.Implies(true, D))


def test_splitting_changes_how_many_conditions_there_are_and_not_what_they_say() -> None:
    def run(path: Path) -> None:
        demand(path, z3.And(C, z3.And(D, A)) if path.decide(B) else z3.And(A, C, D))

    no, yes = z3.Not(B), B
    (whole,) = conditions(run)
    assert whole.goal == z3.And(z3.Implies(yes, z3.And(C, z3.And(D, A))), z3.Implies(no, z3.And(A, C, D)))
    by_path = [each.goal for each in conditions(run, Split.PATHS)]
    assert by_path == [z3.Implies(yes, z3.And(C, z3.And(D, A))), z3.Implies(no, z3.And(A, C, D))]
    pairs = [(C, A), (D, C), (A, D)]
    by_part = [each.goal for each in conditions(run, Split.PARTS)]
    assert by_part == [z3.And(z3.Implies(yes, one), z3.Implies(no, other)) for one, other in pairs]
    assert {tuple(each.hypotheses) for each in conditions(run, Split.PARTS)} == {tuple(whole.hypotheses)}


def test_parts_that_are_not_as_many_on_every_path_are_asked_by_their_number() -> None:
    def run(path: Path) -> None:
        demand(path, z3.And(C, D) if path.decide(B) else A)

    goals = {each.goal.sexpr() for each in conditions(run, Split.PARTS)}
    assert goals == {z3.Implies(z3.Not(B), A).sexpr(), z3.Implies(B, C).sexpr(), z3.Implies(B, D).sexpr()}


def test_the_same_path_and_goal_is_one_condition() -> None:
    def run(path: Path) -> None:
        demand(path, C)
        demand(path, C)
        demand(path, D)

    true = z3.BoolVal(True)
    assert [each.goal for each in conditions(run, Split.PATHS)] == [z3.Implies(true, C), z3.Implies(true, D)]


def test_of_several_parts_of_a_demand_one_is_asked_for_or_all() -> None:
    def run(path: Path) -> None:
        path.demand(ASKED, lambda: A, "one part")
        path.demand(ASKED, lambda: B, "another")
        path.demand(ASKED, lambda: C)
        path.demand("another", lambda: D, "one part")

    walked = [path for path, _ in paths(run)]
    true = z3.BoolVal(True)

    def goals(part: str | None) -> list[Formula]:
        found = conditions_of(walked, GIVEN, ASKED, Split.PATHS, part)
        return [each.goal for each in found]

    assert goals("one part") == [z3.Implies(true, A)]
    assert goals("another") == [z3.Implies(true, B)]
    assert goals("") == [z3.Implies(true, C)]
    assert goals(None) == [z3.Implies(true, A), z3.Implies(true, B), z3.Implies(true, C)]
    assert goals("none of them") == []


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        (A, [A]),
        (z3.And(A, B), [A, B]),
        (z3.And(A, z3.And(B, z3.Or(C, D))), [A, B, z3.Or(C, D)]),
        (z3.Or(A, B), [z3.Or(A, B)]),
    ],
)
def test_conjuncts(formula: Formula, parts: list[Formula]) -> None:
    assert conjuncts(formula) == parts


def test_an_obligation_builds_its_conditions_of_the_code_that_it_is_given() -> None:
    given: list[Any] = []

    def build(*arguments: Any) -> list[Condition]:
        given.append(arguments)
        return [Condition({}, {}, A)]

    code: Any = object()
    obligation = CodeObligation("a__b__c", "", "", build)
    assert list(obligation.conditions(CANONICAL, frozenset({"forest"}), code)) == [Condition({}, {}, A)]
    assert given == [(CANONICAL, code)]
