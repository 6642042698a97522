"""Kernels with broken messages leave a trace file, which is replayed on the broken kernel and drawn."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.messages.scope import MessageScope
from model.messages.trace import MessageTrace
from musigma.cli import app
from proofs.counterexamples.by_name import counterexample
from proofs.faults.hunts.matrix import find_in_kernel
from proofs.faults.hunts.selection import shown_by, traceable
from proofs.faults.record import Engine
from proofs.report.storyboard import page, svg
from proofs.report.storyboard.replays.message_states import FaultError, replayed_messages
from proofs.report.storyboard.replays.messages import message_board
from proofs.report.storyboard.scenes import verdicts_in_words
from refinement.faults.messages import MESSAGE_FAULTS

QUICK = ("window-kept", "page-of-another", "message-lost")


@cache
def trace_of(fault: str) -> MessageTrace:
    found = find_in_kernel(fault)
    assert isinstance(found.trace, MessageTrace)
    assert (found.trace.fault, len(found.trace.operations)) == (fault, found.steps)
    return MessageTrace.from_json(json.loads(json.dumps(found.trace.to_json())))


@pytest.mark.parametrize(
    "fault", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in MESSAGE_FAULTS]
)
def test_a_broken_kernel_leaves_a_trace_that_shows_it(fault: str) -> None:
    trace = trace_of(fault)
    board = message_board(trace)
    assert [finding.kind for finding in board.scenes[-1].findings].count("machine") >= 1
    assert not any(finding.kind == "machine" for scene in board.scenes[:-1] for finding in scene.findings)
    assert board.drawn == f"the kernel with the fault {fault}"
    assert svg(board).count('class="scene"') == len(board.scenes)
    assert "</html>" in page(board)


def test_the_kernel_s_own_state_is_drawn_and_not_the_model_s() -> None:
    """The window that the broken kernel keeps is in the picture; the right kernel's is closed."""
    trace = trace_of("window-kept")
    kept, closed = (message_board(each).scenes[-1].speech for each in (trace, replace(trace, fault="")))
    assert kept is not None
    assert closed is not None
    assert sum(bool(each.window) for each in kept.threads) > sum(bool(each.window) for each in closed.threads)


@pytest.mark.parametrize(
    ("obligation", "heading", "small"),
    [
        ("", "as told", ""),
        (
            "messages__create__answers__alike_inside",
            "Does not hold: whether a call among a set of spaces",
            "messages__",
        ),
    ],
)
def test_one_of_two_runs_is_headed_by_what_they_break(obligation: str, heading: str, small: str) -> None:
    trace = replace(trace_of("window-kept"), fault="", shows="as told", obligation=obligation)
    board = message_board(trace)
    assert verdicts_in_words.heading(board).startswith(heading)
    assert verdicts_in_words.about(board)[0].startswith(small or "dialect")


def test_the_command_replays_it_and_draws_it(tmp_path: Path) -> None:
    file, picture = tmp_path / "trace.json", tmp_path / "trace.svg"
    file.write_text(json.dumps(trace_of("window-kept").to_json()))
    done = CliRunner().invoke(app, ["replay", str(file), "--svg", str(picture)])
    assert done.exit_code == 0
    assert "! threads: window: " in done.stdout
    assert picture.read_text().count('class="scene"') == len(trace_of("window-kept").operations) + 1


def test_it_is_a_counterexample_by_the_names_of_its_fault_and_its_mechanism() -> None:
    assert {"window-kept", "message-lost", "message-delivered-too-early"} <= set(traceable())
    found = counterexample("window-kept")
    assert found.fault is not None
    assert (found.fault.engine, found.shown) == (Engine.STATE_MACHINE, True)
    lost = shown_by("message-lost")
    assert lost is not None
    assert isinstance(lost.trace, MessageTrace)


def test_what_no_kernel_can_replay_is_refused() -> None:
    trace = trace_of("window-kept")
    with pytest.raises(FaultError, match="canonical dialects"):
        replayed_messages(replace(trace, messages="paper"))
    with pytest.raises(FaultError, match="give each thread an id of its own"):
        replayed_messages(replace(trace, scope=MessageScope(2, 1, 1, threads=3, ids=2)))
