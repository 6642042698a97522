"""What goes wrong in the tool itself never looks like a verdict: one line, and a status of its own."""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from model.trace import Trace
from musigma import __main__ as entry
from musigma.cli import COMMANDS
from proofs.engines.jobs import WorkersFailedError
from proofs.verdict import (
    EXIT_FAILED,
    EXIT_INCOMPLETE,
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_PASSED,
    EXIT_UNREAD,
    EXIT_USAGE,
)
from tests import ROOT

# For each command what it cannot do without, and arguments.
WORK = {
    "prove": ("proofs.prove_all.prove_all", ["prove", "initial__has__forest"]),
    "audit": ("proofs.audits.spaces.audit", ["audit", "--dialect", "nova"]),
    "counterexample": ("proofs.counterexamples.by_name._shortest", ["counterexample", "not-itself"]),
    "explore": ("proofs.explorer.explore.explore", ["explore", "--spaces", "2", "--pages", "1"]),
    "check": ("proofs.commands.check.is_sized", ["check", "--command", "cat", "--dialect", "tree"]),
    "replay": ("proofs.commands.replay._show_model", ["replay", "TRACE"]),
    "monitor": ("refinement.monitor.monitor.monitor", ["monitor", "TRACE"]),
    "faults": ("proofs.faults.hunts.matrix.run", ["faults", "flush-empty-stays"]),
    "costs": ("proofs.commands.costs._run", ["costs", "P4"]),
    "examples": ("proofs.commands.examples._files", ["examples"]),
    "attack": ("proofs.servers.attack.attack", ["attack", "SharedPorts", "own_ports"]),
}
ERRORS: list[Callable[[], BaseException]] = [
    lambda: RuntimeError("as told\non two lines"),
    lambda: AssertionError(),
    lambda: MemoryError(),
    lambda: RecursionError("too deep"),
    lambda: OSError(5, "Input/output error"),
    lambda: KeyError("name"),
    lambda: SystemExit(0),
    lambda: SystemExit(1),
]


@pytest.fixture(autouse=True)
def _process_as_before(_process_as_before: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The entry means to be a process's own: what it sets for the whole process is undone."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(os, "_exit", os._exit)
    thresholds = gc.get_threshold()
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.set_threshold(*thresholds)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["musigma", *arguments])
    with pytest.raises(SystemExit) as left:
        entry.main()
    assert isinstance(left.value.code, int)
    return left.value.code


def failing(error: Callable[[], BaseException]) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error()

    return fail


