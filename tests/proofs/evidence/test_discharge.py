"""What each solver is asked, and what becomes of its answer: exactly, with solvers that answer as told."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pytest
import z3

from model.evaluate import Structure
from proofs.engines import solver
from proofs.engines.certificate import Certificate
from proofs.engines.confirm import Confirmation
from proofs.engines.outcome import Answer, Outcome, Settings, Solvers, Spread
from proofs.engines.smtlib import smtlib
from proofs.engines.solver import Satisfiable, discharge, discharge_all
from proofs.obligation import Condition
from proofs.verdict import Verdict

P, Q, R = z3.Bools("p q r")
S = z3.DeclareSort("S")
C, D = z3.Consts("c d", S)
N = z3.Int("n")
STATE = Structure(1, {}, {"p": np.array([True])})
BOTH = Condition({"one": P, "two": Q}, {}, P)
CYCLE = z3.ForAll([C], z3.Exists([D], C != D))  # outside the fragment


class FakeZ3:
    """A solver that remembers what it is told, and answers as told."""

    def __init__(self, result: z3.CheckSatResult, keys: tuple[str, ...] = ("rlimit count",)) -> None:
        self.told: list[Any] = []
        self.result, self.counted, self.names = result, 10, keys

    def set(self, key: str, value: int) -> None:
        self.told.append((key, value))

    def assert_and_track(self, formula: z3.BoolRef, name: str) -> None:
        self.told.append((name, formula))
        self.counted += 100

    def add(self, formula: z3.BoolRef) -> None:
        self.told.append(formula)
        self.counted += 100

    def check(self) -> z3.CheckSatResult:
        self.counted += 15
        return self.result

    def unsat_core(self) -> list[z3.BoolRef]:
        assert self.result == z3.unsat
        return [z3.Bool("two")]

    def reason_unknown(self) -> str:
        assert self.result == z3.unknown
        return "as told"

    def model(self) -> str:
        assert self.result == z3.sat
        return "its model"

    def statistics(self) -> "FakeZ3":
        return self

    def keys(self) -> tuple[str, ...]:
        return self.names

    def get_key_value(self, key: str) -> int:
        assert key in self.names
        return self.counted


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is read 100 later each time."""
    ticks = count(1000, 100)
    monkeypatch.setattr(solver, "process_time", lambda: next(ticks))


# what z3 is told


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("result", "goal", "seconds", "limit", "answer", "core"),
    [
        (z3.unsat, R, 2.5, 2500, Answer("z3", "unsat", 100, "", 15), ("two",)),
        (z3.unsat, None, 2.5, 2500, Answer("z3", "unsat", 100, "", 15), ("two",)),
        (z3.sat, R, 2.5, 2500, Answer("z3", "sat", 100, "", 15), ()),
        (z3.sat, None, 2.5, 2500, Answer("z3", "sat", 100, "", 15), ()),
        (z3.unknown, R, 0.0, 1, Answer("z3", "unknown", 100, "as told", 15), ()),  # 0 would be no limit
        (z3.unknown, None, 0.0, 1, Answer("z3", "unknown", 100, "as told", 15), ()),
    ],
)
def test_z3_is_asked_for_a_counterexample_or_a_model(
    monkeypatch: pytest.MonkeyPatch,
    result: z3.CheckSatResult,
    goal: z3.BoolRef | None,
    seconds: float,
    limit: int,
    answer: Answer,
    core: tuple[str, ...],
) -> None:
    fake = FakeZ3(result)
    monkeypatch.setattr(z3, "Solver", lambda: fake)
    monkeypatch.setattr(solver, "read_model", lambda model, formulas: (model, list(formulas)))
    assert solver._ask_z3(BOTH.hypotheses, goal, seconds, 7) == (answer, core)
    found: Any = solver._ask_z3(BOTH.hypotheses, goal, seconds, 7)[0].model
    assert found == (("its model", [P, Q]) if goal is None and result == z3.sat else None)
    told = [("timeout", limit), ("random_seed", 7), ("one", P), ("two", Q), *([] if goal is None else [z3.Not(R)])]
    assert fake.told == told * 2


