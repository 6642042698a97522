"""A run: the mutants that a pattern chooses, area by area, and what became of each."""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from model.running.compiling import file_of
from proofs.mutation.equivalent import Equivalent, equivalents, stale
from proofs.mutation.operators.mutants import OPERATORS, ModuleSource, Mutant, read, units_of
from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.targets import AREAS, ROOT, Area
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

SAMPLE = 2  # mutants of each function in a quick run
EXAMPLES = 25  # of each of Hypothesis's tests

_ID = re.compile("[0-9a-f]{12}")

OnFate = Callable[[Mutant, Fate], None]
OnRecord = Callable[[str, int], None]


@dataclass(slots=True)
class Score:
    """The ends of the mutants of a run.

    :param stale: entries of the file of equivalent mutants that name no mutant: it is gone, or its function changed.
    :param unusable: tests and obligations that did not pass on the right code, so that they were not asked.
    :param failed: what the runner said when it failed.
    """

    mutants: dict[str, Mutant] = field(default_factory=dict)
    fates: dict[str, Fate] = field(default_factory=dict)
    stale: list[Equivalent] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def functions(self) -> dict[str, list[Mutant]]:
        """The mutants by function."""
        found: dict[str, list[Mutant]] = {}
        for mutant in self.mutants.values():
            found.setdefault(mutant.function, []).append(mutant)
        return found

    def fate(self, mutant: Mutant) -> Fate:
        """Return the end of one mutant."""
        return self.fates.get(mutant.id, Fate(mutant.id, MutantEnding.UNDECIDED))

    def count(self, mutants: Iterable[Mutant], *endings: MutantEnding) -> int:
        """Return how many of them ended so; those that word an error are counted apart."""
        return sum(self.fate(mutant).ending in endings for mutant in mutants if not mutant.wording)

    @property
    def survivors(self) -> list[Mutant]:
        """Those that nothing noticed."""
        return [
            each
            for each in self.mutants.values()
            if not each.wording and self.fate(each).ending == MutantEnding.SURVIVED
        ]

    @property
    def undecided(self) -> list[Mutant]:
        """Those of which nothing is known."""
        unknown = (MutantEnding.ERROR, MutantEnding.UNDECIDED)
        return [each for each in self.mutants.values() if not each.wording and self.fate(each).ending in unknown]

    @property
    def exit_status(self) -> int:
        """0 without a survivor; 1 with one, or with an entry that is stale; 3 if something stayed undecided."""
        if self.survivors or self.stale:
            return EXIT_FAILED
        return EXIT_INCOMPLETE if self.failed or self.undecided or not self.mutants else EXIT_PASSED


def chosen(
    pattern: str | None, areas: Iterable[Area] = AREAS.values()
) -> Iterator[tuple[Area, list[ModuleSource], list[Mutant]]]:
    """The areas with the mutants that a pattern chooses: by area, file, function, operator or a mutant's id.

    The whole name of an area chooses that one alone, and that of a function this one, although others may have it in
    their names. So may a list of names of functions, with commas between them.
    """
    areas = list(areas)
    areas = [each for each in areas if each.name == pattern] or areas
    known = {module: _functions_of(module) for area in areas for module in area.walk()} if pattern else {}
    asked = frozenset((pattern or "").split(","))
    named = asked if asked and asked <= {name for names in known.values() for name in names} else frozenset()
    for area in areas:
        modules = [
            module
            for module in area.walk()
            if (not named.isdisjoint(known[module]) if named else _may_fit(pattern, area.name, module, known))
        ]
        sources = [read(module, ROOT) for module in modules]
        found = [
            mutant
            for source in sources
            for mutant in source.mutants
            if (mutant.function in named if named else _fits(pattern, area.name, mutant))
        ]
        if found:
            yield area, sources, found


@cache
def _functions_of(module: str) -> tuple[str, ...]:
    """The names of a module's functions."""
    file = file_of(module)
    assert file is not None
    return tuple(f"{module}.{unit.name}" for unit in units_of(ast.parse(file.read_text("utf-8"))))


def _may_fit(pattern: str | None, area: str, module: str, known: Mapping[str, Sequence[str]]) -> bool:
    """Whether a module may have a mutant that a pattern chooses: found out without making the mutants.

    An empty pattern chooses none.
    """
    if not pattern:
        return pattern is None
    if pattern == area or _ID.fullmatch(pattern) or any(fnmatchcase(each, pattern) for each in OPERATORS):
        return True
    file = file_of(module)
    assert file is not None
    names = (*known[module], file.relative_to(ROOT).as_posix())
    return any(fnmatchcase(name, pattern) or pattern in name for name in names)


