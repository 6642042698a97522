"""Storyboards: pictures of traces, as SVG, as a page to step through, and in words.

A trace is replayed (``replays``) and becomes a :class:`~proofs.report.storyboard.scenes.scene.Storyboard` of scenes
(``scenes``), which say what is to be seen; :func:`svg` and :func:`page` draw them (``drawing``). What several cores,
threads or parties do has a lane for each (``lanes``). :func:`storyboard_with_kernel` lets a kernel run beside the
model, if it implements the trace's dialect.
"""

from model.trace import Trace
from proofs.report.storyboard.drawing.page import page
from proofs.report.storyboard.drawing.svg import svg
from proofs.report.storyboard.replays.build import storyboard, storyboard_of
from proofs.report.storyboard.replays.machine import kernel_views, not_runnable, views_at
from proofs.report.storyboard.replays.run import ReplayedSteps, TooLargeError, choose_steps, replayed
from proofs.report.storyboard.scenes.scene import Storyboard
from proofs.report.storyboard.scenes.views import Views

__all__ = [
    "ReplayedSteps",
    "Storyboard",
    "TooLargeError",
    "Views",
    "choose_steps",
    "kernel_views",
    "not_runnable",
    "page",
    "storyboard",
    "storyboard_of",
    "storyboard_with_kernel",
    "svg",
]


def storyboard_with_kernel(trace: Trace) -> Storyboard:
    """The storyboard of a trace with page tables and buffers beside the model, or with the reason why not.

    :raises TooLargeError: the trace is too large to be replayed for a picture.
    """
    steps, aside = choose_steps(trace), not_runnable(trace)
    views = {} if aside else views_at(trace, steps)
    return storyboard_of(ReplayedSteps(trace, steps, replayed(trace, steps), views, aside=aside))
