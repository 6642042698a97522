"""Subsystems by what users call them: the project's own by name, and those of a file as ``FILE.py:NAME``."""

import ast
import inspect
import re
from collections.abc import Collection
from pathlib import Path

from model.servers.description import DescriptionError, Subsystem
from model.servers.systems.catalogue import SYSTEMS
from model.servers.theory import SubsystemTheory, theory_of_subsystem
from model.spaces.dialect import CANONICAL
from proofs.input.theory_file import ExtensionError, at_line, module_of
from proofs.obligations.servers.inventory import obligations

_PLACED = re.compile(r"\S+\.py:\d+: ")
_IN_FILE = re.compile(r"(?P<file>.+\.py):(?P<name>\w+)")


def names_a_subsystem(source: str) -> bool:
    """Return whether that is a subsystem's name rather than a file, a clause or an obligation.

    >>> names_a_subsystem("KeyServer"), names_a_subsystem("server.py:Shop"), names_a_subsystem("server.py")
    (True, True, False)
    """
    return source in SYSTEMS or _IN_FILE.fullmatch(source) is not None


def name_of(kind: type[Subsystem]) -> str:
    """What a description is called by: its name alone, or with its file before it.

    :raises ExtensionError: it stands in no file, so that other processes cannot read it.
    """
    if SYSTEMS.get(kind.__name__) is kind:
        return kind.__name__
    try:
        file = "" if kind.__module__ == "__main__" else inspect.getfile(kind)  # a script would be executed again
    except (OSError, TypeError):
        file = ""
    if not file:
        raise ExtensionError(
            f"{kind.__name__} is read again from its file: write it into one that is imported, or name FILE.py:NAME"
        )
    return f"{file}:{kind.__qualname__}"


def absolute(source: str) -> str:
    """The subsystem's name as every process finds it, whatever its working directory is."""
    found = _IN_FILE.fullmatch(source)
    return f"{Path(found['file']).absolute()}:{found['name']}" if found else source


def subsystem(source: str) -> SubsystemTheory:
    """The subsystem of that name, checked.

    :raises ExtensionError: there is none, or there is a mistake in its description.
    """
    found = _IN_FILE.fullmatch(source)
    if found is None:
        return theory_of_subsystem(SYSTEMS[source])
    path, name = Path(found["file"]), found["name"]
    module = module_of(path)
    described = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Subsystem) and value.__module__ == module.__name__
    }
    if name not in described:
        known = f", but {', '.join(described)}" if described else f"; write class {name}(Subsystem)"
        raise ExtensionError(f"{_place(path, name)}: it describes no {name}{known}")
    _check_once(path, described)
    try:
        made = theory_of_subsystem(described[name])
        for obligation in obligations(made):
            list(obligation.conditions(CANONICAL, frozenset(made.theory.invariants)))
    except DescriptionError as error:
        if not _PLACED.match(str(error)):
            raise at_line(path, error, f"subsystem {name}") from None
        raise ExtensionError(str(error)) from None
    except (Exception, SystemExit) as error:
        raise at_line(path, error, f"subsystem {name}") from None
    return made


def _classes(path: Path) -> list[ast.ClassDef]:
    """The classes that stand in the file, none of them within others."""
    return [each for each in ast.parse(path.read_bytes()).body if isinstance(each, ast.ClassDef)]


def _place(path: Path, name: str) -> str:
    """Where the file has a class of that name, described or not; the file alone where it has none."""
    lines = [each.lineno for each in _classes(path) if each.name == name]
    return f"{path.name}:{lines[-1]}" if lines else path.name


def _check_once(path: Path, described: Collection[str]) -> None:
    """No description is replaced by a later one of the same name.

    :raises ExtensionError: one is.
    """
    lines = dict[str, int]()
    for each in _classes(path):
        if each.name in lines and each.name in described:
            said = f"{each.name} is described in line {lines[each.name]} already, and would be replaced"
            raise ExtensionError(f"{path.name}:{each.lineno}: {said}; choose another name")
        lines[each.name] = each.lineno
