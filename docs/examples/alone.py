"""An exercise: something true that does not follow from itself.

    musigma prove flush__alone --theory docs/examples/alone.py

No flush loses a frame: that is true, and no induction shows it that knows nothing else of the state before.
``flush__alone`` assumes only what it claims; ``flush__helped`` assumes one more invariant, the one that is needed.
"""

from musigma.theory import INVARIANTS as KNOWN
from musigma.theory import Formula, Obligation, Step


def still_held(step: Step) -> Formula:
    """Every frame is held, in the state after."""
    return KNOWN["no_frame_lost"].formula(step.after)


OBLIGATIONS = [
    Obligation(
        id=f"flush__{name}",
        claim="C11",
        sentence="after flush: every frame is held by some slot",
        action="flush",
        goal=still_held,
        invariants=assumed,
    )
    for name, assumed in {
        "alone": ("no_frame_lost",),
        "helped": ("no_frame_lost", "holder_derives_from_nothing"),
    }.items()
]
