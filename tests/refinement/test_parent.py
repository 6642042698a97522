"""Processes that end with another one, which need not have started them."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from refinement import parent
from tests import ROOT

WATCHES = """
import sys, time
from refinement.parent import end_with
end_with(int(sys.argv[1]))
print("watching", flush=True)
time.sleep(60)
"""


def test_a_process_ends_with_the_one_that_it_works_for() -> None:
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(sleeping) as command:
        words = [sys.executable, "-c", WATCHES, str(command.pid)]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "watching\n"
            assert worker.poll() is None
            command.send_signal(signal.SIGKILL)
            command.wait()
            assert worker.wait(30) == 1


def test_a_process_that_has_ended_already_is_not_waited_for() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as command:
        command.wait()
    worker = subprocess.run(
        [sys.executable, "-c", WATCHES, str(command.pid)], cwd=ROOT, capture_output=True, timeout=30
    )
    assert (worker.returncode, worker.stdout) == (1, b"")


def test_where_nothing_can_be_watched_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(process: int) -> int:
        raise OSError("no such call")

    monkeypatch.setattr(os, "pidfd_open", refused)
    parent.end_with(os.getpid())


def test_where_no_thread_starts_nothing_is_watched_and_nothing_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    before = os.listdir("/proc/self/fd")
    parent.end_with(os.getpid())
    assert os.listdir("/proc/self/fd") == before
