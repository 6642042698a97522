"""One process for each mutant, forked from a warm one, with limits; nothing of it is left when it has ended."""

import contextlib
import ctypes
import json
import mmap
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

MEMORY = 32 << 30  # bytes of address space beyond what the warm process has; emulators reserve much and use little
FILES = 1 << 28  # bytes of a file that a mutant may write
FORKS = 400  # processes that a mutant may start
STARTING = 60.0  # seconds until a process has said something
TOO_MANY_FORKS = 78  # the status of a process that started too many
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: what outlives its parent becomes ours to end
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_active: set[int] = set()  # the processes of every run that is under way: one may start within another


class Say(Protocol):
    """Tells the warm process something: what is done next and how long it may take, or how it ended."""

    def __call__(self, **told: Any) -> None:
        """Names and JSON values; ``limit`` are the seconds until the next word."""


@dataclass(slots=True)
class Ended:
    """The end of a process.

    :param said: all that it told.
    :param late: it was stopped, since a limit had passed.
    :param status: of its end: below 0 for a signal.
    """

    key: Any
    said: list[dict[str, Any]]
    late: bool
    status: int
    seconds: float


@dataclass(slots=True)
class _Process:
    key: Any
    pid: int
    pipe: int
    folder: Path
    begun: float
    deadline: float
    heard: bytes = b""
    said: list[dict[str, Any]] = field(default_factory=list)
    late: bool = False


def adopt() -> None:
    """From now on processes whose parent ended are this process's children, so that it can end them."""
    _control(_SUBREAPER, 1)


def follow(with_signal: signal.Signals) -> None:
    """From now on this process gets a signal when the one that started it ends."""
    _control(_DEATH_SIGNAL, with_signal)


def _control(option: int, value: int) -> None:
    """Where the system has no such option, limits and groups still end what was started."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def run(work: Callable[[Any, Say, Path], None], keys: Iterable[Any], jobs: int) -> Iterator[Ended]:
    """Do the work for each key in a process of its own, so many at a time.

    :param work: gets the key, a way to tell, and a folder that is removed afterwards; what it leaves undone, tells too
        late or dies of costs no other key anything.
    """
    adopt()
    left = iter(keys)
    active: dict[int, _Process] = {}
    exhausted = False
    try:
        while True:
            while not exhausted and len(active) < jobs:
                try:
                    key = next(left)
                except StopIteration:
                    exhausted = True
                    break
                process = _start(work, key)
                active[process.pipe] = process
            if not active:
                return
            wait = max(0.0, min(each.deadline for each in active.values()) - time.monotonic())
            ready, _, _ = select.select(list(active), [], [], wait)
            now = time.monotonic()  # before whoever is told of an end has taken time for it
            for pipe in ready:
                if not _hear(active[pipe]):
                    yield _end(active.pop(pipe))
            for process in [each for each in active.values() if each.deadline < now]:
                del active[process.pipe]
                process.late = True
                yield _end(process)
    finally:
        for process in active.values():
            _end(process)


def _start(work: Callable[[Any, Say, Path], None], key: Any) -> _Process:
    sys.stdout.flush()
    sys.stderr.flush()
    folder = Path(tempfile.mkdtemp(prefix="musigma-mutant-"))
    listening, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(listening)
            _confine(folder)

            def say(**told: Any) -> None:
                os.write(telling, json.dumps(told).encode() + b"\n")

            work(key, say, folder)
            status = 0
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.write(telling, json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}).encode() + b"\n")
        finally:
            os._exit(status)
    os.close(telling)
    _active.add(pid)
    now = time.monotonic()
    return _Process(key, pid, listening, folder, now, now + STARTING)


def _confine(folder: Path) -> None:
    """The process is its own group and session, says nothing on the terminal, and has so much of everything."""
    os.setsid()
    follow(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)
    size = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILES, FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tempfile.tempdir = str(folder)
    os.environ["TMPDIR"] = str(folder)
    forked = mmap.mmap(-1, 8)  # shared by all that are forked from here

    def count() -> None:
        forked[:8] = (int.from_bytes(forked[:8], "little") + 1).to_bytes(8, "little")
        if int.from_bytes(forked[:8], "little") > FORKS:
            os._exit(TOO_MANY_FORKS)

    os.register_at_fork(before=count)


def _hear(process: _Process) -> bool:
    """Take in what a process told; false at its end, or once it has told it."""
    part = os.read(process.pipe, 1 << 16)
    process.heard += part
    *lines, process.heard = process.heard.split(b"\n")
    for line in lines:
        told = json.loads(line)
        process.said.append(told)
        process.deadline = time.monotonic() + told.get("limit", STARTING)
    return bool(part) and "end" not in (process.said[-1] if process.said else {})


def _end(process: _Process) -> Ended:
    """End a process and all that it started; others that are active stay."""
    with contextlib.suppress(ProcessLookupError):
        if process.late:
            os.kill(process.pid, signal.SIGKILL)
    status = _reap(process.pid)
    _active.discard(process.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _end_orphans()
    os.close(process.pipe)
    shutil.rmtree(process.folder, ignore_errors=True)
    return Ended(process.key, process.said, process.late, status, time.monotonic() - process.begun)


def _reap(pid: int) -> int:
    """Wait for a process that has closed its pipe; one that lives on all the same is killed."""
    for _ in range(200):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def children() -> list[int]:
    """The processes whose parent this one is."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for each in Path(f"/proc/{os.getpid()}/task").iterdir():
            found += map(int, (each / "children").read_text("ascii").split())
    return found


def _end_orphans() -> None:
    """End what a mutant's processes left behind: children that are ours but in no active process's session."""
    for _ in range(50):
        orphans = [pid for pid in children() if pid not in _active and _session(pid) not in _active | {os.getsid(0)}]
        if not orphans:
            return
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0
