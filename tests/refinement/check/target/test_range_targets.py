"""Ranges of Python classes, and of programs that speak JSON lines."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.spaces.dialect import CANONICAL
from musigma.cli import app
from refinement.check import (
    RangeDialectReport,
    Target,
    TargetError,
    check_ranges,
    command_target,
    find_range_dialect,
    is_sized,
    parse_target,
    replay_ranges,
)
from refinement.check.driver.bench import Probe
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Order
from refinement.check.ranges.closure import RangeClosure
from refinement.check.target.loaders import load
from refinement.check.target.range_calls import RangeCall
from tests import EXAMPLES

SMALL = RangeScope(2, 2, 2, 0b11)

CLASS = """
import sys
sys.path.insert(0, {folder!r})
from sized import SizedDatabase
class Changed(SizedDatabase):
    {body}
"""

ON_CORES = """cores = 2
    def lookup_tlb2(self, core, space, page):
        assert core in (0, 1)
        shown = self.lookup2(space, page)
        return (shown[0] + (core and space), *shown[1:]) if shown else None
"""


def of_class(name: str) -> Target:
    return parse_target(f"{EXAMPLES / 'sized.py'}:{name}")


def of_lines() -> Target:
    return command_target(f"{sys.executable} {EXAMPLES / 'sized_json_lines.py'}")


def changed(folder: Path, body: str) -> Target:
    file = folder / "changed.py"
    file.write_text(CLASS.format(folder=str(EXAMPLES), body=body), "utf-8")
    return parse_target(f"{file}:Changed")


SERVER = """
for n, question in enumerate(iter(input, None)):
    print({hello!r} if n == 0 else {init!r} if "init2" in question else {answer!r}, flush=True)
"""


def lines(folder: Path, hello: dict[str, object], answer: str = "{}") -> Target:
    """A command that says this of itself, begins whatever it is asked for, and gives one answer to all else."""
    file = folder / "lines.py"
    said = json.dumps({"version": 1, **hello})
    file.write_text(SERVER.format(hello=said, init='{"status": 0}', answer=answer), "utf-8")
    return command_target(f"{sys.executable} {file}")


def sentence(target: Target) -> str:
    return check_ranges(target, seconds=1.0).findings[0].failure.sentence


@pytest.mark.long
@pytest.mark.parametrize("kind", ["class", "lines"])
def test_the_examples_conform_two_operations_deep(kind: str) -> None:
    target = of_class("SizedDatabase") if kind == "class" else of_lines()
    assert is_sized(target)
    work = RangeClosure(CANONICAL.readings, RangeReadings(), SMALL, 100.0, (7, 4), depth=2)
    ending = isolation.perform(Order(target, work, DEFAULT_LIMITS))
    assert ending.how == "answered", ending
    assert (ending.value["found"], ending.value["depth"]) == ([], 2)


@pytest.mark.long
def test_all_states_of_the_class_conform() -> None:
    report = check_ranges(of_class("SizedDatabase"), seconds=1.0)
    assert report.exit_status == 0, report.sentence
    assert "orders 0, 1: 218 states, all" in report.phases[0].sentence
    assert any(phase.name.startswith("limits, 2 spaces × 64 pages") for phase in report.phases)


@pytest.mark.long
def test_a_defect_of_a_class_is_found_and_replays() -> None:
    finding = check_ranges(of_class("FirstPageOnly"), seconds=5.0).findings[0]
    assert finding.texts() == ["map σ0[0] → σ1[1]", "flush σ1[0..1] with its own pages"]
    assert replay_ranges(of_class("FirstPageOnly"), finding.trace).step == 2
    assert replay_ranges(of_class("SizedDatabase"), finding.trace).failure is None
    assert replay_ranges(of_lines(), finding.trace).failure is None


@pytest.mark.long
def test_the_dialect_of_a_class_and_of_a_program_is_found() -> None:
    for target in (of_class("SizedDatabase"), of_lines()):
        found = find_range_dialect(target)
        assert isinstance(found, RangeDialectReport)
        assert (found.dialect.name, found.fits) == ("canonical", True)


@pytest.mark.long
def test_single_pages_of_a_class_are_ranges_of_one_page() -> None:
    target = f"{EXAMPLES / 'sized.py'}:FirstPageOnly"
    done = CliRunner().invoke(app, ["check", target, "--seconds", "3", "--seed", "1"])
    assert done.exit_code == 1, done.output
    assert "all 21 sequences of 1 operation" in done.output.replace("\n", " ")
    assert "flush σ1[0..1] with its own pages" in done.output


@pytest.mark.long
def test_buffers_of_a_class_are_asked_for_each_core(tmp_path: Path) -> None:
    assert sentence(changed(tmp_path, ON_CORES)).startswith("the translation buffer of core 1 still shows frame 1 rwx")


@pytest.mark.long
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "def map2(self, *asked): return None",
            "map2 returned None: return 0 for done, 1 for refused, 2 if that is not",
        ),
        ("def flush2(self, *asked): return -1", "flush returned -1, which is no status"),
        ("def lookup2(self, *asked): return 3, 7", "lookup2 returned (3, 7): return (frame, rights, order), or None"),
        ("def grant2(self, *asked): raise KeyError('lost')", "KeyError: 'lost' (line 6 of changed.py)"),
    ],
)
def test_what_a_class_may_answer(tmp_path: Path, body: str, said: str) -> None:
    assert said in sentence(changed(tmp_path, body))


@pytest.mark.long
def test_an_answer_in_lines_that_is_none_is_told(tmp_path: Path) -> None:
    has = ["map2", "grant2", "flush2", "lookup2"]
    target = lines(tmp_path, {"has": has}, json.dumps({"status": 1, "frame": 0, "rights": 7}))
    assert '{"op": "lookup2", "src": [0, 0]} it answered' in sentence(target)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="class Changed has map2, but not flush2: ranges need that as well"):
        load(changed(tmp_path, "flush2 = None"))
    with pytest.raises(TargetError, match=r"must be made as Changed\(spaces, pages, frames, orders\)"):
        load(changed(tmp_path, "def __init__(self, spaces, pages, frames): pass"))
    with pytest.raises(TargetError, match="it has map2, but not grant2, flush2: ranges need that as well"):
        is_sized(lines(tmp_path, {"has": ["map2", "lookup2"]}))


def test_cores_are_told_rightly(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="has cores, but not lookup_tlb2"):
        load(changed(tmp_path, "cores = 2"))
    with pytest.raises(TargetError, match="says that it has 65 cores; say 1 to 64"):
        load(changed(tmp_path, ON_CORES.replace("cores = 2", "cores = 65")))
    has = ["map2", "grant2", "flush2", "lookup2", "lookup_hw2", "lookup_tlb2"]
    with pytest.raises(TargetError, match="says that it has '3' cores"):
        is_sized(lines(tmp_path, {"has": has, "cores": "3"}))
    ending = isolation.perform(Order(lines(tmp_path, {"has": has, "cores": 3}), Probe(), DEFAULT_LIMITS))
    assert ending.value["ranges"] == [True] * len(RangeCall)


def test_a_class_without_ranges_has_none() -> None:
    target = parse_target(f"{EXAMPLES / 'mapdb.py'}:MappingDatabase")
    assert load(target).ranges == []
    with pytest.raises(TargetError, match="it has no ranges"):
        check_ranges(target)
