"""What is kept of a finding of ranges fails as long as the defect is there, and passes when it is gone."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.operation import Kind
from proofs.commands.check import check
from refinement.check import Conformance, Failure, RangeFinding, Target
from refinement.check.finding.range_artefacts import as_c, as_pytest
from tests import ROOT

Sized = Callable[..., Target]

SCOPE = RangeScope(2, 4, 4, 0b11)
WHOLE = RangeOperation(Kind.MAP, 0, 1, 4, 1)
TRACES = {
    "WRONG_OFFSET": (RangeOperation(Kind.MAP, 0, 1, 4, 0, 1),),  # a frame
    "ORDER_OF_PAGE": (WHOLE,),  # the order of a look-up
    "TABLE_NOT_NARROWED": (WHOLE, RangeOperation(Kind.FLUSH, 0, 1, rights=2)),  # the page table
    "CORE_FORGOTTEN": (WHOLE, RangeOperation(Kind.FLUSH, 0, 1)),  # a core's buffer
    "OWN_FIRST_ONLY": (WHOLE, RangeOperation(Kind.FLUSH, 4, 1, own=True)),  # a flag
    "MISALIGNED_TAKEN": (RangeOperation(Kind.MAP, 1, 1, 4, 1),),  # what a call returns
}


def finding_of(fault: str) -> RangeFinding:
    trace = RangeTrace("canonical", "canonical", SCOPE, TRACES[fault])
    return RangeFinding(Failure(Conformance.DIVERGES, f"what */ {fault} does"), trace, "a cause", "a search")


@pytest.mark.parametrize("fault", TRACES)
def test_a_c_program(fault: str, sized: Sized, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(as_c(finding_of(fault)), "utf-8")
    strict = ["cc", "-Wall", "-Wextra", "-Werror", "-I", str(ROOT / "refinement" / "check"), "-o"]
    for target, status, said in ((sized(fault), 1, ""), (sized(), 0, "all is as it should be\n")):
        program = tmp_path / f"main{status}"
        subprocess.run([*strict, str(program), str(tmp_path / "main.c"), target.where], check=True)
        ended = subprocess.run([program], capture_output=True, text=True, check=False)
        assert ended.returncode == status
        assert ended.stdout.endswith(said)


def test_a_program_takes_no_init_for_done_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(as_c(finding_of("WRONG_OFFSET")), "utf-8")
    refuses = """#include "musigma2.h"
int musigma_init2(uint32_t s, uint32_t p, uint32_t f, uint64_t o) { return MUSIGMA_UNKNOWN; }
int musigma_map2(const struct musigma_range *s, const struct musigma_range *d, uint32_t o, uint32_t r) { return 0; }
int64_t musigma_lookup2(uint32_t s, uint32_t p, uint32_t *rights, uint32_t *order) { return -1; }
"""
    (tmp_path / "refuses.c").write_text(refuses, "utf-8")
    headers = ["-I", str(ROOT / "refinement" / "check")]
    files = [str(tmp_path / "main.c"), str(tmp_path / "refuses.c")]
    subprocess.run(["cc", *headers, "-o", str(tmp_path / "main"), *files], check=True)
    ended = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "init2 returned 2; it should be 0\n")


@pytest.mark.long
def test_the_command_writes_both(sized: Sized, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(check)
    program, test = tmp_path / "main.c", tmp_path / "test_it.py"
    arguments = [sized("WRONG_OFFSET").where, "--seconds", "2", "--main-c", str(program), "--pytest", str(test)]
    assert CliRunner().invoke(app, arguments).exit_code == 1
    assert "musigma_map2(&(struct musigma_range){0, 0, 1}" in program.read_text("utf-8")
    assert "replay_ranges" in test.read_text("utf-8")


def test_a_program_calls_a_library(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(check)
    target, program = f"{ROOT / 'docs' / 'examples' / 'sized.py'}:SizedDatabase", tmp_path / "main.c"
    ended = CliRunner().invoke(app, [target, "--main-c", str(program)])
    assert ended.exit_code == 2
    assert "--main-c calls a library" in ended.output
    assert not program.exists()


@pytest.mark.long
def test_a_test(sized: Sized, tmp_path: Path) -> None:
    for target, status in ((sized("OWN_FIRST_ONLY"), 1), (sized(), 0)):
        (tmp_path / "test_it.py").write_text(as_pytest(finding_of("OWN_FIRST_ONLY"), target, tmp_path), "utf-8")
        test = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            "test_it.py",
        ]
        assert subprocess.run(test, cwd=tmp_path, capture_output=True, check=False).returncode == status
