"""The page on pictures: its examples run, its session is what the command prints, its pictures are what is drawn.

After a change that is meant, ``python -m pytest tests/proofs/report/storyboard/test_documentation.py`` with
``MUSIGMA_REDRAW=1`` draws the pictures anew; look at them before they are committed.
"""

import doctest
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from musigma.cli import app
from proofs.report.storyboard import Storyboard, kernel_views, storyboard, svg
from refinement.faults import FAULTS
from tests import ROOT
from tests.proofs.traces import TRACES

DOCS = ROOT / "docs"
PAGE = DOCS / "guides" / "read-counterexample.rst"


def _forgotten() -> Storyboard:
    trace = Trace(
        "canonical",
        Scope(3, 1, 1),
        (Operation("map", 0, 1), Operation("map", 1, 2, 6), Operation("flush", 0)),
        "a core that is not told of a flush",
    )
    return storyboard(trace, kernel_views(trace, kernel=FAULTS["remote-core-forgotten"].kernel))


@pytest.mark.parametrize("name", ["not-ancestor", "x2-keep-C2", "remote-core-forgotten"])
def test_pictures_are_what_is_drawn(name: str) -> None:
    board = _forgotten() if name == "remote-core-forgotten" else storyboard(TRACES[DRAWN[name]])
    path = DOCS / "pictures" / f"{name}.svg"
    if os.environ.get("MUSIGMA_REDRAW"):
        path.write_text(svg(board), encoding="utf-8")
    assert path.read_text("utf-8") == svg(board)
    assert f"pictures/{name}.svg" in PAGE.read_text("utf-8")


DRAWN = {"not-ancestor": "dangling", "x2-keep-C2": "widened"}


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
