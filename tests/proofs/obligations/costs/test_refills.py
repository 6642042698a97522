"""Refills after a switch (P2): what is proved, which wrong rules fall, and the rule against the machine's buffer."""

from itertools import product
from random import Random
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.formats import X86_32
from machine.tlb import Replacement, Tlb
from machine.walker import Translation
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.numbers import value_of
from proofs.engines.smt.outcome import Settings
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.costs import OF_COSTS, RULES
from proofs.faults.hunts.proof_of_code import find, find_for
from proofs.obligations.costs import refills, strings
from proofs.obligations.costs.refills import INVARIANTS, RULE, any_reference, before, hypotheses, kept, switched
from proofs.obligations.costs.replacement import LRU, Rule, misses, step
from proofs.registry import registry
from proofs.verdict import Verdict

SATISFIABLE = Satisfiable()
pages = st.lists(st.integers(0, 9), max_size=80)
MINE = [each.id for each in (*refills.obligations(), *strings.obligations())]


@pytest.mark.long
@pytest.mark.parametrize("name", MINE)
def test_two_solvers_prove_it(name: str) -> None:
    conditions = registry()[name].conditions(CANONICAL, frozenset())
    outcome = discharge_all(conditions, SATISFIABLE, Settings(seconds=20.0))
    assert outcome.verdict == Verdict.PROVED, outcome.reason
    assert len({answer.solver for answer in outcome.answers}) == 2


@pytest.mark.parametrize("name", MINE)
def test_each_obligation_falls_by_a_fault(name: str) -> None:
    found = find_for(name)
    assert found is not None
    assert found.fell == (name,)


@pytest.mark.parametrize("fault", OF_COSTS)
def test_each_fault_falls(fault: str) -> None:
    assert find(fault, few=True).killed


def test_every_wrong_rule_is_a_fault() -> None:
    assert {f"buffer-{name}" for name in RULES} == {name for name in OF_COSTS if RULE in OF_COSTS[name].code.costs}


def run(string: list[int], capacity: int, history: list[int]) -> dict[str, Any]:
    """What the symbols of the proof stand for after a string, with that history of the buffer without the switch."""
    warm: list[int] = []
    for page in history:
        warm, _ = step(warm, page, capacity)
    cold, missed = list[int](), [0, 0]
    for page in string:
        cold, one = step(cold, page, capacity)
        warm, other = step(warm, page, capacity)
        missed = [missed[0] + one, missed[1] + other]
    beyond, every = range(-12, 12), range(-1, 12)
    return {
        "capacity": capacity,
        "cold": {(n,): cold[n] if 0 <= n < len(cold) else -1 for n in beyond},
        "warm": {(n,): warm[n] if 0 <= n < len(warm) else -1 for n in beyond},
        "cold_length": len(cold),
        "warm_length": len(warm),
        "cold_misses": missed[0],
        "warm_misses": missed[1],
        "pages": len(set(string)),
        "seen": {(page,): page in string for page in every},
        "stands": {(page,): cold.index(page) if page in cold else 9 for page in every},
    }


def looked_up(name: str, stack: dict[tuple[int], int], page: int) -> dict[str, Any]:
    place = next((n for (n,), held in stack.items() if n >= 0 and held == page), None)
    return {f"{name}_hit": place is not None, f"{name}_place": place or 0}


@pytest.fixture(scope="module")
def assumed() -> dict[str, z3.BoolRef]:
    """What the step of the induction may use."""
    return {**kept(before()), **hypotheses(before(), any_reference(before()), refills.ANYWHERE)}


@pytest.mark.parametrize("seed", range(12))
def test_what_is_assumed_holds_of_buffers_that_run(seed: int, assumed: dict[str, z3.BoolRef]) -> None:
    """Invariants and look-ups of the induction, evaluated on two buffers after a string; the switch on new ones."""
    random = Random(seed)
    string, history = (random.choices(range(10), k=random.randrange(1, 30)) for _ in range(2))
    capacity, page = 1 + seed % 8, random.randrange(10)
    values = run(string, capacity, history) | {"i": random.randrange(8), "j": random.randrange(8), "other": seed % 10}
    found = looked_up("cold", values["cold"], page) | looked_up("warm", values["warm"], page)
    wrong = [name for name, formula in assumed.items() if not value_of(formula, values | found | {"page": page})]
    assert not wrong
    new = run([], capacity, history) | {"i": 0, "j": 1, "other": 2}
    assert all(value_of(formula, new) for formula in switched(before()).values())


@pytest.mark.parametrize("name", INVARIANTS)
def test_an_invariant_is_false_of_some_state(name: str) -> None:
    """Else it would say nothing."""
    wrong: dict[str, dict[str, Any]] = {
        "lengths": {"cold_length": 3},
        "prefix": {"warm": {(0,): 2, (1,): 1}},
        "different": {"warm": {(0,): 1, (1,): 1}},
        "only_seen": {"seen": {(1,): False, (2,): True}},
        "all_seen": {"stands": {(1,): 1, (2,): 0}},
        "filled": {"pages": 1},
        "extra": {"cold_misses": 5},
        "once": {"cold_misses": 3},
    }
    values = run([2, 1], 2, []) | {"i": 0, "j": 1, "other": 1}
    formula = INVARIANTS[name][1](before(), refills.ANYWHERE)
    assert value_of(formula, values)
    assert not value_of(formula, values | wrong[name])


def extra(string: list[int], capacity: int, history: list[int], rule: Rule = LRU) -> int:
    """The misses that a switch adds, after that history."""
    warm: list[int] = []
    for page in history:
        warm, _ = step(warm, page, capacity, rule)
    return misses(string, capacity, rule=rule) - misses(string, capacity, warm, rule)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(pages, st.integers(1, 8), pages)
def test_a_switch_adds_at_most_min_n_s(string: list[int], capacity: int, history: list[int]) -> None:
    assert extra(string, capacity, history) <= min(len(set(string)), capacity)
    if len(set(string)) <= capacity:
        assert misses(string, capacity) == len(set(string))


@pytest.mark.long
def test_first_in_first_out_refills_more() -> None:
    """What counts no hit as a use may refill more than min(n, s) after a switch: 4 times, of 2 places."""
    found = max(
        (extra(list(string), 2, list(history), RULES["first-in-first-out"]), string, history)
        for length in range(1, 8)
        for string in product(range(3), repeat=length)
        for history in product(range(3), repeat=2)
    )
    assert found[0] == 4


@settings(max_examples=150, deadline=None)
@given(pages, st.integers(1, 8))
def test_the_rule_is_that_of_the_machines_buffer(string: list[int], capacity: int) -> None:
    tlb, stack, missed = Tlb(X86_32, capacity), list[int](), 0
    for page in string:
        stack, counted = step(stack, page, capacity)
        missed += counted
        if tlb.lookup(page << 12, 0, 4) is None:
            tlb.insert(page << 12, 0, 4, Translation(page << 12, 0, page, 0, False, False))
            missed -= 1
        assert [entry.page for entry in reversed(tlb.entries())] == stack
    assert missed == 0


def test_the_comparison_would_see_another_rule() -> None:
    tlb = Tlb(X86_32, 2, replacement=Replacement.FIFO)
    for page in (1, 2, 1):
        if tlb.lookup(page << 12, 0, 4) is None:
            tlb.insert(page << 12, 0, 4, Translation(page << 12, 0, page, 0, False, False))
    assert [entry.page for entry in reversed(tlb.entries())] == [2, 1] != step([2, 1], 1, 2)[0]
