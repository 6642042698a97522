"""Traces as scenes, and scenes as an SVG or as a page to step through."""

from musigma.shadowing import refuse_foreign

refuse_foreign()

from proofs.report.storyboard import (
    Storyboard,
    TooLargeError,
    kernel_views,
    page,
    storyboard,
    storyboard_with_kernel,
    svg,
)

__all__ = [
    "Storyboard",
    "TooLargeError",
    "kernel_views",
    "page",
    "storyboard",
    "storyboard_with_kernel",
    "svg",
]
