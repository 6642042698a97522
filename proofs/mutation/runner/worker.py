"""The warm process: everything imported and collected once, then a process for each mutant, forked from it.

It reads a request from standard input, and writes a line of JSON for each mutant as soon as its fate is known.
"""

import gc
import json
import marshal
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from itertools import zip_longest
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL
from proofs.mutation.digests import digest
from proofs.mutation.operators.mutants import read
from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.runner import coverage, forks, hook
from proofs.mutation.runner.asking import run_items
from proofs.mutation.runner.coverage import Coverage, Record, executed
from proofs.mutation.runner.forks import Ended, Say
from proofs.mutation.runner.fresh import arguments, run_afresh
from proofs.mutation.runner.inplace import Live, Place, StaleError, code_of, original, put_in_place
from proofs.mutation.runner.items import Item, ProofItem, TestItem, proof_items
from proofs.mutation.runner.judging import as_json, asked_of, is_doubtful, judge
from proofs.mutation.runner.keeping import Keeping, basis

BATCH = 40  # so many are recorded in one process
ASKING = 0.02  # seconds that it costs to ask anything
WAITING = 10  # times as long as it may use a processor may what is recorded take, busy as others are


class Worker:
    """A plugin of pytest that runs mutants instead of tests."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        """What was asked for."""
        self.root = Path(request["root"])
        self.request = request
        self.jobs: int = request["jobs"]
        self.files: dict[str, str] = {}
        self._tracing = ExitStack()
        self.at_import: set[Place] = set()
        self._places: set[Place] = set()
        self._shared: set[Place] = set()
        self._believed: set[str] = set()
        self._doubted: set[str] = set()
        self._begun = self._preparing = 0.0
        self.items: dict[str, Item] = {}
        self.killers: dict[str, dict[str, int]] = {}
        self.out = os.fdopen(request["out"], "w", encoding="utf-8")

    def tell(self, **told: Any) -> None:
        """A line of JSON to whoever asked."""
        self.out.write(json.dumps(told) + "\n")
        self.out.flush()

    def start(self) -> int:
        """Import and collect, under the eyes of a recorder."""
        from importlib.machinery import PathFinder

        for module in self.request["recorded"]:
            path = None
            for part in range(1, len(module.split(".")) + 1):
                spec = PathFinder.find_spec(".".join(module.split(".")[:part]), path)
                assert spec is not None
                path = spec.submodule_search_locations
            assert spec is not None
            self.files[str(spec.origin)] = module
        self.at_import = self._tracing.enter_context(executed(self.files))
        return int(pytest.main(arguments(self.request, self.request["tests"]), plugins=[self]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Everything is collected: run the mutants."""
        self._tracing.close()
        if session.testsfailed:
            raise session.Failed(f"{session.testsfailed} files cannot be collected")
        for item in session.items:
            self.items[item.nodeid] = TestItem(item)
        self.sources = {module: read(module, self.root) for module in self.request["modules"]}
        self.right = {module: original(source) for module, source in self.sources.items()}
        for proof in self._plan():
            self.items[proof.name] = proof
        self.live = Live.of(lambda file: file.startswith(str(self.root)))
        gc.collect()
        gc.freeze()
        self.coverage = Coverage(list(self.sources.values()), self._records(), lambda name: self.items[name].group)
        failed = [each for each in self.coverage.records.values() if not each.passed]
        for asked in self.items.values():
            if isinstance(asked, ProofItem) and self.coverage.records[asked.name].passed:
                asked.keep()
        gc.collect()
        gc.freeze()
        unusable = [f"{each.name}: {each.said}" for each in failed if _should_pass(self.items[each.name])]
        self.tell(recorded=len(self.coverage.records), unusable=unusable)
        self.keeping = Keeping(self.request["area"], self._basis())
        try:
            self._run()
        finally:
            self.keeping.write()
        return True

    def _basis(self) -> Callable[[str], str]:
        """What a kill depends on, by who noticed it: all that is no test, and the test's own file; else it is asked."""
        shared = basis(self.root, self.request["digest"], json.dumps(self.request["recorded"]))

        @cache
        def with_file(file: str) -> str:
            return coverage.digest_with(shared, self.root, file, ())

        return lambda by: with_file(self.items[by].file) if by in self.items else ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """What was executed so far prepared the test, and what others share with it."""
        self._shared = set(self._places)
        self._preparing = perf_counter() - self._begun

    def _plan(self) -> Iterator[ProofItem]:
        """The obligations that are asked, found out in a process that may start others."""

        def work(key: Any, say: Say, folder: Path) -> None:
            say(limit=600.0)
            asked = (tuple(self.request["about"]), tuple(self.request["dialects"]), self.request["obligations"])
            found = proof_items(*asked, self.jobs)
            say(proofs=[(each.obligation, each.dialect, sorted(each.invariants)) for each in found], end=True)

        if self.request["about"]:
            for ended in forks.run(work, ["plan"], 1):
                found = ended.said[-1] if ended.said else {}
                if "proofs" not in found:
                    raise RuntimeError(f"no obligations: {found.get('error', ended.status)}")
                yield from (ProofItem(*each) for each in found["proofs"])

    def _records(self) -> list[Record]:
        """What is known of each test and obligation, file by file."""
        setting = json.dumps([self.request["recorded"], self.request["longest"]])
        shared = digest(self.root, self.request["digest"], setting)
        files: dict[str, list[str]] = {}
        for item in self.items.values():
            files.setdefault(item.file, []).append(item.name)
        keys = {file: coverage.digest_with(shared, self.root, file, names) for file, names in files.items()}
        known = {file: coverage.read_records(key) for file, key in keys.items()}
        new = [name for file, names in files.items() if known[file] is None for name in names]
        made: dict[str, dict[str, Record]] = {}
        for record in self._record(new):
            file = self.items[record.name].file
            of_file = made.setdefault(file, {})
            of_file[record.name] = record
            if len(of_file) == len(files[file]):  # kept at once: a recording that is stopped goes on where it was
                coverage.keep(keys[file], [of_file[name] for name in files[file]])
        return [
            record for file, names in files.items() for record in known[file] or [made[file][name] for name in names]
        ]

    def _record(self, names: list[str]) -> Iterator[Record]:
        pending = deque(names[start : start + BATCH] for start in range(0, len(names), BATCH))
        while pending:
            batches, done = list(pending), 0
            pending.clear()
            for ended in forks.run(self._record_batch, batches, self.jobs):
                left = dict.fromkeys(ended.key)
                for told in ended.said:
                    if "record" in told:
                        record = Record(**told["record"])
                        del left[record.name]
                        done += 1
                        yield record
                if left:  # what was under way is not usable, the rest is tried again
                    first, *rest = left
                    yield Record(first, ended.seconds, passed=False, said=f"ended with status {ended.status}")
                    if rest:
                        pending.append(rest)
                self.tell(recording=done)

    def _record_batch(self, names: list[str], say: Say, folder: Path) -> None:
        items = [self.items[name] for name in names]
        self._settle(folder, items)
        longest: float = self.request["longest"]
        group, places = "", set[Place]()
        for item, following in zip_longest(items, items[1:]):
            assert item is not None
            say(limit=WAITING * longest)
            signal.setitimer(signal.ITIMER_PROF, longest)  # ends the process
            if item.group != group:
                self.live.forget()
                group, places = item.group, set()
            self._begun, self._preparing = perf_counter(), 0.0
            self._shared = set()
            with executed(self.files) as self._places:
                noticed = item.run(following)
            signal.setitimer(signal.ITIMER_PROF, 0)
            places |= self._places
            seconds = perf_counter() - self._begun
            record = {"name": item.name, "seconds": round(seconds, 4), "passed": noticed is None}
            record["preparing"] = round(self._preparing, 4)
            record["said"] = noticed.said if noticed else ""
            said = {**record, "places": sorted(places), "shared": sorted(self._shared)}
            say(record=said, limit=WAITING * longest)
        say(end=True)

    def _settle(self, folder: Path, items: Iterable[Item]) -> None:
        """Temporary files go into the process's own folder."""
        for item in items:
            if isinstance(item, TestItem):
                item.item.config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
                return

    def _run(self) -> None:
        keys = []
        for module, mutant in self.request["mutants"]:
            kept = self.keeping.kill(mutant)
            if kept is None:
                keys.append((module, mutant, 0))
            else:
                self._settled(module, kept)
        again: list[tuple[str, str]] = []
        while keys:
            later = []
            for ended in forks.run(self._try, keys, self.jobs):
                module, mutant, _ = ended.key
                fate, fresh, skip = judge(mutant, ended)
                if fate is not None and self._is_to_be_asked(ended, fate) and not self._passes_without_a_change(ended):
                    self._doubted.add(fate.by)  # it has noticed nothing: the others are asked
                    self.tell(unusable=[f"{fate.by}: {fate.ending.value} without a change as well"])
                    later.append((module, mutant, 0))
                elif skip:
                    later.append((module, mutant, skip))
                elif fresh:
                    again.append((module, mutant))
                else:
                    assert fate is not None
                    self._believed.add(fate.by)
                    self._settled(module, fate)
            keys = later
        if again:
            for fate in run_afresh(self._asked_afresh(again), self.request):
                self.keeping.add(fate)
                self.tell(**as_json(fate))

    def _is_to_be_asked(self, ended: Ended, fate: Fate) -> bool:
        """Whether the right code is to be asked as well before the fate is believed."""
        took = float(ended.said[-1].get("took", ended.seconds)) if ended.said else ended.seconds
        passing = self.coverage.records[fate.by].seconds if fate.by in self.coverage.records else 0.0
        return is_doubtful(fate, took, passing, fate.by in self._believed)

    def _passes_without_a_change(self, ended: Ended) -> bool:
        """Whether the right code passes where the mutant did not: a test may have to wait for others, or need them."""
        names = [told["item"] for told in asked_of(ended.said) if not told["proof"]]
        return all(
            control.said and control.said[-1].get("end") == MutantEnding.SURVIVED.value
            for control in forks.run(self._control, [(ended.key[0], names)], 1)
        )

    def _control(self, key: tuple[str, list[str]], say: Say, folder: Path) -> None:
        """Ask the same tests in the same order, with the same limits, about the right code."""
        module, names = key
        items = [self.items[name] for name in names]
        self._settle(folder, items)
        self.live.forget()
        hook.prepare(folder, module, marshal.dumps(self.right[module]), self.root)
        run_items(items, self.coverage.usual, say, skip=0, fresh=False)

    def _settled(self, module: str, fate: Fate) -> None:
        if fate.ending.killed:
            killers = self.killers.setdefault(self._unit(module, fate.mutant), {})
            killers[fate.by] = killers.get(fate.by, 0) + 1
        self.keeping.add(fate)
        self.tell(**as_json(fate))

    def _unit(self, module: str, mutant: str) -> str:
        return f"{module}.{self.sources[module].unit_of(mutant).name}"

    def asked(self, module: str, mutant: str) -> list[Item]:
        """The items that may notice a mutant: first the one that did before, then obligations, then tests.

        Among these, first those that have noticed most mutants of the function for what it costs to ask them.
        """
        unit = self._unit(module, mutant)
        killers, before = self.killers.get(unit, {}), self.keeping.hint(mutant)
        found = [self.items[name] for name in self.coverage.who(unit) if name not in self._doubted]

        def order(item: Item) -> tuple[bool, bool, float]:
            worth = killers.get(item.name, 0) / (self.coverage.costs[item.name] + ASKING)
            return item.name != before, not item.is_proof, -worth

        return sorted(found, key=order)

    def _try(self, key: tuple[str, str, int], say: Say, folder: Path) -> None:
        module, mutant, skip = key
        source = self.sources[module]
        items = self.asked(module, mutant)
        self._settle(folder, items)
        try:
            code = code_of(source, mutant)
            changed = put_in_place(source, mutant, self.live, self.right[module], code)
        except StaleError as error:
            say(end="stale", said=str(error))
            return
        hook.prepare(folder, module, marshal.dumps(code), self.root)
        fresh = any(place in self.at_import for place in changed)
        hinted = bool(items) and items[0].name == self.keeping.hint(mutant)
        run_items(items, self.coverage.usual, say, skip, fresh, hinted)

    def _others(self, first: Iterable[Item]) -> list[Item]:
        """All others, the cheapest first: who depends on what was computed at import is not known."""
        names = {item.name for item in first}
        return [self.items[name] for name in self.coverage.everybody() if name not in names]

    def _asked_afresh(self, again: Iterable[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        for module, mutant in again:
            source = self.sources[module]
            unit = source.unit_of(mutant)
            first = self.asked(module, mutant)
            yield {
                "module": module,
                "mutant": mutant,
                "code": marshal.dumps(code_of(source, mutant)).hex(),
                "original": marshal.dumps(self.right[module]).hex(),
                "syntax": source.syntax(mutant),
                "unit": [unit.qualname, unit.line, str(source.file)],
                "first": [item.told(self.coverage.usual[item.name]) for item in first],
                "others": [item.told(self.coverage.usual[item.name]) for item in self._others(first)],
            }


def _should_pass(item: Item) -> bool:
    """A test, or an obligation in the dialect that proves all that it claims; others prove less."""
    return not isinstance(item, ProofItem) or item.dialect == CANONICAL.name


def main() -> None:
    """Answer one request."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended
    forks.follow(signal.SIGTERM)
    request = json.load(sys.stdin)
    os.chdir(request["root"])
    sys.path.insert(0, request["root"])
    worker = Worker(request)
    if request["hypothesis"]:
        from hypothesis import Phase, settings

        phases = [Phase.explicit, Phase.generate]
        settings.register_profile(
            "mutation", derandomize=True, database=None, deadline=None, phases=phases, max_examples=request["examples"]
        )
        settings.load_profile("mutation")
    status = worker.start()
    worker.tell(ended=status)


if __name__ == "__main__":
    main()
