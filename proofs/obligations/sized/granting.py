"""All of a grant: what has been made of the pages after each of its steps, in the words of the pages at first.

Where pages go, and which are lost, has names here, so that what comes of a step is said of pages by a formula without
quantifiers; what the theory of ranges says of a grant is made of the same names.
"""

from collections.abc import Callable
from typing import Any

from z3 import And, BoolSort, BoolVal, Exists, ForAll, Function, Implies, Not, Or

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.theory import taken
from model.spaces.theory import Formula, Slot, Term, a, q, r, x, y
from proofs.execution.contract import Named
from proofs.obligations.sized.blocks.laws import law_of
from proofs.obligations.sized.contracts import dst, dst_order, given, offset, src, src_order
from proofs.obligations.sized.effects import changes
from proofs.obligations.sized.going import call, moved, pages_of, pair, pairs_of, passes, sent, was_at
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import PAGES
from proofs.obligations.sized.pieces import to_itself
from proofs.obligations.sized.state import Shown, SizedState, has, s

# By name, of the pages at first: where one goes, that it does, that it goes with a place that is cleared, and that it
# derived from one that goes and has no right left.
goes_to = Function("goes_to", Slot, Slot, BoolSort())
leaves, is_cleared, derived, loses = (
    Function(name, Slot, BoolSort()) for name in ("leaves", "is_cleared", "derived", "loses")
)
window = (src, src_order, dst, dst_order, offset)


def of_a_grant() -> Named:
    """What is known by name of the pages at first: where they go, and which are lost."""
    to = sent(PAGES, pairs_of(*window), given)
    was = pages_of(PAGES)
    rights_left = Exists([a], And(was.right(x, a), given(a)))
    return {
        "where a page goes": ForAll([x, y], goes_to(x, y) == to(x, y)),
        "which pages go": ForAll([x], leaves(x) == Exists([y], goes_to(x, y))),
        "which pages are cleared": ForAll(
            [x], is_cleared(x) == taken(was, call(goes_to, given), CANONICAL_RANGES.readings, x)
        ),
        "which pages derived from one that goes": ForAll(
            [x], derived(x) == Exists([y], And(leaves(y), was.derives(x, y)))
        ),
        "which pages have no right left": ForAll([x], loses(x) == And(derived(x), Not(leaves(x)), Not(rights_left))),
    }


def of_grant_range(kernel: Kernel) -> None:
    """What has been made of the pages after each step, in the words of the pages at first."""

    stood: list[Shown] = [PAGES]

    def uncleared(page: Term, frame: Term) -> Formula:
        return And(PAGES.phys(page, frame), Not(is_cleared(page)))

    def unlost(page: Term, frame: Term) -> Formula:
        return And(uncleared(page, frame), Not(loses(page)))

    def from_there(those: str, now: Shown, left: Callable[[Term, Term], Formula], right: Formula) -> Named:
        return {
            f"what {those} derives from what it did": ForAll(
                [x, y, r], now.derives(x, y, r) == And(PAGES.derives(x, y, r), left(x, r))
            ),
            f"what {those} shows what it did": ForAll([x, r], now.phys(x, r) == left(x, r)),
            f"what {those} holds what it did": ForAll([x, r], now.holds(x, r) == And(PAGES.holds(x, r), left(x, r))),
            f"what {those} has rights that it had": ForAll(
                [x, a, r], now.right(x, a, r) == And(PAGES.right(x, a, r), left(x, r), right)
            ),
        }

    def where(f: SizedState, source: Term, target: Term, size: Term, rights: Any, *more: Any) -> Named:
        now = kernel.seen
        assert now is not None
        return {
            "a page goes from the range to the window": ForAll(
                [x, y], goes_to(x, y) == And(pair(source, target, size)(x, y), passes(PAGES, x, given))
            ),
            "one page goes to a place": ForAll([x, y, s], Implies(And(goes_to(x, s), goes_to(y, s)), x == y)),
            "the pages that go are in the range": ForAll(
                [x], leaves(x) == And(has(source, size, x), passes(PAGES, x, given))
            ),
            "no page that goes is cleared": ForAll([x], Implies(leaves(x), Not(is_cleared(x)))),
            "a page has its rights with the frame that it shows": ForAll(
                [x, a, r, q], Implies(And(PAGES.right(x, a, r), PAGES.phys(x, q)), PAGES.right(x, a, q))
            ),
            **from_there("is left", now, uncleared, BoolVal(True)),
            "the same pages go": ForAll([x], And(has(source, size, x), passes(now, x, given)) == leaves(x)),
        }

    def kept(f: SizedState, source: Term, size: Term, rights: Any, *more: Any) -> Named:
        now = kernel.seen
        assert now is not None
        stood.append(now)
        return {
            **from_there("stays", now, unlost, Implies(Or(leaves(x), derived(x)), given(a))),
            "the same pages go still": ForAll([x], And(has(source, size, x), passes(now, x, given)) == leaves(x)),
        }

    def arrived(f: SizedState, *terms: Any) -> Named:
        now = kernel.seen
        assert now is not None
        meant = changes(now, moved(stood[-1], was_at(goes_to, leaves)))
        return {f"by name: {said}": formula for said, formula in meant.items()}

    def laws(f: SizedState, *terms: Any) -> Named:
        sent, arrives, size = terms[-3:]
        kernel.path.assume(law_of("ranges__go__whole", sent, arrives, size))
        return to_itself(sent, arrives, size)

    kernel.between["windows"], kernel.between["clear_target"] = laws, where
    kernel.between["restrict_pieces"], kernel.between["merge_pieces"] = kept, arrived
