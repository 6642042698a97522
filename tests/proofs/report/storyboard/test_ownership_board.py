"""Storyboards of ownership: a lane a party, what each has of each page, and where a target shows something else."""

import pytest

from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation
from model.ownership.trace import OwnershipTrace, pages_of
from proofs.report.storyboard import TooLargeError
from proofs.report.storyboard.lane_page import lane_page
from proofs.report.storyboard.lanes import lane_svg
from proofs.report.storyboard.ownership_board import MOST, ownership_board

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
        ownership_board(OwnershipTrace("ffa", pages_of(9, 1), (LEND,)))
