"""Ranges: what is proved, what falls in each wrong reading, and that every obligation and every fault meet."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import z3

from model.ranges.readings import RangeReadings, range_dialect_named
from model.ranges.theories import theory_of_ranges
from model.ranges.theory import is_target, map_range
from model.ranges.vocabulary import RangeCall, called, d_
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from model.spaces.invariants import INVARIANTS
from model.spaces.vocabulary import Action, State, before
from proofs.engines.smt.outcome import Settings
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.faults.theory import INITIAL_FAULTS, RANGE_FAULTS
from proofs.faults.theory.range_fault import RangeFault
from proofs.obligation import Condition, Obligation
from proofs.obligations.ranges.inventory import of_ranges
from proofs.obligations.ranges.page_by_page import wider
from proofs.verdict import Verdict

EVERY = frozenset(INVARIANTS)


def answer(condition: Condition) -> str:
    solver = z3.Solver()
    solver.set("timeout", 10_000)
    solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
    return str(solver.check())


def always(name: str = "canonical") -> list[Obligation]:
    found = of_ranges(range_dialect_named(name)).values()
    return [o for o in found if not o.sometimes and o.applies(CANONICAL.readings)]


def condition(obligation: Obligation) -> Condition:
    (only,) = obligation.conditions(CANONICAL, EVERY)
    return only


def falling(name: str, *actions: str) -> set[str]:
    return {o.id for o in always(name) if o.action in actions and answer(condition(o)) == "sat"}


@pytest.mark.long
def test_all_of_canonical_is_proved_in_the_decidable_fragment() -> None:
    conditions = {o.id: condition(o) for o in always()}
    assert len(conditions) == 107
    assert {name for name, each in conditions.items() if answer(each) != "unsat"} == set()
    assert {name for name, each in conditions.items() if outside_of_fragment(each)} == set()


@pytest.mark.slow
@pytest.mark.parametrize("id", [o.id for o in always()])
def test_both_solvers_prove_it_from_hypotheses_with_a_model(id: str) -> None:
    outcome = discharge(condition(of_ranges()[id]), Satisfiable(), Settings())
    assert outcome.verdict == Verdict.PROVED


@pytest.mark.long
def test_without_the_joint_condition_a_map_dangles_and_pages_have_an_order() -> None:
    fallen = falling("canonical with crossing=allowed", "map_range")
    assert {each.rpartition("__")[2] for each in fallen if "__preserves__" in each} == {
        "phys_coherent",
        "access_ends_at_holder",
        "no_dangling_link",
        "rights_never_grow",
    }
    assert "ranges__map_range__is_page_by_page__live" in fallen
    assert "ranges__map_range__lets__the_last_page_go" in fallen


def asks_more_of_fewer(make: Callable[..., Action[Any, Any]]) -> list[str]:
    """What is asked of a range without a page that is not asked of the range with it."""
    whole, rest = (make(CANONICAL, before, call).guard for call in (wider(called), called))
    return [name for name, formula in rest.items() if answer(Condition(whole, {}, formula)) != "unsat"]


@pytest.mark.parametrize("name", ["canonical", "canonical with holes=emptied", "canonical with crossing=allowed"])
@pytest.mark.parametrize("action", ["map_range", "grant_range"])
def test_what_may_go_at_once_may_go_without_a_page(name: str, action: str) -> None:
    """The other half of the induction's step: the proof that the last page may go takes it for granted."""
    assert asks_more_of_fewer(theory_of_ranges(range_dialect_named(name)).actions[action]) == []


def test_a_condition_on_some_page_of_a_range_is_noticed() -> None:
    def make(dialect: Dialect, s: State, c: RangeCall) -> Action[State, RangeCall]:
        right = map_range(RangeReadings(), dialect, s, c)
        return replace(right, guard={**right.guard, "some page goes": z3.Exists([d_], is_target(c.to, d_))})

    assert asks_more_of_fewer(make) == ["some page goes"]


def test_own_pages_of_a_range_that_stay_dangle() -> None:
    fallen = falling("canonical with own=range", "flush_range")
    assert "ranges__flush_range__preserves__no_dangling_link" in fallen
    assert "ranges__flush_range__leaves__nothing_below" in fallen


@pytest.mark.slow
def test_emptied_holes_keep_every_invariant_and_change_more() -> None:
    assert falling("canonical with holes=emptied", "map_range") == {"ranges__map_range__changes__nothing_else"}


def test_other_dialects_of_pages_claim_nothing_of_ranges() -> None:
    for dialect in DIALECTS.values():
        claimed = [o for o in of_ranges().values() if o.applies(dialect.readings)]
        assert bool(claimed) == (dialect.readings == CANONICAL.readings)


def about(fault: RangeFault) -> Iterator[Obligation]:
    return (o for o in of_ranges().values() if o.action == fault.action and not o.sometimes)


@cache
def felled_by(name: str) -> frozenset[str]:
    fault = RANGE_FAULTS[name]
    return frozenset(o.id for o in about(fault) if answer(fault.condition(o, CANONICAL, EVERY)) == "sat")


QUICK = ("range-crossing-map", "range-crossing-grant", "range-wrong-offset-grant", "range-own-stays", "range-too-wide")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in RANGE_FAULTS]
)
def test_some_obligation_falls_by_every_fault(name: str) -> None:
    fault = RANGE_FAULTS[name]
    assert any(answer(fault.condition(o, CANONICAL, EVERY)) == "sat" for o in about(fault))


@pytest.mark.slow
def test_every_obligation_falls_by_some_fault() -> None:
    fallen = frozenset[str]().union(*(felled_by(name) for name in RANGE_FAULTS))
    initial = {
        o.id
        for o in of_ranges().values()
        if o.of_initial_state
        and any(answer(fault.condition(o, CANONICAL, EVERY)) == "sat" for fault in INITIAL_FAULTS.values())
    }
    assert {o.id for o in always()} == fallen | initial


def test_two_pages_of_one_tree_can_go_together() -> None:
    guard = of_ranges()["ranges__map_range__shows__frames"]
    both = of_ranges()["ranges__map_range__can_happen"]
    given = condition(guard).hypotheses
    step, _ = both.step(CANONICAL)
    solver = z3.Solver()
    solver.add(*given.values(), both.goal(step))
    assert solver.check() == z3.sat
