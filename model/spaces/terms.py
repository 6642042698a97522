"""What formulas about address spaces are written with: parents, frames that show, what is left without a right."""

from itertools import chain, count

import z3

from model.signature import Formula, Term
from model.spaces.dialect import Dialect
from model.spaces.vocabulary import Predicate, Slot, State, a, r


def beside(*terms: Term) -> Term:
    """A slot to bind that occurs in none of the terms: one that does would be captured.

    Steps can be composed: then a term is one that the formulas of another step have bound, of the same kind.

    >>> from model.spaces.vocabulary import x
    >>> beside(x), beside(z3.Const("w", Slot), z3.Const("w1", Slot))
    (w, w2)
    """
    inside: set[str] = set()
    met: set[int] = set()
    pending = list(terms)
    while pending:
        term = pending.pop()
        if term.get_id() not in met:
            met.add(term.get_id())
            pending += term.children()
            inside.add(str(term.decl().name()) if z3.is_app(term) else "")
    names = chain(("w",), (f"w{n}" for n in count(1)))
    return next(z3.Const(name, Slot) for name in names if name not in inside)


def parent(s: State, child: Term, of: Term) -> Formula:
    """σ_child is a link to ``of``: the nearest of the slots that child derives from."""
    bound = beside(child, of)
    return z3.And(
        s.derives(child, of),
        z3.ForAll([bound], z3.Implies(s.derives(child, bound), z3.Or(bound == of, s.derives(of, bound)))),
    )


def accessible(s: State, slot: Term) -> Formula:
    """Some frame shows in the slot."""
    return z3.Exists([r], s.phys(slot, r))


def same_frame(s: State, one: Term, other: Term) -> Formula:
    """One frame shows in both slots."""
    return z3.Exists([r], z3.And(s.phys(one, r), s.phys(other, r)))


def stripped(s: State, below: Predicate, taken: Predicate, dialect: Dialect) -> Predicate:
    """Of the slots ``below``, those left without a right when ``taken`` goes, and what derives from those.

    Where rights never grow along a link, what derives from a slot without a right has none either. Where all rights
    go, what derives from a slot below is below as well.
    """
    if z3.is_true(taken(a)):
        return below

    def has_none_left(slot: Term) -> Formula:
        return z3.And(below(slot), z3.ForAll([a], z3.Implies(s.right(slot, a), taken(a))))

    if not dialect.readings.rights_can_grow:
        return has_none_left

    def has_none_left_above(slot: Term) -> Formula:
        w = beside(slot)
        return z3.Or(has_none_left(slot), z3.Exists([w], z3.And(s.derives(slot, w), has_none_left(w))))

    return has_none_left_above
