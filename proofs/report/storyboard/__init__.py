"""Storyboards: pictures of traces, as SVG, as a page to step through, and in words.

A trace is replayed and becomes a :class:`~proofs.report.storyboard.scene.Storyboard` of scenes, which say what is to be
seen; :func:`svg` and :func:`page` draw them. :func:`storyboard_with_kernel` lets a kernel run beside the model, if it
implements the trace's dialect.
"""

from model.trace import Trace
from proofs.report.storyboard.build import storyboard, storyboard_of
from proofs.report.storyboard.machine import kernel_views, not_runnable, views_at
from proofs.report.storyboard.page import page
from proofs.report.storyboard.run import ReplayedSteps, TooLargeError, choose_steps, replayed
from proofs.report.storyboard.scene import Storyboard
from proofs.report.storyboard.svg import svg
from proofs.report.storyboard.views import Views

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
