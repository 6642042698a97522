"""The kernel with ranges beside the model: mappings with their sizes, the leaves that translate them, the buffers."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from machine.formats import SV39
from model.ranges.operation import RangeOperation
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Kind
from musigma.cli import app
from proofs.report.storyboard import page, svg
from proofs.report.storyboard.replays.range_machine import not_runnable, range_kernel_views
from proofs.report.storyboard.replays.ranges import range_board_with_kernel
from proofs.report.storyboard.scenes.views_in_words import columns_of, rows_of
from refinement.faults.ranges import SIZED_FAULTS

SCOPE = RangeScope(3, 4, 4, 0b111)
STEPS = (
    RangeOperation(Kind.MAP, 0, 2, 4, 2),
    RangeOperation(Kind.GRANT, 6, 1, 8, 1),
    RangeOperation(Kind.FLUSH, 0, 1),
    RangeOperation(Kind.MAP, 4, 0, 11, 0),
)
TRACE = RangeTrace("canonical", "canonical", SCOPE, STEPS, "Large pages taken apart")


def test_nodes_leaves_and_buffers_of_all_sizes() -> None:
    views = range_kernel_views(TRACE)
    assert [views[number].mappings for number in range(5)] == [
        ((0, 2),),
        ((0, 2), (4, 2)),
        ((0, 2), (4, 1), (8, 1)),
        ((0, 2), (8, 1)),
        ((0, 2), (8, 1)),
    ]
    assert [views[number].status for number in range(5)] == [DONE, DONE, DONE, DONE, REFUSED]
    leaf = {entry.slot: (entry.order, entry.frame, entry.place) for entry in views[1].entries}
    assert {leaf[slot][0] for slot in range(8)} == {2}
    assert [leaf[slot][1] for slot in range(4, 9)] == [0, 1, 2, 3, None]
    assert len({leaf[slot][2] for slot in range(4, 8)}) == 1
    assert leaf[8] == (0, None, None)
    held = {(each.core, each.slot): (each.frame, each.order) for each in views[2].cached}
    assert held[2, 9] == (3, 1)
    assert held[1, 5] == (1, 1)
    assert (1, 6) not in held
    assert views[1].entries[5].fields[0].name == "PPN"


def test_one_mapping_may_have_several_leaves() -> None:
    views = range_kernel_views(TRACE, format=SV39)
    assert views[1].mappings == ((0, 2), (4, 2))
    assert [(entry.order, entry.frame) for entry in views[1].entries[4:8]] == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_the_picture_outlines_mappings_and_the_page_tells_of_leaves() -> None:
    board = range_board_with_kernel(TRACE)
    assert not any(scene.findings for scene in board.scenes)
    assert columns_of(board) == ["model", "database", "page-table entry", "translation buffers"]
    assert board.scenes[2].blocks == ((0, 2), (4, 1), (8, 1))
    told = {row.name: [each.words for each in row.tellings] for row in rows_of(board, board.scenes[2])}
    assert told["σ2[1]"][1] == "← σ0[3], P frame 3, rwx, in σ2[0..1]"
    assert told["σ2[1]"][2].endswith("(2 pages)")
    assert told["σ2[1]"][3] == "core 2: frame 3, rwx, dirty, of 2 pages"
    drawing = svg(board)
    assert drawing.count("one mapping, 4 pages") == 1 + 2 + 1 + 1 + 1
    assert "outline around several pages: one mapping." in drawing
    assert "the kernel with ranges with its page tables: Sv39 with tables of 2" in page(board)
    assert re.search(r"entry at 0x[0-9a-f]+ for 4 pages", page(board))


def test_a_kernel_that_breaks_down_ends_the_views() -> None:
    tables = RangeTrace("canonical", "canonical", SCOPE, (STEPS[0], RangeOperation(Kind.FLUSH, 1, 0, own=True)))
    views = range_kernel_views(tables, kernel=SIZED_FAULTS["no-frame-to-take-apart"].kernel)
    assert all(not views[number].crashed for number in (0, 1))


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (RangeTrace("canonical", "canonical with own=range", SCOPE, ()), "canonical, and not canonical, ranges"),
        (RangeTrace("nova", "nova", SCOPE, ()), "canonical, and not nova, ranges nova"),
        (RangeTrace("canonical", "canonical", RangeScope(2, 3, 2, 0b11), ()), "3 pages are no row of mappings"),
    ],
)
def test_where_no_kernel_runs_the_page_says_why(trace: RangeTrace, said: str) -> None:
    assert said in not_runnable(trace)
    board = range_board_with_kernel(trace)
    assert said in board.aside
    assert "No page tables are shown" in page(board)
    with pytest.raises(ValueError, match="no page tables are shown"):
        range_kernel_views(trace)


def test_replay_draws_the_kernel_beside_the_model(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text(json.dumps(TRACE.to_json()), "utf-8")
    drawn = [tmp_path / "a.svg", tmp_path / "a.html"]
    done = CliRunner().invoke(app, ["replay", str(file), "--svg", str(drawn[0]), "--html", str(drawn[1])])
    assert done.exit_code == 0, done.output
    assert "one mapping, 2 pages" in drawn[0].read_text("utf-8")
    assert '<th scope="col">translation buffers</th>' in drawn[1].read_text("utf-8")
