"""Evidence: the JSON of real runs of the command, made when a page asks for it and kept until what decides it changes.

One file for each run, ``NAME.json`` in the evidence folder, with these members:

- ``musigma_evidence``: the version of this form, 2;
- ``command``: the arguments of ``musigma``, without files;
- ``digest``: over the packages' sources, the command, and the versions of Python and the solvers;
- ``exit_status``, ``seconds``, ``output`` (what the run printed, both streams);
- ``files``: the text of each file that the run wrote, by the option that asked for it (``json``, ``svg``, ``html``).

Nothing else counts as evidence: a run that ends otherwise than it should, a file that is cut short, a report that its
schema refuses or that leaves something out, all fail the build. With ``MUSIGMA_EVIDENCE_STALE=1`` a draft may use runs
of older sources, whatever their exit status, and says so on each page; it reads the pages again that changed, and no
others.
"""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any

import jsonschema
from sphinx.util import logging

import proofs
from model.spaces.dialect import CANONICAL, DIALECTS
from musigma_docs.evidence.cells import cells_of
from musigma_docs.evidence.matcher import without_compiling
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.paper.claims import CLAIMS
from proofs.registry import known
from proofs.report.writers.faults_report import faults_schema
from proofs.report.writers.json_report import schema
from proofs.report.writers.mutation_report import mutation_schema
from proofs.report.writers.versions import PACKAGES, sources
from proofs.verdict import EXIT_INCOMPLETE

LOGGER = logging.getLogger(__name__)
VERSION = 2
ROOT = Path(proofs.__file__).parent.parent
CHECKOUT = Path(__file__).parents[4]
SOLVERS = ("z3-solver", "cvc5", "python-sat")
# Verdicts must not depend on how busy the machine is. A question takes a second or two when it is not, a few ten.
PATIENCE = ("--timeout", "120")
AUDIT = ("audit", *(part for name in DIALECTS if name != CANONICAL.name for part in ("--dialect", name)), *PATIENCE)
"""The canonical dialect is left out: the run of all proofs decides its cells."""


class EvidenceError(Exception):
    """A run did not end as it should, or what it wrote is not what it should be."""


@cache
def sources_digest(root: Path = ROOT, folders: Sequence[str] = PACKAGES) -> str:
    """A digest of everything that decides what a run gives: sources, Python, solvers; as they are at first."""
    return _digest(root, folders)


def _digest(root: Path = ROOT, folders: Sequence[str] = PACKAGES) -> str:
    digest = hashlib.sha256(sources(root, folders).encode())
    for what in (platform.python_version(), *(f"{name} {version(name)}" for name in SOLVERS)):
        digest.update(what.encode() + b"\0")
    return digest.hexdigest()


def digest_of(command: Sequence[str], *more: str) -> str:
    """The digest of a run: of the sources, the command and what else it depends on; of mutants that is the tests."""
    sources = sources_digest(ROOT, (*PACKAGES, "tests")) if "--mutate" in command else sources_digest()
    return hashlib.sha256("\0".join((sources, *command, *more)).encode()).hexdigest()


def name_of(command: Sequence[str]) -> str:
    """The name of a run's file.

    >>> name_of(("prove", "--all", "--dialect", "x2-keep", *PATIENCE))
    'prove--all--dialect-x2-keep'
    """
    words = [word for word in command if word not in PATIENCE]
    return re.sub(r"[^\w+-]+", "_", re.sub(r"-(?=--)", "", "-".join(words)))


def refuse_other_sources(imported: Path = ROOT, shown: Path = CHECKOUT) -> None:
    """The packages that run are those that the pages show.

    :param imported: where the packages are that this build imports and runs.
    :param shown: where those are that the pages show, beside the documentation.
    :raises EvidenceError: they are others, as of a copy that is installed beside a checkout that was changed.
    """
    if imported.resolve() != shown.resolve() and sources_digest(imported) != sources_digest(shown):
        raise EvidenceError(
            f"the pages show the sources in {shown}, but others would run, from {imported}: write"
            " pip install -e . in that folder, or put it first in PYTHONPATH"
        )


def refuse_changed_sources(what: str) -> None:
    """What has run was of the sources that the build began with.

    :raises EvidenceError: they were changed since.
    """
    if sources_digest() != _digest():
        raise EvidenceError(f"the sources changed while {what} ran: build again")


