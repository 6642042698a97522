"""Time of proofs: each condition by each solver and by certificate; whole runs in a pool; one condition; the import.

``pytest -n 0 benchmarks/bench_prove.py --benchmark-columns=rounds,min,median,max,mean`` prints them as tables. In those
of conditions a round is a condition, so median and max are of conditions, and the total is mean × rounds; the figure in
parentheses is the ratio to the fastest of the table. ``-k model`` leaves the kernel's code out, which takes minutes.

mypyvy, which proves transition systems of this kind, is no package that pip could install, so it is not among them.
"""

import subprocess
import sys
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from model.spaces.dialect import CANONICAL
from model.spaces.invariants import INVARIANTS
from proofs.engines.certificate.certified import certify
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.obligation import Condition, Provable
from proofs.prove import prove
from proofs.registry import registry
from proofs.two_runs import about_model
from proofs.verdict import Verdict

CONTESTANTS = [
    pytest.param(about, contestant, marks=pytest.mark.benchmark(group=f"{about}, each condition"))
    for about, contestants in (("model", ("z3", "cvc5", "both", "certificate")), ("code", ("z3", "both")))
    for contestant in contestants
]


def obligations(about: str) -> list[Provable]:
    chosen = [o for o in registry().values() if about_model(o) == (about == "model")]
    return [o for o in chosen if o.applies(CANONICAL.readings)]


@pytest.fixture(scope="module")
def conditions() -> Callable[[str], list[Condition]]:
    known = frozenset(INVARIANTS)
    made: dict[str, list[Condition]] = {}

    def of(about: str) -> list[Condition]:
        if about not in made:
            chosen = [o for o in obligations(about) if not (about_model(o) and o.sometimes)]
            made[about] = [c for o in chosen for c in o.conditions(CANONICAL, known)]
        return made[about]

    return of


def by_solver(solvers: Solvers) -> Callable[[Condition], None]:
    satisfiable = Satisfiable()

    def work(condition: Condition) -> None:
        assert discharge(condition, satisfiable, Settings(solvers)).verdict == Verdict.PROVED

    return work


def by_certificate(condition: Condition) -> None:
    assert certify(condition).checked


@pytest.mark.parametrize(("about", "contestant"), CONTESTANTS)
def test_conditions(
    benchmark: BenchmarkFixture, conditions: Callable[[str], list[Condition]], about: str, contestant: str
) -> None:
    some = conditions(about)
    one = by_certificate if contestant == "certificate" else by_solver(Solvers(contestant))
    one(some[0])  # what is compiled, is compiled now
    pending = iter(some)
    benchmark.pedantic(one, setup=lambda: ((next(pending),), {}), rounds=len(some))


@pytest.mark.benchmark(group="whole runs")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("about", ["model", "code"])
def test_a_whole_run_in_a_pool(benchmark: BenchmarkFixture, about: str, jobs: int) -> None:
    def run() -> bool:
        with workers(jobs) as pool:
            return all(result.verdict.passed for result in prove(CANONICAL, obligations(about), pool).results)

    assert benchmark.pedantic(run, rounds=1)


@pytest.mark.benchmark(group="one condition")
def test_one_condition(benchmark: BenchmarkFixture) -> None:
    (condition,) = registry()["map__preserves__forest"].conditions(CANONICAL, frozenset(INVARIANTS))
    assert benchmark(discharge, condition, Satisfiable()).verdict == Verdict.PROVED


@pytest.mark.benchmark(group="import")
@pytest.mark.parametrize("module", ["musigma.cli", "proofs.prove"])
def test_import(benchmark: BenchmarkFixture, module: str) -> None:
    command = [sys.executable, "-c", f"import {module}"]
    benchmark.pedantic(subprocess.run, args=(command,), kwargs={"check": True}, rounds=3)
