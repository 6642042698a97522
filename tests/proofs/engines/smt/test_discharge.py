"""Who is asked about a condition, and what the answers amount to: exactly, with solvers that answer as told."""

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from model.running.z3_terms import read
from proofs.engines.smt import solver
from proofs.engines.smt.confirm import Confirmation
from proofs.engines.smt.outcome import Answer, Outcome, Settings, Solvers, joint
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.engines.terms.smtlib import smtlib
from proofs.execution.named_after import CapturedNameError, constant_after
from proofs.obligation import Condition
from proofs.verdict import Verdict

P, Q, R = z3.Bools("p q r")
S = z3.DeclareSort("S")
C, D = z3.Consts("c d", S)
N = z3.Int("n")
STATE = Structure(1, {}, {"p": np.array([True])})
BOTH = Condition({"one": P, "two": Q}, {}, P)
CYCLE = z3.ForAll([C], z3.Exists([D], C != D))  # outside the fragment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is read 100 later each time."""
    ticks = count(1000, 100)
    monkeypatch.setattr(solver, "process_time", lambda: next(ticks))


class Asked:
    """Solvers that answer as told, and what they were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.z3, self.cvc5 = "unsat", "unsat"
        self.core: tuple[str, ...] = ("two",)
        self.hypotheses = "sat"
        self.asked: list[tuple[Any, ...]] = []
        monkeypatch.setattr(solver, "_ask_z3", self.ask_z3)
        monkeypatch.setattr(solver, "ask_cvc5", self.ask_cvc5)
        monkeypatch.setattr(solver, "confirm", self.confirm)
        self.small: Structure | None = None
        self.model: Structure | None = None
        monkeypatch.setattr(solver, "least", lambda *_: self.small)
        self.confirmation = Confirmation(None, sentence="as told")

    def ask_z3(
        self, hypotheses: Mapping[str, z3.BoolRef], goal: z3.BoolRef | None, seconds: float, seed: int
    ) -> tuple[Answer, tuple[str, ...]]:
        vars(solver)["process_time"]()  # it takes time
        self.asked.append(("z3", dict(hypotheses), goal, seconds, seed))
        if goal is None:
            return Answer("z3", self.hypotheses, 0.0, "why", model=STATE), ("one", "two")
        return Answer("z3", self.z3, 3.0, "too hard", model=self.model), self.core if self.z3 == "unsat" else ()

    def ask_cvc5(self, text: str, seconds: float, seed: int, *, finite_models: bool, expected: str) -> Answer:
        vars(solver)["process_time"]()  # it takes time
        self.asked.append(("cvc5", text, seconds, seed, finite_models, expected))
        return Answer("cvc5", self.cvc5, 4.0, "no idea")

    def confirm(
        self, hypotheses: Mapping[str, z3.BoolRef], found: Structure, second: Callable[[], Answer], seconds: float
    ) -> Confirmation:
        self.asked.append(("confirm", dict(hypotheses), found, seconds))
        self.second = second
        return self.confirmation


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("solvers", "first", "second", "verdict", "reason"),
    [
        (Solvers.Z3, "unsat", "", Verdict.PROVED, ""),
        (Solvers.Z3, "sat", "", Verdict.UNPROVED, ""),
        (Solvers.Z3, "unknown", "", Verdict.UNKNOWN, "z3: too hard"),
        (Solvers.CVC5, "", "unsat", Verdict.PROVED, ""),
        (Solvers.CVC5, "", "sat", Verdict.UNPROVED, ""),
        (Solvers.CVC5, "", "unknown", Verdict.UNKNOWN, "cvc5: no idea"),
        (Solvers.BOTH, "unsat", "unsat", Verdict.PROVED, ""),
        (Solvers.BOTH, "unsat", "unknown", Verdict.UNKNOWN, "cvc5: no idea"),
        (Solvers.BOTH, "unknown", "unsat", Verdict.UNKNOWN, "z3: too hard"),
        (Solvers.BOTH, "unknown", "unknown", Verdict.UNKNOWN, "z3: too hard; cvc5: no idea"),
        (Solvers.BOTH, "sat", "sat", Verdict.UNPROVED, ""),
        (Solvers.BOTH, "sat", "unknown", Verdict.UNPROVED, ""),
        (Solvers.BOTH, "unknown", "sat", Verdict.UNPROVED, ""),
        (Solvers.BOTH, "unsat", "sat", Verdict.DISAGREEMENT, "z3 finds no counterexample, cvc5 finds one"),
        (Solvers.BOTH, "sat", "unsat", Verdict.DISAGREEMENT, "cvc5 finds no counterexample, z3 finds one"),
    ],
)
def test_every_combination_of_answers(
    asked: Asked, solvers: Solvers, first: str, second: str, verdict: Verdict, reason: str
) -> None:
    asked.z3, asked.cvc5 = first, second
    outcome = discharge(BOTH, Satisfiable(), Settings(solvers, 3.0, seed=5))
    proved_by_z3 = first == "unsat"
    answers = (*([Answer("z3", first, 3.0, "too hard")] * bool(first)),)
    answers += (*([Answer("cvc5", second, 4.0, "no idea")] * bool(second)),)
    assert outcome == Outcome(
        verdict,
        100 * (2 + bool(first) + bool(second) + 2 * (first == "unknown")),  # a small counterexample is looked for
        ("two",) if proved_by_z3 else (),
        ("one",) if proved_by_z3 and verdict == Verdict.PROVED else (),
        reason=reason,
        answers=answers,
        satisfiable="as told",
    )
    needed = Condition({"two": Q}, {}, P) if proved_by_z3 else BOTH
    expected: list[tuple[Any, ...]] = [
        ("z3", BOTH.hypotheses, None, 2.0, 5),
        ("confirm", BOTH.hypotheses, STATE, 1.5),
    ]
    if first:
        expected.append(("z3", BOTH.hypotheses, P, 2.0, 5))
    if first == "unknown":
        expected.append(("z3", BOTH.hypotheses, P, 3.0, 5))
    if second:
        expected.append(("cvc5", smtlib(needed), 3.0, 5, True, first or "unsat"))
    assert asked.asked == expected


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("verdict", [Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.DISAGREEMENT])
def test_nobody_is_asked_about_the_goal_of_what_may_be_vacuous(asked: Asked, verdict: Verdict) -> None:
    asked.confirmation = Confirmation(verdict, "as told", ("one",))
    outcome = discharge(Condition({"one": P, "two": CYCLE}, {}, P), Satisfiable(), Settings())
    assert outcome == Outcome(verdict, 200, ("one",), (), "for every S some S", "as told")
    assert [each[0] for each in asked.asked] == ["z3", "confirm"]


@pytest.mark.parametrize(
    ("hypotheses", "goal", "finite"),
    [
        ({"one": z3.Exists([C, D], C != D)}, P, True),
        ({"one": CYCLE}, P, False),
        ({"one": N > 2}, P, False),
        ({"one": P}, N > 2, False),
        ({"one": N > 2, "two": Q}, P, False),
        ({"two": Q}, P, True),
    ],
)
def test_finite_models_are_looked_for_where_they_decide(
    asked: Asked, hypotheses: dict[str, z3.BoolRef], goal: z3.BoolRef, finite: bool
) -> None:
    for solvers in (Solvers.CVC5, Solvers.BOTH):
        asked.core = tuple(hypotheses)[-1:]
        discharge(Condition(hypotheses, {}, goal), Satisfiable(), Settings(solvers))
        assert asked.asked[-1][0] == "cvc5"
        assert asked.asked[-1][-2] is finite


def test_both_are_asked_if_nobody_is_named(asked: Asked) -> None:
    assert discharge(BOTH, Satisfiable()).verdict == Verdict.PROVED
    assert [each[0] for each in asked.asked] == ["z3", "confirm", "z3", "cvc5"]
    assert asked.asked[2] == ("z3", BOTH.hypotheses, P, 2.0, 0)


def test_what_is_not_needed_is_named(asked: Asked) -> None:
    three = Condition({"one": P, "two": Q, "three": R}, {}, P)
    outcome = discharge(three, Satisfiable(), Settings())
    assert (outcome.used, outcome.unused) == (("two",), ("one", "three"))


def test_more_evidence_is_of_the_condition_and_of_what_it_needs(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def more_evidence(*arguments: Any) -> Outcome:
        given.extend(arguments)
        return Outcome(Verdict.PROVED, reason="and more")

    monkeypatch.setattr(solver, "_more_evidence", more_evidence)
    satisfiable, wanted = Satisfiable(), Settings()
    assert discharge(BOTH, satisfiable, wanted).reason == "and more"
    condition, needed, outcome, *rest = given
    assert condition is BOTH
    assert (needed.hypotheses, needed.goal) == ({"two": Q}, P)
    assert outcome.verdict == Verdict.PROVED
    assert rest == [satisfiable, wanted]


@pytest.mark.parametrize(
    ("answers", "verdict", "reason"),
    [
        ([], Verdict.UNKNOWN, ""),
        ([Answer("z3", "unknown", 0.0)], Verdict.UNKNOWN, "z3: no answer"),
        ([Answer("z3", "unsat", 0.0), Answer("cvc5", "", 0.0, "too hard")], Verdict.UNKNOWN, "cvc5: too hard"),
        (
            [
                Answer("a", "unsat", 0.0),
                Answer("b", "sat", 0.0),
                Answer("c", "unsat", 0.0),
                Answer("d", "unknown", 0.0),
            ],
            Verdict.DISAGREEMENT,
            "a and c finds no counterexample, b finds one",
        ),
        ([Answer("z3", "unsat", 0.0)] * 2, Verdict.PROVED, ""),
    ],
)
def test_no_answer_and_no_solver_prove_nothing(answers: list[Answer], verdict: Verdict, reason: str) -> None:
    assert joint(answers) == (verdict, reason)


@pytest.mark.parametrize(("hypotheses", "finite"), [({"one": P}, False), ({"one": z3.Exists([C, D], C != D)}, True)])
def test_the_second_is_asked_whether_hypotheses_have_a_model(
    asked: Asked, hypotheses: dict[str, z3.BoolRef], finite: bool
) -> None:
    asked.cvc5 = "sat"
    Satisfiable().check(Condition(hypotheses, {"one": "guard"}, P), Settings(seconds=3.0, seed=9))
    assert asked.second().result == "sat"
    without_goal = Condition(hypotheses, {"one": "guard"}, z3.BoolVal(False))
    assert asked.asked[-1] == ("cvc5", smtlib(without_goal), 1.5, 9, finite, "sat")


@pytest.mark.parametrize(
    ("solvers", "first", "second", "verdict", "reason", "core"),
    [
        (
            Solvers.BOTH,
            "unsat",
            "sat",
            Verdict.DISAGREEMENT,
            "z3 finds that the hypotheses contradict each other, cvc5 that they are satisfiable: one; two",
            ("one", "two"),
        ),
        (Solvers.Z3, "unsat", "sat", Verdict.VACUOUS, "the hypotheses contradict each other: one; two", ("one", "two")),
        (
            Solvers.BOTH,
            "unsat",
            "unknown",
            Verdict.VACUOUS,
            "the hypotheses contradict each other: one; two",
            ("one", "two"),
        ),
        (Solvers.BOTH, "unknown", "sat", Verdict.UNKNOWN, "whether the hypotheses are satisfiable: why", ()),
    ],
)
def test_hypotheses_without_a_model(
    asked: Asked,
    solvers: Solvers,
    first: str,
    second: str,
    verdict: Verdict,
    reason: str,
    core: tuple[str, ...],
) -> None:
    asked.hypotheses, asked.cvc5 = first, second
    assert Satisfiable().check(BOTH, Settings(solvers)) == Confirmation(verdict, reason, core)
    asked_second = first == "unsat" and solvers != Solvers.Z3
    again = first == "unknown"  # with all the time that there is
    assert [each[0] for each in asked.asked] == ["z3", *["z3"] * again, *["cvc5"] * asked_second]


def test_a_solver_that_gives_no_reason_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_ask_z3", lambda *_: (Answer("z3", "unknown", 0.0), ()))
    monkeypatch.setattr(solver, "least", lambda *_: None)
    reason = "whether the hypotheses are satisfiable: no answer"
    assert Satisfiable().check(BOTH, Settings()) == Confirmation(Verdict.UNKNOWN, reason)


# what is remembered


def test_each_set_of_hypotheses_is_asked_about_once(asked: Asked) -> None:
    satisfiable = Satisfiable()
    other = Condition({"three": R}, {}, P)
    for condition in (BOTH, Condition(BOTH.hypotheses, {}, R), BOTH):
        assert satisfiable.check(condition, Settings()) == asked.confirmation
    assert [each[1] for each in asked.asked if each[0] == "z3"] == [BOTH.hypotheses]
    asked.confirmation = Confirmation(Verdict.UNKNOWN, "another")
    assert satisfiable.check(other, Settings()) == asked.confirmation  # another set has an answer of its own
    assert satisfiable.check(BOTH, Settings()).verdict is None
    assert [each[1] for each in asked.asked if each[0] == "z3"] == [BOTH.hypotheses, other.hypotheses]
    for fewer in ({"one": P}, {"two": Q}):  # a model of both is one of each
        assert satisfiable.check(Condition(fewer, {}, P), Settings()).verdict is None
    assert [each[1] for each in asked.asked if each[0] == "z3"] == [BOTH.hypotheses, other.hypotheses]
    for alike in ({"one": P, "two": R}, {"one": R, "two": Q}, {"one": P, "two": Q, "three": R}):
        assert satisfiable.check(Condition(alike, {}, P), Settings()).verdict == Verdict.UNKNOWN


def test_a_witness_is_looked_for_once_and_else_it_is_what_showed_it(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[tuple[Any, ...]] = []
    satisfiable, states = Satisfiable(), [STATE, None]

    def least(hypotheses: Mapping[str, z3.BoolRef], seconds: float) -> Structure | None:
        looked.append((dict(hypotheses), seconds))
        return states.pop(0)

    monkeypatch.setattr(solver, "least", least)
    one, two = Condition({"one": P}, {}, Q), Condition({"two": z3.Or(P, Q)}, {}, Q)
    for _ in range(2):
        assert satisfiable.witness(one, Settings(seconds=3.0)) == Confirmation(
            None, sentence="evaluated in an assignment of 1 constant", model=STATE
        )
        assert satisfiable.witness(two, Settings(seconds=3.0)) == asked.confirmation
    assert looked == [(one.hypotheses, 3.0), (two.hypotheses, 3.0)]
    states += [STATE] * 3
    for alike in ({"one": P, "two": z3.Not(P)}, {"one": z3.Not(P), "two": P}, {"one": P, "two": P}):
        verdict = None if len({formula.get_id() for formula in alike.values()}) == 1 else Verdict.DISAGREEMENT
        assert satisfiable.witness(Condition(alike, {}, Q), Settings()).verdict == verdict


# what a failed condition about bits shows


def bits(goal: z3.BoolRef, **given: z3.BoolRef) -> Outcome:
    return discharge(Condition(dict(given), {}, goal), Satisfiable())


WORD = z3.BitVec("word", 8)


def test_a_failed_condition_about_bits_shows_the_bits() -> None:
    outcome = bits(WORD & 1 == 0, odd=z3.ULT(WORD, 2))
    assert outcome.verdict == Verdict.UNPROVED
    assert outcome.counterexample is not None
    assert {name: int(table[0]) for name, table in outcome.counterexample.symbols.items()} == {"word": 1}
    assert bits(z3.ULT(WORD & 1, 2)).counterexample is None


def test_bits_that_show_nothing_are_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Structure(1, {}, {"word": np.array([4], object)})
    monkeypatch.setattr("proofs.engines.smt.solver.read_model", lambda *_: wrong)
    outcome = bits(WORD & 1 == 0)
    assert outcome.verdict == Verdict.DISAGREEMENT
    assert outcome.reason.startswith("the counterexample does not hold")
    assert outcome.counterexample is None


@pytest.mark.parametrize(("p", "verdict"), [(False, Verdict.UNPROVED), (True, Verdict.UNKNOWN)])
def test_a_small_counterexample_counts_if_it_was_evaluated(asked: Asked, p: bool, verdict: Verdict) -> None:
    asked.z3 = "unknown"
    asked.small = Structure(1, {}, {"p": np.array([p]), "q": np.array([True])})
    assert discharge(Condition({"two": Q}, {}, P), Satisfiable(), Settings(Solvers.Z3)).verdict == verdict


@pytest.mark.parametrize(("q", "verdict"), [(True, None), (False, Verdict.UNKNOWN)])
def test_a_small_model_of_hypotheses_counts_if_it_was_evaluated(asked: Asked, q: bool, verdict: Verdict | None) -> None:
    asked.hypotheses = "unknown"
    asked.small = Structure(1, {}, {"q": np.array([q])})
    assert Satisfiable().check(Condition({"two": Q}, {}, P), Settings()).verdict == verdict


@pytest.mark.usefixtures("clock")
def test_a_small_counterexample_is_shown_and_its_search_takes_time(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.z3 = "unknown"
    looked = []

    def least(formulas: dict[str, z3.BoolRef], seconds: float) -> Structure:
        assert [each[3] for each in asked.asked if each[0] == "z3" and each[2] is not None] == [2.0, 3.0]
        looked.append((formulas, seconds))
        return Structure(1, {}, {"p": np.array([False]), "q": np.array([True])})

    monkeypatch.setattr(solver, "least", least)
    outcome = discharge(Condition({"two": Q}, {"two": "guard"}, P), Satisfiable(), Settings(Solvers.Z3, 3.0))
    assert outcome.verdict == Verdict.UNPROVED
    assert outcome.counterexample is not None
    assert {name: table.tolist() for name, table in outcome.counterexample.symbols.items()} == {
        "p": [False],
        "q": [True],
    }
    assert looked == [({"two": Q, "not the goal": z3.Not(P)}, 3.0)]
    assert [(answer.result, answer.seconds) for answer in outcome.answers] == [("sat", 203)]
    assert [each[3] for each in asked.asked if each[0] == "z3" and each[2] is not None] == [2.0, 3.0]


@pytest.mark.usefixtures("clock")
def test_a_counterexample_of_few_elements_is_looked_for_before_z3_has_all_its_time(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.z3 = "unknown"
    looked = []

    def few(formulas: Iterable[z3.BoolRef], seconds: float) -> Structure:
        looked.append((list(formulas), seconds))
        return Structure(1, {}, {"p": np.array([wrong]), "q": np.array([True])})

    monkeypatch.setattr(solver, "model_of_few", few)
    for seconds in (3.0, 0.5):
        wrong = False
        outcome = discharge(Condition({"two": Q}, {}, P), Satisfiable(), Settings(Solvers.Z3, seconds))
        assert outcome.verdict == Verdict.UNPROVED
        assert [(answer.result, answer.seconds) for answer in outcome.answers] == [("sat", 103)]
        assert looked.pop() == ([Q, z3.Not(P)], 2.0)
        assert [each[3] for each in asked.asked if each[0] == "z3" and each[2] is not None] == [min(seconds, 2.0)]
        wrong = True  # what is no counterexample when it is evaluated counts for nothing
        asked.asked.clear()
        outcome = discharge(Condition({"two": Q}, {}, P), Satisfiable(), Settings(Solvers.Z3, seconds))
        assert outcome.verdict == Verdict.UNKNOWN
        assert [each[3] for each in asked.asked if each[0] == "z3" and each[2] is not None] == [min(seconds, 2.0), 3.0][
            : 1 + (seconds > 2)
        ]
        asked.asked.clear()


@pytest.mark.parametrize("said", ["sat", "unsat"])
def test_what_is_known_at_length_is_not_looked_for_any_more(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def ask_z3(
        hypotheses: Mapping[str, z3.BoolRef], goal: z3.BoolRef | None, seconds: float, seed: int
    ) -> tuple[Answer, tuple[str, ...]]:
        asked.z3 = said if seconds > 2 else "unknown"
        return asked.ask_z3(hypotheses, goal, seconds, seed)

    monkeypatch.setattr(solver, "_ask_z3", ask_z3)
    monkeypatch.setattr(solver, "least", lambda *_: pytest.fail("a least counterexample is looked for"))
    outcome = discharge(Condition({"two": Q}, {}, P), Satisfiable(), Settings(Solvers.Z3, 3.0))
    assert outcome.verdict == (Verdict.PROVED if said == "unsat" else Verdict.UNPROVED)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("knows", "said", "verdict", "asked_with"),
    [
        (0, "unsat", Verdict.PROVED, [(0, 0.5)]),
        (1, "sat", Verdict.UNPROVED, [(0, 0.5), (1, 1.5)]),
        (5, "unsat", Verdict.PROVED, [(0, 0.5), (1, 1.5), (5, 1.5)]),
        (9, "unsat", Verdict.UNKNOWN, [(0, 0.5), (1, 1.5), (5, 1.5), (0, 3.0)]),
    ],
)
def test_other_seeds_are_tried_between_soon_and_at_length(
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
    knows: int,
    said: str,
    verdict: Verdict,
    asked_with: list[tuple[int, float]],
) -> None:
    looked = []

    def ask_z3(
        hypotheses: Mapping[str, z3.BoolRef], goal: z3.BoolRef | None, seconds: float, seed: int
    ) -> tuple[Answer, tuple[str, ...]]:
        asked.z3 = said if seed == knows else "unknown"
        return asked.ask_z3(hypotheses, goal, seconds, seed)

    monkeypatch.setattr(solver, "_ask_z3", ask_z3)
    monkeypatch.setattr(solver, "model_of_few", lambda *_: looked.append(len(asked.asked)))
    settings = Settings(Solvers.Z3, 3.0, soon=0.5, seeds=(1, 5), again=1.5)
    outcome = discharge(Condition({"two": Q}, {}, P), Satisfiable(), settings)
    assert outcome.verdict == verdict
    of_goal = [(each[4], each[3]) for each in asked.asked if each[0] == "z3" and each[2] is not None]
    assert of_goal == asked_with
    assert looked == [3] * (knows != 0)  # once, after two questions about the hypotheses and the first about the goal
    assert all(each[1] == {"two": Q} for each in asked.asked if each[0] == "z3")
    spent = {0: 3.0, 1: 203.0, 5: 303.0, 9: 3.0}  # by the clock, that of all questions so far
    assert outcome.answers[0].seconds == spent[knows]
    if verdict == Verdict.PROVED:
        assert outcome.used == ("two",)


@pytest.mark.usefixtures("clock")
def test_a_counterexample_of_the_sizes_that_are_given_is_looked_for_as_well(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.z3 = "unknown"
    found = Structure(1, {}, {"p": np.array([False]), "q": np.array([True])})
    looked = []

    def of_sizes(formulas: Iterable[z3.BoolRef], sizes: Mapping[str, int], seconds: float) -> Structure | None:
        looked.append(list(formulas))
        return found if sizes == {"S": 2} else None

    monkeypatch.setattr(solver, "model_of_sizes", of_sizes)
    outcome = discharge(Condition({"two": Q}, {}, P, sizes={"S": 2}), Satisfiable(), Settings(Solvers.Z3, 3.0))
    assert outcome.verdict == Verdict.UNPROVED
    assert [each[3] for each in asked.asked if each[0] == "z3" and each[2] is not None] == [2.0]
    assert looked == [[Q], [Q, z3.Not(P)]]  # the hypotheses, and then a counterexample


def test_hypotheses_that_are_left_open_at_first_are_asked_about_for_longer(asked: Asked) -> None:
    asked.hypotheses = "unknown"
    settings = Settings(seconds=30.0, seed=7)
    assert Satisfiable().check(Condition({"two": Q}, {}, P), settings).verdict == Verdict.UNKNOWN
    assert asked.asked == [("z3", {"two": Q}, None, 2.0, 7), ("z3", {"two": Q}, None, 30.0, 7)]


def test_a_model_where_nothing_has_changed_is_looked_for_first_where_that_may_be_one(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Confirmation | None = Confirmation(None, sentence="nothing has changed")
    looked = []

    def alike(*question: Any) -> Confirmation | None:
        looked.append(question)
        return found

    monkeypatch.setattr(solver, "confirm_alike", alike)
    settings, ends = Settings(seconds=3.0), (("p", "q"),)
    condition = Condition({"two": Q}, {}, P, alike=ends)
    assert Satisfiable().check(condition, settings) is found
    assert looked == [({"two": Q}, ends, 3.0)]
    assert not asked.asked
    found = None
    assert Satisfiable().check(condition, settings) is asked.confirmation
    assert Satisfiable().check(Condition({"two": Q}, {}, P), settings) is asked.confirmation
    assert len(looked) == 2


@pytest.mark.parametrize("where", ["hypothesis", "goal"])
def test_a_constant_that_is_named_after_what_a_quantifier_binds_is_never_judged(where: str) -> None:
    """It is one for all, and would be taken for one of each."""
    captured = z3.ForAll([C], constant_after("first of c", S, C) == C)
    condition = Condition({"one": captured}, {}, P) if where == "hypothesis" else Condition({"one": P}, {}, captured)
    for solvers in Solvers:
        with pytest.raises(CapturedNameError):
            discharge(condition, Satisfiable(), Settings(solvers))


def test_the_terms_of_a_condition_are_kept_for_those_that_share_them() -> None:
    satisfiable = Satisfiable()
    discharge(BOTH, satisfiable, Settings(Solvers.Z3))
    assert set(satisfiable.terms._kept) == {read(P), read(Q)}


def test_only_a_refutation_has_its_counterexample_evaluated(asked: Asked) -> None:
    """One that does not hold is said to be none, with the reason; a disagreement of the solvers is said as it is."""
    asked.z3, asked.model = "sat", STATE
    asked.cvc5 = "sat"
    outcome = discharge(Condition({"one": P}, {}, P), Satisfiable(), Settings())
    assert outcome.verdict == Verdict.DISAGREEMENT
    assert outcome.reason.startswith("the counterexample does not hold: ")
    assert outcome.reason.endswith("but in its model this one is false: not the goal")
    asked.cvc5 = "unsat"
    outcome = discharge(Condition({"one": P}, {}, P), Satisfiable(), Settings())
    assert (outcome.verdict, outcome.counterexample) == (Verdict.DISAGREEMENT, None)
    assert outcome.reason == "cvc5 finds no counterexample, z3 finds one"
