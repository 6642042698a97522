"""Shortest traces of threads and messages: of wrong readings, of faults, of covert channels; replayed and drawn."""

import json
from pathlib import Path

import pytest

from model.messages.trace import MessageTrace
from model.spaces.dialect import CANONICAL
from proofs.counterexamples.by_name import counterexample, names
from proofs.counterexamples.messages import WRONG_READINGS, fault_named, fault_names, to_reading, with_fault
from proofs.faults.theory import MESSAGE_FAULTS
from proofs.report.storyboard import page, svg
from proofs.report.storyboard.replays.message_states import FaultError, replayed_messages
from proofs.report.storyboard.replays.messages import message_board
from proofs.report.storyboard.scenes.scene import Storyboard
from proofs.report.storyboard.scenes.verdicts_in_words import about, heading

pytest.importorskip("model.messages.compiled")

LENGTHS = {
    "ids=reused": (4,),
    "ids=versions_wrap": (4,),
    "begins=anywhere": (1,),
    "sender=badge": (2,),
    "sender=claimed": (2,),
    "window=ignored": (2,),
    "afterwards=open": (2,),
    "ports=anywhere": (2,),
    "strings=anywhere": (2,),
    "item=dropped": (2, 2),
    "faults=whole_space": (2,),
    "chooses=caller": (1, 2),
    "lines=first_come": (1, 2),
}
QUICK = ("window=ignored", "lines=first_come", "ids=reused", "strings=anywhere", "item=dropped")


def drawn(trace: MessageTrace) -> Storyboard:
    """The trace's storyboard, whose picture and page can be made."""
    board = message_board(MessageTrace.from_json(json.loads(json.dumps(trace.to_json()))))
    assert svg(board).count('class="scene"') == len(trace.operations) + 1
    assert "</html>" in page(board)
    return board


@pytest.mark.long
@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(name, marks=pytest.mark.long if name == "ids=reused" else ())
        if name in QUICK
        else pytest.param(name, marks=pytest.mark.slow)
        for name in WRONG_READINGS
    ],
)
def test_each_wrong_reading_has_a_shortest_trace_that_shows_it(reading: str) -> None:
    found = to_reading(reading, CANONICAL)
    assert found.obligation is not None
    assert found.obligation.id == WRONG_READINGS[reading]
    assert tuple(len(run.operations) for run in found.runs) == LENGTHS[reading]
    boards = [drawn(run) for run in found.runs]
    violated = [finding.kind for finding in boards[-1].scenes[-1].findings]
    assert violated == (["violated"] if len(boards) == 1 else [])
    if len(boards) == 2:
        second = "done" if reading == "item=dropped" else "refused"
        assert found.told == ("done", second)
        assert boards[1].scenes[-1].ending == ("" if second == "done" else second)


FAULTS = ("message-lost-wakeup-send", "message-window-ignored-send-map", "message-sender-claims-send")
TAKING = [fault.name for fault in MESSAGE_FAULTS.values() if not fault.refuses]


@pytest.mark.parametrize(
    "name", [name if name in FAULTS else pytest.param(name, marks=pytest.mark.slow) for name in TAKING]
)
def test_each_fault_has_a_trace_whose_last_step_is_wrong(name: str) -> None:
    found = with_fault(MESSAGE_FAULTS[name], CANONICAL)
    if "leaves-anything" in name:
        assert (found.runs, found.complete) == ((), True)
        return
    assert found.obligation is not None
    boards = [drawn(run) for run in found.runs]
    assert all(run.fault == name for run in found.runs)
    if len(boards) == 1:
        assert [finding.kind for finding in boards[0].scenes[-1].findings if finding.kind == "violated"]


def test_what_passes_and_who_waits_is_in_the_picture() -> None:
    board = drawn(to_reading("window=ignored", CANONICAL).runs[0])
    waits, sends = board.scenes[1], board.scenes[2]
    assert waits.speech is not None
    assert sends.speech is not None
    assert [mark.state for mark in waits.speech.threads] == ["runs", "waits for #0"]
    assert [(each.sender, each.receiver, each.words) for each in sends.speech.passed] == [(0, 1, "w0")]
    assert sends.changes == ("τ1 no longer waits", "τ1 gets w0 from #0", "new: σ1[0], from σ0[0], rwx")
    picture = svg(board)
    assert 'class="speech waits"' in picture
    assert 'class="speech passes"' in picture


def test_a_window_is_drawn_in_its_slot() -> None:
    board = drawn(to_reading("afterwards=open", CANONICAL).runs[0])
    assert [cell.windows for cell in board.scenes[1].cells] == [("τ0",), ()]
    assert 'class="window"' in svg(board)
    assert "window of τ0" in svg(board)


def test_a_trace_that_does_not_show_what_it_says_is_said_not_to() -> None:
    run = to_reading("window=ignored", CANONICAL).runs[0]
    right = MessageTrace("canonical", "canonical", run.scope, run.operations, run.shows, run.obligation)
    board = message_board(right)
    assert board.scenes[-1].ending == "refused"
    assert [finding.kind for finding in board.scenes[-1].findings] == ["unconfirmed"]
    assert board.violated == ""


def test_a_fault_that_is_none_of_the_last_operation_is_refused() -> None:
    run = to_reading("window=ignored", CANONICAL).runs[0]
    for fault, says in (("message-x", "is called 'message-x'"), ("message-ends-anybody", "is one of end")):
        wrong = MessageTrace("canonical", "canonical", run.scope, run.operations, fault=fault)
        with pytest.raises(FaultError, match=says):
            replayed_messages(wrong)


def test_faults_are_known_by_their_mechanism_too() -> None:
    fault = fault_named("message-window-ignored")
    assert fault is not None
    assert fault.name == "message-window-ignored-send-map"
    assert fault_named("message-refused-send") is None
    assert {"message-window-ignored", "message-lost-wakeup-send", *WRONG_READINGS} <= set(names())
    assert set(fault_names()) <= set(names())


def test_the_command_shows_writes_and_replays(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from musigma.cli import app

    files = {name: tmp_path / f"trace.{name}" for name in ("json", "svg", "html")}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    shown = CliRunner().invoke(app, ["counterexample", "begins=anywhere", *options])
    assert shown.exit_code == 0
    assert "1. τ0 begins τ2 in σ1, paged by #0" in shown.output
    again = CliRunner().invoke(app, ["replay", str(files["json"])])
    assert again.exit_code == 0
    assert "violated: B.thread" in " ".join(again.output.split())
    refused = CliRunner().invoke(app, ["replay", str(files["json"]), "some.so"])
    assert refused.exit_code == 2


def test_two_runs_are_shown_by_number() -> None:
    found = counterexample("messages__associate__answers__alike_inside")
    assert found.speech is not None
    assert len(found.speech.runs) == 2
    assert found.shown
    board = message_board(found.speech.runs[0])
    assert heading(board).startswith("Does not hold: whether a call among a set of spaces is possible does not depend")
    assert about(board)[0].startswith("messages__associate__answers__alike_inside · ")
