"""Mutants that do the same as the code, each with the reason; an entry that names no mutant any more is an error."""

import importlib.util
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proofs.mutation.operators.mutants import ModuleSource, read

FILE = Path(__file__).with_name("equivalent.toml")


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


def stale(entries: Mapping[str, Equivalent], sources: Iterable[ModuleSource], root: Path) -> list[Equivalent]:
    """The entries that name no mutant: the function changed, or is gone.

    :param sources: modules read already; others are read where an entry names them.
    """
    read_already = {source.module: source for source in sources}
    missing = []
    for entry in entries.values():
        module = _module(entry.function)
        if module and module not in read_already:
            read_already[module] = read(module, root)
        source = read_already.get(module)
        mutants = {mutant.id: mutant.function for mutant in source.mutants} if source else {}
        if mutants.get(entry.mutant) != entry.function:
            missing.append(entry)
    return missing


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