class Evidence:
    """The evidence folder of a build.

    :param folder: where runs are kept.
    :param stale: accept runs of older sources.
    """

    def __init__(self, folder: Path, *, stale: bool = False) -> None:
        """Read nothing yet."""
        self.folder = folder
        self.stale = stale
        self.draft = False  # something stale was used
        self._reports: dict[str, dict[str, Any]] = {}
        self.seconds: defaultdict[str, float] = defaultdict(float)  # that runs of this build took, by subcommand
        self._failed: dict[str, dict[str, Any]] = {}  # runs of this build that ended otherwise than they should
        self._under_way: dict[str, threading.Lock] = {}  # who asks for a run that another thread makes waits for it

    def prove(self, dialect: str, asked: Sequence[str] = ()) -> dict[str, Any]:
        """The report of ``musigma prove``: in the canonical dialect of everything, else of what is asked for alone.

        Of several obligations the last report is given, with the results of all.

        :raises EvidenceError: a run ended otherwise, or nothing is asked for in another dialect.
        """
        if dialect == CANONICAL.name:
            report = self._proved_of(("--all", "--dialect", dialect), (0,))
            self._whole("obligations", {r["obligation"] for r in report["results"]}, known())
            return report
        if not asked:
            raise EvidenceError(f"no obligation is asked for in {dialect}: name one, or leave the dialect out")
        reports = [self._proved_of((name, "--dialect", dialect), (0, 1)) for name in asked]
        return {**reports[-1], "results": [result for report in reports for result in report["results"]]}

    def _proved_of(self, what: Sequence[str], expected: Collection[int]) -> dict[str, Any]:
        report = self._report(("prove", *what, *PATIENCE), expected, schema("prove"))
        if not report["complete"]:
            raise EvidenceError(f"the run of {' '.join(what)} was interrupted")
        return report

    def audit(self) -> dict[str, Any]:
        """The report of ``musigma audit``; its cells of the canonical dialect are decided by the run of all proofs."""
        proved = self.prove(CANONICAL.name)
        report = self._report(AUDIT, (0,), schema("audit"), given={"proved": self._proved})
        try:
            report = {**report, "cells": [*cells_of(proved), *report["cells"]]}
        except ValueError as error:
            raise EvidenceError(str(error)) from None
        wanted = {f"{claim} in {dialect}" for claim in CLAIMS for dialect in DIALECTS}
        self._whole("cells", {f"{cell['claim']} in {cell['dialect']}" for cell in report["cells"]}, wanted)
        return report

    def faults(self) -> dict[str, Any]:
        """The report of ``musigma faults``."""
        report = self._report(("faults", "--all"), (0,), faults_schema(), given={"proved": self._proved})
        self._whole("faults", {fault["name"] for fault in report["faults"]}, CATALOGUE)
        return report

    def _proved(self) -> str:
        """The text of the report of all proofs; what it says is proved is not proved again."""
        command = ("prove", "--all", "--dialect", CANONICAL.name, *PATIENCE)
        return str(self.run(command, (0,), ("json",))["files"]["json"])

    def mutation(self) -> dict[str, Any]:
        """The report of ``musigma faults --mutate --quick``; survivors are shown, what stayed undecided is an error."""
        return self._report(("faults", "--mutate", "--quick"), (0, 1), mutation_schema())

    def costs(self, name: str) -> tuple[dict[str, Any], str]:
        """What ``musigma costs`` gives for an experiment, and its plots as SVG; empty if it has none."""
        command = ("costs", name)
        (found,) = self._report(command, (0,), schema("costs"), perhaps=("svg",))["experiments"]
        drawing = self.run(command, (0,), ("json",))["files"].get("svg", "")
        if found["plots"] and not drawing:
            raise EvidenceError(f"musigma costs {name} has plots and drew none")
        return found, drawing

    def counterexample(self, name: str, dialect: str = "canonical", run_of_two: int = 1) -> dict[str, str]:
        """The files that ``musigma counterexample`` writes, by option, and its ``output``."""
        command: tuple[str, ...] = ("counterexample", name, "--dialect", dialect)
        if run_of_two != 1:
            command += ("--run", str(run_of_two))
        run = self.run(command, (0,), ("json", "svg", "html"))
        return {**run["files"], "output": run["output"]}

    def _whole(self, what: str, found: Collection[str], wanted: Collection[str]) -> None:
        """Everything there should be is there; in a draft from older sources something may be missing."""
        missing = sorted(set(wanted) - set(found))
        if missing and not self.draft:
            raise EvidenceError(f"the report lacks {len(missing)} {what}, for example {missing[0]}")

    def _report(
        self,
        command: Sequence[str],
        expected: Collection[int],
        shape: dict[str, Any],
        perhaps: Sequence[str] = (),
        given: Mapping[str, Callable[[], str]] = MappingProxyType({}),
    ) -> dict[str, Any]:
        name = name_of(command)
        if name not in self._reports:
            run = self.run(command, expected, ("json",), perhaps, given)
            try:
                report: dict[str, Any] = json.loads(run["files"]["json"])
                if not self.draft:  # an older report may be of an older form
                    jsonschema.validate(report, shape)
            except (KeyError, json.JSONDecodeError) as error:
                raise EvidenceError(f"musigma {' '.join(command)}: the report is broken: {error!r}") from None
            except jsonschema.ValidationError as error:
                said = f"{error.json_path}: {error.message[:200]}"
                raise EvidenceError(f"musigma {' '.join(command)}: the report is broken at {said}") from None
            self._reports[name] = report
        return self._reports[name]

    def run(
        self,
        command: Sequence[str],
        expected: Collection[int],
        files: Sequence[str],
        perhaps: Sequence[str] = (),
        given: Mapping[str, Callable[[], str]] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """A run of the command: kept from before, or made now.

        :param expected: the exit statuses that it may have.
        :param files: options that each write a file.
        :param perhaps: options that write one if there is anything to write.
        :param given: options that name a file to read, with what makes its text; they change no verdict.
        :raises EvidenceError: it ended otherwise, or did not write what it should.
        """
        with self._under_way.setdefault(name_of(command), threading.Lock()):
            run = self._failed.get(name_of(command)) or self.kept(name_of(command), digest_of(command))
            if run is None:
                run = self._made(command, (*files, *perhaps), {name: text() for name, text in given.items()})
                if run["exit_status"] not in expected or any(not run["files"].get(name) for name in files):
                    self._failed[name_of(command)] = run
                if run["exit_status"] in expected:
                    self.keep(name_of(command), run)
                elif self.stale:
                    self.draft = True
                    self.keep(name_of(command), {**run, "digest": "a run that ended otherwise than it should"})
        if run["exit_status"] not in expected and not self.draft:
            wanted = " or ".join(map(str, expected))
            end = "\n".join(run["output"].splitlines()[-15:])
            told = f"musigma {' '.join(command)} ended with status {run['exit_status']}, not {wanted}"
            if run["exit_status"] == EXIT_INCOMPLETE:
                told += ". This is no verdict: not everything was decided in its time. On a quiet machine, build again"
            raise EvidenceError(f"{told}:\n{end}")
        missing = [name for name in files if not run["files"].get(name)]
        if missing:
            raise EvidenceError(f"musigma {' '.join(command)} wrote nothing for --{missing[0]}")
        return run

    def together(self, runs: Iterable[Callable[[], object]]) -> None:
        """Make runs side by side, as many at a time as there are processors.

        :raises EvidenceError: as the first of them that does.
        """
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for _ in pool.map(lambda run: run(), runs):
                pass

    def kept(self, name: str, digest: str) -> dict[str, Any] | None:
        """The run of that name, if there is one with that digest; in a draft any."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            return None
        try:
            run: dict[str, Any] = json.loads(path.read_text("utf-8"))
            fresh = run["digest"] == digest and run["musigma_evidence"] == VERSION
            complete = all(key in run for key in ("exit_status", "output", "files"))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise EvidenceError(f"{path.name} is no evidence ({error!r}): delete it") from None
        if not complete:
            raise EvidenceError(f"{path.name} is cut short: delete it")
        if fresh:
            return run
        if self.stale:
            self.draft = True
            return run
        return None

    def keep(self, name: str, run: dict[str, Any]) -> None:
        """Write a run to the folder, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".part", delete=False, encoding="utf-8") as file:
            json.dump(run, file, ensure_ascii=False, indent=1)
        os.replace(file.name, self.folder / f"{name}.json")

    def _made(self, command: Sequence[str], files: Sequence[str], given: Mapping[str, str]) -> dict[str, Any]:
        LOGGER.info("musigma %s …", " ".join(command))
        sources_digest()
        started = perf_counter()
        with tempfile.TemporaryDirectory(prefix="musigma-docs-") as folder:
            options = [word for name in (*given, *files) for word in (f"--{name}", str(Path(folder) / name))]
            for name, text in given.items():
                (Path(folder) / name).write_text(text, "utf-8")
            done = subprocess.run(
                [sys.executable, "-m", "musigma", *command, *options],
                cwd=folder,
                env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
            )
            refuse_changed_sources(f"musigma {' '.join(command)}")
            texts = {n: (Path(folder) / n).read_text("utf-8") for n in files if (Path(folder) / n).is_file()}
            output = without_compiling(done.stdout).replace(folder, "")
        seconds = round(perf_counter() - started, 1)
        self.seconds[command[0]] += seconds
        LOGGER.info("musigma %s: status %d in %s s", " ".join(command), done.returncode, seconds)
        return {
            "musigma_evidence": VERSION,
            "command": list(command),
            "digest": digest_of(command),
            "exit_status": done.returncode,
            "seconds": seconds,
            "output": output,
            "files": texts,
        }
