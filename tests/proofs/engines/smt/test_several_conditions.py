"""Several conditions are one verdict, each of them has its say, and none at all prove nothing."""

from dataclasses import replace

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from proofs.engines.smt import solver
from proofs.engines.smt.outcome import Answer, Outcome, Settings, Spread
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.obligation import Condition
from proofs.verdict import Verdict

P, Q, R = z3.Bools("p q r")
STATE = Structure(1, {}, {"p": np.array([True])})
BOTH = Condition({"one": P, "two": Q}, {}, P)


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
def test_all_are_proved_or_one_that_is_not_decides(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, place: int
) -> None:
    found = [PROVED, PROVED, PROVED]
    found[place] = Outcome(verdict, reason="why")
    asked = scripted(monkeypatch, *found)
    outcome = discharge_all([BOTH] * 3, Satisfiable())
    assert outcome.verdict == verdict
    assert len(asked) == (3 if verdict in (Verdict.PROVED, Verdict.UNKNOWN) else place + 1)
    if verdict != Verdict.PROVED:
        assert outcome.reason == "why"


@pytest.mark.parametrize(
    ("verdicts", "asked", "expected"),
    [
        ("proved unknown unproved proved", 3, "unproved of 2"),
        ("unknown vacuous", 2, "vacuous of 1"),
        ("unknown proved unknown", 3, "unknown of 0"),
        ("proved proved", 2, "proved of 1"),
        ("unproved unknown", 1, "unproved of 0"),
    ],
)
def test_what_stays_unknown_hides_no_counterexample(
    monkeypatch: pytest.MonkeyPatch, verdicts: str, asked: int, expected: str
) -> None:
    answers = [Outcome(Verdict(each), reason=f"{each} of {n}") for n, each in enumerate(verdicts.split())]
    settings = scripted(monkeypatch, *answers)
    found = discharge_all([BOTH] * len(answers), Satisfiable())
    assert (found.verdict.value, found.reason) == (expected.partition(" ")[0], expected)
    assert len(settings) == asked


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


def test_hypotheses_are_evaluated_if_those_of_every_condition_are(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, believed = Outcome(Verdict.PROVED, evaluated=True), Outcome(Verdict.PROVED)
    assert together(monkeypatch, shown, shown).evaluated
    assert not together(monkeypatch, shown, believed).evaluated
    assert not together(monkeypatch, believed, shown).evaluated


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_one_of_three_conditions_says_is_said_of_all(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    spread = Spread(2, 1.0, 3.0, ("unsat",))
    small = Outcome(Verdict.PROVED, certified=True, spread=Spread(2, 2.0, 1.0, ("unsat",)))
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
