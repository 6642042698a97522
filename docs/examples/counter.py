# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""A kernel counts the mappings of a frame, and gives the frame away at 0; the counter can be too narrow.

Four pages may show the frame; the first does when it all begins. Two bits count up to three: with a fourth mapping the
counter is 0 again, and the frame is given away while all four pages show it.
"""

import numpy as np
from numba.extending import register_jitable

from musigma.searches import Field, System, unreduced

PAGES = 4  # the lowest bits of a state: one for each page that shows the frame
GONE = 4  # the place of the flag for a frame that is given away
COUNT = 5  # the place of the counter, which has as many bits as the first parameter says


@register_jitable
def _bit(place):
    return np.uint64(1) << np.uint64(place)


@register_jitable
def _recounted(state, more, parameters):
    """The state with one mapping more or less in the counter, which keeps its lowest bits only."""
    most = _bit(parameters[0]) - np.uint64(1)
    count = (state >> np.uint64(COUNT)) + (np.uint64(1) if more else most)
    return state & (_bit(COUNT) - np.uint64(1)) | (count & most) << np.uint64(COUNT)


def successors(state, after, labels, flaws, wanted, parameters, scratch):
    """Map a page that is not mapped, unmap one that is, or give the frame away; nothing more once it is gone."""
    if state & _bit(GONE):
        return 0
    for page in range(PAGES):
        mapped = state & _bit(page) != 0
        after[page] = _recounted(state ^ _bit(page), not mapped, parameters)
        labels[page] = page + PAGES if mapped else page
        flaws[page] = 0
    if state >> np.uint64(COUNT) != 0:
        return PAGES
    after[PAGES], labels[PAGES], flaws[PAGES] = state | _bit(GONE), 2 * PAGES, 0
    return PAGES + 1


def check(state, wanted, parameters, scratch):
    """``no-use-after-free``: no page shows a frame that is given away."""
    shown = state & (_bit(PAGES) - np.uint64(1)) != 0
    return wanted & 1 if shown and state & _bit(GONE) else 0


def counting(bits: int) -> System:
    """The kernel whose counter has so many bits."""
    steps = [f"{verb} page {page}" for verb in ("map", "unmap") for page in range(PAGES)]
    return System(
        name=f"a frame's mappings, counted with {bits} bits",
        fields=(*(Field(f"page {page}", 1) for page in range(PAGES)), Field("given away", 1), Field("count", bits)),
        initial=1 | 1 << COUNT,
        successors=successors,
        check=check,
        canonical=unreduced,
        fanout=PAGES + 1,
        parameters=(bits,),
        scratch=0,
        properties=("no-use-after-free",),
        step_text=[*steps, "give the frame away"].__getitem__,
    )


narrow, wide = counting(2), counting(3)
