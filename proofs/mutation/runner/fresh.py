"""Mutants of what is computed when a module is imported: a process each that imports everything with the mutant.

The process that they are forked from has imported the libraries, and none of what is mutated.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.runner import forks, hook
from proofs.mutation.runner.forks import Say
from proofs.mutation.runner.judging import as_json, judge

LIBRARIES = (
    "numpy",
    "z3",
    "cvc5",
    "numba",
    "hypothesis",
    "pytest",
    "rich.console",
    "typer",
    "jinja2",
    "jsonschema",
    "pysat",
)
IMPORTING = 90.0  # seconds to import and collect


def run_afresh(asked: Iterable[Mapping[str, Any]], request: Mapping[str, Any]) -> Iterator[Fate]:
    """The fates of mutants, from another process."""
    given = {**request, "asked": list(asked)}
    with subprocess.Popen(
        [sys.executable, "-m", "proofs.mutation.runner.fresh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        for line in process.stdout:
            told = json.loads(line)
            yield Fate(told["mutant"], MutantEnding(told["ending"]), told["by"], told["said"], told["seconds"])


class _Loop:
    """A plugin of pytest that asks the given tests and obligations instead of running all."""

    def __init__(self, asked: Mapping[str, Any], say: Say, folder: Path) -> None:
        self.asked = asked
        self.say = say
        self.folder = folder

    def pytest_runtestloop(self, session: Any) -> bool:
        from proofs.mutation.runner.asking import run_items
        from proofs.mutation.runner.coverage import Record
        from proofs.mutation.runner.inplace import Live, attach_syntax
        from proofs.mutation.runner.items import Item, ProofItem, TestItem

        if session.testsfailed:
            self.say(end="test", by="import", said=f"{session.testsfailed} files cannot be collected")
            return True
        name, line, file = self.asked["unit"]
        functions = Live.of(lambda each: each == file).functions.get(file, [])
        attach_syntax(name, line, self.asked["syntax"], functions)
        session.config._tmp_path_factory._basetemp = self.folder
        by_name = {item.nodeid: item for item in session.items}
        items: list[Item] = []
        records: dict[str, Record] = {}
        for obligation, dialect, invariants, seconds in self.asked["proofs"]:
            items.append(ProofItem(obligation, dialect, invariants))
            records[items[-1].name] = Record(items[-1].name, seconds, passed=True)
        for name, seconds in self.asked["tests"]:
            if name not in by_name:
                self.say(end="test", by="import", said=f"{name} is collected no more")
                return True
            items.append(TestItem(by_name[name]))
            records[name] = Record(name, seconds, passed=True)
        skip = self.asked.get("skip", 0)
        run_items(items, records, self.say, skip, fresh=False)
        return True


def arguments(request: Mapping[str, Any], tests: Iterable[str]) -> list[str]:
    """Return the arguments of pytest."""
    return [
        "-q",
        "-n",
        "0",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
        "--rootdir",
        request["root"],
        *tests,
    ]


def _try(request: Mapping[str, Any], asked: Mapping[str, Any], say: Say, folder: Path) -> None:
    say(limit=IMPORTING)
    root = Path(request["root"])
    hook.prepare(folder, asked["module"], bytes.fromhex(asked["code"]), root)
    hook.install(folder)
    import pytest

    files = list(dict.fromkeys(name.partition("::")[0] for name, _ in asked["tests"]))
    say(importing=True, limit=IMPORTING)
    status: object
    try:
        status = pytest.main(arguments(request, files or ["--co"]), plugins=[_Loop(asked, say, folder)])
    except BaseException as error:
        status = f"{type(error).__name__}: {error}"
    say(end="test", by="import", said=f"it cannot be imported: {status}"[:160])


def main() -> None:
    """Answer one request, without an import of what may be mutated."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended
    forks.follow(signal.SIGTERM)
    request = json.load(sys.stdin)
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    os.chdir(request["root"])
    sys.path.insert(0, request["root"])
    broken = dict(_broken(request))
    for asked in request["asked"]:
        if asked["module"] in broken:
            said = f"even without a change: {broken[asked['module']]}"
            print(json.dumps(as_json(Fate(asked["mutant"], MutantEnding.ERROR, "import", said))), flush=True)
    keys = [asked for asked in request["asked"] if asked["module"] not in broken]
    while keys:
        later = []
        for ended in forks.run(lambda asked, say, folder: _try(request, asked, say, folder), keys, request["jobs"]):
            fate, skip = _judge(ended)
            if skip:
                later.append({**ended.key, "skip": skip})
            elif fate is not None:
                print(json.dumps(fate), flush=True)
        keys = later


def _broken(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The modules that cannot be imported afresh without something that looks like a kill, and what that is."""
    controls: dict[str, dict[str, Any]] = {}
    for asked in request["asked"]:
        control = controls.setdefault(
            asked["module"], {**asked, "code": asked["original"], "syntax": "", "tests": [], "proofs": []}
        )
        control["tests"] += [each for each in asked["tests"] if each not in control["tests"]]
    for ended in forks.run(lambda asked, say, folder: _try(request, asked, say, folder), controls.values(), 1):
        fate, _, _ = judge(ended.key["mutant"], ended)
        if fate is None or fate.ending != MutantEnding.SURVIVED:
            yield ended.key["module"], f"{fate.by}: {fate.said}" if fate else "undecided"


def _judge(ended: forks.Ended) -> tuple[dict[str, Any] | None, int]:
    fate, _, skip = judge(ended.key["mutant"], ended)
    return (as_json(fate), 0) if fate is not None else (None, skip)


if __name__ == "__main__":
    main()
