"""What holds for all tests: they leave the process as they found it, so that their order is of no account."""

import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM, signal.SIGPIPE)
_LIMITS = [getattr(resource, f"RLIMIT_{name}") for name in ("AS", "NOFILE", "FSIZE", "CPU", "NPROC", "CORE", "STACK")]


def pytest_configure() -> None:
    # All modules and tests stay: to look through them for garbage again and again took a third of their collection.
    gc.set_threshold(50_000, 20)
    # A shell starts what runs in the background with interrupts ignored, and so would everything that tests start:
    # those of interrupts would wait for ever.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    gc.freeze()


def process_state() -> dict[str, object]:
    """What belongs to the whole process, and not to a test."""
    return {
        "signal handlers": [signal.getsignal(each) for each in _SIGNALS],
        "hooks": (sys.excepthook, sys.unraisablehook, threading.excepthook),
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
        "limits": ([resource.getrlimit(each) for each in _LIMITS], sys.getrecursionlimit()),
        "working folder": os.getcwd(),
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "arguments": list(sys.argv),
        "path of imports": list(sys.path),
    }


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    """Fail the test that leaves the process in another state, and not those that come after it."""
    before = process_state()
    yield
    after = process_state()
    changed = [f"{name}: {before[name]!r} became {after[name]!r}" for name in before if after[name] != before[name]]
    assert not changed, "; ".join(changed)
