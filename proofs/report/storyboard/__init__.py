"""Storyboards: pictures of traces, as SVG, as a page to step through, and in words.

A trace is replayed and becomes a :class:`~proofs.report.storyboard.scene.Storyboard` of scenes, which say what is to be
seen; :func:`svg` and :func:`page` draw them. :func:`storyboard_with_kernel` lets a kernel run beside the model, if it
implements the trace's dialect.
"""

from model.trace import Trace
from proofs.report.storyboard.build import storyboard
from proofs.report.storyboard.machine import kernel_views, not_runnable
from proofs.report.storyboard.page import page
from proofs.report.storyboard.scene import Storyboard
from proofs.report.storyboard.svg import svg
from proofs.report.storyboard.views import Views

__all__ = ["Storyboard", "Views", "kernel_views", "not_runnable", "page", "storyboard", "storyboard_with_kernel", "svg"]


def storyboard_with_kernel(trace: Trace) -> Storyboard:
    """The storyboard of a trace with page tables and buffers beside the model, or with the reason why not."""
    aside = not_runnable(trace)
    return storyboard(trace, () if aside else kernel_views(trace), aside=aside)