def test_what_z3_does_not_count_is_nothing() -> None:
    fake: Any = FakeZ3(z3.sat, keys=("time",))
    assert solver._resources(fake) == 0


@pytest.mark.parametrize(("said", "raised"), [("out of memory", True), ("no such function", False)])
def test_a_model_that_cannot_be_read_is_none_but_for_want_of_memory(
    monkeypatch: pytest.MonkeyPatch, said: str, raised: bool
) -> None:
    def fail(*_: object) -> None:
        raise z3.Z3Exception(said)

    monkeypatch.setattr(solver, "read_model", fail)
    solved = z3.Solver()
    assert solved.check() == z3.sat
    if raised:
        with pytest.raises(z3.Z3Exception, match=said):
            solver._model(solved, {})
    else:
        assert solver._model(solved, {}) is None
    monkeypatch.setattr(solver, "read_model", lambda model, formulas: (type(model), list(formulas)))
    found: Any = solver._model(solved, BOTH.hypotheses)
    assert found == (z3.ModelRef, [P, Q])


# who is asked, and what


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
        self.confirmation = Confirmation(None, sentence="as told")

    def ask_z3(
        self, hypotheses: Mapping[str, z3.BoolRef], goal: z3.BoolRef | None, seconds: float, seed: int
    ) -> tuple[Answer, tuple[str, ...]]:
        vars(solver)["process_time"]()  # it takes time
        self.asked.append(("z3", dict(hypotheses), goal, seconds, seed))
        if goal is None:
            return Answer("z3", self.hypotheses, 0.0, "why", model=STATE), ("one", "two")
        return Answer("z3", self.z3, 3.0, "too hard"), self.core if self.z3 == "unsat" else ()

    def ask_cvc5(self, text: str, seconds: float, seed: int, *, finite_models: bool) -> Answer:
        vars(solver)["process_time"]()  # it takes time
        self.asked.append(("cvc5", text, seconds, seed, finite_models))
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
        100 * (2 + bool(first) + bool(second)),
        ("two",) if proved_by_z3 else (),
        ("one",) if proved_by_z3 and verdict == Verdict.PROVED else (),
        reason=reason,
        answers=answers,
        satisfiable="as told",
    )
    needed = Condition({"two": Q}, {}, P) if proved_by_z3 else BOTH
    expected: list[tuple[Any, ...]] = [
        ("z3", BOTH.hypotheses, None, 3.0, 5),
        ("confirm", BOTH.hypotheses, STATE, 1.5),
    ]
    if first:
        expected.append(("z3", BOTH.hypotheses, P, 3.0, 5))
    if second:
        expected.append(("cvc5", smtlib(needed), 3.0, 5, True))
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
        assert asked.asked[-1][-1] is finite


def test_both_are_asked_if_nobody_is_named(asked: Asked) -> None:
    assert discharge(BOTH, Satisfiable()).verdict == Verdict.PROVED
    assert [each[0] for each in asked.asked] == ["z3", "confirm", "z3", "cvc5"]
    assert asked.asked[2] == ("z3", BOTH.hypotheses, P, 10.0, 0)


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
    assert solver.joint(answers) == (verdict, reason)


@pytest.mark.parametrize(("hypotheses", "finite"), [({"one": P}, False), ({"one": z3.Exists([C, D], C != D)}, True)])
def test_the_second_is_asked_whether_hypotheses_have_a_model(
    asked: Asked, hypotheses: dict[str, z3.BoolRef], finite: bool
) -> None:
    asked.cvc5 = "sat"
    Satisfiable().check(Condition(hypotheses, {"one": "guard"}, P), Settings(seconds=3.0, seed=9))
    assert asked.second().result == "sat"
    without_goal = Condition(hypotheses, {"one": "guard"}, z3.BoolVal(False))
    assert asked.asked[-1] == ("cvc5", smtlib(without_goal), 1.5, 9, finite)


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
    assert [each[0] for each in asked.asked] == ["z3", *["cvc5"] * asked_second]


