"""What is proved of ownership: that it is proved, that each step can happen, and by what it falls."""

from pathlib import Path

import pytest
import z3
from typer.testing import CliRunner

import musigma
from model.ownership.readings import (
    OWNERSHIP,
    OWNERSHIP_CHOICES,
    OWNERSHIP_DIALECTS,
    Access,
    Borrowers,
    Ends,
    Lending,
    OwnershipDialect,
    OwnershipReadings,
    Reclaim,
    Relinquishing,
)
from model.ownership.theories import theory_of_ownership
from model.ownership.vocabulary import Pages, before, called, r, y, z
from model.signature import fresh
from model.spaces.dialect import CANONICAL
from musigma.cli import app
from proofs.counterexamples.by_name import counterexample, has_own_dialect, names
from proofs.engines.search.theory_search import search_theory
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.faults.hunts.ownership import way_to
from proofs.faults.hunts.proof import ProofContext, find
from proofs.faults.theory import INITIAL_FAULTS
from proofs.faults.theory.ownership import OWNERSHIP_FAULTS
from proofs.faults.theory.starts import OF_OWNERSHIP
from proofs.input.extension import theory_of
from proofs.input.naming import obligations_matching
from proofs.input.theory_file import ExtensionError
from proofs.obligation import Step
from proofs.obligations.ownership.effects import effects
from proofs.obligations.ownership.inventory import of_dialect, of_ownership, ownership_of, prefix
from proofs.paper.clauses import CLAUSES
from proofs.prove_all import theory_source
from proofs.searches.ownership_areas import OWNERSHIP_AREAS
from proofs.verdict import Verdict

satisfiable = Satisfiable()
PROVED = Verdict.PROVED
STEPS = {
    "ownership-reclaimed-access-stays": 3,
    "ownership-unshared-entry-stays": 2,
    "ownership-revoked-while-mapped": 3,
    "ownership-lender-keeps-access": 1,
    "ownership-donated-while-borrowed": 2,
    "ownership-lent-on": 3,
    "ownership-donated-by-anyone": 1,
    "ownership-shared-by-anyone": 1,
    "ownership-reclaimed-by-anyone": 2,
    "ownership-shared-to-itself": 1,
    "ownership-shared-while-lent": 2,
    "ownership-lent-while-shared": 2,
    "ownership-donated-to-itself": 1,
    "ownership-retrieved-unasked": 1,
    "ownership-relinquished-by-owner": 1,
    "ownership-loan-outlives-reclaim": 2,
    "ownership-shared-owner-changes": 1,
    "ownership-relinquished-for-all": 5,
    "ownership-shared-at-once": 1,
    "ownership-shared-to-everybody": 1,
    "ownership-relinquished-loan-ends": 3,
    "ownership-one-page-at-a-time": 1,
}
"""How long the shortest way to what each wrong dialect breaks is."""


@pytest.mark.long
@pytest.mark.parametrize("name", OWNERSHIP_DIALECTS)
def test_proved_for_any_number_of_spaces_and_pages_by_both_solvers(name: str) -> None:
    dialect = OWNERSHIP_DIALECTS[name]
    hold = frozenset(theory_of_ownership(dialect).invariants)
    asked = [obligation for obligation in of_dialect(dialect).values() if not obligation.sometimes]
    assert len(asked) > 30
    for obligation in asked:
        (condition,) = obligation.conditions(CANONICAL, hold)
        outcome = discharge(condition, satisfiable, Settings(seconds=30, solvers=Solvers.BOTH))
        assert (outcome.verdict, outcome.outside) == (Verdict.PROVED, ""), obligation.id


@pytest.mark.parametrize("name", OWNERSHIP_DIALECTS)
def test_each_step_can_happen_and_what_is_to_be_seen_is_more_than_that(name: str) -> None:
    theory = theory_of_ownership(OWNERSHIP_DIALECTS[name])
    wanted = [each for each in of_dialect(OWNERSHIP_DIALECTS[name]).values() if each.sometimes]
    assert {each.action for each in wanted} == set(theory.actions)
    found = [search_theory(CANONICAL, area, theory, wanted).traces for area in OWNERSHIP_AREAS]
    assert set().union(*found) == {each.id for each in wanted}
    for each in wanted:
        (condition,) = each.conditions(CANONICAL, frozenset())
        assert discharge(condition, satisfiable, Settings(solvers=Solvers.Z3)).verdict == Verdict.UNPROVED, each.id


RIGHT = [
    OWNERSHIP_DIALECTS["ffa"].reading(
        access=access, reclaim=reclaim, ends=ends, borrowers=borrowers, lending=lending, relinquishing=relinquishing
    )
    for access in Access
    for reclaim in (Reclaim.REFUSED, Reclaim.FORCED)
    for ends in Ends
    for borrowers in Borrowers
    for lending in Lending
    for relinquishing in Relinquishing
]
"""What can be made of a dialect without a reading that is wrong."""


