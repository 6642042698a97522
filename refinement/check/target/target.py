"""What is checked: a shared library, a Python class by path, or a command; and what may be wrong with naming one."""

import hashlib
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path


class TargetError(ValueError):
    """The target cannot be used at all: one line says what is wrong and what to do."""


class AnswerError(Exception):
    """A target gave an answer that the interface does not know; one line says which.

    ``lacks`` says of what call it is and what it lacks, in words that are the same for every answer that lacks this.
    """

    def __init__(self, said: str, lacks: str = "it cannot be read") -> None:
        """Say what was answered, and what that lacks."""
        super().__init__(said)
        self.lacks = lacks


@dataclass(frozen=True, slots=True)
class Target:
    """A mapping database to check; ``kind`` is ``library``, ``class``, ``command`` or ``threads``.

    ``where`` is the path of the library or of the class's file, or the command line; ``name`` the class, or for threads
    the runtime that switches them. Of what a command prints, all up to a line with ``skip_until`` is skipped, and lines
    that do not begin with ``prefix``. ``source``: what a library was compiled from, if it was compiled for the check.
    ``digest`` is of the file as it was when it was named; empty if that was not asked.
    """

    kind: str
    where: str
    name: str = ""
    skip_until: str = ""
    prefix: str = ""
    source: str = ""
    digest: str = field(default="", compare=False)

    def __str__(self) -> str:
        """The target as it is written on the command line."""
        if self.kind == "class":
            return f"{self.where}:{self.name}"
        return f"--command {shlex.quote(self.where)}" if self.kind == "command" else self.source or self.where


def parse_target(text: str) -> Target:
    """The target that ``path/to/library.so`` or ``path/to/file.py:Class`` names; paths are made absolute.

    :raises TargetError: there is no such file, or the class is not named.
    """
    match = re.fullmatch(r"(.+\.py):([^:/]+)", text)
    path = Path(match[1] if match else text)
    if path.suffix == ".py" and not match:
        raise TargetError(f"{text}: name the class to check as well, {text}:Class")
    if match and not match[2].isidentifier():
        raise TargetError(f"{text}: {match[2]!r} is no name of a class")
    if not path.exists():
        raise TargetError(f"{path}: there is no such file")
    if not path.is_file():
        raise TargetError(f"{path}: this is not a file; name a shared library, or file.py:Class")
    where = str(path.resolve())
    kind, name = ("class", match[2]) if match else ("library", "")
    return Target(kind, where, name, digest=digest_of(where))


def digest_of(path: str) -> str:
    """What tells a file from another at its place.

    :raises TargetError: it cannot be read, or is there no longer.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise TargetError(f"{path}: there is no such file") from None
    except OSError as error:
        raise TargetError(f"{path}: it cannot be read: {error.strerror}") from None


def refuse_changed(target: Target) -> None:
    """Whatever is found is said of one file, so that each process that loads it makes sure that it is still that.

    :raises TargetError: the file is gone, or another than when it was named.
    """
    if target.kind not in ("library", "class"):
        return
    found = digest_of(target.where)
    if target.digest and found != target.digest:
        raise TargetError(f"{target.where}: it was replaced while it was checked; check again when it is built")


def command_target(command: str, *, skip_until: str = "", prefix: str = "") -> Target:
    """The target that is a command speaking JSON lines.

    :param skip_until: a regular expression; what the command prints before the first line that has it is skipped, and
        that line too, as of a kernel that boots.
    :param prefix: how its answers begin; other lines are skipped, as what a kernel logs.
    :raises TargetError: it is empty, misquoted, or its program is not found.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise TargetError(f"--command {command!r}: {error}") from None
    if not words:
        raise TargetError("--command: name a program that speaks JSON lines on its standard input and output")
    if shutil.which(words[0]) is None:
        if Path(words[0]).is_file() and "/" in words[0]:
            raise TargetError(f"--command {command!r}: {words[0]} may not be executed; chmod +x {words[0]}")
        raise TargetError(f"--command {command!r}: there is no program {words[0]!r}")
    try:
        re.compile(skip_until)
    except re.error as error:
        raise TargetError(f"--skip-until {skip_until!r}: this is no regular expression: {error}") from None
    return Target("command", command, skip_until=skip_until, prefix=prefix)
