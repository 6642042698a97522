"""Theories are proved apart, and what is said of all of them together holds in each."""

from collections.abc import Iterable
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL, Dialect
from proofs import prove_all
from proofs.engines.pool import Workers
from proofs.engines.smt.outcome import Outcome, Settings
from proofs.input.extension import theory_of
from proofs.obligation import Provable
from proofs.registry import known
from proofs.result import Result, Run
from proofs.verdict import Verdict

RANGES = "ranges:canonical"
SHARED = sorted(theory_of("").theory.invariants.keys() & theory_of(RANGES).theory.invariants.keys())


@pytest.mark.parametrize("where", ["", RANGES])
def test_an_invariant_that_falls_in_one_theory_is_inductive_in_none(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallen = SHARED[0]
    asked = []

    def proved(
        dialect: Dialect, chosen: Iterable[Provable], workers: Workers, on_result: Any, *, induction: bool
    ) -> Run:
        source = workers.settings.theory
        asked.append(source)
        invariants = theory_of(source).every_invariant - ({fallen} if source == where else set())
        results = tuple(Result(each, dialect.name, Outcome(Verdict.PROVED)) for each in chosen)
        return Run(dialect, results, invariants, whole=True)

    monkeypatch.setattr(prove_all, "prove", proved)
    obligations = known()
    chosen = [obligations[next(name for name in theory_of(source).registry)] for source in ("", RANGES)]
    run = prove_all.prove_all(CANONICAL, chosen, Workers(None, Settings()))  # type: ignore[arg-type]
    assert sorted(asked) == ["", RANGES]
    assert SHARED[1:] == sorted(run.invariants & set(SHARED))
