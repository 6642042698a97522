"""A damaged file of compiled code costs the time to compile, which is told, and nothing else: each damage and file."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest

from tests import ROOT

pytest.importorskip("numba")

HELPER = "def top(x):\n    return x + 1\n"
OTHER = """
import json, sys
from model.running.compiling import compile_on_disk
from model.running.notice import tell_when_compiling
from parts import top

told = []
tell_when_compiling(lambda: told.append("once"))
compiled = compile_on_disk(top)
print(json.dumps([compiled(1), compiled(2.5), sum(compiled.stats.cache_hits.values()), len(told)]))
"""


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(300))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_directory(path: Path) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


def gone(path: Path) -> None:
    path.unlink()


DAMAGES = (cut, one_bit, longer, garbage, empty, a_directory, gone)


class Program:
    """A function compiled for two types, in processes of its own that share a cache."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.folder = folder
        (folder / "parts.py").write_text(HELPER, "utf-8")

    def run(self) -> list[float]:
        path = os.pathsep.join([str(self.folder), str(ROOT)])
        environment = {**os.environ, "MUSIGMA_CACHE": str(self.cache), "PYTHONPATH": path}
        environment.pop("NUMBA_CACHE_DIR", None)
        done = subprocess.run(
            [sys.executable, "-c", OTHER], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        values: list[float] = json.loads(done.stdout)
        return values

    def files(self, ending: str) -> list[Path]:
        return sorted(self.cache.rglob(f"*.{ending}"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Program:
    made = Program(tmp_path_factory.mktemp("program"))
    assert made.run() == [2, 3.5, 0, 1]
    assert made.run() == [2, 3.5, 2, 0]
    return made


@pytest.fixture
def program(kept: Program, tmp_path: Path) -> Program:
    """The program with a cache of its own, which is full."""
    copied = copy(kept)
    copied.cache = Path(shutil.copytree(kept.cache, tmp_path / "cache"))
    return copied


@pytest.mark.long
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: str(damage.__name__))
def test_a_damaged_file_is_compiled_anew(program: Program, ending: str, damage: Callable[[Path], None]) -> None:
    files = program.files(ending)
    assert len(files) == (1 if ending == "nbi" else 2)
    for path in files:
        damage(path)
    assert program.run() == [2, 3.5, 0, 1]
    if damage is a_directory:  # what cannot be removed is in the way, and the results are right all the same
        assert program.run() == [2, 3.5, 0, 1]


@pytest.mark.long
def test_code_for_another_signature_is_not_run(tmp_path: Path) -> None:
    """Two processes that compile at once may both write the first file; the index knows of one of them."""
    program = Program(tmp_path)
    assert program.run() == [2, 3.5, 0, 1]
    one, other = program.files("nbc")
    shutil.copy(other, one)
    assert program.run() == [2, 3.5, 1, 1]
    assert program.run() == [2, 3.5, 2, 0]


@pytest.mark.long
def test_code_that_loads_and_is_not_what_was_written_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    (tmp_path / "wrong").mkdir()
    right, wrong = Program(tmp_path / "right"), Program(tmp_path / "wrong")
    (wrong.folder / "parts.py").write_text(HELPER.replace("+ 1", "+ 7"), "utf-8")
    assert right.run() == [2, 3.5, 0, 1]
    assert wrong.run() == [8, 9.5, 0, 1]
    for here, there in zip(right.files("nbc"), wrong.files("nbc"), strict=True):
        sealed = bytearray(there.read_bytes())
        sealed[sealed.index(b"\n") + 1] ^= 1  # of the digest, so that all else can be loaded
        here.write_bytes(sealed)
    assert right.run() == [2, 3.5, 0, 1]


@pytest.mark.long
@pytest.mark.parametrize("what", ["the cache", "the folder of a digest", "the folder of a file"])
def test_a_folder_that_cannot_be_written_to(tmp_path: Path, what: str) -> None:
    program = Program(tmp_path)
    assert program.run() == [2, 3.5, 0, 1]
    place = program.files("nbi")[0].parent
    place = {"the folder of a file": place, "the folder of a digest": place.parent, "the cache": program.cache}[what]
    shutil.rmtree(place)
    place.write_text("a file in its place", "utf-8")
    assert program.run() == [2, 3.5, 0, 1]
    assert place.is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["explore", "--spaces", "2", "--pages", "1"], "exhausted"),
        (["prove", "map__preserves__forest", "--certify", "--solver", "z3"], "certificate checked for 1 of 1 proved"),
        (["counterexample", "not-itself"], "map σ1[0] → σ1[0]"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_commands_survive_it(tmp_path: Path, command: list[str], expected: str) -> None:
    """Every file of the cache damaged, each in another way than the one before it; it is told once, by workers too."""
    environment = {**os.environ, "MUSIGMA_CACHE": str(tmp_path)}

    def run() -> str:
        arguments = [sys.executable, "-m", "musigma", *command]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "musigma: compiling, once\n")
        assert expected in done.stdout
        return done.stdout

    run()
    files = sorted(path for path in tmp_path.rglob("*") if path.suffix in (".nbi", ".nbc", ".py", ".pyc"))
    assert any(path.suffix == ".nbc" for path in files)
    for number, path in enumerate(files):
        damage = DAMAGES[number % len(DAMAGES)]
        (garbage if path.suffix.startswith(".py") else damage)(path)
    run()


def test_where_nothing_is_compiled_the_function_is_left_as_it_is() -> None:
    program = """
from model.running.caching import cached, has_to_be_compiled

def double(x):
    return 2 * x

print(cached()(double) is double, has_to_be_compiled(double), cached()(double)(21))
"""
    for off, said in (("1", "True False 42\n"), ("0", "False False 42\n")):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": off}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, said), done.stderr
