"""Two solvers, one text; a verdict that contradicts another is an alarm."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import z3

from model.spaces.dialect import DIALECTS
from model.spaces.invariants import INVARIANTS
from proofs.engines.export import export, file_name
from proofs.engines.smt import solver
from proofs.engines.smt.cvc5_solver import ask_cvc5, proof_of
from proofs.engines.smt.outcome import Answer, Outcome, Settings, Solvers, joint
from proofs.engines.smt.solver import Satisfiable, discharge, discharge_all
from proofs.engines.terms.smtlib import smtlib, symbols
from proofs.obligation import Condition
from proofs.registry import registry
from proofs.two_runs import about_model
from proofs.verdict import EXIT_ALARM, Verdict, exit_status

P, Q = z3.Bools("p q")


def answers(**results: str) -> list[Answer]:
    return [Answer(name, result, 0.0) for name, result in results.items()]


@pytest.mark.parametrize(
    ("z3_says", "cvc5_says", "verdict"),
    [
        ("unsat", "unsat", Verdict.PROVED),
        ("sat", "sat", Verdict.UNPROVED),
        ("sat", "unknown", Verdict.UNPROVED),
        ("unsat", "unknown", Verdict.UNKNOWN),
        ("unknown", "unsat", Verdict.UNKNOWN),
        ("unsat", "sat", Verdict.DISAGREEMENT),
        ("sat", "unsat", Verdict.DISAGREEMENT),
    ],
)
def test_proved_needs_both(z3_says: str, cvc5_says: str, verdict: Verdict) -> None:
    assert joint(answers(z3=z3_says, cvc5=cvc5_says))[0] == verdict


def test_no_answer_proves_nothing() -> None:
    assert joint([])[0] == Verdict.UNKNOWN


def test_disagreement_is_an_alarm() -> None:
    assert exit_status([Verdict.PROVED, Verdict.DISAGREEMENT, Verdict.REFUTED]) == EXIT_ALARM
    assert not Verdict.DISAGREEMENT.passed


def test_a_solver_that_lies_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "ask_cvc5", lambda *_, **__: Answer("cvc5", "sat", 0.0))
    outcome = discharge(Condition({"p": P}, {}, P), Satisfiable())
    assert outcome.verdict == Verdict.DISAGREEMENT
    assert outcome.reason == "z3 finds no counterexample, cvc5 finds one"


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "literal-eager"])
def test_both_solvers_decide_all(dialect: str) -> None:
    chosen = [o for o in registry().values() if about_model(o) and not o.sometimes]
    counts = dict.fromkeys(("proved", "unproved"), 0)
    satisfiable = Satisfiable()
    for obligation in chosen[::4]:
        if obligation.applies(DIALECTS[dialect].readings):
            conditions = obligation.conditions(DIALECTS[dialect], frozenset(INVARIANTS))
            outcome = discharge_all(conditions, satisfiable)
            assert [answer.solver for answer in outcome.answers] == ["z3", "cvc5"]
            counts[outcome.verdict.value] += 1
    assert counts["proved"] > 20
    assert (counts["unproved"] > 0) == (dialect == "literal-eager")


def test_one_solver_alone(condition: Callable[..., Condition]) -> None:
    for solvers in (Solvers.Z3, Solvers.CVC5):
        outcome = discharge(condition("map__preserves__forest"), Satisfiable(), Settings(solvers))
        assert outcome.verdict == Verdict.PROVED
        assert [answer.solver for answer in outcome.answers] == [solvers.value]


def test_the_text_means_what_the_condition_means(condition: Callable[..., Condition]) -> None:
    for name in (
        "map__preserves__forest",
        "grant__preserves__access_ends_at_holder",
        "grant__then_flush__reaches_user_from_f1",
    ):
        each = condition(name)
        again = z3.Solver()
        again.from_string(smtlib(each))
        assert again.check() == z3.unsat
        without_goal = replace(each, goal=z3.BoolVal(False))
        assert ask_cvc5(smtlib(without_goal), 5, 0, finite_models=True).result == "sat"


def test_symbols_are_collected_once() -> None:
    sort = z3.DeclareSort("S")
    c, f = z3.Const("c", sort), z3.Function("f", sort, z3.ArraySort(sort, z3.IntSort()), z3.BoolSort())
    array = z3.Const("array", z3.ArraySort(sort, z3.IntSort()))
    sorts, declarations = symbols([f(c, array), f(c, array), z3.Exists([c], c == c)])
    assert [str(sort) for sort in sorts] == ["S"]
    assert sorted(each.name() for each in declarations) == ["array", "c", "f"]


def test_text_outside_the_language_is_no_answer() -> None:
    answer = ask_cvc5("(assert", 1, 0, finite_models=False)
    assert answer.result == "unknown"
    assert answer.reason


def test_export(tmp_path: Path, condition: Callable[..., Condition]) -> None:
    each = condition("map__preserves__forest")
    settings = Settings(export=str(tmp_path))
    export(settings, "map__preserves__forest", "canonical", [each], Outcome(Verdict.PROVED))
    text = (tmp_path / file_name("map__preserves__forest", 1, 1, "canonical")).read_text("utf-8")
    assert '(set-info :musigma-obligation "map__preserves__forest")' in text
    assert '(set-info :musigma-clause "A.tree")' in text
    assert "(set-info :status unsat)" in text
    assert text.isascii()
    assert ask_cvc5(text, 5, 0, finite_models=True).result == "unsat"


def test_exported_text_with_a_wrong_status_is_refused(condition: Callable[..., Condition]) -> None:
    text = smtlib(condition("map__preserves__forest"), status="sat")
    assert "Expected result sat but got unsat" in ask_cvc5(text, 5, 0, finite_models=True).reason


def test_proofs_of_what_is_outside_the_fragment(tmp_path: Path) -> None:
    x = z3.Int("x")
    outside = Condition({"x": x > 3}, {}, x > 2)
    assert "(proof" in proof_of(smtlib(outside), 5, 0) or "step" in proof_of(smtlib(outside), 5, 0)
    with pytest.raises(ValueError, match="it answers sat"):
        proof_of(smtlib(Condition({"x": x > 2}, {}, x > 3)), 5, 0)


def test_stability_is_measured_and_a_changing_verdict_is_none(
    monkeypatch: pytest.MonkeyPatch, condition: Callable[..., Condition]
) -> None:
    each = condition("map__preserves__forest")
    outcome = discharge(each, Satisfiable(), Settings(Solvers.Z3, stability=3))
    assert outcome.verdict == Verdict.PROVED
    assert outcome.spread is not None
    assert (outcome.spread.runs, outcome.spread.results) == (4, ("unsat",))
    assert outcome.spread.resources >= 1
    for other, verdict in (("unknown", Verdict.UNKNOWN), ("sat", Verdict.DISAGREEMENT)):
        original = solver._ask_z3
        monkeypatch.setattr(
            solver,
            "_ask_z3",
            lambda h, g, s, seed, other=other, original=original: (
                (Answer("z3", other, 1.0), ()) if seed == 2 else original(h, g, s, seed)
            ),
        )
        outcome = discharge(each, Satisfiable(), Settings(Solvers.Z3, stability=3))
        assert outcome.verdict == verdict
        assert outcome.reason.startswith("not stable: unsat and")
        monkeypatch.undo()


def test_the_second_solver_is_asked_whether_what_z3_needed_suffices(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def remember(text: str, *arguments: object, **options: object) -> Answer:
        asked.append(text)
        return Answer("cvc5", "unsat", 0.0)

    monkeypatch.setattr(solver, "ask_cvc5", remember)
    both = Condition({"needed": P, "idle": Q}, {}, P)
    assert discharge(both, Satisfiable(), Settings(Solvers.BOTH)).unused == ("idle",)
    assert "hypothesis needed" in asked[-1]
    assert "hypothesis idle" not in asked[-1]
    discharge(both, Satisfiable(), Settings(Solvers.CVC5))  # nobody has said what is needed
    assert "hypothesis idle" in asked[-1]
    discharge(replace(both, goal=z3.Bool("r")), Satisfiable(), Settings(Solvers.BOTH))  # nothing suffices
    assert "hypothesis idle" in asked[-1]


def test_several_conditions_are_one_verdict() -> None:
    good, bad = Condition({"p": P, "q": Q}, {}, P), Condition({"p": P}, {}, Q)
    outcome = discharge_all([good, good], Satisfiable())
    assert (outcome.verdict, outcome.used, outcome.unused) == (Verdict.PROVED, ("p",), ("q",))
    assert discharge_all([good, bad, good], Satisfiable()).verdict == Verdict.UNPROVED
    assert discharge_all([], Satisfiable()).verdict == Verdict.ERROR
    certified = discharge_all([good, good], Satisfiable(), Settings(certify=True))
    assert certified.certified
    assert re.fullmatch(r"certificate checked: \d+ clauses, \d+ steps?", certified.certificate)
    n = z3.Int("n")
    arithmetic = Condition({"p": n > 1}, {}, n > 0)
    partly = discharge_all([good, arithmetic, good], Satisfiable(), Settings(certify=True))
    assert (partly.verdict, partly.certified) == (Verdict.PROVED, False)
    assert partly.certificate.startswith("not grounded: ")


def test_a_contradictory_hypothesis_is_named(condition: Callable[..., Condition]) -> None:
    each = condition("map__preserves__forest")
    lie = {**each.hypotheses, "a lie": z3.Not(each.hypotheses["irreflexive"])}
    outcome = discharge(replace(each, hypotheses=lie), Satisfiable())
    assert outcome.verdict == Verdict.VACUOUS
    assert "a lie" in outcome.used
    assert "a lie" in outcome.reason


def test_the_module_of_the_second_solver_loads_when_needed() -> None:
    code = "import sys, musigma.cli; sys.exit('z3' in sys.modules or 'cvc5' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
