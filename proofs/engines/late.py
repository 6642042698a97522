"""Imported by the fork server alone: a worker that starts when its command has ended says nothing.

A command that is interrupted takes its pipes and semaphores with it, and a worker that was on its way finds neither.
Whoever waits for a worker that did not start is told so by the pool.
"""

import os
import sys
from types import TracebackType

GONE = (FileNotFoundError, EOFError, ConnectionError)


def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of an error, unless it says that what the worker was to use is gone."""
    if not issubclass(kind, GONE) or os.environ.get("MUSIGMA_TRACEBACK"):
        sys.__excepthook__(kind, error, trace)


if any("multiprocessing.forkserver" in word for word in sys.orig_argv):
    sys.excepthook = tell
