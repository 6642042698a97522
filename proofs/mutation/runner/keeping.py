"""Fates kept from earlier runs: a run that was stopped goes on, and a later one asks first who noticed a mutant before.

A kill is taken over only if no file that could matter has changed since, nor Python, nor a library: of the files of
tests that is the one of the test that noticed it. If one has, whoever noticed the mutant is asked first, and has to
notice it again. What survived is always asked again.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from model.running.compiling import cache_directory
from proofs.mutation.digests import is_of_the_list
from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.runner.judging import as_json

VERSION = 1
LIBRARIES = ("z3-solver", "cvc5", "python-sat", "pytest", "hypothesis", "numpy", "numba", "jsonschema")
EVERY = 25  # fates after which they are written


def basis(root: Path, folders: Sequence[str], *more: str) -> str:
    """A digest of every file in some folders but those of tests, of the libraries and of what else is named."""
    found = hashlib.sha256(f"{VERSION}\0{sys.version}\0".encode())
    for name in LIBRARIES:
        found.update(f"{name} {version(name)}\0".encode())
    for word in more:
        found.update(f"{len(word)} {word}\0".encode())
    for folder in sorted(set(folders)):
        path = root / folder
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts and not _is_left_out(root, file):
                content = file.read_bytes()
                found.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _is_left_out(root: Path, file: Path) -> bool:
    return is_of_the_list(root, file) or (file.name.startswith("test_") and file.suffix == ".py")


class Keeping:
    """The fates of an area's mutants, on disk.

    :param basis: that of a kill in this run, by who noticed it; a kill of another one, or of none, is a hint.
    """

    def __init__(self, area: str, basis: Callable[[str], str], folder: Path | None = None) -> None:
        """Read what is there; what cannot be read is not there."""
        self._file = (folder or cache_directory() / "mutation" / "fates") / f"{area}.json"
        self._basis = basis
        self._told: dict[str, dict[str, Any]] = {}
        self._pending = 0
        try:
            told = json.loads(self._file.read_text("utf-8"))
            self._told = {str(name): dict(each) for name, each in told.items() if _is_whole(name, each)}
        except (OSError, ValueError, AttributeError):
            return

    def kill(self, mutant: str) -> Fate | None:
        """Return how the mutant was noticed, if nothing that it depends on has changed since."""
        told = self._told.get(mutant)
        basis = self._basis(told["by"]) if told else ""
        if not told or not basis or told["basis"] != basis:
            return None
        return Fate(mutant, MutantEnding(told["ending"]), told["by"], told["said"], told["seconds"])

    def hint(self, mutant: str) -> str:
        """Return who noticed the mutant at last; empty if nobody did."""
        return str(self._told.get(mutant, {}).get("by", ""))

    def add(self, fate: Fate) -> None:
        """Keep a kill, and forget what was kept of a mutant that is none any more."""
        self._told.pop(fate.mutant, None)
        if fate.ending.killed:
            self._told[fate.mutant] = {**as_json(fate), "basis": self._basis(fate.by)}
        self._pending += 1
        if self._pending >= EVERY:
            self.write()

    def write(self) -> None:
        """Write the file, whole or not at all."""
        self._pending = 0
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(self._told), "utf-8")
        partial.replace(self._file)


def _is_whole(mutant: str, told: Mapping[str, Any]) -> bool:
    """Whether an entry says all that it should, of that mutant, and is a kill."""
    texts = all(isinstance(told.get(name), str) for name in ("mutant", "ending", "by", "said", "basis"))
    known = (
        texts and told["ending"] in {ending.value for ending in MutantEnding} and isinstance(told.get("seconds"), float)
    )
    return bool(known and told["mutant"] == mutant and MutantEnding(told["ending"]).killed)
