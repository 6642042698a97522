"""A system call that fails once: the command does without, or ends in one line and a status that no verdict has."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proofs.verdict import EXIT_ALARM, EXIT_FAILED, EXIT_PASSED, EXIT_WORSE
from tests import EXAMPLES, ROOT

TRACE = {
    "musigma_trace": 1,
    "dialect": "canonical",
    "scope": {"spaces": 2, "pages": 1, "frames": 1},
    "operations": [{"op": "map", "src": "σ0[0]", "dst": "σ1[0]", "rights": "rwx"}],
}
COMMANDS = {
    "explore": ["explore", "--spaces", "2", "--pages", "1", "--json", "REPORT"],
    "check": ["check", "LIBRARY", "--seconds", "0.5", "--seed", "1", "--json", "REPORT"],
    "replay": ["replay", "TRACE", "LIBRARY", "--json", "REPORT"],
    "replay on the model": ["replay", "TRACE", "--html", "PAGE"],
    "faults": ["faults", "--list"],
    "costs": ["costs", "P4", "--json", "REPORT"],
    "prove": ["prove", "initial__has__forest", "--quiet"],
    "counterexample": ["counterexample", "not-itself", "--svg", "PAGE"],
    "attack": ["attack", "KeyServer", "once", "--steps", "2", "--json", "REPORT"],
    "monitor": ["monitor", "LOG", "--json", "REPORT"],
    "history": ["check", "--history", "HISTORY", "--json", "REPORT"],
    "examples": ["examples", "FOLDER"],
    "ranges": ["check", "SIZED", "--seconds", "0.5", "--seed", "1", "--json", "REPORT"],
    "races": ["check", "THREADS", "--threads", "2", "--seconds", "0.5", "--seed", "1", "--json", "REPORT"],
    "C proof": ["prove", "musigma_lookup__", "--c", "SOURCE", "--binding", "BINDING", "--json", "REPORT"],
}
FAILING = [
    *(("write", error, at) for error in ("ENOSPC", "EPIPE", "EINTR") for at in (1, 2, 3)),
    *(("create", error, at) for error in ("ENOSPC", "EMFILE", "EINTR") for at in (1, 2, 3)),
    *(("open", "ENOMEM", at) for at in (1, 2, 5)),
    *(("fork", error, at) for error in ("EAGAIN", "ENOMEM") for at in (1, 2)),
    *(("pipe", "EMFILE", at) for at in (1, 2)),
    ("memfd", "ENOMEM", 1),
]
SAMPLE = {("check", "fork", "EAGAIN", 1), ("explore", "write", "ENOSPC", 1)}
HANGING = 900.0
"""Seconds after which a command hangs: where nothing can be kept, it compiles all it needs, on a busy machine too."""
LONG = {
    ("check", "fork", "ENOMEM", 1),
    *((command, "write", "ENOSPC", 1) for command in COMMANDS if command != "ranges"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the commands work on, and the library that makes calls fail."""
    folder = tmp_path_factory.mktemp("failing")
    paths = {
        name: str(folder / name.lower()) for name in ("SHIM", "LIBRARY", "SIZED", "TRACE", "REPORT", "PAGE", "FOLDER")
    }
    for name, example in (("LOG", "kernel.jsonl"), ("HISTORY", "history.jsonl")):
        first = (EXAMPLES / example).read_text("utf-8").splitlines(keepends=True)[:3]
        paths[name] = str(folder / example)
        Path(paths[name]).write_text("".join(first), "utf-8")
    for name, example in (("THREADS", "mapdb_threads.c"), ("SOURCE", "mapdb.c"), ("BINDING", "mapdb.toml")):
        paths[name] = str(EXAMPLES / example)
    shim = Path(__file__).with_name("failing_calls.c")
    include = ROOT / "refinement" / "check"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", paths["SHIM"], shim, "-ldl"], check=True)
    for name, example in (("LIBRARY", "mapdb.c"), ("SIZED", "sized.c")):
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-I", include, "-o", paths[name], EXAMPLES / example], check=True
        )
    Path(paths["TRACE"]).write_text(json.dumps(TRACE), "utf-8")
    return paths


def cases() -> Iterator[object]:
    """A few of all of them are quick; of each command one is not of the slow ones."""
    for case in ((command, *failing) for command in COMMANDS for failing in FAILING):
        marks = () if case in SAMPLE else pytest.mark.long if case in LONG else pytest.mark.slow
        yield pytest.param(*case, marks=marks)


@pytest.mark.long
@pytest.mark.parametrize(("command", "call", "error", "at"), list(cases()))
def test_one_failing_call(files: dict[str, str], command: str, call: str, error: str, at: int) -> None:
    failing = {"FAIL_CALL": call, "FAIL_AT": str(at), "FAIL_WITH": str(getattr(errno, error))}
    done = subprocess.run(
        [sys.executable, "-m", "musigma", *(files.get(word, word) for word in COMMANDS[command])],
        env={**os.environ, "PYTHONPATH": str(ROOT), "LD_PRELOAD": files["SHIM"], **failing},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGING,
    )
    assert done.returncode not in (EXIT_FAILED, EXIT_ALARM, EXIT_WORSE), done.stderr
    assert done.returncode >= 0
    assert "Traceback" not in done.stderr
    if done.returncode != EXIT_PASSED:
        under_way = ("musigma: compiling", "musigma: late")
        said = [line for line in done.stderr.splitlines() if not line.startswith(under_way)]
        assert len(said) <= 1, done.stderr


@pytest.mark.long
def test_nowhere_to_write(files: dict[str, str]) -> None:
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "musigma", *(files.get(word, word) for word in COMMANDS["faults"])]
        done = subprocess.run(
            words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 70
    assert done.stderr.decode().count("\n") == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "kibibytes", "statuses"),
    [
        ("check", 300_000, (3, 70)),
        pytest.param("check", 900_000, (0, 3, 70), marks=pytest.mark.slow),
        ("prove", 150_000, (3,)),
        ("prove", 200_000, (3,)),  # z3 would end the process
        ("prove", 270_000, (0, 3, 70)),
        ("prove", 2_000_000, (0,)),  # less than a worker takes for itself if nobody says less
    ],
)
def test_little_address_space(files: dict[str, str], command: str, kibibytes: int, statuses: tuple[int, ...]) -> None:
    words = [sys.executable, "-m", "musigma", *(files.get(word, word) for word in COMMANDS[command])]
    done = subprocess.run(
        ["sh", "-c", f'ulimit -v {kibibytes}; exec "$@"', "sh", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in statuses, done.stderr
    assert "Traceback" not in done.stderr
