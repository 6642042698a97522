"""The walks that count the tables of which frames are asked: of what goes, and of what is there already.

Both go from the first page on. A table that one page needs and a later one as well lies on the way of all in between,
so that it is enough to ask whether it is the last page's.
"""

from collections.abc import Callable

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.ranges.theory import is_target
from model.spaces.theory import Formula, Term, r, x, y
from proofs.execution.contract import Named
from proofs.execution.loop_rules import Values
from proofs.execution.values import Value, no_slot
from proofs.obligations.sized.blocks.laws import for_all, laws
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.blocks.tables import is_inside, lies_below
from proofs.obligations.sized.contracts import b, order, size, slot, source, target
from proofs.obligations.sized.ensures import is_shown
from proofs.obligations.sized.going import pair
from proofs.obligations.sized.kernel import Kernel
from proofs.obligations.sized.pages import PAGES
from proofs.obligations.sized.pieces import at_in, before, of_pieces, of_turn, part_of, sending
from proofs.obligations.sized.room import NumberValue, counts, is_needed, no_tables
from proofs.obligations.sized.search import Searching, earlier, no_later, order_in
from proofs.obligations.sized.state import SizedState, SlotValue, has, s, shown, t

OF_TABLES = (
    "table_inside__is__in_the_block", "table_above__has__the_block", "table__has__what_is_between",
)  # fmt: skip
"""Laws of a table and of blocks."""


def of_lacks() -> Named:
    """The laws of a walk that counts in a block."""
    return {**of_pieces((slot, order)), **for_all(*OF_TABLES, "pages__have__frames")}


def of_has_frames() -> Named:
    """The laws of a walk that counts where pages go."""
    law = laws()["pages__arrive__in_order"]
    in_order = ForAll([x, y, s, t], law.build(ABSTRACT, source, target, size, x, y, s, t))
    found = {**of_pieces((source, size), (target, size)), **for_all(*OF_TABLES)}
    return {**found, law.sentence: in_order}


def _rule(
    kernel: Kernel, base: Term, of_order: Term, cursor: str, number: str, page: str, holds: Callable[[Values], Named]
) -> Searching:
    """The rule for a walk that counts.

    :param number: the variable that counts, which is 0 at first.
    :param page: that of the last page, which is ``NONE`` at first.
    """
    path, end = kernel.path, ABSTRACT.upper(base, of_order)

    def closer(was: Values, now: Values) -> Formula:
        old, new = at_in(was, cursor), at_in(now, cursor)
        return And(earlier(old, new), no_later(new, end))

    def of_blocks(values: Values) -> Named:
        return of_turn(at_in(values, cursor), order_in(values, "part"), base, of_order)

    begins: dict[str, tuple[int, Value]] = {
        number: (0, NumberValue(no_tables, path)),
        page: (-1, SlotValue(no_slot, path)),
    }
    path.assume({"no table is counted at first": Not(counts(no_tables))})
    return Searching(path, holds, closer, of_blocks, lambda: kernel.changed, begins)


def counted_in(values: Values, name: str) -> Formula:
    """A local variable counts the table."""
    value = values[name]
    assert isinstance(value, NumberValue)
    return counts(value.term)


def of_lacks_loop(kernel: Kernel) -> Searching:
    """The loop of ``lacks``: of the tables inside the block those are counted that are there for what it has passed."""

    def holds(values: Values) -> Named:
        at, last = at_in(values, "at"), at_in(values, "before")
        done, pages = before(slot, order, at), shown(b)

        def there(page: Term) -> Formula:
            return And(done(page), Exists([r], pages.phys(page, r)))

        ahead = And(has(slot, order, y), no_later(at, y), lies_below(y))
        return {
            **part_of(b, None, slot, order, values, "at"),
            "no mapping has the whole block": Not(is_shown(b, slot, order)),
            "the tables are counted that are there for what it has passed": counted_in(values, "inside")
            == And(is_inside(order), Exists([x], And(there(x), lies_below(x)))),
            "the last page is one that it has passed": Or(last == no_slot, And(done(last), there(last))),
            "there is a last page if it has passed one": Implies(last == no_slot, Not(Exists([x], there(x)))),
            "what is ahead shares no table with what it has passed but the last page's": ForAll(
                [x, y], Implies(And(there(x), lies_below(x), ahead), lies_below(last))
            ),
        }

    return _rule(kernel, slot, order, "at", "inside", "before", holds)


def of_has_frames_loop(kernel: Kernel) -> Searching:
    """The loop of ``has_frames``: the tables are counted of what it has passed, where that goes."""

    def holds(values: Values) -> Named:
        at, last = at_in(values, "slot"), at_in(values, "last")
        to, whole = sending(PAGES, at), pair(source, target, size)

        ahead = And(whole(s, y), no_later(at, s), lies_below(y))
        passed = And(is_target(to, x), lies_below(x))
        return {
            **part_of(b, PAGES, source, size, values, "slot"),
            "the tables are counted that are lacked where pages go that it has passed": counted_in(values, "needed")
            == And(Exists([x], passed), Not(is_needed(PAGES))),
            "the last page is one to which one goes that it has passed": Or(last == no_slot, is_target(to, last)),
            "there is a last page if it has passed one": Implies(last == no_slot, Not(Exists([x], is_target(to, x)))),
            "what is ahead shares no table with what it has passed but the last page's": ForAll(
                [x, y, s], Implies(And(passed, ahead), lies_below(last))
            ),
        }

    def between(f: SizedState, to: Term, part: Term, *more: Term) -> Named:
        assert rule.began is not None
        at, whole = at_in(rule.began, "slot"), pair(source, target, size)
        behind = And(whole(x, y), no_later(ABSTRACT.upper(at, part), x))
        passed = sending(PAGES, at)
        return {
            "the pages of the piece arrive in one block": ForAll(
                [x, y], Implies(whole(x, y), has(at, part, x) == has(to, part, y))
            ),
            "what it has passed arrives before": ForAll([x], Implies(is_target(passed, x), earlier(x, to))),
            "what is behind arrives behind": ForAll([x, y], Implies(behind, earlier(to, y))),
        }

    rule = _rule(kernel, source, size, "slot", "needed", "last", holds)
    kernel.between["lacks"] = between
    return rule
