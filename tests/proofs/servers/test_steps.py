"""Counterexamples to induction for people: few facts by which the step violates, and whether a run has them."""

from functools import cache

import pytest
import z3

from model.running.evaluate import Structure
from model.servers.systems.coloured_pager import ColouredPager, SecondPager
from model.servers.theory import SubsystemTheory, theory_of_subsystem
from model.spaces.dialect import CANONICAL
from proofs.engines.search.induction import least_counterexample
from proofs.engines.search.telling import Fact, holding, telling_facts
from proofs.obligation import Obligation
from proofs.obligations.servers.inventory import obligations
from proofs.servers.steps import told_step


class BarePager(ColouredPager):
    """Without what it is proved from."""

    consent = None  # type: ignore[assignment]


@cache
def refuted(kind: type[ColouredPager], name: str) -> tuple[SubsystemTheory, Obligation, Structure]:
    of = theory_of_subsystem(kind)
    obligation = next(each for each in obligations(of) if each.id == name)
    found = least_counterexample(list(obligation.conditions(CANONICAL, frozenset(of.theory.invariants))), 20)
    assert found is not None
    return of, obligation, found[0]


def test_the_facts_are_few_and_violate_the_goal() -> None:
    of, obligation, structure = refuted(BarePager, "send_map__preserves__coloured")
    step, _ = obligation.step(CANONICAL)
    facts = telling_facts(structure, step, of.theory.rigid, obligation.goal(step))
    assert {each.symbol for each in facts} >= {"client", "of_page", "of_frame"}
    assert len([each for each in facts if each.symbol not in ("src", "dst", "actor", "other")]) < 10
    solver = z3.Solver()
    solver.add(holding(facts, step, of.theory.rigid), obligation.goal(step))
    assert solver.check() == z3.unsat


def test_none_of_the_facts_can_be_left_out() -> None:
    of, obligation, structure = refuted(BarePager, "send_map__preserves__coloured")
    step, _ = obligation.step(CANONICAL)
    facts = telling_facts(structure, step, of.theory.rigid, obligation.goal(step))
    assert Fact("live", (("Slot", 0),), True) not in facts
    for fact in facts:
        solver = z3.Solver()
        solver.add(holding([each for each in facts if each != fact], step, of.theory.rigid), obligation.goal(step))
        assert solver.check() == z3.sat, fact


@pytest.mark.long
def test_a_state_that_no_run_reaches_asks_for_an_invariant() -> None:
    of, obligation, structure = refuted(BarePager, "send_map__preserves__coloured")
    lines = list(told_step(of, obligation, structure, CANONICAL))
    assert lines[0] == "a counterexample to induction, by what matters of it:"
    assert "window(t2, σ3[0])" in lines[1]
    assert lines[2].startswith("  then    t1 in σ2: send_map with t2, from σ2[0], to σ3[0]")
    assert "phys(σ3[0], frame 0)" in lines[3]
    assert lines[4].startswith("  not reached by any run of up to 4 steps on a machine with 2 colours")
    assert lines[5].endswith("--suggest looks for one")


@pytest.mark.long
def test_a_state_that_a_run_reaches_is_shown_with_it() -> None:
    of, obligation, structure = refuted(SecondPager, "listen__preserves__consent")
    lines = list(told_step(of, obligation, structure, CANONICAL))
    assert "  reached, so that no invariant rules it out; one step leads there:" in lines
    assert lines[-1].startswith("    1. t1 in ")
