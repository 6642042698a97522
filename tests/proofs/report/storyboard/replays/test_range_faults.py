"""A fault's trace of ranges is shown with the fault in it: in the theory, in the kernel with ranges, in C."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.operation import Kind
from musigma.cli import app
from proofs.counterexamples.by_name import counterexample
from proofs.faults.hunts import ranges, sized
from proofs.faults.hunts.selection import shown_by, traceable
from proofs.faults.theory import RANGE_FAULTS
from proofs.report.storyboard import Storyboard, page, svg
from proofs.report.storyboard.replays.fault_trace import run_of
from proofs.report.storyboard.replays.range_faults import range_fault_board
from refinement.faults.ranges import SIZED_FAULTS

SMALL = RangeScope(2, 2, 2, 0b11)
COMPILER = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def board_of(fault: str, *operations: RangeOperation, scope: RangeScope = SMALL, obligation: str = "") -> Storyboard:
    return range_fault_board(RangeTrace("canonical", "canonical", scope, operations, "", obligation, fault))


def texts(board: Storyboard) -> list[list[str]]:
    return [[finding.text for finding in scene.findings] for scene in board.scenes]


def test_the_theory_with_a_fault_is_drawn_beside_the_model() -> None:
    steps = RangeOperation(Kind.MAP, 0, 0, 2), RangeOperation(Kind.MAP, 2, 0, 3), RangeOperation(Kind.FLUSH, 2, 1)
    board = board_of("range-own-stays", *steps, obligation="ranges__flush_range__leaves__nothing_below")
    assert board.title.startswith("Fault range-own-stays: pages of a flushed range stay")
    assert board.drawn == "the theory with the fault range-own-stays"
    assert texts(board)[:3] == [[], [], []]
    assert texts(board)[3][0] == "σ1[1] shows frame 0 rwx; without the fault, φ"
    assert texts(board)[3][-1].startswith("violated: A.flush, after flush_range: nothing derives")
    assert board.scenes[3].cell(3).beside == ("model: φ", "fault: frame 0 rwx")
    assert "with the fault" in page(board)
    assert "without the fault" in svg(board)


def test_a_call_that_the_faulty_theory_refuses_changes_nothing() -> None:
    board = board_of("range-crossing-map", RangeOperation(Kind.MAP, 2, 0, 3), RangeOperation(Kind.MAP, 0, 0, 2))
    assert [scene.ending for scene in board.scenes] == ["", "refused", ""]
    assert texts(board) == [[], [], []]


def test_a_broken_kernel_is_drawn_with_its_database_tables_and_buffers() -> None:
    steps = (RangeOperation(Kind.MAP, 0, 0, 3), RangeOperation(Kind.MAP, 1, 0, 2))
    board = board_of("joined-uncontiguous", *steps)
    assert board.drawn == "the kernel with the fault joined-uncontiguous"
    assert (texts(board)[:2], board.scenes[1].blocks, board.scenes[2].blocks) == ([[], []], ((0, 1),), ((0, 1), (2, 1)))
    assert "the database shows frame 0 rwx in σ1[0], the model frame 1 rwx" in texts(board)[2]
    assert "core 1's buffer lets σ1[0] read, write and execute frame 0, the model does not" in texts(board)[2]
    assert board.scenes[2].cell(2).beside[:2] == ("model: frame 1 rwx", "fault: frame 0 rwx")
    assert not any(text.startswith(("a core that stays", "the core that roams")) for text in texts(board)[2])


def test_what_no_view_shows_is_told_by_the_lockstep() -> None:
    (_, last) = texts(board_of("count-not-moved", RangeOperation(Kind.GRANT, 0, 1, 2, 1)))
    assert last == ["the mapping tree: begins: 1 nodes of order 1 begin at slot 2, not 0"]
    steps = RangeOperation(Kind.MAP, 2, 1, 4, 1), RangeOperation(Kind.FLUSH, 2, 1, own=True)
    board = board_of("first-leaf-invalidated", *steps, scope=RangeScope(3, 4, 4, 0b111))
    assert "core 1 still has σ1[1] as frame 3 after invalidating σ1[0..1]" in texts(board)[2]
    assert not any("is lost" in text for text in texts(board)[2])


def test_a_tree_that_names_what_is_not_there_is_told_of_and_not_drawn() -> None:
    steps = RangeOperation(Kind.MAP, 1, 0, 2), RangeOperation(Kind.GRANT, 0, 0, 3)
    board = board_of("half-forgets-child", *steps)
    assert texts(board)[2] == ["the mapping tree: within: node 3 has frames 1 to 1, its parent 2 has not all of them"]
    assert board.scenes[2].views is not None
    assert board.scenes[2].views.database is None
    assert svg(board)
    assert page(board)


@pytest.mark.slow
@COMPILER
def test_the_example_in_c_is_compiled_with_its_defect() -> None:
    away, back = RangeOperation(Kind.GRANT, 0, 0, 3), RangeOperation(Kind.GRANT, 3, 0, 0)
    steps = away, back, RangeOperation(Kind.GRANT, 0, 1, 2, 1)
    board = board_of("sized:GRANT_FIRST_PART", *steps)
    assert board.scenes[0].views is not None
    assert board.scenes[0].views.machine == "sized.c with GRANT_FIRST_PART"
    assert [scene.blocks for scene in board.scenes[:2]] == [((0, 1),), ()]
    wrong = [text for scene in texts(board) for text in scene]
    assert wrong
    assert board.title.startswith("Fault sized:GRANT_FIRST_PART: of a range that several mappings show")


def test_every_fault_of_ranges_can_be_asked_for() -> None:
    assert {*RANGE_FAULTS, *SIZED_FAULTS, *sized.names()} <= set(traceable())
    with pytest.raises(ValueError, match="no fault of ranges is called 'x'"):
        board_of("x")


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["range-rights-not-intersected-map", "range-cuts-links", "range-page-without-right-map"]
)
def test_faults_of_rights_need_rights(name: str) -> None:
    found = shown_by(name)
    assert found is not None
    assert (found.shortest, found.trace.fault) == (True, name)  # type: ignore[union-attr]
    assert texts(range_fault_board(found.trace))[-1]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no trace shows"):
        run_of(found, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*RANGE_FAULTS, *SIZED_FAULTS, *sized.names()])
def test_every_fault_is_told_and_no_step_before_the_last_is_wrong(name: str) -> None:
    found = counterexample(name)
    if name in ranges.BY_ARITHMETIC:
        assert found.ranges is None
        return
    assert found.ranges is not None
    assert RangeTrace.from_json(json.loads(json.dumps(found.ranges.to_json()))) == found.ranges
    board = range_fault_board(found.ranges)
    assert texts(board)[-1]
    if name != "sized:FRAME_OF_FIRST":  # which tells wrong frames from the beginning on
        assert texts(board)[:-1] == [[]] * (len(board.scenes) - 1)
    assert svg(board)
    assert page(board)


@pytest.mark.long
def test_the_commands_show_the_faulty_run(tmp_path: Path) -> None:
    files = {name: tmp_path / f"a.{name}" for name in ("json", "svg", "html")}
    options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    done = CliRunner().invoke(app, ["counterexample", "range-keeps-sources", *options], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "shown is what the theory with the fault range-keeps-sources does, not the model" in done.stdout
    assert "1: ! σ0[0] is in use, and was mapped from nowhere" in done.stdout
    assert "No trace within 2 spaces × 2 pages × 2 frames, orders 0, 1 is shorter." in done.stdout
    value = json.loads(files["json"].read_text("utf-8"))
    assert (value["musigma_trace"], value["fault"]) == (2, "range-keeps-sources")
    again = tmp_path / "again.svg"
    done = CliRunner().invoke(app, ["replay", str(files["json"]), "--svg", str(again)])
    assert done.exit_code == 0, done.output
    assert again.read_text("utf-8") == files["svg"].read_text("utf-8")
    files["json"].write_text(json.dumps({**value, "fault": "x"}), "utf-8")
    done = CliRunner().invoke(app, ["replay", str(files["json"]), "--svg", str(again)])
    assert (done.exit_code, "no fault of ranges is called 'x'" in done.output) == (2, True)


def test_what_no_call_shows_is_said_so() -> None:
    done = CliRunner().invoke(app, ["counterexample", "range-two-pages-to-one-place-map"], env={"COLUMNS": "200"})
    assert done.exit_code == 1
    assert "no call sends two pages to one place" in done.output


def test_the_model_is_drawn_where_no_fault_is_named() -> None:
    trace = RangeTrace("canonical", "canonical", SMALL, (RangeOperation(Kind.MAP, 0, 1, 2, 1),))
    board = range_fault_board(trace)
    assert (board.drawn, board.scenes[1].views is not None) == ("", True)
    assert replace(trace, fault="range-no-links-map").to_json()["fault"] == "range-no-links-map"
    assert {scene.ending for scene in board.scenes} == {""}
