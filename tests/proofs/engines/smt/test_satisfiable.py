"""No solver is believed that hypotheses have a model: what contradicts itself is never proved, whoever lies."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from model.spaces.theory import Slot
from proofs.engines.smt import confirm, solver
from proofs.engines.smt.confirm import Confirmation
from proofs.engines.smt.outcome import Answer, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge, discharge_all
from proofs.obligation import Condition
from proofs.verdict import EXIT_PASSED, Verdict, exit_status

P, Q = z3.Bools("p q")
X, N = z3.BitVec("x", 8), z3.Int("n")
S = z3.DeclareSort("S")
C, D = z3.Consts("c d", S)
HEIGHT = z3.Function("height", S, z3.IntSort())
HIGH = z3.ForAll([C], HEIGHT(C) > 3)
UP = z3.Function("up", S, S)

# Hypotheses that contradict each other, and such that do not; what shows that the latter do not.
CONTRADICTORY = {
    "truth values": {"p holds": P, "p fails": z3.Not(P)},
    "a finite structure": {"all are one": z3.ForAll([C, D], C == D), "two differ": z3.Exists([C, D], C != D)},
    "bits": {"x is small": z3.ULT(X, 4), "x is large": z3.UGT(X, 9)},
    "numbers": {"n is small": N < 4, "n is large": N > 9},
    "numbers of elements": {"all are high": HIGH, "one is low": HEIGHT(z3.Const("one", S)) < 2},
}
CONSISTENT = {
    "truth values": ({"p holds": P}, "evaluated in an assignment of 1 constant"),
    "a finite structure": ({"two differ": z3.Exists([C, D], C != D)}, "evaluated in a model of 2 elements"),
    "bits": ({"x is small": z3.ULT(X, 4)}, "evaluated in an assignment of 1 constant"),
    "numbers": ({"n is large": N > 9}, "evaluated in an assignment of 1 constant"),
    "numbers of elements": ({"all are high": HIGH}, "z3 and cvc5 find a model, which was not evaluated"),
}
EVERY_SETTING = [
    Settings(solvers, 2.0, certify=certify, witness=witness, stability=stability)
    for solvers in Solvers
    for certify in (False, True)
    for witness in (False, True)
    for stability in (0, 2)
]
Ask = Callable[..., tuple[Answer, tuple[str, ...]]]


def lying_z3(monkeypatch: pytest.MonkeyPatch, model: Structure | None = None) -> None:
    """z3 says that hypotheses have a model, whatever they are, and is honest about the rest."""
    honest: Ask = solver._ask_z3

    def ask(
        hypotheses: dict[str, z3.BoolRef], goal: z3.BoolRef | None, seconds: float, seed: int
    ) -> tuple[Answer, tuple[str, ...]]:
        if goal is None:
            return Answer("z3", "sat", 0.0, model=model), ()
        return honest(hypotheses, goal, seconds, seed)

    monkeypatch.setattr(solver, "_ask_z3", ask)


def lying_cvc5(monkeypatch: pytest.MonkeyPatch, result: str) -> None:
    monkeypatch.setattr(solver, "ask_cvc5", lambda *_, **__: Answer("cvc5", result, 0.0, "as told"))


@pytest.mark.parametrize("settings", EVERY_SETTING, ids=str)
def test_a_z3_that_finds_a_model_of_everything_proves_no_contradiction(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    lying_z3(monkeypatch)
    for kind, hypotheses in CONTRADICTORY.items():
        outcome = discharge(Condition(hypotheses, {}, Q), Satisfiable(), settings)
        assert outcome.verdict == Verdict.DISAGREEMENT, kind
        assert any(name in outcome.reason for name in hypotheses)


@pytest.mark.long
def test_a_z3_whose_solvers_answer_sat_to_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.sat)
    for settings in EVERY_SETTING:
        for hypotheses in CONTRADICTORY.values():
            outcome = discharge(Condition(hypotheses, {}, Q), Satisfiable(), settings)
            assert outcome.verdict == Verdict.DISAGREEMENT


@pytest.mark.parametrize(
    ("kind", "model", "false"),
    [
        ("truth values", Structure(1, {}, {"p": np.array([True])}), "p fails"),
        ("truth values", Structure(1, {}, {"p": np.array([False])}), "p holds"),
        ("a finite structure", Structure(1, {"S": 2}, {}), "all are one"),
        ("a finite structure", Structure(1, {"S": 1}, {}), "two differ"),
        ("bits", Structure(1, {}, {"x": np.array([3], object)}), "x is large"),
        ("bits", Structure(1, {}, {"x": np.array([200], object)}), "x is small"),
        ("numbers", Structure(1, {}, {"n": np.array([4], object)}), "n is small"),
    ],
)
def test_a_model_that_is_none_is_an_alarm_that_names_what_is_false_in_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, model: Structure, false: str
) -> None:
    lying_z3(monkeypatch, model)
    for settings in EVERY_SETTING:
        outcome = discharge(Condition(CONTRADICTORY[kind], {}, Q), Satisfiable(), settings)
        assert (outcome.verdict, outcome.used) == (Verdict.DISAGREEMENT, (false,))
        assert outcome.reason.endswith(f"in its model this one is false: {false}")


@pytest.mark.long
@pytest.mark.parametrize("answer", ["sat", "unsat", "unknown"])
def test_a_cvc5_that_lies_proves_no_contradiction(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    lying_cvc5(monkeypatch, answer)
    for settings in EVERY_SETTING:
        for hypotheses in CONTRADICTORY.values():
            outcome = discharge(Condition(hypotheses, {}, Q), Satisfiable(), settings)
            alarm = answer == "sat" and settings.solvers != Solvers.Z3
            assert outcome.verdict == (Verdict.DISAGREEMENT if alarm else Verdict.VACUOUS)


@pytest.mark.parametrize(
    ("first", "evaluated", "second", "verdict"),
    [
        ("sat", "true", "sat", None),
        ("sat", "true", "unsat", None),  # nobody need be asked any more
        ("sat", "false", "sat", Verdict.DISAGREEMENT),
        ("sat", "not at all", "sat", None),
        ("sat", "not at all", "unsat", Verdict.DISAGREEMENT),
        ("sat", "not at all", "unknown", Verdict.UNKNOWN),
        ("unsat", "", "sat", Verdict.DISAGREEMENT),
        ("unsat", "", "unsat", Verdict.VACUOUS),
        ("unsat", "", "unknown", Verdict.VACUOUS),
        ("unknown", "", "sat", Verdict.UNKNOWN),
        ("unknown", "", "unsat", Verdict.UNKNOWN),
    ],
)
def test_every_pair_of_answers(
    monkeypatch: pytest.MonkeyPatch, first: str, evaluated: str, second: str, verdict: Verdict | None
) -> None:
    models = {"true": np.array([True]), "false": np.array([False])}
    model = Structure(1, {}, {"p": models[evaluated]}) if evaluated in models else None
    monkeypatch.setattr(solver, "_ask_z3", lambda *_: (Answer("z3", first, 0.0, model=model), ("p",)))
    monkeypatch.setattr(confirm, "least_model", lambda *_: None)
    lying_cvc5(monkeypatch, second)
    shown = Satisfiable().check(Condition({"p": P}, {}, Q), Settings())
    assert shown.verdict == verdict
    assert (verdict is None) == (not shown.reason) == bool(shown.sentence)


@pytest.mark.parametrize("solvers", Solvers)
def test_what_has_a_model_is_still_proved_and_says_how_that_was_shown(solvers: Solvers) -> None:
    for kind, (hypotheses, sentence) in CONSISTENT.items():
        goal = next(iter(hypotheses.values()))
        outcome = discharge(Condition(hypotheses, {}, goal), Satisfiable(), Settings(solvers))
        assert (outcome.verdict, outcome.satisfiable) == (Verdict.PROVED, sentence), kind
        assert outcome.evaluated == sentence.startswith("evaluated in ")


def test_a_model_that_is_too_large_gives_way_to_a_smaller_one_and_to_the_second_solver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hypotheses, sentence = CONSISTENT["a finite structure"]
    both = Condition(hypotheses, {}, z3.BoolVal(True))
    monkeypatch.setattr(solver, "read_model", lambda *_: None)
    assert Satisfiable().check(both, Settings()).sentence == sentence
    monkeypatch.setattr(confirm, "MOST_EVALUATED", 3)
    assert Satisfiable().check(both, Settings()).sentence == "z3 and cvc5 find a model, which was not evaluated"
    monkeypatch.setattr(confirm, "MOST_EVALUATED", 4)
    assert Satisfiable().check(both, Settings()).sentence == sentence
    table = z3.ForAll([C, D], UP(C) == UP(D))
    found = z3.Solver()
    found.add(table)
    assert found.check() == z3.sat
    assert confirm.read_model(found.model(), [table]) is not None
    monkeypatch.setattr(confirm, "MOST_READ", 0)
    assert confirm.read_model(found.model(), [table]) is None


@pytest.mark.parametrize("kind", CONSISTENT)
def test_a_witness_that_is_due_is_shown_or_nothing_is_proved(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    hypotheses, _ = CONSISTENT[kind]
    condition = Condition(hypotheses, {}, next(iter(hypotheses.values())))
    outcome = discharge_all([condition], Satisfiable(), Settings(witness=True))
    if kind == "numbers of elements":
        assert outcome.verdict == Verdict.UNKNOWN
        assert outcome.reason.startswith("no state can be shown in which the hypotheses hold")
        assert exit_status([outcome.verdict]) != EXIT_PASSED
        kept = discharge_all([condition], Satisfiable(), Settings(model=True))
        assert (kept.verdict, kept.witness) == (Verdict.PROVED, None)
        return
    assert outcome.verdict == Verdict.PROVED
    assert outcome.witness is not None
    assert confirm.false_in(outcome.witness, hypotheses) == ""
    wrong = {name: ~table if table.dtype == bool else table * 0 + 9 for name, table in outcome.witness.symbols.items()}
    if kind == "truth values":
        lie = replace(outcome.witness, symbols=wrong)
        monkeypatch.setattr(solver, "least", lambda *_: lie)
        assert discharge_all([condition], Satisfiable(), Settings(witness=True)).verdict == Verdict.DISAGREEMENT


def test_a_model_that_was_found_is_kept_once() -> None:
    satisfiable = Satisfiable()
    for _ in range(2):
        assert satisfiable.check(Condition({"p": P}, {}, Q), Settings()).model is not None
    assert len(satisfiable._models._last) == 1
    assert len(satisfiable._more) == 1


def test_hypotheses_are_asked_about_once_whatever_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Condition] = []
    found = Confirmation(Verdict.VACUOUS, "as told")

    def confirmed(condition: Condition, settings: Settings) -> Confirmation:
        asked.append(condition)
        return found

    monkeypatch.setattr(solver, "_confirmed", confirmed)
    satisfiable = Satisfiable()
    for _ in range(2):
        assert satisfiable.check(Condition({"p": P}, {}, Q), Settings()) == found
    assert len(asked) == 1
    found = Confirmation(None, sentence="as told")  # without a model
    for hypotheses in ({"q": Q, "p": P}, {"p": P, "q": Q}, {"q": Q}):
        assert satisfiable.check(Condition(hypotheses, {}, Q), Settings()) == found
    assert len(asked) == 2
    found = replace(found, model=Structure(1, {}, {"p": np.array([False]), "q": np.array([True])}))
    for hypotheses in ({"not p": z3.Not(P)}, {"p implies q": z3.Implies(P, Q)}):  # it is a model of the second as well
        assert satisfiable.check(Condition(hypotheses, {}, Q), Settings()).verdict is None
    assert len(asked) == 3


def test_where_sizes_are_given_no_least_state_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "least", lambda *_: pytest.fail("a least state is looked for"))
    hypotheses = {"there are two": z3.Exists([z3.Const("x", Slot)], z3.Const("x", Slot) != z3.Const("src", Slot))}
    found = Satisfiable().witness(Condition(hypotheses, {}, Q, sizes={"Slot": 2}), Settings())
    assert found.sentence == "evaluated in a model of 2 elements"


def test_each_search_of_a_model_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[str, float]] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: given.append((name, arguments[-1]))

    def ask(hypotheses: object, goal: None, seconds: float, seed: int) -> tuple[Answer, tuple[str, ...]]:
        given.append(("z3", seconds))
        return Answer("z3", "unknown", 0.0), ()

    monkeypatch.setattr(solver, "_ask_z3", ask)
    monkeypatch.setattr(solver, "least", note("least"))
    monkeypatch.setattr(solver, "model_of_few", note("few"))
    monkeypatch.setattr(solver, "model_of_sizes", note("sizes"))
    condition = Condition({"p": P}, {}, Q, sizes={"Slot": 2})
    for seconds, soon in ((9.0, 3.0), (0.5, 3.0)):
        assert solver._confirmed(condition, Settings(seconds=seconds, soon=soon)).verdict == Verdict.UNKNOWN
        first = min(seconds, soon)
        assert given == [("sizes", seconds), ("z3", first), ("few", 2.0), ("least", seconds), ("z3", seconds)]
        given.clear()


def test_a_model_of_few_elements_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    few = Structure(1, {}, {"p": np.array([True])})
    monkeypatch.setattr(solver, "_ask_z3", lambda *_: (Answer("z3", "unknown", 0.0), ()))
    monkeypatch.setattr(solver, "least", lambda *_: None)
    monkeypatch.setattr(solver, "model_of_few", lambda *_: few)
    assert solver._confirmed(Condition({"p": P}, {}, Q), Settings()).model == few


@pytest.mark.parametrize("small", [True, False])
def test_where_z3_gives_up_soon_a_small_model_is_looked_for_and_then_it_is_asked_for_long(
    monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    given: list[float] = []
    right = solver._ask_z3

    def ask(hypotheses: dict[str, z3.BoolRef], goal: None, seconds: float, seed: int) -> object:
        given.append(seconds)
        return right(hypotheses, goal, seconds, seed) if len(given) > 1 else (Answer("z3", "unknown", 0.0), ())

    monkeypatch.setattr(solver, "_ask_z3", ask)
    if not small:
        for search in ("least", "model_of_few"):
            monkeypatch.setattr(solver, search, lambda *_: None)
    hypotheses, sentence = CONSISTENT["a finite structure"]
    found = solver._confirmed(Condition(hypotheses, {}, Q), Settings(seconds=9.0))
    assert (found.verdict, found.sentence) == (None, sentence)
    assert given == [2.0, 9.0][: 1 if small else 2]


def test_a_model_of_given_sizes_that_is_none_gives_way_to_what_z3_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    hypotheses, sentence = CONSISTENT["a finite structure"]
    for wrong in (Structure(1, {"S": 1}, {}), None):
        monkeypatch.setattr(solver, "model_of_sizes", lambda *_, wrong=wrong: wrong)
        found = solver._confirmed(Condition(hypotheses, {}, Q), Settings(seconds=9.0))
        assert (found.verdict, found.sentence) == (None, sentence)


def test_where_sizes_are_given_z3_is_not_asked_for_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_ask_z3", lambda *_: pytest.fail("z3 is asked"))
    hypotheses = {"there are two": z3.Exists([z3.Const("x", Slot)], z3.Const("x", Slot) != z3.Const("src", Slot))}
    found = solver._confirmed(Condition(hypotheses, {}, Q, sizes={"Slot": 2}), Settings())
    assert (found.verdict, found.sentence) == (None, "evaluated in a model of 2 elements")


def test_a_refutation_needs_no_witness() -> None:
    outcome = discharge(Condition({"all are high": HIGH}, {}, Q), Satisfiable(), Settings(Solvers.Z3, witness=True))
    assert (outcome.verdict, outcome.witness) == (Verdict.UNPROVED, None)


def test_every_symbol_of_a_model_is_read() -> None:
    live, src = z3.Function("live", Slot, z3.BoolSort()), z3.Const("src", Slot)
    formulas: Mapping[str, z3.BoolRef] = {"live": live(src), "not all": z3.Exists([z3.Const("x", Slot)], ~live(src))}
    found = z3.Solver()
    found.add(live(src))
    assert found.check() == z3.sat
    structure = confirm.read_model(found.model(), formulas.values())
    assert structure is not None
    assert confirm.false_in(structure, {"live": live(src)}) == ""
    assert confirm.false_in(structure, formulas) == "not all"
