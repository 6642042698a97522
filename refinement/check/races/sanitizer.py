"""ThreadSanitizer's own reports of a database in C: compiled with its library, and called by threads of the machine.

Beside the scheduler's runs this is luck, and shows no history that is wrong. What it adds are accesses that nothing
orders, and locks taken in two orders, in whatever the threads happened to do at full speed.
"""

import os
import re
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from model.counting import counted
from refinement.check.races.building import COMPILER, SUFFIXES, compile_quietly, header_folder
from refinement.check.target.target import TargetError
from refinement.parent import die_with_parent

REPORTED = 66
"""The exit status of a program that has something reported."""
MOST_SECONDS = 20.0
GRACE = 30.0
"""Seconds beyond its time until a program counts as hanging."""
SUMMARY = re.compile(r"^SUMMARY: ThreadSanitizer: (.+)$", re.MULTILINE)
FATAL = re.compile(r"^(?:==\d+==)?FATAL: (ThreadSanitizer: .+)$", re.MULTILINE)
COUNTS = re.compile(r"^(\d+) rounds\n(\d+) calls\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sanitized:
    """The report of ThreadSanitizer on a database.

    :param rounds: how many times threads began from a fresh state, and made ``calls`` altogether; 0 if it did not end.
    :param reports: its summaries, each once, by how often it made them; and how the program ended, if it broke down.
    """

    rounds: int
    calls: int
    reports: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """It in words."""
        said = (
            f"{counted(self.rounds, 'round')}, {counted(self.calls, 'call')}"
            if self.rounds
            else "it did not come to its end"
        )
        return f"ThreadSanitizer: {said}; {counted(len(self.reports), 'report') if self.reports else 'no reports'}"


def sanitize(source: Path, compiler: str | None = None, *, threads: int, seconds: float, seed: int) -> Sanitized:
    """Compile a source with ThreadSanitizer's library, let threads call it for some seconds, and read the reports.

    :param seconds: at most twenty are taken.
    :raises TargetError: it is no source, does not compile so, or ThreadSanitizer does not run here.
    """
    if source.suffix not in SUFFIXES:
        raise TargetError(f"{source}: --thread-sanitizer compiles a source; this is none")
    runtime, words = resources.files("refinement.check.races").joinpath("runtime"), shlex.split(compiler or COMPILER)
    with tempfile.TemporaryDirectory() as work:
        alone, made = Path(work) / "alone.c", Path(work) / "alone"
        alone.write_bytes(runtime.joinpath("alone.c").read_bytes())
        objects = [Path(work) / "caller.o", Path(work) / "target.o"]
        plain = [*words, "-fsanitize=thread", "-I", str(header_folder()), "-c", "-o"]
        compile_quietly(["cc", "-g", "-O1", *plain[len(words) :], str(objects[0]), str(alone)], "the calling threads")
        compile_quietly([*plain, str(objects[1]), str(source)], str(source))
        compile_quietly([words[0], "-fsanitize=thread", "-o", str(made), *map(str, objects), "-lpthread"], str(source))
        return _run(made, threads, max(1, round(min(seconds, MOST_SECONDS))), seed)


def _run(program: Path, threads: int, seconds: int, seed: int) -> Sanitized:
    options = f"exitcode={REPORTED} halt_on_error=0 second_deadlock_stack=1 report_thread_leaks=0 color=never"
    try:
        done = subprocess.run(
            [str(program), str(threads), str(seconds), str(seed)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + GRACE,
            env={**os.environ, "TSAN_OPTIONS": options},
            preexec_fn=die_with_parent,
        )
    except subprocess.TimeoutExpired as late:
        said = late.stderr.decode(errors="replace") if isinstance(late.stderr, bytes) else late.stderr or ""
        return Sanitized(0, 0, (*_summaries(said), f"calls did not return within {GRACE:.0f} s of the end"))
    fatal = FATAL.search(done.stderr)
    if fatal:
        raise TargetError(f"ThreadSanitizer does not run here: {fatal.group(1)}")
    counts = COUNTS.search(done.stdout)
    rounds, calls = (int(counts.group(1)), int(counts.group(2))) if counts else (0, 0)
    reports = _summaries(done.stderr)
    if done.returncode not in (0, REPORTED) or not counts or (done.returncode == REPORTED and not reports):
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        reports = (*reports, f"the program ended with {how}")
    return Sanitized(rounds, calls, reports)


def _summaries(said: str) -> tuple[str, ...]:
    """Each summary once, the most frequent first, without the folders of files."""
    found: dict[str, int] = {}
    for summary in SUMMARY.findall(said):
        words = re.sub(r"(?<=\s)\S*/(?=[^/\s]+:\d)", "", summary)
        found[words] = found.get(words, 0) + 1
    often = sorted(found.items(), key=lambda each: -each[1])
    return tuple(f"{words} ({'once' if times == 1 else f'{times} times'})" for words, times in often)
