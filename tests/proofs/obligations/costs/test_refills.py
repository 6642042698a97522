"""Refills after a switch (P2): what is proved, which wrong rules fall, and the rule against the machine's buffer."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.formats import X86_32
from machine.tlb import Replacement, Tlb
from machine.walker import Translation
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.obligations.costs import refills
from proofs.obligations.costs.refills import INVARIANTS, preserved
from proofs.obligations.costs.replacement import LRU, WRONG, Rule, misses, step
from proofs.registry import registry
from proofs.verdict import Verdict

QUICK = Settings(solvers=Solvers.Z3, seconds=20.0)
SATISFIABLE = Satisfiable()
strings = st.lists(st.integers(0, 9), max_size=80)
MINE = [each.id for each in refills.obligations()]


@pytest.mark.parametrize("name", MINE)
def test_two_solvers_prove_it(name: str) -> None:
    conditions = registry()[name].conditions(CANONICAL, frozenset())
    outcome = discharge_all(conditions, SATISFIABLE, Settings(seconds=20.0))
    assert outcome.verdict == Verdict.PROVED, outcome.reason
    assert len({answer.solver for answer in outcome.answers}) == 2


def falls(name: str, rule: Rule) -> bool:
    return discharge_all([preserved(name, rule)], SATISFIABLE, QUICK).verdict == Verdict.UNPROVED


@pytest.mark.parametrize("name", INVARIANTS)
def test_each_invariant_falls_by_a_wrong_rule(name: str) -> None:
    assert any(falls(name, rule) for rule in WRONG.values())


@pytest.mark.parametrize("wrong", WRONG)
def test_each_wrong_rule_falls(wrong: str) -> None:
    assert any(falls(name, WRONG[wrong]) for name in INVARIANTS)


def extra(string: list[int], capacity: int, history: list[int], rule: Rule = LRU) -> int:
    """The misses that a switch adds, after that history."""
    warm: list[int] = []
    for page in history:
        warm, _ = step(warm, page, capacity, rule)
    return misses(string, capacity, rule=rule) - misses(string, capacity, warm, rule)


@settings(max_examples=300, deadline=None)
@given(strings, st.integers(1, 8), strings)
def test_a_switch_adds_at_most_min_n_s(string: list[int], capacity: int, history: list[int]) -> None:
    assert extra(string, capacity, history) <= min(len(set(string)), capacity)
    if len(set(string)) <= capacity:
        assert misses(string, capacity) == len(set(string))


def test_first_in_first_out_refills_more() -> None:
    """What counts no hit as a use may refill more than min(n, s) after a switch: 4 times, of 2 places."""
    found = max(
        (extra(list(string), 2, list(history), WRONG["first-in-first-out"]), string, history)
        for length in range(1, 8)
        for string in product(range(3), repeat=length)
        for history in product(range(3), repeat=2)
    )
    assert found[0] == 4


@settings(max_examples=150, deadline=None)
@given(strings, st.integers(1, 8))
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
