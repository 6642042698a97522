"""Certificates, states and stability are of what is decided, and can only take a verdict away."""

import random
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from proofs.engines.certificate.certified import Certificate
from proofs.engines.smt import solver
from proofs.engines.smt.confirm import Confirmation
from proofs.engines.smt.outcome import Answer, Outcome, Settings, Spread
from proofs.engines.smt.solver import Satisfiable
from proofs.obligation import Condition
from proofs.verdict import Verdict

P, Q = z3.Bools("p q")
STATE = Structure(1, {}, {"p": np.array([True])})
BOTH = Condition({"one": P, "two": Q}, {}, P)


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

    check = witness


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


def test_a_state_of_least_size_is_looked_for_if_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    least, some = Confirmation(None, model=STATE), Confirmation(None, model=Structure(1, {}, dict(STATE.symbols)))
    monkeypatch.setattr(Satisfiable, "witness", lambda *_: least)
    monkeypatch.setattr(Satisfiable, "check", lambda *_: some)
    for settings, state in (
        (Settings(witness=True), least),
        (Settings(model=True), some),
        (Settings(witness=True, model=True), least),
    ):
        outcome = solver._more_evidence(BOTH, NEEDED, Outcome(Verdict.PROVED), Satisfiable(), settings)
        assert outcome.witness is state.model


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
