"""A certificate says *checked* only of a proof that the checker accepted; whatever else happens is said."""

from typing import Any

import pysat.solvers
import pytest
import z3

from proofs.engines.certificate import rup
from proofs.engines.certificate.certified import MOST_CLAUSES, SOLVER, Certificate, certify
from proofs.engines.certificate.ground import ground
from proofs.obligation import Condition

P, Q = z3.Bools("p q")
GOOD = Condition({"p": P, "q": Q}, {}, P)


def proving(monkeypatch: pytest.MonkeyPatch, solved: bool, proof: list[str] | None) -> list[Any]:
    """A SAT solver that answers as told; the clauses that it is given."""
    given: list[Any] = []

    class Solver:
        def __init__(self, *, name: str, bootstrap_with: Any, with_proof: bool) -> None:
            assert (name, with_proof) == (SOLVER, True)
            given.extend(bootstrap_with)
            self.solved = False

        def __enter__(self) -> "Solver":
            return self

        def __exit__(self, *_: object) -> None:
            given.append("ended")

        def solve(self) -> bool:
            self.solved = True
            return solved

        def get_proof(self) -> list[str] | None:
            return proof if self.solved else []

    monkeypatch.setattr(pysat.solvers, "Solver", Solver)
    return given


def accepting(monkeypatch: pytest.MonkeyPatch, accepted: bool) -> list[Any]:
    """A checker that answers as told; what it is asked."""
    asked: list[Any] = []

    def check(clauses: Any, proof: Any) -> bool:
        asked.append((clauses, proof))
        return accepted

    monkeypatch.setattr(rup, "check", check)
    return asked


@pytest.mark.parametrize(
    ("proof", "accepted", "said"),
    [
        (["1 0", "d 1 0", "0"], True, "certificate checked: 4 clauses, 2 steps"),
        (["0"], True, "certificate checked: 4 clauses, 1 step"),
        (None, True, "certificate checked: 4 clauses, 0 steps"),
        (["0"], False, f"the proof of {SOLVER} was not accepted: 4 clauses"),
        (None, False, f"the proof of {SOLVER} was not accepted: 4 clauses"),
    ],
)
def test_what_the_checker_accepts_is_checked(
    monkeypatch: pytest.MonkeyPatch, proof: list[str] | None, accepted: bool, said: str
) -> None:
    given = proving(monkeypatch, False, proof)
    asked = accepting(monkeypatch, accepted)
    clauses = ground([P, Q, z3.Not(P)]).clauses
    assert certify(GOOD) == Certificate(accepted, said)
    assert given == [*clauses, "ended"]
    assert asked == [(clauses, proof or [])]


def test_the_solver_s_proof_is_checked_in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert certify(GOOD) == Certificate(True, "certificate checked: 4 clauses, 1 step")
    ways = [z3.Or(P, Q), z3.Or(P, z3.Not(Q)), z3.Or(z3.Not(P), Q)]
    found = certify(Condition({str(way): way for way in ways}, {}, z3.And(P, Q)))
    assert found.checked, found  # by steps, and not by propagation alone
    proving(monkeypatch, False, ["2 0", "d x 0"])
    assert certify(GOOD) == Certificate(False, "no proof to check: line 2 of the proof is no clause: 'd x 0'")
    proving(monkeypatch, False, [])
    open_ = Condition({"p or q": z3.Or(P, Q)}, {}, P)
    assert certify(open_) == Certificate(False, f"the proof of {SOLVER} was not accepted: 3 clauses")


def test_clauses_with_a_model_are_no_refutation(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = accepting(monkeypatch, True)
    proving(monkeypatch, True, ["0"])
    expected = Certificate(False, "not refuted: 4 clauses", "the 4 clauses that come of grounding it have a model")
    assert certify(GOOD) == expected
    assert asked == []


def test_what_is_not_grounded_is_not_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = accepting(monkeypatch, True)
    assert certify(GOOD, most=2).sentence.startswith("too large to ground: more than 2 clauses")
    number = Condition({"p": P}, {}, z3.Int("n") > 0)
    found = certify(number)
    assert (found.checked, found.refuted_by) == (False, "")
    assert found.sentence.startswith("not grounded: ")
    assert not certify(GOOD, most=2).checked
    assert asked == []
    assert MOST_CLAUSES == 1_000_000
