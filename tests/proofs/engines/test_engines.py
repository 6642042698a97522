"""The engines: what is proved, refuted, vacuous or unknown; the fragment; the pool. Nothing but a proof passes."""

from itertools import product

import pytest
import z3

from model.spaces import theory as t
from model.spaces.dialect import CONDITIONS, DIALECTS, dialect_named
from model.spaces.invariants import INVARIANTS
from proofs.engines import pool
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Solvers
from proofs.engines.smt.solver import Satisfiable, Settings, discharge
from proofs.engines.terms.fragment import outside_of_fragment, sort_graph
from proofs.obligation import Condition, condition_of
from proofs.registry import registry
from proofs.two_runs import about_model
from proofs.verdict import EXIT_ALARM, EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED, Verdict, exit_status
from tests.proofs.engines import broken_conditions
from tests.proofs.named import obligation_named

EVERYTHING = frozenset(INVARIANTS)
NOT_A_PASS = [verdict for verdict in Verdict if not verdict.passed]


def condition(goal: z3.BoolRef, **hypotheses: z3.BoolRef) -> Condition:
    return Condition(hypotheses, dict.fromkeys(hypotheses, "assumption"), goal)


p, q = z3.Bools("p q")


@pytest.mark.parametrize("solvers", list(Solvers))
def test_a_condition_is_proved_refuted_or_vacuous(solvers: Solvers) -> None:
    settings = Settings(solvers=solvers)
    proved = discharge(condition(q, one=p, two=z3.Implies(p, q)), Satisfiable(), settings)
    assert proved.verdict == Verdict.PROVED
    assert discharge(condition(q, one=p), Satisfiable(), settings).verdict == Verdict.UNPROVED
    vacuous = discharge(condition(q, one=p, two=z3.Not(p), three=q), Satisfiable(), settings)
    assert vacuous.verdict == Verdict.VACUOUS
    assert set(vacuous.used) == {"one", "two"}
    assert "one" in vacuous.reason
    assert "two" in vacuous.reason


def test_hypotheses_that_the_proof_does_not_need_are_named() -> None:
    outcome = discharge(condition(q, needed=p, rule=z3.Implies(p, q), idle=z3.Bool("r")), Satisfiable())
    assert set(outcome.used) == {"needed", "rule"}
    assert outcome.unused == ("idle",)


def test_a_true_goal_is_still_vacuous_under_contradictory_hypotheses() -> None:
    outcome = discharge(condition(z3.BoolVal(True), one=p, two=z3.Not(p)), Satisfiable())
    assert outcome.verdict == Verdict.VACUOUS


def test_an_obligation_whose_hypotheses_contradict_each_other_is_caught_by_name() -> None:
    real = condition_of(obligation_named("flush__keeps__own_page"), DIALECTS["canonical"], EVERYTHING)
    spoiled = {**real.hypotheses, "some slot derives from itself": z3.Exists([t.x], t.before.derives(t.x, t.x))}
    outcome = discharge(Condition(spoiled, {}, real.goal), Satisfiable())
    assert outcome.verdict == Verdict.VACUOUS
    assert set(outcome.used) == {"irreflexive", "some slot derives from itself"}


def hard() -> Condition:
    """A condition that no solver decides in a moment: a pigeonhole of bits, with a product in it."""
    a, b = z3.BitVecs("a b", 64)
    odd = z3.And(z3.Extract(0, 0, a) == 1, z3.UGT(a, 1), z3.UGT(b, 1), z3.ULT(a, 1 << 32), z3.ULT(b, 1 << 32))
    return condition(z3.Not(z3.And(odd, a * b == 0x7FFF_FFFF_FFFF_FFE7)))


def test_a_solver_that_runs_out_of_time_is_unknown() -> None:
    outcome = discharge(hard(), Satisfiable(), Settings(solvers=Solvers.Z3, seconds=0.05))
    assert outcome.verdict == Verdict.UNKNOWN
    assert outcome.reason


def test_satisfiability_is_asked_once_for_each_set_of_hypotheses() -> None:
    satisfiable = Satisfiable()
    assert discharge(condition(q, one=p, two=z3.Not(p)), satisfiable).verdict == Verdict.VACUOUS
    assert discharge(condition(p, one=p), satisfiable).verdict == Verdict.PROVED
    assert discharge(condition(q, one=p, two=z3.Not(p)), satisfiable).verdict == Verdict.VACUOUS


# the fragment

# A grant there reads the source's parent: which slot that is takes one quantifier more.
OUTSIDE = {"literal-eager": {"grant__preserves__phys_is_sigma": "for every Slot some Slot"}}


@pytest.mark.parametrize(
    "name",
    [
        "canonical",
        *(pytest.param(name, marks=pytest.mark.slow) for name in DIALECTS if name != "canonical"),
        *(pytest.param(f"canonical without {side.name}", marks=pytest.mark.slow) for side in CONDITIONS),
    ],
)
def test_every_condition_of_every_dialect_is_in_the_fragment(name: str) -> None:
    count, dialect = 0, dialect_named(name)
    for obligation in registry().values():
        if not about_model(obligation):
            continue  # of the kernel's code some conditions are outside, and say so
        if obligation.applies(dialect.readings) and not obligation.sometimes:
            (only,) = obligation.conditions(dialect, EVERYTHING)
            outside = OUTSIDE.get(name, {}).get(obligation.id, "")
            assert outside_of_fragment(only) == outside, obligation.id
            count += 1
    assert count > 80


