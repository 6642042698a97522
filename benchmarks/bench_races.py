"""Schedules a second of the threaded example, in the process that runs them.

Run with ``pytest -n 0 benchmarks/bench_races.py``. The rate in extra_info is of processor time, judging included.
"""

import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.spaces.dialect import CANONICAL
from refinement.check.driver import driver
from refinement.check.driver.bench import CAPACITY, Bench
from refinement.check.races.building import raced
from refinement.check.races.loading import load_raced
from refinement.check.races.work import Explore
from refinement.check.search.races.plan import parts, scenarios

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("number", [0, 1], ids=["one frame", "two frames"])
def test_schedules(benchmark: Any, number: int) -> None:
    target = raced(str(ROOT / "docs" / "examples" / "mapdb_threads.c"), "cc -g -O2")
    cells, rows = np.zeros(driver.CELLS, np.int64), np.zeros((CAPACITY, driver.WIDTH), np.uint32)
    bench = Bench(load_raced(target), cells, rows)
    some = tuple(islice(scenarios(parts(2)[number], CANONICAL.readings), 3_000))
    begun, before = time.process_time(), 0
    value = benchmark.pedantic(lambda: Explore(CANONICAL.readings, some, 1, 600.0).do(bench), rounds=1)
    assert value["wrong"] is None
    rate = (value["counters"]["schedules"] - before) / (time.process_time() - begun)
    benchmark.extra_info["schedules a second"] = round(rate)
