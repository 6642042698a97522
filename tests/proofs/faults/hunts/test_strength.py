"""The parts of a demand, and the faults that fall by one of them alone."""

import pytest
from z3 import And, BoolRef, Bools, Implies

from proofs.execution.values import DISTINCT
from proofs.faults.hunts import strength
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, hints, judged
from proofs.faults.hunts.strength import (
    FILE,
    Strength,
    failing,
    in_parts,
    number_of_parts,
    parts,
    read_strength,
    search,
)
from proofs.obligation import Condition
from proofs.obligations.source import CODE

p, q, r, way, other = Bools("p q r way other")
HINTED = frozenset(name for fell in hints().values() for name in fell)
FOUND = read_strength().found
QUICK = [name for name in FOUND if name.startswith(("link_leaf__", "tags_start__"))]


def condition(goal: BoolRef, **hypotheses: BoolRef) -> Condition:
    given = {**DISTINCT, **hypotheses}
    return Condition(given, dict.fromkeys(given, "invariant"), goal)


def goals(*conditions: Condition) -> list[list[BoolRef]]:
    return [[one.goal for one in some] for some in parts(conditions)]


def test_each_conjunct_is_a_part() -> None:
    assert goals(condition(Implies(way, And(p, And(q, r))))) == [
        [Implies(way, p)],
        [Implies(way, q)],
        [Implies(way, r)],
    ]


def test_ways_demand_the_same() -> None:
    both = condition(And(Implies(way, And(p, q)), Implies(other, And(q, r))))
    assert goals(both) == [
        [And(Implies(way, p), Implies(other, q))],
        [And(Implies(way, q), Implies(other, r))],
    ]
    assert goals(condition(Implies(way, p)), condition(Implies(other, q))) == [[Implies(way, p), Implies(other, q)]]
    assert goals(condition(Implies(way, p)), condition(Implies(way, q), more=r)) == [[Implies(way, p), Implies(way, q)]]


def test_conditions_of_one_case_demand_different_things() -> None:
    assert goals(condition(Implies(way, p)), condition(Implies(way, q))) == [[Implies(way, p)], [Implies(way, q)]]


def test_what_is_not_of_paths_is_in_parts_as_it_stands() -> None:
    plain = Condition({}, {}, And(Implies(way, And(p, q)), Implies(other, r)))
    assert goals(plain) == [[Implies(way, p)], [Implies(way, q)], [Implies(other, r)]]


def test_the_code_that_runs_fails_nowhere() -> None:
    assert failing("link_leaf__preserves__neighbours", CODE) == frozenset()
    assert number_of_parts("link_leaf__preserves__neighbours") == 3


@pytest.mark.long
def test_a_fault_fails_where_it_is_wrong() -> None:
    code = CODE_FAULTS["link-leaf-prev-sibling-unwritten"].code
    assert failing("link_leaf__preserves__neighbours", code) == frozenset({2})
    assert failing("link_leaf__preserves__neighbours", code, at_most=1) == frozenset({2})
    assert failing("link_leaf__preserves__neighbours", code, at_most=0) is None


def test_code_that_cannot_be_executed_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise ValueError("as told")

    monkeypatch.setattr(strength, "_conditions", refuse)
    assert failing("link_leaf__preserves__neighbours", CODE) is None


def test_each_obligation_about_code_has_a_fault_that_falls_by_it() -> None:
    assert set(judged()) <= HINTED


def test_what_is_kept_is_of_obligations_that_there_are() -> None:
    assert FOUND.keys() <= set(in_parts())
    assert all(set(each.alone) <= set(range(each.parts)) for each in FOUND.values())
    assert (
        {fault for each in FOUND.values() for fault in each.alone.values()}
        <= read_strength().faults
        <= CODE_FAULTS.keys()
    )


@pytest.mark.slow
def test_what_is_kept_is_of_demands_as_they_are() -> None:
    assert {name: each.parts for name, each in FOUND.items()} == {name: number_of_parts(name) for name in FOUND}


def test_what_is_kept_is_read_as_it_was_written() -> None:
    assert FILE.read_text("utf-8") == read_strength().written()


def test_no_fault_is_tried_but_the_given_ones() -> None:
    fault = "link-leaf-prev-sibling-unwritten"
    assert search("link_leaf__preserves__neighbours", [fault]) == Strength(3, {2: fault})
    assert search("link_leaf__preserves__neighbours", ()) == Strength(3, {})


def test_parts_without_a_witness_are_told() -> None:
    assert Strength(3, {1: "fault"}).without == [0, 2]


@pytest.mark.parametrize("obligation", QUICK)
def test_without_its_part_a_demand_lets_a_fault_through(obligation: str) -> None:
    """The fault falls by the part, and what is left of the demand is proved of it."""
    said = FOUND[obligation]
    assert number_of_parts(obligation) == said.parts
    for part, fault in said.alone.items():
        assert failing(obligation, CODE_FAULTS[fault].code) == frozenset({part})


@pytest.mark.slow
@pytest.mark.parametrize("obligation", sorted(FOUND.keys() - set(QUICK)))
def test_the_same_of_every_obligation(obligation: str) -> None:
    test_without_its_part_a_demand_lets_a_fault_through(obligation)


@pytest.mark.slow
@pytest.mark.parametrize("obligation", FOUND)
def test_no_witness_is_missed(obligation: str) -> None:
    """Of the faults that were tried, as the file says, none shows another part to be needed."""
    assert search(obligation, read_strength().faults).alone.keys() == FOUND[obligation].alone.keys()
