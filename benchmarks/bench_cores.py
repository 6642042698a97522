"""The protocol ``interrupt`` of many cores: states a second of our compiled search, of the theory's formulas, of SPIN.

``python benchmarks/bench_cores.py 2 2 1 1 2`` prints the table for 2 cores, 2 spaces, 1 page, 1 frame and 2 tags. All
have to count the same states and steps. Times are processor time of one thread; compilation is not counted for anybody.
The model for SPIN is made here, a guarded choice for each step, and asserts nothing.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from bench_explore import found_in, run_tool

from model.cores.readings import PROTOCOLS
from model.cores.scope import CoreScope
from model.cores.theories import theory_of_cores
from model.spaces.dialect import CANONICAL
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.theory_search import TheorySearch
from proofs.explorer.cores.protocol import RELATIONS, protocol_system
from proofs.explorer.searches.breadth_first import search

INTERRUPT = PROTOCOLS["interrupt"]


class Promela:
    """The protocol's steps on a machine as choices of SPIN, of bits in arrays."""

    def __init__(self, scope: CoreScope) -> None:
        """Sizes by the letters of the sorts."""
        self.size = {"c": scope.cores, "s": scope.spaces, "p": scope.pages, "r": scope.frames, "t": scope.tags}

    def at(self, relation: str, *elements: int) -> str:
        """A bit."""
        index = 0
        for letter, element in zip(RELATIONS[relation], elements, strict=True):
            index = index * self.size[letter] + element
        return f"{relation}[{index}]"

    def of(self, letters: str) -> Iterator[tuple[int, ...]]:
        """All elements of these sorts."""
        return product(*(range(self.size[letter]) for letter in letters))

    def forget(self, c: int, s: int, pages: list[int]) -> str:
        """A core forgets pages of a space."""
        return "".join(
            f"{self.at('tlb', c, t, p, r)} = {self.at('tlb', c, t, p, r)} && !{self.at('tagged', s, t)}; "
            for t, r in self.of("tr")
            for p in pages
        )

    def clear(self, relation: str, *first: int) -> str:
        """None of the bits that begin so."""
        rest = RELATIONS[relation][len(first) :]
        return "".join(f"{self.at(relation, *first, *more)} = 0; " for more in self.of(rest))

    def none(self, relation: str, *first: int) -> str:
        """Whether none of the bits that begin so holds."""
        rest = RELATIONS[relation][len(first) :]
        return " && ".join(f"!{self.at(relation, *first, *more)}" for more in self.of(rest))

    def choices(self) -> Iterator[tuple[str, str]]:
        """Each step: when it is possible, and what it does."""
        at = self.at
        for c, s, p, r in self.of("cspr"):
            does = "".join(
                f"{at('tlb', c, t, p, r)} = {at('tlb', c, t, p, r)} || {at('under', c, t)}; " for (t,) in self.of("t")
            )
            yield f"{at('runs', c, s)} && {at('entry', s, p, r)}", does
        for c, t, p, r in self.of("ctpr"):
            yield at("tlb", c, t, p, r), f"{at('tlb', c, t, p, r)} = 0; "
        for c, s in self.of("cs"):
            tagged = " || ".join(at("tagged", s, t) for (t,) in self.of("t"))
            does = self.clear("runs", c) + f"{at('runs', c, s)} = 1; {at('may', s, c)} = 1; "
            does += "".join(f"{at('under', c, t)} = {at('tagged', s, t)}; " for (t,) in self.of("t"))
            yield f"!{at('runs', c, s)} && ({tagged})", does
            does = self.forget(c, s, list(range(self.size["p"]))) + f"{at('may', s, c)} = 0; "
            yield f"!{at('runs', c, s)} && {at('may', s, c)}", does
        for s, p in self.of("sp"):
            free = f"{self.none('auth', s, p)} && !{at('busy', s, p)} && !{at('asked', s, p)}"
            for (r,) in self.of("r"):
                yield free, f"{at('auth', s, p, r)} = 1; {at('entry', s, p, r)} = 1; "
            entry = " || ".join(at("entry", s, p, r) for (r,) in self.of("r"))
            yield f"({entry}) && !{at('busy', s, p)}", self.clear("entry", s, p) + f"{at('busy', s, p)} = 1; "
            owed = "".join(
                f"{at('owed', s, p, c)} = {at('owed', s, p, c)} || {at('may', s, c)}; " for (c,) in self.of("c")
            )
            yield f"{at('busy', s, p)} && !{at('asked', s, p)}", f"{at('asked', s, p)} = 1; {owed}"
            for (c,) in self.of("c"):
                yield at("owed", s, p, c), self.forget(c, s, [p]) + f"{at('owed', s, p, c)} = 0; "
            done = self.clear("auth", s, p) + f"{at('busy', s, p)} = 0; {at('asked', s, p)} = 0; "
            yield f"{at('busy', s, p)} && {at('asked', s, p)} && {self.none('owed', s, p)}", done
        for s, t in self.of("st"):
            alone = " && ".join(f"!{at('runs', c, s)}" for (c,) in self.of("c"))
            yield f"{at('tagged', s, t)} && {alone}", f"{at('tagged', s, t)} = 0; " + self.clear("clean", t)
            wiped = " && ".join(at("clean", t, c) for (c,) in self.of("c"))
            yield f"{self.none('tagged', s)} && {wiped}", f"{at('tagged', s, t)} = 1; " + self.clear("clean", t)
        for c, t in self.of("ct"):
            unused = " && ".join(f"!{at('tagged', s, t)}" for (s,) in self.of("s"))
            yield unused, self.clear("tlb", c, t) + f"{at('clean', t, c)} = 1; "

    def text(self) -> str:
        """The model."""
        used = {name: letters for name, letters in RELATIONS.items() if name != "fenced"}
        lines = [f"bit {name}[{sum(1 for _ in self.of(letters))}];" for name, letters in used.items()]
        first = [self.at("tagged", s, s) for s in range(min(self.size["s"], self.size["t"]))]
        for (c,) in self.of("c"):
            first += [self.at("runs", c, 0), self.at("under", c, 0), self.at("may", 0, c)]
            first += [self.at("clean", t, c) for t in range(self.size["s"], self.size["t"])]
        lines += ["active proctype cores() {", f"d_step {{ {' '.join(f'{bit} = 1;' for bit in first)} }}", "do"]
        lines += [f":: d_step {{ {guard} -> {does}}}" for guard, does in self.choices()]
        return "\n".join([*lines, "od", "}", ""])


