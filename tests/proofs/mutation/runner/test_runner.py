"""The runner on a small project: a kill by each way, a survivor, limits, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from proofs.mutation.equivalent import Equivalent
from proofs.mutation.operators.mutants import Mutant, read
from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.runner.run import Score, chosen, run, sample
from proofs.mutation.runner.worker import BATCH
from proofs.mutation.targets import ROOT, Area
from proofs.report.writers.mutation_report import mutation_json, mutation_schema, print_score

TOY = """
import os
from functools import cache

def add(a: int, b: int) -> int:
    return a + b

def unseen(a):
    return a + 1

def alone(a):
    return a - 1

def count(n):
    while n:
        n -= 1
    return n

def maker(step):
    def inner(a):
        return a + step
    return inner

BY_TWO = maker(2)
AT_IMPORT = add(20, 1)

@cache
def remembered(a):
    return a * 2

def spawn(times):
    for _ in range(times):
        if os.fork() == 0:
            os.setsid()
            while True:
                __import__("time").sleep(1)

class Box:
    def __init__(self, size: int) -> None:
        self.size = size

    @property
    def double(self) -> int:
        return self.size * 2
"""

TESTS = """
import subprocess, sys
import toy_project as toy

def test_add(): assert toy.add(1, 2) == 3
def test_unseen(): toy.unseen(1)
def test_count(): assert toy.count(3) == 0
def test_by_two(): assert toy.BY_TWO(1) == 3
def test_at_import(): assert toy.AT_IMPORT == 21 and toy.remembered(1) == 2
def test_spawn(): toy.spawn(0)
def test_double(): assert toy.Box(4).double == 8
def test_child():
    done = subprocess.run([sys.executable, "-c", "import toy_project; raise SystemExit(toy_project.Box(5).double)"])
    assert done.returncode == 10
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "toy_project.py").write_text(textwrap.dedent(TOY), "utf-8")
    (tmp_path / "test_toy.py").write_text(textwrap.dedent(TESTS), "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow: long\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("MUSIGMA_CACHE", str(tmp_path / "cache"))
    return tmp_path


AREA = Area("toy", "a toy", ("toy_project",), ("test_toy.py",))


def fates(
    root: Path, wanted: Any, entries: dict[str, Equivalent] | None = None, area: Area = AREA, jobs: int = 2
) -> tuple[Score, dict[str, Fate]]:
    """What became of the mutants that are wanted, by what they are changed to."""
    source = read("toy_project", root)
    mutants = [mutant for mutant in source.mutants if wanted(mutant)]
    assert mutants
    score = Score()
    run([(area, [source], mutants)], jobs, score, root=root, entries=entries or {})
    return score, {mutant.after: score.fate(mutant) for mutant in mutants}


def of(*names: str, operator: str = "") -> Any:
    wanted = tuple(f"toy_project.{name}" for name in names)
    return lambda mutant: mutant.function in wanted and operator in ("", mutant.operator)


@pytest.mark.long
def test_a_test_notices_and_a_test_that_asserts_nothing_does_not(toy: Path) -> None:
    score, found = fates(toy, of("add", "unseen", operator="operator"))
    assert found["return a - b"].ending == MutantEnding.TEST
    assert found["return a - b"].by == "test_toy.py::test_add"
    assert found["return a - 1"].ending == MutantEnding.SURVIVED
    assert [mutant.after for mutant in score.survivors] == ["return a - 1"]
    assert score.exit_status == 1


def test_the_name_of_an_area_chooses_no_other() -> None:
    areas = [Area("bits", "bits", ("machine.bits",), ()), Area("field", "a core", ("machine.core",), ())]
    assert [area.name for area, _, _ in chosen("field", areas)] == ["field"]
    assert [area.name for area, _, _ in chosen("machine.bits.field", areas)] == ["bits"]


def test_names_of_functions_choose_these_and_no_others_that_have_them_in_theirs() -> None:
    areas = [Area("kernel", "the tree", ("refinement.kernel.operations",), ())]
    home = "refinement.kernel.operations"

    def functions(pattern: str) -> set[str]:
        return {mutant.function for _, _, mutants in chosen(pattern, areas) for mutant in mutants}

    assert functions(f"{home}.flush") == {f"{home}.flush"} < functions("operations.flush")
    assert functions(f"{home}.flush,{home}.grant") == {f"{home}.flush", f"{home}.grant"}
    assert functions(f"{home}.flush,{home}.gone") == functions("") == set()


@pytest.mark.long
def test_what_nothing_executes_survives(toy: Path) -> None:
    _, found = fates(toy, of("alone", operator="operator"))
    assert (found["return a + 1"].ending, found["return a + 1"].said) == (MutantEnding.SURVIVED, "nothing executes it")


@pytest.mark.long
def test_a_loop_without_end_is_stopped(toy: Path) -> None:
    _, found = fates(toy, of("count", operator="condition decided"))
    assert (found["while True:"].ending, found["while True:"].by) == (MutantEnding.TIMEOUT, "test_toy.py::test_count")


PREPARED = """
import time
import pytest
import toy_project as toy

@pytest.fixture(scope="module")
def prepared():
    begun = time.process_time()
    while time.process_time() < begun + 0.8: pass

def test_first(prepared): pass
def test_that_is_prepared_by_the_first(prepared):
    time.sleep(2.2)
    assert toy.unseen(3) == 4
"""

AFTER_OTHERS = """
import time
import toy_project as toy

DONE = []

def test_first(): DONE.append(1)
def test_that_is_late_alone():
    assert toy.alone(3) is not None
    while not DONE: pass
def test_that_fails_alone():
    time.sleep(2.1)
    assert toy.unseen(3) is not None and DONE
def test_that_fails_at_once_alone():
    assert toy.unseen(3) is not None and DONE
def test_that_comes_after_all():
    time.sleep(0.01)
    assert toy.alone(3) == 2
"""


@pytest.mark.slow
def test_what_fails_or_is_late_without_a_change_as_well_has_noticed_nothing(toy: Path) -> None:
    """Neither one whose fixture another one made while it was recorded, nor one that hangs or fails alone."""
    (toy / "test_prepared.py").write_text(PREPARED, "utf-8")
    (toy / "test_after_others.py").write_text(AFTER_OTHERS, "utf-8")
    area = replace(AREA, tests=("test_prepared.py", "test_after_others.py"))
    score, found = fates(toy, of("alone", "unseen", operator="operator"), area=area)
    assert sorted(score.unusable) == [
        "test_after_others.py::test_that_fails_alone: test without a change as well",
        "test_after_others.py::test_that_fails_at_once_alone: test without a change as well",
        "test_after_others.py::test_that_is_late_alone: timeout without a change as well",
    ]
    assert {fate.ending for fate in found.values()} == {MutantEnding.TEST}
    assert found["return a - 1"].by == "test_prepared.py::test_that_is_prepared_by_the_first"
    assert found["return a + 1"].by == "test_after_others.py::test_that_comes_after_all"


CRASHING = """
import os, signal
import toy_project as toy

def crash(depth):
    crash(depth - 1) if depth else os.kill(os.getpid(), signal.SIGSEGV)

def test_crashes():
    for _ in range(20):
        started = os.fork()
        if not started: crash(90)
        os.waitpid(started, 0)
    assert toy.add(1, 2) == 3
"""


@pytest.mark.long
def test_workers_that_crash_wait_for_nobody(toy: Path) -> None:
    """They write where they were, past whatever catches output: a full pipe would hold them for ever."""
    (toy / "test_crashing.py").write_text(CRASHING, "utf-8")
    score, found = fates(
        toy, of("add", operator="operator"), area=replace(AREA, tests=("test_crashing.py",), longest=1.0)
    )
    assert score.unusable == []
    assert found["return a - b"].by == "test_crashing.py::test_crashes"


@pytest.mark.long
def test_closures_made_before_are_reached(toy: Path) -> None:
    _, found = fates(toy, of("maker", operator="operator"))
    assert found["return a - step"].by == "test_toy.py::test_by_two"


@pytest.mark.long
def test_what_is_computed_at_import_is_imported_afresh(toy: Path) -> None:
    (toy / "test_toy.py").write_text(TESTS.replace("def test_add(): assert toy.add(1, 2) == 3\n", ""), "utf-8")
    _, found = fates(toy, of("add", operator="operator"))
    assert found["return a - b"].by == "test_toy.py::test_at_import"


@pytest.mark.long
def test_what_fails_afresh_without_a_change_has_noticed_nothing(toy: Path) -> None:
    before = TESTS.replace("def test_add(): assert toy.add(1, 2) == 3\n", "").replace("def test_at_import", "def told")
    afresh = "\ndef test_afresh():\n    assert not any(type(each).__name__ == 'Finder' for each in sys.meta_path)\n"
    (toy / "test_toy.py").write_text(f"import sys\n{before}{afresh}", "utf-8")
    score, found = fates(toy, of("add", operator="operator"))
    assert found["return a - b"].ending == MutantEnding.ERROR
    assert found["return a - b"].by == "test_toy.py::test_afresh"
    assert found["return a - b"].said.startswith("even without a change: test_toy.py::test_afresh: ")
    assert score.exit_status == 3


@pytest.mark.long
def test_properties_and_cached_functions_are_reached(toy: Path) -> None:
    score, found = fates(toy, of("Box.double", "remembered", operator="operator"))
    assert found["return self.size + 2"].ending == MutantEnding.TEST
    assert found["return a // 2"].by == "test_toy.py::test_at_import"
    assert score.exit_status == 0


@pytest.mark.long
def test_processes_that_a_test_starts_import_the_mutant(toy: Path) -> None:
    (toy / "test_toy.py").write_text(TESTS.replace("def test_double(): assert toy.Box(4).double == 8", ""), "utf-8")
    (toy / "test_toy.py").write_text(
        (toy / "test_toy.py")
        .read_text("utf-8")
        .replace("def test_child():\n", "def test_child():\n    toy.Box(1).double\n"),
        "utf-8",
    )
    _, found = fates(toy, of("Box.double", operator="operator"))
    assert found["return self.size + 2"].by == "test_toy.py::test_child"


@pytest.mark.long
def test_nothing_is_left_of_what_a_mutant_starts(toy: Path) -> None:
    before = set(processes())
    score, found = fates(
        toy, lambda m: m.function == "toy_project.spawn" and m.operator.startswith(("loop", "condition"))
    )
    assert score.failed == []
    assert found
    time.sleep(0.2)
    assert {pid for pid in processes() if is_left_over(pid)} <= before


def processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8")
    except OSError:
        return ""


def is_left_over(pid: int) -> bool:
    """Whether it is a process of mutants that nobody waits for: other tests, beside this one, have their own."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return False
    ours = "toy_project" in command(pid) or "mutation.worker" in command(pid)
    return ours and parent in (1, os.getpid())


def started_by(pid: int) -> list[str]:
    """The modules that the children of a process run."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [command(int(child)).rpartition("\0-m\0proofs.")[2] for child in children]


def test_an_equivalent_mutant_is_not_run(toy: Path) -> None:
    one = next(m for m in read("toy_project", toy).mutants if m.function == "toy_project.alone")
    entry = Equivalent(one.id, one.function, one.before, one.after, "for a test")
    score, _ = fates(toy, lambda mutant: mutant.id == one.id, {one.id: entry})
    assert score.fate(one) == Fate(one.id, MutantEnding.EQUIVALENT, said="for a test")
    assert score.exit_status == 0


@pytest.mark.long
def test_a_stale_entry_fails_the_run(toy: Path) -> None:
    entry = Equivalent("0123456789ab", "toy_project.add", "a", "b", "for a test")
    score, _ = fates(toy, of("add", operator="operator"), {entry.mutant: entry})
    assert score.stale == [entry]
    assert score.exit_status == 1


@pytest.mark.long
def test_a_test_that_fails_on_the_code_as_it_is_kills_nothing(toy: Path) -> None:
    (toy / "test_toy.py").write_text("import toy_project as toy\ndef test_add(): assert toy.add(1, 2) == 4\n", "utf-8")
    score, found = fates(toy, of("add", operator="operator"))
    assert [each.partition(":")[0] for each in score.unusable] == ["test_toy.py"]
    assert found["return a - b"].ending == MutantEnding.SURVIVED


LONG = """
import time
import toy_project as toy

def test_that_works():
    begun = time.process_time()
    while time.process_time() < begun + 1.5: toy.add(1, 2)
def test_that_waits():
    time.sleep(0.8)
    assert toy.add(1, 2) == 3
def test_that_waits_long(): time.sleep(6)
"""


@pytest.mark.long
def test_what_is_recorded_has_so_much_of_a_processor_and_may_wait_longer(toy: Path) -> None:
    (toy / "test_long.py").write_text(LONG, "utf-8")
    area = replace(AREA, tests=("test_long.py",), longest=0.5)
    score, found = fates(toy, of("add", operator="operator"), area=area)
    assert found["return a - b"].by == "test_long.py::test_that_waits"
    waiting, working = sorted(score.unusable)
    assert working == f"test_long.py::test_that_works: ended with status {-signal.SIGPROF}"
    assert waiting.startswith("test_long.py::test_that_waits_long: ended with status ")


KEPT = """
import os, pathlib, time
import toy_project as toy

def test_last():
    folder = pathlib.Path(os.environ["MUSIGMA_CACHE"]) / "mutation"
    for _ in range(100):
        if list(folder.glob("*.json")): break
        time.sleep(0.05)
    else: assert False, "no file of records is kept yet"
    assert toy.add(1, 2) == 3
"""


@pytest.mark.long
def test_records_of_a_file_are_kept_before_the_next_is_recorded(toy: Path) -> None:
    """So a recording that is stopped goes on where it was."""
    many = "".join(f"def test_{number}(): pass\n" for number in range(BATCH))
    (toy / "test_first.py").write_text(many, "utf-8")
    (toy / "test_last.py").write_text(KEPT, "utf-8")
    area = replace(AREA, tests=("test_first.py", "test_last.py"))
    score, found = fates(toy, of("add", operator="operator"), area=area, jobs=1)
    assert score.unusable == []
    assert found["return a - b"].by == "test_last.py::test_last"
    assert len(list((toy / "cache" / "mutation").glob("*.json"))) == 2


@pytest.mark.long
def test_a_runner_that_fails_leaves_the_rest_undecided(toy: Path) -> None:
    (toy / "test_toy.py").write_text("import there_is_no_such_module\n", "utf-8")
    score, _ = fates(toy, of("add"))
    assert score.exit_status == 3
    assert "the runner ended with status" in score.failed[0]
    assert len(score.undecided) == len(score.mutants)


def test_the_sample_is_the_same_each_time_and_from_each_function(toy: Path) -> None:
    mutants = read("toy_project", toy).mutants
    one = sample(mutants, 1)
    assert one == sample(reversed(mutants), 1)
    assert {mutant.function for mutant in one} == {mutant.function for mutant in mutants}
    assert len(one) == len({mutant.function for mutant in one})


def test_a_score_is_shown_and_written() -> None:
    def mutant(number: int, wording: bool = False) -> Mutant:
        return Mutant(f"{number:012x}", "toy.f", "toy.py", 3, "operator", "a + b", "a - b", wording)

    endings = [MutantEnding.PROOF, MutantEnding.TEST, MutantEnding.SURVIVED, MutantEnding.EQUIVALENT]
    score = Score({f"{n:012x}": mutant(n, n == 4) for n in range(6)}, unusable=["test_x: fails"])
    score.fates = {f"{n:012x}": Fate(f"{n:012x}", ending, "who", "what") for n, ending in enumerate(endings)}
    written = mutation_json(score)
    jsonschema.validate(json.loads(json.dumps(written)), mutation_schema())
    assert written["functions"]["toy.f"]["mutants"] == 5
    assert [written["functions"]["toy.f"][name] for name in ("proof", "test", "survived", "undecided", "wording")] == [
        1
    ] * 5
    console = Console(width=160, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    print_score(console, score)
    text = console.export_text()
    console.file.close()
    assert "SURVIVED 000000000002 toy.f (toy.py:3) operator: a + b → a - b" in text
    assert "1 functions, 5 mutants: 2 of 3 noticed, 1 equivalent, 1 survived, 1 undecided" in text
    assert "NOT ASKED, since it fails on the code as it is: test_x: fails" in text


@pytest.mark.slow
def test_an_obligation_notices_a_wrong_action() -> None:
    area = Area("a", "one", ("model.spaces.theory",), ("tests/conftest.py",), ("model",), ("canonical",), ("flush__*",))
    source = read("model.spaces.theory", ROOT)
    flush = [mutant for mutant in source.mutants if mutant.function == "model.spaces.theory.flush"]
    line = next(mutant.line for mutant in flush if mutant.before.startswith("after = replace("))
    wanted = [m for m in flush if m.operator == "connective" and m.line == line]
    (crosswise,) = (m for m in flush if "stripped(s, p.mask, below, dialect)" in m.after)
    wanted.append(crosswise)
    score = Score()
    run([(area, [source], wanted)], 2, score, entries={})
    *proved, swapped = [score.fate(mutant) for mutant in wanted]
    assert {fate.ending for fate in proved} == {MutantEnding.PROOF}
    assert {fate.by.partition("__")[0] for fate in proved} == {"flush"}
    assert (swapped.ending, swapped.said.partition(":")[0]) == (MutantEnding.REFUSED, "Z3Exception")


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_decided(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "musigma", "faults", "--mutate", "machine.bits", "--jobs", "1"]
    environment = {**os.environ, "MUSIGMA_CACHE": str(tmp_path)}
    out, err = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=out, stderr=err) as process:
        while not any(command_of.startswith("mutation.runner.worker") for command_of in started_by(process.pid)):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted after" in output
