"""Console sessions: read from text, executed, and compared with what they are said to print.

A session is a series of commands, each after ``$ ``, with the output that follows; a line that ends in a backslash goes
on in the next. In the output ``...`` stands for any text within a line, and alone on a line for any number of lines.
Blanks at the end of lines, and blank lines at the beginning and the end, do not count. Where a line has two blanks or
more, two or more may come: how wide a column of a table is depends on the longest time in it.
"""

import difflib
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ANY = "..."
_BLANKS = re.compile(r"(\\ ){2,}")  # as they are written in a pattern
COMPILING = "musigma: compiling, once\n"


@dataclass(frozen=True, slots=True)
class Call:
    """A command of a session, and the output that is expected, line by line."""

    command: str
    expected: tuple[str, ...]


class SessionError(Exception):
    """A session is not written as one, or does not print what it should."""


def calls(text: str) -> list[Call]:
    """The commands of a session.

    >>> calls("$ musigma prove C1\\n...\\n$ echo a\\na\\n")
    [Call(command='musigma prove C1', expected=('...',)), Call(command='echo a', expected=('a',))]

    :raises SessionError: the text does not begin with a command.
    """
    found: list[tuple[str, list[str]]] = []
    lines = iter(text.strip("\n").splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines, "").removeprefix("> ")
            found.append((command, []))
        elif found:
            found[-1][1].append(line.rstrip())
        elif line.strip():
            raise SessionError(f"a session begins with «$ command», not with {line!r}")
    if not found:
        raise SessionError("a session has at least one «$ command»")
    return [Call(command, tuple(stripped(output))) for command, output in found]


def stripped(lines: Sequence[str]) -> list[str]:
    """The lines without blanks at their ends, and without empty ones before the first and after the last."""
    kept = [line.rstrip() for line in lines]
    while kept and not kept[0]:
        kept.pop(0)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def matches(expected: Sequence[str], output: Sequence[str]) -> bool:
    """Whether an output is what is expected.

    >>> matches(["a", "...", "status ..."], ["a", "b", "c", "status 0"]), matches(["a", "..."], ["b"])
    (True, False)
    >>> matches(["..."], []), matches([], ["a"])
    (True, False)
    >>> matches(["verdict   time"], ["verdict    time"]), matches(["verdict   time"], ["verdict time"])
    (True, False)
    """
    # Which beginnings of the output the lines so far can have matched.
    reached = {0}
    for line in expected:
        if line.strip() == ANY:
            reached = set(range(min(reached), len(output) + 1)) if reached else set()
        else:
            reached = {n + 1 for n in reached if n < len(output) and _same(line, output[n])}
    return len(output) in reached


def _same(expected: str, line: str) -> bool:
    # Where a line was folded, it ends before the blank after which anything may come.
    pattern = ".*".join(_BLANKS.sub("  +", re.escape(part)) for part in expected.rstrip().split(ANY))
    return any(re.fullmatch(pattern, line.rstrip() + end) is not None for end in ("", " "))


def difference(expected: Sequence[str], output: Sequence[str]) -> str:
    """A diff of what is expected and what came, in which lines that match by wildcard count as equal."""
    shown = [
        next((line for line in expected if line.strip() != ANY and _same(line, each)), each) if each else each
        for each in output
    ]
    return "\n".join(difflib.unified_diff(list(expected), shown, "expected", "printed", lineterm=""))


def execute(command: str, folder: Path, environment: Mapping[str, str], seconds: float = 300) -> tuple[int, list[str]]:
    """Run a command in a shell: its exit status, and what it printed, both streams in one.

    :raises SessionError: it did not end in time.
    """
    try:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SessionError(f"$ {command}\ndid not end in {seconds:.0f} seconds") from None
    return done.returncode, stripped(without_compiling(done.stdout).splitlines())


def without_compiling(output: str) -> str:
    """The output without that something is compiled, which only the first run says.

    >>> without_compiling("musigma: compiling, once\\na\\n")
    'a\\n'
    """
    return output.replace(COMPILING, "")


def compare(call: Call, status: int, output: Sequence[str], expected_status: int | None = None) -> None:
    """Raise :class:`SessionError` if a command ended otherwise than it should, or printed something else.

    :param expected_status: None if any will do.
    """
    if expected_status is not None and status != expected_status:
        end = "\n".join(output[-20:])
        raise SessionError(f"$ {call.command}\nended with status {status}, not {expected_status}:\n{end}")
    if not matches(call.expected, output):
        raise SessionError(f"$ {call.command}\nprints something else:\n{difference(call.expected, output)}")