def test_a_condition_outside_of_the_fragment_says_why() -> None:
    parent_of_all = z3.ForAll([t.x], z3.Exists([t.y], t.before.derives(t.x, t.y)))
    assert outside_of_fragment(condition(z3.BoolVal(False), one=parent_of_all)) == "for every Slot some Slot"
    other = z3.Function("other", t.Slot, t.Slot)
    applied = z3.ForAll([t.x], t.before.live(other(t.x)))
    assert outside_of_fragment(condition(z3.BoolVal(False), one=applied)) == "the function other"


def test_two_hypotheses_can_be_outside_only_together() -> None:
    some_frame = z3.ForAll([t.x], t.accessible(t.before, t.x))
    some_holder = z3.ForAll([t.r], t.before.holds(t.before.holder(t.r), t.r))
    for alone in (some_frame, some_holder):
        assert outside_of_fragment(condition(z3.BoolVal(False), one=alone)) == ""
    together = outside_of_fragment(condition(z3.BoolVal(False), one=some_frame, two=some_holder))
    assert "for every Slot some Frame" in together
    assert "the function holder" in together


def test_polarity_decides_which_quantifier_has_a_witness() -> None:
    universal = z3.ForAll([t.x], z3.ForAll([t.y], t.before.derives(t.x, t.y)))
    assert not sort_graph([universal])
    assert not sort_graph([z3.Not(universal)])
    mixed = z3.ForAll([t.x], z3.Exists([t.r], t.before.phys(t.x, t.r)))
    assert set(sort_graph([mixed])) == {("Slot", "Frame")}
    assert not sort_graph([z3.Not(mixed)])
    either = z3.ForAll([t.x], z3.Exists([t.r], t.before.phys(t.x, t.r)) == t.before.live(t.x))
    assert set(sort_graph([either])) == {("Slot", "Frame")}
    under_equality = z3.ForAll([t.x], z3.ForAll([t.r], t.before.phys(t.x, t.r)) == t.before.live(t.x))
    assert set(sort_graph([under_equality])) == {("Slot", "Frame")}
    hidden = z3.ForAll([t.x], z3.Implies(z3.ForAll([t.r], t.before.phys(t.x, t.r)), t.before.live(t.x)))
    assert set(sort_graph([hidden])) == {("Slot", "Frame")}


# the pool


@pytest.mark.long
@pytest.mark.parametrize(
    ("way", "verdict", "says"),
    [
        ("crash", Verdict.ERROR, "the worker process ended with status 3"),
        ("fail", Verdict.ERROR, "RuntimeError: the formulas cannot be built"),
        ("hang", Verdict.UNKNOWN, "stopped after"),
        ("contradict", Verdict.VACUOUS, "so it is not"),
    ],
)
def test_what_goes_wrong_in_a_worker_costs_one_verdict_and_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, way: str, verdict: Verdict, says: str
) -> None:
    if way == "hang":
        monkeypatch.setattr(pool, "STARTING", 1.0)
    settings = Settings(solvers=Solvers.Z3, seconds=0.5)
    with workers(1, settings, conditions=getattr(broken_conditions, way)) as some:
        outcomes = dict(some.discharge(["one"], "canonical", EVERYTHING))
    assert outcomes["one"].verdict == verdict
    assert says in outcomes["one"].reason
    assert not outcomes["one"].verdict.passed


def test_an_obligation_without_conditions_is_no_pass() -> None:
    with workers(1, Settings(solvers=Solvers.Z3), conditions=broken_conditions.nothing) as some:
        outcomes = dict(some.discharge(["one"], "canonical", EVERYTHING))
    assert not outcomes["one"].verdict.passed


def test_an_unknown_obligation_is_an_error_and_the_others_are_decided() -> None:
    with workers(2, Settings(solvers=Solvers.Z3)) as some:
        outcomes = dict(some.discharge(["flush__keeps__own_page", "no__such__thing"], "canonical", EVERYTHING))
    assert outcomes["flush__keeps__own_page"].verdict == Verdict.PROVED
    assert outcomes["no__such__thing"].verdict == Verdict.ERROR
    assert "no__such__thing" in outcomes["no__such__thing"].reason


# exit statuses


def test_only_proofs_and_witnesses_pass() -> None:
    assert {verdict for verdict in Verdict if verdict.passed} == {Verdict.PROVED, Verdict.WITNESSED}
    assert exit_status([Verdict.PROVED, Verdict.WITNESSED]) == EXIT_PASSED == 0
    assert exit_status([]) == EXIT_INCOMPLETE


@pytest.mark.parametrize("verdict", NOT_A_PASS)
def test_whatever_else_happens_is_no_pass(verdict: Verdict) -> None:
    other = {
        Verdict.UNKNOWN: EXIT_INCOMPLETE,
        Verdict.ERROR: EXIT_INCOMPLETE,
        Verdict.DISAGREEMENT: EXIT_ALARM,
    }
    expected = other.get(verdict, EXIT_FAILED)
    assert expected != 0
    assert exit_status([verdict]) == expected
    assert exit_status([Verdict.PROVED, verdict, Verdict.WITNESSED]) == expected


def test_what_failed_is_told_before_what_is_unknown() -> None:
    for failed, undecided in product((Verdict.REFUTED, Verdict.VACUOUS), (Verdict.UNKNOWN, Verdict.ERROR)):
        assert exit_status([undecided, failed]) == EXIT_FAILED


def test_dropped_conditions_have_names() -> None:
    for side in CONDITIONS:
        assert dialect_named(f"canonical without {side.name}").readings != DIALECTS["canonical"].readings
    with pytest.raises(KeyError):
        dialect_named("canonical without shame")