def test_a_solver_that_gives_no_reason_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_ask_z3", lambda *_: (Answer("z3", "unknown", 0.0), ()))
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
    for alike in ({"one": P, "two": R}, {"one": R, "two": Q}, {"one": P}, {"two": Q}):
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


# more evidence

MORE = [verdict for verdict in Verdict if verdict not in (Verdict.PROVED, Verdict.UNPROVED)]


NEEDED = Condition({"two": Q}, {}, P)


class Shows(Satisfiable):
    """Has an answer for whoever asks for a state."""

    def __init__(self, shown: Confirmation | None = None) -> None:
        super().__init__()
        self.shown = shown or Confirmation(None)
        self.asked: list[Any] = []

    def witness(self, condition: Condition, settings: Settings) -> Confirmation:
        self.asked += [condition, settings]
        return self.shown


def more(outcome: Outcome, shown: Confirmation | None = None, **wanted: Any) -> Outcome:
    satisfiable, settings = Shows(shown), Settings(**wanted)
    found = solver._more_evidence(BOTH, NEEDED, outcome, satisfiable, settings)
    assert satisfiable.asked in ([], [BOTH, settings])
    return found


class Begun:
    """Which evidence is asked for, of what; each says what it is told to say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.of: dict[str, tuple[Any, ...]] = {}
        self.gives: dict[str, Any] = {"certify": Certificate(True, "checked")}
        for name in ("_stability", "certify", "_with_witness"):
            monkeypatch.setattr(solver, name, partial(self.begin, name))

    def begin(self, name: str, *arguments: Any) -> Any:
        self.of[name] = arguments
        return self.gives.get(name, Outcome(Verdict.PROVED, reason=name))


@pytest.mark.parametrize("verdict", Verdict)
def test_more_is_asked_only_of_what_is_decided(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    outcome = Outcome(verdict)
    decided, proved = verdict in (Verdict.PROVED, Verdict.UNPROVED), verdict == Verdict.PROVED
    for wanted, name, due in (
        ({"stability": 1}, "_stability", decided),
        ({"certify": True}, "certify", proved),
        ({"witness": True}, "_with_witness", decided),
        ({"model": True}, "_with_witness", decided),
        ({}, "", False),
    ):
        begun, satisfiable, settings = Begun(monkeypatch), Satisfiable(), Settings(**wanted)
        found = solver._more_evidence(BOTH, NEEDED, outcome, satisfiable, settings)
        of = {
            "_stability": (BOTH, outcome, settings),
            "certify": (NEEDED,),
            "_with_witness": (BOTH, outcome, satisfiable, settings),
        }
        assert begun.of == ({name: of[name]} if due else {})
        assert (found is outcome) is (not due)
        if due and name != "certify":
            assert found.reason == name


def test_what_is_no_proof_any_more_is_not_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Settings(stability=1, certify=True, witness=True)
    for stable, refuted, expected in (
        (Verdict.UNKNOWN, "", ["_stability"]),
        (Verdict.UNPROVED, "", ["_stability", "_with_witness"]),
        (Verdict.PROVED, "there is a model", ["_stability", "certify"]),
        (Verdict.PROVED, "", ["_stability", "certify", "_with_witness"]),
    ):
        begun = Begun(monkeypatch)
        begun.gives["_stability"] = Outcome(stable)
        begun.gives["certify"] = Certificate(not refuted, "as told", refuted)
        found = solver._more_evidence(BOTH, NEEDED, Outcome(Verdict.PROVED), Satisfiable(), wanted)
        assert list(begun.of) == expected
        if refuted:
            assert (found.verdict, found.certified) == (Verdict.DISAGREEMENT, False)


def test_a_certificate_is_of_what_is_needed_inside_the_fragment(monkeypatch: pytest.MonkeyPatch) -> None:
    certified: list[Condition] = []
    found = [
        Certificate(True, "checked"),
        Certificate(False, "not accepted"),
        Certificate(False, "not refuted", "there is a model"),
    ]

    def certify(condition: Condition) -> Certificate:
        certified.append(condition)
        return found[len(certified) - 1]

    monkeypatch.setattr(solver, "certify", certify)
    proved = Outcome(Verdict.PROVED)
    assert more(proved, certify=True) == Outcome(Verdict.PROVED, certified=True, certificate="checked")
    assert more(proved, certify=True) == Outcome(Verdict.PROVED, certificate="not accepted")
    assert more(proved, certify=True) == Outcome(Verdict.DISAGREEMENT, reason="there is a model")
    assert [each.hypotheses for each in certified] == [{"two": Q}] * 3
    outside = Outcome(Verdict.PROVED, outside="for every S some S")
    nothing = "outside the decidable fragment: not grounded"
    assert more(outside, certify=True) == Outcome(Verdict.PROVED, outside="for every S some S", certificate=nothing)
    assert len(certified) == 3


@pytest.mark.parametrize("verdict", [Verdict.PROVED, Verdict.UNPROVED])
def test_a_state_is_shown_or_what_is_proved_is_unknown(verdict: Verdict) -> None:
    outcome, shown = Outcome(verdict), Confirmation(None, sentence="by two")
    with_state = Confirmation(None, model=STATE)
    none = "no state can be shown in which the hypotheses hold (by two)"
    missing = Outcome(Verdict.UNKNOWN, reason=none) if verdict == Verdict.PROVED else outcome
    assert more(outcome, shown, witness=True) == missing
    assert more(outcome, shown, model=True) == outcome
    for wanted in ({"witness": True}, {"model": True}):
        assert more(outcome, with_state, **wanted).witness is STATE
        wrong = Confirmation(Verdict.DISAGREEMENT, "in its model one is false")
        assert more(outcome, wrong, **wanted) == Outcome(wrong.verdict or verdict, reason=wrong.reason)


# stability


@pytest.mark.parametrize("z3_first", [True, False])
@pytest.mark.parametrize(
    ("first", "later", "verdict", "results"),
    [
        ("unsat", ["unsat", "unsat"], Verdict.PROVED, ("unsat",)),
        ("unsat", ["unsat", "unknown"], Verdict.UNKNOWN, ("unsat", "unknown")),
        ("sat", ["sat", "unknown"], Verdict.UNKNOWN, ("sat", "unknown")),
        ("unsat", ["unknown", "sat"], Verdict.DISAGREEMENT, ("unsat", "unknown", "sat")),
        ("unsat", ["sat", "unsat"], Verdict.DISAGREEMENT, ("unsat", "sat")),
    ],
)
def test_runs_with_other_seeds_and_orders(
    monkeypatch: pytest.MonkeyPatch,
    z3_first: bool,
    first: str,
    later: list[str],
    verdict: Verdict,
    results: tuple[str, ...],
) -> None:
    asked: list[tuple[Any, ...]] = []
    many = Condition({str(i): z3.Bool(f"b{i}") for i in range(9)}, {}, P)

    def ask(
        hypotheses: Mapping[str, z3.BoolRef], goal: z3.BoolRef, seconds: float, seed: int
    ) -> tuple[Answer, tuple[str, ...]]:
        asked.append((list(hypotheses), goal, seconds, seed))
        assert hypotheses == many.hypotheses
        return Answer("z3", later[len(asked) - 1], 2.0 + 2 * len(asked), resources=10 + 20 * len(asked)), ()

    monkeypatch.setattr(solver, "_ask_z3", ask)
    answers = (Answer("cvc5", "sat", 99.0), Answer("z3", first, 2.0, resources=10))
    given = Outcome(Verdict.PROVED, answers=answers[::-1] if z3_first else answers)
    found = solver._stability(many, given, Settings(seconds=4.0, seed=20, stability=2))
    assert (found.verdict, found.spread) == (verdict, Spread(3, 3.0, 5.0, results))
    assert found.answers == given.answers
    assert [each[1:] for each in asked] == [(P, 4.0, 21), (P, 4.0, 22)]
    for (order, *_), seed in zip(asked, (21, 22), strict=True):
        names = list(many.hypotheses)
        random.Random(seed).shuffle(names)
        assert order == names
    said = f"not stable: {' and '.join(results)} in 3 runs with other seeds and orders"
    assert found.reason == ("" if verdict == Verdict.PROVED else said)


def test_the_ratio_of_figures() -> None:
    assert solver._ratio([]) == 1.0
    assert solver._ratio([4.0, 2.0, 8.0]) == 4.0
    assert solver._ratio([0.0, 1.0]) == pytest.approx(1e9)


# several conditions


def scripted(monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome) -> list[Settings]:
    """Outcomes in that order, whatever is asked; the settings that each was asked with."""
    asked: list[Settings] = []

    def answer(condition: Condition, satisfiable: Satisfiable, settings: Settings) -> Outcome:
        assert isinstance(condition, Condition)
        assert isinstance(satisfiable, Satisfiable)
        asked.append(settings)
        return outcomes[len(asked) - 1]

    monkeypatch.setattr(solver, "discharge", answer)
    return asked


PROVED = Outcome(Verdict.PROVED)


def test_no_condition_at_all_proves_nothing() -> None:
    assert discharge_all([], Satisfiable()) == Outcome(Verdict.ERROR, reason="the obligation has no condition to prove")


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_all_are_proved_or_the_first_that_is_not_decides(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, place: int
) -> None:
    found = [PROVED, PROVED, PROVED]
    found[place] = Outcome(verdict, reason="why")
    asked = scripted(monkeypatch, *found)
    outcome = discharge_all([BOTH] * 3, Satisfiable())
    assert outcome.verdict == verdict
    assert len(asked) == (3 if verdict == Verdict.PROVED else place + 1)
    if verdict != Verdict.PROVED:
        assert outcome.reason == "why"


def test_what_is_shown_once_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    certified = Outcome(Verdict.PROVED, certified=True, certificate="checked")
    shown = Outcome(Verdict.PROVED, certified=True, witness=STATE)
    wanted = Settings(certify=True, witness=True, model=True)
    asked = scripted(monkeypatch, certified, shown, certified, PROVED, certified)
    outcome = discharge_all([BOTH] * 5, Satisfiable(), wanted)
    figures = [(each.certify, each.witness, each.model) for each in asked]
    assert figures == [(True, True, True)] * 2 + [(True, False, False)] * 2 + [(False, False, False)]
    assert outcome.witness is STATE
    assert not outcome.certified  # in part is not


def test_figures_of_several_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*figures: tuple[str, float, int]) -> tuple[Answer, ...]:
        return tuple(Answer(name, "unsat", seconds, resources=n) for name, seconds, n in figures)

    slow, long = Spread(3, 9.0, 1.0, ("unsat",)), Spread(3, 1.0, 8.0, ("unsat",))
    one = Outcome(
        Verdict.PROVED,
        1.0,
        ("two",),
        outside="for every S some S",
        answers=answers(("z3", 1.0, 10), ("cvc5", 2.0, 0)),
        certified=True,
        certificate="first",
        spread=long,
        satisfiable="by two",
    )
    two = Outcome(
        Verdict.PROVED,
        2.0,
        ("four", "two"),
        answers=answers(("z3", 4.0, 20)),
        certified=True,
        certificate="second",
        spread=slow,
        witness=STATE,
        satisfiable="evaluated",
    )
    last = Outcome(Verdict.PROVED, 4.0, answers=answers(("z3", 8.0, 40)), certified=True, certificate="third")
    later = Condition({"three": R, "four": R, "one": P}, {}, P)
    scripted(monkeypatch, one, two, last)
    assert discharge_all([BOTH, later, BOTH], Satisfiable()) == Outcome(
        Verdict.PROVED,
        7.0,
        ("two", "four"),
        ("one", "three"),
        "for every S some S",
        answers=answers(("z3", 13.0, 70)),
        certified=True,
        certificate="third",
        spread=slow,
        witness=STATE,
        satisfiable="by two; evaluated",
    )
    scripted(monkeypatch, one)
    assert discharge_all([BOTH], Satisfiable()) is one
    scripted(monkeypatch, Outcome(Verdict.PROVED, certificate="none yet"), two)
    assert discharge_all([BOTH, later], Satisfiable()).certificate == "none yet"
    scripted(monkeypatch, one, Outcome(Verdict.UNPROVED, 4.0, answers=answers(("z3", 8.0, 40))))
    assert discharge_all([BOTH, later], Satisfiable()).unused == ()  # nothing is said of what is not proved
    by_cvc5 = Outcome(Verdict.PROVED, answers=answers(("cvc5", 1.0, 0)))
    scripted(monkeypatch, by_cvc5, by_cvc5)
    assert discharge_all([BOTH, later], Satisfiable()).unused == ()  # nobody says what it needed
    scripted(monkeypatch, last, last)
    assert discharge_all([BOTH, later], Satisfiable()).spread is None


def together(monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome) -> Outcome:
    scripted(monkeypatch, *outcomes)
    conditions = [Condition({str(number): P}, {}, P) for number in range(len(outcomes))]
    return discharge_all(conditions, Satisfiable())


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_one_of_three_conditions_says_is_said_of_all(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    spread = Spread(2, 2.0, 3.0, ("unsat",))
    small = Outcome(Verdict.PROVED, certified=True, spread=Spread(2, 1.0, 1.0, ("unsat",)))
    for own in (
        Outcome(Verdict.PROVED, spread=spread, certificate="none", used=("1",)),
        Outcome(Verdict.PROVED, spread=replace(spread, time=3.0, resources=2.0), outside="why"),
        Outcome(Verdict.PROVED, spread=spread, witness=STATE, satisfiable="as told"),
    ):
        three = [small] * 3
        three[place] = own
        found = together(monkeypatch, *three)
        assert found.used == own.used
        assert (found.outside, found.satisfiable) == (own.outside, own.satisfiable)
        assert found.witness is own.witness
        assert found.spread == own.spread
        assert (found.certified, found.certificate) == (False, own.certificate)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_solver_that_was_not_asked_every_time_has_no_figure(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    def answers(*names: str) -> Outcome:
        return Outcome(Verdict.PROVED, 1.0, answers=tuple(Answer(name, "unsat", 1.0, resources=2) for name in names))

    def added(*names: str) -> tuple[Answer, ...]:
        return tuple(Answer(name, "unsat", 3.0, resources=6) for name in names)

    for order in (("z3", "cvc5"), ("cvc5", "z3")):
        assert together(monkeypatch, *[answers(*order)] * 3).answers == added(*order)
        for left in order:
            three = [answers(*order)] * 3
            three[place] = answers(left)
            assert together(monkeypatch, *three).answers == added(left)


def test_unused_is_what_no_condition_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def used(*names: str) -> Outcome:
        both = (Answer("z3", "unsat", 0.0), Answer("cvc5", "unsat", 0.0))
        return Outcome(Verdict.PROVED, used=names, answers=both)

    assert together(monkeypatch, used("0"), used(), used()).unused == ("1", "2")
    assert together(monkeypatch, used(), used("1"), used()).unused == ("0", "2")
    assert together(monkeypatch, used(), used(), used("2")).unused == ("0", "1")
