"""The page on pictures: its examples run, its session is what the command prints, its picture is what is drawn.

After a change that is meant, ``python -m pytest tests/proofs/report/storyboard/test_documentation.py`` with
``MUSIGMA_REDRAW=1`` draws the pictures anew; look at them before they are committed.
"""

import doctest
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from proofs.report.storyboard import storyboard, svg
from proofs.report.storyboard.drawing.moving import moving_svg
from tests import ROOT
from tests.proofs.traces import TRACES

DOCS = ROOT / "docs"
PAGE = DOCS / "guides" / "read-counterexample.rst"


def test_the_picture_is_what_is_drawn() -> None:
    board = storyboard(TRACES["dangling"])
    path = DOCS / "pictures" / "not-ancestor.svg"
    if os.environ.get("MUSIGMA_REDRAW"):
        path.write_text(svg(board), encoding="utf-8")
    assert path.read_text("utf-8") == svg(board)
    assert "pictures/not-ancestor.svg" in PAGE.read_text("utf-8")
    moving = DOCS / "pictures" / "not-ancestor-moving.svg"
    if os.environ.get("MUSIGMA_REDRAW"):
        moving.write_text(moving_svg(board), encoding="utf-8")
    assert moving.read_text("utf-8") == moving_svg(board)
    assert "pictures/not-ancestor-moving.svg" in (ROOT / "README.md").read_text("utf-8")
    assert {each.name for each in (DOCS / "pictures").iterdir()} == {path.name, moving.name}, (
        "others are drawn by the build"
    )


def test_the_session_is_what_the_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    match = re.search(r"\.\. code-block:: console\n\n((?:   .*\n|\n)+)", PAGE.read_text("utf-8"))
    assert match is not None
    block = match[1]
    command, *expected = [line[3:] for line in block.rstrip().splitlines()]
    result = CliRunner().invoke(app, command.removeprefix("$ musigma ").split())
    assert [line.rstrip() for line in result.stdout.rstrip().splitlines()] == expected
    assert (tmp_path / "trace.svg").read_text("utf-8") == (DOCS / "pictures" / "not-ancestor.svg").read_text("utf-8")


def test_the_examples_run() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert (failed, tried > 5) == (0, True)
