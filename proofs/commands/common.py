"""What the commands share: errors that teach, names looked up with near matches, files checked before the work."""

import difflib
import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import typer

from model.spaces.dialect import CONDITIONS, DIALECTS, Dialect, Readings, dialect_named
from proofs.verdict import EXIT_USAGE


class UsageError(typer.Exit):
    """The command was called wrongly; what was wrong has been said."""

    def __init__(self, message: str) -> None:
        """Say in one line what was wrong and what to write instead."""
        typer.echo(f"musigma: {message}", err=True)
        super().__init__(EXIT_USAGE)


def suggest(name: str, names: Iterable[str]) -> str:
    """Names close to a wrong one, or with a word close to it, as the end of a sentence."""
    names = list(names)
    words = {word for each in names for word in re.split(r"[_\W]+", each) if len(word) > 2}
    close = difflib.get_close_matches(name, names, n=4, cutoff=0.5)
    for word in difflib.get_close_matches(name, words, n=1, cutoff=0.7):
        close += [each for each in names if word in re.split(r"[_\W]+", each)]
    found = list(dict.fromkeys(close))[:4]
    return f"; did you mean {', '.join(found)}?" if found else f"; there are {', '.join(names[:12])}"


def parse_dialect(name: str) -> Dialect:
    """The dialect of that name.

    :raises UsageError: there is none.
    """
    named, _, changes = name.partition(" with ")
    base, *dropped = named.split(" without ")
    if base not in DIALECTS:
        raise UsageError(f"no dialect is called {base!r}" + suggest(base, DIALECTS))
    conditions = [condition.name for condition in CONDITIONS]
    for condition in dropped:
        if condition not in conditions:
            raise UsageError(f"no side condition is called {condition!r}" + suggest(condition, conditions))
    for change in changes.split(",") if changes else ():
        choice, _, reading = change.strip().partition("=")
        if choice not in Readings._fields:
            raise UsageError(f"no choice is called {choice!r}" + suggest(choice, Readings._fields))
        readings = [member.name.lower() for member in type(getattr(Readings(), choice))]
        if reading.lower() not in readings:
            raise UsageError(f"{choice} has no reading {reading!r}; write {choice}=" + " or ".join(readings))
    return dialect_named(name)


def matching(pattern: str, names: Iterable[str], claims: Iterable[str]) -> list[int]:
    """Which of the obligations (their ids and claims, in order) a pattern chooses.

    A pattern is a claim or clause, a part of an id, or an id with ``*`` and ``?``.
    """
    chosen = []
    for number, (name, claim) in enumerate(zip(names, claims, strict=True)):
        if pattern == claim or fnmatchcase(name, pattern) or (not _is_claim(pattern) and pattern in name):
            chosen.append(number)
    return chosen


def _is_claim(pattern: str) -> bool:
    return pattern[:1] == "C" and pattern[1:].isdigit()


def check_writable(path: Path | None) -> None:
    """Find out before the work whether a report can be written.

    :raises UsageError: it cannot.
    """
    if path is None:
        return
    try:
        existed = path.exists()
        with path.open("a", encoding="utf-8"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; name a file in a folder that exists") from None


def make_folder(path: Path | None) -> None:
    """Find out before the work whether files can be written into a folder, which is made if there is none.

    :raises UsageError: they cannot.
    """
    if path is None:
        return
    try:
        path.mkdir(exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{path} is no folder; name one that a file for each picture can be written into") from None
    except OSError as error:
        raise UsageError(f"cannot make {path}: {error.strerror}; name a folder in one that exists") from None
    check_writable(path / ".musigma")


def read_json(path: Path) -> Any:
    """The values in a JSON file.

    :raises UsageError: it cannot be read, or holds something else.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}: this is no JSON: {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: this is no text in UTF-8; name a file that --trace or --json wrote") from None


def write_json(path: Path | None, value: Any) -> None:
    """Write a report as JSON.

    :raises UsageError: the file cannot be written any more.
    """
    if path is not None:
        write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a report.

    :raises UsageError: the file cannot be written any more.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
