"""The translation buffer of each core: which one is stale is told and drawn, and what a library says of its cores."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from musigma.cli import app
from refinement.check import RangeReport, Target, TargetError, ask_ranges, check_ranges, parse_target
from tests.refinement.check.ranges.conftest import HEADERS, SOURCE

pytestmark = pytest.mark.long  # what is compiled first takes 9 s

Sized = Callable[..., Target]

ANY = """\
#define musigma_cores hidden
#define musigma_lookup_tlb2 on_core
#include "{source}"
#undef musigma_lookup_tlb2
int64_t musigma_lookup_tlb2(int core, uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order)
{{
    return core == -1 ? on_core(CORES - 1, space, page, rights, order) : 99;
}}
"""
MANY = """\
#define musigma_cores hidden
#include "{source}"
#undef musigma_cores
uint32_t musigma_cores(void) {{ return {number}; }}
"""
BLIND = """\
#define musigma_lookup_tlb2 on_core
#include "{source}"
"""


def build(folder: Path, text: str, fault: str = "NO_FAULT", **more: object) -> Target:
    """Compile the sized example with that around it."""
    source, library = folder / "around.c", folder / "around.so"
    source.write_text(text.format(source=SOURCE, **more), "utf-8")
    named = [f"-DMUSIGMA_FAULT={fault}", "-I", str(HEADERS), "-o", str(library)]
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", *named, str(source)], check=True)
    return parse_target(str(library))


def first_of(target: Target) -> tuple[str, str]:
    """The cause of the first finding, and its sentence."""
    report: RangeReport = check_ranges(target, seconds=1.0)
    assert len(report.findings) == 1, report.sentence
    return report.findings[0].cause, report.findings[0].failure.sentence


def test_the_core_whose_buffer_is_stale_is_told(sized: Sized) -> None:
    cause, sentence = first_of(sized("CORE_FORGOTTEN"))
    assert cause == "flush of a page (holding frames, mapped on): a stale translation stays in another page on core 2"
    assert (
        sentence == "the translation buffer of core 2 still shows frame 0 rwx in σ1[0], in the model there is nothing"
    )
    assert " on core 0" in first_of(sized("FIRST_PAGE_INVALIDATED"))[0]


def test_a_library_that_tells_no_number_is_asked_for_any_core(tmp_path: Path) -> None:
    cause, sentence = first_of(build(tmp_path, ANY, "CORE_FORGOTTEN"))
    assert cause == "flush of a page (holding frames, mapped on): a stale translation stays in another page"
    assert sentence.startswith("a translation buffer still shows frame 0 rwx in σ1[0]")


def test_a_number_of_cores_that_cannot_be_is_refused(tmp_path: Path) -> None:
    for number in (0, 65):
        with pytest.raises(TargetError, match=rf"musigma_cores\(\) returns {number}; return 1 to 64"):
            check_ranges(build(tmp_path, MANY, number=number))
    with pytest.raises(TargetError, match="musigma_cores, but not musigma_lookup_tlb2"):
        check_ranges(build(tmp_path, BLIND))


def test_what_every_core_remembers_is_drawn_beside_the_model(sized: Sized, tmp_path: Path) -> None:
    target = sized("CORE_FORGOTTEN")
    finding = check_ranges(target, seconds=1.0).findings[0]
    answers = ask_ranges(target, finding.trace)
    assert [[shown[2] for _, shown in answer.buffers] for answer in answers] == [
        [(-1, 0)] * 3,
        [(0, 7)] * 3,
        [(-1, 0), (-1, 0), (0, 7)],
    ]
    trace, html, svg = tmp_path / "trace.json", tmp_path / "page.html", tmp_path / "picture.svg"
    trace.write_text(json.dumps(finding.trace.to_json()), "utf-8")
    run = CliRunner().invoke(app, ["replay", str(trace), target.where, "--html", str(html), "--svg", str(svg)])
    assert run.exit_code == 1, run.output
    assert "buffer lets σ1[0] read, write and execute frame 0, the model does not" in html.read_text("utf-8")
    assert re.search(r"core 2: frame 0 rwx", svg.read_text("utf-8"))
    right = CliRunner().invoke(app, ["replay", str(trace), sized().where, "--html", str(html)])
    assert (right.exit_code, "buffer lets" in html.read_text("utf-8")) == (0, False)
    assert "core 0: frame 0, rwx; core 1: frame 0, rwx; core 2: frame 0, rwx" in html.read_text("utf-8")
