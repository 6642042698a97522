"""The walks along the pieces of a range: the parts of it that have a right to pass on.

Those that ask change nothing: of the pages that they have passed nothing is so that they would have told. Those that
clear the places to which pages go, and that map, know of the pages that they have passed what they made of them.
"""

from collections.abc import Callable
from typing import Any

from z3 import And, BoolSort, Exists, ForAll, Function, Implies, Not, Or

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.theory import is_target, taken
from model.spaces.theory import Formula, Predicate, Slot, Term, a, q, r, x, y
from model.spaces.vocabulary import Relation
from proofs.execution.contract import Named
from proofs.execution.loop_rules import Values
from proofs.execution.values import all_rights
from proofs.obligations.sized.blocks.laws import for_all, law_of
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import (
    any_right,
    b,
    dst,
    dst_order,
    given,
    last,
    offset,
    order,
    size,
    slot,
    slot_of,
    source,
    src,
    src_order,
    target,
)
from proofs.obligations.sized.effects import changes, flushed, shown_at
from proofs.obligations.sized.going import (
    block,
    call,
    derive,
    going,
    kept,
    mapped,
    pages_of,
    pair,
    pairs_of,
    passes,
    sent,
)
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import PAGES, Two, any_frame, any_page, other_page
from proofs.obligations.sized.room import asked_first
from proofs.obligations.sized.search import IN_A_ROW, Searching, earlier, is_part, no_later, order_in
from proofs.obligations.sized.state import Shown, SizedState, has, lifted, shown, shows
from proofs.obligations.sized.walks import KernelLoop
from proofs.obligations.tree.invariants import n

SENT = ("pair__is__one", "blocks__are__sent", "pairs__are__the_same_from_anywhere", "pages__arrive__in_the_window")
"""Laws of pages that go from one block to another."""

IN_BLOCKS = (
    "first__is__within__slots", "within__is__contained__slots", "equal__is__one__slots", "orders__are__a_chain"
)  # fmt: skip


def of_pieces(*ranges: tuple[Term, Term]) -> Named:
    """The laws of a walk along ranges: each ends behind its last page."""
    found = for_all(*IN_A_ROW, *IN_BLOCKS, *SENT)
    for base, of_order in ranges:
        found |= law_of("block__ends__at_the_next", base, of_order)
    return found


def of_turn(at: Term, part: Term, base: Term, of_order: Term) -> Named:
    """The laws of a part of a range, and of where it goes."""
    found = {
        **law_of("block__ends__at_the_next", at, part),
        **law_of("ends_in_time__is__no_larger", at, part, base, of_order),
    }
    if base.eq(source):
        to = ABSTRACT.moved(at, source, target)
        found |= law_of("within__ends__no_later", to, part, target, of_order)
        found |= law_of("windows__are__filled", at, to, part)
    return found


def at_in(values: Values, name: str) -> Term:
    """The slot in a local variable."""
    return lifted(values[name], Slot)


def part_of(f: SizedState, s: Shown | None, base: Term, of_order: Term, values: Values, cursor: str) -> Named:
    """The walk is at a part of the range, which is a piece perhaps, or at the end."""
    end, at, part = ABSTRACT.upper(base, of_order), at_in(values, cursor), order_in(values, "part")
    there = is_part(f, end, at, part)
    if s is not None:
        there["each page of it has a right to pass on"] = ForAll([x], Implies(has(at, part, x), passes(s, x, given)))
    return {
        "the walk is in the range, or at its end": And(no_later(base, at), no_later(at, end)),
        **{said: Implies(earlier(at, end), formula) for said, formula in there.items()},
    }


def before(base: Term, of_order: Term, at: Term) -> Predicate:
    """The pages of a range that a walk has passed."""
    return lambda page: And(has(base, of_order, page), earlier(page, at))


