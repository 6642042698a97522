"""A query that hangs, crashes or eats memory costs one obligation its verdict; the others get theirs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.engines import pool
from proofs.engines.pool import Workers, workers
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.verdict import Verdict
from tests import ROOT
from tests.proofs.engines import misbehaving


def discharged(
    names: list[str], seconds: float = 5.0, memory: int = 1 << 30, solvers: Solvers = Solvers.Z3
) -> dict[str, Outcome]:
    settings = Settings(solvers, seconds)
    with workers(1, settings, memory, conditions=misbehaving.conditions) as some:
        return dict(some.discharge(names, "canonical", frozenset()))


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("crashes", Verdict.ERROR, "the worker process ended with status -11"),
        ("leaves", Verdict.ERROR, "the worker process ended with status 3"),
        ("raises", Verdict.ERROR, "ValueError: as it says"),
        ("has no condition", Verdict.ERROR, "the obligation has no condition to prove"),
        ("eats memory in Python", Verdict.UNKNOWN, "out of memory"),
        ("eats memory in the solver", Verdict.UNKNOWN, "out of memory"),
    ],
)
def test_what_misbehaves_costs_its_own_verdict(name: str, verdict: Verdict, reason: str) -> None:
    found = discharged(["holds", name, "holds not"], seconds=60, memory=600 << 20)
    assert (found[name].verdict, found[name].reason) == (verdict, reason)
    assert found["holds"].verdict == Verdict.PROVED
    assert found["holds not"].verdict == Verdict.UNPROVED


@pytest.mark.slow
def test_the_second_solver_out_of_memory() -> None:
    names = ["eats memory in the solver", "holds"]
    found = discharged(names, seconds=60, memory=600 << 20, solvers=Solvers.CVC5)
    assert found[names[0]].verdict in (Verdict.UNKNOWN, Verdict.ERROR)  # it may abort
    assert found["holds"].verdict == Verdict.PROVED


@pytest.mark.long
def test_what_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "STARTING", 3.0)
    found = discharged(["hangs", "holds"], seconds=0.5)
    assert found["hangs"].verdict == Verdict.UNKNOWN
    assert found["hangs"].reason == "stopped after 8 seconds"
    assert found["holds"].verdict == Verdict.PROVED


@pytest.mark.long
def test_the_solver_gives_up_in_time() -> None:
    found = discharged(["takes too long", "holds"], seconds=0.2)
    assert found["takes too long"].verdict == Verdict.UNKNOWN
    assert found["takes too long"].reason in ("z3: timeout", "z3: canceled")
    assert found["holds"].verdict == Verdict.PROVED


def test_hypotheses_that_contradict_each_other_are_named() -> None:
    found = discharged(["contradicts itself"])["contradicts itself"]
    assert found.verdict == Verdict.VACUOUS
    assert set(found.used) == {"p holds", "p fails"}
    assert found.reason.startswith("the hypotheses contradict each other: p ")


def test_an_exception_in_the_block_stops_the_workers() -> None:
    def interrupted() -> None:
        with workers(1, Settings(Solvers.Z3), conditions=misbehaving.conditions) as some:
            pools.append(some)
            name, outcome = next(some.discharge(["holds", "hangs"], "canonical", frozenset()))
            assert (name, outcome.verdict) == ("holds", Verdict.PROVED)
            raise KeyboardInterrupt

    pools: list[Workers] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not pools[0].pool.active


ALONE = """
from proofs.engines import pool, server
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Settings, Solvers
from tests.proofs.engines import misbehaving

pool.STARTING = 3.0
made = []
for kind in (server._Fork, server._ForkOfServer):
    kind.__init__ = lambda self, *given, _kind=kind, _make=kind.__init__, **named: (
        made.append(_kind.__name__), _make(self, *given, **named))[1]
with workers(1, Settings(Solvers.Z3, 0.5), 1 << 30, misbehaving.conditions) as some:
    for name, outcome in some.discharge(["hangs", "holds", "crashes", "holds not"], "canonical", frozenset()):
        print(name, outcome.verdict.value, outcome.reason)
print(*made)
"""


@pytest.mark.long
def test_a_fork_that_hangs_or_crashes_gives_way_to_one_of_the_server() -> None:
    command = [sys.executable, "-c", ALONE]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    *found, made = done.stdout.splitlines()
    assert sorted(found) == [
        "crashes error the worker process ended with status -11",
        "hangs unknown stopped after 8 seconds",
        "holds not unproved ",
        "holds proved ",
    ]
    assert made == "_Fork _ForkOfServer _ForkOfServer"


@pytest.mark.long
def test_files_in_the_users_folder_are_not_imported(tmp_path: Path) -> None:
    for package in ("model", "machine", "refinement", "proofs"):
        (tmp_path / f"{package}.py").write_text("raise SystemExit('imported')", "utf-8")
    command = [sys.executable, "-m", "musigma", "prove", "initial__has__irreflexive", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 proved" in done.stdout