def waits_for_ever(m: OwnershipReadings) -> bool:
    """An owner waits for a borrower that can never give up its access."""
    return m.reclaim == Reclaim.REFUSED and m.relinquishing == Relinquishing.ABSENT


def results(dialect: OwnershipDialect, action: str) -> tuple[list[z3.BoolRef], z3.BoolRef]:
    """Two results of one step that both have all that is proved of it; and that they are the same."""
    theory = theory_of_ownership(dialect)
    step = theory.actions[action](CANONICAL)
    known, later = list(step.guard.values()), [fresh(Pages, "_one"), fresh(Pages, "_two")]
    known += [each.formula(before) for each in theory.invariants.values()]
    for after in later:
        known += [each.formula(after) for each in theory.invariants.values()]
        known += [
            each.goal(Step(CANONICAL, before, after, step.called, theory.actions))
            for each in effects(theory, dialect.readings)
            if each.action == action
        ]
    one, two = later
    same = z3.And(
        one.owns(z, r) == two.owns(z, r),
        one.loan(z, y, r) == two.loan(z, y, r),
        one.lent(r) == two.lent(r),
        one.access(z, r) == two.access(z, r),
    )
    return known, z3.ForAll([z, y, r], same)


@pytest.mark.long
@pytest.mark.parametrize("dialect", RIGHT, ids=lambda dialect: dialect.name)
def test_what_is_proved_of_an_operation_leaves_nothing_open_of_its_result(dialect: OwnershipDialect) -> None:
    for action in theory_of_ownership(dialect).actions:
        if action == "reclaim" and waits_for_ever(dialect.readings):
            continue
        known, same = results(dialect, action)
        solver = z3.Solver()
        solver.add(*known)
        assert solver.check() == z3.sat, action
        solver.add(z3.Not(same))
        assert solver.check() == z3.unsat, action