def _search(
    kernel: Kernel, base: Term, of_order: Term, cursor: str, piece: bool, passed: Callable[[Term], Named]
) -> Searching:
    """The rule for a walk that changes nothing.

    :param passed: what is known of the pages before a slot.
    """
    end = ABSTRACT.upper(base, of_order)

    def holds(values: Values) -> Named:
        return {**part_of(b, PAGES if piece else None, base, of_order, values, cursor), **passed(at_in(values, cursor))}

    def closer(was: Values, now: Values) -> Formula:
        old, new = at_in(was, cursor), at_in(now, cursor)
        return And(earlier(old, new), no_later(new, end))

    def laws(values: Values) -> Named:
        return of_turn(at_in(values, cursor), order_in(values, "part"), base, of_order)

    return Searching(kernel.path, holds, closer, laws, lambda: kernel.changed)


def of_next_piece(kernel: Kernel) -> Searching:
    """The loop of ``next_piece``: what it has passed has no right to pass on."""

    def holds(values: Values) -> Named:
        at, part = at_in(values, "slot"), order_in(values, "order")
        passed = And(Not(earlier(x, slot)), earlier(x, at))
        return {
            "it is no earlier": no_later(slot, at),
            "it is not behind the end": no_later(at, last),
            **{said: Implies(earlier(at, last), formula) for said, formula in is_part(b, last, at, part).items()},
            "no page before it has a right to pass on": ForAll([x], Implies(passed, Not(passes(shown(b), x, given)))),
        }

    def closer(was: Values, now: Values) -> Formula:
        old, new = at_in(was, "slot"), at_in(now, "slot")
        return And(earlier(old, new), no_later(new, last))

    def laws(values: Values) -> Named:
        return law_of("block__ends__at_the_next", at_in(values, "slot"), order_in(values, "order"))

    return Searching(kernel.path, holds, closer, laws, lambda: kernel.changed)


def of_crosses(kernel: Kernel) -> Searching:
    """The loop of ``crosses``: nothing that it has passed derives from the block."""

    def passed(at: Term) -> Named:
        done = before(source, size, at)
        goes = lambda page: And(done(page), passes(PAGES, page, given))  # noqa: E731
        return {"no page that it has passed derives from the block": Not(derive(PAGES, goes, block(slot, order)))}

    return _search(kernel, source, size, "at", True, passed)


def of_must_stay(kernel: Kernel) -> Searching:
    """The loop of ``must_stay``: no page that it has passed stands in the way."""

    def passed(at: Term) -> Named:
        way = kept(PAGES, before(slot, order, at), going(PAGES, source, size, given))
        return {"no page that it has passed has to stay": Not(way)}

    return _search(kernel, slot, order, "at", False, passed)


def sending(s: Shown, at: Term | None = None) -> Relation:
    """Which page goes where; of those before a slot, if one is given."""
    to = sent(s, pair(source, target, size), given)
    return to if at is None else lambda x, y: And(to(x, y), earlier(x, at))


def of_refuses(kernel: Kernel) -> Searching:
    """The loop of ``refuses``: where the pages go that it has passed nothing has to stay."""

    def passed(at: Term) -> Named:
        goes, to = going(PAGES, source, size, given), sending(PAGES, at)
        return {
            "a page goes": Exists([x], goes(x)),
            "the two differ": source != target,
            "no place to which a page goes that it has passed has to stay": Not(
                kept(PAGES, lambda page: is_target(to, page), goes)
            ),
        }

    return _search(kernel, source, size, "slot", True, passed)


def making(kernel: Kernel, made: Callable[[Term], Named]) -> KernelLoop:
    """The rule for a walk that makes something of each piece: of those before a slot that is known."""
    end = ABSTRACT.upper(source, size)

    def keeps(f: SizedState, values: Values) -> Named:
        assert kernel.seen is not None
        return {**part_of(f, kernel.seen, source, size, values, "slot"), **made(at_in(values, "slot"))}

    def closer(was: SizedState, old: Values, f: SizedState, new: Values) -> Formula:
        return And(earlier(at_in(old, "slot"), at_in(new, "slot")), no_later(at_in(new, "slot"), end))

    def laws(f: SizedState, values: Values) -> Named:
        return of_turn(at_in(values, "slot"), order_in(values, "part"), source, size)

    return KernelLoop(kernel, keeps, closer, laws=laws)