@pytest.fixture
def trace(tmp_path: object) -> str:
    path = f"{tmp_path}/trace.json"
    scope = {"spaces": 2, "pages": 1, "frames": 1}
    operations = [{"op": "map", "src": "σ0[0]", "dst": "σ1[0]", "rights": "rwx"}]
    value = {"musigma_trace": 1, "dialect": "canonical", "scope": scope, "operations": operations}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(Trace.from_json(value).to_json(), file)
    return path


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_ends_in_one_line_and_a_status_of_its_own(
    command: str, trace: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place, arguments = WORK[command]
    monkeypatch.setattr(place, failing(ERRORS[0]))
    assert run(monkeypatch, *(trace if each == "TRACE" else each for each in arguments)) == EXIT_INTERNAL
    error = capfd.readouterr().err
    lines = [line for line in error.splitlines() if line.startswith("musigma")]
    assert lines == ["musigma: internal error: RuntimeError: as told (MUSIGMA_TRACEBACK=1 shows where)"]
    assert "Traceback" not in error


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_in_the_same_words_that_it_was_interrupted(
    command: str, trace: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place, arguments = WORK[command]
    monkeypatch.setattr(place, failing(KeyboardInterrupt))
    monkeypatch.setattr(entry, "_end", failing(lambda: SystemExit(EXIT_INTERRUPTED)))
    assert run(monkeypatch, *(trace if each == "TRACE" else each for each in arguments)) == EXIT_INTERRUPTED
    lines = [line for line in capfd.readouterr().err.splitlines() if "interrupted" in line]
    assert lines == ["musigma: interrupted"]


@pytest.mark.parametrize("error", ERRORS)
def test_whatever_the_error_is(
    error: Callable[[], BaseException], trace: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(WORK["replay"][0], failing(error))
    assert run(monkeypatch, "replay", trace) == EXIT_INTERNAL
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"musigma: internal error: {type(error()).__name__}")


def test_an_error_that_has_a_status_says_itself_what_it_means(
    trace: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(WORK["prove"][0], failing(lambda: WorkersFailedError("they are gone")))
    assert run(monkeypatch, *WORK["prove"][1]) == EXIT_INCOMPLETE
    assert capfd.readouterr().err.splitlines()[-1] == "musigma: they are gone"


def test_the_status_is_that_of_no_verdict() -> None:
    from proofs import verdict

    others = {name: value for name, value in vars(verdict).items() if name.startswith("EXIT_")}
    for name, status in (("EXIT_INTERNAL", EXIT_INTERNAL), ("EXIT_UNREAD", EXIT_UNREAD)):
        assert [each for each, value in others.items() if value == status] == [name]


def test_a_traceback_is_shown_when_it_is_asked_for(
    trace: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(WORK["replay"][0], failing(ERRORS[0]))
    monkeypatch.setenv("MUSIGMA_TRACEBACK", "1")
    assert run(monkeypatch, "replay", trace) == EXIT_INTERNAL
    error = capfd.readouterr().err
    assert error.startswith("Traceback")
    assert error.splitlines()[-1].startswith("musigma: internal error: RuntimeError")


@pytest.mark.long
def test_other_endings_are_as_they_were(
    trace: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--version") == EXIT_PASSED
    assert run(monkeypatch, "replay", trace) == EXIT_PASSED
    for wrong in (["nothing"], ["prove", "--nothing"], ["explore", "--spaces", "x"], ["replay"]):
        assert run(monkeypatch, *wrong) == EXIT_USAGE
    assert run(monkeypatch, "counterexample", "C1") == EXIT_FAILED
    assert "internal" not in capfd.readouterr().err


def test_an_import_that_fails() -> None:
    code = """
import sys
from musigma.__main__ import main

class Failing:
    def find_spec(self, name, path=None, target=None):
        if name == "musigma.cli":
            raise ImportError("as told")

sys.meta_path.insert(0, Failing())
main()
"""
    ended = subprocess.run([sys.executable, "-c", code, "prove"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (EXIT_INTERNAL, "")
    assert ended.stderr == "musigma: internal error: ImportError: as told (MUSIGMA_TRACEBACK=1 shows where)\n"


@pytest.mark.long
def test_output_that_nobody_reads_is_no_verdict() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "musigma", "faults", "--list"]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (EXIT_UNREAD, "")


@pytest.mark.long
def test_a_reader_that_leaves_early_is_no_verdict_either() -> None:
    command = [sys.executable, "-u", "-m", "musigma", "faults", "--list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (EXIT_UNREAD, "")


def test_a_wrong_value_inside_a_search_is_no_wrong_call(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place, arguments = WORK["explore"]
    assert run(monkeypatch, *arguments, "--frames", "2") == EXIT_USAGE
    assert "internal" not in capfd.readouterr().err
    monkeypatch.setattr(place, failing(lambda: ValueError("as told")))
    assert run(monkeypatch, *arguments) == EXIT_INTERNAL
    assert "musigma: internal error: ValueError: as told" in capfd.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments", [("prove", "C1", "--theory"), ("faults", "--fault-file"), ("explore", "--theory")]
)
@pytest.mark.parametrize("status", [0, 1])
def test_a_file_that_ends_the_process_gets_no_verdicts_status(
    tmp_path: Path, arguments: tuple[str, ...], status: int
) -> None:
    (tmp_path / "own.py").write_text(f"import os\nos._exit({status})\n", "utf-8")
    command = [sys.executable, "-m", "musigma", *arguments, "own.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (EXIT_INCOMPLETE, "")
    assert ended.stderr == "musigma: a file that was read ended the process: nothing was looked at\n"


LOST = """
import signal, time
import musigma.__main__ as entry

class Given:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        time.sleep(0)

def in_vain():
    given = Given()
    del given  # Python ignores what is raised there
    time.sleep(300)

def taken_for_an_error():
    try:
        signal.raise_signal(signal.SIGINT)
        time.sleep(0)
    except BaseException:
        return STATUS

def wrapped():
    try:
        signal.raise_signal(signal.SIGINT)
        time.sleep(0)
    except BaseException as error:
        raise TypeError("argument 1") from error

entry._run = HOW
entry.main()
"""


@pytest.mark.parametrize("how", ["in_vain", "taken_for_an_error", "wrapped"])
@pytest.mark.parametrize("status", [EXIT_PASSED, EXIT_FAILED])
@pytest.mark.parametrize("traced", ["", "1"])
def test_an_interrupt_that_is_swallowed_ends_the_command_all_the_same(how: str, status: int, traced: str) -> None:
    script = LOST.replace("HOW", how).replace("STATUS", str(status))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MUSIGMA_TRACEBACK": traced}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    assert (done.returncode, done.stderr) == (EXIT_INTERRUPTED, "musigma: interrupted\n")
