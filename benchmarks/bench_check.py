"""Operations checked a second: the compiled driver, ctypes from Python, and a state machine of Hypothesis.

Run with ``pytest -n 0 benchmarks/bench_check.py``. All three drive the reference database in C beside the model
and compare the slots that each operation touched; the ratios in extra_info are to the compiled driver, timed in the
same run.
"""

import ctypes
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL
from refinement.check.driver import driver, walk
from refinement.check.driver.bench import Bench
from refinement.check.driver.walk import Walk
from refinement.check.target.loaders import load_library
from refinement.check.target.wrapping import SIGNATURES, Loaded

SCOPE = Scope(16, 16, 8)
ROOT = Path(__file__).parents[1]
FEW, MANY = 2_000, 4_000_000


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    path = tmp_path_factory.mktemp("library") / "mapdb.so"
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", "-I", ROOT / "refinement/check", "-o", path, ROOT / "docs/examples/mapdb.c"],
        check=True,
    )
    return load_library(str(path))


class Pair:
    """The library by ctypes, and the literal model, compared in the touched slots."""

    def __init__(self, library: Loaded) -> None:
        self.calls = [SIGNATURES[call](address) for call, address in zip(SIGNATURES, library.addresses, strict=True)]
        self.calls[0](SCOPE.spaces, SCOPE.pages, SCOPE.frames)
        self.model = spaces.initial(SCOPE)

    def do(self, kind: int, src: int, dst: int, rights: int) -> None:
        a, b = divmod(src, SCOPE.pages), divmod(dst, SCOPE.pages)
        if kind == 3:
            status, expected = self.calls[3](*a, rights), spaces.flush(self.model, src, rights, CANONICAL.readings)
        else:
            function = spaces.map_ if kind == 1 else spaces.grant
            status = self.calls[kind](*a, *b, rights)
            expected = function(self.model, src, dst, rights, CANONICAL.readings)
        assert status == expected
        out = ctypes.c_uint32()
        for x, slot in ((src, a), (dst, b)):
            for lookup in self.calls[4:6]:
                frame = lookup(*slot, ctypes.byref(out))
                assert frame == self.model.phys[x]
                assert frame < 0 or out.value == self.model.rights[x]


def from_python(library: Loaded) -> float:
    """Operations a second with ctypes from Python."""
    pair, generator = Pair(library), np.random.default_rng(1)
    rows = generator.integers((1, 0, 0, 0), (4, SCOPE.slots, SCOPE.slots, 8), (FEW, 4)).tolist()
    begun = time.perf_counter()
    for row in rows:
        pair.do(*row)
    return FEW / (time.perf_counter() - begun)


def from_hypothesis(library: Loaded) -> float:
    """Operations a second in a state machine of Hypothesis."""
    slots, done = st.integers(0, SCOPE.slots - 1), [0]

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.pair = Pair(library)

        @rule(kind=st.integers(1, 3), src=slots, dst=slots, rights=st.integers(0, 7))
        def operate(self, kind: int, src: int, dst: int, rights: int) -> None:
            self.pair.do(kind, src, dst, rights)
            done[0] += 1

    begun = time.perf_counter()
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=50,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            deadline=None,
            database=None,
        ),
    )
    return done[0] / (time.perf_counter() - begun)


def compiled(library: Loaded, work: Walk) -> Callable[[], int]:
    """A function that does the work and returns the number of operations."""
    cells, rows = np.zeros(driver.CELLS, np.int64), np.zeros((1 << 16, driver.WIDTH), np.uint32)
    bench = Bench(library, cells, rows)

    def run() -> int:
        before = int(cells[driver.OPERATIONS])
        value = work.do(bench)
        assert value == {"refused": []}
        return int(cells[driver.OPERATIONS]) - before

    return run


@pytest.mark.parametrize("size", range(len(walk.SIZES)), ids=lambda size: str(walk.SIZES[size][0]))
def test_random_programs(benchmark: Any, library: Loaded, size: int) -> None:
    compiled(library, Walk(CANONICAL.readings, 1, 0, 1_000, size, size))()
    operations = benchmark.pedantic(compiled(library, Walk(CANONICAL.readings, 1, 0, MANY, size, size)), rounds=1)
    benchmark.extra_info["millions a second"] = round(operations / benchmark.stats.stats.min / 1e6, 2)


def test_against_python_and_hypothesis(benchmark: Any, library: Loaded) -> None:
    size = next(number for number, (scope, _, _) in enumerate(walk.SIZES) if scope == SCOPE)
    compiled(library, Walk(CANONICAL.readings, 1, 0, 1_000, size, size))()
    operations = benchmark.pedantic(compiled(library, Walk(CANONICAL.readings, 1, 0, MANY, size, size)), rounds=1)
    rate = operations / benchmark.stats.stats.min
    benchmark.extra_info["times ctypes from Python"] = round(rate / from_python(library))
    benchmark.extra_info["times Hypothesis"] = round(rate / from_hypothesis(library))
