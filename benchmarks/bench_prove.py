"""Time of proofs: all conditions of canonical by each solver, by certificate, in a pool; one condition; the import.

Run with ``pytest -n 0 benchmarks/bench_prove.py``. The rounds of all conditions report in extra_info the median and the
longest condition, and their ratio to z3 alone, timed in the same run.
"""

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from model.dialect import CANONICAL
from model.invariants import INVARIANTS
from proofs.engines.certificate import certify
from proofs.engines.outcome import Settings, Solvers
from proofs.engines.pool import workers
from proofs.engines.solver import Satisfiable, discharge
from proofs.obligation import Condition, Obligation
from proofs.obligations import registry
from proofs.prove import prove
from proofs.verdict import Verdict


@pytest.fixture(scope="module")
def conditions() -> list[Condition]:
    chosen = [o for o in registry().values() if isinstance(o, Obligation) and not o.sometimes]
    known = frozenset(INVARIANTS)
    return [c for o in chosen if o.applies(CANONICAL.readings) for c in o.conditions(CANONICAL, known)]


def timed(conditions: list[Condition], work: Callable[[Condition], None]) -> list[float]:
    seconds = []
    for condition in conditions:
        started = perf_counter()
        work(condition)
        seconds.append(perf_counter() - started)
    return seconds


def by_solver(solvers: Solvers) -> Callable[[Condition], None]:
    satisfiable = Satisfiable()

    def work(condition: Condition) -> None:
        assert discharge(condition, satisfiable, Settings(solvers)).verdict == Verdict.PROVED

    return work


def by_certificate(condition: Condition) -> None:
    assert certify(condition).checked


@pytest.mark.parametrize("contestant", ["z3", "cvc5", "both", "certificate"])
def test_all_conditions(benchmark: BenchmarkFixture, conditions: list[Condition], contestant: str):
    def work(condition: Condition) -> None:
        one(condition)

    one = by_certificate if contestant == "certificate" else by_solver(Solvers(contestant))
    one(conditions[0])  # what is compiled, is compiled now
    alone = sum(timed(conditions, by_solver(Solvers.Z3)))
    seconds = benchmark.pedantic(timed, args=(conditions, work), rounds=1)
    benchmark.extra_info |= {
        "conditions": len(seconds),
        "median_ms": round(median(seconds) * 1000, 2),
        "longest_ms": round(max(seconds) * 1000, 2),
        "ratio_to_z3": round(sum(seconds) / alone, 2),
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_whole_run_in_a_pool(benchmark: BenchmarkFixture, jobs: int):
    chosen = [o for o in registry().values() if isinstance(o, Obligation)]

    def run() -> int:
        with workers(jobs) as pool:
            return sum(result.verdict.passed for result in prove(CANONICAL, chosen, pool).results)

    benchmark.extra_info["passed"] = benchmark.pedantic(run, rounds=1)


def test_one_condition(benchmark: BenchmarkFixture):
    (condition,) = registry()["map__preserves__forest"].conditions(CANONICAL, frozenset(INVARIANTS))
    assert benchmark(discharge, condition, Satisfiable()).verdict == Verdict.PROVED


@pytest.mark.parametrize("module", ["proofs.cli", "proofs.prove"])
def test_import(benchmark: BenchmarkFixture, module: str):
    command = [sys.executable, "-c", f"import {module}"]
    benchmark.pedantic(subprocess.run, args=(command,), kwargs={"check": True}, rounds=3)
