"""Relations with some elements more or fewer: what the actions of the theory of cores are written with."""

from collections.abc import Callable
from typing import TypeAlias

from z3 import And, Not, Or

from model.cores.vocabulary import CoreCall, Cores
from model.signature import Formula, Term
from model.spaces.vocabulary import Action

Guard: TypeAlias = dict[str, Formula]
CoreStep: TypeAlias = Action[Cores, CoreCall]
AnyRelation: TypeAlias = Callable[..., Formula]


def _is(at: tuple[Term | None, ...], elements: tuple[Term, ...]) -> Formula:
    """Whether the elements are those; None stands for any."""
    return And(*(element == term for element, term in zip(elements, at, strict=True) if term is not None))


def more(of: AnyRelation, *at: Term | None) -> AnyRelation:
    """The relation, which holds there as well."""
    return lambda *elements: Or(of(*elements), _is(at, elements))


def less(of: AnyRelation, *at: Term | None) -> AnyRelation:
    """The relation, which does not hold there."""
    return lambda *elements: And(of(*elements), Not(_is(at, elements)))


def forgotten(s: Cores, core: Term, space: Term, page: Term | None = None) -> AnyRelation:
    """What cores remember when one has forgotten a page of a space, or all of it, under whatever tag the space has."""

    def remembered(c: Term, t: Term, p: Term, r: Term) -> Formula:
        there = And(c == core, s.tagged(space, t)) if page is None else And(c == core, s.tagged(space, t), p == page)
        return And(s.tlb(c, t, p, r), Not(there))

    return remembered
