"""Translations a second: the scalar walker, batches, and a core whose buffer hits.

Run with ``pytest benchmarks/bench_machine.py``. Each batch reports in extra_info its rate and its ratio to the
scalar walker on the same tables and accesses, timed in the same run.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from machine import EXECUTE, READ, SV39, SV48, WRITE, X86_32, X86_64, Core, Format, Memory, Walker
from machine.batch import BatchWalker
from machine.tlb import i486

ROOT = 0x10000
TABLES = 0x100000
BATCH = 1_000_000
SCALAR = 20_000


def populated(fmt: Format) -> Memory:
    """16 MiB with a root and 64 tables for each lower level: most entries present, some superpages, 5 % absent."""
    rng = np.random.default_rng(1)
    memory = Memory(16 << 20)
    words: Any = memory.array(fmt.entry_bytes)
    for level in range(fmt.root_level, -1, -1):
        root = level == fmt.root_level
        count = fmt.entries * (1 if root else 64)

        def draw(high: int, n: int = count) -> Any:
            return rng.integers(0, high, n).astype(words.dtype)

        rights = rng.choice(np.array([READ, READ | WRITE, READ | EXECUTE, 7], words.dtype), count)
        frames = draw(1 << 10) << (fmt.span_bits(level) - 12)
        users = (draw(4) > 0).astype(words.dtype)
        leaves = fmt.encode_leaf(frames, rights, users, min(level, fmt.page_levels - 1), 0)
        below = fmt.encode_pointer(draw(64) + (TABLES + max(level - 1, 0) * 0x100000 >> 12))
        entries: Any = np.where(rng.random(count) < (0.05 if level else 1.0), leaves, below)
        entries[rng.random(count) < 0.05] = 0
        start = (ROOT if root else TABLES + level * 0x100000) // fmt.entry_bytes
        words[start : start + count] = entries
    return memory


def seconds(benchmark: BenchmarkFixture) -> float:
    stats: Any = benchmark.stats
    return float(stats.stats.min)


def accesses(fmt: Format, count: int) -> tuple[Any, Any, Any]:
    """Uniform addresses (of the lower half), kinds of access and privileges."""
    rng = np.random.default_rng(2)
    bits = 32 if fmt is X86_32 else fmt.span_bits(fmt.levels) - 1
    address = rng.integers(0, 1 << bits, count, np.uint64)
    return address, rng.choice(np.array([4, 2, 1], np.uint8), count), rng.integers(0, 2, count, np.uint8)


def best(work: Callable[[], object], rounds: int = 3) -> float:
    """The shortest of a few runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def scalar_work(fmt: Format, memory: Memory) -> Callable[[], None]:
    walker = Walker(memory, fmt)
    rows = list(zip(*(column.tolist() for column in accesses(fmt, SCALAR)), strict=True))

    def work() -> None:
        for address, access, user in rows:
            walker.translate(address, access, bool(user), ROOT)

    return work


@pytest.mark.parametrize("fmt", [X86_32, SV39], ids=lambda f: f.name)
def test_scalar_walker(benchmark: BenchmarkFixture, fmt: Format) -> None:
    work = scalar_work(fmt, populated(fmt))
    benchmark.pedantic(work, rounds=5, warmup_rounds=1)
    benchmark.extra_info["translations_per_second"] = round(SCALAR / seconds(benchmark))


@pytest.mark.parametrize("fmt", [X86_32, X86_64, SV39, SV48], ids=lambda f: f.name)
def test_batch(benchmark: BenchmarkFixture, fmt: Format) -> None:
    memory = populated(fmt)
    walker = BatchWalker(memory, fmt)
    address, access, user = accesses(fmt, BATCH)
    result = benchmark.pedantic(lambda: walker.translate(address, access, user, ROOT), rounds=10, warmup_rounds=1)
    scalar = best(scalar_work(fmt, memory)) / SCALAR
    batch = seconds(benchmark) / BATCH
    benchmark.extra_info["translations_per_second"] = round(1 / batch)
    benchmark.extra_info["ratio_to_scalar"] = round(scalar / batch, 1)
    benchmark.extra_info["share_translated"] = round(float((result.reason == 0).mean()), 3)


@pytest.mark.parametrize("fmt", [X86_32, SV39], ids=lambda f: f.name)
def test_core_load_that_hits(benchmark: BenchmarkFixture, fmt: Format) -> None:
    """Loads of 16 pages in a 486's buffer, against walks of the same pages."""
    memory = Memory(1 << 20)
    table = ROOT
    page = 0x12340000
    for level in range(fmt.root_level, 0, -1):
        below = table + 0x1000
        memory.write(table + fmt.index(page, level) * fmt.entry_bytes, fmt.encode_pointer(below >> 12), fmt.entry_bytes)
        table = below
    pages = [page + 0x1000 * i for i in range(16)]
    for number, address in enumerate(pages):
        slot = table + fmt.index(address, 0) * fmt.entry_bytes
        memory.write(slot, fmt.encode_leaf(0x80 + number, 7), fmt.entry_bytes)
    core = Core(memory, fmt, i486(fmt), root=ROOT)
    walker = Walker(memory, fmt)

    def hits() -> None:
        for address in pages * 500:
            core.load(address)

    def walks() -> None:
        for address in pages * 500:
            walker.translate(address, READ, True, ROOT)

    hits()
    misses = core.counters.misses
    benchmark.pedantic(hits, rounds=5, warmup_rounds=1)
    assert core.counters.misses == misses
    walked = best(walks)
    benchmark.extra_info["loads_per_second"] = round(8000 / seconds(benchmark))
    benchmark.extra_info["ratio_to_walk"] = round(walked / seconds(benchmark), 2)
