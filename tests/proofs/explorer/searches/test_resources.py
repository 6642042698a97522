"""What a search may use, and the threads that it runs on."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from model.scope import ArgumentError
from proofs.explorer.searches import resources
from proofs.explorer.searches.resources import Team, available_memory, memory_to_use, threads_to_use


def test_the_memory_that_is_available(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "MemTotal: 900 kB\nMemAvailable:    123 kB\nBuffers: 5 kB\n"
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: text if str(path) == "/proc/meminfo" else "")
    assert available_memory() == 123 << 10
    monkeypatch.setattr(os, "sysconf", {"SC_AVPHYS_PAGES": 3, "SC_PAGE_SIZE": 4096}.__getitem__)
    text = "MemTotal: 900 kB\n"
    assert available_memory() == 3 * 4096

    def unreadable(path: Any, encoding: Any) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "read_text", unreadable)
    assert available_memory() == 3 * 4096


def test_the_memory_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "available_memory", lambda: 1000)
    assert memory_to_use(None) == 750
    assert memory_to_use(1) == 1
    assert memory_to_use(1000) == 1000
    with pytest.raises(ArgumentError, match="1,001 bytes of memory are asked for, 1,000 are available"):
        memory_to_use(1001)
    for asked in (0, -1):
        with pytest.raises(ArgumentError, match=f"a search needs memory, not {asked} bytes"):
            memory_to_use(asked)


def test_the_number_of_threads() -> None:
    assert threads_to_use(None) == len(os.sched_getaffinity(0))
    assert threads_to_use(1) == 1
    assert threads_to_use(5) == 5
    for asked in (0, -1):
        with pytest.raises(ArgumentError, match=f"at least one thread, not {asked}"):
            threads_to_use(asked)


def test_each_thread_works_on_a_processor_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned, done = {}, []

    def pin(pid: Any, processors: Any) -> None:
        pinned[threading.get_ident()] = pid, processors

    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {7, 3, 5} if pid == 0 else set())
    monkeypatch.setattr(os, "sched_setaffinity", pin)
    places, together = {}, threading.Barrier(4)

    def work(number: int) -> None:
        together.wait(10)
        places[number] = pinned.get(threading.get_ident())
        done.append(number)

    team = Team(4)
    team.run(work, lambda: None, lambda: None)
    assert sorted(done) == [0, 1, 2, 3]
    assert places == {0: (0, {3}), 1: (0, {5}), 2: (0, {7}), 3: (0, {3})}
    assert not team.interrupted
    pinned.clear()
    together = threading.Barrier(1)
    Team(1).run(work, lambda: None, lambda: None)
    assert not pinned


def test_what_a_thread_raises_stops_the_others() -> None:
    stopped = threading.Event()

    def work(number: int) -> None:
        if number == 0:
            raise ZeroDivisionError
        assert stopped.wait(10)

    with pytest.raises(ZeroDivisionError):
        Team(2).run(work, stopped.set, lambda: None)
    assert stopped.is_set()


def test_an_interrupt_stops_all_threads() -> None:
    stopped, watched = threading.Event(), []

    def watch() -> None:
        watched.append(1)
        raise KeyboardInterrupt

    def work(number: int) -> None:
        stopped.wait(10)

    team = Team(2)
    team.run(work, stopped.set, watch)
    assert team.interrupted
    assert stopped.is_set()
    assert watched


def test_after_an_interrupt_nobody_works_any_more() -> None:
    stopped, ended = threading.Event(), []

    def work(number: int) -> None:
        time.sleep(0.3)  # until the others wait for this one
        os.kill(os.getpid(), signal.SIGINT)
        stopped.wait(10)
        time.sleep(0.3)
        ended.append(number)

    team = Team(1)
    team.run(work, stopped.set, lambda: None)
    assert (team.interrupted, ended) == (True, [0])


def test_nobody_is_told_of_work_that_is_done_at_once() -> None:
    watched = []
    Team(2).run(lambda number: None, lambda: None, lambda: watched.append(1))
    assert not watched
