"""What is compiled before a work begins, half of it by another process where nothing is on disk yet."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

numba = pytest.importorskip("numba")

from model.running.caching import cached, has_to_be_compiled  # noqa: E402
from refinement.check.driver import warming  # noqa: E402


def compiled(directory: Path) -> Any:
    """The same function anew, so that only what is on disk is known of it."""

    def top(x: int) -> int:
        return x + 1

    return cached(directory)(top)


@pytest.fixture
def no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise AssertionError("a process was started")

    monkeypatch.setattr(os, "fork", fork)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that were started."""
    fork, pids = os.fork, list[int]()

    def noted() -> int:
        pid = fork()
        if pid != 0:
            pids.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", noted)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    return pids


def assert_ended(pids: list[int]) -> None:
    (pid,) = pids
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_another_process_compiles_while_the_block_runs(tmp_path: Path, started: list[int]) -> None:
    ran, top = [], compiled(tmp_path)
    assert has_to_be_compiled(top)
    with warming._meanwhile(top, 1):
        ran.append(os.getpid())
    assert ran == [os.getpid()]
    assert not top.signatures
    assert not has_to_be_compiled(top)
    assert top(1) == 2
    assert sum(top.stats.cache_hits.values()) == 1
    assert_ended(started)


def test_an_error_in_the_block_leaves_no_process(tmp_path: Path, started: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt), warming._meanwhile(compiled(tmp_path), 1):
        raise KeyboardInterrupt
    assert_ended(started)


def test_what_cannot_be_compiled_there_is_compiled_here(
    tmp_path: Path, started: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    top = compiled(tmp_path)
    with warming._meanwhile(top, "no number"):
        pass
    assert (top(1), capfd.readouterr().err) == (2, "")
    assert_ended(started)


@pytest.mark.usefixtures("no_fork")
def test_nothing_is_started_for_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    assert compiled(tmp_path)(1) == 2
    functions: list[Callable[..., Any]] = [compiled(tmp_path), compiled, numba.njit(lambda x: x)]
    for function in functions:
        with warming._meanwhile(function, 1):
            pass


def test_without_room_for_a_process_it_is_compiled_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    ran, top = [], compiled(tmp_path)
    with warming._meanwhile(top, 1):
        ran.append(top(1))
    assert ran == [2]


@pytest.mark.usefixtures("no_fork")
def test_nothing_is_started_without_a_processor_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    with warming._meanwhile(compiled(tmp_path), 1):
        pass
