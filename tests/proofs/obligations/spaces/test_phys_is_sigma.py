"""P = σ after a step is stated in two forms: one implies the other in any state, and a step is seen to break each."""

from dataclasses import replace

import pytest
import z3

from model.spaces.dialect import CANONICAL, DIALECTS, Dialect, dialect_named
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import ACTIONS, Action, before, called, r, x
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.obligation import Obligation, Step, condition_of
from proofs.obligations.spaces.mapping_tables import phys_is_sigma, phys_is_sigma_afterwards, phys_is_sigma_at_holder
from proofs.registry import registry
from proofs.terms import evaluates
from proofs.verdict import Verdict
from tests.proofs.named import obligation_named

ANY = Step(CANONICAL, before, before, called)
AFTERWARDS = [registry()[f"{action}__preserves__phys_is_sigma"] for action in ("map", "grant", "flush")]
GROWING = [dialect for dialect in DIALECTS.values() if dialect.readings.rights_can_grow]


def is_valid(formula: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.add(z3.Not(formula))
    return bool(solver.check() == z3.unsat)


def test_the_form_that_names_the_holder_implies_the_other() -> None:
    assert is_valid(z3.Implies(phys_is_sigma_at_holder(ANY), phys_is_sigma(ANY)))
    assert not is_valid(z3.Implies(phys_is_sigma(ANY), phys_is_sigma_at_holder(ANY)))


def test_neither_direction_follows_without_its_part() -> None:
    shown, evaluated = phys_is_sigma_at_holder(ANY).children()
    assert is_valid(z3.Implies(shown, z3.ForAll([x, r], z3.Implies(evaluates(before, x, r), before.phys(x, r)))))
    for part in (shown, evaluated):
        assert not is_valid(z3.Implies(part, phys_is_sigma(ANY)))


@pytest.mark.parametrize("dialect", GROWING, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("obligation", AFTERWARDS, ids=lambda obligation: obligation.id)
def test_where_rights_can_grow_the_condition_is_in_the_fragment(obligation: Obligation, dialect: Dialect) -> None:
    assert not outside_of_fragment(condition_of(obligation, dialect, frozenset(INVARIANTS)))


@pytest.mark.long
@pytest.mark.parametrize(
    ("action", "part"),  # a flush that keeps its own page takes no frame from its holder
    [("grant", "phys"), ("grant", "holds"), ("grant", "derives"), ("grant", "holder"), ("flush", "phys")],
)
def test_a_step_that_leaves_one_part_as_it_was_breaks_the_stronger_form(action: str, part: str) -> None:
    def broken(dialect: Dialect) -> Action:
        right = ACTIONS[action](dialect)
        return replace(right, after=replace(right.after, **{part: getattr(before, part)}))

    obligation = obligation_named(f"{action}__preserves__phys_is_sigma")
    for actions, verdict in ((ACTIONS, Verdict.PROVED), ({action: broken}, Verdict.UNPROVED)):
        condition = condition_of(obligation, DIALECTS["x2-keep"], frozenset(INVARIANTS), actions)
        assert discharge(condition, Satisfiable()).verdict == verdict


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("canonical", phys_is_sigma),
        ("x2-keep", phys_is_sigma_at_holder),
        ("canonical with passing=as_given", phys_is_sigma_at_holder),
        ("x2-keep with own_slot=allowed", phys_is_sigma),
        ("x2-keep with ancestor=allowed", phys_is_sigma),
    ],
)
def test_which_form_is_taken(name: str, form: object) -> None:
    step = Step(dialect_named(name), before, before, called)
    assert phys_is_sigma_afterwards(step).eq(form(step))  # type: ignore[operator]
