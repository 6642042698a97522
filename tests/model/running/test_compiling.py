"""Compiled code is used again as long as nothing that it was made from has changed, and no longer."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")

from model.running import compiling
from model.running.compiling import digest_of, file_of, writable_directory

CONSTANT = "STEP = {}\n"
HELPER = """
from numba.extending import register_jitable
from parts import (
    constant,
)

@register_jitable
def helper(x):
    return x + constant.STEP
"""
TOP = """
from .helping import helper

def top(x):
    return helper(x)
"""
RUN = """
from model.running.compiling import compile_on_disk
from parts.top import top

compiled = compile_on_disk(top)
print(compiled(1), sum(compiled.stats.cache_hits.values()))
"""


@pytest.mark.long
def test_a_constant_that_changes_in_another_file_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "parts"
    package.mkdir()
    for name, text in (("__init__", ""), ("helping", HELPER), ("top", TOP), ("constant", CONSTANT.format(1))):
        (package / f"{name}.py").write_text(text, "utf-8")

    def run() -> list[str]:
        environment = {"MUSIGMA_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
        answer = subprocess.run(
            [sys.executable, "-B", "-c", RUN], env=environment, capture_output=True, text=True, check=True
        )  # -B: Python takes bytecode for that of a file of the same size that was changed in the same second
        return answer.stdout.split()

    assert run() == ["2", "0"]
    assert run() == ["2", "1"]
    (package / "constant.py").write_text(CONSTANT.format(5), "utf-8")
    assert run() == ["6", "0"]


def test_the_model_is_made_from_the_dialects_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of.__wrapped__("model.spaces.literal")
    assert digest_of.__wrapped__("model.spaces.literal") == before
    read = Path.read_text

    def changed(path: Path, encoding: str) -> str:
        return read(path, encoding) + "# changed\n" * (path.name == "dialect.py")

    monkeypatch.setattr("pathlib.Path.read_text", changed)
    assert digest_of.__wrapped__("model.spaces.literal") != before


def test_what_is_in_no_file_is_refused() -> None:
    assert file_of("model.nothing") is None
    with pytest.raises(ValueError, match="nowhere is in no file"):
        digest_of("nowhere")


def test_a_directory_that_only_takes_empty_files_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a full disk; ``/dev/full`` stands for the file that is tried."""
    assert writable_directory("kept", tmp_path) == tmp_path / "kept"
    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: open("/dev/full", "wb"))  # noqa: SIM115
    other = writable_directory("kept", tmp_path)
    assert not other.is_relative_to(tmp_path / "kept")
    other.rmdir()
    compiling._temporary_directory.cache_clear()
