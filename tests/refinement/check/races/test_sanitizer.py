"""ThreadSanitizer's own reports: what it sees, what it cannot see, and programs that break down under it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from refinement.check.races import sanitizer
from refinement.check.races.sanitizer import Sanitized, sanitize
from refinement.check.target.target import TargetError
from tests import EXAMPLES

EXAMPLE = EXAMPLES / "mapdb_threads.c"
BODIES = """
#include "musigma.h"
#include <stdlib.h>
#include <unistd.h>
int musigma_init(uint32_t s, uint32_t p, uint32_t f) { return INIT; }
int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r) { return 0; }
int musigma_grant(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r) { return 0; }
int musigma_flush(uint32_t a, uint32_t b, uint32_t r) { FLUSH; return 0; }
int64_t musigma_lookup(uint32_t a, uint32_t b, uint32_t *r) { return -1; }
"""


def asked(source: Path, how: str = "cc -g -O1", seconds: float = 1) -> Sanitized:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    return sanitize(source, how, threads=2, seconds=seconds, seed=1)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.c"
    path.write_text(BODIES)
    return path


@pytest.mark.long
@pytest.mark.parametrize(
    ("race", "said"),
    [
        ("UNLOCKED_FLUSH", "data race mapdb_threads.c:"),
        ("LOCKS_IN_ARGUMENT_ORDER", "lock-order-inversion (potential deadlock) mapdb_threads.c:"),
    ],
)
def test_a_race_is_reported_by_file_and_line(race: str, said: str) -> None:
    found = asked(EXAMPLE, f"cc -g -O1 -DMUSIGMA_RACE={race}", 2)
    assert any(each.startswith(said) for each in found.reports)


@pytest.mark.long
@pytest.mark.parametrize("more", ["", "-DMUSIGMA_RACE=DROPPED_BETWEEN"])
def test_it_is_silent_where_every_access_is_ordered(more: str) -> None:
    found = asked(EXAMPLE, f"cc -g -O1 {more}")
    assert (found.reports, found.rounds > 0) == ((), True)


@pytest.mark.long
def test_a_program_that_breaks_down_is_a_report(plain: Path) -> None:
    assert asked(plain, "cc -DINIT=0 -DFLUSH=abort()").reports == ("the program ended with signal 6",)
    refused = asked(plain, "cc -DINIT=1 -DFLUSH=")
    assert (refused.rounds, refused.reports) == (0, ("the program ended with exit status 3",))
    assert asked(plain, "cc -DINIT=0 -DFLUSH=_exit(66)").reports == ("the program ended with exit status 66",)
    assert asked(plain, "cc -DINIT=0 -DFLUSH=_exit(0)").reports == ("the program ended with exit status 0",)


@pytest.mark.long
def test_a_call_that_does_not_return_is_a_report(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitizer, "GRACE", 2.0)
    assert asked(plain, "cc -DINIT=0 -DFLUSH=pause()").reports == ("calls did not return within 2 s of the end",)


def test_where_it_does_not_run_that_is_said(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "FATAL: ThreadSanitizer: unexpected memory mapping 0x1-0x2\n"
    ends = subprocess.CompletedProcess([], 66, stdout="", stderr=said)
    monkeypatch.setattr(sanitizer, "compile_quietly", lambda command, what: None)
    monkeypatch.setattr(subprocess, "run", lambda *given, **named: ends)
    with pytest.raises(TargetError, match="does not run here: ThreadSanitizer: unexpected memory mapping"):
        sanitize(plain, threads=2, seconds=1, seed=1)
    with pytest.raises(TargetError, match="compiles a source"):
        sanitize(Path("mapdb.so"), threads=2, seconds=1, seed=1)


def test_summaries_are_counted_and_lose_their_folders() -> None:
    said = (
        "SUMMARY: ThreadSanitizer: data race /a/b/x.c:3 in f\n" * 2 + "SUMMARY: ThreadSanitizer: data race y.c:1 in g\n"
    )
    assert sanitizer._summaries(said) == ("data race x.c:3 in f (2 times)", "data race y.c:1 in g (once)")
    assert Sanitized(0, 0, ("x",)).sentence == "ThreadSanitizer: it did not come to its end; 1 report"
    assert Sanitized(2, 24).sentence == "ThreadSanitizer: 2 rounds, 24 calls; no reports"
