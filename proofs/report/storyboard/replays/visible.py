"""Choose slots and frames to show: all of a small scope; of a larger one, what the trace touches or what matters."""

from collections.abc import Mapping, Sequence

import numpy as np

from model.spaces.literal import NIL, frame_of
from proofs.report.storyboard.replays.run import ReplayedSteps
from proofs.report.storyboard.scenes.scene import Anomaly

LARGEST = 8
"""Up to so many spaces of so many pages every slot is shown."""

MOST = 32
"""So many slots of a larger scope are shown at most, beside those that have to be."""

WRONG = 3
"""So many of the slots that findings of a kind name have to be shown."""


def shown_slots(run: ReplayedSteps, wrong: Mapping[int, Sequence[Anomaly]]) -> tuple[tuple[int, ...], str]:
    """The slots to be shown, and in words which are left out.

    :param wrong: what is wrong after each step that is shown.
    """
    scope = run.trace.scope
    if scope.spaces <= LARGEST and scope.pages <= LARGEST:
        return tuple(range(scope.slots)), ""
    named = {slot for step in run.steps if (o := run.states[step].operation) for slot in (o.src, o.dst) if slot >= 0}
    touched = _with_origins(run, named | _used(run))
    if len(touched) <= MOST:
        shown = tuple(sorted(touched)) or tuple(range(min(scope.frames, LARGEST)))
        return shown, f"shown are {len(shown)} of {scope.slots} slots: those that the trace touches"
    for found in wrong.values():
        for kind in {finding.kind for finding in found}:
            slots = [slot for finding in found if finding.kind == kind for slot in finding.slots]
            named |= set(slots[-1:]) if named & set(slots) else {*slots[:WRONG], *slots[-1:]}
    shown = tuple(sorted(named | _roots(run, named)))
    return (
        shown,
        f"shown are {len(shown)} of {scope.slots} slots: those of the steps shown, and where something is wrong",
    )


def _used(run: ReplayedSteps) -> set[int]:
    """Slots that are in use at some time, beside those that σ0 holds frames in from the beginning."""
    first = run.trace.scope.frames
    used: set[int] = set()
    for state in run.states.values():
        used.update((first + np.nonzero(state.spaces.sigma[first:] != NIL)[0]).tolist())
    return used


def _with_origins(run: ReplayedSteps, slots: set[int]) -> set[int]:
    """The slots with all those that they were mapped from."""
    found = set(slots)
    for state in run.states.values():
        for slot in slots:
            at = int(state.spaces.sigma[slot])
            while at >= 0 and at not in found:
                found.add(at)
                at = int(state.spaces.sigma[at])
    return found


def _roots(run: ReplayedSteps, slots: set[int]) -> set[int]:
    """The slots that hold the frames that these slots show."""
    return {slot for slot in _with_origins(run, slots) if any(s.spaces.sigma[slot] < NIL for s in run.states.values())}


def shown_frames(run: ReplayedSteps, slots: Sequence[int]) -> tuple[int, ...]:
    """The frames to be shown: those that a shown slot holds or shows at some time."""
    if len(slots) == run.trace.scope.slots:
        return tuple(range(run.trace.scope.frames))
    shown: set[int] = set()
    for state in run.states.values():
        for slot in slots:
            element = int(state.spaces.sigma[slot])
            shown |= {frame_of(element)} if element < NIL else set()
            shown |= {int(state.spaces.phys[slot])} - {NIL}
    return tuple(sorted(shown))
