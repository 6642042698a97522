"""A user's file is what its source says now."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from refinement.source_file import module_from


def test_bytecode_of_what_the_file_said_before_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "database.py"
    path.write_text("STEP = 1\n", "utf-8")
    os.utime(path, (1_000_000, 1_000_000))
    spec = importlib.util.spec_from_file_location("database", path)
    assert spec is not None
    assert spec.loader is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", False)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert list(tmp_path.glob("__pycache__/database.*.pyc"))
    path.write_text("STEP = 5\n", "utf-8")
    os.utime(path, (1_000_000, 1_000_000))
    assert module_from(path, "database").STEP == 5
    del sys.modules["database"]


def test_nothing_is_left_beside_the_file_nor_of_a_file_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "failing.py"
    path.write_text("1 / 0\n", "utf-8")
    with pytest.raises(ZeroDivisionError):
        module_from(path, "failing")
    assert "failing" not in sys.modules
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        module_from(tmp_path / "absent.py", "absent")


def test_null_bytes_are_no_python_in_every_version(tmp_path: Path) -> None:
    path = tmp_path / "database.py"
    path.write_bytes(b"\0\1")
    with pytest.raises(SyntaxError, match="source code string cannot contain null bytes"):
        module_from(path, "database")
    assert "database" not in sys.modules
