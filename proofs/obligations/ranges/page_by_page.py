"""A range at once is its pages one after another, in any order: the induction step.

Let a range be done at once, and then one page more, whichever it is. That is the same as all of it at once, if all of
it may go; and if all of it may go, the range without that page may, and the page may after it. So by induction on
the number of pages every theorem about one page holds of ranges, and no order of the pages makes a difference.
"""

from collections.abc import Callable, Iterator

from z3 import And, Consts, ForAll, Not, Or

from model.ranges.readings import RangeDialect
from model.ranges.theory import MAKERS, is_source, is_target
from model.ranges.vocabulary import RangeCall
from model.signature import Formula, Term
from model.spaces import theory as pages
from model.spaces.dialect import CANONICAL
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import a, r, x, y
from model.spaces.vocabulary import Action, Parameters, Slot, State
from model.theory import Theory
from proofs.obligation import Obligation
from proofs.obligations.ranges.each import RangeStep, about

src, dst = Consts("one_src one_dst", Slot)  # the page that comes last

ONE_PAGE: dict[str, Callable[..., Action]] = {
    "map_range": pages.map_,
    "grant_range": pages.grant,
    "flush_range": pages.flush,
}

COMPARED: dict[str, Callable[[State, State], Formula]] = {
    "derives": lambda one, other: ForAll([x, y], one.derives(x, y) == other.derives(x, y)),
    "live": lambda one, other: ForAll([x], one.live(x) == other.live(x)),
    "holds": lambda one, other: ForAll([x, r], one.holds(x, r) == other.holds(x, r)),
    "phys": lambda one, other: ForAll([x, r], one.phys(x, r) == other.phys(x, r)),
    "right": lambda one, other: ForAll([x, a], one.right(x, a) == other.right(x, a)),
}

FOR_GUARD = tuple(name for name, invariant in INVARIANTS.items() if not invariant.names_holder)


def wider(c: RangeCall) -> RangeCall:
    """The call with one page more."""

    def to(s: Term, d: Term) -> Formula:
        return Or(c.to(s, d), And(s == src, d == dst))

    return RangeCall(to=to, empties=c.empties, within=lambda s: Or(c.within(s), s == src), mask=c.mask)


def obligations(theory: Theory[State], dialect: RangeDialect) -> Iterator[Obligation[State, RangeCall]]:
    """The induction step for each operation and each relation, and that the last page may go."""
    for action in MAKERS:
        yield from _of(theory, dialect, action)


def _of(theory: Theory[State], dialect: RangeDialect, action: str) -> Iterator[Obligation[State, RangeCall]]:
    make, one_page = MAKERS[action], ONE_PAGE[action]
    claim = {"map_range": "A.map", "grant_range": "A.grant", "flush_range": "A.flush"}[action]

    def whole(step: RangeStep) -> Action[State, RangeCall]:
        return make(dialect.readings, CANONICAL, step.before, wider(step.called))

    def last(step: RangeStep) -> Action:
        return one_page(CANONICAL, step.after, Parameters(src, dst, step.called.mask))

    def assumes(step: RangeStep) -> dict[str, Formula]:
        if action == "flush_range":
            return {}
        new = And(Not(is_source(step.called.to, src)), Not(is_target(step.called.to, dst)))
        every = {f"with the last page, {name}": formula for name, formula in whole(step).guard.items()}
        return {"the last page is another": new, **every}

    def same(name: str) -> Callable[[RangeStep], Formula]:
        return lambda step: COMPARED[name](whole(step).after, last(step).after)

    def may_go(step: RangeStep) -> Formula:
        return And(*last(step).guard.values())

    for name in COMPARED:
        sentence = f"{action} at once is all its pages but one, and then that one: {name}"
        yield about(theory, action, f"is_page_by_page__{name}", claim, sentence, same(name), assumes, free=(src, dst))
    if action != "flush_range":
        sentence = f"what may go in one {action} may go page by page: after all the others, the last one may"
        yield about(
            theory, action, "lets__the_last_page_go", claim, sentence, may_go, assumes, FOR_GUARD, free=(src, dst)
        )