# The pages that had a right to pass on at first.
goes = Function("goes", Slot, BoolSort())


def of_those_asked() -> Named:
    """For the tables of which pages frames are asked, of an operation."""
    return asked_first(PAGES, sent(PAGES, pairs_of(src, src_order, dst, dst_order, offset), given))


def of_those_that_go() -> Named:
    """What is known by name of the pages that go."""
    return {"a page goes if it has a right to pass on": ForAll([x], goes(x) == passes(PAGES, x, given))}


def left_of(now: Shown, was: Shown) -> Named:
    """What is left is what it was."""
    left = now.phys(x, r)
    return {
        "what is left derives from what it did": ForAll(
            [x, y, r], now.derives(x, y, r) == And(was.derives(x, y, r), left)
        ),
        "what is left holds what it did": ForAll([x, r], now.holds(x, r) == And(was.holds(x, r), left)),
        "what is left has the rights that it had": ForAll(
            [x, a, r], now.right(x, a, r) == And(was.right(x, a, r), left)
        ),
    }


def of_clear(kernel: Kernel) -> KernelLoop:
    """The loop of ``clear_target``: the places are flushed to which pages go that it has passed."""

    def made(at: Term) -> Named:
        assert kernel.seen is not None

        def to(x: Term, y: Term) -> Formula:
            return And(pair(source, target, size)(x, y), goes(x), earlier(x, at))

        gone = flushed(PAGES, lambda page: is_target(to, page), all_rights, own=True)
        found = changes(kernel.seen, gone, {"phys": (x, r)})
        shows_it = {part: ForAll([x, r], formula) for part, formula in found.items()}
        return {
            **shows_it,
            **left_of(kernel.seen, PAGES),
            "what goes has a right to pass on as before": as_before(kernel),
        }

    def between(f: SizedState, to: Term, part: Term, *more: Any) -> Named:
        assert loop.began is not None
        so_far = made(ABSTRACT.upper(at_in(loop.began[1], "slot"), part))
        return {f"up to the next: {said}": formula for said, formula in so_far.items()}

    loop = making(kernel, made)
    kernel.between["flush_range"] = between
    return loop


def as_before(kernel: Kernel) -> Formula:
    """Each page of the range that went at first has a right to pass on still."""
    assert kernel.seen is not None
    return ForAll([x], Implies(And(has(source, size, x), goes(x)), passes(kernel.seen, x, given)))


def of_map_range(kernel: Kernel) -> None:
    """Where places are cleared to which pages go, the pages that go are what they were."""

    def between(f: SizedState, source: Term, target: Term, size: Term, rights: Any, *more: Any) -> Named:
        now, inside = kernel.seen, has(source, size, x)
        assert now is not None
        goes = And(inside, passes(PAGES, x, given))
        to = sent(PAGES, pair(source, target, size), given)
        gone = taken(pages_of(PAGES), call(to, given), CANONICAL_RANGES.readings, any_page)
        left = now.phys(any_page, any_frame)
        return {
            "a page is left that shows a frame and is not taken": left
            == And(PAGES.phys(any_page, any_frame), Not(gone)),
            "what is left has the rights that it had": Implies(
                left, now.right(any_page, any_right, any_frame) == PAGES.right(any_page, any_right, any_frame)
            ),
            "a page has its rights with the frame that it shows": ForAll(
                [x, a, r, q], Implies(And(PAGES.right(x, a, r), PAGES.phys(x, q)), PAGES.right(x, a, q))
            ),
            "no more pages go": ForAll([x], Implies(inside, passes(now, x, given) == passes(PAGES, x, given))),
            "what goes shows what it did": ForAll([x, r], Implies(goes, now.phys(x, r) == PAGES.phys(x, r))),
            "what goes has the rights that it had": ForAll(
                [x, a, r], Implies(goes, now.right(x, a, r) == PAGES.right(x, a, r))
            ),
            "what goes derives from what it did": ForAll(
                [x, y, r], Implies(goes, now.derives(x, y, r) == PAGES.derives(x, y, r))
            ),
        }

    def laws(f: SizedState, *terms: Any) -> Named:
        sent, arrives, size = terms[-3:]
        kernel.path.assume(law_of("ranges__go__whole", sent, arrives, size))
        return to_itself(sent, arrives, size)

    kernel.between["clear_target"], kernel.between["windows"] = between, laws


