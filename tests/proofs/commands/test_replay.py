"""``musigma replay`` on the model: what the trace was kept for is said, and a fault that is none is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from model.messages.scope import MessageScope
from model.messages.trace import MessageTrace
from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.operation import Kind
from musigma.cli import app
from proofs.verdict import EXIT_PASSED, EXIT_USAGE

FLUSH = RangeOperation(Kind.FLUSH, 2, 1, own=True)
RANGES = RangeTrace("canonical", "x2", RangeScope(2, 2, 2, 0b11), (FLUSH,), "own pages stay", "", "range-own-stays")
MESSAGES = MessageTrace("canonical", "canonical", MessageScope(1, 1, 1, 1, 1, 1, 1), ())


def replayed(trace: RangeTrace | MessageTrace, folder: Path, *more: str) -> Result:
    file = folder / "trace.json"
    file.write_text(json.dumps(trace.to_json()), "utf-8")
    return CliRunner().invoke(app, ["replay", str(file), *more])


def test_a_trace_of_ranges_says_what_it_shows_and_that_its_fault_is_not_run(tmp_path: Path) -> None:
    said = replayed(RANGES, tmp_path)
    assert said.exit_code == EXIT_PASSED
    assert said.output.splitlines()[:4] == [
        "ranges x2, pages canonical · 2 spaces × 2 pages × 2 frames, orders 0, 1",
        "This is the model alone. What the trace was kept for was not checked here: own pages stay.",
        "The fault range-own-stays is not in it; --svg and --html draw what it does.",
        "",
    ]
    plain = replayed(replace(RANGES, shows="", fault=""), tmp_path).output.splitlines()
    assert plain[1:3] == ["This is the model alone.", ""]


@pytest.mark.parametrize("more", [(), ("missing.so",)])
def test_a_fault_that_is_none_is_refused_wherever_the_trace_runs(more: tuple[str, ...], tmp_path: Path) -> None:
    given = tuple(str(tmp_path / name) for name in more)
    for name in given:
        Path(name).touch()
    refused = replayed(replace(RANGES, fault="range-own-stay"), tmp_path, *given)
    assert refused.exit_code == EXIT_USAGE
    assert "at $.fault: no fault of ranges is called 'range-own-stay'; did you mean range-own-stays" in refused.output


def test_a_fault_of_the_last_step_needs_one(tmp_path: Path) -> None:
    from proofs.faults.theory import MESSAGE_FAULTS

    name = next(name for name, fault in MESSAGE_FAULTS.items() if not fault.refuses)
    refused = replayed(replace(MESSAGES, fault=name), tmp_path)
    assert refused.exit_code == EXIT_USAGE
    assert f"the fault {name} is one of the last step, and there is none" in refused.output
