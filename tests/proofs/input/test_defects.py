"""The defects of the examples in C: their names are known before anything that hunts them is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from proofs.input.defects import defects_in, sized_defects, why_no_defect
from tests import EXAMPLES

ASKED = """
import sys
from typer.testing import CliRunner
from musigma.cli import app
ended = CliRunner().invoke(app, ["counterexample", "sized:NO_SPLTI"])
print(ended.exit_code, ended.output.strip())
print("heavy" if {"numba", "z3", "refinement.check"} & set(sys.modules) else "light")
"""


def test_the_defects_that_a_source_lists() -> None:
    assert "EARLY_ASCENT" in defects_in(EXAMPLES / "mapdb.c")
    assert {"sized:NO_SPLIT", "sized:OWN_FIRST_ONLY"} <= set(sized_defects())
    assert "sized:NO_FAULT" not in sized_defects()
    assert defects_in(Path("missing.c")) == ()


@pytest.mark.parametrize("name", ["sized:NO_SPLIT", "no-split", "own=range"])
def test_a_name_of_another_kind_is_not_judged(name: str) -> None:
    assert why_no_defect(name) == ""


def test_a_name_that_is_none_is_refused_before_what_takes_long() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    said, imported = done.stdout.splitlines()
    assert said.startswith("2 musigma: nothing is called 'sized:NO_SPLTI'; did you mean sized:NO_SPLIT")
    assert imported == "light"
