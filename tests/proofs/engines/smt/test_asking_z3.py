"""What z3 is told of a question, and what becomes of its answer: exactly, with a solver that answers as told."""

from itertools import count
from typing import Any

import pytest
import z3

from proofs.engines.smt import solver
from proofs.engines.smt.outcome import Answer, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.obligation import Condition
from proofs.verdict import Verdict

P, Q, R = z3.Bools("p q r")
BOTH = Condition({"one": P, "two": Q}, {}, P)


class FakeZ3:
    """A solver that remembers what it is told, and answers as told."""

    def __init__(self, result: z3.CheckSatResult, keys: tuple[str, ...] = ("rlimit count",)) -> None:
        self.told: list[Any] = []
        self.result, self.counted, self.names = result, 10, keys

    def set(self, key: str, value: int) -> None:
        self.told.append((key, value))

    def assert_and_track(self, formula: z3.BoolRef, marker: z3.BoolRef) -> None:
        self.told.append((marker, formula))
        self.counted += 100

    def add(self, formula: z3.BoolRef) -> None:
        self.told.append(formula)
        self.counted += 100

    def check(self) -> z3.CheckSatResult:
        self.counted += 15
        return self.result

    def unsat_core(self) -> list[z3.BoolRef]:
        assert self.result == z3.unsat
        return [self.told[3][0]]  # the second hypothesis, after two limits

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


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("result", "goal", "seconds", "answer", "core"),
    [
        (z3.unsat, R, 2.5, Answer("z3", "unsat", 100, "", 15), ("two",)),
        (z3.unsat, None, 2.5, Answer("z3", "unsat", 100, "", 15), ("two",)),
        (z3.sat, R, 2.5, Answer("z3", "sat", 100, "", 15), ()),
        (z3.sat, None, 2.5, Answer("z3", "sat", 100, "", 15), ()),
        (z3.unknown, R, 0.0, Answer("z3", "unknown", 100, "as told", 15), ()),
        (z3.unknown, None, 0.0, Answer("z3", "unknown", 100, "as told", 15), ()),
    ],
)
def test_z3_is_asked_for_a_counterexample_or_a_model(
    monkeypatch: pytest.MonkeyPatch,
    result: z3.CheckSatResult,
    goal: z3.BoolRef | None,
    seconds: float,
    answer: Answer,
    core: tuple[str, ...],
) -> None:
    fake = FakeZ3(result)
    monkeypatch.setattr(z3, "Solver", lambda: fake)
    monkeypatch.setattr(solver, "limit", lambda asked, seconds: asked.told.append(seconds))
    monkeypatch.setattr(solver, "read_model", lambda model, formulas: (model, list(formulas)))
    assert solver._ask_z3(BOTH.hypotheses, goal, seconds, 7) == (answer, core)
    found: Any = solver._ask_z3(BOTH.hypotheses, goal, seconds, 7)[0].model
    told = [P, Q] if goal is None else [P, Q, z3.Not(goal)]  # of a counterexample too
    assert found == (("its model", told) if result == z3.sat else None)
    told = [
        seconds,
        ("random_seed", 7),
        (solver._marker(0), P),
        (solver._marker(1), Q),
        *([] if goal is None else [z3.Not(R)]),
    ]
    assert fake.told == told * 2


def test_a_core_is_in_the_order_of_the_hypotheses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Backwards(FakeZ3):
        def unsat_core(self) -> list[z3.BoolRef]:
            return [self.told[4][0], self.told[2][0]]

    fake = Backwards(z3.unsat)
    monkeypatch.setattr(solver, "limit", lambda asked, seconds: asked.told.append(seconds))
    monkeypatch.setattr(z3, "Solver", lambda: fake)
    three = {"one": P, "two": Q, "three": R}
    assert solver._ask_z3(three, None, 1.0, 7)[1] == ("one", "three")


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


def test_a_constant_that_a_hypothesis_is_called_like_is_not_assumed() -> None:
    condition = Condition({"p": z3.Or(P, Q), "k!0": z3.BoolVal(True)}, {}, P)
    assert discharge(condition, Satisfiable(), Settings(solvers=Solvers.Z3)).verdict == Verdict.UNPROVED
    proved = discharge(Condition({"p": Q, "q": z3.BoolVal(True)}, {}, Q), Satisfiable(), Settings(solvers=Solvers.Z3))
    assert (proved.verdict, proved.used) == (Verdict.PROVED, ("p",))
