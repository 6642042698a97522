"""What a grant is made of: rights are taken first, then entries are cleared, then mappings move, then they are joined.

A range stands alone when no mapping has a page of it and another. From then on until all has moved no mapping is halved
or joined, so that the mappings that go are the same in the walk that clears their entries and in the one that moves
them; between the two they are without entries, and no method but the second walk is called.
"""

from dataclasses import dataclass
from typing import Any

from z3 import And, BoolSort, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Formula, Predicate, Slot, Term, r, x, y
from proofs.execution.contract import Named
from proofs.execution.loop_rules import Values
from proofs.obligations.sized.blocks.laws import law_of
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import (
    b,
    given,
    order,
    size,
    slot,
    slot_of,
    source,
    target,
)
from proofs.obligations.sized.effects import changes, restricted, shown_at
from proofs.obligations.sized.ensures import joined_where
from proofs.obligations.sized.going import moved, pair, passes
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import PAGES, Two, any_frame, any_page, other_page
from proofs.obligations.sized.pieces import (
    as_before,
    at_in,
    goes,
    making,
    of_those_that_go,
    of_turn,
    part_of,
)
from proofs.obligations.sized.promises import alone, goes_there, going_from
from proofs.obligations.sized.search import Searching, earlier, no_later, order_in
from proofs.obligations.sized.state import SizedState, has, is_block, s, shown, shows, t
from proofs.obligations.sized.walks import KernelLoop
from proofs.obligations.sized.with_tables import WRITTEN
from proofs.obligations.tree.loops import AT_FIRST, KEEPS

range_end = ABSTRACT.upper(source, size)


# Rights are taken from what goes.


def of_restrict(kernel: Kernel) -> KernelLoop:
    """The loop of ``restrict_pieces``: the pages that go keep no other rights, of those that it has passed."""

    def made(at: Term) -> Named:
        assert kernel.seen is not None

        def done(page: Term) -> Formula:
            return And(has(source, size, page), goes(page), earlier(page, at))

        return {
            **changes(kernel.seen, restricted(PAGES, done, given)),
            "what goes has a right to pass on as before": as_before(kernel),
        }

    return making(kernel, made)


# The range stands alone.


def of_next_mapping(kernel: Kernel) -> None:
    """The mapping that is found ends behind its last page."""

    def laws(f: SizedState, at: Term, node: Term) -> Named:
        kernel.look(node)
        kernel.path.assume(law_of("block__ends__at_the_next", slot_of(node, f), f.order(node)))
        return {}

    kernel.between["find"] = laws


def _walk(f: SizedState, values: Values) -> Named:
    """The walk is at a mapping of the range that goes, or at the end."""
    at, part = at_in(values, "slot"), order_in(values, "part")
    there = {
        said: Implies(earlier(at, range_end), formula) for said, formula in goes_there(f, range_end, given, at, part)
    }
    return {"the walk is in the range, or at its end": And(no_later(source, at), no_later(at, range_end)), **there}


# Entries are cleared.


@dataclass(slots=True, eq=False)
class Withdrawing(Searching):
    """The rule for the loop of ``withdraw_pieces``: what goes has no entries, of what it has passed."""

    kernel: Any = None

    def _written(self, what: str, values: Values) -> None:
        written = self.kernel.written_but(withdrawn(at_in(values, "slot")))
        self.path.demand(what, lambda: written, WRITTEN)

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """Nothing is without entries at first; from here on that is what was passed."""
        self._written(AT_FIRST, values)
        new = Searching.head(self, values, assigned)
        self.kernel.without = withdrawn(at_in({**values, **new}, "slot"))
        return new

    def tail(self, values: Values) -> None:
        """What has been passed now has no entries, and nothing else."""
        self._written(KEEPS, values)
        Searching.tail(self, values)


def withdrawn(at: Term) -> Predicate:
    """At which slots mappings begin that go, and that were passed."""
    return going_from(b, source, at, given)


def of_withdrawals(kernel: Kernel) -> Withdrawing:
    """The loop of ``withdraw_pieces``: the tree stays as it is."""

    def closer(was: Values, now: Values) -> Formula:
        old, new = at_in(was, "slot"), at_in(now, "slot")
        return And(earlier(old, new), no_later(new, range_end))

    def laws(values: Values) -> Named:
        return of_turn(at_in(values, "slot"), order_in(values, "part"), source, size)

    def holds(values: Values) -> Named:
        return _walk(b, values)

    return Withdrawing(kernel.path, holds, closer, laws, lambda: kernel.trees > 0, kernel=kernel)


# Mappings move.


def of_move_piece(kernel: Kernel) -> None:
    """What becomes of any two pages by a mapping that moves."""
    path = kernel.path

    def pages(f: SizedState, *arguments: Any) -> list[Two]:
        return [Two(any_page, other_page, any_frame)]

    def between(f: SizedState, at: Term, node: Term) -> Named:
        kernel.look(node)
        first, before = f.frame(node), shown(f)
        found: Named = {"the mapping begins where the block does": And(f.slot(node, slot), f.order(node) == order)}
        for page in (any_page, other_page):
            comes = ABSTRACT.moved(page, target, slot)
            path.assume(law_of("frames__go__along", slot, target, first, page))
            path.assume(law_of("alongside__is__moved", target, first, page))
            new, to = shown_at(target, first, order, page, any_frame), pair(slot, target, order)(comes, page)
            here = shows(f, node, comes, any_frame)
            found |= {
                f"{page} shows what the page shows that goes there": Implies(new, And(to, here)),
                f"what the page shows that goes to {page} is there": Implies(
                    And(to, before.phys(comes, any_frame)), And(new, here)
                ),
            }
        return found

    path.assume(law_of("ranges__go__whole", slot, target, order))
    for page in (any_page, other_page):
        path.assume(law_of("page__is__fetched", slot, target, page))
    kernel.pages["move_node"] = pages
    kernel.between["find"] = between