def spin(scope: CoreScope) -> tuple[int, int, float]:
    """SPIN's states, steps and processor time, without its own initialisation."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "cores.pml").write_text(Promela(scope).text(), "utf-8")
        run_tool(["spin", "-a", "cores.pml"], directory)
        verifier = directory / "pan.c"
        verifier.write_text(verifier.read_text("utf-8").replace("%9.8g", "%9.0f"), "utf-8")
        run_tool(["gcc", "-O2", "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"], directory)
        output, seconds = run_tool(["./pan", "-m20000000", "-w24"], directory)
    states, steps = (int(found_in(pattern, output)[1]) for pattern in (r"(\d+) states, stored", r"(\d+) transitions"))
    if "errors: 0" not in output or "Search not completed" in output or "max search depth too small" in output:
        raise RuntimeError(output)
    return states - 1, steps - 2, seconds


def compiled(scope: CoreScope) -> tuple[int, int, float]:
    """The packed system, on one thread, compiled before."""
    system = protocol_system(INTERRUPT, scope)
    search(system, properties=(), threads=1, max_states=100_000)  # loads all that is compiled, the growing as well
    started = time.process_time()
    found = search(system, properties=(), threads=1)
    assert found.complete
    return found.states, found.transitions, time.process_time() - started


def formulas(scope: CoreScope) -> tuple[int, int, float]:
    """The theory's formulas, evaluated with numpy."""
    started = time.process_time()
    found = TheorySearch(theory_of_cores(INTERRUPT), CANONICAL, SearchArea(scope, max_states=10**8)).run()
    return found.states, found.transitions, time.process_time() - started


def main() -> None:
    """Print the table for the machine that the arguments say."""
    cores, spaces, pages, frames, tags = map(int, sys.argv[1:] or ("2", "2", "1", "1", "2"))
    scope = CoreScope(spaces, pages, frames, cores=cores, tags=tags)
    print(scope)
    rows = {"packed": compiled(scope), "SPIN": spin(scope)}
    if rows["packed"][0] < 100_000:
        rows["formulas"] = formulas(scope)
    for name, (states, steps, seconds) in rows.items():
        print(f"{name:10} {states:12,} states {steps:14,} steps {seconds:8.2f} s {states / seconds:14,.0f} states/s")
    print(f"packed : SPIN = {rows['SPIN'][2] / rows['packed'][2]:.1f} : 1")
    if len({row[:2] for row in rows.values()}) > 1:
        raise SystemExit("the contestants do not count the same")


if __name__ == "__main__":
    main()
