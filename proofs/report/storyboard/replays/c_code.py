"""A counterexample of C code as a storyboard: the address spaces that its nodes stand for, before and after."""

import numpy as np

from model.spaces.literal import Spaces
from model.spaces.operation import WORDS
from proofs.c_code.picture import Picture
from proofs.c_code.refutation import AFTER
from proofs.report.storyboard.replays.build import cells_and_edges, changes_of_slots
from proofs.report.storyboard.scenes.scene import Anomaly, FrameMark, Scene, Storyboard
from refinement.check.driver.steps import step_text


def c_board(picture: Picture, dialect: str) -> Storyboard:
    """The storyboard of a counterexample: the structure before and after the call, with the sentence that is violated.

    If the code fails on the way, nothing comes after it: the structure before stands alone.
    """
    obligation, scope = picture.refutation.obligation, picture.scope
    role, call = picture.binding.functions[obligation.function].role, picture.call
    title = step_text(np.array((WORDS[role], *call), np.uint32)) if call else obligation.function
    states = [picture.literal(when) for when in picture.times]
    before, after = states[0], states[-1]
    slots = tuple(
        np.nonzero(np.logical_or.reduce([was != now for was, now in zip(before, after, strict=True)]))[0].tolist()
    )
    wrong = (Anomaly("violated", f"violated: {obligation.sentence}", slots),)
    words = tuple(picture.changes())
    scenes = []
    for number, (when, state) in enumerate(zip(picture.times, states, strict=True)):
        last = number == len(states) - 1
        findings = wrong if last else ()
        cells, edges = cells_and_edges(scope, before, None, state, findings)
        marks = tuple(FrameMark(r, _holders(state, r)) for r in range(scope.frames))
        told = (*changes_of_slots(scope, before, None, state), *words) if when == AFTER else tuple(picture.before())
        called = title if when == AFTER else "before"
        scenes.append(Scene(number, called, "", cells, marks, edges, told, findings, state))
    return Storyboard(
        title,
        dialect,
        scope,
        tuple(scenes),
        obligation=obligation.id,
        violated=obligation.sentence,
    )


def _holders(state: Spaces, r: int) -> tuple[int, ...]:
    return tuple(np.nonzero(state.sigma == -2 - r)[0].tolist())
