"""Storyboards with lanes as a page to step through: one HTML file that needs no network and no other file.

Without scripts it shows all steps one below the other, and so it does on paper.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from proofs.report.storyboard.drawing.page import environment
from proofs.report.storyboard.drawing.style import DARK, LIGHT
from proofs.report.storyboard.lanes.lanes import LaneBoard, LaneState, LaneStep, step_title


def lane_page(board: LaneBoard) -> str:
    """The board as one HTML document, which opens at the last step at which something is wrong; else at the first."""
    steps = list(_steps(board))
    wrong = (place for place, step in reversed(list(enumerate(board.steps))) if step.findings)
    details = {"last": len(steps) - 1, "opens": next(wrong, 0), "scenes": {}, "gaps": {}}
    template = environment().get_template("lanes.html.j2")
    return template.render(
        heading=board.title, board=board, steps=steps, details=details, style=Markup(), light=LIGHT, dark=DARK
    )


def _steps(board: LaneBoard) -> Iterator[dict[str, Any]]:
    """Each step: its title, what is wrong, and what stands in each lane, what of it is new, and what is gone."""
    nothing = LaneStep(0, -1, "", tuple(LaneState(()) for _ in board.names))
    for before, step in pairwise((nothing, *board.steps)):
        lanes = [
            {
                "name": name,
                "acts": place == step.actor,
                "wrong": state.wrong,
                "words": state.words,
                "new": () if before is nothing else tuple(each for each in state.words if each not in was.words),
                "gone": tuple(each for each in was.words if each not in state.words),
            }
            for place, (name, state, was) in enumerate(zip(board.names, step.lanes, before.lanes, strict=True))
        ]
        yield {"title": step_title(step), "findings": step.findings, "lanes": lanes}
