"""The walk along the children of a mapping that has a block: each that meets the block loses the rights.

A child is halved where it is in the block in part, and its other halves come before the cursor. So what is ahead of
the cursor stands as it stood; of what is not ahead and shows a frame of the block nothing has the rights.
"""

from z3 import And, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Term, a
from proofs.execution.contract import Named
from proofs.execution.loop_rules import Values
from proofs.execution.values import no_node
from proofs.obligations.sized.blocks.laws import law_of
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import b, given, order, slot, slot_of
from proofs.obligations.sized.ensures import apart
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import Two, any_frame, any_page, other_page
from proofs.obligations.sized.state import SizedState, at_most, has, is_block, lifted, s, shown, shows
from proofs.obligations.sized.walks import KernelLoop, ahead
from proofs.obligations.tree.invariants import is_at_or_below, m, n
from proofs.obligations.tree.loops import node_in

FALSE = Not(any_page == any_page)


def _first(values: Values) -> Term:
    return lifted(values["first"], Frame)


def source(values: Values) -> Term:
    """The page of the block, or beyond it, at which the mapping that has it shows the frame in question."""
    return ABSTRACT.moved(any_frame, _first(values), slot)


def page_of(f: SizedState, node: Term) -> Term:
    """The page of a node, or beyond it, at which it shows the frame in question."""
    return ABSTRACT.moved(any_frame, f.frame(node), slot_of(node, f))


def _holds(f: SizedState, values: Values) -> Named:
    top, child, first, was, now = node_in(values, "top"), node_in(values, "child"), _first(values), shown(b), shown(f)
    page, frame = any_page, any_frame
    block = And(has(s, b.order(top), slot), ABSTRACT.alongside(s, b.frame(top), slot, first))
    right = was.right(page, a, frame), now.right(page, a, frame)
    links = [
        (was.derives(page, above, frame), now.derives(page, above, frame)) for above in (other_page, source(values))
    ]
    links.append((was.holds(page, frame), now.holds(page, frame)))
    passed = And(f.below(n, top), has(first, order, frame), Not(_is_ahead(f, child, n)))
    return {
        "the mapping of the block is what it was": And(
            b.live(top), f.live(top), f.frame(top) == b.frame(top), f.order(top) == b.order(top),
            ForAll([s], f.slot(top, s) == b.slot(top, s)),
        ),
        "it has the block": And(
            ForAll([s], Implies(b.slot(top, s), block)), at_most(order, b.order(top)), is_block(first, order)
        ),
        "the cursor is NONE or a child": Or(child == no_node, f.parent(child, top)),
        "no page gains": And(
            Implies(now.phys(page, frame), was.phys(page, frame)),
            ForAll([a], Implies(right[1], right[0])),
            *(Implies(new, old) for old, new in links),
        ),
        "only what derives from the block loses": ForAll(
            [a], Implies(And(right[0], Not(And(_inside(values), given(a)))), right[1])
        ),
        "what is left derives from what it did": And(
            *(Implies(And(old, now.phys(page, frame)), new) for old, new in links)
        ),
        "what was passed has lost the rights": ForAll(
            [n, a], Implies(And(passed, shows(f, n, page, frame), given(a)), Not(f.rights(n, a)))
        ),
    }  # fmt: skip


def _inside(values: Values) -> Formula:
    """At first the page in question derives from a page of the block."""
    return And(has(slot, order, source(values)), shown(b).derives(any_page, source(values), any_frame))


def _is_ahead(f: SizedState, child: Term, of: Term) -> Formula:
    return And(child != no_node, ahead(f, child, FALSE, of))


def _children(f: SizedState, values: Values, of: Term) -> Formula:
    """A child that the walk has not come to, or is at."""
    child = node_in(values, "child")
    return And(child != no_node, f.parent(of, node_in(values, "top")), Or(of == child, f.left(child, of)))


def _closer(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
    fewer = ForAll([n], Implies(_children(f, now, n), _children(was, before, n)))
    return And(fewer, Not(_children(f, now, node_in(before, "child"))))


def _counts(was: SizedState, before: Values, f: SizedState, now: Values) -> Formula:
    child = node_in(before, "child")
    return ForAll([n], _children(f, now, n) == And(_children(was, before, n), n != child))


def _starts(values: Values) -> Formula:
    return ForAll([n], Implies(b.parent(n, node_in(values, "top")), _children(b, values, n)))


def _laws(f: SizedState, values: Values) -> Named:
    child = node_in(values, "child")
    return {
        **law_of("frame__is__moved_back", slot, _first(values), any_frame),
        **law_of("frame__is__moved_back", slot_of(child, f), f.frame(child), any_frame),
    }


def of_part(kernel: Kernel) -> KernelLoop:
    """The loop of ``flush_part``; of what is halved in a turn no page notices."""
    loop = KernelLoop(kernel, _holds, _closer, _counts, _starts, _laws)

    def pages(was: SizedState, part: Term, of_order: Term) -> list[Two]:
        assert loop.began is not None
        head, values = loop.began
        above = (other_page, source(values), page_of(head, node_in(values, "child")))
        return [*(Two(any_page, page, any_frame) for page in above), Two(part, slot, _first(values))]

    def between(f: SizedState, part: Term, of_order: Term, node: Term) -> Named:
        assert loop.began is not None
        head, values = loop.began
        top, child, first = node_in(values, "top"), node_in(values, "child"), _first(values)
        there = And(shows(f, n, any_page, any_frame), f.below(n, top), has(first, order, any_frame))
        at = page_of(head, child)
        taken = is_at_or_below(f, n, node)
        later = And(head.live(n), head.left(child, n))
        return {
            "the child has the part": has(slot_of(child, head), head.order(child), part),
            **{f"of the child: {said}": formula for said, formula in apart(head, f, child).items()},
            "the part was no other child": Implies(head.parent(node, top), node == child),
            "the part is below the mapping of the block, and shows its frames": And(
                f.below(node, top), f.frame(node) == first
            ),
            "the other children are where they were, and not in the part": ForAll(
                [n],
                Implies(
                    And(head.parent(n, top), n != child),
                    And(f.live(n), f.parent(n, top), Not(is_at_or_below(f, n, node))),
                ),
            ),
            "what is behind a later child was so before": ForAll(
                [n, m],
                Implies(
                    And(head.parent(m, top), head.left(child, m), f.parent(n, top), f.left(m, n)),
                    And(head.parent(n, top), head.left(m, n)),
                ),
            ),
            "what is below the part derives from the block": ForAll(
                [n], Implies(And(shows(f, n, any_page, any_frame), taken), _inside(values))
            ),
            "the part shows a frame of the block where the child did": Implies(
                has(first, order, any_frame), shows(f, node, at, any_frame)
            ),
            "what was below the child and shows a frame of the block is below the part": ForAll(
                [n], Implies(And(there, Or(any_page == at, shown(head).derives(any_page, at, any_frame))), taken)
            ),
            "what derives from the block did so before": ForAll(
                [n], Implies(there, shown(head).derives(any_page, source(values), any_frame))
            ),
            "what is not below the part was neither the child nor below it": ForAll(
                [n], Implies(And(there, Not(taken)), And(head.live(n), Not(is_at_or_below(head, n, child))))
            ),
            "what is neither below the part nor behind the child has lost the rights": ForAll(
                [n, a], Implies(And(there, given(a), f.rights(n, a)), Or(taken, later))
            ),
        }

    kernel.pages["isolate"], kernel.between["isolate"] = pages, between
    return loop
