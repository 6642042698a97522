"""Counterexamples to induction: of least size, states of the literal model, replayed there."""

from collections.abc import Callable

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.invariants import INVARIANTS
from model.spaces.operation import Operation
from proofs.engines.search.induction import evaluates_to, least_counterexample, literal_step, replay
from proofs.engines.smt.smallest import least_model
from proofs.obligation import Condition, Obligation
from proofs.registry import registry
from proofs.report.writers.describe import counterexample_lines, failure_lines
from proofs.result import Run
from proofs.verdict import Verdict

S = z3.DeclareSort("S")
T = z3.DeclareSort("T")
x, y = z3.Consts("x y", S)
less = z3.Function("less", S, S, z3.BoolSort())
f = z3.Function("f", S, T)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_as_many_elements_as_needed(size: int) -> None:
    constants = [z3.Const(f"c{i}", S) for i in range(size)]
    found = least_model([z3.Distinct(*constants)] if size > 1 else [constants[0] == constants[0]])
    assert found is not None
    assert found.sizes == {"S": size}


def test_two_sorts_grow_independently() -> None:
    c = [z3.Const(f"c{i}", S) for i in range(4)]
    images = z3.Distinct(f(c[0]), f(c[1]), f(c[2]))
    found = least_model([z3.Distinct(*c), images])
    assert found is not None
    assert found.sizes == {"S": 4, "T": 3}
    assert len(set(found.symbols["f"][0].tolist())) == 3


@pytest.mark.long
def test_no_model_no_finite_model_and_other_sorts() -> None:
    order = [
        z3.ForAll([x], z3.Not(less(x, x))),
        z3.ForAll([x, y, z := z3.Const("z", S)], z3.Implies(z3.And(less(x, y), less(y, z)), less(x, z))),
    ]
    assert least_model([*order, z3.Exists([x], less(x, x))]) is None
    unending = z3.ForAll([x], z3.Exists([y], less(x, y)))
    assert least_model([*order, unending], seconds=2) is None
    assert least_model([z3.Int("n") > 0]) is None


def test_the_tables_are_those_of_a_model(condition: Callable[..., Condition]) -> None:
    each = condition("grant__preserves__irreflexive", "literal-eager")
    found = least_counterexample([each], 10)
    assert found is not None
    structure, literal = found
    assert literal
    assert not evaluates_to(structure, each)
    assert evaluates_to(structure, Condition({}, {}, z3.BoolVal(True)))


def test_a_structure_as_a_literal_state() -> None:
    tables = {
        "derives": np.array([[[0, 0, 1], [0, 0, 0], [0, 0, 0]]], bool),  # 0 derives from 2; 1 is nil
        "holds": np.array([[[0], [0], [1]]], bool),
        "phys": np.array([[[1], [0], [1]]], bool),
        "right": np.array([[[1, 0], [0, 0], [1, 1]]], bool),
        "mask": np.array([[1, 0]], bool),
        "src": np.array([0]),
        "dst": np.array([1]),
    }
    scope, state, operation = literal_step(Structure(1, {"Slot": 3, "Frame": 1, "Right": 2}, tables), "map")
    assert scope == Scope(3, 1, 1)
    assert state.sigma.tolist() == [-2, -1, 0]  # the holder first, then the nil slot, then what derives
    assert state.phys.tolist() == [0, -1, 0]
    assert state.rights.tolist() == [7, 0, 4]
    assert operation == Operation("map", 2, 1, 4)


def test_owners_become_spaces() -> None:
    tables = {
        "derives": np.array([[[0, 0, 0], [1, 0, 0], [1, 1, 0]]], bool),
        "holds": np.array([[[1], [0], [0]]], bool),
        "owner": np.array([[1, 0, 0]]),
        "src": np.array([1]),
    }
    scope, state, operation = literal_step(Structure(1, {"Slot": 3, "Frame": 1, "Space": 2}, tables), "flush")
    assert scope == Scope(2, 2, 1)
    assert state.sigma.tolist() == [-2, -1, 0, 2]
    assert operation == Operation("flush", 2, -1, 7)


@pytest.mark.parametrize(
    "dialect", ["literal-eager", *(pytest.param(name, marks=pytest.mark.slow) for name in ("tree", "x2-keep"))]
)
def test_every_counterexample_that_is_literal_replays(dialect: str) -> None:
    found = 0
    for obligation in registry().values():
        readings = DIALECTS[dialect].readings
        if not isinstance(obligation, Obligation) or obligation.sometimes or not obligation.applies(readings):
            continue
        if dialect == "literal-eager" and not obligation.id.startswith(("map__preserves", "grant__on")):
            continue
        invariants = frozenset(INVARIANTS)
        least = least_counterexample(list(obligation.conditions(DIALECTS[dialect], invariants)), 10)
        if least is not None and least[1]:
            assert replay(least[0], obligation, DIALECTS[dialect], invariants).fault == ""
            found += 1
    assert found > 1


def test_what_does_not_replay_is_said(condition: Callable[..., Condition]) -> None:
    each = condition("grant__preserves__irreflexive", "literal-eager")
    found = least_counterexample([each], 10)
    assert found is not None
    obligation = registry()["grant__preserves__irreflexive"]
    assert isinstance(obligation, Obligation)
    invariants = frozenset(INVARIANTS)
    assert replay(found[0], obligation, DIALECTS["literal-eager"], invariants).fault == ""
    assert replay(found[0], obligation, CANONICAL, invariants).fault == "the literal model refuses the operation"
    other = registry()["grant__preserves__transitive"]
    assert isinstance(other, Obligation)
    fault = replay(found[0], other, DIALECTS["literal-eager"], invariants).fault
    assert fault == "on the literal model the step is as the obligation says"
    nowhere = Structure(1, found[0].sizes, {**found[0].symbols, "phys": np.zeros_like(found[0].symbols["phys"])})
    fault = replay(nowhere, other, DIALECTS["literal-eager"], invariants).fault
    assert fault.startswith("the literal state lacks what was assumed: held_frame_shows")


def test_results_carry_trace_and_counterexample(eager: Run) -> None:
    by_id = {result.obligation.id: result for result in eager.results}
    refuted = by_id["map__preserves__irreflexive"]
    assert refuted.verdict == Verdict.REFUTED
    assert refuted.counterexample is not None
    assert list(counterexample_lines(refuted.counterexample)) == [
        "a counterexample to induction of least size (1 space × 1 page × 1 frame):",
        "  σ0[0] = frame 0, P = 0, rwx",
        "then map σ0[0] → σ0[0]",
        "gives",
        "  σ0[0] = σ0[0], P = 0, rwx",
    ]
    exhausted = by_id["grant__preserves__forest"]
    assert exhausted.verdict == Verdict.EXHAUSTED
    assert "a counterexample to induction, which is no state of the literal model:" in failure_lines(exhausted)
    assert refuted.counterexample.reach is not None
    assert refuted.counterexample.reach.reachable
    assert by_id["map__preserves__transitive"].counterexample is None
