"""What callers know of pages: at some pages, with no name but a constant's, and so at any.

A contract of nodes says which node is where. What no page notices, halving above all, is said of pages instead: what
is proved of all of them is assumed of those few of which a proof speaks, so that no solver has to find them.
"""

from typing import NamedTuple

from z3 import Const, ForAll

from model.spaces.theory import Frame, Right, Slot, Term, a
from proofs.execution.contract import Named
from proofs.obligations.sized.state import SizedState, shown

any_page, other_page = Const("any_page", Slot), Const("other_page", Slot)
any_frame, any_right = Const("any_frame", Frame), Const("any_right", Right)

POINTS: dict[str, tuple[Term, ...]] = {
    "derives": (any_page, other_page, any_frame),
    "phys": (any_page, any_frame),
    "holds": (any_page, any_frame),
    "right": (any_page, any_right, any_frame),
}
"""Of what the relations are demanded at the end of a method, if not of all pages at once."""


class Two(NamedTuple):
    """Two pages and a frame that both may show."""

    page: Term
    above: Term
    frame: Term


def alike(was: SizedState, f: SizedState, two: Two) -> Named:
    """What two pages show, with which rights, and from what the one derives, is what it was."""
    old, new, (page, above, frame) = shown(was), shown(f), two
    of = f"of {page} and {above}"
    return {
        f"the link {of}": new.derives(page, above, frame) == old.derives(page, above, frame),
        f"what is shown {of}": new.phys(page, frame) == old.phys(page, frame),
        f"what is shown above {of}": new.phys(above, frame) == old.phys(above, frame),
        f"what is held {of}": new.holds(page, frame) == old.holds(page, frame),
        f"the rights {of}": ForAll([a], new.right(page, a, frame) == old.right(page, a, frame)),
    }
