"""The source of worker processes: forks of this process while it is alone, else of the fork server.

A fork copies what is imported, so that the solvers are imported once; it must not be made while another thread holds
a lock. The fork server is a process of one thread, started when it is first needed.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkProcess, ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from proofs.interrupts import no_interrupt

THREADS = Path("/proc/self/task")

_STARTING = threading.Lock()


def is_alone() -> bool:
    """Return whether this process has one thread, those of libraries counted."""
    try:
        return len(list(THREADS.iterdir())) == 1
    except OSError:
        return False


@contextmanager
def one_thread_for_algebra() -> Iterator[None]:
    """Let numpy, if it is imported in the block, start no threads: nothing here multiplies matrices."""
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def _no_script() -> Iterator[None]:
    """What is started in the block does not run again the script that the user started."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


class _Fork(ForkProcess):
    def start(self) -> None:
        with no_interrupt():
            super().start()


class _ForkOfServer(ForkServerProcess):
    def start(self) -> None:
        _start_server()
        with _no_script():
            super().start()


class _Context(ForkServerContext):
    def Process(self, *args: Any, **kwargs: Any) -> BaseProcess:  # type: ignore[override]
        """A process that is not started yet."""
        return (_Fork if is_alone() else _ForkOfServer)(*args, **kwargs)


def worker_context() -> ForkServerContext:
    """The context whose processes are forks, of this process or of the server."""
    return _Context()


def _start_server() -> None:
    """Start the server, if it does not run.

    It imports nothing from the folder that the command is called in, whatever lies there.
    """
    with _STARTING:  # pools start workers from threads of theirs, and one would keep what another has set for a moment
        if _is_running():
            return
        multiprocessing.get_context("forkserver").set_forkserver_preload(
            ["proofs.engines.late", "proofs.engines.pool", "cvc5"]
        )
        resource_tracker.ensure_running()  # before the mask is set, since it sets one of its own
        safe = os.environ.get("PYTHONSAFEPATH")
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            with no_interrupt():
                forkserver.ensure_running()
        finally:
            if safe is None:
                del os.environ["PYTHONSAFEPATH"]
            else:
                os.environ["PYTHONSAFEPATH"] = safe


def _is_running() -> bool:
    """Whether the server was started and has not ended; if it has, its status is left to whoever starts it again."""
    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if pid is None:
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:  # it is no child of this process
        return False