def _fits(pattern: str | None, area: str, mutant: Mutant) -> bool:
    if pattern is None or pattern in (area, mutant.id, mutant.file, mutant.operator):
        return True
    names = (mutant.function, mutant.file)
    return any(fnmatchcase(name, pattern) or pattern in name for name in names) or fnmatchcase(mutant.operator, pattern)


def sample(mutants: Iterable[Mutant], each: int = SAMPLE) -> list[Mutant]:
    """So many of each function: those with the least digests, which stay the same until the function changes."""
    taken: dict[str, int] = {}
    found = []
    for mutant in sorted(mutants, key=lambda mutant: mutant.id):
        if not mutant.wording and taken.setdefault(mutant.function, 0) < each:
            taken[mutant.function] += 1
            found.append(mutant)
    return sorted(found, key=lambda mutant: (mutant.file, mutant.line))


def run(
    choice: Sequence[tuple[Area, list[ModuleSource], list[Mutant]]],
    jobs: int,
    score: Score,
    on_fate: OnFate = lambda mutant, fate: None,
    on_record: OnRecord = lambda area, recorded: None,
    root: Path = ROOT,
    entries: Mapping[str, Equivalent] | None = None,
) -> None:
    """Find out what becomes of the mutants; the score grows as it is found out, so that an interrupt keeps it."""
    known = equivalents() if entries is None else entries
    score.stale = stale(known, [source for _, sources, _ in choice for source in sources], root)
    for _, _, mutants in choice:
        score.mutants |= {mutant.id: mutant for mutant in mutants}
    for area, sources, mutants in choice:
        asked = []
        for mutant in mutants:
            if mutant.id in known:
                score.fates[mutant.id] = Fate(mutant.id, MutantEnding.EQUIVALENT, said=known[mutant.id].reason)
            elif not mutant.wording:
                asked.append(mutant)
        if asked:
            _run_area(area, sources, asked, jobs, score, on_fate, on_record, root)


def _run_area(
    area: Area,
    sources: list[ModuleSource],
    mutants: list[Mutant],
    jobs: int,
    score: Score,
    on_fate: OnFate,
    on_record: OnRecord,
    root: Path,
) -> None:
    module_of = {mutant.id: source.module for source in sources for mutant in source.mutants}
    by_id = {mutant.id: mutant for mutant in mutants}
    listening, telling = os.pipe()
    request = {
        "area": area.name,
        "root": str(root),
        "modules": sorted({module_of[mutant.id] for mutant in mutants}),
        "recorded": sorted(area.walk()),
        "tests": list(area.tests),
        "about": list(area.about),
        "dialects": list(area.dialects),
        "obligations": list(area.obligations),
        "digest": [
            name
            for name in ("model", "machine", "refinement", "proofs", "musigma", "tests", "docs/examples", *area.tests)
            if (root / name).exists()
        ],
        "mutants": [[module_of[mutant.id], mutant.id] for mutant in mutants],
        "jobs": jobs,
        "longest": area.longest,
        "hypothesis": True,
        "examples": EXAMPLES,
        "out": telling,
    }
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    environment["PYTHONPATH"] = os.pathsep.join([str(root), str(ROOT)])
    # No pipe: whoever writes to a full one, as a worker that crashes does, waits for ever.
    output = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
    process = subprocess.Popen(
        [sys.executable, "-m", "proofs.mutation.runner.worker"],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        pass_fds=[telling],
        start_new_session=True,
        cwd=root,
    )
    os.close(telling)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        with os.fdopen(listening, encoding="utf-8") as lines:
            for line in lines:
                told = json.loads(line)
                if "recording" in told:
                    on_record(area.name, told["recording"])
                _take(told, by_id, score, on_fate)
        status = process.wait()
        output.seek(0)
        said = output.read()
        if status or any(mutant not in score.fates for mutant in by_id):
            score.failed.append(
                f"{area.name}: the runner ended with status {process.returncode}: {said[-2000:].strip()}"
            )
    finally:
        _end(process)
        output.close()


def _take(told: dict[str, Any], by_id: Mapping[str, Mutant], score: Score, on_fate: OnFate) -> None:
    score.unusable += told.get("unusable", ())
    if "mutant" in told:
        fate = Fate(told["mutant"], MutantEnding(told["ending"]), told["by"], told["said"], told["seconds"])
        score.fates[fate.mutant] = fate
        on_fate(by_id[fate.mutant], fate)


def _end(process: "subprocess.Popen[str]") -> None:
    """End the runner; it ends what it started."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
