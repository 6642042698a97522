# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""A small system for the explorer: a shootdown of a translation on two cores, in three steps.

One page table entry; each core may hold its translation. Core 0 takes the page away: it clears the entry and its own
translation (step 1), interrupts core 1 (step 2), and gives the frame away (step 3), which it may do only when core 1
has answered the interrupt by dropping its translation. Meanwhile both cores touch the page when they like, and load
the translation while the entry is there. The fault: step 3 does not wait for the answer.
"""

import numpy as np
from numba.extending import register_jitable

from proofs.explorer.system import Field, System, unreduced

ENTRY, TRANSLATION_0, TRANSLATION_1, PENDING, STEP = range(5)
WAITS = 0  # the place of the only parameter: whether step 3 waits for the answer

STEPS = (
    "core 0 touches the page",
    "core 1 touches the page",
    "core 0 clears the entry and its translation",
    "core 0 interrupts core 1",
    "core 1 drops its translation and answers",
    "core 0 gives the frame away",
)


@register_jitable
def _bit(state, place):
    """One of the four flags."""
    return state >> np.uint64(place) & np.uint64(1)


@register_jitable
def _flag(place):
    """The state in which only that flag is set."""
    return np.uint64(1) << np.uint64(place)


def successors(state, after, labels, flaws, wanted, parameters, scratch):
    """Every step that a core can make; see :class:`~proofs.explorer.system.System`."""
    count, step = 0, state >> np.uint64(STEP)
    advanced = state + _flag(STEP)
    for label in range(6):
        if label <= 1:
            enabled, following = _bit(state, ENTRY) == 1, state | _flag(TRANSLATION_0 + label)
        elif label == 2:
            enabled, following = step == 0, advanced & ~(_flag(ENTRY) | _flag(TRANSLATION_0))
        elif label == 3:
            enabled, following = step == 1, advanced | _flag(PENDING)
        elif label == 4:
            enabled, following = _bit(state, PENDING) == 1, state & ~(_flag(PENDING) | _flag(TRANSLATION_1))
        else:
            enabled = step == 2 and (parameters[WAITS] == 0 or _bit(state, PENDING) == 0)
            following = advanced
        if enabled:
            after[count], labels[count], flaws[count] = following, label, 0
            count += 1
    return count


def check(state, wanted, parameters, scratch):
    """``no-stale-translation``: once the frame is given away, no core translates to it."""
    given_away = state >> np.uint64(STEP) == 3
    return wanted & 1 if given_away and (_bit(state, TRANSLATION_0) or _bit(state, TRANSLATION_1)) else 0


def shootdown(waits: bool = True) -> System:
    """The protocol, or the faulty one that does not wait for the answer.

    >>> shootdown().unpack(shootdown().initial)
    {'entry': 1, 'translation 0': 0, 'translation 1': 0, 'pending': 0, 'step': 0}
    """
    return System(
        name="shootdown on two cores",
        fields=(
            Field("entry", 1),
            Field("translation 0", 1),
            Field("translation 1", 1),
            Field("pending", 1),
            Field("step", 2),
        ),
        initial=1,
        successors=successors,
        check=check,
        canonical=unreduced,
        fanout=len(STEPS),
        parameters=(int(waits),),
        scratch=0,
        properties=("no-stale-translation",),
        step_text=STEPS.__getitem__,
    )