@dataclass(slots=True, eq=False)
class Moving(KernelLoop):
    """The rule for the loop of ``move_pieces``: what goes has no entries, of what is ahead of it."""

    def _demand(self, what: str, values: Values) -> None:
        ahead = going_from(self.kernel.tree.state(), at_in(values, "slot"), range_end, given)
        written = self.kernel.written_but(ahead)
        self.kernel.path.demand(what, lambda: written, WRITTEN)
        for part, formula in self.holds(self.kernel.tree.state(), values).items():
            self.kernel.path.demand(what, lambda formula=formula: formula, part)  # type: ignore[misc]

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """What goes has no entries at first; from here on that is what is ahead."""
        new = KernelLoop.head(self, values, assigned)
        assert self.began is not None
        self.kernel.without = going_from(self.began[0], at_in(self.began[1], "slot"), range_end, given)
        return new


# Before a slot of the walk: where what a page shows was at first.
came_from = Function("came_from", Slot, Slot, Slot, BoolSort())


def of_what_came() -> Named:
    """What is known by name of where pages were."""
    gone = And(has(source, size, x), goes(x), earlier(x, s))
    went = And(pair(source, target, size)(y, x), goes(y), earlier(y, s))
    return {
        **of_those_that_go(),
        "what a page shows came from where it went": ForAll(
            [s, x, y], came_from(s, x, y) == Or(And(x == y, Not(gone)), went)
        ),
    }


def of_moves(kernel: Kernel) -> Moving:
    """The loop of ``move_pieces``: the pages have moved that it has passed."""

    def made(at: Term) -> Named:
        assert kernel.seen is not None
        ahead = And(has(source, size, x), goes(x), Not(earlier(x, at)))
        place = And(pair(source, target, size)(x, y), goes(x), Not(earlier(x, at)))
        return {
            **changes(kernel.seen, moved(PAGES, lambda page, was: came_from(at, page, was))),
            "what is ahead has a right to pass on as before": ForAll(
                [x], Implies(ahead, passes(kernel.seen, x, given))
            ),
            "no page to which one goes that is ahead is shown": ForAll(
                [x, y, r], Implies(place, Not(kernel.seen.phys(y, r)))
            ),
        }

    def holds(f: SizedState, values: Values) -> Named:
        at, part = at_in(values, "slot"), order_in(values, "part")
        goes_on = ForAll([x], Implies(has(at, part, x), goes(x)))
        return {
            **_walk(f, values),
            "each page of it goes": Implies(earlier(at, range_end), goes_on),
            **made(at),
        }

    def between(f: SizedState, at: Term, part: Term, to: Term, node: Term) -> Named:
        assert loop.began is not None
        head, behind = loop.began[0], ABSTRACT.upper(at, part)
        ahead, were_ahead = going_from(f, behind, range_end, given), going_from(head, at, range_end, given)
        so_far = {f"up to the next: {said}": formula for said, formula in made(behind).items()}
        here, turn = has(at, part, x), pair(at, to, part)
        return {
            "it goes to a block": is_block(to, part),
            "where it goes lies in the window": ForAll([x], Implies(has(to, part, x), has(target, size, x))),
            "the range and the window have no common page": ForAll(
                [x], Not(And(has(source, size, x), has(target, size, x)))
            ),
            "what is ahead stands alone": And(*alone(f, behind, range_end).values()),
            "what goes is ahead, but for what has moved": ForAll([s], ahead(s) == And(were_ahead(s), s != at)),
            "what stays came from where it did": ForAll(
                [x, y], Implies(And(Not(here), came_from(at, x, y)), came_from(behind, x, y))
            ),
            "what arrives came from where it did": ForAll(
                [x, y, t], Implies(And(turn(y, x), came_from(at, y, t)), came_from(behind, x, t))
            ),
            "what came is there still, or arrives": ForAll(
                [x, y],
                Implies(
                    came_from(behind, x, y),
                    Or(And(Not(here), came_from(at, x, y)), And(turn(y, x), came_from(at, y, y))),
                ),
            ),
            **so_far,
        }

    def closer(was: SizedState, old: Values, f: SizedState, new: Values) -> Formula:
        return And(earlier(at_in(old, "slot"), at_in(new, "slot")), no_later(at_in(new, "slot"), range_end))

    def laws(f: SizedState, values: Values) -> Named:
        return of_turn(at_in(values, "slot"), order_in(values, "part"), source, size)

    loop = Moving(kernel, holds, closer, laws=laws)
    kernel.between["move_piece"] = between
    return loop


# Mappings are joined.


def of_merges(kernel: Kernel) -> KernelLoop:
    """The loop of ``merge_pieces``: no page changes by it."""
    end = ABSTRACT.upper(target, size)

    def holds(f: SizedState, values: Values) -> Named:
        at = at_in(values, "slot")
        return {
            **part_of(f, None, target, size, values, "slot"),
            "nothing can be joined with what it has passed": joined_where(
                f, lambda page: And(has(target, size, page), earlier(page, at))
            ),
        }

    def closer(was: SizedState, old: Values, f: SizedState, new: Values) -> Formula:
        return And(earlier(at_in(old, "slot"), at_in(new, "slot")), no_later(at_in(new, "slot"), end))

    def laws(f: SizedState, values: Values) -> Named:
        return of_turn(at_in(values, "slot"), order_in(values, "part"), target, size)

    return KernelLoop(kernel, holds, closer, laws=laws)
