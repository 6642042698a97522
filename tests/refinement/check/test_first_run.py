"""What a check costs when nothing has been compiled yet."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.spaces.dialect import CANONICAL
from refinement.check import Target
from refinement.check.driver import warming
from refinement.check.driver.bench import Probe, Programs
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import Sequences
from refinement.check.driver.walk import Walk
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
