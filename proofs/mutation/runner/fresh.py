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
        items: dict[str, Item] = {}
        usual: dict[str, float] = {}
        for told in (*self.asked["first"], *self.asked["others"]):
            name = told["name"]
            if "proof" not in told and name not in by_name:
                self.say(end="test", by="import", said=f"{name} is collected no more")
                return True
            items[name] = ProofItem(*told["proof"]) if "proof" in told else TestItem(by_name[name])
            usual[name] = told["seconds"]
        first, others = ([items[told["name"]] for told in self.asked[part]] for part in ("first", "others"))
        first = first[: self.asked.get("last", len(first))]
        if not first and not others:
            self.say(end="survived", said="it is imported and collected")
        else:
            run_items(first, usual, self.say, self.asked.get("skip", 0), fresh=False, others=others)
        return True


def _tests(asked: Mapping[str, Any]) -> list[str]:
    """The names of the tests that are asked, in their order."""
    return [told["name"] for told in (*asked["first"], *asked["others"]) if "proof" not in told]


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

    files = list(dict.fromkeys(name.partition("::")[0] for name in _tests(asked)))
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
    keys = list(request["asked"])
    controls = _Controls(request)
    while keys:
        later = []
        for ended in forks.run(lambda asked, say, folder: _try(request, asked, say, folder), keys, request["jobs"]):
            fate, skip = _judge(ended)
            if skip:
                later.append({**ended.key, "skip": skip})
            elif fate is not None:
                print(json.dumps(as_json(controls.checked(ended.key, fate))), flush=True)
        keys = later


class _Controls:
    """Whether what noticed a mutant that was imported afresh passes when the right code is imported so."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._request = request
        self._known: dict[tuple[str, str], str] = {}

    def checked(self, asked: Mapping[str, Any], fate: Fate) -> Fate:
        """The fate; an error if the code as it is would have had it as well."""
        tests = _tests(asked)
        if fate.by != "import" and fate.by not in tests:
            return fate  # it survived, or an obligation noticed it
        key = (asked["module"], fate.by)
        if key not in self._known:
            self._known[key] = self._failure(asked, tests[: tests.index(fate.by) + 1] if fate.by in tests else [])
        if not self._known[key]:
            return fate
        said = f"even without a change: {self._known[key]}"
        return Fate(fate.mutant, MutantEnding.ERROR, fate.by, said, fate.seconds)

    def _failure(self, asked: Mapping[str, Any], run: list[str]) -> str:
        """What the right code does when it is imported afresh, and asked these tests of all that are collected."""
        told = [each for each in (*asked["first"], *asked["others"]) if "proof" not in each]
        order = [each for name in run for each in told if each["name"] == name]
        order += [each for each in told if each["name"] not in run]
        control = {**asked, "code": asked["original"], "syntax": "", "first": order, "others": [], "last": len(run)}
        for ended in forks.run(lambda key, say, folder: _try(self._request, key, say, folder), [control], 1):
            fate, _ = _judge(ended)
            if fate is None or fate.ending != MutantEnding.SURVIVED:
                return f"{fate.by}: {fate.said}" if fate else "undecided"
        return ""


def _judge(ended: forks.Ended) -> tuple[Fate | None, int]:
    fate, _, skip = judge(ended.key["mutant"], ended)
    return (fate, 0) if fate is not None else (None, skip)


if __name__ == "__main__":
    main()