def to_itself(sent: Term, arrives: Term, size: Term) -> Named:
    """What is so of a range and a window that are one."""
    itself = And(sent == arrives, has(sent, size, x))
    return {
        "a range that goes to itself sends each page to its own place": ForAll(
            [x], Implies(itself, pair(sent, arrives, size)(x, x))
        )
    }


def of_maps(kernel: Kernel) -> KernelLoop:
    """The loop of ``map_pieces``: the pages are mapped that it has passed."""

    def made(at: Term) -> Named:
        assert kernel.seen is not None
        return changes(kernel.seen, mapped(PAGES, sending(PAGES, at), given))

    return making(kernel, made)


# Blocks that one node shows each.


def first_of(f: SizedState, node: Term, at: Term) -> Term:
    """The frame that a node shows at the first page of a block."""
    return ABSTRACT.moved(at, slot_of(node, f), f.frame(node))


def of_derives_from(kernel: Kernel) -> None:
    """Where two blocks meet in a frame, one of them begins with one that both show."""

    def pages(f: SizedState, lower: Term, upper: Term, answer: Term) -> Named:
        first, shown_there = first_of(f, lower, slot), first_of(f, upper, source)
        for at, begins, frame in ((slot, first, shown_there), (source, shown_there, first)):
            kernel.path.assume(law_of("frame__is__moved_back", at, begins, frame))
            kernel.path.assume(law_of("first__shows__first", at, begins))
        return {}

    kernel.between["is_below"] = pages


def of_map_piece(kernel: Kernel) -> None:
    """What becomes of any page by what is made."""
    path, comes = kernel.path, ABSTRACT.moved(any_page, target, slot)

    def pages(f: SizedState, *arguments: Any) -> list[Two]:
        return [Two(any_page, other_page, any_frame)]

    def between(f: SizedState, at: Term, node: Term) -> Named:
        kernel.look(node)
        first, before = first_of(f, node, slot), shown(f)
        path.assume(law_of("alongside__is__moved", slot_of(node, f), f.frame(node), slot))
        path.assume(law_of("frames__go__along", slot, target, first, any_page))
        path.assume(law_of("alongside__is__moved", target, first, any_page))
        new = shown_at(target, first, order, any_page, any_frame)
        to = pair(slot, target, order)(comes, any_page)
        here = shows(f, node, comes, any_frame)
        above = Exists([n], And(Or(n == node, f.below(node, n)), shows(f, n, other_page, any_frame)))
        derives = Or(other_page == comes, before.derives(comes, other_page, any_frame))
        return {
            "each page of the block has a right to pass on": Implies(
                has(slot, order, comes), passes(before, comes, given)
            ),
            "what is new shows what the page shows that goes there": Implies(new, And(to, here)),
            "what the page shows that goes there is new": Implies(
                And(to, before.phys(comes, any_frame)), And(new, here)
            ),
            "what is above the node is above the page": Implies(here, above == derives),
        }

    path.assume(law_of("page__is__fetched", slot, target, any_page))
    kernel.pages["create_block"] = pages
    kernel.between["find"] = between
