"""A fault's trace is shown with the fault in it, on the layer that it was found in, and what is wrong is told."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from musigma.cli import app
from proofs.faults.hunts import reference
from proofs.faults.hunts.exploration import dialect_for
from proofs.faults.hunts.selection import shown_by, traceable
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.faults.theory import THEORY_FAULTS
from proofs.report.storyboard import Storyboard, page, storyboard_of, svg
from proofs.report.storyboard.replays.fault_trace import run_of, sentence_of
from refinement.faults.tables_and_tags import KERNEL_FAULTS


def _board(name: str) -> Storyboard:
    finding = shown_by(name)
    assert finding is not None
    return storyboard_of(run_of(finding, name))


def _last(board: Storyboard) -> list[str]:
    return [finding.text for finding in board.scenes[-1].findings]


@pytest.mark.long
def test_a_fault_of_the_theory() -> None:
    board = _board("flush-one-level")
    assert board.title == "Fault flush-one-level: only what was mapped directly from the page goes"
    assert board.drawn == "the theory with the fault flush-stops-at-children"
    assert [scene.title for scene in board.scenes[1:]] == ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "flush σ0[0]"]
    cell = board.scenes[-1].cell(2)
    assert (cell.in_use, cell.wrong) == (True, True)
    assert "σ2[0] reaches frame 0 though σ0[0] flushed it" in _last(board)
    assert _last(board)[-1].startswith("violated: ")


def test_a_fault_of_the_kernel_shows_its_database() -> None:
    board = _board("early-ascent")
    assert board.drawn == "the kernel with the fault early-ascent"
    assert board.scenes[-1].cell(1).wrong
    assert board.scenes[-1].cell(1).in_use
    assert board.scenes[-1].model.sigma.tolist() == [-2, -1, -1]
    assert "σ1[0] reaches frame 0 though σ0[0] flushed it" in _last(board)
    assert "the page table lets σ1[0] read, write and execute frame 0, the model does not" in _last(board)


def test_a_fault_of_the_buffers_leaves_the_database_right() -> None:
    board = _board("remote-core-forgotten")
    assert not board.scenes[-1].cell(2).in_use
    assert board.scenes[-1].cell(2).wrong
    assert "core 2's buffer lets σ2[0] read, write and execute frame 0, the model does not" in _last(board)


@pytest.mark.long
def test_a_chain_is_shown_in_part() -> None:
    steps = (*(Operation("map", page, page + 1) for page in range(257)), Operation("flush", 0))
    trace = Trace("canonical", Scope(1, 258, 1), steps, "reach: a core reaches too much")
    found = HuntResult(Engine.STATE_MACHINE, "depth-wrap", HuntEnding.KILLED, ("reach",), trace=trace)
    board = storyboard_of(run_of(found, "depth-wrap"))
    assert [scene.number for scene in board.scenes] == [0, 1, 2, 3, 257, 258]
    assert "and 255 more of this kind, in σ0[3] … σ0[257]" in _last(board)
    assert len(svg(board)) < 60_000
    assert len(page(board)) < 120_000


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_a_fault_of_the_reference() -> None:
    trace = Trace(
        "canonical", Scope(3, 1, 1), (Operation("map", 0, 1), Operation("map", 0, 2), Operation("flush", 0)), "it stays"
    )
    found = HuntResult(Engine.CHECK, "EARLY_ASCENT", HuntEnding.KILLED, ("diverges",), trace=trace, said="it stays")
    run = run_of(found, "EARLY_ASCENT")
    board = storyboard_of(run)
    assert run.views[3].machine == "mapdb.c with EARLY_ASCENT"
    assert _last(board) == [
        "the target shows frame 0 rwx in σ2[0], the model φ",
        "its page table shows frame 0 rwx in σ2[0], the model φ",
    ]
    assert board.title.startswith("Fault EARLY_ASCENT: the walk of a subtree goes up after the first child")


def test_every_name_has_a_sentence() -> None:
    assert all(sentence_of(name) for name in traceable())
    assert set(reference.names()) & set(traceable()) == set(reference.names())


THEORY = [name for name in THEORY_FAULTS if not THEORY_FAULTS[name].refuses]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*THEORY, *(name for name in KERNEL_FAULTS if name not in THEORY_FAULTS)])
def test_every_fault_is_told_and_no_step_before_the_last_is_wrong(name: str) -> None:
    found = shown_by(name) if name in traceable() else None
    if found is None:
        pytest.skip("it leaves no trace")
    board = storyboard_of(run_of(found, name))
    assert _last(board)
    assert found.trace is not None
    if found.engine == Engine.STATE_MACHINE or found.trace.dialect == "canonical":
        assert [scene.findings for scene in board.scenes[:-1]] == [()] * (len(board.scenes) - 1)
    if name in THEORY_FAULTS:
        assert found.trace.dialect == dialect_for(THEORY_FAULTS[name]).name
    assert page(board)
    assert svg(board)


@pytest.mark.long
def test_the_command_shows_the_faulty_run(tmp_path: Path) -> None:
    arguments = [
        "counterexample",
        "grant-drops-children",
        "--svg",
        str(tmp_path / "a.svg"),
        "--html",
        str(tmp_path / "a"),
    ]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "shown is what the theory with the fault grant-drops-children does, not the model" in result.stdout
    assert "2: ! σ1[0] shows φ; without the fault, frame 0 rwx" in result.stdout
    assert "No trace within 3 spaces × 1 page × 1 frame is shorter." in result.stdout
    assert "without the fault" in (tmp_path / "a.svg").read_text("utf-8")
    assert '<th scope="col">with the fault</th>' in (tmp_path / "a").read_text("utf-8")
