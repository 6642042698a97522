"""The walk along the parts of a range, and what is taken from each.

It looks at no node but those that it finds: of everything else it knows pages. Those of the range that the walk has
passed are flushed, and no other page has changed. Between the parts no page is shown, so there is nothing to flush.
"""

from z3 import And, ForAll, Implies, Or

from model.spaces.theory import Formula, Slot, Term, x
from proofs.execution.contract import Named
from proofs.execution.loop_rules import Values
from proofs.obligations.sized.blocks.laws import for_all, law_of
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import b, given, order, own, slot
from proofs.obligations.sized.effects import changes, flushed_either
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import PAGES, Two, any_frame, any_page, other_page
from proofs.obligations.sized.search import IN_A_ROW, earlier, is_part, no_later, order_in
from proofs.obligations.sized.state import SizedState, has, lifted, shown, shows
from proofs.obligations.sized.walks import KernelLoop
from proofs.obligations.tree.invariants import is_at_or_below, n

end = ABSTRACT.upper(slot, order)


def of_a_range() -> Named:
    """The laws of the range: it ends behind its last page."""
    return {**for_all(*IN_A_ROW), **law_of("block__ends__at_the_next", slot, order)}


def of_range(kernel: Kernel) -> KernelLoop:
    """The loop of ``flush_range``."""

    def keeps(f: SizedState, values: Values) -> Named:
        at, part = lifted(values["slot"], Slot), order_in(values, "part")
        assert kernel.seen is not None

        def done(page: Term) -> Formula:
            return And(has(slot, order, page), earlier(page, at))

        return {
            "the walk is in the range, or at its end": And(no_later(slot, at), no_later(at, end)),
            **{said: Implies(earlier(at, end), formula) for said, formula in is_part(f, end, at, part).items()},
            **changes(kernel.seen, flushed_either(PAGES, done, given, own)),
        }

    def closer(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
        old, new = lifted(before["slot"], Slot), lifted(now["slot"], Slot)
        return And(earlier(old, new), no_later(new, end))

    def laws(f: SizedState, values: Values) -> Named:
        return law_of("block__ends__at_the_next", lifted(values["slot"], Slot), order_in(values, "part"))

    return KernelLoop(kernel, keeps, closer, laws=laws)


def of_block(kernel: Kernel) -> None:
    """What ``isolate`` leaves for ``take_block``: a node that shows the block, and what derives from it below."""

    def source(f: SizedState, node: Term) -> Term:
        """The page of the block, or beyond it, at which the node shows the frame in question."""
        return ABSTRACT.moved(any_frame, f.frame(node), slot)

    def pages(was: SizedState, at: Term, of_order: Term) -> list[Two]:
        now, node = kernel.tree.state(), kernel.node
        kernel.path.assume(law_of("frame__is__moved_back", slot, now.frame(node), any_frame))
        kernel.path.assume(law_of("first__shows__first", slot, now.frame(node)))
        above = (other_page, source(now, node))
        return [*(Two(any_page, page, any_frame) for page in above), Two(slot, slot, now.frame(node))]

    def between(f: SizedState, at: Term, of_order: Term, node: Term) -> Named:
        before, above = shown(b), source(f, node)
        derives = And(has(slot, order, above), before.derives(any_page, above, any_frame))
        inside = Or(has(slot, order, any_page), derives)
        there = shows(f, n, any_page, any_frame)
        return {
            "a page of the block that shows the frame is where the node shows it": ForAll(
                [x], Implies(And(has(slot, order, x), before.phys(x, any_frame)), x == above)
            ),
            "what is below the node was in the block, or derived from it": ForAll(
                [n], Implies(And(there, is_at_or_below(f, n, node)), inside)
            ),
            "what was in the block, or derived from it, is below the node": ForAll(
                [n], Implies(And(there, inside), is_at_or_below(f, n, node))
            ),
        }

    kernel.pages["isolate"], kernel.between["isolate"] = pages, between
