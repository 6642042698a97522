"""Jobs on a target, each in a process of its own: the engine's side."""

import atexit
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from model.running.notice import compiling
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.process.zygote import COMPILING, READY, receive, send
from refinement.check.target.target import TargetError

__all__ = ["Ending", "Limits", "Order", "ToolError", "perform"]


class ToolError(RuntimeError):
    """The tool itself failed; nothing is known of the target."""


# A library for linear algebra starts threads when it is imported, and a process with threads cannot enter a namespace.
START = """\
import os, sys
kept = dict(os.environ)
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:] = {path!r}
from refinement.check.process.zygote import main
os.environ.clear()
os.environ.update(kept)
main()
"""


class _Zygote:
    """A process to fork jobs from, started when first needed."""

    def __init__(self) -> None:
        """Start it, with this process's idea of where modules are."""
        start = START.format(path=sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # what an interrupt from the terminal means is the engine's business
        )
        _all.add(self)
        try:
            answer = self._answer()
        except BaseException:
            self.stop()
            raise
        if answer != READY:
            self.stop()
            raise ToolError("the process that runs targets did not start" + (f": {answer}" if answer else ""))

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        while (answer := receive(self._process.stdout)) == COMPILING:  # type: ignore[arg-type]
            compiling()
        return answer

    def perform(self, order: Order) -> Ending:
        """The order's ending."""
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, order)  # type: ignore[arg-type]
            ending = self._answer()
        except OSError:
            ending = None
        if not isinstance(ending, Ending):
            raise ToolError("the process that runs targets has died" + (f": {ending}" if ending else ""))
        return ending

    def close(self) -> None:
        """End it when it has nothing to do."""
        self._close_pipes()
        self._process.wait()
        _all.discard(self)

    def stop(self) -> None:
        """End it at once, and the job that it is at."""
        self._process.terminate()
        try:
            self._process.wait(0.3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close_pipes()
        _all.discard(self)

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):  # of what was not written any more
                pipe.close()


_all: set[_Zygote] = set()
_idle: list[_Zygote] = []
_lock = threading.Lock()


def perform(order: Order) -> Ending:
    """Do a job; any thread may ask, and each that waits has a zygote for itself.

    :raises TargetError: the target cannot be used.
    :raises ToolError: the tool failed.
    """
    with _lock:
        zygote = _idle.pop() if _idle else None
    if zygote is None:
        zygote = _Zygote()
    try:
        ending = zygote.perform(order)
    except BaseException:
        zygote.stop()
        raise
    with _lock:
        _idle.append(zygote)
    if ending.how == "unusable":
        raise TargetError(ending.said)
    if ending.how == "broken":
        raise ToolError(f"a job failed: {ending.said}")
    return ending


def stop_all() -> None:
    """End all jobs at once; who waits for one is told that the tool failed."""
    for zygote in list(_all):
        zygote.stop()
    with _lock:
        _idle.clear()


@atexit.register
def close_all() -> None:
    """End all idle zygotes."""
    with _lock:
        while _idle:
            _idle.pop().close()
