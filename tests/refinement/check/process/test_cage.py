"""Whatever a target starts, prints or kills, it is a finding with its name, and nothing is left of it."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from refinement.check import Conformance, Failure, Finding, Limits, Target, check, command_target
from refinement.check.driver.bench import Probe
from refinement.check.process import cage
from refinement.check.process.isolation import perform
from refinement.check.process.order import OUTPUT, Order
from tests import ROOT

Build = Callable[..., Target]

SOURCE = """
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>
int musigma_abi_version(void) { return 1; }
int musigma_init(uint32_t s, uint32_t p, uint32_t f) { (void)s, (void)p, (void)f; return 0; }
int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{ (void)a, (void)b, (void)c, (void)d, (void)r; MAP; return 1; }
int musigma_grant(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{ (void)a, (void)b, (void)c, (void)d, (void)r; return 1; }
int musigma_flush(uint32_t s, uint32_t p, uint32_t r) { (void)s, (void)p, (void)r; return 0; }
int64_t musigma_lookup(uint32_t s, uint32_t p, uint32_t *r) { *r = 7; return s == 0 && p == 0 ? 0 : -1; }
"""


def mapping(body: str) -> str:
    """The source of a database whose map does this first."""
    return SOURCE.replace("MAP", body)


def found_in(target: Target, hang: float = 2.0) -> Finding:
    report = check(target, seconds=2.0, seed=1, limits=Limits(hang=hang), shrinking=8.0)
    assert isinstance(report.finding, Finding)
    assert report.finding.reproducible
    assert report.finding.length == 1
    return report.finding


@pytest.mark.parametrize(
    "body",
    [
        *("fork()", "for (;;) fork()", "vfork()", "syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)"),
        'execl("/bin/sleep", "sleep", "100", (char *)0)',
    ],
)
def test_a_library_that_forks(build: Build, body: str) -> None:
    failure = found_in(build(mapping(body))).failure
    assert failure == Failure(
        Conformance.CRASHED, "the target started a process or program in map, which a library may not"
    )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("for (int n = 0; n < 300; n++) close(n)", "the target closed files that are not its own"),
        ("while (dup(0) >= 0) {}", "the target left so many files open that no more can be opened"),
    ],
)
def test_a_library_that_misuses_descriptors(build: Build, body: str, sentence: str) -> None:
    assert found_in(build(mapping(body))).failure == Failure(Conformance.CRASHED, sentence)


def test_a_library_that_starts_a_thread(build: Build) -> None:
    body = "pthread_t t; pthread_create(&t, 0, (void *(*)(void *))getpid, 0); pthread_join(t, 0)"
    assert found_in(build(mapping(body))).failure.sentence.startswith("map returned 1 (refused)")


@pytest.mark.long
def test_output_without_end(build: Build) -> None:
    failure = found_in(build(mapping('for (;;) puts("and on")')), hang=1.5).failure
    assert failure == Failure(Conformance.HUNG, "the target did not return in map, and printed without end")


@pytest.mark.long
def test_a_library_that_writes_a_large_file(build: Build, tmp_path: Path) -> None:
    large = tmp_path / "large"
    body = f'FILE *f = fopen("{large}", "w"); for (int n = 0; n < 20 << 20; n++) putc(n, f); fclose(f)'
    failure = found_in(build(mapping(body))).failure
    assert failure == Failure(Conformance.CRASHED, "the target wrote a file of more than 16 MiB in map")
    assert large.stat().st_size <= 16 << 20


@pytest.mark.long
def test_what_is_printed_beyond_its_bound_is_cut_off_and_no_finding(build: Build) -> None:
    """It returns at last, and is wrong for another reason."""
    body = "for (int n = 0; n < 1100000; n++) putchar(n % 100 ? 120 : 10); fflush(stdout)"
    assert found_in(build(mapping(body))).failure.sentence.startswith("map returned 1 (refused)")


def test_the_end_of_what_was_printed_is_told() -> None:
    output = cage.bounded_output()
    assert cage.printed_into(output) == (0, "")
    output = cage.bounded_output()
    assert os.write(output, b"first " + b"x" * 3000 + b" last\n") == 3012
    written, last = cage.printed_into(output)
    assert (written, len(last), last[-6:]) == (3012, 1999, "x last")
    output = cage.bounded_output()
    assert os.write(output, b"y" * OUTPUT) == OUTPUT
    with pytest.raises(PermissionError):
        os.write(output, b"z")
    assert cage.printed_into(output) == (OUTPUT, "y" * 2000)


def test_under_a_smaller_limit_of_the_users_output_is_bounded_by_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (4096, 4096))
    output = cage.bounded_output()
    assert os.write(output, b"y" * 4096) == 4096
    with pytest.raises(PermissionError):
        os.write(output, b"z")
    assert cage.printed_into(output)[0] == 4096


@pytest.mark.long
def test_a_target_that_kills_what_it_can(build: Build) -> None:
    """It ends itself at most, where there are namespaces; the tests themselves would be ended otherwise."""
    if not has_namespaces():
        pytest.skip("no namespaces of processes here")
    failure = found_in(build(mapping("kill(getppid(), SIGKILL); kill(-1, SIGKILL)"))).failure
    assert failure.sentence.startswith("map returned 1 (refused)")


def has_namespaces() -> bool:
    script = "import sys; from refinement.check.process.cage import enclose; sys.exit(0 if enclose() else 9)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0


STARTING = """
import json, os, subprocess, sys
for n in range({count}):
    subprocess.Popen([sys.executable, "-c", "import os, time; os.setsid(); time.sleep(100)", "{mark}"])
for line in sys.stdin:
    question = json.loads(line)
    answer = {{"version": 1, "has": []}} if question["op"] == "musigma" else {{"status": 0}}
    if question["op"] == "lookup":
        answer = {{"frame": 0 if question["src"] == [0, 0] else -1, "rights": 7}}
    print(json.dumps(answer), flush=True)
"""


def processes(mark: str) -> list[int]:
    """Those with a word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark.encode() in words:
                found.append(int(entry.name))
    return found


def gone(mark: str, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while processes(mark) and time.monotonic() < end:
        time.sleep(0.05)
    return not processes(mark)


def starting(folder: Path, count: int, mark: str) -> Target:
    (folder / "command.py").write_text(STARTING.format(count=count, mark=mark), "utf-8")
    return command_target(f"{sys.executable} {folder / 'command.py'} {mark}")


def test_what_a_command_starts_ends_with_its_job(tmp_path: Path) -> None:
    ending = perform(Order(starting(tmp_path, 3, "musigma-left-over-1"), Probe(), Limits()))
    assert ending.how == "answered"
    assert gone("musigma-left-over-1", 2.0)


def test_too_many_processes(tmp_path: Path) -> None:
    ending = perform(Order(starting(tmp_path, 40, "musigma-left-over-2"), Probe(), Limits(processes=8)))
    assert ending.how == "forked"
    assert gone("musigma-left-over-2", 2.0)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_command(tmp_path: Path, number: signal.Signals) -> None:
    mark = f"musigma-left-over-{int(number)}-{os.getpid()}"
    (tmp_path / "sleeping.py").write_text(STARTING.format(count=2, mark=mark) + "    import time; time.sleep(0.2)\n")
    command = f"{sys.executable} {tmp_path / 'sleeping.py'} {mark}"
    words = [sys.executable, "-m", "musigma", "check", "--command", command, "--seconds", "60", "--hang", "50"]
    engine = subprocess.Popen(
        words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 90
    try:
        while (seen := len(processes(mark))) < 3 and time.monotonic() < end:
            time.sleep(0.05)  # what was seen counts, since each job starts them anew
        engine.send_signal(number)
        status = engine.wait(60)
    finally:
        engine.kill()
        engine.wait()
    assert seen >= 3
    assert status == (-9 if number == signal.SIGKILL else 130)
    assert gone(mark)
