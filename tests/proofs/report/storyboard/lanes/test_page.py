"""The page of a board with lanes: a section a step, what is new and what is gone in each lane, and where it opens."""

import re

from proofs.report.storyboard.lanes.lanes import LaneBoard, LaneState, LaneStep
from proofs.report.storyboard.lanes.page import lane_page


def _lane(*words: str, wrong: bool = False) -> LaneState:
    return LaneState(words, wrong)


BOARD = LaneBoard(
    "two cores & a lock",
    ("At once: <both>.",),
    ("core 0", "core 1"),
    (
        LaneStep(0, -1, "at first", (_lane("runs"), _lane("runs"))),
        LaneStep(3, 0, "takes A", (_lane("runs", "holds A"), _lane("runs"))),
        LaneStep(7, 1, "takes A", (_lane("runs"), _lane("runs", "holds A", wrong=True)), ("two hold <A>",)),
    ),
)


def _sections(drawn: str) -> list[str]:
    return re.findall(r"<section.*?</section>", drawn, re.DOTALL)


def test_each_step_is_a_section_by_its_place() -> None:
    drawn = _sections(lane_page(BOARD))
    assert [re.findall(r'data-first="(\d+)"', each) for each in drawn] == [["0"], ["1"], ["2"]]
    assert [re.findall("<h2>(.*?)</h2>", each) for each in drawn] == [["at first"], ["3. takes A"], ["7. takes A"]]
    assert [each.count("lane acts") for each in drawn] == [0, 1, 1]
    assert [each.count("guilty") for each in drawn] == [0, 0, 1]


def test_a_lane_tells_what_is_new_and_what_is_gone() -> None:
    drawn = _sections(lane_page(BOARD))
    assert [re.findall('class="new">(.*?)<', each) for each in drawn] == [[], ["holds A"], ["holds A"]]
    assert [re.findall("<del>(.*?)</del>", each) for each in drawn] == [[], [], ["holds A"]]


def test_it_opens_where_something_is_wrong_and_needs_no_other_file() -> None:
    drawn = lane_page(BOARD)
    assert re.search(r'"last": 2', drawn)
    assert re.search(r'"opens": 2', drawn)
    assert "two hold &lt;A&gt;" in drawn
    assert "two cores &amp; a lock" in drawn
    assert "At once: &lt;both&gt;." in drawn
    assert not re.findall(r'(?:src|href)="(?!#|data:)', drawn)
    right = LaneBoard(BOARD.title, BOARD.about, BOARD.names, BOARD.steps[:2])
    assert re.search(r'"opens": 0', lane_page(right))
