"""What callers know of pages: at some pages, with no name but a constant's, and so at any.

A contract of nodes says which node is where. What no page notices, halving above all, is said of pages instead: what
is proved of all of them is assumed of those few of which a proof speaks, so that no solver has to find them.
"""

from functools import cache
from typing import NamedTuple

from z3 import And, BoolSort, Const, Exists, ForAll, Function, Implies

from model.spaces.theory import Frame, Right, Slot, Term, a, q, r, x, y
from proofs.execution.contract import Named
from proofs.obligations.sized.contracts import any_right
from proofs.obligations.sized.state import Shown, SizedState, has, s, shown
from proofs.obligations.tree.invariants import n

any_page, other_page = Const("any_page", Slot), Const("other_page", Slot)
any_frame = Const("any_frame", Frame)

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


# Pages of which callers know no node.


@cache
def fresh_pages(name: str) -> Shown:
    """Pages of which nothing is known."""
    return Shown(
        Function(f"derives{name}", Slot, Slot, Frame, BoolSort()),
        Function(f"phys{name}", Slot, Frame, BoolSort()),
        Function(f"holds{name}", Slot, Frame, BoolSort()),
        Function(f"right{name}", Slot, Right, Frame, BoolSort()),
    )


PAGES = fresh_pages("")

LAWS: dict[str, str] = {
    "a page that is shown lies in a mapping": "lies__in__a_mapping",
    "what derives from a page shows its frame": "links__join__pages",
    "what is held is shown": "held__is__shown",
    "a page has a right if and only if it is shown": "rights__are__shown",
}
"""What is said of pages, and how that is named among obligations."""


def laws_of_pages(pages: Shown, f: SizedState) -> Named:
    """What is proved of the pages that a tree stands for: all that is known where no node is looked at."""
    there = And(f.live(n), f.slot(n, s), has(s, f.order(n), x))
    some = Exists([a], pages.right(x, a, r))
    found = (
        ForAll([x, r], Implies(pages.phys(x, r), Exists([n, s], there))),
        ForAll([x, y, r], Implies(pages.derives(x, y, r), And(pages.phys(x, r), pages.phys(y, r)))),
        ForAll([x, r], Implies(pages.holds(x, r), pages.phys(x, r))),
        ForAll([x, r], pages.phys(x, r) == some),
    )
    return dict(zip(LAWS, found, strict=True))


def one_frame(pages: Shown) -> Named:
    """What is proved of the frames of pages."""
    return {"a page shows one frame": ForAll([x, r, q], Implies(And(pages.phys(x, r), pages.phys(x, q)), r == q))}


def same_pages(was: Shown, now: Shown) -> Named:
    """Every page is what it was."""
    return {
        "links are what they were": ForAll([x, y, r], now.derives(x, y, r) == was.derives(x, y, r)),
        "what is shown is what it was": ForAll([x, r], now.phys(x, r) == was.phys(x, r)),
        "what is held is what it was": ForAll([x, r], now.holds(x, r) == was.holds(x, r)),
        "rights are what they were": ForAll([x, a, r], now.right(x, a, r) == was.right(x, a, r)),
    }
