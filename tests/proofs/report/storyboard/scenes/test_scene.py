"""What the scenes of small traces say, to the letter."""

from typing import Any

import pytest

from model.scope import Scope
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard import Storyboard, Views, storyboard
from proofs.report.storyboard.scenes.scene import Change, Scene
from tests.proofs.traces import TRACES


def _told(board: Storyboard) -> list[tuple[Any, ...]]:
    return [(scene.title, scene.changes, tuple(finding.text for finding in scene.findings)) for scene in board.scenes]


def _edges(scene: Scene) -> set[tuple[Any, ...]]:
    return {(e.source, e.target, e.rights, e.change.value, e.wrong) for e in scene.edges}


def test_a_map_onto_an_ancestor_leaves_a_dangling_link() -> None:
    board = storyboard(TRACES["dangling"])
    assert _told(board) == [
        ("at first", (), ()),
        ("map σ0[0] → σ1[0]", ("new: σ1[0], from σ0[0], rwx",), ()),
        ("map σ1[0] → σ2[0]", ("new: σ2[0], from σ1[0], rwx",), ()),
        (
            "map σ2[0] → σ1[0]",
            ("replaced: σ1[0], from σ2[0], ---", "gone: σ2[0]"),
            (
                "σ1[0] is a link to σ2[0], which is gone",
                "violated: C4, after map: no link leads to a page that is gone (not so for σ1[0], σ2[0])",
            ),
        ),
    ]
    assert _edges(board.scenes[2]) == {
        ("f0", "s0", 7, "", False),
        ("s0", "s1", 7, "", False),
        ("s1", "s2", 7, "new", False),
    }
    assert _edges(board.scenes[3]) == {
        ("f0", "s0", 7, "", False),
        ("s2", "s1", 0, "replaced", True),
        ("s0", "s1", 7, "gone", False),
        ("s1", "s2", 7, "gone", False),
    }
    last = board.scenes[3].cell(1)
    assert (last.phys, last.ends, last.link, last.chain, last.role, last.wrong) == (None, "φ", 2, (1, 2), "to", True)
    assert not board.scenes[3].cell(2).wrong


def test_a_map_onto_itself_makes_a_cycle_and_loses_the_frame() -> None:
    board = storyboard(TRACES["cycle"])
    assert _told(board)[1] == (
        "map σ0[0] → σ0[0]",
        ("replaced: σ0[0], from σ0[0], rwx",),
        (
            "a cycle: σ0[0] was mapped from itself; σ(v) has no value",
            "no slot holds frame 0 any more: it is lost",
            "violated: C1, after map: no slot derives from itself (not so for σ0[0])",
        ),
    )
    cell = board.scenes[1].cell(0)
    assert (cell.ends, cell.chain, cell.phys, cell.role) == ("a cycle", (0,), 0, "itself")
    assert board.scenes[1].frames[0].lost


def test_a_frame_whose_holder_is_emptied_is_lost() -> None:
    board = storyboard(TRACES["lost"])
    assert _told(board)[2] == (
        "map σ1[0] → σ0[0]",
        ("gone: σ0[0]", "gone: σ1[0]"),
        (
            "no slot holds frame 0 any more: it is lost",
            "violated: C11, after map: every frame is held by some slot (not so for frame 0)",
        ),
    )


def test_rights_beyond_the_parents_are_told_when_they_appear_and_when_a_flush_takes_them() -> None:
    board = storyboard(TRACES["widened"])
    assert [told[2] for told in _told(board)] == [
        (),
        (),
        (),
        ("σ2[0] may execute, which σ1[0], where it came from, may not",),
        (
            "σ2[0] lost x, though σ0[0] flushed only rw",
            "violated: C2, what derives from the page loses the rights named, no others"
            " (not so for σ2[0], the right x)",
        ),
    ]
    assert board.scenes[3].cell(2).change == Change.WIDENED
    assert board.scenes[3].changes == ("rights widened: σ2[0], rwx instead of rw-",)


def test_a_grant_moves_the_page_and_its_children_follow() -> None:
    board = storyboard(TRACES["granted"])
    assert _told(board)[3:] == [
        (
            "grant σ1[0] → σ3[1] rw-",
            ("gone: σ1[0]", "moved: σ2[0], from σ3[1], rw-", "moved: σ1[0] to σ3[1], rw-"),
            (),
        ),
        ("flush σ3[1] -w-", ("rights narrowed: σ2[0], r-- instead of rw-",), ()),
    ]
    assert board.scenes[4].cell(4).chain == (4, 7, 0)
    assert [cell.name for cell in board.scenes[3].cells if cell.role] == ["σ1[0]", "σ3[1]"]


def test_what_is_refused_changes_nothing_and_says_so() -> None:
    board = storyboard(Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 0),)))
    scene = board.scenes[1]
    assert (scene.outcome, scene.changes, scene.findings) == ("refused: nothing changes", (), ())
    assert all(cell.change == Change.NONE for cell in scene.cells)


def test_findings_that_stay_are_not_fresh() -> None:
    operations = (Operation("map", 0, 1), Operation("flush", 2))
    board = storyboard(Trace("canonical without no-frame-holder", Scope(2, 2, 2), operations))
    assert [[(f.text, f.fresh) for f in scene.findings] for scene in board.scenes] == [
        [],
        [("no slot holds frame 1 any more: it is lost", True)],
        [("no slot holds frame 1 any more: it is lost", False)],
    ]


def test_up_to_eight_by_eight_every_slot_is_shown() -> None:
    board = storyboard(Trace("canonical", Scope(8, 8, 8), (Operation("map", 0, 63),)))
    assert (board.slots, board.left_out) == (tuple(range(64)), "")


def test_beyond_that_only_what_the_trace_touches() -> None:
    scope = Scope(20, 30, 30)
    operations = (Operation("map", 3, 590), Operation("map", 590, 45), Operation("flush", 45))
    board = storyboard(Trace("canonical", scope, operations))
    assert [board.scope.name(slot) for slot in board.slots] == ["σ0[3]", "σ1[15]", "σ19[20]"]
    assert board.left_out == "shown are 3 of 600 slots: those that the trace touches"
    assert [mark.number for mark in board.scenes[0].frames] == [3]
    assert board.columns == ((0, (3,)), (1, (45,)), (19, (590,)))


def test_a_large_trace_without_a_step_still_shows_something() -> None:
    board = storyboard(Trace("canonical", Scope(9, 1, 1), ()))
    assert [cell.name for cell in board.scenes[0].cells] == ["σ0[0]"]


def test_views_must_be_one_a_state() -> None:
    with pytest.raises(ValueError, match="1 views of 3 states"):
        storyboard(TRACES["lost"], [Views()])
