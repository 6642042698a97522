"""Where worker processes come from: this process while it has one thread, else the fork server."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from proofs.engines import server
from tests import ROOT

# Each process tells whether its parent is this one, whether the script ran in it, and what it does with an interrupt.
SCRIPT = """
import os, signal, sys, threading, time
from proofs.engines.server import is_alone, worker_context
print("script")
def started():
    context = worker_context()
    read, write = context.Pipe(duplex=False)
    process = context.Process(target=os.write, args=(1, b"worker\\n"))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    process.start()
    process.join()
    assert process.exitcode == 0, process.exitcode
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    print(type(process).__name__, is_alone(), "PYTHONSAFEPATH" in os.environ, flush=True)
started()
wait = threading.Event()
thread = threading.Thread(target=wait.wait)
thread.start()
started()
wait.set()
thread.join()
until = time.monotonic() + 10
while not is_alone() and time.monotonic() < until:  # the system forgets a thread a moment after it was joined
    time.sleep(0.01)
started()
"""


@pytest.mark.long
def test_a_process_forks_itself_only_while_it_is_alone() -> None:
    command = [sys.executable, "-u", "-c", SCRIPT]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert lines[0] == "script"
    assert lines.count("worker") == 3
    assert [line for line in lines[1:] if line != "worker"] == [
        "_Fork True False",
        "_ForkOfServer False False",
        "_Fork True False",
    ]


# While the server runs the environment is left alone: another thread would see what is set in it for a moment. One that
# was killed is started again.
AGAIN = """
import os, signal, time
from multiprocessing import forkserver
from proofs.engines import server
assert not server._is_running()
server._start_server()
first = forkserver._forkserver._forkserver_pid
kept, os.environ = os.environ, None
server._start_server()
os.environ = kept
assert server._is_running() and forkserver._forkserver._forkserver_pid == first
os.kill(first, signal.SIGKILL)
until = time.monotonic() + 10
while server._is_running() and time.monotonic() < until:
    time.sleep(0.01)
assert not server._is_running()
server._start_server()
assert server._is_running() and forkserver._forkserver._forkserver_pid != first
assert "PYTHONSAFEPATH" not in os.environ
print("done")
"""


@pytest.mark.long
def test_the_server_is_started_when_it_does_not_run() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, "-u", "-c", AGAIN]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.stderr, ended.stdout) == ("", "done\n")


def test_a_thread_is_seen() -> None:
    wait = Event()
    thread = Thread(target=wait.wait)
    thread.start()
    assert not server.is_alone()
    wait.set()
    thread.join()


def test_where_threads_cannot_be_counted_nobody_is_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server, "THREADS", tmp_path / "nothing")
    assert not server.is_alone()


def test_algebra_has_one_thread_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    for before in (None, "7"):
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        if before:
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", before)
        with server.one_thread_for_algebra():
            assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
        assert os.environ.get("OPENBLAS_NUM_THREADS") == before


@pytest.mark.long
@pytest.mark.parametrize(("error", "said"), [("FileNotFoundError", False), ("ValueError", True)])
def test_a_worker_that_comes_too_late_says_nothing(error: str, said: bool) -> None:
    code = f"""
from proofs.engines import server

class Failing:
    def __reduce__(self):
        return exec, ("raise {error}('as told')",)

if __name__ == "__main__":
    worker = server._ForkOfServer(target=print, args=(Failing(),))
    worker.start()
    worker.join()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ("Traceback" in ended.stderr) == said, ended.stderr
