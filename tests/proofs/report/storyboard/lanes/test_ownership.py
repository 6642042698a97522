"""Storyboards of ownership: a lane a party, what each has of each page, and where a target shows something else."""

import pytest

from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation
from model.ownership.trace import OwnershipTrace, pages_of
from proofs.report.storyboard import TooLargeError
from proofs.report.storyboard.lanes.lanes import lane_svg
from proofs.report.storyboard.lanes.ownership import MOST, ownership_board
from proofs.report.storyboard.lanes.page import lane_page
from refinement.check.ownership.graph import holdings

LEND, RETRIEVE = PageOperation(Kind.LEND, 0, 1, 0), PageOperation(Kind.RETRIEVE, 1, NOBODY_ELSE, 0)
AGAIN = PageOperation(Kind.LEND, 0, 1, 0)
TRACE = OwnershipTrace("ffa", pages_of(2, 1), (LEND, RETRIEVE, AGAIN))


def test_each_step_shows_what_everybody_has() -> None:
    board = ownership_board(TRACE)
    assert board.names == ("σ0", "σ1")
    assert [step.title for step in board.steps] == [
        "at first",
        "σ0 lends page 0 to σ1",
        "σ1 retrieves page 0",
        "σ0 lends page 0 to σ1 (nothing is done)",
    ]
    assert [step.actor for step in board.steps] == [0, 0, 1, 0]
    assert [step.lanes[0].words for step in board.steps] == [
        ("page 0: owns and accesses it",),
        *[("page 0: owns it",)] * 3,
    ]
    assert board.steps[1].lanes[1].words == ("page 0: borrows it, lent by σ0",)
    assert not any(lane.wrong for step in board.steps for lane in step.lanes)


def test_a_target_that_shows_something_else_stands_below() -> None:
    board = ownership_board(TRACE, ((5, 0), (5, 2)), "it differs")
    assert board.steps[1].lanes[0].words == ("page 0: owns it", "the target: owns and accesses it")
    assert board.steps[1].lanes[0].wrong
    assert [step.findings for step in board.steps] == [(), (), (), ("it differs",)]
    for drawn in (lane_svg(board), lane_page(board)):
        assert "the target: owns and" in drawn
        assert "it differs" in drawn


def test_what_is_too_large_is_not_drawn() -> None:
    with pytest.raises(TooLargeError, match="steps"):
        ownership_board(OwnershipTrace("ffa", pages_of(2, 1), (LEND,) * (MOST + 1)))
    with pytest.raises(TooLargeError, match="parties"):
        ownership_board(OwnershipTrace("ffa", pages_of(9, 1), tuple(LEND._replace(other=y) for y in range(1, 9))))


def test_who_is_not_named_has_no_lane_unless_a_target_is_wrong_about_it() -> None:
    trace = OwnershipTrace("ffa", pages_of(9, 1), (LEND,))
    assert ownership_board(trace).names == ("σ0", "σ1")
    told = tuple(holdings(state) for _, _, state in trace.states())
    told[1][7] = 4
    board = ownership_board(trace, told, "it differs")
    assert board.names == ("σ0", "σ1", "σ7")
    assert [lane.wrong for lane in board.steps[1].lanes] == [False, False, True]
    assert board.about[-1] == "No step names 6 other parties."