@pytest.mark.parametrize("dialect", OWNERSHIP_DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_no_operation_is_done_where_it_is_refused_whatever_it_does_then(dialect: OwnershipDialect) -> None:
    theory, after = theory_of_ownership(dialect), fresh(Pages, "_after")
    for action, make in theory.actions.items():
        step = Step(CANONICAL, before, after, called, theory.actions)
        known = [each.formula(state) for each in theory.invariants.values() for state in (before, after)]
        about = [each for each in effects(theory, dialect.readings) if each.action == action]
        solver = z3.Solver()
        solver.add(*known, *(each.goal(step) for each in about))
        if "lend" not in theory.actions:  # nothing is lent at first, and so it stays, whatever is done
            solver.add(z3.ForAll([r], z3.Not(before.lent(r))))
            assert solver.check(z3.Exists([r], after.lent(r))) == z3.unsat, action
        assert solver.check() == z3.sat, action
        solver.add(z3.Not(z3.And(*make(CANONICAL).guard.values())))
        assert solver.check() == z3.unsat, action


@pytest.mark.long
@pytest.mark.parametrize("dialect", OWNERSHIP_DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_no_condition_can_be_left_out(dialect: OwnershipDialect) -> None:
    for action, make in theory_of_ownership(dialect).actions.items():
        for condition in make(CANONICAL).guard:
            wrong = dialect.without(action, condition)
            hold = frozenset(theory_of_ownership(wrong).invariants)
            about = (each for each in of_dialect(wrong).values() if each.action == action and not each.sometimes)
            verdicts = (
                discharge(asked, satisfiable, Settings(solvers=Solvers.Z3)).verdict
                for each in about
                for asked in each.conditions(CANONICAL, hold)
            )
            assert any(verdict == Verdict.UNPROVED for verdict in verdicts), (action, condition)


@pytest.mark.slow
def test_a_dialect_made_of_another_is_proved_unless_its_owners_wait_for_who_cannot_give_up() -> None:
    for dialect in RIGHT:
        falls = set()
        for each in of_dialect(dialect).values():
            (condition,) = each.conditions(CANONICAL, frozenset(theory_of_ownership(dialect).invariants))
            if not each.sometimes and discharge(condition, satisfiable, Settings(solvers=Solvers.Z3)).verdict != PROVED:
                falls.add(each.id)
        if waits_for_ever(dialect.readings):
            assert "ownership_ffa__borrower__can__relinquish" in falls, dialect.name
        else:
            assert not falls, dialect.name


def grounds() -> list[ProofContext]:
    return [
        ProofContext(name, CANONICAL.name, frozenset(obligation.theory.invariants))
        for name, obligation in of_ownership().items()
    ]


@pytest.mark.long
def test_every_wrong_dialect_falls_by_the_name_that_a_shortest_way_shows() -> None:
    assert set(STEPS) == {fault.name for fault in OWNERSHIP_FAULTS.values() if fault.shows}
    for name, steps in STEPS.items():
        fault = OWNERSHIP_FAULTS[name]
        obligation = of_dialect(fault.right)[prefix(fault.right) + fault.shows]
        condition = fault.condition(obligation, CANONICAL, frozenset(obligation.theory.invariants))
        assert discharge(condition, satisfiable, Settings(solvers=Solvers.Z3)).verdict == Verdict.UNPROVED, name
        way = way_to(fault).way
        assert way is not None, name
        assert len(way) == steps, name


def test_a_wrong_kind_is_shown_as_a_counterexample_and_takes_no_dialect_or_picture(tmp_path: Path) -> None:
    assert set(STEPS) <= set(names())
    assert all(has_own_dialect(name) for name in STEPS)
    found = counterexample("ownership-loan-outlives-reclaim")
    assert found.shown
    assert found.lines == ("1. lend (by σ0, other σ1, page Frame 0)", "2. reclaim (by σ0, page Frame 0)")
    told = CliRunner().invoke(app, ["counterexample", "ownership-loan-outlives-reclaim"])
    assert told.exit_code == 0
    said = " ".join(told.output.split())
    assert "pages with an owner (ownership:ffa) against ownership_ffa__reclaim__ends__its_loans: " in said
    assert said.endswith("No run within 3 spaces × 1 page × 1 frame is shorter.")
    refused = CliRunner().invoke(app, ["counterexample", "ownership-lent-on", "--svg", str(tmp_path / "x.svg")])
    assert (refused.exit_code, "is text alone: leave --svg out" in refused.output) == (2, True)
    summary = "ownership-lent-on, ownership:ffa with onward=allowed: 1. share"
    assert repr(musigma.counterexample("ownership-lent-on")).startswith(f"<Counterexample: {summary}")


@pytest.mark.slow
def test_every_obligation_falls_and_every_fault_fells_one() -> None:
    fell = set[str]()
    for name in (*OWNERSHIP_FAULTS, *(n for n, each in INITIAL_FAULTS.items() if each.missing in OF_OWNERSHIP)):
        found = find(name, grounds(), whole=True)
        assert found.fell, name
        fell |= set(found.fell)
    assert fell == set(of_ownership())


def test_ids_name_the_dialect_and_claims_are_clauses() -> None:
    for name, obligation in of_ownership().items():
        dialect = ownership_of(name)
        assert dialect is not None
        assert obligation.theory is theory_of_ownership(dialect)
        assert obligation.claim in CLAUSES
        assert theory_source(obligation) == OWNERSHIP + dialect.name
    assert ownership_of("map__preserves__forest") is None


@pytest.mark.parametrize("name", OWNERSHIP_DIALECTS)
def test_the_invariants_are_shown_inductive_by_what_is_asked(name: str) -> None:
    known = theory_of(OWNERSHIP + name)
    assert {step.invariant for step in known.inductive_steps(CANONICAL)} == set(known.invariants)


def test_a_pattern_chooses_them() -> None:
    chosen = {each.id for each in obligations_matching("ownership_xen*", theory_of())}
    assert chosen == set(of_dialect(OWNERSHIP_DIALECTS["xen"]))


WRONG = [
    (dialect.name, choice, member)
    for dialect in OWNERSHIP_DIALECTS.values()
    for choice, members in OWNERSHIP_CHOICES.items()
    for member in members
    if member != getattr(dialect.readings, choice)
    and (member.name == "ACCESS_STAYS" or (choice in OwnershipReadings._fields[6:] and member))
]
"""Each wrong reading of each dialect."""


@pytest.mark.long
@pytest.mark.parametrize(("name", "choice", "member"), WRONG)
def test_a_wrong_reading_is_asked_as_it_is_and_not_as_the_dialect_that_it_is_made_of(
    name: str, choice: str, member: object
) -> None:
    dialect = OWNERSHIP_DIALECTS[name].reading(**{choice: member})
    known = theory_of(OWNERSHIP + dialect.name)
    assert {theory_source(each) for each in known.own} == {OWNERSHIP + dialect.name}
    hold, falls = frozenset(known.invariants), set()
    for each in of_dialect(dialect).values():
        (condition,) = each.conditions(CANONICAL, hold)
        if not each.sometimes and discharge(condition, satisfiable, Settings(solvers=Solvers.Z3)).verdict != PROVED:
            falls.add(each.id)
    lends = "lend" in known.actions
    assert bool(falls) == (lends or choice != "lent_owner")


def test_a_name_of_no_dialect_is_answered_with_those_that_there_are() -> None:
    for name in ("nobody", "xen with reclaim=sometimes", "pkvm without lend: it is not shared"):
        with pytest.raises(ExtensionError, match="write one of ffa, pkvm, xen"):
            theory_of(OWNERSHIP + name)
