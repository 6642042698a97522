"""What mapping, granting and flushing cost as mappings grow in number: C12, measured.

Run with ``pytest benchmarks/bench_kernel.py``. ``extra_info`` of each has nanoseconds an operation by number of live
mappings, and the ratio of the dearest to the cheapest, all timed in the same run. *Near* operations use the same
thousand sources whatever else is mapped, and so show the algorithm alone; *far* ones use slots all over memory, and so
show the processor's caches as well.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from machine import SV39
from machine.tlb import riscv_asid
from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from model.spaces.operation import Kind
from refinement.kernel import compiled
from refinement.kernel.lockstep import boot
from refinement.kernel.mapping_tree import ROOTS, MappingTree, empty
from refinement.kernel.primitives import create_leaf

READINGS = CANONICAL.readings
SIZES = (1_000, 10_000, 100_000, 1_000_000)
BATCH = 20_000


def script(kind: int, src: np.ndarray | int, dst: np.ndarray | int, count: int) -> np.ndarray:
    rows = np.empty((count, 4), np.int32)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = kind, src, dst, ALL_RIGHTS
    return rows


def execute(tree: MappingTree, rows: np.ndarray) -> None:
    statuses = np.empty(len(rows), np.int8)
    compiled.run(tree, rows, READINGS, statuses)
    assert (statuses == DONE).all()


def populated(live: int, spare: int = 0) -> MappingTree:
    """Slots 0 ... live - 1 hold one mapping tree of random shape; as many more slots as ``spare`` are nil."""
    tree = empty(live + spare, live + spare)
    create_leaf(tree, ROOTS, 0, 0, ALL_RIGHTS)
    dst = np.arange(1, live)
    parents = (np.random.default_rng(1).random(live - 1) * dst).astype(int)
    execute(tree, script(Kind.MAP, parents, dst, live - 1))
    return tree


def contest(works: Mapping[int, Callable[[], None]], rounds: int = 40) -> dict[int, float]:
    """The least processor time of each work, in seconds, over rounds in which all have their turn."""
    least = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            start = time.process_time()
            work()
            least[name] = min(least[name], time.process_time() - start)
    return least


def best(prepare: Callable[[], None], work: Callable[[], None], rounds: int) -> float:
    """The least processor time of several runs of work, in seconds; each has a preparation, which is not timed."""
    least = float("inf")
    for _ in range(rounds):
        prepare()
        least = min(least, *contest({0: work}, 1).values())
    return least


def report(benchmark: BenchmarkFixture, nanoseconds: Mapping[int, float]) -> None:
    benchmark.extra_info["nanoseconds an operation"] = {n: round(t, 1) for n, t in nanoseconds.items()}
    benchmark.extra_info["ratio"] = round(max(nanoseconds.values()) / min(nanoseconds.values()), 2)


def sources(live: int, where: str) -> np.ndarray:
    if where == "near":
        return np.arange(BATCH) % SIZES[0] % live
    return np.random.default_rng(2).integers(0, live, BATCH)


@pytest.mark.parametrize("where", ["near", "far"])
def test_map(benchmark: BenchmarkFixture, where: str) -> None:
    """Map a page, from any of so many live mappings, to a slot; each replaces the leaf that the last round made."""
    works = {}
    for live in SIZES:
        tree = populated(live, BATCH)
        maps = script(Kind.MAP, sources(live, where), live + np.arange(BATCH), BATCH)
        works[live] = partial(execute, tree, maps)
        works[live]()
    report(benchmark, {live: seconds / BATCH * 1e9 for live, seconds in contest(works).items()})
    benchmark.pedantic(works[live], rounds=20)


@pytest.mark.parametrize("where", ["near", "far"])
def test_grant(benchmark: BenchmarkFixture, where: str) -> None:
    """Grant a page, any of so many live mappings with whatever was mapped from it, to a nil slot and back."""
    works = {}
    for live in SIZES:
        tree = populated(live, 1)
        src = 1 + sources(live - 1, where)
        there, back = script(Kind.GRANT, src, live, BATCH), script(Kind.GRANT, live, src, BATCH)
        works[live] = partial(execute, tree, np.stack([there, back], axis=1).reshape(2 * BATCH, 4))
    report(benchmark, {live: seconds / (2 * BATCH) * 1e9 for live, seconds in contest(works).items()})
    benchmark.pedantic(works[live], rounds=20)


def forest(below: int, shape: str) -> tuple[MappingTree, np.ndarray]:
    """As many trees of ``below`` + 1 mappings as make a million, and the slots of their roots."""
    count = SIZES[-1] // below
    size = below + 1
    tree = empty(count * size, count * size)
    roots = np.arange(count) * size
    for r, slot in enumerate(roots.tolist()):
        create_leaf(tree, ROOTS, slot, r, ALL_RIGHTS)
    within = np.arange(1, size)
    draw = np.random.default_rng(1).random(below)
    parents = {"chain": within - 1, "star": within * 0, "random": (draw * within).astype(int)}[shape]
    sources, pages = (roots[:, None] + parents).ravel(), (roots[:, None] + within).ravel()
    execute(tree, script(Kind.MAP, sources, pages, count * below))
    return tree, roots


@pytest.mark.parametrize("rights", [ALL_RIGHTS, 2], ids=["all rights", "w"])
@pytest.mark.parametrize("shape", ["chain", "star", "random"])
def test_flush(benchmark: BenchmarkFixture, shape: str, rights: int) -> None:
    """Flush subtrees of so many mappings, a million in all: nanoseconds a mapping."""
    nanoseconds = {}
    for below in SIZES:
        tree, roots = forest(below, shape)
        rows = script(Kind.FLUSH, roots, 0, len(roots))
        rows[:, 3] = rights
        full = [column.copy() for column in tree]  # type: ignore[attr-defined]

        def refill(tree: Any = tree, full: Any = full) -> None:
            for column, saved in zip(tree, full, strict=True):
                column[:] = saved

        def work(tree: MappingTree = tree, rows: np.ndarray = rows) -> None:
            return execute(tree, rows)

        nanoseconds[below] = best(refill, work, 4) / SIZES[-1] * 1e9
    report(benchmark, nanoseconds)
    benchmark.pedantic(work, setup=refill, rounds=3)


@pytest.mark.parametrize("live", SIZES)
def test_operations_a_second(benchmark: BenchmarkFixture, live: int) -> None:
    """So many maps, each from a random mapping, and a flush of all: mappings made and flushed, each an operation."""
    tree = populated(live)
    dst = np.arange(1, live)
    maps = script(Kind.MAP, (np.random.default_rng(1).random(live - 1) * dst).astype(int), dst, live - 1)
    rounds = SIZES[-1] // live
    rows = np.concatenate([script(Kind.FLUSH, 0, 0, 1), maps] * rounds)

    def work(tree: MappingTree = tree, rows: np.ndarray = rows) -> None:
        return execute(tree, rows)

    seconds = best(lambda: None, work, 3)
    benchmark.extra_info["million operations a second"] = round(2 * rounds * live / seconds / 1e6, 1)
    size = sum(column.nbytes for column in tree)  # type: ignore[attr-defined]
    benchmark.extra_info["bytes a mapping, tree"] = round(size / live, 1)
    benchmark.extra_info["bytes a mapping, with a Sv39 entry"] = round(size / live + SV39.entry_bytes, 1)
    benchmark.pedantic(work, rounds=3)


def test_kernel_with_page_tables(benchmark: BenchmarkFixture) -> None:
    """The kernel in plain Python, page tables and buffers included: a map and a grant, by live mappings."""
    works = {}
    for live in SIZES[:3]:
        kernel = boot(Scope(2, live, 1), format=SV39, buffer=riscv_asid, cores=2)
        for page in range(1, live):
            kernel.map((page - 1) // 2, page)
        kernel.map(0, live)

        def work(kernel: Any = kernel, live: int = live) -> None:
            for page in range(100):
                kernel.map(page, live + 1)
                kernel.grant(live + 1, live + 2)

        works[live] = work
    report(benchmark, {live: seconds / 200 * 1e9 for live, seconds in contest(works).items()})
    benchmark.pedantic(works[live], rounds=5)
