"""Mutants that do the same as the code, each with the reason; an entry that names no mutant any more is an error."""

import importlib.util
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from model.running.compiling import cache_directory
from proofs.mutation.digests import digest
from proofs.mutation.operators.mutants import ModuleSource, read

FILE = Path(__file__).with_name("equivalent.toml")
FOLDERS = ("model", "machine", "refinement", "proofs")  # on whose sources the mutants of a module depend
KEPT = 20  # files of names, the newest ones: one for each state of the sources


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that does the same as the code.

    :param mutant: its id, which changes when the function does.
    :param function: of which function; ``before`` and ``after`` are for whoever reads the file.
    :param reason: why it does the same, in one line.
    """

    mutant: str
    function: str
    before: str
    after: str
    reason: str


def parse(text: str) -> dict[str, Equivalent]:
    """The entries of a file, by id.

    :raises ValueError: an entry lacks something, gives no reason, or is there twice.
    """
    found: dict[str, Equivalent] = {}
    for function, entries in tomllib.loads(text).items():
        for mutant, told in entries.items():
            if not {"before", "after", "reason"} <= told.keys() or not told["reason"].strip():
                raise ValueError(f"{function}: {mutant} lacks before, after or reason")
            if mutant in found:
                raise ValueError(f"{function}: {mutant} is there twice")
            found[mutant] = Equivalent(mutant, function, told["before"], told["after"], told["reason"])
    return found


@cache
def equivalents() -> dict[str, Equivalent]:
    """The entries of the project's file."""
    return parse(FILE.read_text("utf-8"))


def stale(
    entries: Mapping[str, Equivalent], sources: Iterable[ModuleSource], root: Path, kept: Path | None = None
) -> list[Equivalent]:
    """The entries that name no mutant: the function changed, or is gone.

    :param sources: modules read already; others are read where an entry names them.
    :param kept: where the names of a module's mutants are kept until any source changes.
    """
    names = {source.module: _names(source) for source in sources}
    file = (kept or cache_directory() / "mutation" / "names") / f"{digest(root, FOLDERS, 'names')}.json"
    before = _read_names(file)
    missing = []
    for entry in entries.values():
        module = _module(entry.function)
        if module and module not in names:
            names[module] = before.get(module) or _names(read(module, root))
        if names.get(module, {}).get(entry.mutant) != entry.function:
            missing.append(entry)
    _keep_names(file, {module: found for module, found in names.items() if module.partition(".")[0] in FOLDERS})
    return missing


def _names(source: ModuleSource) -> dict[str, str]:
    """The function of each mutant."""
    return {mutant.id: mutant.function for mutant in source.mutants}


def _read_names(file: Path) -> dict[str, dict[str, str]]:
    """What is kept; what cannot be read is made again."""
    try:
        told = json.loads(file.read_text("utf-8"))
        return {str(module): dict(names) for module, names in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _keep_names(file: Path, names: Mapping[str, Mapping[str, str]]) -> None:
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps({**_read_names(file), **names}), "utf-8")
        partial.replace(file)
        for old in sorted(file.parent.glob("*.json"), key=lambda each: each.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)


def _module(function: str) -> str:
    """The module of a function: the longest part of its name that is one."""
    parts = function.partition("[")[0].split(".")
    for length in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:length])
        try:
            if importlib.util.find_spec(name) is not None:
                return name
        except (ImportError, ValueError):
            continue
    return ""
