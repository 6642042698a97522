"""What a check costs when nothing has been compiled yet."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from model.running.notice import compiling, tell_when_compiling
from model.spaces.dialect import CANONICAL
from refinement.check import Target
from refinement.check.driver import warming
from refinement.check.driver.bench import Bench, Probe, Programs
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import Sequences
from refinement.check.driver.walk import Walk
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Order
from refinement.check.search.plan import SMALLEST
from tests import ROOT

Faulty = Callable[[str], Target]


@pytest.mark.slow
def test_the_first_verdict_on_the_readme_s_example_takes_few_seconds(faulty: Faulty, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "musigma", "check", faulty("EARLY_ASCENT").where, "--seconds", "10"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MUSIGMA_CACHE": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 1
    assert "sequences of 3" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 10


@dataclass(frozen=True, slots=True)
class Slow:
    """What compiles before it is done."""

    @staticmethod
    def warm_up() -> None:
        compiling()

    def do(self, bench: Bench) -> dict[str, object]:
        compiling()  # in the target's own process: nobody is told
        return {}


@pytest.mark.long
def test_who_asked_is_told_that_something_is_compiled(reference: Target) -> None:
    told: list[str] = []
    isolation.close_all()
    try:
        for _ in range(2):
            tell_when_compiling(lambda: told.append("compiling"))
            assert isolation.perform(Order(reference, Slow(), DEFAULT_LIMITS)).how == "answered"
    finally:
        tell_when_compiling(None)
    assert told == ["compiling"]


@pytest.mark.long
def test_the_first_run_says_so_and_the_second_does_not(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "musigma", "explore", "--spaces", "2", "--pages", "1", "--properties", "states"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MUSIGMA_CACHE": str(tmp_path)}
    for said in ("musigma: compiling, once\n", ""):
        done = subprocess.run([*command, "--no-symmetry"], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, said)


def test_a_work_has_compiled_what_it_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(warming, "_programs", lambda session: compiled.append("Programs"))
    needed = {kind: (lambda session, name=kind.__name__: compiled.append(name)) for kind in warming.NEEDED}
    monkeypatch.setattr(warming, "NEEDED", needed)
    warming._warm_up.cache_clear()
    readings = CANONICAL.readings
    try:
        warming.warm_up(Probe())
        assert compiled == []
        warming.warm_up(Sequences(readings, SMALLEST, (7,), 1, 1.0))
        warming.warm_up(Programs(readings, ()))
        warming.warm_up(warming.Compile((Sequences, Closure, Walk)))
        warming.warm_up(Closure(readings, SMALLEST, (7,), 1.0))
    finally:
        warming._warm_up.cache_clear()
    assert compiled == ["Sequences", "Programs", "Closure", "Walk"]
